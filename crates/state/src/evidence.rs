//! Transfers of evidence: their place in the ledger.

use frist_ledger::Entry;

use crate::value::count;
use crate::{Result, State, ledger};

impl State {
    /// Appends the entry of a transfer of evidence, once: repeating it with the same id changes
    /// nothing. Answers the entry's index.
    ///
    /// # Errors
    ///
    /// When the entry cannot be written or the database does not answer.
    pub fn add_evidence_transfer(&mut self, id: &str, entry: &Entry) -> Result<u64> {
        if let Some(leaf) = self.evidence_transfer(id)? {
            return Ok(leaf);
        }
        self.write("add a transfer of evidence", |tx| {
            let leaf = ledger::append(tx, entry)?;
            let stored = count("a ledger index", leaf)?;
            tx.execute(
                "INSERT INTO evidence_transfer (id, leaf) VALUES (?1, ?2)",
                &[id.into(), stored.into()],
            )?;
            Ok(leaf)
        })
    }

    /// The index of a transfer's entry, if it has one.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn evidence_transfer(&mut self, id: &str) -> Result<Option<u64>> {
        let sql = "SELECT leaf FROM evidence_transfer WHERE id = ?1";
        let row = self.read("look up a transfer", |tx| tx.one(sql, &[id.into()]))?;
        row.map(|mut row| row.get(0)).transpose()
    }
}
