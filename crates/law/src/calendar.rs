//! The controller's calendar: zone and financial years, and the exact relation between local days
//! and instants where clocks are put forward or back.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::{Anchor, FinancialYears, LawError};

/// What a period needs to know about its controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The zone in which days begin and end.
    pub zone: TimeZone,
    /// The controller's financial years.
    pub financial_years: FinancialYears,
}

impl Calendar {
    /// A calendar of a zone and financial years.
    pub fn new(zone: TimeZone, financial_years: FinancialYears) -> Calendar {
        Calendar { zone, financial_years }
    }

    /// Danish time and calendar years, the default.
    pub fn denmark() -> Calendar {
        // INVARIANT: the zone is in the data compiled into the program.
        let zone = zone("Europe/Copenhagen").expect("the compiled-in zone data has Denmark");
        Calendar::new(zone, FinancialYears::calendar())
    }

    /// The last day that the anchor makes of `date`.
    pub(crate) fn anchored(&self, anchor: Anchor, date: Date) -> Date {
        match anchor {
            Anchor::AsIs => date,
            Anchor::EndOfMonth => date.last_of_month(),
            Anchor::EndOfCalendarYear => date.last_of_year(),
            Anchor::EndOfFinancialYear => self.financial_years.end_of(date),
        }
    }

    /// The day of an instant, for counting a period from it. Where clocks are put back over
    /// midnight and a day comes twice, the later day counts: never early, and a later instant
    /// never has an earlier day.
    pub(crate) fn day_of(&self, at: Timestamp) -> Date {
        let mut day = self.zone.to_datetime(at).date();
        while let Ok(next) = day.tomorrow() {
            if self.day_begins(next).is_none_or(|begins| at < begins) {
                break;
            }
            day = next;
        }
        day
    }

    /// The first instant at which the local date is `day` or later. `None` past the last instant.
    pub(crate) fn day_begins(&self, day: Date) -> Option<Timestamp> {
        earliest(day.to_datetime(Time::midnight()), &self.zone)
    }

    /// The first instant from which the local date stays after `day`. It differs from the
    /// beginning of the next day only where clocks are put back over midnight. `None` past the
    /// last instant.
    pub(crate) fn day_over(&self, day: Date) -> Option<Timestamp> {
        let next = day.tomorrow().ok()?;
        let begins = self.day_begins(next)?;
        let again = latest(next.to_datetime(Time::midnight()), &self.zone)?;
        let just_before = again.checked_sub(SignedDuration::from_nanos(1));
        let comes_again =
            just_before.is_ok_and(|before| self.zone.to_datetime(before).date() <= day);
        Some(if comes_again { again } else { begins })
    }
}

/// The zone of an IANA name, from the machine's zone data if it has them (they are updated), else
/// from those compiled in.
pub fn zone(name: &str) -> Result<TimeZone, LawError> {
    TimeZone::get(name)
        .or_else(|_| TimeZoneDatabase::bundled().get(name))
        .map_err(|_| LawError::Zone { name: name.to_owned() })
}

/// The instant that a local time means: the later one if clocks are put back and it comes twice,
/// the instant of the change if clocks are put forward over it. A later local time never means an
/// earlier instant. `None` past the last instant.
pub(crate) fn latest(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => instant(local, offset),
        AmbiguousOffset::Fold { after, .. } => instant(local, after),
        AmbiguousOffset::Gap { before, after } => {
            let earlier = instant(local, after)?;
            let change = zone.following(earlier).find(|change| change.offset() == after);
            change.map(|change| change.timestamp()).or_else(|| instant(local, before))
        }
    }
}

/// The instant that a local time means where the earlier is the safe one: the first of two if
/// clocks are put back. Otherwise as [`latest`].
pub(crate) fn earliest(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Fold { before, .. } => instant(local, before),
        _ => latest(local, zone),
    }
}

/// The instant of a local time at an offset. Before the first instant it is the first; past the
/// last it is `None`.
fn instant(local: DateTime, offset: Offset) -> Option<Timestamp> {
    // Asked first, because jiff 0.2.46 does not look at the fraction of the very first second.
    if local <= offset.to_datetime(Timestamp::MIN) {
        return Some(Timestamp::MIN);
    }
    offset.to_timestamp(local).ok()
}
