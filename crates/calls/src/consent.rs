//! What a caller has said, per purpose: a pure state machine. No clock and no I/O: instants are
//! arguments.
//!
//! A purpose is *unasked*, *granted*, *refused* or *withdrawn*. Only two things grant: the key `1`,
//! pressed for that purpose, or a statement by a named principal. Everything else (another key, no
//! key, a hang-up, silence) is a refusal, and a refusal has the effect of never having been asked.
//! What was withdrawn stays withdrawn for the call, unless the caller is asked anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The key that grants.
pub const YES: char = '1';

/// How an answer or a withdrawal came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The caller pressed this key when asked.
    Key(char),
    /// The caller pressed nothing in time.
    NoKey,
    /// The caller pressed a key that means nothing here.
    WrongKey,
    /// The caller hung up while being asked.
    HungUp,
    /// A principal said so by the API: its name in `calls.toml`, or the operator's at the command line.
    Api {
        /// Who.
        who: String,
    },
    /// The agent said so for the caller, who asked for it aloud: enough to withdraw, not to grant.
    Agent {
        /// Who.
        who: String,
    },
}

impl How {
    /// Whether an answer that came like this can grant at all.
    #[must_use]
    pub fn can_grant(&self) -> bool {
        match self {
            How::Key(key) => *key == YES,
            How::Api { who } => !who.trim().is_empty(),
            How::NoKey | How::WrongKey | How::HungUp | How::Agent { .. } => false,
        }
    }
}

/// When and how something was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: How,
}

/// Where one purpose stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing was said; also while the caller is being asked.
    #[default]
    Unasked,
    /// The caller said yes.
    Granted(Said),
    /// The caller did not say yes.
    Refused(Said),
    /// The caller took a yes back.
    Withdrawn {
        /// The yes.
        granted: Said,
        /// Its withdrawal.
        withdrawn: Said,
        /// Whether the caller was asked anew since, so that an answer counts again.
        asked_anew: bool,
    },
}

/// Something that happens to a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The caller is asked (again). Only this opens a withdrawn purpose to an answer.
    Asked,
    /// The caller answered, or failed to. `granted` is a claim: it grants only when the way allows.
    Answered {
        /// Whether the answer claims a yes.
        granted: bool,
        /// When and how.
        said: Said,
    },
    /// The caller takes the yes back.
    Withdrew(Said),
}

/// What a call's caller has said, per purpose (the register's ids).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consent(BTreeMap<String, Standing>);

impl Standing {
    /// What follows from an event.
    #[must_use]
    pub fn after(self, event: Event) -> Standing {
        match (self, event) {
            (Standing::Withdrawn { granted, withdrawn, .. }, Event::Asked) => {
                Standing::Withdrawn { granted, withdrawn, asked_anew: true }
            }
            // Being asked again does not take back a yes, and a no is nothing to take back.
            (standing, Event::Asked) => standing,
            // A late answer to an earlier question does not undo a withdrawal.
            (standing @ Standing::Withdrawn { asked_anew: false, .. }, Event::Answered { .. }) => {
                standing
            }
            (_, Event::Answered { granted: true, said }) if said.how.can_grant() => {
                Standing::Granted(said)
            }
            // A yes is taken back by a withdrawal, which is recorded as one.
            (Standing::Granted(granted), Event::Answered { said, .. })
            | (Standing::Granted(granted), Event::Withdrew(said)) => {
                Standing::Withdrawn { granted, withdrawn: said, asked_anew: false }
            }
            (Standing::Withdrawn { granted, withdrawn, .. }, Event::Answered { .. }) => {
                Standing::Withdrawn { granted, withdrawn, asked_anew: false }
            }
            (_, Event::Answered { said, .. }) => Standing::Refused(said),
            (Standing::Withdrawn { granted, withdrawn, .. }, Event::Withdrew(_)) => {
                Standing::Withdrawn { granted, withdrawn, asked_anew: false }
            }
            (standing, Event::Withdrew(_)) => standing,
        }
    }

    /// The yes that is in force, if there is one.
    #[must_use]
    pub fn granted(&self) -> Option<&Said> {
        match self {
            Standing::Granted(said) => Some(said),
            _ => None,
        }
    }

    /// Whether it was withdrawn, and no answer counts before the caller is asked anew.
    #[must_use]
    pub fn waits_for_a_question(&self) -> bool {
        matches!(self, Standing::Withdrawn { asked_anew: false, .. })
    }

    /// One word for it: `unasked`, `granted`, `refused`, `withdrawn`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Unasked => "unasked",
            Standing::Granted(_) => "granted",
            Standing::Refused(_) => "refused",
            Standing::Withdrawn { .. } => "withdrawn",
        }
    }
}

impl Consent {
    /// Takes an event of one purpose.
    pub fn apply(&mut self, purpose: &str, event: Event) {
        let standing = self.0.remove(purpose).unwrap_or_default();
        self.0.insert(purpose.to_owned(), standing.after(event));
    }

    /// Where a purpose stands.
    #[must_use]
    pub fn of(&self, purpose: &str) -> &Standing {
        self.0.get(purpose).unwrap_or(&Standing::Unasked)
    }

    /// Whether the caller has said yes to this purpose, and not taken it back.
    #[must_use]
    pub fn allows(&self, purpose: &str) -> bool {
        self.of(purpose).granted().is_some()
    }

    /// Whether a yes to any purpose is in force: only then may the call be recorded.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.values().any(|s| s.granted().is_some())
    }

    /// The purposes that the caller has said yes to, in the order of their ids.
    pub fn granted(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, s)| s.granted().is_some()).map(|(p, _)| p.as_str())
    }

    /// All purposes that anything is known of, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Standing)> {
        self.0.iter().map(|(p, s)| (p.as_str(), s))
    }
}

#[cfg(test)]
mod tests;
