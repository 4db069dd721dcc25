//! Law 6: the same answer everywhere. Generated rules, records and instants, decided by the
//! reference interpreter, by the compiled test in memory, in SQLite and in a real PostgreSQL.
//!
//! Each database is given the same records as its columns can hold them, and the interpreter
//! decides on the values as that database gives them back. An ordinary run makes at least 10,000
//! decisions; `FRIST_LONG=1` makes a million. The seed is fixed; `FRIST_SEED` sets another, and a
//! failure prints it with the smallest scenario that still fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::{Cell, RefCell};

use frist_decide::decide::is_held;
use frist_decide::eval::Row;
use frist_decide::{Outcome, compile, decide, value};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use support::generate::{Scenario, TIMES, scenario};
use support::postgres::Postgres;
use support::sqlite::Sqlite;
use support::{Column, Database};

const RECORDS: usize = 48;
const INSTANTS: usize = 3;

fn seed() -> u64 {
    std::env::var("FRIST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(2_016_679)
}

fn long() -> bool {
    std::env::var_os("FRIST_LONG").is_some_and(|v| v == "1")
}

/// What the runs came to: how often each decision was made.
#[derive(Default)]
struct Tally([usize; 6]);

impl Tally {
    fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

/// Every form agrees on every record of a scenario, as this database has them.
fn agree(
    s: &Scenario,
    columns: &[Column],
    database: &mut dyn Database,
    tally: &mut Tally,
) -> Result<(), TestCaseError> {
    let stored = database.load(columns, &s.rows());
    let binding = database.binding(columns);
    for t in &s.instants {
        let compiled = compile(&s.rules, &s.kinds, *t, &s.holds);
        let words = database.outcomes(&compiled, &binding);
        let selected = database.due(&compiled, &binding);
        prop_assert_eq!(words.len(), stored.len());
        let mut due = Vec::new();
        for (record, (key, word)) in stored.iter().zip(words) {
            prop_assert_eq!(&record.key, &key);
            let field = |name: &str| record.field(name);
            let held = is_held(&s.holds, &record.key, &field);
            let decision = decide(&s.rules, &s.kinds, &record.facts, held, *t);
            let row = Row { key: &record.key, facts: &record.facts, field: &field };
            let case = format!("{record:?} at {t}");
            prop_assert_eq!(compiled.outcome(&row), decision.outcome, "in memory: {}", &case);
            prop_assert_eq!(&word, decision.outcome.word(), "in the database: {}", &case);
            tally.0[Outcome::ALL.iter().position(|o| *o == decision.outcome).unwrap()] += 1;
            if decision.outcome == Outcome::Due {
                due.push(key);
                for fact in 0..TIMES {
                    let Some(bound) = compiled.due.bound(fact) else { continue };
                    let start = value::start(&record.facts[fact], &s.kinds[fact]).unwrap();
                    prop_assert!(bound.admits(&start), "beyond the bound of {fact}: {case}");
                }
            }
        }
        prop_assert_eq!(selected, due, "what is selected as due, at {}", t);
    }
    Ok(())
}

/// Runs scenarios until this many decisions are made.
fn run(database: &mut dyn Database, columns: fn(&Scenario) -> Vec<Column>, share: usize) {
    let wanted = if long() { 1_000_000 / share } else { 12_000 / share };
    let (database, tally) = (RefCell::new(database), RefCell::new(Tally::default()));
    let round = Cell::new(seed());
    while tally.borrow().total() < wanted {
        let mut runner = TestRunner::new(Config {
            cases: 32,
            rng_seed: RngSeed::Fixed(round.get()),
            failure_persistence: None,
            max_shrink_iters: 4_000,
            ..Config::default()
        });
        let result = runner.run(&scenario(RECORDS, INSTANTS), |s| {
            agree(&s, &columns(&s), &mut **database.borrow_mut(), &mut tally.borrow_mut())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(why, s)) => {
                panic!("FRIST_SEED={}: {why}\n{}", round.get(), s.told())
            }
            Err(e) => panic!("FRIST_SEED={}: {e}", round.get()),
        }
        round.set(round.get() + 1);
    }
    let tally = tally.into_inner();
    for (outcome, count) in Outcome::ALL.iter().zip(tally.0) {
        assert!(count * 200 > tally.total(), "{}: only {count}", outcome.word());
    }
}

#[test]
fn sqlite_agrees() {
    run(&mut Sqlite::new("UTF-8", "TEXT"), Scenario::sqlite, 2);
}

#[test]
fn sqlite_agrees_in_utf_16_and_with_loose_collations() {
    run(&mut Sqlite::new("UTF-16le", "TEXT COLLATE NOCASE"), Scenario::sqlite, 4);
}

#[test]
fn postgresql_agrees() {
    run(&mut Postgres::new(), Scenario::postgres, 2);
}
