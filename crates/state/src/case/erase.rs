//! Erasing cases: all that is kept of them, also in the unused parts of the database's own file.

use jiff::Timestamp;

use super::log::{self, NewStep};
use crate::db::{Db, postgres_error, sqlite_error};
use crate::{Error, Result, State, ledger, scrub};

const TABLES: [&str; 6] =
    ["case_parcel", "case_link", "case_record", "case_paper", "case_step", "cases"];
/// Under this name the database remembers that [`State::scrub_cases`] is still to be done.
const PENDING: &str = "case-scrub";
const DOING: &str = "overwrite what is left of erased cases";

impl State {
    /// Erases a closed case: its body, log, papers, records and private link. Its number stays taken, and the
    /// ledger says that it was erased. [`State::scrub_cases`] must follow, once for all.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] while the case is open.
    pub fn erase_case(&mut self, number: &str, by: &str, at: Timestamp) -> Result<()> {
        let step = NewStep { at, by: by.to_owned(), step: "case-erased".to_owned(), text: None };
        self.write("erase a case", |tx| {
            let sql = "SELECT closed_at FROM cases WHERE number = ?1 FOR UPDATE";
            let row = tx.one(sql, &[number.into()])?;
            let mut row =
                row.ok_or_else(|| Error::NotFound { what: "case", id: number.to_owned() })?;
            if row.get::<Option<Timestamp>>(0)?.is_none() {
                let reason = "is still open; close it first".to_owned();
                return Err(Error::Refused { what: "case", id: number.to_owned(), reason });
            }
            for table in TABLES {
                tx.execute(&format!("DELETE FROM {table} WHERE number = ?1"), &[number.into()])?;
            }
            tx.execute(
                "INSERT INTO meta (key, value) VALUES (?1, '1') ON CONFLICT (key) DO NOTHING",
                &[PENDING.into()],
            )?;
            ledger::append(tx, &log::entry(number, &step)?).map(drop)
        })
    }

    /// Whether a case was erased since [`State::scrub_cases`] last succeeded.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn cases_want_scrubbing(&mut self) -> Result<bool> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        let row = self.read("look for erased cases", |tx| tx.one(sql, &[PENDING.into()]))?;
        Ok(row.is_some())
    }

    /// Overwrites what the database keeps of erased cases, and of earlier versions of cases that
    /// are still there: SQLite's file is written anew and its log cut, PostgreSQL's tables of
    /// cases are. PostgreSQL's own log, replicas and backups are beyond it.
    ///
    /// # Errors
    ///
    /// When it could not be done, for example because another connection is reading; nothing is
    /// lost, and the next call does it.
    pub fn scrub_cases(&mut self) -> Result<()> {
        match &mut self.db {
            Db::Sqlite(connection, _) => {
                // secure_delete does not reach the copies that a page keeps when it is rearranged.
                connection.execute_batch("VACUUM").map_err(|e| sqlite_error(DOING, &e))?;
                let busy: i64 = connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                    .map_err(|e| sqlite_error(DOING, &e))?;
                if busy != 0 {
                    return Err(Error::Locked { doing: DOING });
                }
            }
            Db::Postgres(client) => {
                // Else they would be copied into the new tables.
                let dead = scrub::all_dead(client, 200).map_err(|e| postgres_error(DOING, &e))?;
                if !dead {
                    return Err(Error::Locked { doing: DOING });
                }
                for table in TABLES {
                    client
                        .batch_execute(&format!("VACUUM FULL frist.{table}"))
                        .map_err(|e| postgres_error(DOING, &e))?;
                }
            }
        }
        let sql = "DELETE FROM meta WHERE key = ?1";
        self.write(DOING, |tx| tx.execute(sql, &[PENDING.into()]).map(drop))
    }
}
