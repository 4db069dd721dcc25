//! What both databases do alike, on data that the conformance suite does not have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use frist_decide::{Compiled, RuleSet, compile, decide};
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{Action, Bound, Key, KeyPart, Store, StoreError, open};
use jiff::Timestamp;

enum Site {
    Sqlite(tempfile::TempDir),
    Postgres(frist_testkit::TestDatabase),
}

fn sqlite() -> Site {
    Site::Sqlite(tempfile::tempdir().unwrap())
}

fn postgres() -> Site {
    Site::Postgres(frist_testkit::postgres())
}

fn both() -> [Site; 2] {
    [sqlite(), postgres()]
}

struct Case {
    register: Register,
    rules: RuleSet,
    store: Box<dyn Store>,
    bound: Bound,
}

impl Site {
    fn run(&self, sql: &str) {
        match self {
            Site::Sqlite(dir) => {
                let db = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
                db.execute_batch(sql).unwrap();
            }
            Site::Postgres(db) => db.connect().batch_execute(sql).unwrap(),
        }
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Site::Sqlite(dir) => {
                let db = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
                let mut statement = db.prepare(sql).unwrap();
                statement.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Site::Postgres(db) => {
                db.connect().query(sql, &[]).unwrap().iter().map(|r| r.get(0)).collect()
            }
        }
    }

    fn register(&self, datasets: &str, store: &str) -> Register {
        let kind = match self {
            Site::Sqlite(_) => "kind = \"sqlite\"\npath = \"a.sqlite\"",
            Site::Postgres(_) => "kind = \"postgresql\"\nurl_env = \"URL\"",
        };
        let text = format!(
            "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\n{kind}\n{store}\n\
             [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n[[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n{datasets}"
        );
        let reading = Register::read(&[("r.toml", &text)]);
        reading.register.unwrap_or_else(|| panic!("{:?}\n{text}", reading.diagnostics))
    }

    fn open(&self, register: &Register) -> Box<dyn Store> {
        match self {
            Site::Sqlite(dir) => open(&register.stores[0], dir.path(), &|_| None).unwrap(),
            Site::Postgres(db) => {
                let env = |name: &str| (name == "URL").then(|| db.url.clone());
                open(&register.stores[0], ".".as_ref(), &env).unwrap()
            }
        }
    }

    fn try_case(&self, datasets: &str, store: &str) -> Result<Case, StoreError> {
        let register = self.register(datasets, store);
        let mut store = self.open(&register);
        let dataset = &register.datasets[0];
        let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
        let bound = store.bind(&register, dataset, &rules)?;
        Ok(Case { register, rules, store, bound })
    }

    fn case(&self, datasets: &str) -> Case {
        self.try_case(datasets, "").unwrap()
    }
}

impl Case {
    fn compiled(&self) -> Compiled {
        compile(&self.rules, self.bound.kinds(), now(), &[])
    }
    fn due(&mut self) -> Vec<String> {
        let compiled = self.compiled();
        let due = self.store.due(&self.bound, &compiled, None, 1000).unwrap();
        due.iter().map(|r| r.key.text()).collect()
    }
    fn erase(&mut self) -> Result<Vec<String>, StoreError> {
        let compiled = self.compiled();
        let due = self.store.due(&self.bound, &compiled, None, 1000)?;
        let keys: Vec<Key> = due.into_iter().map(|r| r.key).collect();
        let done = self.store.dispose(&self.bound, &compiled, &keys, &Action::Erase)?.done;
        Ok(done.iter().map(|r| r.key.text()).collect())
    }
    fn anonymise(&mut self) -> Result<usize, StoreError> {
        let compiled = self.compiled();
        let due = self.store.due(&self.bound, &compiled, None, 1000)?;
        let keys: Vec<Key> = due.into_iter().map(|r| r.key).collect();
        let frist_register::Disposition::Anonymise(fields) = &self.register.datasets[0].then.value
        else {
            panic!("not anonymised")
        };
        let fields = fields.iter().map(|(f, how)| (f.value.clone(), how.clone())).collect();
        let action = Action::Anonymise { fields, pseudonym_key: [3; 32] };
        Ok(self.store.dispose(&self.bound, &compiled, &keys, &action)?.done.len())
    }
}

fn now() -> Timestamp {
    "2025-06-01T10:00:00Z".parse().unwrap()
}

/// A data set kept for three years from `d`.
fn dataset(table: &str, head: &str, facts: &str) -> String {
    format!(
        "[[dataset]]\nid = \"{table}\"\nactivity = \"a\"\nat = \"s/{table}\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n{head}\n[dataset.facts]\n{facts}\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\nperiod = \"3 years\"\n"
    )
}

const DATE: &str = "d = \"date\"";

#[test]
fn what_is_not_there_is_named_with_a_hint() {
    for site in both() {
        site.run("CREATE TABLE invoice (id INTEGER PRIMARY KEY, issued DATE); CREATE VIEW v AS SELECT * FROM invoice; CREATE TABLE nokey (d DATE)");
        let refuse = |datasets: &str| site.try_case(datasets, "").err().unwrap().to_string();
        assert_eq!(
            refuse(&dataset("invoise", "", DATE)),
            "data set `invoise`: the table `invoise` does not exist in the store `s`; did you mean `invoice`?"
        );
        assert_eq!(
            refuse(&dataset("invoice", "", "d = { field = \"isued\", type = \"date\" }")),
            "data set `invoice`: the field `isued` of `invoice` does not exist in the store `s`; did you mean `issued`?"
        );
        assert!(refuse(&dataset("v", "", DATE)).contains("is a view"));
        assert!(refuse(&dataset("nokey", "", DATE)).contains("no primary key"));
        let collections = site.open(&site.register("", "")).catalogue().unwrap();
        let views: Vec<_> = collections.iter().map(|c| (c.name.as_str(), c.view)).collect();
        assert_eq!(views, [("invoice", false), ("nokey", false), ("v", true)]);
        assert_eq!(collections[0].key, ["id"]);
    }
}

#[test]
fn a_declared_key_must_name_one_record() {
    for site in both() {
        site.run("CREATE TABLE t (a INTEGER, d DATE); INSERT INTO t VALUES (1, '2015-01-01'), (2, '2015-01-01')");
        assert_eq!(site.case(&dataset("t", "key = \"a\"", DATE)).erase().unwrap(), ["1", "2"]);
        site.run("INSERT INTO t VALUES (3, '2015-01-01'), (3, '2025-01-01')");
        let refuse =
            || site.try_case(&dataset("t", "key = \"a\"", DATE), "").err().unwrap().to_string();
        assert!(refuse().contains("have the same key"));
        site.run("DELETE FROM t; INSERT INTO t VALUES (NULL, '2015-01-01')");
        assert!(refuse().contains("a key that is empty"));
    }
}

#[test]
fn keys_of_several_fields_and_odd_texts() {
    for site in both() {
        site.run(
            "CREATE TABLE t (a TEXT, b INTEGER, d DATE, PRIMARY KEY (a, b));
             INSERT INTO t VALUES ('x,y', 1, '2015-01-01'), ('it''s \\ \"q\"', 2, '2015-01-01'), ('x,y', 2, '2025-01-01'), ('æ', 3, '2015-01-01')",
        );
        let mut case = site.case(&dataset("t", "", DATE));
        let compiled = case.compiled();
        let due = case.store.due(&case.bound, &compiled, None, 10).unwrap();
        assert_eq!(due.len(), 3);
        for record in &due {
            let key = case.store.parse_key(&case.bound, &record.key.text()).unwrap();
            assert!(key == record.key);
            // A hold by the key's text finds it.
            let hold = [frist_decide::HoldScope::Keys(vec![record.key.text()])];
            let held = compile(&case.rules, case.bound.kinds(), now(), &hold);
            assert_eq!(case.store.count_due(&case.bound, &held).unwrap().0, 2);
        }
        assert_eq!(case.erase().unwrap().len(), 3);
        assert_eq!(site.texts("SELECT a FROM t"), ["x,y"]);
    }
}

#[test]
fn a_foreign_key_that_nobody_declared_blocks_instead_of_cascading() {
    for site in both() {
        site.run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE);
             CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id) ON DELETE CASCADE, n TEXT);
             INSERT INTO t VALUES (1, '2015-01-01'), (2, '2015-01-01'); INSERT INTO child VALUES (1, 1, 'kept')",
        );
        let mut case = site.case(&dataset("t", "", DATE));
        assert_eq!(case.erase().unwrap(), ["2"]);
        assert_eq!(site.texts("SELECT n FROM child"), ["kept"]);
    }
}

#[test]
fn the_latest_of_times_in_several_forms() {
    for site in both() {
        site.run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, own TEXT); CREATE TABLE c (id INTEGER PRIMARY KEY, t INTEGER, at TEXT);
             INSERT INTO t VALUES (1, NULL), (2, '2015-01-01 00:00'), (3, NULL), (4, NULL), (5, NULL), (6, '2025-01-01 10:00');
             INSERT INTO c VALUES (1, 1, '2022-06-01 09:00'), (2, 1, '2022-06-01T08:59:59.5'), (3, 1, '2022-05-31 23:59:59'),
               (4, 3, '2022-06-01 13:00'), (5, 3, '2022-06-01T11:00'),
               (6, 4, '2010-01-01 10:00'), (7, 4, '2010-02-30 10:00'), (8, 5, '2010-01-01 10:00'), (9, 5, NULL)",
        );
        let head = dataset(
            "t",
            "",
            "d = { latest = \"c.at\", by = \"t\", else = \"own\", type = { type = \"datetime\", zone = \"UTC\" } }",
        );
        let other = dataset("c", "", "d = { field = \"at\", type = \"datetime\" }");
        let (head, other) = (
            head.replace("type = { type = \"datetime\", zone = \"UTC\" }", "type = \"datetime\""),
            other,
        );
        let mut case = site.case(&format!("{head}{other}"));
        let compiled = case.compiled();
        let keys = case.store.keys(&case.bound, None, 100).unwrap();
        let mut words = Vec::new();
        for record in case.store.fetch(&case.bound, &keys).unwrap() {
            let decision = decide(&case.rules, case.bound.kinds(), &record.facts, false, now());
            words.push((record.key.text(), decision.outcome.word()));
        }
        words.sort();
        let words: Vec<&str> = words.into_iter().map(|(_, w)| w).collect();
        // Now is noon of 1 June 2025 in Denmark. A period in years ends with its last day.
        assert_eq!(words, ["keep", "due", "keep", "unclear", "unclear", "keep"]);
        assert_eq!(case.due(), ["2"]);
        let later =
            compile(&case.rules, case.bound.kinds(), "2025-06-02T00:00:00Z".parse().unwrap(), &[]);
        assert_eq!(case.store.count_due(&case.bound, &later).unwrap(), (3, 0));
        assert_eq!(case.store.census(&case.bound, &compiled).unwrap().total(), 6);
    }
}

#[test]
fn every_way_to_anonymise() {
    for site in both() {
        let date = if matches!(site, Site::Sqlite(_)) { "TEXT" } else { "date" };
        site.run(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, a TEXT, b TEXT NOT NULL, c TEXT, e TEXT, born {date}, seen TEXT, z INTEGER);
             INSERT INTO t VALUES (1, '2015-01-01', 'name', 'street 1', '8000', 'a@b.dk', '1980-07-15', '2014-05-06 10:11', 5);
             INSERT INTO t VALUES (2, '2015-01-01', NULL, '-', NULL, NULL, NULL, 'ukendt', NULL);
             INSERT INTO t VALUES (3, '2025-01-01', 'name', 'street 2', '8000', 'c@d.dk', '1980-07-15', '2014-05-06 10:11', 5)"
        ));
        let then = "then = { anonymise = { a = \"null\", b = { fixed = \"-\" }, c = \"truncate(2)\", e = \"pseudonym\", born = \"year\", seen = \"month\", z = { fixed = \"0\" } } }";
        let mut case = site.case(&dataset(
            "t",
            then,
            &format!("{DATE}\nborn = \"date\"\nseen = \"datetime\""),
        ));
        assert_eq!(case.anonymise().unwrap(), 2);
        assert_eq!(case.anonymise().unwrap(), 0, "done is done");
        let row = "SELECT COALESCE(a, '~') || '|' || b || '|' || COALESCE(c, '~') || '|' || COALESCE(substr(e, 1, 4), '~') || '|' || COALESCE(CAST(born AS TEXT), '~') || '|' || COALESCE(seen, '~') || '|' || COALESCE(CAST(z AS TEXT), '~') FROM t ORDER BY id";
        assert_eq!(
            site.texts(row),
            [
                "~|-|80|psn_|1980-01-01|2014-05-01 00:00:00|0",
                "~|-|~|~|~|~|0",
                "name|street 2|8000|c@d.|1980-07-15|2014-05-06 10:11|5"
            ]
        );
        let census = {
            let c = case.compiled();
            case.store.census(&case.bound, &c).unwrap()
        };
        assert_eq!((census.done, census.blocked), (2, 0));
        let refuse =
            |then: &str| site.try_case(&dataset("t", then, DATE), "").err().unwrap().to_string();
        assert!(refuse("then = { anonymise = { b = \"null\" } }").contains("may not be empty"));
        assert!(refuse("then = { anonymise = { id = \"null\" } }").contains("is the key"));
    }
}

#[test]
fn a_trigger_that_keeps_records_is_noticed() {
    let site = sqlite();
    site.run("CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, n TEXT); INSERT INTO t VALUES (1, '2015-01-01', 'a'), (2, '2015-01-01', 'b');
              CREATE TRIGGER k BEFORE DELETE ON t WHEN old.id = 1 BEGIN SELECT RAISE(IGNORE); END;
              CREATE TRIGGER u AFTER UPDATE ON t WHEN new.n IS NULL BEGIN UPDATE t SET n = 'again' WHERE id = new.id; END;");
    let mut case = site.case(&dataset("t", "", DATE));
    assert!(matches!(case.erase(), Err(StoreError::Refused { transient: true, .. })));
    assert_eq!(case.due().len(), 2, "none of the batch is gone");
    let mut case = site.case(&dataset("t", "then = { anonymise = { n = \"null\" } }", DATE));
    assert!(matches!(case.anonymise(), Err(StoreError::Refused { transient: false, .. })));
    assert_eq!(site.texts("SELECT n FROM t ORDER BY id"), ["a", "b"]);
}

/// A page remembers where its rows lay; by the time they go, others may lie there.
#[test]
fn a_row_that_came_to_lie_in_anothers_place_stays() {
    for key in ["bigint", "text"] {
        let site = postgres();
        site.run(&format!(
            "CREATE TABLE t (id {key} PRIMARY KEY, d date, n text);
             INSERT INTO t SELECT i, '2015-01-01', 'a' FROM generate_series(1, 6) AS i"
        ));
        let mut case = site.case(&dataset("t", "", DATE));
        let compiled = case.compiled();
        let page = case.store.due(&case.bound, &compiled, None, 1000).unwrap();
        assert_eq!(page.len(), 6);
        // The place of 1 is given to 7; 2 moves, and is due all the same; 3 stays where it is, but
        // is no longer due.
        let place = "SELECT ctid::text FROM t WHERE id = ";
        let first = site.texts(&format!("{place} '1'"));
        site.run("DELETE FROM t WHERE id = '1'");
        site.run("VACUUM t");
        site.run("INSERT INTO t VALUES ('7', '2015-01-01', 'b')");
        assert_eq!(site.texts(&format!("{place} '7'")), first);
        site.run("UPDATE t SET n = 'c' WHERE id = '2'");
        site.run("UPDATE t SET d = current_date WHERE id = '3'");
        let keys: Vec<Key> = page.into_iter().map(|r| r.key).collect();
        let disposed = case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase).unwrap();
        let mut done: Vec<String> = disposed.done.iter().map(|r| r.key.text()).collect();
        done.sort_unstable();
        assert_eq!(done, ["2", "4", "5", "6"], "{key}");
        assert_eq!(site.texts("SELECT id::text FROM t ORDER BY id"), ["3", "7"], "{key}");
    }
}

#[test]
fn sqlite_keeps_any_type_in_any_column() {
    let site = sqlite();
    site.run("CREATE TABLE t (id INTEGER PRIMARY KEY, d); CREATE INDEX i ON t (d);
              INSERT INTO t VALUES (1, '2015-01-01'), (2, 20150101), (3, 2015.5), (4, x'323031352d30312d3031'), (5, NULL), (6, ''), (7, '2015-01-01 '), (8, '0000-00-00')");
    let mut case = site.case(&dataset("t", "", DATE));
    assert_eq!(case.bound.common().driver, Ok("d".to_owned()));
    assert_eq!(case.due(), ["1"]);
    let compiled = case.compiled();
    assert_eq!(case.store.census(&case.bound, &compiled).unwrap().by_outcome, [0, 7, 0, 0, 0, 1]);
}

#[test]
fn a_lock_of_another_program_is_transient_and_names_no_values() {
    let site = sqlite();
    site.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE); INSERT INTO t VALUES (1, '2015-01-01')",
    );
    let Site::Sqlite(dir) = &site else { unreachable!() };
    let mut case = site.try_case(&dataset("t", "", DATE), "lock_timeout = \"1 s\"").unwrap();
    let other = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(case.erase(), Err(StoreError::Refused { transient: true, .. })));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(case.erase().unwrap(), ["1"]);
}

#[test]
fn a_statement_of_sqlite_takes_no_longer_than_the_register_allows() {
    let site = sqlite();
    site.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE); INSERT INTO t WITH RECURSIVE x (n) AS
         (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 30000) SELECT n, '2015-01-01' FROM x",
    );
    let mut slow = site.case(&dataset("t", "", DATE));
    let keys = slow.store.keys(&slow.bound, None, 30_000).unwrap();
    let limit = "statement_timeout = \"2 ms\"";
    let mut case = site.try_case(&dataset("t", "", DATE), limit).unwrap();
    let compiled = case.compiled();
    let error = case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase).unwrap_err();
    assert!(matches!(error, StoreError::Refused { transient: true, .. }), "{error}");
    assert!(error.to_string().contains("`statement_timeout`"), "{error}");
    assert_eq!(slow.store.total(&slow.bound, 1_000_000).unwrap(), 30_000, "nothing of it is gone");
    assert!(case.store.keys(&case.bound, None, 1).is_ok(), "the next one has its own time");
    let done = case.store.dispose(&case.bound, &compiled, &keys[..1], &Action::Erase).unwrap().done;
    assert_eq!(done.len(), 1);
    let done = slow.store.dispose(&slow.bound, &compiled, &keys, &Action::Erase).unwrap().done;
    assert_eq!(done.len(), 29_999);
    // Rewriting the file has no limit.
    let care = case.store.settle(&case.bound).unwrap();
    assert!(care.done.iter().any(|d| d.contains("VACUUM")), "{care:?}");
}

#[test]
fn postgresql_types() {
    let site = postgres();
    site.run(
        "CREATE TYPE mood AS ENUM ('open', 'closed'); CREATE DOMAIN day AS date;
         CREATE TABLE t (id uuid PRIMARY KEY, d day, state mood, born date GENERATED ALWAYS AS (d + 1) STORED);
         INSERT INTO t SELECT gen_random_uuid(), x, 'open' FROM unnest(ARRAY['2015-01-01', '2025-01-01', 'infinity', '-infinity', '0044-03-15 BC', NULL]::date[]) AS x",
    );
    let rule = dataset("t", "", DATE)
        .replace("period = \"3 years\"", "period = \"3 years\"\nwhen = { state = [\"open\"] }");
    let mut case = site.case(&rule);
    let compiled = case.compiled();
    assert_eq!(case.store.census(&case.bound, &compiled).unwrap().by_outcome, [0, 4, 0, 0, 1, 1]);
    let due = case.due();
    assert_eq!(due.len(), 1);
    assert!(case.store.parse_key(&case.bound, &due[0]).is_ok());
    assert_eq!(case.erase().unwrap(), due);
    let why = site
        .try_case(&dataset("t", "then = { anonymise = { born = \"null\" } }", DATE), "")
        .err()
        .unwrap();
    assert!(why.to_string().contains("is computed from others"), "{why}");
    // A key that cannot be one is refused without repeating it.
    let key = [Key(vec![KeyPart::Text("hemmelig".into())])];
    let error = case.store.fetch(&case.bound, &key).unwrap_err().to_string();
    assert!(error.contains("22P02") && !error.contains("hemmelig"), "{error}");
}

#[test]
fn postgresql_partitions_that_are_due_as_a_whole() {
    let site = postgres();
    site.run(
        "CREATE TABLE t (id int, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
         CREATE TABLE t2015 PARTITION OF t FOR VALUES FROM ('2015-01-01') TO ('2016-01-01');
         CREATE TABLE t2022 PARTITION OF t FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
         CREATE TABLE t2030 PARTITION OF t FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
         INSERT INTO t SELECT i, DATE '2015-01-01' + i FROM generate_series(0, 99) AS i;
         INSERT INTO t SELECT i, DATE '2022-01-01' + i FROM generate_series(0, 360) AS i",
    );
    let mut case = site.case(&dataset("t", "drop_partitions = true", DATE));
    let compiled = case.compiled();
    let whole = case.store.partitions(&case.bound, &compiled).unwrap();
    assert_eq!(
        whole.iter().map(|p| (p.name.as_str(), p.records)).collect::<Vec<_>>(),
        [("public.t2015", 100)]
    );
    let keys = case.store.partition_keys(&case.bound, "public.t2015").unwrap();
    assert_eq!(keys.len(), 100);
    let fewer = &keys[1..];
    let done = case.store.dispose_partition(&case.bound, &compiled, "public.t2015", fewer).unwrap();
    assert!(done.done.is_empty(), "a record that was not journaled keeps the partition");
    let mut empty = |name: &str| {
        case.store.dispose_partition(&case.bound, &compiled, name, &keys).unwrap().done.len()
    };
    assert_eq!(empty("public.t2022"), 0, "not all of it is due");
    assert_eq!(empty("public.t; DROP TABLE t"), 0, "only what the catalogue names");
    assert_eq!(empty("public.t2015"), 100);
    assert_eq!(empty("public.t2015"), 0);
    assert_eq!(case.store.total(&case.bound, u64::MAX >> 1).unwrap(), 361);
    let hold = [frist_decide::HoldScope::All];
    let held = compile(&case.rules, case.bound.kinds(), now(), &hold);
    assert!(case.store.partitions(&case.bound, &held).unwrap().is_empty());
    let mut without = site.case(&dataset("t", "", DATE));
    assert!(
        without.store.partitions(&without.bound, &compiled).unwrap().is_empty(),
        "only when allowed"
    );
    assert!(!without.due().is_empty(), "and row by row it works as well");
}

#[test]
fn postgresql_uses_the_index_and_says_when_there_is_none() {
    let site = postgres();
    site.run(
        "CREATE TABLE t (id int PRIMARY KEY, d text COLLATE \"en-x-icu\"); CREATE INDEX i ON t (d)",
    );
    let case = site.case(&dataset("t", "", DATE));
    assert!(case.bound.common().driver.as_ref().unwrap_err().contains("COLLATE \"C\""));
    site.run("CREATE INDEX j ON t (d COLLATE \"C\");
              INSERT INTO t SELECT i, to_char(DATE '2000-01-01' + i % 9000, 'YYYY-MM-DD') FROM generate_series(1, 50000) AS i; ANALYZE t;
              ");
    let mut case = site.case(&dataset("t", "", DATE));
    assert_eq!(case.bound.common().driver, Ok("d".to_owned()));
    let compiled = case.compiled();
    let before =
        site.texts("SELECT idx_scan::text FROM pg_stat_user_indexes WHERE indexrelname = 'j'");
    assert_eq!(before, ["0"]);
    let first = case.store.due(&case.bound, &compiled, None, 10).unwrap();
    case.store.due(&case.bound, &compiled, first.last(), 10).unwrap();
    drop(case);
    let until = Instant::now() + Duration::from_secs(10);
    while site.texts("SELECT idx_scan::text FROM pg_stat_user_indexes WHERE indexrelname = 'j'")
        != ["2"]
    {
        assert!(Instant::now() < until, "the index was not used for both pages");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn postgresql_locks_lost_connections_and_pace() {
    let site = postgres();
    site.run("CREATE TABLE t (id int PRIMARY KEY, d date); INSERT INTO t SELECT i, '2015-01-01' FROM generate_series(1, 40) AS i");
    let store = "lock_timeout = \"1 s\"\nmax_rows_per_second = 100\nvacuum = \"run\"";
    let mut case = site.try_case(&dataset("t", "", DATE), store).unwrap();
    let Site::Postgres(database) = &site else { unreachable!() };
    let mut other = database.connect();
    other.batch_execute("BEGIN; UPDATE t SET d = d WHERE id = 7").unwrap();
    match case.erase() {
        Err(StoreError::Refused { transient: true, why, .. }) => {
            assert!(why.contains("55P03"), "{why}")
        }
        other => panic!("{other:?}"),
    }
    other.batch_execute("COMMIT").unwrap();
    other.batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frist' AND datname = current_database()").unwrap();
    let lost = case.erase();
    assert!(matches!(lost, Err(StoreError::Refused { transient: true, .. })), "{lost:?}");
    let began = Instant::now();
    case.store.pace(40).unwrap();
    assert_eq!(case.erase().unwrap().len(), 40, "the connection was made again");
    site.run("INSERT INTO t VALUES (1, '2015-01-01')");
    // The 40 rows count: a hundred rows a second.
    case.store.pace(1).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(400), "the pace is kept");
    case.erase().unwrap();
    assert!(case.store.clock().unwrap().is_some());
    let care = case.store.settle(&case.bound).unwrap();
    assert!(care.done[0].contains("was vacuumed (41 dead rows)"), "{care:?}");
}

#[test]
fn a_sweep_waits_for_a_replica_that_applies_nothing() {
    let cluster = frist_testkit::Cluster::start(frist_testkit::Options::default());
    let standby = cluster.standby();
    let site = Site::Postgres(cluster.database());
    site.run("CREATE TABLE t (id int PRIMARY KEY, d date); INSERT INTO t SELECT i, '2015-01-01' FROM generate_series(1, 40) AS i");
    let mut case = site.try_case(&dataset("t", "", DATE), "max_replica_lag = \"300 ms\"").unwrap();
    let mut there = postgres::Client::connect(standby.url(), postgres::NoTls).unwrap();
    let began = Instant::now();
    case.store.pace(1).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "it follows");
    there.batch_execute("SELECT pg_wal_replay_pause()").unwrap();
    case.erase().unwrap();
    case.store.pace(40).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    // It goes on a second later; until then there is no next batch.
    let resumed = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        there.batch_execute("SELECT pg_wal_replay_resume()").unwrap();
    });
    let began = Instant::now();
    case.store.pace(1).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    resumed.join().unwrap();
    case.store.pace(1).unwrap();
    // Who may not see how far the replicas are is told so, and does not go on blindly.
    site.run("CREATE ROLE blind LOGIN PASSWORD 'x'; GRANT ALL ON t TO blind; SET ROLE blind");
    let Site::Postgres(database) = &site else { unreachable!() };
    let (_, rest) = database.url.split_once('@').unwrap();
    let url = format!("postgres://blind:x@{rest}");
    let register = site.register(&dataset("t", "", DATE), "max_replica_lag = \"300 ms\"");
    let env = |name: &str| Some(url.clone()).filter(|_| !name.starts_with("PG"));
    let mut blind = open(&register.stores[0], ".".as_ref(), &env).unwrap();
    let error = blind.pace(1).unwrap_err();
    assert!(error.to_string().contains("GRANT pg_read_all_stats"), "{error}");
}

#[test]
fn a_row_that_a_policy_hides_is_an_error() {
    let site = postgres();
    let Site::Postgres(database) = &site else { unreachable!() };
    let role = format!("r{}", database.name());
    site.run(&format!(
        "CREATE TABLE t (id int PRIMARY KEY, d date); INSERT INTO t VALUES (1, '2015-01-01'); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
         CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT, DELETE ON t TO {role}"
    ));
    let register = site.register(&dataset("t", "", DATE), "");
    let (_, rest) = database.url.split_once('@').unwrap();
    let url = format!("postgres://{role}@{rest}");
    let env = |name: &str| {
        Some(if name == "PGPASSWORD" { "x".into() } else { url.clone() })
            .filter(|_| !name.starts_with("PGSSL"))
    };
    let mut store = open(&register.stores[0], ".".as_ref(), &env).unwrap();
    let rules = RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
    let error = store.bind(&register, &register.datasets[0], &rules).unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    drop(store);
    site.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn postgresql_over_tls_and_wrong_passwords() {
    let cluster =
        frist_testkit::Cluster::start(frist_testkit::Options { tls: true, ..Default::default() });
    let site = Site::Postgres(cluster.database());
    let Site::Postgres(database) = &site else { unreachable!() };
    site.run("CREATE TABLE t (id int PRIMARY KEY, d date)");
    let register = site.register(&dataset("t", "", DATE), "");
    let root = cluster.certificate().unwrap().display().to_string();
    let connect = |url: String, root: Option<&str>| {
        let env = |name: &str| match name {
            "URL" => Some(url.clone()),
            "PGSSLROOTCERT" => root.map(str::to_owned),
            _ => None,
        };
        open(&register.stores[0], ".".as_ref(), &env).map(|_| ()).map_err(|e| e.to_string())
    };
    let url = |mode: &str| format!("{}?sslmode={mode}", database.url);
    for mode in ["disable", "prefer"] {
        assert_eq!(connect(url(mode), None), Ok(()), "{mode}");
    }
    for mode in ["require", "verify-full"] {
        assert_eq!(connect(url(mode), Some(&root)), Ok(()), "{mode}");
        assert!(connect(url(mode), None).unwrap_err().contains("PGSSLROOTCERT"), "{mode}");
    }
    let (user, rest) = database.url.split_once('@').unwrap();
    let wrong = format!("{}-wrong@{rest}", user);
    let error = connect(wrong, None).unwrap_err();
    let password = user.rsplit(':').next().unwrap();
    assert!(error.contains("28P01") && !error.contains(password), "{error}");
    assert!(
        connect(format!("postgres://u:{password}@h:x/"), None)
            .is_err_and(|e| !e.contains(password))
    );
}
