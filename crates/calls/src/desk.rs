//! What is known of each call, and the one door between signalling and the vault.
//!
//! Signalling tells the desk that a call began, what its caller answered, and when it ended; the
//! desk keeps that in `calls.db`, durably, before it answers. Only [`Desk::tape`] makes a key, and
//! only while a consent is in force, recording is not stopped, and disk and database are well.
//! Whatever fails here fails closed: recording stops, the call goes on.
//!
//! - `inner.rs`: what handles share; a recording begun, closed, destroyed;
//! - `withdraw.rs`: consent taken back; `watch.rs`: the watcher; `recover.rs`: after a crash;
//! - `writer.rs`: the threads between media and the vault; `live.rs`: the calls under way;
//! - `db.rs`, `tables.rs`, `schema.sql`: `calls.db`; `stop.rs`: the kill switch's file.

pub(crate) mod db;
pub mod facts;
mod figures;
pub(crate) mod inner;
mod live;
mod recover;
mod stop;
pub(crate) mod tables;
mod types;
mod watch;
mod withdraw;
mod writer;

pub use db::FILE;
pub use stop::{STOP_FILE, resume, stop, stopped};
pub use tables::CONSENT_SCHEMA;
pub use types::*;

use std::sync::{Arc, OnceLock, Weak};

use frist_vault::{ObjectId, Vault};
use jiff::Timestamp;

use crate::consent::{Consent, Event, How, Said};
use crate::tape::Tape;
use inner::{Inner, Link, lock};
use live::{Call, Live};
use writer::{DeskTape, Ending, Writers};

/// What time it is. Given at the top, so that tests can set it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The desk. A handle: clones are the same desk. Its calls may wait for a disk (milliseconds), so
/// async code calls them on a thread where waiting is allowed.
#[derive(Clone)]
pub struct Desk {
    pub(crate) inner: Arc<Inner>,
}

impl Desk {
    /// Opens the desk's folder, and closes what a crash left open: calls that were live end, their
    /// recordings are closed up to the last whole chunk, and those without a consent in force are
    /// destroyed.
    ///
    /// # Errors
    /// When the folder, its database or the vault cannot be used.
    pub fn open(config: DeskConfig, vault: Vault, clock: Clock) -> Result<Desk, DeskError> {
        let threads = |e: std::io::Error| DeskError::File {
            attempt: "start the desk's threads",
            why: e.to_string(),
        };
        let db = db::Db::open(&config.folder)?;
        vault.collection(frist_vault::EVIDENCE, &facts::EVIDENCE).map_err(|e| {
            DeskError::Vault { attempt: "make its collection of evidence", why: e.to_string() }
        })?;
        let link: Link = Arc::new(OnceLock::new());
        let writers = Writers::start(config.writers, config.queue, config.on_failure, &link)
            .map_err(threads)?;
        let inner = Arc::new(Inner {
            stop: std::sync::Mutex::new(stop::stopped(&config.folder)),
            config,
            vault,
            clock,
            db,
            live: Live::default(),
            writers,
            events: tokio::sync::broadcast::channel(4096).0,
            counts: Default::default(),
            switching: Default::default(),
            unwritten: Default::default(),
            chores: Default::default(),
        });
        let weak: Weak<Inner> = Arc::downgrade(&inner);
        let _ = link.set(weak);
        inner.recover()?;
        watch::start(&inner).map_err(threads)?;
        Ok(Desk { inner })
    }

    /// A call has begun. Never fails the call: without a database the call has an id and goes on,
    /// and can have no consent until the database is back.
    #[must_use]
    pub fn call_began(&self, call: NewCall) -> CallId {
        let desk = &self.inner;
        let began = desk.time();
        let id = CallId::at(began);
        let call = Arc::new(Call::new(id.clone(), began, call));
        lock(&desk.counts).calls += 1;
        let mut state = call.state();
        state.stored =
            desk.db.write("note that a call began", |tx| tables::add_call(tx, &call)).is_ok();
        drop(state);
        desk.live.add(call);
        id
    }

    /// The agent (or queue) that the call was bridged to, for the records.
    pub fn call_bridged(&self, call: &CallId, agent: &str) {
        let at = self.inner.time();
        let note = |tx: &rusqlite::Transaction<'_>| tables::bridged(tx, call, agent, at);
        // Only the records suffer when this fails.
        let _ = self.inner.db.write("note who a call was bridged to", note);
    }

    /// The caller is being asked these purposes, perhaps anew: a purpose that was withdrawn needs
    /// this before an answer counts.
    pub fn ask(&self, call: &CallId, purposes: &[&str]) {
        if let Some(call) = self.inner.live.get(call) {
            let mut state = call.state();
            purposes.iter().for_each(|p| call.apply(&mut state, p, Event::Asked));
        }
    }

    /// What the caller answered. On disk when it returns. A purpose granted while the call is being
    /// recorded begins a new recording, since the one under way was made without that consent.
    ///
    /// # Errors
    /// When the call is not live, a purpose is not one that callers are asked, it was withdrawn and
    /// not asked anew, or the database cannot keep the answer; then nothing is granted.
    pub fn decide(&self, call: &CallId, answers: &[Answer]) -> Result<(), DeskError> {
        let desk = &self.inner;
        if let Some(odd) = answers.iter().find(|a| !desk.config.purposes.contains(&a.purpose)) {
            return Err(DeskError::Purpose(odd.purpose.clone()));
        }
        let call = desk.live_call(call)?;
        let mut state = call.state();
        if state.ended {
            return Err(DeskError::NoCall { what: "live", id: call.id.to_string() });
        }
        let at = desk.time();
        let mut consent = state.consent.clone();
        let mut kept = Vec::new();
        let mut taken_back = Vec::new();
        for answer in answers {
            let before = consent.of(&answer.purpose).clone();
            if before.waits_for_a_question() {
                return Err(DeskError::Refused(format!(
                    "consent to `{}` was withdrawn in this call, and counts again only when the caller is asked anew",
                    answer.purpose
                )));
            }
            let said = Said { at, how: answer.how.clone() };
            let event = Event::Answered { granted: answer.granted, said };
            consent.apply(&answer.purpose, event);
            let granted = consent.allows(&answer.purpose);
            if before.granted().is_some() && !granted {
                taken_back.push(answer.clone());
            } else {
                kept.push((answer, granted));
            }
        }
        self.keep(&call, &mut state, &kept, at)?;
        let more = |p: &&str| !state.consent.allows(p);
        let gained = consent.granted().filter(more).count() > 0;
        // Withdrawals go their own way, below: they stop the recording first.
        for (answer, _) in &kept {
            let said = Said { at, how: answer.how.clone() };
            let event = Event::Answered { granted: answer.granted, said };
            call.apply(&mut state, &answer.purpose, event);
        }
        if gained {
            if call.slot.get().is_some() && desk.record(&call, &mut state, true).is_err() {
                // The recording under way goes on for what it was made for.
                *lock(&desk.counts).refused.entry("vault").or_default() += 1;
            }
            desk.send(DeskEvent::Granted(call.id.clone()));
        }
        drop(state);
        for answer in taken_back {
            desk.withdraw(&call.id, Some(&answer.purpose), answer.how)?;
        }
        Ok(())
    }

    fn keep(
        &self,
        call: &Call,
        state: &mut live::CallState,
        kept: &[(&Answer, bool)],
        at: Timestamp,
    ) -> Result<(), DeskError> {
        let desk = &self.inner;
        let pseudonym = desk.pseudonym(&call.new.caller);
        let written = desk.written();
        let mut rows = Vec::new();
        for (answer, granted) in kept {
            let record_id = ObjectId::random().map_err(|e| DeskError::Refused(e.to_string()))?;
            let pseudonym = &pseudonym;
            let (call, granted) = (&call.id, *granted);
            rows.push(tables::Kept { record_id, call, pseudonym, answer, granted, at });
        }
        desk.db.write("keep what the caller answered", |tx| {
            if !state.stored {
                tables::add_call(tx, call)?;
            }
            rows.iter().try_for_each(|row| tables::add_consent(tx, row, &written))
        })?;
        state.stored = true;
        let mut counts = lock(&desk.counts);
        for (answer, granted) in kept {
            let purpose = counts.purposes.entry(answer.purpose.clone()).or_default();
            purpose.asked += 1;
            purpose.granted += u64::from(*granted);
        }
        Ok(())
    }

    /// What the caller has said; nothing for a call that is not live.
    #[must_use]
    pub fn consent(&self, call: &CallId) -> Consent {
        self.inner.live.get(call).map(|c| c.consent()).unwrap_or_default()
    }

    /// The live call with this SIP Call-ID or Session-ID (RFC 7989; either half is enough).
    #[must_use]
    pub fn find(&self, id: &str) -> Option<CallId> {
        self.inner.live.find(id)
    }

    /// Whether the call is live and being recorded now.
    #[must_use]
    pub fn is_recording(&self, call: &CallId) -> bool {
        self.inner.live.get(call).is_some_and(|c| c.slot.get().is_some())
    }

    /// Starts the recording of a call. The key is made here.
    ///
    /// # Errors
    /// Why the call is not recorded; the call goes on.
    pub fn tape(&self, call: &CallId) -> Result<Box<dyn Tape>, Refusal> {
        let started = self.start_tape(call);
        if let Err(refusal) = &started {
            *lock(&self.inner.counts).refused.entry(refusal.word()).or_default() += 1;
        }
        started
    }

    fn start_tape(&self, call: &CallId) -> Result<Box<dyn Tape>, Refusal> {
        let desk = &self.inner;
        let call = desk.live.get(call).ok_or(Refusal::NoCall)?;
        let mut state = call.state();
        if state.ended {
            return Err(Refusal::NoCall);
        }
        if call.slot.get().is_some() {
            return Err(Refusal::Already);
        }
        desk.record(&call, &mut state, false)?;
        let tape = DeskTape::new(Arc::clone(desk), Arc::clone(&call.slot));
        Ok(Box::new(tape))
    }

    /// The caller takes consent back, for one purpose or for all; also after the call. When the last
    /// purpose goes, recording has stopped and what was recorded is destroyed (or kept, as
    /// configured) when this returns. Taking back what was not given does nothing.
    ///
    /// # Errors
    /// When no such call is known, or the database or the vault cannot keep the withdrawal; recording
    /// has stopped all the same.
    pub fn withdraw(
        &self,
        call: &CallId,
        purpose: Option<&str>,
        how: How,
    ) -> Result<(), DeskError> {
        self.inner.withdraw(call, purpose, how)
    }

    /// From here on the recording is silence, until [`Desk::resume`]. Only sends the event: media
    /// does it.
    pub fn pause(&self, call: &CallId) {
        self.inner.send(DeskEvent::Pause(call.clone()));
    }

    /// Ends a pause.
    pub fn resume(&self, call: &CallId) {
        self.inner.send(DeskEvent::Resume(call.clone()));
    }

    /// Asks signalling to end the call.
    pub fn hang_up(&self, call: &CallId) {
        self.inner.send(DeskEvent::Hangup(call.clone()));
    }

    /// The call has ended; its recording is closed.
    pub fn call_ended(&self, call: &CallId, outcome: Ended) {
        let desk = &self.inner;
        let Some(call) = desk.live.remove(call) else { return };
        let at = desk.time();
        let mut state = call.state();
        state.ended = true;
        if let Some(recording) = call.slot.take() {
            desk.close(&recording, Ending::Ended);
        }
        let end = |tx: &rusqlite::Transaction<'_>| {
            // A call that the database did not take when it began is written now, if it can.
            tables::add_call(tx, &call)?;
            tables::ended(tx, &call.id, outcome, at)
        };
        if desk.db.write("note that a call ended", end).is_err() {
            desk.chore(inner::Chore::Ended(Arc::clone(&call), outcome, at));
        }
    }

    /// Packets that came for a call without consent and were dropped, and packets lost on the way;
    /// for the figures.
    pub fn count_packets(&self, dropped_without_consent: u64, lost: u64) {
        let mut counts = lock(&self.inner.counts);
        counts.dropped += dropped_without_consent;
        counts.lost += lost;
    }

    /// Stops all recording at once, until [`Desk::resume_recording`], also after a restart. What was
    /// recorded so far is closed and kept for its time. Calls go on.
    ///
    /// # Errors
    /// When it cannot be made to survive a restart; recording has stopped all the same.
    pub fn stop_recording(&self, by: &str, why: &str) -> Result<(), DeskError> {
        let desk = &self.inner;
        let at = desk.time();
        let turn = lock(&desk.switching);
        let first = {
            let mut stop = lock(&desk.stop);
            let first = stop.is_none();
            let now = || Stop { by: by.to_owned(), why: why.to_owned(), at: Some(at) };
            stop.get_or_insert_with(now);
            first
        };
        desk.end_all(Ending::Stopped, Remains::Keep);
        let kept = stop::stop(&desk.config.folder, by, why, at);
        if kept.is_err() {
            desk.hold_stop();
        }
        drop(turn);
        if first {
            desk.send(DeskEvent::StopAll);
            desk.note_switch("stopped", by, why);
        }
        kept
    }

    /// Lets calls be recorded again. Calls under way are not recorded until somebody asks for a
    /// [`Desk::tape`] again.
    ///
    /// # Errors
    /// When the stop cannot be taken back.
    pub fn resume_recording(&self, by: &str) -> Result<(), DeskError> {
        let desk = &self.inner;
        let was = {
            let _turn = lock(&desk.switching);
            stop::resume(&desk.config.folder)?;
            desk.release_stop();
            lock(&desk.stop).take().is_some()
        };
        if was {
            desk.send(DeskEvent::ResumeAll);
            desk.note_switch("resumed", by, "");
        }
        Ok(())
    }

    /// Whether recording is stopped, by whom and why.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        stop::stopped(&self.inner.config.folder).or_else(|| lock(&self.inner.stop).clone())
    }

    /// Closes all recordings under way and waits until they are on disk: for the end of the process,
    /// when the calls are over or nobody waits for them any longer. Answers whether everything was
    /// written within that time; what was not, the next start closes.
    pub fn close(&self, patience: std::time::Duration) -> bool {
        let desk = &self.inner;
        desk.end_all(Ending::Ended, Remains::Keep);
        let written = desk.writers.flush(patience);
        desk.do_chores();
        let at = desk.time();
        let pulse = desk.db.write("note that the desk is alive", |tx| tables::pulse(tx, at));
        written && pulse.is_ok()
    }

    /// What happens, for signalling. A receiver that lagged must ask for the state of its calls.
    #[must_use]
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<DeskEvent> {
        self.inner.events.subscribe()
    }

    /// Live figures, without personal data.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.inner.figures()
    }
}
