//! Objects as files: `objects/` with 256 folders, named by the first two digits of an object's id.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::VaultError;
use crate::id::ObjectId;

const OBJECTS: &str = "objects";

/// The files of a vault.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
}

impl Disk {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { root: dir.join(OBJECTS) }
    }

    /// Makes the folders.
    pub(crate) fn make(&self) -> Result<(), VaultError> {
        for folder in 0..=u8::MAX {
            let path = self.root.join(format!("{folder:02x}"));
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(VaultError::io("make the folder", &path))?;
        }
        self.sync(&self.root)
    }

    /// The folder itself, for syncing all that is in it; an error when it is not there.
    pub(crate) fn root(&self) -> Result<File, VaultError> {
        File::open(&self.root).map_err(VaultError::io("open the folder", &self.root))
    }

    pub(crate) fn path(&self, id: &ObjectId) -> PathBuf {
        let name = id.to_string();
        self.root.join(name.get(..2).unwrap_or_default()).join(&name)
    }

    /// A new file, which must not be there.
    pub(crate) fn create(&self, id: &ObjectId) -> Result<File, VaultError> {
        let path = self.path(id);
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(VaultError::io("make the object", &path))
    }

    /// The file of an object; none when there is none.
    pub(crate) fn open(&self, id: &ObjectId, write: bool) -> Result<Option<File>, VaultError> {
        let path = self.path(id);
        match OpenOptions::new().read(true).write(write).open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(VaultError::io("open the object", &path)(e)),
        }
    }

    /// Removes the file of an object; answers whether there was one.
    pub(crate) fn remove(&self, id: &ObjectId) -> Result<bool, VaultError> {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(VaultError::io("remove the object", &path)(e)),
        }
    }

    /// Makes the names in an object's folder durable.
    pub(crate) fn sync_folder(&self, id: &ObjectId) -> Result<(), VaultError> {
        let path = self.path(id);
        self.sync(path.parent().unwrap_or(&self.root))
    }

    fn sync(&self, folder: &Path) -> Result<(), VaultError> {
        File::open(folder)
            .and_then(|f| f.sync_all())
            .map_err(VaultError::io("sync the folder", folder))
    }

    /// All objects that have a file. Files that are named otherwise are none of ours.
    pub(crate) fn list(&self) -> Result<Vec<ObjectId>, VaultError> {
        let mut all = Vec::new();
        for folder in 0..=u8::MAX {
            let path = self.root.join(format!("{folder:02x}"));
            let read = VaultError::io("read the folder", &path);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(e) => return Err(read(e)),
            };
            for entry in entries {
                let entry = entry.map_err(VaultError::io("read the folder", &path))?;
                all.extend(entry.file_name().to_str().and_then(|n| n.parse::<ObjectId>().ok()));
            }
        }
        Ok(all)
    }
}
