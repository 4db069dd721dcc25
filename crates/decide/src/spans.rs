//! Tests of one point in time as spans of numbers on a line.
//!
//! A cutoff divides the readable values of a fact in two, so every test of that fact alone is a
//! set of spans; what versions of a law, gaps between them and several cutoffs come to is worked
//! out once, on whole numbers, and not for every record.

use frist_law::Cutoff;
use jiff::civil::{Date, DateTime};

use crate::columns::Unit;
use crate::test::Test;
use crate::value::{Kind, MAX_INSTANT, MIN_INSTANT};

/// A set of numbers: closed ranges in order, with room between them, and whether what is missing
/// belongs to it too. What cannot be read never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans<T> {
    pub(crate) ranges: Vec<(T, T)>,
    pub(crate) missing: bool,
}

impl Spans<i64> {
    /// For a column of smaller numbers, which hold all the days there are.
    pub(crate) fn narrowed(self) -> Spans<i32> {
        let small = |n: i64| n.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        let ranges = self.ranges.into_iter().map(|(low, high)| (small(low), small(high)));
        Spans { ranges: ranges.collect(), missing: self.missing }
    }

    fn one(low: i64, high: i64) -> Self {
        let ranges = if low <= high { vec![(low, high)] } else { Vec::new() };
        Spans { ranges, missing: false }
    }

    fn and(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for a in &self.ranges {
            for b in &other.ranges {
                ranges.extend(Self::one(a.0.max(b.0), a.1.min(b.1)).ranges);
            }
        }
        Spans { ranges, missing: self.missing && other.missing }
    }

    fn or(&self, other: &Self) -> Self {
        let mut all: Vec<(i64, i64)> = self.ranges.iter().chain(&other.ranges).copied().collect();
        all.sort_unstable();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for (low, high) in all {
            match ranges.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => ranges.push((low, high)),
            }
        }
        Spans { ranges, missing: self.missing || other.missing }
    }
}

/// The line of a column: which of its numbers are points in time that count, and where a cutoff
/// lies among them.
pub(crate) struct Line {
    /// The first and the last number that is read.
    readable: (i64, i64),
    local: bool,
    /// In nanoseconds; none for days.
    unit: Option<i128>,
}

impl Line {
    /// A column of days, if the kind is read from one.
    pub(crate) fn days(kind: &Kind) -> Option<Line> {
        let readable = (day(Date::constant(1, 1, 1)), day(Date::constant(9999, 12, 31)));
        (*kind == Kind::Date).then_some(Line { readable, local: false, unit: None })
    }

    /// A column of times, if the kind is read from one.
    pub(crate) fn times(kind: &Kind, unit: Unit) -> Option<Line> {
        const SECOND: i128 = 1_000_000_000;
        let (first, end, local) = match kind {
            Kind::Local(_) => {
                let midnight = |d| i128::from(day(d)) * 86_400 * SECOND;
                let end = midnight(Date::constant(9999, 12, 31)) + 86_400 * SECOND;
                (midnight(Date::constant(1, 1, 1)), end, true)
            }
            Kind::Instant | Kind::UnixSeconds | Kind::UnixMillis => {
                (i128::from(MIN_INSTANT) * SECOND, i128::from(MAX_INSTANT) * SECOND, false)
            }
            _ => return None,
        };
        let unit = unit.nanoseconds();
        // Both are whole numbers of every unit.
        let readable = (clamp(first / unit), clamp(end / unit - 1));
        Some(Line { readable, local, unit: Some(unit) })
    }

    /// The test as spans; none if it is not one of this line's points in time alone.
    pub(crate) fn spans(&self, test: &Test) -> Option<Spans<i64>> {
        let (first, last) = self.readable;
        let parts =
            |parts: &[Test]| parts.iter().map(|p| self.spans(p)).collect::<Option<Vec<_>>>();
        Some(match test {
            Test::Empty(_) => Spans { ranges: Vec::new(), missing: true },
            Test::Within(_, Cutoff::None) => Spans::one(1, 0),
            Test::Beyond(_, Cutoff::None) => Spans::one(first, last),
            Test::Within(_, cutoff) => Spans::one(first, self.last(cutoff)?.min(last)),
            Test::Beyond(_, cutoff) => {
                Spans::one(self.last(cutoff)?.saturating_add(1).max(first), last)
            }
            Test::All(p) => parts(p)?.into_iter().reduce(|a, b| a.and(&b))?,
            Test::Any(p) => parts(p)?.into_iter().reduce(|a, b| a.or(&b))?,
            _ => return None,
        })
    }

    /// The last number within a cutoff.
    fn last(&self, cutoff: &Cutoff) -> Option<i64> {
        let (nanoseconds, inclusive) = match (cutoff, self.unit, self.local) {
            (Cutoff::Date(date), None, _) => return Some(day(*date)),
            (Cutoff::Local { at, inclusive }, Some(_), true) => (of_local(*at), *inclusive),
            (Cutoff::Instant { at, inclusive }, Some(_), false) => (at.as_nanosecond(), *inclusive),
            _ => return None,
        };
        let last = if inclusive { nanoseconds } else { nanoseconds - 1 };
        Some(clamp(last.div_euclid(self.unit?)))
    }
}

/// Days since 1970-01-01.
fn day(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

/// Nanoseconds since 1970-01-01T00:00.
fn of_local(at: DateTime) -> i128 {
    at.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_nanos()
}

fn clamp(n: i128) -> i64 {
    n.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
