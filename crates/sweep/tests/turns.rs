//! Several processes on one state: one at a time, and one that lost its turn confirms nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::time::Duration;

use frist_sweep::{Error, Step};
use jiff::SignedDuration;
use support::child::{Orders, obey, orders, start, survived};
use support::*;

/// The child's part: sweeps again and again, if it has the turn; never while another has it.
#[test]
fn child() {
    let Some((place, clock, orders)) = orders() else { return };
    if orders.die_at.is_some() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
        return;
    }
    let mark = place.dir.join("at-work");
    for _ in 0..6 {
        // Two plans of one second are told apart by their microseconds.
        clock.set(clock.now() + SignedDuration::from_micros(i64::from(std::process::id() % 5_000)));
        let mut engine = engine(&place, &clock, "ida");
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        let swept = engine.sweep(&plan.id, &mut |step| match step {
            Step::Began => drop(std::fs::File::create_new(&mark).expect("two at once")),
            Step::Finished => std::fs::remove_file(&mark).unwrap(),
            _ => {}
        });
        match swept {
            Ok(report) => assert!(report.green(), "{:?}", report.findings),
            Err(Error::Busy { .. }) => std::thread::sleep(Duration::from_millis(20)),
            Err(e) => panic!("{e}"),
        }
    }
}

/// A turn that is short enough to wait for.
const TURN_MS: i64 = 1_500;

fn short(org: &Org) -> frist_sweep::Engine {
    org.engine().with_turn(SignedDuration::from_millis(TURN_MS))
}

#[test]
fn the_next_waits_for_one_that_was_killed_and_finishes_its_work() {
    let org = Org::new(Db::Postgres, Db::Postgres, PERSONS);
    org.register_with("batch = 3", PERSONS);
    org.persons(1..=8, 800);
    // Examined, planned, begun, its turn, journaled, and the store has erased three.
    let orders = Orders { die_at: Some(6), turn_ms: Some(TURN_MS), ..Orders::default() };
    assert!(!survived(start(&org.place, &org.clock, orders)));
    assert_eq!((org.rows("person"), org.ledger("persons")), (5, 0));
    org.clock.step(1);
    let mut engine = short(&org);
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    assert!(matches!(engine.sweep(&plan.id, &mut |_| ()), Err(Error::Busy { .. })));
    assert_eq!((org.rows("person"), org.ledger("persons")), (5, 0), "not before it is its turn");
    let report = loop {
        match engine.sweep(&plan.id, &mut |_| ()) {
            Err(Error::Busy { .. }) => std::thread::sleep(Duration::from_millis(100)),
            other => break other.unwrap(),
        }
    };
    assert!(report.green(), "{:?}", report.findings);
    assert_eq!((report.recovered, report.done()), (3, 5));
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 8));
}

#[test]
fn one_that_lost_its_turn_confirms_nothing() {
    for (store, state) in BOTH {
        for lost_at in ["intent", "disposed"] {
            let org = Org::new(store, state, PERSONS);
            org.register_with("batch = 3", PERSONS);
            org.persons(1..=8, 800);
            let what = format!("{store:?}, lost at {lost_at}");
            let mut slow = short(&org);
            let plan = plan(&mut slow);
            slow.propose(&plan, &mut |_| ()).unwrap();
            org.clock.step(1);
            let mut other = 0;
            let lost = slow.sweep(&plan.id, &mut |step| {
                let now = match (step, lost_at) {
                    (Step::Intent { .. }, "intent") => other == 0,
                    (Step::Disposed { .. }, "disposed") => other == 0,
                    _ => false,
                };
                if now {
                    // As if the machine had slept: the lease runs out, and another takes over.
                    org.clock.step(2);
                    if state == Db::Postgres {
                        std::thread::sleep(Duration::from_millis(TURN_MS as u64 + 100));
                    }
                    let report = sweep(&org);
                    assert!(report.green(), "{what}: {:?}", report.findings);
                    other = report.recovered + report.done();
                }
            });
            assert!(
                matches!(lost, Err(Error::State(frist_state::Error::LeaseLost { .. }))),
                "{what}: {:?}",
                lost.map(|r| r.findings)
            );
            assert_eq!(other, 8, "{what}");
            assert_eq!((org.rows("person"), org.ledger("persons")), (0, 8), "{what}");
            assert!(org.state().open_batches().unwrap().is_empty(), "{what}");
        }
    }
}

/// The dead one's transaction may still be under way in the server when recovery looks: its rows
/// are there, then gone, and must be accounted for all the same.
#[test]
fn rows_that_go_while_recovery_waits_for_them_are_accounted_for() {
    let org = Org::new(Db::Postgres, Db::Sqlite, PERSONS);
    org.persons(1..=4, 800);
    let orders = Orders { die_at: Some(5), ..Orders::default() };
    assert!(!survived(start(&org.place, &org.clock, orders)));
    assert_eq!(org.state().open_batches().unwrap().len(), 1);
    let url = org.place.url.clone().unwrap();
    let (ready, wait) = std::sync::mpsc::channel();
    let dead = std::thread::spawn(move || {
        let mut client = connect(&url);
        let mut under_way = client.transaction().unwrap();
        under_way.execute("DELETE FROM person WHERE id <= 3", &[]).unwrap();
        ready.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(700));
        under_way.commit().unwrap();
    });
    wait.recv().unwrap();
    org.clock.step(200);
    let (recovered, open) = org.engine().recover(&mut |_| ()).unwrap();
    dead.join().unwrap();
    assert_eq!(open, []);
    assert_eq!((recovered[0].done, recovered[0].absent, recovered[0].spared), (4, 3, 0));
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 4));
}

#[test]
fn never_two_at_once() {
    let org = Org::new(Db::Postgres, Db::Postgres, PERSONS);
    org.register_with("batch = 2", PERSONS);
    org.persons(1..=60, 800);
    let children: Vec<_> =
        (0..3).map(|_| start(&org.place, &org.clock, Orders::default())).collect();
    for child in children {
        assert!(survived(child));
    }
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 60));
}

#[test]
fn a_long_look_at_many_data_sets_keeps_its_turn() {
    // Each step takes a minute; nothing is due, so there is no batch that would renew the lease.
    let org = Org::new(Db::Sqlite, Db::Sqlite, &format!("{PERSONS}{NOTES}"));
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let report = engine.sweep(&plan.id, &mut |_| org.clock.step(60)).unwrap();
    assert!(report.green(), "{:?}", report.findings);
}
