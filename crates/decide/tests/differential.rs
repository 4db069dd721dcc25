//! Law 6: the same answer everywhere. Generated rules, records and instants, decided by the
//! reference interpreter, by the compiled test in memory (a record at a time, and over columns), in
//! SQLite and in a real PostgreSQL.
//!
//! Each database is given the same records as its columns can hold them, and the interpreter
//! decides on the values as that database gives them back. An ordinary run makes at least 10,000
//! decisions; `FRIST_LONG=1` makes a million, `FRIST_DECISIONS` a number of one's own. The seed is fixed; `FRIST_SEED` sets another, and a
//! failure prints it with the smallest scenario that still fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::{Cell, RefCell};

use frist_decide::columns::Unit;
use frist_decide::decide::is_held;
use frist_decide::eval::Row;
use frist_decide::{
    Answers, HoldScope, Kind, Outcome, Verdict, compile_answered, decide_answered, value,
};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use support::columns::Columnar;
use support::generate::{NAMES, Scenario, TIMES, around, scenario};
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

/// How many decisions the generated scenarios come to, in all tests together.
fn decisions() -> usize {
    let set = std::env::var("FRIST_DECISIONS").ok().and_then(|s| s.parse().ok());
    set.unwrap_or(if long() { 1_000_000 } else { 12_000 })
}

/// What the runs came to: how often each decision was made.
#[derive(Default)]
struct Tally([usize; 6]);

impl Tally {
    fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

/// Answers about two records in five, from before and after the instants decided for.
fn answers<'k>(s: &Scenario, keys: impl Iterator<Item = &'k str>) -> Answers {
    let mut instants = s.instants.clone();
    instants.sort_unstable();
    let at = |ix: usize| instants[ix / 5 % instants.len()];
    let verdict = |ix: usize| match ix % 5 {
        1 => Some(Verdict::Keep { until: at(ix) }),
        3 => Some(Verdict::Erase { since: at(ix) }),
        _ => None,
    };
    keys.enumerate().filter_map(|(ix, key)| Some((key.to_owned(), verdict(ix)?))).collect()
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
    let answers = match database.has_keys() {
        true => answers(s, stored.iter().map(|r| r.key.as_str())),
        false => Answers::default(),
    };
    for t in &s.instants {
        let compiled = compile_answered(&s.rules, &s.kinds, *t, &s.holds, &answers);
        let words = database.outcomes(&compiled, &binding);
        let selected = database.due(&compiled, &binding);
        prop_assert_eq!(words.len(), stored.len());
        let mut due = Vec::new();
        for (record, (key, word)) in stored.iter().zip(words) {
            prop_assert_eq!(&record.key, &key);
            let field = |name: &str| record.field(name);
            let held = is_held(&s.holds, &record.key, &field);
            let answer = answers.get(&record.key);
            let decision = decide_answered(&s.rules, &s.kinds, &record.facts, held, answer, *t);
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
    let wanted = decisions() / share;
    let (database, tally) = (RefCell::new(database), RefCell::new(Tally::default()));
    let round = Cell::new(seed());
    while tally.borrow().total() < wanted {
        let mut runner = TestRunner::new(Config {
            cases: 32,
            rng_seed: RngSeed::Fixed(round.get()),
            failure_persistence: None,
            max_shrink_iters: Config::default().max_shrink_iters.min(4_000),
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
        println!("{}: {count}", outcome.word());
        assert!(count * 200 > tally.total(), "{}: only {count}", outcome.word());
    }
}

/// Every step around the turns of a few periods, at instants where days and clocks turn: what
/// chance might miss.
fn every_boundary(database: &mut dyn Database, columns: fn(&Scenario) -> Vec<Column>) {
    let instants: Vec<Timestamp> = [
        "2027-01-01T00:00:00+01:00",
        "2026-10-25T02:30:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2010-11-07T02:31:00Z",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let local = |name: &str| Kind::Local(frist_law::zone(name).unwrap());
    let kinds = [
        Kind::Date,
        local("Europe/Copenhagen"),
        local("America/St_Johns"),
        Kind::Instant,
        Kind::UnixSeconds,
        Kind::UnixMillis,
    ];
    let terms = ["0 hours", "96 hours", "0 days", "5 years from the end of the financial year"];
    let mut tally = Tally::default();
    for kind in &kinds {
        for (pick, term) in terms.iter().enumerate() {
            // Typed and text columns by turns.
            let picks = (0, if pick % 2 == 0 { 0 } else { 2 });
            let s = around(kind, term.parse().unwrap(), picks, instants.clone());
            if let Err(why) = agree(&s, &columns(&s), database, &mut tally) {
                panic!("{kind:?}, {term}: {why}");
            }
        }
    }
    assert!(tally.total() > 10_000, "only {}", tally.total());
}

/// A hold covers whom it names, to the letter, whatever the column's collation.
fn holds_to_the_letter(database: &mut dyn Database, columns: fn(&Scenario) -> Vec<Column>) {
    let at: Timestamp = "2027-01-01T00:00:00+01:00".parse().unwrap();
    for hold in NAMES {
        let mut s = around(&Kind::Date, "0 days".parse().unwrap(), (0, 0), vec![at]);
        s.holds = vec![HoldScope::Field { field: "who".into(), values: vec![hold.to_owned()] }];
        for (row, who) in s.seeds.iter_mut().zip(NAMES.iter().cycle()) {
            row.1 = Some((*who).to_owned());
        }
        if let Err(why) = agree(&s, &columns(&s), database, &mut Tally::default()) {
            panic!("{hold:?}: {why}");
        }
    }
}

#[test]
fn sqlite_holds_to_the_letter() {
    for collation in ["TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM"] {
        holds_to_the_letter(&mut Sqlite::new("UTF-8", collation), Scenario::sqlite);
    }
}

#[test]
fn postgresql_holds_to_the_letter() {
    holds_to_the_letter(&mut Postgres::new(), Scenario::postgres);
}

#[test]
fn sqlite_agrees_at_every_boundary() {
    every_boundary(&mut Sqlite::new("UTF-8", "TEXT"), Scenario::sqlite);
}

#[test]
fn postgresql_agrees_at_every_boundary() {
    every_boundary(&mut Postgres::new(), Scenario::postgres);
}

#[test]
fn sqlite_agrees() {
    run(&mut Sqlite::new("UTF-8", "TEXT"), Scenario::sqlite, 3);
}

#[test]
fn sqlite_agrees_in_utf_16_and_with_loose_collations() {
    run(&mut Sqlite::new("UTF-16le", "TEXT COLLATE NOCASE"), Scenario::sqlite, 3);
}

#[test]
fn postgresql_agrees() {
    run(&mut Postgres::new(), Scenario::postgres, 3);
}

#[test]
fn columns_hold_to_the_letter() {
    holds_to_the_letter(&mut Columnar::new(Unit::Micros), Scenario::sqlite);
}

#[test]
fn columns_agree_at_every_boundary() {
    for unit in [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos] {
        every_boundary(&mut Columnar::new(unit), Scenario::sqlite);
    }
}

#[test]
fn columns_agree() {
    for unit in [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos] {
        run(&mut Columnar::new(unit), Scenario::sqlite, 12);
    }
}
