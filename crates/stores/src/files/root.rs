//! Opening a store's root, once, and refusing roots that are far too wide.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use frist_register::model;
use rustix::fs::{Mode, OFlags};

use super::folder::Root;
use crate::StoreError;

/// Opens the root of `store`; a relative one lies below `base_dir`, the register's folder.
pub(super) fn open(
    store: &model::Store,
    root: &str,
    base_dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Root, StoreError> {
    let fail = |why: String| StoreError::Unreachable { store: store.id.value.clone(), why };
    let cannot = |e: std::io::Error| {
        let home = root.starts_with('~');
        let hint = if home { "; `~` is a shell's word: write the whole path" } else { "" };
        fail(format!("the folder `{root}`: {e}{hint}"))
    };
    if root.is_empty() {
        return Err(fail("its `root` is empty; name the folder that holds the records".into()));
    }
    let base = if base_dir.as_os_str().is_empty() { Path::new(".") } else { base_dir };
    // The root itself may be reached through links: that is the administrator's choice. From here
    // on it is this very folder, whatever becomes of the path.
    let path = base.join(root).canonicalize().map_err(cannot)?;
    crate::open::not_our_own(store, &path)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| cannot(e.into()))?;
    let stat = rustix::fs::fstat(&fd).map_err(|e| cannot(e.into()))?;

    // Compared as files, not as text: a bind mount or another spelling is the same folder.
    let above = |path: PathBuf| {
        path.ancestors()
            .any(|a| a.metadata().is_ok_and(|m| m.dev() == stat.st_dev && m.ino() == stat.st_ino))
    };
    let refuse = |what: &str| {
        fail(format!(
            "its root `{root}` is {what}; name the folder that holds the records and nothing else"
        ))
    };
    if above(PathBuf::from("/")) {
        return Err(refuse("the whole file system"));
    }
    let home = env("HOME").filter(|h| !h.is_empty()).map(PathBuf::from);
    if home.and_then(|h| h.canonicalize().ok()).is_some_and(above) {
        return Err(refuse("your home folder, or holds it"));
    }
    if above(base.canonicalize().map_err(cannot)?) {
        return Err(refuse("the register's own folder, or holds it"));
    }
    Root::new(fd).map_err(|e| cannot(e.into()))
}
