//! What can go wrong while the demo is generated.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

/// The result of this crate's calls.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the demo was not generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scale is not a number above 0 and at most [`crate::MAX_SCALE`].
    #[error("the scale must be above 0 and at most {max}, not {0}", max = crate::MAX_SCALE)]
    Scale(f64),
    /// The demo date leaves no room for the history around it.
    #[error("the demo date must lie between the years 1950 and 9900, not on {0}")]
    AsOf(Date),
    /// There is data where the demo should go.
    #[error("`{}` exists already; remove it or choose another folder", .0.display())]
    Exists(PathBuf),
    /// The time zone of Denmark is not known here.
    #[error("the time zone Europe/Copenhagen was not found")]
    Zone(#[source] jiff::Error),
    /// A file or folder could not be written.
    #[error("could not {what} `{}`; check the disk and the permissions, remove `data` and try again", .path.display())]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A database could not be written.
    #[error("could not write `{collection}`; check the disk, remove `data` and try again")]
    Database {
        /// The store or collection being written.
        collection: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn database(collection: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Database { collection, source }
    }
}
