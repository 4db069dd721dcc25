//! Reading values in PostgreSQL's binary form, so that an infinite or far date is no error.

use std::error::Error;

use frist_decide::Value;
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use postgres::types::{FromSql, Type};

/// A value of any type; what the engine does not know is [`Value::Other`].
pub(super) struct Cell(pub(super) Value);

/// PostgreSQL counts from 2000-01-01.
const EPOCH: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
const EPOCH_UNIX_MICROS: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => Value::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Value::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Value::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::BOOL => Value::Bool(raw == [1]),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => {
                Value::Text(String::from_utf8_lossy(raw).into_owned())
            }
            // A row's place: its block and its number there, put together.
            Type::TID => match raw.split_first_chunk::<4>() {
                Some((block, [a, b])) => Value::Int(
                    i64::from(u32::from_be_bytes(*block)) << 16
                        | i64::from(u16::from_be_bytes([*a, *b])),
                ),
                _ => Value::Other,
            },
            Type::DATE => date(i32::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMP => local(i64::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMPTZ => instant(i64::from_be_bytes(raw.try_into()?)),
            _ => Value::Other,
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Infinity, years before 1 and after 9999 are no dates.
fn date(days: i32) -> Value {
    let date: Option<Date> = match days {
        i32::MIN | i32::MAX => None,
        days => EPOCH.date().checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok(),
    };
    date.filter(|d| d.year() >= 1).map_or(Value::Other, Value::Date)
}

fn local(micros: i64) -> Value {
    let at = match micros {
        i64::MIN | i64::MAX => None,
        micros => EPOCH.checked_add(SignedDuration::from_micros(micros)).ok(),
    };
    at.filter(|d| d.year() >= 1).map_or(Value::Other, Value::DateTime)
}

fn instant(micros: i64) -> Value {
    let at = match micros {
        i64::MIN | i64::MAX => None,
        micros => {
            micros.checked_add(EPOCH_UNIX_MICROS).and_then(|m| Timestamp::from_microsecond(m).ok())
        }
    };
    at.map_or(Value::Other, Value::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_microseconds_count_from_2000() {
        assert_eq!(date(0), Value::Date(Date::constant(2000, 1, 1)));
        assert_eq!(date(-1), Value::Date(Date::constant(1999, 12, 31)));
        assert_eq!(date(i32::MAX), Value::Other);
        assert_eq!(date(i32::MAX - 1), Value::Other);
        assert_eq!(date(-800_000), Value::Other, "before the year 1");
        assert_eq!(
            local(1_500_000),
            Value::DateTime(DateTime::constant(2000, 1, 1, 0, 0, 1, 500_000_000))
        );
        assert_eq!(local(i64::MIN), Value::Other);
        assert_eq!(instant(0), Value::Instant("2000-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(instant(i64::MAX - 1), Value::Other);
    }
}
