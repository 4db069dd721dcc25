//! What goes in and out of the desk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::consent::How;

/// What the desk is told once.
#[derive(Clone)]
pub struct DeskConfig {
    /// The folder of `calls.db` and of the kill switch's file. It must exist.
    pub folder: PathBuf,
    /// What this system is called in consent records.
    pub system: String,
    /// The purposes that callers are asked, by the register's ids.
    pub purposes: Vec<String>,
    /// The key of callers' pseudonyms (HMAC-SHA-256).
    pub pseudonym_key: [u8; 32],
    /// What happens to what was recorded when the last consent is withdrawn.
    pub on_withdrawal: Remains,
    /// What happens to what was recorded when the vault or the database fails in the middle.
    pub on_failure: Remains,
    /// Chunks (half seconds) that may wait for the disk, per recording.
    pub queue: usize,
    /// Threads that encrypt and write.
    pub writers: usize,
    /// A folder on the disk that the vault writes to.
    pub disk: PathBuf,
    /// Bytes that must stay free there, and on the disk of `folder`; with fewer, nothing is recorded.
    pub min_free: u64,
    /// How often the kill switch's file, the database and the disk are looked at.
    pub watch: Duration,
    /// The retention period as the register says it, for consent records ("96 hours").
    pub retention: String,
    /// Where recordings are kept, for consent records.
    pub storage: String,
}

impl DeskConfig {
    /// The usual values for these purposes in this folder, which is on the vault's disk.
    #[must_use]
    pub fn new(folder: PathBuf, purposes: Vec<String>, pseudonym_key: [u8; 32]) -> DeskConfig {
        DeskConfig {
            disk: folder.clone(),
            folder,
            system: "frist".to_owned(),
            purposes,
            pseudonym_key,
            on_withdrawal: Remains::Destroy,
            on_failure: Remains::Keep,
            queue: 8,
            writers: 1,
            min_free: 64 << 20,
            watch: Duration::from_millis(200),
            retention: String::new(),
            storage: String::new(),
        }
    }
}

/// What happens to the part of a recording that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remains {
    /// It is destroyed.
    Destroy,
    /// It is closed and kept until its time is up.
    Keep,
}

/// The desk's name for a call: 32 hexadecimal digits, in the order in which calls began.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub(crate) String);

impl CallId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A new id for a call that begins at this instant.
    pub(crate) fn at(began: Timestamp) -> CallId {
        let mut random = [0; 10];
        if getrandom::fill(&mut random).is_err() {
            // An id need not be secret, only new: a call must not fail for want of randomness.
            static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
            let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            random[2..].copy_from_slice(&n.to_be_bytes());
        }
        let ms = began.as_millisecond().max(0) as u64 & 0xffff_ffff_ffff;
        CallId(format!("{ms:012x}{}", super::inner::hex(&random)))
    }

    /// Reads an id as a person or the API gives it.
    #[must_use]
    pub fn parse(text: &str) -> Option<CallId> {
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(hex)).then(|| CallId(text.to_owned()))
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Through the consent front.
    Front,
    /// A session border controller forks its media (RFC 7866).
    Siprec,
    /// It was imported.
    Import,
}

/// A call that has begun. Not `Debug`: it has telephone numbers.
#[derive(Clone)]
pub struct NewCall {
    /// The Call-ID of the caller's dialog (for SIPREC, of the recorded call where it is known).
    pub sip_call_id: String,
    /// The Session-ID (RFC 7989), if there is one.
    pub session_id: Option<String>,
    /// Who calls: number or URI.
    pub caller: String,
    /// What was called.
    pub callee: String,
    /// The language of the announcement, `da` or `en`.
    pub language: String,
    /// How the call came.
    pub via: Via,
}

/// One purpose's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The purpose.
    pub purpose: String,
    /// Whether the caller said yes.
    pub granted: bool,
    /// How.
    pub how: How,
    /// The announcement that asked, by the register's id.
    pub text_id: String,
    /// Its version.
    pub text_version: String,
    /// The language it was played in.
    pub language: String,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Caller and agent spoke, and one of them hung up.
    Answered,
    /// The caller hung up before an agent answered.
    Abandoned,
    /// Nobody could be reached.
    Unreachable,
    /// The line went quiet, or a BYE was lost.
    Lost,
    /// The process ended while the call was live.
    Crashed,
}

/// What happens to a call, for signalling and media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskEvent {
    /// A consent is in force: the call may be recorded.
    Granted(CallId),
    /// The last consent was withdrawn; recording has stopped.
    Withdrawn(CallId),
    /// Recording of this call stopped for another reason; the call goes on.
    Stopped(CallId),
    /// From here on silence is recorded.
    Pause(CallId),
    /// The pause is over.
    Resume(CallId),
    /// All recording has stopped.
    StopAll,
    /// Calls may be recorded again.
    ResumeAll,
    /// The call should be ended.
    Hangup(CallId),
}

/// Why a call is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No live call has this id.
    #[error("there is no such live call")]
    NoCall,
    /// No consent is in force.
    #[error("the caller has consented to nothing")]
    NoConsent,
    /// Recording is stopped.
    #[error("all recording is stopped")]
    Stopped,
    /// It is being recorded already.
    #[error("the call is being recorded already")]
    Already,
    /// The disk is full or nearly so.
    #[error("the vault's disk has too little room")]
    Disk,
    /// The database is gone or refuses.
    #[error("the database of calls cannot be used: {0}")]
    Database(String),
    /// The vault refuses.
    #[error("the vault cannot start a recording: {0}")]
    Vault(String),
}

/// What went wrong at the desk. No personal data.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The database cannot be used.
    #[error("the database of calls cannot {attempt}: {why}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// Why, and what to do.
        why: String,
    },
    /// The folder or a file in it cannot be used.
    #[error("cannot {attempt}: {why}")]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// Why, and what to do.
        why: String,
    },
    /// The vault refuses.
    #[error("the vault cannot {attempt}: {why}")]
    Vault {
        /// What was attempted.
        attempt: &'static str,
        /// Why.
        why: String,
    },
    /// No call has this id, or it has ended.
    #[error("no {what} call has the id `{id}`")]
    NoCall {
        /// "live" or "known".
        what: &'static str,
        /// The id.
        id: String,
    },
    /// The purpose is not one that callers are asked.
    #[error("the purpose `{0}` is not one that callers are asked")]
    Purpose(String),
    /// What was asked for is refused, and why.
    #[error("{0}")]
    Refused(String),
}

/// That recording is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: Option<Timestamp>,
}

/// Live figures, without personal data. Counts are since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Calls that began.
    pub calls: u64,
    /// Calls under way.
    pub live: u64,
    /// Calls being recorded now.
    pub recording: u64,
    /// Recordings that began.
    pub recorded: u64,
    /// Answers by purpose.
    pub purposes: BTreeMap<String, PurposeFigures>,
    /// Times that a recording was refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Recordings that failed in the middle: disk or database.
    pub failed: u64,
    /// Recordings destroyed by withdrawal.
    pub destroyed: u64,
    /// Packets that came without consent and were dropped.
    pub dropped_without_consent: u64,
    /// Packets lost on the way.
    pub packets_lost: u64,
    /// Whether recording is stopped.
    pub stopped: bool,
}

/// What was answered for one purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PurposeFigures {
    /// Answers.
    pub asked: u64,
    /// Of these, yes.
    pub granted: u64,
    /// Of these, taken back later.
    pub withdrawn: u64,
}
