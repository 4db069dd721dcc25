//! What the public side needs besides its pages: `[public]` of `server.toml`, how often strangers may
//! come, and the envelope in which the first step of the form travels to the second.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::face::Trouble;
use crate::factor::mac;
use crate::guard::Pace;
use crate::people;

/// `[public]`: what people without an account see. Nothing, unless it is said.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Public {
    /// The form for requests, at `/p`.
    pub form: bool,
    /// The privacy notices, at `/p/notices`.
    pub notices: bool,
    /// Packages that people fetch by a private link, at `/p/d/`.
    pub packages: bool,
    /// How many requests are taken in an hour from everybody together. A flood is then a delay for
    /// all, not ten thousand cases with a month to answer each.
    pub per_hour: u16,
}

impl Default for Public {
    fn default() -> Self {
        Self { form: false, notices: false, packages: false, per_hour: 60 }
    }
}

/// How often strangers may come, apart from those who work here.
pub(crate) struct Paces {
    /// Pages, by address.
    pub(crate) pages: Pace,
    /// Requests sent, by address.
    pub(crate) sent: Pace,
    /// Codes of packages, by address.
    pub(crate) codes: Pace,
    /// Requests sent by all.
    pub(crate) all: Pace,
}

impl Paces {
    pub(crate) fn new(public: Public) -> Self {
        const HOUR: f64 = 3_600.0;
        let all = f64::from(public.per_hour);
        Self {
            pages: Pace::new(60.0, 2.0),
            sent: Pace::new(5.0, 5.0 / HOUR),
            codes: Pace::new(10.0, 20.0 / HOUR),
            all: Pace::new(all, all / HOUR),
        }
    }
}

/// What was said in the first step. It is kept nowhere but in the form of the second, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct First {
    /// When the first step was sent.
    pub(crate) at: Timestamp,
    /// Tells this request from all others: sent twice, it is one.
    pub(crate) once: [u8; 16],
    /// The right, as its own word; `marketing` is an objection to marketing.
    pub(crate) right: String,
    /// The person's own words.
    pub(crate) words: String,
}

/// For how long the first step can be followed by the second.
const LASTS: SignedDuration = SignedDuration::from_hours(12);
const NONCE: usize = 24;
const ABOUT: &[u8] = b"frist public form 1";

fn key(people_key: &[u8; 32]) -> [u8; 32] {
    mac(people_key, &[b"public form"])
}

/// Seals the first step.
pub(crate) fn seal(people_key: &[u8; 32], first: &First) -> Result<String, Trouble> {
    let broken = || Trouble { message: "the form could not be sealed".into(), help: None };
    let plain = serde_json::to_vec(first).map_err(|_| broken())?;
    let nonce = people::random::<NONCE>().map_err(|_| broken())?;
    let cipher = XChaCha20Poly1305::new(&key(people_key).into());
    let payload = Payload { msg: &plain, aad: ABOUT };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| broken())?;
    Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
}

/// Opens what [`seal`] sealed; none when it is another's, was changed, or is too old.
pub(crate) fn unseal(people_key: &[u8; 32], sealed: &str, now: Timestamp) -> Option<First> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&key(people_key).into());
    let payload = Payload { msg: sealed, aad: ABOUT };
    let plain = cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
    let first: First = serde_json::from_slice(&plain).ok()?;
    (now.duration_since(first.at) < LASTS).then_some(first)
}

/// The secret of the private link to the request: the same each time the same form is sent.
pub(crate) fn secret(people_key: &[u8; 32], first: &First) -> String {
    crate::factor::token(&mac(people_key, &[b"public link", &first.once]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_step_opens_for_a_while_and_not_when_changed() {
        let now = Timestamp::UNIX_EPOCH;
        let first =
            First { at: now, once: [7; 16], right: "access".into(), words: "Hvad har I?".into() };
        let sealed = seal(&[1; 32], &first).unwrap();
        assert!(!sealed.contains("Hvad"));
        assert_eq!(unseal(&[1; 32], &sealed, now).unwrap().words, "Hvad har I?");
        assert!(unseal(&[2; 32], &sealed, now).is_none(), "another server's");
        let late = now + SignedDuration::from_hours(12);
        assert!(unseal(&[1; 32], &sealed, late).is_none(), "too old");
        let mut changed = sealed.clone().into_bytes();
        changed[40] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert!(unseal(&[1; 32], &changed, now).is_none(), "changed");
        for wrong in ["", "x", "æ", &"A".repeat(30)] {
            assert!(unseal(&[1; 32], wrong, now).is_none(), "{wrong}");
        }
        assert_eq!(secret(&[1; 32], &first), secret(&[1; 32], &first));
        let other = First { once: [8; 16], ..first.clone() };
        assert_ne!(secret(&[1; 32], &first), secret(&[1; 32], &other));
    }
}
