//! The boundaries of a sweep's steps: what has just become true, and is on disk.
//!
//! Progress is shown from them, and the crash tests kill the process at each.

/// A step that has been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step<'a> {
    /// A data set is being examined.
    Examine {
        /// Data set.
        dataset: &'a str,
    },
    /// A plan was kept.
    Planned,
    /// A sweep began.
    Began,
    /// A data set's turn has come, with this many records to go.
    Dataset {
        /// Data set.
        dataset: &'a str,
        /// Records planned.
        planned: u64,
    },
    /// A batch's keys are journaled; nothing was erased.
    Intent {
        /// Data set.
        dataset: &'a str,
        /// Records.
        n: u64,
    },
    /// The store has disposed of the batch; that is not yet accounted for.
    Disposed {
        /// Data set.
        dataset: &'a str,
        /// Records.
        n: u64,
    },
    /// The batch is in the ledger.
    Confirmed {
        /// Data set.
        dataset: &'a str,
        /// Records.
        n: u64,
    },
    /// The store has cleared up after the data set.
    Settled {
        /// Data set.
        dataset: &'a str,
    },
    /// The store was asked again.
    Verified {
        /// Data set.
        dataset: &'a str,
    },
    /// The sweep is closed.
    Finished,
    /// A batch left open by a crash is finished.
    Recovered {
        /// Data set.
        dataset: &'a str,
        /// Records.
        n: u64,
    },
}

/// Hears of each step.
pub type Observer<'o> = &'o mut dyn FnMut(Step<'_>);
