//! The ledger's entries, its right edge, the record leaves of each batch, and the checkpoints.

use frist_ledger::{Entry, Frontier, Hash, SubTree, commitment, hash};
use jiff::Timestamp;

use crate::batch::BatchId;
use crate::db::Tx;
use crate::value::{Row, count};
use crate::{Error, Result, State};

/// How many record leaves are stored together: 4 KiB, so that finding one reads little.
const PART: usize = 128;

/// How many batches are looked through at once.
const STEP: i64 = 256;

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its place in the log, from 0.
    pub index: u64,
    /// Its canonical bytes.
    pub entry: Vec<u8>,
}

/// Where a record's leaf was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    /// The entry of its batch.
    pub leaf: u64,
    /// Its place in the batch's sub-tree, from 0.
    pub position: u64,
    /// The batch; none when the entry was not written by one.
    pub batch: Option<BatchId>,
}

/// A signed checkpoint that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The signed note.
    pub text: String,
    /// When it was kept.
    pub at: Timestamp,
}

impl State {
    /// Appends an entry that tells of nothing else in this database; answers its index.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn append(&mut self, entry: &Entry) -> Result<u64> {
        self.write("append to the ledger", |tx| append(tx, entry))
    }

    /// Appends an entry of records that were not journaled as a batch, with their leaves.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the entry has another count or root than the leaves; when it cannot
    /// be written or the database does not answer.
    pub fn append_with_leaves(&mut self, entry: &Entry, leaves: &SubTree) -> Result<u64> {
        if !fits(entry, leaves) {
            let reason = "has another count or root than its leaves".to_owned();
            return Err(Error::Refused { what: "ledger", id: "entry".into(), reason });
        }
        self.write("append to the ledger", |tx| {
            let leaf = append(tx, entry)?;
            add_subtree(tx, leaf, leaves)?;
            Ok(leaf)
        })
    }

    /// The log's right edge: its size and root.
    ///
    /// # Errors
    ///
    /// When the database does not answer or its edge is damaged.
    pub fn frontier(&mut self) -> Result<Frontier> {
        self.read("read the ledger's edge", |tx| frontier(tx, ""))
    }

    /// How many entries the log has.
    ///
    /// # Errors
    ///
    /// As [`State::frontier`].
    pub fn size(&mut self) -> Result<u64> {
        Ok(self.frontier()?.size())
    }

    /// The entries from this index on, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn leaves(&mut self, from: u64, limit: u32) -> Result<Vec<Leaf>> {
        let sql = "SELECT idx, entry FROM leaf WHERE idx >= ?1 ORDER BY idx LIMIT ?2";
        let from = count("a ledger index", from)?;
        let rows = self
            .read("read the ledger", |tx| tx.query(sql, &[from.into(), i64::from(limit).into()]))?;
        let read = |mut row: Row| Ok(Leaf { index: row.get(0)?, entry: row.get(1)? });
        rows.into_iter().map(read).collect()
    }

    /// The record leaves of the batch that this entry tells of; none if it tells of no batch.
    ///
    /// # Errors
    ///
    /// When the database does not answer or the leaves are damaged.
    pub fn subtree(&mut self, leaf: u64) -> Result<Option<SubTree>> {
        let leaf = count("a ledger index", leaf)?;
        self.read("read a batch's record leaves", |tx| {
            let Some(mut row) = tx.one("SELECT n FROM subtree WHERE leaf = ?1", &[leaf.into()])?
            else {
                return Ok(None);
            };
            let expected: u64 = row.get(0)?;
            let parts = tx.query(
                "SELECT hashes FROM subtree_part WHERE leaf = ?1 ORDER BY first",
                &[leaf.into()],
            )?;
            let mut bytes = Vec::new();
            for mut part in parts {
                bytes.extend(part.get::<Vec<u8>>(0)?);
            }
            let tree = SubTree::from_bytes(&bytes)?;
            if tree.count() != expected {
                let reason = format!("entry {leaf} has {} of {expected} leaves", tree.count());
                return Err(Error::damaged(reason));
            }
            Ok(Some(tree))
        })
    }

    /// Finds the batches that a record's leaf is in, the first one first: one, unless a record of
    /// the same name was disposed of again later. Reads 4 KiB a batch, in steps.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn find_record(&mut self, record: &Hash) -> Result<Vec<FoundRecord>> {
        let sql = "SELECT s.leaf, p.position, p.hashes, b.id FROM subtree s
            LEFT JOIN subtree_part p ON p.leaf = s.leaf AND p.first = (
                SELECT q.first FROM subtree_part q WHERE q.leaf = s.leaf AND q.first <= ?1
                ORDER BY q.first DESC LIMIT 1)
            LEFT JOIN batch b ON b.leaf = s.leaf
            WHERE s.leaf > ?2 ORDER BY s.leaf LIMIT ?3";
        let mut found = Vec::new();
        let mut after = -1_i64;
        loop {
            let rows = self.read("find a record's leaf", |tx| {
                tx.query(sql, &[record.0.as_slice().into(), after.into(), STEP.into()])
            })?;
            let full = rows.len() as i64 == STEP;
            for mut row in rows {
                after = row.get(0)?;
                let Some(start) = row.get::<Option<u64>>(1)? else { continue };
                let hashes: Vec<u8> = row.get(2)?;
                if let Some(at) = commitment::find_leaf(&hashes, record) {
                    found.push(FoundRecord {
                        leaf: after.unsigned_abs(),
                        position: start + at,
                        batch: row.get::<Option<i64>>(3)?.map(BatchId),
                    });
                }
            }
            if !full {
                return Ok(found);
            }
        }
    }

    /// Keeps a checkpoint that was published. One of the same size replaces the earlier.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it is smaller than the last, or larger than the log.
    pub fn keep_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let size = count("a checkpoint's size", checkpoint.size)?;
        self.write("keep a checkpoint", |tx| {
            let refuse = |reason: String| {
                Err(Error::Refused { what: "checkpoint of size", id: size.to_string(), reason })
            };
            let log = frontier(tx, " FOR UPDATE")?.size();
            if checkpoint.size > log {
                return refuse(format!("is ahead of the ledger, which has {log} entries"));
            }
            let last = tx.one("SELECT size FROM checkpoint ORDER BY size DESC LIMIT 1", &[])?;
            if let Some(mut last) = last {
                let last: i64 = last.get(0)?;
                if last > size {
                    return refuse(format!("is behind the last one, of size {last}"));
                }
            }
            tx.execute(
                "INSERT INTO checkpoint (size, text, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (size) DO UPDATE SET text = excluded.text, at = excluded.at",
                &[size.into(), (&checkpoint.text).into(), checkpoint.at.into()],
            )?;
            Ok(())
        })
    }

    /// The last checkpoint that was kept.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn checkpoint(&mut self) -> Result<Option<Checkpoint>> {
        let sql = "SELECT size, text, at FROM checkpoint ORDER BY size DESC LIMIT 1";
        let row = self.read("read the checkpoint", |tx| tx.one(sql, &[]))?;
        row.map(read_checkpoint).transpose()
    }

    /// All checkpoints that were kept, the smallest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn checkpoints(&mut self) -> Result<Vec<Checkpoint>> {
        let sql = "SELECT size, text, at FROM checkpoint ORDER BY size";
        let rows = self.read("list the checkpoints", |tx| tx.query(sql, &[]))?;
        rows.into_iter().map(read_checkpoint).collect()
    }
}

/// Whether the entry tells of these leaves.
pub(crate) fn fits(entry: &Entry, leaves: &SubTree) -> bool {
    entry.subtree() == Some((leaves.count(), leaves.root()))
}

/// Appends an entry within a transaction, as its last step: the edge's row is what everybody who
/// appends waits for.
pub(crate) fn append(tx: &mut Tx<'_>, entry: &Entry) -> Result<u64> {
    let bytes = entry.to_bytes()?;
    let mut edge = frontier(tx, " FOR UPDATE")?;
    let index = edge.size();
    let stored = count("a ledger index", index)?;
    tx.execute("INSERT INTO leaf (idx, entry) VALUES (?1, ?2)", &[stored.into(), (&bytes).into()])?;
    edge.append(hash::leaf_hash(&bytes));
    tx.execute("UPDATE frontier SET edge = ?1 WHERE id = 0", &[(&edge.to_bytes()).into()])?;
    Ok(index)
}

/// Stores the record leaves of the batch that entry `leaf` tells of.
pub(crate) fn add_subtree(tx: &mut Tx<'_>, leaf: u64, tree: &SubTree) -> Result<()> {
    let leaf = count("a ledger index", leaf)?;
    let n = count("a batch's size", tree.count())?;
    tx.execute("INSERT INTO subtree (leaf, n) VALUES (?1, ?2)", &[leaf.into(), n.into()])?;
    for (at, part) in tree.leaves_bytes().chunks(PART * 32).enumerate() {
        let first = part.get(..32).unwrap_or(part);
        let position = count("a batch's size", (at * PART) as u64)?;
        tx.execute(
            "INSERT INTO subtree_part (leaf, first, position, hashes) VALUES (?1, ?2, ?3, ?4)",
            &[leaf.into(), first.into(), position.into(), part.into()],
        )?;
    }
    Ok(())
}

fn frontier(tx: &mut Tx<'_>, lock: &str) -> Result<Frontier> {
    let row = tx.one(&format!("SELECT edge FROM frontier WHERE id = 0{lock}"), &[])?;
    let mut row = row.ok_or_else(|| Error::damaged("the ledger's edge is missing"))?;
    Ok(Frontier::from_bytes(&row.get::<Vec<u8>>(0)?)?)
}

fn read_checkpoint(mut row: Row) -> Result<Checkpoint> {
    Ok(Checkpoint { size: row.get(0)?, text: row.get(1)?, at: row.get(2)? })
}
