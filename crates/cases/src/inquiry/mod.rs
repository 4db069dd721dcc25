//! An authority's inquiry (Datatilsynet): its deadline, its questions, what was answered and sent,
//! how it ended, and what has to be done afterwards.
//!
//! Pure: [`Inquiry`] is the body of a case of kind inquiry, and each step is a function on it that
//! answers the body after the step, or [`Refused`](crate::Refused). What was sent stays as it was sent: a
//! [`Sending`] holds a SHA-256 over questions, answers and papers, which the ledger's entry of the
//! step repeats, so that a later change is seen ([`Inquiry::altered`]).
//!
//! The deadline is the one the authority set: a day, or a period (four weeks in the founding case)
//! counted by Regulation 1182/71.

mod body;
pub mod desk;
mod letter;
mod outcome;
mod send;

pub use body::{Answer, Deadline, Inquiry, NewInquiry, PaperRef, Question};
pub use letter::letter;
pub use outcome::{FollowUp, Outcome, Power};
pub use send::Sending;

use jiff::Timestamp;
use jiff::civil::Date;

use frist_law::Calendar;

/// Where an inquiry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing, or not everything, was answered and sent.
    Open,
    /// Everything asked was sent; the authority has not decided.
    Answered,
    /// Decided; something has to be done until a day.
    FollowUp,
    /// Decided, and nothing is left to do.
    Closed,
}

impl Status {
    /// The word it is stored as.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::FollowUp => "follow-up",
            Self::Closed => "closed",
        }
    }
}

impl Inquiry {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.outcome {
            Some(_) if self.follow_ups.iter().any(|f| f.done.is_none()) => Status::FollowUp,
            Some(_) => Status::Closed,
            None if self.unsent().is_empty() && !self.sent.is_empty() => Status::Answered,
            None => Status::Open,
        }
    }

    /// The last day of what must be done next; none when it is the authority's turn, or nothing is left.
    #[must_use]
    pub fn next_day(&self) -> Option<Date> {
        match self.status() {
            Status::Open => Some(self.deadline.last_day),
            Status::FollowUp => {
                self.follow_ups.iter().filter(|f| f.done.is_none()).map(|f| f.due).min()
            }
            Status::Answered | Status::Closed => None,
        }
    }

    /// The first instant at which what must be done next is late.
    #[must_use]
    pub fn due(&self, calendar: &Calendar) -> Option<Timestamp> {
        begins(self.next_day()?.tomorrow().ok()?, calendar)
    }

    /// Whether everything asked was sent in time: none while it is open and not late.
    #[must_use]
    pub fn in_time(&self, calendar: &Calendar, now: Timestamp) -> Option<bool> {
        let over = begins(self.deadline.last_day.tomorrow().ok()?, calendar)?;
        let sent = (self.unsent().is_empty()).then(|| self.sent.last().map(|s| s.at)).flatten();
        match sent {
            Some(at) => Some(at < over),
            None if self.outcome.is_some() => None,
            None if now >= over => Some(false),
            None => None,
        }
    }
}

/// The first instant of a day in the controller's zone.
pub(crate) fn begins(day: Date, calendar: &Calendar) -> Option<Timestamp> {
    Some(day.to_zoned(calendar.zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
