//! Where recordings to import lie: a folder, or a bucket.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use frist_vault::Bucket;

use super::import::NotImported;
use crate::config::Import;

/// A place with WAV files and what is beside them.
pub trait Source: Send {
    /// The names of all files.
    ///
    /// # Errors
    /// When the place cannot be read.
    fn names(&self) -> Result<Vec<String>, NotImported>;

    /// The whole of a file; none when there is none of this name.
    ///
    /// # Errors
    /// When it cannot be read, or has more than `most` bytes.
    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, NotImported>;
}

/// A folder, not those below it.
pub struct Folder(pub PathBuf);

impl Source for Folder {
    fn names(&self) -> Result<Vec<String>, NotImported> {
        let unreadable =
            |e: std::io::Error| NotImported::File(format!("`{}`: {e}", self.0.display()));
        let entries = fs::read_dir(&self.0).map_err(unreadable)?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            names.push(name.into_string().map_err(|_| {
                NotImported::File(format!("`{}` has a name that is not UTF-8", self.0.display()))
            })?);
        }
        Ok(names)
    }

    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, NotImported> {
        let unreadable =
            |e: std::io::Error| NotImported::File(format!("a file cannot be read: {e}"));
        let file = match fs::File::open(self.0.join(name)) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unreadable(e)),
        };
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > most {
            return Err(NotImported::File(format!("a file is longer than {most} bytes")));
        }
        Ok(Some(bytes))
    }
}

impl Source for Bucket {
    fn names(&self) -> Result<Vec<String>, NotImported> {
        Ok(Bucket::names(self)?)
    }

    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, NotImported> {
        Ok(Bucket::read(self, name, most)?)
    }
}

/// Opens what `[import]` of calls.toml names. `env` reads the credentials of a bucket.
///
/// # Errors
/// When a credential is missing, or the bucket's address is none.
pub fn open(
    import: &Import,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Source>, NotImported> {
    Ok(match import {
        Import::Folder(folder) => Box::new(Folder(folder.clone())),
        Import::Bucket(config) => Box::new(Bucket::open(config, env)?),
    })
}
