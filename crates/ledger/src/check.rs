//! Going through a ledger entry by entry: recomputes the tree, holds every checkpoint and sub-tree against it, and counts.
//!
//! Used by [`crate::evidence`] and [`crate::tiles`]. Memory does not grow with the ledger: the tree's right edge, and one line
//! for each data set and disposition.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::checkpoint::Checkpoint;
use crate::entry::{Disposition, Entry, Id, Kind, Lateness, Outcome};
use crate::hash::{Frontier, Hash, leaf_hash, verify_consistency};
use crate::note::VerifierKey;
use crate::{Error, Result};

/// What was disposed of in one data set in one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disposed {
    /// How many batches.
    pub batches: u64,
    /// How many records.
    pub records: u64,
    /// The latest that any of them was, in seconds after it became due.
    pub late_max: u64,
}

/// What a verified ledger, or part of it, says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The newest head, whose signature holds and which everything below leads to.
    pub checkpoint: Checkpoint,
    /// The index of the first entry that was checked; those before it are only known as a hash.
    pub from: u64,
    /// The instants of the first and the last entry checked, UTC.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many checkpoints were checked, the newest one included.
    pub checkpoints: u64,
    /// What was disposed of.
    pub disposed: BTreeMap<(Id, Disposition), Disposed>,
    /// Records erased again after a restore from backup.
    pub replayed: u64,
    /// Sweeps that came to their end, and sweeps that did not.
    pub sweeps: (u64, u64),
    /// Batches whose records' hashes were in the file, and recomputed.
    pub batches_recomputed: u64,
    /// Batches of which the file has the root only.
    pub batches_by_root: u64,
    /// Record keys destroyed.
    pub keys_destroyed: u64,
    /// Entries whose instant is before the one of the entry ahead of them: clocks that differ, or were set back.
    pub clock_steps: u64,
    /// The older checkpoint's size, when one was given and found to be a prefix.
    pub extends: Option<u64>,
}

impl Report {
    /// How many records were disposed of in all.
    pub fn records(&self) -> u64 {
        self.disposed.values().map(|d| d.records).sum()
    }

    /// How many entries were checked.
    pub fn entries(&self) -> u64 {
        self.checkpoint.size - self.from
    }
}

/// A run through a ledger.
pub(crate) struct Checker<'a> {
    keys: &'a [VerifierKey],
    against: Option<&'a Checkpoint>,
    frontier: Frontier,
    /// The ledger's name, once a checkpoint has told it.
    origin: Option<String>,
    newest: Option<Checkpoint>,
    /// The newest entry's sub-tree, until its leaves come or the next entry does.
    pending: Option<(u64, Hash)>,
    report: Report,
}

impl<'a> Checker<'a> {
    /// Starts behind the entries that `frontier` stands for.
    pub(crate) fn new(
        keys: &'a [VerifierKey],
        against: Option<&'a Checkpoint>,
        frontier: Frontier,
    ) -> Result<Checker<'a>> {
        let checkpoint = Checkpoint { origin: String::new(), size: 0, root: Hash::EMPTY };
        let report = Report {
            checkpoint,
            from: frontier.size(),
            span: None,
            checkpoints: 0,
            disposed: BTreeMap::new(),
            replayed: 0,
            sweeps: (0, 0),
            batches_recomputed: 0,
            batches_by_root: 0,
            keys_destroyed: 0,
            clock_steps: 0,
            extends: None,
        };
        let mut checker = Checker {
            keys,
            against,
            frontier,
            origin: against.map(|a| a.origin.clone()),
            newest: None,
            pending: None,
            report,
        };
        checker.compare_older()?;
        Ok(checker)
    }

    /// How many entries there are so far, those before the start included.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Takes the next entry, and gives it back as it was read.
    pub(crate) fn entry(&mut self, bytes: &[u8]) -> Result<Entry> {
        let index = self.frontier.size();
        let entry = Entry::parse(bytes).map_err(|error| match error {
            Error::Entry { reason } => Error::Entry { reason: format!("entry {index}: {reason}") },
            other => other,
        })?;
        self.settle_pending();
        self.frontier.append(leaf_hash(bytes));
        self.pending = entry.subtree().filter(|(n, _)| *n > 0);
        self.count(&entry);
        self.compare_older()?;
        Ok(entry)
    }

    /// The newest entry's sub-tree, if its leaves have not come yet.
    pub(crate) fn take_pending(&mut self) -> Option<(u64, Hash)> {
        self.pending.take()
    }

    /// Notes that a sub-tree was recomputed, and came out right.
    pub(crate) fn recomputed(&mut self) {
        self.report.batches_recomputed += 1;
    }

    /// Takes a checkpoint over all entries so far.
    pub(crate) fn checkpoint(&mut self, text: &str) -> Result<()> {
        self.settle_pending();
        let checkpoint = self.open(text)?;
        if checkpoint.size != self.frontier.size() {
            return Err(Error::Check {
                check: "the ledger's size",
                found: format!(
                    "a checkpoint signed for {} entries stands where the file has {}",
                    checkpoint.size,
                    self.frontier.size()
                ),
                meaning: "entries were removed from or put into the file",
            });
        }
        if checkpoint.root != self.frontier.root() {
            return Err(Error::Check {
                check: "the ledger's root",
                found: format!(
                    "the first {} entries do not lead to the root that was signed",
                    checkpoint.size
                ),
                meaning: "at least one entry was changed, exchanged, removed or put in another order",
            });
        }
        self.newest = Some(checkpoint);
        Ok(())
    }

    /// Takes a checkpoint from before the first entry, with the proof that it is a prefix of what the start stands for; gives
    /// its size.
    pub(crate) fn older(&mut self, text: &str, proof: &[Hash]) -> Result<u64> {
        let older = self.open(text)?;
        let (from, root) = (self.report.from, self.frontier.root());
        if !verify_consistency(older.size, &older.root, from, &root, proof) {
            return Err(rewritten(older.size));
        }
        if self.against.is_some_and(|against| against.size == older.size) {
            self.found_older(older.root)?;
        }
        Ok(older.size)
    }

    /// Ends the run.
    pub(crate) fn finish(mut self) -> Result<Report> {
        self.settle_pending();
        let size = self.frontier.size();
        let Some(newest) = self.newest.filter(|newest| newest.size == size) else {
            return Err(Error::Check {
                check: "the closing checkpoint",
                found: format!("no signed checkpoint covers all {size} entries"),
                meaning: "the entries at the end are not vouched for; the file may be cut short",
            });
        };
        if let Some(against) = self.against {
            if against.size > size {
                return Err(Error::Check {
                    check: "agreement with the older checkpoint",
                    found: format!(
                        "the ledger has {size} entries, but {} were signed for earlier",
                        against.size
                    ),
                    meaning: "the ledger was rolled back, or this file is older than your checkpoint",
                });
            }
            if self.report.extends.is_none() {
                return Err(Error::NotCovered { old: against.size });
            }
        }
        Ok(Report { checkpoint: newest, ..self.report })
    }

    fn open(&mut self, text: &str) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::open(text, self.keys)?;
        let origin = self.origin.get_or_insert_with(|| checkpoint.origin.clone());
        if *origin != checkpoint.origin {
            return Err(Error::Check {
                check: "the ledger's name",
                found: "two checkpoints name different ledgers".into(),
                meaning: "they cannot be held against each other; check which ledger each is from",
            });
        }
        self.report.checkpoints += 1;
        Ok(checkpoint)
    }

    /// Holds the older checkpoint against the tree when the tree has just its size.
    fn compare_older(&mut self) -> Result<()> {
        if self.against.is_some_and(|against| against.size == self.frontier.size()) {
            self.found_older(self.frontier.root())?;
        }
        Ok(())
    }

    fn found_older(&mut self, root: Hash) -> Result<()> {
        let Some(against) = self.against else { return Ok(()) };
        if against.root != root {
            return Err(rewritten(against.size));
        }
        self.report.extends = Some(against.size);
        Ok(())
    }

    fn settle_pending(&mut self) {
        if self.pending.take().is_some() {
            self.report.batches_by_root += 1;
        }
    }

    fn count(&mut self, entry: &Entry) {
        let report = &mut self.report;
        let (first, last) = report.span.unwrap_or((entry.at, entry.at));
        report.clock_steps += u64::from(entry.at < last);
        report.span = Some((first, entry.at));
        match &entry.what {
            Kind::Sweep { outcome: Outcome::Finished, .. } => report.sweeps.0 += 1,
            Kind::Sweep { outcome: Outcome::Aborted, .. } => report.sweeps.1 += 1,
            Kind::Replay { n, .. } => report.replayed = report.replayed.saturating_add(*n),
            Kind::KeyDestroyed { .. } => report.keys_destroyed += 1,
            _ => {}
        }
        if let Some(disposal) = entry.disposal() {
            let Lateness { max, .. } = disposal.late;
            let sum = report
                .disposed
                .entry((disposal.dataset.clone(), disposal.disposition))
                .or_default();
            sum.batches += 1;
            sum.records = sum.records.saturating_add(disposal.n);
            sum.late_max = sum.late_max.max(max);
        }
    }
}

fn rewritten(size: u64) -> Error {
    Error::Check {
        check: "agreement with an older checkpoint",
        found: format!("the first {size} entries are not those that were signed for earlier"),
        meaning: "the ledger was rewritten after that checkpoint was handed out",
    }
}
