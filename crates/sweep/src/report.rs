//! What a sweep came to, by data set, and what somebody must settle.

/// What a sweep came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// The sweep's number.
    pub sweep: i64,
    /// The plan.
    pub plan: String,
    /// What came of each data set.
    pub datasets: Vec<DatasetReport>,
    /// What somebody must settle; a sweep with an alarm among them is not green.
    pub findings: Vec<FindingReport>,
    /// Records of batches that a crash had left open, finished before this sweep began.
    pub recovered: u64,
}

impl Report {
    /// Whether everything that was due is gone and was seen to be gone.
    pub fn green(&self) -> bool {
        self.findings.iter().all(|f| !f.alarm)
    }
    /// Records disposed of.
    pub fn done(&self) -> u64 {
        self.datasets.iter().map(|d| d.done).sum()
    }
}

/// What came of one data set.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct DatasetReport {
    /// The data set.
    pub dataset: String,
    /// `store/collection`.
    pub place: String,
    /// Planned to go.
    pub planned: u64,
    /// Disposed of.
    pub done: u64,
    /// Planned, but no longer due when their turn came.
    pub spared: u64,
    /// Due, but kept back by a record that refers to them.
    pub blocked: u64,
    /// Covered by a hold (as counted by the plan).
    pub held: u64,
    /// Undecidable (as counted by the plan).
    pub unclear: u64,
    /// References emptied in other collections.
    pub detached: u64,
    /// Half were at most this late, seconds.
    pub late_p50: u64,
    /// 99 of 100 were at most this late, seconds.
    pub late_p99: u64,
    /// None was later, seconds.
    pub late_max: u64,
    /// What the store did to be rid of the bytes.
    pub settled: Vec<String>,
    /// What somebody should do about the store.
    pub advice: Vec<String>,
}

/// A finding, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FindingReport {
    /// Its code.
    pub code: &'static str,
    /// The data set.
    pub dataset: String,
    /// Records concerned.
    pub count: u64,
    /// What it means and what to do.
    pub text: String,
    /// Whether the promise of the register is not kept: the sweep is not green.
    pub alarm: bool,
}
