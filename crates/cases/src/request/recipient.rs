//! Those to whom data was disclosed that was then erased, rectified or restricted for a person: each
//! of them is to be told, unless that is impossible or takes a disproportionate effort (Art. 19).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::Request;

/// A recipient that is to be told, or was.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its id in the register.
    pub id: String,
    /// The data sets of which records of the person were changed, and which it has had data of.
    pub datasets: Vec<String>,
    /// The categories of personal data that it has had of them, by their ids.
    pub categories: Vec<String>,
    /// When it was carried out.
    pub since: Timestamp,
    /// What came of it; none while it is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// What came of telling a recipient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Notice {
    /// It was told.
    Told {
        /// On which day, in the controller's zone.
        on: Date,
        /// By which way.
        how: String,
    },
    /// That is impossible, or takes a disproportionate effort.
    Cannot {
        /// Why.
        why: String,
    },
}

// By hand: the ways and reasons are in people's own words.
impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recipient({}, {:?})", self.id, self.notice)
    }
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Notice::Told { on, .. } => write!(f, "Told({on})"),
            Notice::Cannot { .. } => f.write_str("Cannot"),
        }
    }
}

/// What a recipient has had, as the register says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// The recipient's id.
    pub recipient: String,
    /// The data sets.
    pub datasets: Vec<String>,
    /// The categories of personal data, by their ids.
    pub categories: Vec<String>,
}

impl Request {
    /// The recipients that are still to be told.
    pub fn untold(&self) -> impl Iterator<Item = &Recipient> {
        self.recipients.iter().filter(|r| r.notice.is_none())
    }

    /// Puts down who is to be told of what was carried out at `at`. Who waits to be told already is
    /// told of all of it at once; who was told of something else before is told again.
    pub fn owe(&mut self, disclosed: Vec<Disclosed>, at: Timestamp) {
        for one in disclosed {
            let open =
                self.recipients.iter_mut().find(|r| r.id == one.recipient && r.notice.is_none());
            match open {
                Some(open) => {
                    join(&mut open.datasets, one.datasets);
                    join(&mut open.categories, one.categories);
                }
                None => self.recipients.push(Recipient {
                    id: one.recipient,
                    datasets: one.datasets,
                    categories: one.categories,
                    since: at,
                    notice: None,
                }),
            }
        }
    }

    /// The line that a notice to this recipient is about: the one that waits, else the last that could
    /// not be told, so that what became possible can be put down too.
    pub(super) fn tellable(&self, id: &str) -> Option<usize> {
        let of = |told: fn(&Option<Notice>) -> bool| {
            self.recipients.iter().rposition(|r| r.id == id && told(&r.notice))
        };
        of(Option::is_none).or_else(|| of(|n| matches!(n, Some(Notice::Cannot { .. }))))
    }
}

/// Adds what is not there yet.
pub(crate) fn join(into: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !into.contains(&one) {
            into.push(one);
        }
    }
}
