//! What a recording session has agreed with the client, and what the media plane is told of it.

use std::net::{IpAddr, SocketAddr};

use crate::media::{self, Side};
use crate::sdp::{Agreed, Answer, Direction, Negotiation, NegotiationError, Sdp, Slot, Srtp};

use super::metadata::Metadata;
use super::request;

/// The streams of one recording session.
pub(super) struct Streams {
    negotiation: Negotiation,
    media: media::Session,
    srtp: Srtp,
    /// From where the INVITE came: the place of a stream that names no address. Only its packets
    /// are taken.
    source: IpAddr,
    /// The leg of each `m=` line.
    sides: Vec<Option<Side>>,
    agreed: [Option<Agreed>; 2],
    /// What the client was last told that we are willing to do. None when that is not known.
    said: Option<Direction>,
    /// An offer of ours waits for its answer; what it says.
    open: Option<Direction>,
    /// What the media plane was told last.
    told: Option<(bool, [Option<Agreed>; 2])>,
}

impl Streams {
    pub fn new(
        media: media::Session,
        address: IpAddr,
        srtp: Srtp,
        source: IpAddr,
    ) -> Result<Self, NegotiationError> {
        let negotiation = Negotiation::new(address)?;
        let (sides, agreed) = (Vec::new(), [None, None]);
        Ok(Streams {
            negotiation,
            media,
            srtp,
            source,
            sides,
            agreed,
            said: None,
            open: None,
            told: None,
        })
    }

    /// Answers an offer of the client's. Ours, when one is open, is given up: two offers cannot be
    /// under way, and the leg would not have let this one through while ours was on the wire (RFC
    /// 3261 section 14.2).
    pub fn answer(
        &mut self,
        offer: &Sdp,
        metadata: Option<&Metadata>,
        willing: Direction,
    ) -> Result<String, NegotiationError> {
        let stale = self.open.take().is_some();
        self.negotiation.withdraw();
        let sides = request::sides(offer, metadata, &self.sides);
        let slot = |side: Side| Slot {
            port: self.media.port(side),
            willing,
            codec: None,
            srtp: self.srtp,
        };
        let slots: Vec<_> = sides.iter().map(|side| side.map(slot)).collect();
        let Answer { body, streams } = self.negotiation.answer(offer, &slots)?;
        self.sides = sides;
        self.keep(streams.into_iter().filter_map(Result::ok));
        // An offer that waits in the leg would say something old: the next one takes its place.
        self.said = (!stale).then_some(willing);
        Ok(body)
    }

    /// The text of an offer that says what we are willing to do.
    pub fn offer(&mut self, willing: Direction) -> Result<String, NegotiationError> {
        let body = self.negotiation.offer_again(|_, _| willing)?;
        self.open = Some(willing);
        Ok(body)
    }

    /// The client's answer to our offer. Whatever goes wrong, the offer is no longer open.
    pub fn accept(&mut self, answer: &Sdp) -> Result<(), NegotiationError> {
        let said = self.open.take();
        match self.negotiation.accept(answer) {
            Ok(streams) => {
                self.said = said;
                self.keep(streams.into_iter().filter_map(Result::ok));
                Ok(())
            }
            Err(why) => {
                self.negotiation.withdraw();
                self.said = None;
                Err(why)
            }
        }
    }

    /// The client refused our offer, or said something that is no answer: what was agreed before
    /// goes on.
    pub fn refused(&mut self) {
        self.open = None;
        self.negotiation.withdraw();
    }

    /// Whether the client should be told what we are willing to do.
    pub fn must_tell(&self, willing: Direction) -> bool {
        self.open.is_none() && self.said != Some(willing) && self.agreed.iter().any(Option::is_some)
    }

    /// Whether the client sends anything as agreed.
    pub fn receives(&self) -> bool {
        self.agreed.iter().flatten().any(|a| a.direction.receives())
    }

    /// Tells the media plane what to take: what was agreed when recording is allowed, else nothing.
    pub fn apply(&mut self, allowed: bool) {
        let now = (allowed, self.agreed.clone());
        if self.told.as_ref() == Some(&now) {
            return;
        }
        for side in Side::BOTH {
            match &self.agreed[side.index()] {
                None => self.media.clear_remote(side),
                Some(agreed) => {
                    let mut remote = agreed.media(SocketAddr::new(self.source, 0));
                    let receive = allowed && agreed.direction.receives();
                    remote.direction = media::Direction { send: false, receive };
                    self.media.set_remote(side, remote);
                }
            }
        }
        self.told = Some(now);
    }

    /// Whether every leg that should be sending is among these.
    pub fn all_quiet(&self, quiet: [bool; 2]) -> bool {
        let sends = |n: usize| self.agreed[n].as_ref().is_some_and(|a| a.direction.receives());
        (0..2).all(|n| !sends(n) || quiet[n])
    }

    pub fn media(&self) -> &media::Session {
        &self.media
    }

    fn keep(&mut self, streams: impl Iterator<Item = Agreed>) {
        self.agreed = [None, None];
        for agreed in streams {
            if let Some(side) = self.sides.get(agreed.index).copied().flatten() {
                self.agreed[side.index()] = Some(agreed);
            }
        }
    }
}
