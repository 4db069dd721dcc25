//! Plans and sweeps: made, approved by another, carried out, looked at.

use frist_ledger::Id;
use frist_state::{Plan as Kept, PlanStatus, SweepStatus};
use frist_sweep::Plan;
use frist_sweep::guard::Trip;
use frist_sweep::plan::{Count, Options};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::{Answer, Call, Done, Nothing};
use crate::api::page::{Page, Paging, page};
use crate::api::problem::{Kind, Problem};

/// Plans and sweeps looked through, the newest.
const MOST: u32 = 10_000;

/// How far a plan has come.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Somebody else must approve it first.
    Waits,
    /// It may be carried out.
    Ready,
    /// It is being carried out.
    Running,
    /// It was carried out.
    Done,
    /// It is not carried out any more.
    Abandoned,
}

/// Whether a plan waits for somebody's approval.
pub(super) fn waits(plan: &Kept) -> bool {
    plan.status == PlanStatus::Proposed && plan.plan.needs_approval.is_some()
}

fn status(plan: &Kept) -> Status {
    match plan.status {
        PlanStatus::Proposed if waits(plan) => Status::Waits,
        PlanStatus::Proposed | PlanStatus::Approved => Status::Ready,
        PlanStatus::Running => Status::Running,
        PlanStatus::Done => Status::Done,
        PlanStatus::Abandoned => Status::Abandoned,
    }
}

/// A plan in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlanLine {
    /// Its id.
    id: String,
    /// How far it has come.
    status: Status,
    /// When it was made.
    made_at: Timestamp,
    /// By whom.
    made_by: String,
    /// Records that it disposes of.
    due: u64,
}

fn line(kept: &Kept) -> PlanLine {
    let due = serde_json::from_str::<Plan>(&kept.plan.body).map_or(0, |p| p.due());
    PlanLine {
        id: kept.plan.id.clone(),
        status: status(kept),
        made_at: kept.plan.created_at,
        made_by: kept.plan.proposed_by.clone(),
        due,
    }
}

/// The plans, the newest first.
pub(crate) fn list(call: &mut Call<'_>, paging: Paging, _: Nothing) -> Answer<Page<PlanLine>> {
    let all = call.state(|state| state.plans(MOST))?;
    let key = |p: &Kept| format!("{:020}/{}", p.plan.created_at.as_microsecond(), p.plan.id);
    page(call, &paging, all, true, key, |p| line(&p))
}

/// One data set of a plan.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Part {
    /// The data set.
    dataset: String,
    /// Records to dispose of.
    due: u64,
    /// Since when the oldest of them has been due.
    oldest: Option<Timestamp>,
    /// What happens to them: `erase`, `anonymise`, `transfer`.
    disposition: String,
    /// The rule in one line.
    rule: String,
    /// The paragraphs it rests on.
    citations: Vec<String>,
}

/// Who approved it, and when.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Approved {
    /// By whom.
    by: String,
    /// When.
    at: Timestamp,
}

/// A data set that could not be examined.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Unexamined {
    /// The data set.
    dataset: String,
    /// What happened and what to do.
    why: String,
}

/// A plan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub(crate) struct Shown {
    /// What a list shows of it.
    #[serde(flatten)]
    line: PlanLine,
    /// The instant that it decides for.
    as_of: Timestamp,
    /// The register's revision that it was made by.
    revision: String,
    /// Why somebody must approve it; empty when nobody must.
    needs: Vec<String>,
    /// Whether that must be another person than the one who made it.
    needs_other_person: bool,
    /// Who approved it.
    approvals: Vec<Approved>,
    /// Its data sets that have anything due.
    parts: Vec<Part>,
    /// Data sets that could not be examined.
    problems: Vec<Unexamined>,
}

fn kept(call: &Call<'_>) -> Result<Kept, Problem> {
    let id = call.name("plan");
    Id::new(id).map_err(|_| Problem::none())?;
    call.state(|state| state.plan(id))?.ok_or_else(Problem::none)
}

/// A plan's version: what changes about it is how far it has come.
fn version(kept: &Kept, approvals: usize) -> String {
    format!("{}-{approvals}", kept.status)
}

fn shown(call: &Call<'_>, kept: &Kept) -> Answer<Shown> {
    let id = kept.plan.id.as_str();
    let approvals = call.state(|state| state.approvals(id))?;
    let plan: Plan = serde_json::from_str(&kept.plan.body)
        .map_err(|_| Problem::new(Kind::Broken, "the plan that was kept cannot be read"))?;
    let version = version(kept, approvals.len());
    let parts = plan.items.into_iter().filter(|i| i.due > 0).map(|i| Part {
        dataset: i.dataset,
        due: i.due,
        oldest: i.oldest,
        disposition: i.disposition,
        rule: i.rule,
        citations: i.citations,
    });
    let problems = plan.problems.into_iter();
    Ok(Done::new(Shown {
        line: line(kept),
        as_of: plan.as_of,
        revision: plan.revision,
        needs: plan.trips.iter().map(Trip::text).collect(),
        needs_other_person: plan.trips.iter().any(Trip::needs_other_person),
        approvals: approvals.into_iter().map(|a| Approved { by: a.by, at: a.at }).collect(),
        parts: parts.collect(),
        problems: problems.map(|p| Unexamined { dataset: p.dataset, why: p.text }).collect(),
    })
    .version(version))
}

/// One plan.
pub(crate) fn one(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    let kept = kept(call)?;
    shown(call, &kept)
}

/// What to plan.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only these data sets; all, when none is said.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 128)))]
    datasets: Option<Vec<String>>,
}

/// What came of planning.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Planned {
    /// The plan; none when nothing is due.
    plan: Option<Shown>,
}

/// Makes a plan of what is due. When nothing is, none is made.
pub(crate) fn make(call: &mut Call<'_>, _: Nothing, want: Wanted) -> Answer<Planned> {
    let datasets = want.datasets.filter(|d| !d.is_empty());
    let options = Options { datasets, count: Count::AllOfSmall, ..Options::default() };
    let id = call.engine(|engine| {
        let plan = engine.examine(&options, &mut |_| {})?;
        if plan.due() == 0 && plan.problems.is_empty() {
            return Ok(None);
        }
        engine.propose(&plan, &mut |_| {})?;
        Ok(Some(plan.id))
    })?;
    call.app.engines.changed();
    let Some(id) = id else { return Ok(Done::new(Planned { plan: None }).status(200)) };
    call.about = Some(id.clone());
    let kept = call.state(|state| state.plan(&id))?.ok_or_else(Problem::none)?;
    let shown = shown(call, &kept)?;
    let version = shown.version.unwrap_or_default();
    let body = Planned { plan: Some(shown.body) };
    Ok(Done::new(body).at(format!("/plans/{id}")).version(version))
}

fn unchanged(call: &Call<'_>, kept: &Kept) -> Result<(), Problem> {
    let approvals = call.state(|state| state.approvals(&kept.plan.id))?;
    call.unless_changed(&version(kept, approvals.len()))
}

/// Approves a plan that another person made.
pub(crate) fn approve(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    let plan = kept(call)?;
    let facts = call.not_maker(&plan.plan.proposed_by)?;
    call.may(&facts)?;
    unchanged(call, &plan)?;
    let id = plan.plan.id.clone();
    call.engine(|engine| Ok(engine.approve(&id)?))?;
    let plan = kept(call)?;
    shown(call, &plan)
}

/// Carries a plan out, in the background.
pub(crate) fn run(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Progress> {
    let plan = kept(call)?;
    unchanged(call, &plan)?;
    let ready = match plan.status {
        PlanStatus::Approved => true,
        PlanStatus::Proposed => plan.plan.needs_approval.is_none(),
        PlanStatus::Running | PlanStatus::Done | PlanStatus::Abandoned => false,
    };
    if !ready {
        let why = match status(&plan) {
            Status::Waits => "somebody else must approve it first",
            Status::Running => "it is being carried out already",
            Status::Done => "it was carried out already; make a new one",
            Status::Ready | Status::Abandoned => "it is not carried out any more; make a new one",
        };
        return Err(Problem::new(Kind::Conflict, why));
    }
    let id = plan.plan.id.clone();
    call.app.engines.sweep(&call.who, &id, total(&plan))?;
    let progress = how_far(call, &plan)?;
    Ok(Done::new(progress).at(format!("/plans/{id}/progress")))
}

fn total(kept: &Kept) -> u64 {
    let plan = serde_json::from_str::<Plan>(&kept.plan.body);
    plan.map_or(0, |plan| plan.items.iter().map(|i| i.due + i.blocked).sum())
}

/// How far a plan's sweep is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Progress {
    /// The plan.
    plan: String,
    /// Whether it is being carried out.
    running: bool,
    /// Records gone so far.
    done: u64,
    /// Records planned, with those that go once others are gone.
    planned: u64,
    /// The sweep, once it has begun.
    sweep: Option<i64>,
    /// When it ended.
    ended_at: Option<Timestamp>,
    /// What stopped it, where this server carried it out.
    failed: Option<String>,
}

/// From what is kept, so that every server tells the same; what failed, only the one it failed on
/// knows.
fn how_far(call: &Call<'_>, kept: &Kept) -> Result<Progress, Problem> {
    let id = kept.plan.id.as_str();
    let (sweep, done) = call.state(|state| {
        let sweep = state.sweeps(MOST)?.into_iter().find(|s| s.plan.as_deref() == Some(id));
        let batches = match &sweep {
            Some(sweep) => state.batches(sweep.id)?,
            None => Vec::new(),
        };
        let done = batches.iter().filter_map(|b| b.outcome.as_ref()).map(|o| o.done).sum();
        Ok((sweep, done))
    })?;
    let job = call.app.engines.job(id);
    let here = job.as_ref().is_some_and(|j| j.end.is_none());
    let there = sweep.as_ref().is_some_and(|s| s.status == SweepStatus::Running);
    Ok(Progress {
        plan: id.to_owned(),
        running: here || there,
        done,
        planned: total(kept),
        sweep: sweep.as_ref().map(|s| s.id.0),
        ended_at: sweep.and_then(|s| s.ended_at),
        failed: job.and_then(|j| j.end).and_then(Result::err).map(|e| e.message),
    })
}

/// How far a plan's sweep is.
pub(crate) fn progress(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Progress> {
    let plan = kept(call)?;
    Ok(Done::new(how_far(call, &plan)?))
}

/// A sweep in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SweepLine {
    /// Its number.
    id: i64,
    /// The plan that it carried out.
    plan: Option<String>,
    /// The register's revision.
    revision: String,
    /// `running`, `finished` or `aborted`.
    status: String,
    /// When it began.
    started_at: Timestamp,
    /// When it ended.
    ended_at: Option<Timestamp>,
}

fn sweep_line(s: &frist_state::Sweep) -> SweepLine {
    SweepLine {
        id: s.id.0,
        plan: s.plan.clone(),
        revision: s.revision.clone(),
        status: s.status.to_string(),
        started_at: s.started_at,
        ended_at: s.ended_at,
    }
}

/// The sweeps, the newest first.
pub(crate) fn sweeps(call: &mut Call<'_>, paging: Paging, _: Nothing) -> Answer<Page<SweepLine>> {
    let all = call.state(|state| state.sweeps(MOST))?;
    page(call, &paging, all, true, |s| format!("{:020}", s.id.0), |s| sweep_line(&s))
}

/// What came of a data set in a sweep.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CameOf {
    /// The data set.
    dataset: String,
    /// Whether all that was due went.
    complete: bool,
    /// Records disposed of.
    done: u64,
    /// Records that were no longer due when it came to them.
    spared: u64,
    /// Records that others refer to.
    blocked: u64,
    /// How late the middle one was, in seconds.
    late_median_seconds: u64,
    /// How late the latest one was, in seconds.
    late_most_seconds: u64,
    /// The entries of the ledger that tell of it.
    entries: Vec<u64>,
}

/// A sweep.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Sweep {
    /// What a list shows of it.
    #[serde(flatten)]
    line: SweepLine,
    /// What came of each data set.
    datasets: Vec<CameOf>,
}

/// One sweep.
pub(crate) fn sweep(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Sweep> {
    let id = call.name("sweep").parse().map_err(|_| Problem::none())?;
    let id = frist_state::SweepId(id);
    let found = call.state(|state| {
        let Some(sweep) = state.sweep(id)? else { return Ok(None) };
        Ok(Some((sweep, state.swept(id)?, state.batches(id)?)))
    })?;
    let (sweep, swept, batches) = found.ok_or_else(Problem::none)?;
    let came = swept.iter().map(|s| {
        let dataset = s.counts.dataset.as_str();
        let mine = batches.iter().filter(|b| b.dataset == dataset);
        let mut entries: Vec<u64> = mine.filter_map(|b| b.leaf).collect();
        entries.sort_unstable();
        CameOf {
            dataset: dataset.to_owned(),
            complete: s.complete,
            done: s.counts.done,
            spared: s.counts.spared,
            blocked: s.counts.blocked,
            late_median_seconds: s.late.p50,
            late_most_seconds: s.late.max,
            entries,
        }
    });
    Ok(Done::new(Sweep { line: sweep_line(&sweep), datasets: came.collect() }))
}
