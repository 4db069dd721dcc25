//! The one error type of this crate. Each text says which check failed and what that means for the person who checks.

use std::path::PathBuf;

/// What can go wrong when the ledger is written, read or checked.
///
/// No text carries a record's name or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value handed in by the program does not fit the format.
    #[error("{what} cannot be written to the ledger: {reason}")]
    Value {
        /// Which value, in words.
        what: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// An entry's bytes are not the canonical form that this version writes.
    #[error(
        "ledger entry is not in the form that Frist writes: {reason}; it was changed, or a newer Frist wrote it"
    )]
    Entry {
        /// What is wrong with it.
        reason: String,
    },
    /// Bytes that should be a stored sub-tree, frontier or key are not.
    #[error(
        "stored {what} is damaged: {reason}; restore it from a backup or rebuild it from the ledger's entries"
    )]
    Stored {
        /// Which structure, in words.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The text of a key is not a C2SP signed-note key.
    #[error("{what} cannot be read: {reason}; copy the whole line as it was handed out")]
    Key {
        /// Which key, in words.
        what: &'static str,
        /// What is wrong with it; never any part of the key.
        reason: &'static str,
    },
    /// No signature is by a key that was given.
    #[error(
        "signature not checked: `{origin}` is not signed by a key that was given ({given}); \
         give the public key of the log that it comes from, and after a key change also the old one"
    )]
    UnknownSigner {
        /// The first line of what is signed: the log's name.
        origin: String,
        /// The names and ids of the keys that were given.
        given: String,
    },
    /// A signature by a known key does not fit.
    #[error(
        "signature of `{name}` is wrong: what it signs was changed after signing, so nothing in it can be relied on"
    )]
    BadSignature {
        /// The key's name.
        name: String,
    },
    /// A file is nothing that Frist hands out.
    #[error("this is no receipt, no evidence and no signed checkpoint: {found}")]
    NoProof {
        /// What it looks like.
        found: &'static str,
    },
    /// A file is not in its format.
    #[error("{file}, line {line}: {reason}; the file is damaged, cut short or was changed")]
    Format {
        /// Which kind of file, in words.
        file: &'static str,
        /// The line, from 1; 0 when it is the file as a whole.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A check of the proof does not hold.
    #[error("{check} does not hold: {found}; {meaning}")]
    Check {
        /// Which check, in words.
        check: &'static str,
        /// What was found, and where.
        found: String,
        /// What that means for the person who checks.
        meaning: &'static str,
    },
    /// The file does not hold what lies between an older checkpoint and its own.
    #[error(
        "cannot compare with the older checkpoint of size {old}: the entries from there on are not all in this file; \
         ask for evidence over the whole ledger"
    )]
    NotCovered {
        /// The older checkpoint's size.
        old: u64,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was attempted: "read", "write".
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The evidence cannot be read or written.
    #[error("cannot {action} the evidence: {source}")]
    Stream {
        /// What was attempted: "read", "write".
        action: &'static str,
        /// What the system answered.
        source: std::io::Error,
    },
}

/// Short for a result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
