//! `frist find`: what it says, how it ends, and what it writes down.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[store]]
id = "erp"
kind = "sqlite"
path = "erp.sqlite"

[[identity]]
id = "phone"
title = { da = "Telefonnummer", en = "Telephone number" }
format = "phone"
shared = true

[[activity]]
id = "billing"
title = { en = "Billing" }
[[activity.purpose]]
id = "invoicing"
text = { en = "To charge for what was supplied" }
basis = "6(1)(b)"

[[dataset]]
id = "customers"
activity = "billing"
at = "erp/customer"
key = "id"
subject = { customer = "id" }
identity = { phone = "phone" }
categories = ["identity"]
[[dataset.keep]]
for = "invoicing"
from = "at"
period = "3 years"

[[dataset]]
id = "calls"
activity = "billing"
at = "erp/call"
key = "id"
subjects = ["customer"]
identity = { phone = "phone" }
categories = ["communication"]
[[dataset.keep]]
for = "invoicing"
from = "at"
period = "3 years"
"#;

fn org() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, phone TEXT, at DATE);
         CREATE TABLE call (id INTEGER PRIMARY KEY, phone TEXT, at DATE);
         CREATE INDEX customer_phone ON customer (phone); CREATE INDEX call_phone ON call (phone);
         CREATE INDEX customer_at ON customer (at); CREATE INDEX call_at ON call (at);
         INSERT INTO customer VALUES (4711, '87654321', '2026-01-01'), (4712, '87654321', '2026-01-01');
         INSERT INTO call VALUES (9, '+45 87 65 43 21', '2026-01-01');",
    )
    .unwrap();
    fs::create_dir_all(dir.path().join("register")).unwrap();
    fs::write(dir.path().join("register/register.toml"), REGISTER).unwrap();
    dir
}

fn run(dir: &Path, args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_frist"))
        .args(["--as", "ida", "--color", "never", "-C"])
        .arg(dir)
        .arg("find")
        .args(args)
        .env_remove("FRIST_STATE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn what_was_found_why_and_what_is_asked() {
    let dir = org();
    let (exit, out, err) =
        run(dir.path(), &["-", "--reason", "returned-letter"], "customer=4711\n");
    assert_eq!(exit, 1, "there are questions: {err}");
    assert!(out.contains("1 records in 1 data sets are the person's"), "{out}");
    assert!(out.contains("id = 4711") && out.contains("given"), "{out}");
    assert!(out.contains("several people may have the same") && out.contains("calls/9"), "{out}");
    assert!(out.contains("customers/4712 against it"), "{out}");
    // A word settles the call; the other customer still is another.
    let args =
        ["customer=4711", "--confirm", "phone=87654321", "--reason", "returned-letter", "--json"];
    let (_, out, _) = run(dir.path(), &args, "");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<&str> =
        found["hits"].as_array().unwrap().iter().map(|h| h["dataset"].as_str().unwrap()).collect();
    assert_eq!(keys, ["customers", "calls"]);
    assert_eq!(found["asked"].as_array().unwrap().len(), 1);
    // Nothing left to ask: done.
    let args = [
        "customer=4711",
        "--deny",
        "phone=87654321",
        "--reason",
        "returned-letter",
        "--lang",
        "da",
    ];
    let (exit, out, _) = run(dir.path(), &args, "");
    assert_eq!(exit, 0, "{out}");
    assert!(out.contains("1 poster i 1 datasæt er personens"), "{out}");
    // Three searches are in the ledger, and nobody who was looked for.
    let tile = fs::read_dir(dir.path().join(".frist/ledger/tile/entries/000.p"))
        .or_else(|_| fs::read_dir(dir.path().join(".frist/ledger/tile/entries")))
        .unwrap();
    let bytes: Vec<u8> =
        tile.flat_map(|f| fs::read(f.unwrap().path()).unwrap_or_default()).collect();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("search:returned-letter") && text.contains("searched:2"), "{text}");
    assert!(!text.contains("4711") && !text.contains("87654321"), "{text}");
}

#[test]
fn without_an_occasion_nobody_is_looked_for() {
    let dir = org();
    let refused = |args: &[&str], what: &str| {
        let (exit, out, err) = run(dir.path(), args, "");
        // What was named and is not there is another matter than a command that was not understood.
        let expected = if err.contains("there is no") { 3 } else { 2 };
        assert_eq!(exit, expected, "{args:?}: {err}");
        assert!(out.is_empty() && err.contains(what), "{args:?}: {err}");
        assert!(!err.contains("secret"), "what was given is not repeated: {err}");
    };
    refused(&["customer=4711"], "--case");
    refused(&["customer=4711", "--case", "R-2026-0001"], "there is no case `R-2026-0001`");
    refused(&["customer=4711", "--reason", "the letter came back"], "word");
    refused(&["secret", "--reason", "returned-letter"], "not of the form KIND=VALUE");
    refused(&["kunde=secret", "--reason", "returned-letter"], "it has phone, customer");
    refused(&["phone=secret", "--reason", "returned-letter"], "cannot be anybody's");
    refused(
        &["customer=4711", "--confirm-record", "nowhere/1", "--reason", "returned-letter"],
        "nowhere",
    );
}

#[test]
fn a_field_that_is_not_there_is_an_error_of_the_register() {
    let dir = org();
    let identity = "identity = { phone = \"phone\" }";
    // One that is misspelt would identify nobody, mask nothing, and hand over nothing.
    for (wrong, line) in [
        ("fone", "identity = { fone = \"phone\" }".to_owned()),
        ("noet", format!("{identity}\nothers = [\"noet\"]")),
        ("nmae", format!("{identity}\nprovided = [\"nmae\"]")),
    ] {
        let text = REGISTER.replacen(identity, &line, 1);
        fs::write(dir.path().join("register/register.toml"), text).unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_frist"))
            .args(["check", "-C"])
            .arg(dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned()
            + &String::from_utf8_lossy(&out.stderr);
        assert!(said.contains("E0070") && said.contains(wrong), "{said}");
    }
}
