//! `a=crypto` lines: keys for SRTP inside the session description (SDES, RFC 4568).
//!
//! A line is used when it has one master key without a key identifier (MKI), a suite we know, a
//! lifetime that a call does not outlive, and no parameter that weakens or changes the protection.
//! Every other line is passed over, and the reason is kept, so that a refusal can say why.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use zeroize::Zeroizing;

use super::SrtpSuite;

/// Base64 without the padding, and with whatever the last bits are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Fewest packets that a master key must last: with 50 packets a second, more than five hours. Keys
/// are not changed in the middle of a call, so a key that asks for it earlier is refused.
const LEAST_LIFETIME: u128 = 1 << 20;

/// A master key followed by its salt. Wiped when dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub(super) Zeroizing<Vec<u8>>);

impl Key {
    /// A new key for a suite.
    pub(super) fn random(suite: SrtpSuite) -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new(vec![0; suite.key_len() + suite.salt_len()]);
        getrandom::fill(&mut bytes)?;
        Ok(Key(bytes))
    }

    /// As an `a=crypto` line has it.
    pub(super) fn inline(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.0))
    }

    fn read(suite: SrtpSuite, text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(LENIENT.decode(text.trim_end_matches('=')).ok()?);
        (bytes.len() == suite.key_len() + suite.salt_len()).then_some(Key(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Why an `a=crypto` line cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not of the form of RFC 4568 section 9.1.
    #[error("an a=crypto line cannot be read")]
    Malformed,
    /// A suite that is not known here.
    #[error("an a=crypto line has a suite that is not known here")]
    Suite,
    /// A key of the wrong length, or not base64.
    #[error("an a=crypto line has a key that is not base64 of the suite's length")]
    Key,
    /// More than one key, or a key identifier.
    #[error("an a=crypto line uses a key identifier (MKI) or several keys, which is not supported")]
    Mki,
    /// The key would have to be changed during the call.
    #[error("an a=crypto line has a key lifetime under 2^20 packets, which is not supported")]
    Lifetime,
    /// A session parameter that turns protection off, or that is not known.
    #[error("an a=crypto line has a session parameter that is not supported")]
    Parameter,
}

/// One `a=crypto` line that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CryptoLine {
    /// The number that the answer repeats.
    pub tag: u32,
    /// The suite.
    pub suite: SrtpSuite,
    /// The key of the side that wrote the line.
    pub key: Key,
}

impl CryptoLine {
    /// Reads what follows `a=crypto:`.
    pub(super) fn read(value: &str) -> Result<Self, Unusable> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next().ok_or(Unusable::Malformed)?;
        if tag.is_empty() || tag.len() > 9 || !tag.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Unusable::Malformed);
        }
        let tag = tag.parse().map_err(|_| Unusable::Malformed)?;
        let suite = SrtpSuite::from_name(words.next().ok_or(Unusable::Malformed)?)
            .ok_or(Unusable::Suite)?;
        let keys = words.next().ok_or(Unusable::Malformed)?;
        if keys.contains(';') {
            return Err(Unusable::Mki);
        }
        let method = keys.get(..7).filter(|m| m.eq_ignore_ascii_case("inline:"));
        let inline = method.map(|m| &keys[m.len()..]).ok_or(Unusable::Malformed)?;
        let mut parts = inline.split('|');
        let key = Key::read(suite, parts.next().unwrap_or_default()).ok_or(Unusable::Key)?;
        for part in parts {
            if part.contains(':') {
                return Err(Unusable::Mki);
            }
            if lifetime(part).ok_or(Unusable::Malformed)? < LEAST_LIFETIME {
                return Err(Unusable::Lifetime);
            }
        }
        for parameter in words {
            // A window size is the other side's own business (section 6.3.7); with a minus in
            // front, what is not known may be passed over (section 6.3.8). The rate of key
            // derivation, unencrypted or unauthenticated packets and forward error correction
            // change the packets themselves.
            let harmless =
                parameter.starts_with("WSH=") || parameter == "KDR=0" || parameter.starts_with('-');
            if !harmless {
                return Err(Unusable::Parameter);
            }
        }
        Ok(CryptoLine { tag, suite, key })
    }
}

/// `2^31` or `1048576`. A figure too large for the type lasts long enough in any case.
fn lifetime(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("2^").unwrap_or(text);
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let figure: u128 = digits.parse().ok()?;
    match text.starts_with("2^") {
        true => {
            Some(u32::try_from(figure).ok().and_then(|n| 1u128.checked_shl(n)).unwrap_or(u128::MAX))
        }
        false => Some(figure),
    }
}
