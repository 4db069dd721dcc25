//! The papers of a case: letters that were written, files that were received.

use jiff::Timestamp;

use crate::db::Tx;
use crate::value::{Row, count};
use crate::{Error, Result, State};

/// A paper to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Paper {
    /// What it is: a kind of letter (`receipt`, `refused`), or `received` for what came in.
    pub kind: String,
    /// Its language, `da` or `en`; none for what came in.
    pub lang: Option<String>,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// Its file name.
    pub name: String,
    /// What it says.
    pub bytes: Vec<u8>,
    /// When it was made or received.
    pub made_at: Timestamp,
}

// By hand: a letter is about a person, and its file name may be.
impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paper({}, {}, {} bytes)", self.kind, self.media_type, self.bytes.len())
    }
}

/// A paper as a list shows it, without what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPaper {
    /// Its number, among the papers of all cases.
    pub id: i64,
    /// The case.
    pub number: String,
    /// What it is.
    pub kind: String,
    /// Its language.
    pub lang: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its file name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was made or received.
    pub made_at: Timestamp,
}

impl std::fmt::Debug for KeptPaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptPaper({}, {}, {})", self.id, self.number, self.kind)
    }
}

impl State {
    /// Keeps a paper that belongs to no step; answers its number.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; when the database does not answer.
    pub fn keep_paper(&mut self, number: &str, paper: &Paper) -> Result<i64> {
        self.write("keep a paper", |tx| {
            super::lock(tx, number, None)?;
            add(tx, number, None, paper)
        })
    }

    /// Removes a paper of a case, such as a proof of identity that has served its purpose, and logs
    /// `step`; false when the case has no such paper of this kind (any more): then nothing is logged.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; when the step's words do not fit into the ledger or the database does
    /// not answer.
    pub fn remove_paper(
        &mut self,
        number: &str,
        id: i64,
        kind: &str,
        step: &super::NewStep,
    ) -> Result<bool> {
        self.write("remove a paper", |tx| {
            super::lock(tx, number, None)?;
            let sql = "DELETE FROM case_paper WHERE id = ?1 AND number = ?2 AND kind = ?3";
            if tx.execute(sql, &[id.into(), number.into(), kind.into()])? == 0 {
                return Ok(false);
            }
            super::log::add(tx, number, step, &[])?;
            Ok(true)
        })
    }

    /// The papers of a case, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn papers(&mut self, number: &str) -> Result<Vec<KeptPaper>> {
        let sql = "SELECT id, number, kind, lang, media_type, name, length(bytes), made_at
            FROM case_paper WHERE number = ?1 ORDER BY id";
        let rows = self.read("list a case's papers", |tx| tx.query(sql, &[number.into()]))?;
        rows.into_iter().map(read).collect()
    }

    /// A paper, with the number of its case.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn paper(&mut self, id: i64) -> Result<Option<(String, Paper)>> {
        let sql = "SELECT number, kind, lang, media_type, name, bytes, made_at
            FROM case_paper WHERE id = ?1";
        let row = self.read("read a paper", |tx| tx.one(sql, &[id.into()]))?;
        row.map(|mut row| {
            let paper = Paper {
                kind: row.get(1)?,
                lang: row.get(2)?,
                media_type: row.get(3)?,
                name: row.get(4)?,
                bytes: row.get(5)?,
                made_at: row.get(6)?,
            };
            Ok((row.get(0)?, paper))
        })
        .transpose()
    }
}

pub(super) fn add(tx: &mut Tx<'_>, number: &str, step: Option<i64>, paper: &Paper) -> Result<i64> {
    // PostgreSQL's largest value is 1 GiB; SQLite's is less.
    count("a paper", paper.bytes.len() as u64)?;
    let row = tx.one(
        "INSERT INTO case_paper (number, step, kind, lang, media_type, name, bytes, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        &[
            number.into(),
            step.into(),
            (&paper.kind).into(),
            paper.lang.as_deref().into(),
            (&paper.media_type).into(),
            (&paper.name).into(),
            (&paper.bytes).into(),
            paper.made_at.into(),
        ],
    )?;
    row.ok_or_else(|| Error::damaged("a paper was not given a number"))?.get(0)
}

fn read(mut row: Row) -> Result<KeptPaper> {
    Ok(KeptPaper {
        id: row.get(0)?,
        number: row.get(1)?,
        kind: row.get(2)?,
        lang: row.get(3)?,
        media_type: row.get(4)?,
        name: row.get(5)?,
        size: row.get(6)?,
        made_at: row.get(7)?,
    })
}
