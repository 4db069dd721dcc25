//! Holds: named, reasoned stops on erasure for a matter. Released holds stay as history.
//!
//! A hold never lapses by itself: when its review date passes, somebody must look at it, and it
//! stops erasure until it is released.

use frist_ledger::Entry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State, ledger};

/// Which records of a data set, or of all, a hold covers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scope {
    /// All of them.
    All,
    /// Those about one data subject.
    Subject {
        /// The kind of data subject, as the register names it ("customer").
        kind: String,
        /// The value that the register's subject field has.
        value: String,
    },
    /// One record.
    Key {
        /// Its key, in the caller's form.
        key: String,
    },
    /// Those in which a field has a value.
    Field {
        /// What this selection is called.
        name: String,
        /// The field.
        field: String,
        /// The value.
        value: String,
    },
}

// By hand, so that no data subject gets into a log.
impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Subject { kind, .. } => write!(f, "Subject({kind})"),
            Self::Key { .. } => f.write_str("Key"),
            Self::Field { name, field, .. } => write!(f, "Field({name}, {field})"),
        }
    }
}

/// A hold to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    /// Its id, chosen by the caller.
    pub id: String,
    /// The matter: its title or reference.
    pub matter: String,
    /// Why the records must stay.
    pub reason: String,
    /// The data set; none when all are meant.
    pub dataset: Option<String>,
    /// Which records.
    pub scope: Scope,
    /// The id of the operator who answers for it.
    pub owner: String,
    /// From when it holds.
    pub created_at: Timestamp,
    /// When somebody must look whether it is still needed.
    pub review_at: Option<Timestamp>,
}

/// A hold, in force or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hold as it was added.
    pub hold: NewHold,
    /// When it was released; none while it is in force.
    pub released_at: Option<Timestamp>,
    /// The id of the operator who released it.
    pub released_by: Option<String>,
}

const COLUMNS: &str = "id, matter, reason, dataset, scope, owner, created_at, review_at, \
                       released_at, released_by";

impl State {
    /// Adds a hold. Waits for the batch under way, if there is one: every batch after it sees the
    /// hold (see [`State::at_gate`]).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when a hold of this id exists; when the entry cannot be written or the
    /// database does not answer.
    pub fn add_hold(&mut self, hold: &NewHold, entry: &Entry) -> Result<u64> {
        let scope = serde_json::to_string(&hold.scope)
            .map_err(|e| Error::Value { what: "a hold's scope", reason: e.to_string() })?;
        self.write("add a hold", |tx| {
            let added = tx.execute(
                "INSERT INTO hold (id, matter, reason, dataset, scope, owner, created_at, review_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
                &[
                    (&hold.id).into(),
                    (&hold.matter).into(),
                    (&hold.reason).into(),
                    hold.dataset.as_deref().into(),
                    (&scope).into(),
                    (&hold.owner).into(),
                    hold.created_at.into(),
                    hold.review_at.into(),
                ],
            )?;
            if added == 0 {
                return Err(refused(&hold.id, "exists already; choose another id"));
            }
            ledger::append(tx, entry)
        })
    }

    /// Releases a hold; it stays as history.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] when it is released already.
    pub fn release_hold(
        &mut self,
        id: &str,
        by: &str,
        at: Timestamp,
        entry: &Entry,
    ) -> Result<u64> {
        self.write("release a hold", |tx| {
            let row =
                tx.one("SELECT released_at FROM hold WHERE id = ?1 FOR UPDATE", &[id.into()])?;
            let mut row = row.ok_or_else(|| Error::NotFound { what: "hold", id: id.to_owned() })?;
            if row.get::<Option<Timestamp>>(0)?.is_some() {
                return Err(refused(id, "is released already"));
            }
            tx.execute(
                "UPDATE hold SET released_at = ?2, released_by = ?3 WHERE id = ?1",
                &[id.into(), at.into(), by.into()],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// The holds in force at this instant, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn holds(&mut self, active_at: Timestamp) -> Result<Vec<Hold>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hold
             WHERE created_at <= ?1 AND (released_at IS NULL OR released_at > ?1)
             ORDER BY created_at, id"
        );
        let rows = self.read("read the holds", |tx| tx.query(&sql, &[active_at.into()]))?;
        rows.into_iter().map(read).collect()
    }

    /// All holds, also those released, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn all_holds(&mut self) -> Result<Vec<Hold>> {
        self.read("list the holds", all)
    }
}

/// All holds, the oldest first.
pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM hold ORDER BY created_at, id");
    tx.query(&sql, &[])?.into_iter().map(read).collect()
}

fn refused(id: &str, reason: &str) -> Error {
    Error::Refused { what: "hold", id: id.to_owned(), reason: reason.to_owned() }
}

fn read(mut row: Row) -> Result<Hold> {
    let id: String = row.get(0)?;
    // A hold that cannot be read must stop everything: never skip it.
    let scope = serde_json::from_str(&row.get::<String>(4)?)
        .map_err(|_| Error::damaged(format!("the scope of hold `{id}` cannot be read")))?;
    let hold = NewHold {
        id,
        matter: row.get(1)?,
        reason: row.get(2)?,
        dataset: row.get(3)?,
        scope,
        owner: row.get(5)?,
        created_at: row.get(6)?,
        review_at: row.get(7)?,
    };
    Ok(Hold { hold, released_at: row.get(8)?, released_by: row.get(9)? })
}
