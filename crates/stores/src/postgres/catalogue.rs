//! PostgreSQL's catalogue.

use frist_decide::Value;
use frist_decide::sql::{Physical, identifier};

use super::Postgres;
use crate::StoreError;
use crate::sql::backend::{Backend as _, Param};
use crate::sql::catalogue::{Column, ForeignKey, Indexed, Relation, Table};

const ATTEMPT: &str = "show its tables";

const TABLES: &str = "SELECT c.relname::text FROM pg_catalog.pg_class AS c \
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
    ORDER BY 1";

const TABLE: &str = "SELECT c.oid::bigint, c.relkind::text, c.relkind = 'r' AND NOT c.relhassubclass FROM pg_catalog.pg_class AS c \
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1::text AND c.relname = $2::text";

/// Name, type behind any domains, its class, type as written, length, generated, not null,
/// collation.
const COLUMNS: &str = "SELECT a.attname::text, b.typname::text, b.typtype::text, \
    format_type(a.atttypid, -1), \
    CASE WHEN b.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END, \
    a.attgenerated <> '' OR a.attidentity = 'a', a.attnotnull OR y.typnotnull \
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid \
    CROSS JOIN LATERAL (WITH RECURSIVE d AS (SELECT y.typname, y.typtype, y.typbasetype \
      UNION ALL SELECT u.typname, u.typtype, u.typbasetype FROM d \
      JOIN pg_catalog.pg_type AS u ON u.oid = d.typbasetype WHERE d.typtype = 'd') \
      SELECT d.typname, d.typtype FROM d WHERE d.typtype <> 'd') AS b \
    WHERE a.attrelid = CAST($1::text AS oid) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Index, primary, unique, whether it has every row, kind, column, and whether its order is that
/// of the column; the collation's name.
const INDEXES: &str = "SELECT i.indexrelid::bigint, i.indisprimary, i.indisunique AND i.indimmediate, \
    i.indpred IS NULL, m.amname::text, a.attname::text, i.indcollation[k.n - 1] = a.attcollation, o.collname::text \
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam \
    CROSS JOIN LATERAL unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS k(attnum, n) \
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0 \
    LEFT JOIN pg_catalog.pg_collation AS o ON o.oid = i.indcollation[k.n - 1] \
    WHERE i.indrelid = CAST($1::text AS oid) AND i.indisvalid AND k.n <= i.indnkeyatts \
    ORDER BY i.indexrelid, k.n";

/// Constraint, schema and name of the referring table, schema and name of the other, column and
/// column referred to. `{}` is the table that is asked about.
const FOREIGN_KEYS: &str = "SELECT k.oid::bigint, rn.nspname::text, r.relname::text, n.nspname::text, t.relname::text, \
    ra.attname::text, ta.attname::text FROM pg_catalog.pg_constraint AS k \
    JOIN pg_catalog.pg_class AS r ON r.oid = k.conrelid JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace \
    JOIN pg_catalog.pg_class AS t ON t.oid = k.confrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace \
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS p(a, b, n) \
    JOIN pg_catalog.pg_attribute AS ra ON ra.attrelid = k.conrelid AND ra.attnum = p.a \
    JOIN pg_catalog.pg_attribute AS ta ON ta.attrelid = k.confrelid AND ta.attnum = p.b \
    WHERE k.contype = 'f' AND k.conparentid = 0 AND {} ORDER BY k.oid, p.n";

/// Whether the database compares texts by their characters.
const PLAIN_ORDER: &str = "SELECT (COALESCE(j.d ->> 'datlocprovider', 'c') = 'c' AND j.d ->> 'datcollate' IN ('C', 'POSIX')) \
    OR (j.d ->> 'datlocprovider' = 'b' AND j.d ->> 'datlocale' IN ('C', 'C.UTF-8')) \
    FROM (SELECT to_jsonb(b) AS d FROM pg_catalog.pg_database AS b WHERE b.datname = current_database()) AS j";

pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::Text(t)) => t.clone(),
        _ => String::new(),
    }
}

fn yes(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Int(n)) => Some(*n),
        _ => None,
    }
}

impl Postgres {
    pub(super) fn table_names(&mut self) -> Result<Vec<String>, StoreError> {
        let schema = [Param::Text(self.schema.clone())];
        Ok(self.query(ATTEMPT, TABLES, &schema)?.iter().map(|row| text(row.first())).collect())
    }

    pub(super) fn describe(&mut self, name: &str) -> Result<Table, StoreError> {
        let params = [Param::Text(self.schema.clone()), Param::Text(name.to_owned())];
        let found = self.query(ATTEMPT, TABLE, &params)?;
        let row = found.first().map(Vec::as_slice).unwrap_or_default();
        let oid = [Param::Int(number(row.first()).unwrap_or_default())];
        let relation = match text(row.get(1)).as_str() {
            "v" | "m" => Relation::View,
            "f" => Relation::Foreign,
            _ => Relation::Table,
        };
        let plain_order =
            yes(self.query(ATTEMPT, PLAIN_ORDER, &[])?.first().and_then(|r| r.first()));
        let indexes = self.indexes(&oid)?;
        let mut columns: Vec<Column> =
            self.query(ATTEMPT, COLUMNS, &oid)?.iter().map(|row| column(row)).collect();
        for column in &mut columns {
            let mut leading =
                indexes.iter().filter(|i| i.ordered && i.columns.first() == Some(&column.name));
            column.indexed = leading.next().map_or(Indexed::No, |first| {
                std::iter::once(first)
                    .chain(leading)
                    .map(|i| i.serves(column, plain_order))
                    .find(|i| *i != Indexed::OtherOrder)
                    .unwrap_or(Indexed::OtherOrder)
            });
        }
        let key = indexes.iter().find(|i| i.primary).map(|i| i.columns.clone()).unwrap_or_default();
        let sql = format!("{}.{}", identifier(&self.schema), identifier(name));
        let here = "(k.confrelid = CAST($1::text AS oid) OR k.confrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(CAST(CAST($1::text AS oid) AS regclass))))";
        Ok(Table {
            name: name.to_owned(),
            estimate: self.estimated_rows(&sql)?,
            sql,
            relation,
            place: yes(row.get(2)).then_some("ctid"),
            columns,
            key,
            unique: indexes
                .into_iter()
                .filter(|i| i.unique && i.whole)
                .map(|i| i.columns)
                .collect(),
            outbound: self.foreign_keys("k.conrelid = CAST($1::text AS oid)", &oid)?,
            inbound: self.foreign_keys(here, &oid)?,
        })
    }

    fn indexes(&mut self, oid: &[Param]) -> Result<Vec<Index>, StoreError> {
        let mut indexes: Vec<(i64, Index)> = Vec::new();
        for row in self.query(ATTEMPT, INDEXES, oid)? {
            let id = number(row.first()).unwrap_or_default();
            if indexes.last().is_none_or(|(last, _)| *last != id) {
                let whole = yes(row.get(3));
                indexes.push((
                    id,
                    Index {
                        primary: yes(row.get(1)),
                        unique: yes(row.get(2)),
                        whole,
                        ordered: whole && text(row.get(4)) == "btree",
                        columns: Vec::new(),
                        same_order: yes(row.get(6)),
                        collation: text(row.get(7)),
                    },
                ));
            }
            if let Some((_, index)) = indexes.last_mut() {
                match row.get(5) {
                    Some(Value::Text(column)) => index.columns.push(column.clone()),
                    // An expression: what it promises is not about a column.
                    _ => index.whole = false,
                }
            }
        }
        Ok(indexes.into_iter().map(|(_, index)| index).filter(|i| !i.columns.is_empty()).collect())
    }

    fn foreign_keys(&mut self, of: &str, oid: &[Param]) -> Result<Vec<ForeignKey>, StoreError> {
        let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
        for row in self.query(ATTEMPT, &FOREIGN_KEYS.replace("{}", of), oid)? {
            let id = number(row.first()).unwrap_or_default();
            let pair = (text(row.get(5)), text(row.get(6)));
            match keys.last_mut() {
                Some((last, key)) if *last == id => key.pairs.push(pair),
                _ => {
                    let table = text(row.get(2));
                    let table_sql =
                        format!("{}.{}", identifier(&text(row.get(1))), identifier(&table));
                    keys.push((
                        id,
                        ForeignKey { table, table_sql, to: text(row.get(4)), pairs: vec![pair] },
                    ));
                }
            }
        }
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// What the statistics say, over all partitions; none when they say nothing.
    pub(super) fn estimated_rows(&mut self, table: &str) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT CAST(sum(c.reltuples) AS bigint) FROM pg_catalog.pg_class AS c \
            WHERE c.reltuples > 0 AND (c.oid = CAST(CAST($1::text AS regclass) AS oid) \
            OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(CAST($1::text AS regclass)) WHERE isleaf)) \
            AND c.relkind IN ('r', 'm')";
        let rows = self.query(ATTEMPT, sql, &[Param::Text(table.to_owned())])?;
        Ok(number(rows.first().and_then(|r| r.first())).and_then(|n| u64::try_from(n).ok()))
    }

    /// Leaf partitions without triggers of their own, which emptying at once would not run.
    pub(super) fn leaf_partitions(&mut self, table: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) \
            FROM pg_catalog.pg_partition_tree(CAST($1::text AS regclass)) AS p \
            JOIN pg_catalog.pg_class AS c ON c.oid = p.relid \
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
            WHERE p.isleaf AND p.level > 0 AND c.relkind = 'r' AND NOT EXISTS \
            (SELECT 1 FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) ORDER BY 1";
        let rows = self.query(ATTEMPT, sql, &[Param::Text(table.to_owned())])?;
        Ok(rows.iter().map(|row| text(row.first())).collect())
    }
}

struct Index {
    primary: bool,
    unique: bool,
    whole: bool,
    /// It serves ranges.
    ordered: bool,
    columns: Vec<String>,
    /// The first column is in the column's own collation ...
    same_order: bool,
    /// ... which is called this.
    collation: String,
}

impl Index {
    fn serves(&self, column: &Column, plain_order: bool) -> Indexed {
        if column.physical != Physical::Text {
            return Indexed::Serves { collate: String::new() };
        }
        if !["text", "character varying"].contains(&column.type_name.as_str()) {
            // Compared as another type than the index has.
            return Indexed::OtherOrder;
        }
        match self.collation.as_str() {
            "C" => Indexed::Serves { collate: " COLLATE \"C\"".into() },
            "POSIX" if self.same_order => Indexed::Serves { collate: String::new() },
            "default" if self.same_order && plain_order => {
                Indexed::Serves { collate: String::new() }
            }
            _ => Indexed::OtherOrder,
        }
    }
}

fn column(row: &[Value]) -> Column {
    let type_name = text(row.get(3));
    let physical = match (text(row.get(1)).as_str(), text(row.get(2)).as_str()) {
        ("text" | "varchar" | "bpchar" | "name" | "citext", _) | (_, "e") => Physical::Text,
        ("int2" | "int4" | "int8", _) => Physical::Integer,
        ("date", _) => Physical::Date,
        ("timestamp", _) => Physical::Timestamp,
        ("timestamptz", _) => Physical::TimestampTz,
        ("bool", _) => Physical::Boolean,
        _ => Physical::Other(type_name.clone()),
    };
    Column {
        name: text(row.first()),
        physical,
        type_name,
        max_length: number(row.get(4)).and_then(|n| u32::try_from(n).ok()),
        generated: yes(row.get(5)),
        nullable: !yes(row.get(6)),
        indexed: Indexed::No,
    }
}
