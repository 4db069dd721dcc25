//! One plan: what goes and why, who approved it, how far it is, what came of it.

use std::collections::BTreeMap;

use askama::Template;
use frist_register::Lang;
use frist_state::PlanStatus;
use frist_sweep::guard::Trip;

use super::frame::{Frame, number, page};
use super::sweeps::{class, facts, kept, may_run, waits};
use super::today::title;
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::texts;
use crate::words::{finding, plan_status, rule};

/// Examples of each data set.
const EXAMPLES: usize = 5;

#[derive(Template)]
#[template(path = "sweep.html")]
struct One {
    f: Frame,
    id: String,
    status: &'static str,
    class: &'static str,
    by: String,
    made: String,
    due: u64,
    progress: Option<Progress>,
    failed: Option<String>,
    trips: Vec<String>,
    approvals: Vec<(String, String)>,
    offer_approve: bool,
    may_approve: bool,
    approve_path: String,
    may_run: bool,
    run_path: String,
    sure_run: String,
    problems: Vec<Problem>,
    outcome: Vec<OutcomeShown>,
    findings: Vec<(String, String)>,
    items: Vec<ItemShown>,
    may_sample: bool,
    sample_path: String,
}

struct Progress {
    label: String,
    done: u64,
    total: u64,
}

struct Problem {
    dataset: String,
    text: String,
}

struct OutcomeShown {
    id: String,
    title: String,
    complete: bool,
    done: u64,
    spared: u64,
    blocked: u64,
    median: String,
    most: String,
    entries: Vec<u64>,
}

struct ItemShown {
    id: String,
    title: String,
    due: u64,
    since: String,
    how: String,
    rule: String,
    citations: Vec<String>,
    sample: Vec<(String, String)>,
}

/// What the engine says of a plan.
struct Known {
    plan: frist_sweep::Plan,
    titles: BTreeMap<String, String>,
    rules: BTreeMap<String, String>,
    sample: BTreeMap<String, Vec<(String, Option<jiff::Timestamp>)>>,
}

/// The page; with examples when they are asked for, which shows data of data subjects.
pub(super) fn one(ctx: &mut Ctx<'_>, with_sample: bool) -> Result<Reply, Refusal> {
    let kept = kept(ctx)?;
    let (lang, id) = (ctx.lang, ctx.id.clone());
    let t = texts(lang);
    let body: frist_sweep::Plan =
        serde_json::from_str(&kept.plan.body).map_err(|_| Refusal::Broken)?;
    let due_sets: Vec<String> =
        body.items.iter().filter(|i| i.due > 0).map(|i| i.dataset.clone()).collect();
    let may_see = |ctx: &Ctx<'_>, d: &str| ctx.could(Action::SeeSample, &ctx.knows(Some(d)));
    let seen: Vec<String> = due_sets.iter().filter(|d| may_see(ctx, d)).cloned().collect();
    if with_sample {
        let first = seen.first().map(String::as_str);
        ctx.may(Action::SeeSample, &ctx.knows(first))?;
    }
    let asked = if with_sample { seen.clone() } else { Vec::new() };
    let known = ctx.engine(|engine| known(engine, &id, &asked, lang))?;
    let approvals = ctx.state(|state| state.approvals(&id))?;
    let job = ctx.app.engines.job(&id);
    let mut f = Frame::new(ctx, &format!("{} {id}", t.plan), "/sweeps");
    let (outcome, findings) = came_of(ctx, &f, &id, &known.titles)?;
    let running = job.as_ref().filter(|j| j.end.is_none());
    let progress = running.map(|job| Progress {
        label: match known.titles.get(&job.dataset) {
            Some(title) => format!("{} {title}", t.under_way),
            None => format!("{} {}", t.under_way, t.starting),
        },
        done: job.done,
        total: job.total.max(1),
    });
    if progress.is_some() {
        f.refresh = Some(2);
    }
    let failed = job.and_then(|j| j.end).and_then(Result::err).map(|e: Trouble| e.message);
    let plan = &known.plan;
    let waiting = waits(&kept);
    let items = plan.items.iter().filter(|i| i.due > 0).map(|i| ItemShown {
        id: i.dataset.clone(),
        title: known.titles.get(&i.dataset).cloned().unwrap_or_else(|| i.dataset.clone()),
        due: i.due,
        since: i.oldest.map_or_else(String::new, |t| f.when(t)),
        how: how(&i.disposition, lang).to_owned(),
        rule: match known.rules.get(&i.dataset) {
            Some(words) if !words.is_empty() => words.clone(),
            _ => i.rule.clone(),
        },
        citations: i.citations.clone(),
        sample: known.sample.get(&i.dataset).map_or_else(Vec::new, |some| {
            let since = |t: &Option<jiff::Timestamp>| t.map_or_else(String::new, |t| f.when(t));
            some.iter().map(|(key, t)| (key.clone(), since(t))).collect()
        }),
    });
    let records = f.records(plan.due());
    let open = matches!(kept.status, PlanStatus::Proposed | PlanStatus::Approved);
    page(&One {
        status: plan_status(kept.status, waiting, lang),
        class: class(&kept),
        by: kept.plan.proposed_by.clone(),
        made: f.when(kept.plan.created_at),
        due: plan.due(),
        trips: plan.trips.iter().map(|trip| trip_text(trip, &known.titles, lang)).collect(),
        approvals: approvals.into_iter().map(|a| (a.by, f.when(a.at))).collect(),
        offer_approve: waiting && ctx.offers(Action::ApproveSweep),
        may_approve: ctx.could(Action::ApproveSweep, &facts(ctx, &kept)),
        approve_path: format!("/sweeps/{id}/approve"),
        may_run: progress.is_none()
            && may_run(&kept)
            && ctx.could(Action::RunSweep, &facts(ctx, &kept)),
        run_path: format!("/sweeps/{id}/run"),
        sure_run: format!("{} {records} {}", t.sure_run_da, t.sure_run_end),
        problems: plan
            .problems
            .iter()
            .map(|p| Problem { dataset: p.dataset.clone(), text: p.text.clone() })
            .collect(),
        items: items.collect(),
        may_sample: !with_sample && open && !seen.is_empty(),
        sample_path: format!("/sweeps/{id}/sample"),
        progress,
        failed,
        outcome,
        findings,
        id,
        f,
    })
}

fn known(
    engine: &mut frist_sweep::Engine,
    id: &str,
    asked: &[String],
    lang: Lang,
) -> Result<Known, Trouble> {
    let (plan, _) = engine.plan(id)?;
    let titles = engine.register.datasets.iter();
    let titles: BTreeMap<_, _> = titles.map(|d| (d.id.value.clone(), title(d, lang))).collect();
    let mut rules = BTreeMap::new();
    for item in &plan.items {
        if let Some(d) = engine.register.dataset(&item.dataset) {
            rules.insert(item.dataset.clone(), rule(&engine.register, d, lang));
        }
    }
    let mut sample = BTreeMap::new();
    for dataset in asked {
        sample.insert(dataset.clone(), engine.sample(dataset, plan.as_of, EXAMPLES)?);
    }
    Ok(Known { plan, titles, rules, sample })
}

/// By data set; and what is still to be settled: (data set, what).
type CameOf = (Vec<OutcomeShown>, Vec<(String, String)>);

/// What came of a plan's sweep, and which entries of the ledger tell of it.
fn came_of(
    ctx: &Ctx<'_>,
    f: &Frame,
    plan: &str,
    titles: &BTreeMap<String, String>,
) -> Result<CameOf, Refusal> {
    let (swept, batches) = ctx.state(|state| {
        let sweeps = state.sweeps(1_000)?;
        let sweep = sweeps.into_iter().find(|s| s.plan.as_deref() == Some(plan));
        let Some(sweep) = sweep else { return Ok((Vec::new(), Vec::new())) };
        Ok((state.swept(sweep.id)?, state.batches(sweep.id)?))
    })?;
    let named = |id: &str| titles.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let shown = swept.iter().map(|s| {
        let id = s.counts.dataset.as_str();
        let mine = batches.iter().filter(|b| b.dataset == id);
        let mut entries: Vec<u64> = mine.filter_map(|b| b.leaf).collect();
        entries.sort_unstable();
        // Of many batches the first and the last are enough to find the others.
        if let [first, .., last] = entries[..] {
            entries = vec![first, last];
        }
        OutcomeShown {
            id: id.to_owned(),
            title: named(id),
            complete: s.complete,
            done: s.counts.done,
            spared: s.counts.spared,
            blocked: s.counts.blocked,
            median: f.span(s.late.p50),
            most: f.span(s.late.max),
            entries,
        }
    });
    let shown: Vec<_> =
        shown.filter(|o| o.done + o.spared + o.blocked > 0 || !o.complete).collect();
    if shown.is_empty() {
        return Ok((shown, Vec::new()));
    }
    let open = ctx.state(frist_state::State::open_findings)?;
    let mine = open
        .into_iter()
        .filter(|o| swept.iter().any(|s| s.counts.dataset.as_str() == o.finding.dataset));
    let findings =
        mine.map(|o| (named(&o.finding.dataset), finding(&o.finding, ctx.lang))).collect();
    Ok((shown, findings))
}

fn how(disposition: &str, lang: Lang) -> &'static str {
    match (disposition, lang) {
        ("anonymise", Lang::Da) => "anonymiseres",
        ("anonymise", Lang::En) => "anonymised",
        ("transfer", Lang::Da) => "overføres til arkiv og slettes",
        ("transfer", Lang::En) => "transferred to an archive and erased",
        (_, Lang::Da) => "slettes",
        (_, Lang::En) => "erased",
    }
}

/// Why approval is asked for.
pub(super) fn trip_text(trip: &Trip, titles: &BTreeMap<String, String>, lang: Lang) -> String {
    let (t, n) = (texts(lang), |n: u64| number(n, lang));
    let named = |id: &str| titles.get(id).cloned().unwrap_or_else(|| id.to_owned());
    match trip {
        Trip::TwoPersons { dataset } => format!("{} {}.", t.two_persons, named(dataset)),
        Trip::Misfit { dataset } => format!("{} {}", t.misfit, named(dataset)),
        Trip::Clock { days } => format!("{} {days}", t.clock_trip),
        Trip::Share { dataset, percent, limit } => {
            let (set, word) = (named(dataset), t.trip_limit);
            format!("{} {set}, {percent} % ({word} {limit} %)", t.share_trip)
        }
        Trip::Count { dataset, due, limit } => {
            let (set, word) = (named(dataset), t.trip_limit);
            format!("{} {set}, {} ({word} {})", t.count_trip, n(*due), n(*limit))
        }
        Trip::Unusual { dataset, due, usual } => {
            let (set, word) = (named(dataset), t.trip_usual);
            format!("{} {set}, {} ({word} {})", t.unusual_trip, n(*due), n(*usual))
        }
    }
}
