//! The log of a case: who did what and when, each step with its entry in the ledger.

use frist_ledger::{Entry, Id, Kind};
use jiff::Timestamp;

use super::paper::{self, Paper};
use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State, ledger};

/// A step to be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct NewStep {
    /// When.
    pub at: Timestamp,
    /// The operator.
    pub by: String,
    /// What, in a word that the ledger also keeps: `opened`, `extended`. Letters, digits and
    /// `. _ : / @ + - #`, no personal data.
    pub step: String,
    /// The particulars, such as a reason. May hold personal data: it stays with the case.
    pub text: Option<String>,
}

// By hand: what was noted is about people.
impl std::fmt::Debug for NewStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewStep({} by {})", self.step, self.by)
    }
}

/// A step of a case's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStep {
    /// Its number; later steps have higher ones.
    pub id: i64,
    /// The step.
    pub step: NewStep,
    /// The numbers of the papers that were made or received in it.
    pub papers: Vec<i64>,
}

impl State {
    /// The log of a case, the first step first; empty when there is no such case.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn case_log(&mut self, number: &str) -> Result<Vec<CaseStep>> {
        self.read("read a case's log", |tx| {
            let rows = tx.query(
                "SELECT id, at, who, step, text FROM case_step WHERE number = ?1 ORDER BY id",
                &[number.into()],
            )?;
            let mut steps = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
            let papers = tx.query(
                "SELECT step, id FROM case_paper WHERE number = ?1 AND step IS NOT NULL ORDER BY id",
                &[number.into()],
            )?;
            for mut row in papers {
                let (step, id): (i64, i64) = (row.get(0)?, row.get(1)?);
                if let Some(of) = steps.iter_mut().find(|s| s.id == step) {
                    of.papers.push(id);
                }
            }
            Ok(steps)
        })
    }

    /// Adds a step that changes nothing of the case itself, with its papers: a note, a letter that
    /// was sent again. The case keeps its version.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; when the step's words do not fit into the ledger or the database does
    /// not answer.
    pub fn add_case_step(&mut self, number: &str, step: &NewStep, papers: &[Paper]) -> Result<()> {
        let request = self.request;
        self.write("add a step to a case", |tx| {
            super::lock(tx, number, None)?;
            crate::token::done(tx, request)?;
            add(tx, number, step, papers)
        })
    }
}

/// Logs a step with its papers, and writes its ledger entry.
pub(super) fn add(tx: &mut Tx<'_>, number: &str, step: &NewStep, papers: &[Paper]) -> Result<()> {
    let row = tx.one(
        "INSERT INTO case_step (number, at, who, step, text) VALUES (?1, ?2, ?3, ?4, ?5)
         RETURNING id",
        &[
            number.into(),
            step.at.into(),
            (&step.by).into(),
            (&step.step).into(),
            step.text.as_deref().into(),
        ],
    )?;
    let id: i64 = row.ok_or_else(|| Error::damaged("a step was not given a number"))?.get(0)?;
    for paper in papers {
        paper::add(tx, number, Some(id), paper)?;
    }
    ledger::append(tx, &entry(number, step)?).map(drop)
}

/// The ledger's entry of a step.
pub(super) fn entry(number: &str, step: &NewStep) -> Result<Entry> {
    let (case, word, by) =
        (Id::new(number)?, Id::new(step.step.as_str())?, Id::new(step.by.as_str())?);
    Ok(Entry::new(step.at, Kind::Case { case, step: word, by }))
}

/// When, by whom and what the last step was.
pub(super) fn last(tx: &mut Tx<'_>, number: &str) -> Result<(Timestamp, String, String)> {
    let sql = "SELECT at, who, step FROM case_step WHERE number = ?1 ORDER BY id DESC LIMIT 1";
    let row = tx.one(sql, &[number.into()])?;
    let mut row = row.ok_or_else(|| Error::damaged(format!("case `{number}` has no log")))?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn read(mut row: Row) -> Result<CaseStep> {
    let id = row.get(0)?;
    let step = NewStep { at: row.get(1)?, by: row.get(2)?, step: row.get(3)?, text: row.get(4)? };
    Ok(CaseStep { id, step, papers: Vec::new() })
}
