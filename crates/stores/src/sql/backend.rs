//! What a kind of database must do for [`super::SqlStore`], which does the rest for both.

use frist_decide::Value;
use frist_decide::sql::Dialect;
use jiff::Timestamp;

use super::SqlBound;
use super::catalogue::Table;
use crate::{Aftercare, KeyPart, StoreError};

/// A value given to a statement, in the order of its placeholders.
#[derive(Clone, PartialEq)]
pub(crate) enum Param {
    Int(i64),
    Text(String),
}

impl From<&KeyPart> for Param {
    fn from(part: &KeyPart) -> Self {
        match part {
            KeyPart::Int(n) => Param::Int(*n),
            KeyPart::Text(t) => Param::Text(t.clone()),
        }
    }
}

/// A connection. Failures never carry values of records.
pub(crate) trait Backend: Send + 'static {
    fn dialect(&self) -> Dialect;

    /// The store's id.
    fn store(&self) -> &str;

    /// Another connection to the same database, where one that reads does not disturb one that
    /// writes.
    fn beside(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The names of all tables and views.
    fn tables(&mut self) -> Result<Vec<String>, StoreError>;

    /// One of them.
    fn table(&mut self, name: &str) -> Result<Table, StoreError>;

    /// Runs a query; `attempt` completes "the store refused to ...".
    fn query(
        &mut self,
        attempt: &str,
        sql: &str,
        params: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError>;

    /// Runs a statement that changes the rows it answers.
    fn query_writing(
        &mut self,
        attempt: &str,
        sql: &str,
        params: &[Param],
    ) -> Result<Vec<Vec<Value>>, StoreError>;

    /// Runs a statement and tells how many rows it changed.
    fn execute(&mut self, attempt: &str, sql: &str, params: &[Param]) -> Result<u64, StoreError>;

    /// Begins a transaction that may write.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Lets what was put off until the end of the transaction happen now.
    fn fire_deferred(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether the database has triggers or rules, which could undo what a statement did.
    fn has_triggers(&mut self) -> Result<bool, StoreError>;

    /// When it returns without an error, the transaction is durable.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes the transaction, as well as still possible.
    fn rollback(&mut self);

    /// Waits as long as the store's pace wants before the next `rows` are disposed of.
    fn pace(&mut self, rows: usize) -> Result<(), StoreError>;

    fn settle(&mut self, bound: &SqlBound) -> Result<Aftercare, StoreError>;

    /// Whether `settle` does something, beyond giving advice.
    fn clears_up(&self) -> bool {
        true
    }

    /// How many rows the table has, where counting them is dear and the database has an idea.
    fn estimate(&mut self, _bound: &SqlBound) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Whether the connection broke in the last call.
    fn was_cut_off(&self) -> bool {
        false
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError>;

    fn version(&mut self) -> Result<Option<String>, StoreError>;

    /// Rights on the table that are needed and not there.
    fn lacking(&mut self, _bound: &SqlBound) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// The leaf partitions of a table, as SQL; none where there are none.
    fn leaves(&mut self, _bound: &SqlBound) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
