//! The kill switch: a file in the desk's folder. While it is there, nothing is recorded.
//!
//! A file, and not a row, because it works when the database is gone, when the server's API is down,
//! and with `touch` alone. Whatever is in it, its being there stops recording.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;

use super::db;
use super::types::{DeskError, Stop};

/// The file's name in the desk's folder.
pub const STOP_FILE: &str = "recording-stopped";

/// Stops recording of the desk that has this folder, whether or not it runs; a running one notices
/// within its [`super::DeskConfig::watch`]. Repeating it keeps the first stop's words.
///
/// # Errors
/// When the file cannot be made.
pub fn stop(folder: &Path, by: &str, why: &str, at: Timestamp) -> Result<(), DeskError> {
    let cannot = |e: std::io::Error| DeskError::File {
        attempt: "stop recording",
        why: format!(
            "`{}` cannot be made: {e}; make it by hand, or end the server",
            folder.join(STOP_FILE).display()
        ),
    };
    let made =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(STOP_FILE));
    let mut file = match made {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(e) => return Err(cannot(e)),
    };
    let line = Stop { by: by.to_owned(), why: why.to_owned(), at: db::instant(&db::text(at)) };
    // Its being there is what counts: a full disk may leave it empty.
    let text = serde_json::to_vec(&line).unwrap_or_default();
    let _ = file.write_all(&text).and_then(|()| file.sync_all());
    File::open(folder).and_then(|f| f.sync_all()).map_err(cannot)
}

/// Takes a stop back. Fine when there is none.
///
/// # Errors
/// When the file cannot be removed.
pub fn resume(folder: &Path) -> Result<(), DeskError> {
    let cannot = |e: std::io::Error| DeskError::File {
        attempt: "resume recording",
        why: format!("`{}` cannot be removed: {e}", folder.join(STOP_FILE).display()),
    };
    match fs::remove_file(folder.join(STOP_FILE)) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(cannot(e)),
        _ => File::open(folder).and_then(|f| f.sync_all()).map_err(cannot),
    }
}

/// Whether recording is stopped. What cannot be read is a stop.
#[must_use]
pub fn stopped(folder: &Path) -> Option<Stop> {
    let unknown = |why: &str| Stop { by: "unknown".to_owned(), why: why.to_owned(), at: None };
    let file = match File::open(folder.join(STOP_FILE)) {
        Err(e) if e.kind() == ErrorKind::NotFound && folder.is_dir() => return None,
        Err(_) => return Some(unknown("the kill switch's file cannot be read")),
        Ok(file) => file,
    };
    let mut text = String::new();
    let read = file.take(4096).read_to_string(&mut text);
    let line = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    Some(line.unwrap_or_else(|| unknown("the kill switch's file is there, and says nothing more")))
}
