//! The consent front: a back-to-back user agent between trunk and queue that asks before it records.
//!
//! `ask` is the asking (pure), `keys` reads keys (pure), `tones` are sounds of its own, `side` keeps what one leg's sound
//! has agreed, `clerk` does for a call what may wait for a disk, `call` puts these together for one call, `hunt` finds
//! an agent, `passed` counts those passed over, `during` is what happens while two people talk.

pub mod ask;
pub mod keys;

mod call;
mod clerk;
mod config;
mod during;
mod hunt;
mod passed;
mod side;
mod tones;

pub use config::{Announcement, Draining, FrontConfig, Plan, Question};
pub use passed::PassedOver;
pub use tones::Tones;

use crate::desk::{CallId, Desk, DeskEvent};
use crate::media::Media;
use crate::sip::{Endpoint, Headers, Incoming};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// The running front. Clones are the same.
#[derive(Clone)]
pub struct Front {
    shared: Arc<Shared>,
}

/// What the calls share.
struct Shared {
    config: FrontConfig,
    endpoint: Endpoint,
    media: Media,
    desk: Desk,
    tones: Tones,
    live: AtomicUsize,
    draining: AtomicBool,
    ending: AtomicBool,
    passed: passed::Ledger,
    told: Mutex<HashMap<CallId, mpsc::UnboundedSender<Told>>>,
}

/// What a call is told from outside.
#[derive(Debug, Clone)]
enum Told {
    Desk(DeskEvent),
    /// Events were lost: look whether the desk still records.
    Look,
}

impl Front {
    /// Takes calls from now on, on the current tokio runtime.
    pub fn start(
        config: FrontConfig,
        endpoint: Endpoint,
        mut incoming: mpsc::Receiver<Incoming>,
        media: Media,
        desk: Desk,
    ) -> Front {
        let events = desk.events();
        let shared = Arc::new(Shared {
            config,
            endpoint,
            media,
            desk,
            tones: Tones::default(),
            live: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            passed: passed::Ledger::default(),
            told: Mutex::default(),
        });
        tokio::spawn(tell(Arc::clone(&shared), events));
        let calls = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Some(incoming) = incoming.recv().await {
                calls.take(incoming);
            }
        });
        Front { shared }
    }

    /// No new calls (or unasked ones only, as configured); those under way go on. OPTIONS are answered 503.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Release);
        self.shared.endpoint.drain(true);
    }

    /// Calls under way.
    pub fn live(&self) -> usize {
        self.shared.live.load(Ordering::Acquire)
    }

    /// Agents that were passed over since the start, by reason.
    pub fn passed_over(&self) -> PassedOver {
        self.shared.passed.figures()
    }

    /// Hangs up every call that is still there, for the end of a drain.
    pub fn hang_up_all(&self) {
        self.shared.ending.store(true, Ordering::Release);
        for told in self.shared.told().values() {
            let _ = told.send(Told::Look);
        }
    }
}

impl Shared {
    fn told(&self) -> std::sync::MutexGuard<'_, HashMap<CallId, mpsc::UnboundedSender<Told>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a call, or begins a task for it.
    fn take(self: &Arc<Self>, incoming: Incoming) {
        let control = incoming.leg.control.clone();
        if !(self.config.trunks)(incoming.source.ip()) {
            return control.reject(403, Headers::new());
        }
        if incoming.request.headers.number("Max-Forwards") == Some(0) {
            return control.reject(483, Headers::new());
        }
        let draining = self.draining.load(Ordering::Acquire);
        let unasked = draining && self.config.draining == Draining::BridgeUnasked;
        let full = self.live.fetch_add(1, Ordering::AcqRel) >= self.config.calls;
        if full || (draining && !unasked) {
            self.live.fetch_sub(1, Ordering::AcqRel);
            let mut headers = Headers::new();
            headers.push("Retry-After", "30");
            return control.reject(503, headers);
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let counted = Counted(Arc::clone(&shared));
            call::run(shared, incoming, unasked).await;
            drop(counted);
        });
    }
}

/// Counts a call down also when its task panics.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Hands the desk's events to their calls.
async fn tell(shared: Arc<Shared>, mut events: broadcast::Receiver<DeskEvent>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                let told = shared.told();
                match &event {
                    DeskEvent::Granted(call)
                    | DeskEvent::Withdrawn(call)
                    | DeskEvent::Stopped(call)
                    | DeskEvent::Pause(call)
                    | DeskEvent::Resume(call)
                    | DeskEvent::Hangup(call) => {
                        if let Some(one) = told.get(call) {
                            let _ = one.send(Told::Desk(event));
                        }
                    }
                    DeskEvent::StopAll | DeskEvent::ResumeAll => {
                        for one in told.values() {
                            let _ = one.send(Told::Desk(event.clone()));
                        }
                    }
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {
                for one in shared.told().values() {
                    let _ = one.send(Told::Look);
                }
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
