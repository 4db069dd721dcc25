//! A database with a back door, and a store opened on it.

use std::collections::BTreeSet;

use frist_decide::{Compiled, RuleSet, compile};
use frist_law::LawBook;
use frist_register::{Disposition, Register};
use frist_stores::{Action, Bound, Key, KeyPart, Store, StoreError, open};

/// The database under test, with the back door of its owner.
pub(crate) enum Site {
    Sqlite(tempfile::TempDir),
    Postgres(frist_testkit::TestDatabase),
}

/// Persons 1 to 6 are due, 7 is not; the notes 1 to 6 are about them and of no data set.
pub(crate) const TABLES: &str = "CREATE TABLE person (id INTEGER PRIMARY KEY, d DATE, name TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER, at DATE);
    CREATE TABLE log (name TEXT);
    INSERT INTO person VALUES (1, '2015-01-01', 'a'), (2, '2015-01-01', 'b'), (3, '2015-01-01', 'c'),
      (4, '2015-01-01', 'd'), (5, '2015-01-01', 'e'), (6, '2015-01-01', 'f'), (7, '2025-01-01', 'g');
    INSERT INTO note SELECT id, id, '2025-01-01' FROM person WHERE id < 7;";

/// What a data set does with its records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Then {
    Erase,
    Detach,
    Anonymise,
    /// `erase_again`, as replay asks for it.
    Again,
}

/// In memory where there is such a folder: nothing here is about what a power failure leaves.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl Site {
    pub(crate) fn all() -> [Self; 2] {
        [Self::Sqlite(folder()), Self::Postgres(frist_testkit::postgres())]
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Site::Sqlite(_))
    }

    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        let Site::Sqlite(dir) = self else { panic!("no SQLite") };
        rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap()
    }

    pub(crate) fn run(&self, sql: &str) {
        match self {
            Site::Sqlite(_) => {
                self.sqlite().execute_batch(sql).unwrap();
            }
            Site::Postgres(db) => db.connect().batch_execute(sql).unwrap(),
        }
    }

    /// The whole numbers that a query gives.
    pub(crate) fn ids(&self, sql: &str) -> BTreeSet<i64> {
        match self {
            Site::Sqlite(_) => {
                let db = self.sqlite();
                let mut statement = db.prepare(sql).unwrap();
                statement.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Site::Postgres(db) => {
                let rows = db.connect().query(sql, &[]).unwrap();
                rows.iter().map(|r| i64::from(r.get::<_, i32>(0))).collect()
            }
        }
    }

    pub(crate) fn fresh(&self) {
        match self {
            Site::Sqlite(dir) => {
                for file in ["a.sqlite", "a.sqlite-journal"] {
                    let _ = std::fs::remove_file(dir.path().join(file));
                }
            }
            Site::Postgres(_) => self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
        }
        self.run(TABLES);
    }

    /// Opens the store, in PostgreSQL as `role` when one is given.
    pub(crate) fn case(&self, then: Then, role: Option<&str>) -> Case {
        let kind = match self {
            Site::Sqlite(_) => "kind = \"sqlite\"\npath = \"a.sqlite\"",
            Site::Postgres(_) => "kind = \"postgresql\"\nurl_env = \"URL\"",
        };
        let disposition = match then {
            Then::Anonymise => "then = { anonymise = { name = \"pseudonym\", d = \"month\" } }",
            _ => "",
        };
        let link = "[[dataset]]\nid = \"note\"\nactivity = \"a\"\nat = \"s/note\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n[dataset.facts]\nat = \"date\"\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"3 years\"\n[[dataset.link]]\nto = \"person\"\nby = \"person\"\non_erase = \"detach\"\n";
        let text = format!(
            "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\n{kind}\nlock_timeout = \"300 ms\"\n\
             [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n[[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n\
             [[dataset]]\nid = \"person\"\nactivity = \"a\"\nat = \"s/person\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n{disposition}\n[dataset.facts]\nd = \"date\"\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\nperiod = \"3 years\"\n{}",
            if then == Then::Detach { link } else { "" }
        );
        let reading = Register::read(&[("r.toml", &text)]);
        let register = reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
        let mut store = match self {
            Site::Sqlite(dir) => open(&register.stores[0], dir.path(), &|_| None).unwrap(),
            Site::Postgres(db) => {
                let url = match role {
                    None => db.url.clone(),
                    Some(role) => {
                        format!("postgres://{role}:x@{}", db.url.split_once('@').unwrap().1)
                    }
                };
                let env = |name: &str| (name == "URL").then(|| url.clone());
                open(&register.stores[0], ".".as_ref(), &env).unwrap()
            }
        };
        let rules =
            RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap();
        let bound = store.bind(&register, &register.datasets[0], &rules).unwrap();
        Case { then, register, rules, store, bound }
    }
}

pub(crate) struct Case {
    pub(crate) then: Then,
    pub(crate) register: Register,
    pub(crate) rules: RuleSet,
    pub(crate) store: Box<dyn Store>,
    pub(crate) bound: Bound,
}

pub(crate) fn key(id: i64) -> Key {
    Key(vec![KeyPart::Int(id)])
}

pub(crate) fn id(key: &Key) -> i64 {
    match key.0[..] {
        [KeyPart::Int(id)] => id,
        _ => panic!("no key of this table"),
    }
}

impl Case {
    pub(crate) fn compiled(&self) -> Compiled {
        let now = "2025-06-01T10:00:00Z".parse().unwrap();
        compile(&self.rules, self.bound.kinds(), now, &[])
    }

    pub(crate) fn ask(
        &mut self,
        ids: impl IntoIterator<Item = i64>,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let keys: Vec<Key> = ids.into_iter().map(key).collect();
        let compiled = self.compiled();
        if self.then == Then::Again {
            let gone = self.store.erase_again(&self.bound, &keys)?;
            return Ok(gone.iter().map(id).collect());
        }
        let action = match &self.register.datasets[0].then.value {
            Disposition::Anonymise(fields) => Action::Anonymise {
                fields: fields.iter().map(|(f, how)| (f.value.clone(), how.clone())).collect(),
                pseudonym_key: [3; 32],
            },
            _ => Action::Erase,
        };
        let done = self.store.dispose(&self.bound, &compiled, &keys, &action)?.done;
        Ok(done.iter().map(|r| id(&r.key)).collect())
    }

    /// The ids of 1 to 7 that the store says are disposed of.
    pub(crate) fn disposed(&mut self) -> BTreeSet<i64> {
        let keys: Vec<Key> = (1..=7).map(key).collect();
        self.store.disposed(&self.bound, &keys).unwrap().iter().map(id).collect()
    }
}
