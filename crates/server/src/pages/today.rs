//! Today: what breaks first, in the order in which it does.

use askama::Template;
use frist_sweep::plan::Item;

use super::frame::{Frame, Tile, page};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::engines::{Seen, Standing};
use crate::text::texts;
use crate::words::finding;

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    f: Frame,
    date: String,
    counted: String,
    tiles: Vec<Tile>,
    matters: Vec<Matter>,
    next: String,
    last: String,
    entries: String,
}

/// Something that somebody should look at.
struct Matter {
    chip: &'static str,
    class: &'static str,
    what: String,
    why: String,
    href: Option<String>,
}

/// How long the oldest due record of a data set has been due, seconds.
fn late(item: &Item, now: jiff::Timestamp) -> u64 {
    let oldest = item.oldest.filter(|_| item.due > 0);
    oldest.map_or(0, |t| now.duration_since(t).as_secs().max(0).unsigned_abs())
}

/// The page.
pub(super) fn today(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = texts(ctx.lang);
    let f = Frame::new(ctx, t.today, "/");
    let seen = ctx.app.engines.standing(ctx.name())?;
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
    let mut add = |chip, class, what, why, href| {
        matters.push(Matter { chip, class, what, why, href });
    };
    if interrupted {
        let why = t.interrupted_why.to_owned();
        add(t.chip_stopped, "late", t.interrupted.to_owned(), why, Some("/sweeps".to_owned()));
    }
    for p in &seen.what.plan.problems {
        add(t.chip_unreachable, "late", named(&p.dataset), p.text.clone(), there(&p.dataset));
    }
    let mut due: Vec<&Item> = seen.what.plan.items.iter().filter(|i| i.due > 0).collect();
    due.sort_by_key(|i| std::cmp::Reverse(late(i, now)));
    for i in &due {
        let why = format!("{} {} {}.", f.records(i.due), t.overdue_why, f.span(late(i, now)));
        add(t.chip_late, "late", named(&i.dataset), why, there(&i.dataset));
    }
    for found in &findings {
        let x = &found.finding;
        // What is unclear now is said below; what the last sweep found unclear is the same.
        let now_unclear = |i: &Item| i.dataset == x.dataset && i.counts.is_some();
        if x.code == "unclear" && seen.what.plan.items.iter().any(now_unclear) {
            continue;
        }
        let since = f.when(found.first_seen);
        let why = format!("{} · {} {since}: {}", f.records(x.count), t.since, finding(x, lang));
        let what = named(&x.dataset);
        add(t.chip_finding, "warn", what, why, there(&x.dataset));
    }
    let waiting: Vec<_> = plans.iter().filter(|p| super::sweeps::waits(p)).collect();
    let may_see = ctx.offers(Action::SeeSweeps);
    for p in &waiting {
        let why = format!("{} {}.", t.waits_why, f.when(p.plan.created_at));
        let href = may_see.then(|| format!("/sweeps/{}", p.plan.id));
        add(t.chip_waits, "warn", format!("{} {}", t.plan, p.plan.id), why, href);
    }
    // That a hold exists is not for everybody to see.
    if ctx.could(Action::SeeHolds, &ctx.knows(None)) {
        for h in ctx.state(|state| state.holds(now))? {
            let mine = h.shows_to(ctx.name());
            if let Some(review) = h.hold.review_at.filter(|r| mine && *r <= now) {
                let why = format!("{} {}.", t.hold_why, f.when(review));
                add(t.chip_hold, "warn", h.hold.id, why, Some("/holds".to_owned()));
            }
        }
    }
    for i in &seen.what.plan.items {
        let Some(counts) = i.counts else { continue };
        if counts.unclear > 0 {
            let why = format!("{} {}.", f.records(counts.unclear), t.unclear_why);
            add(t.chip_unclear, "warn", named(&i.dataset), why, there(&i.dataset));
        }
    }
    for i in &seen.what.plan.items {
        let Some(counts) = i.counts else { continue };
        if counts.review > 0 {
            let why = format!("{} {}.", f.records(counts.review), t.review_why);
            add(t.chip_review, "info", named(&i.dataset), why, there(&i.dataset));
        }
    }
    let last = sweeps.first().map_or_else(|| t.none_yet.to_owned(), |s| f.when(s.started_at));
    let tiles = tiles(&f, &seen, waiting.len(), now);
    page(&Today {
        date: f.date(now),
        counted: f.time(seen.at),
        tiles,
        matters,
        next: seen.what.next.map_or_else(|| t.nothing_by_time.to_owned(), |at| f.when(at)),
        last,
        entries: format!("{} {}", f.n(&size), t.entries.to_lowercase()),
        f,
    })
}

fn tiles(f: &Frame, seen: &Seen<Standing>, waiting: usize, now: jiff::Timestamp) -> Vec<Tile> {
    let t = f.t;
    let tile = |figure: String, label: &str, class| Tile { figure, label: label.to_owned(), class };
    let due = seen.what.plan.due();
    let longest = seen.what.plan.items.iter().map(|i| late(i, now)).max().unwrap_or(0);
    let counts = seen.what.plan.items.iter().filter_map(|i| i.counts);
    let unclear: u64 = counts.map(|c| c.unclear).sum();
    let class = |bad: bool, word| if bad { word } else { "ok" };
    vec![
        tile(
            if due > 0 { f.span(longest) } else { "–".into() },
            t.tile_late,
            class(due > 0, "late"),
        ),
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
