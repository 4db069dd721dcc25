//! What can go wrong in a vault. Messages carry no facts of objects and no keys.

use std::io;
use std::path::{Path, PathBuf};

use crate::id::ObjectId;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No object of this name, or none any more.
    #[error("the vault has no object {0}")]
    Gone(ObjectId),
    /// The row and perhaps the object are there, but a key above it was destroyed.
    #[error("object {0} cannot be read any more: the key of its hour was destroyed")]
    KeyDestroyed(ObjectId),
    /// What lies there is not what was written.
    #[error("object {id} is damaged: {why}")]
    Damaged {
        /// The object.
        id: ObjectId,
        /// What does not fit.
        why: &'static str,
    },
    /// The row says that the object was finished, and nothing lies where it should.
    #[error(
        "object {0} is missing from `objects`; put it back from a backup, or see whether the folder or bucket is the right one"
    )]
    Missing(ObjectId),
    /// The object was not finished: a process ended while it was written. What is there can be read.
    #[error("object {id} ends after {chunks} chunks, without its end: it was cut off")]
    Cut {
        /// The object.
        id: ObjectId,
        /// The chunks that can be read.
        chunks: u64,
    },
    /// A chunk that the object does not have.
    #[error("object {id} has {chunks} chunks, and number {asked} was asked for (the first is 0)")]
    NoChunk {
        /// The object.
        id: ObjectId,
        /// The chunks there are.
        chunks: u64,
        /// The one asked for.
        asked: u64,
    },
    /// An earlier write to the same object failed.
    #[error(
        "object {0} takes no more: an earlier write failed; what was written before stays readable"
    )]
    Stopped(ObjectId),
    /// The name is in use.
    #[error("the vault has an object {0} already")]
    Taken(ObjectId),
    /// Not a name of an object.
    #[error("the name of an object is 32 lower-case hexadecimal digits")]
    Id,
    /// A chunk size, header, or name of a fact or collection that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The folder is no vault, or not one of this version.
    #[error("`{}` is no vault: {why}", .path.display())]
    NoVault {
        /// The folder.
        path: PathBuf,
        /// What is missing, and what to do.
        why: String,
    },
    /// Another process has it open.
    #[error("the vault `{}` is in use by another process; stop that one first", .0.display())]
    InUse(PathBuf),
    /// The root key cannot be had or is another one.
    #[error("the root key: {0}")]
    Root(String),
    /// A file cannot be read or written.
    #[error("cannot {attempt} `{}`: {source}", .path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A database of the vault refused.
    #[error("the vault's database refused to {attempt}: {why}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// Why, without values.
        why: String,
    },
    /// The object storage refused.
    #[error("the object storage refused to {attempt}: {why}")]
    Storage {
        /// What was attempted.
        attempt: &'static str,
        /// Why.
        why: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl VaultError {
    /// Turns a failure of the file system into an error.
    pub(crate) fn io(
        attempt: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> VaultError + use<> {
        let path = path.to_owned();
        move |source| VaultError::Io { attempt, path, source }
    }

    /// Turns a failure of SQLite into an error. SQLite's messages name tables and columns, never
    /// values.
    pub(crate) fn db(attempt: &'static str) -> impl FnOnce(rusqlite::Error) -> VaultError {
        move |error| VaultError::Database { attempt, why: error.to_string() }
    }
}
