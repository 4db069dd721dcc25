//! That what was erased stays erased: triggers and rules of the database can put it back in the very
//! transaction, and the count of erased rows does not tell.

use super::backend::Backend;
use super::store::{SqlStore, count};
use super::{Inbound, KeyColumn, SqlBound};
use crate::{Record, StoreError};

impl<B: Backend> SqlStore<B> {
    /// Refuses when one of the records is there, or something still refers to one
    /// that was to let go of it. Asked at the end of the transaction, under its locks: nobody can
    /// add a trigger to the tables that it changed before it is over.
    pub(super) fn stays_gone(
        &mut self,
        bound: &SqlBound,
        gone: &[Record],
    ) -> Result<(), StoreError> {
        const ATTEMPT: &str = "erase a batch";
        if gone.is_empty() || !self.backend.has_triggers()? {
            return Ok(());
        }
        let batch = &[bound.keys_param(gone.iter().map(|r| &r.key))];
        self.backend.fire_deferred()?;
        let sql =
            format!("SELECT count(*) FROM {} AS t WHERE {}", bound.table, bound.key_among("t", 1));
        let back = count(&self.backend.query(ATTEMPT, &sql, batch)?, 0);
        if back > 0 {
            let why = format!(
                "a trigger or rule of the database keeps or puts back {back} of its records in `{}`; nothing of the batch was changed",
                bound.name
            );
            return Err(self.refused(ATTEMPT, &why, false));
        }
        for inbound in bound.detaching() {
            let by = bound.references_to(inbound);
            let sql = format!("SELECT count(*) FROM {} AS r WHERE {by}", inbound.table);
            let kept = count(&self.backend.query(ATTEMPT, &sql, batch)?, 0);
            if kept > 0 {
                let why = format!(
                    "a trigger or rule of the database keeps {kept} references to its records in `{}`; nothing of the batch was changed",
                    bound.name
                );
                return Err(self.refused(ATTEMPT, &why, false));
            }
        }
        Ok(())
    }
}

impl SqlBound {
    /// That `r` refers to a record whose key is in parameter 1, which need not be there.
    fn references_to(&self, inbound: &Inbound) -> String {
        let by = |key: &KeyColumn| {
            let pair = inbound.pairs.iter().find(|(_, to)| *to == key.column);
            pair.map(|(by, _)| KeyColumn { column: by.clone(), ..key.clone() })
        };
        match self.key.iter().map(by).collect() {
            Some(key) => Self { key, ..self.clone() }.key_among("r", 1),
            // Links refer to the key; `bind` refuses others.
            None => "(1=1)".into(),
        }
    }
}
