//! Reviews: what people answered about single records, and when a data set or a purpose was last
//! looked at as a whole.
//!
//! An answer names its record by key, which is personal data: it goes when the record goes
//! ([`State::forget_answers`]).

use std::fmt;

use frist_ledger::Entry;
use jiff::Timestamp;

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State, ledger};

/// A person's answer about one record.
#[derive(Clone, PartialEq, Eq)]
pub struct ReviewAnswer {
    /// The data set.
    pub dataset: String,
    /// The record's key, as text.
    pub record: String,
    /// Kept until this instant, when it is asked again; none: it is erased.
    pub keep_until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// The question as it was put.
    pub question: String,
    /// The id of the operator who answered.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The id of the answer, one for all records that were answered together: what the ledger names.
    pub review: String,
}

// By hand: a key and a reason are personal data.
impl fmt::Debug for ReviewAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keep = self.keep_until.is_some();
        write!(f, "ReviewAnswer({}, {}, keep: {keep})", self.dataset, self.review)
    }
}

/// The answers about a data set's records, and which change of them this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewAnswers {
    /// Counts up with every change.
    pub change: i64,
    /// The answers, by key.
    pub answers: Vec<ReviewAnswer>,
}

/// That a data set or a purpose was looked at as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// A data set's id, or `activity/purpose`.
    pub what: String,
    /// When.
    pub at: Timestamp,
    /// The id of the operator who did it.
    pub by: String,
    /// What came of it.
    pub note: String,
}

const COLUMNS: &str = "dataset, record, until, reason, question, who, at, review, verdict";

impl State {
    /// Keeps answers, each in place of an earlier one about the same record. Waits for the batch under
    /// way, if there is one (see [`State::at_gate`]).
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer: then none is kept.
    pub fn answer_reviews(&mut self, answers: &[ReviewAnswer], entry: &Entry) -> Result<u64> {
        self.write("keep the answers of a review", |tx| {
            let mut datasets: Vec<&str> = Vec::new();
            for a in answers {
                tx.execute(
                    "INSERT INTO review_answer (dataset, record, until, reason, question, who, at, review, verdict)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                     ON CONFLICT (dataset, record) DO UPDATE SET
                         until = excluded.until, reason = excluded.reason,
                         question = excluded.question, who = excluded.who, at = excluded.at,
                         review = excluded.review, verdict = excluded.verdict",
                    &[
                        (&a.dataset).into(),
                        (&a.record).into(),
                        a.keep_until.into(),
                        (&a.reason).into(),
                        (&a.question).into(),
                        (&a.by).into(),
                        a.at.into(),
                        (&a.review).into(),
                        verdict(a.keep_until).into(),
                    ],
                )?;
                if !datasets.contains(&a.dataset.as_str()) {
                    datasets.push(&a.dataset);
                }
            }
            datasets.into_iter().try_for_each(|dataset| changed(tx, dataset))?;
            ledger::append(tx, entry)
        })
    }

    /// Takes back the answer about a record: it is asked again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; when the entry cannot be written or the database does not answer.
    pub fn take_back_answer(&mut self, dataset: &str, record: &str, entry: &Entry) -> Result<u64> {
        self.write("take back an answer", |tx| {
            let sql = "DELETE FROM review_answer WHERE dataset = ?1 AND record = ?2";
            if tx.execute(sql, &[dataset.into(), record.into()])? == 0 {
                // The key is not told: it is personal data.
                return Err(Error::NotFound {
                    what: "answer about a record of",
                    id: dataset.into(),
                });
            }
            changed(tx, dataset)?;
            ledger::append(tx, entry)
        })
    }

    /// Forgets the answers about records that are gone; answers how many.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn forget_answers(&mut self, dataset: &str, records: &[String]) -> Result<u64> {
        if records.is_empty() {
            return Ok(0);
        }
        self.write("forget answers about records that are gone", |tx| {
            let sql = "DELETE FROM review_answer WHERE dataset = ?1 AND record = ?2";
            let mut gone = 0;
            for record in records {
                gone += tx.execute(sql, &[dataset.into(), record.into()])?;
            }
            changed(tx, dataset)?;
            Ok(gone)
        })
    }

    /// The answers about a data set's records.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn review_answers(&mut self, dataset: &str) -> Result<ReviewAnswers> {
        self.read("read the answers of reviews", |tx| answers(tx, dataset))
    }

    /// The same, where they have changed since the change that is known; none where they have not.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn review_answers_since(
        &mut self,
        dataset: &str,
        known: i64,
    ) -> Result<Option<ReviewAnswers>> {
        self.read("read the answers of reviews", |tx| match change(tx, dataset)? == known {
            true => Ok(None),
            false => answers(tx, dataset).map(Some),
        })
    }

    /// The data sets about whose records there are answers.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn answered_datasets(&mut self) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT dataset FROM review_answer ORDER BY dataset";
        let rows = self.read("list the answers of reviews", |tx| tx.query(sql, &[]))?;
        rows.into_iter().map(|mut row| row.get(0)).collect()
    }

    /// Notes in the ledger alone that something was done of which all else is in the register.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn note(&mut self, entry: &Entry) -> Result<u64> {
        self.write("note what was done", |tx| ledger::append(tx, entry))
    }

    /// Notes that a data set or a purpose was looked at as a whole.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn note_reviewed(&mut self, done: &Reviewed, entry: &Entry) -> Result<u64> {
        self.write("note a review", |tx| {
            tx.execute(
                "INSERT INTO reviewed (what, at, who, note) VALUES (?1, ?2, ?3, ?4)",
                &[(&done.what).into(), done.at.into(), (&done.by).into(), (&done.note).into()],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// All reviews of data sets and purposes, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn reviewed(&mut self) -> Result<Vec<Reviewed>> {
        let sql = "SELECT what, at, who, note FROM reviewed ORDER BY at, id";
        let rows = self.read("list the reviews", |tx| tx.query(sql, &[]))?;
        let read = |mut row: Row| {
            Ok(Reviewed { what: row.get(0)?, at: row.get(1)?, by: row.get(2)?, note: row.get(3)? })
        };
        rows.into_iter().map(read).collect()
    }
}

fn verdict(keep_until: Option<Timestamp>) -> &'static str {
    if keep_until.is_some() { "keep" } else { "erase" }
}

fn changed(tx: &mut Tx<'_>, dataset: &str) -> Result<()> {
    let sql = "INSERT INTO review_change (dataset, n) VALUES (?1, 1)
        ON CONFLICT (dataset) DO UPDATE SET n = review_change.n + 1";
    tx.execute(sql, &[dataset.into()]).map(drop)
}

/// The number of the last change of a data set's answers; 0 before the first.
pub(crate) fn change(tx: &mut Tx<'_>, dataset: &str) -> Result<i64> {
    let row = tx.one("SELECT n FROM review_change WHERE dataset = ?1", &[dataset.into()])?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

pub(crate) fn answers(tx: &mut Tx<'_>, dataset: &str) -> Result<ReviewAnswers> {
    let change = change(tx, dataset)?;
    if change == 0 {
        return Ok(ReviewAnswers::default());
    }
    let sql = format!("SELECT {COLUMNS} FROM review_answer WHERE dataset = ?1 ORDER BY record");
    let rows = tx.query(&sql, &[dataset.into()])?;
    let answers = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(ReviewAnswers { change, answers })
}

fn read(mut row: Row) -> Result<ReviewAnswer> {
    let answer = ReviewAnswer {
        dataset: row.get(0)?,
        record: row.get(1)?,
        keep_until: row.get(2)?,
        reason: row.get(3)?,
        question: row.get(4)?,
        by: row.get(5)?,
        at: row.get(6)?,
        review: row.get(7)?,
    };
    // Of an answer that was damaged nobody knows which of the two it was.
    if row.get::<String>(8)? != verdict(answer.keep_until) {
        return Err(Error::damaged(format!("an answer about a record of `{}`", answer.dataset)));
    }
    Ok(answer)
}
