//! What can go wrong in a sweep. No message carries a record's key or values.

use frist_stores::StoreError;

/// A failure of the engine as a whole. What concerns one data set only is a finding instead, and
/// the sweep goes on with the others.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Frist's own database.
    #[error("{0}")]
    State(#[from] frist_state::Error),
    /// A store, where nothing can be done without it.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A rule that cannot be resolved.
    #[error("{0}")]
    Rule(#[from] frist_decide::RuleError),
    /// The ledger.
    #[error("{0}")]
    Ledger(#[from] frist_ledger::Error),
    /// A data set that the register does not have.
    #[error("the register has no data set `{0}`; `frist status` shows those that it has")]
    UnknownDataset(String),
    /// A plan that is not there.
    #[error("there is no plan `{0}`; `frist plan` makes one and prints its id")]
    UnknownPlan(String),
    /// A plan that must not run.
    #[error("plan `{plan}` cannot run: {why}")]
    PlanRefused {
        /// The plan.
        plan: String,
        /// Why, and what to do.
        why: String,
    },
    /// Another process is sweeping.
    #[error(
        "another Frist process is sweeping; it holds the turn until {until} unless it ends before"
    )]
    Busy {
        /// When its lease runs out.
        until: jiff::Timestamp,
    },
    /// Another register is live than the one that is followed.
    #[error(
        "another revision of the register was made live meanwhile, so nothing more is erased by this one; make a new plan with `frist plan` (a process that runs continuously: start it again)"
    )]
    RegisterChanged,
    /// The clock cannot be trusted.
    #[error("{0}")]
    Clock(String),
    /// Something stored that cannot be read back.
    #[error("{what} in Frist's own database cannot be read: {why}")]
    Damaged {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Frist's own database was set back.
    #[error(
        "the published ledger has {published} entries, but Frist's own database only {stored}: the database was set back to an older state; restore the newer one, and do not publish before"
    )]
    RolledBack {
        /// Entries published.
        published: u64,
        /// Entries in the database.
        stored: u64,
    },
    /// The ledger has no such record.
    #[error("the ledger knows of no record with this key that was erased from `{collection}`")]
    NotErased {
        /// Store and collection.
        collection: String,
    },
    /// No such record.
    #[error("`{collection}` has no record with this key")]
    NoSuchRecord {
        /// Store and collection.
        collection: String,
    },
}

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;
