//! Signed webhooks, as <https://www.standardwebhooks.com> says: `webhook-id` stays the same at each
//! try, `webhook-signature` is HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// The key that a secret, `whsec_` and base64, stands for.
///
/// # Errors
/// When it is none, or shorter than 24 bytes or longer than 64.
pub fn key(secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = secret.trim().strip_prefix(PREFIX);
    let bytes = text.and_then(|t| BASE64_STANDARD.decode(t).ok()).map(Zeroizing::new);
    let bytes = bytes.filter(|b| (24..=64).contains(&b.len()));
    bytes.ok_or_else(|| {
        format!("a webhook's secret is `{PREFIX}` and 24 to 64 random bytes in base64; make one with `openssl rand -base64 32`")
    })
}

/// The signature, with its version.
#[must_use]
pub fn sign(key: &[u8], id: &str, seconds: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_published_example_does() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn weak_secrets_are_refused() {
        for bad in ["", "hemmelig", "whsec_", "whsec_aGVtbWVsaWc=", "whsec_not base64 at all....."]
        {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}
