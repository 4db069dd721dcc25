//! What may be left of erased records in the file and beside it.
//!
//! - The write-ahead log holds earlier pages until it is written back and cut.
//! - A rollback journal holds them too, in the modes that keep the file.
//! - Pages that were freed before, by a program without `secure_delete`, keep their old bytes
//!   until a `VACUUM`.

use frist_register::Vacuum;

use super::Sqlite;
use crate::store::{Aftercare, StoreError};

impl Sqlite {
    pub(super) fn aftercare(&mut self) -> Result<Aftercare, StoreError> {
        let mut care = Aftercare::default();
        let seen = self.number("PRAGMA data_version")?;
        self.clean &= seen == self.seen;
        self.seen = seen;
        let free = self.number("PRAGMA freelist_count")?;
        if free > 0 && !self.clean {
            match self.vacuum {
                Vacuum::Run => {
                    self.connection.execute_batch("VACUUM").map_err(|e| self.refused("VACUUM", &e))?;
                    self.clean = true;
                    self.seen = self.number("PRAGMA data_version")?;
                    care.done.push("the database was vacuumed".into());
                }
                Vacuum::Recommend => care.advice.push(format!(
                    "{free} free pages of the file may hold bytes that other programs deleted; run VACUUM once, or set `vacuum = \"run\"`"
                )),
            }
        }
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
}
