//! One leg and what its sound has agreed.

use crate::media::{Session, Side};
use crate::sdp::{self, Agreed, Direction, Negotiation, NegotiationError, OfferLine, Sdp, Slot};
use crate::sip::{Body, Leg, LegControl, LegEvent};
use std::net::SocketAddr;
use tokio::sync::mpsc;

/// A leg of a bridged call.
pub(super) struct Party {
    pub(super) control: LegControl,
    pub(super) events: mpsc::UnboundedReceiver<LegEvent>,
    side: Side,
    talk: Negotiation,
    /// What was agreed last.
    pub(super) agreed: Option<Agreed>,
    /// Where to send when a description names no address.
    otherwise: SocketAddr,
    /// An offer of ours is under way.
    offering: bool,
    /// The direction that was offered last on behalf of the other side.
    wanted: Direction,
}

impl Party {
    pub(super) fn new(leg: Leg, side: Side, talk: Negotiation, otherwise: SocketAddr) -> Party {
        Party {
            control: leg.control,
            events: leg.events,
            side,
            talk,
            agreed: None,
            otherwise,
            offering: false,
            wanted: Direction::SendRecv,
        }
    }

    /// Answers an offer and tells the media plane.
    pub(super) fn answer(
        &mut self,
        body: &[u8],
        session: &Session,
        srtp: sdp::Srtp,
    ) -> Result<Body, ()> {
        let offer = Sdp::parse(body).map_err(drop)?;
        let slot = Slot {
            port: session.port(self.side),
            willing: Direction::SendRecv,
            codec: self.codec(),
            srtp,
        };
        let (text, agreed) = match self.talk.answer_one(&offer, slot) {
            Err(NegotiationError::OutOfTurn) => {
                // Our own offer met theirs and waits to be sent again: theirs first.
                self.talk.withdraw();
                self.talk.answer_one(&offer, slot)
            }
            // Another law than the one so far is as good.
            Err(_) => self.talk.answer_one(&offer, Slot { codec: None, ..slot }),
            answered => answered,
        }
        .map_err(drop)?;
        self.take(agreed, session);
        Ok(Body::sdp(text))
    }

    fn codec(&self) -> Option<sdp::Codec> {
        self.agreed.as_ref().map(|agreed| agreed.codec)
    }

    /// The first offer of ours.
    pub(super) fn offer(&mut self, line: OfferLine) -> Result<Body, ()> {
        self.talk.offer(&[line]).map(Body::sdp).map_err(drop)
    }

    /// The answer to an offer of ours. `early` leaves the offer open for the final answer.
    pub(super) fn accept(&mut self, body: &[u8], session: &Session, early: bool) -> Result<(), ()> {
        self.offering &= early;
        let answer = Sdp::parse(body).map_err(drop)?;
        let streams =
            if early { self.talk.clone().accept(&answer) } else { self.talk.accept(&answer) };
        let agreed = streams.map_err(drop)?.into_iter().find_map(Result::ok).ok_or(())?;
        self.take(agreed, session);
        Ok(())
    }

    fn take(&mut self, agreed: Agreed, session: &Session) {
        if let Some(remote) = agreed.remote {
            self.otherwise = remote;
        }
        session.set_remote(self.side, agreed.media(self.otherwise));
        self.agreed = Some(agreed);
    }

    /// Which way sound flows, seen from us.
    pub(super) fn direction(&self) -> Direction {
        self.agreed.as_ref().map_or(Direction::Inactive, |agreed| agreed.direction)
    }

    /// Brings this leg's direction in line with the other's: what one sends the other hears.
    pub(super) fn mirror(&mut self, other: Direction, session: &Session) {
        self.narrow(other, session);
        let wanted = other.reversed();
        // Offered once: a side that keeps to its own hold is not asked again and again.
        if self.offering || self.agreed.is_none() || self.wanted == wanted {
            return;
        }
        if let Ok(text) = self.talk.offer_again(|_, _| wanted) {
            self.offering = true;
            self.wanted = wanted;
            self.control.offer(Body::sdp(text), false);
        }
    }

    /// What the other side does not hear is not taken, and so not recorded, from this moment; this side hears of it by
    /// the offer that follows.
    fn narrow(&self, other: Direction, session: &Session) {
        if let Some(agreed) = &self.agreed {
            let mut remote = agreed.media(self.otherwise);
            remote.direction = agreed.direction.and(other.reversed()).into();
            session.set_remote(self.side, remote);
        }
    }

    /// Offers again what stands, for a re-INVITE without an offer.
    pub(super) fn offer_again(&mut self) -> Result<Body, ()> {
        self.talk.offer_again(|_, direction| direction).map(Body::sdp).map_err(drop)
    }

    /// Our offer was refused: what stood goes on.
    pub(super) fn refused(&mut self) {
        self.offering = false;
        self.talk.withdraw();
    }

    /// Whether the far end takes keys as RFC 4733 events.
    pub(super) fn takes_events(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.dtmf_pt.is_some())
    }
}

/// The session description in a body: the body itself, or the first such part of a multipart one.
pub(super) fn description(body: &Body) -> Option<Vec<u8>> {
    if body.is("application/sdp") {
        return Some(body.bytes.to_vec());
    }
    let (kind, params) = crate::sip::uri::split_params(&body.content_type);
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let boundary = crate::sip::uri::param(&params, "boundary")?.trim_matches('"').to_owned();
    let text = String::from_utf8_lossy(&body.bytes).replace("\r\n", "\n");
    text.split(&format!("--{boundary}")).find_map(|part| {
        let (head, rest) = part.trim_start_matches('\n').split_once("\n\n")?;
        let sdp = head.lines().any(|line| {
            let line = line.to_ascii_lowercase();
            line.starts_with("content-type:") && line.contains("application/sdp")
        });
        sdp.then(|| rest.as_bytes().to_vec())
    })
}
