//! What others do while a sweep runs: nothing goes early, what went is in the ledger, and the next
//! sweep is green.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use frist_decide::Outcome;
use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_state::Scope;
use frist_sweep::{Error, Step};
use support::child::{Orders, obey, orders, start, survived};
use support::*;

const LINK: &str = "[[dataset.link]]\nto = \"persons\"\nby = \"person\"\n";

fn rules() -> String {
    format!("{PERSONS}{NOTES}{LINK}")
}

/// Whom a disturbance protects from the moment on, among those who are still there.
enum Protects {
    Nobody,
    Some(&'static [i64]),
    Everybody,
}

struct Disturbance {
    name: &'static str,
    does: fn(&Org),
    protects: Protects,
}

fn hold(org: &Org, scope: Scope) {
    org.hold("new", scope);
}

fn live(org: &Org, datasets: &str) {
    org.register_with("batch = 2", datasets);
    assert!(org.engine().make_live().unwrap());
}

const DISTURBANCES: &[Disturbance] = &[
    Disturbance {
        name: "changed so that they are no longer due",
        does: |o| o.sql(&format!("UPDATE person SET ended = '{}' WHERE id IN (2, 5)", o.ago(3))),
        protects: Protects::Some(&[2, 5]),
    },
    Disturbance {
        name: "changed so that nobody can tell",
        does: |o| o.sql("UPDATE person SET ended = NULL WHERE id = 5"),
        protects: Protects::Some(&[5]),
    },
    Disturbance {
        name: "changed so that it becomes due",
        does: |o| o.sql(&format!("UPDATE person SET ended = '{}' WHERE id = 9", o.ago(800))),
        protects: Protects::Nobody,
    },
    Disturbance {
        name: "added, and due",
        does: |o| o.persons(20..=22, 900),
        protects: Protects::Nobody,
    },
    Disturbance {
        name: "added, and not due",
        does: |o| o.persons(20..=22, 4),
        protects: Protects::Some(&[20, 21, 22]),
    },
    Disturbance {
        name: "held by key",
        does: |o| hold(o, Scope::Key { key: "5".into() }),
        protects: Protects::Some(&[5]),
    },
    Disturbance {
        name: "held by field",
        does: |o| {
            let (field, value) = ("name".into(), "Person 5".into());
            hold(o, Scope::Field { name: "f".into(), field, value });
        },
        protects: Protects::Some(&[5]),
    },
    Disturbance {
        name: "held by subject",
        does: |o| hold(o, Scope::Subject { kind: "customer".into(), value: "5".into() }),
        protects: Protects::Some(&[5]),
    },
    Disturbance { name: "all held", does: |o| hold(o, Scope::All), protects: Protects::Everybody },
    Disturbance {
        name: "released",
        does: |o| {
            let by = Id::new("ida").unwrap();
            let kind = Kind::Hold { hold: Id::new("h").unwrap(), change: HoldChange::Released, by };
            let now = o.clock.now();
            o.state().release_hold("h", "ida", now, None, &Entry::new(now, kind)).unwrap();
        },
        protects: Protects::Nobody,
    },
    Disturbance {
        name: "asked for",
        does: |o| {
            let mut engine = o.engine();
            engine.explain("persons", "9", o.clock.now()).unwrap();
            engine.records("persons", Outcome::Keep, o.clock.now(), 10).unwrap();
            plan(&mut engine);
            engine.state.open_findings().unwrap();
        },
        protects: Protects::Nobody,
    },
    Disturbance {
        name: "a kept child comes",
        does: |o| o.note(50, 5, 3),
        protects: Protects::Some(&[5]),
    },
    Disturbance {
        name: "the kept child goes",
        does: |o| o.sql("DELETE FROM note WHERE id = 3"),
        protects: Protects::Nobody,
    },
    Disturbance {
        name: "a key is used again",
        does: |o| {
            o.sql("DELETE FROM person WHERE id = 5");
            o.persons(5..=5, 3);
        },
        protects: Protects::Some(&[5]),
    },
    Disturbance {
        name: "a register with longer periods becomes live",
        does: |o| live(o, &rules().replace("1 year", "10 years")),
        protects: Protects::Everybody,
    },
    Disturbance {
        name: "a register with shorter periods becomes live",
        does: |o| live(o, &rules().replace("1 year", "1 day")),
        protects: Protects::Everybody,
    },
    Disturbance {
        name: "a register without the data set becomes live",
        does: |o| live(o, NOTES),
        protects: Protects::Everybody,
    },
    Disturbance {
        name: "another sweeps and recovers",
        does: |o| {
            let mut other = o.engine_of("bo");
            assert!(matches!(other.recover(&mut |_| ()), Err(Error::Busy { .. })));
            // Another plan of the same instant would have the same id.
            o.clock.step(1);
            let plan = plan(&mut other);
            other.propose(&plan, &mut |_| ()).unwrap();
            assert!(matches!(other.sweep(&plan.id, &mut |_| ()), Err(Error::Busy { .. })));
        },
        protects: Protects::Nobody,
    },
];

/// Persons 1 to 6 are due and go, 7 is due and blocked by a note that is kept, 8 is held, 9 and 10
/// are not due.
fn world(store: Db, state: Db, used: Vec<frist_testkit::TestDatabase>) -> Org {
    let org = Org::again(store, state, &rules(), used);
    org.register_with("batch = 2", &rules());
    org.persons(1..=8, 800);
    org.persons(9..=10, 5);
    [(1, 1, 800), (2, 2, 900), (3, 7, 5)].into_iter().for_each(|(i, p, d)| org.note(i, p, d));
    org.hold("h", Scope::Key { key: "8".into() });
    org
}

fn long() -> bool {
    std::env::var_os("FRIST_LONG").is_some()
}

fn everybody(org: &Org) -> BTreeSet<i64> {
    org.ids("person").into_iter().collect()
}

/// Sweeps, and lets the disturbance happen at the n-th step that is `wanted`; none when there are
/// fewer.
fn disturbed(
    org: &Org,
    disturbance: &Disturbance,
    at: usize,
    wanted: fn(&Step<'_>) -> bool,
) -> bool {
    let what = format!("{:?}, {} at {at}", org.store, disturbance.name);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let planned = plan.items.iter().find(|i| i.dataset == "persons").map(|i| i.due + i.blocked);
    let (mut n, mut safe, mut before, mut after) =
        (0, BTreeSet::new(), everybody(org), BTreeSet::new());
    let all = before.len();
    let report = engine
        .sweep(&plan.id, &mut |step| {
            n += usize::from(wanted(&step));
            if n != at || !wanted(&step) {
                return;
            }
            before = everybody(org);
            (disturbance.does)(org);
            after = everybody(org);
            safe = match disturbance.protects {
                Protects::Nobody => BTreeSet::new(),
                Protects::Some(ids) => ids.iter().copied().filter(|i| after.contains(i)).collect(),
                Protects::Everybody => after.clone(),
            };
        })
        .unwrap();
    if n < at {
        return false;
    }
    let left = everybody(org);
    assert!(safe.is_subset(&left), "{what}: went early: {:?}", safe.difference(&left));
    // What was not due at all, and was not touched.
    assert!(left.contains(&10), "{what}");
    let went = (all - before.len()) + after.difference(&left).count();
    assert!(went as u64 <= planned.unwrap(), "{what}: more than was planned");
    assert_eq!(done(&report, "persons"), org.ledger("persons"), "{what}");
    // A key that is used again right after its record went: the ledger says less, and it shows.
    if org.ledger("persons") != went as u64 {
        assert!(org.ledger("persons") < went as u64, "{what}: the ledger says too much");
        assert!(codes(&report).contains(&"came-back"), "{what}: {:?}", report.findings);
    }
    assert!(org.state().open_batches().unwrap().is_empty(), "{what}");
    assert!(org.state().running_sweeps().unwrap().is_empty(), "{what}");
    let changed = disturbance.name.contains("register") && went < 6;
    assert_eq!(codes(&report).contains(&"register-changed"), changed, "{what}");
    org.clock.step(1);
    let next = sweep(org);
    assert!(next.green(), "{what}: {:?}", next.findings);
    if !disturbance.name.contains("register") {
        assert!(safe.is_subset(&everybody(org)), "{what}: went early in the next sweep");
    }
    true
}

#[test]
fn nothing_goes_early_whatever_happens_between_two_steps() {
    for (i, disturbance) in DISTURBANCES.iter().enumerate() {
        for at in 1.. {
            // All of them with `FRIST_LONG=1`.
            if !long() && at < 20 && (at + i) % 4 != 0 {
                continue;
            }
            let org = world(Db::Sqlite, Db::Sqlite, Vec::new());
            if !disturbed(&org, disturbance, at, |_| true) {
                assert!(at > 18, "{at} steps");
                break;
            }
        }
    }
}

#[test]
fn nothing_goes_early_whatever_happens_on_a_server() {
    let mut used = Vec::new();
    // Around the second batch, where something has gone and something is left.
    let around: [fn(&Step<'_>) -> bool; 3] = [
        |s| matches!(s, Step::Intent { dataset: "persons", .. }),
        |s| matches!(s, Step::Disposed { dataset: "persons", .. }),
        |s| matches!(s, Step::Confirmed { dataset: "persons", .. }),
    ];
    for (i, disturbance) in DISTURBANCES.iter().enumerate() {
        for (j, wanted) in around.into_iter().enumerate() {
            if !long() && j != i % 3 {
                continue;
            }
            let org = world(Db::Postgres, Db::Postgres, used);
            assert!(disturbed(&org, disturbance, 2, wanted));
            used = org.databases();
        }
    }
}

/// The store is slow to answer; meanwhile a hold comes. It is added once the batch is through: what
/// is there then stays, from the very next batch on.
#[test]
fn a_hold_whose_command_has_returned_is_never_missed() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, PERSONS);
        org.register_with("batch = 2", PERSONS);
        org.persons(1..=6, 800);
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        let (locked, is_locked) = mpsc::channel();
        let (told, tells) = mpsc::channel();
        std::thread::scope(|threads| {
            let (mut first, org, locked) = (true, &org, &locked);
            let (is_locked, told) = (&is_locked, &told);
            engine
                .sweep(&plan.id, &mut |step| {
                    if !matches!(step, Step::Intent { .. }) || !std::mem::take(&mut first) {
                        return;
                    }
                    let (place, locked) = (org.place.clone(), locked.clone());
                    threads.spawn(move || {
                        let slow = Duration::from_millis(1_200);
                        match &place.url {
                            None => {
                                let file = place.dir.join("s.sqlite");
                                let db = rusqlite::Connection::open(file).unwrap();
                                db.execute_batch("BEGIN IMMEDIATE").unwrap();
                                locked.send(()).unwrap();
                                std::thread::sleep(slow);
                                db.execute_batch("ROLLBACK").unwrap();
                            }
                            Some(url) => {
                                let mut client = connect(url);
                                let mut tx = client.transaction().unwrap();
                                tx.execute("SELECT 1 FROM person FOR UPDATE", &[]).unwrap();
                                locked.send(()).unwrap();
                                std::thread::sleep(slow);
                                tx.rollback().unwrap();
                            }
                        }
                    });
                    is_locked.recv().unwrap();
                    let (place, clock, told) = (org.place.clone(), org.clock.clone(), told.clone());
                    threads.spawn(move || {
                        // By now the sweep waits for the store.
                        std::thread::sleep(Duration::from_millis(400));
                        let began = Instant::now();
                        let there = ["1", "5"].map(|key| {
                            add_holds(&place, &clock, &[key]);
                            let sql = format!("SELECT count(*) FROM person WHERE id = {key}");
                            (key, number(&place, &sql) == 1, began.elapsed())
                        });
                        told.send(there).unwrap();
                    });
                })
                .unwrap();
        });
        let left = org.ids("person");
        for (key, there, waited) in tells.recv().unwrap() {
            let what = format!("{store:?}: {key}, waited {waited:?}");
            assert_eq!(left.contains(&key.parse().unwrap()), there, "{what}: missed");
            assert!(waited > Duration::from_millis(300), "{what}: not for the batch");
        }
        assert_eq!(org.ledger("persons"), 6 - org.rows("person"), "{store:?}");
    }
}

fn add_holds(place: &Place, clock: &Clock, keys: &[&str]) {
    let mut state = state(place);
    for key in keys {
        let by = Id::new("ida").unwrap();
        let kind = Kind::Hold { hold: Id::new(*key).unwrap(), change: HoldChange::Added, by };
        let hold = frist_state::NewHold {
            id: (*key).into(),
            matter: "a claim".into(),
            reason: "a court".into(),
            dataset: None,
            scope: Scope::Key { key: (*key).into() },
            owner: "ida".into(),
            created_at: clock.now(),
            review_at: None,
            ends_at: None,
            viewers: Vec::new(),
        };
        state.add_hold(&hold, &Entry::new(clock.now(), kind)).unwrap();
    }
}

/// Real threads, no step in common: holds are added and facts changed as fast as they can be.
#[test]
fn what_is_there_when_a_hold_or_a_change_returns_stays() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, PERSONS);
        org.register_with("batch = 7", PERSONS);
        org.persons(1..=400, 800);
        let recent = org.ago(2);
        let (place, clock) = (org.place.clone(), org.clock.clone());
        let meddler = std::thread::spawn(move || {
            let mut safe = Vec::new();
            for id in (5..400_i64).rev().step_by(13) {
                add_holds(&place, &clock, &[&id.to_string()]);
                let there = format!("SELECT count(*) FROM person WHERE id = {id}");
                if number(&place, &there) == 1 {
                    safe.push(id);
                }
                let other = 400 - id;
                let change = format!("UPDATE person SET ended = '{recent}' WHERE id = {other}");
                match &place.url {
                    None => {
                        let db = rusqlite::Connection::open(place.dir.join("s.sqlite")).unwrap();
                        db.busy_timeout(Duration::from_secs(10)).unwrap();
                        if db.execute(&change, []).unwrap() == 1 {
                            safe.push(other);
                        }
                    }
                    Some(url) => {
                        if connect(url).execute(&change, &[]).unwrap() == 1 {
                            safe.push(other);
                        }
                    }
                }
            }
            safe
        });
        let report = sweep(&org);
        let safe = meddler.join().unwrap();
        let left = org.ids("person");
        assert!(safe.iter().all(|id| left.contains(id)), "{store:?}: {safe:?} of {left:?}");
        assert_eq!(done(&report, "persons"), org.ledger("persons"), "{store:?}");
        assert_eq!(org.ledger("persons"), 400 - org.rows("person"), "{store:?}");
        assert!(org.ledger("persons") > 0 && !safe.is_empty(), "{store:?}: nobody met");
        assert!(sweep(&org).green(), "{store:?}");
    }
}

#[test]
fn a_plan_is_approved_once_by_each_and_carried_out_once() {
    for (store, state) in BOTH {
        let two = PERSONS.replace("guard = { share = 1.0 }", "approve = \"two\"");
        let org = Org::new(store, state, &two);
        org.persons(1..=9, 800);
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        assert!(matches!(engine.approve(&plan.id), Err(Error::PlanRefused { .. })), "one's own");
        let at_once = |operators: [&'static str; 3]| -> usize {
            let threads = operators.map(|operator| {
                let (place, clock, id) = (org.place.clone(), org.clock.clone(), plan.id.clone());
                std::thread::spawn(move || {
                    support::engine(&place, &clock, operator).approve(&id).is_ok()
                })
            });
            threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum()
        };
        assert_eq!(at_once(["bo", "bo", "bo"]), 1, "{store:?}: the same person");
        assert_eq!(at_once(["bo", "eva", "per"]), 2, "{store:?}: others");
        assert_eq!(org.state().approvals(&plan.id).unwrap().len(), 3);
        let sweeps = [0, 1, 2].map(|_| {
            let (place, clock, id) = (org.place.clone(), org.clock.clone(), plan.id.clone());
            std::thread::spawn(move || {
                support::engine(&place, &clock, "ida").sweep(&id, &mut |_| ())
            })
        });
        let mut done = 0;
        for sweep in sweeps {
            match sweep.join().unwrap() {
                Ok(report) => done += report.done(),
                Err(Error::Busy { .. } | Error::PlanRefused { .. }) => {}
                Err(e) => panic!("{store:?}: {e}"),
            }
        }
        assert_eq!((done, org.ledger("persons"), org.rows("person")), (9, 9, 0), "{store:?}");
        let late = org.engine_of("sif").approve(&plan.id);
        assert!(late.is_err_and(|e| e.to_string().contains("done already")), "{store:?}");
    }
}

#[test]
fn a_plan_of_another_register_is_not_carried_out() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=3, 800);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    // The file is as it was; but what counts is what was made live.
    org.register(&PERSONS.replace("1 year", "10 years"));
    org.engine().make_live().unwrap();
    let refused = engine.sweep(&plan.id, &mut |_| ());
    assert!(matches!(refused, Err(Error::PlanRefused { .. })), "{refused:?}");
    // A process that has run for long does not make its old register live again.
    org.clock.step(1);
    let again = support::plan(&mut engine);
    let refused = engine.propose(&again, &mut |_| ());
    assert!(matches!(refused, Err(Error::RegisterChanged)), "{refused:?}");
    assert_eq!((org.rows("person"), org.ledger("persons")), (3, 0));
    // One that is started with it does.
    org.register(PERSONS);
    assert!(sweep(&org).green());
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 3));
}

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    if let Some((place, clock, orders)) = orders() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
    }
}

/// A crash, and then a register by which the same data set lies elsewhere: what was journaled is
/// looked for where it was, and nothing is taken by either register.
#[test]
fn a_batch_is_recovered_by_the_register_it_was_journaled_under() {
    let longer = PERSONS.replace("1 year", "10 years");
    let elsewhere = PERSONS.replace("s/person", "s/note").replace("ended", "at");
    for (die_at, gone) in [(5, 0), (6, 3)] {
        for changed in [longer.as_str(), elsewhere.as_str(), NOTES] {
            for is_live in [true, false] {
                let what = format!("died at {die_at}, live {is_live}: {changed}");
                let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
                org.register_with("batch = 3", PERSONS);
                org.persons(1..=8, 800);
                let orders = Orders { die_at: Some(die_at), ..Orders::default() };
                assert!(!survived(start(&org.place, &org.clock, orders)));
                org.clock.step(200);
                org.register(changed);
                let mut engine = org.engine();
                if is_live {
                    engine.make_live().unwrap();
                }
                let (recovered, open) = engine.recover(&mut |_| ()).unwrap();
                assert_eq!(open, [], "{what}");
                assert_eq!((recovered[0].done, recovered[0].absent), (gone, gone), "{what}");
                assert_eq!(org.rows("person"), 8 - gone, "{what}");
                assert_eq!(org.ledger("persons"), gone, "{what}");
                // The entry names the register that was followed.
                let entries = org.entries();
                let disposal = entries.iter().find_map(|e| e.disposal());
                org.register_with("batch = 3", PERSONS);
                let revision = org.engine().revision;
                assert!(disposal.is_none_or(|d| d.revision == revision), "{what}");
                org.clock.step(1);
                assert!(sweep(&org).green(), "{what}");
                assert_eq!((org.rows("person"), org.ledger("persons")), (0, 8), "{what}");
            }
        }
    }
}
