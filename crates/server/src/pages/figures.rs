//! `/metrics`: figures for monitoring, without anybody's data in them.

use std::collections::BTreeMap;

use frist_cases::request::soon;
use frist_law::Calendar;
use frist_state::SweepStatus;
use frist_state::case::CaseCount;
use frist_sweep::plan::{Item, Plan};
use frist_watch::figures::{Labels, Page};
use jiff::Timestamp;

use crate::ctx::{Ctx, Refusal, Reply};

/// What Prometheus calls this form.
const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds from one instant to another, negative when it is past.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The page.
pub(super) fn metrics(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let seen = ctx.app.engines.standing(ctx.name())?;
    let mut page = Page::default();
    // Figures that are not there yet are left out: a nought would say that nothing is due.
    if let Some(seen) = &seen {
        records(&mut page, &seen.what.plan, ctx.now);
    }
    figures_of_state(ctx, &mut page, seen.map(|seen| seen.what.plan.problems.len()))?;
    ctx.app.meter.write(&mut page);
    Ok(Reply::of(KIND, page.text().into_bytes()))
}

fn records(page: &mut Page, plan: &Plan, now: Timestamp) {
    let by_dataset = |of: &dyn Fn(&Item) -> Option<f64>| -> Vec<(Labels<'_>, f64)> {
        let row = |i: &Item| of(i).map(|n| (vec![("dataset", i.dataset.clone())], n));
        plan.items.iter().filter_map(row).collect()
    };
    let late = |i: &Item| i.late(now).seconds().map_or(f64::INFINITY, |n| n as f64);
    let counted = |of: fn(&frist_sweep::plan::Counts) -> u64| {
        by_dataset(&|i| i.counts.as_ref().map(|c| of(c) as f64))
    };
    let mut gauge = |name: &str, help: &str, rows: &[(Labels<'_>, f64)]| {
        page.figures(name, "gauge", help, rows);
    };
    gauge("due_records", "Records due now.", &by_dataset(&|i| Some(i.due as f64)));
    gauge(
        "blocked_records",
        "Due records that others refer to.",
        &by_dataset(&|i| Some(i.blocked as f64)),
    );
    gauge(
        "late_seconds",
        "For how long the longest overdue record has been due; infinite where nobody can say.",
        &by_dataset(&|i| Some(late(i))),
    );
    gauge("held_records", "Records under a hold, where counted.", &counted(|c| c.held));
    gauge("unclear_records", "Undecidable records, where counted.", &counted(|c| c.unclear));
    gauge(
        "review_records",
        "Records that wait for a person, where counted.",
        &counted(|c| c.review),
    );
}

fn figures_of_state(
    ctx: &Ctx<'_>,
    page: &mut Page,
    unreachable: Option<usize>,
) -> Result<(), Refusal> {
    let now = ctx.now;
    let (findings, plans, size, holds) =
        ctx.state(|s| Ok((s.open_findings()?, s.plans(100)?, s.size()?, s.count_holds(now)?)))?;
    let (sweeps, alarms, outbox, servers) =
        ctx.state(|s| Ok((s.sweeps(10)?, s.alarm_counts()?, s.outbox_counts()?, s.servers(now)?)))?;
    let marks = ctx.state(|s| {
        let of = |name: &'static str| (name, ());
        let mut rows: Vec<(Labels<'_>, f64)> = Vec::new();
        for (name, ()) in [of(frist_watch::look::SCHEDULER), of(frist_watch::look::WATCHDOG)] {
            if let Some(mark) = s.mark(name, now)? {
                rows.push((vec![("part", name.to_owned())], mark.age.as_secs_f64()));
            }
        }
        Ok(rows)
    })?;
    let waiting = plans.iter().filter(|p| super::sweeps::waits(p)).count();
    let mut one = |name: &str, help: &str, n: f64| page.figure(name, "gauge", help, n);
    if let Some(n) = unreachable {
        one("unreachable", "Data sets that could not be counted.", n as f64);
    }
    one("open_findings", "Findings that somebody must settle.", findings.len() as f64);
    one("waiting_plans", "Plans that wait for approval.", waiting as f64);
    one("holds", "Holds in force.", holds as f64);
    one("ledger_entries", "Entries of the ledger.", size as f64);
    one("outbox_waiting", "Messages still to be delivered.", outbox.waiting as f64);
    one("outbox_dead", "Messages that were given up.", outbox.dead as f64);
    let living = servers.iter().filter(|s| s.silent < frist_watch::Pace::default().dead).count();
    one("servers", "Servers that give signs of life.", living as f64);
    if let Some(last) = sweeps.iter().find(|s| s.status != SweepStatus::Running) {
        let failed = f64::from(u8::from(last.status == SweepStatus::Aborted));
        one("last_sweep_failed", "Whether the last sweep was not green.", failed);
        let at = last.ended_at.unwrap_or(last.started_at);
        one("last_sweep_seconds", "Seconds since the last sweep ended.", seconds(at, now));
    }
    page.figures(
        "heartbeat_seconds",
        "gauge",
        "Seconds since the last sign of life, on whichever server.",
        &marks,
    );
    let mut kinds: BTreeMap<&'static str, u64> =
        frist_watch::Kind::ALL.iter().map(|k| (k.word(), 0)).collect();
    for (kind, n) in &alarms {
        if let Some(kind) = frist_watch::Kind::of(kind) {
            *kinds.entry(kind.word()).or_default() += n;
        }
    }
    let rows: Vec<_> =
        kinds.iter().map(|(k, n)| (vec![("kind", (*k).to_owned())], *n as f64)).collect();
    page.figures("alarms", "gauge", "Alarms that stand, by kind.", &rows);
    cases(ctx, page)
}

fn cases(ctx: &Ctx<'_>, page: &mut Page) -> Result<(), Refusal> {
    let now = ctx.now;
    // Days are counted in the controller's zone; its holidays are in the deadlines already.
    let calendar = Calendar { zone: ctx.app.zone.clone(), ..Calendar::denmark() };
    let counts = ctx.state(|s| s.count_cases(now, soon(&calendar, now)))?;
    let rows = |of: &dyn Fn(&CaseCount) -> Option<f64>| -> Vec<(Labels<'_>, f64)> {
        let row = |c: &CaseCount| of(c).map(|n| (vec![("kind", c.kind.as_str().to_owned())], n));
        counts.iter().filter_map(row).collect()
    };
    let next = |c: &CaseCount| c.first.map(|due| seconds(now, due));
    page.figures("cases_open", "gauge", "Open cases.", &rows(&|c| Some(c.open as f64)));
    page.figures(
        "cases_late",
        "gauge",
        "Open cases whose deadline has passed.",
        &rows(&|c| Some(c.late as f64)),
    );
    page.figures(
        "case_deadline_seconds",
        "gauge",
        "Seconds until the first deadline of open cases; negative when it has passed.",
        &rows(&next),
    );
    Ok(())
}
