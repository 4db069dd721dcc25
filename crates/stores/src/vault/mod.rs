//! A vault of recordings: rows in its `index.db`, each with the wrapped key of an encrypted object.
//!
//! To erase a record is to erase its row, in SQLite and by the same statements as in any SQLite
//! database: with the row goes the key, so that when [`Store::dispose`] returns, nothing can read
//! the object any more. Then its file goes, then the keys of hours of which no object is left. What
//! could not be removed then is ciphertext without a key; [`Store::settle`] tries again.
//!
//! The process that records may go on meanwhile: see `frist_vault::Remover`. No root key is needed.

mod store;

use std::path::Path;

use frist_register::Store as StoreEntry;
use frist_vault::{ObjectId, Remover, VaultError};

use crate::sql::SqlStore;
use crate::sqlite::Sqlite;
use crate::{Key, KeyPart, StoreError};

/// A vault.
pub(crate) struct VaultStore {
    store: String,
    rows: SqlStore<Sqlite>,
    remover: Remover,
}

impl VaultStore {
    /// Opens the vault in this folder.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub(crate) fn open(
        entry: &StoreEntry,
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let store = entry.id.value.clone();
        let remover = Remover::open(dir, env)
            .map_err(|e| StoreError::Unreachable { store: store.clone(), why: e.to_string() })?;
        let rows = SqlStore::new(Sqlite::open(entry, remover.index())?);
        Ok(Self { store, rows, remover })
    }

    fn refused(&self, attempt: &str, error: &VaultError) -> StoreError {
        StoreError::Refused {
            store: self.store.clone(),
            attempt: attempt.to_owned(),
            why: error.to_string(),
            transient: matches!(error, VaultError::Storage { .. } | VaultError::Database { .. }),
        }
    }

    /// Removes the files of these records, which are gone. Their keys are gone with their rows, so
    /// that what cannot be removed now does not undo the batch; `settle` finds it again.
    fn remove<'a>(&mut self, keys: impl Iterator<Item = &'a Key>) {
        let ids: Vec<ObjectId> = keys.filter_map(object).collect();
        if ids.is_empty() {
            return;
        }
        let _ = self.remover.remove(&ids);
    }
}

/// The object of a record; none when the key is none of a vault's, so that no file belongs to it.
fn object(key: &Key) -> Option<ObjectId> {
    match &key.0[..] {
        [KeyPart::Text(name)] => name.parse().ok(),
        _ => None,
    }
}
