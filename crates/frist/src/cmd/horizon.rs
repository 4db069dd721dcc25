//! `frist horizon`: what comes due month by month.

use std::path::Path;

use frist_register::Lang;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};

use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, count, json, say, when};
use crate::picture::Horizon;
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
    let zone = engine.register.controller.calendar.zone.clone();
    let (starts, instants) = instants(t, months.clamp(1, 240), &zone)?;
    let rows = engine.horizon(&instants)?;
    let overdue = rows.iter().map(|(_, n)| n[0]).sum();
    let title = |id: &str| {
        let title = engine.register.dataset(id).map_or("", |d| d.title.get(lang));
        if title.is_empty() { id.to_owned() } else { title.to_owned() }
    };
    let series = rows.into_iter().map(|(id, n)| (title(&id), n[1..].to_vec())).collect();
    let name = engine.register.controller.contact.name.clone();
    let last = starts.last().copied().unwrap_or(Date::MAX);
    let (title, subtitle) = match lang {
        Lang::Da => (
            format!("Hvad skal slettes hvornår: {name}"),
            format!(
                "poster, der forfalder måned for måned til og med {}; uden nye poster",
                last.strftime("%Y-%m")
            ),
        ),
        Lang::En => (
            format!("What comes due when: {name}"),
            format!(
                "records that become due month by month through {}; without new records",
                last.strftime("%Y-%m")
            ),
        ),
    };
    Ok(Horizon { months: starts, series, overdue, title, subtitle })
}

/// The months' first days (the first is today), and the instants between which to count.
fn instants(t: Timestamp, months: u32, zone: &TimeZone) -> Outcome<(Vec<Date>, Vec<Timestamp>)> {
    let today = t.to_zoned(zone.clone()).date();
    let first = today.first_of_month();
    let failed = |e: jiff::Error| Failure::usage(format!("cannot look so far ahead: {e}"));
    let mut starts = vec![today];
    let mut at = vec![t];
    for m in 1..=months {
        let start = first.checked_add(i64::from(m).months()).map_err(failed)?;
        // The last instant of the month before: a month's bar is what goes due within it.
        let midnight = start.to_zoned(zone.clone()).map_err(failed)?;
        at.push(midnight.timestamp() - jiff::SignedDuration::from_nanos(1));
        starts.push(start);
    }
    starts.pop();
    Ok((starts, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other() {
        let zone = TimeZone::get("Europe/Copenhagen").expect("the zone is there");
        let t: Timestamp = "2026-11-22T12:00:00Z".parse().expect("an instant");
        let (starts, at) = instants(t, 3, &zone).expect("not far");
        let days: Vec<String> = starts.iter().map(Date::to_string).collect();
        assert_eq!(days, ["2026-11-22", "2026-12-01", "2027-01-01"]);
        assert_eq!(at.len(), 4);
        assert!(at[1].to_string().starts_with("2026-11-30T22:59:59.9"));
    }
}
