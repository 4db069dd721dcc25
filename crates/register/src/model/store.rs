//! Where the data lies: stores, how they are reached, and what in them is exempt.

use frist_law::Period;

use super::Text;
use crate::span::{Sp, Span};

/// The system in which a store's data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKind {
    /// A SQLite database file, relative to the register's folder.
    Sqlite {
        /// Path of the database file.
        path: String,
    },
    /// A PostgreSQL database. The URL, with its password, is in an environment variable or a file.
    Postgresql {
        /// Name of the environment variable that holds the URL.
        url_env: Option<String>,
        /// Path of a file that holds the URL.
        url_file: Option<String>,
        /// Schema, `public` when not said.
        schema: String,
    },
    /// A folder of files.
    Files {
        /// The root, which is never left.
        root: String,
    },
    /// A vault of recordings, whose keys are destroyed; its folder, relative to the register's.
    Vault {
        /// Path of the vault's folder.
        path: String,
    },
}

/// Whether Frist vacuums a database after a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vacuum {
    /// Say what should be done.
    #[default]
    Recommend,
    /// Do it.
    Run,
}

/// A place where data lies.
#[derive(Debug, Clone)]
pub struct Store {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// Which system, and where.
    pub kind: StoreKind,
    /// How long backups of it live; `replay` keeps its hashes this long.
    pub backups: Option<Sp<Period>>,
    /// Records disposed of at a time.
    pub batch: Option<u32>,
    /// Upper limit of the pace, records a second.
    pub max_rows_per_second: Option<u32>,
    /// Longest time one statement may take, milliseconds.
    pub statement_timeout_ms: Option<u64>,
    /// Longest time to wait for a lock, milliseconds.
    pub lock_timeout_ms: Option<u64>,
    /// Pause while a replica lags more than this, milliseconds.
    pub max_replica_lag_ms: Option<u64>,
    /// What to do about dead rows.
    pub vacuum: Vacuum,
    /// Collections without personal data, with the reason: they need no data set.
    pub exempt: Vec<Exempt>,
    /// Where `[[store]]` stands.
    pub span: Span,
}

/// A collection that holds no personal data.
#[derive(Debug, Clone)]
pub struct Exempt {
    /// The collection.
    pub at: Sp<String>,
    /// Why it needs no data set.
    pub why: Sp<Text>,
}
