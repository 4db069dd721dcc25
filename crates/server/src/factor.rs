//! The second factor: time-based codes by RFC 6238, and recovery codes.
//!
//! The database keeps a random number; the secret is derived from it and a key outside of the
//! database, so that it never lies anywhere.

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use totp_rs::{Algorithm, Builder, Totp, TotpError};
use zeroize::Zeroizing;

/// How long a code lasts, seconds.
const STEP: u64 = 30;
/// How many recovery codes there are.
pub const RECOVERY: usize = 10;

/// A person's second factor.
pub struct Factor {
    secret: Zeroizing<[u8; 20]>,
}

impl Factor {
    /// Derived from what the database keeps.
    #[must_use]
    pub fn derive(key: &[u8; 32], account: &str, kept: &[u8]) -> Self {
        let sum = mac(key, &[b"second factor", account.as_bytes(), kept]);
        let mut secret = Zeroizing::new([0; 20]);
        secret.copy_from_slice(&sum[..20]);
        Self { secret }
    }

    fn totp(&self) -> Result<Totp, TotpError> {
        // One step to either side: clocks differ.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(STEP)
            .with_secret(*self.secret)
            .build()
    }

    /// The time step of which this is the code at this second, if it is one's.
    #[must_use]
    pub fn step(&self, code: &str, second: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let second = u64::try_from(second).ok()?;
        let totp = self.totp().ok()?;
        let now = second / STEP;
        // All are compared, whichever it is.
        let steps = [now.saturating_sub(1), now, now + 1].map(|step| {
            let right = totp.generate(step * STEP).to_string();
            super::password::same(right.as_bytes(), code.as_bytes()).then_some(step)
        });
        steps.into_iter().flatten().next().and_then(|step| i64::try_from(step).ok())
    }

    /// The secret as authenticators take it by hand, in groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        let plain = self.base32();
        let groups: Vec<&str> =
            plain.as_bytes().chunks(4).filter_map(|c| std::str::from_utf8(c).ok()).collect();
        groups.join(" ")
    }

    /// The link that opens an authenticator.
    #[must_use]
    pub fn link(&self, account: &str, organisation: &str) -> String {
        let (who, issuer) = (percent(account), percent(organisation));
        format!("otpauth://totp/{issuer}:{who}?secret={}&issuer={issuer}", self.base32())
    }

    fn base32(&self) -> String {
        const SIGNS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut out = String::new();
        // 20 bytes are 32 signs of five bits, without padding.
        for five in self.secret.chunks(5) {
            let bits = five.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
            for at in (0..8).rev() {
                out.push(char::from(SIGNS[(bits >> (at * 5) & 31) as usize]));
            }
        }
        out
    }
}

/// A keyed hash of parts, each with its length.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The hash under which a random secret is kept.
#[must_use]
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A random secret as text for cookies and links.
#[must_use]
pub fn token(random: &[u8; 32]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random)
}

/// Recovery codes from random bytes: four groups of four, without signs that look alike.
#[must_use]
pub fn recovery(random: &[u8; 16 * RECOVERY]) -> Vec<String> {
    const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
    let code = |bytes: &[u8]| -> String {
        let signs: Vec<char> =
            bytes.iter().map(|b| char::from(SIGNS[usize::from(b & 31)])).collect();
        let groups: Vec<String> = signs.chunks(4).map(|g| g.iter().collect()).collect();
        groups.join("-")
    };
    random.chunks(16).map(code).collect()
}

/// A recovery code as it was typed, as it is hashed.
#[must_use]
pub fn recovery_hash(typed: &str) -> [u8; 32] {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    sha256(&plain.to_ascii_lowercase())
}

fn percent(text: &str) -> String {
    let sign = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, for SHA-1, the last six of its eight digits.
        let factor = Factor { secret: Zeroizing::new(*b"12345678901234567890") };
        for (second, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(factor.step(code, second), Some(second / 30), "{second}");
            assert_eq!(factor.step(code, second + 30), Some(second / 30), "one step late");
            assert_eq!(factor.step(code, second + 61), None, "too late");
        }
        assert_eq!(factor.step(" 287 082 ", 59), Some(1));
        for wrong in ["", "287083", "28708", "2870822", "abcdef"] {
            assert_eq!(factor.step(wrong, 59), None, "{wrong}");
        }
        assert_eq!(factor.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            factor.link("anna", "Nord & Syd"),
            "otpauth://totp/Nord%20%26%20Syd:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Nord%20%26%20Syd"
        );
    }

    #[test]
    fn secrets_are_each_persons_own() {
        let secret = |who, kept: &[u8]| *Factor::derive(&[1; 32], who, kept).secret;
        assert_eq!(secret("anna", b"1"), secret("anna", b"1"));
        assert_ne!(secret("anna", b"1"), secret("bo", b"1"));
        assert_ne!(secret("anna", b"1"), secret("anna", b"2"));
        // Parts do not run into each other.
        assert_ne!(mac(&[], &[b"ab", b"c"]), mac(&[], &[b"a", b"bc"]));
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let mut random = [0; 16 * RECOVERY];
        random.iter_mut().enumerate().for_each(|(i, b)| *b = i as u8);
        let codes = recovery(&random);
        assert_eq!(codes.len(), RECOVERY);
        assert_eq!(codes[0].len(), 19);
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&typed));
        assert_ne!(recovery_hash(&codes[0]), recovery_hash(&codes[1]));
    }
}
