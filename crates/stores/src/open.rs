//! Opening what the register names.

use std::path::Path;

use frist_register::{Store as StoreEntry, StoreKind};

use crate::files::FilesStore;
use crate::postgres::Postgres;
use crate::sql::SqlStore;
use crate::sqlite::Sqlite;
use crate::store::{Store, StoreError};
use crate::vault::VaultStore;

/// Opens a store. Paths are relative to `base_dir`, the register's folder; `env` reads environment
/// variables.
///
/// # Errors
/// [`StoreError::Unreachable`] when it is not there or does not let us in.
pub fn open(
    entry: &StoreEntry,
    base_dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Store>, StoreError> {
    match &entry.kind {
        StoreKind::Sqlite { path } => {
            Ok(Box::new(SqlStore::new(Sqlite::open(entry, &base_dir.join(path))?)))
        }
        StoreKind::Postgresql { .. } => {
            Ok(Box::new(SqlStore::new(Postgres::open(entry, base_dir, env)?)))
        }
        StoreKind::Vault { path } => {
            Ok(Box::new(VaultStore::open(entry, &base_dir.join(path), env)?))
        }
        StoreKind::Files { .. } => Ok(Box::new(FilesStore::open(entry, base_dir, env)?)),
    }
}
