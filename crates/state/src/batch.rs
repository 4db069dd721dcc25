//! Batches: the journal that makes a sweep recoverable on any store.
//!
//! `intent` writes down, sealed, which records are about to be disposed of, and is on disk before
//! the store is asked. `confirm` closes the batch, in one transaction with the ledger's entry, the
//! record leaves and the replay hashes. After a crash in between, `open_batches` gives the keys
//! back, and recovery ends the batch by `confirm` or `confirm_nothing`.

use frist_ledger::entry::Lateness;
use frist_ledger::{Entry, SubTree};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::db::Tx;
use crate::lease::{self, Lease};
use crate::replay::{self, NewReplay};
use crate::sweep::{self, SweepId};
use crate::value::{Row, count, words};
use crate::{Error, Result, State, ledger, seal};

/// The number of a batch; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub i64);

words! {
    /// How far a batch has come.
    BatchStatus {
        /// Journaled; it is not known yet whether the store has done it.
        Open = "open",
        /// Done, and in the ledger.
        Confirmed = "confirmed",
        /// Nothing of it was done.
        Nothing = "nothing",
    }
}

/// A batch to be journaled.
#[derive(Clone, Copy)]
pub struct NewBatch<'a> {
    /// The data set.
    pub dataset: &'a str,
    /// The hash of the register's revision that it follows.
    pub revision: &'a str,
    /// What is about to be done, in the caller's word ("erase").
    pub action: &'a str,
    /// How many records.
    pub n: u64,
    /// The records' keys, in the caller's form; sealed before they are stored.
    pub keys: &'a [u8],
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Records that were disposed of.
    pub done: u64,
    /// Records that were no longer due when their turn came.
    pub not_due: u64,
    /// Records that were not there any more.
    pub absent: u64,
    /// How late the disposed records were, in seconds.
    pub late: Lateness,
}

/// What is stored when a batch is confirmed.
#[derive(Clone, Copy)]
pub struct Confirm<'a> {
    /// What came of it.
    pub outcome: BatchOutcome,
    /// The ledger's entry.
    pub entry: &'a Entry,
    /// The leaves of the disposed records, whose count and root the entry has.
    pub leaves: &'a SubTree,
    /// Hashes for replay after a restore; none when rules alone would erase the records again.
    pub replay: Option<NewReplay<'a>>,
}

/// A batch of which it is not known whether the store has done it.
pub struct OpenBatch {
    /// Its number.
    pub id: BatchId,
    /// Its sweep.
    pub sweep: SweepId,
    /// The data set.
    pub dataset: String,
    /// The hash of the register's revision that it follows.
    pub revision: String,
    /// What was to be done.
    pub action: String,
    /// How many records.
    pub n: u64,
    /// When it was journaled.
    pub started_at: Timestamp,
    /// The records' keys, in the caller's form; wiped from memory when dropped.
    pub keys: Zeroizing<Vec<u8>>,
}

/// A batch as it is shown, without its records' keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: BatchId,
    /// Its sweep.
    pub sweep: SweepId,
    /// The data set.
    pub dataset: String,
    /// The hash of the register's revision that it follows.
    pub revision: String,
    /// What was to be done.
    pub action: String,
    /// How many records it was to be done to.
    pub n: u64,
    /// When it was journaled.
    pub started_at: Timestamp,
    /// How far it has come.
    pub status: BatchStatus,
    /// When it ended; none while it is open.
    pub ended_at: Option<Timestamp>,
    /// What came of it; none unless confirmed.
    pub outcome: Option<BatchOutcome>,
    /// The index of its entry in the ledger; none unless confirmed.
    pub leaf: Option<u64>,
}

const COLUMNS: &str = "id, sweep, dataset, revision, action, n, started_at, status, ended_at, \
                       done, not_due, absent, late_p50, late_p99, late_max, leaf";

impl State {
    /// Journals a batch before the store is asked, and extends the lease to `turn` from now: on disk
    /// when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`]; [`Error::Refused`] when the sweep has ended.
    pub fn intent(
        &mut self,
        lease: &mut Lease,
        turn: SignedDuration,
        sweep: SweepId,
        batch: NewBatch<'_>,
        now: Timestamp,
    ) -> Result<BatchId> {
        let (id, until) =
            self.write("journal a batch", |tx| journal(tx, lease, turn, sweep, batch, now))?;
        lease.until = until;
        Ok(id)
    }

    /// [`State::intent`] of several batches, all or none, in one transaction. Answers their numbers
    /// in the order given.
    ///
    /// # Errors
    ///
    /// As [`State::intent`].
    pub fn intent_all(
        &mut self,
        lease: &mut Lease,
        turn: SignedDuration,
        sweep: SweepId,
        batches: &[NewBatch<'_>],
        now: Timestamp,
    ) -> Result<Vec<BatchId>> {
        let numbers = self.write("journal batches", |tx| {
            let one = |batch: &NewBatch<'_>| journal(tx, lease, turn, sweep, *batch, now);
            batches.iter().map(one).collect::<Result<Vec<_>>>()
        })?;
        if let Some((_, until)) = numbers.last() {
            lease.until = *until;
        }
        Ok(numbers.into_iter().map(|(id, _)| id).collect())
    }

    /// Closes a batch that was done, wholly or in part: its sealed keys are dropped, its entry
    /// appended, its leaves and replay hashes stored, all or nothing. Answers the entry's index.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`]; [`Error::Refused`] when it is not open, or the
    /// entry has another count or root than the leaves.
    pub fn confirm(
        &mut self,
        lease: &Lease,
        batch: BatchId,
        confirm: &Confirm<'_>,
        now: Timestamp,
    ) -> Result<u64> {
        confirm.fits(batch)?;
        self.write("confirm a batch", |tx| {
            lease::check(tx, lease, now)?;
            end(tx, batch, confirm, now)
        })
    }

    /// [`State::confirm`] of several batches, or [`State::confirm_nothing`] where there is nothing
    /// to confirm: all or none, in one transaction.
    ///
    /// # Errors
    ///
    /// As those two.
    pub fn confirm_all(
        &mut self,
        lease: &Lease,
        batches: &[(BatchId, Option<Confirm<'_>>)],
        now: Timestamp,
    ) -> Result<()> {
        for (batch, confirm) in batches {
            confirm.as_ref().map_or(Ok(()), |c| c.fits(*batch))?;
        }
        self.write("confirm batches", |tx| {
            lease::check(tx, lease, now)?;
            for (batch, confirm) in batches {
                match confirm {
                    Some(confirm) => _ = end(tx, *batch, confirm, now)?,
                    None => {
                        open(tx, *batch)?;
                        close(tx, *batch, BatchStatus::Nothing, now)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// [`State::confirm`] of one batch and [`State::intent`] of the next, both or neither: one
    /// transaction less for each batch. Answers the next one's number.
    ///
    /// # Errors
    ///
    /// As those two.
    #[expect(clippy::too_many_arguments, reason = "those of two steps")]
    pub fn confirm_and_intent(
        &mut self,
        lease: &mut Lease,
        turn: SignedDuration,
        batch: BatchId,
        confirm: &Confirm<'_>,
        sweep: SweepId,
        next: NewBatch<'_>,
        now: Timestamp,
    ) -> Result<BatchId> {
        confirm.fits(batch)?;
        let (id, until) = self.write("confirm a batch", |tx| {
            // The next first: the ledger's edge is locked last, since others wait for it.
            let next = journal(tx, lease, turn, sweep, next, now)?;
            end(tx, batch, confirm, now)?;
            Ok(next)
        })?;
        lease.until = until;
        Ok(id)
    }

    /// Closes a batch of which nothing was done; its sealed keys are dropped.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`]; [`Error::Refused`] when it is not open.
    pub fn confirm_nothing(&mut self, lease: &Lease, batch: BatchId, now: Timestamp) -> Result<()> {
        self.write("close a batch", |tx| {
            lease::check(tx, lease, now)?;
            open(tx, batch)?;
            close(tx, batch, BatchStatus::Nothing, now)
        })
    }

    /// The batches that are open, the oldest first, with their keys unsealed. To recover them,
    /// hold the lease: otherwise they may be another process's that is at work.
    ///
    /// # Errors
    ///
    /// [`Error::Sealed`] when one cannot be unsealed.
    pub fn open_batches(&mut self) -> Result<Vec<OpenBatch>> {
        let sql = "SELECT id, sweep, dataset, revision, action, n, started_at, sealed FROM batch
            WHERE status = 'open' ORDER BY id";
        self.read("read the open batches", |tx| {
            let rows = tx.query(sql, &[])?;
            rows.into_iter().map(|row| unsealed(tx, row)).collect()
        })
    }

    /// The batch with this number.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn batch(&mut self, id: BatchId) -> Result<Option<Batch>> {
        let sql = format!("SELECT {COLUMNS} FROM batch WHERE id = ?1");
        let row = self.read("read a batch", |tx| tx.one(&sql, &[id.0.into()]))?;
        row.map(read).transpose()
    }

    /// The batches of a sweep, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn batches(&mut self, sweep: SweepId) -> Result<Vec<Batch>> {
        let sql = format!("SELECT {COLUMNS} FROM batch WHERE sweep = ?1 ORDER BY id");
        let rows = self.read("list a sweep's batches", |tx| tx.query(&sql, &[sweep.0.into()]))?;
        rows.into_iter().map(read).collect()
    }
}

impl Confirm<'_> {
    fn fits(&self, batch: BatchId) -> Result<()> {
        match ledger::fits(self.entry, self.leaves) {
            true => Ok(()),
            false => Err(refused(batch, "has an entry with another count or root than its leaves")),
        }
    }
}

fn journal(
    tx: &mut Tx<'_>,
    lease: &Lease,
    turn: SignedDuration,
    sweep: SweepId,
    batch: NewBatch<'_>,
    now: Timestamp,
) -> Result<(BatchId, Timestamp)> {
    let n = count("a batch's size", batch.n)?;
    let until = lease::extend(tx, lease, turn, now)?;
    sweep::running(tx, sweep)?;
    let key = sweep::key(tx, sweep)?
        .ok_or_else(|| Error::damaged(format!("sweep {} has no key", sweep.0)))?;
    let about = about(sweep, batch.dataset, batch.revision, batch.action);
    let sealed = seal::seal(&key, &about, batch.keys)?;
    let row = tx.one(
        "INSERT INTO batch (sweep, dataset, revision, action, n, started_at, sealed, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open') RETURNING id",
        &[
            sweep.0.into(),
            batch.dataset.into(),
            batch.revision.into(),
            batch.action.into(),
            n.into(),
            now.into(),
            (&sealed).into(),
        ],
    )?;
    let id = row.ok_or_else(|| Error::damaged("a batch got no number"))?.get(0)?;
    Ok((BatchId(id), until))
}

/// Ends an open batch as confirmed; the caller holds the lease.
fn end(tx: &mut Tx<'_>, batch: BatchId, confirm: &Confirm<'_>, now: Timestamp) -> Result<u64> {
    let Confirm { outcome, entry, leaves, replay } = confirm;
    let dataset = open(tx, batch)?;
    close(tx, batch, BatchStatus::Confirmed, now)?;
    if let Some(replay) = replay {
        replay::add(tx, batch, &dataset, replay, now)?;
    }
    let leaf = ledger::append(tx, entry)?;
    ledger::add_subtree(tx, leaf, leaves)?;
    let number = |value: u64| count("a count of a batch", value);
    tx.execute(
        "UPDATE batch SET done = ?2, not_due = ?3, absent = ?4, late_p50 = ?5,
         late_p99 = ?6, late_max = ?7, leaf = ?8 WHERE id = ?1",
        &[
            batch.0.into(),
            number(outcome.done)?.into(),
            number(outcome.not_due)?.into(),
            number(outcome.absent)?.into(),
            number(outcome.late.p50)?.into(),
            number(outcome.late.p99)?.into(),
            number(outcome.late.max)?.into(),
            number(leaf)?.into(),
        ],
    )?;
    Ok(leaf)
}

/// What a sealed batch is bound to.
fn about(sweep: SweepId, dataset: &str, revision: &str, action: &str) -> String {
    format!("frist-batch@v1\n{}\n{dataset}\n{revision}\n{action}", sweep.0)
}

fn unsealed(tx: &mut Tx<'_>, mut row: Row) -> Result<OpenBatch> {
    let id = BatchId(row.get(0)?);
    let sweep = SweepId(row.get(1)?);
    let (dataset, revision, action) =
        (row.get::<String>(2)?, row.get::<String>(3)?, row.get::<String>(4)?);
    let failed = |reason| Error::Sealed { batch: id.0, reason };
    let sealed: Vec<u8> = row.get::<Option<_>>(7)?.ok_or_else(|| failed("they are missing"))?;
    let key = sweep::key(tx, sweep)?.ok_or_else(|| failed("their key is gone"))?;
    let keys = seal::unseal(&key, &about(sweep, &dataset, &revision, &action), &sealed)
        .ok_or_else(|| failed("they were changed, or belong to another batch"))?;
    let (n, started_at) = (row.get(5)?, row.get(6)?);
    Ok(OpenBatch { id, sweep, dataset, revision, action, n, started_at, keys })
}

/// Locks an open batch; answers its data set.
fn open(tx: &mut Tx<'_>, id: BatchId) -> Result<String> {
    let sql = "SELECT dataset, status FROM batch WHERE id = ?1 FOR UPDATE";
    let row = tx.one(sql, &[id.0.into()])?;
    let mut row = row.ok_or_else(|| Error::NotFound { what: "batch", id: id.0.to_string() })?;
    match row.get(1)? {
        BatchStatus::Open => row.get(0),
        BatchStatus::Confirmed => Err(refused(id, "is confirmed already")),
        BatchStatus::Nothing => Err(refused(id, "is closed already, with nothing done")),
    }
}

fn close(tx: &mut Tx<'_>, id: BatchId, status: BatchStatus, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE batch SET status = ?2, ended_at = ?3, sealed = NULL WHERE id = ?1",
        &[id.0.into(), status.as_str().into(), now.into()],
    )?;
    Ok(())
}

fn refused(id: BatchId, reason: &str) -> Error {
    Error::Refused { what: "batch", id: id.0.to_string(), reason: reason.to_owned() }
}

fn read(mut row: Row) -> Result<Batch> {
    let status = row.get(7)?;
    let outcome = match status {
        BatchStatus::Confirmed => Some(BatchOutcome {
            done: row.get(9)?,
            not_due: row.get(10)?,
            absent: row.get(11)?,
            late: Lateness { p50: row.get(12)?, p99: row.get(13)?, max: row.get(14)? },
        }),
        BatchStatus::Open | BatchStatus::Nothing => None,
    };
    Ok(Batch {
        id: BatchId(row.get(0)?),
        sweep: SweepId(row.get(1)?),
        dataset: row.get(2)?,
        revision: row.get(3)?,
        action: row.get(4)?,
        n: row.get(5)?,
        started_at: row.get(6)?,
        status,
        ended_at: row.get(8)?,
        outcome,
        leaf: row.get(15)?,
    })
}
