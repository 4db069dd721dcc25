//! The compiled test as SQL, for SQLite and PostgreSQL.
//!
//! Every fragment is false or null of what cannot be read, and a [`Test`] has no negation, so a
//! null never becomes a yes. Comparisons with constants stand first and bare, so that an index on
//! the starting point serves them; the strict reading of text stands behind them. What is accepted
//! as a date is exactly what [`crate::value`] accepts.

mod postgres;
mod quote;
mod sqlite;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::hold::HoldScope;
use crate::rules::Use;
use crate::test::{Compiled, Test};
use crate::value::Kind;
use frist_law::Cutoff;
use frist_register::{FactType, Literal};

pub use quote::{identifier, literal};

/// Which SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL 13 and later.
    Postgres,
}

/// How the store keeps a fact's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Physical {
    /// SQLite: any value may have any type; the declared type, upper case.
    Dynamic(String),
    /// Text of any length (also enumerations, read as text).
    Text,
    /// A whole number of at most 64 bits.
    Integer,
    /// A typed date.
    Date,
    /// A typed timestamp without time zone.
    Timestamp,
    /// A typed timestamp with time zone.
    TimestampTz,
    /// A typed boolean.
    Boolean,
    /// Anything else, by name.
    Other(String),
}

/// A fact bound to what yields it in the store.
#[derive(Debug, Clone)]
pub struct BoundFact {
    /// The SQL expression: a quoted column, or a subquery.
    pub expr: String,
    /// How it is kept.
    pub physical: Physical,
    /// How it is read.
    pub kind: Kind,
}

/// What a test needs to become SQL for one collection.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Which SQL.
    pub dialect: Dialect,
    /// The facts, in the order of the rule's.
    pub facts: Vec<BoundFact>,
    /// The key as text: one expression, key fields joined by a comma.
    pub key_text: String,
    /// Fields that holds may name, with the expression of each as text.
    pub fields: Vec<(String, String)>,
}

/// Why a fact cannot be read from a column of this type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The register must say how it is written.
    #[error(
        "the store does not tell how `{fact}` is written (its type is `{found}`); say so in `[dataset.facts]`, e.g. `{fact} = \"date\"`"
    )]
    SayType {
        /// Fact.
        fact: String,
        /// Column type.
        found: String,
    },
    /// The register says another type than the store has.
    #[error(
        "the register reads `{fact}` as {wanted}, but in the store it is `{found}`; correct `[dataset.facts]`"
    )]
    Mismatch {
        /// Fact.
        fact: String,
        /// What the register says.
        wanted: &'static str,
        /// Column type.
        found: String,
    },
    /// The time zone does not exist.
    #[error(
        "`{zone}`, the time zone of `{fact}`, does not exist; use a name such as `Europe/Copenhagen`"
    )]
    Zone {
        /// Fact.
        fact: String,
        /// Zone.
        zone: String,
    },
}

impl Physical {
    /// What to call it in a message.
    pub fn name(&self) -> &str {
        match self {
            Physical::Dynamic(declared) if declared.is_empty() => "untyped",
            Physical::Dynamic(declared) => declared,
            Physical::Text => "text",
            Physical::Integer => "integer",
            Physical::Date => "date",
            Physical::Timestamp => "timestamp without time zone",
            Physical::TimestampTz => "timestamp with time zone",
            Physical::Boolean => "boolean",
            Physical::Other(name) => name,
        }
    }
}

/// How a fact used in this way is read from a column kept in that way.
///
/// # Errors
/// [`BindError`] when the register must say more, or says what cannot be.
pub fn kind_of(
    fact: &str,
    usage: &Use,
    physical: &Physical,
    zone: &TimeZone,
) -> Result<Kind, BindError> {
    let mismatch =
        |wanted| BindError::Mismatch { fact: fact.into(), wanted, found: physical.name().into() };
    let say = || BindError::SayType { fact: fact.into(), found: physical.name().into() };
    let declared = match usage {
        Use::Presence => return Ok(Kind::Presence),
        Use::Text => {
            return match physical {
                Physical::Text | Physical::Dynamic(_) => Ok(Kind::Text),
                _ => Err(mismatch("a text")),
            };
        }
        Use::Int => {
            return match physical {
                Physical::Integer | Physical::Dynamic(_) => Ok(Kind::Int),
                _ => Err(mismatch("a whole number")),
            };
        }
        Use::Bool => {
            return match physical {
                Physical::Boolean | Physical::Integer | Physical::Dynamic(_) => Ok(Kind::Bool),
                _ => Err(mismatch("true or false")),
            };
        }
        Use::Time(declared) => declared.as_ref(),
    };
    let local = |z: &Option<String>| match z {
        None => Ok(Kind::Local(zone.clone())),
        Some(name) => frist_law::zone(name)
            .map(Kind::Local)
            .map_err(|_| BindError::Zone { fact: fact.into(), zone: name.clone() }),
    };
    let written = |t: &FactType| match t {
        FactType::Date => Ok(Kind::Date),
        FactType::DateTime { zone } => local(zone),
        FactType::Instant => Ok(Kind::Instant),
        FactType::UnixSeconds => Ok(Kind::UnixSeconds),
        FactType::UnixMillis => Ok(Kind::UnixMillis),
    };
    match (physical, declared) {
        (Physical::Date, None | Some(FactType::Date)) => Ok(Kind::Date),
        (Physical::Timestamp, None) => local(&None),
        (Physical::Timestamp, Some(FactType::DateTime { zone })) => local(zone),
        (Physical::TimestampTz, None | Some(FactType::Instant)) => Ok(Kind::Instant),
        (
            Physical::Text,
            Some(t @ (FactType::Date | FactType::DateTime { .. } | FactType::Instant)),
        ) => written(t),
        (Physical::Integer, Some(t @ (FactType::UnixSeconds | FactType::UnixMillis))) => written(t),
        (Physical::Dynamic(_), Some(t)) => written(t),
        (Physical::Dynamic(d), None) if d == "DATE" => Ok(Kind::Date),
        (Physical::Dynamic(d), None) if d == "DATETIME" || d.starts_with("TIMESTAMP") => {
            local(&None)
        }
        (Physical::Dynamic(_) | Physical::Text | Physical::Integer, None) => Err(say()),
        (_, Some(FactType::Date)) => Err(mismatch("a date")),
        (_, Some(FactType::DateTime { .. })) => Err(mismatch("a local date and time")),
        (_, Some(FactType::Instant)) => Err(mismatch("an instant")),
        (_, Some(_)) => Err(mismatch("a count since 1970")),
        (_, None) => Err(mismatch("a point in time")),
    }
}

/// The test as a boolean SQL expression.
pub fn render(test: &Test, binding: &Binding) -> String {
    let fact = |ix: &usize| &binding.facts[*ix];
    match test {
        Test::Const(true) => "(1=1)".into(),
        Test::Const(false) => "(1=0)".into(),
        Test::All(parts) => join(parts, " AND ", binding),
        Test::Any(parts) => join(parts, " OR ", binding),
        Test::Empty(f) => format!("({} IS NULL)", fact(f).expr),
        Test::Filled(f) => format!("({} IS NOT NULL)", fact(f).expr),
        Test::Within(f, cutoff) => time(binding.dialect, fact(f), *cutoff, true),
        Test::Beyond(f, cutoff) => time(binding.dialect, fact(f), *cutoff, false),
        Test::In(f, l) => state(binding.dialect, fact(f), l, true),
        Test::NotIn(f, l) => state(binding.dialect, fact(f), l, false),
        Test::Held(scopes) => held(scopes, binding),
        Test::NotHeld(scopes) => format!("(NOT {})", held(scopes, binding)),
        Test::Answered(keys) => one_of(&binding.key_text, keys.iter(), binding.dialect),
        Test::NotAnswered(keys) => {
            format!("(NOT {})", one_of(&binding.key_text, keys.iter(), binding.dialect))
        }
    }
}

/// The decision as a SQL expression that yields its word.
pub fn render_outcome(compiled: &Compiled, binding: &Binding) -> String {
    let mut sql = String::from("CASE");
    for (outcome, test) in &compiled.classes {
        if *test != Test::Const(false) {
            sql += &format!(" WHEN {} THEN '{}'", render(test, binding), outcome.word());
        }
    }
    // A CASE without WHEN is no SQL.
    sql + " WHEN (1=0) THEN '' ELSE 'unclear' END"
}

fn join(parts: &[Test], by: &str, binding: &Binding) -> String {
    let rendered: Vec<String> = parts.iter().map(|p| render(p, binding)).collect();
    format!("({})", rendered.join(by))
}

fn time(dialect: Dialect, fact: &BoundFact, cutoff: Cutoff, within: bool) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::time(fact, cutoff, within),
        Dialect::Postgres => postgres::time(fact, cutoff, within),
    }
}

fn state(dialect: Dialect, fact: &BoundFact, literals: &[Literal], inside: bool) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::state(fact, literals, inside),
        Dialect::Postgres => postgres::state(fact, literals, inside),
    }
}

/// True or false, never null: what names nobody is covered by nobody's hold. Thousands of holds on keys, or
/// on one field, are one list.
fn held(scopes: &[HoldScope], binding: &Binding) -> String {
    let mut keys: Vec<String> = Vec::new();
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut parts = Vec::new();
    for scope in scopes {
        match scope {
            HoldScope::Keys(own) => keys.extend_from_slice(own),
            HoldScope::Field { field, values } => {
                fields.entry(field).or_default().extend_from_slice(values);
            }
            HoldScope::All | HoldScope::Every(_) => parts.push(covered(scope, binding)),
        }
    }
    if !keys.is_empty() {
        parts.push(covered(&HoldScope::Keys(keys), binding));
    }
    for (field, values) in fields {
        parts.push(covered(&HoldScope::Field { field: field.to_owned(), values }, binding));
    }
    any(&parts)
}

/// Any of these. Databases refuse an expression that is a thousand levels deep, so many are halved.
fn any(parts: &[String]) -> String {
    const FLAT: usize = 64;
    match parts.len() {
        0 => "(1=0)".into(),
        n if n <= FLAT => format!("({})", parts.join(" OR ")),
        n => {
            let (left, right) = parts.split_at(n / 2);
            format!("({} OR {})", any(left), any(right))
        }
    }
}

fn covered(scope: &HoldScope, binding: &Binding) -> String {
    let one_of = |expr: &str, values: &[String]| {
        one_of(expr, values.iter().map(String::as_str), binding.dialect)
    };
    let found = |field: &str| binding.fields.iter().find(|(name, _)| name == field);
    match scope {
        HoldScope::All => "(1=1)".to_owned(),
        HoldScope::Keys(keys) => one_of(&binding.key_text, keys),
        HoldScope::Field { field, values } => match found(field) {
            Some((_, expr)) => one_of(expr, values),
            // A field that is not there: nobody can say whom the hold covers.
            None => "(1=1)".to_owned(),
        },
        HoldScope::Every(_) if scope.fields().iter().any(|f| found(f).is_none()) => {
            "(1=1)".to_owned()
        }
        HoldScope::Every(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| covered(part, binding)).collect();
            if parts.is_empty() { "(1=1)".into() } else { format!("({})", parts.join(" AND ")) }
        }
    }
}

/// Whether a text is one of these: true or false, never null. Compared exactly, whatever the column's own
/// collation takes for the same.
fn one_of<'v>(expr: &str, values: impl Iterator<Item = &'v str>, dialect: Dialect) -> String {
    let values = quote::texts(dialect, values);
    let collation = match dialect {
        Dialect::Sqlite => "BINARY",
        Dialect::Postgres => "\"C\"",
    };
    match values.is_empty() {
        true => "(1=0)".to_owned(),
        false => format!(
            "(({expr}) IS NOT NULL AND ({expr}) COLLATE {collation} IN ({}))",
            values.join(", ")
        ),
    }
}

/// A bound on whole units (seconds, milliseconds, microseconds): what is at most `.0` is within.
fn whole(nanos: i128, per_unit: i128, inclusive: bool) -> i128 {
    let floor = nanos.div_euclid(per_unit);
    let exact = nanos.rem_euclid(per_unit) == 0;
    if exact && !inclusive { floor - 1 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_on_whole_units() {
        assert_eq!(whole(5_000, 1_000, true), 5);
        assert_eq!(whole(5_000, 1_000, false), 4);
        assert_eq!(whole(5_001, 1_000, false), 5);
        assert_eq!(whole(-1, 1_000, true), -1);
    }

    #[test]
    fn a_hold_on_an_unknown_field_holds_everything() {
        let binding = Binding {
            dialect: Dialect::Sqlite,
            facts: vec![],
            key_text: "k".into(),
            fields: vec![],
        };
        let scope = HoldScope::Field { field: "x".into(), values: vec!["1".into()] };
        assert_eq!(held(&[scope], &binding), "((1=1))");
    }

    #[test]
    fn thousands_of_holds_are_no_deep_expression() {
        let binding = Binding {
            dialect: Dialect::Sqlite,
            facts: vec![],
            key_text: "k".into(),
            fields: vec![("x".into(), "f".into()), ("y".into(), "g".into())],
        };
        let field = |field: &str, n: usize| HoldScope::Field {
            field: field.into(),
            values: vec![n.to_string()],
        };
        let scopes: Vec<HoldScope> = (0..5_000)
            .flat_map(|n| [HoldScope::Keys(vec![n.to_string()]), field("x", n)])
            .collect();
        let sql = held(&scopes, &binding);
        assert_eq!(sql.matches(" IN (").count(), 2, "one list each");
        assert!(sql.contains("'4999'") && sql.len() < 200_000);
        // What cannot be put together is halved: no level has more than its share.
        let pairs: Vec<HoldScope> =
            (0..5_000).map(|n| HoldScope::Every(vec![field("x", n), field("y", n)])).collect();
        let sql = held(&pairs, &binding);
        let mut depth = (0_i32, 0_i32);
        for c in sql.chars() {
            depth.0 += i32::from(c == '(') - i32::from(c == ')');
            depth.1 = depth.1.max(depth.0);
        }
        assert!(depth.1 < 30, "{}", depth.1);
    }
}
