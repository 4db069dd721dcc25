//! Folders, opened and read so that no symbolic link is ever followed.
//!
//! Every folder is opened relative to its parent's descriptor with `O_NOFOLLOW`, and everything in
//! it is looked at and unlinked relative to its own. What somebody puts in a folder's place
//! meanwhile is therefore never reached.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dev, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::pattern::OWN_FOLDER;

/// The store's root.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    /// The file system it lies on, which is never left.
    device: Dev,
}

/// What came of opening a folder.
pub(super) enum Opened {
    /// It is open.
    Folder(OwnedFd),
    /// There is nothing of that name.
    Gone,
    /// There is something, but no folder that may be entered: a link, a file, Frist's own.
    Barred,
    /// It lies on another file system.
    Elsewhere,
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);

impl Root {
    /// A root that is open already.
    pub(super) fn new(fd: OwnedFd) -> Result<Self, Errno> {
        let device = rustix::fs::fstat(&fd)?.st_dev;
        Ok(Self { fd, device })
    }

    /// Its own descriptor, once more.
    pub(super) fn folder(&self) -> Result<OwnedFd, Errno> {
        rustix::fs::openat(&self.fd, c".", FOLDER, Mode::empty())
    }

    /// Opens the folder `name` in `parent`.
    pub(super) fn enter(&self, parent: impl AsFd, name: &str) -> Result<Opened, Errno> {
        if name == OWN_FOLDER {
            return Ok(Opened::Barred);
        }
        match rustix::fs::openat(parent, name, FOLDER, Mode::empty()) {
            Ok(fd) if rustix::fs::fstat(&fd)?.st_dev != self.device => Ok(Opened::Elsewhere),
            Ok(fd) => Ok(Opened::Folder(fd)),
            Err(Errno::NOENT) => Ok(Opened::Gone),
            Err(Errno::LOOP | Errno::NOTDIR) => Ok(Opened::Barred),
            Err(e) => Err(e),
        }
    }

    /// Opens the folder at a path below the root, one name at a time.
    pub(super) fn descend(&self, path: &str) -> Result<Opened, Errno> {
        let mut here = self.folder()?;
        for name in path.split('/').filter(|n| !n.is_empty()) {
            match self.enter(&here, name)? {
                Opened::Folder(next) => here = next,
                other => return Ok(other),
            }
        }
        Ok(Opened::Folder(here))
    }

    /// A regular file's state; none when it is gone, is something else, or lies elsewhere.
    pub(super) fn look(&self, folder: impl AsFd, name: &str) -> Result<Option<Stat>, Errno> {
        match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if is_regular(&stat) && stat.st_dev == self.device => Ok(Some(stat)),
            Ok(_) | Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// Whether it is a regular file.
pub(super) fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Folders (with a `/` at the end of the name) and regular files, so sorted that walking them
    /// in order gives whole paths in the order of their bytes.
    pub(super) entries: Vec<String>,
    /// Sidecars, with the number of files each belongs to.
    pub(super) sidecars: HashMap<String, u32>,
    /// The names of symbolic links.
    pub(super) links: Vec<String>,
    /// Names that are not UTF-8.
    pub(super) not_text: u64,
    /// Other things whose names a sidecar could have: links, pipes.
    others: Vec<String>,
}

impl Listing {
    /// Reads the folder.
    pub(super) fn read(folder: impl AsFd) -> Result<Self, Errno> {
        let mut listing = Self::default();
        let folder = folder.as_fd();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = match entry.file_name().to_str() {
                Ok("." | "..") => continue,
                Ok(name) => name.to_owned(),
                Err(_) => {
                    listing.not_text += 1;
                    continue;
                }
            };
            let kind = match entry.file_type() {
                // Some file systems do not say it in the listing.
                FileType::Unknown => {
                    match rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                        Err(Errno::NOENT) => continue,
                        Err(e) => return Err(e),
                    }
                }
                known => known,
            };
            match kind {
                FileType::Directory => listing.entries.push(name + "/"),
                FileType::RegularFile => listing.entries.push(name),
                FileType::Symlink => {
                    listing.links.push(name.clone());
                    listing.others.push(name);
                }
                _ => listing.others.push(name),
            }
        }
        listing.entries.sort_unstable();
        listing.others.sort_unstable();
        listing.find_sidecars();
        Ok(listing)
    }

    fn find_sidecars(&mut self) {
        let json = |name: &String| name.ends_with(".json");
        if !self.entries.iter().chain(&self.others).any(json) {
            return;
        }
        let mut sidecars = HashMap::new();
        for file in self.entries.iter().filter(|e| !e.ends_with('/')) {
            if let Some(sidecar) = self.sidecar(file) {
                *sidecars.entry(sidecar).or_insert(0) += 1;
            }
        }
        self.sidecars = sidecars;
    }

    /// The sidecar of the file `name`, whether that file is there or not: `<name>.json`, else the
    /// name with `.json` in place of its extension. A JSON file has only the first form.
    pub(super) fn sidecar(&self, name: &str) -> Option<String> {
        let full = format!("{name}.json");
        if self.has(&full) {
            return Some(full);
        }
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension != "json" => {
                Some(format!("{stem}.json")).filter(|s| self.has(s))
            }
            _ => None,
        }
    }

    /// Whether there is anything of this name.
    pub(super) fn has_any(&self, name: &str) -> bool {
        self.has(name) || self.entries.binary_search(&format!("{name}/")).is_ok()
    }

    /// Whether there is something other than a folder of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let among = |list: &[String]| list.binary_search_by(|e| e.as_str().cmp(name)).is_ok();
        among(&self.entries) || among(&self.others)
    }
}
