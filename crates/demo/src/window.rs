//! The days the demo covers, and the little date arithmetic it needs.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, Timestamp, tz::TimeZone};

use crate::{Error, Result, rng::Rng};

/// How many years of history the organisation has.
pub const YEARS: i16 = 12;

/// The days of history, both ends included. Nothing happens on the demo date itself or later,
/// except what points ahead by nature (a payment date, the end of a warranty).
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) zone: TimeZone,
}

impl Window {
    pub(crate) fn up_to(as_of: Date) -> Result<Self> {
        // Four-digit years, and room for the births, warranties and history around them.
        if !(1950..=9900).contains(&as_of.year()) {
            return Err(Error::AsOf(as_of));
        }
        let zone = TimeZone::get("Europe/Copenhagen").map_err(Error::Zone)?;
        let first = as_of.saturating_sub(Span::new().years(YEARS));
        Ok(Self { first, last: plus_days(as_of, -1), zone })
    }

    /// A day between `from` and the last day of the window.
    pub(crate) fn day_from(&self, from: Date, rng: &mut Rng) -> Date {
        plus_days(from, rng.range(0, days_between(from, self.last)))
    }

    /// The instant of a local time; the first of two when the clocks are set back.
    pub(crate) fn instant(&self, time: DateTime) -> Timestamp {
        // Out of range only past year 9999, which `up_to` refuses.
        self.zone.to_ambiguous_timestamp(time).compatible().unwrap_or_default()
    }

    /// `date` if it has come to pass.
    pub(crate) fn past(&self, date: Date) -> Option<Date> {
        (date <= self.last).then_some(date)
    }
}

pub(crate) fn plus_days(date: Date, days: i64) -> Date {
    date.saturating_add(Span::new().days(days))
}

/// `date` moved by whole months; the 31st becomes the month's last day where there is none.
pub(crate) fn plus_months(date: Date, months: i64) -> Date {
    date.saturating_add(Span::new().months(months))
}

pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// `date`, or the Monday after when it falls on a weekend.
pub(crate) fn weekday(date: Date) -> Date {
    match date.weekday() {
        Weekday::Saturday => plus_days(date, 2),
        Weekday::Sunday => plus_days(date, 1),
        _ => date,
    }
}

/// A time of day in the hours `from..to`.
pub(crate) fn at_hours(date: Date, from: i8, to: i8, rng: &mut Rng) -> DateTime {
    let second = rng.below((to - from).max(1) as usize * 3600);
    date.at(from + (second / 3600) as i8, (second / 60 % 60) as i8, (second % 60) as i8, 0)
}

/// A naive local time as the ERP writes it: `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn sql_time(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
