//! Facts that lie in another table, as correlated subqueries on the row `t`.

use frist_decide::sql::{BoundFact, Dialect, Physical, render};
use frist_decide::{Kind, Test};
use frist_law::Cutoff;

/// The field of the one row that `t` refers to.
pub(crate) fn lookup(table: &str, field: &str, key: &str, by: &str) -> String {
    format!("(SELECT {field} FROM {table} AS o WHERE o.{key} = {by})")
}

/// The latest of `field` (an expression on `o`) among the rows whose `by` is `key`:
/// no such row: `or_else`; any of them not a readable point in time: not readable either, so that
/// the record is unclear; else any of them empty: empty, it has not happened yet; else the latest.
pub(crate) fn latest(
    dialect: Dialect,
    table: &str,
    by: &str,
    key: &str,
    field: &BoundFact,
    or_else: Option<&str>,
) -> String {
    let x = &field.expr;
    let binding = frist_decide::sql::Binding {
        dialect,
        facts: vec![field.clone()],
        key_text: String::new(),
        fields: Vec::new(),
    };
    // What is beyond no cutoff at all is whatever can be read.
    let readable = render(&Test::Beyond(0, Cutoff::None), &binding);
    let (unreadable, newest) = match (dialect, &field.physical) {
        (Dialect::Postgres, Physical::Date) => ("DATE 'infinity'", format!("max({x})")),
        (Dialect::Postgres, Physical::Timestamp) => ("TIMESTAMP 'infinity'", format!("max({x})")),
        (Dialect::Postgres, Physical::TimestampTz) => {
            ("TIMESTAMPTZ 'infinity'", format!("max({x})"))
        }
        (Dialect::Postgres, Physical::Integer) => {
            ("9223372036854775807::bigint", format!("max({x})::bigint"))
        }
        _ => ("'unreadable'", newest_text(dialect, x, &field.kind)),
    };
    let or_else = or_else.unwrap_or("NULL");
    format!(
        "(SELECT CASE WHEN count(*) = 0 THEN {or_else} \
         WHEN count(CASE WHEN {x} IS NULL THEN NULL WHEN {readable} THEN NULL ELSE 1 END) > 0 \
         THEN {unreadable} \
         WHEN count({x}) < count(*) THEN NULL ELSE {newest} END FROM {table} AS o WHERE o.{by} = {key})"
    )
}

/// Times are written in several forms that do not sort as text, so the latest is given in one that
/// does, and that reads as the same time.
fn newest_text(dialect: Dialect, x: &str, kind: &Kind) -> String {
    let plain = match dialect {
        Dialect::Postgres => format!("({x} COLLATE \"C\")"),
        Dialect::Sqlite => x.to_owned(),
    };
    extreme("max", &plain, kind)
}

/// The earliest or latest (`min` or `max`) of readable texts.
pub(crate) fn extreme(which: &str, x: &str, kind: &Kind) -> String {
    match kind {
        Kind::Local(_) => format!("{which}({})", normal(x)),
        Kind::Instant => {
            format!("{which}({}) || 'Z'", normal(&format!("substr({x}, 1, length({x}) - 1)")))
        }
        _ => format!("{which}({x})"),
    }
}

/// `YYYY-MM-DD HH:MM:SS.fffffffff` of a valid date and time.
fn normal(x: &str) -> String {
    format!(
        "substr({x}, 1, 10) || ' ' || substr(CASE length({x}) WHEN 16 THEN {x} || ':00.000000000' \
         WHEN 19 THEN {x} || '.000000000' ELSE {x} || '000000000' END, 12, 18)"
    )
}
