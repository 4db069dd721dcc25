//! Holds: named, reasoned stops on erasure for a matter. Released holds stay as history.
//!
//! A hold lapses only on the end that was written into it: when its review date passes, somebody must
//! look at it, and it stops erasure until it is released, and for the notice period after that.

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
    /// Those in which each of these fields has one of its values.
    Where {
        /// The fields, with their values.
        fields: Vec<(String, Vec<String>)>,
    },
    /// Those that any of these covers: a person known by several identifiers, a matter with records in
    /// several data sets.
    Any {
        /// The parts.
        parts: Vec<Part>,
    },
}

/// One of several things that a hold covers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The data set; none when all are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Which records.
    pub scope: Scope,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} in {:?}", self.scope, self.dataset)
    }
}

// By hand, so that no data subject gets into a log.
impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Subject { kind, .. } => write!(f, "Subject({kind})"),
            Self::Key { .. } => f.write_str("Key"),
            Self::Field { name, field, .. } => write!(f, "Field({name}, {field})"),
            Self::Where { fields } => {
                let names: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
                write!(f, "Where({})", names.join(", "))
            }
            Self::Any { parts } => f.debug_list().entries(parts).finish(),
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
    /// When it ends by itself; none when only releasing it ends it.
    pub ends_at: Option<Timestamp>,
    /// The ids of the operators who may see its matter and reason, its owner beside them; none: everybody.
    pub viewers: Vec<String>,
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
    /// From when the release counts: until then it still holds. None while it is not released, and for
    /// a release without notice.
    pub free_at: Option<Timestamp>,
}

impl Hold {
    /// From when it holds no more; none while nobody knows.
    #[must_use]
    pub fn over_at(&self) -> Option<Timestamp> {
        let released = self.released_at.map(|at| self.free_at.map_or(at, |free| free.max(at)));
        match (released, self.hold.ends_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether it holds at `t`. It also holds before its own date: a clock that was set back must not
    /// undo it.
    #[must_use]
    pub fn holds_at(&self, t: Timestamp) -> bool {
        self.over_at().is_none_or(|over| over > t)
    }

    /// Whether this operator may see what it is about.
    #[must_use]
    pub fn shows_to(&self, operator: &str) -> bool {
        let hold = &self.hold;
        hold.viewers.is_empty()
            || hold.owner == operator
            || hold.viewers.iter().any(|v| v == operator)
    }
}

const COLUMNS: &str = "id, matter, reason, dataset, scope, owner, created_at, review_at, \
                       released_at, released_by, ends_at, viewers, free_at";

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
        let viewers = serde_json::to_string(&hold.viewers)
            .map_err(|e| Error::Value { what: "a hold's viewers", reason: e.to_string() })?;
        self.write("add a hold", |tx| {
            let added = tx.execute(
                "INSERT INTO hold (id, matter, reason, dataset, scope, owner, created_at, review_at, ends_at, viewers)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING",
                &[
                    (&hold.id).into(),
                    (&hold.matter).into(),
                    (&hold.reason).into(),
                    hold.dataset.as_deref().into(),
                    (&scope).into(),
                    (&hold.owner).into(),
                    hold.created_at.into(),
                    hold.review_at.into(),
                    hold.ends_at.into(),
                    (&viewers).into(),
                ],
            )?;
            if added == 0 {
                return Err(refused(&hold.id, "exists already; choose another id"));
            }
            ledger::append(tx, entry)
        })
    }

    /// Releases a hold; it stays as history. It still holds until `free_at`, where that is later.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] when it is released already.
    pub fn release_hold(
        &mut self,
        id: &str,
        by: &str,
        at: Timestamp,
        free_at: Option<Timestamp>,
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
                "UPDATE hold SET released_at = ?2, released_by = ?3, free_at = ?4 WHERE id = ?1",
                &[id.into(), at.into(), by.into(), free_at.into()],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// The holds in force at this instant, the oldest first; also those that were released and still
    /// hold.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn holds(&mut self, active_at: Timestamp) -> Result<Vec<Hold>> {
        let mut holds = self.all_holds()?;
        holds.retain(|h| h.hold.created_at <= active_at && h.holds_at(active_at));
        Ok(holds)
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
    let viewers: Option<String> = row.get(11)?;
    let viewers = viewers.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text));
    let hold = NewHold {
        viewers: viewers
            .map_err(|_| Error::damaged(format!("who may see hold `{id}` cannot be read")))?,
        id,
        matter: row.get(1)?,
        reason: row.get(2)?,
        dataset: row.get(3)?,
        scope,
        owner: row.get(5)?,
        created_at: row.get(6)?,
        review_at: row.get(7)?,
        ends_at: row.get(10)?,
    };
    let (released_at, released_by, free_at) = (row.get(8)?, row.get(9)?, row.get(12)?);
    Ok(Hold { hold, released_at, released_by, free_at })
}
