//! Finding a person in all stores.
//!
//! The register says which fields tell who somebody is
//! ([`frist_register::Register::identity_fields`]). What is known of the person is looked for in every data set that has such a field;
//! what the records found say about who they are leads on, until nothing new turns up. Nothing is
//! guessed: what several persons may share (a family's telephone, a name) leads to a [`Question`],
//! and so does a record that says by another identifier that it is somebody else's.
//!
//! - `fields` reads from the register what can be looked for where, and what a field may prove.
//! - `value` says how values are compared and spelled.
//! - `judge` is pure: from the records found so far, which are the person's, and which are asked about.
//! - `follow` adds what has no identifier of its own and goes with a record that was found.
//! - `search` asks the stores, in parallel, until the judge has nothing more to ask for.
//!
//! Found by the person is not decided about: what follows for each record is [`crate::decide`].

mod fields;
mod follow;
mod judge;
mod log;
mod search;
pub mod value;

use std::fmt;

use frist_stores::Key;
use frist_sweep::Engine;
use serde::{Deserialize, Serialize};

use crate::Result;
pub use log::{Occasion, check_reason, log_search};
pub use search::Finder;

/// Bounds on one search. What one of them cuts off is said in [`Found::truncated`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How often the stores are asked for what the last answers said.
    pub rounds: usize,
    /// Records read from one data set in one round.
    pub records: usize,
    /// Records read in all.
    pub total: usize,
    /// Values that tell who the person is.
    pub identifiers: usize,
    /// Records read from one data set for questions.
    pub asked: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rounds: 12, records: 20_000, total: 100_000, identifiers: 2_000, asked: 200 }
    }
}

/// What a person has said to a [`Question`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Said {
    /// This value is of the person looked for and nobody else: what has it is theirs.
    Yes {
        /// The kind of value.
        kind: String,
        /// The value.
        value: String,
    },
    /// This value tells nothing about the person looked for: not asked about again.
    No {
        /// The kind of value.
        kind: String,
        /// The value.
        value: String,
    },
    /// This record is about the person.
    YesRecord {
        /// Data set.
        dataset: String,
        /// The record's key as text.
        key: String,
    },
    /// This record is about somebody else.
    NoRecord {
        /// Data set.
        dataset: String,
        /// The record's key as text.
        key: String,
    },
}

impl Said {
    /// Whether it is said about the same value or record.
    #[must_use]
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        use Said::{No, NoRecord, Yes, YesRecord};
        match (self, other) {
            (
                Yes { kind, value } | No { kind, value },
                Yes { kind: k, value: v } | No { kind: k, value: v },
            ) => (kind, value) == (k, v),
            (
                YesRecord { dataset, key } | NoRecord { dataset, key },
                YesRecord { dataset: d, key: k } | NoRecord { dataset: d, key: k },
            ) => (dataset, key) == (d, k),
            _ => false,
        }
    }
}

/// Where a value that tells who the person is was known from.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It was given.
    Given,
    /// A person has said so.
    Said,
    /// A record of the person has it.
    Record {
        /// Data set.
        dataset: String,
        /// The record's key as text.
        key: String,
        /// The field.
        field: String,
    },
}

/// A value that tells who the person is.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    /// The kind of value: the id of an identity or of a category of data subjects.
    pub kind: String,
    /// The value, as it was first seen.
    pub value: String,
    /// From where.
    pub from: Origin,
    /// Whether others may have it too, so that it proves nothing by itself.
    pub shared: bool,
}

/// Why a record is thought to be the person's.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A field of it has a value that is the person's.
    Field {
        /// The field.
        field: String,
        /// The kind of value.
        kind: String,
        /// The value.
        value: String,
        /// From where it is known that this is the person's.
        from: Origin,
    },
    /// It goes with a record of the person, which it refers to (`on_erase = "cascade"`).
    Follows {
        /// The field that refers to it.
        field: String,
        /// The data set of the record.
        dataset: String,
        /// The record's key as text.
        key: String,
    },
    /// A person has said so.
    Said,
}

/// A record of the person: always certain. What is not certain is in [`Found::asked`].
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Data set.
    pub dataset: String,
    /// The record's key.
    pub key: Key,
    /// Why; at least one reason.
    pub why: Vec<Reason>,
}

/// A value in a record.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Says {
    /// The field.
    pub field: String,
    /// The kind of value.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// A record that may be the person's.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Doubtful {
    /// Data set.
    pub dataset: String,
    /// The record's key.
    pub key: Key,
    /// What else it says about who it is about.
    pub says: Vec<Says>,
    /// What of that speaks against its being the person: another number than theirs.
    pub against: Vec<Says>,
}

/// Why a person must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The values are of a kind that several persons may share.
    Shared,
    /// They should be one person's, but records of several persons have them.
    Several,
    /// The records say that they are somebody else's: they carry another number.
    Conflict,
}

/// What a person must say before the records are taken for the person's.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The values that the records have in common with the person.
    pub values: Vec<Known>,
    /// Why they do not suffice.
    pub doubt: Doubt,
    /// The records.
    pub records: Vec<Doubtful>,
    /// Whether there are more than were read.
    pub more: bool,
}

/// What was cut off by [`Limits`]. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Truncated {
    /// New values were left to ask for when the last round was over.
    pub rounds: bool,
    /// There were more records in all.
    pub total: bool,
    /// There were more values that tell who the person is.
    pub identifiers: bool,
    /// Data sets in which there were more records.
    pub datasets: Vec<String>,
}

/// Why a data set cannot be searched whose register names no field that tells who a record is about.
pub const NO_FIELD: &str = "the register names no field of it that tells who it is about";

/// What was found, and what was not looked at.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The person's records, by data set in the register's order, then by key.
    pub hits: Vec<Hit>,
    /// What a person must say.
    pub asked: Vec<Question>,
    /// What tells who the person is.
    pub identifiers: Vec<Known>,
    /// Stores that did not answer, with why: nobody can say what is there.
    pub unreachable: Vec<(String, String)>,
    /// Data sets that cannot be searched, with why: somebody must look there by hand.
    pub unsearchable: Vec<(String, String)>,
    /// Data sets that were not asked, because nothing is known of the person that could stand there,
    /// with the kinds of values that do: a customer may be an employee too.
    pub not_asked: Vec<(String, Vec<String>)>,
    /// Data sets that were searched.
    pub searched: Vec<String>,
    /// Data sets with records that could not be read, and how many: files without a sidecar.
    pub unread: Vec<(String, u64)>,
    /// Fields that no index serves, so that the whole data set was read.
    pub slow: Vec<(String, String)>,
    /// What was cut off.
    pub truncated: Truncated,
    /// How often the stores were asked.
    pub rounds: usize,
}

impl Found {
    /// Whether every data set was searched to the end and nothing waits for a person's word. Only
    /// then does "nothing found" mean that there is nothing.
    pub fn is_complete(&self) -> bool {
        self.asked.is_empty()
            && self.unreachable.is_empty()
            && self.unsearchable.is_empty()
            && self.not_asked.is_empty()
            && self.unread.is_empty()
            && self.truncated == Truncated::default()
    }
}

/// Finds a person: `known` are values by the id of their kind (`customer`, `email`). For several
/// persons, [`Finder`] looks at the register and the stores' catalogues once.
///
/// # Errors
/// [`crate::CasesError::Input`] when a kind is none that the register knows, or a value can be
/// nobody's. A store that does not answer is no error; see [`Found::unreachable`].
pub fn find(
    engine: &mut Engine,
    known: &[(String, String)],
    limits: &Limits,
    said: &[Said],
) -> Result<Found> {
    Finder::new(engine).find(engine, known, limits, said)
}

macro_rules! no_values_in_debug {
    ($($type:ident),+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Who somebody is goes into no log.
                write!(f, concat!(stringify!($type), "(..)"))
            }
        }
    )+};
}
no_values_in_debug!(Said, Origin, Known, Reason, Hit, Says, Doubtful, Question);

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Found({} hits, {} questions)", self.hits.len(), self.asked.len())
    }
}
