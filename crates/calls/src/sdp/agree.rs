//! What one dialog has agreed, and the answers to its offers (RFC 3264).

use std::net::{IpAddr, SocketAddr};

use crate::media;

use super::crypto::{Key, Unusable};
use super::parse::{MediaLine, Sdp};
use super::types::{Direction, Protocol};
use super::write::{self, Line, Written};
use super::{Codec, SrtpKeys, SrtpSuite};

/// What we would do with one stream of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Our port for RTP.
    pub port: u16,
    /// The widest direction, seen from us, that we agree to.
    pub willing: Direction,
    /// Only this sound format; None takes the first of the offer that is G.711.
    pub codec: Option<Codec>,
    /// Whether plain RTP is good enough.
    pub srtp: Srtp,
}

/// What is asked of a stream's protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Srtp {
    /// SRTP when it is offered, and also when an `RTP/AVP` line brings keys (RFC 8643); plain RTP
    /// otherwise.
    AsOffered,
    /// A stream without keys is declined.
    Required,
    /// Never: SRTP is declined, and keys in a plain line are passed over.
    Never,
}

/// One stream that both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The number of its `m=` line, from 0.
    pub index: usize,
    /// The other side's `a=label`.
    pub label: Option<String>,
    /// The sound format.
    pub codec: Codec,
    /// Its payload type, both ways.
    pub pt: u8,
    /// The payload type of keys pressed (RFC 4733), when agreed on.
    pub dtmf_pt: Option<u8>,
    /// Which way sound flows, seen from us.
    pub direction: Direction,
    /// Where the other side takes RTP. None when it gave a host name or nothing, or is on hold;
    /// then nothing is sent.
    pub remote: Option<SocketAddr>,
    /// Where the other side takes RTCP, when that is not the port after RTP's.
    pub rtcp: Option<SocketAddr>,
    /// Milliseconds of sound in a packet that the other side likes to get; 20 when it said nothing
    /// of use.
    pub ptime: u32,
    /// SRTP, when agreed on; then plain RTP must be refused.
    pub srtp: Option<SrtpKeys>,
}

impl Agreed {
    /// The other side for the media plane; `otherwise` is its address when the description had none
    /// (on hold, or a host name).
    pub fn media(&self, otherwise: SocketAddr) -> media::Remote {
        media::Remote {
            addr: self.remote.unwrap_or(otherwise),
            rtcp: self.rtcp,
            audio: self.codec,
            pt: self.pt,
            dtmf_pt: self.dtmf_pt,
            direction: self.direction.into(),
            srtp: self.srtp.clone(),
        }
    }
}

/// Why a stream was declined. It says nothing of who or where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// We have no use for it.
    #[error("the stream is not wanted")]
    NotWanted,
    /// Its port is 0: the other side has ended it, or never had it.
    #[error("the stream's port is 0")]
    Ended,
    /// It is not sound.
    #[error("the stream is not m=audio")]
    NotAudio,
    /// DTLS-SRTP, or something stranger.
    #[error("the stream's transport is neither RTP/AVP nor RTP/SAVP")]
    Protocol,
    /// None of its formats is G.711 (or the one asked for).
    #[error("the stream has no G.711 (PCMA or PCMU) that can be used")]
    Codec,
    /// We would have to send, and there is no address.
    #[error("the stream has no IP address in c=")]
    Address,
    /// Plain RTP, where SRTP is asked for.
    #[error("the stream is not SRTP, which is required here")]
    Plain,
    /// SRTP, which is switched off here.
    #[error("the stream is SRTP, which is switched off here")]
    Secure,
    /// SRTP without a key that can be used.
    #[error("the stream has no a=crypto line that can be used{}", .0.map(|u| format!(": {u}")).unwrap_or_default())]
    Crypto(Option<Unusable>),
}

/// Why nothing was agreed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// No stream of the offer can be used; answer 488.
    #[error("no stream of the offer can be used: {0}")]
    Nothing(Declined),
    /// The operating system gave no random numbers.
    #[error("no random numbers for an SRTP key: {0}")]
    Random(String),
    /// An answer came where no offer was made, or an offer while one is open.
    #[error("the session description does not belong to an open offer")]
    OutOfTurn,
    /// The answer has another number of streams, or of another kind, than the offer.
    #[error("the answer does not have the streams of the offer (RFC 3264 section 6)")]
    Streams,
    /// The answer's keys do not fit the offer's.
    #[error("the answer has no a=crypto line that fits the offer (RFC 4568 section 5.1.3)")]
    Crypto,
}

impl From<getrandom::Error> for NegotiationError {
    fn from(e: getrandom::Error) -> Self {
        NegotiationError::Random(e.to_string())
    }
}

/// An answer to an offer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The text, with CRLF, for a body of `application/sdp`.
    pub body: String,
    /// What became of each stream of the offer, in its order.
    pub streams: Vec<Result<Agreed, Declined>>,
}

impl Answer {
    /// The streams that were agreed on.
    pub fn agreed(&self) -> impl Iterator<Item = &Agreed> {
        self.streams.iter().filter_map(|s| s.as_ref().ok())
    }
}

/// What one dialog has agreed so far: our half of its offers and answers.
#[derive(Debug, Clone)]
pub struct Negotiation {
    pub(super) written: Written,
    /// Our lines, as last agreed.
    pub(super) lines: Vec<Line>,
    /// Our lines as offered, while the answer is awaited.
    pub(super) offered: Option<Vec<Line>>,
}

impl Negotiation {
    /// For a new dialog whose media is reached at this address.
    ///
    /// # Errors
    /// When the operating system has no random numbers (for the session's id).
    pub fn new(address: IpAddr) -> Result<Self, NegotiationError> {
        let mut id = [0; 8];
        getrandom::fill(&mut id)?;
        // Fits a signed number of 64 bits, and a double of those who read it as one.
        let written = Written::new(address, u64::from_le_bytes(id) >> 12);
        Ok(Negotiation { written, lines: Vec::new(), offered: None })
    }

    /// Answers an offer, the first one or a later one. `slots` has a place for each stream of the
    /// offer; None (or too short a list) declines it. An error leaves everything as it was.
    ///
    /// # Errors
    /// [`NegotiationError::Nothing`] when there were slots and streams, and none can be used.
    pub fn answer(
        &mut self,
        offer: &Sdp,
        slots: &[Option<Slot>],
    ) -> Result<Answer, NegotiationError> {
        if self.offered.is_some() {
            return Err(NegotiationError::OutOfTurn);
        }
        let mut lines = Vec::with_capacity(offer.media.len());
        let mut streams = Vec::with_capacity(offer.media.len());
        for (index, theirs) in offer.media.iter().enumerate() {
            let slot = slots.get(index).copied().flatten();
            let before = self.lines.get(index);
            match slot.ok_or(Declined::NotWanted).and_then(|slot| usable(theirs, slot)) {
                Ok(choice) => {
                    let agreed = choice.agree(index, theirs, before)?;
                    lines.push(choice.line(theirs, &agreed));
                    streams.push(Ok(agreed));
                }
                Err(declined) => {
                    lines.push(Line::declined(theirs));
                    streams.push(Err(if theirs.port == 0 { Declined::Ended } else { declined }));
                }
            }
        }
        let refused = streams
            .iter()
            .filter_map(|s| s.as_ref().err())
            .find(|d| !matches!(d, Declined::Ended | Declined::NotWanted));
        match refused {
            Some(why) if streams.iter().all(Result::is_err) => {
                return Err(NegotiationError::Nothing(*why));
            }
            _ => {}
        }
        self.lines = lines;
        let body = self.written.render(offer.time.as_deref(), &self.lines);
        Ok(Answer { body, streams })
    }

    /// Answers with the first stream that can be used, for a call of one stream. See
    /// [`Negotiation::answer`].
    ///
    /// # Errors
    /// As [`Negotiation::answer`], and when the offer has no stream at all.
    pub fn answer_one(
        &mut self,
        offer: &Sdp,
        slot: Slot,
    ) -> Result<(String, Agreed), NegotiationError> {
        let mut slots = vec![None; offer.media.len()];
        let mut why = Declined::NotAudio;
        for (place, theirs) in slots.iter_mut().zip(&offer.media) {
            match usable(theirs, slot) {
                Ok(_) => {
                    *place = Some(slot);
                    break;
                }
                // The reason of a sound stream says more than that of a video.
                Err(declined) if theirs.kind == "audio" => why = declined,
                Err(_) => {}
            }
        }
        if slots.iter().all(Option::is_none) {
            return Err(NegotiationError::Nothing(why));
        }
        let mut answer = self.answer(offer, &slots)?;
        let agreed = answer.streams.drain(..).find_map(Result::ok);
        Ok((answer.body, agreed.ok_or(NegotiationError::Nothing(why))?))
    }

    /// The number in `o=` of what was last written.
    pub fn version(&self) -> u64 {
        self.written.version
    }
}

/// What of an offered stream is taken.
struct Choice {
    slot: Slot,
    codec: Codec,
    pt: u8,
    crypto: Option<(u32, SrtpSuite, Key)>,
}

fn usable(theirs: &MediaLine, slot: Slot) -> Result<Choice, Declined> {
    if theirs.port == 0 {
        return Err(Declined::Ended);
    }
    if theirs.kind != "audio" {
        return Err(Declined::NotAudio);
    }
    // RFC 8643 section 3.1: keys in a plain line ask for SRTP where the other side can.
    let offered = || theirs.crypto.iter().find_map(|c| c.as_ref().ok());
    let crypto = match (&theirs.protocol, slot.srtp) {
        (Protocol::Other(_), _) => return Err(Declined::Protocol),
        (Protocol::Srtp { .. }, Srtp::Never) => return Err(Declined::Secure),
        (Protocol::Rtp { .. }, Srtp::Never) => None,
        _ => offered(),
    };
    if crypto.is_none() {
        match (&theirs.protocol, slot.srtp) {
            (Protocol::Srtp { .. }, _) => {
                return Err(Declined::Crypto(
                    theirs.crypto.iter().find_map(|c| c.as_ref().err().copied()),
                ));
            }
            (_, Srtp::Required) => return Err(Declined::Plain),
            _ => {}
        }
    }
    let (codec, pt) = theirs
        .codecs()
        .find(|(codec, _)| slot.codec.is_none_or(|only| only == *codec))
        .ok_or(Declined::Codec)?;
    if slot.willing.and(theirs.flow().reversed()).sends() && theirs.address.is_none() {
        return Err(Declined::Address);
    }
    let crypto = crypto.map(|c| (c.tag, c.suite, c.key.clone()));
    Ok(Choice { slot, codec, pt, crypto })
}

impl Choice {
    fn agree(
        &self,
        index: usize,
        theirs: &MediaLine,
        before: Option<&Line>,
    ) -> Result<Agreed, NegotiationError> {
        let srtp = match &self.crypto {
            None => None,
            Some((_, suite, key)) => {
                // Our key stays as it is in later answers, so that the packets' counters go on.
                let ours = before
                    .and_then(|l| l.key(*suite))
                    .map_or_else(|| Key::random(*suite), |k| Ok(k.clone()))?;
                Some(SrtpKeys { suite: *suite, theirs: key.0.clone(), ours: ours.0 })
            }
        };
        Ok(agreed(
            index,
            theirs,
            self.codec,
            self.pt,
            theirs.telephone_event(),
            self.slot.willing,
            srtp,
        ))
    }

    fn line(&self, theirs: &MediaLine, agreed: &Agreed) -> Line {
        Line {
            kind: theirs.kind.clone(),
            port: self.slot.port,
            protocol: theirs.protocol.clone(),
            codecs: vec![(self.codec, self.pt)],
            dtmf: agreed.dtmf_pt,
            formats: Vec::new(),
            direction: agreed.direction,
            label: None,
            crypto: self
                .crypto
                .iter()
                .zip(&agreed.srtp)
                .map(|((tag, suite, _), keys)| write::Crypto {
                    tag: *tag,
                    suite: *suite,
                    key: Key(keys.ours.clone()),
                })
                .collect(),
        }
    }
}

/// What follows from the other side's line, whether it is an offer or an answer.
pub(super) fn agreed(
    index: usize,
    theirs: &MediaLine,
    codec: Codec,
    pt: u8,
    dtmf_pt: Option<u8>,
    willing: Direction,
    srtp: Option<SrtpKeys>,
) -> Agreed {
    let remote = theirs.address.map(|ip| SocketAddr::new(ip, theirs.port));
    let rtcp = theirs.rtcp_port.filter(|p| Some(*p) != theirs.port.checked_add(1) && *p != 0);
    Agreed {
        index,
        label: theirs.label.clone(),
        codec,
        pt,
        dtmf_pt,
        direction: willing.and(theirs.flow().reversed()),
        remote,
        rtcp: rtcp.and_then(|port| theirs.address.map(|ip| SocketAddr::new(ip, port))),
        ptime: theirs.ptime.filter(|ms| (10..=60).contains(ms) && ms % 10 == 0).unwrap_or(20),
        srtp,
    }
}
