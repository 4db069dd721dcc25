//! Partitions that are due as a whole: emptied at once instead of row by row.

use std::collections::HashSet;

use frist_decide::Compiled;

use super::SqlBound;
use super::backend::Backend;
use super::store::{SqlStore, count};
use crate::{Disposed, Key, Partition, Record, StoreError};

impl<B: Backend> SqlStore<B> {
    fn leaves(&mut self, bound: &SqlBound) -> Result<Vec<String>, StoreError> {
        // A reference may block a row or has to be emptied: then each row is looked at.
        if !bound.drop_partitions || !bound.anonymise.is_empty() || !bound.inbound.is_empty() {
            return Ok(Vec::new());
        }
        self.backend.leaves(bound)
    }

    pub(super) fn whole_partitions(
        &mut self,
        bound: &SqlBound,
        compiled: &Compiled,
    ) -> Result<Vec<Partition>, StoreError> {
        let mut whole = Vec::new();
        for leaf in self.leaves(bound)? {
            if self.is_whole(bound, compiled, &leaf)? {
                let sql = format!("SELECT count(*) FROM ONLY {leaf} AS t");
                let records = count(&self.backend.query("count a partition", &sql, &[])?, 0);
                if records > 0 {
                    whole.push(Partition { name: leaf, records });
                }
            }
        }
        Ok(whole)
    }

    fn is_whole(
        &mut self,
        bound: &SqlBound,
        compiled: &Compiled,
        leaf: &str,
    ) -> Result<bool, StoreError> {
        let due = bound.test(&compiled.due);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM ONLY {leaf} AS t WHERE ({due}) IS NOT TRUE LIMIT 1) AS x"
        );
        Ok(count(&self.backend.query("test a partition", &sql, &[])?, 0) == 0)
    }

    pub(super) fn keys_of_partition(
        &mut self,
        bound: &SqlBound,
        partition: &str,
    ) -> Result<Vec<Key>, StoreError> {
        let Some(leaf) = self.leaves(bound)?.into_iter().find(|l| l == partition) else {
            return Ok(Vec::new());
        };
        let part = SqlBound { table: format!("ONLY {leaf}"), ..bound.clone() };
        let rows = self.backend.query("read a partition", &part.keys_where("true"), &[])?;
        rows.iter().map(|row| self.key_of(bound, row)).collect()
    }

    pub(super) fn empty_partition(
        &mut self,
        bound: &SqlBound,
        compiled: &Compiled,
        partition: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        // Only what the catalogue names is ever emptied.
        let Some(leaf) = self.leaves(bound)?.into_iter().find(|l| l == partition) else {
            return Ok(Disposed::default());
        };
        self.transaction(|store| {
            let lock = format!("LOCK TABLE ONLY {leaf} IN ACCESS EXCLUSIVE MODE");
            store.backend.execute("lock a partition", &lock, &[])?;
            if !store.is_whole(bound, compiled, &leaf)? {
                return Ok(Disposed::default());
            }
            let part = SqlBound { table: format!("ONLY {leaf}"), ..bound.clone() };
            let rows = store.backend.query("read a partition", &part.all_records(), &[])?;
            let done: Vec<Record> = rows
                .into_iter()
                .map(|row| store.record_of(bound, row))
                .collect::<Result<_, _>>()?;
            // What was added since it was journaled would go without a trace.
            let journaled: HashSet<&Key> = keys.iter().collect();
            if done.len() != journaled.len() || !done.iter().all(|r| journaled.contains(&r.key)) {
                return Ok(Disposed::default());
            }
            store.backend.execute("empty a partition", &format!("TRUNCATE ONLY {leaf}"), &[])?;
            store.stays_gone(bound, &done)?;
            Ok(Disposed { done, detached: 0 })
        })
    }
}
