//! What people answered when a rule asked for their assessment.
//!
//! An answer decides only where the rule comes to *review*: `keep` makes that *keep* until its day, and
//! `erase` makes it *due*. It never outlives a duty to erase, and it never breaks a duty to keep: a
//! record that was answered `erase` while a statute still demands it is restricted until that ends,
//! and unclear while a fact leaves open whether one does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// A person's answer about one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Verdict {
    /// It is kept until this instant; then it is asked again.
    Keep {
        /// The first instant at which it is asked again.
        until: Timestamp,
    },
    /// No ground but a statute's is left: it is erased.
    Erase {
        /// When that was answered: it is due from then on.
        since: Timestamp,
    },
}

impl Verdict {
    /// Whether it keeps at `t`. A clock that was set back does not undo it.
    pub fn keeps(self, t: Timestamp) -> bool {
        matches!(self, Verdict::Keep { until } if t < until)
    }
    /// Whether it wants the record erased at `t`.
    pub fn erases(self, t: Timestamp) -> bool {
        matches!(self, Verdict::Erase { since } if since <= t)
    }
    /// The instant at which it begins or ends to count.
    pub(crate) fn instant(self) -> Timestamp {
        match self {
            Verdict::Keep { until: at } | Verdict::Erase { since: at } => at,
        }
    }
}

/// The answers about the records of one data set, by key as text; cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answers(Arc<BTreeMap<String, Verdict>>);

impl Answers {
    /// The answer about the record of this key.
    pub fn get(&self, key: &str) -> Option<Verdict> {
        // Most data sets have none, and most callers ask for every record.
        if self.0.is_empty() { None } else { self.0.get(key).copied() }
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// The keys of the records that were answered, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
    /// The keys of which the answer satisfies `is`.
    pub(crate) fn those(&self, is: impl Fn(Verdict) -> bool) -> KeySet {
        let keys = self.0.iter().filter(|(_, v)| is(**v)).map(|(key, _)| key.clone());
        KeySet(Arc::new(keys.collect()))
    }
}

impl FromIterator<(String, Verdict)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, Verdict)>>(all: I) -> Self {
        Self(Arc::new(all.into_iter().collect()))
    }
}

// By hand, so that no key gets into a log.
impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers(..{})", self.0.len())
    }
}

/// Keys of records, as text; cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySet(Arc<BTreeSet<String>>);

impl KeySet {
    /// Whether the record of this key is one of them.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains(key)
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet(..{})", self.0.len())
    }
}
