//! How an object lies on disk or in the object storage.
//!
//! ```text
//! "FRISTOBJ"  version (1)  chunk size (4)  object id (16)  began, Unix seconds (8)
//! length of the owner's header (4)  the owner's header  tag (16)
//! chunk 0  tag (16)  chunk 1  tag (16)  ...  last chunk (0 to chunk size - 1)  tag (16)
//! ```
//!
//! Numbers are big-endian. Everything from the first chunk on is ChaCha20-Poly1305 (RFC 8439) in
//! the manner of STREAM: the nonce is the chunk's number and a flag for the last one, so that
//! chunks cannot be reordered, repeated or left out, and an end that is missing is noticed. The
//! associated data is SHA-256 of all before the first tag, the object's id among it, so that no
//! chunk fits into another object; the first tag protects the header of an object without chunks.
//! A key is used for one object only, and each nonce once.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use sha2::{Digest as _, Sha256};

use crate::error::VaultError;
use crate::id::ObjectId;
use crate::key::Key;

const MAGIC: &[u8; 8] = b"FRISTOBJ";
const VERSION: u8 = 1;
/// Length of the header without the owner's part and without the tag.
const FIXED: usize = 8 + 1 + 4 + 16 + 8 + 4;
/// Length of a tag.
pub(crate) const TAG: usize = 16;
/// The most plain bytes a chunk may have.
pub(crate) const MAX_CHUNK: usize = 1 << 20;
/// The most bytes the owner's header may have.
pub(crate) const MAX_OWN: usize = 1 << 16;

/// What stands before the chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: ObjectId,
    /// Plain bytes of a chunk.
    pub(crate) chunk: usize,
    /// When it began, Unix seconds.
    pub(crate) started: i64,
    /// The owner's part.
    pub(crate) own: Vec<u8>,
}

/// Which of an object's pieces is meant; its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Header,
    Chunk(u64),
    Last(u64),
}

/// The cipher of one object.
pub(crate) struct Cipher {
    cipher: ChaCha20Poly1305,
    associated: [u8; 32],
}

impl Header {
    /// Its bytes, without the tag.
    fn bytes(&self) -> Vec<u8> {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
        let mut out = Vec::with_capacity(FIXED + self.own.len() + TAG);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&number(self.chunk));
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&self.started.to_be_bytes());
        out.extend_from_slice(&number(self.own.len()));
        out.extend_from_slice(&self.own);
        out
    }

    /// Checks that it can be written.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        if self.chunk == 0 || self.chunk > MAX_CHUNK {
            return Err(VaultError::Invalid(format!(
                "a chunk has 1 to {MAX_CHUNK} bytes, not {}",
                self.chunk
            )));
        }
        if self.own.len() > MAX_OWN {
            return Err(VaultError::Invalid(format!(
                "the header of an object has at most {MAX_OWN} bytes, not {}",
                self.own.len()
            )));
        }
        Ok(())
    }

    /// The cipher of the object, and the header with its tag.
    pub(crate) fn seal(&self, key: &Key) -> Result<(Cipher, Vec<u8>), VaultError> {
        let mut bytes = self.bytes();
        let cipher = Cipher::new(key, &bytes);
        let tag = cipher
            .seal(Piece::Header, &mut [])
            .ok_or(VaultError::Damaged { id: self.id, why: "its header could not be sealed" })?;
        bytes.extend_from_slice(&tag);
        Ok((cipher, bytes))
    }

    /// How many bytes to read before [`Header::open`], once the first [`Header::START`] are there.
    pub(crate) fn length(start: &[u8]) -> Result<usize, &'static str> {
        Self::parse_start(start).map(|(_, own)| FIXED + own + TAG)
    }

    /// The bytes that tell how long the header is.
    pub(crate) const START: usize = FIXED;

    fn parse_start(start: &[u8]) -> Result<(Self, usize), &'static str> {
        const SHORT: &str = "it ends within its header";
        let (magic, rest) = start.split_first_chunk::<8>().ok_or(SHORT)?;
        if magic != MAGIC {
            return Err("it is no object of a vault");
        }
        let (version, rest) = rest.split_first().ok_or(SHORT)?;
        if *version != VERSION {
            return Err("its format is of another version");
        }
        let (chunk, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or(SHORT)?;
        let (started, rest) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
        let (own, _) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let size = |n: [u8; 4]| usize::try_from(u32::from_be_bytes(n)).unwrap_or(usize::MAX);
        let (chunk, own) = (size(*chunk), size(*own));
        if chunk == 0 || chunk > MAX_CHUNK {
            return Err("its header names an impossible chunk size");
        }
        if own > MAX_OWN {
            return Err("its header names an impossible length");
        }
        let started = i64::from_be_bytes(*started);
        Ok((Self { id: ObjectId::from_bytes(*id), chunk, started, own: Vec::new() }, own))
    }

    /// Reads and checks a header of [`Header::length`] bytes: that it is this object's, and that
    /// it was written under this key.
    pub(crate) fn open(
        bytes: &[u8],
        id: &ObjectId,
        key: &Key,
    ) -> Result<(Self, Cipher), &'static str> {
        let (mut header, own) = Self::parse_start(bytes)?;
        let end = FIXED + own;
        let (Some(plain), Some(tag)) = (bytes.get(..end), bytes.get(end..end + TAG)) else {
            return Err("it ends within its header");
        };
        if header.id != *id {
            return Err("it is another object");
        }
        header.own = plain.get(FIXED..).unwrap_or_default().to_vec();
        let cipher = Cipher::new(key, plain);
        let mut tag = tag.to_vec();
        cipher.open(Piece::Header, &mut tag).ok_or("its header was changed")?;
        Ok((header, cipher))
    }
}

impl Cipher {
    fn new(key: &Key, header: &[u8]) -> Self {
        Self {
            cipher: ChaCha20Poly1305::new(key.bytes().into()),
            associated: Sha256::digest(header).into(),
        }
    }

    /// Encrypts in place and answers the tag.
    pub(crate) fn seal(&self, piece: Piece, plain: &mut [u8]) -> Option<[u8; TAG]> {
        let tag = self
            .cipher
            .encrypt_inout_detached(&piece.nonce(), &self.associated, plain.into())
            .ok()?;
        Some(tag.into())
    }

    /// Decrypts in place what ends with its tag, and cuts the tag off; none, and nothing but zeros
    /// left, when it is not what was written there.
    pub(crate) fn open(&self, piece: Piece, sealed: &mut Vec<u8>) -> Option<()> {
        let at = sealed.len().checked_sub(TAG)?;
        let (text, tag) = sealed.split_at_mut(at);
        let tag = Tag::try_from(&*tag).ok()?;
        let opened =
            self.cipher.decrypt_inout_detached(&piece.nonce(), &self.associated, text.into(), &tag);
        if opened.is_err() {
            sealed.fill(0);
            return None;
        }
        sealed.truncate(at);
        Some(())
    }
}

impl Piece {
    fn nonce(self) -> Nonce {
        let (number, flag) = match self {
            Piece::Chunk(n) => (n, 0),
            Piece::Last(n) => (n, 1),
            Piece::Header => (0, 2),
        };
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = flag;
        nonce.into()
    }
}

/// Where the pieces of an object of this length lie, as far as its length tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where the first chunk begins.
    pub(crate) body: u64,
    /// Bytes of a full chunk with its tag.
    pub(crate) stride: u64,
    /// Full chunks.
    pub(crate) full: u64,
    /// Bytes after them.
    pub(crate) rest: u64,
}

impl Layout {
    /// The layout of an object of `length` bytes; none when it ends before its first chunk.
    pub(crate) fn of(header: &Header, length: u64) -> Option<Self> {
        let body = (FIXED + header.own.len() + TAG) as u64;
        let stride = (header.chunk + TAG) as u64;
        let chunks = length.checked_sub(body)?;
        Some(Self { body, stride, full: chunks / stride, rest: chunks % stride })
    }

    /// Where this chunk begins.
    pub(crate) fn at(&self, chunk: u64) -> u64 {
        self.body.saturating_add(self.stride.saturating_mul(chunk))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(own: &[u8]) -> Header {
        Header {
            id: ObjectId::from_bytes([7; 16]),
            chunk: 32,
            started: 1_795_000_000,
            own: own.to_vec(),
        }
    }

    #[test]
    fn nonces_are_never_the_same() {
        let all = [Piece::Header, Piece::Chunk(0), Piece::Last(0), Piece::Chunk(1), Piece::Last(1)];
        let nonces: std::collections::HashSet<Vec<u8>> =
            all.iter().map(|p| p.nonce().to_vec()).collect();
        assert_eq!(nonces.len(), all.len());
    }

    /// A fixed key and header give fixed bytes, so that old objects stay readable. The digest was
    /// computed by another implementation (Python's `cryptography`) from the description above.
    #[test]
    fn the_format_is_as_it_was() {
        let key = Key::new(zeroize::Zeroizing::new([1; 32]));
        let (cipher, mut bytes) = header(b"own").seal(&key).unwrap();
        for (piece, text) in [
            (Piece::Chunk(0), &b"half a second of sound, not more"[..]),
            (Piece::Last(1), &b"end"[..]),
        ] {
            let mut text = text.to_vec();
            let tag = cipher.seal(piece, &mut text).unwrap();
            bytes.extend_from_slice(&text);
            bytes.extend_from_slice(&tag);
        }
        let hex: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "a9ee300e339988f8590dbf3c530188664e8d03cc2539fde20358ac8a305f8cf6");
    }

    proptest! {
        /// Whatever bytes there are, the reader answers and never panics.
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), start in any::<bool>()) {
            let mut bytes = bytes;
            if start && bytes.len() > 9 {
                bytes[..8].copy_from_slice(MAGIC);
                bytes[8] = VERSION;
            }
            let key = Key::new(zeroize::Zeroizing::new([1; 32]));
            let length = Header::length(&bytes);
            prop_assert!(length.is_err() || length.unwrap() <= FIXED + MAX_OWN + TAG);
            prop_assert!(Header::open(&bytes, &ObjectId::from_bytes([7; 16]), &key).is_err());
        }

        /// A header that is changed in one bit or cut does not open.
        #[test]
        fn a_changed_header(own in proptest::collection::vec(any::<u8>(), 0..40), bit in any::<proptest::sample::Index>()) {
            let key = Key::new(zeroize::Zeroizing::new([1; 32]));
            let id = ObjectId::from_bytes([7; 16]);
            let (_, bytes) = header(&own).seal(&key).unwrap();
            prop_assert_eq!(Header::length(&bytes).unwrap(), bytes.len());
            prop_assert_eq!(&Header::open(&bytes, &id, &key).unwrap().0.own, &own);
            let bit = bit.index(bytes.len() * 8);
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Header::open(&bad, &id, &key).is_err());
            prop_assert!(Header::open(&bytes[..bit / 8], &id, &key).is_err());
        }
    }
}
