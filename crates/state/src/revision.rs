//! The register's revisions: their texts, and which was live when.

use frist_ledger::Entry;
use jiff::Timestamp;

use crate::value::Row;
use crate::{Result, State, ledger};

/// A revision of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The hash of its canonical text.
    pub hash: String,
    /// The canonical text.
    pub text: String,
    /// When it was last made live.
    pub made_live_at: Timestamp,
    /// The id of the operator who did.
    pub by: String,
}

/// One time that a revision was made live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeLive {
    /// The revision's hash.
    pub hash: String,
    /// When.
    pub at: Timestamp,
    /// The id of the operator who did.
    pub by: String,
}

impl State {
    /// Makes a revision live, and keeps its text if it is new. An earlier revision can be made
    /// live again.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn make_live(&mut self, revision: &Revision, entry: &Entry) -> Result<u64> {
        self.write("make a revision live", |tx| {
            tx.execute(
                "INSERT INTO revision (hash, text) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
                &[(&revision.hash).into(), (&revision.text).into()],
            )?;
            tx.execute(
                "INSERT INTO revision_live (hash, at, who) VALUES (?1, ?2, ?3)",
                &[(&revision.hash).into(), revision.made_live_at.into(), (&revision.by).into()],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// The revision that is live; none before the first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn live_revision(&mut self) -> Result<Option<Revision>> {
        let sql = "SELECT r.hash, r.text, l.at, l.who FROM revision_live l
            JOIN revision r ON r.hash = l.hash ORDER BY l.id DESC LIMIT 1";
        let row = self.read("read the live revision", |tx| tx.one(sql, &[]))?;
        row.map(read).transpose()
    }

    /// The revision with this hash.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn revision(&mut self, hash: &str) -> Result<Option<Revision>> {
        let sql = "SELECT r.hash, r.text, l.at, l.who FROM revision_live l
            JOIN revision r ON r.hash = l.hash WHERE r.hash = ?1 ORDER BY l.id DESC LIMIT 1";
        let row = self.read("read a revision", |tx| tx.one(sql, &[hash.into()]))?;
        row.map(read).transpose()
    }

    /// Every time that a revision was made live, the first one first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn revisions(&mut self) -> Result<Vec<MadeLive>> {
        let sql = "SELECT hash, at, who FROM revision_live ORDER BY id";
        let rows = self.read("list the revisions", |tx| tx.query(sql, &[]))?;
        let read =
            |mut row: Row| Ok(MadeLive { hash: row.get(0)?, at: row.get(1)?, by: row.get(2)? });
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<Revision> {
    Ok(Revision {
        hash: row.get(0)?,
        text: row.get(1)?,
        made_live_at: row.get(2)?,
        by: row.get(3)?,
    })
}
