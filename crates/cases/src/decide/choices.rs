//! What persons have answered in a case, so that the engine can decide the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Article;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Erasure, Art. 17: consent is taken back with it, and what rests on legitimate interests is
    /// objected to.
    Erasure,
    /// Objection, Art. 21(1).
    Objection,
    /// Objection to direct marketing, Art. 21(2)-(3): what is marketing ends, whether it rests on
    /// legitimate interests or on consent, and nothing else is weighed.
    Marketing,
    /// Withdrawal of consent, Art. 7(3).
    Withdrawal,
}

/// How an objection was weighed (Art. 21(1)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Weighed {
    /// The objection prevails: the ground ends.
    Upheld,
    /// Compelling legitimate grounds, or legal claims, override it; the reason goes into the letter.
    Overridden {
        /// Which, in the words of whoever weighed it.
        reason: String,
    },
}

/// What a person decided about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Own {
    /// It is kept although the engine would erase it.
    Keep {
        /// The article that permits it.
        article: Article,
        /// Why.
        reason: String,
    },
    /// The questions about it are answered: it may go, as far as no duty, hold or contract keeps it.
    Erase {
        /// Why.
        reason: String,
    },
}

/// The answers of persons in one case. Empty: nothing was answered yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// The purposes for which consent is taken back; all, when none is named.
    pub consents: BTreeSet<String>,
    /// The purposes that are direct marketing: against them an objection is absolute (Art. 21(2)-(3)).
    pub marketing: BTreeSet<String>,
    /// The purposes that are not, where an objection is against direct marketing.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub not_marketing: BTreeSet<String>,
    /// How the objection was weighed, by purpose.
    pub weighed: BTreeMap<String, Weighed>,
    /// What was decided about single records, by `data set/key`.
    pub records: BTreeMap<String, Own>,
    /// Whether the letter may name the matter of a hold.
    pub name_matters: bool,
}

impl Choices {
    /// The name of a record in [`Choices::records`].
    pub fn record_id(dataset: &str, key: &str) -> String {
        format!("{dataset}/{key}")
    }

    pub(super) fn own(&self, dataset: &str, key: &str) -> Option<&Own> {
        self.records.get(&Self::record_id(dataset, key))
    }
}

// By hand: records are named by their keys, and reasons are about people.
impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Choices")
            .field("consents", &self.consents)
            .field("marketing", &self.marketing)
            .field("weighed", &self.weighed.keys())
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}
