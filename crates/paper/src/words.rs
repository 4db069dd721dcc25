//! The writers' own words, and dates as people write them.

use frist_register::Lang;
use jiff::civil::Date;

const MONTHS_DA: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `24. november 2026` or `24 November 2026`.
pub(crate) fn date(date: Date, lang: Lang) -> String {
    let month = (date.month() - 1) as usize;
    match lang {
        Lang::Da => format!("{}. {} {}", date.day(), MONTHS_DA[month], date.year()),
        Lang::En => format!("{} {} {}", date.day(), MONTHS_EN[month], date.year()),
    }
}

/// The code of the language in HTML and PDF.
pub(crate) fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "da",
        Lang::En => "en",
    }
}

/// Over the list of files.
pub(crate) fn attachments(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "Bilag",
        Lang::En => "Enclosures",
    }
}

/// Before the document's date.
pub(crate) fn dated(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "Dato",
        Lang::En => "Date",
    }
}

/// Between a page's number and the number of pages.
#[cfg(feature = "pdf")]
pub(crate) fn page_of(lang: Lang) -> (&'static str, &'static str) {
    match lang {
        Lang::Da => ("Side", "af"),
        Lang::En => ("Page", "of"),
    }
}

/// What stands for `c`: a character that reorders or hides the text around it, or that a terminal
/// or reader would obey, becomes a replacement character. Tabs become spaces.
pub(crate) fn shown(c: char) -> char {
    match c {
        '\t' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '\n' => '\n',
        c if c.is_control() => '\u{fffd}',
        // Bidirectional overrides and isolates, and the invisible ones that carry no meaning here.
        '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' => '\u{fffd}',
        '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c => c,
    }
}
