//! Until when a request must be answered: one month from receipt, Art. 12(3), by Regulation
//! 1182/71 in the controller's zone; three where it was extended.
//!
//! Two choices are strict on purpose. The month counts from the receipt also while the person is
//! asked who they are, unless somebody decided otherwise and said why; even then the deadline from
//! the receipt stands until the identity is known, so that a case never waits unseen. And a refusal
//! is measured by its own month, Art. 12(4), whether or not the case was extended.

use frist_law::deadline::{Deadline, Rule, deadline};
use frist_law::{Calendar, Period, Start};
use jiff::Timestamp;
use jiff::civil::Date;

use super::model::{Deferred, Request, Stage};
use super::recipient::Recipient;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueFor {
    /// The answer, Art. 12(3).
    Answer,
    /// The refusal, which an extension does not give more time, Art. 12(4).
    Refusal,
    /// A part that was put off until its ground ended.
    Deferred,
    /// Telling those who have had the data, Art. 19.
    Recipients,
}

/// Until when something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub what: DueFor,
    /// The last day, in the controller's zone.
    pub last_day: Date,
    /// The first instant that is too late.
    pub over: Timestamp,
}

/// Art. 19 sets no day. So that nobody is forgotten, telling the recipients is due with the answer, or
/// so many days after it was carried out where that is later: Frist's own choice.
const TELL_WITHIN_DAYS: i64 = 7;
const ONE_MONTH: Period = Period::months(1);
/// One month and two further ones; counted as one period from the start.
const THREE_MONTHS: Period = Period::months(3);

impl Request {
    /// From when the time is counted: the receipt, or the instant at which the identity was known
    /// where somebody decided that.
    #[must_use]
    pub fn counted_from(&self) -> Timestamp {
        let moved = self.identity.iter().find(|check| check.moves.is_some());
        moved.and_then(|check| check.known).unwrap_or(self.received)
    }

    /// One month from the receipt, whatever happened since.
    #[must_use]
    pub fn month_from_receipt(&self, calendar: &Calendar) -> Option<Due> {
        ends(ONE_MONTH, self.received, DueFor::Answer, calendar)
    }

    /// The first month as it counts: until then an extension can be taken, and a refusal must be
    /// told.
    #[must_use]
    pub fn first_month(&self, calendar: &Calendar) -> Option<Due> {
        ends(ONE_MONTH, self.counted_from(), DueFor::Answer, calendar)
    }

    /// When the answer is due; also for one that was given, to see whether it was late.
    #[must_use]
    pub fn answer_due(&self, calendar: &Calendar) -> Option<Due> {
        let refused = self.decision.as_ref().is_some_and(|d| d.outcome.is_refusal());
        let (period, what) = match (self.extension.is_some(), refused) {
            (true, true) => (ONE_MONTH, DueFor::Refusal),
            (true, false) => (THREE_MONTHS, DueFor::Answer),
            (false, _) => (ONE_MONTH, DueFor::Answer),
        };
        ends(period, self.counted_from(), what, calendar)
    }

    /// What is due next; none when nothing is, and past the year 9999.
    #[must_use]
    pub fn due(&self, calendar: &Calendar) -> Option<Due> {
        match self.stage {
            Stage::Closed => None,
            Stage::Answered => {
                let part = self.open_parts().filter_map(|part| part.until).min();
                let part = part.and_then(|until| until.tomorrow().ok());
                let tell = self.untold().filter_map(|r| self.tell_by(r, calendar)).min();
                let what = match (part, tell) {
                    (Some(part), Some(tell)) if part < tell => (part, DueFor::Deferred),
                    (_, Some(tell)) => (tell, DueFor::Recipients),
                    (Some(part), None) => (part, DueFor::Deferred),
                    (None, None) => return None,
                };
                let (last_day, what) = what;
                Some(Due { what, last_day, over: end_of(last_day, calendar)? })
            }
            _ => self.answer_due(calendar),
        }
    }

    /// The day by which a recipient is to be told.
    #[must_use]
    pub fn tell_by(&self, recipient: &Recipient, calendar: &Calendar) -> Option<Date> {
        let within = jiff::Span::new().days(TELL_WITHIN_DAYS);
        let week = day_of(recipient.since, calendar).checked_add(within).ok()?;
        Some(self.answer_due(calendar).map_or(week, |answer| answer.last_day.max(week)))
    }

    /// The last day on which an extension can be taken at `now`; none when it cannot any more.
    #[must_use]
    pub fn extension_until(&self, now: Timestamp, calendar: &Calendar) -> Option<Date> {
        if self.extension.is_some() || self.stage >= Stage::Answered {
            return None;
        }
        let due = self.first_month(calendar)?;
        (now < due.over).then_some(due.last_day)
    }

    /// How many days after its last day the answer was given; 0 when in time, none when it was not
    /// given.
    #[must_use]
    pub fn answered_late(&self, calendar: &Calendar) -> Option<u32> {
        let answered = self.answered?;
        let due = self.answer_due(calendar)?;
        Some(days_between(due.last_day, day_of(answered, calendar)).max(0).unsigned_abs())
    }
}

impl Deferred {
    /// Whether its ground has ended at `now`. Of a hold it cannot be said from the day.
    #[must_use]
    pub fn ended(&self, now: Timestamp, calendar: &Calendar) -> bool {
        self.until.is_some_and(|until| day_of(now, calendar) > until)
    }

    /// Whether it may be done at `now`, as far as the day says it: a hold may have been released.
    #[must_use]
    pub fn may_be_done(&self, now: Timestamp, calendar: &Calendar) -> bool {
        self.until.is_none() || self.ended(now, calendar)
    }
}

/// The civil day of an instant in the controller's zone.
#[must_use]
pub fn day_of(at: Timestamp, calendar: &Calendar) -> Date {
    calendar.zone.to_datetime(at).date()
}

/// How many days lie from one day to another; negative when the other is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

fn ends(period: Period, from: Timestamp, what: DueFor, calendar: &Calendar) -> Option<Due> {
    let Deadline { last_day, over } =
        deadline(period, &Start::Instant(from), Rule::Regulation1182, calendar)?;
    Some(Due { what, last_day: last_day?, over })
}

/// The first instant after a day.
fn end_of(day: Date, calendar: &Calendar) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.to_zoned(calendar.zone.clone()).ok()?;
    Some(midnight.timestamp())
}
