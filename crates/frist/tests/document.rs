//! `frist document` on a register that is checked in, without stores and without a database.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn organisation() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chinook/register");
    let to = dir.path().join("register");
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    let folder = dir.path().to_owned();
    (dir, folder)
}

fn frist(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frist"));
    command.arg("-C").arg(folder).args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_document_is_written_twice_the_same() {
    let (_keep, folder) = organisation();
    let out = |name: &str| {
        let to = folder.join(name);
        let to = to.to_str().unwrap();
        let args = ["--lang", "da", "document", "all", "--date", "2026-11-22", "--out-dir", to];
        let done = frist(&folder, &args);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        folder.join(name)
    };
    let (one, two) = (out("one"), out("two"));
    let mut names: Vec<String> = std::fs::read_dir(&one)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for wanted in ["record.jsonld", "schedule.csv", "guidelines.html", "notice-customer.html"] {
        assert!(names.iter().any(|n| n == wanted), "{wanted} in {names:?}");
    }
    for name in names {
        let (a, b) = (std::fs::read(one.join(&name)), std::fs::read(two.join(&name)));
        assert_eq!(a.unwrap(), b.unwrap(), "{name}");
    }
    // Nothing was made that nobody asked for.
    assert!(!folder.join(".frist").exists());
}

#[test]
fn the_format_follows_the_file_and_what_cannot_be_is_said() {
    let (_keep, folder) = organisation();
    let file = folder.join("record.html");
    let done = frist(&folder, &["document", "record", "--out", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<!"));
    let notice = frist(&folder, &["--lang", "da", "document", "notice", "--subject", "customer"]);
    assert!(text(&notice).contains("Hvor længe vi gemmer oplysningerne"));
    let json = frist(&folder, &["--json", "document", "notice"]);
    let all: serde_json::Value = serde_json::from_str(&text(&json)).unwrap();
    assert!(all.as_array().is_some_and(|all| all.len() > 1));
    for (args, code) in [
        (&["document", "notice", "--subject", "martian"][..], 2),
        (&["document", "notice", "--format", "html"], 2),
        (&["document", "guidelines", "--format", "csv"], 2),
        (&["document", "record", "--out", "x.odt"], 2),
        (&["document", "notice", "--against", "live"], 3),
    ] {
        let done = frist(&folder, args);
        assert_eq!(done.status.code(), Some(code), "{args:?}");
        assert!(!done.stderr.is_empty() && done.stdout.is_empty(), "{args:?}");
    }
}
