//! SQLite: what the conformance suite cannot ask of every store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use frist_decide::{RuleSet, compile};
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{Action, Store, open};

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

#[test]
fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE invoice (invoice_id INTEGER PRIMARY KEY, customer_id INTEGER, invoice_date TEXT);
         CREATE INDEX i ON invoice (invoice_date);
         INSERT INTO invoice VALUES (1, 7, '2015-01-01'), (2, 7, '2024-01-01'), (3, 8, 'ukendt');",
    )
    .unwrap();
    let register = register(REGISTER);
    let mut store = open_in(&register, dir.path());
    let rules = RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
    let bound = store.bind(&register, &register.datasets[0], &rules).unwrap();
    let compiled = compile(&rules, bound.kinds(), "2025-01-01T00:00:00Z".parse().unwrap(), &[]);
    let due = store.due(&bound, &compiled, None, 10).unwrap();
    assert_eq!(due.len(), 1);
    let keys = [due[0].key.clone()];
    assert_eq!(store.count_due(&bound, &compiled).unwrap(), (1, 0));
    let census = store.census(&bound, &compiled).unwrap();
    assert_eq!(census.by_outcome, [0, 1, 0, 0, 1, 1]);
    assert_eq!(store.dispose(&bound, &compiled, &keys, &Action::Erase).unwrap().done, due);
    assert!(store.dispose(&bound, &compiled, &keys, &Action::Erase).unwrap().done.is_empty());
    assert_eq!(store.disposed(&bound, &keys).unwrap(), keys);
    assert!(store.due(&bound, &compiled, Some(&due[0]), 10).unwrap().is_empty());
}
