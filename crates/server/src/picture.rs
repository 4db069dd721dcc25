//! The picture of what comes due month by month: as SVG, and in the terminal.

use std::fmt::Write;

use frist_register::{Lang, Register};
use frist_sweep::Engine;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::Trouble;

/// What comes due.
pub struct Horizon {
    /// The first days of the months, the first of them today.
    pub months: Vec<Date>,
    /// For each data set, what comes due in each month.
    pub series: Vec<(String, Vec<u64>)>,
    /// The data sets' ids, in the order of `series`.
    pub ids: Vec<String>,
    /// The language of months and numbers.
    pub lang: Lang,
    /// What is overdue today.
    pub overdue: u64,
    /// The heading.
    pub title: String,
    /// The line under it.
    pub subtitle: String,
}

/// Colours that people with colour blindness can tell apart (Okabe and Ito), the last for the rest.
const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a500", "#8a8a8a"];

const STYLE: &str = "<style>.bg{fill:#fff}.ink{fill:#1c1c1c}.soft{fill:#5f5f5f}.grid{stroke:#dcdcdc}@media (prefers-color-scheme:dark){.bg{fill:#16181d}.ink{fill:#ececec}.soft{fill:#a9a9a9}.grid{stroke:#34373d}}</style>\n";

impl Horizon {
    /// The largest data sets by themselves, the others as one.
    fn grouped(&self, rest: &str) -> Vec<(String, Vec<u64>)> {
        let mut series: Vec<_> =
            self.series.iter().filter(|(_, n)| n.iter().any(|n| *n > 0)).cloned().collect();
        series.sort_by_key(|(id, n)| (std::cmp::Reverse(n.iter().sum::<u64>()), id.clone()));
        if series.len() <= COLOURS.len() {
            return series;
        }
        let tail = series.split_off(COLOURS.len() - 1);
        let sum = (0..self.months.len()).map(|m| tail.iter().map(|(_, n)| n[m]).sum()).collect();
        series.push((rest.to_owned(), sum));
        series
    }

    /// What comes due in each month, of all data sets.
    pub fn totals(&self) -> Vec<u64> {
        (0..self.months.len())
            .map(|m| self.series.iter().map(|(_, n)| n.get(m).copied().unwrap_or(0)).sum())
            .collect()
    }

    /// For the terminal: a bar a month.
    pub fn terminal(&self, width: usize) -> String {
        let totals = self.totals();
        let most = totals.iter().copied().max().unwrap_or(0).max(1);
        let mut out = String::new();
        for (month, n) in self.months.iter().zip(&totals) {
            // Eighths of a cell, so that small months are seen too.
            let eighths = (u128::from(*n) * width as u128 * 8).div_ceil(u128::from(most)) as usize;
            let mut bar = "█".repeat(eighths / 8);
            if !eighths.is_multiple_of(8) {
                bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8 - 1]);
            }
            let pad = " ".repeat(width.saturating_sub(bar.chars().count()));
            let _ = writeln!(out, "{}  {bar}{pad} {:>9}", month.strftime("%Y-%m"), count(*n));
        }
        out
    }

    /// As an SVG file: stacked columns, light and dark.
    pub fn svg(&self, rest: &str) -> String {
        self.draw(rest, STYLE, None)
    }

    /// As a part of a page, whose style sheet has the four classes; each month leads to where `to`
    /// says. The figures below it have the same links for who does not use a mouse.
    pub fn inline(&self, rest: &str, to: &dyn Fn(Date) -> String) -> String {
        self.draw(rest, "", Some(to))
    }

    fn draw(&self, rest: &str, style: &str, to: Option<&dyn Fn(Date) -> String>) -> String {
        let n = |n: u64| number(n, self.lang);
        let (width, height) = (960.0, 420.0);
        let (left, right, top, bottom) = (64.0, 250.0, 76.0, 52.0);
        let (inner_w, inner_h) = (width - left - right, height - top - bottom);
        let series = self.grouped(rest);
        let most = self.totals().into_iter().max().unwrap_or(0).max(1);
        let step = nice(most);
        let ceiling = most.div_ceil(step) * step;
        let y = |n: u64| top + inner_h - inner_h * n as f64 / ceiling as f64;
        let slot = inner_w / self.months.len().max(1) as f64;
        // What can be clicked is no mere picture.
        let role = if to.is_some() { "group" } else { "img" };
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"{role}\" aria-labelledby=\"t d\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
             <title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n\
             {style}\
             <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n\
             <text class=\"ink\" x=\"{left}\" y=\"32\" font-size=\"18\" font-weight=\"600\">{}</text>\n\
             <text class=\"soft\" x=\"{left}\" y=\"54\">{}</text>\n",
            escape(&self.title),
            escape(&self.subtitle),
            escape(&self.title),
            escape(&self.subtitle),
        );
        let mut line = 0;
        while line <= ceiling {
            let at = y(line);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{left}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text class=\"soft\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                width - right,
                left - 8.0,
                at + 4.0,
                n(line)
            );
            line += step;
        }
        let totals = self.totals();
        // As many names of months as there is room for.
        let every = [3u8, 6, 12, 24, 48].into_iter().find(|n| slot * f64::from(*n) >= 66.0);
        let every = usize::from(every.unwrap_or(48));
        for (m, month) in self.months.iter().enumerate() {
            let x = left + slot * m as f64;
            let mut base = 0;
            if let Some(to) = to {
                let _ = writeln!(
                    out,
                    "<a href=\"{}\" tabindex=\"-1\" aria-label=\"{}: {}\"><rect class=\"hit\" x=\"{x:.1}\" y=\"{top}\" width=\"{slot:.1}\" height=\"{inner_h}\"/>",
                    escape(&to(*month)),
                    month_name(*month, self.lang),
                    n(totals[m]),
                );
            }
            for (s, (id, counts)) in series.iter().enumerate() {
                let some = counts[m];
                if some == 0 {
                    continue;
                }
                let (lower, upper) = (y(base), y(base + some));
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{upper:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"><title>{} {}: {}</title></rect>",
                    x + slot * 0.12,
                    slot * 0.76,
                    lower - upper,
                    COLOURS[s],
                    month_name(*month, self.lang),
                    escape(id),
                    n(some)
                );
                base += some;
            }
            if to.is_some() {
                out.push_str("</a>\n");
            }
            if m % every == 0 {
                let _ = writeln!(
                    out,
                    "<text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    x + slot / 2.0,
                    height - bottom + 20.0,
                    month_name(*month, self.lang)
                );
            }
        }
        for (s, (id, counts)) in series.iter().enumerate() {
            let at = top + 8.0 + 22.0 * s as f64;
            let x = width - right + 20.0;
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{}\"/><text class=\"ink\" x=\"{}\" y=\"{:.1}\">{} <tspan class=\"soft\">{}</tspan></text>",
                at - 10.0,
                COLOURS[s],
                x + 18.0,
                at,
                escape(&short(id)),
                n(counts.iter().sum())
            );
        }
        out + "</svg>\n"
    }
}

/// A round distance between lines: four to eight of them.
fn nice(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [unit, unit * 2, unit * 5] {
            if most.div_ceil(step) <= 6 {
                return step;
            }
        }
        unit *= 10;
    }
}

/// As much of a name as the legend has room for.
fn short(text: &str) -> String {
    const ROOM: usize = 26;
    if text.chars().count() <= ROOM {
        return text.to_owned();
    }
    let cut: String = text.chars().take(ROOM - 1).collect();
    format!("{}…", cut.trim_end())
}

/// A month as people write it.
pub(crate) fn month_name(month: Date, lang: Lang) -> String {
    const DANISH: [&str; 12] = [
        "jan.", "feb.", "marts", "april", "maj", "juni", "juli", "aug.", "sept.", "okt.", "nov.",
        "dec.",
    ];
    match lang {
        Lang::Da => {
            format!("{} {}", DANISH[(month.month() as usize - 1).min(11)], month.year())
        }
        Lang::En => month.strftime("%b %Y").to_string(),
    }
}

/// A number with the language's sign between thousands.
pub(crate) fn number(n: u64, lang: Lang) -> String {
    count(n).replace(' ', if lang == Lang::Da { "." } else { "," })
}

/// A number with blanks between thousands.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// What comes due month by month, counted.
pub struct Ahead {
    /// The first days of the months, the first of them today.
    months: Vec<Date>,
    /// For each data set what is overdue today, then what comes due in each month.
    counts: Vec<(String, Vec<u64>)>,
}

/// Counts what comes due in each of the next months.
///
/// # Errors
/// When a store cannot be reached, or the calendar ends.
pub fn count_ahead(engine: &mut Engine, t: Timestamp, months: u32) -> Result<Ahead, Trouble> {
    let zone = engine.register.controller.calendar.zone.clone();
    let (starts, instants) = instants(t, months.clamp(1, 240), &zone)?;
    Ok(Ahead { months: starts, counts: engine.horizon(&instants)? })
}

impl Ahead {
    /// The first so many months of it, in a language.
    pub fn shown(&self, register: &Register, months: u32, lang: Lang) -> Horizon {
        let most = usize::try_from(months).unwrap_or(usize::MAX).clamp(1, self.months.len().max(1));
        let months: Vec<Date> = self.months.iter().take(most).copied().collect();
        let title = |id: &str| {
            let title = register.dataset(id).map_or("", |d| d.title.get(lang));
            if title.is_empty() { id.to_owned() } else { title.to_owned() }
        };
        let row = |(id, n): &(String, Vec<u64>)| {
            (title(id), n.iter().skip(1).take(most).copied().collect())
        };
        let name = &register.controller.contact.name;
        let last = month_name(months.last().copied().unwrap_or(Date::MAX), lang);
        let (title, subtitle) = match lang {
            Lang::Da => (
                format!("Hvad skal slettes hvornår: {name}"),
                format!("poster, der forfalder måned for måned til og med {last}; uden nye poster"),
            ),
            Lang::En => (
                format!("What comes due when: {name}"),
                format!(
                    "records that become due month by month through {last}; without new records"
                ),
            ),
        };
        Horizon {
            series: self.counts.iter().map(row).collect(),
            ids: self.counts.iter().map(|(id, _)| id.clone()).collect(),
            lang,
            overdue: self.counts.iter().map(|(_, n)| n.first().copied().unwrap_or(0)).sum(),
            months,
            title,
            subtitle,
        }
    }
}

/// The months' first days (the first is today), and the instants between which to count.
fn instants(
    t: Timestamp,
    months: u32,
    zone: &TimeZone,
) -> Result<(Vec<Date>, Vec<Timestamp>), Trouble> {
    let today = t.to_zoned(zone.clone()).date();
    let first = today.first_of_month();
    let failed = |e: jiff::Error| Trouble {
        message: format!("cannot look so far ahead: {e}"),
        help: Some("ask for fewer months".into()),
    };
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
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

    fn sample(sets: usize) -> Horizon {
        let months = (1..=3).map(|m| Date::constant(2026, m, 1)).collect();
        let series = (0..sets).map(|i| (format!("d{i}<&"), vec![i as u64, 0, 7])).collect();
        let ids = (0..sets).map(|i| format!("d{i}")).collect();
        let (title, subtitle) = ("T & t".into(), "s".into());
        Horizon { months, series, ids, lang: Lang::Da, overdue: 0, title, subtitle }
    }

    #[test]
    fn nothing_is_lost_in_the_picture() {
        let h = sample(12);
        let grouped = h.grouped("other");
        assert_eq!(grouped.len(), COLOURS.len());
        let sum = |s: &[(String, Vec<u64>)]| s.iter().flat_map(|(_, n)| n).sum::<u64>();
        assert_eq!(sum(&grouped), sum(&h.series));
        let (svg, page) = (h.svg("other"), h.inline("other", &|m| format!("/m?{m}&x")));
        assert!(svg.contains("<style>") && !page.contains("<style>"), "a page has its own style");
        assert!(svg.contains("role=\"img\"") && !svg.contains("<a "), "a file leads nowhere");
        assert_eq!(page.matches("<a href=\"/m?2026-0").count(), 3, "each month leads somewhere");
        assert!(page.contains("&amp;x") && page.contains("jan. 2026: 66"), "{page}");
        assert!(
            svg.contains("T &amp; t") && svg.contains("d11&lt;&amp;") && svg.ends_with("</svg>\n")
        );
    }

    #[test]
    fn the_largest_month_fills_the_width() {
        let text = sample(3).terminal(20);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2].matches('█').count(), 20);
        assert_eq!(lines[1].matches('█').count(), 0);
    }

    #[test]
    fn lines_are_few_and_round() {
        assert_eq!([nice(1), nice(7), nice(60), nice(61), nice(9_999)], [1, 2, 10, 20, 2_000]);
    }
}
