//! The gate: what a batch is tested against stays as it is while the store is asked.
//!
//! Whoever adds or releases a hold, or makes a revision live, waits until the batch under way is
//! through; the next batch sees it. So a hold that was added is never missed afterwards. On SQLite
//! the gate is the one writing transaction that there can be, on PostgreSQL a lock on the
//! tables; the lease's row is locked too, so that nobody can take the turn meanwhile. All of it
//! ends with the process: then the open batch tells, and recovery reads the holds anew.

use jiff::Timestamp;

use crate::hold::{self, Hold};
use crate::lease::{self, Lease};
use crate::review::{self, ReviewAnswer};
use crate::{Result, State};

/// What does not change while the gate is held.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The holds that are not over, the oldest first.
    pub holds: Vec<Hold>,
    /// The hash of the live revision; none before the first.
    pub live: Option<String>,
    /// Of each data set that was asked about: the answers about its records, when they are not those
    /// of the change that the caller knows.
    pub answers: Vec<Option<Vec<ReviewAnswer>>>,
}

impl State {
    /// Does `work` with the holds and the live revision as they are now, and keeps them so until
    /// it is done. The lease is held as long.
    ///
    /// # Errors
    ///
    /// [`crate::Error::LeaseLost`], or when the database does not answer: then `work` was not
    /// begun.
    pub fn at_gate<T>(
        &mut self,
        lease: &Lease,
        now: Timestamp,
        work: impl FnOnce(&Gate) -> T,
    ) -> Result<T> {
        self.at_gate_of(lease, now, &[], work)
    }

    /// The same for batches of data sets of which the caller knows people's answers as of a
    /// [change](crate::ReviewAnswers::change): what has changed since is read anew.
    ///
    /// # Errors
    ///
    /// As [`State::at_gate`].
    pub fn at_gate_of<T>(
        &mut self,
        lease: &Lease,
        now: Timestamp,
        known: &[(&str, i64)],
        work: impl FnOnce(&Gate) -> T,
    ) -> Result<T> {
        let mut tx = self.db.write("hold the gate of a batch")?;
        if tx.is_postgres() {
            // First of all, so that what is read below is seen as it is under the lock.
            tx.batch("LOCK TABLE hold, revision_live, review_answer IN SHARE MODE")?;
        }
        lease::check(&mut tx, lease, now)?;
        let live = tx.one("SELECT hash FROM revision_live ORDER BY id DESC LIMIT 1", &[])?;
        let live = live.map(|mut row| row.get(0)).transpose()?;
        let mut answers = Vec::with_capacity(known.len());
        for (dataset, change) in known {
            answers.push(match review::change(&mut tx, dataset)? == *change {
                true => None,
                false => Some(review::answers(&mut tx, dataset)?.answers),
            });
        }
        let gate = Gate { holds: hold::standing(&mut tx, now)?, live, answers };
        // Nothing was written: the transaction is only dropped.
        Ok(work(&gate))
    }
}
