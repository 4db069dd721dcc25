//! Engines and connections to Frist's own database, a few of each, lent to one request at a time;
//! what was counted a moment ago; and sweeps that run in the background.
//!
//! Everything here may wait for a disk or another machine, and is called from threads where that is
//! allowed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use frist_ledger::Id;
use frist_register::Lang;
use frist_state::State;
use frist_sweep::plan::{Count, Options, Plan};
use frist_sweep::{Engine, Error, Report, Step};
use jiff::{SignedDuration, Timestamp};

use crate::face::{Face, Trouble};
use crate::picture::Horizon;

/// Engines at once: each has connections to the stores.
const ENGINES: usize = 4;
/// Connections to Frist's own database that are kept open.
const STATES: usize = 8;
/// For how long what was counted is shown without counting again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// For how long it is still shown while it is counted again, so that nobody waits for the count.
const STALE: SignedDuration = SignedDuration::from_mins(5);
/// The same for what comes due in months to come, which changes slowly.
const FRESH_HORIZON: SignedDuration = SignedDuration::from_mins(10);
/// Sweeps remembered after their end.
const JOBS: usize = 50;

impl From<Error> for Trouble {
    fn from(e: Error) -> Self {
        Self { message: e.to_string(), help: None }
    }
}

impl From<frist_state::Error> for Trouble {
    fn from(e: frist_state::Error) -> Self {
        Self { message: e.to_string(), help: None }
    }
}

/// For how many months and in which language; and what was seen.
type HorizonSeen = ((u32, Lang), Seen<Horizon>);

/// What is lent out.
pub(crate) struct Engines {
    face: Arc<Face>,
    idle: Mutex<Idle>,
    back: Condvar,
    states: Mutex<Vec<State>>,
    standing: Mutex<Option<Seen<Standing>>>,
    /// Whether it is being counted in the background.
    counting: AtomicBool,
    /// How often something was changed: what was counted before is not kept.
    changes: AtomicU64,
    horizon: Mutex<Option<HorizonSeen>>,
    jobs: Mutex<BTreeMap<String, Job>>,
}

#[derive(Default)]
struct Idle {
    engines: Vec<(u64, Engine)>,
    out: usize,
}

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

/// How things stand.
pub(crate) struct Standing {
    /// What is due, and what else there is.
    pub(crate) plan: Plan,
    /// When something next becomes due by time alone.
    pub(crate) next: Option<Timestamp>,
}

/// A sweep in the background.
#[derive(Clone)]
pub(crate) struct Job {
    /// The data set whose turn it is.
    pub(crate) dataset: String,
    /// Records gone so far.
    pub(crate) done: u64,
    /// Records planned.
    pub(crate) total: u64,
    /// What came of it, once it has ended.
    pub(crate) end: Option<Result<Report, Trouble>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking request left is still whole: each value is put in its place at once.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engines {
    pub(crate) fn new(face: Arc<Face>) -> Self {
        Self {
            face,
            idle: Mutex::default(),
            back: Condvar::new(),
            states: Mutex::default(),
            standing: Mutex::default(),
            counting: AtomicBool::default(),
            changes: AtomicU64::default(),
            horizon: Mutex::default(),
            jobs: Mutex::default(),
        }
    }

    /// Lends an engine over the register as it is now, acting as this person.
    pub(crate) fn engine<T>(
        &self,
        who: &str,
        what: impl FnOnce(&mut Engine) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let stamp = (self.face.stamp)();
        let place = Place::take(self);
        let ready = {
            let mut idle = lock(&self.idle);
            idle.engines.retain(|(made, _)| *made == stamp);
            idle.engines.pop()
        };
        let mut engine = match ready {
            Some((_, engine)) => engine,
            None => (self.face.engine)()?,
        };
        let id = Id::new(who)
            .map_err(|e| Trouble { message: format!("`{who}` cannot act: {e}"), help: None })?;
        engine.act_as(id);
        let answer = what(&mut engine);
        // One that failed may have a connection that is broken: the next request makes a new one.
        if answer.is_ok() {
            lock(&self.idle).engines.push((stamp, engine));
        }
        drop(place);
        answer
    }

    /// Lends a connection to Frist's own database.
    pub(crate) fn state<T>(
        &self,
        what: impl FnOnce(&mut State) -> Result<T, frist_state::Error>,
    ) -> Result<T, Trouble> {
        let ready = lock(&self.states).pop();
        let mut state = match ready {
            Some(state) => state,
            None => (self.face.state)()?,
        };
        let answer = what(&mut state)?;
        let mut states = lock(&self.states);
        if states.len() < STATES {
            states.push(state);
        }
        Ok(answer)
    }

    /// How things stand: counted within the last minute; or a little earlier, while it is counted
    /// again in the background; or now, where one counts and others wait for it.
    pub(crate) fn standing(self: &Arc<Self>, who: &str) -> Result<Seen<Standing>, Trouble> {
        let mut kept = lock(&self.standing);
        let (now, stamp) = ((self.face.clock)(), (self.face.stamp)());
        if let Some(seen) = kept.as_ref().filter(|s| fresh(s, now, stamp, STALE)) {
            if !fresh(seen, now, stamp, FRESH) {
                self.count_behind(who);
            }
            return Ok(seen.clone());
        }
        let seen = self.count(who)?;
        *kept = Some(seen.clone());
        Ok(seen)
    }

    fn count(&self, who: &str) -> Result<Seen<Standing>, Trouble> {
        let (now, stamp) = ((self.face.clock)(), (self.face.stamp)());
        let options = Options { count: Count::AllOfSmall, ..Options::default() };
        let standing = self.engine(who, |engine| {
            let plan = engine.examine(&options, &mut |_| {})?;
            Ok(Standing { plan, next: engine.next_due(&Options::default(), now)? })
        })?;
        Ok(Seen { what: Arc::new(standing), at: now, stamp })
    }

    /// Counts again in the background, once at a time. What fails is told by the next page that
    /// counts itself.
    fn count_behind(self: &Arc<Self>, who: &str) {
        if self.counting.swap(true, Ordering::SeqCst) {
            return;
        }
        let (own, who) = (Arc::clone(self), who.to_owned());
        let spawned = std::thread::Builder::new().name("count".into()).spawn(move || {
            let before = own.changes.load(Ordering::SeqCst);
            let count = std::panic::AssertUnwindSafe(|| own.count(&who));
            if let Ok(Ok(seen)) = std::panic::catch_unwind(count) {
                let mut kept = lock(&own.standing);
                if own.changes.load(Ordering::SeqCst) == before {
                    *kept = Some(seen);
                }
            }
            own.counting.store(false, Ordering::SeqCst);
        });
        if spawned.is_err() {
            self.counting.store(false, Ordering::SeqCst);
        }
    }

    /// What comes due: counted within the last minutes, or now.
    pub(crate) fn horizon(
        &self,
        who: &str,
        asked: (u32, Lang),
        count: impl FnOnce(&mut Engine) -> Result<Horizon, Trouble>,
    ) -> Result<Seen<Horizon>, Trouble> {
        let mut kept = lock(&self.horizon);
        let (now, stamp) = ((self.face.clock)(), (self.face.stamp)());
        if let Some((_, seen)) =
            kept.as_ref().filter(|(m, s)| *m == asked && fresh(s, now, stamp, FRESH_HORIZON))
        {
            return Ok(seen.clone());
        }
        let horizon = self.engine(who, count)?;
        let seen = Seen { what: Arc::new(horizon), at: now, stamp };
        *kept = Some((asked, seen.clone()));
        Ok(seen)
    }

    /// Something was changed: what was counted is counted anew.
    pub(crate) fn changed(&self) {
        let mut standing = lock(&self.standing);
        self.changes.fetch_add(1, Ordering::SeqCst);
        *standing = None;
        drop(standing);
        *lock(&self.horizon) = None;
    }

    /// Carries a plan out in the background. A second call for a plan under way does nothing.
    pub(crate) fn sweep(
        self: &Arc<Self>,
        who: &str,
        plan: &str,
        total: u64,
    ) -> Result<(), Trouble> {
        {
            let mut jobs = lock(&self.jobs);
            if jobs.get(plan).is_some_and(|job| job.end.is_none()) {
                return Ok(());
            }
            while jobs.len() >= JOBS {
                let ended = jobs.iter().find(|(_, j)| j.end.is_some()).map(|(id, _)| id.clone());
                let Some(id) = ended else { break };
                jobs.remove(&id);
            }
            let job = Job { dataset: String::new(), done: 0, total, end: None };
            jobs.insert(plan.to_owned(), job);
        }
        let (own, who, id) = (Arc::clone(self), who.to_owned(), plan.to_owned());
        let spawned = std::thread::Builder::new().name("sweep".into()).spawn(move || {
            // A panic must not leave a sweep that seems to run for ever.
            let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| own.run(&who, &id)))
                .unwrap_or_else(|_| {
                    Err(Trouble {
                        message: "an error of the program ended the sweep".into(),
                        help: Some(
                            "the next sweep finishes and accounts for what was begun".into(),
                        ),
                    })
                });
            own.changed();
            if let Some(job) = lock(&own.jobs).get_mut(&id) {
                job.end = Some(end);
            }
        });
        if let Err(e) = spawned {
            lock(&self.jobs).remove(plan);
            return Err(Trouble { message: format!("cannot start the sweep: {e}"), help: None });
        }
        Ok(())
    }

    fn run(&self, who: &str, plan: &str) -> Result<Report, Trouble> {
        self.engine(who, |engine| {
            // What cannot be published is found out before anything is erased, not after.
            (self.face.publish)(engine)?;
            // What requests were refused until a day goes on that day, and Frist's own closed cases
            // when their time is up: as the command line's sweep does.
            let t = engine.now();
            frist_cases::due::do_what_is_due(engine, who, t).map_err(of_cases)?;
            let report = engine.sweep(plan, &mut |step| {
                let mut jobs = lock(&self.jobs);
                let Some(job) = jobs.get_mut(plan) else { return };
                match step {
                    Step::Dataset { dataset, .. } => job.dataset = dataset.to_owned(),
                    Step::Confirmed { n, .. } => job.done += n,
                    _ => {}
                }
            })?;
            // Whose record the sweep has just erased hears of it now, not after the next one; and the
            // proof of a withdrawn consent goes with the data.
            let t = engine.now();
            frist_cases::due::do_what_is_due(engine, who, t).map_err(of_cases)?;
            (self.face.publish)(engine)?;
            Ok(report)
        })
    }

    /// The sweep of a plan that runs, or ran since the server began.
    pub(crate) fn job(&self, plan: &str) -> Option<Job> {
        lock(&self.jobs).get(plan).cloned()
    }

    /// Whether any sweep is under way.
    pub(crate) fn sweeping(&self) -> bool {
        lock(&self.jobs).values().any(|job| job.end.is_none())
    }
}

fn of_cases(e: frist_cases::CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

fn fresh<T>(seen: &Seen<T>, now: Timestamp, stamp: u64, within: SignedDuration) -> bool {
    seen.stamp == stamp && now >= seen.at && now.duration_since(seen.at) < within
}

/// A place among those who have an engine, given back when dropped.
struct Place<'a>(&'a Engines);

impl<'a> Place<'a> {
    fn take(engines: &'a Engines) -> Self {
        let mut idle = lock(&engines.idle);
        while idle.out >= ENGINES {
            idle = engines.back.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
        idle.out += 1;
        Place(engines)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.0.idle).out -= 1;
        self.0.back.notify_one();
    }
}
