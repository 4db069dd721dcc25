//! The look: whether everything is as it should be. It changes nothing, and needs no scheduler.

use std::collections::BTreeMap;

use frist_cases::request::overview;
use frist_state::case::{CaseFilter, CaseKind};
use frist_state::{NewAlarm, PlanStatus, State, SweepStatus};
use frist_sweep::Engine;
use frist_sweep::plan::{Count, Options};
use jiff::{SignedDuration, Timestamp};

use crate::alarm::Kind;
use crate::config::Alarms;
use crate::disk::Disk;

/// What a look found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is wrong.
    pub alarms: Vec<NewAlarm>,
    /// What it could judge.
    pub judged: Vec<&'static str>,
}

/// An alarm.
pub(crate) fn of(kind: Kind, about: &str, n: u64, at: Option<Timestamp>, detail: &str) -> NewAlarm {
    NewAlarm {
        kind: kind.word().into(),
        about: about.into(),
        n,
        at,
        detail: detail.chars().take(400).collect(),
    }
}

impl Found {
    fn add(&mut self, kind: Kind, about: &str, n: u64, at: Option<Timestamp>, detail: &str) {
        self.alarms.push(of(kind, about, n, at, detail));
    }
}

/// Looks at the stores, by the register: what is late, and what cannot be examined.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn at_stores(
    engine: &mut Engine,
    c: &Alarms,
    now: Timestamp,
) -> Result<Found, frist_sweep::Error> {
    let mut found = Found {
        judged: vec![Kind::Late.word(), Kind::Unreachable.word(), Kind::Register.word()],
        ..Found::default()
    };
    let standing = engine.state.alarms()?;
    // A record is later than its bound when it was due that long ago, by what holds of it now. An oldest
    // record would tell the same only where an index serves it.
    let ids: Vec<String> = engine.register.datasets.iter().map(|d| d.id.value.clone()).collect();
    let mut bounds: BTreeMap<SignedDuration, Vec<String>> = BTreeMap::new();
    for id in ids {
        bounds.entry(c.late_of(&id)).or_default().push(id);
    }
    for (bound, datasets) in bounds {
        let then = now - bound;
        let options = Options { datasets: Some(datasets), as_of: Some(then), count: Count::Due };
        let plan = engine.examine(&options, &mut |_| {})?;
        for p in &plan.problems {
            found.add(Kind::Unreachable, &p.dataset, 0, None, &p.text);
            // Of what cannot be examined nobody can say that it is no longer late.
            let late = |a: &&frist_state::Alarm| {
                a.what.kind == Kind::Late.word() && a.what.about == p.dataset
            };
            found.alarms.extend(standing.iter().find(late).map(|a| a.what.clone()));
        }
        for i in plan.items.iter().filter(|i| i.due > 0) {
            found.add(Kind::Late, &i.dataset, i.due, Some(then), "");
        }
    }
    let files = engine.revision.to_string();
    if engine.state.live_revision()?.is_some_and(|live| live.hash != files) {
        let why = "Its files were changed since it was made live.";
        found.add(Kind::Register, "", 0, None, why);
    }
    Ok(found)
}

/// Looks at Frist's own database: sweeps, plans, findings, cases, messages.
///
/// # Errors
/// When it does not answer.
pub fn at_state(
    state: &mut State,
    calendar: &frist_law::Calendar,
    c: &Alarms,
    now: Timestamp,
) -> Result<Found, frist_cases::CasesError> {
    let mut found = Found {
        judged: [
            Kind::SweepFailed,
            Kind::ApprovalWaits,
            Kind::FindingWaits,
            Kind::CaseNear,
            Kind::CaseLate,
            Kind::Undelivered,
        ]
        .map(Kind::word)
        .to_vec(),
        ..Found::default()
    };
    if let Some(last) = state.sweeps(10)?.iter().find(|s| s.status != SweepStatus::Running)
        && last.status == SweepStatus::Aborted
    {
        let n = last.id.0.unsigned_abs();
        found.add(Kind::SweepFailed, "", n, Some(last.started_at), "");
    }
    let age = |at: Timestamp| now.duration_since(at);
    for p in state.plans(100)? {
        let waits = p.status == PlanStatus::Proposed && p.plan.needs_approval.is_some();
        // One that is too old to be run waits for nobody any more.
        let old = age(p.plan.created_at).as_hours() >= frist_sweep::plan::PLAN_HOURS;
        if waits && !old && age(p.plan.created_at) > c.approval.0 {
            let due =
                serde_json::from_str::<frist_sweep::Plan>(&p.plan.body).map_or(0, |p| p.due());
            found.add(Kind::ApprovalWaits, &p.plan.id, due, Some(p.plan.created_at), "");
        }
    }
    for f in state.open_findings()? {
        if age(f.first_seen) > c.findings.0 {
            let about = format!("{}/{}", f.finding.dataset, f.finding.code);
            found.add(Kind::FindingWaits, &about, f.finding.count, Some(f.first_seen), "");
        }
    }
    let near = now + c.breaches.0.max(c.cases.0);
    let open = CaseFilter { open: Some(true), due_by: Some(near), ..CaseFilter::default() };
    for line in overview(state, calendar, now, &open)? {
        let near = if line.case.kind == CaseKind::Breach { c.breaches } else { c.cases };
        match line.case.due {
            _ if line.late => {
                found.add(Kind::CaseLate, &line.case.number, 0, line.case.due, "");
            }
            Some(due) if due.duration_since(now) <= near.0 => {
                found.add(Kind::CaseNear, &line.case.number, 0, Some(due), "");
            }
            _ => {}
        }
    }
    let mut ways: BTreeMap<String, u64> = BTreeMap::new();
    for m in state.unsent(1_000)?.into_iter().filter(|m| m.dead_at.is_some()) {
        *ways.entry(m.what.way).or_default() += 1;
    }
    for (way, n) in ways {
        found.add(Kind::Undelivered, &way, n, None, "");
    }
    Ok(found)
}

/// Looks at this machine: its disks, and its clock beside the database's.
#[must_use]
pub fn at_machine(
    name: &str,
    disks: &[Disk],
    clock: Option<SignedDuration>,
    c: &Alarms,
) -> Vec<NewAlarm> {
    let host = name.split('/').next().unwrap_or(name);
    let full = disks.iter().filter(|d| d.percent_free() < u64::from(c.disk_free));
    let mut out: Vec<NewAlarm> = full
        .map(|d| of(Kind::Disk, &format!("{host}: {}", d.name), d.percent_free(), None, ""))
        .collect();
    if let Some(off) = clock.map(SignedDuration::abs).filter(|off| *off > c.clock.0) {
        out.push(of(Kind::Clock, host, off.as_secs().unsigned_abs(), None, ""));
    }
    out
}

/// Whether the scheduler and the watchdog give signs of life, as far as the database tells: what
/// another server, a command line or a monitor can look at. `since` is from when on they are watched.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn at_signs(
    state: &mut State,
    since: Timestamp,
    scheduled: bool,
    c: &Alarms,
    now: Timestamp,
) -> Result<Vec<NewAlarm>, frist_state::Error> {
    let mut out = Vec::new();
    let signs = [(SCHEDULER, scheduled), (WATCHDOG, true)];
    for (name, _) in signs.into_iter().filter(|(_, expected)| *expected) {
        let mark = state.mark(name, now)?;
        // Who has just begun has not seen whether anybody works.
        let seen = now.duration_since(since);
        let age = mark.as_ref().map_or(seen, |m| m.age.min(seen));
        if age > c.stalled.0 {
            out.push(of(Kind::Stalled, name, 0, mark.map(|m| m.at), ""));
        }
    }
    Ok(out)
}

/// The mark, and the lease, of the scheduler.
pub const SCHEDULER: &str = "scheduler";
/// The same of the watchdog.
pub const WATCHDOG: &str = "watchdog";
