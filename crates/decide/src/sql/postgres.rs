//! PostgreSQL: typed columns, and texts that are read without ever raising an error.

use frist_law::Cutoff;
use frist_register::Literal;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::quote::texts;
use super::{BoundFact, Dialect, Physical, whole};
use crate::value::{Kind, MAX_INSTANT, MIN_INSTANT};

pub(super) fn time(fact: &BoundFact, cutoff: Cutoff, within: bool) -> String {
    let x = &fact.expr;
    match (&fact.physical, &fact.kind) {
        (Physical::Date, _) => {
            let (first, last) = ("DATE '0001-01-01'", "DATE '9999-12-31'");
            let bound = match cutoff {
                Cutoff::Date(d) if d.year() >= 1 => Some(format!("DATE '{d}'")),
                _ => None,
            };
            range(x, first, last, bound, within)
        }
        (Physical::Timestamp, _) => {
            let (first, last) =
                ("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'");
            let bound = match cutoff {
                Cutoff::Local { at, inclusive } => {
                    micros(at, inclusive).map(|s| format!("TIMESTAMP '{s}'"))
                }
                _ => None,
            };
            range(x, first, last, bound, within)
        }
        (Physical::TimestampTz, _) => {
            let (first, last) = (
                "TIMESTAMPTZ '0001-01-02 00:00:00+00'",
                "TIMESTAMPTZ '9999-12-29 23:59:59.999999+00'",
            );
            let bound = match cutoff {
                Cutoff::Instant { at, inclusive } => {
                    micros_utc(at, inclusive).map(|s| format!("TIMESTAMPTZ '{s}+00'"))
                }
                _ => None,
            };
            range(x, first, last, bound, within)
        }
        (Physical::Integer, Kind::UnixSeconds) => unix(x, 1_000_000_000, cutoff, within),
        (Physical::Integer, Kind::UnixMillis) => unix(x, 1_000_000, cutoff, within),
        (Physical::Text, Kind::Date) => {
            let c = format!("({x} COLLATE \"C\")");
            let valid = format!("({})", valid_date(&c));
            match (cutoff, within) {
                (Cutoff::Date(d), true) if d.year() >= 1 => format!("({c} <= '{d}' AND {valid})"),
                (_, true) => "(1=0)".into(),
                (Cutoff::Date(d), false) if d.year() >= 1 => format!("({c} > '{d}' AND {valid})"),
                (_, false) => valid,
            }
        }
        (Physical::Text, Kind::Local(_)) => {
            let c = format!("({x} COLLATE \"C\")");
            let bound = match cutoff {
                Cutoff::Local { at, inclusive } => Some((at, inclusive)),
                _ => None,
            };
            text(&c, &valid_datetime(&c, ""), &normal(&c), bound, within)
        }
        (Physical::Text, Kind::Instant) => {
            let c = format!("({x} COLLATE \"C\")");
            let n = normal(&format!("rtrim({c}, 'Z')"));
            let valid = format!(
                "(CASE WHEN {} THEN {n} >= '0001-01-02' AND {n} < '9999-12-30' ELSE false END)",
                valid_datetime(&c, "Z")
            );
            let bound = match cutoff {
                Cutoff::Instant { at, inclusive } => {
                    Some((at.to_zoned(TimeZone::UTC).datetime(), inclusive))
                }
                _ => None,
            };
            text(&c, &valid, &n, bound, within)
        }
        _ => "(1=0)".into(),
    }
}

/// Within: `first <= x <= bound`; beyond: `bound < x <= last`. Infinite dates are in neither.
fn range(x: &str, first: &str, last: &str, bound: Option<String>, within: bool) -> String {
    match (bound, within) {
        (Some(b), true) => format!("({x} <= {b} AND {x} >= {first})"),
        (None, true) => "(1=0)".into(),
        (Some(b), false) => format!("({x} > {b} AND {x} <= {last} AND {x} >= {first})"),
        (None, false) => format!("({x} <= {last} AND {x} >= {first})"),
    }
}

fn micros_utc(at: Timestamp, inclusive: bool) -> Option<String> {
    micros(at.to_zoned(TimeZone::UTC).datetime(), inclusive)
}

/// The latest time in whole microseconds that is within; none before the year 1.
fn micros(at: DateTime, inclusive: bool) -> Option<String> {
    let exact = at.subsec_nanosecond() % 1_000 == 0;
    let dt = if exact && !inclusive { at.checked_sub(1.microsecond()).ok()? } else { at };
    (dt.year() >= 1).then(|| {
        format!(
            "{} {:02}:{:02}:{:02}.{:06}",
            Date::from(dt),
            dt.hour(),
            dt.minute(),
            dt.second(),
            dt.subsec_nanosecond() / 1_000
        )
    })
}

fn unix(x: &str, unit: i128, cutoff: Cutoff, within: bool) -> String {
    let scale = i128::from(1_000_000_000u32) / unit;
    let (min, max) = (i128::from(MIN_INSTANT) * scale, i128::from(MAX_INSTANT) * scale - 1);
    let bound = match cutoff {
        Cutoff::Instant { at, inclusive } => {
            Some(whole(at.as_nanosecond(), unit, inclusive).to_string())
        }
        _ => None,
    };
    range(x, &min.to_string(), &max.to_string(), bound, within)
}

fn valid_date(c: &str) -> String {
    format!(
        "CASE WHEN {c} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN {} ELSE false END",
        day_exists(c)
    )
}

/// That the day exists, once the digits are in place: nothing here can raise an error.
fn day_exists(c: &str) -> String {
    let year = format!("substr({c}, 1, 4)::int");
    format!(
        "substr({c}, 1, 4) <> '0000' AND substr({c}, 9, 2) <= CASE \
         WHEN substr({c}, 6, 2) IN ('04', '06', '09', '11') THEN '30' \
         WHEN substr({c}, 6, 2) <> '02' THEN '31' \
         WHEN {year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0) THEN '29' ELSE '28' END"
    )
}

fn valid_datetime(c: &str, tail: &str) -> String {
    format!(
        "(CASE WHEN {c} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{{1,9}})?)?{tail}$' THEN {} ELSE false END)",
        day_exists(c)
    )
}

fn normal(c: &str) -> String {
    format!(
        "(substr({c}, 1, 10) || ' ' || substr(CASE length({c}) WHEN 16 THEN {c} || ':00.000000000' \
         WHEN 19 THEN {c} || '.000000000' ELSE {c} || '000000000' END, 12, 18)) COLLATE \"C\""
    )
}

fn text(c: &str, valid: &str, n: &str, bound: Option<(DateTime, bool)>, within: bool) -> String {
    let Some((at, inclusive)) = bound.filter(|(at, _)| at.year() >= 1) else {
        return if within { "(1=0)".into() } else { valid.to_owned() };
    };
    let day = at.date();
    if !inclusive && at == day.to_datetime(jiff::civil::Time::midnight()) {
        let op = if within { "<" } else { ">=" };
        return format!("({c} {op} '{day}' AND {valid})");
    }
    let op = match (within, inclusive) {
        (true, true) => "<=",
        (true, false) => "<",
        (false, true) => ">",
        (false, false) => ">=",
    };
    let exact = format!(
        "{day} {:02}:{:02}:{:02}.{:09}",
        at.hour(),
        at.minute(),
        at.second(),
        at.subsec_nanosecond()
    );
    format!("({valid} AND {n} {op} '{exact}')")
}

pub(super) fn state(fact: &BoundFact, literals: &[Literal], inside: bool) -> String {
    let x = &fact.expr;
    let not = if inside { "" } else { "NOT " };
    match (&fact.physical, &fact.kind) {
        (Physical::Text, Kind::Text) => {
            let wanted = literals
                .iter()
                .filter_map(|l| if let Literal::Text(t) = l { Some(t.as_str()) } else { None });
            let values = texts(Dialect::Postgres, wanted);
            match (values.is_empty(), inside) {
                (true, true) => "(1=0)".into(),
                (true, false) => format!("({x} IS NOT NULL)"),
                _ => format!("(({x} COLLATE \"C\") {not}IN ({}))", values.join(", ")),
            }
        }
        (Physical::Integer, Kind::Int) => {
            let values: Vec<String> = literals
                .iter()
                .filter_map(|l| if let Literal::Int(n) = l { Some(n.to_string()) } else { None })
                .collect();
            format!("({x} {not}IN ({}))", values.join(", "))
        }
        (physical @ (Physical::Boolean | Physical::Integer), Kind::Bool) => {
            let names = match physical {
                Physical::Boolean => ["false", "true"],
                _ => ["0", "1"],
            };
            let hits: Vec<&str> = [false, true]
                .into_iter()
                .filter(|b| literals.contains(&Literal::Bool(*b)) == inside)
                .map(|b| names[usize::from(b)])
                .collect();
            match hits.is_empty() {
                true => "(1=0)".into(),
                false => format!("({x} IN ({}))", hits.join(", ")),
            }
        }
        _ => "(1=0)".into(),
    }
}
