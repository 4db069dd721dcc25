//! What is known of each call, and the one door between signalling and the vault.
//!
//! Signalling tells the desk that a call began, what its caller answered, and when it ended; the
//! desk keeps that in `calls.db`, durably, before it answers. Only [`Desk::tape`] makes a key, and
//! only while a consent is in force, recording is not stopped, and disk and database are well.
//! Whatever fails here fails closed: recording stops, the call goes on.

mod types;

pub use types::*;

use std::sync::Arc;

use jiff::Timestamp;

use crate::consent::{Consent, How};
use crate::tape::Tape;

/// What time it is. Given at the top, so that tests can set it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The desk. A handle: clones are the same desk. Its calls may wait for a disk (milliseconds), so
/// async code calls them on a thread where waiting is allowed.
#[derive(Clone)]
pub struct Desk {
    _clock: Clock,
}

impl Desk {
    /// A call has begun. Never fails the call: without a database the call has an id and goes on,
    /// and can have no consent.
    pub fn call_began(&self, _call: NewCall) -> CallId {
        unimplemented!()
    }
    /// The agent (or queue) that the call was bridged to, for the records.
    pub fn call_bridged(&self, _call: &CallId, _agent: &str) {
        unimplemented!()
    }
    /// The caller is being asked these purposes anew (a withdrawn purpose needs this before an
    /// answer counts).
    pub fn ask(&self, _call: &CallId, _purposes: &[&str]) {
        unimplemented!()
    }
    /// What the caller answered. On disk when it returns.
    ///
    /// # Errors
    /// When the call is not live, a purpose is not the register's, or the database cannot keep it;
    /// then nothing was granted.
    pub fn decide(&self, _call: &CallId, _answers: &[Answer]) -> Result<(), DeskError> {
        unimplemented!()
    }
    /// What the caller has said; nothing for a call that is not live.
    pub fn consent(&self, _call: &CallId) -> Consent {
        unimplemented!()
    }
    /// The live call with this SIP Call-ID or Session-ID (RFC 7989).
    pub fn find(&self, _id: &str) -> Option<CallId> {
        unimplemented!()
    }
    /// Starts the recording of a call. The key is made here.
    ///
    /// # Errors
    /// Why the call is not recorded; the call goes on.
    pub fn tape(&self, _call: &CallId) -> Result<Box<dyn Tape>, Refusal> {
        unimplemented!()
    }
    /// The caller takes consent back, for one purpose or for all. When the last purpose goes,
    /// recording stops before this returns, and what was recorded is destroyed or kept as the
    /// configuration says.
    ///
    /// # Errors
    /// When the database cannot keep the withdrawal; recording has stopped all the same.
    pub fn withdraw(
        &self,
        _call: &CallId,
        _purpose: Option<&str>,
        _how: How,
    ) -> Result<(), DeskError> {
        unimplemented!()
    }
    /// From here on the recording is silence, until [`Desk::resume`]. Only sends the event: media
    /// does it.
    pub fn pause(&self, _call: &CallId) {
        unimplemented!()
    }
    /// Ends a pause.
    pub fn resume(&self, _call: &CallId) {
        unimplemented!()
    }
    /// Asks signalling to end the call.
    pub fn hang_up(&self, _call: &CallId) {
        unimplemented!()
    }
    /// The call has ended; its recording is closed.
    pub fn call_ended(&self, _call: &CallId, _outcome: Ended) {
        unimplemented!()
    }
    /// Packets that came for a call without consent and were dropped, and packets lost on the way;
    /// for the figures.
    pub fn count_packets(&self, _dropped_without_consent: u64, _lost: u64) {
        unimplemented!()
    }
    /// Stops all recording at once, until [`Desk::resume_recording`], also after a restart. Calls go
    /// on.
    ///
    /// # Errors
    /// When it cannot be made to survive a restart; recording has stopped all the same.
    pub fn stop_recording(&self, _by: &str, _why: &str) -> Result<(), DeskError> {
        unimplemented!()
    }
    /// Lets calls be recorded again; calls under way that have consent may start a new tape.
    ///
    /// # Errors
    /// When the stop cannot be taken back.
    pub fn resume_recording(&self, _by: &str) -> Result<(), DeskError> {
        unimplemented!()
    }
    /// Whether recording is stopped, by whom and why.
    pub fn stopped(&self) -> Option<Stop> {
        unimplemented!()
    }
    /// What happens, for signalling. A receiver that lagged must ask for the state of its calls.
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<DeskEvent> {
        unimplemented!()
    }
    /// Live figures, without personal data.
    pub fn figures(&self) -> Figures {
        unimplemented!()
    }
}
