//! What may be left of erased records in the file and beside it.
//!
//! - `secure_delete` overwrites a record where it lies. But whenever a page of the file was split
//!   or merged before, by any program, copies of records stayed behind in its unused part, and
//!   those are not overwritten when the record is. Only `VACUUM`, which writes every page anew,
//!   removes them; so does it with pages that were freed without `secure_delete`.
//! - The write-ahead log holds earlier pages until it is written back and cut.
//! - A rollback journal holds them too, in the modes that keep the file.

use frist_register::Vacuum;

use super::Sqlite;
use crate::{Aftercare, StoreError};

/// A file up to this size is rewritten in a moment, in memory; what is larger only when the
/// register says so.
const SMALL: u64 = 256 << 20;

impl Sqlite {
    pub(super) fn aftercare(&mut self) -> Result<Aftercare, StoreError> {
        let mut care = Aftercare::default();
        self.rewrite(&mut care)?;
        let mode: String = self
            .connection
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .map_err(|e| self.refused("answer", &e))?;
        if mode == "wal" {
            let busy: i64 = self
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                .map_err(|e| self.refused("write back its log", &e))?;
            match busy {
                0 => care.done.push("the write-ahead log was written back and cut".into()),
                _ => care.advice.push(
                    "the write-ahead log still holds erased records, because another program is reading; it is cut at the next sweep, or run PRAGMA wal_checkpoint(TRUNCATE)".into(),
                ),
            }
        }
        let mut journal = self.path.clone().into_os_string();
        journal.push("-journal");
        if std::fs::metadata(&journal).is_ok_and(|m| m.len() > 0) {
            care.advice.push(
                "another program keeps a rollback journal beside the file (journal_mode PERSIST or a transaction under way), which may hold erased records".into(),
            );
        }
        Ok(care)
    }

    /// Runs `VACUUM` or says that somebody should.
    fn rewrite(&mut self, care: &mut Aftercare) -> Result<(), StoreError> {
        let seen = self.number("PRAGMA data_version")?;
        self.clean &= seen == self.seen;
        self.seen = seen;
        let free = self.number("PRAGMA freelist_count")?;
        let old = free > 0 && !self.clean;
        if self.changed == 0 && !old {
            return Ok(());
        }
        let small = std::fs::metadata(&self.path).is_ok_and(|m| m.len() <= SMALL);
        if self.vacuum == Vacuum::Run || (small && self.changed > 0) {
            // Without temporary files for a small database, and without filling the memory for a
            // large one.
            let place = if small { "MEMORY" } else { "FILE" };
            let sql = format!("PRAGMA temp_store = {place}; VACUUM; PRAGMA temp_store = MEMORY");
            match self.connection.execute_batch(&sql) {
                Ok(()) => {
                    self.changed = 0;
                    self.clean = true;
                    self.seen = self.number("PRAGMA data_version")?;
                    care.done.push("the database was rewritten (VACUUM)".into());
                    return Ok(());
                }
                Err(e) => care.advice.push(format!("VACUUM did not succeed: {}", super::why(&e))),
            }
        }
        let what = match self.changed {
            0 => format!("{free} free pages of the file may hold what other programs deleted"),
            _ => "unused parts of the file may still hold copies of erased records".to_owned(),
        };
        care.advice.push(format!("{what}; run VACUUM, or set `vacuum = \"run\"`"));
        Ok(())
    }
}
