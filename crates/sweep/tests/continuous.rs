//! When something next becomes due: the instant is right, and a sweep then takes just that.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_sweep::Options;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use support::*;

const CALLS: &str = r#"
[[dataset]]
id = "calls"
activity = "a"
at = "s/call"
subject = { customer = "id" }
categories = ["communication"]
guard = { share = 1.0 }
[dataset.facts]
started = "instant"
[[dataset.keep]]
for = "p"
from = "started"
period = "96 hours"
"#;

fn next(org: &Org) -> Option<Timestamp> {
    org.engine().next_due(&Options::default(), org.clock.now()).unwrap()
}

/// Follows the instants until nothing more comes; what went at each.
fn follow(org: &Org, table: &str) -> Vec<(Timestamp, Vec<i64>)> {
    let mut went = Vec::new();
    while let Some(at) = next(org) {
        assert!(at > org.clock.now());
        let before = org.ids(table);
        // A second before, nothing goes.
        org.clock.set(at - SignedDuration::from_secs(1));
        assert_eq!(sweep(org).done(), 0);
        org.clock.set(at);
        assert!(sweep(org).green());
        let left = org.ids(table);
        went.push((at, before.into_iter().filter(|id| !left.contains(id)).collect()));
    }
    went
}

#[test]
fn hours_after_an_instant() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, CALLS);
    let now = org.clock.now();
    org.sql("CREATE TABLE call (id INTEGER PRIMARY KEY, started TEXT)");
    for (id, seconds) in [(1, 10), (2, 4_000), (3, 4_000), (4, 90_000)] {
        let started = now + SignedDuration::from_secs(seconds - 96 * 3_600);
        org.sql(&format!("INSERT INTO call VALUES ({id}, '{started}')"));
    }
    let at = |seconds| now + SignedDuration::from_secs(seconds);
    let expected = [(at(10), vec![1]), (at(4_000), vec![2, 3]), (at(90_000), vec![4])];
    assert_eq!(follow(&org, "call"), expected);
}

#[test]
fn a_year_after_a_date() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=2, 365);
    org.persons(3..=3, 200);
    org.sql("INSERT INTO person (id, ended) VALUES (4, NULL)");
    let zone = frist_law::zone("Europe/Copenhagen").unwrap();
    // The start of the day after the year, in the controller's zone.
    let at = |days| {
        let last = org.ago(days).checked_add(1.year()).unwrap();
        last.tomorrow().unwrap().to_zoned(zone.clone()).unwrap().timestamp()
    };
    let expected = [(at(365), vec![1, 2]), (at(200), vec![3])];
    assert_eq!(follow(&org, "person"), expected);
    assert_eq!(org.ids("person"), [4]);
}

#[test]
fn on_postgresql_the_instant_is_the_same() {
    let org = Org::new(Db::Postgres, Db::Sqlite, CALLS);
    org.sql("CREATE TABLE call (id BIGINT PRIMARY KEY, started TIMESTAMPTZ)");
    let now = org.clock.now();
    assert_eq!(next(&org), None, "nothing is there");
    for (id, seconds) in [(1, -5), (2, 60), (3, 61)] {
        let started = now + SignedDuration::from_secs(seconds - 96 * 3_600);
        org.sql(&format!("INSERT INTO call VALUES ({id}, '{started}')"));
    }
    assert_eq!(next(&org), Some(now + SignedDuration::from_secs(60)), "1 is due already");
    // Its clock and ours are a minute apart, which is allowed.
    org.clock.step(60);
    assert_eq!(sweep(&org).done(), 2);
    assert_eq!(org.ids("call"), [3]);
}
