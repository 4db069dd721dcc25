//! The vault as its owner sees it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::fs::{FlockOperation, flock};

use crate::error::VaultError;
use crate::format::Header;
use crate::id::ObjectId;
use crate::key::{Key, Use};
use crate::reader::Reader;
use crate::rows::{self, Place, RECORDING, Row};
use crate::shared::{Shared, lock, wrap_object};
use crate::upkeep::{self, Job};
use crate::writer::Writer;

/// Facts of an object by name, as text; none where a fact is empty.
pub type Facts = Vec<(String, Option<String>)>;

/// What is told when an object begins.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Its name.
    pub id: ObjectId,
    /// When it began; the UTC hour of it chooses the hour-key. Stored in whole seconds, rounded
    /// down.
    pub started: Timestamp,
    /// Plain bytes of a chunk.
    pub chunk: usize,
    /// The time that a chunk holds, in milliseconds: from it follows how long an object was that
    /// was cut off. 0 when chunks have no length in time.
    pub chunk_ms: u32,
    /// Told in plain, but authenticated.
    pub header: Vec<u8>,
    /// Its facts, among those named when the vault was opened.
    pub facts: Facts,
}

/// A finished object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// How many chunks it has; the last may be short.
    pub chunks: u64,
    /// SHA-256 over its plain bytes.
    pub content_sha256: [u8; 32],
}

/// One row, as [`Vault::list`] tells it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The object.
    pub id: ObjectId,
    /// Where it stands.
    pub state: State,
    /// When it began.
    pub started: Timestamp,
    /// Its chunks; none while it is live.
    pub chunks: Option<u64>,
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Live,
    /// It was finished.
    Sealed,
    /// It was cut off, and closed with what was there.
    Cut,
}

/// A vault. Clones share it; the folder is free for another process when the last one and the last
/// [`Writer`] are gone.
#[derive(Clone)]
pub struct Vault(pub(crate) Arc<Inner>);

/// The handle's inside: what is shared with the threads, and the threads.
pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    jobs: Mutex<Option<Sender<Job>>>,
    stop: Mutex<Option<Sender<()>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as the vault is open.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Both threads finish what they are at: files of destroyed objects are removed.
        lock(&self.jobs).take();
        lock(&self.stop).take();
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

impl Inner {
    /// Asks the second thread; when it has died, `recover` finds the job again.
    pub(crate) fn ask(&self, job: Job) {
        if let Some(jobs) = lock(&self.jobs).as_ref() {
            let _ = jobs.send(job);
        }
    }
}

/// Takes the folder for this process.
pub(crate) fn take(dir: &Path) -> Result<File, VaultError> {
    let path: PathBuf = dir.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(VaultError::io("open", &path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(VaultError::InUse(dir.to_owned())),
        Err(e) => Err(VaultError::io("lock", &path)(e.into())),
    }
}

/// An instant in whole seconds, rounded up: what ended is never taken to have ended earlier.
pub(crate) fn ceil(at: Timestamp) -> Timestamp {
    let floor = floor(at);
    if floor == at {
        return at;
    }
    Timestamp::from_second(floor.as_second().saturating_add(1)).unwrap_or(at)
}

/// An instant in whole seconds, rounded down.
pub(crate) fn floor(at: Timestamp) -> Timestamp {
    let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(second).unwrap_or(at)
}

/// The UTC hour of an instant: `2026-11-22T20`.
pub(crate) fn hour_of(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    format!("{:04}-{:02}-{:02}T{:02}", at.year(), at.month(), at.day(), at.hour())
}

impl Vault {
    /// Opens a vault that `frist vault init` made. `facts` are the text columns that a recording
    /// has besides the vault's own (`started_at` and `ended_at` are the vault's); missing ones are
    /// added. `env` reads environment variables.
    ///
    /// Call [`Vault::recover`] before anything else is done with it.
    ///
    /// # Errors
    /// When it is no vault, is open in another process, or its root key cannot be had.
    pub fn open(
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
        facts: &[&str],
    ) -> Result<Self, VaultError> {
        let file = match dir.join(crate::config::FILE).is_file() {
            true => take(dir)?,
            false => {
                return Err(VaultError::NoVault {
                    path: dir.to_owned(),
                    why: "it has no `vault.toml`; `frist vault init` makes a vault".into(),
                });
            }
        };
        let shared = Arc::new(Shared::open(dir, env)?);
        {
            let mut index = lock(&shared.index);
            // A rewrap that was cut off leaves another mode.
            index.journal("WAL")?;
            index.ensure(RECORDING, facts)?;
        }
        let (jobs, todo) = channel();
        let (stop, stopped) = channel();
        let for_sync = Arc::clone(&shared);
        let for_work = Arc::clone(&shared);
        let threads = || -> std::io::Result<Vec<JoinHandle<()>>> {
            Ok(vec![
                Builder::new()
                    .name("vault-sync".into())
                    .spawn(move || upkeep::sync(&for_sync, &stopped))?,
                Builder::new()
                    .name("vault-work".into())
                    .spawn(move || upkeep::work(&for_work, &todo))?,
            ])
        };
        let threads = threads().map_err(VaultError::io("start a thread for", dir))?;
        Ok(Self(Arc::new(Inner {
            shared,
            jobs: Mutex::new(Some(jobs)),
            stop: Mutex::new(Some(stop)),
            threads: Mutex::new(threads),
            _lock: file,
        })))
    }

    fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Makes a collection for copies, or adds columns for facts to one.
    ///
    /// # Errors
    /// When a name cannot be one, or the database refuses.
    pub fn collection(&self, name: &str, facts: &[&str]) -> Result<(), VaultError> {
        lock(&self.shared().index).ensure(name, facts)
    }

    /// Begins an object. Its key, its row and its file come into being here and nowhere else; when
    /// this returns, the row is durable.
    ///
    /// # Errors
    /// [`VaultError::Taken`], [`VaultError::Invalid`], or when a database, the disk or the root key
    /// refuses; then nothing is left.
    pub fn begin(&self, begin: Begin) -> Result<Writer, VaultError> {
        let started = floor(begin.started);
        let header = Header {
            id: begin.id,
            chunk: begin.chunk,
            started: started.as_second(),
            own: begin.header,
        };
        header.check()?;
        let hour = hour_of(started);
        let key = Key::random()?;
        let shared = self.shared();
        {
            let mut index = lock(&shared.index);
            rows::check_facts(&index.connection, RECORDING, &begin.facts)?;
            let tx = index.write()?;
            let outer = shared.hour_or_new(&tx, &hour)?;
            let row = Row {
                id: begin.id,
                collection: RECORDING.to_owned(),
                wrapped: wrap_object(&outer, &key, &begin.id, &hour)?,
                hour: Some(hour),
                state: State::Live,
                place: Place::Disk,
                chunk_ms: begin.chunk_ms,
                chunks: None,
                content_sha256: None,
                started,
            };
            rows::insert(&tx, &row, None, &begin.facts)?;
            tx.commit().map_err(VaultError::db("begin an object"))?;
        }
        self.start(&header, &key, RECORDING)
    }

    /// Makes the file of an object that has a row; undoes the row when it cannot.
    fn start(&self, header: &Header, key: &Key, collection: &str) -> Result<Writer, VaultError> {
        match Writer::new(self, header, key, collection) {
            Ok(writer) => Ok(writer),
            Err(e) => {
                let _ = self.destroy(&[header.id]);
                Err(e)
            }
        }
    }

    /// Changes facts of an object; durable when it returns.
    ///
    /// # Errors
    /// [`VaultError::Gone`], [`VaultError::Invalid`], or when the database refuses.
    pub fn set_facts(
        &self,
        id: &ObjectId,
        facts: &[(String, Option<String>)],
    ) -> Result<(), VaultError> {
        let index = lock(&self.shared().index);
        let row = index.find(id)?.ok_or(VaultError::Gone(*id))?;
        rows::check_facts(&index.connection, &row.collection, facts)?;
        if facts.is_empty() {
            return Ok(());
        }
        match rows::update_facts(&index.connection, &row, facts)
            .map_err(VaultError::db("change facts"))?
        {
            0 => Err(VaultError::Gone(*id)),
            _ => Ok(()),
        }
    }

    /// The facts of an object, `started_at` and `ended_at` among them.
    ///
    /// # Errors
    /// [`VaultError::Gone`], or when the database refuses.
    pub fn facts(&self, id: &ObjectId) -> Result<Facts, VaultError> {
        let index = lock(&self.shared().index);
        let row = index.find(id)?.ok_or(VaultError::Gone(*id))?;
        index.facts(&row)
    }

    /// The objects of a collection, in the order of their names; `after` is the last one of the
    /// page before.
    ///
    /// # Errors
    /// When there is no such collection, or the database refuses.
    pub fn list(
        &self,
        collection: &str,
        after: Option<&ObjectId>,
        limit: usize,
    ) -> Result<Vec<Listed>, VaultError> {
        lock(&self.shared().index).list(collection, after, limit)
    }

    /// The objects of a collection of which a fact is this text.
    ///
    /// # Errors
    /// When there is no such collection or fact, or the database refuses.
    pub fn with_fact(
        &self,
        collection: &str,
        fact: &str,
        value: &str,
    ) -> Result<Vec<ObjectId>, VaultError> {
        lock(&self.shared().index).with_fact(collection, fact, value)
    }

    /// Destroys objects, of whatever collection: when it returns, their keys are durably gone, and
    /// the keys of hours that are left without an object. Their files are removed in the background;
    /// [`Vault::recover`] removes what a crash leaves. Answers how many there were.
    ///
    /// # Errors
    /// When the database refuses: then none is destroyed.
    pub fn destroy(&self, ids: &[ObjectId]) -> Result<u64, VaultError> {
        const ATTEMPT: &str = "destroy keys";
        let gone = {
            let mut index = lock(&self.shared().index);
            let tx = index.write()?;
            let gone = rows::destroy(&tx, ids).map_err(VaultError::db(ATTEMPT))?;
            tx.commit().map_err(VaultError::db(ATTEMPT))?;
            gone
        };
        self.0.ask(Job::Remove(ids.to_vec()));
        Ok(gone)
    }

    /// Rewrites the databases now, so that no copy of a destroyed key is left in unused parts of
    /// their pages and in their logs. Otherwise the vault does so by itself: the hours' seconds
    /// after a removal, the index at most every ten minutes. Answers whether all was done; another
    /// program that reads can be in the way.
    ///
    /// # Errors
    /// When a database refuses.
    pub fn scrub(&self) -> Result<bool, VaultError> {
        lock(&self.shared().index).scrub(true)
    }

    /// Opens an object for reading.
    ///
    /// # Errors
    /// [`VaultError::Gone`], [`VaultError::KeyDestroyed`], [`VaultError::Missing`],
    /// [`VaultError::Damaged`], or when disk, storage, database or root key refuses.
    pub fn read(&self, id: &ObjectId) -> Result<Reader, VaultError> {
        Reader::open(Arc::clone(&self.0.shared), id)
    }

    /// Copies an object into another collection, under a key of its own that the root key wraps
    /// directly: the copy does not depend on the hour of the original. It gets the original's
    /// instants and the facts given here, whose columns are made when they are missing. The
    /// original stays as it is. When this returns, the copy is durable.
    ///
    /// # Errors
    /// As [`Vault::read`] and [`Vault::begin`]; [`VaultError::Invalid`] while the original is being
    /// written. Then there is no copy.
    pub fn keep_copy(
        &self,
        from: &ObjectId,
        into: &str,
        id: &ObjectId,
        facts: &[(String, Option<String>)],
    ) -> Result<Sealed, VaultError> {
        if into == RECORDING {
            return Err(VaultError::Invalid("a copy goes into another collection".into()));
        }
        let names: Vec<&str> = facts.iter().map(|(name, _)| name.as_str()).collect();
        self.collection(into, &names)?;
        let mut reader = self.read(from)?;
        if reader.state() == State::Live {
            return Err(VaultError::Invalid(format!(
                "object {from} is still being written; copy it when it has ended"
            )));
        }
        let shared = self.shared();
        let original = reader.row().clone();
        let header = Header {
            id: *id,
            chunk: reader.chunk_size(),
            started: original.started.as_second(),
            own: reader.header().to_vec(),
        };
        let key = Key::random()?;
        {
            let mut index = lock(&shared.index);
            rows::check_facts(&index.connection, into, facts)?;
            let ended = index.ended(&original)?;
            let row = Row {
                id: *id,
                collection: into.to_owned(),
                hour: None,
                wrapped: shared.root.wrap(&key, Use::Copy(id, into))?,
                state: State::Live,
                place: Place::Disk,
                chunks: None,
                content_sha256: None,
                ..original
            };
            let tx = index.write()?;
            rows::insert(&tx, &row, ended.as_deref(), facts)?;
            tx.commit().map_err(VaultError::db("begin a copy"))?;
        }
        let mut writer = self.start(&header, &key, into)?;
        let copied = (0..reader.chunks()).try_for_each(|n| writer.append(&reader.chunk(n)?));
        let sealed = match copied {
            Ok(()) => writer.finish_copy(reader.is_cut()),
            Err(e) => {
                let _ = writer.destroy();
                return Err(e);
            }
        };
        match sealed {
            Ok(sealed) if reader.recorded_sha256().is_none_or(|s| s == sealed.content_sha256) => {
                Ok(sealed)
            }
            Ok(_) => {
                self.destroy(&[*id])?;
                Err(VaultError::Damaged { id: *from, why: "its content is not what was recorded" })
            }
            Err(e) => {
                self.destroy(&[*id])?;
                Err(e)
            }
        }
    }
}
