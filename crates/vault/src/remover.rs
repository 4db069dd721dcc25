//! The half of a vault that only removes: for a sweep, which runs beside the process that records.
//!
//! It needs no root key and does not take the folder for itself. What makes this safe:
//! - A row is there before its file, and both are gone in that order. So files are listed first,
//!   and one that has no row afterwards is of an object that was destroyed.
//! - The key of an hour is made, and found to be without objects, under the write locks of both
//!   databases.
//! - Rows without a file are left alone: their file may be about to be made.
//! - A recording under way whose row is gone ends with an error, and its file goes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::VaultConfig;
use crate::disk::Disk;
use crate::error::VaultError;
use crate::id::ObjectId;
use crate::rows::{self, Rows};
use crate::storage::Storage;

/// A vault from which only is removed.
pub struct Remover {
    index: PathBuf,
    rows: Rows,
    disk: Disk,
    storage: Option<Storage>,
}

impl Remover {
    /// Opens a vault to remove from it. `env` reads the credentials of the object storage.
    ///
    /// # Errors
    /// When it is no vault, or a database cannot be opened.
    pub fn open(dir: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, VaultError> {
        let config = VaultConfig::read(dir)?;
        let rows = Rows::open(dir, &config.id)?;
        let disk = Disk::new(dir);
        disk.root()?;
        let storage = config.s3.as_ref().map(|s3| Storage::open(s3, env)).transpose()?;
        Ok(Self { index: dir.join(rows::INDEX), rows, disk, storage })
    }

    /// The database whose rows are the objects.
    pub fn index(&self) -> &Path {
        &self.index
    }

    /// Removes the files of these objects as far as they have no row any more, and then the keys of
    /// hours that are left without an object. Answers how many objects could not be removed: their
    /// keys are gone all the same, and [`Remover::orphans`] removes them later.
    ///
    /// # Errors
    /// When a database refuses.
    pub fn remove(&mut self, ids: &[ObjectId]) -> Result<u64, VaultError> {
        let mut left = 0;
        for id in ids {
            if self.rows.find(id)?.is_some() {
                continue;
            }
            let gone = self.disk.remove(id).map(|_| ());
            let gone = gone.and_then(|()| self.storage.as_ref().map_or(Ok(()), |s| s.remove(id)));
            left += u64::from(gone.is_err());
        }
        self.hours()?;
        Ok(left)
    }

    /// Destroys the keys of hours of which no object is left; answers how many.
    ///
    /// # Errors
    /// When a database refuses.
    pub fn hours(&mut self) -> Result<u64, VaultError> {
        const ATTEMPT: &str = "destroy keys";
        let tx = self.rows.write()?;
        let gone = rows::destroy_hours(&tx).map_err(VaultError::db(ATTEMPT))?;
        tx.commit().map_err(VaultError::db(ATTEMPT))?;
        Ok(gone)
    }

    /// Removes every file, and every object in the storage, that has no row; answers how many.
    ///
    /// # Errors
    /// When the disk, the storage or a database refuses.
    pub fn orphans(&mut self) -> Result<u64, VaultError> {
        let files = self.disk.list()?;
        let known: HashSet<ObjectId> = self.rows.places()?.into_iter().map(|(id, ..)| id).collect();
        let mut gone = 0;
        for id in files.iter().filter(|id| !known.contains(id)) {
            gone += u64::from(self.disk.remove(id)?);
        }
        if let Some(storage) = &self.storage {
            gone += crate::recover::orphans_in(storage, &self.rows)?;
        }
        Ok(gone)
    }

    /// Rewrites `hours.db` and cuts the logs, so that no copy of a destroyed key is left; answers
    /// whether all was done.
    ///
    /// # Errors
    /// When a database refuses.
    pub fn scrub(&self) -> Result<bool, VaultError> {
        self.rows.scrub(false)
    }
}
