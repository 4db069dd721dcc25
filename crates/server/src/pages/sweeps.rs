//! Plans: made, approved by another person, carried out.

use askama::Template;
use frist_ledger::Id;
use frist_state::{Plan, PlanStatus};
use frist_sweep::plan::{Count, Options};

use super::frame::{Frame, page};
use crate::access::{Action, Condition, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::texts;
use crate::words::plan_status;

/// Plans shown.
const SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "sweeps.html")]
struct List {
    f: Frame,
    may_plan: bool,
    plans: Vec<Row>,
}

struct Row {
    id: String,
    made: String,
    by: String,
    due: u64,
    status: &'static str,
    class: &'static str,
}

/// Whether a plan waits for somebody's approval.
pub(super) fn waits(plan: &Plan) -> bool {
    plan.status == PlanStatus::Proposed && plan.plan.needs_approval.is_some()
}

/// How a status is coloured.
pub(super) fn class(plan: &Plan) -> &'static str {
    match plan.status {
        PlanStatus::Proposed if waits(plan) => "warn",
        PlanStatus::Proposed | PlanStatus::Approved | PlanStatus::Running => "info",
        PlanStatus::Done => "ok",
        PlanStatus::Abandoned => "",
    }
}

/// The newest plans.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let f = Frame::new(ctx, texts(ctx.lang).sweeps, "/sweeps");
    let plans = ctx.state(|state| state.plans(SHOWN))?;
    let rows = plans.iter().map(|p| Row {
        id: p.plan.id.clone(),
        made: f.when(p.plan.created_at),
        by: p.plan.proposed_by.clone(),
        due: serde_json::from_str::<frist_sweep::Plan>(&p.plan.body).map_or(0, |plan| plan.due()),
        status: plan_status(p.status, waits(p), ctx.lang),
        class: class(p),
    });
    page(&List {
        plans: rows.collect(),
        may_plan: ctx.could(Action::PlanSweep, &Facts::default()),
        f,
    })
}

/// Makes a plan of all that is due.
pub(super) fn plan(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let options = Options { count: Count::AllOfSmall, ..Options::default() };
    let made = ctx.engine(|engine| {
        let plan = engine.examine(&options, &mut |_| {})?;
        if plan.due() == 0 && plan.problems.is_empty() {
            return Ok(None);
        }
        engine.propose(&plan, &mut |_| {})?;
        Ok(Some(plan.id))
    })?;
    let Some(id) = made else { return Ok(Reply::to("/sweeps?done=nothing")) };
    ctx.app.engines.changed();
    ctx.about = Some(id.clone());
    Ok(Reply::to(&format!("/sweeps/{id}")))
}

/// A kept plan; not found when there is none of this id.
pub(super) fn kept(ctx: &Ctx<'_>) -> Result<Plan, Refusal> {
    // What cannot be an id is not asked for.
    Id::new(ctx.id.as_str()).map_err(|_| Refusal::NotFound)?;
    ctx.state(|state| state.plan(&ctx.id))?.ok_or(Refusal::NotFound)
}

/// What holds of a plan for the one who looks at it.
pub(super) fn facts(ctx: &Ctx<'_>, plan: &Plan) -> Facts {
    // A token's plan is not approved by whoever has the token.
    let maker = plan.plan.proposed_by.as_str();
    let other = ctx.state(|state| crate::tokens::other_hand(state, ctx.name(), maker));
    Facts::default().with(Condition::NotMaker, other.unwrap_or(false))
}

/// Approves a plan that another person made.
pub(super) fn approve(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let plan = kept(ctx)?;
    ctx.may(Action::ApproveSweep, &facts(ctx, &plan))?;
    sure(ctx)?;
    let id = ctx.id.clone();
    ctx.engine(|engine| Ok(engine.approve(&id)?))?;
    Ok(Reply::to(&format!("/sweeps/{id}?done=approved")))
}

/// Carries a plan out, in the background.
pub(super) fn run(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let plan = kept(ctx)?;
    sure(ctx)?;
    let id = ctx.id.clone();
    if !may_run(&plan) {
        let t = texts(ctx.lang);
        return Err(Refusal::Unclear(format!(
            "{} {id}: {}",
            t.plan,
            plan_status(plan.status, waits(&plan), ctx.lang)
        )));
    }
    let total = serde_json::from_str::<frist_sweep::Plan>(&plan.plan.body)
        .map_or(0, |plan| plan.items.iter().map(|i| i.due + i.blocked).sum());
    ctx.app.engines.sweep(ctx.name(), &id, total)?;
    Ok(Reply::to(&format!("/sweeps/{id}?done=started")))
}

/// Whether a plan is ready; the engine looks again, and more closely.
pub(super) fn may_run(plan: &Plan) -> bool {
    match plan.status {
        PlanStatus::Approved => true,
        PlanStatus::Proposed => plan.plan.needs_approval.is_none(),
        PlanStatus::Running | PlanStatus::Done | PlanStatus::Abandoned => false,
    }
}

/// Whether the person has said to be sure.
pub(super) fn sure(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    match ctx.field("sure") {
        "yes" => Ok(()),
        _ => Err(Refusal::Unclear(texts(ctx.lang).tick_sure.to_owned())),
    }
}
