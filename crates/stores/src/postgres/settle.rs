//! Dead rows. PostgreSQL does not overwrite what is deleted. `VACUUM` lets it be overwritten when
//! the space is used again (a byte scan found more than half of the erased names after it); only
//! `VACUUM FULL`, which locks the table while it writes it anew, removes it from the table's files.
//! The write-ahead log keeps its copies until its files are recycled.

use frist_decide::Value;
use frist_register::Vacuum;

use super::Postgres;
use crate::sql::SqlBound;
use crate::sql::backend::{Backend as _, Param};
use crate::{Aftercare, StoreError};

impl Postgres {
    pub(super) fn aftercare(&mut self, bound: &SqlBound) -> Result<Aftercare, StoreError> {
        let mut care = Aftercare::default();
        // By the functions: the view of the same figures joins and groups the whole catalogue.
        let sql = "SELECT CAST(COALESCE(sum(pg_catalog.pg_stat_get_dead_tuples(r.relid)), 0) AS bigint) FROM (\
                   SELECT CAST($1::text AS regclass) AS relid UNION \
                   SELECT relid FROM pg_catalog.pg_partition_tree(CAST($1::text AS regclass))) AS r";
        let table = [Param::Text(bound.table.clone())];
        let known =
            match self.query("count dead rows", sql, &table)?.first().and_then(|r| r.first()) {
                Some(Value::Int(n)) => u64::try_from(*n).unwrap_or_default(),
                _ => 0,
            };
        // The server's count lags behind.
        let dead = known.max(std::mem::take(&mut self.changed));
        if dead == 0 {
            return Ok(care);
        }
        match self.entry.vacuum {
            Vacuum::Run => {
                self.batch("VACUUM", "SET statement_timeout = 0")?;
                let done = self.batch("VACUUM", &format!("VACUUM (ANALYZE) {}", bound.table));
                let limits = self.entry.statement_timeout_ms.unwrap_or(super::connect::STATEMENT_TIMEOUT_MS);
                self.batch("VACUUM", &format!("SET statement_timeout = {limits}"))?;
                done?;
                care.done.push(format!(
                    "`{}` was vacuumed ({dead} dead rows): their bytes are overwritten when the space is used again, at once only by VACUUM FULL",
                    bound.name
                ));
            }
            Vacuum::Recommend => care.advice.push(format!(
                "`{}` has {dead} dead rows, whose bytes stay on disk; run VACUUM (ANALYZE) {}, or set `vacuum = \"run\"`, so that they are overwritten when the space is used again, or VACUUM FULL, which removes them at once and locks the table meanwhile",
                bound.name, bound.table
            )),
        }
        Ok(care)
    }
}
