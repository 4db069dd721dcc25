//! `frist init` as a person runs it: what it writes, what it refuses, and that nothing is erased by
//! a proposal that nobody has completed.

use std::path::Path;
use std::process::{Command, Output, Stdio};

const ACCOUNTS: &str = "
    CREATE TABLE faktura (faktura_nr INTEGER PRIMARY KEY, kunde_navn TEXT, fakturadato TEXT);
    CREATE TABLE vare (vare_nr INTEGER PRIMARY KEY, betegnelse TEXT);
    INSERT INTO faktura VALUES (1, 'Ida', '2010-03-01'), (2, 'Bo', '2010-04-01'), (3, 'Åse', '2099-01-01');
";

fn frist(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .env_remove("FRIST_STATE")
        .env("FRIST_OPERATOR", "dpo")
        .stdin(Stdio::null())
        .output()
        .expect("frist runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn organisation(sql: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("data")).expect("a folder");
    let db = rusqlite::Connection::open(dir.path().join("data/erp.sqlite")).expect("a database");
    db.execute_batch(sql).expect("the schema");
    dir
}

fn rows(dir: &Path) -> i64 {
    let db = rusqlite::Connection::open(dir.join("data/erp.sqlite")).expect("a database");
    db.query_row("SELECT count(*) FROM faktura", [], |r| r.get(0)).expect("a count")
}

#[test]
fn what_the_law_book_says_all_of_can_be_planned_once_the_controller_is_known() {
    let org = organisation(ACCOUNTS);
    let dir = org.path();
    let made = frist(dir, &["init", "--from", "data/erp.sqlite", "--name", "Nordkyst", "--yes"]);
    assert_eq!(code(&made), 0, "{}", text(&made));
    for part in ["faktura", "`kunde_navn` (identity)", "vare", "frist check"] {
        assert!(text(&made).contains(part), "{part}: {}", text(&made));
    }
    assert_eq!(code(&frist(dir, &["fmt", "--check"])), 0, "it is laid out");

    // One thing is missing, and it is told by its code; nothing runs until then.
    let check = frist(dir, &["check", "--format", "json"]);
    assert_eq!(code(&check), 1);
    assert!(text(&check).contains("E0058") && !text(&check).contains("E0040"), "{}", text(&check));
    assert_eq!(code(&frist(dir, &["sweep", "--yes"])), 1);
    assert_eq!(rows(dir), 3);

    let path = dir.join("register/controller.toml");
    let controller = std::fs::read_to_string(&path).expect("written");
    let answered = controller.replace("# email = \"...\"", "email = \"a@nordkyst.example\"");
    assert_ne!(answered, controller);
    std::fs::write(&path, answered).expect("written");
    let check = frist(dir, &["check"]);
    assert_eq!(code(&check), 0, "{}", text(&check));
    let plan = frist(dir, &["plan"]);
    assert!([0, 4].contains(&code(&plan)), "{}", text(&plan));
    assert!(text(&plan).contains("faktura"), "{}", text(&plan));

    // Even so, one person alone erases nothing by it.
    assert_eq!(code(&frist(dir, &["sweep", "--yes"])), 4);
    assert_eq!(rows(dir), 3);
}

#[test]
fn a_register_is_never_written_over() {
    let org = organisation(ACCOUNTS);
    let dir = org.path();
    let first = frist(dir, &["init", "--from", "data/erp.sqlite", "--name", "A", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(value["personal"][0]["at"], "faktura");
    assert_eq!(value["personal"][0]["reasons"][0]["field"], "kunde_navn");
    assert_eq!(value["exempt"][0]["at"], "vare");
    assert_eq!(value["to_fill_in"], 1);
    let read = || std::fs::read_to_string(dir.join("register/erp.toml")).expect("there");
    let before = read();
    let second = frist(dir, &["init", "--from", "data/erp.sqlite", "--name", "B"]);
    assert_eq!(code(&second), 3);
    assert!(text(&second).contains("there is a register already"), "{}", text(&second));
    assert_eq!(read(), before);

    // A register in the folder itself counts as well, another program's settings do not.
    let flat = tempfile::tempdir().expect("a folder");
    std::fs::write(flat.path().join("pyproject.toml"), "[project]\n").expect("written");
    assert_eq!(code(&frist(flat.path(), &["init"])), 0);
    let flat = tempfile::tempdir().expect("a folder");
    std::fs::write(flat.path().join("all.toml"), "[controller]\nname = \"A\"\n").expect("written");
    assert_eq!(code(&frist(flat.path(), &["init"])), 3);
}

#[test]
fn a_template_asks_for_everything() {
    let org = tempfile::tempdir().expect("a folder");
    let made = frist(org.path(), &["init", "--public-authority"]);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let written =
        std::fs::read_to_string(org.path().join("register/controller.toml")).expect("written");
    for part in
        ["# name = ", "# email = ", "# dpo = ", "kind = \"public-authority\"", "# [[store]]"]
    {
        assert!(written.contains(part), "{part}: {written}");
    }
    let check = frist(org.path(), &["check", "--format", "json"]);
    assert!(text(&check).contains("E0004"), "{}", text(&check));
}

#[test]
fn what_cannot_be_read_writes_nothing() {
    let org = organisation(ACCOUNTS);
    let dir = org.path();
    std::fs::write(dir.join("data/notes.txt"), "not a database, by far").expect("written");
    for (from, exit) in [
        ("data/nothing.sqlite", 3),
        ("data/notes.txt", 3),
        ("env:FRIST_TEST_NO_SUCH_VARIABLE", 3),
        ("postgres://frist:secret@localhost/erp", 2),
    ] {
        let made = frist(dir, &["init", "--from", from]);
        assert_eq!(code(&made), exit, "{from}: {}", text(&made));
        assert!(!text(&made).contains("secret"), "{}", text(&made));
        assert!(!dir.join("register").exists(), "{from}");
    }
}

#[test]
fn postgresql_by_an_environment_variable() {
    let db = frist_testkit::postgres();
    db.connect()
        .batch_execute(
            "CREATE TABLE kunde (kunde_id bigint PRIMARY KEY, navn text, email text, lukket_dato date);
             CREATE TABLE vare (id bigint PRIMARY KEY, betegnelse text)",
        )
        .expect("the schema");
    let org = tempfile::tempdir().expect("a folder");
    let made = Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(org.path())
        .args(["init", "--from", "env:ERP_URL", "--name", "Nordkyst"])
        .env("ERP_URL", &db.url)
        .stdin(Stdio::null())
        .output()
        .expect("frist runs");
    assert_eq!(code(&made), 0, "{}", text(&made));
    let written = std::fs::read_to_string(org.path().join("register/erp.toml")).expect("written");
    for part in
        ["url_env = \"ERP_URL\"", "at = \"erp/kunde\"", "from = \"lukket_dato\"", "at = \"vare\""]
    {
        assert!(written.contains(part), "{part}: {written}");
    }
    assert!(!written.contains(&db.url));
    let check = frist(org.path(), &["check", "--format", "json"]);
    assert!(text(&check).contains("E0040"), "{}", text(&check));
}
