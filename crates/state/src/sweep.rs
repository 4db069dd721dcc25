//! Sweeps: begun with a fresh key, ended with the key wiped; and what came of each data set.

use frist_ledger::Entry;
use frist_ledger::entry::{Id, Lateness, Outcome, Swept};
use jiff::Timestamp;
use zeroize::Zeroize as _;

use crate::db::{Db, Tx};
use crate::lease::{self, Lease};
use crate::plan::{self, PlanStatus};
use crate::seal::{self, Key};
use crate::value::{Row, count, words};
use crate::{Error, Result, State, ledger, scrub};

/// The number of a sweep; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SweepId(pub i64);

words! {
    /// How far a sweep has come.
    SweepStatus {
        /// It has not ended; if no process holds its lease, it waits for recovery.
        Running = "running",
        /// It came to its end.
        Finished = "finished",
        /// It was stopped, or could not go on.
        Aborted = "aborted",
    }
}

/// A sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Its number.
    pub id: SweepId,
    /// The plan that it carries out; none when it has none.
    pub plan: Option<String>,
    /// The hash of the register's revision that it follows.
    pub revision: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs.
    pub ended_at: Option<Timestamp>,
    /// How far it has come.
    pub status: SweepStatus,
}

/// What came of one data set in a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptDataset {
    /// The data set and its counts.
    pub counts: Swept,
    /// When the sweep was through with it.
    pub at: Timestamp,
    /// Everything that was due was dealt with. A data set that could not be swept to its end does
    /// not count as swept.
    pub complete: bool,
    /// How late the disposed records were, in seconds.
    pub late: Lateness,
}

const COLUMNS: &str = "id, plan, revision, started_at, ended_at, status";
const SWEPT: &str = "dataset, at, complete, done, held, blocked, spared, unclear, findings, \
                     late_p50, late_p99, late_max";

impl State {
    /// Begins a sweep, with a fresh random key for its batches. A plan, if there is one, must be
    /// approved, or need no approval.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`] and [`Error::Refused`] for the plan.
    pub fn begin_sweep(
        &mut self,
        lease: &Lease,
        plan: Option<&str>,
        revision: &str,
        now: Timestamp,
    ) -> Result<SweepId> {
        let key = seal::new_key()?;
        self.write("begin a sweep", |tx| {
            lease::check(tx, lease, now)?;
            if let Some(plan) = plan {
                plan::start(tx, plan)?;
            }
            let row = tx.one(
                "INSERT INTO sweep (plan, revision, started_at, status) VALUES (?1, ?2, ?3, ?4)
                 RETURNING id",
                &[plan.into(), revision.into(), now.into(), SweepStatus::Running.as_str().into()],
            )?;
            let id: i64 = row.ok_or_else(|| Error::damaged("a sweep got no number"))?.get(0)?;
            tx.execute(
                "INSERT INTO sweep_key (sweep, key) VALUES (?1, ?2)",
                &[id.into(), key.as_slice().into()],
            )?;
            Ok(SweepId(id))
        })
    }

    /// Ends a sweep: its key is overwritten and deleted, its plan closed.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`]; [`Error::Refused`] when it has ended already or
    /// has open batches, which must be confirmed or recovered first.
    pub fn finish_sweep(
        &mut self,
        lease: &Lease,
        sweep: SweepId,
        outcome: Outcome,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<u64> {
        let index = self.write("end a sweep", |tx| {
            lease::check(tx, lease, now)?;
            let plan = running(tx, sweep)?.plan;
            let open = "SELECT count(*) FROM batch WHERE sweep = ?1 AND status = 'open'";
            let open = tx.one(open, &[sweep.0.into()])?.map_or(Ok(0), |mut row| row.get(0))?;
            if open > 0_i64 {
                return Err(refused(
                    sweep,
                    format!("has open batches ({open}); recover them first"),
                ));
            }
            let zeros = [0_u8; 32];
            tx.execute(
                "UPDATE sweep_key SET key = ?2 WHERE sweep = ?1",
                &[sweep.0.into(), zeros.as_slice().into()],
            )?;
            tx.execute("DELETE FROM sweep_key WHERE sweep = ?1", &[sweep.0.into()])?;
            let (status, plan_status) = match outcome {
                Outcome::Finished => (SweepStatus::Finished, PlanStatus::Done),
                Outcome::Aborted => (SweepStatus::Aborted, PlanStatus::Abandoned),
            };
            tx.execute(
                "UPDATE sweep SET status = ?2, ended_at = ?3 WHERE id = ?1",
                &[sweep.0.into(), status.as_str().into(), now.into()],
            )?;
            if let Some(plan) = plan {
                plan::set_status(tx, &plan, plan_status)?;
            }
            ledger::append(tx, entry)
        })?;
        self.wipe();
        Ok(index)
    }

    /// Removes what the database itself keeps of deleted rows, above all of the keys of sweeps that
    /// have ended. What it cannot remove now, because another connection is reading, the next call
    /// removes; [`State::finish_sweep`] ends with one, but its process may die before it.
    pub fn wipe(&mut self) {
        // Not an error of the sweep, which has ended and is on disk: so the answer is not asked.
        match &mut self.db {
            Db::Sqlite(connection, _) => {
                let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            }
            Db::Postgres(client) => {
                let _ = scrub::all_dead(client, 20);
                let _ = client.batch_execute("VACUUM frist.sweep_key");
            }
        }
    }

    /// The sweep with this number.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn sweep(&mut self, id: SweepId) -> Result<Option<Sweep>> {
        let sql = format!("SELECT {COLUMNS} FROM sweep WHERE id = ?1");
        let row = self.read("read a sweep", |tx| tx.one(&sql, &[id.0.into()]))?;
        row.map(read).transpose()
    }

    /// The newest sweeps, the newest first, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn sweeps(&mut self, limit: u32) -> Result<Vec<Sweep>> {
        let sql = format!("SELECT {COLUMNS} FROM sweep ORDER BY id DESC LIMIT ?1");
        let rows = self.read("list the sweeps", |tx| tx.query(&sql, &[i64::from(limit).into()]))?;
        rows.into_iter().map(read).collect()
    }

    /// The sweeps that have not ended, the oldest first: running, or left behind by a crash.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn running_sweeps(&mut self) -> Result<Vec<Sweep>> {
        let sql = format!("SELECT {COLUMNS} FROM sweep WHERE status = 'running' ORDER BY id");
        let rows = self.read("list the running sweeps", |tx| tx.query(&sql, &[]))?;
        rows.into_iter().map(read).collect()
    }

    /// Keeps what came of a data set in a running sweep; a second time replaces the first.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`]; [`Error::NotFound`]; [`Error::Refused`] when the sweep has ended.
    pub fn keep_swept(
        &mut self,
        lease: &Lease,
        sweep: SweepId,
        swept: &SweptDataset,
        now: Timestamp,
    ) -> Result<()> {
        let SweptDataset { counts, at, complete, late } = swept;
        let number = |value: u64| count("a count of a data set", value);
        let columns = [
            sweep.0.into(),
            counts.dataset.as_str().into(),
            (*at).into(),
            (*complete).into(),
            number(counts.done)?.into(),
            number(counts.held)?.into(),
            number(counts.blocked)?.into(),
            number(counts.spared)?.into(),
            number(counts.unclear)?.into(),
            number(counts.findings)?.into(),
            number(late.p50)?.into(),
            number(late.p99)?.into(),
            number(late.max)?.into(),
        ];
        self.write("keep what came of a data set", |tx| {
            lease::check(tx, lease, now)?;
            running(tx, sweep)?;
            tx.execute(
                "DELETE FROM swept WHERE sweep = ?1 AND dataset = ?2",
                &[sweep.0.into(), counts.dataset.as_str().into()],
            )?;
            tx.execute(
                &format!(
                    "INSERT INTO swept (sweep, {SWEPT})
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
                ),
                &columns,
            )?;
            Ok(())
        })
    }

    /// What came of each data set in a sweep, by data set.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn swept(&mut self, sweep: SweepId) -> Result<Vec<SweptDataset>> {
        let sql = format!("SELECT {SWEPT} FROM swept WHERE sweep = ?1 ORDER BY dataset");
        let rows = self.read("read a sweep's data sets", |tx| tx.query(&sql, &[sweep.0.into()]))?;
        rows.into_iter().map(read_swept).collect()
    }

    /// What came of the data set when it was last swept to its end; none if it never was.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn last_swept(&mut self, dataset: &str) -> Result<Option<SweptDataset>> {
        let sql = format!(
            "SELECT {SWEPT} FROM swept WHERE dataset = ?1 AND complete = 1
             ORDER BY at DESC, sweep DESC LIMIT 1"
        );
        let row =
            self.read("read when a data set was swept", |tx| tx.one(&sql, &[dataset.into()]))?;
        row.map(read_swept).transpose()
    }
}

/// The running sweep, locked until the transaction ends.
pub(crate) fn running(tx: &mut Tx<'_>, id: SweepId) -> Result<Sweep> {
    let sql = format!("SELECT {COLUMNS} FROM sweep WHERE id = ?1 FOR UPDATE");
    let row = tx.one(&sql, &[id.0.into()])?;
    let sweep = read(row.ok_or_else(|| Error::NotFound { what: "sweep", id: id.0.to_string() })?)?;
    if sweep.status != SweepStatus::Running {
        return Err(refused(id, format!("has ended already ({})", sweep.status)));
    }
    Ok(sweep)
}

/// The key of a running sweep; none once it has ended.
pub(crate) fn key(tx: &mut Tx<'_>, id: SweepId) -> Result<Option<Key>> {
    let sql = "SELECT key FROM sweep_key WHERE sweep = ?1";
    let Some(mut row) = tx.one(sql, &[id.0.into()])? else { return Ok(None) };
    let mut bytes: Vec<u8> = row.get(0)?;
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Key::new);
    bytes.zeroize();
    key.map(Some).map_err(|_| Error::damaged(format!("the key of sweep {} is broken", id.0)))
}

fn refused(id: SweepId, reason: String) -> Error {
    Error::Refused { what: "sweep", id: id.0.to_string(), reason }
}

fn read(mut row: Row) -> Result<Sweep> {
    Ok(Sweep {
        id: SweepId(row.get(0)?),
        plan: row.get(1)?,
        revision: row.get(2)?,
        started_at: row.get(3)?,
        ended_at: row.get(4)?,
        status: row.get(5)?,
    })
}

fn read_swept(mut row: Row) -> Result<SweptDataset> {
    let counts = Swept {
        dataset: Id::new(row.get::<String>(0)?)?,
        done: row.get(3)?,
        held: row.get(4)?,
        blocked: row.get(5)?,
        spared: row.get(6)?,
        unclear: row.get(7)?,
        findings: row.get(8)?,
    };
    let late = Lateness { p50: row.get(9)?, p99: row.get(10)?, max: row.get(11)? };
    Ok(SweptDataset { counts, at: row.get(1)?, complete: row.get(2)?, late })
}
