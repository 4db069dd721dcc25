//! Progress while generating, and the summary after.

use serde::Serialize;

use crate::Options;

/// What was generated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The seed it was drawn from.
    pub seed: u64,
    /// The day of the demo (`YYYY-MM-DD`).
    pub as_of: String,
    /// Every collection with its count, in the order they were written.
    pub collections: Vec<Collection>,
    /// The records that are wrong on purpose.
    pub defects: Defects,
}

impl Summary {
    /// All records: rows of the databases, and files (sidecars not counted).
    #[must_use]
    pub fn total(&self) -> u64 {
        self.collections.iter().map(|c| c.records).sum()
    }

    /// How many records `name` (such as `erp/invoice`) has; `None` for an unknown name.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u64> {
        self.collections.iter().find(|c| c.name == name).map(|c| c.records)
    }
}

/// One collection and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// Store and collection: `erp/invoice`, `cctv`.
    pub name: &'static str,
    /// Rows or files.
    pub records: u64,
}

/// Records that are wrong on purpose, as in real systems; the same number at every scale. Their
/// starting point cannot be read, so the engine must find them unclear and keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Defects {
    /// Rows of `erp/invoice` without an `invoice_date`.
    pub invoices_without_date: u64,
    /// Rows of `erp/invoice` dated [`Defects::IMPOSSIBLE_DATE`].
    pub invoices_with_impossible_date: u64,
    /// Rows of `erp/invoice` dated [`Defects::WORD_FOR_DATE`].
    pub invoices_with_word_for_date: u64,
    /// Rows of `hr/employee` whose `ended_on` is written `DD/MM/YYYY`.
    pub employees_with_wrong_date_format: u64,
    /// E-mails in `mail` without a sidecar.
    pub mails_without_sidecar: u64,
}

impl Defects {
    /// The defects of every demo.
    pub const ALL: Self = Self {
        invoices_without_date: 7,
        invoices_with_impossible_date: 3,
        invoices_with_word_for_date: 2,
        employees_with_wrong_date_format: 1,
        mails_without_sidecar: 1,
    };
    /// A date that no calendar has.
    pub const IMPOSSIBLE_DATE: &'static str = "2021-02-30";
    /// What somebody typed where a date belongs ("unknown").
    pub const WORD_FOR_DATE: &'static str = "ukendt";
}

/// Tells the caller how far the work is, and keeps the counts.
pub(crate) struct Report<'a> {
    progress: &'a mut dyn FnMut(&str, u64, u64),
    collections: Vec<Collection>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(progress: &'a mut dyn FnMut(&str, u64, u64)) -> Self {
        Self { progress, collections: Vec::new() }
    }

    /// `done` of `total` records of `name` are written; the last call settles its count.
    pub(crate) fn step(&mut self, name: &'static str, done: usize, total: usize) {
        let (done, total) = (done as u64, total as u64);
        if done == total {
            self.collections.push(Collection { name, records: total });
        }
        if done == total || done.is_multiple_of(500) {
            (self.progress)(name, done, total);
        }
    }

    pub(crate) fn summary(self, options: &Options) -> Summary {
        Summary {
            seed: options.seed,
            as_of: options.as_of.to_string(),
            collections: self.collections,
            defects: Defects::ALL,
        }
    }
}
