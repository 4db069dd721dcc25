//! What a store, or a clock, does wrong is a finding with a number, never a green sweep and never
//! in the ledger.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_sweep::Step;
use jiff::SignedDuration;
use support::*;

/// What a store does that it should not, with the finding's code and the ids left of 1 to 6.
struct Fault {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    left: &'static [i64],
    code: &'static str,
    undo_sqlite: &'static str,
    undo_postgres: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "a trigger puts one back",
        sqlite: "CREATE TRIGGER back AFTER DELETE ON person WHEN old.id = 3 BEGIN
            INSERT INTO person (id, name, ended) VALUES (old.id, old.name, old.ended); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN INSERT INTO person (id, name, ended) VALUES (old.id, old.name, old.ended); END IF;
            RETURN old; END $$;
            CREATE TRIGGER back AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        undo_sqlite: "DROP TRIGGER back",
        undo_postgres: "DROP TRIGGER back ON person",
    },
    Fault {
        name: "a trigger swallows one",
        sqlite: "CREATE TRIGGER keep BEFORE DELETE ON person WHEN old.id = 3 BEGIN SELECT RAISE(IGNORE); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN RETURN NULL; END IF; RETURN old; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP TRIGGER keep ON person",
    },
    Fault {
        name: "a rule swallows all",
        sqlite: "CREATE TRIGGER keep BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'no'); END",
        postgres: "CREATE RULE keep AS ON DELETE TO person DO INSTEAD NOTHING",
        left: &[1, 2, 3, 4, 5, 6],
        code: "refused",
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP RULE keep ON person",
    },
    Fault {
        name: "a foreign key that the register does not know",
        sqlite: "CREATE TABLE other (person INTEGER REFERENCES person(id)); INSERT INTO other VALUES (3)",
        postgres: "CREATE TABLE other (person BIGINT REFERENCES person(id)); INSERT INTO other VALUES (3)",
        left: &[3],
        code: "blocked",
        undo_sqlite: "DELETE FROM other",
        undo_postgres: "DELETE FROM other",
    },
];

#[test]
fn what_a_store_does_wrong_is_a_finding_and_never_in_the_ledger() {
    for (store, state) in BOTH {
        for fault in FAULTS {
            let org = Org::new(store, state, &format!("{PERSONS}{NOTES}"));
            org.persons(1..=6, 800);
            (1..=4).for_each(|id| org.note(id, id, 800));
            let (doing, undoing) = match store {
                Db::Sqlite => (fault.sqlite, fault.undo_sqlite),
                Db::Postgres => (fault.postgres, fault.undo_postgres),
            };
            org.sql(doing);
            let what = format!("{store:?}: {}", fault.name);
            let report = sweep(&org);
            // A foreign key is known from the store's catalogue, and blocks as a link does.
            assert_eq!(report.green(), fault.code == "blocked", "{what}");
            assert!(codes(&report).contains(&fault.code), "{what}: {:?}", report.findings);
            assert_eq!(org.ids("person"), fault.left, "{what}");
            assert_eq!(org.ledger("persons"), 6 - org.rows("person"), "{what}");
            assert_eq!((org.rows("note"), org.ledger("notes")), (0, 4), "{what}: the others go");
            let open = org.state().open_findings().unwrap();
            assert!(open.iter().any(|f| f.finding.code == fault.code), "{what}");
            // A batch that was refused for good is closed, and its keys with it.
            assert!(org.state().open_batches().unwrap().is_empty(), "{what}");
            assert!(org.state().running_sweeps().unwrap().is_empty(), "{what}");

            org.sql(undoing);
            let report = sweep(&org);
            assert!(report.green(), "{what}: {:?}", report.findings);
            assert_eq!((org.rows("person"), org.ledger("persons")), (0, 6), "{what}");
            assert!(org.state().open_findings().unwrap().is_empty(), "{what}: settled");
        }
    }
}

#[test]
fn a_locked_row_is_waited_for_and_then_a_finding() {
    let org = Org::new(Db::Postgres, Db::Postgres, PERSONS);
    org.register_with("lock_timeout = \"200 ms\"", PERSONS);
    org.persons(1..=6, 800);
    let mut other = connect(org.place.url.as_ref().unwrap());
    let mut lock = other.transaction().unwrap();
    lock.execute("SELECT * FROM person WHERE id = 3 FOR UPDATE", &[]).unwrap();
    let report = sweep(&org);
    assert!(!report.green());
    assert_eq!(codes(&report), ["refused"]);
    assert_eq!(org.ledger("persons"), 6 - org.rows("person"));
    assert!(org.state().open_batches().unwrap().is_empty());
    lock.rollback().unwrap();
    assert!(sweep(&org).green());
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 6));
}

#[test]
fn a_missing_permission_is_a_finding() {
    let mut org = Org::new(Db::Postgres, Db::Postgres, &format!("{PERSONS}{NOTES}"));
    org.persons(1..=3, 800);
    org.note(1, 1, 800);
    let role = format!("frist_{}", std::process::id());
    org.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT ON person TO {role};
         GRANT SELECT, UPDATE, DELETE ON note TO {role}"
    ));
    let admin = org.place.url.clone().unwrap();
    let host = admin.rsplit_once('@').unwrap().1;
    org.place.url = Some(format!("postgres://{role}:x@{host}"));
    let report = sweep(&org);
    org.place.url = Some(admin);
    assert_eq!((codes(&report), report.green()), (vec!["refused"], false), "{:?}", report.findings);
    assert_eq!((org.rows("person"), org.rows("note")), (3, 0));
    assert_eq!((org.ledger("persons"), org.ledger("notes")), (0, 1));
    org.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_table_that_was_renamed_and_a_store_that_is_gone() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &format!("{PERSONS}{NOTES}"));
        org.persons(1..=3, 800);
        org.note(1, 1, 800);
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        org.sql("ALTER TABLE person RENAME TO people");
        let report = carry_out(&org, &mut engine, &plan).unwrap();
        assert_eq!((codes(&report), report.green()), (vec!["unreachable"], false), "{store:?}");
        assert_eq!((org.rows("people"), org.rows("note")), (3, 0));
        assert_eq!((org.ledger("persons"), org.ledger("notes")), (0, 1));
    }
    // Gone when the plan is made: the plan says so, and the sweep is not green.
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    std::fs::rename(org.file(), org.place.dir.join("away")).unwrap();
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    assert_eq!(plan.problems.len(), 1);
    let report = carry_out(&org, &mut engine, &plan).unwrap();
    assert_eq!((codes(&report), report.green()), (vec!["unreachable"], false));
}

#[test]
fn a_store_that_goes_in_the_middle_is_finished_when_it_is_back() {
    // Two stores: the first goes between the journal and the erasure, the second is swept.
    let second = "[[store]]\nid = \"t\"\nkind = \"sqlite\"\npath = \"t.sqlite\"\n";
    let others = NOTES.replace("s/note", "t/note");
    let org = Org::new(Db::Postgres, Db::Sqlite, &format!("{second}{PERSONS}{others}"));
    org.register_with("batch = 3", &format!("{second}{PERSONS}{others}"));
    let t = rusqlite::Connection::open(org.place.dir.join("t.sqlite")).unwrap();
    t.execute_batch(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER, at TEXT);
         INSERT INTO note VALUES (1, 1, '2020-01-01')",
    )
    .unwrap();
    org.persons(1..=9, 800);
    let url = org.place.url.clone().unwrap();
    let admin = format!("{}/postgres", url.rsplit_once('/').unwrap().0);
    let name = url.rsplit_once('/').unwrap().1.to_owned();
    let away = format!("{name}_away");
    let rename = |from: &str, to: &str| {
        let mut client = connect(&admin);
        client
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                &[&from],
            )
            .unwrap();
        // A backend that was told to end may take a moment.
        for _ in 0..100 {
            let sql = format!("ALTER DATABASE {from} RENAME TO {to}");
            if client.batch_execute(&sql).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the database cannot be renamed");
    };
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let mut batches = 0;
    let report = engine
        .sweep(&plan.id, &mut |step| {
            if matches!(step, Step::Intent { dataset: "persons", .. }) {
                batches += 1;
                if batches == 2 {
                    rename(&name, &away);
                }
            }
        })
        .unwrap();
    assert!(!report.green());
    assert_eq!(codes(&report), ["refused"], "{:?}", report.findings);
    assert_eq!(done(&report, "notes"), 1, "the other store is swept");
    assert_eq!(org.ledger("persons"), 3);
    assert_eq!(org.state().open_batches().unwrap().len(), 1, "what is not known stays open");
    // Still away: recovery says so and keeps the journal.
    let (recovered, left) = engine.recover(&mut |_| ()).unwrap();
    assert_eq!((recovered.len(), left.len()), (0, 1));
    rename(&away, &name);
    org.clock.step(1);
    let report = sweep(&org);
    assert_eq!((report.recovered, report.done()), (3, 3));
    assert!(report.green(), "{:?}", report.findings);
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 9));
}

#[test]
fn a_clock_that_cannot_be_right_erases_nothing() {
    let second = "[[store]]\nid = \"t\"\nkind = \"sqlite\"\npath = \"t.sqlite\"\n";
    let others = NOTES.replace("s/note", "t/note");
    let org = Org::new(Db::Postgres, Db::Sqlite, &format!("{second}{PERSONS}{others}"));
    let t = rusqlite::Connection::open(org.place.dir.join("t.sqlite")).unwrap();
    t.execute_batch(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER, at TEXT);
         INSERT INTO note VALUES (1, 1, '2020-01-01')",
    )
    .unwrap();
    org.persons(1..=2, 800);
    // Not due for another hundred days, by the server's clock.
    org.persons(3..=3, 265);
    org.clock.set(org.clock.now() + SignedDuration::from_hours(24 * 200));
    let report = sweep(&org);
    assert_eq!((codes(&report), report.green()), (vec!["clock"], false), "{:?}", report.findings);
    assert_eq!((org.rows("person"), org.ledger("persons")), (3, 0));
    assert_eq!(done(&report, "notes"), 1, "a store without a clock is swept");
}

#[test]
fn a_clock_that_jumps_back_in_the_middle_takes_nothing_early() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.register_with("batch = 2", PERSONS);
    org.persons(1..=3, 800);
    org.persons(4..=6, 400);
    let now = org.clock.now();
    let mut gone = 0;
    for jump in ["intent", "disposed"] {
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        let report = engine
            .sweep(&plan.id, &mut |step| match (step, jump) {
                (Step::Intent { .. }, "intent") | (Step::Disposed { .. }, "disposed") => {
                    org.clock.set(now - SignedDuration::from_hours(24 * 100));
                }
                _ => {}
            })
            .unwrap();
        assert!(codes(&report).contains(&"still-due"), "{jump}: {:?}", report.findings);
        assert!(!report.green(), "{jump}");
        let left = org.ids("person");
        assert!([4, 5, 6].iter().all(|id| left.contains(id)), "{jump}: {left:?}");
        gone += report.done();
        assert_eq!(org.ledger("persons"), gone, "{jump}");
        org.clock.set(now + SignedDuration::from_secs(10));
        org.sql("DELETE FROM person WHERE id < 4");
        org.persons(1..=3, 800);
    }
    assert_eq!(gone, 6);
}
