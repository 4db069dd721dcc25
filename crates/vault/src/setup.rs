//! Making a vault, looking it over, and changing its root key.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::config::{RootSource, S3Config, VaultConfig};
use crate::disk::Disk;
use crate::error::VaultError;
use crate::id::ObjectId;
use crate::key::{Key, Use};
use crate::root::{self, Root};
use crate::rows::{self, Rows};
use crate::shared::{Shared, lock};
use crate::storage::Storage;
use crate::vault::{State, take};

/// Makes a vault in a folder, which must be empty or not be there. A root key that is not there yet
/// is made, in a file or a token. Answers whether one was made: it must be kept safe, since without
/// it nothing in the vault can be read.
///
/// # Errors
/// When the folder holds something, or the root key or the object storage cannot be used.
pub fn init(
    dir: &Path,
    source: RootSource,
    s3: Option<S3Config>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<bool, VaultError> {
    let io = |attempt| VaultError::io(attempt, dir);
    source.check().map_err(|why| VaultError::Root(format!("`init` {why}")))?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io("make the folder"))?;
    let mut inside = fs::read_dir(dir).map_err(io("read the folder"))?;
    if inside.next().is_some() {
        return Err(VaultError::NoVault {
            path: dir.to_owned(),
            why: "it is not empty; a vault is made in an empty folder".into(),
        });
    }
    if let Some(s3) = &s3 {
        Storage::open(s3, env)?.list()?;
    }
    let made = root::make(&source, dir, env)?;
    let root = Root::open(&source, dir, env)?;
    let id = ObjectId::random()?.to_string();
    let check = root.wrap(&Key::random()?, Use::Check(&id))?;
    Disk::new(dir).make()?;
    rows::create(dir, &id, &check)?;
    // Last, so that what was not finished is no vault.
    VaultConfig::new(id, source, s3).write(dir)?;
    Ok(made)
}

/// Makes an empty `hours.db` where there is none: after a restore from backups that leave it out.
/// Every recording that the backup brought back is then unreadable; copies kept as evidence are not.
///
/// # Errors
/// When it is no vault, is in use, or has an `hours.db`.
pub fn after_restore(dir: &Path) -> Result<(), VaultError> {
    VaultConfig::read(dir)?;
    let _lock = take(dir)?;
    if dir.join(rows::HOURS).exists() {
        return Err(VaultError::NoVault {
            path: dir.to_owned(),
            why: "it has an `hours.db`, which is never replaced".into(),
        });
    }
    rows::create_hours(dir)
}

/// What [`check`] saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// (collection, live, finished, cut).
    pub collections: Vec<(String, u64, u64, u64)>,
    /// Keys of hours.
    pub hours: u64,
    /// Objects that cannot be opened, each with why. Those under way are not looked at.
    pub bad: Vec<(ObjectId, String)>,
}

/// Looks a vault over, beside a process that uses it: the root key fits, each finished object is
/// where it should be, its key opens and its header and end are those written. With `deep`, every
/// chunk is decrypted and the content compared with what was recorded. It changes nothing.
///
/// # Errors
/// When it is no vault, or a database or the root key refuses.
pub fn check(
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    deep: bool,
) -> Result<Checked, VaultError> {
    let shared = std::sync::Arc::new(Shared::open(dir, env)?);
    let rows = shared.rows()?;
    let mut seen = Checked {
        hours: rows::hours(&rows.connection).map_err(VaultError::db("list hours"))?.len() as u64,
        ..Checked::default()
    };
    for collection in rows.collections()? {
        let mut counts = [0; 3];
        for state in [State::Live, State::Sealed, State::Cut] {
            for row in rows.all(&collection, state)? {
                counts[state as usize] += 1;
                if state == State::Live {
                    continue;
                }
                let read = crate::reader::Reader::open(std::sync::Arc::clone(&shared), &row.id);
                let read = read.and_then(|mut reader| match deep {
                    true => reader.content_sha256().map(|_| ()),
                    false => Ok(()),
                });
                match read {
                    // Destroyed while we looked.
                    Ok(()) | Err(VaultError::Gone(_)) => {}
                    Err(e) => seen.bad.push((row.id, e.to_string())),
                }
            }
        }
        let [live, sealed, cut] = counts;
        seen.collections.push((collection, live, sealed, cut));
    }
    Ok(seen)
}

/// Wraps the keys of hours and of copies by another root key, which is made when it is not there.
/// No object is written anew. A crash at any moment leaves a vault that opens with the one or the
/// other key; run it again then. Answers how many keys were wrapped.
///
/// Destroy the old root key afterwards: until then, old backups of the databases open with it.
///
/// # Errors
/// When the vault is in use, also by a sweep, or a root key does not fit or cannot be had.
pub fn rewrap(
    dir: &Path,
    next: RootSource,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<u64, VaultError> {
    next.check().map_err(|why| VaultError::Root(format!("`rewrap` {why}")))?;
    let mut config = VaultConfig::read(dir)?;
    let _lock = take(dir)?;
    let shared = Shared::open(dir, env)?;
    root::make(&next, dir, env)?;
    let new = Root::open(&next, dir, env)?;
    let (id, check) = lock(&shared.index).root_check()?;
    let moved = match new.unwrap(&check, Use::Check(&id))? {
        // A run before this one got as far as its transaction, or it is the same key.
        Some(_) => 0,
        None => {
            config.next_root = Some(next.clone());
            config.write(dir)?;
            let mut rows = lock(&shared.index);
            rows.journal("DELETE")?;
            let moved = move_keys(&shared, &mut rows, &new)?;
            rows.journal("WAL")?;
            moved
        }
    };
    config.root = next;
    config.next_root = None;
    config.write(dir)?;
    Ok(moved)
}

fn move_keys(shared: &Shared, rows: &mut Rows, new: &Root) -> Result<u64, VaultError> {
    const ATTEMPT: &str = "wrap its keys anew";
    let db = || VaultError::db(ATTEMPT);
    let changed = |why: &'static str| VaultError::Root(why.to_owned());
    let collections = rows.collections()?;
    let tx = rows.write()?;
    let mut moved = 0;
    let hours: Vec<(String, Vec<u8>)> = {
        let mut all = tx.prepare("SELECT hour, wrapped_key FROM hours.hour_key").map_err(db())?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(db())?;
        rows.collect::<Result<_, _>>().map_err(db())?
    };
    for (hour, wrapped) in hours {
        let key = shared.root.unwrap(&wrapped, Use::Hour(&hour))?;
        let key = key.ok_or_else(|| changed("it does not open the key of an hour"))?;
        let wrapped = new.wrap(&key, Use::Hour(&hour))?;
        tx.execute("UPDATE hours.hour_key SET wrapped_key = ?2 WHERE hour = ?1", (hour, wrapped))
            .map_err(db())?;
        moved += 1;
    }
    for collection in collections {
        let copies: Vec<(String, Vec<u8>)> = {
            let sql =
                format!("SELECT id, wrapped_key FROM main.\"{collection}\" WHERE hour IS NULL");
            let mut all = tx.prepare(&sql).map_err(db())?;
            let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(db())?;
            rows.collect::<Result<_, _>>().map_err(db())?
        };
        for (name, wrapped) in copies {
            let id: ObjectId = name.parse()?;
            let what = Use::Copy(&id, &collection);
            let key = shared.root.unwrap(&wrapped, what)?;
            let key = key.ok_or_else(|| changed("it does not open the key of a copy"))?;
            let wrapped = new.wrap(&key, what)?;
            let sql = format!("UPDATE main.\"{collection}\" SET wrapped_key = ?2 WHERE id = ?1");
            tx.execute(&sql, (name, wrapped)).map_err(db())?;
            moved += 1;
        }
    }
    let check = new.wrap(&Key::random()?, Use::Check(&shared.id))?;
    tx.execute("UPDATE main.vault SET root_check = ?1", [check]).map_err(db())?;
    tx.commit().map_err(db())?;
    rows.scrub(true)?;
    Ok(moved)
}
