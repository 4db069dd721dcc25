//! Bad registers on the command line: each command refuses them with the file, the place and the way
//! out, soon, in a bounded number of lines, and touches nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const CONTROLLER: &str = "[controller]\nname = \"Nordkyst\"\nemail = \"a@b.example\"\n";

fn frist(dir: &Path, args: &[&str]) -> (i32, String) {
    let begun = Instant::now();
    let out: Output = Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .env_remove("FRIST_STATE")
        .env("FRIST_OPERATOR", "tester")
        .output()
        .expect("frist runs");
    // Unoptimised, beside other tests: what is meant is "not minutes".
    assert!(begun.elapsed() < Duration::from_secs(60), "{args:?} took {:?}", begun.elapsed());
    let text = [out.stdout, out.stderr].concat();
    assert!(text.len() < 200_000, "{} bytes of output", text.len());
    let text = String::from_utf8(text).expect("text comes out, whatever went in");
    assert!(!text.contains("panicked"), "{text:.2000}");
    (out.status.code().expect("an exit code"), text)
}

/// A folder with this register, which `check` must refuse with 1 and these words, every command
/// that would use it with 1 or 3, and `--json` as JSON. Nothing is made beside it.
fn refused(register: &[u8], words: &[&str]) {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("register")).expect("a folder");
    let file = dir.path().join("register/a.toml");
    fs::write(&file, register).expect("written");
    let (code, text) = frist(dir.path(), &["check", "--offline"]);
    assert_eq!(code, 1, "{text:.2000}");
    for words in words {
        assert!(text.contains(words), "`{words}` is missing in:\n{text:.3000}");
    }
    let (code, text) = frist(dir.path(), &["plan"]);
    assert!(code == 1 && text.contains("nothing is done with it"), "{code} {text:.2000}");
    assert_eq!(fs::read(&file).expect("still there"), register, "the register was changed");
    assert!(!dir.path().join(".frist/state.sqlite").exists(), "something was made");
}

#[test]
fn text_that_is_no_register() {
    let with = |rest: &str| format!("{CONTROLLER}{rest}").into_bytes();
    let later = "what the rules mean together is checked once this is right";
    refused(b"", &["the register has no `[controller]`", "refused: 1 file", later]);
    refused(b"<?xml version=\"1.0\"?>\n", &["E0001", "register/a.toml:1:"]);
    refused(b"\xff\xfe[\0c\0", &["E0001", "not UTF-8", "byte 0", "encoding of the file"]);
    refused(
        &[CONTROLLER.as_bytes(), b"address = \"Nordh\xf8j 1\"\n"].concat(),
        &["not UTF-8", "byte 69", "register/a.toml:4:17"],
    );
    refused(&with("phone = \"\0\"\n"), &["E0001", "at register/a.toml:4:10"]);
    refused(
        &with("nmae = 1\nname = \"x\"\n"),
        &["did you mean `name`?", "duplicate key", "2 errors"],
    );
    refused(&with("kind = \"\\u001b[31m\"\n"), &["`kind` cannot be `\u{fffd}[31m`"]);
}

#[test]
fn registers_beyond_all_measure() {
    let with = |rest: String| format!("{CONTROLLER}{rest}").into_bytes();
    let many: String = (0..100_000).map(|i| format!("k{i} = {i}\n")).collect();
    refused(&with(many), &["... and 950 more", "1 000 errors", "--format json"]);
    let long = "x".repeat(10_000_000);
    refused(&with(format!("kind = \"{long}\"\n")), &["xxx…`", "at register/a.toml:4:8"]);
    refused(
        &with(format!("x = {}", "[".repeat(10_000))),
        &["nested too deeply", "at register/a.toml:4:"],
    );
    refused(&with(format!("{}b = 1\n", "a.".repeat(10_000))), &["nested too deeply"]);
}

/// The files of a register are all its `.toml` files: one that cannot be read is never passed over.
#[test]
fn a_part_that_cannot_be_read_is_not_passed_over() {
    for (what, words) in
        [("folder", "is not a file"), ("loop", "cannot read"), ("gone", "cannot read")]
    {
        let dir = tempfile::tempdir().expect("a folder");
        let register = dir.path().join("register");
        fs::create_dir(&register).expect("a folder");
        fs::write(register.join("a.toml"), CONTROLLER).expect("written");
        assert_eq!(frist(dir.path(), &["check", "--offline"]).0, 0);
        let other = register.join("b.toml");
        match what {
            "folder" => fs::create_dir(&other).expect("a folder"),
            "loop" => std::os::unix::fs::symlink("b.toml", &other).expect("a link"),
            _ => std::os::unix::fs::symlink("nowhere.toml", &other).expect("a link"),
        }
        for command in [&["check", "--offline"][..], &["plan"], &["fmt"]] {
            let (code, text) = frist(dir.path(), command);
            assert_eq!(code, 3, "{what}: {text}");
            assert!(
                text.contains(words) && text.contains("b.toml") && text.contains("help"),
                "{text}"
            );
        }
    }
    // A link to a register that is there is a register.
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("kept"), CONTROLLER).expect("written");
    std::os::unix::fs::symlink("kept", dir.path().join("a.toml")).expect("a link");
    assert_eq!(frist(dir.path(), &["check", "--offline"]).0, 0);
}

#[test]
fn a_file_that_proves_nothing_is_said_to_be_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("letter.txt");
    fs::write(&file, "Dear Sir or Madam,\n\nkind regards\n").expect("written");
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let file = file.to_str().expect("a path");
    let (code, text) = frist(dir.path(), &["verify", file, "--key", key]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("this is no receipt, no evidence and no signed checkpoint"), "{text}");
    assert!(text.contains("frist receipt") && !text.contains("was changed"), "{text}");
}
