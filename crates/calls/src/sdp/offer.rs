//! Making offers, the first one and later ones, and reading what is answered.

use super::agree::{Agreed, Declined, Negotiation, NegotiationError, agreed};
use super::crypto::Key;
use super::parse::{MediaLine, Sdp};
use super::types::{Direction, Protocol};
use super::write::{Crypto, Line};
use super::{Codec, SrtpKeys, SrtpSuite};

/// One stream of a first offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferLine {
    /// Our port for RTP.
    pub port: u16,
    /// The formats, the one preferred first; under their usual payload types.
    pub codecs: Vec<Codec>,
    /// The payload type for keys pressed (RFC 4733); usually 101.
    pub dtmf_pt: Option<u8>,
    /// Which way sound may flow, seen from us.
    pub direction: Direction,
    /// Whether it is SRTP: `RTP/SAVP` with a new key for each of the suites.
    pub srtp: bool,
    /// `a=label`; only letters, digits, `-`, `_` and `.` are written.
    pub label: Option<String>,
}

impl Negotiation {
    /// Makes the first offer of a dialog. It stays open until [`Negotiation::accept`] or
    /// [`Negotiation::withdraw`].
    ///
    /// # Errors
    /// When an offer is open, or something was agreed already (then see
    /// [`Negotiation::offer_again`]), or when there are no random numbers.
    pub fn offer(&mut self, lines: &[OfferLine]) -> Result<String, NegotiationError> {
        if self.offered.is_some() || !self.lines.is_empty() {
            return Err(NegotiationError::OutOfTurn);
        }
        let lines = lines.iter().map(OfferLine::line).collect::<Result<Vec<_>, _>>()?;
        Ok(self.open(lines))
    }

    /// Offers again what was agreed, with other directions: `direction` is asked for each stream
    /// that is not declined, by its number, and is told the present one. Ports, payload types and
    /// our keys stay.
    ///
    /// # Errors
    /// When nothing was agreed yet, or an offer is open.
    pub fn offer_again(
        &mut self,
        mut direction: impl FnMut(usize, Direction) -> Direction,
    ) -> Result<String, NegotiationError> {
        if self.offered.is_some() || self.lines.is_empty() {
            return Err(NegotiationError::OutOfTurn);
        }
        let mut lines = self.lines.clone();
        for (index, line) in lines.iter_mut().enumerate().filter(|(_, l)| l.port != 0) {
            line.direction = direction(index, line.direction);
        }
        Ok(self.open(lines))
    }

    /// Gives up an open offer that was refused or never answered: what was agreed before goes on
    /// (RFC 3264 section 8).
    pub fn withdraw(&mut self) {
        self.offered = None;
    }

    /// Reads the answer to the open offer: what became of each stream. Whatever it says, a
    /// direction is never wider than what was offered. An error leaves the offer open.
    ///
    /// # Errors
    /// When no offer is open, or the answer does not belong to the offer.
    pub fn accept(
        &mut self,
        answer: &Sdp,
    ) -> Result<Vec<Result<Agreed, Declined>>, NegotiationError> {
        let offered = self.offered.as_ref().ok_or(NegotiationError::OutOfTurn)?;
        if answer.media.len() != offered.len() {
            return Err(NegotiationError::Streams);
        }
        let mut lines = Vec::with_capacity(offered.len());
        let mut streams = Vec::with_capacity(offered.len());
        for (index, (ours, theirs)) in offered.iter().zip(&answer.media).enumerate() {
            if theirs.kind != ours.kind {
                return Err(NegotiationError::Streams);
            }
            match answered(index, ours, theirs)? {
                Ok((line, agreed)) => {
                    lines.push(line);
                    streams.push(Ok(agreed));
                }
                Err(declined) => {
                    lines.push(Line::declined(theirs));
                    streams.push(Err(declined));
                }
            }
        }
        self.lines = lines;
        self.offered = None;
        Ok(streams)
    }

    fn open(&mut self, lines: Vec<Line>) -> String {
        let body = self.written.render(None, &lines);
        self.offered = Some(lines);
        body
    }
}

impl OfferLine {
    fn line(&self) -> Result<Line, NegotiationError> {
        let mut crypto = Vec::new();
        if self.srtp {
            for (suite, tag) in SrtpSuite::ALL.into_iter().zip(1..) {
                crypto.push(Crypto { tag, suite, key: Key::random(suite)? });
            }
        }
        let label =
            self.label.as_ref().map(|l| l.chars().filter(|c| is_label(*c)).collect::<String>());
        Ok(Line {
            kind: "audio".to_owned(),
            port: self.port,
            protocol: if self.srtp {
                Protocol::Srtp { feedback: false }
            } else {
                Protocol::Rtp { feedback: false }
            },
            codecs: self.codecs.iter().map(|c| (*c, c.static_pt())).collect(),
            dtmf: self.dtmf_pt,
            formats: Vec::new(),
            direction: self.direction,
            label: label.filter(|l| !l.is_empty()),
            crypto,
        })
    }
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

type Outcome = Result<(Line, Agreed), Declined>;

/// Holds one line of an answer against what we offered.
fn answered(index: usize, ours: &Line, theirs: &MediaLine) -> Result<Outcome, NegotiationError> {
    if theirs.port == 0 || ours.port == 0 {
        return Ok(Err(Declined::Ended));
    }
    // The same transport but for the feedback, which some leave out.
    let srtp = match (&ours.protocol, &theirs.protocol) {
        (Protocol::Rtp { .. }, Protocol::Rtp { .. }) => false,
        (Protocol::Srtp { .. }, Protocol::Srtp { .. }) => true,
        _ => return Ok(Err(Declined::Protocol)),
    };
    let Some((codec, pt)) =
        theirs.codecs().find(|(codec, _)| ours.codecs.iter().any(|(c, _)| c == codec))
    else {
        return Ok(Err(Declined::Codec));
    };
    let mut line = ours.clone();
    line.codecs = vec![(codec, pt)];
    // Some repeat the number and leave out what it means.
    let repeated = ours.dtmf.filter(|pt| theirs.payload_types().any(|theirs| theirs == *pt));
    line.dtmf = ours.dtmf.and(theirs.telephone_event().or(repeated));
    // RFC 8643 holds here too: what we agreed with keys in a plain line stays protected.
    let keys = match srtp || !ours.crypto.is_empty() {
        false => None,
        true => {
            let theirs = theirs.crypto.iter().filter_map(|c| c.as_ref().ok());
            let (mine, other) = theirs
                .filter_map(|t| {
                    ours.crypto
                        .iter()
                        .find(|m| (m.tag, m.suite) == (t.tag, t.suite))
                        .map(|m| (m, t))
                })
                .next()
                .ok_or(NegotiationError::Crypto)?;
            line.crypto = vec![mine.clone()];
            Some(SrtpKeys {
                suite: mine.suite,
                theirs: other.key.0.clone(),
                ours: mine.key.0.clone(),
            })
        }
    };
    let mut agreed = agreed(index, theirs, codec, pt, line.dtmf, ours.direction, keys);
    if agreed.direction.sends() && agreed.remote.is_none() {
        agreed.direction = Direction::of(false, agreed.direction.receives());
    }
    line.direction = agreed.direction;
    Ok(Ok((line, agreed)))
}
