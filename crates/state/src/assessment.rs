//! Assessments of how long data may be kept, as they were made: so that it can be shown later what
//! was weighed, also where the register was never changed for it.

use frist_ledger::Entry;
use jiff::Timestamp;
use serde_json::Value;

use crate::value::Row;
use crate::{Error, Result, State, ledger};

/// An assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptAssessment {
    /// The data set, or `store/collection` of one that the register does not have.
    pub dataset: String,
    /// When it was made.
    pub at: Timestamp,
    /// The id of the operator who made it.
    pub by: String,
    /// The answers, by the question's id.
    pub answers: Value,
    /// What followed: rule, reasons, doubts.
    pub proposal: Value,
}

impl State {
    /// Keeps an assessment.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn keep_assessment(&mut self, made: &KeptAssessment, entry: &Entry) -> Result<u64> {
        let (answers, proposal) = (made.answers.to_string(), made.proposal.to_string());
        self.write("keep an assessment", |tx| {
            tx.execute(
                "INSERT INTO assessment (dataset, at, who, answers, proposal)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                &[
                    (&made.dataset).into(),
                    made.at.into(),
                    (&made.by).into(),
                    (&answers).into(),
                    (&proposal).into(),
                ],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// The assessments of a data set, or of all of them, the newest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer, or one cannot be read.
    pub fn assessments(&mut self, dataset: Option<&str>) -> Result<Vec<KeptAssessment>> {
        let sql = |which: &str| {
            format!(
                "SELECT dataset, at, who, answers, proposal FROM assessment {which} ORDER BY id DESC"
            )
        };
        let rows = self.read("read assessments", |tx| match dataset {
            Some(dataset) => tx.query(&sql("WHERE dataset = ?1"), &[dataset.into()]),
            None => tx.query(&sql(""), &[]),
        })?;
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<KeptAssessment> {
    let dataset: String = row.get(0)?;
    let json = |text: String| {
        serde_json::from_str(&text)
            .map_err(|_| Error::damaged(format!("an assessment of `{dataset}` cannot be read")))
    };
    let (answers, proposal) = (json(row.get(3)?)?, json(row.get(4)?)?);
    Ok(KeptAssessment { at: row.get(1)?, by: row.get(2)?, dataset, answers, proposal })
}
