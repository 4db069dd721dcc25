//! The one error type of this crate. Each text says which check failed and what that means for the person who checks.

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
    /// Bytes that should be a stored sub-tree or frontier are not.
    #[error(
        "stored {what} is damaged: {reason}; restore it from a backup or rebuild it from the ledger's entries"
    )]
    Stored {
        /// Which structure, in words.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Short for a result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
