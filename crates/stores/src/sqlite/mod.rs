//! SQLite: a database in a file that other programs may have open too.
//!
//! `secure_delete` is on, so that what is erased is overwritten with zeros in the file; after a
//! sweep the file is rewritten and the write-ahead log cut to nothing; see [`settle`].

mod catalogue;
mod deadline;
mod settle;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use frist_decide::Value;
use frist_decide::sql::Dialect;
use frist_register::{Store as StoreEntry, Vacuum};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::sql::SqlBound;
use crate::sql::backend::{Backend, Param};
use crate::sql::catalogue::Table;
use crate::sql::pace::Pace;
use crate::{Aftercare, StoreError};

/// A SQLite database.
pub(crate) struct Sqlite {
    store: String,
    path: PathBuf,
    /// Device and number of the file that was opened.
    file: Option<(u64, u64)>,
    connection: Connection,
    deadline: deadline::Deadline,
    vacuum: Vacuum,
    pace: Pace,
    /// What another program committed changes this number; see [`settle`].
    seen: i64,
    /// Whether pages that are free can only have been freed, and so zeroed, by this connection.
    clean: bool,
    /// Rows erased or changed since the file was last rewritten.
    changed: u64,
}

/// What Frist's own database says that it is ("Fris").
const FRIST: i64 = 0x4672_6973;
/// How long to wait for another program's lock when the register does not say.
const LOCK_TIMEOUT_MS: u64 = 5_000;

impl Sqlite {
    /// Opens the database file, which must be there.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub(crate) fn open(entry: &StoreEntry, path: &Path) -> Result<Self, StoreError> {
        let store = entry.id.value.clone();
        let unreachable = |why: String| StoreError::Unreachable { store: store.clone(), why };
        if !path.is_file() {
            return Err(unreachable(format!(
                "there is no file `{}`; correct `path` in the register, which is relative to its folder",
                path.display()
            )));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(|e| unreachable(why(&e)))?;
        let timeout = Duration::from_millis(entry.lock_timeout_ms.unwrap_or(LOCK_TIMEOUT_MS));
        let prepared = connection
            .busy_timeout(timeout)
            // Sorting must not write personal data into temporary files.
            .and_then(|()| {
                connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON")
            })
            .and_then(|()| {
                connection.query_row("PRAGMA secure_delete = ON", [], |row| row.get::<_, i64>(0))
            })
            .and_then(|on| {
                let mode: String =
                    connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
                if mode != "wal" {
                    // Other modes leave what was erased in the journal.
                    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
                }
                // What is reported as erased must be on the disk. The journal's removal is what
                // commits in this mode, and FULL would not sync that.
                connection.pragma_update(None, "synchronous", "extra")?;
                Ok(on)
            });
        match prepared {
            Ok(1) => {}
            Ok(_) => return Err(unreachable("this SQLite cannot overwrite what it erases".into())),
            Err(e) => return Err(unreachable(why(&e))),
        }
        let deadline = deadline::Deadline::new(&mut connection, entry.statement_timeout_ms)
            .map_err(|e| unreachable(why(&e)))?;
        what_another_left(path).map_err(|e| {
            unreachable(format!("what another process wrote cannot be synced: {e}"))
        })?;
        let mut sqlite = Self {
            store,
            path: path.to_owned(),
            file: place_of(path),
            connection,
            deadline,
            vacuum: entry.vacuum,
            pace: Pace::new(entry.max_rows_per_second),
            seen: 0,
            clean: false,
            changed: 0,
        };
        if sqlite.number("PRAGMA application_id")? == FRIST {
            let why = "that is Frist's own database, with its cases and its ledger; it is no store";
            return Err(StoreError::Unreachable { store: sqlite.store, why: why.into() });
        }
        sqlite.seen = sqlite.number("PRAGMA data_version")?;
        sqlite.clean = sqlite.number("PRAGMA freelist_count")? == 0;
        Ok(sqlite)
    }

    /// A file that was moved or deleted stays open, and what is erased in it is not erased in the
    /// one that has its name now.
    fn still_there(&self, attempt: &str) -> Result<(), StoreError> {
        if place_of(&self.path) == self.file {
            return Ok(());
        }
        Err(StoreError::Refused {
            store: self.store.clone(),
            attempt: attempt.to_owned(),
            why: format!(
                "the file `{}` was moved, deleted or replaced while it was open; put it back, or correct `path` in the register",
                self.path.display()
            ),
            transient: true,
        })
    }

    fn number(&self, sql: &str) -> Result<i64, StoreError> {
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(|e| self.refused("answer", &e))
    }

    fn refused(&self, attempt: &str, error: &rusqlite::Error) -> StoreError {
        StoreError::Refused {
            store: self.store.clone(),
            attempt: attempt.to_owned(),
            why: why(error),
            transient: matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::OperationInterrupted
                )
            ),
        }
    }
}

/// Where on the disk the file of this name lies; none when there is none.
fn place_of(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// Makes durable what a process left behind that died between a commit and its sync: SQLite takes
/// it for committed, and so would we, but a power cut would undo it. The database file itself is
/// synced by then; to open and close it here would also drop the locks of this process's own
/// connections.
fn what_another_left(path: &Path) -> std::io::Result<()> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for left in [Path::new(&log), folder] {
        match File::open(left) {
            Ok(file) => file.sync_all()?,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The error in words. SQLite's messages name tables and columns, never values; a trigger's own
/// message may say anything, so it is left out.
fn why(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => match (code.code, code.extended_code) {
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
                "another program has locked the database; try again, or set `lock_timeout` higher"
                    .into()
            }
            (ErrorCode::OperationInterrupted, _) => {
                "the statement took longer than `statement_timeout` allows".into()
            }
            (ErrorCode::NotADatabase, _) => {
                "it is not a SQLite database, or it is encrypted".into()
            }
            (ErrorCode::ReadOnly, _) => {
                "it may not be written to; check the permissions of the file and its folder".into()
            }
            (ErrorCode::DatabaseCorrupt, _) => {
                "the file is damaged; restore it from a backup (`PRAGMA integrity_check` says more)"
                    .into()
            }
            (ErrorCode::DiskFull, _) => {
                "the disk is full, or the database may not grow (`max_page_count`); make room and sweep again".into()
            }
            (ErrorCode::ConstraintViolation, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => {
                "a foreign key of another table still refers to a record".into()
            }
            (ErrorCode::ConstraintViolation, rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER) => {
                "a trigger of the database forbids it".into()
            }
            (c, n) => match message {
                Some(message) => format!("{message} (SQLite code {n})"),
                None => format!("{c:?} (SQLite code {n})"),
            },
        },
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        _ => "SQLite gave an answer that was not expected".into(),
    }
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        // What is no UTF-8 equals no text and is no date, with or without replacement characters.
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Real(_) | ValueRef::Blob(_) => Value::Other,
    }
}

impl rusqlite::ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Param::Int(n) => n.to_sql(),
            Param::Text(t) => t.to_sql(),
        }
    }
}

impl Backend for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn store(&self) -> &str {
        &self.store
    }

    fn tables(&mut self) -> Result<Vec<String>, StoreError> {
        self.table_names()
    }

    fn table(&mut self, name: &str) -> Result<Table, StoreError> {
        self.describe(name)
    }

    fn query(
        &mut self,
        attempt: &str,
        sql: &str,
        params: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let _running = self.deadline.start();
        let run = || -> rusqlite::Result<Vec<Vec<Value>>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut rows = statement.query(rusqlite::params_from_iter(params))?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                out.push((0..width).map(|i| row.get_ref(i).map(value)).collect::<Result<_, _>>()?);
            }
            Ok(out)
        };
        run().map_err(|e| self.refused(attempt, &e))
    }

    fn query_writing(
        &mut self,
        attempt: &str,
        sql: &str,
        params: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let rows = self.query(attempt, sql, params)?;
        self.changed += rows.len() as u64;
        Ok(rows)
    }

    fn execute(&mut self, attempt: &str, sql: &str, params: &[Param]) -> Result<u64, StoreError> {
        let _running = self.deadline.start();
        let changed = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(params)))
            .map_err(|e| self.refused(attempt, &e))? as u64;
        self.changed += changed;
        Ok(changed)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.still_there("begin a batch")?;
        // The write lock from the start: what is tested after it cannot change before it is erased.
        self.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|e| self.refused("begin a batch", &e))
    }

    fn has_triggers(&mut self) -> Result<bool, StoreError> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger')")? != 0)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT").map_err(|e| self.refused("finish a batch", &e))
    }

    fn rollback(&mut self) {
        // Some errors have ended the transaction already.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn pace(&mut self, rows: usize) -> Result<(), StoreError> {
        self.pace.next(rows);
        Ok(())
    }

    fn settle(&mut self, _bound: &SqlBound) -> Result<Aftercare, StoreError> {
        self.still_there("clear up")?;
        self.aftercare()
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.still_there("answer")?;
        Ok(None)
    }

    fn version(&mut self) -> Result<Option<String>, StoreError> {
        Ok(Some(format!("SQLite {}", rusqlite::version())))
    }
}
