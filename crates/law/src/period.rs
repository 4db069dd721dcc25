//! A length of time as laws and registers write it: `5 years`, `1 month`, `30 days`, `96 hours`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

use crate::LawError;

/// The unit of a [`Period`]. Hours are elapsed time; the others are calendar time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Elapsed hours of 60 minutes, whatever the clocks do meanwhile.
    Hours,
    /// Calendar days.
    Days,
    /// Calendar months; a day that the month has not becomes its last day.
    Months,
    /// Calendar years; 29 February becomes 28 February where there is none.
    Years,
}

/// A whole number of one [`Unit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// No time at all: over at the end of the day it starts from.
    pub const ZERO: Period = Period::days(0);

    /// A period of elapsed hours.
    pub const fn hours(count: u32) -> Period {
        Period { count, unit: Unit::Hours }
    }

    /// A period of calendar days.
    pub const fn days(count: u32) -> Period {
        Period { count, unit: Unit::Days }
    }

    /// A period of calendar months.
    pub const fn months(count: u32) -> Period {
        Period { count, unit: Unit::Months }
    }

    /// A period of calendar years.
    pub const fn years(count: u32) -> Period {
        Period { count, unit: Unit::Years }
    }

    /// True of days, months and years; false of hours.
    pub const fn is_calendar(self) -> bool {
        !matches!(self.unit, Unit::Hours)
    }

    /// The period in Danish, such as `5 år`.
    pub fn text_da(self) -> String {
        let (one, many) = match self.unit {
            Unit::Hours => ("time", "timer"),
            Unit::Days => ("dag", "dage"),
            Unit::Months => ("måned", "måneder"),
            Unit::Years => ("år", "år"),
        };
        format!("{} {}", self.count, if self.count == 1 { one } else { many })
    }

    /// Which period is the longer, from every starting point: `12 months` equals `1 year`,
    /// `5 years` is longer than `1825 days`. `None` where the calendar decides (`1 month` and
    /// `30 days`).
    pub fn compare(self, other: Period) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.in_months(), other.in_months()) {
            return Some(a.cmp(&b));
        }
        if self.unit == other.unit {
            return Some(self.count.cmp(&other.count));
        }
        let (a, b) = (self.hours_bounds(), other.hours_bounds());
        // Between calendar units the days alone decide; against hours, a period in calendar units
        // also runs to the end of its last day, and clocks may be put forward or back.
        let slack = if self.is_calendar() && other.is_calendar() { 0 } else { 50 };
        if a.1 + slack < b.0 {
            Some(Ordering::Less)
        } else if a.0 > b.1 + slack {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    fn in_months(self) -> Option<u64> {
        match self.unit {
            Unit::Months => Some(u64::from(self.count)),
            Unit::Years => Some(u64::from(self.count) * 12),
            _ => None,
        }
    }

    /// The fewest and the most hours between the two dates (or instants), with room to spare.
    fn hours_bounds(self) -> (u64, u64) {
        let n = u64::from(self.count);
        match self.in_months() {
            // 146,097 days in 4,800 months; leap years, short months and clamping together move
            // the number by less than 5 days.
            Some(months) => {
                let days = months * 146_097 / 4_800;
                (days.saturating_sub(5) * 24, (days + 5) * 24)
            }
            None if self.unit == Unit::Days => (n * 24, n * 24),
            None => (n, n),
        }
    }

    /// The date this long after `date`, or `None` for hours and past the year 9999.
    pub(crate) fn after(self, date: Date) -> Option<Date> {
        let (span, n) = (Span::new(), i64::from(self.count));
        let span = match self.unit {
            Unit::Hours => return None,
            Unit::Days => span.try_days(n),
            Unit::Months => span.try_months(n),
            Unit::Years => span.try_years(n),
        };
        date.checked_add(span.ok()?).ok()
    }

    /// The elapsed time, for hours only.
    pub(crate) fn elapsed(self) -> Option<SignedDuration> {
        (self.unit == Unit::Hours).then(|| SignedDuration::from_hours(i64::from(self.count)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Months => "month",
            Unit::Years => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Period {
    type Err = LawError;

    fn from_str(text: &str) -> Result<Period, LawError> {
        let wrong = |problem| LawError::Period { text: text.to_owned(), problem };
        let trimmed = text.trim();
        let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = trimmed.split_at(digits);
        if number.is_empty() {
            return Err(wrong("it does not begin with a whole number"));
        }
        let count: u32 = number.parse().map_err(|_| wrong("the number is too large"))?;
        let period = match unit.trim_start() {
            "hour" | "hours" => Period::hours(count),
            "day" | "days" => Period::days(count),
            "week" | "weeks" => {
                Period::days(count.checked_mul(7).ok_or(wrong("the number is too large"))?)
            }
            "month" | "months" => Period::months(count),
            "year" | "years" => Period::years(count),
            "" => return Err(wrong("the unit is missing")),
            _ => return Err(wrong("the unit is not hours, days, weeks, months or years")),
        };
        Ok(period)
    }
}

impl TryFrom<String> for Period {
    type Error = LawError;

    fn try_from(text: String) -> Result<Period, LawError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for (text, period, da) in [
            ("5 years", Period::years(5), "5 år"),
            ("1 year", Period::years(1), "1 år"),
            ("1 month", Period::months(1), "1 måned"),
            ("3 months", Period::months(3), "3 måneder"),
            ("30 days", Period::days(30), "30 dage"),
            ("0 days", Period::ZERO, "0 dage"),
            ("96 hours", Period::hours(96), "96 timer"),
            ("1 hour", Period::hours(1), "1 time"),
        ] {
            assert_eq!(text.parse(), Ok(period));
            assert_eq!(period.to_string(), text);
            assert_eq!(period.text_da(), da);
        }
        assert_eq!("4 weeks".parse(), Ok(Period::days(28)));
        assert_eq!(" 5years ".parse(), Ok(Period::years(5)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, problem) in [
            ("", "it does not begin with a whole number"),
            ("five years", "it does not begin with a whole number"),
            ("-5 years", "it does not begin with a whole number"),
            ("5", "the unit is missing"),
            ("5 fortnights", "the unit is not hours, days, weeks, months or years"),
            ("1.5 years", "the unit is not hours, days, weeks, months or years"),
            ("99999999999 years", "the number is too large"),
            ("4000000000 weeks", "the number is too large"),
        ] {
            let expected = LawError::Period { text: text.to_owned(), problem };
            assert_eq!(text.parse::<Period>(), Err(expected));
        }
    }

    #[test]
    fn compares_only_what_the_calendar_cannot_change() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, expected) in [
            ("12 months", "1 year", Some(Equal)),
            ("4 weeks", "28 days", Some(Equal)),
            ("13 months", "1 year", Some(Greater)),
            ("3 years", "5 years", Some(Less)),
            ("30 days", "1 month", None),
            ("1826 days", "5 years", None),
            ("1000 days", "5 years", Some(Less)),
            ("2000 days", "5 years", Some(Greater)),
            ("96 hours", "4 days", None),
            ("96 hours", "30 days", Some(Less)),
            ("48 hours", "1 day", None),
            ("96 hours", "0 days", Some(Greater)),
            // Between units of the calendar there is no more room than the calendar needs.
            ("24 days", "1 month", Some(Less)),
            ("36 days", "1 month", Some(Greater)),
            // Fifty hours of room on either side, to the hour.
            ("46 hours", "4 days", None),
            ("45 hours", "4 days", Some(Less)),
            ("146 hours", "4 days", None),
            ("147 hours", "4 days", Some(Greater)),
        ] {
            let (a, b): (Period, Period) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(a.compare(b), expected, "{a} against {b}");
            assert_eq!(b.compare(a), expected.map(Ordering::reverse), "{b} against {a}");
        }
    }
}
