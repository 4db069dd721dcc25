//! The calls under way, and how they are found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frist_vault::ObjectId;
use jiff::Timestamp;

use super::types::{CallId, NewCall};
use super::writer::Slot;
use crate::consent::{Consent, Event};

/// A call under way.
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) began: Timestamp,
    pub(crate) new: NewCall,
    pub(crate) slot: Arc<Slot>,
    state: Mutex<CallState>,
    /// What `state` says of consent, for those who must not wait: its lock is never held for long.
    seen: Mutex<Consent>,
}

/// What changes about it. Whoever holds its lock alone decides about its recordings.
#[derive(Default)]
pub(crate) struct CallState {
    pub(crate) consent: Consent,
    /// Its row is in the database.
    pub(crate) stored: bool,
    pub(crate) ended: bool,
    /// The recordings made of it.
    pub(crate) made: Vec<Made>,
}

/// A recording that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) id: ObjectId,
    /// The purposes that it was made for.
    pub(crate) purposes: Vec<String>,
}

impl Call {
    pub(crate) fn new(id: CallId, began: Timestamp, new: NewCall) -> Call {
        Call {
            id,
            began,
            new,
            slot: Arc::default(),
            state: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// What the caller has said, without waiting for what is being written about it.
    pub(crate) fn consent(&self) -> Consent {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what the caller has said.
    pub(crate) fn apply(&self, state: &mut CallState, purpose: &str, event: Event) {
        state.consent.apply(purpose, event);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = state.consent.clone();
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, CallState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All calls under way.
#[derive(Default)]
pub(crate) struct Live(Mutex<Index>);

#[derive(Default)]
struct Index {
    calls: HashMap<CallId, Arc<Call>>,
    /// By Call-ID, and by each half of a Session-ID.
    names: HashMap<String, CallId>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, call: Arc<Call>) {
        let mut index = self.lock();
        for name in names(&call.new) {
            index.names.insert(name, call.id.clone());
        }
        index.calls.insert(call.id.clone(), call);
    }

    pub(crate) fn remove(&self, id: &CallId) -> Option<Arc<Call>> {
        let mut index = self.lock();
        let call = index.calls.remove(id)?;
        for name in names(&call.new) {
            // A later call may have taken the name over.
            if index.names.get(&name) == Some(id) {
                index.names.remove(&name);
            }
        }
        Some(call)
    }

    pub(crate) fn get(&self, id: &CallId) -> Option<Arc<Call>> {
        self.lock().calls.get(id).cloned()
    }

    pub(crate) fn find(&self, name: &str) -> Option<CallId> {
        let index = self.lock();
        let call_id = format!("c {}", name.trim());
        let found = std::iter::once(call_id).chain(halves(name));
        found.into_iter().find_map(|n| index.names.get(&n).cloned())
    }

    pub(crate) fn all(&self) -> Vec<Arc<Call>> {
        self.lock().calls.values().cloned().collect()
    }
}

fn names(call: &NewCall) -> Vec<String> {
    let mut names: Vec<String> = call.session_id.as_deref().map(halves).unwrap_or_default();
    if !call.sip_call_id.trim().is_empty() {
        names.push(format!("c {}", call.sip_call_id.trim()));
    }
    names
}

/// The two UUIDs of a Session-ID, `local;remote=...` (RFC 7989 section 5), in one spelling: each
/// end of a call writes the other one first. The nil UUID names nobody.
fn halves(session_id: &str) -> Vec<String> {
    let uuid = |text: &str| {
        let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
        let hex = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        (hex && digits.bytes().any(|b| b != b'0'))
            .then(|| format!("s {}", digits.to_ascii_lowercase()))
    };
    let mut parts = session_id.split(';');
    let local = parts.next().and_then(uuid);
    let remote = parts.find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("remote").then(|| uuid(value)).flatten()
    });
    local.into_iter().chain(remote).collect()
}
