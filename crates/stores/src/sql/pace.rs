//! Not faster than the register allows, so that others get their turn.

use std::time::{Duration, Instant};

/// The pace of one store.
#[derive(Debug)]
pub(crate) struct Pace {
    rows_per_second: Option<u32>,
    /// When the last batch began, and how many rows it had.
    last: Option<(Instant, usize)>,
}

impl Pace {
    pub(crate) fn new(rows_per_second: Option<u32>) -> Self {
        Self { rows_per_second, last: None }
    }

    /// Waits until the last batch is paid for, and begins one of `rows`.
    pub(crate) fn next(&mut self, rows: usize) {
        if let (Some(limit), Some((began, rows))) = (self.rows_per_second, self.last) {
            let wanted = Duration::from_secs_f64(rows as f64 / f64::from(limit.max(1)));
            std::thread::sleep(wanted.saturating_sub(began.elapsed()));
        }
        self.last = Some((Instant::now(), rows));
    }
}
