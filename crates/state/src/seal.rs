//! Sealing the keys of a batch while it is under way, under a key that goes when the sweep ends.
//!
//! XChaCha20-Poly1305 with a random nonce of 24 bytes, which stands before the ciphertext. What
//! the batch is about is bound in as associated data, so a sealed batch cannot be passed off as
//! another's.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{Error, Result};

const NONCE: usize = 24;

/// A sweep's key, wiped from memory when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// A new random key.
pub(crate) fn new_key() -> Result<Key> {
    let mut key = Zeroizing::new([0; 32]);
    fill(&mut *key)?;
    Ok(key)
}

/// Seals `plain`.
pub(crate) fn seal(key: &Key, about: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    fill(&mut nonce)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: about.as_bytes() })
        .map_err(|_| Error::Value { what: "a batch's keys", reason: "they are too long".into() })?;
    Ok([&nonce[..], &sealed].concat())
}

/// Opens what [`seal`] sealed; none if the key or `about` is another's, or a bit was changed.
pub(crate) fn unseal(key: &Key, about: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: sealed, aad: about.as_bytes() };
    cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| Error::Random { reason: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_the_same_batch_open_it() {
        let key = new_key().unwrap();
        let sealed = seal(&key, "batch 1", b"record 17").unwrap();
        assert!(!sealed.windows(9).any(|window| window == b"record 17"));
        assert_eq!(unseal(&key, "batch 1", &sealed).unwrap().as_slice(), b"record 17");
        assert!(unseal(&new_key().unwrap(), "batch 1", &sealed).is_none());
        assert!(unseal(&key, "batch 2", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(unseal(&key, "batch 1", &changed).is_none(), "byte {at}");
        }
        assert!(unseal(&key, "batch 1", &sealed[..20]).is_none());
    }
}
