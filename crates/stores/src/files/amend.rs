//! Moving files out of the way and back (Art. 18), and reading one (Art. 15).

use std::io::Read as _;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::FilesStore;
use super::dispose::{Target, by_folder, left_behind, sync};
use super::folder::{Listing, Opened};
use super::record::Detail;
use crate::{Key, KeyPart, StoreError};

impl FilesStore {
    /// Moves these files, with their sidecars, into the folder `other` below the root, where each
    /// keeps its path; or back. The sidecar goes last, so that a crash leaves nothing that nobody
    /// knows the name of: moving again finishes it. Answers the keys that lie there now.
    pub(super) fn move_files(
        &self,
        detail: &Detail,
        keys: &[Key],
        other: &str,
        back: bool,
    ) -> Result<Vec<Key>, StoreError> {
        let refused = |e| self.refused("move files", e);
        let mut moved = Vec::new();
        for (folder, targets) in by_folder(detail, keys) {
            let away = format!("{}/{folder}", other.trim_matches('/'));
            let (from, to) = if back { (&away, &folder) } else { (&folder, &away) };
            let Opened::Folder(from) = self.root.descend(from).map_err(refused)? else { continue };
            let to = self.made(to).map_err(refused)?;
            let listing = Listing::read(&from).map_err(refused)?;
            for target in targets {
                let name = target.name();
                let sidecar =
                    listing.sidecar(name).or_else(|| left_behind(detail, &folder, &listing, name));
                let there = rename(&from, &to, name).map_err(refused)?;
                let beside = match &sidecar {
                    Some(sidecar) => rename(&from, &to, sidecar).map_err(refused)?,
                    None => false,
                };
                if there || beside {
                    moved.push(Key(vec![KeyPart::Text(target.path.clone())]));
                }
            }
            sync(&to).map_err(refused)?;
            sync(&from).map_err(refused)?;
        }
        Ok(moved)
    }

    /// Opens a folder below the root, made where it is not there.
    fn made(&self, path: &str) -> Result<OwnedFd, Errno> {
        let mut here = self.root.folder()?;
        for name in path.split('/').filter(|n| !n.is_empty()) {
            match rustix::fs::mkdirat(&here, name, Mode::RWXU) {
                Ok(()) => sync(&here)?,
                Err(Errno::EXIST) => {}
                Err(e) => return Err(e),
            }
            match self.root.enter(&here, name)? {
                Opened::Folder(next) => here = next,
                // A link, or another file system: never followed.
                _ => return Err(Errno::NOTDIR),
            }
        }
        Ok(here)
    }

    /// What a file says; none when it is gone.
    pub(super) fn read_file(
        &self,
        detail: &Detail,
        key: &Key,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(target) = Target::of(detail, key) else { return Ok(None) };
        let refused = |e| self.refused("read a file", e);
        let Opened::Folder(fd) = self.root.descend(target.folder()).map_err(refused)? else {
            return Ok(None);
        };
        if self.root.look(&fd, target.name()).map_err(refused)?.is_none() {
            return Ok(None);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(&fd, target.name(), flags, Mode::empty()).map_err(refused)?;
        let mut bytes = Vec::new();
        match std::fs::File::from(fd).read_to_end(&mut bytes) {
            Ok(_) => Ok(Some(bytes)),
            Err(e) => Err(refused(e.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))),
        }
    }
}

/// Whether the file was there and was moved. Nothing is overwritten.
fn rename(from: &OwnedFd, to: &OwnedFd, name: &str) -> Result<bool, Errno> {
    match rustix::fs::renameat_with(from, name, to, name, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(e) => Err(e),
    }
}
