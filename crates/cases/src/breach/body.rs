//! What the log says of a breach.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::refused::{Refused, said};

/// The body of a case of kind breach.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// When the controller became aware of it: the 72 hours run from here.
    pub aware: Timestamp,
    /// When it happened, or from when to when, as far as it is known.
    pub occurred: Option<String>,
    /// What happened.
    pub what: String,
    /// The data sets concerned.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// Categories of data subjects, as the register names them.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Categories of personal data, as the register names them.
    #[serde(default)]
    pub categories: Vec<String>,
    /// About how many people.
    pub persons: Option<Amount>,
    /// About how many records.
    pub records: Option<Amount>,
    /// The likely consequences.
    pub consequences: Option<String>,
    /// What was done, or will be, against it and its effects.
    pub measures: Option<String>,
    /// The assessments, the newest last: that one is in force.
    #[serde(default)]
    pub assessed: Vec<Assessed>,
    /// The notifications to the authority, the first one first.
    #[serde(default)]
    pub notified: Vec<Notified>,
    /// Whether the data subjects were told.
    #[serde(default)]
    pub told: Option<Told>,
    /// When it was closed, by whom.
    #[serde(default)]
    pub closed: Option<(Timestamp, String)>,
}

// By hand, here and below: what happened is about people.
impl fmt::Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breach")
            .field("aware", &self.aware)
            .field("datasets", &self.datasets)
            .field("notified", &self.notified.len())
            .finish_non_exhaustive()
    }
}

/// A number that may be known only roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// How many.
    pub n: u64,
    /// Only approximately.
    pub about: bool,
}

impl std::str::FromStr for Amount {
    type Err = Refused;

    /// `1200`, or `~1200` for about 1200.
    fn from_str(text: &str) -> Result<Self, Refused> {
        let about = text.trim().starts_with('~');
        let digits: String =
            text.chars().filter(|c| !matches!(c, '~' | ' ' | '.' | ',' | '_')).collect();
        let n = digits.parse().map_err(|_| {
            Refused::new(format!("`{text}` is no number"))
                .help("write `1200`, or `~1200` for about 1200")
        })?;
        Ok(Self { n, about })
    }
}

/// How likely it is that the breach harms somebody's rights and freedoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Unlikely to be a risk: logged, not notified.
    Unlikely,
    /// A risk: the authority is notified.
    Risk,
    /// A high risk: the data subjects are told as well.
    High,
}

impl Risk {
    /// In words, Danish and English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Unlikely => ("Risiko er usandsynlig", "A risk is unlikely"),
            Self::Risk => ("Risiko", "Risk"),
            Self::High => ("Høj risiko", "High risk"),
        }
    }
}

/// An assessment of the risk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessed {
    /// When.
    pub at: Timestamp,
    /// The operator who assessed.
    pub by: String,
    /// What came of it.
    pub risk: Risk,
    /// Why.
    pub reason: String,
}

impl fmt::Debug for Assessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assessed({}, {:?})", self.at, self.risk)
    }
}

/// A notification to the authority.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notified {
    /// Its phase, from 1.
    pub phase: u32,
    /// When it was sent.
    pub at: Timestamp,
    /// The operator who sent it.
    pub by: String,
    /// The authority's receipt or reference.
    pub reference: Option<String>,
    /// Whether more is to follow (33(4)).
    pub more: bool,
    /// Why it came late (33(1)).
    pub late: Option<String>,
    /// SHA-256 of the notification as it was sent.
    pub sha256: Option<String>,
}

impl fmt::Debug for Notified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notified({}, {})", self.phase, self.at)
    }
}

/// Whether the data subjects were told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// When it was done or decided.
    pub at: Timestamp,
    /// The operator.
    pub by: String,
    /// How they were told; none when they were not.
    pub how: Option<String>,
    /// Why they were not told; none when they were.
    pub why_not: Option<String>,
    /// How many were told.
    pub persons: Option<Amount>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Told({}, {})", self.at, self.how.is_some())
    }
}

/// A breach as it is first entered.
#[derive(Clone, Default)]
pub struct NewBreach<'a> {
    /// What happened.
    pub what: &'a str,
    /// When it happened.
    pub occurred: Option<&'a str>,
    /// The data sets concerned.
    pub datasets: &'a [String],
    /// Categories of data subjects besides those of the data sets.
    pub subjects: &'a [String],
    /// Categories of personal data besides those of the data sets.
    pub categories: &'a [String],
    /// About how many people.
    pub persons: Option<Amount>,
    /// About how many records.
    pub records: Option<Amount>,
    /// The likely consequences.
    pub consequences: Option<&'a str>,
    /// What was done against it.
    pub measures: Option<&'a str>,
}

impl Breach {
    /// Opens the log's entry. The data sets give categories of people and data from the register.
    ///
    /// # Errors
    /// When nothing is said of what happened, the instant is in the future, or a data set or
    /// category is not in the register.
    pub fn open(
        aware: Timestamp,
        now: Timestamp,
        new: &NewBreach<'_>,
        register: &frist_register::Register,
    ) -> Result<Self, Refused> {
        if aware > now {
            return Err(Refused::new("the instant of becoming aware is in the future")
                .help("give when somebody first knew of it: the 72 hours run from there"));
        }
        let mut breach = Self {
            aware,
            occurred: None,
            what: said("what happened", new.what)?,
            datasets: Vec::new(),
            subjects: Vec::new(),
            categories: Vec::new(),
            persons: None,
            records: None,
            consequences: None,
            measures: None,
            assessed: Vec::new(),
            notified: Vec::new(),
            told: None,
            closed: None,
        };
        breach.learn(&NewBreach { what: "", ..new.clone() }, register)?;
        Ok(breach)
    }
}
