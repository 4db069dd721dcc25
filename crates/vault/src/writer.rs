//! Writing an object, chunk by chunk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::VaultError;
use crate::format::{Cipher, Header, Layout, Piece, TAG};
use crate::id::ObjectId;
use crate::key::Key;
use crate::rows;
use crate::shared::lock;
use crate::upkeep::Job;
use crate::vault::{Inner, Sealed, State, Vault, ceil};

/// An object being written. Dropped without an end, it stays live until [`Vault::recover`] closes
/// it with what is there.
pub struct Writer {
    vault: Arc<Inner>,
    id: ObjectId,
    collection: String,
    file: File,
    path: PathBuf,
    cipher: Cipher,
    layout: Layout,
    chunk: usize,
    /// Plain bytes that do not fill a chunk yet.
    plain: Zeroizing<Vec<u8>>,
    /// What is written next: the sealed chunk and its tag.
    sealed: Vec<u8>,
    /// Chunks on disk.
    chunks: u64,
    hash: Sha256,
    /// An earlier write failed.
    stopped: bool,
    /// The syncs that had failed when this began.
    sync_failures: u64,
}

impl Writer {
    /// Makes the file; the row is there.
    pub(crate) fn new(
        vault: &Vault,
        header: &Header,
        key: &Key,
        collection: &str,
    ) -> Result<Self, VaultError> {
        let shared = &vault.0.shared;
        let (cipher, bytes) = header.seal(key)?;
        let layout = Layout::of(header, bytes.len() as u64)
            .ok_or_else(|| VaultError::Invalid("the header of an object is too long".into()))?;
        let file = shared.disk.create(&header.id)?;
        let path = shared.disk.path(&header.id);
        file.write_all_at(&bytes, 0).map_err(VaultError::io("write the object", &path))?;
        lock(&shared.live).insert(header.id);
        shared.dirty.store(true, Ordering::Release);
        Ok(Self {
            id: header.id,
            collection: collection.to_owned(),
            file,
            path,
            cipher,
            layout,
            chunk: header.chunk,
            plain: Zeroizing::new(Vec::with_capacity(header.chunk)),
            sealed: Vec::with_capacity(header.chunk + TAG),
            chunks: 0,
            hash: Sha256::new(),
            stopped: false,
            sync_failures: shared.sync_failures.load(Ordering::Acquire),
            vault: Arc::clone(&vault.0),
        })
    }

    /// The object's name.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// Appends bytes. Every full chunk is encrypted and handed to the operating system before this
    /// returns, so that a `SIGKILL` takes no more than the bytes of an unfinished chunk; the vault
    /// syncs twice a second, so that a power cut takes about half a second more. It never waits for
    /// the disk to sync.
    ///
    /// # Errors
    /// [`VaultError::Io`] when the disk is full or fails, and [`VaultError::Stopped`] from then on;
    /// what was written before stays readable.
    pub fn append(&mut self, mut plain: &[u8]) -> Result<(), VaultError> {
        let shared = &self.vault.shared;
        if shared.sync_failures.load(Ordering::Acquire) != self.sync_failures {
            self.stopped = true;
        }
        if self.stopped {
            return Err(VaultError::Stopped(self.id));
        }
        while !plain.is_empty() {
            let (now, later) = plain.split_at(plain.len().min(self.chunk - self.plain.len()));
            plain = later;
            if now.len() == self.chunk {
                // Whole as it came: no copy in the clear is made.
                self.write(Piece::Chunk(self.chunks), now)?;
                self.chunks += 1;
                continue;
            }
            self.plain.extend_from_slice(now);
            if self.plain.len() == self.chunk {
                self.write_rest(Piece::Chunk(self.chunks))?;
                self.chunks += 1;
            }
        }
        Ok(())
    }

    /// Seals and writes what did not fill a chunk before.
    fn write_rest(&mut self, piece: Piece) -> Result<(), VaultError> {
        let mut rest = std::mem::take(&mut self.plain);
        let done = self.write(piece, &rest);
        if done.is_ok() {
            rest.zeroize();
        }
        self.plain = rest;
        done
    }

    /// Seals this and writes it as this piece.
    fn write(&mut self, piece: Piece, plain: &[u8]) -> Result<(), VaultError> {
        self.sealed.clear();
        self.sealed.extend_from_slice(plain);
        let tag = self.cipher.seal(piece, &mut self.sealed);
        let done = match tag {
            Some(tag) => {
                self.sealed.extend_from_slice(&tag);
                self.file.write_all_at(&self.sealed, self.layout.at(self.chunks))
            }
            None => Err(io::ErrorKind::InvalidInput.into()),
        };
        if let Err(e) = done {
            self.stopped = true;
            // No torn chunk is left behind.
            let _ = self.file.set_len(self.layout.at(self.chunks));
            return Err(VaultError::io("write the object", &self.path)(e));
        }
        self.hash.update(plain);
        self.vault.shared.dirty.store(true, Ordering::Release);
        Ok(())
    }

    /// Ends the object. When it returns, the object and its row are durable. With object storage it
    /// is uploaded afterwards.
    ///
    /// `ended` is stored in whole seconds, rounded up.
    ///
    /// # Errors
    /// [`VaultError::Gone`] when it was destroyed meanwhile; then its file is removed.
    /// [`VaultError::Io`] when the end cannot be written: the object is then closed as cut.
    pub fn finish(mut self, ended: Timestamp) -> Result<Sealed, VaultError> {
        let end = self.end();
        let state = if end.is_ok() { State::Sealed } else { State::Cut };
        let sealed = self.close(state, Some(ended))?;
        end.map(|()| sealed)
    }

    /// Ends a copy, whose end the row knows already.
    pub(crate) fn finish_copy(mut self, cut: bool) -> Result<Sealed, VaultError> {
        if cut {
            // A cut object has only full chunks, and no end.
            return self.close(State::Cut, None);
        }
        self.end()?;
        self.close(State::Sealed, None)
    }

    fn end(&mut self) -> Result<(), VaultError> {
        let last = !self.plain.is_empty();
        self.write_rest(Piece::Last(self.chunks))?;
        self.chunks += u64::from(last);
        Ok(())
    }

    fn close(&mut self, state: State, ended: Option<Timestamp>) -> Result<Sealed, VaultError> {
        let shared = &self.vault.shared;
        self.file.sync_data().map_err(VaultError::io("sync the object", &self.path))?;
        shared.disk.sync_folder(&self.id)?;
        let sealed =
            Sealed { chunks: self.chunks, content_sha256: self.hash.clone().finalize().into() };
        let ended = ended.map(|at| ceil(at).to_string());
        let closed = rows::close(
            &lock(&shared.index).connection,
            (&self.collection, &self.id),
            state,
            &sealed,
            ended.as_deref(),
        )
        .map_err(VaultError::db("end an object"))?;
        if closed == 0 {
            shared.disk.remove(&self.id)?;
            return Err(VaultError::Gone(self.id));
        }
        if shared.storage.is_some() {
            self.vault.ask(Job::Upload(self.id));
        }
        Ok(sealed)
    }

    /// Destroys the object: its key first, then its file. When it returns, both are gone.
    ///
    /// # Errors
    /// When the database refuses; then the object is still there.
    pub fn destroy(self) -> Result<(), VaultError> {
        Vault(Arc::clone(&self.vault)).destroy(&[self.id])?;
        self.vault.shared.disk.remove(&self.id).map(|_| ())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.vault.shared.live).remove(&self.id);
    }
}
