//! Horizon: what comes due month by month, as a picture and in figures.

use askama::Template;

use frist_register::Lang;
use frist_sweep::Engine;
use jiff::civil::Date;

use super::frame::{Frame, page};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::picture::{self, month_name};
use crate::text::texts;
use crate::words::rule;

/// How far one can look.
const CHOICES: [u32; 4] = [12, 24, 60, 120];

#[derive(Template)]
#[template(path = "horizon.html")]
struct Horizon {
    f: Frame,
    counted: Option<String>,
    choices: [u32; 4],
    months: u32,
    shown: Option<Shown>,
}

struct Shown {
    picture: String,
    overdue: u64,
    series: Vec<String>,
    rows: Vec<Row>,
    month: Option<Month>,
}

struct Row {
    month: String,
    href: String,
    counts: Vec<u64>,
    total: u64,
}

/// What comes due in one month.
struct Month {
    name: String,
    sets: Vec<Due>,
}

struct Due {
    title: String,
    href: Option<String>,
    n: u64,
    /// Its rule in plain words.
    rule: String,
}

/// The page; with one month in particular, when it is asked for.
pub(super) fn horizon(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (t, lang) = (texts(ctx.lang), ctx.lang);
    let asked = ctx.asked("months").and_then(|m| m.parse().ok());
    let months = asked.filter(|m| CHOICES.contains(m)).unwrap_or(24);
    let month = ctx.asked("month").and_then(|m| format!("{m}-01").parse::<Date>().ok());
    let may = ctx.offers(Action::SeeDatasets);
    let seen = ctx.app.engines.ahead(ctx.name())?;
    let mut f = Frame::new(ctx, t.horizon, "/horizon");
    let counted = f.counted(ctx, seen.as_ref(), false);
    let shown = match &seen {
        None => None,
        Some(seen) => Some(ctx.engine(|engine| {
            let h = seen.what.shown(&engine.register, months, lang);
            let month = month.and_then(|month| in_month(engine, &h, month, may, lang));
            Ok(shown(&h, t.rest, months, month))
        })?),
    };
    page(&Horizon { f, counted, choices: CHOICES, months, shown })
}

/// Where a month leads.
fn link(month: Date, months: u32) -> String {
    format!("/horizon?months={months}&month={}#month", month.strftime("%Y-%m"))
}

fn shown(h: &picture::Horizon, rest: &str, months: u32, month: Option<Month>) -> Shown {
    let some: Vec<_> = h.series.iter().filter(|(_, n)| n.iter().any(|n| *n > 0)).collect();
    let totals = h.totals();
    let rows = h.months.iter().enumerate().map(|(at, month)| Row {
        month: month_name(*month, h.lang),
        href: link(*month, months),
        counts: some.iter().map(|(_, n)| n[at]).collect(),
        total: totals[at],
    });
    Shown {
        picture: h.inline(rest, &|month| link(month, months)),
        overdue: h.overdue,
        rows: rows.collect(),
        series: some.iter().map(|(title, _)| title.clone()).collect(),
        month,
    }
}

/// What comes due in a month, by data set, the most first; none for a month that is not shown.
fn in_month(
    engine: &Engine,
    h: &picture::Horizon,
    month: Date,
    may: bool,
    lang: Lang,
) -> Option<Month> {
    let same = |m: &Date| (m.year(), m.month()) == (month.year(), month.month());
    let at = h.months.iter().position(same)?;
    let mut sets: Vec<Due> = h
        .series
        .iter()
        .zip(&h.ids)
        .filter(|((_, counts), _)| counts[at] > 0)
        .map(|((title, counts), id)| {
            let set = engine.register.dataset(id);
            Due {
                title: title.clone(),
                href: may.then(|| format!("/datasets/{id}")),
                n: counts[at],
                rule: set.map_or_else(String::new, |d| rule(&engine.register, d, lang)),
            }
        })
        .collect();
    sets.sort_by_key(|due| std::cmp::Reverse(due.n));
    Some(Month { name: month_name(month, lang), sets })
}
