//! Unlinking: each file is looked at again, in a folder opened safely, right before it goes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::folder::{Listing, Opened, Root};
use super::record::{Detail, Found};
use crate::{Key, KeyPart, Record};

/// A file that a key names, if it is a path that the pattern takes.
pub(super) struct Target {
    pub(super) path: String,
    folder: usize,
    pub(super) groups: Vec<String>,
}

impl Target {
    /// The key as a path of this collection. Whatever else a key says is nobody's record here.
    pub(super) fn of(detail: &Detail, key: &Key) -> Option<Self> {
        match &key.0[..] {
            [KeyPart::Text(path)] => Self::at(detail, path),
            _ => None,
        }
    }

    /// The path, if the pattern takes it.
    pub(super) fn at(detail: &Detail, path: &str) -> Option<Self> {
        let odd = |name: &str| matches!(name, "" | "." | "..") || name.contains('\0');
        if path.split('/').any(odd) {
            return None;
        }
        let groups = detail.pattern.captures(path)?;
        let folder = path.rfind('/').map_or(0, |slash| slash + 1);
        Some(Self { path: path.to_owned(), folder, groups })
    }

    pub(super) fn folder(&self) -> &str {
        &self.path[..self.folder]
    }

    pub(super) fn name(&self) -> &str {
        &self.path[self.folder..]
    }
}

/// The files that the keys name, each once, by folder and in order.
pub(super) fn by_folder(detail: &Detail, keys: &[Key]) -> BTreeMap<String, Vec<Target>> {
    let mut folders: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    for target in keys.iter().filter_map(|k| Target::of(detail, k)) {
        folders.entry(target.folder().to_owned()).or_default().push(target);
    }
    for targets in folders.values_mut() {
        targets.sort_by(|a, b| a.path.cmp(&b.path));
        targets.dedup_by(|a, b| a.path == b.path);
    }
    folders
}

/// What is to be unlinked, and why.
pub(super) struct Disposal<'a> {
    pub(super) root: &'a Root,
    pub(super) detail: &'a Detail,
    /// Whether what was found may go.
    pub(super) may_go: &'a dyn Fn(&Found) -> bool,
    /// Whether files go that are there; else only what is left of others.
    pub(super) whole: bool,
    /// Whether a sidecar that a crash left without its file goes too.
    pub(super) finish: bool,
}

/// How far the unlinking has come.
#[derive(Default)]
struct Run {
    done: Vec<Record>,
    first_error: Option<Errno>,
    /// A file is gone, but its sidecar is not, or its folder could not be synced.
    half_done: Option<Errno>,
}

/// What could not be unlinked.
enum Unlinking {
    /// The file; it is still due.
    Neither(Errno),
    /// The sidecar of a file that is gone.
    Half(Errno),
}

impl Disposal<'_> {
    /// Unlinks what may go among the keys' files, folder by folder, and returns the records that
    /// are gone for good. A file that cannot be unlinked does not stop the others; the first error
    /// is returned when nothing at all could be done, or when a file is gone of which this cannot
    /// say that it is gone for good: then `cut_off` is set.
    pub(super) fn run(&self, keys: &[Key], cut_off: &Cell<bool>) -> Result<Vec<Record>, Errno> {
        let mut run = Run::default();
        for (folder, targets) in by_folder(self.detail, keys) {
            if let Err(e) = self.folder(&folder, targets, &mut run) {
                run.first_error.get_or_insert(e);
            }
        }
        cut_off.set(run.half_done.is_some());
        match run.half_done.or(run.first_error.filter(|_| run.done.is_empty())) {
            Some(e) => Err(e),
            None => Ok(run.done),
        }
    }

    fn folder(&self, folder: &str, targets: Vec<Target>, run: &mut Run) -> Result<(), Errno> {
        let Opened::Folder(fd) = self.root.descend(folder)? else { return Ok(()) };
        let mut listing = Listing::read(&fd)?;
        let (mut gone, mut touched) = (Vec::new(), false);
        for target in targets {
            let name = target.name();
            if listing.sidecars.contains_key(name) {
                continue;
            }
            let place = (name, target.path.as_str(), target.groups.clone());
            let found = match Found::look(self.root, &fd, &listing, place.clone(), true) {
                Ok(Some(found)) => found,
                Ok(None) if self.finish && !listing.has(name) => {
                    match self.finish(folder, &fd, &listing, place) {
                        Ok(unlinked) => touched |= unlinked,
                        Err(e) => run.first_error = run.first_error.or(Some(e)),
                    }
                    continue;
                }
                Ok(None) => continue,
                Err(e) => {
                    run.first_error = run.first_error.or(Some(e));
                    continue;
                }
            };
            // With a further name the content would stay readable: it would not be gone.
            if !self.whole || found.linked || !(self.may_go)(&found) {
                continue;
            }
            match self.unlink_both(&fd, &mut listing, name, &found) {
                Ok(true) => gone.push(found.record(self.detail)),
                Ok(false) => {}
                Err(Unlinking::Neither(e)) => run.first_error = run.first_error.or(Some(e)),
                Err(Unlinking::Half(e)) => run.half_done = run.half_done.or(Some(e)),
            }
            touched = true;
        }
        if touched && let Err(e) = sync(&fd) {
            run.half_done = run.half_done.or(Some(e));
        }
        run.done.append(&mut gone);
        Ok(())
    }

    /// In the order in which a crash between the two leaves what the rule still finds due. Where
    /// the rule reads the sidecar, the file goes first: a sidecar without its file is found and
    /// finished, a file without its sidecar would be unclear for ever. Where it reads only the
    /// file, the sidecar goes first. False when somebody else had unlinked the file.
    fn unlink_both(
        &self,
        fd: &OwnedFd,
        listing: &mut Listing,
        name: &str,
        found: &Found,
    ) -> Result<bool, Unlinking> {
        let sidecar = found.sidecar_name.as_deref();
        let users = sidecar.and_then(|s| listing.sidecars.get_mut(s));
        // `a.eml` and `a.pdf` may share `a.json`: it goes with the last of them.
        let last = users.is_some_and(|users| {
            *users -= 1;
            *users == 0
        });
        let sidecar = sidecar.filter(|_| last);
        if self.detail.reads_sidecars(None) {
            let ours = unlink(fd, name).map_err(Unlinking::Neither)?;
            sidecar.map_or(Ok(false), |s| unlink(fd, s)).map_err(Unlinking::Half)?;
            return Ok(ours);
        }
        sidecar.map_or(Ok(false), |s| unlink(fd, s)).map_err(Unlinking::Neither)?;
        // Without its sidecar it is as due as it was.
        unlink(fd, name).map_err(Unlinking::Neither)
    }

    /// Unlinks the sidecar of a file that is gone, unless it belongs to another file, is a record
    /// itself, or may not go. Whether it was unlinked.
    fn finish(
        &self,
        folder: &str,
        fd: &OwnedFd,
        listing: &Listing,
        place: (&str, &str, Vec<String>),
    ) -> Result<bool, Errno> {
        let name = place.0;
        let left = Found::without_file(self.root, fd, listing, place, true)?;
        match left.sidecar_name.as_deref() {
            Some(sidecar)
                if !left.linked
                    && left_behind(self.detail, folder, listing, name).is_some()
                    && (self.may_go)(&left) =>
            {
                unlink(fd, sidecar)
            }
            _ => Ok(false),
        }
    }
}

/// The sidecar of a file that is not there, unless it belongs to another file or is a record itself.
pub(super) fn left_behind(
    detail: &Detail,
    folder: &str,
    listing: &Listing,
    name: &str,
) -> Option<String> {
    let sidecar = listing.sidecar(name)?;
    let own = !listing.sidecars.contains_key(&sidecar)
        && detail.pattern.captures(&format!("{folder}{sidecar}")).is_none();
    own.then_some(sidecar)
}

/// Whether this call unlinked it.
fn unlink(fd: &OwnedFd, name: &str) -> Result<bool, Errno> {
    match rustix::fs::unlinkat(fd, name, AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Makes the unlinking durable. Some network file systems have no such call and answer `EINVAL`.
pub(super) fn sync(fd: &OwnedFd) -> Result<(), Errno> {
    match rustix::fs::fsync(fd) {
        Err(Errno::INVAL) => Ok(()),
        result => result,
    }
}
