//! Erasing keys so that nothing of them is left: rows, the keys of hours without objects, and the files' unused parts.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{Rows, collections};
use crate::error::VaultError;
use crate::id::ObjectId;

impl Rows {
    /// Rewrites the databases, so that no copy of an erased key is left in unused parts of pages,
    /// and cuts the logs to nothing. Answers whether all was done; a reader can be in the way.
    pub(crate) fn scrub(&self, index: bool) -> Result<bool, VaultError> {
        let run = || {
            self.connection.execute_batch("VACUUM hours")?;
            if index {
                self.connection.execute_batch("VACUUM main")?;
            }
            let mut busy = 0;
            for database in ["hours", "main"] {
                let sql = format!("PRAGMA {database}.wal_checkpoint(TRUNCATE)");
                busy += self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
            }
            Ok(busy == 0)
        };
        match run() {
            Ok(done) => Ok(done),
            Err(e) if busy(&e) => Ok(false),
            Err(e) => Err(VaultError::db("rewrite its files")(e)),
        }
    }
}

fn busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// Erases the keys of hours of which no object is left; answers how many.
pub(crate) fn destroy_hours(connection: &Connection) -> rusqlite::Result<u64> {
    let used: Vec<String> = collections(connection)?
        .into_iter()
        .map(|c| format!("EXISTS (SELECT 1 FROM main.\"{c}\" AS t WHERE t.hour = k.hour)"))
        .collect();
    let used = if used.is_empty() { "0".to_owned() } else { used.join(" OR ") };
    let sql = format!("DELETE FROM hours.hour_key AS k WHERE NOT ({used})");
    connection.execute(&sql, []).map(|n| n as u64)
}

/// Erases these rows wherever they are, and the keys of hours that are left without any. Answers
/// how many rows there were.
pub(crate) fn destroy(connection: &Connection, ids: &[ObjectId]) -> rusqlite::Result<u64> {
    let mut gone = 0;
    for collection in collections(connection)? {
        let sql = format!("DELETE FROM main.\"{collection}\" WHERE id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        for id in ids {
            gone += statement.execute([id.to_string()])? as u64;
            if gone == ids.len() as u64 {
                break;
            }
        }
    }
    destroy_hours(connection)?;
    Ok(gone)
}

/// Every hour for which there is a key. For dropping keys from memory that were destroyed.
pub(crate) fn hours(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare_cached("SELECT hour FROM hours.hour_key")?;
    statement.query_map([], |row| row.get(0))?.collect()
}
