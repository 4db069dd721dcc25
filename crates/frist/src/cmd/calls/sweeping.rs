//! The sweep beside the server: by the ordinary engine, plan by plan, with receipts in the ledger.
//!
//! Recordings that consent alone keeps come first and in plans of their own, so that nothing else can
//! keep them waiting; evidence and the records of calls follow. One thing is approved here without a person: a plan that waits only because this
//! machine was off for more than a hundred days. The guard asks then whether the clock is right, since
//! a wrong one would erase early; recordings that nobody may keep are not what it protects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use frist_calls::serve::Loaded;
use frist_sweep::guard::Trip;
use frist_sweep::plan::{Count, Options};
use frist_sweep::{Engine, Error};
use jiff::{SignedDuration, Timestamp};

use crate::cmd::proof;
use crate::cmd::sweep::go;
use crate::error::{Failure, Outcome};
use crate::output::{RED, YELLOW};
use crate::place::{Place, now};

/// How long the sweep sleeps at most: a withdrawal that could not be carried out at once, and what
/// was imported, are looked at no later.
const DOZE: Duration = Duration::from_secs(20);
/// How long after an alarm it tries again.
const AFTER_ALARM: Duration = Duration::from_secs(30);

/// One plan's data sets.
struct Group {
    options: Options,
    /// Whether a gap in time alone needs nobody's word.
    standing: bool,
    /// The plan that waits for approval.
    waiting: Option<String>,
}

/// The sweep of recordings.
pub(super) struct Sweeping {
    place: Place,
    groups: Vec<Group>,
    alarm: Arc<AtomicBool>,
}

impl Sweeping {
    /// For what was loaded.
    pub(super) fn new(place: &Place, loaded: &Loaded, alarm: &Arc<AtomicBool>) -> Sweeping {
        let (first, rest) = loaded.vault_datasets.split_at(loaded.by_consent);
        let group = |ids: Vec<String>, standing| Group {
            options: Options { datasets: Some(ids), count: Count::Due, ..Options::default() },
            standing,
            waiting: None,
        };
        let groups = [
            group(first.to_vec(), true),
            group(rest.to_vec(), false),
            group(loaded.desk_datasets.clone(), false),
        ];
        let full = |g: &Group| g.options.datasets.as_ref().is_some_and(|d| !d.is_empty());
        Sweeping {
            place: place.at(&place.dir),
            groups: groups.into_iter().filter(full).collect(),
            alarm: Arc::clone(alarm),
        }
    }

    /// The recordings that are due now, and nothing else: before the desk is opened.
    pub(super) fn overdue(&mut self) -> Outcome<()> {
        let rest = self.groups.split_off(self.groups.len().min(1));
        let done = self.once();
        self.groups.extend(rest);
        done.map(|_| ())
    }

    /// Everything that is due now. Answers when something next becomes due by time alone.
    pub(super) fn once(&mut self) -> Outcome<Option<Timestamp>> {
        let mut engine = self.place.engine()?;
        proof::publish(&self.place, &mut engine)?;
        if engine.is_interrupted()? {
            let (_, alarms) = engine.recover(&mut |_| {})?;
            for f in &alarms {
                anstream::eprintln!("{RED}alarm{RED:#}: {}: `{}`: {}", f.code, f.dataset, f.text);
            }
        }
        let mut next: Option<Timestamp> = None;
        let mut green = true;
        for group in &mut self.groups {
            green &= group.sweep(&self.place, &mut engine)?;
            let due = engine.next_due(&group.options, now())?;
            next = [next, due].into_iter().flatten().min();
        }
        self.alarm.store(!green, Ordering::Release);
        Ok(next)
    }

    /// The same, for as long as the process lives.
    pub(super) fn for_ever(mut self) -> ! {
        loop {
            let wait = match self.once() {
                Ok(next) if !self.alarm.load(Ordering::Acquire) => next.map_or(DOZE, until),
                Ok(_) => AFTER_ALARM,
                Err(failure) => {
                    self.failed(&failure);
                    AFTER_ALARM
                }
            };
            std::thread::sleep(wait.clamp(Duration::from_millis(200), DOZE.max(AFTER_ALARM)));
        }
    }

    /// Says that nothing could be swept; calls go on.
    pub(super) fn failed(&self, failure: &Failure) {
        self.alarm.store(true, Ordering::Release);
        anstream::eprintln!(
            "{RED}alarm{RED:#}: recordings could not be swept: {}",
            failure.message
        );
    }
}

fn until(next: Timestamp) -> Duration {
    let wait: SignedDuration = next.duration_since(now());
    Duration::try_from(wait).unwrap_or(Duration::ZERO).min(DOZE)
}

impl Group {
    /// Sweeps what is due, unless it waits for somebody's word. Answers whether nothing is wrong.
    fn sweep(&mut self, place: &Place, engine: &mut Engine) -> Outcome<bool> {
        match self.try_sweep(place, engine) {
            Ok(green) => Ok(green),
            // Somebody else sweeps: what is due goes all the same.
            Err(Error::Busy { .. }) => Ok(true),
            Err(e) => Err(e.into()),
        }
    }

    fn try_sweep(&mut self, place: &Place, engine: &mut Engine) -> Result<bool, Error> {
        if let Some(id) = self.waiting.clone() {
            let (plan, kept) = engine.plan(&id)?;
            match kept.status {
                frist_state::PlanStatus::Approved => {
                    self.waiting = None;
                    return go(place, engine, &plan.id);
                }
                frist_state::PlanStatus::Proposed
                    if engine.now().duration_since(plan.created_at).as_hours()
                        < frist_sweep::plan::PLAN_HOURS =>
                {
                    return Ok(true);
                }
                _ => self.waiting = None,
            }
        }
        let plan = engine.examine(&self.options, &mut |_| {})?;
        for p in &plan.problems {
            anstream::eprintln!("{RED}alarm{RED:#}: `{}`: {}", p.dataset, p.text);
        }
        if plan.due() == 0 {
            return Ok(plan.problems.is_empty());
        }
        engine.propose(&plan, &mut |_| {})?;
        let silent = |t: &Trip| matches!(t, Trip::Clock { .. });
        if !plan.trips.is_empty() && self.standing && plan.trips.iter().all(silent) {
            engine.approve(&plan.id)?;
        } else if !plan.trips.is_empty() {
            for t in &plan.trips {
                anstream::eprintln!(
                    "{YELLOW}plan {} needs approval{YELLOW:#}: {}",
                    plan.id,
                    t.text()
                );
            }
            self.waiting = Some(plan.id);
            return Ok(!self.standing);
        }
        Ok(go(place, engine, &plan.id)? && plan.problems.is_empty())
    }
}
