//! The log of listening: written before the first byte, seen by the DPO.

use frist_vault::ObjectId;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::Denied;
use crate::desk::{Desk, DeskError, db, tables};
use crate::principal::{Principal, Role};

pub(super) struct Entry<'a> {
    pub(super) who: &'a Principal,
    pub(super) recording: &'a ObjectId,
    pub(super) purpose: &'a str,
    pub(super) reason: &'a str,
    pub(super) act: &'static str,
    pub(super) refused: Option<&'a Denied>,
}

/// Writes the log, on disk when this returns.
pub(super) fn write(desk: &Desk, entry: &Entry<'_>) -> Result<(), Denied> {
    let at = db::text(desk.inner.time());
    let refused = entry.refused.map(ToString::to_string);
    let wrote = desk.inner.db.write("log who listens", |tx| {
        let call = tables::call_of(tx, entry.recording)?;
        tx.prepare_cached(
            "INSERT INTO listening (listened_at, principal, purpose, reason, recording_id, call_id,
                 act, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            at,
            entry.who.name,
            entry.purpose,
            entry.reason.trim(),
            entry.recording.to_string(),
            call,
            entry.act,
            refused,
        ])
    });
    wrote.map(|_| ()).map_err(|e| Denied::NoLog(e.to_string()))
}

/// Which lines of the log to see; nothing set means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// From this instant on.
    pub since: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// By this principal.
    pub principal: Option<String>,
    /// Of this recording.
    pub recording: Option<ObjectId>,
    /// At most so many, the latest.
    pub limit: Option<u32>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// When.
    pub at: String,
    /// Who.
    pub principal: String,
    /// For which purpose.
    pub purpose: String,
    /// Why, in the principal's words.
    pub reason: String,
    /// Which recording.
    pub recording: String,
    /// Of which call; none when the recording was not known.
    pub call: Option<String>,
    /// `listen` or `export`.
    pub act: String,
    /// Why it was refused; none when it was allowed.
    pub refused: Option<String>,
}

/// The log of listening, the latest first, for those who have [`Role::Dpo`].
///
/// # Errors
/// When the principal is no DPO, or the database does not answer.
pub fn heard(desk: &Desk, who: &Principal, filter: &Filter) -> Result<Vec<Heard>, DeskError> {
    if !who.is(Role::Dpo) {
        return Err(DeskError::Refused(format!(
            "`{}` does not have the role `dpo`, which seeing who listened asks for",
            who.name
        )));
    }
    let sql = "SELECT listened_at, principal, purpose, reason, recording_id, call_id, act, refused
        FROM listening
        WHERE (?1 IS NULL OR listened_at >= ?1) AND (?2 IS NULL OR listened_at < ?2)
            AND (?3 IS NULL OR principal = ?3) AND (?4 IS NULL OR recording_id = ?4)
        ORDER BY id DESC LIMIT ?5";
    desk.inner.db.read("tell who listened", |connection| {
        let filter = params![
            filter.since.map(db::text),
            filter.until.map(db::text),
            filter.principal,
            filter.recording.map(|id| id.to_string()),
            filter.limit.map_or(-1, i64::from),
        ];
        let line = |row: &rusqlite::Row<'_>| {
            Ok(Heard {
                at: row.get(0)?,
                principal: row.get(1)?,
                purpose: row.get(2)?,
                reason: row.get(3)?,
                recording: row.get(4)?,
                call: row.get(5)?,
                act: row.get(6)?,
                refused: row.get(7)?,
            })
        };
        connection.prepare(sql)?.query_map(filter, line)?.collect()
    })
}

/// Lines of the log as CSV (RFC 4180), with a header. A field that a spreadsheet would take for a
/// formula gets an apostrophe in front.
#[must_use]
pub fn csv(lines: &[Heard]) -> String {
    let mut out = String::from("at,principal,purpose,reason,recording,call,act,refused\r\n");
    for line in lines {
        let fields = [
            &line.at,
            &line.principal,
            &line.purpose,
            &line.reason,
            &line.recording,
            line.call.as_ref().unwrap_or(&String::new()),
            &line.act,
            line.refused.as_ref().unwrap_or(&String::new()),
        ]
        .map(|f| field(f));
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out
}

fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
