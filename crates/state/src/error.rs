//! The one error type of this crate.
//!
//! No text carries a password, a record's key or value, or a parameter of a statement: of a
//! database's own error only the message and the code are kept, never its detail.

/// What can go wrong with Frist's own database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text that should say where the database is, does not.
    #[error("`{text}` does not name a database: {reason}")]
    Location {
        /// The text, without a password.
        text: String,
        /// What is wrong and what would do.
        reason: String,
    },
    /// The database could not be opened or reached.
    #[error("cannot open Frist's database {place}: {reason}")]
    Open {
        /// Where it is, without a password.
        place: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Another program's database.
    #[error(
        "{place} is not Frist's own database but holds other tables; give Frist a file or schema \
         of its own"
    )]
    NotOurs {
        /// Where it is, without a password.
        place: String,
    },
    /// A newer Frist has changed the tables.
    #[error(
        "Frist's database {place} has version {found}, but this program knows versions up to \
         {known}; run the newer Frist that was used last, or restore the backup from before it"
    )]
    NewerSchema {
        /// Where it is, without a password.
        place: String,
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The lease ran out or went to another process, so nothing was changed.
    #[error(
        "the lease `{name}` was lost: it ran out or another Frist process took it over; nothing \
         was changed, acquire it again and recover the open batches first"
    )]
    LeaseLost {
        /// The lease's name.
        name: String,
    },
    /// There is no such thing.
    #[error("there is no {what} `{id}` in Frist's database")]
    NotFound {
        /// The kind of thing, in words.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The thing is not in the state that the step starts from, so nothing was changed.
    #[error("{what} `{id}` {reason}; nothing was changed")]
    Refused {
        /// The kind of thing, in words.
        what: &'static str,
        /// Its id.
        id: String,
        /// Why the step is refused.
        reason: String,
    },
    /// Somebody else changed the case since the caller read it, so nothing was changed.
    #[error(
        "case `{number}` was changed by {by} meanwhile (`{step}`); nothing was changed: look at it \
         again, then decide"
    )]
    CaseChanged {
        /// The case.
        number: String,
        /// The operator whose change came first.
        by: String,
        /// What they did.
        step: String,
    },
    /// A sealed batch cannot be opened.
    #[error(
        "the journaled keys of batch {batch} cannot be read: {reason}; what the batch erased must \
         be found by asking the store again"
    )]
    Sealed {
        /// The batch.
        batch: i64,
        /// Why.
        reason: &'static str,
    },
    /// What is stored cannot be what Frist stored.
    #[error("Frist's database is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// Which part, and what is wrong with it.
        reason: String,
    },
    /// A value does not fit where it is to be stored.
    #[error("{what} does not fit into Frist's database: {reason}")]
    Value {
        /// Which value, in words.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The system gave no random numbers, so no key was made.
    #[error("the system gave no random numbers for a key: {reason}")]
    Random {
        /// The system's reason.
        reason: String,
    },
    /// The database's file is not where it was opened.
    #[error(
        "Frist's database {place} was moved, deleted or replaced while it was open; nothing more is \
         done: put it back, or restore it from a backup"
    )]
    Moved {
        /// Where it was.
        place: String,
    },
    /// Another process keeps the database, or the batch under way is long.
    #[error(
        "cannot {doing}: another process has kept Frist's database locked for too long, as a sweep \
         does for one batch at a time; nothing was changed, try again"
    )]
    Locked {
        /// The step, as a verb phrase.
        doing: &'static str,
    },
    /// The database refused or did not answer.
    #[error("cannot {doing}: Frist's database answered: {reason}")]
    Database {
        /// The step, as a verb phrase.
        doing: &'static str,
        /// The database's message and code.
        reason: String,
    },
    /// The ledger's stored parts do not fit together.
    #[error(transparent)]
    Ledger(#[from] frist_ledger::Error),
}

/// Short for a result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged { reason: reason.into() }
    }
}
