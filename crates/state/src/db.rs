//! The two databases behind one small face, so that each statement is written once.
//!
//! Statements are written with SQLite's numbered placeholders (`?1`), which become PostgreSQL's
//! (`$1`), and with PostgreSQL's ` FOR UPDATE`, which SQLite does without: there a writing
//! transaction takes the whole database (`BEGIN IMMEDIATE`). No statement uses `?` otherwise.

use std::borrow::Cow;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{ErrorCode, TransactionBehavior};

use crate::value::{Row, Val};
use crate::{Error, Result};

/// One connection.
pub(crate) enum Db {
    Sqlite(rusqlite::Connection, Place),
    Postgres(Box<postgres::Client>),
}

/// The file that was opened: a file that is moved or deleted stays open, and what is written to it
/// then would be lost.
pub(crate) struct Place {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Place {
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), file: number_of(path) }
    }

    fn still_there(&self) -> Result<()> {
        match number_of(&self.path) == self.file {
            true => Ok(()),
            false => Err(Error::Moved { place: self.path.display().to_string() }),
        }
    }
}

fn number_of(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// A transaction, rolled back unless committed.
pub(crate) struct Tx<'a> {
    inner: Inner<'a>,
    doing: &'static str,
}

enum Inner<'a> {
    Sqlite(rusqlite::Transaction<'a>),
    Postgres(postgres::Transaction<'a>),
}

impl Db {
    /// Begins a transaction that writes; `doing` says in errors what for.
    pub(crate) fn write(&mut self, doing: &'static str) -> Result<Tx<'_>> {
        let inner = match self {
            Self::Sqlite(connection, place) => {
                place.still_there()?;
                connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
                    .map(Inner::Sqlite)
                    .map_err(|e| sqlite_error(doing, &e))
            }
            Self::Postgres(client) => {
                client.transaction().map(Inner::Postgres).map_err(|e| postgres_error(doing, &e))
            }
        }?;
        Ok(Tx { inner, doing })
    }

    /// Begins a transaction that only reads, and sees one state of the database throughout.
    pub(crate) fn read(&mut self, doing: &'static str) -> Result<Tx<'_>> {
        let inner = match self {
            Self::Sqlite(connection, _) => connection
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map(Inner::Sqlite)
                .map_err(|e| sqlite_error(doing, &e)),
            Self::Postgres(client) => client
                .build_transaction()
                .isolation_level(postgres::IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()
                .map(Inner::Postgres)
                .map_err(|e| postgres_error(doing, &e)),
        }?;
        Ok(Tx { inner, doing })
    }
}

impl Tx<'_> {
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Val<'_>]) -> Result<u64> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx
                .prepare_cached(&for_sqlite(sql))
                .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(params)))
                .map(|rows| rows as u64)
                .map_err(|e| sqlite_error(self.doing, &e)),
            Inner::Postgres(tx) => tx
                .execute(&*for_postgres(sql), &references(params))
                .map_err(|e| postgres_error(self.doing, &e)),
        }
    }

    /// Runs a query; all its rows.
    pub(crate) fn query(&mut self, sql: &str, params: &[Val<'_>]) -> Result<Vec<Row>> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx
                .prepare_cached(&for_sqlite(sql))
                .and_then(|mut statement| {
                    statement
                        .query_map(rusqlite::params_from_iter(params), Row::of_sqlite)?
                        .collect()
                })
                .map_err(|e| sqlite_error(self.doing, &e)),
            Inner::Postgres(tx) => tx
                .query(&*for_postgres(sql), &references(params))
                .and_then(|rows| rows.iter().map(Row::of_postgres).collect())
                .map_err(|e| postgres_error(self.doing, &e)),
        }
    }

    /// Runs a query that has one row at most.
    pub(crate) fn one(&mut self, sql: &str, params: &[Val<'_>]) -> Result<Option<Row>> {
        Ok(self.query(sql, params)?.pop())
    }

    /// Runs several statements without parameters, as they are.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.inner {
            Inner::Sqlite(tx) => tx.execute_batch(sql).map_err(|e| sqlite_error(self.doing, &e)),
            Inner::Postgres(tx) => {
                tx.batch_execute(sql).map_err(|e| postgres_error(self.doing, &e))
            }
        }
    }

    /// The clock that leases run by: the server's on PostgreSQL, so that several machines agree,
    /// the caller's on SQLite, where all processes are on one machine.
    pub(crate) fn clock(&mut self, caller: Timestamp) -> Result<Timestamp> {
        if !self.is_postgres() {
            return Ok(caller);
        }
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let row = self.one(sql, &[])?;
        row.ok_or_else(|| Error::damaged("the server's clock gave no answer"))?.get(0)
    }

    /// Makes the changes durable: when this returns `Ok`, they are on disk.
    pub(crate) fn commit(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().map_err(|e| sqlite_error(self.doing, &e)),
            Inner::Postgres(tx) => tx.commit().map_err(|e| postgres_error(self.doing, &e)),
        }
    }
}

fn references<'a>(params: &'a [Val<'_>]) -> Vec<&'a (dyn postgres::types::ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn postgres::types::ToSql + Sync)).collect()
}

fn for_sqlite(sql: &str) -> Cow<'_, str> {
    if sql.contains(" FOR UPDATE") { sql.replace(" FOR UPDATE", "").into() } else { sql.into() }
}

fn for_postgres(sql: &str) -> Cow<'_, str> {
    if sql.contains('?') { sql.replace('?', "$").into() } else { sql.into() }
}

pub(crate) fn sqlite_error(doing: &'static str, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Error::Locked { doing },
        _ => Error::Database { doing, reason: sqlite_reason(error) },
    }
}

pub(crate) fn postgres_error(doing: &'static str, error: &postgres::Error) -> Error {
    match error.code() {
        Some(&postgres::error::SqlState::LOCK_NOT_AVAILABLE) => Error::Locked { doing },
        _ => Error::Database { doing, reason: postgres_reason(error) },
    }
}

/// SQLite's message; it names tables and columns, never values.
pub(crate) fn sqlite_reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let message = message.clone().unwrap_or_else(|| failure.to_string());
            let next = match failure.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    "; the file is damaged or not Frist's: restore it from a backup, since without it nobody knows which holds there are"
                }
                ErrorCode::DiskFull => "; make room, then do it again: nothing was lost",
                ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
                    "; Frist must be able to write to the file and to its folder"
                }
                _ => "",
            };
            format!("{message} (SQLite code {}){next}", failure.extended_code)
        }
        other => other.to_string(),
    }
}

/// PostgreSQL's message and code, without the detail, which can hold values of a row.
pub(crate) fn postgres_reason(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}
