//! Anonymising a field in SQL: what it becomes, and whether it already is that.

use frist_decide::Kind;
use frist_decide::sql::{Dialect, Physical, identifier, literal};
use frist_register::Anonymise;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::catalogue::Column;

/// A field that is to be changed.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// As the register spells it.
    pub(crate) name: String,
    /// Quoted, without alias.
    pub(crate) column: String,
    pub(crate) how: Anonymise,
    /// True when it needs no change (never null), on the row `t`.
    pub(crate) done: String,
    /// What it becomes, on the row `t`; none for a pseudonym, which is computed here.
    pub(crate) becomes: Option<String>,
}

/// How `column` is anonymised. `kind` is how the register says a point in time is written in it.
///
/// # Errors
/// In words, when this column cannot be.
pub(crate) fn field(
    dialect: Dialect,
    name: &str,
    column: &Column,
    how: &Anonymise,
    kind: Option<&Kind>,
) -> Result<Field, String> {
    if column.generated {
        return Err("is computed from others, so it cannot be changed; change those".into());
    }
    let pg = dialect == Dialect::Postgres;
    let x = format!("t.{}", identifier(&column.name));
    let text = match dialect {
        Dialect::Postgres => format!("({x})::text"),
        Dialect::Sqlite => format!("CAST({x} AS TEXT)"),
    };
    let cast =
        |e: &str| if pg { format!("CAST({e} AS {})", column.type_name) } else { e.to_owned() };
    let textual = matches!(column.physical, Physical::Text | Physical::Dynamic(_));
    let (done, becomes) = match how {
        Anonymise::Null if !column.nullable => {
            return Err("may not be empty; use `fixed` instead of `null`".into());
        }
        Anonymise::Null => (format!("({x} IS NULL)"), Some("NULL".to_owned())),
        Anonymise::Fixed(to) => {
            let to = literal(to);
            let same = if pg {
                format!("{x} = {}", cast(&to))
            } else {
                format!("{x} = {to} COLLATE BINARY")
            };
            (format!("({x} IS NOT NULL AND {same})"), Some(cast(&to)))
        }
        Anonymise::Truncate(n) => (
            format!("({x} IS NULL OR length({text}) <= {n})"),
            Some(cast(&format!("substr({text}, 1, {n})"))),
        ),
        Anonymise::Pseudonym => {
            if !textual || column.max_length.is_some_and(|n| n < PSEUDONYM_LENGTH) {
                return Err(format!(
                    "is `{}`, which cannot hold a pseudonym of 36 characters",
                    column.type_name
                ));
            }
            let form = match dialect {
                Dialect::Postgres => format!("{text} ~ '^psn_[0-9a-f]{{32}}$'"),
                Dialect::Sqlite => format!(
                    "typeof({x}) = 'text' AND length({x}) = 36 AND {x} GLOB 'psn_*' AND substr({x}, 5) NOT GLOB '*[^0-9a-f]*'"
                ),
            };
            (format!("({x} IS NULL OR ({form}))"), None)
        }
        Anonymise::Month => coarser(dialect, column, &x, kind, "month")?,
        Anonymise::Year => coarser(dialect, column, &x, kind, "year")?,
    };
    Ok(Field {
        name: name.to_owned(),
        column: identifier(&column.name),
        how: how.clone(),
        done,
        becomes,
    })
}

/// A date cut to the first of its month or year. A text that is no date is emptied: nobody can say
/// what it tells.
fn coarser(
    dialect: Dialect,
    column: &Column,
    x: &str,
    kind: Option<&Kind>,
    unit: &str,
) -> Result<(String, Option<String>), String> {
    let pg = dialect == Dialect::Postgres;
    let (keep, rest) = if unit == "month" { (7, "-01") } else { (4, "-01-01") };
    let becomes = match (&column.physical, kind) {
        (Physical::Date | Physical::Timestamp | Physical::TimestampTz, _) => {
            format!("CAST(date_trunc('{unit}', {x}) AS {})", column.type_name)
        }
        (
            Physical::Integer | Physical::Dynamic(_),
            Some(k @ (Kind::UnixSeconds | Kind::UnixMillis)),
        ) => {
            let scale = if *k == Kind::UnixMillis { 1000 } else { 1 };
            if pg {
                format!(
                    "CAST(extract(epoch FROM date_trunc('{unit}', to_timestamp({x} / {scale}.0) AT TIME ZONE 'UTC')) * {scale} AS {})",
                    column.type_name
                )
            } else {
                format!(
                    "CAST(strftime('%s', {x} / {scale}, 'unixepoch', 'start of {unit}') AS INTEGER) * {scale}"
                )
            }
        }
        (Physical::Text | Physical::Dynamic(_), _) => {
            let date = if pg {
                format!("({x})::text ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'")
            } else {
                format!(
                    "typeof({x}) = 'text' AND {x} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
                )
            };
            let text = if pg { format!("({x})::text") } else { x.to_owned() };
            let short = format!("substr({text}, 1, {keep}) || '{rest}'");
            let becomes = format!(
                "CASE WHEN NOT ({date}) THEN NULL WHEN length({text}) <= 10 THEN {short} \
                 WHEN substr({text}, length({text})) = 'Z' THEN {short} || 'T00:00:00Z' \
                 ELSE {short} || ' 00:00:00' END"
            );
            if pg { format!("CAST({becomes} AS {})", column.type_name) } else { becomes }
        }
        _ => {
            return Err(format!(
                "is `{}`; say in `[dataset.facts]` how a date is written in it",
                column.type_name
            ));
        }
    };
    // A text that is no date has null for its target and is not that: it counts as to be done.
    Ok((format!("({x} IS NULL OR COALESCE({x} = ({becomes}), (1=0)))"), Some(becomes)))
}

/// `psn_` and 32 hexadecimal digits.
pub(crate) const PSEUDONYM_LENGTH: u32 = 36;

/// The keyed pseudonym of a value: the first half of HMAC-SHA-256.
pub(crate) fn pseudonym(key: &[u8; 32], value: &str) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes a key of any length"),
    };
    mac.update(value.as_bytes());
    let digest = mac.finalize().into_bytes();
    let hex: String = digest[..16].iter().map(|b| format!("{b:02x}")).collect();
    format!("psn_{hex}")
}
