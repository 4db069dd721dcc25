//! How long one statement may take: SQLite has no such limit, but asks every so often whether to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// When the register does not say; the same as for PostgreSQL.
const STATEMENT_TIMEOUT_MS: u64 = 600_000;
/// Steps of SQLite's machine between two looks at the clock: well below a millisecond.
const STEPS: i32 = 1_000;
const NEVER: u64 = u64::MAX;

/// The limit of a connection.
pub(super) struct Deadline {
    opened: Instant,
    limit: Duration,
    /// Milliseconds after `opened` at which the statement under way is stopped.
    until: Arc<AtomicU64>,
}

/// A statement under way; the limit ends with it.
pub(super) struct Running<'a>(&'a AtomicU64);

impl Deadline {
    /// Sets the limit up; nothing is limited before [`Deadline::start`].
    pub(super) fn new(
        connection: &mut Connection,
        limit_ms: Option<u64>,
    ) -> rusqlite::Result<Self> {
        let opened = Instant::now();
        let until = Arc::new(AtomicU64::new(NEVER));
        let seen = Arc::clone(&until);
        let is_over = move || millis(opened.elapsed()) > seen.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(is_over))?;
        let limit = Duration::from_millis(limit_ms.unwrap_or(STATEMENT_TIMEOUT_MS));
        Ok(Self { opened, limit, until })
    }

    /// Limits the statement that is about to run, until the guard is dropped.
    pub(super) fn start(&self) -> Running<'_> {
        self.until.store(millis(self.opened.elapsed() + self.limit), Ordering::Relaxed);
        Running(&self.until)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER - 1)
}
