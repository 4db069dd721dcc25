//! The threads between media and the vault: a bounded queue for each recording, so that a slow or
//! full disk stops a recording and never a call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use frist_vault::{ObjectId, Writer};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::inner::{Inner, Link};
use super::types::{CallId, Remains};
use crate::tape::{CHUNK, PAIR, Tape, TapeError};

/// Takes chunks.
const OPEN: u8 = 0;
/// Takes no more; what is queued is still written.
const CLOSING: u8 = 1;
/// What is queued is dropped.
const DEAD: u8 = 2;

/// One object in the vault that is being written.
pub(crate) struct Recording {
    pub(crate) id: ObjectId,
    pub(crate) call: CallId,
    worker: usize,
    state: AtomicU8,
    queued: AtomicUsize,
    /// When the thread took the last chunk from the queue: milliseconds since the threads began.
    moved: AtomicU64,
    /// Milliseconds of sound that should be in it and are not.
    missing: AtomicU64,
    /// How it ended, said once.
    told: AtomicBool,
}

/// How a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Ended,
    Withdrawn,
    Stopped,
    Failed,
}

impl Ending {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Ending::Ended => "ended",
            Ending::Withdrawn => "withdrawn",
            Ending::Stopped => "stopped",
            Ending::Failed => "failed",
        }
    }
}

enum Message {
    Open(Arc<Recording>, Box<Writer>),
    Chunk(Arc<Recording>, Zeroizing<Vec<u8>>),
    Close(Arc<Recording>, Timestamp),
    Forget(Arc<Recording>),
    /// Answer when all that was sent before is done.
    Flush(Sender<()>),
}

/// The threads.
pub(crate) struct Writers {
    to: Vec<Sender<Message>>,
    next: AtomicUsize,
    limit: usize,
    begun: Instant,
}

/// A full queue that moves is let grow, to this many times its limit: after the machine stood still there is a heap to be
/// written, and that is no fault of the disk.
const HEAP: usize = 4;
/// A queue moves when a chunk was taken from it within this time.
const MOVES: Duration = Duration::from_secs(1);

impl Writers {
    /// Starts the threads. They end when this is dropped and their queues are empty.
    pub(crate) fn start(
        threads: usize,
        limit: usize,
        on_failure: Remains,
        books: &Link,
    ) -> std::io::Result<Writers> {
        let begun = Instant::now();
        let mut to = Vec::new();
        for n in 0..threads.max(1) {
            let (sender, receiver) = channel();
            let books = Arc::clone(books);
            std::thread::Builder::new()
                .name(format!("vault-writer-{n}"))
                .spawn(move || work(&receiver, begun, on_failure, &books))?;
            to.push(sender);
        }
        Ok(Writers { to, next: AtomicUsize::new(0), limit: limit.max(1), begun })
    }

    /// Hands an object that has begun to a thread.
    pub(crate) fn open(&self, id: ObjectId, call: CallId, writer: Writer) -> Arc<Recording> {
        let worker = self.next.fetch_add(1, Ordering::Relaxed) % self.to.len();
        let recording = Arc::new(Recording {
            id,
            call,
            worker,
            state: AtomicU8::new(OPEN),
            queued: AtomicUsize::new(0),
            moved: AtomicU64::new(passed(self.begun)),
            missing: AtomicU64::new(0),
            told: AtomicBool::new(false),
        });
        self.send(&recording, Message::Open(Arc::clone(&recording), Box::new(writer)));
        recording
    }

    /// Ends a recording; what was taken stays. Returns whether it was still open.
    pub(crate) fn close(&self, recording: &Arc<Recording>, ended: Timestamp) -> bool {
        let was =
            recording.state.compare_exchange(OPEN, CLOSING, Ordering::SeqCst, Ordering::SeqCst);
        if was.is_ok() {
            self.send(recording, Message::Close(Arc::clone(recording), ended));
        }
        was.is_ok()
    }

    /// Ends a recording at once: nothing of what is queued is written any more. The caller destroys
    /// it in the vault. Returns whether it was not dead before.
    pub(crate) fn kill(&self, recording: &Arc<Recording>) -> bool {
        let was = recording.state.swap(DEAD, Ordering::SeqCst);
        if was != DEAD {
            self.send(recording, Message::Forget(Arc::clone(recording)));
        }
        was != DEAD
    }

    /// Waits until all that was taken is written, but no longer than this; answers whether it is.
    pub(crate) fn flush(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let (answer, done) = channel();
        let sent = self.to.iter().filter(|to| to.send(Message::Flush(answer.clone())).is_ok());
        let waiting = sent.count();
        (0..waiting)
            .all(|_| done.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok())
    }

    fn take(&self, recording: &Arc<Recording>, plain: &[u8]) -> Result<(), TapeError> {
        if plain.is_empty() || plain.len() > CHUNK || !plain.len().is_multiple_of(PAIR) {
            return Err(TapeError::Layout);
        }
        if recording.state.load(Ordering::SeqCst) != OPEN {
            return Err(TapeError::Stopped);
        }
        let queued = recording.queued.fetch_add(1, Ordering::SeqCst);
        let still = || passed(self.begun).saturating_sub(recording.moved.load(Ordering::Relaxed));
        if queued >= HEAP * self.limit
            || (queued >= self.limit && still() > MOVES.as_millis() as u64)
        {
            recording.queued.fetch_sub(1, Ordering::SeqCst);
            return Err(TapeError::Slow);
        }
        let plain = Zeroizing::new(plain.to_vec());
        self.send(recording, Message::Chunk(Arc::clone(recording), plain));
        Ok(())
    }

    fn send(&self, recording: &Arc<Recording>, message: Message) {
        // A thread ends only with its sender, so this arrives unless the thread panicked; then the
        // queue fills and the recording stops.
        let _ = self.to[recording.worker].send(message);
    }
}

impl Recording {
    pub(crate) fn is_dead(&self) -> bool {
        self.state.load(Ordering::SeqCst) == DEAD
    }

    /// Whether it still takes chunks.
    pub(crate) fn is_open(&self) -> bool {
        self.state.load(Ordering::SeqCst) == OPEN
    }

    /// Milliseconds of sound that should be in it and are not, as far as was told.
    pub(crate) fn missing(&self) -> u64 {
        self.missing.load(Ordering::SeqCst)
    }

    /// True the first time it is asked: who ends a recording says so once.
    pub(crate) fn tell(&self) -> bool {
        !self.told.swap(true, Ordering::SeqCst)
    }
}

/// Milliseconds since then.
fn passed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The desk, while it is there.
fn desk(link: &Link) -> Option<Arc<Inner>> {
    link.get().and_then(std::sync::Weak::upgrade)
}

/// How long a thread that has nothing left to do rests before it waits for more: with hundreds of recordings there is
/// more by then, and waking it for each chunk would cost more than writing it.
const REST: Duration = Duration::from_millis(10);

fn work(from: &Receiver<Message>, begun: Instant, on_failure: Remains, books: &Link) {
    let mut open: HashMap<*const Recording, Box<Writer>> = HashMap::new();
    let next = || match from.try_recv() {
        Err(TryRecvError::Empty) => {
            std::thread::sleep(REST);
            from.recv().ok()
        }
        told => told.ok(),
    };
    while let Some(message) = next() {
        match message {
            Message::Open(recording, writer) => {
                open.insert(Arc::as_ptr(&recording), writer);
            }
            Message::Chunk(recording, plain) => {
                let key = Arc::as_ptr(&recording);
                if recording.is_dead() {
                    open.remove(&key);
                } else if let Some(writer) = open.get_mut(&key)
                    && writer.append(&plain).is_err()
                    && let Some(writer) = open.remove(&key)
                {
                    fail(&recording, *writer, on_failure, books);
                }
                recording.queued.fetch_sub(1, Ordering::SeqCst);
                recording.moved.store(passed(begun), Ordering::Relaxed);
            }
            Message::Close(recording, ended) => {
                if let Some(writer) = open.remove(&Arc::as_ptr(&recording))
                    && !recording.is_dead()
                {
                    finish(&recording, *writer, ended, books);
                }
            }
            Message::Forget(recording) => {
                open.remove(&Arc::as_ptr(&recording));
            }
            Message::Flush(answer) => {
                let _ = answer.send(());
            }
        }
    }
}

fn finish(recording: &Arc<Recording>, writer: Writer, ended: Timestamp, books: &Link) {
    let sealed = writer.finish(ended).is_ok();
    let Some(books) = desk(books) else { return };
    if !sealed && !recording.is_dead() {
        // Without its end in the vault nobody could say when its time is up.
        books.unsettled(recording, ended);
    }
}

/// The vault refused a chunk. Whoever withdrew meanwhile has destroyed it already.
fn fail(recording: &Arc<Recording>, writer: Writer, on_failure: Remains, books: &Link) {
    if recording.is_dead() {
        return;
    }
    let Some(now) = desk(books).map(|b| b.time()) else { return };
    match on_failure {
        Remains::Keep => {
            let _ =
                recording.state.compare_exchange(OPEN, CLOSING, Ordering::SeqCst, Ordering::SeqCst);
            finish(recording, writer, now, books);
        }
        Remains::Destroy => {
            recording.state.store(DEAD, Ordering::SeqCst);
            if writer.destroy().is_err()
                && let Some(books) = desk(books)
            {
                books.unsettled(recording, now);
            }
        }
    }
    if let Some(books) = desk(books) {
        books.failed(recording);
    }
}

/// Where a call's tape finds the recording it writes to, which may change under it when the caller
/// consents to more: a recording holds only what was said after each of its consents.
#[derive(Default)]
pub(crate) struct Slot {
    current: Mutex<Option<Current>>,
    tapes: AtomicU64,
}

struct Current {
    recording: Arc<Recording>,
    /// The next chunk began before the consent: it is left out.
    skip: bool,
    /// Which tape may write to it: one that was ended, and not dropped yet, must neither write to nor
    /// end the recording that comes after its own.
    tape: u64,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a recording in; answers the one that was there.
    pub(crate) fn put(&self, recording: Arc<Recording>, skip: bool) -> Option<Arc<Recording>> {
        let mut slot = self.lock();
        let tape = match slot.as_ref().filter(|_| skip) {
            Some(current) => current.tape,
            None => 1 + self.tapes.fetch_add(1, Ordering::AcqRel),
        };
        slot.replace(Current { recording, skip, tape }).map(|c| c.recording)
    }

    /// Takes the recording out: from here on tapes take nothing.
    pub(crate) fn take(&self) -> Option<Arc<Recording>> {
        self.lock().take().map(|c| c.recording)
    }

    /// Takes the recording of this tape out.
    fn take_of(&self, tape: u64) -> Option<Arc<Recording>> {
        self.lock().take_if(|c| c.tape == tape).map(|c| c.recording)
    }

    /// The recording under way.
    pub(crate) fn get(&self) -> Option<Arc<Recording>> {
        self.lock().as_ref().map(|c| Arc::clone(&c.recording)).filter(|r| r.is_open())
    }

    /// Takes it out if it is this one.
    pub(crate) fn take_if(&self, recording: &Arc<Recording>) -> bool {
        let mut slot = self.lock();
        let same = slot.as_ref().is_some_and(|c| Arc::ptr_eq(&c.recording, recording));
        if same {
            *slot = None;
        }
        same
    }
}

/// The tape that media gets.
pub(crate) struct DeskTape {
    desk: Arc<Inner>,
    slot: Arc<Slot>,
    tape: u64,
    /// Set by `finish` and `destroy`, so that dropping does not do it again.
    over: bool,
}

impl DeskTape {
    pub(crate) fn new(desk: Arc<Inner>, slot: Arc<Slot>) -> DeskTape {
        let tape = slot.lock().as_ref().map_or(0, |c| c.tape);
        DeskTape { desk, slot, tape, over: false }
    }

    fn end(&mut self, remains: Remains) {
        if !std::mem::replace(&mut self.over, true)
            && let Some(recording) = self.slot.take_of(self.tape)
        {
            self.desk.ended(&recording, remains);
        }
    }
}

impl Tape for DeskTape {
    fn chunk(&mut self, plain: &[u8]) -> Result<(), TapeError> {
        let mut slot = self.slot.lock();
        let current = slot
            .as_mut()
            .filter(|c| !self.over && c.tape == self.tape)
            .ok_or(TapeError::Stopped)?;
        if std::mem::take(&mut current.skip) {
            return Ok(());
        }
        let recording = Arc::clone(&current.recording);
        let taken = self.desk.writers.take(&recording, plain);
        drop(slot);
        if taken == Err(TapeError::Slow) {
            self.desk.too_slow(&recording);
        }
        taken
    }

    fn missing(&mut self, ms: u64) {
        if let Some(current) = self.slot.lock().as_ref().filter(|c| c.tape == self.tape) {
            current.recording.missing.fetch_add(ms, Ordering::SeqCst);
        }
    }

    fn finish(mut self: Box<Self>) {
        self.end(Remains::Keep);
    }

    fn destroy(mut self: Box<Self>) {
        self.end(Remains::Destroy);
    }
}

impl Drop for DeskTape {
    fn drop(&mut self) {
        self.end(Remains::Keep);
    }
}
