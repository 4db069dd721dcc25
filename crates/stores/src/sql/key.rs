//! Keys in statements and in text.

use std::fmt::Write as _;

use frist_decide::Value;
use frist_decide::sql::Dialect;

use super::backend::Param;
use super::{KeyReads, SqlBound};
use crate::{Key, KeyPart, Record};

impl SqlBound {
    /// The key's columns on `alias`, as the statements read and order them.
    pub(crate) fn key_columns(&self, alias: &str) -> Vec<String> {
        self.key.iter().map(|k| format!("{alias}.{}", k.column)).collect()
    }

    /// The key's columns on `alias`, in a form that [`SqlBound::key_of`] understands.
    pub(crate) fn key_select(&self, alias: &str) -> Vec<String> {
        let text =
            |k: &super::KeyColumn| self.dialect == Dialect::Postgres && k.reads != KeyReads::Int;
        let one = |k: &super::KeyColumn| match text(k) {
            true => format!("({alias}.{})::text", k.column),
            false => format!("{alias}.{}", k.column),
        };
        self.key.iter().map(one).collect()
    }

    /// That the key of `alias` is among those in the parameter `n`, which is [`SqlBound::keys_param`].
    pub(crate) fn key_among(&self, alias: &str, n: usize) -> String {
        let columns = self.key_columns(alias).join(", ");
        match (self.dialect, self.key.as_slice()) {
            (Dialect::Sqlite, [_]) => {
                format!("{columns} IN (SELECT json_extract(value, '$[0]') FROM json_each(?{n}))")
            }
            (Dialect::Sqlite, key) => {
                let parts: Vec<String> =
                    (0..key.len()).map(|i| format!("json_extract(value, '$[{i}]')")).collect();
                format!("({columns}) IN (SELECT {} FROM json_each(?{n}))", parts.join(", "))
            }
            (Dialect::Postgres, [one]) => format!(
                // An array, so that the key's index is used; unnested and gathered again, so that
                // the planner does not look at each of thousands.
                "{columns} = ANY (ARRAY(SELECT unnest(CAST(${n}::text AS {}[]))))",
                one.cast
            ),
            (Dialect::Postgres, key) => {
                let parts: Vec<String> = key
                    .iter()
                    .enumerate()
                    .map(|(i, k)| format!("CAST(e.v ->> {i} AS {})", k.cast))
                    .collect();
                format!(
                    "({columns}) IN (SELECT {} FROM jsonb_array_elements(CAST(${n}::text AS jsonb)) AS e(v))",
                    parts.join(", ")
                )
            }
        }
    }

    /// Keys as [`SqlBound::key_among`] reads them.
    pub(crate) fn keys_param<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Param {
        Param::Text(match (self.dialect, self.key.len()) {
            (Dialect::Postgres, 1) => array(keys),
            _ => json(keys),
        })
    }

    /// The key at the start of a row; none when a field of it is empty or neither number nor text.
    pub(crate) fn key_of(&self, row: &[Value]) -> Option<Key> {
        let part = |v: &Value| match v {
            Value::Int(n) => Some(KeyPart::Int(*n)),
            Value::Text(t) => Some(KeyPart::Text(t.clone())),
            _ => None,
        };
        row.get(..self.key.len())?.iter().map(part).collect::<Option<_>>().map(Key)
    }

    /// The record in a row of key and facts.
    pub(crate) fn record_of(&self, mut row: Vec<Value>) -> Option<Record> {
        if row.len() < self.key.len() {
            return None;
        }
        let part = |v| match v {
            Value::Int(n) => Some(KeyPart::Int(n)),
            Value::Text(t) => Some(KeyPart::Text(t)),
            _ => None,
        };
        let key = row.drain(..self.key.len()).map(part).collect::<Option<_>>().map(Key)?;
        Some(Record { key, facts: row })
    }

    /// Reads a key as a person writes it; the inverse of [`Key::text`].
    pub(crate) fn parse_key(&self, text: &str) -> Option<Key> {
        let fields = match self.key.len() {
            1 => vec![text.to_owned()],
            _ => split(text),
        };
        if fields.len() != self.key.len() {
            return None;
        }
        let part = |(field, column): (String, &super::KeyColumn)| {
            // Only a number as it is written back: `007` is a text.
            let number = field.parse::<i64>().ok().filter(|n| n.to_string() == field);
            match (column.reads, number) {
                (KeyReads::Int | KeyReads::Either, Some(n)) => Some(KeyPart::Int(n)),
                (KeyReads::Int, None) => None,
                _ => Some(KeyPart::Text(field)),
            }
        };
        fields.into_iter().zip(&self.key).map(part).collect::<Option<_>>().map(Key)
    }
}

/// Keys of one field as the text of a PostgreSQL array.
fn array<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    let mut out = String::from("{");
    for part in keys.into_iter().flat_map(|k| &k.0) {
        if out.len() > 1 {
            out.push(',');
        }
        match part {
            // Writing to a text cannot fail.
            KeyPart::Int(n) => _ = write!(out, "{n}"),
            KeyPart::Text(t) => {
                out.push('"');
                for c in t.chars() {
                    if matches!(c, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
                out.push('"');
            }
        }
    }
    out.push('}');
    out
}

/// Keys as a JSON array of arrays.
pub(crate) fn json<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    let part = |p: &KeyPart| match p {
        KeyPart::Int(n) => serde_json::Value::from(*n),
        KeyPart::Text(t) => serde_json::Value::from(t.as_str()),
    };
    let rows = keys.into_iter().map(|k| k.0.iter().map(part).collect::<serde_json::Value>());
    rows.collect::<serde_json::Value>().to_string()
}

/// Splits at commas that no backslash stands before.
fn split(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            ',' => fields.push(String::new()),
            '\\' => fields[last].extend(chars.next()),
            c => fields[last].push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_several_fields_split_as_they_were_joined() {
        let key = Key(vec![KeyPart::Text("a,b\\c".into()), KeyPart::Int(7)]);
        assert_eq!(split(&key.text()), ["a,b\\c", "7"]);
        assert_eq!(json([&key]), r#"[["a,b\\c",7]]"#);
        let [text, number] =
            [KeyPart::Text("{\"a\",\\}".into()), KeyPart::Int(-7)].map(|p| Key(vec![p]));
        assert_eq!(array([&text, &number]), r#"{"{\"a\",\\}",-7}"#);
        assert_eq!(array([]), "{}");
    }
}
