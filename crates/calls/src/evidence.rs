//! Threats: a call is flagged, and a recording is transferred as evidence.
//!
//! A flag says that somebody should look; it keeps nothing. A transfer makes a copy under its own
//! key and its own time, in the vault's collection `evidence`; it needs grounds, a legal basis, a
//! matter and a time, and where two persons are demanded, a second one who approves. The original's
//! time goes on. What was transferred, by whom and when stands in the ledger, as keyed hashes.
//!
//! A transfer goes forward in steps, each durable before the next: *asked*, *approved*, *copied*,
//! *done*. [`roll_forward`] finishes what a crash left between two of them.

mod steps;

pub use steps::roll_forward;

use frist_decide::Outcome;
use frist_ledger::RecordKey;
use frist_register::DataSet;
use frist_state::State;
use frist_vault::ObjectId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::desk::{CallId, Desk, DeskError, db, facts, tables};
use crate::principal::{Principal, Role, has_substance};
use crate::rule::Rule;

/// The vault's collection of evidence.
pub const COLLECTION: &str = frist_vault::EVIDENCE;

/// How transfers are done here.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The rule of the recordings' data set.
    pub recordings: Rule,
    /// The data sets whose rules a transfer may name for its time; they read `transferred_at`.
    pub periods: Vec<Rule>,
    /// Where recordings are, as the register says it: store and collection.
    pub from: String,
    /// Where evidence is, as the register says it.
    pub into: String,
    /// Whether a second person must approve.
    pub two_persons: bool,
    /// Within what time after the asking.
    pub approve_within: SignedDuration,
}

impl Terms {
    /// The place of a data set's records, as the ledger names it.
    #[must_use]
    pub fn place(dataset: &DataSet) -> String {
        format!("{}/{}", dataset.store.value, dataset.collection.value)
    }
}

/// Where transfers are written down for good.
pub struct Ledger<'a> {
    /// Frist's own database.
    pub state: &'a mut State,
    /// The key of records' leaves.
    pub key: &'a RecordKey,
}

/// For how long evidence is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Until this instant.
    Until(Timestamp),
    /// As long as the register keeps this data set, counted from the transfer.
    As(String),
}

/// A transfer that is asked for.
#[derive(Clone)]
pub struct Request {
    /// The recording.
    pub recording: ObjectId,
    /// Why it is evidence, in words.
    pub grounds: String,
    /// The law that permits it, by its number.
    pub legal_basis: String,
    /// The matter's number.
    pub matter: String,
    /// For how long.
    pub keep: Option<Keep>,
}

/// A transfer, at any of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// Its id.
    pub id: String,
    /// The recording.
    pub recording: String,
    /// The call it is of.
    pub call: String,
    /// When it was asked for.
    pub asked_at: String,
    /// By whom.
    pub asked_by: String,
    /// The matter's number.
    pub matter: String,
    /// Until when the copy is kept.
    pub keep_until: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// The copy's id in the vault.
    pub copy: String,
    /// SHA-256 of what both hold, in hexadecimal; none before it is copied.
    pub content_sha256: Option<String>,
    /// Milliseconds of sound that were sent and are not in it, lost on the way or too late; none where that is not
    /// known, and before it is copied.
    pub missing_ms: Option<u64>,
    /// How the recording ended: `ended`, or why it stops before the call does; none before it is copied.
    pub ending: Option<String>,
    /// asked, approved, copied, done, or lapsed.
    pub status: String,
    /// Its entry in the ledger.
    pub ledger_entry: Option<u64>,
}

/// Why something about evidence is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The principal does not have the role.
    #[error("`{who}` does not have the role `{role}`, which this asks for")]
    Role {
        /// Who.
        who: String,
        /// Which.
        role: &'static str,
    },
    /// Something mandatory is missing or says nothing.
    #[error("the transfer is refused; missing: {0}")]
    Missing(String),
    /// The recording cannot be transferred.
    #[error("the recording cannot be transferred: {0}")]
    Recording(String),
    /// Nothing of this id waits.
    #[error("no transfer `{0}` waits for approval")]
    NotWaiting(String),
    /// The one who asked cannot approve.
    #[error("the transfer must be approved by another person than the one who asked for it")]
    SamePerson,
    /// Too late.
    #[error("the transfer was not approved in time, and has lapsed; ask for it anew")]
    Lapsed,
    /// The copy is not what the original is.
    #[error("the copy was destroyed, since its content is not that of the original")]
    Differs,
    /// The database of calls.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault.
    #[error("the vault refuses: {0}")]
    Vault(#[from] frist_vault::VaultError),
    /// The ledger.
    #[error("the ledger refuses: {0}; the copy is made, and the entry follows with the next start")]
    Ledger(String),
}

/// Marks a call for somebody to look at, during it or after. Keeps nothing beyond its time.
///
/// # Errors
/// When the principal is neither agent nor has the evidence role, no reason is given, or no such
/// call is known.
pub fn flag(desk: &Desk, who: &Principal, call: &CallId, why: &str) -> Result<(), Refused> {
    if !who.is(Role::Agent) && !who.is(Role::Evidence) {
        return Err(Refused::Role { who: who.name.clone(), role: "agent" });
    }
    if !has_substance(why) {
        return Err(Refused::Missing("why the call is flagged".to_owned()));
    }
    let at = db::text(desk.inner.time());
    let flagged = desk.inner.db.write("flag a call", |tx| {
        let known = tx.execute("UPDATE call SET flagged = 1 WHERE id = ?1", [call.as_str()])?;
        if known > 0 {
            tx.execute(
                "INSERT INTO flag (call_id, flagged_at, flagged_by, why) VALUES (?1, ?2, ?3, ?4)",
                params![call.as_str(), at, who.name, why.trim()],
            )?;
        }
        Ok(known > 0)
    })?;
    let none = || DeskError::NoCall { what: "known", id: call.to_string() };
    if flagged { Ok(()) } else { Err(none().into()) }
}

/// Asks for a transfer. Done at once unless a second person must approve.
///
/// # Errors
/// [`Refused`], which says what is missing.
pub fn transfer(
    desk: &Desk,
    terms: &Terms,
    who: &Principal,
    request: &Request,
    ledger: &mut Ledger<'_>,
) -> Result<Transfer, Refused> {
    has_role(who)?;
    let at = desk.inner.time();
    let until = complete(terms, request, at)?;
    let vault = &desk.inner.vault;
    let facts_of = vault.facts(&request.recording)?;
    transferable(terms, &facts_of, at)?;
    let call = facts_of.iter().find(|(n, _)| n == "call_id").and_then(|(_, v)| v.clone());
    let (id, copy) = (ObjectId::random()?.to_string(), ObjectId::random()?.to_string());
    let named = match &request.keep {
        Some(Keep::As(dataset)) => Some(dataset.as_str()),
        _ => None,
    };
    let status = if terms.two_persons { "asked" } else { "approved" };
    desk.inner.db.write("note a transfer of evidence", |tx| {
        tx.execute(
            "INSERT INTO transfer (id, recording_id, call_id, asked_at, asked_by, grounds,
                 legal_basis, matter, keep_until, keep_dataset, copy_id, status)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                id,
                request.recording.to_string(),
                call.unwrap_or_default(),
                db::text(at),
                who.name,
                request.grounds.trim(),
                request.legal_basis.trim(),
                request.matter.trim(),
                db::text(until),
                named,
                copy,
                status,
            ],
        )
    })?;
    if !terms.two_persons {
        steps::forward(desk, terms, &id, ledger)?;
    }
    steps::read(desk, &id)?.ok_or(Refused::NotWaiting(id))
}

/// Approves a transfer that another person asked for, and carries it out.
///
/// # Errors
/// [`Refused`].
pub fn approve(
    desk: &Desk,
    terms: &Terms,
    who: &Principal,
    id: &str,
    ledger: &mut Ledger<'_>,
) -> Result<Transfer, Refused> {
    has_role(who)?;
    let not_waiting = || Refused::NotWaiting(id.to_owned());
    let waiting = steps::read(desk, id)?.filter(|t| t.status == "asked").ok_or_else(not_waiting)?;
    if waiting.asked_by.trim().eq_ignore_ascii_case(who.name.trim()) {
        return Err(Refused::SamePerson);
    }
    let at = desk.inner.time();
    let asked = db::instant(&waiting.asked_at);
    if asked.is_none_or(|asked| at.duration_since(asked) > terms.approve_within) {
        steps::set_status(desk, id, "lapsed")?;
        return Err(Refused::Lapsed);
    }
    let approved = desk.inner.db.write("note an approval", |tx| {
        tx.execute(
            "UPDATE transfer SET status = 'approved', approved_by = ?2, approved_at = ?3
             WHERE id = ?1 AND status = 'asked'",
            params![id, who.name, db::text(at)],
        )
    })?;
    if approved == 0 {
        return Err(not_waiting());
    }
    steps::forward(desk, terms, id, ledger)?;
    steps::read(desk, id)?.ok_or_else(not_waiting)
}

/// The transfers, the latest first; for those with the evidence role or the DPO.
///
/// # Errors
/// When the principal is neither, or the database does not answer.
pub fn transfers(desk: &Desk, who: &Principal) -> Result<Vec<Transfer>, Refused> {
    if !who.is(Role::Dpo) {
        has_role(who)?;
    }
    Ok(steps::all(desk)?)
}

/// The recordings of a call, which are what can be transferred or heard.
///
/// # Errors
/// When the database does not answer.
pub fn recordings(desk: &Desk, call: &CallId) -> Result<Vec<ObjectId>, DeskError> {
    let made =
        desk.inner.db.read("list the recordings of a call", |db| tables::recordings(db, call))?;
    Ok(made.into_iter().map(|m| m.id).collect())
}

fn has_role(who: &Principal) -> Result<(), Refused> {
    match who.is(Role::Evidence) {
        true => Ok(()),
        false => Err(Refused::Role { who: who.name.clone(), role: "evidence" }),
    }
}

/// Everything that is mandatory is there and says something; answers until when the copy is kept.
fn complete(terms: &Terms, request: &Request, at: Timestamp) -> Result<Timestamp, Refused> {
    let mut missing = Vec::new();
    let has_number = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    if !has_substance(&request.grounds) {
        missing.push("grounds (why this recording is evidence, in words)".to_owned());
    }
    if !has_substance(&request.legal_basis) || !has_number(&request.legal_basis) {
        missing.push("a legal basis (the article or section, by its number)".to_owned());
    }
    if !has_number(&request.matter) {
        missing.push("a matter number".to_owned());
    }
    let until = match &request.keep {
        None => Err("an own retention (a date, or a data set of the register)".to_owned()),
        Some(Keep::Until(until)) if *until <= at => {
            Err("an own retention that lies in the future".to_owned())
        }
        Some(Keep::Until(until)) => Ok(*until),
        Some(Keep::As(dataset)) => period(terms, dataset, at),
    };
    match until {
        Ok(until) if missing.is_empty() => Ok(until),
        until => {
            missing.extend(until.err());
            Err(Refused::Missing(missing.join("; ")))
        }
    }
}

/// When a data set's rule lets go of what is transferred now.
fn period(terms: &Terms, dataset: &str, at: Timestamp) -> Result<Timestamp, String> {
    let rule = terms.periods.iter().find(|r| r.dataset() == dataset);
    let rule = rule.ok_or_else(|| {
        format!("an own retention: `{dataset}` is not a data set whose period evidence can have")
    })?;
    let facts = [(facts::TRANSFERRED_AT.to_owned(), Some(db::text(at)))];
    rule.due_after(&facts, at)
        .ok_or_else(|| format!("an own retention: the register's rule of `{dataset}` names no end"))
}

/// Only a recording that is finished, and whose own time is not up, can be transferred.
fn transferable(
    terms: &Terms,
    facts_of: &[(String, Option<String>)],
    at: Timestamp,
) -> Result<(), Refused> {
    let refuse = |why: &str| Err(Refused::Recording(why.to_owned()));
    let has = |name: &str| facts_of.iter().any(|(n, value)| n == name && value.is_some());
    if has(facts::TRANSFERRED_AT) {
        return refuse("it is evidence already");
    }
    if !has("ended_at") {
        return refuse(
            "it is still being made; flag the call now, and transfer it when it has ended",
        );
    }
    match terms.recordings.outcome(facts_of, at) {
        Outcome::Due => refuse("its time is up; what is due is destroyed, not kept on"),
        Outcome::Unclear => refuse("nobody can say whether its time is up"),
        _ => Ok(()),
    }
}
