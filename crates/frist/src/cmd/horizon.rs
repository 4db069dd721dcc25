//! `frist horizon`: what comes due month by month.

use std::path::Path;

use frist_register::Lang;
use frist_server::picture::Horizon;
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, count, json, say, when};
use crate::place::{Place, now};

/// Shows, prints or draws what comes due.
pub fn horizon(
    place: &Place,
    months: u32,
    as_of: Option<&str>,
    svg: Option<&Path>,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let t = as_of.map_or(Ok(now()), |text| when(text, &zone))?;
    let picture = compute(&mut engine, t, months, lang)?;
    if as_json {
        let months: Vec<String> = picture.months.iter().map(|m| m.to_string()).collect();
        json(
            &serde_json::json!({"from": t, "months": months, "overdue": picture.overdue, "due": picture.series}),
        )?;
    } else {
        print(&picture, lang);
    }
    if let Some(path) = svg {
        write(&picture, path, lang)?;
    }
    Ok(Exit::Done)
}

/// Writes the SVG.
pub fn write(picture: &Horizon, path: &Path, lang: Lang) -> Outcome<()> {
    let rest = if lang == Lang::Da { "øvrige" } else { "other" };
    std::fs::write(path, picture.svg(rest)).map_err(|e| Failure::file("write", path, &e))
}

/// Prints the terminal's picture.
pub fn print(picture: &Horizon, lang: Lang) {
    say!("{BOLD}{}{BOLD:#}\n{DIM}{}{DIM:#}\n", picture.title, picture.subtitle);
    say!("{}", picture.terminal(48).trim_end());
    if picture.overdue > 0 {
        match lang {
            Lang::Da => say!("\nAllerede forfaldne: {}", count(picture.overdue)),
            Lang::En => say!("\nOverdue already: {}", count(picture.overdue)),
        }
    }
}

/// Counts what comes due in each of the next months.
pub fn compute(engine: &mut Engine, t: Timestamp, months: u32, lang: Lang) -> Outcome<Horizon> {
    let ahead = frist_server::picture::count_ahead(engine, t, months)?;
    Ok(ahead.shown(&engine.register, months, lang))
}
