//! Folders of files: one file a record, with an optional JSON sidecar.
//!
//! **Which files.** The collection is a pattern below the store's root, such as
//! `mail/{mailbox}/{year}/{received:date}-{n}.eml`; `pattern` says how it is read. Only regular
//! files are records, and a record's key is its path with `/` between names. Symbolic links are
//! neither followed nor touched, file systems mounted below the root are not entered, nor is any
//! folder `.frist`. Names that are not UTF-8 are nobody's records; `settle` counts all of these.
//!
//! **Facts.** The pattern's groups (text), `path`, `mtime` (an instant), `size` (bytes); every other
//! name is a top-level field of the sidecar. The sidecar of `a.eml` is `a.eml.json`, else `a.json`;
//! it is never a record itself while its file is there. A key that is not in it is empty. Without
//! a readable sidecar its fields are not empty but unreadable, so that no ground is thought ended
//! and no end date open: such a record is unclear. A hold on a field that cannot be read, or that
//! neither the register nor the sidecar knows, covers the record. A file that another data set's
//! pattern takes as well has two rules and is unclear.
//!
//! **Finding a person** walks the whole collection and compares the fields named; a list in a
//! sidecar (the recipients of a letter) is several values. What a letter itself says is not read.
//!
//! **Erasing** is unlinking the file and its sidecar and syncing the folder, once a folder a batch;
//! the file first where the rule reads the sidecar, else the sidecar, so that what a crash leaves of
//! the two is still due. A record is gone when both are. Right before, the file is looked at again in a folder that was opened name by name
//! without following links, and its rule is tested again. A file with further names (hard links)
//! stays due, because its content would stay readable; emptied folders stay. What the disk itself
//! does with unlinked blocks, and what snapshots keep, is beyond a program.
//!
//! **No transactions.** A file system cannot unlink a batch all or none: `dispose` and
//! `erase_again` return exactly those that are gone and synced. A file that cannot be unlinked does
//! not stop the others; it stays due, and once nothing else moves, its error is what one gets. A
//! crash between a file and its sidecar is finished when `dispose` is repeated. Between the last
//! look and the unlinking lie microseconds in which another program could put a new file of the
//! same name in place; whoever writes into such folders should write new names.

mod amend;
mod dispose;
mod find;
mod folder;
mod pattern;
mod record;
mod root;
mod sidecar;
mod store;
mod walk;

pub(crate) use pattern::OWN_FOLDER;

use std::ops::ControlFlow;
use std::path::Path;

use frist_register::model::{self, StoreKind};
use rustix::io::Errno;

use crate::StoreError;
use crate::bound::Bound;
use folder::Root;
use record::{Detail, Found};
use walk::{Passed, Seen, Walk};

/// A folder of files.
#[derive(Debug)]
pub struct FilesStore {
    id: String,
    /// As the register writes it, for messages.
    shown: String,
    root: Root,
    /// The patterns of what the register exempts here.
    exempt: Vec<String>,
    /// See [`crate::Store::was_cut_off`].
    cut_off: std::cell::Cell<bool>,
}

impl FilesStore {
    /// Opens the root of a files store, once. A relative root lies below `base_dir`, the register's
    /// folder; `env` is asked for `HOME`.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when it is no folder, or is `/`, the home folder, the register's
    /// folder, or holds one of these.
    pub fn open(
        store: &model::Store,
        base_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let StoreKind::Files { root } = &store.kind else {
            let why = "it is not a files store".to_owned();
            return Err(StoreError::Unreachable { store: store.id.value.clone(), why });
        };
        Ok(Self {
            id: store.id.value.clone(),
            shown: root.clone(),
            root: root::open(store, root, base_dir, env)?,
            exempt: store.exempt.iter().map(|e| e.at.value.clone()).collect(),
            cut_off: false.into(),
        })
    }

    fn detail<'b>(&self, bound: &'b Bound) -> Result<&'b Detail, StoreError> {
        bound.detail::<Detail>().ok_or_else(|| StoreError::Unsupported {
            dataset: bound.common().dataset.clone(),
            what: format!("it is not bound to the files store `{}`", self.id),
        })
    }

    fn refused(&self, attempt: &str, errno: Errno) -> StoreError {
        let mut why = std::io::Error::from(errno).to_string();
        if matches!(errno, Errno::ACCESS | Errno::PERM) {
            let shown = &self.shown;
            why += &format!("; give Frist's user the rights to read and write all of `{shown}`");
        }
        let passing = [
            Errno::AGAIN,
            Errno::INTR,
            Errno::BUSY,
            Errno::TIMEDOUT,
            Errno::STALE,
            Errno::MFILE,
            Errno::NFILE,
        ];
        StoreError::Refused {
            store: self.id.clone(),
            attempt: attempt.to_owned(),
            why,
            transient: passing.contains(&errno),
        }
    }

    /// Walks the records of the collection behind `after`.
    fn records(
        &self,
        detail: &Detail,
        after: Option<&str>,
        visit: &mut dyn FnMut(&Seen<'_>) -> Result<ControlFlow<()>, Errno>,
    ) -> Result<Passed, StoreError> {
        let walk = Walk { root: &self.root, pattern: &detail.pattern, after, all: false };
        walk.run(visit).map_err(|e| self.refused("list its files", e))
    }

    /// The same, looking at each file.
    fn found(
        &self,
        detail: &Detail,
        after: Option<&str>,
        with_sidecar: bool,
        visit: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut look = |seen: &Seen<'_>| {
            let Some(groups) = detail.pattern.captures(seen.path) else {
                return Ok(ControlFlow::Continue(()));
            };
            let place = (seen.name, seen.path, groups);
            let found = Found::look(&self.root, seen.folder, seen.listing, place, with_sidecar)?;
            Ok(found.map_or(ControlFlow::Continue(()), &mut *visit))
        };
        self.records(detail, after, &mut look).map(|_| ())
    }
}
