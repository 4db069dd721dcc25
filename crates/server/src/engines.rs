//! Engines and connections to Frist's own database, a few of each, lent to one request at a time;
//! what was counted a moment ago; and sweeps that run in the background.
//!
//! Everything here may wait for a disk or another machine, and is called from threads where that is
//! allowed.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use frist_ledger::Id;
use frist_register::Lang;
use frist_state::State;
use frist_sweep::plan::{Count, Item, Options, Plan};
use frist_sweep::{Engine, Error, Report, Step};
use frist_watch::spans::Work;
use frist_watch::traces::Traces;
use jiff::{SignedDuration, Timestamp};

use crate::face::{Face, Trouble};
use crate::kept::{Ages, Kept, Moment, Seen, lock};
use crate::picture::{self, Horizon};

/// Engines at once: each has connections to the stores.
const ENGINES: usize = 4;
/// Connections to Frist's own database that are kept open.
const STATES: usize = 8;
/// Counts are shown for a minute, and up to five while they are counted again.
const COUNTS: Ages =
    Ages { fresh: SignedDuration::from_secs(60), stale: SignedDuration::from_mins(5) };
/// What comes due in months to come changes slowly.
const HORIZONS: Ages =
    Ages { fresh: SignedDuration::from_mins(10), stale: SignedDuration::from_mins(60) };
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

/// What is lent out.
pub(crate) struct Engines {
    face: Arc<Face>,
    traces: Option<Arc<Traces>>,
    idle: Mutex<Idle>,
    back: Condvar,
    states: Mutex<Vec<State>>,
    standing: Arc<Kept<Standing>>,
    horizon: Arc<Kept<Horizon>>,
    datasets: Arc<Kept<Result<Item, String>>>,
    nexts: Arc<Kept<Option<Timestamp>>>,
    jobs: Mutex<BTreeMap<String, Job>>,
}

#[derive(Default)]
struct Idle {
    engines: Vec<(u64, Engine)>,
    out: usize,
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

impl Engines {
    pub(crate) fn new(face: Arc<Face>, traces: Option<Arc<Traces>>) -> Self {
        Self {
            face,
            traces,
            idle: Mutex::default(),
            back: Condvar::new(),
            states: Mutex::default(),
            standing: Kept::new(COUNTS),
            horizon: Kept::new(HORIZONS),
            datasets: Kept::new(COUNTS),
            nexts: Kept::new(COUNTS),
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

    /// A piece of work for those who gather traces.
    fn work(&self, name: &'static str, engine: &Engine) -> Work {
        Work::begin(self.traces.clone(), Arc::clone(&self.face.clock), name, &engine.register)
    }

    /// What is due, with the time that it took for those who gather traces.
    fn examine(&self, engine: &mut Engine, options: &Options) -> Result<Plan, Error> {
        let mut work = self.work("plan", engine);
        let plan = engine.examine(options, &mut |step| work.hear(step));
        work.end(plan.is_err());
        plan
    }

    fn moment(&self) -> Moment {
        Moment { now: (self.face.clock)(), stamp: (self.face.stamp)() }
    }

    /// How things stand.
    pub(crate) fn standing(self: &Arc<Self>, who: &str) -> Result<Seen<Standing>, Trouble> {
        let (own, who) = (Arc::clone(self), who.to_owned());
        self.standing.get("", self.moment(), move || {
            let options = Options { count: Count::AllOfSmall, ..Options::default() };
            own.engine(&who, |engine| {
                let plan = own.examine(engine, &options)?;
                let now = plan.created_at;
                Ok(Standing { plan, next: engine.next_due(&Options::default(), now)? })
            })
        })
    }

    /// What comes due in so many months, told in this language.
    pub(crate) fn horizon(
        self: &Arc<Self>,
        who: &str,
        (months, lang): (u32, Lang),
    ) -> Result<Seen<Horizon>, Trouble> {
        let (own, who, moment) = (Arc::clone(self), who.to_owned(), self.moment());
        self.horizon.get(&format!("{months} {lang:?}"), moment, move || {
            own.engine(&who, |engine| picture::compute(engine, moment.now, months, lang))
        })
    }

    /// A data set with all its records counted, or why they could not be.
    pub(crate) fn counted(
        self: &Arc<Self>,
        who: &str,
        id: &str,
    ) -> Result<Seen<Result<Item, String>>, Trouble> {
        // A small one was counted with all others.
        let standing = self.standing(who)?;
        let ready = standing.what.plan.items.iter().find(|i| i.dataset == id);
        if let Some(item) = ready.filter(|i| i.counts.is_some()) {
            return Ok(standing.with(Ok(item.clone())));
        }
        let (own, who, only) = (Arc::clone(self), who.to_owned(), vec![id.to_owned()]);
        self.datasets.get(id, self.moment(), move || {
            let options = Options { datasets: Some(only), count: Count::All, ..Options::default() };
            own.engine(&who, |engine| {
                let mut plan = own.examine(engine, &options)?;
                let why = plan.problems.pop().map(|p| p.text);
                Ok(plan.items.pop().ok_or_else(|| why.unwrap_or_default()))
            })
        })
    }

    /// When the counts of a data set can next change by time alone. Without an index that is a look
    /// through the whole collection.
    pub(crate) fn next_change(
        self: &Arc<Self>,
        who: &str,
        id: &str,
    ) -> Result<Option<Timestamp>, Trouble> {
        let (own, who, of, moment) =
            (Arc::clone(self), who.to_owned(), id.to_owned(), self.moment());
        let seen = self.nexts.get(id, moment, move || {
            own.engine(&who, |engine| {
                let prepared = engine.prepare(&of)?;
                Ok(engine.next_change(&prepared, moment.now)?)
            })
        })?;
        Ok(*seen.what)
    }

    /// The data sets of which records wait for a person's answer, and how many; and when the earliest
    /// of them was counted.
    pub(crate) fn waiting(
        self: &Arc<Self>,
        who: &str,
    ) -> Result<(Vec<(String, u64)>, Timestamp), Trouble> {
        let asking: Vec<String> = self.engine(who, |engine| {
            let sets = engine.register.datasets.iter().filter(|d| frist_cases::review::asks(d));
            Ok(sets.map(|d| d.id.value.clone()).collect())
        })?;
        let (mut found, mut at) = (Vec::new(), self.moment().now);
        for id in asking {
            let seen = self.counted(who, &id)?;
            at = at.min(seen.at);
            match &*seen.what {
                Ok(item) => {
                    let n = item.counts.map_or(0, |c| c.review);
                    found.extend((n > 0).then_some((id, n)));
                }
                Err(why) => return Err(Trouble { message: why.clone(), help: None }),
            }
        }
        Ok((found, at))
    }

    /// Something was changed: what was counted is counted anew.
    pub(crate) fn changed(&self) {
        self.standing.forget();
        self.horizon.forget();
        self.datasets.forget();
        self.nexts.forget();
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
            let mut work = self.work("sweep", engine);
            let report = engine.sweep(plan, &mut |step| {
                work.hear(step);
                let mut jobs = lock(&self.jobs);
                let Some(job) = jobs.get_mut(plan) else { return };
                match step {
                    Step::Dataset { dataset, .. } => job.dataset = dataset.to_owned(),
                    Step::Confirmed { n, .. } => job.done += n,
                    _ => {}
                }
            });
            work.end(report.is_err());
            let report = report?;
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
