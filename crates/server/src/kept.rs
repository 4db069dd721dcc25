//! What was counted a moment ago: shown with its age, and counted again in the background before it
//! grows old. Nobody waits longer than their patience: a page comes without a count that is not there
//! yet, and comes again by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::face::Trouble;

/// Something that was counted, and when.
pub(crate) struct Seen<T> {
    /// What.
    pub(crate) what: Arc<T>,
    /// When.
    pub(crate) at: Timestamp,
    /// Something was changed since, and it is being counted again.
    pub(crate) outdated: bool,
    stamp: u64,
    took: SignedDuration,
}

impl<T> Clone for Seen<T> {
    fn clone(&self) -> Self {
        let Self { at, outdated, stamp, took, .. } = *self;
        Self { what: Arc::clone(&self.what), at, outdated, stamp, took }
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

impl Ages {
    /// What took long is counted less often, as far as it can still be shown meanwhile.
    fn fresh_of(self, took: SignedDuration) -> SignedDuration {
        let at_most = self.stale.saturating_sub(took.saturating_mul(2));
        let seldom = took.saturating_mul(REST).min(at_most);
        self.fresh.max(seldom)
    }
}

/// A count is let rest for so many times as long as it took.
const REST: i32 = 20;
/// How much others go before counts, as `nice` has it.
const NICE: i32 = 10;

/// The moment: the clock, and the number of the register's texts, by another of which nothing counts.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) stamp: u64,
}

/// Counts by name.
pub(crate) struct Kept<T> {
    ages: Ages,
    inner: Mutex<Inner<T>>,
    /// A count has ended.
    ended: Condvar,
}

struct Inner<T> {
    seen: BTreeMap<String, Seen<T>>,
    /// What is being counted.
    counting: BTreeSet<String>,
    /// Why a count failed, until somebody was told.
    failed: BTreeMap<String, Trouble>,
    /// How often all was outdated.
    outdated: u64,
}

/// Names that are kept at a time; with more, those counted first go.
const MOST: usize = 200;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking request left is still whole: each value is put in its place at once.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + Sync + 'static> Kept<T> {
    pub(crate) fn new(ages: Ages) -> Arc<Self> {
        let inner = Inner {
            seen: BTreeMap::new(),
            counting: BTreeSet::new(),
            failed: BTreeMap::new(),
            outdated: 0,
        };
        Arc::new(Self { ages, inner: Mutex::new(inner), ended: Condvar::new() })
    }

    /// What was counted under this name lately, if it was.
    pub(crate) fn ready(&self, name: &str, moment: Moment) -> Option<Seen<T>> {
        let inner = lock(&self.inner);
        inner.seen.get(name).filter(|s| young(s, moment, self.ages.stale)).cloned()
    }

    /// What was counted under this name. What is not there, or outdated by a change, is counted, and
    /// waited for as long as patience lasts: then what is outdated is given, or nothing.
    ///
    /// # Errors
    /// When it could not be counted; the next who asks has it tried again.
    pub(crate) fn get(
        self: &Arc<Self>,
        name: &str,
        moment: Moment,
        patience: Duration,
        count: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
    ) -> Result<Option<Seen<T>>, Trouble> {
        let began = Instant::now();
        let mut count = Some(count);
        let mut inner = lock(&self.inner);
        loop {
            if let Some(failed) = inner.failed.remove(name) {
                return Err(failed);
            }
            let seen = inner.seen.get(name).filter(|s| young(s, moment, self.ages.stale)).cloned();
            let fresh = |s: &Seen<T>| !s.outdated && young(s, moment, self.ages.fresh_of(s.took));
            if let Some(seen) = seen.clone().filter(fresh) {
                return Ok(Some(seen));
            }
            if !inner.counting.contains(name)
                && let Some(count) = count.take()
            {
                inner.counting.insert(name.to_owned());
                let outdated = inner.outdated;
                drop(inner);
                self.count(name, moment, outdated, count)?;
                inner = lock(&self.inner);
                continue;
            }
            let left = patience.saturating_sub(began.elapsed());
            let waits = seen.as_ref().is_none_or(|s| s.outdated) && !left.is_zero();
            if !waits || !inner.counting.contains(name) {
                return Ok(seen);
            }
            let waited = self.ended.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Counts in the background.
    fn count(
        self: &Arc<Self>,
        name: &str,
        moment: Moment,
        outdated: u64,
        count: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
    ) -> Result<(), Trouble> {
        let (own, of) = (Arc::clone(self), name.to_owned());
        let spawned = std::thread::Builder::new().name("count".into()).spawn(move || {
            // Whoever waits for a page goes before. On Linux this is about this thread alone; elsewhere
            // it would be about all.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::setpriority_process(None, NICE);
            let began = Instant::now();
            let counted = catch_unwind(AssertUnwindSafe(count)).unwrap_or_else(|_| {
                let message = "an error of the program ended the count".into();
                Err(Trouble { message, help: None })
            });
            let mut inner = lock(&own.inner);
            match counted {
                Ok(what) => {
                    let seen = Seen {
                        what: Arc::new(what),
                        at: moment.now,
                        outdated: inner.outdated != outdated,
                        stamp: moment.stamp,
                        took: SignedDuration::try_from(began.elapsed())
                            .unwrap_or(SignedDuration::MAX),
                    };
                    keep(&mut inner.seen, &of, seen);
                }
                Err(why) => {
                    inner.failed.insert(of.clone(), why);
                }
            }
            inner.counting.remove(&of);
            own.ended.notify_all();
        });
        spawned.map(drop).map_err(|e| {
            lock(&self.inner).counting.remove(name);
            Trouble { message: format!("cannot start a count: {e}"), help: None }
        })
    }

    /// Something was changed: all is counted anew when somebody asks.
    pub(crate) fn outdate(&self) {
        let mut inner = lock(&self.inner);
        inner.outdated += 1;
        inner.seen.values_mut().for_each(|seen| seen.outdated = true);
    }
}

fn keep<T>(kept: &mut BTreeMap<String, Seen<T>>, name: &str, seen: Seen<T>) {
    if kept.len() >= MOST && !kept.contains_key(name) {
        let first = kept.iter().min_by_key(|(_, s)| s.at).map(|(name, _)| name.clone());
        first.and_then(|name| kept.remove(&name));
    }
    kept.insert(name.to_owned(), seen);
}

fn young<T>(seen: &Seen<T>, moment: Moment, within: SignedDuration) -> bool {
    seen.stamp == moment.stamp
        && moment.now >= seen.at
        && moment.now.duration_since(seen.at) < within
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const LONG: Duration = Duration::from_secs(30);

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
        let get = |second, n| {
            let seen = kept.get("a", at(second), LONG, move || Ok(n)).ok().unwrap();
            *seen.unwrap().what
        };
        assert_eq!(get(0, 1), 1);
        assert_eq!(get(59, 2), 1, "fresh");
        let (go, wait) = channel::<()>();
        let slow = move || {
            wait.recv().unwrap();
            Ok(3)
        };
        let shown = kept.get("a", at(61), LONG, slow).ok().unwrap().unwrap();
        assert_eq!(*shown.what, 1, "shown as it was, while it is counted");
        go.send(()).unwrap();
        let began = Instant::now();
        while *kept.ready("a", at(61)).unwrap().what != 3 {
            assert!(began.elapsed() < LONG);
            std::thread::yield_now();
        }
        assert_eq!(get(62, 4), 3);
        assert_eq!(get(361, 5), 5, "too old to be shown");
        assert_eq!(get(300, 6), 6, "a clock that was set back");
        let other = Moment { stamp: 2, ..at(300) };
        let seen = kept.get("a", other, LONG, || Ok(7)).ok().unwrap().unwrap();
        assert_eq!(*seen.what, 7, "another register");
    }

    #[test]
    fn what_took_long_is_counted_less_often_and_never_shown_for_longer() {
        let secs = SignedDuration::from_secs;
        let ages = Ages { fresh: secs(60), stale: secs(300) };
        for (took, fresh) in [(0, 60), (2, 60), (10, 200), (60, 180), (200, 60)] {
            assert_eq!(ages.fresh_of(secs(took)), secs(fresh), "{took} s");
        }
        assert_eq!(ages.fresh_of(SignedDuration::MAX), secs(60));
    }

    #[test]
    fn nobody_waits_longer_than_their_patience_and_others_names_not_at_all() {
        let kept = kept();
        let (go, wait) = channel::<()>();
        let slow = move || {
            wait.recv().unwrap();
            Ok(1)
        };
        let short = Duration::from_millis(20);
        assert!(kept.get("a", at(0), short, slow).ok().unwrap().is_none(), "not there yet");
        let again = kept.get("a", at(1), Duration::ZERO, || unreachable!());
        assert!(again.ok().unwrap().is_none(), "counted once at a time");
        assert_eq!(*kept.get("b", at(1), LONG, || Ok(2)).ok().unwrap().unwrap().what, 2);
        go.send(()).unwrap();
        let seen = kept.get("a", at(2), LONG, || unreachable!()).ok().unwrap().unwrap();
        assert_eq!(*seen.what, 1, "who asks again waits for the same count");
    }

    #[test]
    fn what_was_counted_before_a_change_is_outdated() {
        let kept = kept();
        let get = |second, patience, n| {
            let seen = kept.get("a", at(second), patience, move || Ok(n)).ok().unwrap().unwrap();
            (*seen.what, seen.outdated)
        };
        assert_eq!(get(0, LONG, 1), (1, false));
        let (go, wait) = channel::<()>();
        let (begun, counts) = channel::<()>();
        let slow = kept.get("a", at(61), LONG, move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            Ok(2)
        });
        assert_eq!(*slow.ok().unwrap().unwrap().what, 1);
        // A count that begins after the change is no longer outdated by it, and rightly so.
        counts.recv().unwrap();
        kept.outdate();
        assert_eq!(get(62, Duration::ZERO, 9), (1, true), "shown as what it is");
        go.send(()).unwrap();
        assert_eq!(get(63, LONG, 3), (3, false), "counted again, and waited for");
    }

    #[test]
    fn why_a_count_failed_is_told_also_to_who_comes_later() {
        let kept = kept();
        let no = || Err(Trouble { message: "no".into(), help: None });
        assert!(kept.get("b", at(0), LONG, no).is_err());
        assert_eq!(*kept.get("b", at(0), LONG, || Ok(4)).ok().unwrap().unwrap().what, 4);
        let (go, wait) = channel::<()>();
        let slow = kept.get("c", at(0), Duration::ZERO, move || {
            wait.recv().unwrap();
            panic!("a count that panics, on purpose");
        });
        assert!(slow.ok().unwrap().is_none());
        go.send(()).unwrap();
        let told = kept.get("c", at(1), LONG, || unreachable!());
        assert!(told.err().unwrap().message.contains("error of the program"));
    }
}
