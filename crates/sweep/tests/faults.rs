//! What a store, or a clock, does wrong is a finding with a number, never a green sweep and never
//! in the ledger.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_sweep::Step;
use jiff::SignedDuration;
use support::*;

/// What a store does that it should not, with the finding's code and the ids left of 1 to 6. All
/// faults of databases are listed here and in [`ROLES`]; what needs more than one session is below.
struct Fault {
    name: &'static str,
    when: When,
    sqlite: &'static str,
    postgres: &'static str,
    left: &'static [i64],
    code: &'static str,
    /// How many records the finding tells of.
    count: u64,
    undo_sqlite: &'static str,
    undo_postgres: &'static str,
}

/// When the fault comes.
#[derive(PartialEq)]
enum When {
    Before,
    /// Once the batch is in the ledger.
    Confirmed,
    /// Once the store has cleared up, just before it is asked again.
    Settled,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "a trigger puts one back",
        when: When::Before,
        sqlite: "CREATE TRIGGER back AFTER DELETE ON person WHEN old.id = 3 BEGIN
            INSERT INTO person (id, name, ended) VALUES (old.id, old.name, old.ended); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN INSERT INTO person (id, name, ended) VALUES (old.id, old.name, old.ended); END IF;
            RETURN old; END $$;
            CREATE TRIGGER back AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        count: 1,
        undo_sqlite: "DROP TRIGGER back",
        undo_postgres: "DROP TRIGGER back ON person",
    },
    Fault {
        name: "something puts two back after the batch",
        when: When::Confirmed,
        sqlite: "INSERT INTO person (id, ended) VALUES (2, '2001-01-01'), (4, '2001-01-01')",
        postgres: "INSERT INTO person (id, ended) VALUES (2, '2001-01-01'), (4, '2001-01-01')",
        left: &[2, 4],
        code: "came-back",
        count: 2,
        undo_sqlite: "",
        undo_postgres: "",
    },
    Fault {
        name: "something puts one back, no longer due, at the last moment",
        when: When::Settled,
        sqlite: "INSERT INTO person (id) VALUES (5)",
        postgres: "INSERT INTO person (id) VALUES (5)",
        left: &[5],
        code: "came-back",
        count: 1,
        undo_sqlite: "UPDATE person SET ended = '2001-01-01'",
        undo_postgres: "UPDATE person SET ended = '2001-01-01'",
    },
    Fault {
        name: "a trigger swallows one",
        when: When::Before,
        sqlite: "CREATE TRIGGER keep BEFORE DELETE ON person WHEN old.id = 3 BEGIN SELECT RAISE(IGNORE); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN RETURN NULL; END IF; RETURN old; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        count: 1,
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP TRIGGER keep ON person",
    },
    Fault {
        name: "a trigger makes it another record",
        when: When::Before,
        sqlite: "CREATE TRIGGER other BEFORE DELETE ON person WHEN old.id = 3 BEGIN
            UPDATE person SET id = 33 WHERE id = 3; END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN UPDATE person SET id = 33 WHERE id = 3; RETURN NULL; END IF;
            RETURN old; END $$;
            CREATE TRIGGER other BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        count: 1,
        undo_sqlite: "DROP TRIGGER other",
        undo_postgres: "DROP TRIGGER other ON person",
    },
    Fault {
        name: "a rule swallows all",
        when: When::Before,
        sqlite: "CREATE TRIGGER keep BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'no'); END",
        postgres: "CREATE RULE keep AS ON DELETE TO person DO INSTEAD NOTHING",
        left: &[1, 2, 3, 4, 5, 6],
        code: "refused",
        count: 6,
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP RULE keep ON person",
    },
    Fault {
        name: "a refusal that ends the transaction",
        when: When::Before,
        sqlite: "CREATE TRIGGER keep BEFORE DELETE ON person WHEN old.id = 3 BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN RAISE EXCEPTION 'no'; END IF; RETURN old; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        count: 1,
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP TRIGGER keep ON person",
    },
    Fault {
        name: "a refusal only when it is committed",
        when: When::Before,
        // A reference that no catalogue names, checked at the commit.
        sqlite: "CREATE TABLE log (n INTEGER REFERENCES empty(id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TABLE empty (id INTEGER PRIMARY KEY);
            CREATE TRIGGER keep AFTER DELETE ON person WHEN old.id = 3 BEGIN INSERT INTO log VALUES (1); END",
        postgres: "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.id = 3 THEN RAISE EXCEPTION 'no'; END IF; RETURN old; END $$;
            CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON person DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION f()",
        left: &[3],
        code: "refused",
        count: 1,
        undo_sqlite: "DROP TRIGGER keep",
        undo_postgres: "DROP TRIGGER keep ON person",
    },
    Fault {
        name: "a foreign key that the register does not know",
        when: When::Before,
        sqlite: "CREATE TABLE other (person INTEGER REFERENCES person(id)); INSERT INTO other VALUES (3)",
        postgres: "CREATE TABLE other (person BIGINT REFERENCES person(id)); INSERT INTO other VALUES (3)",
        left: &[3],
        code: "blocked",
        count: 1,
        undo_sqlite: "DELETE FROM other",
        undo_postgres: "DELETE FROM other",
    },
    Fault {
        name: "a foreign key that would take others along",
        when: When::Before,
        sqlite: "CREATE TABLE other (person INTEGER REFERENCES person(id) ON DELETE CASCADE); INSERT INTO other VALUES (3)",
        postgres: "CREATE TABLE other (person BIGINT REFERENCES person(id) ON DELETE CASCADE); INSERT INTO other VALUES (3)",
        left: &[3],
        code: "blocked",
        count: 1,
        undo_sqlite: "DELETE FROM other",
        undo_postgres: "DELETE FROM other",
    },
];

#[test]
fn what_a_store_does_wrong_is_a_finding_and_never_in_the_ledger() {
    let mut used = Vec::new();
    for (store, state) in BOTH {
        for fault in FAULTS {
            let databases = if store == Db::Postgres { used } else { Vec::new() };
            let org = Org::again(store, state, &format!("{PERSONS}{NOTES}"), databases);
            org.persons(1..=6, 800);
            (1..=4).for_each(|id| org.note(id, id, 800));
            let (doing, undoing) = match store {
                Db::Sqlite => (fault.sqlite, fault.undo_sqlite),
                Db::Postgres => (fault.postgres, fault.undo_postgres),
            };
            if fault.when == When::Before {
                org.sql(doing);
            }
            let what = format!("{store:?}: {}", fault.name);
            let mut engine = org.engine();
            let plan = plan(&mut engine);
            engine.propose(&plan, &mut |_| ()).unwrap();
            let report = engine.sweep(&plan.id, &mut |step| match step {
                Step::Confirmed { dataset: "persons", .. } if fault.when == When::Confirmed => {
                    org.sql(doing)
                }
                Step::Settled { dataset: "persons" } if fault.when == When::Settled => {
                    org.sql(doing)
                }
                _ => {}
            });
            let report = report.unwrap();
            org.clock.step(1);
            // A foreign key is known from the store's catalogue, and blocks as a link does.
            assert_eq!(report.green(), fault.code == "blocked", "{what}");
            let found = report.findings.iter().find(|f| f.code == fault.code);
            assert_eq!(found.map(|f| f.count), Some(fault.count), "{what}: {:?}", report.findings);
            assert_eq!(org.ids("person"), fault.left, "{what}");
            // Of what came back later it is true that it was erased.
            let told = if fault.when == When::Before { 6 - org.rows("person") } else { 6 };
            assert_eq!((done(&report, "persons"), org.ledger("persons")), (told, told), "{what}");
            assert_eq!((org.rows("note"), org.ledger("notes")), (0, 4), "{what}: the others go");
            let mut state = org.state();
            let open = state.open_findings().unwrap();
            assert!(open.iter().any(|f| f.finding.code == fault.code), "{what}");
            // A batch that was refused for good is closed, and its keys with it.
            assert!(state.open_batches().unwrap().is_empty(), "{what}");
            assert!(state.running_sweeps().unwrap().is_empty(), "{what}");
            // A record has a receipt if, and only if, it was seen to be gone.
            engine.publish(&org.tiles(), &signer()).unwrap();
            for id in 1..=6 {
                let receipt = engine.receipt("persons", &id.to_string(), &org.tiles());
                let gone = fault.when != When::Before || !fault.left.contains(&id);
                assert_eq!(receipt.is_ok(), gone, "{what}: the receipt of {id}");
            }
            drop(engine);

            org.sql(undoing);
            let report = sweep(&org);
            assert!(report.green(), "{what}: {:?}", report.findings);
            let again = if fault.when == When::Before { 0 } else { fault.left.len() as u64 };
            assert_eq!((org.rows("person"), org.ledger("persons")), (0, 6 + again), "{what}");
            assert!(org.state().open_findings().unwrap().is_empty(), "{what}: settled");
            let more = "DROP TABLE IF EXISTS other; DROP FUNCTION IF EXISTS f CASCADE";
            if store == Db::Postgres {
                org.sql(more);
            }
            used = org.databases();
        }
    }
}

/// Of many, only some are looked for by their keys; the others are found because they are due again.
#[test]
fn what_comes_back_is_not_taken_for_new() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=60, 800);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let report = engine.sweep(&plan.id, &mut |step| {
        if matches!(step, Step::Settled { .. }) {
            // Two that were erased a moment ago, and one that is new.
            org.persons(1..=2, 800);
            org.persons(99..=99, 800);
        }
    });
    let report = report.unwrap();
    let found: Vec<_> = report.findings.iter().map(|f| (f.code, f.count, f.alarm)).collect();
    assert_eq!(found, [("since-planned", 1, false), ("came-back", 2, true)]);
    org.clock.step(1);
    assert!(sweep(&org).green());
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, 63));
}

/// What a role may not do in PostgreSQL: what is granted of `person`, and what follows. The plan
/// says what it cannot see; the sweep says what was refused.
struct Role {
    name: &'static str,
    grants: &'static str,
    code: &'static str,
    says: &'static str,
}

const ROLES: &[Role] = &[
    Role {
        name: "it may not erase",
        grants: "GRANT SELECT ON person TO $r",
        code: "refused",
        says: "permission denied for table person",
    },
    Role {
        name: "it may not look",
        grants: "GRANT UPDATE, DELETE ON person TO $r",
        code: "unreachable",
        says: "permission denied for table person",
    },
    Role {
        name: "it may not see a field that decides",
        grants: "GRANT SELECT (id, name, boss, withdrawn), UPDATE, DELETE ON person TO $r",
        code: "unreachable",
        says: "permission denied for table person",
    },
    Role {
        name: "a policy hides rows",
        grants: "GRANT ALL ON person TO $r; ALTER TABLE person ENABLE ROW LEVEL SECURITY;
            CREATE POLICY few ON person USING (id > 2)",
        code: "unreachable",
        says: "row-level security",
    },
    Role {
        name: "a policy forbids to erase",
        grants: "GRANT ALL ON person TO $r; ALTER TABLE person ENABLE ROW LEVEL SECURITY;
            CREATE POLICY look ON person FOR SELECT USING (true);
            CREATE POLICY change ON person FOR UPDATE USING (true)",
        code: "unreachable",
        says: "row-level security",
    },
    Role {
        name: "it may only read",
        grants: "GRANT ALL ON person TO $r; ALTER ROLE $r SET default_transaction_read_only = on",
        code: "refused",
        says: "may only read",
    },
];

#[test]
fn what_a_role_may_not_do_is_a_finding() {
    let mut used = Vec::new();
    for (i, role) in ROLES.iter().enumerate() {
        let mut org = Org::again(Db::Postgres, Db::Postgres, &format!("{PERSONS}{NOTES}"), used);
        org.persons(1..=3, 800);
        org.note(1, 1, 800);
        let name = format!("frist_{}_{i}", std::process::id());
        org.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'; GRANT ALL ON note TO {name}"));
        org.sql(&role.grants.replace("$r", &name));
        let admin = org.place.url.clone().unwrap();
        let host = admin.rsplit_once('@').unwrap().1;
        org.place.url = Some(format!("postgres://{name}:x@{host}"));
        let report = sweep(&org);
        org.place.url = Some(admin);
        let what = role.name;
        let of_persons: Vec<_> =
            report.findings.iter().filter(|f| f.dataset == "persons").collect();
        assert!(!report.green() && of_persons.len() == 1, "{what}: {:?}", report.findings);
        let finding = of_persons[0];
        assert_eq!(finding.code, role.code, "{what}: {finding:?}");
        assert!(finding.text.contains(role.says), "{what}: {finding:?}");
        assert_eq!((org.rows("person"), org.ledger("persons")), (3, 0), "{what}");
        // What the role may do is done, unless it may only read.
        let notes = if what == "it may only read" { 0 } else { 1 };
        assert_eq!((1 - org.rows("note"), org.ledger("notes")), (notes, notes), "{what}");
        assert!(org.state().open_batches().unwrap().is_empty(), "{what}");
        org.sql(&format!(
            "DROP OWNED BY {name}; DROP ROLE {name}; ALTER TABLE person DISABLE ROW LEVEL SECURITY"
        ));
        let report = sweep(&org);
        assert!(report.green(), "{what}: {:?}", report.findings);
        assert_eq!((org.rows("person"), org.ledger("persons")), (0, 3), "{what}");
        used = org.databases();
    }
}

#[test]
fn a_view_is_left_alone_and_said_to_be_one() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &PERSONS.replace("s/person", "s/people"));
        org.persons(1..=3, 800);
        org.sql("CREATE VIEW people AS SELECT * FROM person");
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        assert!(plan.problems[0].text.contains("is a view"), "{:?}", plan.problems);
        let report = carry_out(&org, &mut engine, &plan).unwrap();
        assert_eq!((codes(&report), report.green()), (vec!["unreachable"], false));
        assert_eq!((org.rows("person"), org.ledger("persons")), (3, 0));
    }
}

/// Anonymising: a field that does not keep its new value is not done.
#[test]
fn a_field_that_is_changed_back_is_a_finding() {
    let anonymised = "guard = { share = 1.0 }\nthen = { anonymise = { name = \"null\" } }";
    let rule = PERSONS.replace("guard = { share = 1.0 }", anonymised);
    for (store, state) in BOTH {
        let org = Org::new(store, state, &rule);
        org.persons(1..=4, 800);
        let (doing, undoing) = match store {
            Db::Sqlite => (
                "CREATE TRIGGER back AFTER UPDATE ON person WHEN old.id = 3 AND new.name IS NULL
                 BEGIN UPDATE person SET name = old.name WHERE id = 3; END",
                "DROP TRIGGER back",
            ),
            Db::Postgres => (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF old.id = 3 THEN new.name = old.name; END IF; RETURN new; END $$;
                 CREATE TRIGGER back BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()",
                "DROP TRIGGER back ON person",
            ),
        };
        org.sql(doing);
        let report = sweep(&org);
        assert_eq!((codes(&report), report.green()), (vec!["refused"], false), "{store:?}");
        assert_eq!(report.findings[0].count, 1);
        let named = "SELECT count(*) FROM person WHERE name IS NOT NULL";
        assert_eq!((org.number(named), org.ledger("persons")), (1, 3), "{store:?}");
        org.sql(undoing);
        let report = sweep(&org);
        assert!(report.green(), "{store:?}: {:?}", report.findings);
        assert_eq!((org.number(named), org.ledger("persons")), (0, 4), "{store:?}");
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
