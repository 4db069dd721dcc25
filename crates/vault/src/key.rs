//! Keys: random ones, and one wrapped by another.
//!
//! A key is wrapped by AES-256 key wrap with padding (RFC 5649) together with a digest of what it
//! is for, 64 bytes in all. So a wrapped key that was copied to another row or another hour does
//! not open there, which key wrap by itself would not notice.

use aes_kw::{KeyInit as _, KwpAes256};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::id::ObjectId;

/// Length of a key, bytes.
pub(crate) const KEY: usize = 32;
/// Length of what is wrapped: the key and what it is for.
pub(crate) const PACKED: usize = 2 * KEY;
/// Length of a wrapped key.
pub(crate) const WRAPPED: usize = PACKED + 8;

/// A key in memory; overwritten when it is dropped.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY]>);

impl Key {
    /// A new one.
    pub(crate) fn random() -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY]);
        random(&mut *key)?;
        Ok(Self(key))
    }

    pub(crate) fn new(bytes: Zeroizing<[u8; KEY]>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// Wraps what [`pack`] made.
    pub(crate) fn wrap(&self, packed: &[u8; PACKED]) -> Result<Vec<u8>, VaultError> {
        let mut out = vec![0; WRAPPED];
        KwpAes256::new((&*self.0).into())
            .wrap_key(packed, &mut out)
            .map_err(|e| VaultError::Root(format!("a key cannot be wrapped: {e}")))?;
        Ok(out)
    }

    /// Unwraps; none when it was wrapped by another key, or changed since.
    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> Option<Zeroizing<[u8; PACKED]>> {
        if wrapped.len() != WRAPPED {
            return None;
        }
        let mut out = Zeroizing::new([0; WRAPPED]);
        let len = KwpAes256::new((&*self.0).into()).unwrap_key(wrapped, &mut *out).ok()?.len();
        let packed = out.get(..PACKED).filter(|_| len == PACKED)?;
        let mut exact = Zeroizing::new([0; PACKED]);
        exact.copy_from_slice(packed);
        Some(exact)
    }
}

/// What a wrapped key is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use<'a> {
    /// The objects that began in this hour.
    Hour(&'a str),
    /// One object, wrapped by the key of this hour.
    Object(&'a ObjectId, &'a str),
    /// One object of another collection, wrapped by the root key.
    Copy(&'a ObjectId, &'a str),
    /// To see that a root key is the right one.
    Check(&'a str),
}

impl Use<'_> {
    fn digest(self) -> [u8; KEY] {
        let (word, id, text) = match self {
            Use::Hour(hour) => ("hour", None, hour),
            Use::Object(id, hour) => ("object", Some(id), hour),
            Use::Copy(id, collection) => ("copy", Some(id), collection),
            Use::Check(vault) => ("check", None, vault),
        };
        let mut hash = Sha256::new();
        hash.update(b"frist vault 1 ");
        hash.update(word);
        hash.update([0]);
        hash.update(id.map_or(&[][..], |id| &id.as_bytes()[..]));
        hash.update([0]);
        hash.update(text);
        hash.finalize().into()
    }
}

/// A key and what it is for, ready to be wrapped.
pub(crate) fn pack(key: &Key, what: Use<'_>) -> Zeroizing<[u8; PACKED]> {
    let mut packed = Zeroizing::new([0; PACKED]);
    packed[..KEY].copy_from_slice(key.bytes());
    packed[KEY..].copy_from_slice(&what.digest());
    packed
}

/// The key, when it is for this.
pub(crate) fn unpack(packed: &[u8; PACKED], what: Use<'_>) -> Option<Key> {
    let (bytes, digest) = packed.split_at(KEY);
    if digest != what.digest() {
        return None;
    }
    let mut key = Zeroizing::new([0; KEY]);
    key.copy_from_slice(bytes);
    Some(Key(key))
}

/// Fills with random numbers of the system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|e| VaultError::Random(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What OpenSSL makes of the same: `openssl enc -id-aes256-wrap-pad -iv A65959A6 -K 0101..`.
    #[test]
    fn wraps_as_others_do() {
        let outer = Key::new(Zeroizing::new([1; KEY]));
        let packed = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let hex: String = outer.wrap(&packed).unwrap().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "0c01b9fd6b155d350a8a04e4a89888fc1c5b773aa441575456d4fa19c997e58fbd95577fc765fc396a814b\
             6b7e20d89f063322f8487a5141abd2ff7f45bbc5ced989c4f6e9167b04"
        );
    }

    #[test]
    fn a_key_opens_only_what_it_is_for() {
        let (outer, inner) = (Key::random().unwrap(), Key::random().unwrap());
        let (a, b) = (ObjectId::random().unwrap(), ObjectId::random().unwrap());
        let wrapped = outer.wrap(&pack(&inner, Use::Object(&a, "2026-11-22T20"))).unwrap();
        assert_eq!(wrapped.len(), WRAPPED);
        let packed = outer.unwrap(&wrapped).unwrap();
        let key = unpack(&packed, Use::Object(&a, "2026-11-22T20")).unwrap();
        assert_eq!(key.bytes(), inner.bytes());
        for other in [
            Use::Object(&b, "2026-11-22T20"),
            Use::Object(&a, "2026-11-22T21"),
            Use::Copy(&a, "2026-11-22T20"),
            Use::Hour("2026-11-22T20"),
            Use::Check("2026-11-22T20"),
        ] {
            assert!(unpack(&packed, other).is_none(), "{other:?}");
        }
        assert!(inner.unwrap(&wrapped).is_none());
        for i in 0..wrapped.len() {
            let mut bad = wrapped.clone();
            bad[i] ^= 1;
            assert!(outer.unwrap(&bad).is_none(), "byte {i}");
        }
        for len in 0..wrapped.len() {
            assert!(outer.unwrap(&wrapped[..len]).is_none(), "{len} bytes");
        }
    }
}
