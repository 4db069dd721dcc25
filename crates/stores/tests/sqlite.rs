//! SQLite: what the conformance suite cannot ask of every store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use frist_decide::{RuleSet, compile};
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{Action, Aftercare, Store, open};

const REGISTER: &str = r#"
[controller]
name = "A"
[[store]]
id = "erp"
kind = "sqlite"
path = "erp.sqlite"
[[activity]]
id = "a"
title = { en = "A" }
  [[activity.purpose]]
  id = "p"
  text = { en = "invoicing" }
  basis = "6(1)(b)"
[[dataset]]
id = "invoices"
activity = "a"
at = "erp/invoice"
subject = { customer = "customer_id" }
categories = ["identity"]
  [dataset.facts]
  invoice_date = "date"
  [[dataset.keep]]
  for = "p"
  from = "invoice_date"
  period = "3 years"
"#;

fn register(text: &str) -> Register {
    let reading = Register::read(&[("register.toml", text)]);
    reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
}

fn open_in(register: &Register, folder: &Path) -> Box<dyn Store> {
    open(&register.stores[0], folder, &|_| None).unwrap()
}

fn fill(folder: &Path, mode: &str) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(folder.join("erp.sqlite")).unwrap();
    db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
    db.execute_batch(
        "CREATE TABLE invoice (invoice_id INTEGER PRIMARY KEY, customer_id INTEGER, invoice_date TEXT);
         INSERT INTO invoice VALUES (1, 7, '2015-01-01'), (2, 7, '2024-01-01'), (3, 8, 'ukendt');",
    )
    .unwrap();
    db
}

/// Erases what is due and settles.
fn sweep(folder: &Path, more: &str) -> Aftercare {
    let register = register(&REGISTER.replace("path =", &format!("{more}\npath =")));
    let mut store = open_in(&register, folder);
    let rules = RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
    let bound = store.bind(&register, &register.datasets[0], &rules).unwrap();
    let at = "2025-01-01T00:00:00Z".parse().unwrap();
    let compiled = compile(&rules, bound.kinds(), at, &[]);
    let due = store.due(&bound, &compiled, None, 10).unwrap();
    let keys: Vec<_> = due.into_iter().map(|r| r.key).collect();
    store.dispose(&bound, &compiled, &keys, &Action::Erase).unwrap();
    store.settle(&bound).unwrap()
}

#[test]
fn a_reader_that_keeps_the_log_from_being_cut_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "wal");
    let reader = rusqlite::Connection::open(dir.path().join("erp.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM invoice").unwrap();
    let care = sweep(dir.path(), "lock_timeout = \"1 s\"");
    assert!(care.advice.iter().any(|a| a.contains("another program is reading")), "{care:?}");
    drop(reader);
    let care = sweep(dir.path(), "");
    assert!(care.advice.is_empty() && care.done.iter().any(|d| d.contains("cut")), "{care:?}");
}

#[test]
fn pages_that_others_freed_are_reported_or_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let db = fill(dir.path(), "delete");
    db.execute_batch(
        "DELETE FROM invoice WHERE invoice_id = 1; PRAGMA secure_delete = OFF;
         CREATE TABLE old (x); INSERT INTO old VALUES (printf('%.20000c', 'x') || 'EarlierSecret');
         DELETE FROM old;",
    )
    .unwrap();
    drop(db);
    let holds = || {
        let bytes = std::fs::read(dir.path().join("erp.sqlite")).unwrap();
        bytes.windows(13).any(|w| w == b"EarlierSecret")
    };
    assert!(holds());
    // Nothing is due, so the file is not rewritten unasked.
    let care = sweep(dir.path(), "");
    assert!(care.advice.iter().any(|a| a.contains("run VACUUM")), "{care:?}");
    assert!(holds());
    let care = sweep(dir.path(), "vacuum = \"run\"");
    assert!(care.advice.is_empty() && !holds(), "{care:?}");
}

#[test]
fn a_journal_that_another_program_keeps_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let db = fill(dir.path(), "persist");
    db.execute_batch("UPDATE invoice SET customer_id = 9").unwrap();
    drop(db);
    // Our own connection deletes the journal when it erases; one that comes after stays.
    assert!(sweep(dir.path(), "").advice.is_empty());
    assert!(!dir.path().join("erp.sqlite-journal").exists());
    std::fs::write(dir.path().join("erp.sqlite-journal"), [0; 600]).unwrap();
    assert!(sweep(dir.path(), "").advice.iter().any(|a| a.contains("journal")));
}

#[test]
fn what_is_no_database_is_not_made_into_one() {
    let dir = tempfile::tempdir().unwrap();
    let register = register(REGISTER);
    let error = |path: &Path| open(&register.stores[0], path, &|_| None).err().unwrap().to_string();
    assert!(error(dir.path()).contains("there is no file"));
    assert!(!dir.path().join("erp.sqlite").exists());
    std::fs::write(
        dir.path().join("erp.sqlite"),
        "no database at all, but long enough to be looked at",
    )
    .unwrap();
    assert!(error(dir.path()).contains("not a SQLite database"));
}

#[test]
fn the_catalogue_knows_sqlites_kinds_of_tables() {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE a (x TEXT, y INT, z INT AS (y + 1), PRIMARY KEY (y, x)) WITHOUT ROWID;
         CREATE TABLE b (id INTEGER PRIMARY KEY, ay INT, ax TEXT, FOREIGN KEY (ay, ax) REFERENCES A);
         CREATE INDEX p ON b (ax) WHERE ax > 'a'; CREATE INDEX q ON b (ay); CREATE VIEW v AS SELECT 1 AS one;",
    )
    .unwrap();
    let found = open_in(&register(REGISTER), dir.path()).catalogue().unwrap();
    let [a, b, v] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(a.key, ["y", "x"]);
    assert!(a.fields[2].generated && !a.fields[1].generated && a.fields[1].indexed);
    let reference = |by: &str, to: &str| (by.to_owned(), "A".to_owned(), to.to_owned());
    assert_eq!(b.references, [reference("ay", "y"), reference("ax", "x")]);
    assert!(b.fields[0].indexed && b.fields[1].indexed && !b.fields[2].indexed);
    assert!(v.view);
}
