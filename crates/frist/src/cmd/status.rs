//! `frist status`: what is due, late, held and unclear, and when something next becomes due.

use frist_register::Lang;
use frist_state::PlanStatus;
use frist_sweep::Late;
use frist_sweep::plan::Options;

use crate::cmd::case;
use crate::cmd::hold::overdue;
use crate::cmd::plan::{examine, print};
use crate::cmd::review::tell;
use crate::error::{Exit, Outcome};
use crate::output::{
    BOLD, DIM, GREEN, RED, YELLOW, count, counted, day, duration, json, records, say,
};
use crate::place::{Place, now};

/// Shows how things stand.
pub fn status(place: &Place, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let options = Options::default();
    let plan = examine(&mut engine, &options)?;
    let t = now();
    let next = engine.next_due(&options, t)?;
    let holds = engine.state.holds(t)?;
    let findings = engine.state.open_findings()?;
    let open = engine.state.open_batches()?.len();
    let interrupted = engine.is_interrupted()?;
    let blocked: u64 = plan.items.iter().map(|i| i.blocked).sum();
    let sweeps = engine.state.sweeps(1)?;
    let size = engine.state.size()?;
    let looked = frist_cases::review::periodic(&mut engine, t)?;
    let unassessed = looked.iter().filter(|l| l.unassessed).count() as u64;
    let unreviewed = looked.iter().filter(|l| l.late > 0).count() as u64;
    let review: u64 = plan.items.iter().filter_map(|i| i.counts).map(|c| c.review).sum();
    let looked_for = holds.iter().filter(|h| overdue(h, t)).count() as u64;
    let leaving = holds.iter().filter_map(|h| h.released_at.and(h.over_at())).min();
    let waiting: Vec<_> = engine
        .state
        .plans(50)?
        .into_iter()
        .filter(|p| p.status == PlanStatus::Proposed && p.plan.needs_approval.is_some())
        .collect();
    let late = plan.late(t);
    let calendar = engine.register.controller.calendar.clone();
    let (cases, cases_late) = case::brief(&mut engine.state, &calendar, t, lang)?;
    if as_json {
        json(&serde_json::json!({
            "at": t, "datasets": plan.items, "problems": plan.problems,
            "due": plan.due(), "latest_by_seconds": late.seconds().filter(|_| late != Late::No), "next_due": next,
            "reviews_waiting": review, "reviews_late": unreviewed, "without_assessment": unassessed,
            "holds_to_review": looked_for, "next_hold_to_end": leaving,
            "cases": case::brief_json(&mut engine.state, &calendar, t)?,
            "holds": holds.len(), "open_batches": open, "interrupted": interrupted, "ledger_entries": size,
            "findings": findings.iter().map(|f| serde_json::json!({"code": f.finding.code, "dataset": f.finding.dataset, "count": f.finding.count, "detail": f.finding.detail, "first_seen": f.first_seen})).collect::<Vec<_>>(),
            "waiting_plans": waiting.iter().map(|p| &p.plan.id).collect::<Vec<_>>(),
        }))?;
    } else {
        print(&plan, &zone);
        say!("");
        match late {
            Late::Seconds(late) => {
                say!("{RED}late{RED:#}: the longest overdue by {}", duration(late));
            }
            Late::Ever => {
                say!("{RED}late{RED:#}: nobody can say by how much, since no period ever kept it");
            }
            Late::No if blocked > 0 => say!(
                "{YELLOW}{} blocked{YELLOW:#}; nothing else is late",
                counted(blocked, "due record is", "due records are")
            ),
            Late::No => say!("{GREEN}nothing is late{GREEN:#}"),
        }
        match next {
            Some(at) => say!("next: something becomes due {}", day(at, &zone)),
            None => say!("next: nothing becomes due by time alone"),
        }
        match sweeps.first() {
            Some(s) => {
                say!("last sweep: {} ({}), {}", s.id.0, s.status.as_str(), day(s.started_at, &zone))
            }
            None => say!("last sweep: none yet"),
        }
        say!("holds: {}; ledger: {}", count(holds.len() as u64), counted(size, "entry", "entries"));
        if let Some(cases) = cases {
            say!("{cases}");
        }
        if looked_for > 0 {
            match lang {
                Lang::Da => say!(
                    "{YELLOW}{}{YELLOW:#} skulle have været set efter: `frist hold list`",
                    counted(looked_for, "tilbageholdelse", "tilbageholdelser")
                ),
                Lang::En => say!(
                    "{YELLOW}{}{YELLOW:#} should have been looked at again: `frist hold list`",
                    counted(looked_for, "hold", "holds")
                ),
            }
        }
        if let Some(at) = leaving {
            say!(
                "{}: {}",
                tell(
                    lang,
                    "en frigivet tilbageholdelse gælder til",
                    "a released hold still holds until"
                ),
                day(at, &zone)
            );
        }
        if review + unreviewed + unassessed > 0 {
            let (a, b, c) = (count(review), count(unreviewed), count(unassessed));
            match lang {
                Lang::Da => say!(
                    "gennemgang: {a} poster venter på svar; {b} datasæt og formål er ikke gennemgået til tiden; {c} datasæt uden vurdering (`frist review list`)"
                ),
                Lang::En => say!(
                    "review: {a} records wait for an answer; {b} data sets and purposes late; {c} data sets without an assessment (`frist review list`)"
                ),
            }
        }
        if interrupted || open > 0 {
            say!(
                "{RED}interrupted{RED:#}: a sweep lost its process, with {open} batch(es) open; finish it with `frist sweep --recover`"
            );
        }
        for p in &waiting {
            say!(
                "{YELLOW}waits for approval{YELLOW:#}: plan {}: {}",
                p.plan.id,
                p.plan.needs_approval.as_deref().unwrap_or_default()
            );
        }
        for f in &findings {
            let f_ = &f.finding;
            say!(
                "{YELLOW}{}{YELLOW:#}: {BOLD}{}{BOLD:#}, {}, since {}: {}",
                f_.code,
                f_.dataset,
                records(f_.count),
                day(f.first_seen, &zone),
                f_.detail
            );
        }
        say!("{DIM}Frist's own database: {}{DIM:#}", engine.state.place());
    }
    let settled = open == 0
        && !interrupted
        && blocked == 0
        && plan.problems.is_empty()
        && findings.is_empty()
        && plan.due() == 0
        && !cases_late;
    Ok(if settled { Exit::Done } else { Exit::Findings })
}
