//! The vault's two threads: one syncs what is being written, one removes, uploads and rewrites.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::error::VaultError;
use crate::id::ObjectId;
use crate::rows::{self, Place, Rows};
use crate::shared::{Shared, lock};

/// How often what was written is synced: what a power cut takes is this and as long as syncing
/// takes.
const SYNC: Duration = Duration::from_millis(500);
/// How long after a removal the hours' database is rewritten and the logs are cut.
const SOON: Duration = Duration::from_secs(2);
/// How often the index is rewritten at most.
const INDEX: Duration = Duration::from_secs(600);
/// How long after a failure an upload or removal is tried again.
const AGAIN: Duration = Duration::from_secs(30);
/// A larger index is not rewritten while the vault is in use.
const LARGE: u64 = 256 << 20;

/// What the second thread is asked to do.
pub(crate) enum Job {
    /// Remove the files of these objects, whose rows are gone.
    Remove(Vec<ObjectId>),
    /// Upload this finished object.
    Upload(ObjectId),
}

/// Syncs twice a second while anything is written; ends when the other side is gone.
pub(crate) fn sync(shared: &Shared, stop: &Receiver<()>) {
    let folder = shared.disk.root();
    loop {
        let end = stop.recv_timeout(SYNC);
        if shared.dirty.swap(false, Ordering::AcqRel) {
            let done = match &folder {
                Ok(folder) => rustix::fs::syncfs(folder).is_ok(),
                Err(_) => false,
            };
            if !done {
                // What was written may not be on disk: every recording under way stops.
                shared.sync_failures.fetch_add(1, Ordering::AcqRel);
            }
        }
        if !matches!(end, Err(RecvTimeoutError::Timeout)) {
            return;
        }
    }
}

/// Works off the jobs; ends when the other side is gone and only what failed before is left, which
/// `recover` finds again.
pub(crate) fn work(shared: &Arc<Shared>, jobs: &Receiver<Job>) {
    let mut keeper =
        Keeper { shared, rows: None, waiting: VecDeque::new(), scrub: None, index: None };
    loop {
        match jobs.recv_timeout(keeper.next()) {
            Ok(job) => keeper.run(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if keeper.scrub.is_some() {
                    keeper.scrub();
                }
                return;
            }
        }
        keeper.due();
    }
}

struct Keeper<'a> {
    shared: &'a Shared,
    rows: Option<Rows>,
    waiting: VecDeque<(Instant, Job)>,
    scrub: Option<Instant>,
    /// When the index was rewritten last.
    index: Option<Instant>,
}

impl Keeper<'_> {
    fn next(&self) -> Duration {
        let times = self.waiting.front().map(|(at, _)| *at).into_iter().chain(self.scrub);
        let first = times.min().map(|at| at.saturating_duration_since(now()));
        first.unwrap_or(Duration::from_secs(60)).min(Duration::from_secs(60))
    }

    fn due(&mut self) {
        while self.waiting.front().is_some_and(|(at, _)| *at <= now()) {
            if let Some((_, job)) = self.waiting.pop_front() {
                self.run(job);
            }
        }
        if self.scrub.is_some_and(|at| at <= now()) {
            self.scrub();
        }
    }

    fn run(&mut self, job: Job) {
        let again = match job {
            Job::Remove(ids) => {
                self.scrub.get_or_insert(now() + SOON);
                let left: Vec<ObjectId> =
                    ids.into_iter().filter(|id| self.shared.remove(id).is_err()).collect();
                (!left.is_empty()).then_some(Job::Remove(left))
            }
            Job::Upload(id) => self.upload(&id).is_err().then_some(Job::Upload(id)),
        };
        if let Some(job) = again {
            self.waiting.push_back((now() + AGAIN, job));
        }
    }

    fn rows(&mut self) -> Result<&mut Rows, VaultError> {
        let rows = match self.rows.take() {
            Some(rows) => rows,
            None => self.shared.rows()?,
        };
        Ok(self.rows.insert(rows))
    }

    /// Uploads an object and removes its file. An object that was destroyed meanwhile is removed
    /// from the storage again.
    fn upload(&mut self, id: &ObjectId) -> Result<(), VaultError> {
        let shared = self.shared;
        let Some(storage) = &shared.storage else { return Ok(()) };
        let Some(row) = self.rows()?.find(id)? else { return Ok(()) };
        if row.place == Place::Storage {
            return Ok(());
        }
        let Some(file) = shared.disk.open(id, false)? else { return Ok(()) };
        let path = shared.disk.path(id);
        let length = file.metadata().map_err(VaultError::io("measure the object", &path))?.len();
        storage.put(id, &file, length)?;
        let sql = format!("UPDATE \"{}\" SET vault_place = ?1 WHERE id = ?2", row.collection);
        let moved = self
            .rows()?
            .connection
            .execute(&sql, (Place::Storage.word(), id.to_string()))
            .map_err(VaultError::db("note where an object lies"))?;
        if moved == 0 {
            storage.remove(id)?;
        }
        shared.disk.remove(id).map(|_| ())
    }

    fn scrub(&mut self) {
        let small =
            std::fs::metadata(self.shared.dir.join(rows::INDEX)).is_ok_and(|m| m.len() < LARGE);
        let index = small && self.index.is_none_or(|last| last.elapsed() > INDEX);
        let known = self.rows().and_then(|rows| {
            let known = rows::hours(&rows.connection).map_err(VaultError::db("list hours"))?;
            Ok((rows.scrub(index)?, known))
        });
        match known {
            Ok((done, known)) => {
                lock(&self.shared.hours).retain(|hour, _| known.contains(hour));
                self.scrub = (!done).then(|| now() + SOON);
                if index && done {
                    self.index = Some(now());
                }
            }
            Err(_) => self.scrub = Some(now() + AGAIN),
        }
    }
}

/// The monotonic clock, for waiting only; no decision rests on it.
fn now() -> Instant {
    Instant::now()
}
