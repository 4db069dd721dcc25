//! A recording as a vCon.

mod evidence;

use std::io::{self, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use frist_vault::ObjectId;
use rusqlite::{OptionalExtension as _, Row};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::LAWFUL_BASIS;
use crate::desk::{Desk, DeskError, db, facts};
use crate::listen::{self, Denied, Listening, Rules};
use crate::principal::Principal;

/// The purpose of the attachment that says what a recording lacks.
const INCOMPLETE: &str = "recording_incomplete";

/// The recorder's place among the parties.
const RECORDER: usize = 2;

/// Where the sound goes.
pub enum Sound<'a> {
    /// Into the vCon.
    Inline,
    /// Beside it: the vCon says the URL and the hash, the WAV file is written here.
    Beside {
        /// Where others will find the file; HTTPS.
        url: String,
        /// The file.
        wav: &'a mut dyn Write,
    },
}

/// Why an export came to nothing, or ended in the middle.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The recording may not be heard, so it may not be exported.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database of calls.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The file cannot be written.
    #[error("the export cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The URL is none.
    #[error("the sound's address must be an HTTPS URL")]
    Url,
}

/// Writes a recording as a vCon. Asks and logs as listening does. For a purpose that the caller
/// consented to; the vCon tells of all purposes that were asked.
///
/// # Errors
/// [`ExportError`]; what was written before an error in the middle is incomplete.
#[expect(clippy::too_many_arguments, reason = "each is one thing that the caller must decide")]
pub fn export(
    desk: &Desk,
    rules: &Arc<Rules>,
    who: &Principal,
    recording: &ObjectId,
    purpose: &str,
    reason: &str,
    sound: Sound<'_>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    if let Sound::Beside { url, .. } = &sound
        && !url.starts_with("https://")
    {
        return Err(ExportError::Url);
    }
    let mut listening = listen::open_for(desk, rules, who, recording, purpose, reason, "export")?;
    let mut hash = Sha512::new();
    each(&mut listening, |piece| {
        hash.update(piece);
        Ok(())
    })?;
    let hash = format!("sha512-{}", URL_SAFE_NO_PAD.encode(hash.finalize()));
    // What stands where the sound will be written, so that it need not be held in memory. Nobody who
    // chooses a text in the vCon can know it.
    let place = format!("sound {hash}");
    let vcon = container(desk, rules, recording, &listening, &hash, &place, &sound)?;
    match sound {
        Sound::Beside { wav, .. } => {
            each(&mut listening, |piece| wav.write_all(piece))?;
            serde_json::to_writer_pretty(&mut *out, &vcon).map_err(io::Error::from)?;
        }
        Sound::Inline => {
            let text = serde_json::to_string_pretty(&vcon).map_err(io::Error::from)?;
            let (before, after) = text
                .split_once(&place)
                .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            out.write_all(before.as_bytes())?;
            let mut encoder = base64::write::EncoderWriter::new(&mut *out, &URL_SAFE_NO_PAD);
            each(&mut listening, |piece| encoder.write_all(piece))?;
            encoder.finish()?;
            drop(encoder);
            out.write_all(after.as_bytes())?;
        }
    }
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn each(
    listening: &mut Listening,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), ExportError> {
    let end = listening.len();
    let mut at = 0;
    while at < end {
        let piece = listening.piece(at, end)?;
        take(&piece)?;
        at += piece.len() as u64;
    }
    Ok(())
}

/// What `calls.db` tells of the call.
struct Call {
    caller: String,
    callee: String,
    agent: Option<String>,
}

/// One consent record.
struct Consent {
    record: String,
    schema: String,
    purpose: String,
    granted: bool,
    at: String,
    channel: String,
    key: Option<String>,
    by: Option<String>,
    text: (String, String, String),
    withdrawn: Option<(String, Option<String>)>,
    system: String,
}

fn container(
    desk: &Desk,
    rules: &Rules,
    recording: &ObjectId,
    listening: &Listening,
    hash: &str,
    place: &str,
    sound: &Sound<'_>,
) -> Result<Value, ExportError> {
    let facts = desk.inner.vault.facts(recording).map_err(|e| Denied::Vault(e.to_string()))?;
    let fact = |name: &str| {
        facts.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.clone()).unwrap_or_default()
    };
    let now = desk.inner.time();
    let (call, consents) = known(desk, &fact("call_id"))?;
    let mut dialog = json!({
        "type": "recording",
        "start": fact("started_at"),
        "duration": listening.milliseconds() as f64 / 1000.0,
        "parties": [0, 1],
        "mediatype": "audio/x-wav",
        "filename": format!("{recording}.wav"),
        "content_hash": hash,
    });
    match sound {
        Sound::Inline => {
            dialog["body"] = place.into();
            dialog["encoding"] = "base64url".into();
        }
        Sound::Beside { url, .. } => dialog["url"] = url.as_str().into(),
    }
    let history = history(&consents);
    if !history.is_empty() {
        dialog["party_history"] = history.into();
    }
    let agent = call.agent.unwrap_or(call.callee);
    // A copy that is evidence rests on what its transfer names, and no longer on consent.
    let mut attachments = match fact(facts::TRANSFERRED_AT).is_empty() {
        true => {
            let expiration = rules.recordings.due_after(&facts, now).map(db::text);
            attachments(&consents, expiration.as_deref())
        }
        false => evidence::attachments(desk, recording)?,
    };
    let lawful = attachments.iter().any(|a| a["purpose"] == LAWFUL_BASIS);
    let extensions = if lawful { vec![LAWFUL_BASIS] } else { Vec::new() };
    attachments.extend(holes(listening, &fact("started_at")));
    Ok(json!({
        "uuid": uuid8(recording),
        "extensions": extensions,
        "created_at": db::text(now),
        "parties": [
            party(&call.caller, "caller"),
            party(&agent, "agent"),
            { "name": desk.inner.config.system, "validation": "none", "type": "recorder" },
        ],
        "dialog": [dialog],
        "attachments": attachments,
    }))
}

fn party(address: &str, kind: &str) -> Value {
    let bare = address.trim().trim_start_matches('<').trim_end_matches('>');
    let (scheme, rest) = bare.split_once(':').unwrap_or(("", bare));
    let name = match scheme {
        "sip" | "sips" => "sip",
        "tel" | "" if !rest.contains('@') => "tel",
        _ => "sip",
    };
    match bare {
        "" => json!({ "type": kind }),
        bare => json!({ name: bare, "type": kind }),
    }
}

/// The keys that the caller pressed.
fn history(consents: &[Consent]) -> Vec<Value> {
    let key = |at: &str, button: &str| json!({ "party": 0, "time": at, "event": "keydown", "button": button });
    let mut events: Vec<(String, Value)> = Vec::new();
    for c in consents {
        if let Some(button) = c.key.as_deref().filter(|_| c.channel == "dtmf") {
            events.push((c.at.clone(), key(&c.at, button)));
        }
        if let Some((at, Some(button))) = &c.withdrawn {
            events.push((at.clone(), key(at, button)));
        }
    }
    events.sort_by(|a, b| a.0.cmp(&b.0));
    events.into_iter().map(|(_, event)| event).collect()
}

/// An attachment of the first dialog, with JSON in it.
fn attachment(purpose: &str, start: &str, party: usize, body: Value) -> Value {
    json!({
        "type": purpose,
        "purpose": purpose,
        "start": start,
        "party": party,
        "dialog": 0,
        "mediatype": "application/json",
        "encoding": "json",
        "body": body,
    })
}

/// What was consented to and refused; then, as later attachments, what was withdrawn.
fn attachments(consents: &[Consent], expiration: Option<&str>) -> Vec<Value> {
    let attachment = |start: &str, grants: Vec<Value>, proofs: Vec<Value>| {
        let body = json!({
            "lawful_basis": "consent",
            "expiration": expiration,
            "purpose_grants": grants,
            "proof_mechanisms": proofs,
        });
        attachment(LAWFUL_BASIS, start, 0, body)
    };
    let grant = |purpose: &str, granted: bool, at: &str| json!({ "purpose": purpose, "granted": granted, "granted_at": at });
    let mut out = Vec::new();
    if let Some(first) = consents.iter().map(|c| c.at.as_str()).min() {
        let grants = consents.iter().map(|c| grant(&c.purpose, c.granted, &c.at)).collect();
        out.push(attachment(first, grants, consents.iter().map(proof).collect()));
    }
    for c in consents {
        if let Some((at, _)) = &c.withdrawn {
            out.push(attachment(at, vec![grant(&c.purpose, false, at)], vec![proof(c)]));
        }
    }
    out
}

/// That sound is missing in it, or that it stops before the call does; nothing of a recording that is whole.
fn holes(listening: &Listening, start: &str) -> Option<Value> {
    let missing = listening.missing_ms().filter(|ms| *ms > 0);
    let ending = listening.ending().filter(|how| *how != "ended");
    (missing.is_some() || ending.is_some()).then(|| {
        attachment(INCOMPLETE, start, RECORDER, json!({ "missing_ms": missing, "ending": ending }))
    })
}

fn proof(c: &Consent) -> Value {
    let (text_id, text_version, language) = &c.text;
    json!({
        "proof_type": "external_system",
        "timestamp": c.at,
        "proof_data": {
            "system": c.system,
            "record_id": c.record,
            "schema_version": c.schema,
            "purpose": c.purpose,
            "channel": c.channel,
            "key_pressed": c.key,
            "stated_by": c.by,
            "text_id": text_id,
            "text_version": text_version,
            "language": language,
        },
    })
}

/// The recording's id with the version and variant of RFC 9562 section 5.8: the same recording is
/// always the same vCon.
fn uuid8(id: &ObjectId) -> String {
    let mut b = *id.as_bytes();
    b[6] = b[6] & 0x0f | 0x80;
    b[8] = b[8] & 0x3f | 0x80;
    let hex = crate::desk::inner::hex(&b);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn known(desk: &Desk, call: &str) -> Result<(Call, Vec<Consent>), DeskError> {
    desk.inner.db.read("tell what is known of a call", |db| {
        let found = db
            .prepare_cached("SELECT caller, callee, agent FROM call WHERE id = ?1")?
            .query_row([call], |row| {
                Ok(Call { caller: row.get(0)?, callee: row.get(1)?, agent: row.get(2)? })
            })
            .optional()?;
        let none = Call { caller: String::new(), callee: String::new(), agent: None };
        let consents = db
            .prepare_cached(
                "SELECT record_id, schema_version, purpose, decision, decided_at, channel,
                     key_pressed, stated_by, text_id, text_version, language, withdrawn_at,
                     withdrawn_key, system_id
                 FROM consent WHERE call_id = ?1 ORDER BY decided_at, rowid",
            )?
            .query_map([call], consent)?
            .collect::<rusqlite::Result<_>>()?;
        Ok((found.unwrap_or(none), consents))
    })
}

fn consent(row: &Row<'_>) -> rusqlite::Result<Consent> {
    let withdrawn: Option<String> = row.get(11)?;
    let key: Option<String> = row.get(12)?;
    Ok(Consent {
        record: row.get(0)?,
        schema: row.get(1)?,
        purpose: row.get(2)?,
        granted: row.get::<_, String>(3)? == "granted",
        at: row.get(4)?,
        channel: row.get(5)?,
        key: row.get(6)?,
        by: row.get(7)?,
        text: (row.get(8)?, row.get(9)?, row.get(10)?),
        withdrawn: withdrawn.map(|at| (at, key)),
        system: row.get(13)?,
    })
}
