//! What people see: tables, numbers, days, questions. Colour goes through `anstream`, which drops
//! it where there is no terminal.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Failure, Outcome};

/// Bold.
pub const BOLD: Style = Style::new().bold();
/// For what is in order.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// For what somebody should look at.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For what is wrong.
pub const RED: Style = AnsiColor::Red.on_default();
/// For what is said in passing.
pub const DIM: Style = Style::new().dimmed();

/// Prints a line to standard output.
macro_rules! say {
    ($($arg:tt)*) => { anstream::println!($($arg)*) };
}
pub(crate) use say;

/// Prints a value as JSON.
pub fn json(value: &impl serde::Serialize) -> Outcome<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::new(format!("cannot print as JSON: {e}")))?;
    anstream::println!("{text}");
    Ok(())
}

/// A number with blanks between thousands.
pub fn count(n: u64) -> String {
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

/// A number and the word for what is counted.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A number of records.
pub fn records(n: u64) -> String {
    counted(n, "record", "records")
}

/// A day in a zone, with the time when it is not midnight.
pub fn day(t: Timestamp, zone: &TimeZone) -> String {
    let z = t.to_zoned(zone.clone());
    if z.time() == jiff::civil::Time::midnight() {
        z.date().to_string()
    } else {
        z.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// A number of seconds as people say it.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        172_800..63_072_000 => format!("{} days", count(seconds / 86_400)),
        _ => format!("{:.1} years", seconds as f64 / 31_556_952.0),
    }
}

/// A table: the first row is the head; columns whose head starts with `>` stand to the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let Some(head) = rows.first() else { return String::new() };
    let right: Vec<bool> = head.iter().map(|h| h.starts_with('>')).collect();
    let cell = |r: usize, c: usize| {
        rows[r].get(c).map_or("", |s| if r == 0 { s.trim_start_matches('>') } else { s })
    };
    let width = |c: usize| (0..rows.len()).map(|r| cell(r, c).chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for r in 0..rows.len() {
        let mut line = String::new();
        for (c, right) in right.iter().enumerate() {
            let text = cell(r, c);
            let pad = " ".repeat(width(c).saturating_sub(text.chars().count()));
            line += &if *right { format!("{pad}{text}  ") } else { format!("{text}{pad}  ") };
        }
        let line = line.trim_end();
        out += &if r == 0 { format!("{BOLD}{line}{BOLD:#}\n") } else { format!("{line}\n") };
    }
    out
}

/// Reads an instant or a day (its first instant) as a person writes it.
pub fn when(text: &str, zone: &TimeZone) -> Outcome<Timestamp> {
    if let Ok(t) = text.parse::<Timestamp>() {
        return Ok(t);
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    day.and_then(|d| d.to_zoned(zone.clone()).ok()).map(|z| z.timestamp()).ok_or_else(|| {
        Failure::usage(format!("`{text}` is neither a day nor an instant"))
            .help("write a day such as 2026-12-31, or an instant such as 2026-12-31T12:00:00Z")
    })
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a yes-or-no question; without a terminal it is not a yes.
pub fn confirm(question: &str) -> Outcome<bool> {
    if !can_ask() {
        return Ok(false);
    }
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes" | "j" | "ja"))
}

/// What to do when nobody agreed.
pub fn how_to_agree() -> &'static str {
    match can_ask() {
        true => "answer `y`, or give `--yes`",
        false => "there is no terminal to ask on: give `--yes`",
    }
}

/// Asks for a line.
pub fn ask(question: &str) -> Outcome<String> {
    let failed = |e: std::io::Error| Failure::new(format!("cannot ask: {e}"));
    let mut err = anstream::stderr();
    write!(err, "{question}").and_then(|()| err.flush()).map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(records(0), "0 records");
        assert_eq!(records(1), "1 record");
        assert_eq!(counted(1_000, "file", "files"), "1 000 files");
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(86_400 * 3), "3 days");
        assert_eq!(duration(31_556_952 * 4), "4.0 years");
    }

    #[test]
    fn days_and_instants() {
        let zone = TimeZone::get("Europe/Copenhagen").expect("the zone is there");
        let t = |s| when(s, &zone).ok().map(|t| t.to_string());
        assert_eq!(t("2026-01-01").as_deref(), Some("2025-12-31T23:00:00Z"));
        assert_eq!(t("2026-01-01T00:00:00Z").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(t("i morgen"), None);
    }
}
