//! A store never says that a record is gone which is there, nor that it is there when it is gone:
//! whatever the database's own constraints, triggers, rules, policies, permissions, locks and views
//! do to a batch.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod site;

use std::collections::BTreeSet;

use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{StoreError, open};

use faults::{FAULTS, FUNCTION};
use site::{Case, Site, Then, folder, id, key};

/// All that a store answers about persons 1 to 7, held against what its owner sees.
fn truthful(site: &Site, case: &mut Case, said: &BTreeSet<i64>, what: &str) {
    let is = "SELECT CAST(id AS INTEGER) FROM person";
    let undone = match case.then {
        Then::Anonymise => site.ids(&format!("{is} WHERE name NOT LIKE 'psn%'")),
        _ => site.ids(is),
    };
    let gone: BTreeSet<i64> = (1..=7).filter(|id| !undone.contains(id)).collect();
    assert_eq!(*said, gone, "{what}: what was said to be done");
    assert_eq!(case.disposed(), gone, "{what}: what `disposed` says");
    assert!(undone.contains(&7), "{what}: nothing early");
    let compiled = case.compiled();
    let due = match case.store.due(&case.bound, &compiled, None, 100) {
        // A view has no places for rows; what is refused is not told wrongly.
        Err(StoreError::Refused { .. }) if what.contains("a view") => Vec::new(),
        due => due.unwrap(),
    };
    let due: BTreeSet<i64> = due.iter().map(|r| id(&r.key)).collect();
    assert!(due.is_disjoint(&gone), "{what}: what is gone is not due");
    let kept: BTreeSet<i64> =
        site.ids("SELECT CAST(person AS INTEGER) FROM note WHERE person IS NOT NULL");
    if case.then == Then::Detach {
        let left: BTreeSet<i64> = (1..=6).filter(|id| !gone.contains(id)).collect();
        assert_eq!(kept, left, "{what}: references to what is gone are emptied, and no others");
    }
}

#[test]
fn whatever_sqlite_does_to_a_batch_the_answer_is_true() {
    answers_are_true(&Site::all()[0]);
}

#[test]
fn whatever_postgresql_does_to_a_batch_the_answer_is_true() {
    answers_are_true(&Site::all()[1]);
}

fn answers_are_true(site: &Site) {
    for fault in FAULTS {
        let sql = match site {
            Site::Sqlite(_) => fault.sqlite.to_owned(),
            Site::Postgres(_) if fault.postgres.starts_with("$$") => {
                format!("{FUNCTION} {}", fault.postgres)
            }
            Site::Postgres(_) => fault.postgres.to_owned(),
        };
        if sql.is_empty() {
            continue;
        }
        for then in fault.then {
            let db = if site.is_sqlite() { "SQLite" } else { "PostgreSQL" };
            let what = format!("{db}, {then:?}: {}", fault.name);
            site.fresh();
            let mut case = site.case(*then, None);
            site.run(&sql);
            // Replay has no rule: it is asked for what is due only.
            let all = 1..=if *then == Then::Again { 6 } else { 7 };
            let error = match case.ask(all) {
                Err(e) => e.to_string(),
                Ok(done) => panic!("{what}: the batch was not refused, {done:?} were done"),
            };
            assert!(fault.says.iter().any(|s| error.contains(s)), "{what}: {error}");
            assert!(!error.contains("Ida") && !error.contains("'c'"), "{what}: {error}");
            truthful(site, &mut case, &BTreeSet::new(), &what);
            let mut done = BTreeSet::new();
            for one in 1..=6 {
                match case.ask([one]) {
                    Ok(ids) => done.extend(ids),
                    Err(_) => assert!(!fault.go.contains(&one), "{what}: {one} can go"),
                }
            }
            assert_eq!(done, fault.go.iter().copied().collect(), "{what}");
            truthful(site, &mut case, &done, &what);
        }
    }
}

/// A trigger that does no harm costs nothing but a look: the log of an audit is no reason to refuse.
#[test]
fn a_trigger_that_only_watches_is_no_obstacle() {
    for site in Site::all() {
        for then in [Then::Erase, Then::Detach, Then::Again, Then::Anonymise] {
            site.fresh();
            let mut case = site.case(then, None);
            match &site {
                Site::Sqlite(_) => site.run("CREATE TRIGGER f AFTER DELETE ON person BEGIN INSERT INTO log VALUES ('x'); END;
                    CREATE TRIGGER g AFTER UPDATE ON person BEGIN INSERT INTO log VALUES ('x'); END"),
                Site::Postgres(_) => site.run(&format!("{FUNCTION} $$ BEGIN INSERT INTO log VALUES ('x'); RETURN old; END $$;
                    CREATE TRIGGER f AFTER DELETE OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()")),
            }
            let done = case.ask(1..=6).unwrap();
            assert_eq!(done, (1..=6).collect());
            truthful(&site, &mut case, &done, &format!("{then:?}"));
            assert!(!site.ids("SELECT CAST(count(*) AS INTEGER) FROM log").contains(&0));
        }
    }
}

#[test]
fn a_lock_a_permission_and_a_policy_in_postgresql() {
    let site = Site::Postgres(frist_testkit::postgres());
    let Site::Postgres(database) = &site else { unreachable!() };
    let role = format!("r{}", database.name());
    site.run(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'"));
    let refused = |then: Then, grant: &str, doing: &str, undoing: &str, code: &str| {
        let what = format!("{then:?}: {grant}; {doing}");
        site.fresh();
        site.run(&format!(
            "GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; {}",
            grant.replace("ROLE", &role)
        ));
        let mut case = site.case(then, Some(&role));
        let mut other = database.connect();
        if !doing.is_empty() {
            other.batch_execute(doing).unwrap();
        }
        let error = case.ask(1..=6).unwrap_err();
        assert!(error.to_string().contains(code), "{what}: {error}");
        let passes = matches!(error, StoreError::Refused { transient: true, .. });
        assert_eq!(passes, code == "55P03", "{what}: {error}");
        if !undoing.is_empty() {
            other.batch_execute(undoing).unwrap();
        }
        truthful(&site, &mut case, &BTreeSet::new(), &what);
    };
    let may = "GRANT DELETE, UPDATE ON person, note TO ROLE";
    for then in [Then::Erase, Then::Again, Then::Detach, Then::Anonymise] {
        let lock = "BEGIN; SELECT 1 FROM person WHERE id = 3 FOR UPDATE";
        refused(then, may, lock, "COMMIT", "55P03");
        refused(then, may, "BEGIN; LOCK TABLE person IN SHARE MODE", "COMMIT", "55P03");
        refused(then, "", "", "", "42501");
        let blind = "ALTER TABLE person ENABLE ROW LEVEL SECURITY;
            CREATE POLICY see ON person FOR SELECT USING (true); CREATE POLICY none ON person FOR DELETE USING (false)";
        refused(then, may, blind, "ALTER TABLE person DISABLE ROW LEVEL SECURITY", "42501");
    }
    // May lock and change the table, but not delete; may delete, but not let go of references.
    refused(Then::Erase, "GRANT UPDATE ON person TO ROLE", "", "", "42501");
    refused(Then::Detach, "GRANT DELETE, UPDATE ON person TO ROLE", "", "", "42501");
    refused(
        Then::Detach,
        may,
        "BEGIN; SELECT 1 FROM note WHERE id = 3 FOR UPDATE",
        "COMMIT",
        "55P03",
    );
    let readonly = format!("ALTER ROLE {role} SET default_transaction_read_only = on");
    site.run(&readonly);
    refused(Then::Erase, may, "", "", "25006");
    site.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_lock_and_a_permission_in_sqlite() {
    let site = Site::Sqlite(folder());
    for then in [Then::Erase, Then::Again, Then::Detach, Then::Anonymise] {
        for mode in ["DELETE", "WAL"] {
            site.fresh();
            site.run(&format!("PRAGMA journal_mode = {mode}"));
            let mut case = site.case(then, None);
            let other = site.sqlite();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let error = case.ask(1..=6).unwrap_err();
            assert!(matches!(error, StoreError::Refused { transient: true, .. }), "{error}");
            other.execute_batch("COMMIT").unwrap();
            truthful(&site, &mut case, &BTreeSet::new(), mode);
            drop(other);
            drop(case);
            site.run("PRAGMA journal_mode = DELETE");
        }
        // Locked for readers as well.
        site.fresh();
        let mut case = site.case(then, None);
        let other = site.sqlite();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert!(case.ask(1..=6).is_err());
        assert!(case.store.disposed(&case.bound, &[key(1)]).is_err(), "no answer, no guess");
        other.execute_batch("COMMIT").unwrap();
        truthful(&site, &mut case, &BTreeSet::new(), "exclusive");
    }
}

/// A partition that is emptied at once, and a trigger that fills it again.
#[test]
fn a_partition_that_a_trigger_fills_again() {
    let site = Site::Postgres(frist_testkit::postgres());
    site.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE person (id int, d date NOT NULL, name text, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
        CREATE TABLE p2015 PARTITION OF person FOR VALUES FROM ('2015-01-01') TO ('2016-01-01');
        INSERT INTO person SELECT i, '2015-01-01', 'x' FROM generate_series(1, 6) AS i;
        CREATE TABLE kept AS SELECT * FROM person WHERE id = 3");
    let Site::Postgres(database) = &site else { unreachable!() };
    let text = "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\nkind = \"postgresql\"\nurl_env = \"URL\"\nlock_timeout = \"300 ms\"\n\
        [[activity]]\nid = \"a\"\ntitle = { en = \"A\" }\n[[activity.purpose]]\nid = \"p\"\ntext = { en = \"service\" }\nbasis = \"6(1)(b)\"\n\
        [[dataset]]\nid = \"person\"\nactivity = \"a\"\nat = \"s/person\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\ndrop_partitions = true\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\nperiod = \"3 years\"\n";
    let register = Register::read(&[("r.toml", text)]).register.unwrap();
    let env = |name: &str| (name == "URL").then(|| database.url.clone());
    let mut store = open(&register.stores[0], ".".as_ref(), &env).unwrap();
    let rules = RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
    let bound = store.bind(&register, &register.datasets[0], &rules).unwrap();
    let mut case = Case { then: Then::Erase, register, rules, store, bound };
    let compiled = case.compiled();
    let part = case.store.partitions(&case.bound, &compiled).unwrap().remove(0).name;
    let keys = case.store.partition_keys(&case.bound, &part).unwrap();
    assert_eq!(keys.len(), 6);
    let empty = |case: &mut Case| {
        case.store.dispose_partition(&case.bound, &compiled, &part, &keys).map(|d| d.done.len())
    };
    site.run(&format!(
        "{FUNCTION} $$ BEGIN INSERT INTO person SELECT * FROM kept; RETURN NULL; END $$;
         CREATE TRIGGER f AFTER TRUNCATE ON p2015 EXECUTE FUNCTION f()"
    ));
    // What a trigger has a say in is not emptied as a whole.
    assert_eq!(empty(&mut case).unwrap(), 0);
    assert_eq!(site.ids("SELECT id FROM person").len(), 6, "nothing of it was changed");
    assert!(case.store.disposed(&case.bound, &keys).unwrap().is_empty());
    site.run("DROP TRIGGER f ON p2015");
    let mut other = database.connect();
    other.batch_execute("BEGIN; SELECT 1 FROM p2015 WHERE id = 3 FOR UPDATE").unwrap();
    assert!(empty(&mut case).is_err(), "a locked row keeps the partition");
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(empty(&mut case).unwrap(), 6);
    assert_eq!(case.store.disposed(&case.bound, &keys).unwrap().len(), 6);
}
