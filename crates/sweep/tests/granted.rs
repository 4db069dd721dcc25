//! What a person's request erases: by the steps of a sweep, by the rule without the grounds that no
//! longer count, never against a duty or a hold, and killed at every step.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_ledger::RecordKey;
use frist_ledger::entry::Kind as EntryKind;
use frist_state::Scope;
use frist_stores::Key;
use frist_sweep::{Carried, Engine, Grant};
use support::child::{Orders, obey, orders, start, start_under, survived};
use support::harness::{Call, later};
use support::trace::{Blow, LEAVING, Strace, Traced, permitted};
use support::*;

/// Kept for news while consent is given, and for the accounts as long as the statute demands.
const RULE: &str = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
[[dataset.keep]]
for = "consent"
from = "ended"
period = "30 years"
[[dataset.keep]]
for = "books"
from = "ended"
"#;

fn ids(keys: &[Key]) -> Vec<String> {
    keys.iter().map(Key::text).collect()
}

fn run(engine: &mut Engine, grants: &[Grant]) -> Vec<Carried> {
    engine.carry_out(grants, &mut |_| ()).unwrap()
}

/// Persons 1 to 4 ended long ago, 5 and 6 in a year whose accounts must be kept.
fn org(store: Db, state: Db) -> Org {
    org_again(store, state, Vec::new())
}

fn org_again(store: Db, state: Db, used: Vec<frist_testkit::TestDatabase>) -> Org {
    let org = Org::again(store, state, RULE, used);
    org.register_with("batch = 2", RULE);
    org.persons(1..=4, 366 * 8);
    org.persons(5..=6, 400);
    org
}

#[test]
fn only_the_grounds_left_out_are_left_out() {
    for (store, state) in BOTH {
        let org = org(store, state);
        org.hold("h", Scope::Key { key: "4".into() });
        let mut engine = org.engine();
        // Consent still counts: nothing goes.
        let one = &run(&mut engine, &[grant([1, 5], &[])])[0];
        assert_eq!((ids(&one.done).len(), ids(&one.left)), (0, vec!["1".into(), "5".into()]));
        // Taken back: the duty and the hold stay, and so does whoever did not ask.
        let two = [grant([1, 9], &["consent"]), grant([3, 4, 5], &["consent", "books", "books#2"])];
        let carried = run(&mut engine, &two);
        assert_eq!(
            (ids(&carried[0].done), ids(&carried[0].absent)),
            (vec!["1".into()], vec!["9".into()])
        );
        assert_eq!(ids(&carried[1].done), ["3"]);
        assert_eq!(ids(&carried[1].left), ["4", "5"]);
        assert!(carried.iter().all(|c| c.refused.is_none()));
        assert_eq!(org.ids("person"), [2, 4, 5, 6]);
        // It is in the ledger once, with the case and what no longer counted.
        let told: Vec<String> = org
            .entries()
            .iter()
            .filter_map(|e| e.disposal().map(|d| d.rule.text.to_string()))
            .collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|t| t.starts_with("on request R-2026-0001; no longer: consent")));
        // No sweep of the whole data set, and the next one is as it would have been.
        assert!(engine.state.last_swept("persons").unwrap().is_none());
        assert!(sweep(&org).green());
        assert_eq!(org.ids("person"), [2, 4, 5, 6]);
    }
}

#[test]
fn what_a_request_erased_is_erased_again_after_a_restore() {
    let org = org(Db::Sqlite, Db::Sqlite);
    let since = org.clock.now();
    org.clock.step(60);
    let mut engine = org.engine();
    run(&mut engine, &[grant([1, 2], &["consent"])]);
    org.persons(1..=2, 366 * 8);
    org.clock.step(60);
    let report = engine.replay(since, false, &mut |_| ()).unwrap();
    assert_eq!((report.datasets[0].back, report.datasets[0].erased), (2, 2));
    assert_eq!(org.ids("person"), [3, 4, 5, 6]);
}

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    if let Some((place, clock, orders)) = orders() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
    }
}

/// The same persons and, where grants go together, their notes; without a batch size these are one
/// step. Person 3 is on hold.
fn org_for(call: Call, store: Db, state: Db, used: Vec<frist_testkit::TestDatabase>) -> Org {
    let org = match call {
        Call::Together => {
            let org = Org::again(store, state, &format!("{RULE}{NOTES}"), used);
            org.persons(1..=4, 366 * 8);
            org.persons(5..=6, 400);
            for (id, person, days) in [(10, 1, 400), (20, 2, 400), (50, 5, 1)] {
                org.note(id, person, days);
            }
            org
        }
        _ => org_again(store, state, used),
    };
    org.hold("h", Scope::Key { key: "3".into() });
    org
}

/// Each record that is gone is in the ledger once, and no other; those that must stay are there.
fn told_of_what_is_gone(org: &Org, engine: &mut Engine, call: Call, what: &str) {
    let places: [(&str, &[i64], &[i64]); 2] =
        [("person", &[1, 2, 3, 4, 5, 6], &[3, 5, 6]), ("note", &[10, 20, 50], &[50])];
    for (table, all, stay) in &places[..if call == Call::Together { 2 } else { 1 }] {
        let left = org.ids(table);
        assert!(stay.iter().all(|id| left.contains(id)), "{what}");
        for id in *all {
            let leaf = RecordKey::new([7; 32]).leaf(format!("s/{table}/{id}").as_bytes());
            let told = engine.state.find_record(&leaf).unwrap().len();
            assert_eq!(told, usize::from(!left.contains(id)), "{what}: {table} {id}");
        }
    }
}

/// After a call that was interrupted: whoever comes next finishes it, by the rule without consent,
/// and the call can be made again.
fn recovered(org: &Org, call: Call, what: &str) {
    later(&org.place, &org.clock);
    let mut engine = org.engine();
    let (_, open) = engine.recover(&mut |_| ()).unwrap();
    assert_eq!(open, [], "{what}");
    told_of_what_is_gone(org, &mut engine, call, what);
    let grants: Vec<Grant> = match call {
        Call::Together => grants_together().into(),
        _ => grants().into(),
    };
    run(&mut engine, &grants);
    assert_eq!(org.ids("person"), [3, 5, 6], "{what}");
    assert!(call != Call::Together || org.ids("note") == [50], "{what}");
    told_of_what_is_gone(org, &mut engine, call, what);
    assert!(engine.state.running_sweeps().unwrap().is_empty(), "{what}");
    assert!(engine.state.open_batches().unwrap().is_empty(), "{what}");
    let entry = org.entries().pop().unwrap();
    assert!(matches!(entry.what, EntryKind::Sweep { .. }), "{what}");
}

/// A child process carries the grants out and is killed (SIGKILL) at each step.
fn killed_at_every_step(store: Db, state: Db, call: Call) {
    let mut used = Vec::new();
    for n in 1.. {
        let org = org_for(call, store, state, used);
        let orders = Orders { call, die_at: Some(n), ..Orders::default() };
        let survived = survived(start(&org.place, &org.clock, orders));
        recovered(&org, call, &format!("{store:?}, {call:?}: killed at step {n}"));
        if survived {
            assert_eq!(n - 1, steps(call), "{call:?}");
            return;
        }
        used = org.databases();
    }
}

fn steps(call: Call) -> usize {
    match call {
        // Began; for two data sets: its turn, journaled, erased, confirmed, settled, verified; finished.
        Call::Together => 1 + 2 * 6 + 1,
        // Began, its turn, three batches of three steps, settled, verified, finished.
        _ => 2 + 3 * 3 + 2 + 1,
    }
}

/// Killed right before a system call, or one of them fails: some of them, all with `FRIST_LONG=1`.
fn struck_at_system_calls(store: Db, state: Db, blow: Blow, want: usize) {
    if !permitted() {
        return;
    }
    let call = Call::Together;
    let again = blow == Blow::Fail;
    let org = org_for(call, store, state, Vec::new());
    let strace = Strace::record(&LEAVING.join(","));
    let orders = Orders { call, ..Orders::default() };
    assert!(survived(start_under(Some(&strace), &org.place, &org.clock, orders)));
    let made = Traced::all(&strace.text());
    let mut used = org.databases();
    let step = if std::env::var_os("FRIST_LONG").is_some() { 1 } else { made.len().div_ceil(want) };
    let mut fell = 0;
    for at in (step / 2..made.len()).step_by(step) {
        let name = &made[at].call;
        let n = made[..=at].iter().filter(|t| t.call == *name).count();
        let org = org_for(call, store, state, used);
        let strace = Strace::blow(blow, name, n);
        let orders = Orders { call, again, ..Orders::default() };
        let lived = survived(start_under(Some(&strace), &org.place, &org.clock, orders));
        fell += usize::from(!lived || strace.fell());
        org.clock.step(5);
        recovered(&org, call, &format!("{store:?}: {blow:?} at {name} {n}"));
        used = org.databases();
    }
    println!("{store:?}, state {state:?}: {blow:?} fell {fell} times");
    assert!(fell > 0);
}

#[test]
fn sqlite_killed_at_every_step() {
    killed_at_every_step(Db::Sqlite, Db::Sqlite, Call::Granted);
    killed_at_every_step(Db::Sqlite, Db::Sqlite, Call::Together);
}

#[test]
fn postgresql_killed_at_every_step() {
    killed_at_every_step(Db::Postgres, Db::Postgres, Call::Granted);
}

#[test]
fn several_data_sets_on_postgresql_killed_at_every_step() {
    killed_at_every_step(Db::Postgres, Db::Sqlite, Call::Together);
}

#[test]
fn several_data_sets_struck_at_system_calls() {
    for blow in [Blow::Kill, Blow::Fail] {
        struck_at_system_calls(Db::Sqlite, Db::Sqlite, blow, 4);
        struck_at_system_calls(Db::Postgres, Db::Sqlite, blow, 2);
    }
}
