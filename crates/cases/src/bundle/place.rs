//! Where a bundle's parts lie: in a folder, or in a zip.

use std::fs;
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;

use crate::{CasesError, Result};

/// A bundle that can be read, part by part.
pub trait Parts {
    /// The names of everything that is there, sorted.
    ///
    /// # Errors
    /// When it cannot be listed.
    fn names(&mut self) -> Result<Vec<String>>;

    /// Reads a part from its beginning; none when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>>;
}

fn failed(action: &'static str, place: &str, error: &dyn std::fmt::Display) -> CasesError {
    CasesError::File { action, place: format!("`{place}`"), reason: error.to_string() }
}

/// A folder.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn list(&self, below: &Path, out: &mut Vec<String>) -> Result<()> {
        let shown = below.display().to_string();
        for entry in fs::read_dir(below).map_err(|e| failed("read the folder", &shown, &e))? {
            let path = entry.map_err(|e| failed("read the folder", &shown, &e))?.path();
            // A link could lead anywhere; what it leads to is not part of the bundle.
            let meta = fs::symlink_metadata(&path).map_err(|e| failed("look at", &shown, &e))?;
            if meta.is_dir() {
                self.list(&path, out)?;
            } else {
                let name = path.strip_prefix(&self.0).unwrap_or(&path);
                let parts: Vec<String> =
                    name.components().map(|c| c.as_os_str().to_string_lossy().into()).collect();
                out.push(parts.join("/"));
            }
        }
        Ok(())
    }
}

impl Parts for Folder {
    fn names(&mut self) -> Result<Vec<String>> {
        let mut out = Vec::new();
        self.list(&self.0.clone(), &mut out)?;
        out.sort();
        Ok(out)
    }

    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>> {
        let path = self.0.join(name);
        if !fs::symlink_metadata(&path).is_ok_and(|m| m.is_file()) {
            return Ok(None);
        }
        let file = fs::File::open(&path).map_err(|e| failed("read", name, &e))?;
        Ok(Some(Box::new(BufReader::new(file))))
    }
}

/// A zip.
pub struct Zipped<R: Read + Seek> {
    zip: zip::ZipArchive<R>,
}

impl<R: Read + Seek> Zipped<R> {
    /// Reads the zip's list of contents.
    ///
    /// # Errors
    /// When it is no zip, or damaged.
    pub fn new(reader: R) -> Result<Self> {
        let zip = zip::ZipArchive::new(reader).map_err(|e| failed("read", "the zip", &e))?;
        Ok(Self { zip })
    }
}

impl<R: Read + Seek> Parts for Zipped<R> {
    fn names(&mut self) -> Result<Vec<String>> {
        let mut out = Vec::new();
        for name in self.zip.file_names() {
            let name = name.map_err(|e| failed("read", "the zip", &e))?;
            if !name.ends_with('/') {
                out.push(name.into_owned());
            }
        }
        out.sort();
        Ok(out)
    }

    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>> {
        match self.zip.by_name(name) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(zip::result::ZipError::FileNotFound) => Ok(None),
            Err(e) => Err(failed("read", name, &e)),
        }
    }
}

/// Puts the files of a folder into a zip, sorted by name and without times, so that the same files
/// give the same bytes.
///
/// # Errors
/// When a file cannot be read, or the zip not written.
pub fn zip_folder<W: Write + Seek>(folder: &Path, out: W) -> Result<()> {
    let mut parts = Folder::new(folder);
    let mut zip = zip::ZipWriter::new(out);
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .large_file(true)
        .unix_permissions(0o644);
    for name in parts.names()? {
        zip.start_file(name.as_str(), options).map_err(|e| failed("write", &name, &e))?;
        let mut file = parts
            .open(&name)?
            .ok_or_else(|| CasesError::NotFound { what: "file", id: name.clone() })?;
        std::io::copy(&mut file, &mut zip).map_err(|e| failed("write", &name, &e))?;
    }
    zip.finish().map(drop).map_err(|e| failed("write", "the zip", &e))
}
