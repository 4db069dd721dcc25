//! What the ledger itself proves of a period: a pure function of its entries, so that whoever
//! verifies a bundle computes the same figures again from the evidence and compares.

use std::collections::BTreeMap;

use frist_ledger::entry::{Entry, HoldChange, Kind, Outcome};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stretch of time: from `since` (included) until `until` (not included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Its first instant.
    pub since: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Period {
    /// Whether this instant is in it.
    #[must_use]
    pub fn has(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.until
    }
}

/// What was disposed of in one data set in one way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisposedRow {
    /// The data set.
    pub dataset: String,
    /// Erase, anonymise, transfer or detach.
    pub disposition: String,
    /// How many records.
    pub records: u64,
    /// In how many batches, each one entry of the ledger.
    pub batches: u64,
    /// No record was later than this after it became due, in seconds.
    pub late_max_seconds: u64,
    /// The first batch.
    pub first: Timestamp,
    /// The last batch.
    pub last: Timestamp,
}

/// What sweeps said of one data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweptRow {
    /// The data set.
    pub dataset: String,
    /// How many sweeps had something to tell of it.
    pub sweeps: u64,
    /// The last of them.
    pub last: Timestamp,
    /// Records held back by a hold in the last of them.
    pub held: u64,
    /// Records that another kept record blocked in the last of them.
    pub blocked: u64,
    /// Records whose facts decided nothing in the last of them.
    pub unclear: u64,
}

/// What was found that somebody must settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundRow {
    /// The finding's code.
    pub code: String,
    /// The data set.
    pub dataset: String,
    /// How often it was found.
    pub times: u64,
    /// How many records it was about the last time.
    pub last_count: u64,
    /// When it was found last.
    pub last: Timestamp,
}

/// A revision of the register that was made live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveRow {
    /// Its content hash.
    pub revision: String,
    /// From when it was in force.
    pub from: Timestamp,
    /// The operator who made it live.
    pub by: String,
}

/// Erasures that were repeated after a restore from backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRow {
    /// When.
    pub at: Timestamp,
    /// Erasures since this instant were repeated.
    pub since: Timestamp,
    /// How many records came back and were erased again.
    pub records: u64,
}

/// What the ledger proves of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// Entries of the period.
    pub entries: u64,
    /// Records disposed of, by data set.
    pub disposed: Vec<DisposedRow>,
    /// Batches that a crash had left open and recovery accounted for.
    pub recovered_batches: u64,
    /// Sweeps that came to their end.
    pub sweeps_finished: u64,
    /// Sweeps that were stopped or could not go on.
    pub sweeps_aborted: u64,
    /// What the sweeps said, by data set.
    pub swept: Vec<SweptRow>,
    /// What was found, by data set and code.
    pub findings: Vec<FoundRow>,
    /// The revisions in force: the one at the start of the period, and each that came in it.
    pub revisions: Vec<LiveRow>,
    /// Plans that were made.
    pub plans: u64,
    /// Plans that a person approved.
    pub approvals: u64,
    /// Holds that were added.
    pub holds_added: u64,
    /// Holds that were released.
    pub holds_released: u64,
    /// Erasures repeated after a restore.
    pub replays: Vec<ReplayRow>,
    /// Recordings transferred as evidence.
    pub evidence_transfers: u64,
    /// Record keys destroyed.
    pub keys_destroyed: u64,
}

/// Goes through the ledger's entries and keeps what belongs to a period.
#[derive(Debug)]
pub struct Proof {
    period: Period,
    out: Proven,
    disposed: BTreeMap<(String, String), DisposedRow>,
    swept: BTreeMap<String, SweptRow>,
    findings: BTreeMap<(String, String), FoundRow>,
    before: Option<LiveRow>,
}

impl Proof {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            out: Proven::default(),
            disposed: BTreeMap::new(),
            swept: BTreeMap::new(),
            findings: BTreeMap::new(),
            before: None,
        }
    }

    /// Takes the next entry of the ledger.
    pub fn take(&mut self, entry: &Entry) {
        if let Kind::Register { revision, by } = &entry.what {
            let row =
                LiveRow { revision: revision.to_string(), from: entry.at, by: by.to_string() };
            match entry.at < self.period.since {
                true => self.before = Some(row),
                false if entry.at < self.period.until => self.out.revisions.push(row),
                false => {}
            }
        }
        if !self.period.has(entry.at) {
            return;
        }
        self.out.entries += 1;
        if let Some(d) = entry.disposal() {
            let (dataset, disposition) = (d.dataset.to_string(), d.disposition.to_string());
            let row =
                self.disposed.entry((dataset.clone(), disposition.clone())).or_insert_with(|| {
                    DisposedRow {
                        dataset,
                        disposition,
                        first: entry.at,
                        last: entry.at,
                        ..DisposedRow::default()
                    }
                });
            row.records = row.records.saturating_add(d.n);
            row.batches += 1;
            row.late_max_seconds = row.late_max_seconds.max(d.late.max);
            row.last = row.last.max(entry.at);
        }
        match &entry.what {
            Kind::Recovered { .. } => self.out.recovered_batches += 1,
            Kind::Sweep { outcome, datasets, .. } => {
                match outcome {
                    Outcome::Finished => self.out.sweeps_finished += 1,
                    Outcome::Aborted => self.out.sweeps_aborted += 1,
                }
                for s in datasets {
                    let dataset = s.dataset.to_string();
                    let row = self.swept.entry(dataset.clone()).or_insert(SweptRow {
                        dataset,
                        sweeps: 0,
                        last: entry.at,
                        held: 0,
                        blocked: 0,
                        unclear: 0,
                    });
                    row.sweeps += 1;
                    row.last = entry.at;
                    (row.held, row.blocked, row.unclear) = (s.held, s.blocked, s.unclear);
                }
            }
            Kind::Finding { code, dataset, count } => {
                let (code, dataset) = (code.to_string(), dataset.to_string());
                let row = self
                    .findings
                    .entry((dataset.clone(), code.clone()))
                    .or_insert(FoundRow { code, dataset, times: 0, last_count: 0, last: entry.at });
                row.times += 1;
                (row.last_count, row.last) = (*count, entry.at);
            }
            Kind::Plan { .. } => self.out.plans += 1,
            Kind::Approval { .. } => self.out.approvals += 1,
            Kind::Hold { change: HoldChange::Added, .. } => self.out.holds_added += 1,
            Kind::Hold { change: HoldChange::Released, .. } => self.out.holds_released += 1,
            Kind::Replay { since, n, .. } => {
                self.out.replays.push(ReplayRow { at: entry.at, since: *since, records: *n });
            }
            Kind::EvidenceTransfer { .. } => self.out.evidence_transfers += 1,
            Kind::KeyDestroyed { .. } => self.out.keys_destroyed += 1,
            _ => {}
        }
    }

    /// What came of it.
    #[must_use]
    pub fn finish(self) -> Proven {
        let Self { mut out, disposed, swept, findings, before, .. } = self;
        out.disposed = disposed.into_values().collect();
        out.swept = swept.into_values().collect();
        out.findings = findings.into_values().collect();
        out.revisions = before.into_iter().chain(out.revisions).collect();
        out
    }
}

impl Proven {
    /// How many records were disposed of in all.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.disposed.iter().map(|d| d.records).sum()
    }
}
