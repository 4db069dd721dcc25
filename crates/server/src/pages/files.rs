//! The style sheet, the icon, health and figures.

use std::fmt::Write as _;

use crate::ctx::{Ctx, Refusal, Reply};

/// Whether the server can do its work: Frist's own database answers.
pub(super) fn health(ctx: &Ctx<'_>) -> Reply {
    let alive = ctx.state(frist_state::State::size).is_ok();
    let mut reply = Reply::of("text/plain; charset=utf-8", b"ok\n".to_vec());
    if !alive {
        reply.status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        reply.body = b"the database does not answer\n".to_vec();
    }
    reply
}

pub(super) fn style() -> Reply {
    Reply::of("text/css; charset=utf-8", include_bytes!("../../assets/frist.css").to_vec())
}

pub(super) fn icon() -> Reply {
    Reply::of("image/svg+xml", include_bytes!("../../assets/frist.svg").to_vec())
}

/// Figures in Prometheus' text form.
pub(super) fn metrics(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let seen = ctx.app.engines.standing(ctx.name())?;
    let now = ctx.now;
    let (findings, plans, size) =
        ctx.state(|state| Ok((state.open_findings()?, state.plans(100)?, state.size()?)))?;
    let holds = ctx.state(|state| state.holds(now))?;
    let mut out = String::new();
    let mut figure = |name: &str, help: &str, rows: &[(String, u64)]| {
        let _ = writeln!(out, "# HELP frist_{name} {help}\n# TYPE frist_{name} gauge");
        for (labels, n) in rows {
            let _ = writeln!(out, "frist_{name}{labels} {n}");
        }
    };
    // Ids of data sets have no sign that would need escaping here.
    let each = |of: &dyn Fn(&frist_sweep::plan::Item) -> u64| -> Vec<(String, u64)> {
        let items = seen.what.plan.items.iter();
        items.map(|i| (format!("{{dataset=\"{}\"}}", i.dataset), of(i))).collect()
    };
    figure("due_records", "Records due now.", &each(&|i| i.due));
    figure("blocked_records", "Due records that others refer to.", &each(&|i| i.blocked));
    let late = |i: &frist_sweep::plan::Item| {
        i.oldest
            .filter(|_| i.due > 0)
            .map_or(0, |t| now.duration_since(t).as_secs().max(0).unsigned_abs())
    };
    figure("late_seconds", "For how long the oldest due record has been due.", &each(&late));
    figure(
        "unreachable",
        "Data sets that could not be counted.",
        &[(String::new(), seen.what.plan.problems.len() as u64)],
    );
    figure(
        "open_findings",
        "Findings that somebody must settle.",
        &[(String::new(), findings.len() as u64)],
    );
    let waiting = plans.iter().filter(|p| super::sweeps::waits(p)).count() as u64;
    figure("waiting_plans", "Plans that wait for approval.", &[(String::new(), waiting)]);
    figure("holds", "Holds in force.", &[(String::new(), holds.len() as u64)]);
    figure("ledger_entries", "Entries of the ledger.", &[(String::new(), size)]);
    Ok(Reply::of("text/plain; version=0.0.4; charset=utf-8", out.into_bytes()))
}
