//! The Merkle tree of RFC 6962, section 2.1: hashing, roots, inclusion and consistency proofs, and the compact right edge.
//!
//! Proofs are made from the hashes of *complete* subtrees (2^level leaves, aligned), which any [`Nodes`] can supply: a slice of
//! leaf hashes here, tiles on disk in [`crate::tiles`]. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, which
//! restate RFC 6962 as loops.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;

use crate::{Error, Result};

/// A SHA-256 hash. Shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of a tree without leaves: SHA-256 of the empty string.
    pub const EMPTY: Hash = Hash([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// The standard base64 form (RFC 4648, section 4), as C2SP formats write hashes.
    pub fn to_base64(self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Reads the standard base64 form; `None` unless it is the one canonical encoding of 32 bytes.
    pub fn from_base64(text: &str) -> Option<Hash> {
        let mut out = [0; 32];
        // The decoder wants room for its own estimate, which is one byte more than 32.
        let mut room = [0; 33];
        let n = BASE64_STANDARD.decode_slice(text, &mut room).ok()?;
        out.copy_from_slice(room.get(..n)?.get(..32).filter(|_| n == 32)?);
        Some(Hash(out))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = Error;

    /// Reads 64 lower-case hexadecimal digits.
    fn from_str(s: &str) -> Result<Hash> {
        hex(s).map(Hash).ok_or_else(|| Error::Value {
            what: "hash",
            reason: "expected 64 lower-case hexadecimal digits".into(),
        })
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads lower-case hexadecimal digits of exactly `N` bytes.
pub(crate) fn hex<const N: usize>(s: &str) -> Option<[u8; N]> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    let (pairs, rest) = s.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

/// SHA-256's initial state (FIPS 180-4, section 5.3.3).
pub(crate) const IV: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// Finishes a SHA-256 whose `state` has already taken in `before` bytes (a multiple of 64) and still gets `data`.
///
/// The general hasher buffers and copies; a million leaves a second want the block function itself.
#[inline]
pub(crate) fn finish(mut state: [u32; 8], before: usize, data: &[u8]) -> [u8; 32] {
    let (blocks, tail) = data.as_chunks::<64>();
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    let mut last = [[0u8; 64]; 2];
    let two = tail.len() >= 56;
    let flat = last.as_flattened_mut();
    flat[..tail.len()].copy_from_slice(tail);
    flat[tail.len()] = 0x80;
    let end = if two { 128 } else { 64 };
    flat[end - 8..end].copy_from_slice(&((before + data.len()) as u64 * 8).to_be_bytes());
    compress256(&mut state, &last[..if two { 2 } else { 1 }]);
    bytes_of(state)
}

/// The digest that a final state stands for.
fn bytes_of(state: [u32; 8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    out
}

/// The hash of a leaf: SHA-256(0x00 || data), RFC 6962 section 2.1.
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut first = [0u8; 64];
    if data.len() < 64 {
        first[1..=data.len()].copy_from_slice(data);
        return Hash(finish(IV, 0, &first[..=data.len()]));
    }
    let (head, rest) = data.split_at(63);
    first[1..].copy_from_slice(head);
    let mut state = IV;
    compress256(&mut state, &[first]);
    Hash(finish(state, 64, rest))
}

/// The hash of an inner node: SHA-256(0x01 || left || right), RFC 6962 section 2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // The 65 bytes and SHA-256's padding always make the same two blocks.
    let mut blocks = [[0u8; 64]; 2];
    blocks[0][0] = 1;
    blocks[0][1..33].copy_from_slice(&left.0);
    blocks[0][33..].copy_from_slice(&right.0[..31]);
    blocks[1][0] = right.0[31];
    blocks[1][1] = 0x80;
    blocks[1][62..].copy_from_slice(&(65u16 * 8).to_be_bytes());
    let mut state = IV;
    compress256(&mut state, &blocks);
    Hash(bytes_of(state))
}

/// The root of the tree over these leaf hashes, RFC 6962 section 2.1.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    frontier.root()
}

/// The compact right edge of a growing tree: enough to append leaves and to know the root, in O(log n) space.
///
/// Holds one hash for each 1 bit of the size: the complete subtrees from left (largest) to right (smallest).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Puts an edge together from its parts.
    ///
    /// # Errors
    /// [`Error::Stored`] unless there is one hash for each 1 bit of `size`.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Frontier> {
        if hashes.len() != size.count_ones() as usize {
            let reason = format!("{} hashes do not make a tree of size {size}", hashes.len());
            return Err(Error::Stored { what: "ledger frontier", reason });
        }
        Ok(Frontier { size, hashes })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The complete subtrees' hashes, largest subtree first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Appends a leaf hash.
    #[inline]
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // INVARIANT: one hash for each 1 bit of the size, so there is one to pop for each trailing 1.
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The tree's root; [`Hash::EMPTY`] without leaves.
    pub fn root(&self) -> Hash {
        let folded =
            self.hashes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        folded.unwrap_or(Hash::EMPTY)
    }

    /// The stored form: the size as 8 bytes, big-endian, then the hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        self.hashes.iter().for_each(|h| out.extend_from_slice(&h.0));
        out
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`Error::Stored`] when the length does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Frontier> {
        let short = || Error::Stored { what: "ledger frontier", reason: "it is cut short".into() };
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or_else(short)?;
        let (hashes, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() {
            return Err(short());
        }
        Frontier::from_parts(u64::from_be_bytes(*size), hashes.iter().map(|h| Hash(*h)).collect())
    }
}

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why a hash cannot be had.
    type Error;

    /// The root of the complete subtree over the leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// When the source cannot supply it.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

impl Nodes for [Hash] {
    type Error = Infallible;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
        let (start, width) = ((index as usize) << level, 1usize << level);
        Ok(root(&self[start..start + width]))
    }
}

impl Nodes for [[u8; 32]] {
    type Error = Infallible;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
        let (start, width) = ((index as usize) << level, 1usize << level);
        let mut frontier = Frontier::new();
        self[start..start + width].iter().for_each(|leaf| frontier.append(Hash(*leaf)));
        Ok(frontier.root())
    }
}

/// The largest power of two smaller than `n` (RFC 6962's k); `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// MTH(D[start:end]) for a range as it occurs in the tree's recursion (its left parts are complete and aligned).
fn range_root<N: Nodes + ?Sized>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let width = end - start;
    if width.is_power_of_two() {
        return nodes.node(width.trailing_zeros(), start / width);
    }
    let middle = start + split(width);
    Ok(node_hash(&range_root(nodes, start, middle)?, &range_root(nodes, middle, end)?))
}

/// The root of the first `size` leaves.
///
/// # Errors
/// What the source of nodes answers.
pub fn root_of<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(Hash::EMPTY) } else { range_root(nodes, 0, size) }
}

/// The audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1), leaf's sibling first.
/// Empty when `index` is not in the tree.
///
/// # Errors
/// What the source of nodes answers.
pub fn inclusion_proof<N: Nodes + ?Sized>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while index < size && end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The root that an audit path leads to from `leaf` at `index` in a tree of `size` leaves (RFC 9162 section 2.1.3.2).
/// `None` when the path's length does not fit, or there is no such index.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether `leaf` is at `index` in the tree of `size` leaves with this `root`.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    root_from_inclusion(leaf, index, size, path).as_ref() == Some(root)
}

/// The proof that the tree of the first `old` leaves is a prefix of the tree of the first `new` (RFC 6962 section 2.1.2).
/// Empty when the sizes are equal, when `old` is 0 or when `old > new`.
///
/// # Errors
/// What the source of nodes answers.
pub fn consistency_proof<N: Nodes + ?Sized>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut start, mut end) = (0, new);
    // RFC 6962's flag b: true while the old tree's own root is implied by the range.
    let mut implied = true;
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
            implied = false;
        }
    }
    if !implied {
        path.push(range_root(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether the tree (`old`, `old_root`) is a prefix of the tree (`new`, `new_root`) (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == Hash::EMPTY;
    }
    // When the old size is a power of two its root is the first step, and is left out of the proof.
    let (first, rest) = match path.split_first() {
        _ if old.is_power_of_two() => (old_root, path),
        Some(pair) => pair,
        None => return false,
    };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}
