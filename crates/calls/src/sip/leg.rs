//! One side of a call as the rest of the program sees it: events come out, commands go in.
//!
//! A leg is a task of its own that keeps the dialog (RFC 3261 section 12), its transactions, retransmissions and session
//! timer (RFC 4028). Whoever holds the [`Leg`] only hears what matters and says what should happen. When every handle is
//! dropped the leg ends properly: CANCEL, a final answer or BYE, as its state asks.

pub use super::endpoint::Unreachable;
use super::message::{Body, Headers, Message};
use super::transport::Transport;
use std::net::SocketAddr;
use tokio::sync::mpsc;

/// An INVITE outside of any dialog has come; `100 Trying` has been sent.
#[derive(Debug)]
pub struct Incoming {
    /// The INVITE: Request-URI, headers and the raw body.
    pub request: Message,
    /// Who sent it: the next hop, not necessarily the caller.
    pub source: SocketAddr,
    /// What it came over.
    pub transport: Transport,
    /// The leg: answer it, refuse it, or drop it (answers 480).
    pub leg: Leg,
}

/// What happens on a leg. After [`LegEvent::Ended`] or [`LegEvent::Failed`] nothing more comes.
#[derive(Debug)]
pub enum LegEvent {
    /// Outbound: 100 to 199. A body is early media's session description.
    Provisional {
        /// The code.
        code: u16,
        /// The body, when there is one.
        body: Option<Body>,
        /// The headers.
        headers: Headers,
    },
    /// Outbound: a 2xx came and was acknowledged.
    Answered {
        /// The answer; `None` when it came in a reliable provisional before, or not at all.
        body: Option<Body>,
        /// The headers.
        headers: Headers,
    },
    /// Outbound: it did not come to a call.
    Failed {
        /// The final code; one of ours (408, 487, 503) when no final answer came.
        code: u16,
        /// Whose doing it was.
        why: Failure,
    },
    /// Inbound: the ACK of our 2xx came; a body is the answer to an offer that our 2xx made.
    Acked {
        /// The body, when there is one.
        body: Option<Body>,
    },
    /// Inbound: CANCEL came before our answer; 487 has been sent.
    Cancelled,
    /// A re-INVITE or UPDATE came. Answer with [`LegControl::accept_offer`] or [`LegControl::refuse_offer`].
    /// Without a body it asks us to make the offer. Session refreshes without a body do not come here when an UPDATE.
    Offer {
        /// Whether it is an UPDATE (RFC 3311) rather than a re-INVITE.
        update: bool,
        /// The offer.
        body: Option<Body>,
        /// The headers.
        headers: Headers,
    },
    /// Our re-INVITE or UPDATE was accepted.
    OfferAccepted {
        /// The answer.
        body: Option<Body>,
    },
    /// Our re-INVITE or UPDATE was refused; the session is as it was before. Glare (491) was tried again before this.
    OfferRefused {
        /// The code.
        code: u16,
    },
    /// An INFO came and was answered 200.
    Info {
        /// Its body.
        body: Option<Body>,
        /// The headers.
        headers: Headers,
    },
    /// The established call is over.
    Ended(Ended),
}

/// Why a call that we made came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A final answer came that refuses it.
    Refused,
    /// Nothing final came in time.
    Silent,
    /// The INVITE could not be sent.
    Unreachable(Unreachable),
    /// We gave it up.
    GivenUp,
}

/// Why an established call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// BYE came.
    Bye,
    /// We hung up.
    Ours,
    /// The session timer ran out without a refresh (RFC 4028 section 10); BYE was sent.
    Lapsed,
    /// Our answer was never acknowledged (RFC 3261 section 13.3.1.4); BYE was sent.
    NotAcked,
    /// The peer knows the call no longer: it answered 481 or 408, or nothing, to a request of ours.
    Lost,
}

/// A leg: its events, and the handle that steers it.
#[derive(Debug)]
pub struct Leg {
    /// Steers it. Clones may be held elsewhere.
    pub control: LegControl,
    /// What happens on it.
    pub events: mpsc::UnboundedReceiver<LegEvent>,
}

/// Steers a leg. Commands are queued; one that does not fit the leg's state is passed over.
#[derive(Debug, Clone)]
pub struct LegControl {
    pub(super) commands: mpsc::UnboundedSender<Command>,
    /// The Call-ID of the dialog.
    pub(super) call_id: std::sync::Arc<str>,
}

/// What a leg can be told.
#[derive(Debug)]
pub(super) enum Command {
    Provisional { code: u16, body: Option<Body>, headers: Headers },
    Answer { body: Option<Body>, headers: Headers },
    Reject { code: u16, headers: Headers },
    Hangup,
    Offer { body: Body, update: bool },
    AcceptOffer { body: Option<Body> },
    RefuseOffer { code: u16 },
    Info { body: Body },
}

impl LegControl {
    /// The Call-ID of the dialog. Personal data in some exchanges: not for logs.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Inbound, before the answer: 180, or 183 with early media's session description.
    pub fn provisional(&self, code: u16, body: Option<Body>, headers: Headers) {
        self.send(Command::Provisional { code, body, headers });
    }

    /// Inbound: 200 OK. It is sent again until it is acknowledged.
    pub fn answer(&self, body: Option<Body>, headers: Headers) {
        self.send(Command::Answer { body, headers });
    }

    /// Inbound, before the answer: a final answer of 300 or more.
    pub fn reject(&self, code: u16, headers: Headers) {
        self.send(Command::Reject { code, headers });
    }

    /// Ends it in the way that fits its state: BYE, CANCEL, or 480.
    pub fn hangup(&self) {
        self.send(Command::Hangup);
    }

    /// Offers another session: a re-INVITE, or an UPDATE when asked for and the peer takes it.
    pub fn offer(&self, body: Body, update: bool) {
        self.send(Command::Offer { body, update });
    }

    /// Answers an [`LegEvent::Offer`] with 200; the body is the answer, or the offer when there was none.
    pub fn accept_offer(&self, body: Option<Body>) {
        self.send(Command::AcceptOffer { body });
    }

    /// Refuses an [`LegEvent::Offer`], usually with 488 or 491.
    pub fn refuse_offer(&self, code: u16) {
        self.send(Command::RefuseOffer { code });
    }

    /// Sends an INFO.
    pub fn info(&self, body: Body) {
        self.send(Command::Info { body });
    }

    fn send(&self, command: Command) {
        // A leg that is over hears nothing more, which is what its last event said.
        let _ = self.commands.send(command);
    }
}
