//! Data sets, one data set with its rule in plain words, one record explained, and receipts.

use askama::Template;
use frist_decide::rules::{Force, Ground, Maximum, Piece};
use frist_decide::{Outcome, RuleSet, explain};
use frist_documents::Source;
use frist_law::LawBook;
use frist_ledger::Tiles;
use frist_register::{Lang, Register};
use frist_sweep::Error;
use frist_sweep::plan::{Counts, Item};

use super::frame::{Frame, Tile, page};
use super::today::title;
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::{Texts, texts};
use crate::words::outcome;

#[derive(Template)]
#[template(path = "datasets.html")]
struct List {
    f: Frame,
    counted: Option<String>,
    problems: Vec<Problem>,
    rows: Vec<Row>,
}

struct Problem {
    dataset: String,
    text: String,
}

struct Row {
    id: String,
    title: String,
    place: String,
    due: Option<u64>,
    since: String,
    blocked: u64,
    counts: Option<Counts>,
}

/// All data sets.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let lang = ctx.lang;
    let mut f = Frame::new(ctx, texts(lang).datasets, "/datasets");
    let seen = ctx.app.engines.standing(ctx.name())?;
    let counted = f.counted(ctx, seen.as_ref(), false);
    let plan = seen.as_ref().map(|seen| &seen.what.plan);
    let titles: Vec<(String, String, String)> = ctx.engine(|engine| {
        let row = |d: &frist_register::DataSet| {
            let place = format!("{}/{}", d.store.value, d.collection.value);
            (d.id.value.clone(), title(d, lang), place)
        };
        Ok(engine.register.datasets.iter().map(row).collect())
    })?;
    let rows = titles.iter().filter_map(|(id, title, place)| {
        let item = plan.map(|plan| plan.items.iter().find(|i| i.dataset == *id));
        // One that could not be counted is told above.
        let item = match item {
            Some(item) => Some(item?),
            None => None,
        };
        let oldest = item.and_then(|i| i.oldest.filter(|_| i.due > 0));
        Some(Row {
            id: id.clone(),
            title: title.clone(),
            place: place.clone(),
            due: item.map(|i| i.due),
            since: oldest.map_or_else(String::new, |t| f.when(t)),
            blocked: item.map_or(0, |i| i.blocked),
            counts: item.and_then(|i| i.counts),
        })
    });
    let problems = plan.iter().flat_map(|plan| &plan.problems);
    page(&List {
        counted,
        rows: rows.collect(),
        problems: problems
            .map(|p| Problem { dataset: p.dataset.clone(), text: p.text.clone() })
            .collect(),
        f,
    })
}

#[derive(Template)]
#[template(path = "dataset.html")]
struct One {
    f: Frame,
    id: String,
    title: String,
    place: String,
    activity: String,
    disposition: String,
    problem: Option<String>,
    tiles: Vec<Tile>,
    counted: String,
    next: String,
    grounds: Vec<GroundShown>,
    justification: Option<String>,
    may_look: bool,
    may_receipt: bool,
    record_path: String,
    receipt_path: String,
    key: String,
}

struct GroundShown {
    chip: &'static str,
    class: &'static str,
    title: String,
    text: String,
    extras: Vec<String>,
    citations: Vec<String>,
}

/// What the engine knows of a data set.
struct Known {
    title: String,
    place: String,
    activity: String,
    disposition: String,
    grounds: Vec<GroundShown>,
    justification: Option<String>,
}

/// One data set.
pub(super) fn one(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    shown(ctx, None, "")
}

fn shown(ctx: &mut Ctx<'_>, wrong: Option<&str>, key: &str) -> Result<Reply, Refusal> {
    let (id, lang) = (ctx.id.clone(), ctx.lang);
    let t = texts(lang);
    if ctx.engine(|engine| Ok(engine.register.dataset(&id).is_none()))? {
        return Err(Refusal::NotFound);
    }
    // A large collection is counted for its own page only.
    let seen = ctx.app.engines.counted(ctx.name(), &id)?;
    let known = ctx.engine(|engine| {
        let Some(d) = engine.register.dataset(&id).cloned() else { return Ok(None) };
        let rules = RuleSet::resolve(&engine.register, engine.book, &d)
            .map_err(|e| Trouble { message: e.to_string(), help: None })?;
        let activity = engine.register.activity(&d.activity);
        Ok(Some(Known {
            title: title(&d, lang),
            place: format!("{}/{}", d.store.value, d.collection.value),
            activity: activity.map_or_else(String::new, |a| a.title.get(lang).to_owned()),
            disposition: format!("{} {}", t.when_up, explain::disposition(&d.then.value).get(lang)),
            grounds: grounds(&engine.register, &d, &rules, lang),
            justification: d.justification.as_ref().map(|j| j.get(lang).to_owned()),
        }))
    })?;
    let known = known.ok_or(Refusal::NotFound)?;
    let mut f = Frame::new(ctx, &known.title, "/datasets").wrong(wrong.map(str::to_owned));
    let counted = f.counted(ctx, seen.as_ref(), true).unwrap_or_default();
    let (item, next) = match &seen {
        Some(seen) => (Some(&seen.what.item), seen.what.next),
        None => (None, None),
    };
    let tiles = item.and_then(|item| item.as_ref().ok()).map(|item| tiles(&f, item));
    let facts = ctx.knows(Some(&id));
    page(&One {
        record_path: format!("/datasets/{id}/record"),
        receipt_path: format!("/datasets/{id}/receipt"),
        may_look: ctx.could(Action::SeeRecord, &facts),
        may_receipt: ctx.could(Action::GetReceipt, &facts),
        title: known.title,
        place: known.place,
        activity: known.activity,
        disposition: known.disposition,
        problem: item.and_then(|item| item.clone().err()),
        tiles: tiles.unwrap_or_default(),
        counted,
        next: next.map_or_else(|| t.nothing_by_time.to_owned(), |at| f.when(at)),
        grounds: known.grounds,
        justification: known.justification.filter(|j| !j.is_empty()),
        key: key.to_owned(),
        id,
        f,
    })
}

fn tiles(f: &Frame, item: &Item) -> Vec<Tile> {
    let t = f.t;
    let c = item.counts.unwrap_or_default();
    let rows = [
        (item.due, t.due, if item.due > 0 { "late" } else { "ok" }),
        (item.blocked, t.blocked, ""),
        (c.held, t.held, ""),
        (c.unclear, t.unclear, if c.unclear > 0 { "warn" } else { "" }),
        (c.restrict, t.restricted, ""),
        (c.review, t.review, ""),
        (c.keep, t.kept, ""),
        (c.done, t.done, ""),
    ];
    let always = |label: &str| label == t.due || label == t.kept || label == t.unclear;
    rows.into_iter()
        .filter(|(n, label, _)| *n > 0 || always(label))
        .map(|(n, label, class)| Tile { figure: f.n(&n), label: label.to_owned(), class })
        .collect()
}

/// The rule in plain words, a ground at a time.
fn grounds(
    register: &Register,
    dataset: &frist_register::DataSet,
    rules: &RuleSet,
    lang: Lang,
) -> Vec<GroundShown> {
    let t = texts(lang);
    // What the register calls a fact, else its field.
    let fact = |ix: usize| {
        let name = &rules.facts[ix].name;
        let title = dataset.facts.get(name).map_or("", |f| f.title.get(lang));
        if title.is_empty() { name.clone() } else { title.to_owned() }
    };
    // The same words as in the notices and the deletion schedule.
    let source = Source { register, book: LawBook::embedded(), revision: "", lang, date: None };
    let words = frist_documents::words::rule(&source, dataset);
    let words = words.map_or_else(|_| Vec::new(), |words| words.grounds);
    let said = |n: usize| words.get(n).map(|g| g.words.clone()).filter(|w| !w.is_empty());
    let keep = rules.grounds.iter().enumerate().map(|(n, g)| {
        let (chip, class) = match g.force {
            Force::Demands => (t.must_keep, "ok"),
            Force::Permits => (t.may_keep, "info"),
        };
        let purpose = register.purpose(dataset, &g.name).map(|p| p.text.value.get(lang).to_owned());
        let own = g.title.get(lang).to_owned();
        GroundShown {
            chip,
            class,
            title: purpose.filter(|p| !p.is_empty()).unwrap_or(if own.is_empty() {
                g.name.clone()
            } else {
                own
            }),
            text: said(n).unwrap_or_else(|| term(&g.pieces, g.from.map(fact), t, lang)),
            extras: extras(g, &fact, said(n).is_some(), t, lang),
            citations: citations(&g.pieces),
        }
    });
    let erase = rules.maximums.iter().enumerate().map(|(n, m): (usize, &Maximum)| {
        let own = m.title.get(lang);
        GroundShown {
            chip: t.must_erase,
            class: "late",
            title: if own.is_empty() { m.name.clone() } else { own.to_owned() },
            text: said(rules.grounds.len() + n).unwrap_or_else(|| {
                format!("{} {}", t.at_latest, term(&m.pieces, Some(fact(m.from)), t, lang))
            }),
            extras: if m.when.is_empty() || said(rules.grounds.len() + n).is_some() {
                Vec::new()
            } else {
                vec![t.under_conditions.into()]
            },
            citations: citations(&m.pieces),
        }
    });
    keep.chain(erase).collect()
}

fn term(pieces: &[Piece], from: Option<String>, t: &Texts, lang: Lang) -> String {
    let newest = pieces.iter().rev().find_map(|p| p.term);
    match (newest, from) {
        (Some(term), Some(from)) => {
            let words = if lang == Lang::Da { term.text_da() } else { term.to_string() };
            format!("{words} {} {from}", t.from)
        }
        (None, Some(from)) => format!("{} ({from})", t.no_end),
        (_, None) => t.while_conditions.to_owned(),
    }
}

/// What else there is to say of a ground; conditions only where the words do not tell them.
fn extras(
    g: &Ground,
    fact: &dyn Fn(usize) -> String,
    told: bool,
    t: &Texts,
    lang: Lang,
) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(basis) = g.basis {
        out.push(format!("{} {basis}", t.basis));
    }
    if !g.when.is_empty() && !told {
        out.push(t.under_conditions.to_owned());
    }
    if let Some(given) = g.given {
        out.push(format!("{} {}", t.needs_given, fact(given)));
    }
    if let Some(until) = g.until {
        out.push(format!("{} {}", t.ends_with, fact(until)));
    }
    if let Some(review) = &g.review {
        out.push(format!("{} {}", t.then_review, review.get(lang)));
    }
    out
}

fn citations(pieces: &[Piece]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for citation in pieces.iter().rev().filter_map(|p| p.citation.clone()) {
        if !out.contains(&citation) {
            out.push(citation);
        }
    }
    out
}

#[derive(Template)]
#[template(path = "record.html")]
struct Record {
    f: Frame,
    id: String,
    title: String,
    key: String,
    chip: &'static str,
    class: &'static str,
    sentence: String,
    holds: Vec<String>,
    lines: Vec<explain::Line>,
    path: String,
}

/// How a decision is coloured.
fn class(decided: Outcome) -> &'static str {
    match decided {
        Outcome::Due => "late",
        Outcome::Keep | Outcome::Restrict => "ok",
        Outcome::Review => "info",
        Outcome::Held | Outcome::Unclear => "warn",
    }
}

/// One record, explained.
pub(super) fn record(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::SeeRecord, &ctx.knows(Some(&id)))?;
    let (lang, now, typed) = (ctx.lang, ctx.now, ctx.field("key").to_owned());
    let t = texts(lang);
    if typed.is_empty() {
        return shown(ctx, Some(t.no_record), "");
    }
    let sees_holds = ctx.could(Action::SeeHolds, &ctx.knows(Some(&id)));
    let zone = ctx.app.zone.clone();
    let found = ctx.engine(|engine| match engine.explain(&id, &typed, now) {
        Ok(found) => Ok(Some(found)),
        Err(Error::UnknownDataset(_)) => Ok(None),
        // A key of another shape names no record either.
        Err(Error::NoSuchRecord { .. }) => Ok(None),
        Err(Error::Store(frist_stores::StoreError::Unsupported { .. })) => Ok(None),
        Err(e) => Err(e.into()),
    })?;
    let Some(found) = found else {
        return shown(ctx, Some(t.no_record), &typed);
    };
    let key = found.key.text();
    let f = Frame::new(ctx, &format!("{} · {}", t.record, key), "/datasets");
    // Whom a hold is about may be more than one may know of a record.
    let holds = match sees_holds {
        true => {
            let shown = found.holds.iter().filter(|h| h.shows_to(ctx.name()));
            shown.map(|h| format!("{}: {}", h.hold.id, h.hold.matter)).collect()
        }
        false => Vec::new(),
    };
    page(&Record {
        title: title(&found.prepared.dataset, lang),
        key,
        chip: outcome(found.decision.outcome, t),
        class: class(found.decision.outcome),
        sentence: explain::sentence(&found.decision, &zone, lang),
        holds,
        lines: explain::lines(&found.decision, &zone, lang),
        path: format!("/datasets/{id}/record"),
        id,
        f,
    })
}

/// The receipt of an erased record.
pub(super) fn receipt(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::GetReceipt, &ctx.knows(Some(&id)))?;
    let t = texts(ctx.lang);
    let typed = ctx.field("key").to_owned();
    let face = &ctx.app.face;
    let text = ctx.engine(|engine| {
        (face.publish)(engine)?;
        match engine.receipt(&id, &typed, &Tiles::new(&face.tiles)) {
            Ok(receipt) => receipt
                .to_text()
                .map(Some)
                .map_err(|e| Trouble { message: e.to_string(), help: None }),
            Err(Error::NotErased { .. } | Error::UnknownDataset(_)) => Ok(None),
            Err(e) => Err(e.into()),
        }
    })?;
    match text {
        None => shown(ctx, Some(t.no_receipt), ""),
        Some(text) => {
            Ok(Reply::file("text/plain; charset=utf-8", "receipt.txt", text.into_bytes()))
        }
    }
}
