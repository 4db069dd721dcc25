//! The log of access: a line is on disk before its answer goes out. Lines that come at the same time are
//! written together, for a disk takes about as long for many as for one.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use frist_state::Look;

use crate::face::Trouble;
use crate::kept::lock;

type Outcome = Arc<OnceLock<Result<(), Trouble>>>;

/// Lines on their way to the log.
#[derive(Default)]
pub(crate) struct Looks {
    inner: Mutex<Inner>,
    written: Condvar,
}

#[derive(Default)]
struct Inner {
    /// To be written next, and what will have come of that.
    lines: Vec<Look>,
    outcome: Outcome,
    writing: bool,
}

impl Looks {
    /// Adds a line, and returns when it is written. Whoever comes while nobody writes writes for all who
    /// wait.
    ///
    /// # Errors
    /// What `write` says of the lines among which this one was.
    pub(crate) fn add(
        &self,
        line: Look,
        write: impl FnOnce(&[Look]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut inner = lock(&self.inner);
        inner.lines.push(line);
        let outcome = Arc::clone(&inner.outcome);
        while inner.writing {
            inner = self.written.wait(inner).unwrap_or_else(PoisonError::into_inner);
            if let Some(done) = outcome.get() {
                return done.clone();
            }
        }
        inner.writing = true;
        inner.outcome = Outcome::default();
        let lines = mem::take(&mut inner.lines);
        drop(inner);
        let turn = Turn { looks: self, outcome: &outcome };
        let done = write(&lines);
        let _ = outcome.set(done.clone());
        drop(turn);
        done
    }
}

/// Wakes those who wait, also when the writing panicked: then none of their lines counts as written.
struct Turn<'a> {
    looks: &'a Looks,
    outcome: &'a Outcome,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let broken = || Trouble { message: "the log of access was not written".into(), help: None };
        let _ = self.outcome.set(Err(broken()));
        lock(&self.looks.inner).writing = false;
        self.looks.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Barrier, mpsc};
    use std::time::Duration;

    use super::*;

    fn line(n: usize) -> Look {
        Look {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: format!("w{n}"),
            what: String::new(),
            about: String::new(),
        }
    }

    /// One writes slowly, and all who come meanwhile are written in one go after it.
    #[test]
    fn those_who_wait_are_written_together() {
        let (looks, writes) = (Looks::default(), AtomicUsize::new(0));
        let (begun, first) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let kept = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let (looks, kept, writes) = (&looks, &kept, &writes);
            scope.spawn(move || {
                looks
                    .add(line(0), |lines| {
                        begun.send(()).unwrap();
                        wait.recv().unwrap();
                        lock(kept).extend(lines.iter().map(|l| l.who.clone()));
                        writes.fetch_add(1, Ordering::SeqCst);
                        Ok(())
                    })
                    .unwrap();
            });
            first.recv().unwrap();
            for n in 1..=20 {
                scope.spawn(move || {
                    let own = line(n).who;
                    let write = |lines: &[Look]| {
                        lock(kept).extend(lines.iter().map(|l| l.who.clone()));
                        writes.fetch_add(1, Ordering::SeqCst);
                        Ok(())
                    };
                    looks.add(line(n), write).unwrap();
                    assert!(lock(kept).contains(&own), "{own} was answered before it was written");
                });
            }
            while lock(&looks.inner).lines.len() < 20 {
                std::thread::sleep(Duration::from_millis(1));
            }
            go.send(()).unwrap();
        });
        assert_eq!(writes.load(Ordering::SeqCst), 2);
        let mut kept = kept.into_inner().unwrap();
        kept.sort();
        kept.dedup();
        assert_eq!(kept.len(), 21);
    }

    /// What cannot be written is an error for each whose line it was, also when the writer panicked, and
    /// for nobody after them.
    #[test]
    fn a_failure_is_told_to_all_whose_line_it_was() {
        for panics in [false, true] {
            let looks = Looks::default();
            let at_once = Barrier::new(8);
            let bad = || Trouble { message: "disk full".into(), help: None };
            let failed: usize = std::thread::scope(|scope| {
                let one = |n| {
                    let (looks, at_once) = (&looks, &at_once);
                    scope.spawn(move || {
                        at_once.wait();
                        let write = |_: &[Look]| {
                            assert!(!panics, "as if the program were wrong");
                            Err(bad())
                        };
                        looks.add(line(n), write).is_err()
                    })
                };
                let all: Vec<_> = (0..8).map(one).collect();
                all.into_iter().map(|t| usize::from(t.join().unwrap_or(true))).sum()
            });
            assert_eq!(failed, 8);
            assert!(
                looks
                    .add(line(9), |lines| {
                        assert_eq!(lines.len(), 1);
                        Ok(())
                    })
                    .is_ok()
            );
        }
    }
}
