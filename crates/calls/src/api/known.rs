//! What is known of calls, without numbers: who called is of no use to whoever handles a recording.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::desk::{CallId, Desk, DeskError, facts};
use crate::listen::Rules;

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct Known {
    id: String,
    sip_call_id: String,
    session_id: Option<String>,
    via: String,
    language: String,
    began_at: String,
    bridged_at: Option<String>,
    ended_at: Option<String>,
    outcome: Option<String>,
    flagged: bool,
    recording_now: bool,
    consent: Vec<Answered>,
    recordings: Vec<Recorded>,
}

/// One purpose's answer.
#[derive(Debug, Serialize)]
struct Answered {
    purpose: String,
    decision: String,
    decided_at: String,
    text_id: String,
    text_version: String,
    withdrawn_at: Option<String>,
}

/// One recording.
#[derive(Debug, Serialize)]
struct Recorded {
    id: String,
    purposes: Vec<String>,
    began_at: String,
    ended_at: Option<String>,
    destroyed_at: Option<String>,
    /// How it ended: `ended`, or why it stops before the call does; none while it runs.
    ending: Option<String>,
    /// Milliseconds of sound that were sent and are not in it, lost on the way or too late; none where that is not known.
    missing_ms: Option<i64>,
    /// When its time is up, by the register's rule; none while nothing ends it, or it is gone.
    due_at: Option<String>,
}

impl Known {
    /// Says when the time of each recording that is there is up.
    pub(crate) fn with_ends(&mut self, desk: &Desk, rules: &Rules) {
        let there = self.recordings.iter_mut().filter(|r| r.destroyed_at.is_none());
        for recording in there {
            let Ok(id) = recording.id.parse() else { continue };
            // One that cannot be read now is told of without its end.
            let Ok(facts) = desk.inner.vault.facts(&id) else { continue };
            let evidence = facts.iter().any(|(n, v)| n == facts::TRANSFERRED_AT && v.is_some());
            let rule = match evidence {
                true => rules.evidence.as_ref(),
                false => Some(&rules.recordings),
            };
            let due = rule.and_then(|rule| rule.due_after(&facts, desk.inner.time()));
            recording.due_at = due.map(|at| at.to_string());
        }
    }
}

const CALL: &str = "SELECT id, sip_call_id, session_id, via, language, began_at, bridged_at, \
                    ended_at, outcome, flagged FROM call";

/// The call that a request names: by the desk's id, the Call-ID or the Session-ID; a live one first.
pub(crate) fn find(desk: &Desk, name: &str) -> Result<CallId, DeskError> {
    // A live call is found without the database. A Session-ID (RFC 7989) looks like an id of ours: 32 digits.
    let own = CallId::parse(name).filter(|id| desk.inner.live.get(id).is_some());
    if let Some(live) = own.or_else(|| desk.find(name)) {
        return Ok(live);
    }
    let whole = "SELECT id FROM call WHERE id = ?1 OR sip_call_id = ?1 OR session_id = ?1
                 ORDER BY id = ?1 DESC, began_at DESC LIMIT 1";
    // Either half of a Session-ID names the call.
    let half = "SELECT id FROM call WHERE instr(lower(replace(session_id, '-', '')), ?1) > 0
                ORDER BY began_at DESC LIMIT 1";
    let digits = name.replace('-', "").to_ascii_lowercase();
    let uuid = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let found: Option<String> = desk.inner.db.read("look a call up", |db| {
        let found = db.query_row(whole, [name], |row| row.get(0)).optional()?;
        match found {
            None if uuid => db.query_row(half, [&digits], |row| row.get(0)).optional(),
            found => Ok(found),
        }
    })?;
    // A Call-ID names a host and sometimes more: it is not repeated.
    let none = || DeskError::NoCall { what: "known", id: "(as given)".to_owned() };
    found.and_then(|id| CallId::parse(&id)).ok_or_else(none)
}

/// One call, as it stands.
pub(crate) fn call(desk: &Desk, id: &CallId) -> Result<Known, DeskError> {
    let sql = format!("{CALL} WHERE id = ?1");
    let found = desk.inner.db.read("look a call up", |db| {
        let row = db.query_row(&sql, [id.as_str()], known).optional()?;
        row.map(|mut call| more(db, &mut call).map(|()| call)).transpose()
    })?;
    let mut call = found.ok_or_else(|| DeskError::NoCall { what: "known", id: id.to_string() })?;
    call.recording_now = desk.is_recording(id);
    Ok(call)
}

/// The latest calls; with `live`, those under way only.
pub(crate) fn calls(desk: &Desk, live: bool, limit: u32) -> Result<Vec<Known>, DeskError> {
    let sql =
        format!("{CALL} WHERE NOT ?1 OR ended_at IS NULL ORDER BY began_at DESC, id DESC LIMIT ?2");
    let mut calls = desk.inner.db.read("list calls", |db| {
        let mut calls: Vec<Known> =
            db.prepare(&sql)?.query_map(params![live, limit], known)?.collect::<Result<_, _>>()?;
        calls.iter_mut().try_for_each(|call| more(db, call))?;
        Ok(calls)
    })?;
    for call in &mut calls {
        call.recording_now = CallId::parse(&call.id).is_some_and(|id| desk.is_recording(&id));
    }
    Ok(calls)
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        id: row.get(0)?,
        sip_call_id: row.get(1)?,
        session_id: row.get(2)?,
        via: row.get(3)?,
        language: row.get(4)?,
        began_at: row.get(5)?,
        bridged_at: row.get(6)?,
        ended_at: row.get(7)?,
        outcome: row.get(8)?,
        flagged: row.get(9)?,
        recording_now: false,
        consent: Vec::new(),
        recordings: Vec::new(),
    })
}

fn more(db: &Connection, call: &mut Known) -> rusqlite::Result<()> {
    let sql = "SELECT purpose, decision, decided_at, text_id, text_version, withdrawn_at
        FROM consent WHERE call_id = ?1 ORDER BY decided_at, rowid";
    let answered = |row: &Row<'_>| {
        Ok(Answered {
            purpose: row.get(0)?,
            decision: row.get(1)?,
            decided_at: row.get(2)?,
            text_id: row.get(3)?,
            text_version: row.get(4)?,
            withdrawn_at: row.get(5)?,
        })
    };
    call.consent =
        db.prepare_cached(sql)?.query_map([&call.id], answered)?.collect::<Result<_, _>>()?;
    let sql = "SELECT id, purposes, began_at, ended_at, destroyed_at, ending, missing_ms
        FROM recording WHERE call_id = ?1 ORDER BY began_at, id";
    let recorded = |row: &Row<'_>| {
        let purposes: String = row.get(1)?;
        Ok(Recorded {
            id: row.get(0)?,
            purposes: purposes.split_whitespace().map(str::to_owned).collect(),
            began_at: row.get(2)?,
            ended_at: row.get(3)?,
            destroyed_at: row.get(4)?,
            ending: row.get(5)?,
            missing_ms: row.get(6)?,
            due_at: None,
        })
    };
    call.recordings =
        db.prepare_cached(sql)?.query_map([&call.id], recorded)?.collect::<Result<_, _>>()?;
    Ok(())
}
