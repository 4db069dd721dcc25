//! Replay sets: keyed hashes of records that were erased, by which they are found and erased again
//! after a restore from backup. Kept only as long as a backup could bring the records back.

use jiff::Timestamp;

use crate::batch::BatchId;
use crate::db::Tx;
use crate::value::Row;
use crate::{Result, State};

/// Hashes to keep for one batch.
#[derive(Clone, Copy)]
pub struct NewReplay<'a> {
    /// The hashes, in the caller's form.
    pub hashes: &'a [u8],
    /// When the last backup that could hold the records is gone.
    pub keep_until: Timestamp,
}

/// The hashes of one batch's records, apart from the hashes themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaySet {
    /// The batch.
    pub batch: BatchId,
    /// The data set.
    pub dataset: String,
    /// When the records were erased.
    pub erased_at: Timestamp,
    /// When the last backup that could hold the records is gone.
    pub keep_until: Timestamp,
}

impl State {
    /// The sets of what was erased at or after this instant, the oldest first. The hashes of each
    /// are read by [`State::replay_hashes`], so that not all are in memory at once.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn replay_sets(&mut self, since: Timestamp) -> Result<Vec<ReplaySet>> {
        let sql = "SELECT batch, dataset, erased_at, keep_until FROM replay
            WHERE erased_at >= ?1 ORDER BY erased_at, batch";
        let rows = self.read("list the replay sets", |tx| tx.query(sql, &[since.into()]))?;
        let read = |mut row: Row| {
            Ok(ReplaySet {
                batch: BatchId(row.get(0)?),
                dataset: row.get(1)?,
                erased_at: row.get(2)?,
                keep_until: row.get(3)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The hashes of one set, as they were given; none if there is no such set.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn replay_hashes(&mut self, batch: BatchId) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT hashes FROM replay WHERE batch = ?1";
        let row = self.read("read a replay set", |tx| tx.one(sql, &[batch.0.into()]))?;
        row.map(|mut row| row.get(0)).transpose()
    }

    /// Deletes the sets that no backup needs any more; answers how many.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn prune_replay(&mut self, now: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM replay WHERE keep_until <= ?1";
        self.write("delete old replay sets", |tx| tx.execute(sql, &[now.into()]))
    }
}

pub(crate) fn add(
    tx: &mut Tx<'_>,
    batch: BatchId,
    dataset: &str,
    replay: &NewReplay<'_>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO replay (batch, dataset, erased_at, keep_until, hashes)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            batch.0.into(),
            dataset.into(),
            now.into(),
            replay.keep_until.into(),
            replay.hashes.into(),
        ],
    )?;
    Ok(())
}
