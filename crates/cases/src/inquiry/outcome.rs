//! How an inquiry ended, and what has to be done afterwards.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Inquiry;
use crate::refused::{Refused, said};

/// What the authority decided (Art. 58(2), and Datatilsynet's practice of criticism).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// It had nothing to remark.
    NoRemark,
    /// Warning.
    Warning,
    /// Criticism.
    Criticism,
    /// Serious criticism.
    SeriousCriticism,
    /// Order.
    Order,
    /// Ban.
    Ban,
    /// Fine, or a report to the police with a proposed one.
    Fine,
}

impl Power {
    /// All of them, from the mildest.
    pub const ALL: [Self; 7] = [
        Self::NoRemark,
        Self::Warning,
        Self::Criticism,
        Self::SeriousCriticism,
        Self::Order,
        Self::Ban,
        Self::Fine,
    ];

    /// In words, Danish and English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::NoRemark => ("Ingen bemærkninger", "No remark"),
            Self::Warning => ("Advarsel", "Warning"),
            Self::Criticism => ("Kritik", "Criticism"),
            Self::SeriousCriticism => ("Alvorlig kritik", "Serious criticism"),
            Self::Order => ("Påbud", "Order"),
            Self::Ban => ("Forbud", "Ban"),
            Self::Fine => ("Bøde", "Fine"),
        }
    }
}

/// The authority's decision.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The day of the decision.
    pub decided: Date,
    /// What it says, from the mildest; more than one is possible (criticism and an order).
    pub powers: Vec<Power>,
    /// In a few words.
    pub text: Option<String>,
    /// When it was entered.
    pub at: Timestamp,
    /// The operator who entered it.
    pub by: String,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({}, {:?})", self.decided, self.powers)
    }
}

/// Something to be done after the decision.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Its number, from 1.
    pub number: u32,
    /// What.
    pub what: String,
    /// Until the end of this day.
    pub due: Date,
    /// When it was done, by whom, and how.
    #[serde(default)]
    pub done: Option<(Timestamp, String, String)>,
}

impl fmt::Debug for FollowUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FollowUp({}, {}, done {})", self.number, self.due, self.done.is_some())
    }
}

impl Inquiry {
    /// Enters the decision, with what has to be done after it.
    ///
    /// # Errors
    /// When it is decided already, no outcome is given or `no-remark` together with another, the
    /// decision is older than the inquiry, or an order or ban says nothing of what is to be done.
    pub fn close(&mut self, outcome: Outcome, next: &[(Date, String)]) -> Result<(), Refused> {
        self.undecided()?;
        let mut powers = outcome.powers.clone();
        powers.sort_unstable();
        powers.dedup();
        if powers.is_empty() {
            return Err(Refused::new("the decision has no outcome").help(
                "give one or more of no-remark, warning, criticism, serious-criticism, order, ban, fine",
            ));
        }
        if powers.contains(&Power::NoRemark) && powers.len() > 1 {
            return Err(Refused::new("`no-remark` does not go with another outcome"));
        }
        if outcome.decided < self.received {
            return Err(Refused::new(format!(
                "the decision of {} is older than the inquiry, received {}",
                outcome.decided, self.received
            )));
        }
        let binds = powers.iter().any(|p| matches!(p, Power::Order | Power::Ban));
        if binds && next.is_empty() {
            return Err(Refused::new("an order or a ban has to be carried out by a day")
                .help("say what, and until when: `--follow-up \"2026-12-20: stop recording\"`"));
        }
        let mut follow_ups = Vec::new();
        for (due, what) in next {
            if *due < outcome.decided {
                return Err(Refused::new(format!("the follow-up of {due} is before the decision")));
            }
            let number = u32::try_from(follow_ups.len()).unwrap_or(u32::MAX).saturating_add(1);
            let what = said("the follow-up", what)?;
            follow_ups.push(FollowUp { number, what, due: *due, done: None });
        }
        self.follow_ups = follow_ups;
        self.outcome = Some(Outcome { powers, ..outcome });
        Ok(())
    }

    /// Says that a follow-up was done, and how.
    ///
    /// # Errors
    /// When there is none of this number, it was done, or nothing is said.
    pub fn followed_up(
        &mut self,
        number: u32,
        at: Timestamp,
        by: &str,
        how: &str,
    ) -> Result<(), Refused> {
        let how = said("what was done", how)?;
        let found = self.follow_ups.iter_mut().find(|f| f.number == number);
        let follow_up =
            found.ok_or_else(|| Refused::new(format!("there is no follow-up {number}")))?;
        if follow_up.done.is_some() {
            return Err(Refused::new(format!("follow-up {number} was done already")));
        }
        follow_up.done = Some((at, by.to_owned(), how));
        Ok(())
    }
}
