//! What the leader does when something is due: finishes what was interrupted, does what is due in
//! Frist's own keeping, and sweeps what needs nobody's word.
//!
//! A data set that wants a person's approval, by the register or because the guard trips, gets a plan
//! of its own that waits for it and is announced; the others go meanwhile. A register that does not fit
//! a store, and a clock that may be wrong, stop everything until somebody has looked. The scheduler
//! never makes a changed register live.

use std::collections::BTreeSet;

use frist_ledger::Id;
use frist_state::{Plan as Kept, PlanStatus};
use frist_sweep::guard::Trip;
use frist_sweep::plan::{Count, Options, PLAN_HOURS, Plan};
use frist_sweep::{Engine, Error, Report, Step};
use jiff::{SignedDuration, Timestamp};

use crate::config::Schedule;

/// By what name the scheduler acts.
pub const OPERATOR: &str = "scheduler";

/// How often it looks for what is due in Frist's own keeping: that is counted in days.
const UPKEEP: SignedDuration = SignedDuration::from_mins(30);

/// What one round did.
#[derive(Debug, Default)]
pub struct Round {
    /// Sweeps that were carried out.
    pub reports: Vec<Report>,
    /// Plans that were made and wait for approval.
    pub waits: Vec<String>,
    /// Records of batches that an earlier process left open.
    pub recovered: u64,
    /// Why nothing is swept at all.
    pub stopped: Option<String>,
    /// When something next becomes due by time alone.
    pub next: Option<Timestamp>,
}

/// What the scheduler remembers between rounds.
#[derive(Debug, Default)]
pub struct Memory {
    kept_up: Option<Timestamp>,
}

/// One round. `hear` is called again and again, as a sign of life, with the step that was taken where it
/// is one of the engine's; `going_on` says whether this is
/// still the leader, and is asked before each step.
///
/// # Errors
/// When Frist's own database does not answer, or the ledger cannot be published.
pub fn round(
    engine: &mut Engine,
    schedule: &Schedule,
    memory: &mut Memory,
    publish: &dyn Fn(&mut Engine) -> Result<(), String>,
    hear: &dyn Fn(Option<Step<'_>>),
    going_on: &dyn Fn() -> bool,
) -> Result<Round, String> {
    let said = |e: Error| e.to_string();
    let mut round = Round::default();
    engine.act_as(Id::new(OPERATOR).map_err(|e| e.to_string())?);
    if engine.is_interrupted().map_err(said)? {
        match engine.recover(&mut |step| hear(Some(step))) {
            Ok((recovered, _)) => round.recovered = recovered.iter().map(|r| r.done).sum(),
            Err(Error::Busy { .. }) => {}
            Err(e) => return Err(e.to_string()),
        }
        publish(engine)?;
    }
    hear(None);
    let now = engine.now();
    if going_on() && memory.kept_up.is_none_or(|at| now.duration_since(at) >= UPKEEP) {
        keep_up(engine, memory, publish, now)?;
    }
    hear(None);
    if going_on() {
        sweeps(engine, schedule, publish, hear, going_on, &mut round)?;
    }
    // Whose record a sweep has just erased hears of it now, not after the next one.
    if going_on() && !round.reports.is_empty() {
        let now = engine.now();
        keep_up(engine, memory, publish, now)?;
    }
    hear(None);
    let now = engine.now();
    round.next = engine.next_due(&Options::default(), now).map_err(said)?;
    Ok(round)
}

/// What is due in Frist's own keeping; not while another process sweeps.
fn keep_up(
    engine: &mut Engine,
    memory: &mut Memory,
    publish: &dyn Fn(&mut Engine) -> Result<(), String>,
    now: jiff::Timestamp,
) -> Result<(), String> {
    match frist_cases::due::do_what_is_due(engine, OPERATOR, now) {
        Ok(_) => {
            publish(engine)?;
            memory.kept_up = Some(now);
            Ok(())
        }
        Err(frist_cases::CasesError::Sweep(Error::Busy { .. })) => Ok(()),
        Err(e) => Err(e.to_string()),
    }
}

fn sweeps(
    engine: &mut Engine,
    schedule: &Schedule,
    publish: &dyn Fn(&mut Engine) -> Result<(), String>,
    hear: &dyn Fn(Option<Step<'_>>),
    going_on: &dyn Fn() -> bool,
    round: &mut Round,
) -> Result<(), String> {
    let said = |e: Error| e.to_string();
    let now = engine.now();
    let zone = engine.register.controller.calendar.zone.clone();
    let last = engine.state.sweeps(1).map_err(|e| e.to_string())?;
    let early = last.first().is_some_and(|s| {
        let since = now.duration_since(s.started_at);
        !since.is_negative() && since < schedule.every.0
    });
    if !schedule.allows(now, &zone) || early {
        return Ok(());
    }
    let revision = engine.revision.to_string();
    if engine.state.live_revision().map_err(|e| e.to_string())?.is_some_and(|l| l.hash != revision)
    {
        round.stopped = Some("the register's files were changed since it was made live".into());
        return Ok(());
    }
    let kept = engine.state.plans(100).map_err(|e| e.to_string())?;
    let ours = |p: &&Kept| {
        let age = now.duration_since(p.plan.created_at).as_hours();
        p.plan.proposed_by == OPERATOR && p.plan.revision == revision && age < PLAN_HOURS
    };
    let go = |engine: &mut Engine, id: &str, round: &mut Round| -> Result<(), String> {
        if !going_on() {
            return Ok(());
        }
        // What cannot be published is found out before anything is erased, not after.
        publish(engine)?;
        let mut sweep = |step: Step<'_>| {
            let _ = step;
            hear(None);
        };
        match engine.sweep(id, &mut sweep) {
            Ok(report) => round.reports.push(report),
            // Another process sweeps, or the plan was carried out by somebody meanwhile.
            Err(Error::Busy { .. } | Error::PlanRefused { .. }) => return Ok(()),
            Err(e) => return Err(e.to_string()),
        }
        publish(engine)
    };
    // Ours that somebody has approved by now, the oldest first.
    for p in kept.iter().rev().filter(ours).filter(|p| p.status == PlanStatus::Approved) {
        go(engine, &p.plan.id, round)?;
    }
    let options = Options { count: Count::Due, ..Options::default() };
    let plan = engine.examine(&options, &mut |step| hear(Some(step))).map_err(said)?;
    if plan.due() == 0 {
        return Ok(());
    }
    let all = |t: &Trip| matches!(t, Trip::Misfit { .. } | Trip::Clock { .. });
    let asks: BTreeSet<&str> = match plan.trips.iter().any(all) {
        true => plan.items.iter().map(|i| i.dataset.as_str()).collect(),
        false => plan.trips.iter().filter_map(asked_for).collect(),
    };
    let due = |asked: bool| -> Vec<String> {
        let items = plan.items.iter().filter(|i| i.due > 0);
        items
            .filter(|i| asks.contains(i.dataset.as_str()) == asked)
            .map(|i| i.dataset.clone())
            .collect()
    };
    let (free, asked) = (due(false), due(true));
    if !free.is_empty() {
        let made = make(engine, &options, free, hear).map_err(said)?;
        // What tripped only now waits for the next round.
        if made.due() > 0 && made.trips.is_empty() {
            engine.propose(&made, &mut |_| {}).map_err(said)?;
            go(engine, &made.id, round)?;
        }
    }
    let waiting = kept.iter().filter(ours).filter(|p| p.status == PlanStatus::Proposed);
    let covered: BTreeSet<String> = waiting
        .filter(|p| p.plan.needs_approval.is_some())
        .filter_map(|p| serde_json::from_str::<Plan>(&p.plan.body).ok())
        .flat_map(|p| p.items.into_iter().filter(|i| i.due > 0).map(|i| i.dataset))
        .collect();
    let new: Vec<String> = asked.into_iter().filter(|d| !covered.contains(d)).collect();
    if !new.is_empty() && going_on() {
        let made = make(engine, &options, new, hear).map_err(said)?;
        if made.due() > 0 && !made.trips.is_empty() {
            engine.propose(&made, &mut |_| {}).map_err(said)?;
            publish(engine)?;
            round.waits.push(made.id);
        }
    }
    Ok(())
}

/// A plan of these data sets alone.
fn make(
    engine: &mut Engine,
    options: &Options,
    datasets: Vec<String>,
    hear: &dyn Fn(Option<Step<'_>>),
) -> Result<Plan, Error> {
    let options = Options { datasets: Some(datasets), ..options.clone() };
    engine.examine(&options, &mut |step| hear(Some(step)))
}

/// The one data set for which approval is asked.
fn asked_for(trip: &Trip) -> Option<&str> {
    match trip {
        Trip::TwoPersons { dataset }
        | Trip::Share { dataset, .. }
        | Trip::Count { dataset, .. }
        | Trip::Unusual { dataset, .. }
        | Trip::Misfit { dataset } => Some(dataset),
        Trip::Clock { .. } => None,
    }
}
