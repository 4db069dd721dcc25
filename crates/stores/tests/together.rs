//! Records of several tables that go in one transaction: exactly those that are due, children before
//! parents, all or none.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use frist_decide::{Compiled, RuleSet, compile};
use frist_law::LawBook;
use frist_register::{Disposition, Register};
use frist_stores::{Action, Bound, Disposed, Key, KeyPart, Part, Store, StoreError, open};

/// Persons, with their notes, and letters of which only the name goes; each due three years after
/// `d`. 1, 2 and 3 are due, 4 is not; person 3 has a note that is not due.
const TABLES: &str = "
CREATE TABLE person (id INTEGER PRIMARY KEY, d DATE);
CREATE TABLE note (id INTEGER PRIMARY KEY, d DATE, person INTEGER REFERENCES person (id));
CREATE TABLE letter (id INTEGER PRIMARY KEY, d DATE, name TEXT);
INSERT INTO person VALUES (1, '2015-01-01'), (2, '2015-01-01'), (3, '2015-01-01'), (4, '2025-01-01');
INSERT INTO note VALUES (1, '2015-01-01', 1), (2, '2015-01-01', 2), (3, '2025-01-01', 3);
INSERT INTO letter VALUES (1, '2015-01-01', 'Anna'), (4, '2025-01-01', 'Bo');";

const DATASETS: [(&str, &str); 3] =
    [("note", ""), ("person", ""), ("letter", "then = { anonymise = { name = \"null\" } }")];

/// Runs statements behind the store's back; a query answers its first column.
type Run = Box<dyn Fn(&str) -> Vec<String>>;

struct Site {
    store: Box<dyn Store>,
    parts: Vec<(Bound, Compiled, Action)>,
    run: Run,
}

impl Site {
    /// `more` is run after the tables were made.
    fn new(postgres: bool, more: &str) -> Self {
        let (kind, url, run): (_, _, Run) = match postgres {
            false => {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("a.sqlite");
                let kind = format!("kind = \"sqlite\"\npath = \"{}\"", path.display());
                let run = move |sql: &str| {
                    let _ = &dir;
                    let db = rusqlite::Connection::open(&path).unwrap();
                    if !sql.starts_with("SELECT") {
                        db.execute_batch(sql).unwrap();
                        return Vec::new();
                    }
                    let mut statement = db.prepare(sql).unwrap();
                    statement.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
                };
                (kind, String::new(), Box::new(run))
            }
            true => {
                let database = frist_testkit::postgres();
                let url = database.url.clone();
                let run = move |sql: &str| {
                    let mut client = database.connect();
                    if !sql.starts_with("SELECT") {
                        client.batch_execute(sql).unwrap();
                        return Vec::new();
                    }
                    client.query(sql, &[]).unwrap().iter().map(|r| r.get(0)).collect()
                };
                ("kind = \"postgresql\"\nurl_env = \"URL\"".into(), url, Box::new(run))
            }
        };
        run(TABLES);
        run(more);
        let mut text = format!(
            "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\n{kind}\n[[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n\
             [[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n"
        );
        for (table, then) in DATASETS {
            text += &format!(
                "[[dataset]]\nid = \"{table}\"\nactivity = \"a\"\nat = \"s/{table}\"\nsubjects = [\"customer\"]\n\
                 categories = [\"identity\"]\n{then}\n[dataset.facts]\nd = \"date\"\n\
                 [[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\nperiod = \"3 years\"\n"
            );
        }
        let register = Register::read(&[("r.toml", &text)]).register.unwrap();
        let env = |name: &str| (name == "URL").then(|| url.clone());
        let mut store = open(&register.stores[0], ".".as_ref(), &env).unwrap();
        let now = "2025-06-01T10:00:00Z".parse().unwrap();
        let part = |dataset| {
            let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
            let bound = store.bind(&register, dataset, &rules).unwrap();
            let action = match &dataset.then.value {
                Disposition::Anonymise(fields) => Action::Anonymise {
                    fields: fields.iter().map(|(f, how)| (f.value.clone(), how.clone())).collect(),
                    pseudonym_key: [3; 32],
                },
                _ => Action::Erase,
            };
            let compiled = compile(&rules, bound.kinds(), now, &[]);
            (bound, compiled, action)
        };
        let parts = register.datasets.iter().map(part).collect();
        Self { store, parts, run }
    }

    /// All of 1 to 4 (and one that is not there) of each, together.
    fn dispose(&mut self) -> Result<Vec<Disposed>, StoreError> {
        let keys: Vec<Key> = [1, 2, 3, 4, 9].map(|id| Key(vec![KeyPart::Int(id)])).into();
        let parts: Vec<Part<'_>> = self
            .parts
            .iter()
            .map(|(bound, compiled, action)| Part { bound, compiled, keys: &keys, action })
            .collect();
        self.store.dispose_together(&parts)
    }

    fn there(&self) -> Vec<Vec<String>> {
        let ids =
            |table: &str| (self.run)(&format!("SELECT CAST(id AS TEXT) FROM {table} ORDER BY id"));
        let names = (self.run)("SELECT COALESCE(name, '') FROM letter ORDER BY id");
        vec![ids("note"), ids("person"), names]
    }
}

fn ids(disposed: &Disposed) -> Vec<String> {
    let mut ids: Vec<String> = disposed.done.iter().map(|r| r.key.text()).collect();
    ids.sort();
    ids
}

#[test]
fn what_is_due_goes_from_all_of_them_and_nothing_else() {
    for postgres in [false, true] {
        // With a trigger that does no harm, each is locked and looked after.
        let harmless = match postgres {
            false => "CREATE TRIGGER h AFTER DELETE ON note BEGIN SELECT 1; END",
            true => {
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
                 CREATE TRIGGER h AFTER DELETE ON note FOR EACH ROW EXECUTE FUNCTION f()"
            }
        };
        for more in ["", harmless] {
            let mut site = Site::new(postgres, more);
            assert!(site.store.takes_together());
            let disposed = site.dispose().unwrap();
            // Person 3 is due, but a note that stays refers to it.
            let gone: Vec<_> = disposed.iter().map(ids).collect();
            assert_eq!(gone, [vec!["1", "2"], vec!["1", "2"], vec!["1"]], "{postgres}, {more}");
            assert_eq!(site.there(), [vec!["3"], vec!["3", "4"], vec!["", "Bo"]]);
            let again = site.dispose().unwrap();
            assert!(again.iter().all(|d| d.done.is_empty()), "once is enough");
        }
    }
}

#[test]
fn what_one_of_them_refuses_none_of_them_does() {
    let sqlite = [
        // The first two are through when the last one refuses.
        "CREATE TRIGGER no BEFORE UPDATE ON letter BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER no BEFORE UPDATE ON letter BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
        "CREATE TRIGGER no BEFORE DELETE ON person WHEN old.id = 1 BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER no AFTER DELETE ON note WHEN old.id = 2 BEGIN INSERT INTO note (id) VALUES (old.id); END",
    ];
    let function = |what: &str| {
        format!("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what} END $$;")
    };
    let postgres = [
        function("RAISE EXCEPTION 'no';")
            + "CREATE TRIGGER no BEFORE UPDATE ON letter FOR EACH ROW EXECUTE FUNCTION f()",
        function("RETURN NULL;")
            + "CREATE TRIGGER no BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        function("RAISE EXCEPTION 'no';")
            + "CREATE CONSTRAINT TRIGGER no AFTER DELETE ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE RULE no AS ON DELETE TO person DO INSTEAD NOTHING".to_owned(),
        "ALTER TABLE letter ADD CHECK (name IS NOT NULL)".to_owned(),
    ];
    let all = sqlite.map(|sql| (false, sql.to_owned())).into_iter();
    for (postgres, fault) in all.chain(postgres.map(|sql| (true, sql))) {
        let mut site = Site::new(postgres, &fault);
        let before = site.there();
        let refused = site.dispose();
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{fault}: {refused:?}");
        assert_eq!(site.there(), before, "{fault}");
        // The connection is as it was: what one of them can do by itself it does.
        let (bound, compiled, action) = &site.parts[0];
        let key = [Key(vec![KeyPart::Int(1)])];
        let alone = site.store.dispose(bound, compiled, &key, action);
        assert_eq!(alone.is_ok(), !fault.contains("ON note DEFER"), "{fault}: {alone:?}");
    }
}
