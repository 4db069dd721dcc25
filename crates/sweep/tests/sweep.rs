//! Whole sweeps on real stores: what goes, what stays, and that nothing that goes wrong is silent.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_ledger::Kind;
use frist_state::Scope;
use frist_sweep::{Error, Options, Step};
use jiff::{SignedDuration, ToSpan as _};
use support::*;

/// 40 persons by steps of 20 days, so that both sides of the year are there.
fn staggered(org: &Org) {
    let rows: Vec<String> =
        (1..=40).map(|id| format!("({id}, 'Person {id}', '{}')", org.ago(id * 20))).collect();
    org.sql(&format!("INSERT INTO person (id, name, ended) VALUES {}", rows.join(", ")));
}

#[test]
fn what_goes_is_what_plain_sql_counts() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &format!("{PERSONS}{NOTES}"));
        org.register_with("batch = 7", &format!("{PERSONS}{NOTES}"));
        staggered(&org);
        (1..=10).for_each(|id| org.note(id, id, 300 + id * 20));
        let due = |table: &str, field: &str| {
            org.number(&format!("SELECT count(*) FROM {table} WHERE {}", org.over_a_year(field)))
        };
        let (persons, notes) = (due("person", "ended"), due("note", "at"));
        assert!(persons > 14 && persons < 40 && notes > 1);
        let report = sweep(&org);
        assert_eq!(report.findings, [], "{store:?}");
        assert_eq!((done(&report, "persons"), done(&report, "notes")), (persons, notes));
        assert_eq!((org.rows("person"), org.rows("note")), (40 - persons, 10 - notes));
        assert_eq!(due("person", "ended") + due("note", "at"), 0);
        assert_eq!((org.ledger("persons"), org.ledger("notes")), (persons, notes));
        let last = org.entries().pop().unwrap();
        assert!(matches!(last.what, Kind::Sweep { outcome: frist_state::Outcome::Finished, .. }));
        // Nothing is due now, and a second sweep says so.
        let again = sweep(&org);
        assert_eq!((again.done(), again.green()), (0, true));
    }
}

#[test]
fn held_records_stay_whatever_the_hold_is_on() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &format!("{PERSONS}{NOTES}"));
        org.persons(1..=9, 800);
        (1..=9).for_each(|id| org.note(id, id, 800));
        org.hold("h1", Scope::Key { key: "1".into() });
        org.hold("h2", Scope::Subject { kind: "customer".into(), value: "2".into() });
        org.hold(
            "h3",
            Scope::Field { name: "x".into(), field: "name".into(), value: "Person 3".into() },
        );
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        // Added after the plan, and, by a clock that is wrong, in the future.
        org.clock.step(3_000);
        org.hold("h4", Scope::Subject { kind: "customer".into(), value: "4".into() });
        org.clock.step(-3_000);
        let report = engine.sweep(&plan.id, &mut |_| ()).unwrap();
        assert!(report.green());
        assert_eq!(org.ids("person"), [1, 2, 3, 4], "{store:?}");
        let now = org.clock.now();
        let said = engine.explain("persons", "4", now).unwrap();
        assert_eq!((said.decision.outcome.word(), said.holds.len()), ("held", 1));
        // A note has no field `name`: that hold cannot be said not to cover it, and so it does.
        let notes = org.ids("note");
        assert!([1, 2, 4].iter().all(|id| notes.contains(id)), "{notes:?}");
        assert_eq!(org.ledger("persons"), 5);
    }
}

#[test]
fn what_changed_between_plan_and_sweep_is_spared() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, PERSONS);
        org.persons(1..=8, 800);
        // Due tomorrow, and so not in this plan even if it is carried out then.
        org.persons(9..=9, 365);
        let mut engine = org.engine();
        let mut plan = plan(&mut engine);
        if store == Db::Sqlite {
            engine.propose(&plan, &mut |_| ()).unwrap();
            org.clock.set(org.clock.now() + SignedDuration::from_hours(24 * 3));
        } else {
            // Its clock cannot be set: the plan's instant is set back instead.
            plan.as_of -= SignedDuration::from_hours(24 * 3);
            engine.propose(&plan, &mut |_| ()).unwrap();
        }
        org.sql(&format!("UPDATE person SET ended = '{}' WHERE id IN (2, 3)", org.ago(10)));
        let mut changed = false;
        let report = engine
            .sweep(&plan.id, &mut |step| {
                // Between the journal and the erasure.
                if matches!(step, Step::Intent { .. }) && !changed {
                    changed = true;
                    let day = org.ago(10);
                    org.sql(&format!("UPDATE person SET ended = '{day}' WHERE id = 5"));
                    org.sql("DELETE FROM person WHERE id = 6");
                }
            })
            .unwrap();
        assert_eq!(org.ids("person"), [2, 3, 5, 9], "{store:?}");
        assert_eq!((done(&report, "persons"), report.datasets[0].spared), (4, 2));
        assert!(report.green(), "{:?}", report.findings);
        assert_eq!(org.ledger("persons"), 4);
    }
}

#[test]
fn what_was_entered_since_waits_for_its_own_plan() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=4, 800);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    org.persons(5..=7, 900);
    let report = carry_out(&org, &mut engine, &plan).unwrap();
    assert_eq!((report.done(), org.rows("person")), (4, 3), "no more than was shown");
    assert_eq!(codes(&report), ["since-planned"]);
    assert!(report.green(), "nothing was refused");
    org.clock.step(1);
    assert_eq!(sweep(&org).done(), 3);
}

#[test]
fn a_plan_runs_only_as_it_was_approved() {
    for (store, state) in BOTH {
        let two = PERSONS.replace("guard", "approve = \"two\"\nguard");
        let org = Org::new(store, state, &two);
        org.persons(1..=3, 800);
        let refused = |result: Result<frist_sweep::Report, Error>, why: &str| {
            let text = result.map(|_| ()).unwrap_err().to_string();
            assert!(text.contains(why), "{text}");
            assert_eq!(org.rows("person"), 3);
        };
        let mut ida = org.engine();
        let plan = plan(&mut ida);
        ida.propose(&plan, &mut |_| ()).unwrap();
        refused(ida.sweep(&plan.id, &mut |_| ()), "needs approval");
        let own = ida.approve(&plan.id).unwrap_err().to_string();
        assert!(own.contains("second person"), "{own}");
        refused(ida.sweep("20200101-000000-0000", &mut |_| ()), "there is no plan");

        org.engine_of("bo").approve(&plan.id).unwrap();
        // A register that changed since.
        org.register(&two.replace("1 year", "2 years"));
        refused(org.engine().sweep(&plan.id, &mut |_| ()), "register has changed");
        org.register(&two);
        // Too old.
        let now = org.clock.now();
        org.clock.set(now + SignedDuration::from_hours(24 * 8));
        refused(org.engine().sweep(&plan.id, &mut |_| ()), "days old");
        // Before its own instant.
        org.clock.set(now - SignedDuration::from_secs(60));
        refused(org.engine().sweep(&plan.id, &mut |_| ()), "has not come");
        org.clock.set(now);
        // Its body changed in the database.
        let tamper = "UPDATE plan SET body = replace(body, '\"due\":3', '\"due\":9')";
        match &org.place.state {
            None => rusqlite::Connection::open(org.place.dir.join("state.sqlite"))
                .unwrap()
                .execute_batch(tamper)
                .unwrap(),
            Some(url) => {
                connect(url).batch_execute(&tamper.replace("plan SET", "frist.plan SET")).unwrap();
            }
        }
        refused(org.engine().sweep(&plan.id, &mut |_| ()), "its hash is another");
        assert_eq!(org.ledger("persons"), 0);
    }
}

#[test]
fn the_guard_trips_and_one_person_may_approve() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, &PERSONS.replace("share = 1.0", "count = 2"));
    org.persons(1..=3, 800);
    let mut ida = org.engine();
    let plan = plan(&mut ida);
    assert_eq!(plan.trips.len(), 1);
    ida.propose(&plan, &mut |_| ()).unwrap();
    assert!(matches!(ida.sweep(&plan.id, &mut |_| ()), Err(Error::PlanRefused { .. })));
    ida.approve(&plan.id).unwrap();
    assert_eq!(ida.sweep(&plan.id, &mut |_| ()).unwrap().done(), 3);
    // Carried out once, never twice.
    let again = ida.sweep(&plan.id, &mut |_| ()).unwrap_err().to_string();
    assert!(again.contains("carried out already"), "{again}");
}

#[test]
fn the_future_is_shown_and_not_run() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=3, 300);
    let mut engine = org.engine();
    let as_of = Some(org.clock.now() + SignedDuration::from_hours(24 * 100));
    let plan = engine.examine(&Options { as_of, ..Options::default() }, &mut |_| ()).unwrap();
    assert_eq!(plan.due(), 3);
    assert!(matches!(engine.propose(&plan, &mut |_| ()), Err(Error::PlanRefused { .. })));
}

#[test]
fn chains_go_leaf_by_leaf_and_rings_whole() {
    for (store, state) in BOTH {
        let own = format!("{PERSONS}[[dataset.link]]\nto = \"persons\"\nby = \"boss\"\n");
        let org = Org::new(store, state, &own);
        org.register_with("batch = 2", &own);
        org.persons(1..=9, 800);
        org.persons(10..=10, 10);
        // 1 <- 2 <- 3 <- 4; the ring 5 -> 6 -> 7 -> 5; 8 is referred to by the kept 10; 9 by itself.
        for (id, boss) in [(2, 1), (3, 2), (4, 3), (5, 6), (6, 7), (7, 5), (9, 9), (10, 8)] {
            org.sql(&format!("UPDATE person SET boss = {boss} WHERE id = {id}"));
        }
        let report = sweep(&org);
        assert_eq!(org.ids("person"), [8, 10], "{store:?}");
        assert_eq!((report.done(), report.datasets[0].blocked), (8, 1));
        assert_eq!((codes(&report), report.green()), (vec!["blocked"], true));
        assert_eq!(org.ledger("persons"), 8);
    }
}

#[test]
fn links_between_data_sets() {
    for (store, state) in BOTH {
        for effect in ["block", "cascade", "detach"] {
            let link = format!(
                "{PERSONS}{NOTES}[[dataset.link]]\nto = \"persons\"\nby = \"person\"\non_erase = \"{effect}\"\n"
            );
            let org = Org::new(store, state, &link);
            org.persons(1..=3, 800);
            org.persons(4..=4, 5);
            // 1 has an old note, 2 a new one, 3 none; 4 is kept and its old note goes.
            for (id, p, days) in [(1, 1, 800), (2, 2, 5), (3, 4, 800)] {
                org.note(id, p, days);
            }
            let report = sweep(&org);
            let what = format!("{store:?} {effect}");
            assert_eq!(org.ids("note"), [2], "{what}");
            if effect == "detach" {
                assert_eq!(org.ids("person"), [4], "{what}");
                assert_eq!(org.number("SELECT count(*) FROM note WHERE person IS NULL"), 1);
                assert_eq!(report.datasets.iter().map(|d| d.detached).sum::<u64>(), 1);
            } else {
                assert_eq!(org.ids("person"), [2, 4], "{what}");
                assert_eq!(codes(&report), ["blocked"], "{what}");
            }
            assert!(report.green());
            assert_eq!(org.ledger("persons"), 4 - org.rows("person"));
        }
    }
}

#[test]
fn anonymised_once() {
    for (store, state) in BOTH {
        let rule = PERSONS.replace(
            "guard",
            "then = { anonymise = { name = \"pseudonym\", boss = \"null\" } }\nguard",
        );
        let org = Org::new(store, state, &rule);
        org.persons(1..=3, 800);
        org.persons(4..=4, 5);
        org.sql("UPDATE person SET boss = 1");
        assert_eq!(done(&sweep(&org), "persons"), 3);
        assert_eq!(org.number("SELECT count(*) FROM person WHERE name LIKE 'Person%'"), 1);
        assert_eq!(org.number("SELECT count(*) FROM person WHERE boss = 1"), 1);
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        let counts = plan.items[0].counts.unwrap();
        assert_eq!((counts.due, counts.done, plan.due()), (0, 3, 0), "{store:?}");
        assert_eq!(carry_out(&org, &mut engine, &plan).unwrap().done(), 0);
        assert_eq!(org.ledger("persons"), 3);
    }
}

#[test]
fn how_late_they_went() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    // Erasable from the start of the day after the year: one day, two days, ... a hundred late.
    for id in 1..=100 {
        let ended = org.ago(id - 1).checked_sub(1.year()).unwrap().checked_sub(1.day()).unwrap();
        org.sql(&format!("INSERT INTO person (id, ended) VALUES ({id}, '{ended}')"));
    }
    let zone = frist_law::zone("Europe/Copenhagen").unwrap();
    let now = org.clock.now();
    let since = |id: i64| {
        let day: jiff::civil::Date = {
            let db = rusqlite::Connection::open(org.file()).unwrap();
            let text: String =
                db.query_row("SELECT ended FROM person WHERE id = ?1", [id], |r| r.get(0)).unwrap();
            text.parse().unwrap()
        };
        let due = day.checked_add(1.year()).unwrap().tomorrow().unwrap();
        let due = due.to_zoned(zone.clone()).unwrap().timestamp();
        now.duration_since(due).as_secs().unsigned_abs()
    };
    let mut expected: Vec<u64> = (1..=100).map(since).collect();
    expected.sort_unstable();
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    assert_eq!(plan.due(), 100);
    let report = carry_out(&org, &mut engine, &plan).unwrap();
    let d = &report.datasets[0];
    assert_eq!((d.late_p50, d.late_p99, d.late_max), (expected[49], expected[98], expected[99]));
}

#[test]
fn receipts_for_what_went_and_for_nothing_else() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, PERSONS);
        org.register_with("batch = 3", PERSONS);
        org.persons(1..=8, 800);
        org.persons(9..=9, 5);
        assert!(sweep(&org).green());
        let (tiles, key) = (org.tiles(), signer());
        let mut engine = org.engine();
        // Not published yet: no receipt without a signed head.
        assert!(engine.receipt("persons", "1", &tiles).is_err());
        let head = engine.publish(&tiles, &key).unwrap();
        assert_eq!(engine.publish(&tiles, &key).unwrap(), head, "nothing new, nothing written");
        for id in 1..=8 {
            let text =
                engine.receipt("s/person", &id.to_string(), &tiles).unwrap().to_text().unwrap();
            let proven = frist_ledger::verify_receipt(&text, &[key.verifier()]).unwrap();
            assert_eq!(proven.locator, format!("s/person/{id}").as_bytes());
            assert_eq!(proven.disposal().unwrap().dataset.as_str(), "persons");
        }
        for id in ["9", "10", "1,2", ""] {
            assert!(engine.receipt("persons", id, &tiles).is_err(), "{id}");
        }
        let mut evidence = Vec::new();
        engine.evidence(&mut evidence).unwrap();
        let report = frist_ledger::verify_evidence(&evidence[..], &[key.verifier()], None).unwrap();
        assert_eq!(report.records(), 8);
        assert_eq!(report.batches_recomputed, 3);
    }
}

#[test]
fn a_head_that_was_published_but_not_kept_is_kept_later() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=2, 800);
    sweep(&org);
    org.engine().publish(&org.tiles(), &signer()).unwrap();
    // As a crash between the two leaves it.
    let db = rusqlite::Connection::open(org.place.dir.join("state.sqlite")).unwrap();
    db.execute_batch("DELETE FROM checkpoint").unwrap();
    let mut engine = org.engine();
    assert!(engine.receipt("persons", "1", &org.tiles()).is_err());
    engine.publish(&org.tiles(), &signer()).unwrap();
    let text = engine.receipt("persons", "1", &org.tiles()).unwrap().to_text().unwrap();
    frist_ledger::verify_receipt(&text, &[signer().verifier()]).unwrap();
}

#[test]
fn a_database_that_was_set_back_is_not_published() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=2, 800);
    org.engine().make_live().unwrap();
    let (file, copy) = (org.place.dir.join("state.sqlite"), org.place.dir.join("copy"));
    let back_up = |from: &std::path::Path, to: &std::path::Path| {
        let db = rusqlite::Connection::open(from).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(db);
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", to.display()));
        }
        std::fs::copy(from, to).unwrap();
    };
    back_up(&file, &copy);
    sweep(&org);
    let head = org.engine().publish(&org.tiles(), &signer()).unwrap();
    back_up(&copy, &file);
    let refused = org.engine().publish(&org.tiles(), &signer());
    assert!(matches!(refused, Err(Error::RolledBack { .. })));
    // It has gone on since, to the very size and then past it: still another ledger.
    for id in 0.. {
        let size = org.state().size().unwrap();
        if size > head.size + 2 {
            break;
        }
        if size >= head.size {
            let refused = org.engine().publish(&org.tiles(), &signer());
            assert!(refused.is_err(), "{size} of {}", head.size);
        }
        org.hold(&format!("h{id}"), Scope::All);
    }
}

#[test]
fn parts_that_are_due_as_a_whole_are_told_of_record_by_record() {
    let parts = PERSONS.replace("guard", "drop_partitions = true\nguard");
    let org = Org::new(Db::Postgres, Db::Sqlite, &parts);
    org.sql(
        "DROP TABLE person;
         CREATE TABLE person (id BIGINT, name TEXT, ended DATE NOT NULL, PRIMARY KEY (id, ended)) PARTITION BY RANGE (ended);
         CREATE TABLE p1 PARTITION OF person FOR VALUES FROM ('2015-01-01') TO ('2016-01-01');
         CREATE TABLE p2 PARTITION OF person FOR VALUES FROM ('2016-01-01') TO ('2017-01-01');
         CREATE TABLE p3 PARTITION OF person FOR VALUES FROM ('2017-01-01') TO ('2018-01-01');
         CREATE TABLE p4 PARTITION OF person FOR VALUES FROM ('2018-01-01') TO ('2099-01-01');
         INSERT INTO person SELECT i, 'Person ' || i, DATE '2015-01-01' + i FROM generate_series(1, 100) AS i;
         INSERT INTO person SELECT 100 + i, 'Person', DATE '2016-01-01' + i FROM generate_series(1, 50) AS i;
         INSERT INTO person SELECT 150 + i, 'Person', DATE '2017-01-01' + i FROM generate_series(1, 20) AS i",
    );
    org.sql(&format!("INSERT INTO person VALUES (200, 'Person', '{}')", org.ago(5)));
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let mut sizes = Vec::new();
    let report = engine
        .sweep(&plan.id, &mut |step| {
            if let Step::Intent { n, .. } = step {
                sizes.push(n);
                if sizes.len() == 1 {
                    // The first gets a record after it was journaled, and goes record by record;
                    // the second gets one before, and so does it.
                    org.sql(
                        "INSERT INTO person VALUES (301, 'New', '2015-06-01'), (302, 'New', '2016-06-01')",
                    );
                }
            }
        })
        .unwrap();
    // The third as a whole, and what the plan names of the others.
    assert_eq!(sizes, [100, 20, 150]);
    assert_eq!((report.done(), report.datasets[0].spared), (170, 0));
    assert_eq!(codes(&report), ["since-planned"]);
    assert_eq!(org.rows("person"), 3);
    assert_eq!(org.ledger("persons"), 170);
    assert_eq!(org.rows("p3"), 0);
}
