//! How a request stands on a day: the line of the overview.

use frist_law::Calendar;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::clock::{DueFor, day_of, days_between};
use super::model::{Request, Stage};

/// Days before the end from which a case is shown as urgent.
pub const SOON: i32 = 7;

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// How far it has come.
    pub stage: Stage,
    /// The last day of what is due next; none when nothing is.
    pub last_day: Option<Date>,
    /// What is due next: `answer`, `refusal`, `deferred`, `recipients`.
    pub due_for: Option<&'static str>,
    /// Days until the last day: 0 on it, negative after it.
    pub days_left: Option<i32>,
    /// Whether the last day is over.
    pub late: bool,
    /// Since when the person has been asked who they are, without an answer.
    pub identity_waits_since: Option<Date>,
    /// Where somebody decided that the month counts from when the identity is known: one month
    /// from the receipt, the date that would stand otherwise.
    pub from_receipt: Option<Date>,
    /// The last day on which an extension can be taken.
    pub extension_until: Option<Date>,
    /// Whether it was extended.
    pub extended: bool,
    /// How many parts wait for their ground to end.
    pub open_parts: usize,
    /// How many recipients of what was changed are not told yet (Art. 19).
    pub untold: usize,
    /// How many days late the answer was given.
    pub answered_late: Option<u32>,
}

impl Request {
    /// How the request stands at `now`.
    #[must_use]
    pub fn standing(&self, now: Timestamp, calendar: &Calendar) -> Standing {
        let due = self.due(calendar);
        let today = day_of(now, calendar);
        let moved = self.identity.iter().any(|check| check.moves.is_some());
        let waits = self.check().filter(|_| self.stage == Stage::IdentityAsked);
        Standing {
            stage: self.stage,
            last_day: due.map(|due| due.last_day),
            due_for: due.map(|due| match due.what {
                DueFor::Answer => "answer",
                DueFor::Refusal => "refusal",
                DueFor::Deferred => "deferred",
                DueFor::Recipients => "recipients",
            }),
            days_left: due.map(|due| days_between(today, due.last_day)),
            late: due.is_some_and(|due| now >= due.over),
            identity_waits_since: waits.map(|check| day_of(check.asked, calendar)),
            from_receipt: match moved {
                true => self.month_from_receipt(calendar).map(|due| due.last_day),
                false => None,
            },
            extension_until: self.extension_until(now, calendar),
            extended: self.extension.is_some(),
            open_parts: self.open_parts().count(),
            untold: self.untold().count(),
            answered_late: self.answered_late(calendar),
        }
    }
}
