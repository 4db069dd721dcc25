//! How a record is named in the ledger without naming it.
//!
//! A record's *locator* is `store/collection/key`. From a secret [`RecordKey`] each record gets its own salt,
//! `HMAC-SHA256(key, locator)[..16]`, and its leaf in the batch's sub-tree is `leaf_hash(salt || locator)`.
//! So a leaf tells nothing without its salt; revealing one salt (in a receipt) opens that one record and no other; and when
//! the key is destroyed no leaf can be linked to a record any more, while all proofs stay valid.
//!
//! The leaves of a batch are sorted by hash, so their order tells nothing about the keys, and finding one is a binary search.
//! A record pushed twice is one leaf.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256, block_api::compress256};
use zeroize::{Zeroize, Zeroizing};

use crate::hash::{self, Frontier, Hash, finish};
use crate::{Error, Result};

/// What a record's leaf is salted with; revealed in that record's receipt only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salt(pub [u8; 16]);

/// The public name of a [`RecordKey`]: 16 hexadecimal digits, from a hash of the key. Tells nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<KeyId, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = hash::hex(&text);
        bytes
            .map(KeyId)
            .ok_or_else(|| serde::de::Error::custom("expected a key id of 16 hexadecimal digits"))
    }
}

/// The secret from which record salts are made: 32 bytes, wiped from memory when dropped.
///
/// Destroying every copy of it (the caller keeps it in a file) makes the ledger's leaves unlinkable for good.
#[derive(Clone)]
pub struct RecordKey {
    secret: [u8; 32],
    /// HMAC's state after the inner and the outer padded key (RFC 2104), so that each record costs two blocks less.
    inner: [u32; 8],
    outer: [u32; 8],
}

impl RecordKey {
    /// Takes 32 random bytes as the key.
    pub fn new(secret: [u8; 32]) -> RecordKey {
        let padded = |pad: u8| {
            let mut block = Zeroizing::new([pad; 64]);
            block.iter_mut().zip(&secret).for_each(|(b, k)| *b ^= k);
            let mut state = hash::IV;
            compress256(&mut state, std::slice::from_ref(&*block));
            state
        };
        let (inner, outer) = (padded(0x36), padded(0x5c));
        RecordKey { secret, inner, outer }
    }

    /// Takes the key from stored bytes.
    ///
    /// # Errors
    /// [`Error::Stored`] unless there are exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<RecordKey> {
        let secret = bytes.try_into().map_err(|_| Error::Stored {
            what: "record key",
            reason: format!("it has {} bytes where 32 were expected", bytes.len()),
        })?;
        Ok(RecordKey::new(secret))
    }

    /// The secret itself, for the caller to store.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The key's public name, as entries carry it.
    pub fn id(&self) -> KeyId {
        let digest =
            Sha256::new_with_prefix(b"frist record key id\0").chain_update(self.secret).finalize();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    /// The salt of the record at `locator`.
    pub fn salt(&self, locator: &[u8]) -> Salt {
        let inner = finish(self.inner, 64, locator);
        let mac = finish(self.outer, 64, &inner);
        let mut salt = [0; 16];
        salt.copy_from_slice(&mac[..16]);
        Salt(salt)
    }

    /// The leaf of the record at `locator`.
    pub fn leaf(&self, locator: &[u8]) -> Hash {
        leaf(&self.salt(locator), locator)
    }
}

impl Drop for RecordKey {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordKey({})", self.id())
    }
}

/// A record's leaf: `leaf_hash(salt || locator)`.
pub fn leaf(salt: &Salt, locator: &[u8]) -> Hash {
    hash::leaf_hash(&[&salt.0, locator].concat())
}

/// Collects a batch's records, one at a time and without a memory allocation for each.
pub struct SubTreeBuilder<'k> {
    key: &'k RecordKey,
    leaves: Vec<[u8; 32]>,
    /// 0x00 || salt || locator, the leaf's hash input (RFC 6962 section 2.1), reused.
    buffer: Zeroizing<Vec<u8>>,
}

/// Where the locator starts in the buffer: after the leaf prefix and the salt.
const LOCATOR_AT: usize = 17;

impl<'k> SubTreeBuilder<'k> {
    /// Starts a batch of about `expected` records.
    pub fn new(key: &'k RecordKey, expected: usize) -> SubTreeBuilder<'k> {
        let buffer = Zeroizing::new(vec![0; LOCATOR_AT]);
        SubTreeBuilder { key, leaves: Vec::with_capacity(expected), buffer }
    }

    /// Adds the record whose locator is these parts put together as they are (the slashes are the caller's):
    /// `push(&[b"erp/invoice/", key])`. Returns its leaf.
    #[inline]
    pub fn push(&mut self, parts: &[&[u8]]) -> Hash {
        self.buffer.truncate(LOCATOR_AT);
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        let salt = self.key.salt(&self.buffer[LOCATOR_AT..]);
        self.buffer[1..LOCATOR_AT].copy_from_slice(&salt.0);
        let leaf = finish(hash::IV, 0, &self.buffer);
        self.leaves.push(leaf);
        Hash(leaf)
    }

    /// How many records were pushed, repeated ones included.
    pub fn pushed(&self) -> usize {
        self.leaves.len()
    }

    /// Sorts the leaves, removes repeated ones and computes the root.
    pub fn build(self) -> SubTree {
        let mut leaves = self.leaves;
        sort(&mut leaves);
        leaves.dedup();
        SubTree::of(leaves)
    }
}

/// Sorts hashes. They are evenly spread, so the first eight bytes nearly always decide.
fn sort(leaves: &mut [[u8; 32]]) {
    let prefix = |leaf: &[u8; 32]| leaf.first_chunk::<8>().map(|c| u64::from_be_bytes(*c));
    leaves.sort_unstable_by(|a, b| prefix(a).cmp(&prefix(b)).then_with(|| a.cmp(b)));
}

/// The sub-tree of one batch: its records' leaves in ascending order, and their root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubTree {
    leaves: Vec<[u8; 32]>,
    root: Hash,
}

impl SubTree {
    /// Builds the sub-tree of these locators.
    pub fn build<L: AsRef<[u8]>>(
        key: &RecordKey,
        locators: impl IntoIterator<Item = L>,
    ) -> SubTree {
        let locators = locators.into_iter();
        let mut builder = SubTreeBuilder::new(key, locators.size_hint().0);
        locators.for_each(|locator| {
            builder.push(&[locator.as_ref()]);
        });
        builder.build()
    }

    fn of(leaves: Vec<[u8; 32]>) -> SubTree {
        let mut frontier = Frontier::new();
        leaves.iter().for_each(|leaf| frontier.append(Hash(*leaf)));
        SubTree { leaves, root: frontier.root() }
    }

    /// Reads the stored form, [`SubTree::leaves_bytes`].
    ///
    /// # Errors
    /// [`Error::Stored`] when it is not whole hashes in strictly ascending order.
    pub fn from_bytes(bytes: &[u8]) -> Result<SubTree> {
        let bad = |reason: &str| Error::Stored { what: "sub-tree", reason: reason.into() };
        let (leaves, tail) = bytes.as_chunks::<32>();
        if !tail.is_empty() {
            return Err(bad("its length is not a multiple of 32 bytes"));
        }
        if !leaves.is_sorted_by(|a, b| a < b) {
            return Err(bad("its hashes are not in ascending order"));
        }
        Ok(SubTree::of(leaves.to_vec()))
    }

    /// The stored form: the hashes in ascending order, 32 bytes each.
    pub fn leaves_bytes(&self) -> &[u8] {
        self.leaves.as_flattened()
    }

    /// The root over the batch's records.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// How many records the batch has.
    pub fn count(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Where this leaf is, if it is in the batch.
    pub fn find(&self, leaf: &Hash) -> Option<u64> {
        find_leaf(self.leaves_bytes(), leaf)
    }

    /// The leaf at `index`.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(index).ok()?).map(|leaf| Hash(*leaf))
    }

    /// The audit path of the leaf at `index` within the batch; empty when there is no such leaf.
    pub fn proof(&self, index: u64) -> Vec<Hash> {
        let Ok(path) = hash::inclusion_proof(self.leaves.as_slice(), index, self.count());
        path
    }
}

/// Finds a leaf in the stored form of a sub-tree by binary search, without taking it apart.
pub fn find_leaf(leaves_bytes: &[u8], leaf: &Hash) -> Option<u64> {
    let (leaves, _) = leaves_bytes.as_chunks::<32>();
    leaves.binary_search(&leaf.0).ok().map(|index| index as u64)
}
