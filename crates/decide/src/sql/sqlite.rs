//! SQLite: any column may hold any type, and dates are texts or numbers.

use frist_law::Cutoff;
use frist_register::Literal;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::quote::texts;
use super::{BoundFact, Dialect, whole};
use crate::value::{Kind, MAX_INSTANT, MIN_INSTANT};

pub(super) fn time(fact: &BoundFact, cutoff: Cutoff, within: bool) -> String {
    let x = &fact.expr;
    match fact.kind {
        Kind::Date => {
            let valid = valid_date(x);
            match (cutoff, within) {
                (Cutoff::Date(d), true) if d.year() >= 1 => format!("({x} <= '{d}' AND {valid})"),
                (_, true) => "(1=0)".into(),
                (Cutoff::Date(d), false) if d.year() >= 1 => format!("({x} > '{d}' AND {valid})"),
                (_, false) => format!("({valid})"),
            }
        }
        Kind::Local(_) => {
            let valid = format!("{} AND {}", no_nul(x), valid_datetime(x));
            match cutoff {
                Cutoff::Local { at, inclusive } => text(x, x, &valid, at, inclusive, within),
                _ => none(&valid, within),
            }
        }
        Kind::Instant => {
            let cut = format!("substr({x}, 1, length({x}) - 1)");
            let n = normal(&cut);
            let valid = format!(
                "{} AND substr({x}, -1) = 'Z' AND {} AND {n} >= '0001-01-02' AND {n} < '9999-12-30'",
                no_nul(x),
                valid_datetime(&cut)
            );
            match cutoff {
                Cutoff::Instant { at, inclusive } => {
                    let at = at.to_zoned(TimeZone::UTC).datetime();
                    text(x, &cut, &valid, at, inclusive, within)
                }
                _ => none(&valid, within),
            }
        }
        Kind::UnixSeconds => unix(x, 1_000_000_000, cutoff, within),
        Kind::UnixMillis => unix(x, 1_000_000, cutoff, within),
        _ => "(1=0)".into(),
    }
}

fn none(valid: &str, within: bool) -> String {
    if within { "(1=0)".into() } else { format!("({valid})") }
}

/// `x` is the column, which an index may serve; `body` the part of it that is the date and time.
fn text(x: &str, body: &str, valid: &str, at: DateTime, inclusive: bool, within: bool) -> String {
    if at.year() < 1 {
        return none(valid, within);
    }
    let day = at.date();
    if !inclusive && at == day.to_datetime(jiff::civil::Time::midnight()) {
        // A whole day: the first ten characters decide, and the rest cannot matter.
        let op = if within { "<" } else { ">=" };
        return format!("({x} {op} '{day}' AND {valid})");
    }
    let bound = exact(at);
    let n = normal(body);
    if within {
        let op = if inclusive { "<=" } else { "<" };
        let early = match day.tomorrow() {
            Ok(next) => format!("{x} < '{next}' AND "),
            Err(_) => String::new(),
        };
        format!("({early}{valid} AND {n} {op} '{bound}')")
    } else {
        let op = if inclusive { ">" } else { ">=" };
        format!("({x} >= '{day}' AND {valid} AND {n} {op} '{bound}')")
    }
}

/// `YYYY-MM-DD HH:MM:SS.fffffffff`
fn exact(at: DateTime) -> String {
    format!(
        "{} {:02}:{:02}:{:02}.{:09}",
        Date::from(at),
        at.hour(),
        at.minute(),
        at.second(),
        at.subsec_nanosecond()
    )
}

fn valid_date(x: &str) -> String {
    format!("typeof({x}) = 'text' AND {}", valid_day(x))
}

/// It is ten characters that are a day that exists: SQLite's own `date` turns 30 February into
/// 2 March, so a day that comes back unchanged is one. The comparison is of all bytes: whatever
/// the column's collation, and also behind a NUL, where the functions stop reading.
fn valid_day(x: &str) -> String {
    format!(
        "{x} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' \
         AND date({x}) = {x} COLLATE BINARY AND {x} >= '0001-01-01'"
    )
}

/// Ends at a NUL as the other functions do, hence [`no_nul`] besides.
fn valid_datetime(x: &str) -> String {
    let day = valid_day(&format!("substr({x}, 1, 10)"));
    format!(
        "{day} AND substr({x}, 11, 1) IN (' ', 'T') \
         AND substr({x}, 12, 5) GLOB '[0-2][0-9]:[0-5][0-9]' AND substr({x}, 12, 2) <= '23' \
         AND (length({x}) = 16 OR (substr({x}, 17, 3) GLOB ':[0-5][0-9]' AND (length({x}) = 19 \
         OR (length({x}) BETWEEN 21 AND 29 AND substr({x}, 20, 1) = '.' \
         AND substr({x}, 21) NOT GLOB '*[^0-9]*'))))"
    )
}

/// It is text without a NUL: nothing stands behind the characters that the functions see. (Bytes
/// cannot be counted: there are twice as many in a database in UTF-16.)
fn no_nul(x: &str) -> String {
    format!("typeof({x}) = 'text' AND substr({x}, 1, length({x})) = {x} COLLATE BINARY")
}

/// A valid date and time in one form that can be compared as text.
fn normal(x: &str) -> String {
    format!(
        "substr({x}, 1, 10) || ' ' || substr(CASE length({x}) WHEN 16 THEN {x} || ':00.000000000' \
         WHEN 19 THEN {x} || '.000000000' ELSE {x} || '000000000' END, 12, 18)"
    )
}

fn unix(x: &str, unit: i128, cutoff: Cutoff, within: bool) -> String {
    let scale = i128::from(1_000_000_000u32) / unit;
    let (min, max) = (i128::from(MIN_INSTANT) * scale, i128::from(MAX_INSTANT) * scale - 1);
    let valid = format!("typeof({x}) = 'integer' AND {x} BETWEEN {min} AND {max}");
    match cutoff {
        Cutoff::Instant { at, inclusive } => {
            let n = whole(at.as_nanosecond(), unit, inclusive);
            let op = if within { "<=" } else { ">" };
            format!("({x} {op} {n} AND {valid})")
        }
        _ => none(&valid, within),
    }
}

pub(super) fn state(fact: &BoundFact, literals: &[Literal], inside: bool) -> String {
    let x = &fact.expr;
    let (kind, values): (&str, Vec<String>) = match fact.kind {
        Kind::Text => (
            "text",
            texts(
                Dialect::Sqlite,
                literals
                    .iter()
                    .filter_map(|l| if let Literal::Text(t) = l { Some(t.as_str()) } else { None }),
            ),
        ),
        Kind::Int => (
            "integer",
            literals
                .iter()
                .filter_map(|l| if let Literal::Int(n) = l { Some(n.to_string()) } else { None })
                .collect(),
        ),
        Kind::Bool => {
            let has = |b: bool| literals.contains(&Literal::Bool(b)) == inside;
            let values = [(false, "0"), (true, "1")];
            let values = values
                .iter()
                .filter(|(b, _)| has(*b))
                .map(|(_, v)| (*v).to_owned())
                .collect::<Vec<_>>();
            return format!("(typeof({x}) = 'integer' AND {x} IN ({}))", values.join(", "));
        }
        _ => return "(1=0)".into(),
    };
    let not = if inside { "" } else { "NOT " };
    // The column may have a collation of its own, such as NOCASE; a state is compared exactly.
    format!("(typeof({x}) = '{kind}' AND {x} COLLATE BINARY {not}IN ({}))", values.join(", "))
}
