//! SQLite in memory.

use frist_decide::sql::{Binding, Dialect, identifier, render, render_outcome};
use frist_decide::{Compiled, Value};
use rusqlite::Connection;
use rusqlite::types::{Value as Sql, ValueRef};

use super::cell::Cell;
use super::{Column, Database, Row, Stored};

/// A connection, and how the field that holds name is declared.
pub(crate) struct Sqlite {
    connection: Connection,
    who: &'static str,
}

impl Sqlite {
    /// An empty database of this encoding (`UTF-8`, `UTF-16le`).
    pub(crate) fn new(encoding: &str, who: &'static str) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&format!("PRAGMA encoding = '{encoding}'")).unwrap();
        Self { connection, who }
    }

    fn ask<T>(&self, sql: &str, read: impl Fn(&rusqlite::Row<'_>) -> T) -> Vec<T> {
        let mut statement = self.connection.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
        let rows = statement.query_map([], |row| Ok(read(row))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

impl Database for Sqlite {
    fn binding(&self, columns: &[Column]) -> Binding {
        Binding {
            dialect: Dialect::Sqlite,
            facts: columns.iter().map(|c| c.bound.clone()).collect(),
            key_text: "CAST(\"key\" AS TEXT)".into(),
            fields: vec![("who".into(), "CAST(\"who\" AS TEXT)".into())],
        }
    }

    fn load(&mut self, columns: &[Column], rows: &[Row]) -> Vec<Stored> {
        let mut sql = format!("DROP TABLE IF EXISTS t; CREATE TABLE t (key TEXT, who {}", self.who);
        for column in columns {
            sql += &format!(", {} {}", identifier(&column.name), column.declared);
        }
        self.connection.execute_batch(&(sql + ")")).unwrap();
        for row in rows {
            let mut marks = vec!["?".to_owned(), "?".to_owned()];
            let mut values: Vec<Sql> = vec![row.key.clone().into(), row.who.clone().into()];
            for (cell, column) in row.cells.iter().zip(columns) {
                let garbled = matches!(cell, Cell::Garbled(_));
                marks.push(if garbled { "CAST(? AS TEXT)" } else { "?" }.to_owned());
                values.push(match cell.untyped(&column.bound.kind) {
                    Cell::Null => Sql::Null,
                    Cell::Text(s) => Sql::Text(s),
                    Cell::Int(n) => Sql::Integer(n),
                    Cell::Real(x) => Sql::Real(x),
                    Cell::Blob(bytes) | Cell::Garbled(bytes) => Sql::Blob(bytes),
                    other => panic!("{other:?} is typed"),
                });
            }
            let sql = format!("INSERT INTO t VALUES ({})", marks.join(", "));
            self.connection.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
        }
        self.ask("SELECT CAST(who AS TEXT), * FROM t ORDER BY key", |row| Stored {
            key: row.get(1).unwrap(),
            who: row.get(0).unwrap(),
            facts: (3..columns.len() + 3)
                .map(|ix| match row.get_ref(ix).unwrap() {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => Value::Int(n),
                    ValueRef::Text(s) => Value::Text(String::from_utf8_lossy(s).into_owned()),
                    ValueRef::Real(_) | ValueRef::Blob(_) => Value::Other,
                })
                .collect(),
        })
    }

    fn outcomes(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<(String, String)> {
        let sql = format!("SELECT key, {} FROM t ORDER BY key", render_outcome(compiled, binding));
        self.ask(&sql, |row| (row.get(0).unwrap(), row.get(1).unwrap()))
    }

    fn due(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<String> {
        let sql =
            format!("SELECT key FROM t WHERE {} ORDER BY key", render(&compiled.due, binding));
        self.ask(&sql, |row| row.get(0).unwrap())
    }
}
