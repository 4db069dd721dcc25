//! Engines and connections to Frist's own database, a few of each, lent to one request at a time;
//! what was counted a moment ago; and sweeps that run in the background.
//!
//! Everything here may wait for a disk or another machine, and is called from threads where that is
//! allowed.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use frist_cases::review::{self, Task};
use frist_ledger::Id;
use frist_state::Look;
use frist_state::State;
use frist_sweep::plan::{Count, Item, Options, Plan};
use frist_sweep::{Engine, Error, Report, Step};
use frist_watch::spans::Work;
use frist_watch::traces::Traces;
use jiff::{SignedDuration, Timestamp};

use crate::face::{Face, Trouble};
use crate::kept::{Ages, Kept, Moment, Seen, lock};
use crate::looks::Looks;
use crate::picture::{self, Ahead};

/// Engines at once: each has connections to the stores.
const ENGINES: usize = 4;
/// Of these, as many may count at once: a page that counts nothing never waits for a count.
const COUNTING: usize = 2;
/// Connections to Frist's own database that are kept open.
const STATES: usize = 8;
/// Counts are shown for a minute, and up to five while they are counted again.
const COUNTS: Ages =
    Ages { fresh: SignedDuration::from_secs(60), stale: SignedDuration::from_mins(5) };
/// What comes due in months to come changes slowly.
const HORIZONS: Ages =
    Ages { fresh: SignedDuration::from_mins(10), stale: SignedDuration::from_mins(60) };
/// Months that are looked ahead; pages show fewer.
pub(crate) const MONTHS: u32 = 120;
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
    /// For how long a request waits for counts that are not there yet.
    patience: Duration,
    states: Mutex<Vec<State>>,
    looks: Looks,
    standing: Arc<Kept<Standing>>,
    ahead: Arc<Kept<Ahead>>,
    datasets: Arc<Kept<Counted>>,
    tasks: Arc<Kept<Tasks>>,
    jobs: Mutex<BTreeMap<String, Job>>,
    /// What the organisation is called, by the register that was read last.
    organisation: Mutex<String>,
}

#[derive(Default)]
struct Idle {
    engines: Vec<(u64, Engine)>,
    out: usize,
    /// Of those that are out, for counting.
    counting: usize,
}

/// A data set with all its records counted.
pub(crate) struct Counted {
    /// The counts, or why there are none.
    pub(crate) item: Result<Item, String>,
    /// When they can next change by time alone.
    pub(crate) next: Option<Timestamp>,
}

/// How things stand.
pub(crate) struct Standing {
    /// What is due, and what else there is.
    pub(crate) plan: Plan,
    /// When something next becomes due by time alone.
    pub(crate) next: Option<Timestamp>,
}

/// How many records wait for a person's answer.
pub(crate) struct Waiting {
    /// By data set, where it is any.
    pub(crate) records: Vec<(String, u64)>,
    /// When the earliest of them were counted.
    pub(crate) at: Timestamp,
    /// Something was changed since.
    pub(crate) outdated: bool,
}

/// Records of a data set that wait for a person's answer.
pub(crate) struct Tasks {
    /// The first of them.
    pub(crate) tasks: Vec<Task>,
    /// The names of their fields.
    pub(crate) fields: Vec<String>,
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
    pub(crate) fn new(
        face: Arc<Face>,
        traces: Option<Arc<Traces>>,
        patience: Duration,
        organisation: &str,
    ) -> Self {
        Self {
            organisation: Mutex::new(organisation.to_owned()),
            face,
            traces,
            idle: Mutex::default(),
            back: Condvar::new(),
            patience,
            states: Mutex::default(),
            looks: Looks::default(),
            standing: Kept::new(COUNTS),
            ahead: Kept::new(HORIZONS),
            datasets: Kept::new(COUNTS),
            tasks: Kept::new(COUNTS),
            jobs: Mutex::default(),
        }
    }

    /// What the organisation is called.
    pub(crate) fn organisation(&self) -> String {
        lock(&self.organisation).clone()
    }

    /// Lends an engine over the register as it is now, acting as this person.
    pub(crate) fn engine<T>(
        &self,
        who: &str,
        what: impl FnOnce(&mut Engine) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        self.lend(who, false, what)
    }

    fn lend<T>(
        &self,
        who: &str,
        counts: bool,
        what: impl FnOnce(&mut Engine) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        // All that does not depend on what is done stands outside: this is compiled for each who asks.
        let mut lent = Lent::take(self, who, counts)?;
        let answer = what(&mut lent.engine);
        // One that failed may have a connection that is broken: the next request makes a new one.
        if answer.is_ok() {
            lent.back();
        }
        answer
    }

    /// Lends a connection to Frist's own database.
    pub(crate) fn state<T>(
        &self,
        what: impl FnOnce(&mut State) -> Result<T, frist_state::Error>,
    ) -> Result<T, Trouble> {
        let mut state = self.take_state()?;
        let answer = what(&mut state)?;
        self.keep_state(state);
        Ok(answer)
    }

    /// Adds a line to the log of access, on disk when this returns.
    pub(crate) fn log(&self, line: Look) -> Result<(), Trouble> {
        self.looks.add(line, |lines| self.state(|state| state.add_looks(lines)))
    }

    fn take_state(&self) -> Result<State, Trouble> {
        let ready = lock(&self.states).pop();
        ready.map_or_else(|| (self.face.state)(), Ok)
    }

    fn keep_state(&self, state: State) {
        let mut states = lock(&self.states);
        if states.len() < STATES {
            states.push(state);
        }
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

    /// How things stand; none while that is being counted.
    pub(crate) fn standing(self: &Arc<Self>, who: &str) -> Result<Option<Seen<Standing>>, Trouble> {
        let (own, who) = (Arc::clone(self), who.to_owned());
        self.standing.get("", self.moment(), self.patience, move || {
            let options = Options { count: Count::AllOfSmall, ..Options::default() };
            own.lend(&who, true, |engine| {
                let plan = own.examine(engine, &options)?;
                let now = plan.created_at;
                Ok(Standing { plan, next: engine.next_due(&Options::default(), now)? })
            })
        })
    }

    /// What comes due in the next [`MONTHS`]; none while that is being counted.
    pub(crate) fn ahead(self: &Arc<Self>, who: &str) -> Result<Option<Seen<Ahead>>, Trouble> {
        let (own, who, moment) = (Arc::clone(self), who.to_owned(), self.moment());
        self.ahead.get("", moment, self.patience, move || {
            own.lend(&who, true, |engine| picture::count_ahead(engine, moment.now, MONTHS))
        })
    }

    /// A data set with all its records counted; none while they are being counted. Without an index the
    /// next change is a look through the whole collection too.
    pub(crate) fn counted(
        self: &Arc<Self>,
        who: &str,
        id: &str,
    ) -> Result<Option<Seen<Counted>>, Trouble> {
        let (own, who, of, moment) =
            (Arc::clone(self), who.to_owned(), id.to_owned(), self.moment());
        self.datasets.get(id, moment, self.patience, move || {
            let datasets = Some(vec![of.clone()]);
            let options = Options { datasets, count: Count::All, ..Options::default() };
            own.lend(&who, true, |engine| {
                let mut plan = own.examine(engine, &options)?;
                let why = plan.problems.pop().map(|p| p.text);
                let item = plan.items.pop().ok_or_else(|| why.unwrap_or_default());
                let next = match item {
                    Ok(_) => {
                        let prepared = engine.prepare(&of)?;
                        engine.next_change(&prepared, moment.now)?
                    }
                    Err(_) => None,
                };
                Ok(Counted { item, next })
            })
        })
    }

    /// The data sets of which records wait for a person's answer, and how many, and when the earliest
    /// of them was counted; none while one of them is being counted.
    pub(crate) fn waiting(self: &Arc<Self>, who: &str) -> Result<Option<Waiting>, Trouble> {
        let asking: Vec<String> = self.engine(who, |engine| {
            let sets = engine.register.datasets.iter().filter(|d| review::asks(d));
            Ok(sets.map(|d| d.id.value.clone()).collect())
        })?;
        let mut found = Waiting { records: Vec::new(), at: self.moment().now, outdated: false };
        let mut all = true;
        for id in asking {
            // A small one was counted with all others.
            let standing = self.standing.ready("", self.moment()).filter(|s| !s.outdated);
            let small = standing.as_ref().and_then(|s| {
                let item = s.what.plan.items.iter().find(|i| i.dataset == id)?;
                Some((item.counts?.review, s.at, false))
            });
            let counted = match small {
                Some(small) => Some(small),
                None => match self.counted(who, &id)? {
                    None => None,
                    Some(seen) => {
                        let item = seen.what.item.as_ref();
                        let item =
                            item.map_err(|why| Trouble { message: why.clone(), help: None })?;
                        Some((item.counts.map_or(0, |c| c.review), seen.at, seen.outdated))
                    }
                },
            };
            // Also those that follow are counted meanwhile.
            let Some((n, at, outdated)) = counted else {
                all = false;
                continue;
            };
            found.at = found.at.min(at);
            found.outdated |= outdated;
            found.records.extend((n > 0).then_some((id, n)));
        }
        Ok(all.then_some(found))
    }

    /// The first of the records of a data set that wait for a person's answer; none while they are
    /// looked for.
    pub(crate) fn tasks(
        self: &Arc<Self>,
        who: &str,
        id: &str,
        most: usize,
    ) -> Result<Option<Seen<Tasks>>, Trouble> {
        let (own, who, of, moment) =
            (Arc::clone(self), who.to_owned(), id.to_owned(), self.moment());
        self.tasks.get(id, moment, self.patience, move || {
            own.lend(&who, true, |engine| {
                let tasks = review::tasks(engine, &of, moment.now, most).map_err(of_cases)?;
                let first = tasks.first();
                // One that is gone by now has no fields.
                let found = first.and_then(|t| review::task(engine, &of, &t.key, moment.now).ok());
                let fields = found.map_or_else(Vec::new, |(_, found)| found.fields);
                Ok(Tasks { tasks, fields: fields.into_iter().map(|(name, _)| name).collect() })
            })
        })
    }

    /// Begins to count what people look at first, after the server has started.
    pub(crate) fn warm(self: &Arc<Self>, who: &str) {
        // What fails is told by the page that counts next.
        let _ = self.standing(who);
        let _ = self.ahead(who);
        let _ = self.waiting(who);
    }

    /// Something was changed: what was counted is counted anew.
    pub(crate) fn changed(&self) {
        self.standing.outdate();
        self.ahead.outdate();
        self.datasets.outdate();
        self.tasks.outdate();
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

/// An engine over the register as it is now, and the place of whoever has it.
struct Lent<'a> {
    engine: Engine,
    stamp: u64,
    place: Place<'a>,
}

impl<'a> Lent<'a> {
    fn take(engines: &'a Engines, who: &str, counts: bool) -> Result<Self, Trouble> {
        let stamp = (engines.face.stamp)();
        let place = Place::take(engines, counts);
        let ready = {
            let mut idle = lock(&engines.idle);
            idle.engines.retain(|(made, _)| *made == stamp);
            idle.engines.pop()
        };
        let mut engine = match ready {
            Some((_, engine)) => engine,
            None => {
                let engine = (engines.face.engine)()?;
                lock(&engines.organisation).clone_from(&engine.register.controller.contact.name);
                engine
            }
        };
        let id = Id::new(who)
            .map_err(|e| Trouble { message: format!("`{who}` cannot act: {e}"), help: None })?;
        engine.act_as(id);
        Ok(Lent { engine, stamp, place })
    }

    /// For the next one.
    fn back(self) {
        lock(&self.place.engines.idle).engines.push((self.stamp, self.engine));
    }
}

/// A place among those who have an engine, given back when dropped.
struct Place<'a> {
    engines: &'a Engines,
    counts: bool,
}

impl<'a> Place<'a> {
    fn take(engines: &'a Engines, counts: bool) -> Self {
        let mut idle = lock(&engines.idle);
        while idle.out >= ENGINES || (counts && idle.counting >= COUNTING) {
            idle = engines.back.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
        idle.out += 1;
        idle.counting += usize::from(counts);
        Place { engines, counts }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.engines.idle);
        idle.out -= 1;
        idle.counting -= usize::from(self.counts);
        drop(idle);
        // Whoever is woken may be one who counts and must wait on.
        self.engines.back.notify_all();
    }
}
