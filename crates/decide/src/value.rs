//! What a store hands over for a fact, and how it is read: the same strict reading everywhere.
//!
//! A value that is missing, impossible (`2021-02-30`) or of the wrong type is a [`Problem`], never
//! a guess: the record becomes *unclear* and nothing is erased. The SQL forms in [`crate::sql`]
//! accept exactly what is accepted here.

use frist_law::Start;
use frist_register::Literal;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A value as a store gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is there.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A civil date, from a typed column.
    Date(Date),
    /// A local date and time, from a typed column.
    DateTime(DateTime),
    /// An instant, from a typed column.
    Instant(Timestamp),
    /// Anything else: a float, bytes, an infinite date.
    Other,
    /// It could not be read at all, so that not even whether it is there can be said.
    Unreadable,
}

/// How a fact is to be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A civil date; as text `YYYY-MM-DD`.
    Date,
    /// A local date and time in this zone; as text `YYYY-MM-DD HH:MM[:SS[.f]]` with a blank or a
    /// `T` between.
    Local(TimeZone),
    /// An instant; as text the same in UTC with a `Z` at the end.
    Instant,
    /// Whole seconds since 1970-01-01T00:00Z.
    UnixSeconds,
    /// Whole milliseconds since 1970-01-01T00:00Z.
    UnixMillis,
    /// A text to compare with.
    Text,
    /// A whole number to compare with.
    Int,
    /// True or false, or 1 and 0.
    Bool,
    /// Only whether it is there matters.
    Presence,
}

impl Kind {
    /// Whether it is read as a point in time.
    pub fn is_time(&self) -> bool {
        !matches!(self, Kind::Text | Kind::Int | Kind::Bool | Kind::Presence)
    }
}

/// Why a fact cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Problem {
    /// It is missing and was not declared as legitimately open.
    Missing,
    /// It has the wrong type or form.
    WrongType,
    /// It has the right form but names no day or time that exists.
    Impossible,
}

impl Problem {
    /// In a few words, English.
    pub fn text(self) -> &'static str {
        match self {
            Problem::Missing => "is missing",
            Problem::WrongType => "is not written as the register says",
            Problem::Impossible => "names a day or time that does not exist",
        }
    }
    /// In a few words, Danish.
    pub fn text_da(self) -> &'static str {
        match self {
            Problem::Missing => "mangler",
            Problem::WrongType => "er ikke skrevet, som fortegnelsen siger",
            Problem::Impossible => "angiver en dag eller et tidspunkt, der ikke findes",
        }
    }
}

/// Reads `value` as a starting point of `kind`.
///
/// # Errors
/// [`Problem`] when it is missing, of the wrong type, or impossible.
pub fn start(value: &Value, kind: &Kind) -> Result<Start, Problem> {
    match (kind, value) {
        (_, Value::Null) => Err(Problem::Missing),
        (Kind::Date, Value::Date(d)) => in_range(*d).map(Start::Date),
        (Kind::Date, Value::Text(s)) => date(s).map(Start::Date),
        (Kind::Local(zone), Value::DateTime(dt)) => {
            in_range(dt.date())?;
            Ok(Start::Local(*dt, zone.clone()))
        }
        (Kind::Local(zone), Value::Text(s)) => Ok(Start::Local(datetime(s)?, zone.clone())),
        (Kind::Instant, Value::Instant(t)) => utc_in_range(*t).map(Start::Instant),
        (Kind::Instant, Value::Text(s)) => {
            let dt = datetime(s.strip_suffix('Z').ok_or(Problem::WrongType)?)?;
            let zoned = dt.to_zoned(TimeZone::UTC).map_err(|_| Problem::Impossible)?;
            utc_in_range(zoned.timestamp()).map(Start::Instant)
        }
        (Kind::UnixSeconds, Value::Int(n)) => {
            let t = Timestamp::from_second(*n).map_err(|_| Problem::Impossible)?;
            utc_in_range(t).map(Start::Instant)
        }
        (Kind::UnixMillis, Value::Int(n)) => {
            let t = Timestamp::from_millisecond(*n).map_err(|_| Problem::Impossible)?;
            utc_in_range(t).map(Start::Instant)
        }
        _ => Err(Problem::WrongType),
    }
}

/// Years 1 to 9999 are dates; anything else is a placeholder or a mistake.
fn in_range(d: Date) -> Result<Date, Problem> {
    if (1..=9999).contains(&d.year()) { Ok(d) } else { Err(Problem::Impossible) }
}

/// The first instant that counts as a date, 0001-01-02T00:00Z: a day of room for every zone.
pub const MIN_INSTANT: i64 = -62_135_510_400;
/// One past the last that does, 9999-12-30T00:00Z.
pub const MAX_INSTANT: i64 = 253_402_128_000;

fn utc_in_range(t: Timestamp) -> Result<Timestamp, Problem> {
    let seconds = t.as_nanosecond().div_euclid(1_000_000_000);
    let range = i128::from(MIN_INSTANT)..i128::from(MAX_INSTANT);
    if range.contains(&seconds) { Ok(t) } else { Err(Problem::Impossible) }
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// `YYYY-MM-DD` exactly.
fn date(s: &str) -> Result<Date, Problem> {
    let b = s.as_bytes();
    if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
        return Err(Problem::WrongType);
    }
    let part = |r: std::ops::Range<usize>| digits(&b[r]).ok_or(Problem::WrongType);
    let (y, m, d) = (part(0..4)?, part(5..7)?, part(8..10)?);
    // The parts have at most four digits, so the casts cannot cut anything off.
    Date::new(y as i16, m as i8, d as i8).map_err(|_| Problem::Impossible).and_then(in_range)
}

/// `YYYY-MM-DD HH:MM[:SS[.f{1,9}]]`, a blank or a `T` between.
fn datetime(s: &str) -> Result<DateTime, Problem> {
    let b = s.as_bytes();
    if !(b.len() == 16 || b.len() == 19 || (21..=29).contains(&b.len())) || !s.is_ascii() {
        return Err(Problem::WrongType);
    }
    if !matches!(b[10], b' ' | b'T') || b[13] != b':' {
        return Err(Problem::WrongType);
    }
    let part = |r: std::ops::Range<usize>| digits(&b[r]).ok_or(Problem::WrongType);
    let (hour, minute) = (part(11..13)?, part(14..16)?);
    let (mut second, mut nanos) = (0, 0);
    if b.len() >= 19 {
        if b[16] != b':' {
            return Err(Problem::WrongType);
        }
        second = part(17..19)?;
    }
    if b.len() > 19 {
        if b[19] != b'.' {
            return Err(Problem::WrongType);
        }
        nanos = part(20..b.len())? * 10_i64.pow(29 - b.len() as u32);
    }
    let day = date(&s[..10])?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Problem::Impossible);
    }
    Ok(day.at(hour as i8, minute as i8, second as i8, nanos as i32))
}

/// Whether there is a value.
///
/// # Errors
/// [`Problem::WrongType`] when it could not be read.
pub fn is_there(value: &Value) -> Result<bool, Problem> {
    match value {
        Value::Null => Ok(false),
        Value::Unreadable => Err(Problem::WrongType),
        _ => Ok(true),
    }
}

/// Compares `value` with the literals of a condition.
///
/// # Errors
/// [`Problem`] when it is missing or of another type than the literals: then nobody can say.
pub fn is_one_of(value: &Value, kind: &Kind, literals: &[Literal]) -> Result<bool, Problem> {
    let found = match (kind, value) {
        (_, Value::Null) => return Err(Problem::Missing),
        (Kind::Text, Value::Text(s)) => Literal::Text(s.clone()),
        (Kind::Int, Value::Int(n)) => Literal::Int(*n),
        (Kind::Bool, Value::Bool(b)) => Literal::Bool(*b),
        (Kind::Bool, Value::Int(n @ (0 | 1))) => Literal::Bool(*n == 1),
        _ => return Err(Problem::WrongType),
    };
    Ok(literals.contains(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_strictly() {
        let text = |s: &str| start(&Value::Text(s.into()), &Kind::Date);
        assert_eq!(text("2024-02-29"), Ok(Start::Date(Date::constant(2024, 2, 29))));
        for (s, problem) in [
            ("2021-02-30", Problem::Impossible),
            ("2021-13-01", Problem::Impossible),
            ("0000-00-00", Problem::Impossible),
            ("0000-01-01", Problem::Impossible),
            ("ukendt", Problem::WrongType),
            ("", Problem::WrongType),
            ("2021-1-1", Problem::WrongType),
            ("2021-01-01 ", Problem::WrongType),
            ("2021-01-01 00:00:00", Problem::WrongType),
            ("２021-01-0", Problem::WrongType),
        ] {
            assert_eq!(text(s), Err(problem), "{s}");
        }
        assert_eq!(start(&Value::Null, &Kind::Date), Err(Problem::Missing));
        assert_eq!(start(&Value::Int(20210101), &Kind::Date), Err(Problem::WrongType));
    }

    #[test]
    fn datetimes_are_read_strictly() {
        let text = |s: &str| start(&Value::Text(s.into()), &Kind::Local(TimeZone::UTC));
        let expect =
            |h, m, s, n| Ok(Start::Local(Date::constant(2021, 1, 1).at(h, m, s, n), TimeZone::UTC));
        assert_eq!(text("2021-01-01 09:05"), expect(9, 5, 0, 0));
        assert_eq!(text("2021-01-01T09:05:01"), expect(9, 5, 1, 0));
        assert_eq!(text("2021-01-01 09:05:01.5"), expect(9, 5, 1, 500_000_000));
        assert_eq!(text("2021-01-01 09:05:01.000000001"), expect(9, 5, 1, 1));
        for (s, problem) in [
            ("2021-01-01", Problem::WrongType),
            ("2021-01-01 24:00", Problem::Impossible),
            ("2021-01-01 23:59:60", Problem::Impossible),
            ("2021-02-29 10:00", Problem::Impossible),
            ("2021-01-01 10:00Z", Problem::WrongType),
            ("2021-01-01 10:00:00.", Problem::WrongType),
            ("2021-01-01_10:00", Problem::WrongType),
        ] {
            assert_eq!(text(s), Err(problem), "{s}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_neither_there_nor_missing() {
        assert_eq!(is_there(&Value::Null), Ok(false));
        assert_eq!(is_there(&Value::Other), Ok(true));
        assert_eq!(is_there(&Value::Unreadable), Err(Problem::WrongType));
    }

    #[test]
    fn a_state_of_another_type_is_not_a_no() {
        let one = |v, k: Kind| is_one_of(&v, &k, &[Literal::Bool(true)]);
        assert_eq!(one(Value::Int(1), Kind::Bool), Ok(true));
        assert_eq!(one(Value::Int(2), Kind::Bool), Err(Problem::WrongType));
        assert_eq!(one(Value::Null, Kind::Bool), Err(Problem::Missing));
    }
}
