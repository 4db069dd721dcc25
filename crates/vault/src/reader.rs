//! Reading an object.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::format::{Cipher, Header, Layout, Piece, TAG};
use crate::id::ObjectId;
use crate::rows::{self, Place, Row};
use crate::shared::{Shared, lock};
use crate::vault::State;

/// How much is asked of the object storage at a time.
const BLOCK: u64 = 1 << 20;

/// An object being read. Every chunk is read only as long as the object's row is there, so that
/// what is destroyed while somebody listens falls silent.
pub struct Reader {
    shared: Arc<Shared>,
    row: Row,
    source: Source,
    header: Header,
    cipher: Cipher,
    layout: Layout,
    /// Chunks with anything in them.
    chunks: u64,
    /// The end is there and was checked.
    whole: bool,
}

/// Where the ciphertext is read from.
pub(crate) enum Source {
    Disk(File, u64),
    /// In the storage: its length, and the bytes read last with where they begin.
    Storage(u64, Option<(u64, Vec<u8>)>),
}

impl Source {
    fn length(&self) -> u64 {
        match self {
            Source::Disk(_, length) | Source::Storage(length, _) => *length,
        }
    }

    /// Exactly these bytes; none when it ends before.
    pub(crate) fn bytes(
        &mut self,
        shared: &Shared,
        id: &ObjectId,
        from: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        if from.saturating_add(length as u64) > self.length() {
            return Ok(None);
        }
        match self {
            Source::Disk(file, _) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, from)
                    .map_err(VaultError::io("read the object", &shared.disk.path(id)))?;
                Ok(Some(bytes))
            }
            Source::Storage(_, block) => {
                let held = |block: &Option<(u64, Vec<u8>)>| {
                    let (start, bytes) = block.as_ref()?;
                    let at = usize::try_from(from.checked_sub(*start)?).ok()?;
                    bytes.get(at..at.checked_add(length)?).map(<[u8]>::to_vec)
                };
                if let Some(bytes) = held(block) {
                    return Ok(Some(bytes));
                }
                let Some(storage) = &shared.storage else {
                    return Err(VaultError::Storage {
                        attempt: "give an object",
                        why: "`vault.toml` names none, and the object lies in one".into(),
                    });
                };
                *block = Some((from, storage.get(id, from, BLOCK.max(length as u64))?));
                Ok(held(block))
            }
        }
    }
}

/// The header of an object and its cipher.
pub(crate) fn open_header(
    shared: &Shared,
    source: &mut Source,
    row: &Row,
    key: &crate::key::Key,
) -> Result<(Header, Cipher, Layout), VaultError> {
    let damaged = |why| VaultError::Damaged { id: row.id, why };
    const SHORT: &str = "it ends within its header";
    let start = source.bytes(shared, &row.id, 0, Header::START)?.ok_or_else(|| damaged(SHORT))?;
    let length = Header::length(&start).map_err(damaged)?;
    let bytes = source.bytes(shared, &row.id, 0, length)?.ok_or_else(|| damaged(SHORT))?;
    let (header, cipher) = Header::open(&bytes, &row.id, key).map_err(damaged)?;
    let layout = Layout::of(&header, source.length()).ok_or_else(|| damaged(SHORT))?;
    Ok((header, cipher, layout))
}

/// Decrypts one piece; none when it is not what was written there.
pub(crate) fn open_piece(
    shared: &Shared,
    source: &mut Source,
    id: &ObjectId,
    cipher: &Cipher,
    (layout, piece): (&Layout, Piece),
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let (number, length) = match piece {
        Piece::Chunk(n) => (n, layout.stride),
        Piece::Last(n) => (n, layout.rest),
        Piece::Header => return Ok(None),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let Some(bytes) = source.bytes(shared, id, layout.at(number), length)? else {
        return Ok(None);
    };
    let mut bytes = Zeroizing::new(bytes);
    Ok(cipher.open(piece, &mut bytes).map(|()| bytes))
}

impl Reader {
    pub(crate) fn open(shared: Arc<Shared>, id: &ObjectId) -> Result<Self, VaultError> {
        let find = || -> Result<_, VaultError> {
            let index = lock(&shared.index);
            let row = index.find(id)?.ok_or(VaultError::Gone(*id))?;
            let key = shared.key(&index.connection, &row)?;
            Ok((row, key))
        };
        let (mut row, mut key) = find()?;
        let mut source = source(&shared, &row)?;
        if source.is_none() {
            // It may have been uploaded in this moment.
            (row, key) = find()?;
            source = self::source(&shared, &row)?;
        }
        let mut source = source.ok_or(VaultError::Missing(*id))?;
        let (header, cipher, layout) = open_header(&shared, &mut source, &row, &key)?;
        let damaged = |why| VaultError::Damaged { id: *id, why };
        let (chunks, whole) = if row.state == State::Sealed {
            let last = Piece::Last(layout.full);
            let last = match layout.rest >= TAG as u64 {
                true => open_piece(&shared, &mut source, id, &cipher, (&layout, last))?,
                false => None,
            };
            let last =
                last.ok_or_else(|| damaged("it ends before its end, or its end was changed"))?;
            let chunks = layout.full + u64::from(!last.is_empty());
            if row.chunks.is_some_and(|known| known != chunks) {
                return Err(damaged("it has not as many chunks as were written"));
            }
            (chunks, true)
        } else {
            let chunks = row.chunks.unwrap_or(layout.full);
            if chunks > layout.full {
                return Err(damaged("it has not as many chunks as were written"));
            }
            (chunks, false)
        };
        Ok(Self { shared, row, source, header, cipher, layout, chunks, whole })
    }

    /// The chunks that can be read; the last may be short.
    pub fn chunks(&self) -> u64 {
        self.chunks
    }

    /// Plain bytes of every chunk but the last.
    pub fn chunk_size(&self) -> usize {
        self.header.chunk
    }

    /// What the owner put at the beginning.
    pub fn header(&self) -> &[u8] {
        &self.header.own
    }

    /// Where the object stood when it was opened.
    pub fn state(&self) -> State {
        self.row.state
    }

    /// Whether the end is missing: it was cut off, or is still being written.
    pub fn is_cut(&self) -> bool {
        !self.whole
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    /// The digest of the content that was noted when the object was finished; none when it was cut
    /// off.
    pub fn recorded_sha256(&self) -> Option<[u8; 32]> {
        self.row.content_sha256
    }

    /// A chunk, decrypted; it is overwritten when it is dropped. The first is 0.
    ///
    /// # Errors
    /// [`VaultError::NoChunk`]; [`VaultError::Gone`] when the object was destroyed meanwhile;
    /// [`VaultError::Damaged`] when it is not what was written there.
    pub fn chunk(&mut self, number: u64) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let id = self.row.id;
        if number >= self.chunks {
            return Err(VaultError::NoChunk { id, chunks: self.chunks, asked: number });
        }
        let there = {
            let index = lock(&self.shared.index);
            rows::row(&index.connection, &self.row.collection, &id)
                .map_err(VaultError::db("find an object"))?
        };
        if there.is_none() {
            return Err(VaultError::Gone(id));
        }
        let piece = match number == self.layout.full {
            true => Piece::Last(number),
            false => Piece::Chunk(number),
        };
        open_piece(&self.shared, &mut self.source, &id, &self.cipher, (&self.layout, piece))?
            .ok_or(VaultError::Damaged { id, why: "a chunk was changed, or is another one" })
    }

    /// SHA-256 over the plain bytes of all chunks that can be read.
    ///
    /// # Errors
    /// As [`Reader::chunk`]; [`VaultError::Damaged`] when another digest was noted when the object
    /// was finished.
    pub fn content_sha256(&mut self) -> Result<[u8; 32], VaultError> {
        let mut hash = Sha256::new();
        for number in 0..self.chunks {
            hash.update(&*self.chunk(number)?);
        }
        let digest: [u8; 32] = hash.finalize().into();
        if self.whole && self.row.content_sha256.is_some_and(|noted| noted != digest) {
            return Err(VaultError::Damaged {
                id: self.row.id,
                why: "its content is not what was recorded",
            });
        }
        Ok(digest)
    }
}

/// Where the object lies; none when there is nothing.
pub(crate) fn source(shared: &Shared, row: &Row) -> Result<Option<Source>, VaultError> {
    if row.place == Place::Disk {
        let Some(file) = shared.disk.open(&row.id, false)? else { return Ok(None) };
        let path = shared.disk.path(&row.id);
        let length = file.metadata().map_err(VaultError::io("measure the object", &path))?.len();
        return Ok(Some(Source::Disk(file, length)));
    }
    let Some(storage) = &shared.storage else {
        return Err(VaultError::Storage {
            attempt: "give an object",
            why: "`vault.toml` names none, and the object lies in one".into(),
        });
    };
    Ok(storage.length(&row.id)?.map(|length| Source::Storage(length, None)))
}
