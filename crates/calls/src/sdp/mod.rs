//! Session descriptions: what the other side says about its sound, and what we answer.
//!
//! Reading is lenient, because session border controllers send what they send: bare line feeds, no
//! line feed at the end, unknown lines, labels of any shape, a `c=` for the session or for each
//! stream, video that nobody wants. What is not needed is not parsed, so that it cannot spoil the
//! rest. Writing is strict: the answer to an offer has the same number of `m=` lines in the same
//! order, a subset of the offered payload types under the offered numbers, and a direction that is
//! never wider than the offer allows (RFC 3264 section 6); the version in `o=` goes up by one
//! whenever the text changes (RFC 3264 section 8).
//!
//! [`Sdp::parse`] reads, [`Negotiation`] keeps what one dialog has agreed: it answers offers and
//! makes them. Nothing here does input or output, and nothing here logs: keys and addresses stay in
//! the values.
//!
//! An own reader instead of the `ezk-sdp-types` crate: that one refuses the whole text for one
//! attribute that it does not understand, for `m=image`, and for a missing `s=`; and it computes a
//! key's lifetime of `2^48` in 32 bits.

mod agree;
mod crypto;
mod offer;
mod parse;
mod types;
mod write;

#[cfg(test)]
mod tests;

pub use agree::{Agreed, Answer, Declined, Negotiation, NegotiationError, Slot, Srtp};
pub use crypto::{CryptoLine, Key, Unusable};
pub use offer::OfferLine;
pub use parse::{MediaLine, RtpMap, Sdp, SdpError};
pub use types::{Direction, Protocol};

pub use crate::media::{Codec, SrtpKeys, SrtpSuite};

/// The name of a sound format in an `a=rtpmap` line (RFC 3551 section 4.5.14).
fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcmu => "PCMU",
        Codec::Pcma => "PCMA",
    }
}
