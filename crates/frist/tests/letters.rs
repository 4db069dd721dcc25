//! `frist letter`, and what `frist check` says of an organisation's own letters.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn frist(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frist"));
    command.arg("-C").arg(dir).args(args).env_remove("FRIST_STATE").env_remove("FRIST_LANG");
    command.output().expect("frist runs")
}

fn exit(out: &Output) -> i32 {
    out.status.code().expect("an exit code")
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"
address = "Opdigtet Kaj 7, 9990 Nordkyst"
"#;

fn organisation(letters: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("register.toml"), format!("{REGISTER}{letters}")).expect("written");
    dir
}

#[test]
fn letters_are_listed_shown_and_previewed() {
    let empty = tempfile::tempdir().expect("a folder");
    let out = frist(empty.path(), &["letter", "list"]);
    assert!(exit(&out) == 0 && text(&out).contains("partly-granted"), "{}", text(&out));

    let own = "[[letter]]\nid = \"receipt\"\nversion = \"3\"\ntext = { da = \"# Tak\\n\\nSag {{ case.number }}.\" }\n";
    let dir = organisation(own);
    let out = frist(dir.path(), &["--lang", "da", "letter", "list"]);
    assert!(text(&out).contains("own, version 3"), "{}", text(&out));
    let out = frist(dir.path(), &["--lang", "da", "letter", "show", "receipt"]);
    assert_eq!(text(&out), "# Tak\n\nSag {{ case.number }}.\n");
    let out = frist(dir.path(), &["--lang", "da", "letter", "show", "receipt", "--built-in"]);
    assert!(text(&out).contains("{{ case.due | date }}"), "{}", text(&out));
    let out = frist(dir.path(), &["--lang", "da", "letter", "preview", "receipt"]);
    assert!(text(&out).contains("Opdigtet Kaj 7\n") && text(&out).contains("Sag R-2026-0000."));
    let out = frist(dir.path(), &["letter", "preview", "refused", "--html"]);
    assert!(text(&out).starts_with("<!DOCTYPE html>") && text(&out).contains("courts"));

    let out = frist(dir.path(), &["letter", "preview", "partly-grantet"]);
    assert_eq!(exit(&out), 2);
    assert!(text(&out).contains("did you mean `partly-granted`?"), "{}", text(&out));

    // Built with PDF or without: a file, or an error that says how to get one.
    let file = dir.path().join("letter.pdf");
    let out = frist(
        dir.path(),
        &["letter", "preview", "refused", "--pdf", "--out", file.to_str().unwrap()],
    );
    if cfg!(feature = "letters-pdf") {
        assert_eq!(exit(&out), 0, "{}", text(&out));
        assert!(fs::read(file).expect("a file").starts_with(b"%PDF-"));
    } else {
        assert_eq!(exit(&out), 3, "{}", text(&out));
        assert!(text(&out).contains("--features letters-pdf") && !file.exists(), "{}", text(&out));
    }
}

#[test]
fn check_refuses_a_refusal_without_the_routes_of_complaint() {
    let dir = organisation(
        "[[letter]]\nid = \"refused\"\nversion = \"1\"\ntext = { da = \"\"\"\n# Afslag\n\n{% for line in decisions %}{{ line.ground }}{% endfor %}\n{{ reasons | join(' ') }}\n\"\"\" }\n",
    );
    let out = frist(dir.path(), &["check", "--offline"]);
    let said = text(&out);
    assert_eq!(exit(&out), 1, "{said}");
    assert!(said.contains("E0083") && said.contains("GDPR Art. 12(4)"), "{said}");
    assert!(said.contains("the supervisory authority and the courts"), "{said}");
    let out = frist(dir.path(), &["letter", "preview", "refused"]);
    assert_eq!(exit(&out), 0, "{}", text(&out));
    let out = frist(dir.path(), &["--lang", "da", "letter", "preview", "refused"]);
    assert_eq!(exit(&out), 1, "the same is asked of the letter itself: {}", text(&out));
}
