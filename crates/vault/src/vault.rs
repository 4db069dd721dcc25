//! The vault as its owner sees it.
use crate::error::VaultError;
use crate::id::ObjectId;
use jiff::Timestamp;
use std::path::Path;
use zeroize::Zeroizing;

/// Facts of an object by name, as text; none where a fact is empty.
pub type Facts = Vec<(String, Option<String>)>;

/// What is told when an object begins.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Its name.
    pub id: ObjectId,
    /// When it began; the UTC hour of it chooses the hour-key. Stored to the second.
    pub started: Timestamp,
    /// Plain bytes of a chunk.
    pub chunk: usize,
    /// The time that a chunk holds, in milliseconds: how long an object was that was cut off.
    pub chunk_ms: u32,
    /// Told in plain, but authenticated.
    pub header: Vec<u8>,
    /// Its facts.
    pub facts: Facts,
}

/// A finished object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// How many chunks it has; the last may be short.
    pub chunks: u64,
    /// SHA-256 over its plain bytes.
    pub content_sha256: [u8; 32],
}

/// One row, as [`Vault::list`] tells it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The object.
    pub id: ObjectId,
    /// Its collection.
    pub collection: String,
    /// Where it stands.
    pub state: State,
    /// Its facts, `started_at` and `ended_at` among them.
    pub facts: Facts,
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Live,
    /// It was finished.
    Sealed,
    /// It was cut off, and closed by [`Vault::recover`].
    Cut,
}

/// What [`Vault::recover`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Objects that were live when a process ended, closed with what is on disk, and their end.
    pub closed: Vec<(ObjectId, Timestamp)>,
}

/// A vault. Clones share it.
#[derive(Clone)]
pub struct Vault;
/// An object being written.
pub struct Writer;
/// An object being read.
pub struct Reader;

#[allow(unused_variables, missing_docs, clippy::missing_errors_doc)]
impl Vault {
    pub fn open(
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
        facts: &[&str],
    ) -> Result<Vault, VaultError> {
        Err(VaultError::Id)
    }
    pub fn begin(&self, begin: Begin) -> Result<Writer, VaultError> {
        Err(VaultError::Id)
    }
    pub fn set_facts(
        &self,
        id: &ObjectId,
        facts: &[(String, Option<String>)],
    ) -> Result<(), VaultError> {
        Err(VaultError::Id)
    }
    pub fn facts(&self, id: &ObjectId) -> Result<Facts, VaultError> {
        Err(VaultError::Id)
    }
    pub fn destroy(&self, ids: &[ObjectId]) -> Result<u64, VaultError> {
        Err(VaultError::Id)
    }
    pub fn recover(&self, now: Timestamp) -> Result<Recovered, VaultError> {
        Err(VaultError::Id)
    }
    pub fn list(&self, collection: &str) -> Result<Vec<Listed>, VaultError> {
        Err(VaultError::Id)
    }
    pub fn read(&self, id: &ObjectId) -> Result<Reader, VaultError> {
        Err(VaultError::Id)
    }
    pub fn keep_copy(
        &self,
        from: &ObjectId,
        into: &str,
        id: &ObjectId,
        facts: &[(String, Option<String>)],
    ) -> Result<Sealed, VaultError> {
        Err(VaultError::Id)
    }
}
#[allow(unused_variables, missing_docs, clippy::missing_errors_doc)]
impl Writer {
    pub fn append(&mut self, plain: &[u8]) -> Result<(), VaultError> {
        Err(VaultError::Id)
    }
    pub fn finish(self, ended: Timestamp) -> Result<Sealed, VaultError> {
        Err(VaultError::Id)
    }
    pub fn destroy(self) -> Result<(), VaultError> {
        Err(VaultError::Id)
    }
}
#[allow(unused_variables, missing_docs, clippy::missing_errors_doc)]
impl Reader {
    pub fn chunk(&mut self, n: u64) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Err(VaultError::Id)
    }
    pub fn chunks(&self) -> u64 {
        0
    }
    pub fn chunk_size(&self) -> usize {
        0
    }
    pub fn is_cut(&self) -> bool {
        false
    }
    pub fn header(&self) -> &[u8] {
        &[]
    }
    pub fn content_sha256(&mut self) -> Result<[u8; 32], VaultError> {
        Err(VaultError::Id)
    }
}
