//! A real PostgreSQL.

use frist_decide::sql::{Binding, Dialect, Physical, identifier, literal, render, render_outcome};
use frist_decide::{Compiled, Kind, Value};
use frist_testkit::TestDatabase;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::cell::{Cell, Moment};
use super::{Column, Database, Row, Stored};

/// What a column of the enumeration `state` can hold.
pub(crate) const STATES: [&str; 3] = ["open", "closed", "it's"];

/// A connection to a database of one's own.
pub(crate) struct Postgres {
    client: postgres::Client,
    _database: TestDatabase,
}

impl Postgres {
    /// An empty database, with an enumeration `state` and a collation `loose` that takes upper
    /// and lower case for the same.
    pub(crate) fn new() -> Self {
        let database = frist_testkit::postgres();
        let mut client = database.connect();
        let labels = STATES.map(literal).join(", ");
        client
            .batch_execute(&format!(
                "CREATE TYPE state AS ENUM ({labels});
                 CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            ))
            .unwrap();
        Self { client, _database: database }
    }

    fn ask(&mut self, sql: &str) -> Vec<postgres::Row> {
        // Planned with its constants and without a round trip to prepare it.
        self.client.query(sql, &[]).unwrap_or_else(|e| panic!("{e}: {sql}"))
    }
}

impl Database for Postgres {
    fn binding(&self, columns: &[Column]) -> Binding {
        Binding {
            dialect: Dialect::Postgres,
            facts: columns.iter().map(|c| c.bound.clone()).collect(),
            key_text: "(\"key\")::text".into(),
            fields: vec![("who".into(), "(\"who\")::text".into())],
        }
    }

    fn load(&mut self, columns: &[Column], rows: &[Row]) -> Vec<Stored> {
        let mut sql =
            "DROP TABLE IF EXISTS t; CREATE TEMP TABLE t (key text, who text COLLATE loose"
                .to_owned();
        for column in columns {
            sql += &format!(", {} {}", identifier(&column.name), column.declared);
        }
        sql += ");";
        let mut stored = Vec::new();
        for row in rows {
            let who = row.who.clone().filter(|s| !s.contains('\0'));
            let mut values = vec![literal(&row.key)];
            values.push(who.as_deref().map_or("NULL".into(), literal));
            let mut facts = Vec::new();
            for (cell, column) in row.cells.iter().zip(columns) {
                let (sql, value) = put(cell, column);
                values.push(sql);
                facts.push(value);
            }
            sql += &format!("INSERT INTO t VALUES ({});", values.join(", "));
            stored.push(Stored { key: row.key.clone(), who, facts });
        }
        self.client.batch_execute(&sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
        stored.sort_by(|a, b| a.key.cmp(&b.key));
        stored
    }

    fn outcomes(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<(String, String)> {
        let word = render_outcome(compiled, binding);
        let sql = format!("SELECT key, {word} FROM t ORDER BY key COLLATE \"C\"");
        self.ask(&sql).iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    fn due(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<String> {
        let due = render(&compiled.due, binding);
        let sql = format!("SELECT key FROM t WHERE {due} ORDER BY key COLLATE \"C\"");
        self.ask(&sql).iter().map(|row| row.get(0)).collect()
    }
}

/// A cell as a literal of the column's type, and as a store would read it; what the type cannot
/// hold becomes null.
fn put(cell: &Cell, column: &Column) -> (String, Value) {
    let typed = |text: &str, value| (format!("{}::{}", literal(text), column.declared), value);
    let null = || ("NULL".to_owned(), Value::Null);
    let kind = &column.bound.kind;
    match (&column.bound.physical, cell) {
        (Physical::Date, Cell::Time(Moment::Date(d), _)) => typed(&d.to_string(), Value::Date(*d)),
        (Physical::Timestamp, Cell::Time(Moment::Local(at), _)) => {
            let at = whole_micros(*at);
            typed(&at.to_string(), Value::DateTime(at))
        }
        (Physical::TimestampTz, Cell::Time(Moment::Instant(at), _)) => {
            let nanos = at.subsec_nanosecond();
            let at = Timestamp::new(at.as_second(), nanos - nanos % 1_000).unwrap();
            let text = format!("{}+00", at.to_zoned(TimeZone::UTC).datetime());
            typed(&text, Value::Instant(at))
        }
        (Physical::Date | Physical::Timestamp | Physical::TimestampTz, Cell::Strange(text)) => {
            typed(text, Value::Other)
        }
        (Physical::Integer, cell) => match cell.untyped(kind) {
            Cell::Int(n) if column.declared == "bigint" || i32::try_from(n).is_ok() => {
                typed(&n.to_string(), Value::Int(n))
            }
            _ => null(),
        },
        (Physical::Boolean, Cell::Bool(b)) => typed(&b.to_string(), Value::Bool(*b)),
        (Physical::Text, cell) => match cell.untyped(kind) {
            Cell::Text(s) if s.contains('\0') => null(),
            Cell::Text(s) if column.declared == "state" && !STATES.contains(&s.as_str()) => null(),
            Cell::Text(s) => (literal(&s), Value::Text(s)),
            Cell::Int(n) if column.declared != "state" => {
                typed(&n.to_string(), Value::Text(n.to_string()))
            }
            _ => null(),
        },
        (Physical::Other(_), Cell::Real(x)) if *kind == Kind::Presence => {
            typed(&x.to_string(), Value::Other)
        }
        _ => null(),
    }
}

fn whole_micros(at: DateTime) -> DateTime {
    let nanos = at.subsec_nanosecond();
    at.with().subsec_nanosecond(nanos - nanos % 1_000).build().unwrap()
}
