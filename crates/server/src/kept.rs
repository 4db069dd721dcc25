//! What was counted a moment ago: shown with its age, and counted again in the background before it
//! grows old, so that nobody waits for a count that somebody else has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::face::Trouble;

/// Something that was counted, and when.
pub(crate) struct Seen<T> {
    /// What.
    pub(crate) what: Arc<T>,
    /// When.
    pub(crate) at: Timestamp,
    stamp: u64,
}

impl<T> Clone for Seen<T> {
    fn clone(&self) -> Self {
        Self { what: Arc::clone(&self.what), at: self.at, stamp: self.stamp }
    }
}

impl<T> Seen<T> {
    /// Something else that was counted with it.
    pub(crate) fn with<U>(&self, what: U) -> Seen<U> {
        Seen { what: Arc::new(what), at: self.at, stamp: self.stamp }
    }
}

/// How long counts are good for.
#[derive(Clone, Copy)]
pub(crate) struct Ages {
    /// For so long it is shown without counting again.
    pub(crate) fresh: SignedDuration,
    /// For so long it is still shown while it is counted again.
    pub(crate) stale: SignedDuration,
}

/// The moment: the clock, and the number of the register's texts, by another of which nothing counts.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) stamp: u64,
}

/// Counts by name.
pub(crate) struct Kept<T> {
    ages: Ages,
    seen: Mutex<BTreeMap<String, Seen<T>>>,
    /// What is being counted in the background.
    counting: Mutex<BTreeSet<String>>,
    /// How often all was forgotten: what was counted before is not kept.
    forgotten: AtomicU64,
}

/// Names that are kept at a time; with more, those counted first go.
const MOST: usize = 200;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking request left is still whole: each value is put in its place at once.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + Sync + 'static> Kept<T> {
    pub(crate) fn new(ages: Ages) -> Arc<Self> {
        Arc::new(Self {
            ages,
            seen: Mutex::default(),
            counting: Mutex::default(),
            forgotten: AtomicU64::default(),
        })
    }

    /// What was counted under this name, lately or now: then one counts and others wait for it.
    pub(crate) fn get(
        self: &Arc<Self>,
        name: &str,
        moment: Moment,
        count: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
    ) -> Result<Seen<T>, Trouble> {
        let mut kept = lock(&self.seen);
        if let Some(seen) = kept.get(name).filter(|s| young(s, moment, self.ages.stale)).cloned() {
            drop(kept);
            if !young(&seen, moment, self.ages.fresh) {
                self.count_behind(name, moment, count);
            }
            return Ok(seen);
        }
        let seen = Seen { what: Arc::new(count()?), at: moment.now, stamp: moment.stamp };
        keep(&mut kept, name, &seen);
        Ok(seen)
    }

    /// Counts again in the background, once at a time. What fails is told by the next page that
    /// counts itself.
    fn count_behind(
        self: &Arc<Self>,
        name: &str,
        moment: Moment,
        count: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
    ) {
        if !lock(&self.counting).insert(name.to_owned()) {
            return;
        }
        let (own, of) = (Arc::clone(self), name.to_owned());
        let spawned = std::thread::Builder::new().name("count".into()).spawn(move || {
            let before = own.forgotten.load(Ordering::SeqCst);
            let counted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(count));
            if let Ok(Ok(what)) = counted {
                let mut kept = lock(&own.seen);
                if own.forgotten.load(Ordering::SeqCst) == before {
                    let (at, stamp) = (moment.now, moment.stamp);
                    keep(&mut kept, &of, &Seen { what: Arc::new(what), at, stamp });
                }
            }
            lock(&own.counting).remove(&of);
        });
        if spawned.is_err() {
            lock(&self.counting).remove(name);
        }
    }

    /// Something was changed: all is counted anew.
    pub(crate) fn forget(&self) {
        let mut kept = lock(&self.seen);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        kept.clear();
    }
}

fn keep<T>(kept: &mut BTreeMap<String, Seen<T>>, name: &str, seen: &Seen<T>) {
    if kept.len() >= MOST && !kept.contains_key(name) {
        let first = kept.iter().min_by_key(|(_, s)| s.at).map(|(name, _)| name.clone());
        first.and_then(|name| kept.remove(&name));
    }
    kept.insert(name.to_owned(), seen.clone());
}

fn young<T>(seen: &Seen<T>, moment: Moment, within: SignedDuration) -> bool {
    seen.stamp == moment.stamp
        && moment.now >= seen.at
        && moment.now.duration_since(seen.at) < within
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn kept() -> Arc<Kept<u32>> {
        let secs = SignedDuration::from_secs;
        Kept::new(Ages { fresh: secs(60), stale: secs(300) })
    }

    fn at(second: i64) -> Moment {
        Moment { now: Timestamp::from_second(second).unwrap(), stamp: 1 }
    }

    #[test]
    fn what_is_fresh_is_not_counted_and_what_is_older_is_counted_behind_whoever_looks() {
        let kept = kept();
        let get = |second, n| *kept.get("a", at(second), move || Ok(n)).ok().unwrap().what;
        assert_eq!(get(0, 1), 1);
        assert_eq!(get(59, 2), 1, "fresh");
        assert_eq!(get(61, 3), 1, "shown as it was, while it is counted");
        let began = std::time::Instant::now();
        while *lock(&kept.seen)["a"].what != 3 {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::yield_now();
        }
        assert_eq!(get(62, 4), 3);
        assert_eq!(get(361, 5), 5, "too old to be shown");
        assert_eq!(get(300, 6), 6, "a clock that was set back");
        let other = Moment { stamp: 2, ..at(300) };
        assert_eq!(*kept.get("a", other, || Ok(7)).ok().unwrap().what, 7, "another register");
    }

    #[test]
    fn what_was_counted_before_a_change_is_not_kept() {
        let kept = kept();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (begun, counts) = std::sync::mpsc::channel::<()>();
        let get = |second, n| *kept.get("a", at(second), move || Ok(n)).ok().unwrap().what;
        assert_eq!(get(0, 1), 1);
        let slow = kept.get("a", at(61), move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            Ok(2)
        });
        assert_eq!(*slow.ok().unwrap().what, 1);
        // A count that begins after the change would be kept, and rightly so.
        counts.recv().unwrap();
        kept.forget();
        go.send(()).unwrap();
        let began = std::time::Instant::now();
        while !lock(&kept.counting).is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::yield_now();
        }
        assert_eq!(get(62, 3), 3);
        let failed = kept.get("b", at(0), || Err(Trouble { message: "no".into(), help: None }));
        assert!(failed.is_err());
        assert_eq!(*kept.get("b", at(0), || Ok(4)).ok().unwrap().what, 4, "tried again");
    }
}
