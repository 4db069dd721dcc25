//! All cases, what breaks first at the top.

use askama::Template;
use frist_cases::request::{Line, overview_page, soon, words};
use frist_law::Calendar;
use frist_state::case::{CaseCount, CaseFilter, CaseKind};
use jiff::Timestamp;

use super::super::frame::{Frame, page};
use super::{calendar, look, say, t, urgency};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/list.html")]
struct List {
    f: Frame,
    t: &'static CaseTexts,
    tiles: Vec<super::super::frame::Tile>,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    cases: Vec<Shown>,
    /// The pages before and after this one.
    earlier: Option<String>,
    later: Option<String>,
    may_open: bool,
    may_account: bool,
}

/// Cases on one page.
const PAGE: u32 = 50;

/// A filter that can be chosen.
struct Choice {
    href: String,
    label: &'static str,
    here: bool,
}

struct Shown {
    number: String,
    what: String,
    chip: String,
    class: &'static str,
    why: String,
    details: String,
}

/// Lists them.
pub(in crate::pages) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.about = Some("all".into());
    let t = t(ctx);
    let kind = ctx.asked("kind").and_then(kind_of);
    let state = match ctx.asked("state") {
        Some(word @ ("late" | "soon" | "mine" | "closed")) => word.to_owned(),
        _ => "open".to_owned(),
    };
    let (now, me) = (ctx.now, ctx.name().to_owned());
    // Pages are counted from 1, as people do.
    let at = ctx.asked("page").and_then(|n| n.parse::<u64>().ok()).unwrap_or(1).clamp(1, 1_000_000);
    let filter = |calendar: &Calendar| CaseFilter {
        kind,
        open: Some(state != "closed"),
        due_by: match state.as_str() {
            "late" => Some(now),
            "soon" => Some(soon(calendar, now).max(now)),
            _ => None,
        },
        owner: (state == "mine").then(|| me.clone()),
        ..CaseFilter::default()
    };
    let (mut lines, counts) = look(ctx, |engine| {
        let calendar = calendar(engine);
        let skip = (at - 1) * u64::from(PAGE);
        let filter = filter(&calendar);
        let state = &mut engine.state;
        let lines = overview_page(state, &calendar, now, &filter, skip, PAGE + 1)?;
        Ok((lines, state.count_cases(now, soon(&calendar, now))?))
    })?;
    let more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let f = Frame::new(ctx, t.cases, "/cases");
    let tile = |of: &dyn Fn(&CaseCount) -> u64, label: &str, class| {
        let n: u64 = counts.iter().map(of).sum();
        super::super::frame::Tile {
            figure: f.n(&n),
            label: label.to_owned(),
            class: if n == 0 { "" } else { class },
        }
    };
    let tiles = vec![
        tile(&|c| c.late, t.tile_late, "late"),
        tile(&|c| c.urgent - c.late, t.tile_soon, "warn"),
        tile(&|c| c.open, t.tile_open, ""),
        tile(&|c| c.nobody, t.tile_nobody, ""),
    ];
    let cases = lines.iter().map(|l| shown(l, &f, t, now)).collect();
    let word = kind.map_or("", word_of);
    let choice = |label, k: &str, s: &str, here| Choice {
        href: format!("/cases?kind={k}&state={s}"),
        label,
        here,
    };
    let kinds = [
        ("", t.all_kinds),
        ("request", t.requests),
        ("inquiry", t.inquiries),
        ("breach", t.breaches),
    ]
    .map(|(k, label)| choice(label, k, &state, k == word));
    let states = [
        ("open", t.state_open),
        ("soon", t.state_soon),
        ("late", t.state_late),
        ("mine", t.state_mine),
        ("closed", t.state_closed),
    ]
    .map(|(s, label)| choice(label, word, s, s == state));
    let turn = |to: u64| format!("/cases?kind={word}&state={state}&page={to}");
    page(&List {
        earlier: (at > 1).then(|| turn(at - 1)),
        later: more.then(|| turn(at + 1)),
        tiles,
        kinds: kinds.into(),
        states: states.into(),
        cases,
        may_open: ctx.could(Action::WorkCase, &Facts::default()),
        may_account: ctx.could(Action::Account, &Facts::default()),
        t,
        f,
    })
}

fn kind_of(word: &str) -> Option<CaseKind> {
    match word {
        "request" => Some(CaseKind::Request),
        "inquiry" => Some(CaseKind::Inquiry),
        "breach" => Some(CaseKind::Breach),
        _ => None,
    }
}

fn word_of(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Request => "request",
        CaseKind::Inquiry => "inquiry",
        CaseKind::Breach => "breach",
    }
}

fn shown(line: &Line, f: &Frame, t: &CaseTexts, now: Timestamp) -> Shown {
    let case = &line.case;
    let lang = f.lang;
    let came = if case.kind == CaseKind::Breach { t.aware_on } else { t.received };
    let mut details = vec![format!("{came} {}", f.when(case.received))];
    details.push(match &case.owner {
        Some(owner) => format!("{} {owner}", t.answers_for_it),
        None => t.nobody_yet.to_owned(),
    });
    let mut why = String::new();
    let what = match (&line.request, &line.standing) {
        (Some(request), Some(standing)) => {
            details.insert(0, words::stage(standing.stage, lang).to_owned());
            if let (Some(day), Some(what)) = (standing.last_day, standing.due_for) {
                why = format!("{} {}", say::due_for(what, t), say::date(day, lang));
            }
            if standing.identity_waits_since.is_some() {
                details.push(t.waits_identity.to_owned());
            }
            if standing.extended {
                details.push(t.extended.to_owned());
            }
            let right = words::right(request.right, request.marketing, lang);
            format!("{}, {}", say::capital(right), request.person.name)
        }
        _ => {
            details.insert(0, words::status(case.kind, &case.status, lang).to_owned());
            if let Some(due) = case.due.filter(|_| case.closed.is_none()) {
                why = match case.kind {
                    CaseKind::Breach => format!("{} {}", t.notify_by, f.when(due)),
                    _ => format!("{} {}", t.answer_by, say::date(say::last(due, f), lang)),
                };
            }
            let text = |name: &str| case.body[name].as_str().unwrap_or_default().to_owned();
            match case.kind {
                CaseKind::Inquiry => format!("{}: {}", text("authority"), text("about")),
                CaseKind::Breach => format!("{}: {}", t.breach, say::short(&text("what"), 90)),
                CaseKind::Request => t.unreadable.to_owned(),
            }
        }
    };
    let chip = match (line.days_left, case.due) {
        _ if case.closed.is_some() => t.closed_word.to_owned(),
        (Some(_), Some(due)) if case.kind == CaseKind::Breach => say::hours(due, now, lang),
        (Some(days), _) => words::days_left(days, lang),
        (None, _) => t.nothing_due.to_owned(),
    };
    let class = if case.closed.is_some() { "" } else { urgency(line.days_left, line.late) };
    Shown { number: case.number.clone(), what, chip, class, why, details: details.join(" · ") }
}
