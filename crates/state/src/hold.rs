//! Holds: named, reasoned stops on erasure for a matter. Released holds stay as history.
//!
//! A hold lapses only on the end that was written into it: when its review date passes, somebody must
//! look at it, and it stops erasure until it is released, and for the notice period after that.

use frist_ledger::Entry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::db::Tx;
use crate::value::{Row, Val};
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
        shows(&self.hold.owner, &self.hold.viewers, operator)
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
        let mut holds = self.standing_holds(active_at)?;
        holds.retain(|h| h.hold.created_at <= active_at);
        Ok(holds)
    }

    /// The holds that hold at `t` or from some later instant on, the oldest first: those that are over
    /// are not read, however many there are.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn standing_holds(&mut self, t: Timestamp) -> Result<Vec<Hold>> {
        self.read("list the holds", |tx| standing(tx, t))
    }

    /// How many holds are in force at this instant.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn count_holds(&mut self, active_at: Timestamp) -> Result<u64> {
        let rest = format!("{STANDING} AND created_at <= ?1");
        let sql = format!(
            "SELECT (SELECT count(*) FROM hold WHERE released_at IS NULL
                AND (ends_at IS NULL OR ends_at > ?1) AND created_at <= ?1)
                + (SELECT count(*) FROM hold WHERE {OUTLASTING} AND {rest})"
        );
        let row = self.read("count the holds", |tx| tx.one(&sql, &[active_at.into()]))?;
        let n: i64 = row.map_or(Ok(0), |mut row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// The hold with this id, in force or released.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn hold(&mut self, id: &str) -> Result<Option<Hold>> {
        let sql = format!("SELECT {COLUMNS} FROM hold WHERE id = ?1");
        self.read("read a hold", |tx| tx.one(&sql, &[id.into()]))?.map(read).transpose()
    }

    /// A page of holds for somebody to see, and how many of those that are asked for are not for this
    /// operator: of these, not even the id is told.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn hold_page(&mut self, asked: &HoldPage<'_>) -> Result<(Vec<Hold>, u64)> {
        let (mut parts, mut values) = (vec!["1 = 1".to_owned()], Vec::<Val<'_>>::new());
        if let Some(at) = asked.active_at {
            values.push(at.into());
            parts.push(format!("{STANDING} AND created_at <= ?1"));
        }
        if let Some(by) = asked.review_by {
            values.push(by.into());
            parts.push(format!("review_at <= ?{}", values.len()));
        }
        if let Some(datasets) = asked.datasets {
            let mut names = Vec::new();
            for d in datasets {
                values.push(d.into());
                names.push(format!("?{}", values.len()));
            }
            parts.push(match names.is_empty() {
                true => "1 = 0".to_owned(),
                false => format!("dataset IN ({})", names.join(", ")),
            });
        }
        let theirs = format!(
            "SELECT owner, viewers FROM hold WHERE {} AND viewers <> '[]'",
            parts.join(" AND ")
        );
        let others = values.clone();
        let (order, beyond) = if asked.newest_first { ("DESC", "<") } else { ("ASC", ">") };
        let mut after = asked.after.map(|(at, id)| (at, id.to_owned()));
        let shows = |owner: &str, viewers: &[String]| shows(owner, viewers, asked.who);
        self.read("list the holds", |tx| {
            let mut found = Vec::new();
            // Those that are not for this operator are few: a page is full after one or two questions.
            loop {
                let (mut parts, mut values) = (parts.clone(), values.clone());
                if let Some((at, id)) = &after {
                    values.push((*at).into());
                    values.push(id.into());
                    let (at, id) = (values.len() - 1, values.len());
                    parts.push(format!("(created_at, id) {beyond} (?{at}, ?{id})"));
                }
                let (parts, limit) = (parts.join(" AND "), asked.limit + 1);
                let ordered = format!("ORDER BY created_at {order}, id {order} LIMIT {limit}");
                let sql = match asked.active_at {
                    None => format!("SELECT {COLUMNS} FROM hold WHERE {parts} {ordered}"),
                    Some(_) => holding(&parts, &ordered),
                };
                let rows = tx.query(&sql, &values)?;
                let last = rows.len() <= asked.limit;
                for row in rows {
                    let hold = read(row)?;
                    after = Some((hold.hold.created_at, hold.hold.id.clone()));
                    if hold.shows_to(asked.who) {
                        found.push(hold);
                    }
                }
                if last || found.len() > asked.limit {
                    break;
                }
            }
            let mut hidden = 0;
            for mut row in tx.query(&theirs, &others)? {
                let (owner, viewers): (String, String) = (row.get(0)?, row.get(1)?);
                let viewers: Vec<String> = serde_json::from_str(&viewers)
                    .map_err(|_| Error::damaged("who may see a hold cannot be read"))?;
                hidden += u64::from(!shows(&owner, &viewers));
            }
            Ok((found, hidden))
        })
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

/// A page of holds.
#[derive(Clone, Copy, Debug)]
pub struct HoldPage<'a> {
    /// Only those in force at this instant; all, also those that are over, when none is said.
    pub active_at: Option<Timestamp>,
    /// Only those that somebody should have looked at by this instant.
    pub review_by: Option<Timestamp>,
    /// Only those of one of these data sets.
    pub datasets: Option<&'a std::collections::BTreeSet<String>>,
    /// For whom.
    pub who: &'a str,
    /// The newest first; else the oldest.
    pub newest_first: bool,
    /// After the hold that began at this instant and has this id.
    pub after: Option<(Timestamp, &'a str)>,
    /// So many; one more is answered where there are more.
    pub limit: usize,
}

/// That a hold is not over at `?1`: as [`Hold::over_at`] says it.
const STANDING: &str = "(released_at IS NULL OR released_at > ?1 OR free_at > ?1) \
                        AND (ends_at IS NULL OR ends_at > ?1)";

/// Those among them that were released, by the indexes on when: they are few, and looking through all that
/// were ever released for them would take longer each year.
const OUTLASTING: &str = "released_at IS NOT NULL AND id IN (SELECT id FROM hold WHERE released_at > ?1 \
                          UNION ALL SELECT id FROM hold WHERE free_at > ?1)";

/// The holds of which this is true, which includes [`STANDING`], in this order: the indexes give those
/// that were not released in order, and the few that were.
fn holding(rest: &str, ordered: &str) -> String {
    let of = |which: &str| format!("SELECT {COLUMNS} FROM hold WHERE {which} AND {rest} {ordered}");
    format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM ({}) AS a UNION ALL SELECT * FROM ({}) AS b) AS x {ordered}",
        of("released_at IS NULL"),
        of(OUTLASTING),
    )
}

/// The holds that are not over at `t`, the oldest first.
pub(crate) fn standing(tx: &mut Tx<'_>, t: Timestamp) -> Result<Vec<Hold>> {
    let sql = holding(STANDING, "ORDER BY created_at, id");
    tx.query(&sql, &[t.into()])?.into_iter().map(read).collect()
}

fn shows(owner: &str, viewers: &[String], who: &str) -> bool {
    viewers.is_empty() || owner == who || viewers.iter().any(|v| v == who)
}

/// All holds, the oldest first.
fn all(tx: &mut Tx<'_>) -> Result<Vec<Hold>> {
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
