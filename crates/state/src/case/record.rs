//! The records that a case is about, and what is answered for each of them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State};

/// One record of a case.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseRecord {
    /// The data set.
    pub dataset: String,
    /// Its key, in the caller's form.
    pub key: String,
    /// Why it is thought to be about the person.
    pub why: String,
    /// What becomes of it, in a word of the deciding module: `erase`, `refuse`.
    pub state: String,
    /// The ground of a refusal, such as `17(3)(b)`.
    pub ground: Option<String>,
    /// The day on which the ground ends.
    pub until: Option<Date>,
    /// When it was done; none while it is open.
    pub done_at: Option<Timestamp>,
}

/// How many records of a data set stand alike in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSum {
    /// Data set.
    pub dataset: String,
    /// As in [`CaseRecord`].
    pub state: String,
    /// Whether it was done.
    pub done: bool,
    /// Records.
    pub n: u64,
    /// The last day on which any of them stays.
    pub until: Option<Date>,
}

// By hand: keys and reasons are about people.
impl std::fmt::Debug for CaseRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaseRecord({}, {})", self.dataset, self.state)
    }
}

impl State {
    /// Keeps the records of a case in place of those that it had.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such case; when two are of the same data set and key.
    pub fn put_case_records(&mut self, number: &str, records: &[CaseRecord]) -> Result<()> {
        self.write("keep a case's records", |tx| {
            super::lock(tx, number, None)?;
            put(tx, number, records)
        })
    }

    /// The records of a case, by data set and key.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn case_records(&mut self, number: &str) -> Result<Vec<CaseRecord>> {
        let sql = "SELECT dataset, key, why, state, ground, until, done_at FROM case_record
            WHERE number = ?1 ORDER BY dataset, key";
        let rows = self.read("read a case's records", |tx| tx.query(sql, &[number.into()]))?;
        rows.into_iter().map(read).collect()
    }

    /// The records of a case counted, by data set, state and whether it was done: what an overview needs
    /// of a person with thousands.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn case_sums(&mut self, number: &str) -> Result<Vec<CaseSum>> {
        let sql = "SELECT dataset, state, CASE WHEN done_at IS NULL THEN 0 ELSE 1 END AS done,
                count(*), max(until)
            FROM case_record WHERE number = ?1 GROUP BY dataset, state, done
            ORDER BY dataset, state, done";
        let rows = self.read("count a case's records", |tx| tx.query(sql, &[number.into()]))?;
        let sum = |mut row: Row| {
            let (done, n): (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok(CaseSum {
                dataset: row.get(0)?,
                state: row.get(1)?,
                done: done != 0,
                n: n.unsigned_abs(),
                until: day(row.get(4)?)?,
            })
        };
        rows.into_iter().map(sum).collect()
    }
}

pub(super) fn put(tx: &mut Tx<'_>, number: &str, records: &[CaseRecord]) -> Result<()> {
    tx.execute("DELETE FROM case_record WHERE number = ?1", &[number.into()])?;
    for record in records {
        let until = record.until.map(|day| day.to_string());
        tx.execute(
            "INSERT INTO case_record (number, dataset, key, why, state, ground, until, done_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &[
                number.into(),
                (&record.dataset).into(),
                (&record.key).into(),
                (&record.why).into(),
                (&record.state).into(),
                record.ground.as_deref().into(),
                until.as_deref().into(),
                record.done_at.into(),
            ],
        )?;
    }
    Ok(())
}

fn read(mut row: Row) -> Result<CaseRecord> {
    let until = day(row.get(5)?)?;
    Ok(CaseRecord {
        dataset: row.get(0)?,
        key: row.get(1)?,
        why: row.get(2)?,
        state: row.get(3)?,
        ground: row.get(4)?,
        until,
        done_at: row.get(6)?,
    })
}

fn day(text: Option<String>) -> Result<Option<Date>> {
    let read =
        |text: String| text.parse().map_err(|_| Error::damaged("a case's record ends on no day"));
    text.map(read).transpose()
}
