//! SQLite's catalogue, from its pragmas.

use frist_decide::sql::{Physical, identifier};

use super::Sqlite;
use crate::StoreError;
use crate::sql::catalogue::{Column, ForeignKey, Indexed, Relation, Table};

impl Sqlite {
    pub(super) fn table_names(&self) -> Result<Vec<String>, StoreError> {
        self.rows(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
            &[],
            |row| row.get(0),
        )
    }

    pub(super) fn describe(&self, name: &str) -> Result<Table, StoreError> {
        let kinds: Vec<String> = self.rows(
            "SELECT type FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')",
            &[name],
            |row| row.get(0),
        )?;
        let view = kinds.first().is_some_and(|k| k == "view");
        let indexes = self.indexes(name)?;
        let mut key: Vec<(i64, String)> = Vec::new();
        let mut columns = Vec::new();
        let rows: Vec<(String, String, bool, i64, i64)> = self.rows(
            "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1)",
            &[name],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )?;
        for (column, declared, not_null, pk, hidden) in rows {
            if hidden == 1 {
                // A virtual table's own, which is no data.
                continue;
            }
            if pk > 0 {
                key.push((pk, column.clone()));
            }
            let indexed = indexes.iter().any(|i| i.whole && i.columns.first() == Some(&column));
            columns.push(Column {
                physical: Physical::Dynamic(declared.to_uppercase()),
                type_name: declared,
                max_length: None,
                generated: hidden > 1,
                nullable: !not_null,
                indexed: match indexed {
                    true => Indexed::Serves { collate: String::new() },
                    false => Indexed::No,
                },
                name: column,
            });
        }
        key.sort();
        let key: Vec<String> = key.into_iter().map(|(_, c)| c).collect();
        if let [only] = key.as_slice()
            && let Some(column) = columns.iter_mut().find(|c| c.name == *only)
        {
            if column.type_name.eq_ignore_ascii_case("INTEGER") {
                column.nullable = false;
            }
            if column.indexed == Indexed::No {
                column.indexed = Indexed::Serves { collate: String::new() };
            }
        }
        let unique =
            indexes.into_iter().filter(|i| i.unique && i.whole).map(|i| i.columns).collect();
        let mut inbound = Vec::new();
        for other in self.table_names()? {
            inbound.extend(
                self.foreign_keys(&other)?.into_iter().filter(|f| f.to.eq_ignore_ascii_case(name)),
            );
        }
        for (_, to) in inbound.iter_mut().flat_map(|f| &mut f.pairs) {
            let own = columns.iter().map(|c| &c.name).find(|c| c.eq_ignore_ascii_case(to));
            *to = own.cloned().unwrap_or_default();
        }
        // One that names columns that are not there can never be satisfied, nor refer to a row.
        inbound.retain(|f| f.pairs.iter().all(|(_, to)| !to.is_empty()));
        Ok(Table {
            name: name.to_owned(),
            sql: identifier(name),
            relation: if view { Relation::View } else { Relation::Table },
            columns,
            key,
            unique,
            outbound: self.foreign_keys(name)?,
            inbound,
            place: None,
            estimate: None,
        })
    }

    fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKey>, StoreError> {
        let rows: Vec<(i64, String, String, Option<String>)> = self.rows(
            // Without a column it refers to the primary key.
            "SELECT f.id, f.\"table\", f.\"from\", COALESCE(f.\"to\", (SELECT i.name FROM \
             pragma_table_info(f.\"table\") AS i WHERE i.pk = f.seq + 1)) \
             FROM pragma_foreign_key_list(?1) AS f ORDER BY f.id, f.seq",
            &[table],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
        for (id, to, from, column) in rows {
            let pair = (from, column.unwrap_or_default());
            match keys.last_mut() {
                Some((last, key)) if *last == id => key.pairs.push(pair),
                _ => keys.push((
                    id,
                    ForeignKey {
                        table: table.to_owned(),
                        table_sql: identifier(table),
                        to,
                        pairs: vec![pair],
                    },
                )),
            }
        }
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    fn indexes(&self, table: &str) -> Result<Vec<Index>, StoreError> {
        let rows: Vec<(String, bool, bool, Option<String>)> = self.rows(
            "SELECT l.name, l.\"unique\", l.partial, i.name FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS i ORDER BY l.seq, i.seqno",
            &[table],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        let mut indexes: Vec<(String, Index)> = Vec::new();
        for (name, unique, partial, column) in rows {
            if indexes.last().is_none_or(|(last, _)| *last != name) {
                indexes.push((name, Index { unique, whole: !partial, columns: Vec::new() }));
            }
            if let Some((_, index)) = indexes.last_mut() {
                // An index on an expression has no name there.
                match column {
                    Some(column) => index.columns.push(column),
                    None => index.whole = false,
                }
            }
        }
        Ok(indexes.into_iter().map(|(_, index)| index).collect())
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: &[&str],
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_map(rusqlite::params_from_iter(params), read)?
                .collect::<rusqlite::Result<Vec<T>>>()
        };
        run().map_err(|e| self.refused("show its tables", &e))
    }
}

struct Index {
    unique: bool,
    /// It has every row, and only columns.
    whole: bool,
    columns: Vec<String>,
}
