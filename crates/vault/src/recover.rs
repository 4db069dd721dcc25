//! What a process that died left behind, put right.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::error::VaultError;
use crate::format::{Header, Piece, TAG};
use crate::id::ObjectId;
use crate::reader::{Source, open_header, open_piece, source};
use crate::rows::{self, Place, RECORDING, Row, Rows};
use crate::shared::{Shared, lock};
use crate::upkeep::Job;
use crate::vault::{Sealed, State, Vault, ceil};

/// What [`Vault::recover`] found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Objects that were live when a process died: closed with what is there, and when they ended.
    pub closed: Vec<(ObjectId, Timestamp)>,
    /// Objects that had begun but have no chunk: destroyed.
    pub empty: Vec<ObjectId>,
    /// Copies that were not finished: destroyed; the originals are untouched.
    pub copies_undone: Vec<ObjectId>,
    /// Files, and objects in the storage, of which there is no row and so no key: removed.
    pub orphans: u64,
    /// Keys of hours of which no object is left: destroyed.
    pub hours: u64,
    /// Finished objects without a file. Their rows are kept: it may be found again.
    pub missing: Vec<ObjectId>,
    /// Objects that were live and of which no chunk can be read. They are kept as they are.
    pub damaged: Vec<ObjectId>,
    /// Objects whose key, or that of their hour, was destroyed or is another. They are kept as they
    /// are, and go when their time is up.
    pub unreadable: u64,
    /// Finished objects that are now being uploaded.
    pub uploading: u64,
    /// Why the object storage could not be asked.
    pub storage: Option<String>,
}

impl Recovered {
    /// What it did, a line each; none when there was nothing to do.
    pub fn lines(&self) -> Vec<String> {
        let counts = [
            (self.closed.len(), "cut off when a process died: closed with what is there"),
            (self.empty.len(), "begun and empty when a process died: destroyed"),
            (
                self.copies_undone.len(),
                "copied and not finished when a process died: copy destroyed",
            ),
            (usize::try_from(self.orphans).unwrap_or(usize::MAX), "without a key: removed"),
            (self.missing.len(), "finished, and missing from `objects`: look for the files"),
            (self.damaged.len(), "cut off when a process died, and not readable: left as they are"),
            (
                usize::try_from(self.unreadable).unwrap_or(usize::MAX),
                "whose key does not open: left as they are",
            ),
            (
                usize::try_from(self.uploading).unwrap_or(usize::MAX),
                "waiting for the object storage: being uploaded",
            ),
        ];
        let mut lines: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| match count {
                1 => format!("1 object {what}"),
                n => format!("{n} objects {what}"),
            })
            .collect();
        if self.hours > 0 {
            lines.push(format!("{} keys of hours without an object: destroyed", self.hours));
        }
        lines.extend(self.storage.iter().map(|why| format!("not looked into: {why}")));
        lines
    }
}

/// What became of an object that was live.
enum Found {
    Closed(Timestamp),
    Empty,
    Damaged,
    Unreadable,
}

impl Vault {
    /// Puts right what a process that died left behind, and says what it did: call it after
    /// [`Vault::open`], before anything else. Objects that this process is writing are left alone.
    ///
    /// An object that was live is closed with what is there; it ended `chunk_ms` a chunk after it
    /// began, or `now` when its chunks have no length in time. Files without a row are removed, keys
    /// of hours without an object destroyed. A finished object whose file is missing keeps its row.
    ///
    /// # Errors
    /// When a database or the disk refuses. An object storage that does not answer is no error;
    /// [`Recovered::storage`] says so.
    pub fn recover(&self, now: Timestamp) -> Result<Recovered, VaultError> {
        let shared = &self.0.shared;
        let mut done = Recovered::default();
        let mut rows = shared.rows()?;
        for collection in rows.collections()? {
            for row in rows.all(&collection, State::Live)? {
                if lock(&shared.live).contains(&row.id) {
                    continue;
                }
                if collection != RECORDING {
                    self.drop_now(&row.id)?;
                    done.copies_undone.push(row.id);
                    continue;
                }
                match close(shared, &rows, &row, now)? {
                    Found::Closed(ended) => done.closed.push((row.id, ended)),
                    Found::Empty => {
                        self.drop_now(&row.id)?;
                        done.empty.push(row.id);
                    }
                    Found::Damaged => done.damaged.push(row.id),
                    Found::Unreadable => {}
                }
            }
        }
        self.files(&rows, &mut done)?;
        self.stored(&rows, &mut done)?;
        let tx = rows.write()?;
        done.hours = rows::destroy_hours(&tx).map_err(VaultError::db("destroy keys"))?;
        tx.commit().map_err(VaultError::db("destroy keys"))?;
        done.unreadable = unreadable(&rows)?;
        rows.scrub(true)?;
        Ok(done)
    }

    /// Closes one object whose [`crate::Writer`] is gone without having ended it, as
    /// [`Vault::recover`] would: with what is there. Nothing happens to an object that is being
    /// written, or is closed already. One of which nothing can be read is destroyed.
    ///
    /// # Errors
    /// [`VaultError::Gone`], or when a database or the disk refuses.
    pub fn close(&self, id: &ObjectId, now: Timestamp) -> Result<(), VaultError> {
        let shared = &self.0.shared;
        let rows = shared.rows()?;
        let row = rows.find(id)?.ok_or(VaultError::Gone(*id))?;
        if row.state != State::Live || lock(&shared.live).contains(id) {
            return Ok(());
        }
        match close(shared, &rows, &row, now)? {
            Found::Closed(_) => Ok(()),
            Found::Empty | Found::Damaged | Found::Unreadable => self.drop_now(id),
        }
    }

    fn drop_now(&self, id: &ObjectId) -> Result<(), VaultError> {
        self.destroy(&[*id])?;
        self.0.shared.disk.remove(id).map(|_| ())
    }

    /// Files without a row, rows without a file, files that were uploaded already, and files that
    /// were not.
    fn files(&self, rows: &Rows, done: &mut Recovered) -> Result<(), VaultError> {
        let disk = &self.0.shared.disk;
        // Files first: a row is there before its file, so that what has no row now has none.
        let files = disk.list()?;
        let mut without: HashMap<ObjectId, (Place, State)> =
            rows.places()?.into_iter().map(|(id, place, state)| (id, (place, state))).collect();
        for id in files {
            match without.remove(&id) {
                None => done.orphans += u64::from(disk.remove(&id)?),
                Some((Place::Storage, _)) => {
                    disk.remove(&id)?;
                }
                Some((Place::Disk, State::Live)) => {}
                Some((Place::Disk, _)) if self.0.shared.storage.is_some() => {
                    self.0.ask(Job::Upload(id));
                    done.uploading += 1;
                }
                Some(_) => {}
            }
        }
        let lost = without
            .into_iter()
            .filter(|(_, (place, state))| *place == Place::Disk && *state != State::Live);
        done.missing = lost.map(|(id, _)| id).collect();
        done.missing.sort_unstable();
        Ok(())
    }

    /// Objects in the storage without a row.
    fn stored(&self, rows: &Rows, done: &mut Recovered) -> Result<(), VaultError> {
        let Some(storage) = &self.0.shared.storage else { return Ok(()) };
        match orphans_in(storage, rows) {
            Ok(gone) => done.orphans += gone,
            Err(e @ VaultError::Storage { .. }) => done.storage = Some(e.to_string()),
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

/// Removes what lies in the storage without a row; answers how many.
pub(crate) fn orphans_in(
    storage: &crate::storage::Storage,
    rows: &Rows,
) -> Result<u64, VaultError> {
    let stored = storage.list()?;
    let known: std::collections::HashSet<ObjectId> =
        rows.places()?.into_iter().map(|(id, ..)| id).collect();
    let mut gone = 0;
    for id in stored.iter().filter(|id| !known.contains(id)) {
        storage.remove(id)?;
        gone += 1;
    }
    Ok(gone)
}

/// Objects whose key cannot be had any more.
fn unreadable(rows: &Rows) -> Result<u64, VaultError> {
    let mut count = 0;
    for collection in rows.collections()? {
        let sql = format!(
            "SELECT count(*) FROM main.\"{collection}\" AS t WHERE t.hour IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM hours.hour_key AS k WHERE k.hour = t.hour)"
        );
        let some: i64 = rows
            .connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(VaultError::db("count objects"))?;
        count += u64::try_from(some).unwrap_or_default();
    }
    Ok(count)
}

/// Closes an object that was live with what is there.
fn close(shared: &Shared, rows: &Rows, row: &Row, now: Timestamp) -> Result<Found, VaultError> {
    let key = match shared.key(&rows.connection, row) {
        Ok(key) => key,
        Err(VaultError::KeyDestroyed(_)) => return Ok(Found::Unreadable),
        Err(VaultError::Damaged { .. }) => return Ok(Found::Damaged),
        Err(e) => return Err(e),
    };
    let Some(mut source) = source(shared, row)? else { return Ok(Found::Empty) };
    let (header, cipher, layout) = match open_header(shared, &mut source, row, &key) {
        Ok(opened) => opened,
        // The process died before the header was written; nothing can follow it.
        Err(VaultError::Damaged { .. }) => {
            return Ok(match short(shared, &mut source, row)? {
                true => Found::Empty,
                false => Found::Damaged,
            });
        }
        Err(e) => return Err(e),
    };
    let mut open = |piece| open_piece(shared, &mut source, &row.id, &cipher, (&layout, piece));
    // The end may have been written, and only the row not.
    let last = match layout.rest >= TAG as u64 {
        true => open(Piece::Last(layout.full))?,
        false => None,
    };
    let (state, chunks, plain) = match last {
        Some(last) => (
            State::Sealed,
            layout.full + u64::from(!last.is_empty()),
            layout.full * header.chunk as u64 + last.len() as u64,
        ),
        None => {
            // After a power cut, what was written last may not have reached the disk whole.
            let mut chunks = layout.full;
            while chunks > 0 && open(Piece::Chunk(chunks - 1))?.is_none() {
                chunks -= 1;
            }
            match (chunks, layout.full) {
                (0, 0) => return Ok(Found::Empty),
                (0, _) => return Ok(Found::Damaged),
                _ => {}
            }
            let path = shared.disk.path(&row.id);
            if let Some(file) = shared.disk.open(&row.id, true)? {
                file.set_len(layout.at(chunks))
                    .and_then(|()| file.sync_all())
                    .map_err(VaultError::io("cut a torn chunk off", &path))?;
            }
            (State::Cut, chunks, chunks * header.chunk as u64)
        }
    };
    let ended = match row.chunk_ms {
        0 => now,
        ms => {
            // As long as its plain bytes are; a part of a chunk counts as much.
            let ms = u128::from(plain) * u128::from(ms) / header.chunk.max(1) as u128;
            let length = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
            row.started.checked_add(length).unwrap_or(now)
        }
    };
    let ended = ceil(ended);
    // The digest of an object that was not finished is found when it is read.
    let noted = Sealed { chunks, content_sha256: [0; 32] };
    rows::close(
        &rows.connection,
        (&row.collection, &row.id),
        State::Cut,
        &noted,
        Some(&ended.to_string()),
    )
    .map_err(VaultError::db("close an object"))?;
    if state == State::Sealed {
        rows.connection
            .execute(
                &format!("UPDATE main.\"{}\" SET vault_state = ?2 WHERE id = ?1", row.collection),
                (row.id.to_string(), state.word()),
            )
            .map_err(VaultError::db("close an object"))?;
    }
    Ok(Found::Closed(ended))
}

/// Whether not even the whole header is there.
fn short(shared: &Shared, source: &mut Source, row: &Row) -> Result<bool, VaultError> {
    let Some(start) = source.bytes(shared, &row.id, 0, Header::START)? else { return Ok(true) };
    let Ok(length) = Header::length(&start) else { return Ok(false) };
    Ok(source.bytes(shared, &row.id, 0, length)?.is_none())
}
