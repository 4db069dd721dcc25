//! One value of one record, before it is put into a database.

use frist_decide::{Kind, Value};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A point in time as a column of a kind can hold it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    Date(Date),
    Local(DateTime),
    Instant(Timestamp),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    /// A point in time, in one of the ways to write it.
    Time(Moment, u8),
    Text(String),
    /// Text that is not UTF-8.
    Garbled(Vec<u8>),
    Int(i64),
    Real(f64),
    Blob(Vec<u8>),
    Bool(bool),
    /// A literal of PostgreSQL's for a date or time that is none, such as `infinity`.
    Strange(&'static str),
}

impl Cell {
    /// The cell as a database without typed dates keeps it.
    pub(crate) fn untyped(&self, kind: &Kind) -> Cell {
        match self {
            Cell::Time(moment, form) => written(*moment, kind, *form),
            Cell::Bool(b) => Cell::Int(i64::from(*b)),
            Cell::Strange(text) => Cell::Text((*text).to_owned()),
            other => other.clone(),
        }
    }

    /// What a store in memory would give for it.
    pub(crate) fn value(&self, kind: &Kind) -> Value {
        match self.untyped(kind) {
            Cell::Null => Value::Null,
            Cell::Text(s) => Value::Text(s),
            Cell::Garbled(bytes) => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Cell::Int(n) => Value::Int(n),
            Cell::Bool(b) => Value::Bool(b),
            Cell::Real(_) | Cell::Blob(_) | Cell::Time(..) | Cell::Strange(_) => Value::Other,
        }
    }
}

/// A moment as text or number, by the kind of its column.
fn written(moment: Moment, kind: &Kind, form: u8) -> Cell {
    match (moment, kind) {
        (Moment::Instant(at), Kind::UnixSeconds) => Cell::Int(at.as_second()),
        (Moment::Instant(at), Kind::UnixMillis) => Cell::Int(at.as_millisecond()),
        (Moment::Instant(at), _) => {
            Cell::Text(datetime_text(at.to_zoned(TimeZone::UTC).datetime(), form) + "Z")
        }
        (Moment::Local(at), _) => Cell::Text(datetime_text(at, form)),
        (Moment::Date(day), _) => Cell::Text(day.to_string()),
    }
}

/// `YYYY-MM-DD HH:MM[:SS[.f]]` with as many digits as the form says (and it has).
fn datetime_text(at: DateTime, form: u8) -> String {
    let blank = if form & 1 == 0 { ' ' } else { 'T' };
    let mut text = format!("{}{blank}{:02}:{:02}", at.date(), at.hour(), at.minute());
    let digits = usize::from(form / 2 % 11);
    if digits > 0 || at.second() != 0 || at.subsec_nanosecond() != 0 {
        text += &format!(":{:02}", at.second());
    }
    let fraction = format!("{:09}", at.subsec_nanosecond());
    let needed = fraction.trim_end_matches('0').len();
    let digits = digits.saturating_sub(1).max(needed);
    if digits > 0 {
        text += &format!(".{}", &fraction[..digits]);
    }
    text
}
