//! Hearing a recording: only those named, with a reason, logged before the first byte.
//!
//! [`open`] asks everything, writes the log durably, and gives a [`Listening`] that decodes the
//! recording to a WAV file in pieces, from any byte on. Nothing is written to disk; each piece is
//! overwritten when dropped. Every piece asks again: a recording that is withdrawn, comes to its end
//! or is stopped in the middle of a stream ends the stream.

mod log;
mod wav;

pub use log::{Filter, Heard, csv, heard};
pub use wav::{HEADER as WAV_HEADER, Range, Unsatisfiable, range};

use std::sync::Arc;

use frist_vault::{ObjectId, Reader, VaultError};
use zeroize::Zeroizing;

use crate::desk::{Desk, facts, tables};
use crate::principal::{Principal, Role, has_substance};
use crate::rule::{Over, Rule};
use crate::tape;

/// The rules that say what may still be heard.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Of recordings.
    pub recordings: Rule,
    /// Of evidence, where the register has such a data set.
    pub evidence: Option<Rule>,
}

/// The purpose to name for hearing evidence; it asks for [`Role::Evidence`].
pub const EVIDENCE: &str = "evidence";

/// Why a recording is not played.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The principal is not named for this purpose.
    #[error(
        "`{who}` is not named for listening for `{purpose}`; those who are stand in the tokens file"
    )]
    NotNamed {
        /// Who.
        who: String,
        /// For what.
        purpose: String,
    },
    /// No reason, or none that says anything.
    #[error("say in a few words why you listen; it is kept, and the DPO can see it")]
    NoReason,
    /// No such recording, or none any more.
    #[error("there is no recording {0} (any more)")]
    Gone(String),
    /// It is still being made.
    #[error("the call is still being recorded; listen when it has ended")]
    Live,
    /// The caller did not consent to this purpose.
    #[error("the caller did not consent to `{0}`")]
    NotConsented(String),
    /// The caller withdrew.
    #[error("the caller has withdrawn consent to `{0}`")]
    Withdrawn(String),
    /// Its time is up.
    #[error(transparent)]
    Over(#[from] Over),
    /// The kill switch is set.
    #[error("all recording is stopped, and so is listening, until it is resumed")]
    Stopped,
    /// The log cannot be written; nothing is played without it.
    #[error("nothing is played, since it cannot be logged: {0}")]
    NoLog(String),
    /// The recording cannot be read.
    #[error("the recording cannot be read: {0}")]
    Vault(String),
}

/// A recording being heard.
pub struct Listening {
    desk: Desk,
    rules: Arc<Rules>,
    id: ObjectId,
    purpose: String,
    reader: Reader,
    chunks: u64,
    /// Bytes of 16-bit stereo, all together.
    pcm: u64,
    /// How the recording ended, and the milliseconds of sound that are missing in it, as far as is known.
    how_whole: (Option<String>, Option<u64>),
    /// The piece that was decoded last: its chunk, and what it says.
    last: Option<(u64, Zeroizing<Vec<u8>>)>,
}

/// Opens a recording for listening. The log of it is on disk when this returns, also of a refusal.
///
/// # Errors
/// [`Denied`] says why not.
pub fn open(
    desk: &Desk,
    rules: &Arc<Rules>,
    who: &Principal,
    recording: &ObjectId,
    purpose: &str,
    reason: &str,
) -> Result<Listening, Denied> {
    open_for(desk, rules, who, recording, purpose, reason, "listen")
}

/// As [`open`], for another act than listening: what the log calls it.
pub(crate) fn open_for(
    desk: &Desk,
    rules: &Arc<Rules>,
    who: &Principal,
    recording: &ObjectId,
    purpose: &str,
    reason: &str,
    act: &'static str,
) -> Result<Listening, Denied> {
    let may = (|| {
        if !is_named(who, purpose) {
            let (who, purpose) = (who.name.clone(), purpose.to_owned());
            return Err(Denied::NotNamed { who, purpose });
        }
        if !has_substance(reason) {
            return Err(Denied::NoReason);
        }
        allowed(desk, rules, recording, purpose)
    })();
    let entry = log::Entry { who, recording, purpose, reason, act, refused: may.as_ref().err() };
    log::write(desk, &entry)?;
    may?;
    let mut reader = desk.inner.vault.read(recording).map_err(|e| unreadable(&e))?;
    let chunks = reader.chunks();
    let mut pcm = chunks.saturating_sub(1) * tape::CHUNK_PCM as u64;
    if let Some(last) = chunks.checked_sub(1) {
        let plain = reader.chunk(last).map_err(|e| unreadable(&e))?;
        pcm += (plain.len() / tape::PAIR * tape::PAIR_PCM) as u64;
    }
    // The books may have let go of a recording that is still there as evidence.
    let how_whole = desk
        .inner
        .db
        .read("tell how whole a recording is", |db| tables::how_whole(db, recording))
        .unwrap_or_default();
    Ok(Listening {
        how_whole,
        desk: desk.clone(),
        rules: Arc::clone(rules),
        id: *recording,
        purpose: purpose.to_owned(),
        reader,
        chunks,
        pcm,
        last: None,
    })
}

impl Listening {
    /// The bytes of the WAV file.
    #[must_use]
    pub fn len(&self) -> u64 {
        wav::HEADER as u64 + self.pcm
    }

    /// Whether it has no sound at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pcm == 0
    }

    /// How long the recording is, in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.pcm / (tape::PAIR_PCM as u64 / u64::from(tape::BLOCK_MS))
    }

    /// Milliseconds of sound that were sent while it was made and are not in it (lost on the way, or too late); none
    /// where that is not known.
    #[must_use]
    pub fn missing_ms(&self) -> Option<u64> {
        self.how_whole.1
    }

    /// How it ended: `ended`, or why it stops before the call does; none where that is not known.
    #[must_use]
    pub fn ending(&self) -> Option<&str> {
        self.how_whole.0.as_deref()
    }

    /// Some bytes of the WAV file from byte `at` on, before `end`; at least one unless `at` is at or
    /// past the end. To be called again with `at` advanced.
    ///
    /// # Errors
    /// [`Denied`], also in the middle: what was allowed a moment ago may not be any more.
    pub fn piece(&mut self, at: u64, end: u64) -> Result<Zeroizing<Vec<u8>>, Denied> {
        let end = end.min(self.len());
        if at >= end {
            return Ok(Zeroizing::default());
        }
        allowed(&self.desk, &self.rules, &self.id, &self.purpose)?;
        let from = |bytes: &[u8], start: u64| {
            let skip = (at - start) as usize;
            let take = (end - at).min((bytes.len() - skip) as u64) as usize;
            Zeroizing::new(bytes[skip..skip + take].to_vec())
        };
        let head = wav::HEADER as u64;
        if at < head {
            return Ok(from(&wav::header(self.pcm), 0));
        }
        let n = (at - head) / tape::CHUNK_PCM as u64;
        if self.last.as_ref().is_none_or(|(have, _)| *have != n) {
            self.last = Some((n, self.decode(n)?));
        }
        let Some((_, pcm)) = &self.last else { return Ok(Zeroizing::default()) };
        let start = head + n * tape::CHUNK_PCM as u64;
        if at - start >= pcm.len() as u64 {
            return Err(Denied::Vault("a chunk in its middle is short".to_owned()));
        }
        Ok(from(pcm, start))
    }

    fn decode(&mut self, n: u64) -> Result<Zeroizing<Vec<u8>>, Denied> {
        if n >= self.chunks {
            return Err(Denied::Vault("it ends earlier than it said".to_owned()));
        }
        let plain = self.reader.chunk(n).map_err(|e| unreadable(&e))?;
        // Made large enough at once, so that no copy is left behind by growing.
        let mut pcm = Zeroizing::new(Vec::with_capacity(tape::CHUNK_PCM));
        tape::decode(&plain, &mut pcm).map_err(|e| Denied::Vault(e.to_string()))?;
        Ok(pcm)
    }
}

fn is_named(who: &Principal, purpose: &str) -> bool {
    match purpose {
        EVIDENCE => who.is(Role::Evidence),
        _ => who.listens.contains(purpose),
    }
}

/// Whether a recording may be heard for a purpose now, by whoever is named.
fn allowed(desk: &Desk, rules: &Rules, id: &ObjectId, purpose: &str) -> Result<(), Denied> {
    if desk.inner.is_stopped() {
        return Err(Denied::Stopped);
    }
    let facts = desk.inner.vault.facts(id).map_err(|e| unreadable(&e))?;
    let fact =
        |name: &str| facts.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.as_deref());
    if fact("ended_at").is_none() {
        return Err(Denied::Live);
    }
    let at = desk.inner.time();
    if fact(facts::TRANSFERRED_AT).is_some() {
        let rule = rules.evidence.as_ref().filter(|_| purpose == EVIDENCE);
        let rule = rule.ok_or_else(|| Denied::NotConsented(purpose.to_owned()))?;
        return match rule.outcome(&facts, at) {
            frist_decide::Outcome::Due => Err(Over::Due.into()),
            frist_decide::Outcome::Unclear => Err(Over::Unclear.into()),
            _ => Ok(()),
        };
    }
    if fact(&facts::given(purpose)).is_none() {
        return Err(Denied::NotConsented(purpose.to_owned()));
    }
    if fact(&facts::withdrawn(purpose)).is_some() {
        return Err(Denied::Withdrawn(purpose.to_owned()));
    }
    Ok(rules.recordings.allows(&facts, purpose, at)?)
}

fn unreadable(error: &VaultError) -> Denied {
    match error {
        VaultError::Gone(id) | VaultError::KeyDestroyed(id) => Denied::Gone(id.to_string()),
        other => Denied::Vault(other.to_string()),
    }
}
