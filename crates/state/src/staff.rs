//! Staff: who is to read the guidelines, who attested that, and who was trained.
//!
//! Each change has its entry in the ledger, which names the row's number and the operator only.

use frist_ledger::{Entry, Id, Kind};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::{Db, Tx, postgres_error, sqlite_error};
use crate::value::Row;
use crate::{Error, Result, State, ledger, scrub};

/// A member of staff.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// The operator's id.
    pub person: String,
    /// The guidelines that concern this person; none when all do.
    pub guidelines: Option<Vec<String>>,
    /// The first day.
    pub since: Date,
    /// The last day; none while employed.
    pub left_on: Option<Date>,
}

/// That somebody has read a guideline.
#[derive(Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Who.
    pub person: String,
    /// The guideline.
    pub guideline: String,
    /// Which version of it.
    pub version: String,
    /// SHA-256 of the text that was read, in hexadecimal.
    pub sha256: String,
    /// When.
    pub at: Timestamp,
    /// The operator who entered it.
    pub by: String,
}

/// That somebody was trained.
#[derive(Clone, PartialEq, Eq)]
pub struct Training {
    /// Who.
    pub person: String,
    /// In what.
    pub course: String,
    /// On which day.
    pub done_on: Date,
    /// The last day on which it counts; none when it does not lapse.
    pub valid_until: Option<Date>,
    /// When it was entered.
    pub at: Timestamp,
    /// The operator who entered it.
    pub by: String,
}

// By hand: these are about people.
impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Staff(since {}, left {:?})", self.since, self.left_on)
    }
}
impl std::fmt::Debug for Attestation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attestation({} version {})", self.guideline, self.version)
    }
}
impl std::fmt::Debug for Training {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Training({}, {})", self.course, self.done_on)
    }
}

impl State {
    /// Keeps a member of staff, in place of what was known of this person.
    ///
    /// # Errors
    ///
    /// When `by` cannot name an operator or the database does not answer.
    pub fn put_staff(&mut self, staff: &Staff, by: &str, at: Timestamp) -> Result<()> {
        let guidelines = staff.guidelines.as_ref().map(|g| g.join(" "));
        let (since, left) = (staff.since.to_string(), staff.left_on.map(|d| d.to_string()));
        let step = if staff.left_on.is_some() { "staff-left" } else { "staff-kept" };
        self.write("keep a member of staff", |tx| {
            tx.execute(
                "INSERT INTO staff (person, guidelines, since, left_on) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (person) DO UPDATE SET guidelines = excluded.guidelines,
                     since = excluded.since, left_on = excluded.left_on",
                &[
                    (&staff.person).into(),
                    guidelines.as_deref().into(),
                    (&since).into(),
                    left.as_deref().into(),
                ],
            )?;
            log(tx, "staff", step, by, at)
        })
    }

    /// All members of staff that are known, also those who left, by name.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn staff(&mut self) -> Result<Vec<Staff>> {
        let sql = "SELECT person, guidelines, since, left_on FROM staff ORDER BY person";
        let rows = self.read("list the staff", |tx| tx.query(sql, &[]))?;
        rows.into_iter()
            .map(|mut row| {
                let guidelines: Option<String> = row.get(1)?;
                Ok(Staff {
                    person: row.get(0)?,
                    guidelines: guidelines
                        .map(|g| g.split_whitespace().map(str::to_owned).collect()),
                    since: need(day(&mut row, 2)?)?,
                    left_on: day(&mut row, 3)?,
                })
            })
            .collect()
    }

    /// Keeps an attestation; answers its number.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the person is not known as staff; when the database does not answer.
    pub fn attest(&mut self, new: &Attestation) -> Result<i64> {
        self.write("keep an attestation", |tx| {
            known(tx, &new.person)?;
            let row = tx.one(
                "INSERT INTO attestation (person, guideline, version, sha256, at, who)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
                &[
                    (&new.person).into(),
                    (&new.guideline).into(),
                    (&new.version).into(),
                    (&new.sha256).into(),
                    new.at.into(),
                    (&new.by).into(),
                ],
            )?;
            let id: i64 =
                row.ok_or_else(|| Error::damaged("an attestation got no number"))?.get(0)?;
            log(tx, &format!("attestation-{id}"), "attested", &new.by, new.at)?;
            Ok(id)
        })
    }

    /// All attestations, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn attestations(&mut self) -> Result<Vec<Attestation>> {
        let sql = "SELECT person, guideline, version, sha256, at, who FROM attestation ORDER BY id";
        let rows = self.read("list the attestations", |tx| tx.query(sql, &[]))?;
        let read = |mut row: Row| {
            Ok(Attestation {
                person: row.get(0)?,
                guideline: row.get(1)?,
                version: row.get(2)?,
                sha256: row.get(3)?,
                at: row.get(4)?,
                by: row.get(5)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Keeps that somebody was trained; answers its number.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the person is not known as staff; when the database does not answer.
    pub fn train(&mut self, new: &Training) -> Result<i64> {
        let (done, valid) = (new.done_on.to_string(), new.valid_until.map(|d| d.to_string()));
        self.write("keep a training", |tx| {
            known(tx, &new.person)?;
            let row = tx.one(
                "INSERT INTO training (person, course, done_on, valid_until, at, who)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
                &[
                    (&new.person).into(),
                    (&new.course).into(),
                    (&done).into(),
                    valid.as_deref().into(),
                    new.at.into(),
                    (&new.by).into(),
                ],
            )?;
            let id: i64 = row.ok_or_else(|| Error::damaged("a training got no number"))?.get(0)?;
            log(tx, &format!("training-{id}"), "trained", &new.by, new.at)?;
            Ok(id)
        })
    }

    /// All trainings, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn trainings(&mut self) -> Result<Vec<Training>> {
        let sql = "SELECT person, course, done_on, valid_until, at, who FROM training ORDER BY id";
        let rows = self.read("list the trainings", |tx| tx.query(sql, &[]))?;
        rows.into_iter()
            .map(|mut row| {
                Ok(Training {
                    person: row.get(0)?,
                    course: row.get(1)?,
                    done_on: need(day(&mut row, 2)?)?,
                    valid_until: day(&mut row, 3)?,
                    at: row.get(4)?,
                    by: row.get(5)?,
                })
            })
            .collect()
    }

    /// Erases all that is known of these people as staff; answers how many there were.
    /// [`State::scrub_staff`] must follow.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn forget_staff(&mut self, people: &[String], by: &str, at: Timestamp) -> Result<u64> {
        self.write("erase staff data", |tx| {
            let mut erased = 0;
            for person in people {
                for table in ["attestation", "training"] {
                    let sql = format!("DELETE FROM {table} WHERE person = ?1");
                    tx.execute(&sql, &[person.into()])?;
                }
                erased += tx.execute("DELETE FROM staff WHERE person = ?1", &[person.into()])?;
            }
            if erased > 0 {
                log(tx, "staff", &format!("staff-erased:{erased}"), by, at)?;
            }
            Ok(erased)
        })
    }
}

impl State {
    /// Overwrites what the database keeps of erased staff data: SQLite's file is written anew and
    /// its log cut, PostgreSQL's tables are. PostgreSQL's own log, replicas and backups are beyond it.
    ///
    /// # Errors
    ///
    /// When it could not be done, for example because another connection is reading; nothing is
    /// lost, and the next call does it.
    pub fn scrub_staff(&mut self) -> Result<()> {
        const DOING: &str = "overwrite what is left of erased staff data";
        match &mut self.db {
            Db::Sqlite(connection, _) => {
                connection.execute_batch("VACUUM").map_err(|e| sqlite_error(DOING, &e))?;
                let busy: i64 = connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                    .map_err(|e| sqlite_error(DOING, &e))?;
                if busy == 0 { Ok(()) } else { Err(Error::Locked { doing: DOING }) }
            }
            Db::Postgres(client) => {
                // Else they would be copied into the new tables.
                let dead = scrub::all_dead(client, 200).map_err(|e| postgres_error(DOING, &e))?;
                if !dead {
                    return Err(Error::Locked { doing: DOING });
                }
                ["staff", "attestation", "training"].iter().try_for_each(|t| {
                    client
                        .batch_execute(&format!("VACUUM FULL frist.{t}"))
                        .map_err(|e| postgres_error(DOING, &e))
                })
            }
        }
    }
}

fn known(tx: &mut Tx<'_>, person: &str) -> Result<()> {
    match tx.one("SELECT 1 FROM staff WHERE person = ?1", &[person.into()])? {
        Some(_) => Ok(()),
        None => Err(Error::NotFound { what: "member of staff", id: person.to_owned() }),
    }
}

fn log(tx: &mut Tx<'_>, case: &str, step: &str, by: &str, at: Timestamp) -> Result<()> {
    let entry =
        Entry::new(at, Kind::Case { case: Id::new(case)?, step: Id::new(step)?, by: Id::new(by)? });
    ledger::append(tx, &entry).map(drop)
}

fn day(row: &mut Row, at: usize) -> Result<Option<Date>> {
    let text: Option<String> = row.get(at)?;
    text.map(|t| t.parse().map_err(|_| Error::damaged("a day of staff data is none"))).transpose()
}

fn need(day: Option<Date>) -> Result<Date> {
    day.ok_or_else(|| Error::damaged("a day of staff data is missing"))
}
