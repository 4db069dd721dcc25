//! Changing named fields of named rows, and moving rows to another table: for rectification (Art. 16)
//! and restriction (Art. 18). All or none, in one transaction, and looked at before it is committed.

use frist_decide::Value;
use frist_decide::sql::{Dialect, identifier, literal};

use super::backend::{Backend, Param};
use super::catalogue::Table;
use super::store::count;
use super::{SqlBound, SqlStore};
use crate::{Amended, FieldValue, Key, StoreError};

impl<B: Backend> SqlStore<B> {
    /// Sets these fields in the rows of these keys that are there; answers what they said before.
    pub(super) fn set_fields(
        &mut self,
        bound: &SqlBound,
        keys: &[Key],
        set: &[FieldValue],
    ) -> Result<Vec<Amended>, StoreError> {
        const ATTEMPT: &str = "change records";
        let table = self.backend.table(&bound.name)?;
        let mut fields = Vec::with_capacity(set.len());
        for FieldValue { field, to } in set {
            let column = self.writable(bound, &table, field)?;
            let to = match to {
                None => "NULL".to_owned(),
                Some(text) if bound.dialect == Dialect::Postgres => {
                    format!("CAST({} AS {})", literal(text), column.1)
                }
                Some(text) => literal(text),
            };
            fields.push((column.0, to));
        }
        let batch = [bound.keys_param(keys)];
        let among = bound.key_among("t", 1);
        let text = |column: &str| match bound.dialect {
            Dialect::Postgres => format!("(t.{column})::text"),
            Dialect::Sqlite => format!("CAST(t.{column} AS TEXT)"),
        };
        let mut select = bound.key_select("t");
        select.extend(fields.iter().map(|(column, _)| text(column)));
        let look = format!("SELECT {} FROM {} AS t WHERE {among}", select.join(", "), bound.table);
        let same: Vec<String> = fields
            .iter()
            .map(|(column, to)| match bound.dialect {
                Dialect::Postgres => format!("t.{column} IS NOT DISTINCT FROM {to}"),
                // As the column keeps it: a number in a column of numbers is one.
                Dialect::Sqlite => {
                    format!("CAST(t.{column} AS TEXT) IS CAST({to} AS TEXT)")
                }
            })
            .collect();
        let to: Vec<String> = fields.iter().map(|(c, to)| format!("{c} = {to}")).collect();
        self.transaction(|store| {
            store.lock(bound, keys)?;
            let mut before = Vec::new();
            for row in store.backend.query(ATTEMPT, &look, &batch)? {
                let key = store.key_of(bound, &row)?;
                let values = row.into_iter().skip(key.0.len()).map(|v| match v {
                    Value::Text(text) => Some(text),
                    _ => None,
                });
                before.push(Amended { key, before: values.collect() });
            }
            let sql = format!("UPDATE {} AS t SET {} WHERE {among}", bound.table, to.join(", "));
            let changed = store.backend.execute(ATTEMPT, &sql, &batch)?;
            store.all_or_none(changed, before.len(), ATTEMPT)?;
            // A trigger that changes it back must not be taken for done.
            store.backend.fire_deferred()?;
            let sql = format!(
                "SELECT count(*) FROM {} AS t WHERE {among} AND {}",
                bound.table,
                same.join(" AND ")
            );
            if count(&store.backend.query(ATTEMPT, &sql, &batch)?, 0) != before.len() as u64 {
                let why = "a field did not keep its new value; look for its type, its constraints and triggers";
                return Err(store.refused(ATTEMPT, why, false));
            }
            Ok(before)
        })
    }

    /// A column that can be written, quoted, with its type.
    fn writable(
        &self,
        bound: &SqlBound,
        table: &Table,
        field: &str,
    ) -> Result<(String, String), StoreError> {
        let column = table
            .columns
            .iter()
            .find(|c| c.name == field)
            .or_else(|| table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(field)));
        let quoted = column.map(|c| identifier(&c.name));
        let why = match (column, quoted) {
            (Some(c), _) if c.generated => "a field is computed from others; change those",
            (Some(_), Some(q)) if bound.key.iter().any(|k| k.column == q) => {
                "a field is part of the key, which names the record"
            }
            (Some(c), Some(q)) => return Ok((q, c.type_name.clone())),
            _ => "there is no such field; `frist check` shows what the store has",
        };
        Err(self.refused("change records", why, false))
    }

    /// Moves the rows of these keys to (or `back` from) the table `other`, which has at least the
    /// columns of this one; answers the keys that were moved. Rows that lie there already, because a
    /// call was cut off after it had moved them, stay there.
    pub(super) fn move_rows(
        &mut self,
        bound: &SqlBound,
        keys: &[Key],
        other: &str,
        back: bool,
    ) -> Result<Vec<Key>, StoreError> {
        const ATTEMPT: &str = "move records to another table";
        let (here, there) = (self.backend.table(&bound.name)?, self.backend.table(other)?);
        let columns: Vec<String> =
            here.columns.iter().filter(|c| !c.generated).map(|c| identifier(&c.name)).collect();
        let lacks =
            here.columns.iter().filter(|c| !c.generated).any(|c| {
                !there.columns.iter().any(|o| o.name == c.name && o.type_name == c.type_name)
            });
        if lacks {
            let why = "the other table does not have all columns of this one, with the same types";
            return Err(self.refused(ATTEMPT, why, false));
        }
        let (from, to) = if back { (&there.sql, &here.sql) } else { (&here.sql, &there.sql) };
        let (columns, among) = (columns.join(", "), bound.key_among("t", 1));
        let select = bound.key_select("t").join(", ");
        let batch: [Param; 1] = [bound.keys_param(keys)];
        self.transaction(|store| {
            let lock = if bound.dialect == Dialect::Postgres { " FOR UPDATE" } else { "" };
            let mut keys_in = |table: &str| -> Result<Vec<Key>, StoreError> {
                let sql = format!("SELECT {select} FROM {table} AS t WHERE {among}{lock}");
                let rows = store.backend.query(ATTEMPT, &sql, &batch)?;
                rows.iter().map(|row| store.key_of(bound, row)).collect()
            };
            let (moved, there) = (keys_in(from)?, keys_in(to)?);
            if there.iter().any(|key| moved.contains(key)) {
                let why = "a record of the same key lies in the other table already";
                return Err(store.refused(ATTEMPT, why, false));
            }
            let insert = format!(
                "INSERT INTO {to} ({columns}) SELECT {columns} FROM {from} AS t WHERE {among}"
            );
            let arrived = store.backend.execute(ATTEMPT, &insert, &batch)?;
            store.all_or_none(arrived, moved.len(), ATTEMPT)?;
            let delete = format!("DELETE FROM {from} AS t WHERE {among}");
            let gone = store.backend.execute(ATTEMPT, &delete, &batch)?;
            store.all_or_none(gone, moved.len(), ATTEMPT)?;
            store.backend.fire_deferred()?;
            for (table, expected) in [(to, (there.len() + moved.len()) as u64), (from, 0)] {
                let sql = format!("SELECT count(*) FROM {table} AS t WHERE {among}");
                if count(&store.backend.query(ATTEMPT, &sql, &batch)?, 0) != expected {
                    let why = "the rows did not move; look for triggers and rules";
                    return Err(store.refused(ATTEMPT, why, false));
                }
            }
            Ok(moved)
        })
    }
}
