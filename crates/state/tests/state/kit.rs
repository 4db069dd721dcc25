//! What the tests share: the two databases, and entries to write.

use std::path::PathBuf;

use frist_ledger::entry::{Disposal, Disposition, HoldChange, Outcome, Rule};
use frist_ledger::{Entry, Hash, Id, Kind, RecordKey, SubTree, Text};
use frist_state::{Confirm, Lateness, Lease, Location, NewBatch, State};
use frist_testkit::TestDatabase;
use jiff::{SignedDuration, Timestamp};

/// Makes each function a test on both databases.
macro_rules! both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::kit::Kit::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::kit::Kit::postgres()); })*
        }
    };
}
pub(crate) use both;

/// An empty database of one of the two kinds.
pub(crate) enum Kit {
    Sqlite(tempfile::TempDir),
    Postgres(TestDatabase),
}

impl Kit {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(frist_testkit::postgres())
    }

    /// What a person would write to name it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Sqlite(_) => self.file().display().to_string(),
            Self::Postgres(database) => database.url.clone(),
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("frist.db"),
            Self::Postgres(_) => panic!("not a file"),
        }
    }

    pub(crate) fn location(&self) -> Location {
        Location::parse(&self.text()).unwrap()
    }

    pub(crate) fn open(&self) -> State {
        State::open(&self.location()).unwrap()
    }

    /// Runs statements behind the crate's back.
    pub(crate) fn raw(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => {
                rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
            }
            Self::Postgres(database) => {
                let sql = format!("SET search_path TO frist; {sql}");
                database.connect().batch_execute(&sql).unwrap();
            }
        }
    }

    /// Reads a blob behind the crate's back.
    pub(crate) fn raw_blob(&self, sql: &str) -> Vec<u8> {
        match self {
            Self::Sqlite(_) => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                connection.query_row(sql, [], |row| row.get(0)).unwrap()
            }
            Self::Postgres(database) => {
                let mut client = database.connect();
                client.batch_execute("SET search_path TO frist").unwrap();
                client.query_one(sql, &[]).unwrap().get(0)
            }
        }
    }

    /// The bytes on disk: on SQLite all files, on PostgreSQL the files of the tables named.
    pub(crate) fn bytes_on_disk(&self, tables: &[&str]) -> Vec<u8> {
        match self {
            Self::Sqlite(folder) => std::fs::read_dir(folder.path())
                .unwrap()
                .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
                .collect(),
            Self::Postgres(database) => {
                let mut client = database.connect();
                client.batch_execute("CHECKPOINT").unwrap();
                let read = |table: &&str| -> Vec<u8> {
                    let sql = format!(
                        "SELECT pg_read_binary_file(pg_relation_filepath('frist.{table}'))"
                    );
                    client.query_one(&sql, &[]).unwrap().get(0)
                };
                tables.iter().flat_map(read).collect()
            }
        }
    }
}

/// The time, as a face would ask for it.
#[expect(clippy::disallowed_methods, reason = "a test stands where a face would")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn minute() -> SignedDuration {
    SignedDuration::from_mins(1)
}

pub(crate) fn lease(state: &mut State) -> Lease {
    state.acquire("sweep", "test", minute(), now()).unwrap().expect("the lease is free")
}

pub(crate) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// An entry without further consequence.
pub(crate) fn entry(name: &str) -> Entry {
    let what = Kind::Hold { hold: id(name), change: HoldChange::Added, by: id("anna") };
    Entry::new(at("2026-11-22T12:00:00Z"), what)
}

pub(crate) fn sweep_entry() -> Entry {
    let what = Kind::Sweep { sweep: id("1"), outcome: Outcome::Finished, datasets: Vec::new() };
    Entry::new(at("2026-11-22T12:00:00Z"), what)
}

/// The record leaves of `n` records whose names begin with `prefix`.
pub(crate) fn leaves(prefix: &str, n: usize) -> SubTree {
    SubTree::build(&record_key(), (0..n).map(|i| format!("erp/invoice/{prefix}{i}")))
}

pub(crate) fn record_key() -> RecordKey {
    RecordKey::new([7; 32])
}

pub(crate) fn erased(leaves: &SubTree) -> Entry {
    let disposal = Disposal {
        dataset: id("invoices"),
        disposition: Disposition::Erase,
        rule: Rule { text: Text::new("5 years").unwrap(), laws: Vec::new() },
        revision: Hash::EMPTY,
        sweep: id("1"),
        batch: id("1"),
        late: Lateness::default(),
        key: record_key().id(),
        n: leaves.count(),
        root: leaves.root(),
    };
    Entry::new(at("2026-11-22T12:00:00Z"), Kind::Erased(disposal))
}

pub(crate) fn batch(keys: &[u8]) -> NewBatch<'_> {
    NewBatch { dataset: "invoices", revision: "r1", action: "erase", n: 3, keys }
}

pub(crate) fn confirm<'a>(entry: &'a Entry, leaves: &'a SubTree) -> Confirm<'a> {
    Confirm { outcome: Default::default(), entry, leaves, replay: None }
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
