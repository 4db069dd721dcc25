//! What can go wrong with a case. No message carries personal data: no name, key, identifier or
//! value of a record.

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CasesError {
    /// Frist's own database.
    #[error("{0}")]
    State(#[from] frist_state::Error),
    /// The engine.
    #[error("{0}")]
    Sweep(#[from] frist_sweep::Error),
    /// A store.
    #[error("{0}")]
    Store(#[from] frist_stores::StoreError),
    /// A letter or document.
    #[error("{0}")]
    Paper(#[from] frist_paper::PaperError),
    /// The ledger.
    #[error("{0}")]
    Ledger(#[from] frist_ledger::Error),
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// The kind of thing, in words.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The step cannot be taken as things stand.
    #[error("`{id}` cannot be {step}: {why}; now possible: {possible}")]
    Step {
        /// The case, or what else.
        id: String,
        /// The step, as a participle: "extended".
        step: &'static str,
        /// Why not.
        why: String,
        /// What is possible instead, in words.
        possible: String,
    },
    /// The register wants a second person for it, who has not asked for the very same yet.
    #[error(
        "`{id}` waits for a second person, as the register wants; nothing was done: another person does the very same, and then it is done"
    )]
    SecondPerson {
        /// The case.
        id: String,
    },
    /// What was given cannot be used.
    #[error("{what}: {why}")]
    Input {
        /// What was given, in words.
        what: &'static str,
        /// What is wrong, and what would do.
        why: String,
    },
    /// Something stored that cannot be read back.
    #[error("{what} in Frist's own database cannot be read: {why}")]
    Damaged {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A step that a case's own rules do not allow.
    #[error("{0}")]
    Refused(#[from] crate::refused::Refused),
    /// A file that cannot be read or written.
    #[error("cannot {action} {place}: {reason}")]
    File {
        /// What was attempted: "write the package".
        action: &'static str,
        /// Where.
        place: String,
        /// The system's answer.
        reason: String,
    },
}

/// Short for a result with [`CasesError`].
pub type Result<T, E = CasesError> = std::result::Result<T, E>;
