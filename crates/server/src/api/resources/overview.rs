//! How things stand: lateness, findings, deadlines.

use frist_cases::request::standing_of_open;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::{Answer, Call, Done, Nothing};
use crate::api::page::{Page, Paging, page};
use crate::api::problem::Problem;

/// How things stand.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// When this was asked.
    at: Timestamp,
    /// When records were counted, at most five minutes before.
    counted_at: Timestamp,
    /// Whether nothing is late, unclear, unreachable or interrupted.
    good: bool,
    /// Whether a sweep was cut off and nobody has gone on with it.
    interrupted: bool,
    /// For how long the longest overdue record has been due, in seconds; none where nobody can say,
    /// because nothing in the rule ever kept it.
    late_seconds: Option<u64>,
    /// Records due now.
    due: u64,
    /// Records that the rule cannot decide, where all were counted.
    unclear: u64,
    /// Findings that somebody must settle.
    open_findings: u64,
    /// Plans that wait for approval.
    waiting_plans: u64,
    /// When something next becomes due by time alone.
    next_due: Option<Timestamp>,
    /// When the last sweep began.
    last_sweep: Option<Timestamp>,
    /// Cases and their deadlines.
    cases: Cases,
    /// Each data set.
    datasets: Vec<Late>,
    /// Data sets that could not be counted.
    unreachable: Vec<Unreachable>,
}

/// Cases and their deadlines.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cases {
    /// Open ones.
    open: u64,
    /// Of these, past their deadline.
    late: u64,
    /// Of these, within a week of it.
    within_a_week: u64,
}

/// How late a data set is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Late {
    /// The data set.
    id: String,
    /// Records due now.
    due: u64,
    /// Since when the longest overdue of them has been due; none also where nobody can say.
    oldest: Option<Timestamp>,
    /// For how long that is, in seconds; none where nobody can say.
    late_seconds: Option<u64>,
}

/// A data set that could not be counted.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Unreachable {
    /// The data set.
    id: String,
    /// What happened and what to do.
    why: String,
}

/// How things stand.
pub(crate) fn health(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Health> {
    let now = call.now;
    let seen = call.app.engines.standing(&call.who)?.ok_or_else(Problem::counting)?;
    let (interrupted, calendar) = call.engine(|engine| {
        Ok((engine.is_interrupted()?, engine.register.controller.calendar.clone()))
    })?;
    let (findings, plans, sweeps) =
        call.state(|s| Ok((s.open_findings()?, s.plans(100)?, s.sweeps(1)?)))?;
    let sum = call.state(|state| Ok(standing_of_open(state, &calendar, now)))?;
    let sum = sum.map_err(Problem::from)?;
    let plan = &seen.what.plan;
    let datasets: Vec<Late> = plan
        .items
        .iter()
        .map(|i| Late {
            id: i.dataset.clone(),
            due: i.due,
            oldest: i.oldest.filter(|_| i.due > 0),
            late_seconds: i.late(now).seconds(),
        })
        .collect();
    let unreachable: Vec<Unreachable> = plan
        .problems
        .iter()
        .map(|p| Unreachable { id: p.dataset.clone(), why: p.text.clone() })
        .collect();
    let unclear = plan.items.iter().filter_map(|i| i.counts).map(|c| c.unclear).sum();
    let good = plan.due() == 0
        && unclear == 0
        && unreachable.is_empty()
        && !interrupted
        && findings.is_empty()
        && sum.late == 0;
    Ok(Done::new(Health {
        at: now,
        counted_at: seen.at,
        good,
        interrupted,
        late_seconds: plan.late(now).seconds(),
        due: plan.due(),
        unclear,
        open_findings: findings.len() as u64,
        waiting_plans: plans.iter().filter(|p| super::plans::waits(p)).count() as u64,
        next_due: seen.what.next,
        last_sweep: sweeps.first().map(|s| s.started_at),
        cases: Cases {
            open: sum.open as u64,
            late: sum.late as u64,
            within_a_week: sum.soon as u64,
        },
        datasets,
        unreachable,
    }))
}

/// Which findings.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Also those that are settled.
    #[serde(default)]
    all: bool,
    /// Things on a page.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[schemars(length(min = 1, max = 400))]
    cursor: Option<String>,
}

/// Something that somebody must settle.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// Its number.
    id: i64,
    /// What kind, as a stable word.
    code: String,
    /// The data set.
    dataset: String,
    /// How many records.
    records: u64,
    /// What was found and what to do.
    detail: String,
    /// When it was first seen.
    first_seen: Timestamp,
    /// When it was last seen.
    last_seen: Timestamp,
    /// When it was settled.
    settled_at: Option<Timestamp>,
}

/// Findings.
pub(crate) fn findings(call: &mut Call<'_>, which: Which, _: Nothing) -> Answer<Page<Finding>> {
    let all = call.state(|s| if which.all { s.findings() } else { s.open_findings() })?;
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    let key = |f: &frist_state::Finding| format!("{:020}", f.id);
    page(call, &paging, all, true, key, |f| Finding {
        id: f.id,
        code: f.finding.code,
        dataset: f.finding.dataset,
        records: f.finding.count,
        detail: f.finding.detail,
        first_seen: f.first_seen,
        last_seen: f.last_seen,
        settled_at: f.settled_at,
    })
}
