//! Horizon: what comes due month by month, as a picture and in figures.

use askama::Template;

use super::frame::{Frame, page};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::picture;
use crate::text::texts;

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
}

struct Row {
    month: String,
    counts: Vec<u64>,
    total: u64,
}

/// The page.
pub(super) fn horizon(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (t, lang) = (texts(ctx.lang), ctx.lang);
    let asked = ctx.asked("months").and_then(|m| m.parse().ok());
    let months = asked.filter(|m| CHOICES.contains(m)).unwrap_or(24);
    let seen = ctx.app.engines.ahead(ctx.name())?;
    let mut f = Frame::new(ctx, t.horizon, "/horizon");
    let counted = f.counted(ctx, seen.as_ref(), false);
    let shown = match &seen {
        None => None,
        Some(seen) => {
            let h = ctx.engine(|engine| Ok(seen.what.shown(&engine.register, months, lang)))?;
            Some(shown(&h, t.rest))
        }
    };
    page(&Horizon { f, counted, choices: CHOICES, months, shown })
}

fn shown(h: &picture::Horizon, rest: &str) -> Shown {
    let some: Vec<_> = h.series.iter().filter(|(_, n)| n.iter().any(|n| *n > 0)).collect();
    let totals = h.totals();
    let rows = h.months.iter().enumerate().map(|(at, month)| Row {
        month: month.strftime("%Y-%m").to_string(),
        counts: some.iter().map(|(_, n)| n[at]).collect(),
        total: totals[at],
    });
    Shown {
        picture: h.inline(rest),
        overdue: h.overdue,
        rows: rows.collect(),
        series: some.iter().map(|(title, _)| title.clone()).collect(),
    }
}
