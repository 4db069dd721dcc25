//! What a vault's handle, its writers and its two threads share.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _};

use crate::config::{RootSource, VaultConfig};
use crate::disk::Disk;
use crate::error::VaultError;
use crate::id::ObjectId;
use crate::key::{Key, Use, pack, unpack};
use crate::root::Root;
use crate::rows::{Row, Rows};
use crate::storage::Storage;

/// Keys of hours in memory, each with the wrapped form from which it was unwrapped.
type Hours = HashMap<String, (Vec<u8>, Key)>;

pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) id: String,
    pub(crate) disk: Disk,
    pub(crate) storage: Option<Storage>,
    pub(crate) root: Root,
    /// The one connection of the handles.
    pub(crate) index: Mutex<Rows>,
    pub(crate) hours: Mutex<Hours>,
    /// Objects that this process is writing.
    pub(crate) live: Mutex<HashSet<ObjectId>>,
    /// Whether something was written since the last sync.
    pub(crate) dirty: AtomicBool,
    /// How often syncing failed.
    pub(crate) sync_failures: AtomicU64,
}

/// A lock whose holder panicked still guards sound data: each change is one statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn open(
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        let config = VaultConfig::read(dir)?;
        let rows = Rows::open(dir, &config.id)?;
        let disk = Disk::new(dir);
        // A folder that is not there may be a disk that is not mounted.
        disk.root()?;
        let root = right_root(&config, &rows, dir, env)?;
        let storage = config.s3.as_ref().map(|s3| Storage::open(s3, env)).transpose()?;
        Ok(Self {
            dir: dir.to_owned(),
            id: config.id,
            disk,
            storage,
            root,
            index: Mutex::new(rows),
            hours: Mutex::default(),
            live: Mutex::default(),
            dirty: AtomicBool::new(false),
            sync_failures: AtomicU64::new(0),
        })
    }

    /// Another connection to the databases.
    pub(crate) fn rows(&self) -> Result<Rows, VaultError> {
        Rows::open(&self.dir, &self.id)
    }

    /// Removes an object wherever it may lie.
    pub(crate) fn remove(&self, id: &ObjectId) -> Result<(), VaultError> {
        self.disk.remove(id)?;
        self.storage.as_ref().map_or(Ok(()), |storage| storage.remove(id))
    }

    /// The key of an hour, when there is one.
    pub(crate) fn hour(
        &self,
        connection: &Connection,
        hour: &str,
    ) -> Result<Option<Key>, VaultError> {
        let wrapped: Option<Vec<u8>> = connection
            .prepare_cached("SELECT wrapped_key FROM hours.hour_key WHERE hour = ?1")
            .and_then(|mut s| s.query_row([hour], |row| row.get(0)).optional())
            .map_err(VaultError::db("find the key of an hour"))?;
        let mut hours = lock(&self.hours);
        let Some(wrapped) = wrapped else {
            hours.remove(hour);
            return Ok(None);
        };
        if let Some((_, key)) = hours.get(hour).filter(|(from, _)| *from == wrapped) {
            return Ok(Some(key.clone()));
        }
        let key = self.root.unwrap(&wrapped, Use::Hour(hour))?.ok_or_else(|| {
            VaultError::Root(
                "it does not open the key of an hour; `hours.db` was changed, or is another vault's"
                    .into(),
            )
        })?;
        hours.insert(hour.to_owned(), (wrapped, key.clone()));
        Ok(Some(key))
    }

    /// The key of an hour, made when there is none; within a transaction that holds the locks.
    pub(crate) fn hour_or_new(
        &self,
        connection: &Connection,
        hour: &str,
    ) -> Result<Key, VaultError> {
        if let Some(key) = self.hour(connection, hour)? {
            return Ok(key);
        }
        let key = Key::random()?;
        let wrapped = self.root.wrap(&key, Use::Hour(hour))?;
        connection
            .execute("INSERT INTO hours.hour_key VALUES (?1, ?2)", (hour, wrapped))
            .map_err(VaultError::db("note the key of an hour"))?;
        Ok(key)
    }

    /// The key of an object.
    pub(crate) fn key(&self, connection: &Connection, row: &Row) -> Result<Key, VaultError> {
        let key = match &row.hour {
            Some(hour) => {
                let outer = self.hour(connection, hour)?.ok_or(VaultError::KeyDestroyed(row.id))?;
                let packed = outer.unwrap(&row.wrapped);
                packed.and_then(|packed| unpack(&packed, Use::Object(&row.id, hour)))
            }
            None => self.root.unwrap(&row.wrapped, Use::Copy(&row.id, &row.collection))?,
        };
        key.ok_or(VaultError::Damaged {
            id: row.id,
            why: "its wrapped key is not what was written, or the key of its hour is another",
        })
    }
}

/// Wraps the key of an object of this hour.
pub(crate) fn wrap_object(
    outer: &Key,
    key: &Key,
    id: &ObjectId,
    hour: &str,
) -> Result<Vec<u8>, VaultError> {
    outer.wrap(&pack(key, Use::Object(id, hour)))
}

/// The root key that fits the databases: the one in `vault.toml`, or, when `rewrap` was cut off
/// after its transaction, the next one.
fn right_root(
    config: &VaultConfig,
    rows: &Rows,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Root, VaultError> {
    let (id, check) = rows.root_check()?;
    let fits = |source: &RootSource| -> Result<Option<Root>, VaultError> {
        let root = Root::open(source, dir, env)?;
        Ok(root.unwrap(&check, Use::Check(&id))?.is_some().then_some(root))
    };
    let first = fits(&config.root);
    match (&first, &config.next_root) {
        (Ok(Some(_)), _) | (_, None) => {}
        (_, Some(next)) => {
            if let Some(root) = fits(next)? {
                return Ok(root);
            }
        }
    }
    first?.ok_or_else(|| {
        VaultError::Root(
            "it is not the one with which this vault was made; look which file, variable or token `vault.toml` names".into(),
        )
    })
}
