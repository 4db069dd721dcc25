//! The statute or practice behind a period, as documents cite it.

use frist_law::book::Verified;
use jiff::civil::Date;
use serde::Serialize;

use crate::source::{Source, small};

/// A statute or practice behind a period, in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// Act, number and section.
    pub citation: String,
    /// First day in force, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<Date>,
    /// Last day in force, when it no longer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_to: Option<Date>,
    /// The period in words, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// How well the law book has checked it: `verified`, `secondary` or `unverified`.
    pub checked: String,
    #[serde(skip)]
    pub(super) verified: Option<Verified>,
}

impl Citation {
    /// The citation with the days in force, and the law book's reservation where it has one.
    pub fn line(&self, source: &Source<'_>) -> String {
        let mut text = self.citation.clone();
        let day = |d: Date| source.day(d);
        text += &match (self.in_force_from, self.in_force_to, source.da()) {
            (Some(from), Some(to), true) => format!(", i kraft {} til {}", day(from), day(to)),
            (Some(from), Some(to), false) => format!(", in force {} to {}", day(from), day(to)),
            (Some(from), None, true) => format!(", i kraft fra {}", day(from)),
            (Some(from), None, false) => format!(", in force from {}", day(from)),
            (None, Some(to), true) => format!(", i kraft til {}", day(to)),
            (None, Some(to), false) => format!(", in force until {}", day(to)),
            (None, None, _) => String::new(),
        };
        if let Some(verified) = self.verified.filter(|v| *v != Verified::Verified) {
            let mark = if source.da() { verified.text_da().to_owned() } else { said(verified) };
            text += &format!(" [{mark}]");
        }
        text
    }
}

fn said(verified: Verified) -> String {
    match verified {
        Verified::Secondary => "seen in a secondary source only".to_owned(),
        other => other.to_string(),
    }
}

/// A Danish citation inside a sentence: acts and orders with a small first letter.
pub(crate) fn inside(citation: &str) -> String {
    let first = citation.split_whitespace().next().unwrap_or_default();
    let name = first.ends_with("loven") || first.ends_with("bekendtgørelsen");
    if name || first == "Praksis" { small(citation) } else { citation.to_owned() }
}
