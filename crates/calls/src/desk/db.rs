//! `calls.db`: opening it, its tables, and whether it is still the file that was opened.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::types::DeskError;

/// The file's name in the desk's folder.
pub const FILE: &str = "calls.db";

/// "Frca": says that an SQLite file is the desk's.
const APPLICATION_ID: i64 = 0x4672_6361;

/// Each brings the tables one version further; never change one that was released.
const MIGRATIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema-2.sql")];

/// How long to wait for another process (a sweep) that holds the lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// The database, one connection.
pub(crate) struct Db {
    path: PathBuf,
    /// Device and inode of the file that was opened.
    file: (u64, u64),
    connection: Mutex<Connection>,
}

impl Db {
    /// Opens the database in this folder, or makes it, readable for its owner alone.
    pub(crate) fn open(folder: &Path) -> Result<Db, DeskError> {
        let path = folder.join(FILE);
        let cannot = |why: String| DeskError::Database { attempt: "be opened", why };
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        if let Err(e) = made
            && e.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(cannot(format!("`{}`: {e}", path.display())));
        }
        let mut connection = Connection::open(&path).map_err(|e| cannot(reason(&e)))?;
        prepare(&mut connection).map_err(|e| cannot(reason(&e)))?;
        migrate(&mut connection).map_err(cannot)?;
        let file = identity(&path).ok_or_else(|| cannot("the file is gone".to_owned()))?;
        Ok(Db { path, file, connection: Mutex::new(connection) })
    }

    /// Does `what` in one transaction, on disk when this returns.
    pub(crate) fn write<T>(
        &self,
        attempt: &'static str,
        what: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, DeskError> {
        let failed = |e: rusqlite::Error| DeskError::Database { attempt, why: reason(&e) };
        self.is_there(attempt)?;
        let mut connection = self.lock();
        let tx =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let value = what(&tx).map_err(failed)?;
        tx.commit().map_err(failed)?;
        Ok(value)
    }

    /// Reads one state of the database.
    pub(crate) fn read<T>(
        &self,
        attempt: &'static str,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DeskError> {
        self.is_there(attempt)?;
        what(&self.lock()).map_err(|e| DeskError::Database { attempt, why: reason(&e) })
    }

    /// Refuses when the file was removed or replaced: what is written would be lost.
    pub(crate) fn is_there(&self, attempt: &'static str) -> Result<(), DeskError> {
        if identity(&self.path) == Some(self.file) {
            return Ok(());
        }
        let why = format!(
            "`{}` was removed or replaced while it was in use; put it back and start again",
            self.path.display()
        );
        Err(DeskError::Database { attempt, why })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in the middle of a transaction rolls it back: the connection is still good.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instant as the tables hold it: UTC, whole seconds.
pub(crate) fn text(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// Reads an instant that the tables hold.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: a commit is on disk when it returns.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), String> {
    let text = |e: rusqlite::Error| reason(&e);
    let known = MIGRATIONS.len() as i64;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(text)?;
    let number = |pragma: &str| tx.query_row(pragma, [], |r| r.get::<_, i64>(0)).map_err(text);
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")?;
    if tables > 0 && number("PRAGMA application_id")? != APPLICATION_ID {
        return Err(format!("`{FILE}` is another program's database; choose another folder"));
    }
    if version > known {
        return Err(format!(
            "`{FILE}` has tables of version {version}, and this program knows {known}; use a newer Frist"
        ));
    }
    let done = usize::try_from(version).map_err(|_| "its version is negative".to_owned())?;
    for sql in &MIGRATIONS[done..] {
        tx.execute_batch(sql).map_err(text)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(text)?;
    tx.pragma_update(None, "user_version", known).map_err(text)?;
    tx.commit().map_err(text)
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// SQLite's words, which name tables and columns but never values.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => match text {
            Some(text) => format!("{text} (SQLite {})", code.extended_code),
            None => format!("{code} (SQLite {})", code.extended_code),
        },
        // These may quote a value.
        rusqlite::Error::FromSqlConversionFailure(column, ..) => {
            format!("column {column} holds something unexpected")
        }
        other => other.to_string(),
    }
}
