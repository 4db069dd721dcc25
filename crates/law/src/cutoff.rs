//! The inverse of [`expires`]: for a fixed instant, one constant that every starting point can be
//! compared with. An index range in a database, a vector compare in memory.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Anchor, Calendar, Start, Term, expires};

/// Which form the starting points of a field have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// Civil dates.
    Date,
    /// Local times without an offset, meant in this zone.
    Local(TimeZone),
    /// Instants.
    Instant,
}

/// The starting points whose period is over. All comparisons are exact to the nanosecond: a store
/// that keeps fewer digits compares with its values as they are, never with a rounded bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cutoff {
    /// None: nothing can have expired.
    None,
    /// Dates on or before this one.
    Date(Date),
    /// Local times before this one, or also at it.
    Local {
        /// The bound.
        at: DateTime,
        /// Whether the bound itself is among them.
        inclusive: bool,
    },
    /// Instants before this one, or also at it.
    Instant {
        /// The bound.
        at: Timestamp,
        /// Whether the bound itself is among them.
        inclusive: bool,
    },
}

impl Cutoff {
    /// Whether the start is within the cutoff. A start of another kind than the cutoff was made
    /// for never is.
    pub fn admits(&self, start: &Start) -> bool {
        match (self, start) {
            (Cutoff::Date(at), Start::Date(date)) => date <= at,
            (Cutoff::Local { at, inclusive }, Start::Local(local, _)) => {
                local < at || (*inclusive && local == at)
            }
            (Cutoff::Instant { at, inclusive }, Start::Instant(instant)) => {
                instant < at || (*inclusive && instant == at)
            }
            _ => false,
        }
    }
}

/// The cutoff of `term` at the instant `t`: `expires(start) <= t` exactly when the start is
/// within the cutoff, for every start of this kind.
pub fn cutoff(term: Term, t: Timestamp, kind: &StartKind, calendar: &Calendar) -> Cutoff {
    // Elapsed time from the start itself is the one case that does not go by days.
    if let (Some(elapsed), Anchor::AsIs, false) =
        (term.period.elapsed(), term.anchor, *kind == StartKind::Date)
    {
        let Ok(at) = t.checked_sub(elapsed) else { return Cutoff::None };
        return match kind {
            StartKind::Local(zone) => local_until(at, zone),
            _ => Cutoff::Instant { at, inclusive: true },
        };
    }
    let Some(date) = last_date_over(term, t, calendar) else { return Cutoff::None };
    // The dates within the cutoff end where the next day begins.
    let end = || calendar.day_begins(date.tomorrow().ok()?);
    match (kind, end()) {
        (StartKind::Date, _) => Cutoff::Date(date),
        (_, None) => Cutoff::None,
        (StartKind::Local(zone), Some(end)) => local_before(end, zone),
        (StartKind::Instant, Some(at)) => Cutoff::Instant { at, inclusive: false },
    }
}

/// The last date whose period is over at `t`, by halving: `expires` is monotone over dates.
fn last_date_over(term: Term, t: Timestamp, calendar: &Calendar) -> Option<Date> {
    let over = |date| expires(term, &Start::Date(date), calendar).is_over(t);
    if !over(Date::MIN) {
        return None;
    }
    // INVARIANT: `low` is over, `low + width` is not or lies past the last date.
    let mut low = Date::MIN;
    let mut width: i32 = 1 << 23; // more days than there are
    while width > 1 {
        let half = width / 2;
        match low.checked_add(jiff::Span::new().days(half)) {
            Ok(middle) if over(middle) => {
                low = middle;
                width -= half;
            }
            _ => width = half,
        }
    }
    Some(low)
}

/// The local times that mean an instant at or before `at`.
fn local_until(at: Timestamp, zone: &TimeZone) -> Cutoff {
    let local = zone.to_datetime(at);
    // In an hour that will come again, its times mean the second coming: what counts ends where
    // the repeated hour begins. No zone was ever put back by more than a day.
    let horizon = at.saturating_add(SignedDuration::from_hours(26)).unwrap_or(Timestamp::MAX);
    let repeated = zone
        .following(at)
        .map(|change| change.timestamp())
        .take_while(|change| *change <= horizon)
        .map(|change| zone.to_datetime(change))
        .filter(|again| *again <= local)
        .min();
    match repeated {
        Some(again) => Cutoff::Local { at: again, inclusive: false },
        None => Cutoff::Local { at: local, inclusive: true },
    }
}

/// The local times that mean an instant before `end`.
fn local_before(end: Timestamp, zone: &TimeZone) -> Cutoff {
    let nanosecond = SignedDuration::from_nanos(1);
    let Ok(last) = end.checked_sub(nanosecond) else { return Cutoff::None };
    match local_until(last, zone) {
        // The same bound, without the fraction of a second.
        Cutoff::Local { at, inclusive: true } => match at.checked_add(nanosecond) {
            Ok(at) => Cutoff::Local { at, inclusive: false },
            Err(_) => Cutoff::Local { at, inclusive: true },
        },
        cutoff => cutoff,
    }
}
