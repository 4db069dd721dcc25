//! Takes INVITEs, and knows the recording sessions under way.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::config::Net;
use crate::desk::Desk;
use crate::media::Media;
use crate::sdp::Srtp;
use crate::sip::{EndpointConfig, Headers, Incoming};

use super::request::Refused;
use super::session;

/// How the recording server behaves.
#[derive(Debug, Clone)]
pub struct SrsConfig {
    /// From where recording sessions are taken; empty takes them from everywhere.
    pub clients: Vec<Net>,
    /// Whether SRTP is asked for.
    pub srtp: Srtp,
    /// Headers of the INVITE in which a client may name the recorded call (its Call-ID or
    /// Session-ID).
    pub id_headers: Vec<String>,
    /// The language of consent records, `da` or `en`, for calls that no front has asked.
    pub language: String,
    /// Recording sessions at once; more are refused with 503.
    pub most: usize,
    /// The longest that one may last: a client that is gone without a BYE and sent nothing is noticed by nothing else.
    pub longest: Duration,
}

impl Default for SrsConfig {
    fn default() -> Self {
        let id_headers = ["Session-ID", "X-Call-ID", "X-Original-Call-ID", "X-Session-ID"];
        SrsConfig {
            clients: Vec::new(),
            srtp: Srtp::AsOffered,
            id_headers: id_headers.map(str::to_owned).to_vec(),
            language: "da".to_owned(),
            most: 1000,
            longest: Duration::from_secs(4 * 3600),
        }
    }
}

/// Live figures, without personal data. Counts are since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Recording sessions under way.
    pub live: usize,
    /// Recording sessions that were taken.
    pub taken: u64,
    /// INVITEs that were refused.
    pub refused: u64,
    /// Bodies whose metadata could not be read; the session went on without.
    pub unreadable_metadata: u64,
    /// Re-INVITEs of ours that the client refused.
    pub reinvites_refused: u64,
}

/// The recording server. Clones are the same one.
#[derive(Clone)]
pub struct Srs {
    shared: Arc<Shared>,
}

/// What all its sessions share.
pub(super) struct Shared {
    pub config: SrsConfig,
    pub media: Media,
    pub desk: Desk,
    pub live: AtomicUsize,
    pub taken: AtomicU64,
    pub refused: AtomicU64,
    pub unreadable_metadata: AtomicU64,
    pub reinvites_refused: AtomicU64,
    draining: AtomicBool,
    /// Set when every session is to be ended.
    pub ending: watch::Sender<bool>,
}

/// The endpoint's configuration with what a recording server must say of itself: `+sip.srs` in
/// Contact and `siprec` among what it supports (RFC 7866 section 6.2).
pub fn endpoint(config: EndpointConfig) -> EndpointConfig {
    let mut supported = config.supported;
    supported.push("siprec".to_owned());
    EndpointConfig { contact_params: "+sip.srs".to_owned(), supported, ..config }
}

impl Srs {
    /// Takes the INVITEs of an endpoint that was bound with [`endpoint`]'s configuration, on the
    /// current tokio runtime, until the endpoint is gone.
    pub fn start(
        config: SrsConfig,
        incoming: mpsc::Receiver<Incoming>,
        media: Media,
        desk: Desk,
    ) -> Srs {
        let shared = Arc::new(Shared {
            config,
            media,
            desk,
            live: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            unreadable_metadata: AtomicU64::new(0),
            reinvites_refused: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            ending: watch::Sender::new(false),
        });
        tokio::spawn(take(Arc::clone(&shared), incoming));
        Srs { shared }
    }

    /// While draining, new recording sessions are refused with 503, and the client turns to its
    /// next server; those under way go on.
    pub fn drain(&self, on: bool) {
        self.shared.draining.store(on, Relaxed);
    }

    /// Hangs up every recording session that is still there, for the end of a drain.
    pub fn hang_up_all(&self) {
        self.shared.ending.send_replace(true);
    }

    /// Live figures.
    pub fn figures(&self) -> Figures {
        let shared = &self.shared;
        Figures {
            live: shared.live.load(Relaxed),
            taken: shared.taken.load(Relaxed),
            refused: shared.refused.load(Relaxed),
            unreadable_metadata: shared.unreadable_metadata.load(Relaxed),
            reinvites_refused: shared.reinvites_refused.load(Relaxed),
        }
    }
}

async fn take(shared: Arc<Shared>, mut incoming: mpsc::Receiver<Incoming>) {
    while let Some(invite) = incoming.recv().await {
        if !shared.lets_in(invite.source.ip()) {
            refuse(&shared, &invite, 403, Headers::new());
        } else if let Err(why) = super::request::check(&invite.request.headers) {
            refuse(&shared, &invite, why.code(), why.headers());
        } else if shared.draining.load(Relaxed) || shared.live.load(Relaxed) >= shared.config.most {
            let mut headers = Headers::new();
            headers.push("Retry-After", "60");
            refuse(&shared, &invite, 503, headers);
        } else {
            let place = Place::new(&shared);
            tokio::spawn(session::run(place, invite));
        }
    }
}

/// Refuses an INVITE, and counts it.
pub(super) fn refuse(shared: &Shared, invite: &Incoming, code: u16, headers: Headers) {
    shared.refused.fetch_add(1, Relaxed);
    invite.leg.control.reject(code, headers);
}

/// The same with the reason in the answer.
pub(super) fn refuse_for(shared: &Shared, invite: &Incoming, why: &Refused) {
    refuse(shared, invite, why.code(), why.headers());
}

impl Shared {
    fn lets_in(&self, source: IpAddr) -> bool {
        self.config.clients.is_empty() || self.config.clients.iter().any(|net| net.contains(source))
    }
}

/// A recording session's place among those under way; given back when dropped.
pub(super) struct Place(pub Arc<Shared>);

impl Place {
    fn new(shared: &Arc<Shared>) -> Place {
        shared.live.fetch_add(1, Relaxed);
        Place(Arc::clone(shared))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Relaxed);
    }
}
