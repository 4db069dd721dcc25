//! How late a data set is: the same instant whatever index there is, and the one that the alarm goes by.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_state::Scope;
use frist_sweep::plan::Count;
use frist_sweep::{Late, Options};
use jiff::{SignedDuration, Timestamp};
use support::*;

/// Kept for a year after one date, and by a statute for years after another: due when both are over.
const TWO: &str = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
withdrawn = "date"
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
[[dataset.keep]]
for = "books"
from = "withdrawn"
"#;

/// What could have gone at `t`: what the alarm counts.
fn due_at(org: &Org, t: Timestamp) -> u64 {
    let options = Options { as_of: Some(t), count: Count::Due, ..Options::default() };
    org.engine().examine(&options, &mut |_| ()).unwrap().due()
}

/// Since when the longest overdue has been due; and nothing was due a moment before.
#[track_caller]
fn oldest(org: &Org) -> Timestamp {
    let plan = plan(&mut org.engine());
    let oldest = plan.items[0].oldest.unwrap();
    assert!(due_at(org, oldest) > 0, "the alarm sees it then");
    assert_eq!(due_at(org, oldest - SignedDuration::from_secs(1)), 0, "and not before");
    let seconds = org.clock.now().duration_since(oldest).as_secs().unsigned_abs();
    assert_eq!(plan.late(org.clock.now()), Late::Seconds(seconds));
    oldest
}

#[test]
fn it_is_exact_without_an_index_and_with_several_periods() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, TWO);
        // The first by their keys are the last by their dates, more than a page of them, and the two
        // dates have nothing to do with each other.
        let rows: Vec<String> = (0..2_500_i64)
            .map(|id| {
                let (ended, withdrawn) = (500 + id, 2_300 + id * 7_919 % 2_000);
                format!("({id}, 'P', '{}', '{}')", org.ago(ended), org.ago(withdrawn))
            })
            .collect();
        org.sql(&format!(
            "INSERT INTO person (id, name, ended, withdrawn) VALUES {}",
            rows.join(", ")
        ));
        let all = org.engine().sample("persons", org.clock.now(), 10_000).unwrap();
        assert!(all.len() > 2_000, "{}", all.len());
        let first = all.iter().filter_map(|(_, since)| *since).min().unwrap();
        assert_eq!(oldest(&org), first, "{store:?}");
        org.sql("CREATE INDEX by_ended ON person (ended)");
        assert_eq!(oldest(&org), first, "{store:?}, by an index on one of the dates");
    }
}

#[test]
fn what_was_held_is_late_from_when_it_was_free() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=1, 900);
    org.persons(2..=2, 700);
    let free = oldest(&org);
    // While a hold covers it, and for as long as it did.
    org.hold("h", Scope::Key { key: "1".into() });
    let second = oldest(&org);
    assert!(second > free);
    org.clock.step(3_600);
    let entry = Kind::Hold {
        hold: Id::new("h").unwrap(),
        change: HoldChange::Released,
        by: Id::new("ida").unwrap(),
    };
    let released = org.clock.now();
    let entry = Entry::new(released, entry);
    state(&org.place).release_hold("h", "ida", released, None, &entry).unwrap();
    org.clock.step(3_600);
    assert_eq!(oldest(&org), second, "the other is late since long");
    org.sql("DELETE FROM person WHERE id = 2");
    assert_eq!(oldest(&org), released);
    // A hold that covered others changes nothing.
    org.persons(3..=3, 800);
    let third = oldest(&org);
    assert!(third < second);
}

#[test]
fn what_nothing_ever_kept_is_late_since_nobody_knows_when() {
    let only_some = PERSONS
        .replace("ended = \"date\"", "ended = \"date\"\nboss = { field = \"boss\" }")
        + "when = { boss = { set = true } }\n";
    let org = Org::new(Db::Sqlite, Db::Sqlite, &only_some);
    org.persons(1..=600, 900);
    org.sql("UPDATE person SET boss = 7");
    let at = oldest(&org);
    org.sql("INSERT INTO person (id, name, ended) VALUES (700, 'P', NULL)");
    let plan = plan(&mut org.engine());
    assert_eq!((plan.items[0].oldest, plan.items[0].ever), (None, true), "{at}");
    assert_eq!(plan.late(org.clock.now()), Late::Ever);
    assert!(Late::Ever > Late::Seconds(u64::MAX) && Late::Seconds(0) > Late::No);
    // The alarm sees it at any time.
    assert_eq!(due_at(&org, "1950-01-01T00:00:00Z".parse().unwrap()), 1);
}
