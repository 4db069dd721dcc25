//! Changes of the register that somebody proposes, from the first edit until they are live or
//! withdrawn.

use jiff::Timestamp;

use crate::value::{Row, words};
use crate::{Error, Result, State};

words! {
    /// How far a proposal has come.
    ProposalStatus {
        /// Its maker is still at it.
        Draft = "draft",
        /// Waits for another person.
        Proposed = "proposed",
        /// Made live.
        Live = "live",
        /// Its maker has taken it back, or another has refused it.
        Withdrawn = "withdrawn",
    }
}

/// A proposal as its maker leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProposal {
    /// The account that makes it.
    pub maker: String,
    /// Why, in the maker's words.
    pub note: String,
    /// The register's files as they were: names and texts, JSON.
    pub base: String,
    /// As they would be.
    pub files: String,
    /// The hash of `files`.
    pub hash: String,
}

/// A proposal as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number.
    pub id: i64,
    /// What it proposes.
    pub new: NewProposal,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its maker last changed it.
    pub changed_at: Timestamp,
    /// What it would do, as the caller keeps it (JSON); none until that was counted.
    pub effect: Option<String>,
    /// When that was counted.
    pub counted_at: Option<Timestamp>,
    /// How far it has come.
    pub status: ProposalStatus,
    /// Who made it live, refused it or took it back.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub why: Option<String>,
}

const COLUMNS: &str = "id, maker, note, created_at, changed_at, base, files, hash, effect, \
                       counted_at, status, decided_by, decided_at, why";

impl State {
    /// Keeps a maker's proposal: a new one, or a change of the one under way, whose hash was `seen`.
    /// It is a draft again, and what it would do is not counted.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the one under way is not the one that was seen, as when the maker has
    /// two windows open.
    pub fn save_proposal(
        &mut self,
        new: &NewProposal,
        seen: Option<&str>,
        now: Timestamp,
    ) -> Result<i64> {
        self.write("keep a proposal", |tx| {
            let under_way = "SELECT id, hash FROM proposal
                WHERE maker = ?1 AND status IN ('draft', 'proposed')";
            let row = tx.one(under_way, &[(&new.maker).into()])?;
            let Some(mut row) = row else {
                if seen.is_some() {
                    return Err(changed(&new.maker));
                }
                let row = tx.one(
                    "INSERT INTO proposal
                     (maker, note, created_at, changed_at, base, files, hash, status)
                     VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, 'draft') RETURNING id",
                    &[
                        (&new.maker).into(),
                        (&new.note).into(),
                        now.into(),
                        (&new.base).into(),
                        (&new.files).into(),
                        (&new.hash).into(),
                    ],
                )?;
                return row.ok_or_else(|| Error::damaged("a proposal got no number"))?.get(0);
            };
            let (id, hash): (i64, String) = (row.get(0)?, row.get(1)?);
            if seen != Some(hash.as_str()) {
                return Err(changed(&new.maker));
            }
            tx.execute(
                "UPDATE proposal SET note = ?2, changed_at = ?3, base = ?4, files = ?5, hash = ?6,
                 effect = NULL, counted_at = NULL, status = 'draft', why = NULL
                 WHERE id = ?1",
                &[
                    id.into(),
                    (&new.note).into(),
                    now.into(),
                    (&new.base).into(),
                    (&new.files).into(),
                    (&new.hash).into(),
                ],
            )?;
            Ok(id)
        })
    }

    /// The change that this maker has under way.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn proposal_of(&mut self, maker: &str) -> Result<Option<Proposal>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM proposal WHERE maker = ?1 AND status IN ('draft', 'proposed')"
        );
        let row = self.read("read a proposal", |tx| tx.one(&sql, &[maker.into()]))?;
        row.map(read).transpose()
    }

    /// One proposal.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn proposal(&mut self, id: i64) -> Result<Option<Proposal>> {
        let sql = format!("SELECT {COLUMNS} FROM proposal WHERE id = ?1");
        let row = self.read("read a proposal", |tx| tx.one(&sql, &[id.into()]))?;
        row.map(read).transpose()
    }

    /// The newest proposals, the newest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn proposals(&mut self, most: u32) -> Result<Vec<Proposal>> {
        let sql = format!("SELECT {COLUMNS} FROM proposal ORDER BY id DESC LIMIT {most}");
        let rows = self.read("list the proposals", |tx| tx.query(&sql, &[]))?;
        rows.into_iter().map(read).collect()
    }

    /// Keeps what a proposal would do, if it is still the one that was counted.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn count_proposal(
        &mut self,
        id: i64,
        hash: &str,
        effect: &str,
        at: Timestamp,
    ) -> Result<bool> {
        self.write("keep what a proposal would do", |tx| {
            let n = tx.execute(
                "UPDATE proposal SET effect = ?3, counted_at = ?4 WHERE id = ?1 AND hash = ?2
                 AND status IN ('draft', 'proposed')",
                &[id.into(), hash.into(), effect.into(), at.into()],
            )?;
            Ok(n == 1)
        })
    }

    /// Hands a draft to others for approval, with the maker's reason; whether it was one, and still
    /// the one that was seen.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn submit_proposal(&mut self, id: i64, hash: &str, note: &str) -> Result<bool> {
        self.write("submit a proposal", |tx| {
            let n = tx.execute(
                "UPDATE proposal SET status = 'proposed', note = ?3, why = NULL
                 WHERE id = ?1 AND hash = ?2 AND status = 'draft'",
                &[id.into(), hash.into(), note.into()],
            )?;
            Ok(n == 1)
        })
    }

    /// Gives a proposal back to its maker as a draft, with the reason; whether it waited.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn return_proposal(
        &mut self,
        id: i64,
        hash: &str,
        by: &str,
        why: &str,
        at: Timestamp,
    ) -> Result<bool> {
        self.write("give a proposal back", |tx| {
            let n = tx.execute(
                "UPDATE proposal SET status = 'draft', why = ?3, decided_by = ?4, decided_at = ?5
                 WHERE id = ?1 AND hash = ?2 AND status = 'proposed'",
                &[id.into(), hash.into(), why.into(), by.into(), at.into()],
            )?;
            Ok(n == 1)
        })
    }

    /// Ends a proposal: live, when it waited for that, or withdrawn; whether it was under way and
    /// still the one that was seen.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn end_proposal(
        &mut self,
        id: i64,
        hash: &str,
        end: ProposalStatus,
        by: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let from = match end {
            ProposalStatus::Live => "status = 'proposed'",
            _ => "status IN ('draft', 'proposed')",
        };
        self.write("end a proposal", |tx| {
            let n = tx.execute(
                &format!(
                    "UPDATE proposal SET status = ?3, decided_by = ?4, decided_at = ?5
                     WHERE id = ?1 AND hash = ?2 AND {from}"
                ),
                &[id.into(), hash.into(), end.as_str().into(), by.into(), at.into()],
            )?;
            Ok(n == 1)
        })
    }
}

fn changed(maker: &str) -> Error {
    Error::Refused {
        what: "the change under way of",
        id: maker.to_owned(),
        reason: "was changed in another window meanwhile".to_owned(),
    }
}

fn read(mut row: Row) -> Result<Proposal> {
    Ok(Proposal {
        id: row.get(0)?,
        new: NewProposal {
            maker: row.get(1)?,
            note: row.get(2)?,
            base: row.get(5)?,
            files: row.get(6)?,
            hash: row.get(7)?,
        },
        created_at: row.get(3)?,
        changed_at: row.get(4)?,
        effect: row.get(8)?,
        counted_at: row.get(9)?,
        status: row.get(10)?,
        decided_by: row.get(11)?,
        decided_at: row.get(12)?,
        why: row.get(13)?,
    })
}
