//! Opening what the register names.

use std::path::Path;

use frist_register::{Store as StoreEntry, StoreKind};

use crate::files::{FilesStore, OWN_FOLDER};
use crate::postgres::Postgres;
use crate::sql::SqlStore;
use crate::sqlite::Sqlite;
use crate::vault::VaultStore;
use crate::{Store, StoreError};

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
            let path = base_dir.join(path);
            not_our_own(entry, &path)?;
            Ok(Box::new(SqlStore::new(Sqlite::open(entry, &path)?)))
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

/// Refuses a way into the folder of Frist's own keys and data, through links and open files too: what
/// lies there would be read, and erased, by whoever writes the register.
pub(crate) fn not_our_own(entry: &StoreEntry, path: &Path) -> Result<(), StoreError> {
    // What is not there is told by the store itself.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if !real.components().any(|part| part.as_os_str() == OWN_FOLDER) {
        return Ok(());
    }
    Err(StoreError::Unreachable {
        store: entry.id.value.clone(),
        why: format!(
            "its path leads into `{OWN_FOLDER}`, where Frist's own keys and data are; that is no store"
        ),
    })
}
