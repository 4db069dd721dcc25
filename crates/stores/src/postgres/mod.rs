//! PostgreSQL 13 and later.
//!
//! Nothing is installed in the database. The connection has limits on how long a statement, a lock
//! and an idle transaction may last; between batches it keeps to the pace that the register sets
//! and waits while replicas lag. Error texts carry the code and the names of tables and
//! constraints, never the server's details, which quote values.

mod catalogue;
mod cell;
mod connect;
mod replicas;
mod settle;
mod tls;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use frist_decide::Value;
use frist_decide::sql::Dialect;
use frist_register::{Store as StoreEntry, Vacuum};
use jiff::Timestamp;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use crate::sql::SqlBound;
use crate::sql::backend::{Backend, Param};
use crate::sql::catalogue::Table;
use crate::sql::pace::Pace;
use crate::{Aftercare, StoreError};
use cell::Cell;
use connect::Target;

/// A PostgreSQL database.
pub(crate) struct Postgres {
    entry: StoreEntry,
    schema: String,
    target: Arc<Target>,
    client: Client,
    in_transaction: bool,
    pace: Pace,
    /// Rows erased or changed since the last `settle`.
    changed: u64,
    /// An error said that the connection is gone, which the client may notice only later.
    lost: bool,
    /// Statements that the server knows already.
    prepared: HashMap<String, Statement>,
    /// What the replicas may still have to apply.
    written: replicas::Written,
}

/// Statements kept prepared: a person's request asks each of some dozens of tables by six of them.
/// Those with a constant of their own each time fill this up; then it begins anew.
const PREPARED: usize = 512;

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub(crate) fn open(
        entry: &StoreEntry,
        base_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let (target, schema) = Target::read(entry, base_dir, env)?;
        Self::connected(entry.clone(), schema, Arc::new(target))
    }

    fn connected(
        entry: StoreEntry,
        schema: String,
        target: Arc<Target>,
    ) -> Result<Self, StoreError> {
        let client = target.connect(&entry, &schema)?;
        Ok(Self {
            pace: Pace::new(entry.max_rows_per_second),
            entry,
            schema,
            target,
            client,
            in_transaction: false,
            changed: 0,
            lost: false,
            prepared: HashMap::new(),
            written: replicas::Written::default(),
        })
    }

    /// A lost connection is made again, but never in the middle of a transaction.
    fn client(&mut self) -> Result<&mut Client, StoreError> {
        if (self.lost || self.client.is_closed()) && !self.in_transaction {
            self.client = self.target.connect(&self.entry, &self.schema)?;
            self.lost = false;
            self.prepared.clear();
        }
        Ok(&mut self.client)
    }

    fn statement(&mut self, attempt: &str, sql: &str) -> Result<Statement, StoreError> {
        self.client()?;
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client()?.prepare(sql).map_err(|e| self.refused(attempt, &e))?;
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn refused(&mut self, attempt: &str, error: &postgres::Error) -> StoreError {
        let (why, transient) = why(error);
        let gone = error.as_db_error().is_none_or(|db| db.code().code().starts_with("57P"));
        self.lost |= gone;
        // A table that was changed makes the server refuse what was prepared for it.
        self.prepared.clear();
        StoreError::Refused {
            store: self.entry.id.value.clone(),
            attempt: attempt.to_owned(),
            why,
            transient,
        }
    }

    fn batch(&mut self, attempt: &str, sql: &str) -> Result<(), StoreError> {
        self.client()?.batch_execute(sql).map_err(|e| self.refused(attempt, &e))
    }
}

/// The error in words without values, and whether trying again later may help.
fn why(error: &postgres::Error) -> (String, bool) {
    let Some(db) = error.as_db_error() else {
        return ("the connection was lost".into(), true);
    };
    let code = db.code().code();
    let named = match (db.constraint(), db.table()) {
        (Some(constraint), Some(table)) => format!(" (`{constraint}` of `{table}`)"),
        (None, Some(table)) => format!(" (`{table}`)"),
        _ => String::new(),
    };
    let text = match code {
        "23503" => format!("a foreign key still refers to a record{named}"),
        "23502" => format!("a field may not be empty{named}"),
        "23505" => format!("a value has to be unique{named}"),
        "23514" => format!("a check constraint forbids it{named}"),
        "22001" => format!("a new value is too long for its field{named}"),
        "55P03" => "another session holds a lock; try again, or set `lock_timeout` higher".into(),
        "40P01" => "it and another session waited for each other".into(),
        "40001" => "another session changed the same records".into(),
        "57014" => {
            "the statement took longer than `statement_timeout` allows, or was cancelled".into()
        }
        "25006" => "this session may only read: the server is a replica, or `default_transaction_read_only` is on; name the primary server, or a role that may write".into(),
        "58030" | "58P01" | "XX001" | "XX002" => {
            "the server could not read or write its files, or found them damaged; see its log".into()
        }
        "57P01" | "57P02" | "57P03" => "the server is shutting down or starting".into(),
        // Messages of these classes name objects, not values.
        c if ["28", "3D", "3F", "42", "53", "0A"].iter().any(|class| c.starts_with(class)) => {
            db.message().to_owned()
        }
        _ => format!("the server reported an error{named}"),
    };
    let transient = ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
        || ["55P03", "55006", "25P03"].contains(&code);
    (format!("{text} (code {code})"), transient)
}

fn params(params: &[Param]) -> Vec<String> {
    let text = |p: &Param| match p {
        Param::Int(n) => n.to_string(),
        Param::Text(t) => t.clone(),
    };
    params.iter().map(text).collect()
}

fn borrowed(params: &[String]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|p| p as &(dyn ToSql + Sync)).collect()
}

impl Backend for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn store(&self) -> &str {
        &self.entry.id.value
    }

    fn beside(&self) -> Option<Self> {
        // A server that has no connection left for it does without.
        let (schema, target) = (self.schema.clone(), Arc::clone(&self.target));
        Self::connected(self.entry.clone(), schema, target).ok()
    }

    fn tables(&mut self) -> Result<Vec<String>, StoreError> {
        self.table_names()
    }

    fn table(&mut self, name: &str) -> Result<Table, StoreError> {
        self.describe(name)
    }

    fn query(
        &mut self,
        attempt: &str,
        sql: &str,
        values: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let values = params(values);
        let statement = self.statement(attempt, sql)?;
        // All at once: to wait for each row by itself costs more than to keep them.
        let rows = self
            .client()?
            .query(&statement, &borrowed(&values))
            .map_err(|e| self.refused(attempt, &e))?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let cells: Result<Vec<Value>, _> =
                (0..row.len()).map(|i| row.try_get::<_, Cell>(i).map(|c| c.0)).collect();
            out.push(cells.map_err(|e| self.refused(attempt, &e))?);
        }
        Ok(out)
    }

    fn query_writing(
        &mut self,
        attempt: &str,
        sql: &str,
        values: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let rows = self.query(attempt, sql, values)?;
        self.changed += rows.len() as u64;
        Ok(rows)
    }

    fn execute(&mut self, attempt: &str, sql: &str, values: &[Param]) -> Result<u64, StoreError> {
        let values = params(values);
        let statement = self.statement(attempt, sql)?;
        let changed = self
            .client()?
            .execute(&statement, &borrowed(&values))
            .map_err(|e| self.refused(attempt, &e))?;
        self.changed += changed;
        Ok(changed)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("begin a batch", "BEGIN")?;
        self.in_transaction = true;
        Ok(())
    }

    fn fire_deferred(&mut self) -> Result<(), StoreError> {
        self.batch("finish a batch", "SET CONSTRAINTS ALL IMMEDIATE")
    }

    fn has_triggers(&mut self) -> Result<bool, StoreError> {
        // The rule of a view is its query; the catalogue's own views have such rules only.
        let sql = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger WHERE NOT tgisinternal) \
                   OR EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite WHERE ev_type <> '1' AND oid >= 16384)";
        let rows = self.query("show its triggers", sql, &[])?;
        Ok(rows.first().and_then(|row| row.first()) != Some(&Value::Bool(false)))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("finish a batch", "COMMIT")?;
        self.in_transaction = false;
        Ok(())
    }

    fn rollback(&mut self) {
        // On a lost connection the server does it.
        let _ = self.client.batch_execute("ROLLBACK");
        self.in_transaction = false;
    }

    fn pace(&mut self, rows: usize) -> Result<(), StoreError> {
        self.wait_for_replicas()?;
        self.pace.next(rows);
        Ok(())
    }

    fn estimate(&mut self, bound: &SqlBound) -> Result<Option<u64>, StoreError> {
        // Counting a million rows takes a moment; more are estimated.
        Ok(self.estimated_rows(&bound.table)?.filter(|n| *n > 1_000_000))
    }

    fn settle(&mut self, bound: &SqlBound) -> Result<Aftercare, StoreError> {
        self.aftercare(bound)
    }

    fn clears_up(&self) -> bool {
        self.entry.vacuum == Vacuum::Run
    }

    fn was_cut_off(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.query("tell the time", "SELECT clock_timestamp()", &[])?;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Instant(t)) => Some(*t),
            _ => None,
        })
    }

    fn version(&mut self) -> Result<Option<String>, StoreError> {
        let sql = "SELECT current_setting('server_version')::text";
        let rows = self.query("tell its version", sql, &[])?;
        Ok(rows.first().map(|row| format!("PostgreSQL {}", catalogue::text(row.first()))))
    }

    fn lacking(&mut self, bound: &SqlBound) -> Result<Vec<String>, StoreError> {
        let change = if bound.anonymise.is_empty() { "DELETE" } else { "UPDATE" };
        let sql = "SELECT p::text FROM unnest(ARRAY['SELECT', $2::text]) AS p \
            WHERE NOT has_table_privilege(CAST($1::text AS regclass), p)";
        let about = [Param::Text(bound.table.clone()), Param::Text(change.to_owned())];
        let rows = self.query("tell our rights", sql, &about)?;
        Ok(rows.iter().map(|row| catalogue::text(row.first())).collect())
    }

    fn leaves(&mut self, bound: &SqlBound) -> Result<Vec<String>, StoreError> {
        self.leaf_partitions(&bound.table)
    }
}
