//! The two databases: `index.db` with a row an object, `hours.db` with a row an hour. What is asked of them is here;
//! `row` is one object's row, `columns` are collections and facts, `destroy` erases and leaves no trace in the files.
//!
//! Both are in write-ahead mode, overwrite what they erase (`secure_delete`), and are opened as one
//! connection, so that a transaction that begins locks both: nobody makes an object of an hour
//! while somebody else destroys the key of that hour.

mod columns;
mod destroy;
mod row;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::error::VaultError;
use crate::id::ObjectId;
use crate::vault::{Facts, Listed, State};
pub(crate) use columns::{check_facts, collections, facts, quoted};
use columns::{name, table};
pub(crate) use destroy::{destroy, destroy_hours, hours};
pub(crate) use row::{Place, Row, close, insert, row, update_facts};
use row::{object, read, select};

/// The collection that [`crate::Vault::begin`] writes to.
pub const RECORDING: &str = "recording";
/// The collection that is there from the start for copies that are kept as evidence.
pub const EVIDENCE: &str = "evidence";
/// The column that must never be shown.
pub const WRAPPED_KEY: &str = "wrapped_key";

pub(crate) const INDEX: &str = "index.db";
pub(crate) const HOURS: &str = "hours.db";
const VERSION: i64 = 1;

/// How long to wait for another process.
const BUSY: Duration = Duration::from_secs(10);

/// Both databases.
pub(crate) struct Rows {
    pub(crate) connection: Connection,
    dir: PathBuf,
}

/// Makes the two databases, which must not be there.
pub(crate) fn create(dir: &Path, vault: &str, check: &[u8]) -> Result<(), VaultError> {
    create_hours(dir)?;
    let index = new(&dir.join(INDEX))?;
    let make = || {
        index.execute_batch(&format!(
            "CREATE TABLE vault (id TEXT PRIMARY KEY NOT NULL, root_check BLOB NOT NULL) WITHOUT ROWID;
             {} {}
             PRAGMA user_version = {VERSION};",
            table(RECORDING),
            table(EVIDENCE)
        ))?;
        index.execute("INSERT INTO vault VALUES (?1, ?2)", (vault, check))
    };
    make().map_err(VaultError::db("make its tables"))?;
    Ok(())
}

/// Makes an empty `hours.db`.
pub(crate) fn create_hours(dir: &Path) -> Result<(), VaultError> {
    let hours = new(&dir.join(HOURS))?;
    hours
        .execute_batch(&format!(
            "CREATE TABLE hour_key (hour TEXT PRIMARY KEY NOT NULL, wrapped_key BLOB NOT NULL) WITHOUT ROWID;
             PRAGMA user_version = {VERSION};"
        ))
        .map_err(VaultError::db("make its tables"))
}

fn new(path: &Path) -> Result<Connection, VaultError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(VaultError::io("make", path))?;
    let connection = Connection::open(path).map_err(VaultError::db("open"))?;
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .map_err(VaultError::db("keep a write-ahead log"))?;
    Ok(connection)
}

impl Rows {
    /// Opens both databases, which must be there and be this vault's.
    pub(crate) fn open(dir: &Path, vault: &str) -> Result<Self, VaultError> {
        for name in [INDEX, HOURS] {
            if !dir.join(name).is_file() {
                let more = match name {
                    HOURS => {
                        "; if it was left out of a backup on purpose, `frist vault init --after-restore` makes an empty one, and every recording is unreadable"
                    }
                    _ => "",
                };
                return Err(VaultError::NoVault {
                    path: dir.to_owned(),
                    why: format!("it has no `{name}`: put it back{more}"),
                });
            }
        }
        let open = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(dir.join(INDEX), flags)?;
            connection.busy_timeout(BUSY)?;
            let hours = dir.join(HOURS);
            connection.execute("ATTACH DATABASE ?1 AS hours", [hours.to_string_lossy()])?;
            connection.execute_batch(
                // Destroying many objects touches many pages, which should be written once.
                "PRAGMA temp_store = MEMORY; PRAGMA main.cache_size = -65536;
                 PRAGMA main.synchronous = FULL; PRAGMA hours.synchronous = FULL;",
            )?;
            for database in ["main", "hours"] {
                let sql = format!("PRAGMA {database}.secure_delete = ON");
                connection.query_row(&sql, [], |_| Ok(()))?;
            }
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        };
        let connection = open().map_err(VaultError::db("open"))?;
        let rows = Self { connection, dir: dir.to_owned() };
        let (id, _) = rows.root_check()?;
        for database in ["main", "hours"] {
            let sql = format!("PRAGMA {database}.user_version");
            let version: i64 = rows
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .map_err(VaultError::db("tell its version"))?;
            if version != VERSION {
                return Err(rows.none("a database is of another version of this program"));
            }
        }
        if id != vault {
            return Err(rows.none("`index.db` is that of another vault"));
        }
        Ok(rows)
    }

    /// Sets how both databases keep their journal. Write-ahead logs let a sweep read while a recording
    /// begins; a rollback journal makes one transaction of both files also when the process dies.
    pub(crate) fn journal(&self, mode: &str) -> Result<(), VaultError> {
        for database in ["main", "hours"] {
            let sql = format!("PRAGMA {database}.journal_mode = {mode}");
            let now: String = self
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .map_err(VaultError::db("change how it keeps its journal"))?;
            if !now.eq_ignore_ascii_case(mode) {
                return Err(VaultError::Database {
                    attempt: "change how it keeps its journal",
                    why: "another program has it open".into(),
                });
            }
        }
        Ok(())
    }

    fn none(&self, why: &str) -> VaultError {
        VaultError::NoVault { path: self.dir.clone(), why: why.to_owned() }
    }

    /// The vault's id, and what the root key must be able to open.
    pub(crate) fn root_check(&self) -> Result<(String, Vec<u8>), VaultError> {
        self.connection
            .query_row("SELECT id, root_check FROM vault", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(VaultError::db("tell whose it is"))
    }

    /// A transaction that holds the write locks of both databases from the start.
    pub(crate) fn write(&mut self) -> Result<Transaction<'_>, VaultError> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::db("begin a transaction"))
    }

    /// The names of the collections.
    pub(crate) fn collections(&self) -> Result<Vec<String>, VaultError> {
        collections(&self.connection).map_err(VaultError::db("show its tables"))
    }

    /// The row of an object, wherever it is.
    pub(crate) fn find(&self, id: &ObjectId) -> Result<Option<Row>, VaultError> {
        for collection in self.collections()? {
            let row =
                row(&self.connection, &collection, id).map_err(VaultError::db("find an object"))?;
            if row.is_some() {
                return Ok(row);
            }
        }
        Ok(None)
    }

    /// All rows of a collection in one of these states.
    pub(crate) fn all(&self, collection: &str, state: State) -> Result<Vec<Row>, VaultError> {
        let run = || {
            let sql = format!("{} WHERE vault_state = ?1", select(collection));
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([state.word()], |row| read(row, collection))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// Every object that has a row, and where it lies.
    pub(crate) fn places(&self) -> Result<Vec<(ObjectId, Place, State)>, VaultError> {
        let run = || {
            let mut all = Vec::new();
            for collection in collections(&self.connection)? {
                let sql = format!("SELECT id, vault_place, vault_state FROM \"{collection}\"");
                let mut statement = self.connection.prepare(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let place = row.get_ref(1)?.as_str()?;
                    let state = row.get_ref(2)?.as_str()?;
                    all.push((object(row, 0)?, Place::of(place), State::of(state)));
                }
            }
            Ok(all)
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// The facts of an object, and its two instants.
    pub(crate) fn facts(&self, row: &Row) -> Result<Facts, VaultError> {
        let run = || {
            let names = facts(&self.connection, &row.collection)?;
            let sql = format!(
                "SELECT {} FROM \"{}\" WHERE id = ?1",
                quoted(names.iter().map(String::as_str)),
                row.collection
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let get = |found: &rusqlite::Row<'_>| {
                names.iter().enumerate().map(|(i, n)| Ok((n.clone(), found.get(i)?))).collect()
            };
            statement.query_row([row.id.to_string()], get).optional()
        };
        run().map_err(VaultError::db("read facts"))?.ok_or(VaultError::Gone(row.id))
    }

    /// A page of a collection.
    pub(crate) fn list(
        &self,
        collection: &str,
        after: Option<&ObjectId>,
        limit: usize,
    ) -> Result<Vec<Listed>, VaultError> {
        name(collection)?;
        let run = || {
            let sql = format!("{} WHERE id > ?1 ORDER BY id LIMIT ?2", select(collection));
            let mut statement = self.connection.prepare_cached(&sql)?;
            let after = after.map(ObjectId::to_string).unwrap_or_default();
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map((after, limit), |found| {
                let row = read(found, collection)?;
                Ok(Listed {
                    id: row.id,
                    state: row.state,
                    started: row.started,
                    chunks: row.chunks,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// The objects of which a fact is this text.
    pub(crate) fn with_fact(
        &self,
        collection: &str,
        fact: &str,
        value: &str,
    ) -> Result<Vec<ObjectId>, VaultError> {
        name(collection)?;
        let known =
            facts(&self.connection, collection).map_err(VaultError::db("show its columns"))?;
        if !known.iter().any(|k| k == fact) {
            return Err(VaultError::Invalid(format!("`{collection}` has no fact `{fact}`")));
        }
        let run = || {
            let sql = format!(
                "SELECT id FROM main.\"{collection}\" WHERE \"{fact}\" = ?1 ORDER BY started_at, id"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement
                .query_map([value], |row| object(row, 0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("find objects"))
    }

    /// When an object ended, as it is written.
    pub(crate) fn ended(&self, row: &Row) -> Result<Option<String>, VaultError> {
        let sql = format!("SELECT ended_at FROM main.\"{}\" WHERE id = ?1", row.collection);
        self.connection
            .query_row(&sql, [row.id.to_string()], |found| found.get(0))
            .optional()
            .map_err(VaultError::db("find an object"))?
            .ok_or(VaultError::Gone(row.id))
    }
}
