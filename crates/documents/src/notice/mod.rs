//! Privacy notices, Art. 13 and 14: one for each category of data subjects.
//!
//! The items and their headings follow the articles; storage periods are the very rules that erase.
//! What the register does not say is named in [`Notice::missing`], never left out silently.

mod build;
mod compare;
mod document;
pub(crate) mod gaps;
mod rights;

use jiff::civil::Date;
use serde::Serialize;

pub(crate) use document::paragraphs;

pub use compare::{ItemChange, NoticeChange, What, compare, wrong};

use crate::record::Named;
use crate::source::{Error, Result, Source};

/// The notice for one category of data subjects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The form of this data, `frist-notice/1`.
    pub schema: &'static str,
    /// The language of its texts.
    pub language: &'static str,
    /// The hash of the register's revision.
    pub revision: String,
    /// The document's date, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Whom it is for.
    pub subject: Named,
    /// Its heading.
    pub title: String,
    /// Which articles it answers to: 13, 14 or both.
    pub articles: Vec<&'static str>,
    /// The organisation's own words, said first.
    pub before: Vec<String>,
    /// What the articles ask for, in their order.
    pub items: Vec<Item>,
    /// The organisation's own words, said last.
    pub after: Vec<String>,
    /// What the articles ask for and the register does not say.
    pub missing: Vec<String>,
}

/// One item of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// A name that stays: `storage`.
    pub id: &'static str,
    /// The articles that ask for it.
    pub articles: Vec<&'static str>,
    /// Its heading.
    pub heading: String,
    /// A sentence before everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intro: Option<String>,
    /// What it says.
    pub groups: Vec<Group>,
    /// A sentence after everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outro: Option<String>,
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What they are about: an activity, a data set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The lines, each a sentence or a name.
    pub lines: Vec<String>,
}

/// The notice for one category of data subjects.
///
/// # Errors
/// When the register has an error, or holds nothing about them.
pub fn notice(source: &Source<'_>, subject: &str) -> Result<Notice> {
    let rows = frist_register::relation(source.register);
    let all = build::subjects(source, &rows);
    if !all.iter().any(|s| s == subject) {
        return Err(Error::NoSubject { subject: subject.to_owned(), known: all.join(", ") });
    }
    build::build(source, &rows, subject)
}

/// The notices for everybody that the organisation holds data about as a controller.
///
/// # Errors
/// When the register has an error.
pub fn notices(source: &Source<'_>) -> Result<Vec<Notice>> {
    let rows = frist_register::relation(source.register);
    build::subjects(source, &rows).iter().map(|s| build::build(source, &rows, s)).collect()
}

impl Notice {
    /// The notice as JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self) -> Result<String> {
        crate::layout::json(self, "JSON")
    }

    /// The item of this name.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|i| i.id == id)
    }
}
