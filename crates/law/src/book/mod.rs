//! The law book: which rules demand, forbid or support keeping data, as data.
//!
//! The files are `law/*.toml`, one a country; `ADDING-A-LAW.md` says how to write one. A law has
//! versions, each in force between two dates, and the record's own date chooses among them. What
//! nobody has seen in the source itself is marked so, and the mark is for the reader to see.

mod article;
mod basis;
mod check;
mod suggest;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use article::{Article, Regulation};
pub use basis::Basis;

use crate::{Anchor, LawError, Period, Term};

/// The law files that the program carries: name and text.
pub const EMBEDDED: [(&str, &str); 2] = [
    ("eu.toml", include_str!("../../law/eu.toml")),
    ("dk.toml", include_str!("../../law/dk.toml")),
];

/// A text in Danish and English.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with `da` and `en`")]
pub struct Text {
    /// Danish.
    pub da: String,
    /// English.
    pub en: String,
}

/// What a law asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(expecting = "a kind of law")]
pub enum Kind {
    /// A duty to keep for at least a period.
    #[serde(rename = "minimum")]
    Minimum,
    /// A duty to keep while a condition holds, without a fixed period.
    #[serde(rename = "open-ended minimum")]
    OpenEndedMinimum,
    /// A duty to erase when a period is over.
    #[serde(rename = "maximum")]
    Maximum,
    /// What an authority or practice accepts; not a duty.
    #[serde(rename = "guideline")]
    Guideline,
    /// A limitation period: it supports a need to keep, and is not a duty.
    #[serde(rename = "limitation")]
    Limitation,
    /// Lifts a maximum while a condition holds; not a duty to keep.
    #[serde(rename = "exception")]
    Exception,
}

impl Kind {
    /// Whether it is a statutory duty to keep.
    pub fn is_minimum(self) -> bool {
        matches!(self, Kind::Minimum | Kind::OpenEndedMinimum)
    }

    /// Whether it has a condition in place of a period.
    pub fn is_open_ended(self) -> bool {
        matches!(self, Kind::OpenEndedMinimum | Kind::Exception)
    }

    /// The kind in Danish, as a caseworker says it.
    pub fn text_da(self) -> &'static str {
        match self {
            Kind::Minimum => "opbevaringspligt",
            Kind::OpenEndedMinimum => "opbevaringspligt uden fast frist",
            Kind::Maximum => "slettepligt",
            Kind::Guideline => "vejledende frist",
            Kind::Limitation => "forældelsesfrist",
            Kind::Exception => "undtagelse fra slettepligt",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Minimum => "minimum",
            Kind::OpenEndedMinimum => "open-ended minimum",
            Kind::Maximum => "maximum",
            Kind::Guideline => "guideline",
            Kind::Limitation => "limitation",
            Kind::Exception => "exception",
        })
    }
}

/// How well an entry has been checked; as well as its least checked part. The worst is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "`verified`, `secondary` or `unverified`")]
pub enum Verified {
    /// Not checked in any source.
    Unverified,
    /// Seen in a secondary source only.
    Secondary,
    /// Seen in the source itself.
    Verified,
}

impl Verified {
    /// The mark in Danish.
    pub fn text_da(self) -> &'static str {
        match self {
            Verified::Unverified => "ikke efterprøvet",
            Verified::Secondary => "kun sekundær kilde",
            Verified::Verified => "efterprøvet",
        }
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verified::Unverified => "unverified",
            Verified::Secondary => "secondary",
            Verified::Verified => "verified",
        })
    }
}

/// One rule of law or practice, through its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a law")]
pub struct Law {
    /// The name in registers, such as `dk.bogfoering`.
    pub id: String,
    /// What it is about.
    pub title: Text,
    /// What it asks.
    pub kind: Kind,
    /// For an exception: the id of the maximum it lifts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excepts: Option<String>,
    /// From the oldest to the newest, without overlap.
    #[serde(rename = "version")]
    pub versions: Vec<Version>,
}

/// A law as it was or is in force between two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a version of a law")]
pub struct Version {
    /// Act, number and section, in the words of its country.
    pub citation: String,
    /// First day in force; none if not known or long past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<Date>,
    /// Last day in force; none if it still is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_to: Option<Date>,
    /// The starting point in words, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Text>,
    /// How long; none for what is open-ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// From where the period is counted.
    #[serde(default)]
    pub anchor: Anchor,
    /// For what is open-ended: while what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// How well this has been checked.
    pub verified: Verified,
    /// What a reader should know, such as which part is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl Version {
    /// The period with its anchor; none for what is open-ended.
    pub fn term(&self) -> Option<Term> {
        self.period.map(|period| Term::new(period, self.anchor))
    }

    /// Whether it is in force on a date.
    pub fn in_force_on(&self, date: Date) -> bool {
        self.in_force_from.is_none_or(|from| from <= date)
            && self.in_force_to.is_none_or(|to| date <= to)
    }
}

impl Law {
    /// The version in force on the record's own date, so that the accounts of 2021 cite the act of
    /// then.
    pub fn version_on(&self, date: Date) -> Option<&Version> {
        self.versions.iter().find(|version| version.in_force_on(date))
    }

    /// The newest version.
    pub fn newest(&self) -> &Version {
        // INVARIANT: a law has a version, `check` refuses one without.
        &self.versions[self.versions.len() - 1]
    }

    /// How well it has been checked: as well as the least checked of its versions.
    pub fn verified(&self) -> Verified {
        self.versions.iter().map(|v| v.verified).min().unwrap_or(Verified::Unverified)
    }
}

/// All laws and articles of some law files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LawBook {
    laws: BTreeMap<String, Law>,
    regulations: Vec<Regulation>,
    files: Vec<(String, Date)>,
}

/// One law file, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a law file")]
struct File {
    as_of: Date,
    #[serde(default)]
    law: Vec<Law>,
    #[serde(default)]
    regulation: Vec<Regulation>,
}

impl LawBook {
    /// The law book that the program carries.
    pub fn embedded() -> &'static LawBook {
        static BOOK: OnceLock<LawBook> = OnceLock::new();
        // INVARIANT: the embedded files are right; the tests of this crate parse them.
        BOOK.get_or_init(|| LawBook::parse(&EMBEDDED).expect("the embedded law files are right"))
    }

    /// A law book from files: name (`dk.toml`) and text. The order of the files is of no
    /// consequence. To add to what the program carries, give [`EMBEDDED`] and the new ones.
    pub fn parse(files: &[(&str, &str)]) -> Result<LawBook, LawError> {
        let mut book = LawBook::default();
        for (name, text) in files {
            let mut file: File =
                toml::from_str(text).map_err(|e| check::unreadable(name, text, &e))?;
            check::file(name, &mut file)?;
            for law in file.law {
                if let Some(law) = book.laws.insert(law.id.clone(), law) {
                    return Err(check::wrong(name, &law.id, "the id is used twice"));
                }
            }
            for regulation in file.regulation {
                if book.regulations.iter().any(|other| other.id == regulation.id) {
                    return Err(check::wrong(name, &regulation.id, "the id is used twice"));
                }
                book.regulations.push(regulation);
            }
            book.files.push(((*name).to_owned(), file.as_of));
        }
        check::exceptions(&book)?;
        book.regulations.sort_by(|a, b| a.id.cmp(&b.id));
        book.files.sort();
        Ok(book)
    }

    /// The law of this id.
    pub fn get(&self, id: &str) -> Option<&Law> {
        self.laws.get(id)
    }

    /// All laws, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Law> {
        self.laws.values()
    }

    /// The id of a law nearest to one that does not exist, for "did you mean"; none if nothing is
    /// near. Danish letters and a missing country are forgiven.
    pub fn suggest(&self, id: &str) -> Option<&str> {
        suggest::nearest(id, self.laws.keys())
    }

    /// An article of the GDPR by its number, `6(1)(b)`, or of any regulation by its id,
    /// `eu.gdpr.6.1.b`. `art.`, spaces and the Danish `6, stk. 1, litra b` are understood.
    pub fn article(&self, text: &str) -> Option<&Article> {
        let id = article::id_of(text);
        let all = || self.regulations.iter().flat_map(|regulation| &regulation.articles);
        all().find(|article| article.id == id || article.id.strip_prefix("eu.gdpr.") == Some(&id))
    }

    /// The regulations whose articles are in the book, by id.
    pub fn regulations(&self) -> &[Regulation] {
        &self.regulations
    }

    /// The law files, each with the date on which the law was as it says.
    pub fn files(&self) -> impl Iterator<Item = (&str, Date)> {
        self.files.iter().map(|(name, as_of)| (name.as_str(), *as_of))
    }
}
