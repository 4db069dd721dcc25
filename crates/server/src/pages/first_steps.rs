//! The first steps, on the first page until something was swept: who must be there, what must be
//! connected, what is planned and carried out, and which of it is done.

use frist_state::Plan;

use crate::access::{Action, Role};
use crate::ctx::{Ctx, Refusal};
use crate::people::roles;
use crate::text::today::today_texts;

/// One step.
pub(super) struct Step {
    pub(super) done: bool,
    pub(super) what: &'static str,
    pub(super) why: &'static str,
    /// The page where it is done, for those who may do it.
    pub(super) href: Option<&'static str>,
}

/// The steps, for those who can take one of them; `sets` is how many data sets the register has.
pub(super) fn steps(ctx: &Ctx<'_>, sets: usize, plans: &[Plan]) -> Result<Vec<Step>, Refusal> {
    use Action::{EditRegister, ManageAccounts, PlanSweep, RunSweep};
    if ![ManageAccounts, EditRegister, PlanSweep, RunSweep].iter().any(|a| ctx.offers(*a)) {
        return Ok(Vec::new());
    }
    let t = today_texts(ctx.lang);
    let accounts = ctx.state(frist_state::State::accounts)?;
    let open = || accounts.iter().filter(|a| a.disabled_at.is_none()).map(roles);
    let officers = open().filter(|r| r.contains(&Role::Dpo)).count();
    let makers = open().filter(|r| r.contains(&Role::Dpo) || r.contains(&Role::Engineer)).count();
    let step = |done: bool, (what, why), (action, href)| Step {
        done,
        what,
        why,
        href: Some(href).filter(|_| !done && ctx.offers(action)),
    };
    let accounts_made = officers > 0 && makers > 1;
    Ok(vec![
        step(accounts_made, (t.step_people, t.step_people_why), (ManageAccounts, "/people")),
        step(sets > 0, (t.step_store, t.step_store_why), (EditRegister, "/stores/connect")),
        step(!plans.is_empty(), (t.step_plan, t.step_plan_why), (PlanSweep, "/sweeps")),
        step(false, (t.step_run, t.step_run_why), (RunSweep, "/sweeps")),
    ])
}
