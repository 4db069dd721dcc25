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
use super::store::count;
use super::{KeyColumn, KeyReads, SqlBound, SqlStore};
use crate::bound::Common;
use crate::{FoundRow, Key, KeyPart, Looked, Search, StoreError};

/// A column, as far as looking in it goes.
#[derive(Debug, Clone)]
pub(crate) struct Searchable {
    name: String,
    physical: Physical,
    type_name: String,
    indexed: bool,
}

/// What is attempted, as errors say it.
const LOOK: &str = "look for a person";

/// With as many parameters a statement takes no further table in.
const MANY: usize = 4_000;

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

/// What one table is asked.
struct Asked {
    /// The key's columns, then the fields that are wanted.
    columns: Vec<String>,
    /// From `FROM` on.
    rest: String,
    params: Vec<Param>,
    /// Fields that no index serves.
    slow: Vec<String>,
}

impl Asked {
    /// As one statement.
    fn alone(&self) -> String {
        format!("SELECT {} {}", self.columns.join(", "), self.rest)
    }

    /// As part `n` of one statement, whose rows all have so many keys and fields, as text.
    fn among(&self, n: usize, keys: usize, [most_keys, most]: [usize; 2]) -> String {
        let text = |column: &String| format!("CAST({column} AS text)");
        let none = || "CAST(NULL AS text)".to_owned();
        let (key, fields) = self.columns.split_at(keys);
        let filled = |columns: &[String], most: usize| -> Vec<String> {
            columns.iter().map(text).chain(std::iter::repeat_with(none)).take(most).collect()
        };
        let columns = [filled(key, most_keys), filled(fields, most)].concat();
        format!("(SELECT {n}, {} {})", columns.join(", "), self.rest)
    }
}

impl<B: Backend> SqlStore<B> {
    /// What a table is asked; the parameters are numbered from `first` on. None when there is
    /// nothing to ask.
    fn asked(
        search: &Search<'_>,
        bound: &SqlBound,
        first: usize,
    ) -> Result<Option<Asked>, StoreError> {
        let common = search.bound.common();
        let (mut tests, mut params, mut slow) = (Vec::new(), Vec::new(), Vec::new());
        for field in &search.any_of {
            let column = bound.column(common, &field.field)?;
            let test = column.test(bound.dialect, first + params.len(), &field.spellings);
            if let Some((test, values, served)) = test {
                if !served {
                    slow.push(field.field.clone());
                }
                tests.push(test);
                params.extend(values);
            }
        }
        let mut columns = bound.key_select("t");
        for field in &search.wanted {
            let name = &bound.column(common, field)?.name;
            let text = bound.binding.fields.iter().find(|(n, _)| n == name);
            columns.push(text.map_or_else(|| "NULL".to_owned(), |(_, sql)| sql.clone()));
        }
        // No order: it could make a database read the whole table in that order.
        let rest = format!(
            "FROM {} AS t WHERE {} LIMIT {}",
            bound.table,
            tests.join(" OR "),
            search.limit
        );
        let nothing = tests.is_empty() || search.limit == 0;
        Ok((!nothing).then_some(Asked { columns, rest, params, slow }))
    }

    pub(super) fn look(&mut self, search: &Search<'_>) -> Result<Looked, StoreError> {
        let bound = self.detail(search.bound)?;
        let Some(asked) = Self::asked(search, bound, 1)? else { return Ok(Looked::default()) };
        let rows = self.backend.query(LOOK, &asked.alone(), &asked.params)?;
        let rows = rows.into_iter().map(|row| {
            let key = self.key_of(bound, &row)?;
            Ok(found(search, key, row.into_iter().skip(bound.key.len())))
        });
        Ok(Looked {
            rows: rows.collect::<Result<_, StoreError>>()?,
            slow: asked.slow,
            ..Looked::default()
        })
    }

    /// Where indexes serve all fields, several tables are asked by one statement: a person is looked
    /// for in dozens of them, and to wait for each answer takes longer than to find it.
    pub(super) fn look_all(&mut self, searches: &[Search<'_>]) -> Vec<Result<Looked, StoreError>> {
        // Where one of them fails, that one says so by itself.
        let mut together = self.look_together(searches).unwrap_or_default().into_iter();
        let mut next = || together.next().flatten();
        searches.iter().map(|search| next().map_or_else(|| self.look(search), Ok)).collect()
    }

    /// Of each search what was found; none of those that must be asked by themselves.
    fn look_together(
        &mut self,
        searches: &[Search<'_>],
    ) -> Result<Vec<Option<Looked>>, StoreError> {
        let mut out: Vec<Option<Looked>> = searches.iter().map(|_| None).collect();
        if self.backend.dialect() == Dialect::Sqlite {
            return Ok(out);
        }
        let (mut parts, mut params) = (Vec::new(), Vec::new());
        for (ix, search) in searches.iter().enumerate() {
            let bound = self.detail(search.bound)?;
            match Self::asked(search, bound, params.len() + 1)? {
                Some(mut asked) if asked.slow.is_empty() && params.len() < MANY => {
                    params.append(&mut asked.params);
                    parts.push((ix, bound, asked));
                }
                _ => {}
            }
        }
        if parts.len() < 2 {
            return Ok(out);
        }
        let most = |of: &dyn Fn(&(usize, &SqlBound, Asked)) -> usize| {
            parts.iter().map(of).max().unwrap_or_default()
        };
        let keys = most(&|(_, bound, _)| bound.key.len());
        let fields = most(&|(_, bound, asked)| asked.columns.len() - bound.key.len());
        let sql: Vec<String> = parts
            .iter()
            .map(|(ix, bound, asked)| asked.among(*ix, bound.key.len(), [keys, fields]))
            .collect();
        let rows = self.backend.query(LOOK, &sql.join(" UNION ALL "), &params)?;
        for (ix, ..) in &parts {
            out[*ix] = Some(Looked::default());
        }
        for row in rows {
            let ix = count(std::slice::from_ref(&row), 0) as usize;
            let part = parts.iter().find(|(n, ..)| *n == ix);
            let (Some((_, bound, _)), Some(Some(looked))) = (part, out.get_mut(ix)) else {
                continue;
            };
            let key = bound.key_of_texts(&row[1..]).ok_or_else(|| self.no_key(bound))?;
            looked.rows.push(found(&searches[ix], key, row.into_iter().skip(1 + keys)));
        }
        Ok(out)
    }
}

/// A record with what stands in the fields that were wanted.
fn found(search: &Search<'_>, key: Key, values: impl Iterator<Item = Value>) -> FoundRow {
    let text = |(name, value): (&String, Value)| match value {
        Value::Text(text) => Some((name.clone(), text)),
        _ => None,
    };
    FoundRow { key, values: search.wanted.iter().zip(values).filter_map(text).collect() }
}

impl SqlBound {
    /// The key in a row that begins with the key's columns as text.
    fn key_of_texts(&self, row: &[Value]) -> Option<Key> {
        let part = |(value, column): (&Value, &KeyColumn)| match (value, column.reads) {
            (Value::Text(text), KeyReads::Int) => text.parse().ok().map(KeyPart::Int),
            (Value::Text(text), _) => Some(KeyPart::Text(text.clone())),
            _ => None,
        };
        let key: Option<Vec<KeyPart>> = row.iter().zip(&self.key).map(part).collect();
        key.filter(|key| key.len() == self.key.len()).map(Key)
    }

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
