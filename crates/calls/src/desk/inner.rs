//! What all handles of a desk share, and the recording of one call: begun, swapped, ended.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use frist_vault::{Begin, ObjectId, Vault, Writer};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::sync::broadcast;

use super::db::{self, Db};
use super::facts::given;
use super::figures::Counts;
use super::live::{Call, CallState, Live, Made};
use super::types::{
    CallId, DeskConfig, DeskError, DeskEvent, Ended, NewCall, Refusal, Remains, Stop,
};
use super::writer::{Ending, Recording, Writers};
use super::{Clock, stop, tables};
use crate::consent::{Consent, Said};
use crate::tape;

/// Handed to the writers' threads before the desk exists.
pub(crate) type Link = Arc<OnceLock<Weak<Inner>>>;

pub(crate) struct Inner {
    pub(crate) config: DeskConfig,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) db: Db,
    pub(crate) live: Live,
    pub(crate) writers: Writers,
    pub(crate) events: broadcast::Sender<DeskEvent>,
    pub(crate) counts: Mutex<Counts>,
    pub(crate) stop: Mutex<Option<Stop>>,
    /// Held while the switch's file and `stop` are made to agree. Never while waiting for a database.
    pub(crate) switching: Mutex<()>,
    /// That stop is known to this process alone: its file could not be made.
    pub(crate) unwritten: AtomicBool,
    /// What the watcher has to write or do again.
    pub(crate) chores: Mutex<Vec<Chore>>,
}

/// Something that is done by the watcher, until it succeeds.
#[derive(Clone)]
pub(crate) enum Chore {
    /// Note how a recording ended, and how many milliseconds of sound are missing in it.
    Note(ObjectId, Ending, Timestamp, u64),
    /// Write the end of a recording into the vault: it could not be closed.
    End(ObjectId, Timestamp),
    /// Destroy a recording that should be gone.
    Destroy(ObjectId, Timestamp),
    /// Note the end of a call.
    Ended(Arc<Call>, Ended, Timestamp),
    /// Note a withdrawal that the database did not take.
    Withdrawal(Box<(CallId, Vec<String>, Said)>),
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    pub(crate) fn time(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn send(&self, event: DeskEvent) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    pub(crate) fn chore(&self, chore: Chore) {
        lock(&self.chores).push(chore);
    }

    /// The caller's pseudonym.
    pub(crate) fn pseudonym(&self, caller: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.config.pseudonym_key) else {
            return String::new();
        };
        mac.update(caller.trim().as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    /// What consent records say of this system.
    pub(crate) fn written(&self) -> tables::Written<'_> {
        let c = &self.config;
        tables::Written { system: &c.system, retention: &c.retention, storage: &c.storage }
    }

    /// A call that was somewhere else, for its row.
    pub(crate) fn imported_call(&self, id: CallId, began: Timestamp, new: NewCall) -> Call {
        Call::new(id, began, new)
    }

    /// Takes an import back that came to nothing, so that it can be imported anew.
    pub(crate) fn forget_import(&self, id: &ObjectId) {
        let at = self.time();
        if self.vault.destroy(&[*id]).is_err() {
            self.chore(Chore::Destroy(*id, at));
        }
        // If this fails as well, the next start does it.
        let _ = self.db.write("take back an import", |tx| tables::unimport(tx, id, at));
    }

    /// Refuses unless there is room on the vault's disk, and on that of the database.
    pub(crate) fn room(&self) -> Result<(), Refusal> {
        let room = |on: &Path| {
            rustix::fs::statvfs(on).map_or(0, |s| s.f_bavail.saturating_mul(s.f_frsize))
        };
        let least = room(&self.config.disk).min(room(&self.config.folder));
        if least < self.config.min_free { Err(Refusal::Disk) } else { Ok(()) }
    }

    /// Begins a recording of what is consented to now. The call's lock is held, so nobody withdraws
    /// between the question and the key.
    pub(crate) fn begin(&self, call: &Call, consent: &Consent) -> Result<(Made, Writer), Refusal> {
        if self.is_stopped() {
            return Err(Refusal::Stopped);
        }
        let purposes: Vec<String> = consent.granted().map(str::to_owned).collect();
        if purposes.is_empty() {
            return Err(Refusal::NoConsent);
        }
        self.room()?;
        let at = self.time();
        let id = ObjectId::random().map_err(|e| Refusal::Vault(e.to_string()))?;
        let made = Made { id, purposes };
        // Written before the key is made: it shows that the database can be written, and nothing is
        // recorded that it does not know of.
        self.db
            .write("note that a recording begins", |tx| {
                tables::add_recording(tx, &call.id, &made, at)
            })
            .map_err(|e| Refusal::Database(e.to_string()))?;
        let said = |p: &str| consent.of(p).granted().map(|s| db::text(s.at));
        let mut facts = vec![("call_id".to_owned(), Some(call.id.to_string()))];
        facts.extend(made.purposes.iter().map(|p| (given(p), said(p))));
        let begin = Begin {
            id,
            started: at,
            chunk: tape::CHUNK,
            chunk_ms: tape::BLOCK_MS * tape::PAIRS as u32,
            header: tape::HEADER.to_vec(),
            facts,
        };
        match self.vault.begin(begin) {
            Ok(writer) => Ok((made, writer)),
            Err(e) => {
                self.chore(Chore::Note(id, Ending::Failed, at, 0));
                self.chore(Chore::Destroy(id, at));
                Err(Refusal::Vault(e.to_string()))
            }
        }
    }

    /// Begins a recording and puts it where the call's tape finds it.
    pub(crate) fn record(
        &self,
        call: &Call,
        state: &mut CallState,
        skip: bool,
    ) -> Result<(), Refusal> {
        let (made, writer) = self.begin(call, &state.consent)?;
        let recording = self.writers.open(made.id, call.id.clone(), writer);
        state.made.push(made);
        lock(&self.counts).recorded += 1;
        if let Some(before) = call.slot.put(recording, skip) {
            self.close(&before, Ending::Ended);
        }
        // A stop that came while the key was made has looked into the slot before it was filled.
        if self.is_stopped() {
            if let Some(recording) = call.slot.take() {
                self.close(&recording, Ending::Stopped);
            }
            return Err(Refusal::Stopped);
        }
        Ok(())
    }

    /// Closes a recording that nobody writes to any more.
    pub(crate) fn close(&self, recording: &Arc<Recording>, ending: Ending) {
        let at = self.time();
        if self.writers.close(recording, at) && recording.tell() {
            self.chore(Chore::Note(recording.id, ending, at, recording.missing()));
        }
    }

    /// Destroys a recording: what is queued is dropped, and its key is gone when this returns, or
    /// the watcher tries again.
    pub(crate) fn destroy(&self, id: ObjectId, under_way: Option<&Arc<Recording>>, ending: Ending) {
        let at = self.time();
        if let Some(recording) = under_way.filter(|r| r.id == id) {
            self.writers.kill(recording);
            recording.tell();
        }
        let gone = self.vault.destroy(&[id]);
        self.chore(Chore::Note(id, ending, at, 0));
        match gone {
            Ok(n) => lock(&self.counts).destroyed += n,
            Err(_) => self.chore(Chore::Destroy(id, at)),
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.stop).is_some() || stop::stopped(&self.config.folder).is_some()
    }

    /// Ends every recording under way; calls go on. Answers how many there were.
    pub(crate) fn end_all(&self, ending: Ending, remains: Remains) -> usize {
        let mut n = 0;
        for call in self.live.all() {
            // Not the call's lock: whoever holds it may be waiting for the very disk that failed.
            let Some(recording) = call.slot.take() else { continue };
            match remains {
                Remains::Keep => self.close(&recording, ending),
                Remains::Destroy => self.destroy(recording.id, Some(&recording), ending),
            }
            n += 1;
            self.send(DeskEvent::Stopped(call.id.clone()));
        }
        n
    }

    /// The recording of one call stops because something failed.
    pub(crate) fn fail(&self, recording: &Arc<Recording>) {
        if let Some(call) = self.live.get(&recording.call) {
            call.slot.take_if(recording);
        }
        lock(&self.counts).failed += 1;
        self.send(DeskEvent::Stopped(recording.call.clone()));
    }

    pub(crate) fn live_call(&self, id: &CallId) -> Result<Arc<Call>, DeskError> {
        let none = || DeskError::NoCall { what: "live", id: id.to_string() };
        self.live.get(id).ok_or_else(none)
    }
}

/// What tapes and the writers' threads tell the desk.
impl Inner {
    /// A tape ended its recording.
    pub(crate) fn ended(&self, recording: &Arc<Recording>, remains: Remains) {
        match remains {
            Remains::Keep => self.close(recording, Ending::Ended),
            Remains::Destroy => self.destroy(recording.id, Some(recording), Ending::Ended),
        }
    }

    /// A recording's queue is full.
    pub(crate) fn too_slow(&self, recording: &Arc<Recording>) {
        match self.config.on_failure {
            Remains::Keep => self.close(recording, Ending::Failed),
            // The vault is not asked here: this is the media's thread, and the disk is what is slow.
            Remains::Destroy => {
                self.writers.kill(recording);
                recording.tell();
                let at = self.time();
                self.chore(Chore::Note(recording.id, Ending::Failed, at, 0));
                self.chore(Chore::Destroy(recording.id, at));
            }
        }
        self.fail(recording);
    }

    /// The vault refused a chunk; the recording has stopped.
    pub(crate) fn failed(&self, recording: &Arc<Recording>) {
        if recording.tell() {
            let missing = recording.missing();
            self.chore(Chore::Note(recording.id, Ending::Failed, self.time(), missing));
        }
        self.fail(recording);
    }

    /// The vault could neither close nor destroy a recording: the watcher tries again.
    pub(crate) fn unsettled(&self, recording: &Arc<Recording>, ended: Timestamp) {
        let id = recording.id;
        self.chore(match recording.is_dead() {
            true => Chore::Destroy(id, ended),
            false => Chore::End(id, ended),
        });
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
