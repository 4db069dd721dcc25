//! When a period is over: [`expires`], the monotone function from a starting point to an instant.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::calendar::latest;
use crate::{Anchor, Calendar, Term};

/// A starting point as a record's field gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A civil date.
    Date(Date),
    /// A local time without an offset, and the zone it is meant in. A time that comes twice
    /// (clocks put back) means the later instant; one that never comes (clocks put forward) the
    /// instant of the change.
    Local(DateTime, TimeZone),
    /// An instant.
    Instant(Timestamp),
}

/// The first instant at which a period is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expiry {
    /// From this instant on it is over.
    At(Timestamp),
    /// It ends past the year 9999: a starting point such as 9999-12-31 stands for "not yet".
    Never,
}

impl Expiry {
    /// Whether the period is over at `t`.
    pub fn is_over(self, t: Timestamp) -> bool {
        match self {
            Expiry::At(at) => at <= t,
            Expiry::Never => false,
        }
    }

    /// The instant, if there is one.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Expiry::At(at) => Some(at),
            Expiry::Never => None,
        }
    }
}

impl From<Option<Timestamp>> for Expiry {
    fn from(at: Option<Timestamp>) -> Expiry {
        at.map_or(Expiry::Never, Expiry::At)
    }
}

/// The first instant at which `term`, counted from `start`, is over.
///
/// In calendar units it is the end of [`last_day`]. In hours it is elapsed time from the instant;
/// from a date, or from an anchored day, it is elapsed time from the end of that day. Among starts
/// of one kind (and one zone) a later start never expires earlier.
pub fn expires(term: Term, start: &Start, calendar: &Calendar) -> Expiry {
    let at = match term.period.elapsed() {
        Some(elapsed) => elapsed_from(term, start, calendar).map(|from| from.checked_add(elapsed)),
        None => last_day(term, start, calendar).and_then(|day| calendar.day_over(day)).map(Ok),
    };
    at.and_then(Result::ok).into()
}

/// The last day of keeping, in the calendar's zone. `None` for a period in hours, and past the
/// year 9999.
pub fn last_day(term: Term, start: &Start, calendar: &Calendar) -> Option<Date> {
    let day = calendar.anchored(term.anchor, day(start, calendar)?);
    term.period.after(day)
}

/// The day of a start in the calendar's zone.
fn day(start: &Start, calendar: &Calendar) -> Option<Date> {
    match start {
        Start::Date(date) => Some(*date),
        Start::Local(local, zone) => latest(*local, zone).map(|at| calendar.day_of(at)),
        Start::Instant(at) => Some(calendar.day_of(*at)),
    }
}

/// The instant from which elapsed time is counted.
fn elapsed_from(term: Term, start: &Start, calendar: &Calendar) -> Option<Timestamp> {
    match (term.anchor, start) {
        (Anchor::AsIs, Start::Instant(at)) => Some(*at),
        (Anchor::AsIs, Start::Local(local, zone)) => latest(*local, zone),
        (anchor, start) => calendar.day_over(calendar.anchored(anchor, day(start, calendar)?)),
    }
}
