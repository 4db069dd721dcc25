//! All cases, what breaks first at the top.

use askama::Template;
use frist_cases::request::{Line, overview, words};
use frist_state::case::{CaseFilter, CaseKind};
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
    may_open: bool,
    may_account: bool,
}

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
    let all = look(ctx, |engine| {
        let calendar = calendar(engine);
        overview(&mut engine.state, &calendar, now, &CaseFilter::default())
    })?;
    let f = Frame::new(ctx, t.cases, "/cases");
    let open = |l: &&Line| l.case.closed.is_none();
    let n = |count: usize| f.n(&(count as u64));
    let tile = |figure: usize, label: &str, class| super::super::frame::Tile {
        figure: n(figure),
        label: label.to_owned(),
        class: if figure == 0 { "" } else { class },
    };
    let late = all.iter().filter(open).filter(|l| l.late).count();
    let soon = all.iter().filter(open).filter(|l| l.urgent && !l.late).count();
    let tiles = vec![
        tile(late, t.tile_late, "late"),
        tile(soon, t.tile_soon, "warn"),
        tile(all.iter().filter(open).count(), t.tile_open, ""),
        tile(all.iter().filter(open).filter(|l| l.case.owner.is_none()).count(), t.tile_nobody, ""),
    ];
    let wanted = |l: &&Line| {
        kind.is_none_or(|kind| l.case.kind == kind)
            && match state.as_str() {
                "late" => l.late && l.case.closed.is_none(),
                "soon" => l.urgent && l.case.closed.is_none(),
                "mine" => l.case.owner.as_deref() == Some(&me) && l.case.closed.is_none(),
                "closed" => l.case.closed.is_some(),
                _ => l.case.closed.is_none(),
            }
    };
    let cases = all.iter().filter(wanted).map(|l| shown(l, &f, t, now)).collect();
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
    page(&List {
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
            details.insert(0, say::status(case.kind, &case.status, lang).to_owned());
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
