//! Looking for a person's rows: one statement a table, which a plain index on each column serves.
//!
//! What is looked for is written as the column is: a column of numbers is compared with numbers, so
//! that its index is used and a word is no error. What a column of another kind holds is compared
//! as text, without an index.

use std::fmt::Write as _;

use frist_decide::Value;
use frist_decide::sql::{Dialect, Physical, identifier};

use super::backend::{Backend, Param};
use super::catalogue::{Column, Indexed, spelled};
use super::{SqlBound, SqlStore};
use crate::bound::Common;
use crate::store::{FieldMatch, FoundRow, Looked, StoreError};

/// A column, as far as looking in it goes.
#[derive(Debug, Clone)]
pub(crate) struct Searchable {
    name: String,
    physical: Physical,
    type_name: String,
    indexed: bool,
}

/// As many values each have a parameter of their own; of more a list is made.
const ONE_BY_ONE: usize = 64;

impl Searchable {
    pub(crate) fn new(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            physical: column.physical.clone(),
            type_name: column.type_name.clone(),
            indexed: column.indexed != Indexed::No,
        }
    }

    /// The test, with its parameters from number `n` on, and whether an index can serve it; none when
    /// no spelling can be a value of this column.
    fn test(
        &self,
        dialect: Dialect,
        n: usize,
        all: &[String],
    ) -> Option<(String, Vec<Param>, bool)> {
        let column = format!("t.{}", identifier(&self.name));
        if dialect == Dialect::Sqlite {
            // A column without a type keeps numbers as numbers and texts as texts.
            let texts = all.iter().map(|s| serde_json::Value::from(s.as_str()));
            let numbers = all.iter().filter_map(|s| number(s)).map(serde_json::Value::from);
            let list: serde_json::Value = texts.chain(numbers).collect();
            let test = format!("{column} IN (SELECT value FROM json_each(?{n}))");
            let list = vec![Param::Text(list.to_string())];
            return (!all.is_empty()).then_some((test, list, self.indexed));
        }
        let (cast, keep): (&str, fn(&str) -> bool) = match (&self.physical, &*self.type_name) {
            (Physical::Integer, "smallint") => {
                ("smallint", |s| number(s).is_some_and(|n| i16::try_from(n).is_ok()))
            }
            (Physical::Integer, "integer") => {
                ("integer", |s| number(s).is_some_and(|n| i32::try_from(n).is_ok()))
            }
            (Physical::Integer, "bigint") => ("bigint", |s| number(s).is_some()),
            (_, "text" | "character varying") => ("text", |_| true),
            // Not `character(n)`, which would cut what is longer.
            (_, "character" | "bpchar") => ("bpchar", |_| true),
            (_, "uuid") => ("uuid", is_uuid),
            (_, "numeric") => ("numeric", |s| number(s).is_some()),
            _ => ("", |_| true),
        };
        // No text there has a NUL.
        let kept: Vec<&String> = all.iter().filter(|s| !s.contains('\0') && keep(s)).collect();
        let last = *kept.last()?;
        let (column, cast, served) = match cast {
            "" => (format!("(({column})::text COLLATE \"C\")"), "text", false),
            cast => (column, cast, self.indexed),
        };
        if kept.len() > ONE_BY_ONE {
            let test = format!("{column} = ANY (CAST(${n}::text AS {cast}[]))");
            return Some((test, vec![Param::Text(array(&kept))], served));
        }
        // As many as a power of two: the server then sees few different statements, each with a
        // number of values that its planner knows, so that it need not plan each time anew.
        let many = kept.len().next_power_of_two();
        let values: Vec<Param> = kept
            .iter()
            .chain(std::iter::repeat(&last))
            .take(many)
            .map(|text| Param::Text((*text).clone()))
            .collect();
        let list: Vec<String> =
            (n..n + many).map(|n| format!("CAST(${n}::text AS {cast})")).collect();
        let test = match list.as_slice() {
            [one] => format!("{column} = {one}"),
            list => format!("{column} = ANY (ARRAY[{}])", list.join(", ")),
        };
        Some((test, values, served))
    }
}

impl<B: Backend> SqlStore<B> {
    pub(super) fn look(
        &mut self,
        common: &Common,
        bound: &SqlBound,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let (mut tests, mut params, mut slow) = (Vec::new(), Vec::new(), Vec::new());
        for field in any_of {
            let column = bound.column(common, &field.field)?;
            let test = column.test(bound.dialect, params.len() + 1, &field.spellings);
            if let Some((test, values, served)) = test {
                if !served {
                    slow.push(field.field.clone());
                }
                tests.push(test);
                params.extend(values);
            }
        }
        let mut columns = bound.key_select("t");
        for field in wanted {
            let name = &bound.column(common, field)?.name;
            let text = bound.binding.fields.iter().find(|(n, _)| n == name);
            columns.push(text.map_or_else(|| "NULL".to_owned(), |(_, sql)| sql.clone()));
        }
        if tests.is_empty() || limit == 0 {
            return Ok(Looked::default());
        }
        // No order: it could make a database read the whole table in that order.
        let sql = format!(
            "SELECT {} FROM {} AS t WHERE {} LIMIT {limit}",
            columns.join(", "),
            bound.table,
            tests.join(" OR ")
        );
        let mut looked = Looked { slow, ..Looked::default() };
        for row in self.backend.query("look for a person", &sql, &params)? {
            let key = self.key_of(bound, &row)?;
            let values = wanted.iter().zip(row.into_iter().skip(key.0.len()));
            let text = |(name, value): (&String, Value)| match value {
                Value::Text(text) => Some((name.clone(), text)),
                _ => None,
            };
            looked.rows.push(FoundRow { key, values: values.filter_map(text).collect() });
        }
        Ok(looked)
    }
}

impl SqlBound {
    fn column(&self, common: &Common, field: &str) -> Result<&Searchable, StoreError> {
        spelled(&self.searchable, field, |c| &c.name).map_err(|hint| StoreError::Missing {
            dataset: common.dataset.clone(),
            store: common.store.clone(),
            what: format!("the field `{field}` of `{}`", self.name),
            hint,
        })
    }
}

/// A whole number, written as it is written back.
fn number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|n| n.to_string() == text)
}

fn is_uuid(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
    digits == 32 && text.len() == 36 && dashes == [8, 13, 18, 23]
}

/// Texts as the text of a PostgreSQL array.
fn array(texts: &[&String]) -> String {
    let mut out = String::from("{");
    for text in texts {
        let comma = if out.len() > 1 { "," } else { "" };
        // Writing to a text cannot fail.
        let _ = write!(out, "{comma}\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(physical: Physical, type_name: &str) -> Searchable {
        Searchable { name: "c\"".into(), physical, type_name: type_name.into(), indexed: true }
    }

    #[test]
    fn a_word_is_never_compared_with_numbers() {
        let words = ["7", "x", "70000", "007", "9999999999", "a\"\\b"].map(str::to_owned);
        let test = |physical, type_name| {
            let (test, values, served) =
                column(physical, type_name).test(Dialect::Postgres, 3, &words)?;
            assert!(test.starts_with("t.\"c\"\"\" = ") && served, "{test}");
            let text = |p: &Param| match p {
                Param::Text(text) => text.clone(),
                Param::Int(_) => String::new(),
            };
            Some((test, values.iter().map(text).collect::<Vec<_>>()))
        };
        let list = |physical, type_name| test(physical, type_name).unwrap().1;
        assert_eq!(list(Physical::Integer, "smallint"), ["7"]);
        assert_eq!(list(Physical::Integer, "integer"), ["7", "70000"]);
        // Filled up to a power of two.
        let (sql, values) = test(Physical::Integer, "bigint").unwrap();
        assert_eq!(values, ["7", "70000", "9999999999", "9999999999"]);
        assert!(
            sql.contains("ARRAY[CAST($3::text AS bigint), ")
                && sql.ends_with("($6::text AS bigint)])")
        );
        assert_eq!(list(Physical::Text, "text").len(), 8);
        // Nothing of it can be one: it is not asked for.
        assert_eq!(test(Physical::Other("uuid".into()), "uuid"), None);
    }

    #[test]
    fn many_are_one_list() {
        let words: Vec<String> = (0..65).map(|n| format!("a\"\\{n}")).collect();
        let of = |words: &[String]| {
            column(Physical::Text, "text").test(Dialect::Postgres, 1, words).unwrap()
        };
        let (sql, values, _) = of(&words);
        assert!(sql.ends_with("= ANY (CAST($1::text AS text[]))"), "{sql}");
        assert!(matches!(&values[..], [Param::Text(t)] if t.starts_with(r#"{"a\"\\0","#)));
        assert_eq!(of(&words[..64]).1.len(), 64);
    }

    #[test]
    fn what_is_a_uuid() {
        assert!(is_uuid("0e37df36-f698-11e6-8dd4-cb9ced3df976"));
        assert!(!is_uuid("0e37df36f698-11e6-8dd4-cb9ced3df976-"));
        assert!(!is_uuid("4711"));
    }
}
