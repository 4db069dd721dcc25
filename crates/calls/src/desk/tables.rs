//! What is written to and read from `calls.db`, statement by statement.

use frist_vault::ObjectId;
use jiff::Timestamp;
use rusqlite::{Connection, Result, Transaction, params};

use super::db::text;
use super::live::{Call, Made};
use super::types::{Answer, CallId, Ended, Via};
use crate::consent::How;

/// The version of consent records, as they themselves say it.
pub const CONSENT_SCHEMA: &str = "frist-consent-1";

/// What every consent record says about this system.
pub(crate) struct Written<'a> {
    pub(crate) system: &'a str,
    pub(crate) retention: &'a str,
    pub(crate) storage: &'a str,
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Front => "front",
        Via::Siprec => "siprec",
        Via::Import => "import",
    }
}

pub(crate) fn outcome(ended: Ended) -> &'static str {
    match ended {
        Ended::Answered => "answered",
        Ended::Abandoned => "abandoned",
        Ended::Unreachable => "unreachable",
        Ended::Lost => "lost",
        Ended::Crashed => "crashed",
    }
}

/// Channel, key pressed, and who stated it.
pub(crate) fn channel(how: &How) -> (&'static str, Option<String>, Option<&str>) {
    match how {
        How::Key(key) => ("dtmf", Some(key.to_string()), None),
        // Which other key it was is not kept.
        How::WrongKey => ("dtmf", None, None),
        How::NoKey | How::HungUp => ("none", None, None),
        How::Api { who } => ("api", None, Some(who)),
        How::Agent { who } => ("agent", None, Some(who)),
    }
}

pub(crate) fn add_call(tx: &Transaction<'_>, call: &Call) -> Result<()> {
    let new = &call.new;
    tx.prepare_cached(
        "INSERT INTO call (id, sip_call_id, session_id, via, caller, callee, language, began_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![
        call.id.as_str(),
        new.sip_call_id,
        new.session_id,
        via(new.via),
        new.caller,
        new.callee,
        new.language,
        text(call.began),
    ])?;
    Ok(())
}

pub(crate) fn bridged(tx: &Transaction<'_>, id: &CallId, agent: &str, at: Timestamp) -> Result<()> {
    tx.prepare_cached("UPDATE call SET agent = ?2, bridged_at = ?3 WHERE id = ?1")?
        .execute(params![id.as_str(), agent, text(at)])?;
    Ok(())
}

pub(crate) fn ended(tx: &Transaction<'_>, id: &CallId, how: Ended, at: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "UPDATE call SET ended_at = ?2, outcome = ?3 WHERE id = ?1 AND ended_at IS NULL",
    )?
    .execute(params![id.as_str(), text(at), outcome(how)])?;
    Ok(())
}

/// One answer as it counts: `granted` is what the state machine made of it.
pub(crate) struct Kept<'a> {
    pub(crate) record_id: ObjectId,
    pub(crate) call: &'a CallId,
    pub(crate) pseudonym: &'a str,
    pub(crate) answer: &'a Answer,
    pub(crate) granted: bool,
    pub(crate) at: Timestamp,
}

pub(crate) fn add_consent(
    tx: &Transaction<'_>,
    kept: &Kept<'_>,
    system: &Written<'_>,
) -> Result<()> {
    let (channel, key, by) = channel(&kept.answer.how);
    tx.prepare_cached(
        "INSERT INTO consent (record_id, schema_version, call_id, caller_pseudonym, purpose,
             decision, decided_at, channel, key_pressed, stated_by, text_id, text_version, language,
             system_id, retention, storage)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        kept.record_id.to_string(),
        CONSENT_SCHEMA,
        kept.call.as_str(),
        kept.pseudonym,
        kept.answer.purpose,
        if kept.granted { "granted" } else { "refused" },
        text(kept.at),
        channel,
        key,
        by,
        kept.answer.text_id,
        kept.answer.text_version,
        kept.answer.language,
        system.system,
        system.retention,
        system.storage,
    ])?;
    Ok(())
}

/// Marks the consent in force of these purposes as withdrawn; answers how many there were.
pub(crate) fn withdraw(
    tx: &Transaction<'_>,
    id: &CallId,
    purposes: &[String],
    how: &How,
    at: Timestamp,
) -> Result<usize> {
    let (channel, key, by) = channel(how);
    let mut statement = tx.prepare_cached(
        "UPDATE consent SET withdrawn_at = ?3, withdrawn_channel = ?4, withdrawn_key = ?5,
             withdrawn_by = ?6
         WHERE call_id = ?1 AND purpose = ?2 AND decision = 'granted' AND withdrawn_at IS NULL",
    )?;
    let mut n = 0;
    for purpose in purposes {
        n += statement.execute(params![id.as_str(), purpose, text(at), channel, key, by])?;
    }
    Ok(n)
}

/// The purposes of a call for which a consent is in force.
pub(crate) fn in_force(db: &Connection, id: &CallId) -> Result<Vec<String>> {
    db.prepare_cached(
        "SELECT DISTINCT purpose FROM consent
         WHERE call_id = ?1 AND decision = 'granted' AND withdrawn_at IS NULL ORDER BY purpose",
    )?
    .query_map([id.as_str()], |row| row.get(0))?
    .collect()
}

/// The consents that a call's caller gave: purpose, and when it was withdrawn. The last one given of
/// each purpose.
pub(crate) fn consents(db: &Connection, id: &CallId) -> Result<Vec<(String, Option<String>)>> {
    db.prepare_cached(
        "SELECT purpose, withdrawn_at FROM consent c WHERE call_id = ?1 AND decision = 'granted'
             AND NOT EXISTS (SELECT 1 FROM consent l WHERE l.call_id = c.call_id
                 AND l.purpose = c.purpose AND l.decision = 'granted' AND l.rowid > c.rowid)
         ORDER BY purpose",
    )?
    .query_map([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

pub(crate) fn is_call(db: &Connection, id: &CallId) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM call WHERE id = ?1")?.exists([id.as_str()])
}

pub(crate) fn add_recording(
    tx: &Transaction<'_>,
    call: &CallId,
    made: &Made,
    at: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO recording (id, call_id, purposes, began_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        made.id.to_string(),
        call.as_str(),
        made.purposes.join(" "),
        text(at)
    ])?;
    Ok(())
}

/// Notes how a recording ended, and how many milliseconds of sound are missing in it, where that is
/// known; the first note stays.
pub(crate) fn end_recording(
    tx: &Transaction<'_>,
    id: &ObjectId,
    ending: &str,
    at: Timestamp,
    missing_ms: Option<u64>,
) -> Result<()> {
    let missing_ms = missing_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
    tx.prepare_cached(
        "UPDATE recording SET ended_at = ?2, ending = ?3, missing_ms = ?4
         WHERE id = ?1 AND ended_at IS NULL",
    )?
    .execute(params![id.to_string(), text(at), ending, missing_ms])?;
    Ok(())
}

/// How a recording ended, and how many milliseconds of sound are missing in it, as far as is known. Of a copy that is
/// evidence, what was known of its original.
pub(crate) fn how_whole(db: &Connection, id: &ObjectId) -> Result<(Option<String>, Option<u64>)> {
    use rusqlite::OptionalExtension as _;
    let found = db
        .prepare_cached(
            "SELECT ending, missing_ms FROM recording WHERE id = ?1
             UNION ALL SELECT ending, missing_ms FROM transfer WHERE copy_id = ?1",
        )?
        .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))
        .optional()?;
    let (ending, missing) = found.unwrap_or_default();
    Ok((ending, missing.map(i64::unsigned_abs)))
}

/// Notes that a recording must be destroyed now, and when that was done.
pub(crate) fn destroy(
    tx: &Transaction<'_>,
    id: &ObjectId,
    at: Timestamp,
    done: Option<Timestamp>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE recording SET destroy_at = coalesce(destroy_at, ?2),
             destroyed_at = coalesce(destroyed_at, ?3)
         WHERE id = ?1",
    )?
    .execute(params![id.to_string(), text(at), done.map(text)])?;
    Ok(())
}

fn made(id: &str, purposes: &str) -> Option<Made> {
    let purposes = purposes.split(' ').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    Some(Made { id: id.parse().ok()?, purposes })
}

/// The recordings of a call that were not destroyed out of their time.
pub(crate) fn recordings(db: &Connection, call: &CallId) -> Result<Vec<Made>> {
    let rows = db
        .prepare_cached(
            "SELECT id, purposes FROM recording WHERE call_id = ?1 AND destroyed_at IS NULL
             ORDER BY began_at, id",
        )?
        .query_map([call.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, String)>>>()?;
    Ok(rows.iter().filter_map(|(id, purposes)| made(id, purposes)).collect())
}

/// The call that a recording is of.
pub(crate) fn call_of(db: &Connection, id: &ObjectId) -> Result<Option<String>> {
    use rusqlite::OptionalExtension as _;
    db.prepare_cached("SELECT call_id FROM recording WHERE id = ?1")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()
}

/// The recordings that must be destroyed and, as far as is known, are not yet.
pub(crate) fn to_destroy(db: &Connection) -> Result<Vec<ObjectId>> {
    ids(db, "SELECT id FROM recording WHERE destroy_at IS NOT NULL AND destroyed_at IS NULL")
}

/// Takes an import back: what was written of it goes, but that it was destroyed.
pub(crate) fn unimport(tx: &Transaction<'_>, id: &ObjectId, at: Timestamp) -> Result<()> {
    let id = id.to_string();
    for sql in [
        "DELETE FROM consent WHERE call_id = (SELECT call_id FROM recording WHERE id = ?1)",
        "DELETE FROM call WHERE id = (SELECT call_id FROM recording WHERE id = ?1)",
    ] {
        tx.execute(sql, [&id])?;
    }
    tx.execute(
        "UPDATE recording SET imported = NULL, ending = 'failed', ended_at = ?2,
             destroy_at = ?2, destroyed_at = ?2 WHERE id = ?1",
        params![id, text(at)],
    )?;
    Ok(())
}

/// The imports that a crash cut off.
pub(crate) fn unimported(db: &Connection) -> Result<Vec<ObjectId>> {
    ids(db, "SELECT id FROM recording WHERE imported IS NOT NULL AND ended_at IS NULL")
}

/// The recordings that nobody has seen end.
pub(crate) fn unended(db: &Connection) -> Result<Vec<ObjectId>> {
    ids(db, "SELECT id FROM recording WHERE ended_at IS NULL")
}

fn ids(db: &Connection, sql: &str) -> Result<Vec<ObjectId>> {
    let rows = db
        .prepare(sql)?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>>>()?;
    Ok(rows.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Ends every call that has no end: at the end of its last recording, or when the desk was last seen
/// alive.
pub(crate) fn end_all(tx: &Transaction<'_>) -> Result<usize> {
    tx.execute(
        "UPDATE call SET outcome = 'crashed', ended_at = max(
             began_at,
             coalesce(bridged_at, ''),
             coalesce((SELECT max(r.ended_at) FROM recording r WHERE r.call_id = call.id), ''),
             coalesce((SELECT at FROM pulse), ''))
         WHERE ended_at IS NULL",
        [],
    )
}

pub(crate) fn pulse(tx: &Transaction<'_>, at: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO pulse (id, at) VALUES (0, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
    )?
    .execute([text(at)])?;
    Ok(())
}

pub(crate) fn switched(
    tx: &Transaction<'_>,
    change: &str,
    by: &str,
    why: &str,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO switch (switched_at, change, switched_by, why) VALUES (?1, ?2, ?3, ?4)",
        params![text(at), change, by, why],
    )?;
    Ok(())
}
