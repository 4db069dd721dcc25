//! Recordings in from a folder or a bucket: WAV files, each with a vCon or a JSON file beside it.
//!
//! An import is a recording like any other, with the times of the call: its time runs from when the
//! call was, not from when it came here. Importing the same sound again changes nothing.

use std::path::Path;
use std::sync::Arc;

use frist_decide::Outcome;
use frist_vault::{Begin, ObjectId};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use sha2::{Digest, Sha256};

use super::proof::{self, Beside, Grant};
use super::sound::Wav;
use super::source::Source;
use crate::desk::inner::hex;
use crate::desk::{
    Answer, CallId, Desk, DeskError, Ended, NewCall, Refusal, Via, db, facts, tables,
};
use crate::listen::Rules;
use crate::principal::{Principal, Role};
use crate::tape;

/// A file larger than this is refused: as a WAV file it is longer than nine hours.
const LARGEST: u64 = 1 << 30;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is a recording now.
    New(ObjectId),
    /// It was imported before.
    Already,
}

/// Why a file was not imported. No names and no numbers.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// The principal may not.
    #[error("`{0}` does not have the role `operator`, which importing asks for")]
    Role(String),
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
    /// There is no proof of consent.
    #[error("there is no proof of consent: {0}")]
    NoConsent(String),
    /// Its time is up already.
    #[error("its time is up already: it counts from the call, not from the import")]
    Expired,
    /// The register's rule decides nothing on it.
    #[error("nobody can say when its time would be up")]
    Unclear,
    /// Nothing is recorded now, so nothing is imported.
    #[error("nothing is imported: {0}")]
    Refused(#[from] Refusal),
    /// The database of calls.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault, or the object storage that it comes from.
    #[error("{0}")]
    Vault(#[from] frist_vault::VaultError),
}

/// Imports every WAV file of a place, in the order of their names; each stands for itself. `done` hears what became of
/// each, and ends the import when it answers no.
///
/// # Errors
/// When the place cannot be listed, or the principal may not import.
pub fn import(
    desk: &Desk,
    rules: &Arc<Rules>,
    who: &Principal,
    place: &dyn Source,
    done: &mut dyn FnMut(&str, Result<Imported, NotImported>) -> bool,
) -> Result<(), NotImported> {
    allowed(desk, who)?;
    let mut names = place.names()?;
    names.retain(|name| Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("wav")));
    names.sort();
    for name in names {
        if !done(&name, one(desk, rules, who, place, &name)) {
            break;
        }
    }
    Ok(())
}

fn allowed(desk: &Desk, who: &Principal) -> Result<(), NotImported> {
    if !who.is(Role::Operator) {
        return Err(NotImported::Role(who.name.clone()));
    }
    if desk.inner.is_stopped() {
        return Err(Refusal::Stopped.into());
    }
    Ok(())
}

/// Imports one WAV file of a place.
fn one(
    desk: &Desk,
    rules: &Arc<Rules>,
    who: &Principal,
    place: &dyn Source,
    name: &str,
) -> Result<Imported, NotImported> {
    // Asked for each: recording may be stopped in the middle.
    allowed(desk, who)?;
    let mut beside = beside(place, name)?;
    let bytes = place.read(name, LARGEST)?.ok_or_else(|| gone("the WAV file"))?;
    let wav = Wav::parse(&bytes).map_err(NotImported::File)?;
    if wav.samples() == 0 {
        return Err(NotImported::File("the WAV file has no sound".to_owned()));
    }
    consented(desk, &mut beside)?;
    let length = SignedDuration::from_millis(wav.milliseconds() as i64);
    let ended = beside.started.checked_add(length).unwrap_or(Timestamp::MAX);
    if ended > desk.inner.time() {
        return Err(NotImported::File("the call ends in the future".to_owned()));
    }
    let call = CallId::at(beside.started);
    let mut all = vec![
        ("call_id".to_owned(), Some(call.to_string())),
        ("started_at".to_owned(), Some(db::text(beside.started))),
        ("ended_at".to_owned(), Some(db::text(ended))),
    ];
    for purpose in &desk.inner.config.purposes {
        let grant = beside.grants.iter().find(|g| g.purpose == *purpose);
        all.push((facts::given(purpose), grant.map(|g| db::text(g.at))));
        all.push((facts::withdrawn(purpose), None));
    }
    match rules.recordings.outcome(&all, desk.inner.time()) {
        Outcome::Due => return Err(NotImported::Expired),
        Outcome::Unclear => return Err(NotImported::Unclear),
        _ => {}
    }
    desk.inner.room()?;
    let new = New { desk, beside: &beside, wav: &wav, call, ended, facts: all };
    new.keep()
}

fn gone(what: &str) -> NotImported {
    NotImported::File(format!("{what} is not there any more"))
}

fn beside(place: &dyn Source, name: &str) -> Result<Beside, NotImported> {
    for extension in ["json", "vcon", "vcon.json"] {
        let path = Path::new(name).with_extension(extension);
        let Some(bytes) = place.read(&path.to_string_lossy(), LARGEST)? else { continue };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| NotImported::File("the file beside it is not UTF-8".to_owned()))?;
        return proof::read(text).map_err(NotImported::File);
    }
    let what = "put a `.json` or `.vcon` of the same name beside the WAV file, which says when the call was and who consented to what, when and how";
    Err(NotImported::NoConsent(what.to_owned()))
}

/// Leaves the consents that count: to purposes that callers are asked here, given before the sound.
fn consented(desk: &Desk, beside: &mut Beside) -> Result<(), NotImported> {
    let mut why = std::mem::take(&mut beside.lacking);
    let known = &desk.inner.config.purposes;
    let started = beside.started;
    let mut seen: Vec<String> = Vec::new();
    beside.grants.retain(|g: &Grant| {
        let refusal = if !known.contains(&g.purpose) {
            "is no purpose that callers are asked here"
        } else if g.at > started {
            "was consented to after the recording began"
        } else if seen.contains(&g.purpose) {
            return false;
        } else {
            seen.push(g.purpose.clone());
            return true;
        };
        why.push(format!("`{}` {refusal}", g.purpose));
        false
    });
    match beside.grants.is_empty() {
        false => Ok(()),
        true if why.is_empty() => Err(NotImported::NoConsent("nothing was consented to".into())),
        true => Err(NotImported::NoConsent(why.join("; "))),
    }
}

/// An import that is allowed.
struct New<'a> {
    desk: &'a Desk,
    beside: &'a Beside,
    wav: &'a Wav<'a>,
    call: CallId,
    ended: Timestamp,
    facts: Vec<(String, Option<String>)>,
}

impl New<'_> {
    fn keep(self) -> Result<Imported, NotImported> {
        let mut hash = Sha256::new();
        let chunks = || (0..).map_while(|n| self.wav.chunk(n));
        chunks().for_each(|chunk| hash.update(&chunk));
        let content = hex(&hash.finalize());
        let id = ObjectId::random()?;
        if !self.note(&id, &content)? {
            return Ok(Imported::Already);
        }
        if let Err(e) = self.write(&id, chunks()) {
            self.desk.inner.forget_import(&id);
            return Err(e.into());
        }
        // Until this is written, a crash destroys the import, and it can be imported anew.
        self.desk.inner.db.write("note an import", |tx| {
            tables::end_recording(tx, &id, "ended", self.ended, None)
        })?;
        Ok(Imported::New(id))
    }

    fn write(
        &self,
        id: &ObjectId,
        chunks: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), frist_vault::VaultError> {
        let own = |name: &str| name == "started_at" || name == "ended_at";
        let facts = self.facts.iter().filter(|(n, v)| v.is_some() && !own(n)).cloned().collect();
        let mut writer = self.desk.inner.vault.begin(Begin {
            id: *id,
            started: self.beside.started,
            chunk: tape::CHUNK,
            chunk_ms: tape::BLOCK_MS * tape::PAIRS as u32,
            header: tape::HEADER.to_vec(),
            facts,
        })?;
        for chunk in chunks {
            writer.append(&zeroize::Zeroizing::new(chunk))?;
        }
        writer.finish(self.ended).map(|_| ())
    }

    /// Writes the call, its consents and the recording; false when this sound is known already.
    fn note(&self, id: &ObjectId, content: &str) -> Result<bool, DeskError> {
        let desk = &self.desk.inner;
        let call = NewCall {
            sip_call_id: String::new(),
            session_id: None,
            caller: self.beside.caller.clone(),
            callee: self.beside.callee.clone(),
            language: self.beside.language.clone(),
            via: Via::Import,
        };
        let pseudonym = desk.pseudonym(&call.caller);
        let call = desk.imported_call(self.call.clone(), self.beside.started, call);
        let written = desk.written();
        let answers: Vec<(Answer, Timestamp)> = self.beside.grants.iter().map(answer).collect();
        let mut rows = Vec::new();
        for (answer, at) in &answers {
            rows.push(tables::Kept {
                record_id: ObjectId::random().map_err(|e| DeskError::Refused(e.to_string()))?,
                call: &self.call,
                pseudonym: &pseudonym,
                answer,
                granted: true,
                at: *at,
            });
        }
        let purposes: Vec<&str> = self.beside.grants.iter().map(|g| g.purpose.as_str()).collect();
        desk.db.write("note an import", |tx| {
            let new = tx.execute(
                "INSERT INTO recording (id, call_id, purposes, began_at, imported)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (imported) DO NOTHING",
                params![
                    id.to_string(),
                    self.call.as_str(),
                    purposes.join(" "),
                    db::text(self.beside.started),
                    content,
                ],
            )?;
            if new == 0 {
                return Ok(false);
            }
            tables::add_call(tx, &call)?;
            if let Some(agent) = &self.beside.agent {
                tables::bridged(tx, &self.call, agent, self.beside.started)?;
            }
            tables::ended(tx, &self.call, Ended::Answered, self.ended)?;
            rows.iter().try_for_each(|row| tables::add_consent(tx, row, &written))?;
            Ok(true)
        })
    }
}

fn answer(grant: &Grant) -> (Answer, Timestamp) {
    let (text_id, text_version, language) = grant.text.clone();
    let answer = Answer {
        purpose: grant.purpose.clone(),
        granted: true,
        how: grant.how.clone(),
        text_id,
        text_version,
        language,
    };
    (answer, grant.at)
}
