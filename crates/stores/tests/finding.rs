//! Looking for a person in columns of every type, and that indexes serve it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{Bound, FieldMatch, Looked, Search, Store, open};

fn bound(kind: &str, dir: &Path, url: Option<&str>) -> (Box<dyn Store>, Bound) {
    let text = format!(
        "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\n{kind}\n\
         [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n\
         [[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n\
         [[dataset]]\nid = \"d\"\nactivity = \"a\"\nat = \"s/t\"\nkey = \"id\"\nsubjects = [\"customer\"]\n\
         categories = [\"identity\"]\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n"
    );
    let register = Register::read(&[("r.toml", &text)]).register.unwrap();
    let env = |name: &str| url.filter(|_| name == "URL").map(str::to_owned);
    let mut store = open(&register.stores[0], dir, &env).unwrap();
    let rules = RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
    let bound = store.bind(&register, &register.datasets[0], &rules).unwrap();
    (store, bound)
}

fn find(store: &mut dyn Store, bound: &Bound, field: &str, spellings: &[&str]) -> Looked {
    let any_of = FieldMatch {
        field: field.to_owned(),
        spellings: spellings.iter().map(|s| (*s).to_owned()).collect(),
    };
    store.find(bound, &[any_of], &[field.to_owned()], 10).unwrap()
}

type Column = (&'static str, &'static str, &'static str, &'static str);

/// Column, type, the value of row `n` as SQL, and that of row 4711 as text.
const COLUMNS: &[Column] = &[
    ("big", "bigint", "n + 5000000000", "5000004711"),
    ("mid", "integer", "n", "4711"),
    ("small", "smallint", "n % 30000", "4711"),
    ("plain", "text", "'A-' || n", "A-4711"),
    ("short", "varchar(20)", "'B-' || n", "B-4711"),
    ("padded", "char(12)", "'C-' || n", "C-4711"),
    ("ident", "uuid", "md5(n::text)::uuid", "37d0a95e-c82d-ecf1-b74d-83d3f52b7c46"),
    ("amount", "numeric", "n", "4711"),
    ("own", "label", "'D-' || n", "D-4711"),
];

#[test]
fn postgresql_serves_each_type_by_its_index() {
    let db = frist_testkit::postgres();
    let list = |f: &dyn Fn(&Column) -> String| COLUMNS.iter().map(f).collect::<Vec<_>>().join(", ");
    let columns = list(&|(name, kind, ..)| format!("{name} {kind}"));
    let values = list(&|(_, _, value, _)| (*value).to_owned());
    let mut client = db.connect();
    client
        .batch_execute(&format!(
            "CREATE DOMAIN label AS text; CREATE TABLE t (id bigint PRIMARY KEY, at date, {columns});
             INSERT INTO t SELECT n, '2026-01-01', {values} FROM generate_series(1, 20000) AS n;"
        ))
        .unwrap();
    for (name, ..) in COLUMNS {
        client.batch_execute(&format!("CREATE INDEX ON t ({name})")).unwrap();
    }
    client.batch_execute("ANALYZE t").unwrap();
    let expected: String =
        client.query_one("SELECT ident::text FROM t WHERE id = 4711", &[]).unwrap().get(0);
    let here = Path::new(".");
    let kind = "kind = \"postgresql\"\nurl_env = \"URL\"";
    // What making the table and its indexes read is written down, and then forgotten.
    for sql in ["SELECT pg_stat_force_next_flush()", "SELECT 1"] {
        client.batch_execute(sql).unwrap();
    }
    client.batch_execute("SELECT pg_stat_reset_single_table_counters('t'::regclass)").unwrap();
    let (mut store, bound) = bound(kind, here, Some(&db.url));
    for (name, kind, _, value) in COLUMNS.iter().filter(|c| c.0 != "own") {
        let value = if *kind == "uuid" { &*expected } else { value };
        for _ in 0..TIMES {
            // Often enough that the server plans it once for all.
            let spellings = ["x", "", value, "99999999999999999999"];
            let looked = find(store.as_mut(), &bound, name, &spellings);
            assert!(looked.slow.is_empty(), "{name}");
            assert!(looked.rows.iter().any(|r| r.key.text() == "4711"), "{name}");
            assert_eq!(looked.rows.len(), 1, "{name}");
        }
    }
    // What is longer than the column is not cut to fit.
    assert!(find(store.as_mut(), &bound, "padded", &["C-4711xxxxxxxxx"]).rows.is_empty());
    assert!(find(store.as_mut(), &bound, "mid", &["04711", "4711.0", "+4711"]).rows.is_empty());
    drop(store);
    let searches = TIMES * (COLUMNS.len() as i64 - 1);
    let (_, read) = statistics(&mut client, &|by_index, _| by_index >= searches);
    assert!(read < ROWS, "a whole table was read although indexes are there");

    let (mut store, bound) = self::bound(kind, here, Some(&db.url));
    let looked = find(store.as_mut(), &bound, "own", &["D-4711"]);
    assert_eq!(looked.rows.len(), 1);
    assert_eq!(looked.slow, ["own"], "what is read whole is said");
    drop(store);
    let (_, after) = statistics(&mut client, &|_, read| read >= ROWS);
    assert!(after - read >= ROWS, "the test would not see it");
}

const ROWS: i64 = 20_000;
const TIMES: i64 = 7;

/// Searches by index and rows read without one, once what the sessions did has arrived there.
fn statistics(client: &mut postgres::Client, arrived: &dyn Fn(i64, i64) -> bool) -> (i64, i64) {
    for _ in 0..100 {
        let sql = "SELECT idx_scan, seq_tup_read FROM pg_stat_user_tables WHERE relname = 't'";
        let row = client.query_one(sql, &[]).unwrap();
        let (by_index, read) = (row.get(0), row.get(1));
        if arrived(by_index, read) {
            return (by_index, read);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the server's statistics did not arrive")
}

#[test]
fn sqlite_finds_numbers_and_texts_in_columns_of_any_type() {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE, number INTEGER, words TEXT, any_type, blind TEXT COLLATE NOCASE);
         INSERT INTO t VALUES (1, '2026-01-01', 4711, '4711', 4711, 'Anna'), (2, '2026-01-01', 12, '0012', '4711', 'anna'),
           (3, '2026-01-01', NULL, NULL, x'34373131', NULL);
         CREATE INDEX a ON t (number); CREATE INDEX b ON t (words); CREATE INDEX c ON t (any_type);",
    )
    .unwrap();
    let (mut store, bound) = bound("kind = \"sqlite\"\npath = \"a.sqlite\"", dir.path(), None);
    let mut keys = |field: &str, value: &str| {
        let mut rows = find(store.as_mut(), &bound, field, &[value]).rows;
        rows.sort();
        rows.iter().map(|r| r.key.text()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys("number", "4711"), "1");
    assert_eq!(keys("words", "4711"), "1");
    assert_eq!(keys("words", "12"), "");
    assert_eq!(keys("any_type", "4711"), "1 2");
    // More generously than asked: whoever asks compares again.
    assert_eq!(keys("blind", "ANNA"), "1 2");
    assert_eq!(find(store.as_mut(), &bound, "blind", &["anna"]).slow, ["blind"]);
}

/// Asked together, several tables answer as each does by itself: keys of several columns and types,
/// a column without an index, values that cannot be there, fields that are empty or missing.
#[test]
fn several_tables_at_once_answer_as_one_by_one() {
    let db = frist_testkit::postgres();
    db.connect()
        .batch_execute(
            "CREATE TABLE a (id bigint PRIMARY KEY, at date, mail text, no bigint);
             CREATE TABLE b (x text, y integer, at date, mail varchar(40), PRIMARY KEY (x, y));
             CREATE TABLE c (id uuid PRIMARY KEY, at date, mail text);
             CREATE TABLE d (id text PRIMARY KEY, at date, mail text, no bigint);
             CREATE INDEX ON a (mail); CREATE INDEX ON a (no); CREATE INDEX ON b (mail); CREATE INDEX ON d (mail);
             INSERT INTO a VALUES (1, '2026-01-01', 'p1', 7), (2, '2026-01-01', 'p2', 8), (3, '2026-01-01', NULL, 7);
             INSERT INTO b VALUES ('x,y', 1, '2026-01-01', 'p1'), ('z', 2, '2026-01-01', 'p1'), ('z', 3, '2026-01-01', 'p3');
             INSERT INTO c VALUES (md5('1')::uuid, '2026-01-01', 'p1');
             INSERT INTO d VALUES ('4711', '2026-01-01', 'p1', NULL), ('4712', '2026-01-01', 'p2', 7)",
        )
        .unwrap();
    let dataset = |table: &str| {
        format!(
            "[[dataset]]\nid = \"{table}\"\nactivity = \"a\"\nat = \"s/{table}\"\nsubjects = [\"customer\"]\n\
             categories = [\"identity\"]\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n"
        )
    };
    let text = format!(
        "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\nkind = \"postgresql\"\nurl_env = \"URL\"\n\
         [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n[[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\n\
         basis = \"6(1)(b)\"\n{}",
        ["a", "b", "c", "d"].map(dataset).concat()
    );
    let register = Register::read(&[("r.toml", &text)]).register.unwrap();
    let env = |name: &str| (name == "URL").then(|| db.url.clone());
    let mut store = open(&register.stores[0], Path::new("."), &env).unwrap();
    let bound: Vec<Bound> = register
        .datasets
        .iter()
        .map(|d| {
            let rules = RuleSet::resolve(&register, LawBook::embedded(), d).unwrap();
            store.bind(&register, d, &rules).unwrap()
        })
        .collect();
    let words = |field: &str, all: &[&str]| FieldMatch {
        field: field.into(),
        spellings: all.iter().map(|s| (*s).to_owned()).collect(),
    };
    let search = |table: usize, any_of: Vec<FieldMatch>, wanted: &[&str], limit| Search {
        bound: &bound[table],
        any_of,
        wanted: wanted.iter().map(|s| (*s).to_owned()).collect(),
        limit,
    };
    let searches = [
        search(
            0,
            vec![words("mail", &["p1", "P1", "x"]), words("no", &["7", "word"])],
            &["mail", "no"],
            10,
        ),
        search(1, vec![words("mail", &["p1", "P1"])], &["mail"], 10),
        // No index serves it.
        search(2, vec![words("mail", &["p1"])], &["mail"], 10),
        search(3, vec![words("mail", &["p2"]), words("no", &["word"])], &["no", "mail", "at"], 10),
        // Nothing can be there, and nothing is wanted.
        search(0, vec![words("no", &["word"])], &["no"], 10),
        search(0, vec![words("no", &["7"])], &["no"], 0),
        // More than are wanted.
        search(0, vec![words("no", &["7", "8"])], &[], 2),
    ];
    let said = |looked: &Looked| {
        let mut rows: Vec<_> =
            looked.rows.iter().map(|r| (r.key.clone(), r.values.clone())).collect();
        rows.sort();
        (rows, looked.slow.clone())
    };
    let alone: Vec<_> = searches
        .iter()
        .map(|s| said(&store.find(s.bound, &s.any_of, &s.wanted, s.limit).unwrap()))
        .collect();
    let found: Vec<usize> = alone.iter().map(|(rows, _)| rows.len()).collect();
    assert_eq!(found, [2, 2, 1, 1, 0, 0, 2]);
    assert_eq!(alone[2].1, ["mail"]);
    let all = store.find_all(&searches);
    for (n, (one, all)) in alone.iter().zip(&all).enumerate() {
        let all = said(all.as_ref().unwrap());
        // Of more than are wanted, any.
        assert!(*one == all || (n == 6 && all.0.len() == 2), "search {n}");
    }
    // One that fails does not keep the others back.
    let mut more = Vec::from(searches);
    more.push(search(1, vec![words("nosuch", &["7"])], &[], 10));
    db.connect().batch_execute("DROP TABLE d").unwrap();
    let all = store.find_all(&more);
    let failed: Vec<usize> = (0..all.len()).filter(|n| all[*n].is_err()).collect();
    assert_eq!(failed, [3, 7]);
    assert!(said(all[0].as_ref().unwrap()) == alone[0]);
}
