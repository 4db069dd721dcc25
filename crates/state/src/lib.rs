//! Frist's own database: revisions, plans, sweeps, batches, holds, cases, leases and the ledger's
//! entries.
//!
//! SQLite in one file by default, PostgreSQL (schema `frist`) when given a URL. [`State`] is one
//! connection. What callers get and give are typed values; no SQL leaves this crate.
//!
//! # Promises
//!
//! - Each call that changes something is one transaction, and on disk when it returns `Ok`. When
//!   it returns an error nothing was changed, except that a connection which breaks in the very
//!   moment of the commit leaves it open whether it was: open anew and look.
//! - A ledger entry is written in the same transaction as what it tells of.
//! - A step under a [`Lease`] is done only while the lease is held; else it fails with
//!   [`Error::LeaseLost`] and changes nothing.
//! - While a batch is at the [`Gate`], no hold is added or released and no revision made live: a
//!   hold that was added is seen by every batch that comes after.
//! - The keys of records under way are sealed in the database and cannot be read there after the
//!   sweep ends: the key is overwritten and deleted. On SQLite the freed pages are zeroed and the
//!   write-ahead log is cut. On PostgreSQL the table of keys is vacuumed; its write-ahead log, its
//!   replicas and backups made during a sweep hold the key as long as they are kept themselves.
//!
//! # Where to start reading
//!
//! `batch.rs` is the heart (intent, confirm, recover); `lease.rs` has the fence; `db.rs` hides the
//! two databases; `migrations/` has the tables.

mod account;
mod assessment;
mod batch;
pub mod case;
mod consent;
mod db;
mod error;
mod evidence;
mod finding;
mod gate;
mod hold;
mod identity;
mod lease;
mod ledger;
mod location;
mod migrate;
mod open;
mod outbox;
mod plan;
mod proposal;
mod replay;
mod review;
mod revision;
mod scrub;
mod seal;
mod session;
pub mod staff;
mod sweep;
mod token;
mod value;
mod watch;

pub use account::{Account, AccountId, LinkFor, NewAccount};
pub use assessment::KeptAssessment;
pub use batch::{Batch, BatchId, BatchOutcome, BatchStatus, Confirm, NewBatch, OpenBatch};
pub use consent::Consent;
pub use error::{Error, Result};
pub use finding::{Finding, NewFinding};
pub use frist_ledger::entry::{Lateness, Outcome, Swept};
pub use gate::Gate;
pub use hold::{Hold, HoldPage, NewHold, Part, Scope};
pub use identity::{Identity, Linking};
pub use lease::Lease;
pub use ledger::{Checkpoint, FoundRecord, Leaf};
pub use location::{Location, Server};
pub use outbox::{Message, NewMessage, OutboxCounts};
pub use plan::{Approval, NewPlan, Plan, PlanStatus};
pub use proposal::{NewProposal, Proposal, ProposalStatus};
pub use replay::{NewReplay, ReplaySet};
pub use review::{ReviewAnswer, ReviewAnswers, Reviewed};
pub use revision::{MadeLive, Revision};
pub use session::{Limits, Look, LookPage, Opened, Session, Slowing, Stage, Via};
pub use sweep::{Sweep, SweepId, SweepStatus, SweptDataset};
pub use token::{Begun, NewToken, Token, TokenId};
pub use watch::{Alarm, AlarmChange, Judged, Mark, NewAlarm, Server as LivingServer};

use db::{Db, Tx};

/// Frist's own database: one connection, with its tables up to date.
pub struct State {
    db: Db,
    place: String,
    /// The request with an idempotency key under which is written.
    request: Option<[u8; 32]>,
}

impl State {
    /// Opens the database, and makes it or brings its tables up to date first.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] when it cannot be opened or reached, [`Error::NotOurs`] when it is another
    /// program's, [`Error::NewerSchema`] when a newer Frist has used it.
    pub fn open(location: &Location) -> Result<Self> {
        let place = location.to_string();
        let mut db = match location {
            Location::File(path) => open::sqlite(path)?,
            Location::Postgres(server) => open::postgres(server)?,
        };
        migrate::run(&mut db, &place)?;
        Ok(Self { db, place, request: None })
    }

    /// Where the database is, without a password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// From now on a case that is changed, a plan and a consent that are kept say, in their own
    /// transaction, that the request of this name (see [`State::begin_answer`]) was done; none: no more.
    pub fn under(&mut self, request: Option<[u8; 32]>) {
        self.request = request;
    }

    /// A value that was kept under this name.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn meta(&mut self, name: &str) -> Result<Option<String>> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        let row = self.read("read a setting", |tx| tx.one(sql, &[(&own(name)).into()]))?;
        row.map(|mut row| row.get(0)).transpose()
    }

    /// Keeps a value under this name, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn set_meta(&mut self, name: &str, value: &str) -> Result<()> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.write("keep a setting", |tx| tx.execute(sql, &[(&own(name)).into(), value.into()]))?;
        Ok(())
    }

    /// Does `what` in a transaction that is committed if it succeeds.
    fn write<T>(
        &mut self,
        doing: &'static str,
        what: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tx = self.db.write(doing)?;
        let value = what(&mut tx)?;
        tx.commit()?;
        Ok(value)
    }

    /// Reads one state of the database.
    fn read<T>(
        &mut self,
        doing: &'static str,
        what: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        what(&mut self.db.read(doing)?)
    }
}

/// The names that callers choose, apart from the crate's own.
fn own(name: &str) -> String {
    format!("user.{name}")
}
