//! Reading single values that TOML has no type for.

use jiff::civil::Date;
use toml::de::DeValue;

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::Literal;
use crate::span::Sp;
use crate::walk::{File, Tab, Value, integer};

/// A date, as TOML has it or as text.
pub(crate) fn date(file: &File<'_>, value: &Value<'_>, name: &str) -> Option<Sp<Date>> {
    let span = file.span(value);
    let parsed = match value.get_ref() {
        DeValue::String(text) => text.trim().parse().ok(),
        DeValue::Datetime(when) => match (when.date, when.time) {
            (Some(d), None) => {
                let part = |n: u8| i8::try_from(n).ok();
                i16::try_from(d.year)
                    .ok()
                    .zip(part(d.month).zip(part(d.day)))
                    .and_then(|(y, (m, d))| Date::new(y, m, d).ok())
            }
            _ => None,
        },
        _ => None,
    };
    if parsed.is_none() {
        let message = format!("`{name}` is not a date");
        let said = Diagnostic::new(Code::E0005, span, message);
        file.say(match value.get_ref().as_str().and_then(danish_date) {
            Some(date) => said
                .here("the day comes first here")
                .help(format!("the year comes first: write it as {date}"))
                .fix(span, format!("\"{date}\"")),
            None => {
                said.help("the year comes first, and the day must exist: write it as 2025-01-31")
            }
        });
    }
    parsed.map(|d| Sp::new(d, span))
}

/// The date that is meant by a text with the day first, as it is written in Denmark: `31-12-2015`,
/// `31.12.2015`, `31/12 2015`.
pub(super) fn danish_date(text: &str) -> Option<Date> {
    let mut parts = text.trim().split(['-', '.', '/', ' ']).filter(|part| !part.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The same, for a date without quotes, which is no TOML: looked for on the line of a mistake.
pub(super) fn danish_date_on_line(text: &str, at: usize) -> Option<Date> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |i| i + 1);
    let line = text[start..].lines().next().filter(|line| line.len() < 200)?;
    let (_, value) = line.split_once('=')?;
    danish_date(value.split('#').next()?)
}

/// A duration of the machine, in milliseconds: `30 s`, `500 ms`, `2 min`.
pub(crate) fn duration_ms(table: &Tab<'_>, name: &'static str) -> Option<u64> {
    let text = table.str(name)?;
    let trimmed = text.value.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let factor = match unit.trim() {
        "ms" => Some(1),
        "s" | "sec" | "second" | "seconds" => Some(1_000),
        "min" | "minute" | "minutes" => Some(60_000),
        _ => None,
    };
    let ms = number.parse::<u64>().ok().zip(factor).and_then(|(n, f)| n.checked_mul(f));
    // Databases take a timeout as a 32-bit number of milliseconds; none means "for ever".
    let fits = ms.filter(|ms| (1..=i32::MAX as u64).contains(ms));
    if fits.is_none() {
        let message = format!("`{}` is not a duration", text.value);
        table.say(
            Diagnostic::new(Code::E0005, text.span, message)
                .help("write it as `500 ms`, `30 s` or `2 min`"),
        );
    }
    fits
}

/// A share of a whole: `0.2` or `20 %`.
pub(super) fn share(file: &File<'_>, value: &Value<'_>, name: &str) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::String(text) => text
            .trim()
            .strip_suffix('%')
            .and_then(|n| n.trim().parse::<f64>().ok())
            .map(|n| n / 100.0),
        other => number(other),
    };
    let fits = number.filter(|n| (0.0..=1.0).contains(n));
    if fits.is_none() {
        let message = format!("`{name}` must be a share of the whole");
        file.say(
            Diagnostic::new(Code::E0005, file.span(value), message)
                .help("write it as \"20 %\" or 0.2"),
        );
    }
    fits
}

/// A number, whole or not.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    if let Some(float) = value.as_float() {
        return float.as_str().replace('_', "").parse().ok().filter(|n: &f64| n.is_finite());
    }
    // A guard is a rough limit: beyond 2^53 nothing hangs on the last digit.
    integer(value).map(|n| n as f64)
}

/// A literal that a condition compares with.
pub(super) fn literal(file: &File<'_>, value: &Value<'_>, name: &str) -> Option<Literal> {
    match value.get_ref() {
        DeValue::String(text) => Some(Literal::Text(text.to_string())),
        DeValue::Boolean(b) => Some(Literal::Bool(*b)),
        DeValue::Integer(_) if integer(value.get_ref()).is_some() => {
            integer(value.get_ref()).map(Literal::Int)
        }
        _ => {
            file.wrong_type(value, name, "a text, a whole number, or true or false");
            None
        }
    }
}

/// Splits `first.rest` or `store/collection`, with spans of both halves where the quotes are plain.
pub(super) fn split(
    file: &File<'_>,
    text: &Sp<String>,
    at: char,
) -> Option<(Sp<String>, Sp<String>)> {
    let (first, rest) = text.value.split_once(at)?;
    if first.is_empty() || rest.is_empty() {
        return None;
    }
    let (mut left, mut right) = (text.span, text.span);
    let inner = file.text.get(text.span.start + 1..text.span.end.saturating_sub(1));
    if inner == Some(text.value.as_str()) {
        left.start = text.span.start + 1;
        left.end = left.start + first.len();
        right.start = left.end + at.len_utf8();
        right.end = text.span.end - 1;
    }
    Some((Sp::new(first.to_owned(), left), Sp::new(rest.to_owned(), right)))
}
