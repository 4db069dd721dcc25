//! Today: what breaks first, in the order in which it does.

use askama::Template;
use frist_cases::request::{Line, overview_page, words};
use frist_state::case::{CaseFilter, CaseKind};
use frist_state::{HoldPage, ProposalStatus};
use frist_sweep::Late;
use frist_sweep::plan::{Item, Plan};
use jiff::Timestamp;

use super::first_steps::{Step, steps};
use super::frame::{Frame, Tile, page};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::routes::ROUTES;
use crate::text::texts;
use crate::text::today::today_texts;
use crate::words::finding;

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    f: Frame,
    date: String,
    counted: Option<String>,
    steps_heading: &'static str,
    done: &'static str,
    steps: Vec<Step>,
    tiles: Vec<Tile>,
    matters: Vec<Matter>,
    next: Option<String>,
    last: String,
    entries: String,
}

/// Cases, and holds, that are shown one by one.
const SHOWN: usize = 50;

/// Something that somebody should look at.
struct Matter {
    /// When it broke or will break; none for what only waits.
    at: Option<Timestamp>,
    chip: &'static str,
    class: &'static str,
    what: String,
    why: String,
    href: Option<String>,
}

/// For how long something has been due, in words.
fn span(f: &Frame, late: Late) -> String {
    match late {
        Late::No => "–".to_owned(),
        Late::Seconds(n) => f.span(n),
        Late::Ever => f.t.ever.to_owned(),
    }
}

/// The page.
pub(super) fn today(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = texts(ctx.lang);
    let mut f = Frame::new(ctx, t.today, "/");
    let seen = ctx.app.engines.standing(ctx.name())?;
    let counted = f.counted(ctx, seen.as_ref(), false);
    let plan = seen.as_ref().map(|seen| &seen.what.plan);
    let items = || plan.iter().flat_map(|plan| &plan.items);
    let now = ctx.now;
    let lang = ctx.lang;
    let (interrupted, titles) = ctx.engine(|engine| {
        let title = |d: &frist_register::DataSet| (d.id.value.clone(), title(d, lang));
        let titles: std::collections::BTreeMap<_, _> =
            engine.register.datasets.iter().map(title).collect();
        Ok((engine.is_interrupted()?, titles))
    })?;
    let (findings, plans, sweeps, size) = ctx.state(|state| {
        Ok((state.open_findings()?, state.plans(100)?, state.sweeps(1)?, state.size()?))
    })?;
    let named = |id: &str| titles.get(id).cloned().unwrap_or_else(|| id.to_owned());
    // Only those who may read the data set's page are sent there.
    let there = |id: &str| ctx.offers(Action::SeeDatasets).then(|| format!("/datasets/{id}"));
    let mut matters = Vec::new();
    let mut add = |at, chip, class, what, why, href| {
        matters.push(Matter { at, chip, class, what, why, href });
    };
    if interrupted {
        let why = t.interrupted_why.to_owned();
        // Before everything else: until it is finished, nothing more is erased.
        let first = Some(Timestamp::MIN);
        add(
            first,
            t.chip_stopped,
            "late",
            t.interrupted.to_owned(),
            why,
            Some("/sweeps".to_owned()),
        );
    }
    for p in plan.iter().flat_map(|plan| &plan.problems) {
        add(
            seen.as_ref().map(|seen| seen.at),
            t.chip_unreachable,
            "late",
            named(&p.dataset),
            p.text.clone(),
            there(&p.dataset),
        );
    }
    let mut due: Vec<&Item> = items().filter(|i| i.due > 0).collect();
    due.sort_by_key(|i| std::cmp::Reverse(i.late(now)));
    for i in &due {
        let why = format!("{} {} {}.", f.records(i.due), t.overdue_why, span(&f, i.late(now)));
        // That nobody can say since when is worse than any time.
        let at = if i.ever { Some(Timestamp::MIN) } else { i.oldest };
        add(at, t.chip_late, "late", named(&i.dataset), why, there(&i.dataset));
    }
    for found in &findings {
        let x = &found.finding;
        // What is unclear now is said below; what the last sweep found unclear is the same.
        let now_unclear = |i: &Item| i.dataset == x.dataset && i.counts.is_some();
        if x.code == "unclear" && items().any(now_unclear) {
            continue;
        }
        let since = f.when(found.first_seen);
        let why = format!("{} · {} {since}: {}", f.records(x.count), t.since, finding(x, lang));
        let what = named(&x.dataset);
        add(None, t.chip_finding, "warn", what, why, there(&x.dataset));
    }
    let waiting: Vec<_> = plans.iter().filter(|p| super::sweeps::waits(p)).collect();
    let may_see = ctx.offers(Action::SeeSweeps);
    for p in &waiting {
        let why = format!("{} {}.", t.waits_why, f.when(p.plan.created_at));
        let href = may_see.then(|| format!("/sweeps/{}", p.plan.id));
        add(None, t.chip_waits, "warn", format!("{} {}", t.plan, p.plan.id), why, href);
    }
    // That a hold exists is not for everybody to see.
    let d = today_texts(lang);
    if ctx.could(Action::SeeHolds, &ctx.knows(None)) {
        let late = HoldPage {
            active_at: Some(now),
            review_by: Some(now),
            datasets: None,
            who: ctx.name(),
            newest_first: false,
            after: None,
            limit: SHOWN,
        };
        let (holds, _) = ctx.state(|state| state.hold_page(&late))?;
        let more = holds.len() > SHOWN;
        for h in holds.into_iter().take(SHOWN) {
            if let Some(review) = h.hold.review_at {
                let why = format!("{} {}.", t.hold_why, f.when(review));
                add(Some(review), t.chip_hold, "late", h.hold.id, why, Some("/holds".to_owned()));
            }
        }
        if more {
            let there = Some("/holds".to_owned());
            add(None, t.chip_hold, "late", t.holds.to_owned(), d.more.to_owned(), there);
        }
    }
    for i in items() {
        let Some(counts) = i.counts else { continue };
        if counts.unclear > 0 {
            let why = format!("{} {}.", f.records(counts.unclear), t.unclear_why);
            add(None, t.chip_unclear, "warn", named(&i.dataset), why, there(&i.dataset));
        }
    }
    for i in items() {
        let Some(counts) = i.counts else { continue };
        if counts.review > 0 {
            let why = format!("{} {}.", f.records(counts.review), t.review_why);
            let href = page_of("/reviews").or_else(|| there(&i.dataset));
            add(None, t.chip_review, "info", named(&i.dataset), why, href);
        }
    }
    matters.extend(cases(ctx, &f)?);
    matters.extend(register(ctx)?);
    // What is broken, the longest first; then what will break, the soonest first; then what waits.
    let rank = |m: &Matter| match (m.at, m.class) {
        (Some(_), "late") => 0,
        (Some(_), _) => 1,
        (None, _) => 2,
    };
    matters.sort_by_key(|m| (rank(m), m.at));
    let last = sweeps.first().map_or_else(|| t.none_yet.to_owned(), |s| f.when(s.started_at));
    let steps = match sweeps.is_empty() {
        true => steps(ctx, titles.len(), &plans)?,
        false => Vec::new(),
    };
    let tiles = plan.map_or_else(Vec::new, |plan| tiles(&f, plan, waiting.len(), now));
    let next = seen.as_ref().map(|seen| seen.what.next);
    page(&Today {
        date: f.date(now),
        counted,
        steps_heading: d.first_steps,
        done: d.step_done,
        steps,
        tiles,
        matters,
        next: next.map(|at| at.map_or_else(|| t.nothing_by_time.to_owned(), |at| f.when(at))),
        last,
        entries: format!("{} {}", f.n(&size), t.entries.to_lowercase()),
        f,
    })
}

/// A page, where there is one.
fn page_of(path: &str) -> Option<String> {
    ROUTES.iter().any(|r| r.path == path).then(|| path.to_owned())
}

/// Requests, inquiries and breaches with a deadline; for those who may see cases.
fn cases(ctx: &Ctx<'_>, f: &Frame) -> Result<Vec<Matter>, Refusal> {
    if !ctx.could(Action::SeeCases, &Facts::default()) {
        return Ok(Vec::new());
    }
    let (now, lang) = (ctx.now, ctx.lang);
    let t = today_texts(lang);
    let (mut lines, open) = ctx.engine(|engine| {
        let calendar = engine.register.controller.calendar.clone();
        let state = &mut engine.state;
        let open = CaseFilter { open: Some(true), ..CaseFilter::default() };
        let some = overview_page(state, &calendar, now, &open, 0, SHOWN as u32 + 1);
        let counts = state.count_cases(now, now)?;
        let some = some.map_err(|e| Trouble { message: e.to_string(), help: None })?;
        Ok((some, counts.iter().map(|c| c.open).sum::<u64>()))
    })?;
    let more = lines.len() > SHOWN;
    lines.truncate(SHOWN);
    let matter = |line: &Line| {
        let due = line.case.due?;
        let (what, chip) = match line.case.kind {
            CaseKind::Request => (t.request, t.chip_deadline),
            CaseKind::Inquiry => (t.inquiry, t.chip_deadline),
            CaseKind::Breach => (t.breach, t.chip_breach),
        };
        // Of the 72 hours each counts; of a month the days.
        let left = due.duration_since(now).as_secs();
        let words = match line.case.kind {
            CaseKind::Breach => {
                let word = if left < 0 { t.hours_late } else { t.hours_left };
                format!("{} {word}", f.span(left.unsigned_abs()))
            }
            _ => line.days_left.map_or_else(String::new, |days| words::days_left(days, lang)),
        };
        let href = page_of("/cases/{id}").map(|p| p.replace("{id}", &line.case.number));
        Some(Matter {
            at: Some(due),
            chip,
            class: match (line.late, line.urgent) {
                (true, _) => "late",
                (false, true) => "warn",
                (false, false) => "info",
            },
            what: format!("{what} {}", line.case.number),
            why: format!("{words} ({})", f.when(due)),
            href: href.or_else(|| page_of("/cases")),
        })
    };
    let mut matters: Vec<Matter> = lines.iter().filter_map(matter).collect();
    if more {
        // What breaks first is above; the list has them all.
        matters.push(Matter {
            at: None,
            chip: t.chip_deadline,
            class: "info",
            what: format!("{} {}", f.n(&open), t.open_cases),
            why: t.more.to_owned(),
            href: page_of("/cases"),
        });
    }
    Ok(matters)
}

/// What waits around the register: changes to approve, reviews that are late.
fn register(ctx: &Ctx<'_>) -> Result<Vec<Matter>, Refusal> {
    let t = today_texts(ctx.lang);
    let mut out = Vec::new();
    if ctx.offers(Action::ApproveRegister) {
        let me = ctx.name();
        for p in ctx.state(|state| state.proposals(100))? {
            if p.status == ProposalStatus::Proposed && p.new.maker != me {
                out.push(Matter {
                    at: None,
                    chip: t.chip_change,
                    class: "warn",
                    what: format!("{} {}", t.change_waits, p.id),
                    why: format!("{} {}: {}", t.change_why, p.new.maker, p.new.note),
                    href: Some(format!("/register/change/{}", p.id)),
                });
            }
        }
    }
    if ctx.offers(Action::SeeRegister) {
        let now = ctx.now;
        let (late, differs) = ctx.engine(|engine| {
            let looked = frist_cases::review::periodic(engine, now)
                .map_err(|e| Trouble { message: e.to_string(), help: None })?;
            let live = engine.state.live_revision()?;
            let own = engine.revision.to_string();
            let late = looked.iter().filter(|l| l.late > 0).count();
            Ok((late, live.is_some_and(|l| l.hash != own)))
        })?;
        if differs {
            out.push(Matter {
                at: None,
                chip: t.chip_change,
                class: "info",
                what: t.register_differs.to_owned(),
                why: t.register_differs_why.to_owned(),
                href: Some("/register".to_owned()),
            });
        }
        if late > 0 {
            out.push(Matter {
                at: None,
                chip: texts(ctx.lang).chip_review,
                class: "info",
                what: t.reviews_late.to_owned(),
                why: format!("{late} {}", t.reviews_late_why),
                href: page_of("/reviews"),
            });
        }
    }
    Ok(out)
}

fn tiles(f: &Frame, plan: &Plan, waiting: usize, now: jiff::Timestamp) -> Vec<Tile> {
    let t = f.t;
    let tile = |figure: String, label: &str, class| Tile { figure, label: label.to_owned(), class };
    let due = plan.due();
    let counts = plan.items.iter().filter_map(|i| i.counts);
    let unclear: u64 = counts.map(|c| c.unclear).sum();
    let class = |bad: bool, word| if bad { word } else { "ok" };
    vec![
        tile(span(f, plan.late(now)), t.tile_late, class(due > 0, "late")),
        tile(f.n(&due), t.tile_due, class(due > 0, "late")),
        tile(f.n(&unclear), t.tile_unclear, class(unclear > 0, "warn")),
        tile(f.n(&(waiting as u64)), t.tile_waiting, class(waiting > 0, "warn")),
    ]
}

/// What a data set is called.
pub(super) fn title(d: &frist_register::DataSet, lang: frist_register::Lang) -> String {
    let title = d.title.get(lang);
    if title.is_empty() { d.id.value.clone() } else { title.to_owned() }
}
