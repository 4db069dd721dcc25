//! Cases: a person's request, an authority's inquiry, a breach.
//!
//! A case is a row with a JSON body that its module in `frist-cases` understands, a log of steps,
//! papers (letters written, files received) and the records it is about. Each step is one
//! transaction with its ledger entry, which names the case's number, the step and the operator
//! and nothing else. Changes are optimistic: whoever changes a case says which version was seen,
//! and is told if somebody else was faster.

mod erase;
mod log;
mod paper;
mod parcel;
mod record;

pub use log::{CaseStep, NewStep};
pub use paper::{KeptPaper, Paper};
pub use parcel::Parcel;
pub use record::{CaseRecord, CaseSum};

use jiff::Timestamp;
use serde_json::Value;

use crate::db::Tx;
use crate::value::{Row, Val, count, words};
use crate::{Error, Result, State, token};

words! {
    /// What a case is.
    CaseKind {
        /// A data subject's request.
        Request = "request",
        /// An authority's inquiry.
        Inquiry = "inquiry",
        /// A breach of personal data security.
        Breach = "breach",
    }
}

impl CaseKind {
    /// The letter that its numbers begin with; T is for "tilsyn".
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Request => 'R',
            Self::Inquiry => 'T',
            Self::Breach => 'B',
        }
    }
}

/// A case to be opened.
#[derive(Clone, PartialEq)]
pub struct NewCase {
    /// What it is.
    pub kind: CaseKind,
    /// The year that its number names: that of the receipt in the controller's zone.
    pub year: i16,
    /// When it was received, or for a breach when somebody became aware of it.
    pub received: Timestamp,
    /// The first instant that is too late for what must be done next; none when nothing is due.
    pub due: Option<Timestamp>,
    /// Where it stands, in a word of its module.
    pub status: String,
    /// The operator who answers for it.
    pub owner: Option<String>,
    /// Everything else. May hold personal data.
    pub body: Value,
}

// By hand, here and below: a body is about people.
impl std::fmt::Debug for NewCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewCase({}, {})", self.kind, self.status)
    }
}

/// A case as it is kept.
#[derive(Clone, PartialEq)]
pub struct Case {
    /// Its number, such as `R-2026-0001`.
    pub number: String,
    /// What it is.
    pub kind: CaseKind,
    /// Counts its changes; to be given with the next one.
    pub version: u64,
    /// When it was received.
    pub received: Timestamp,
    /// The first instant that is too late; none when nothing is due.
    pub due: Option<Timestamp>,
    /// Where it stands, in a word of its module.
    pub status: String,
    /// The operator who answers for it.
    pub owner: Option<String>,
    /// When it was last changed.
    pub changed: Timestamp,
    /// When it was closed; none while it is open.
    pub closed: Option<Timestamp>,
    /// Everything else.
    pub body: Value,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Case({}, version {}, {})", self.number, self.version, self.status)
    }
}

impl Case {
    /// The case as it is, to be changed in part and given to [`State::change_case`].
    #[must_use]
    pub fn change(&self) -> CaseChange {
        CaseChange {
            status: self.status.clone(),
            owner: self.owner.clone(),
            due: self.due,
            body: self.body.clone(),
            closed: self.closed,
        }
    }
}

/// What a case is from now on.
#[derive(Clone, PartialEq)]
pub struct CaseChange {
    /// Where it stands.
    pub status: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The first instant that is too late.
    pub due: Option<Timestamp>,
    /// Everything else.
    pub body: Value,
    /// When it was closed; none while it is open.
    pub closed: Option<Timestamp>,
}

impl std::fmt::Debug for CaseChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaseChange({})", self.status)
    }
}

/// Which cases to list. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only of this kind.
    pub kind: Option<CaseKind>,
    /// Only open ones (true) or closed ones (false).
    pub open: Option<bool>,
    /// Only those of this owner.
    pub owner: Option<String>,
    /// Only those closed before this instant.
    pub closed_before: Option<Timestamp>,
    /// Only those of which something is due at this instant or before it.
    pub due_by: Option<Timestamp>,
    /// Only those of which something is due after this instant.
    pub due_after: Option<Timestamp>,
}

impl CaseFilter {
    /// The condition, and its values.
    fn condition(&self) -> (String, Vec<Val<'_>>) {
        let (mut parts, mut values) = (Vec::new(), Vec::<Val<'_>>::new());
        let mut with = |part: &str, value: Val<'static>, values: &mut Vec<Val<'_>>| {
            values.push(value);
            parts.push(format!("{part} ?{}", values.len()));
        };
        if let Some(kind) = self.kind {
            with("kind =", kind.as_str().into(), &mut values);
        }
        if let Some(before) = self.closed_before {
            with("closed_at <", before.into(), &mut values);
        }
        if let Some(by) = self.due_by {
            with("due_at <=", by.into(), &mut values);
        }
        if let Some(after) = self.due_after {
            with("due_at >", after.into(), &mut values);
        }
        if let Some(owner) = &self.owner {
            values.push(owner.into());
            parts.push(format!("owner = ?{}", values.len()));
        }
        if let Some(open) = self.open {
            parts.push(format!("closed_at IS {}NULL", if open { "" } else { "NOT " }));
        }
        let parts = if parts.is_empty() { "1 = 1".to_owned() } else { parts.join(" AND ") };
        (parts, values)
    }
}

/// How the open cases of a kind stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCount {
    /// The kind.
    pub kind: CaseKind,
    /// How many are open.
    pub open: u64,
    /// Of these, past the instant at which something was due.
    pub late: u64,
    /// Of these, late or late soon.
    pub urgent: u64,
    /// Of these, with nobody who answers for them.
    pub nobody: u64,
    /// The first instant at which something is, or was, due.
    pub first: Option<Timestamp>,
}

/// What breaks first at the top; then the closed ones, the last closed first.
const ORDER: &str = "CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, \
    CASE WHEN closed_at IS NULL AND due_at IS NULL THEN 1 ELSE 0 END, \
    CASE WHEN closed_at IS NULL THEN due_at END, closed_at DESC, received_at, number";

const COLUMNS: &str = "number, kind, version, received_at, due_at, status, owner, changed_at, \
                       closed_at, body";

impl State {
    /// Opens a case with the first step of its log and a ledger entry; answers its number, the
    /// next of its kind and year.
    ///
    /// # Errors
    ///
    /// When the step's words do not fit into the ledger or the database does not answer.
    pub fn open_case(&mut self, new: &NewCase, step: &NewStep) -> Result<String> {
        self.open_case_with(new, step, &[])
    }

    /// As [`State::open_case`], and in the same transaction keeps the papers that came with it.
    ///
    /// # Errors
    ///
    /// As [`State::open_case`].
    pub fn open_case_with(
        &mut self,
        new: &NewCase,
        step: &NewStep,
        papers: &[Paper],
    ) -> Result<String> {
        let body = in_words(&new.body)?;
        self.write("open a case", |tx| open(tx, new, &body, step, papers))
    }

    /// As [`State::open_case_with`], for somebody who comes back by a private link, of which this is
    /// the hash. A second call with the same link opens nothing: it answers the number of the case
    /// that the first one opened, and false.
    ///
    /// # Errors
    ///
    /// As [`State::open_case`].
    pub fn open_case_linked(
        &mut self,
        new: &NewCase,
        step: &NewStep,
        papers: &[Paper],
        link: &[u8; 32],
    ) -> Result<(String, bool)> {
        let body = in_words(&new.body)?;
        self.write("open a case", |tx| {
            // Whoever sends the same at the same time waits here until the first is through.
            let first = tx.execute(
                "INSERT INTO case_link (hash, made_at) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
                &[link.as_slice().into(), step.at.into()],
            )?;
            if first == 0 {
                let number = linked(tx, link)?;
                let damaged = || Error::damaged("a private link names no case");
                return Ok((number.ok_or_else(damaged)?, false));
            }
            let number = open(tx, new, &body, step, papers)?;
            tx.execute(
                "UPDATE case_link SET number = ?2 WHERE hash = ?1",
                &[link.as_slice().into(), (&number).into()],
            )?;
            Ok((number, true))
        })
    }

    /// The number of the case that a private link with this hash is for; none when there is none, or
    /// the case was erased.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn linked_case(&mut self, link: &[u8; 32]) -> Result<Option<String>> {
        self.read("look for a private link", |tx| linked(tx, link))
    }

    /// The case with this number.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn case(&mut self, number: &str) -> Result<Option<Case>> {
        let sql = format!("SELECT {COLUMNS} FROM cases WHERE number = ?1");
        let row = self.read("read a case", |tx| tx.one(&sql, &[number.into()]))?;
        row.map(read).transpose()
    }

    /// The cases of a filter: the open ones first, what breaks first at the top; then the closed
    /// ones, the last closed first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn cases(&mut self, filter: &CaseFilter) -> Result<Vec<Case>> {
        let (parts, values) = filter.condition();
        let sql = format!("SELECT {COLUMNS} FROM cases WHERE {parts} ORDER BY {ORDER}");
        let rows = self.read("list the cases", |tx| tx.query(&sql, &values))?;
        rows.into_iter().map(read).collect()
    }

    /// A page of the cases of a filter, in the same order: `limit` of them after the first `skip`. Only
    /// these are read; the others are put in order by an index.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn case_page(&mut self, filter: &CaseFilter, skip: u64, limit: u32) -> Result<Vec<Case>> {
        let (parts, values) = filter.condition();
        let sql = format!(
            "SELECT {COLUMNS} FROM cases WHERE number IN (
                SELECT number FROM cases WHERE {parts} ORDER BY {ORDER} LIMIT {limit} OFFSET {skip})
             ORDER BY {ORDER}"
        );
        let rows = self.read("list the cases", |tx| tx.query(&sql, &values))?;
        rows.into_iter().map(read).collect()
    }

    /// A page of the cases of a filter by their numbers: `limit` of them after this number.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn cases_after(
        &mut self,
        filter: &CaseFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Case>> {
        let (parts, mut values) = filter.condition();
        values.push(after.unwrap_or_default().into());
        let at = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM cases WHERE {parts} AND number > ?{at} ORDER BY number LIMIT {limit}"
        );
        let rows = self.read("list the cases", |tx| tx.query(&sql, &values))?;
        rows.into_iter().map(read).collect()
    }

    /// How the open cases of each kind stand at `now`; those due at `soon` or before are urgent.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn count_cases(&mut self, now: Timestamp, soon: Timestamp) -> Result<Vec<CaseCount>> {
        let sql = "SELECT kind, count(*), sum(CASE WHEN due_at <= ?1 THEN 1 ELSE 0 END),
                sum(CASE WHEN due_at <= ?2 THEN 1 ELSE 0 END),
                sum(CASE WHEN owner IS NULL THEN 1 ELSE 0 END), min(due_at)
            FROM cases WHERE closed_at IS NULL GROUP BY kind ORDER BY kind";
        let soon = soon.max(now);
        let rows = self.read("count the cases", |tx| tx.query(sql, &[now.into(), soon.into()]))?;
        let one = |mut row: Row| {
            let mut n = |at| row.get::<i64>(at).map(i64::unsigned_abs);
            let (open, late, urgent, nobody) = (n(1)?, n(2)?, n(3)?, n(4)?);
            let kind = row.get(0)?;
            Ok(CaseCount { kind, open, late, urgent, nobody, first: row.get(5)? })
        };
        rows.into_iter().map(one).collect()
    }

    /// Changes a case, if it still has the version that the caller saw; answers the new version.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::CaseChanged`] when somebody else changed it meanwhile.
    pub fn change_case(
        &mut self,
        number: &str,
        version: u64,
        change: &CaseChange,
        step: &NewStep,
    ) -> Result<u64> {
        self.change_case_with(number, version, change, step, &[], None)
    }

    /// As [`State::change_case`], and in the same transaction keeps the papers of the step and, if
    /// given, the case's records in place of the earlier ones.
    ///
    /// # Errors
    ///
    /// As [`State::change_case`].
    pub fn change_case_with(
        &mut self,
        number: &str,
        version: u64,
        change: &CaseChange,
        step: &NewStep,
        papers: &[Paper],
        records: Option<&[CaseRecord]>,
    ) -> Result<u64> {
        let body = in_words(&change.body)?;
        let seen = count("a case's version", version)?;
        let request = self.request;
        self.write("change a case", |tx| {
            lock(tx, number, Some(version))?;
            token::done(tx, request)?;
            tx.execute(
                "UPDATE cases SET version = ?2, status = ?3, owner = ?4, due_at = ?5,
                     changed_at = ?6, closed_at = ?7, body = ?8 WHERE number = ?1",
                &[
                    number.into(),
                    (seen + 1).into(),
                    (&change.status).into(),
                    change.owner.as_deref().into(),
                    change.due.into(),
                    step.at.into(),
                    change.closed.into(),
                    (&body).into(),
                ],
            )?;
            if let Some(records) = records {
                record::put(tx, number, records)?;
            }
            // The ledger's edge is locked last.
            log::add(tx, number, step, papers)?;
            Ok(version + 1)
        })
    }
}

/// Holds a case's row, and refuses when it has another version than the caller saw.
fn lock(tx: &mut Tx<'_>, number: &str, seen: Option<u64>) -> Result<()> {
    let sql = "SELECT version FROM cases WHERE number = ?1 FOR UPDATE";
    let row = tx.one(sql, &[number.into()])?;
    let mut row = row.ok_or_else(|| Error::NotFound { what: "case", id: number.to_owned() })?;
    let found: u64 = row.get(0)?;
    if seen.is_some_and(|seen| seen != found) {
        let (_, by, step) = log::last(tx, number)?;
        return Err(Error::CaseChanged { number: number.to_owned(), by, step });
    }
    Ok(())
}

/// Opens a case under the next number of its kind and year.
fn open(
    tx: &mut Tx<'_>,
    new: &NewCase,
    body: &str,
    step: &NewStep,
    papers: &[Paper],
) -> Result<String> {
    let year = i64::from(new.year);
    let row = tx.one(
        "INSERT INTO case_number (kind, year, last) VALUES (?1, ?2, 1)
         ON CONFLICT (kind, year) DO UPDATE SET last = case_number.last + 1
         RETURNING last",
        &[new.kind.as_str().into(), year.into()],
    )?;
    let last: i64 = row.ok_or_else(|| Error::damaged("no case number was given"))?.get(0)?;
    let number = format!("{}-{:04}-{last:04}", new.kind.letter(), new.year);
    tx.execute(
        "INSERT INTO cases (number, kind, version, status, owner, received_at, due_at,
             changed_at, body)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8)",
        &[
            (&number).into(),
            new.kind.as_str().into(),
            (&new.status).into(),
            new.owner.as_deref().into(),
            new.received.into(),
            new.due.into(),
            step.at.into(),
            body.into(),
        ],
    )?;
    log::add(tx, &number, step, papers)?;
    Ok(number)
}

fn linked(tx: &mut Tx<'_>, link: &[u8; 32]) -> Result<Option<String>> {
    let sql = "SELECT number FROM case_link WHERE hash = ?1";
    let row = tx.one(sql, &[link.as_slice().into()])?;
    row.map_or(Ok(None), |mut row| row.get::<Option<String>>(0))
}

fn in_words(body: &Value) -> Result<String> {
    serde_json::to_string(body)
        .map_err(|e| Error::Value { what: "a case's body", reason: e.to_string() })
}

fn read(mut row: Row) -> Result<Case> {
    let number: String = row.get(0)?;
    let body = serde_json::from_str(&row.get::<String>(9)?)
        .map_err(|_| Error::damaged(format!("the body of case `{number}` cannot be read")))?;
    Ok(Case {
        number,
        kind: row.get(1)?,
        version: row.get(2)?,
        received: row.get(3)?,
        due: row.get(4)?,
        status: row.get(5)?,
        owner: row.get(6)?,
        changed: row.get(7)?,
        closed: row.get(8)?,
        body,
    })
}
