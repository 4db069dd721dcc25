//! How the values that tell who somebody is are compared, and in which ways a store may write them.
//!
//! A store is asked for a handful of exact spellings, so that a plain index serves; what it gives is
//! compared again by the [`normal`] form. What is written in none of the [`spellings`] is therefore
//! not found in a database, although it means the same:
//!
//! - **text** (a customer number): exact, blanks around it aside, capitals count. `K-4711` does not
//!   find `k-4711`, nor `4711` the text `04711`.
//! - **e-mail**: as given, in small letters, in capitals, and with capitals at the start of its
//!   parts; not `aNNA@x.dk`, not `Anna <anna@x.dk>`, no aliases such as `anna+list@x.dk`.
//! - **phone**: Danish numbers with and without `+45`, `0045` or `45`, in one piece, in pairs, in
//!   fours, with dashes or points in pairs; foreign ones with `+`, `00` or neither, in one piece.
//! - **CPR**: `0101901234`, `010190-1234`, `010190 1234`, and as a number without the first zero.
//! - **name**: as given, in small letters, in capitals, with capitals first; not other orders, not
//!   without the middle name, not `Aage` for `Åge`.
//!
//! A value that stands for "none" (`-`, `0`, `ukendt`, a telephone number of one digit repeated) is
//! nobody's: it neither finds anybody nor leads on.

use frist_register::IdentityFormat as Format;

/// The one form in which values that mean the same are equal; none when it names nobody.
pub fn normal(format: Format, text: &str) -> Option<String> {
    let text = text.trim();
    match format {
        Format::Text => Some(text.to_owned()).filter(|t| !is_nobody(t)),
        Format::Email => {
            let (name, domain) = text.split_once('@')?;
            let odd = |s: &str| s.is_empty() || s.contains(['@', ' ', '<', '>']);
            (!odd(name) && !odd(domain)).then(|| text.to_lowercase())
        }
        Format::Phone => phone(text),
        Format::Cpr => {
            let digits = digits(text, "- ")?;
            let digits = format!("{digits:0>10}");
            (digits.len() == 10 && text.len() >= 9 && !is_one_digit(&digits)).then_some(digits)
        }
        Format::Name => Some(words(text).to_lowercase()).filter(|t| !is_nobody(t)),
    }
}

/// The ways in which a store may have written it, the given one first; none when it names nobody.
pub fn spellings(format: Format, text: &str) -> Vec<String> {
    let Some(normal) = normal(format, text) else { return Vec::new() };
    let text = text.trim();
    let mut all = vec![text.to_owned()];
    match format {
        Format::Text => {}
        Format::Email => {
            let (name, domain) = normal.split_once('@').unwrap_or((&normal, ""));
            let parts = capitals(name);
            all.extend([
                format!("{parts}@{domain}"),
                format!("{}@{domain}", first_capital(name)),
                format!("{parts}@{}", first_capital(domain)),
                normal.to_uppercase(),
                normal.clone(),
            ]);
        }
        Format::Phone => phones(&normal, &mut all),
        Format::Cpr => {
            let (date, serial) = normal.split_at(6);
            all.extend([format!("{date}-{serial}"), format!("{date} {serial}"), normal.clone()]);
            all.extend(normal.strip_prefix('0').map(str::to_owned));
        }
        Format::Name => {
            let words = words(text);
            all.extend([capitals(&normal), normal.to_uppercase(), normal.clone(), words]);
        }
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|s| seen.insert(s.clone()));
    all
}

/// Digits alone when there is nothing but digits and these separators.
fn digits(text: &str, separators: &str) -> Option<String> {
    text.chars()
        .filter(|c| !separators.contains(*c))
        .map(Some)
        .map(|c| c.filter(char::is_ascii_digit))
        .collect()
}

fn is_one_digit(digits: &str) -> bool {
    digits.bytes().all(|b| Some(b) == digits.bytes().next())
}

/// A number as it is dialled from abroad, without `+`.
fn phone(text: &str) -> Option<String> {
    let (abroad, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = digits(rest, " -.()/\u{a0}")?;
    let number = match digits.strip_prefix("00") {
        _ if abroad => digits,
        // Eight digits are a Danish number, whatever they begin with.
        _ if digits.len() == 8 => format!("45{digits}"),
        Some(rest) => rest.to_owned(),
        None => digits,
    };
    let own = number.strip_prefix("45").unwrap_or(&number);
    (5..=15).contains(&number.len()).then_some(())?;
    (!is_one_digit(own)).then_some(number)
}

fn phones(number: &str, all: &mut Vec<String>) {
    let Some(own) = number.strip_prefix("45").filter(|own| own.len() == 8) else {
        all.extend(["+", "00", ""].map(|before| format!("{before}{number}")));
        return;
    };
    let cut = |sizes: &[usize], between: &str| {
        let mut rest = own;
        let mut parts = Vec::new();
        for size in sizes {
            let (part, tail) = rest.split_at(*size);
            parts.push(part);
            rest = tail;
        }
        parts.join(between)
    };
    let pairs = [2, 2, 2, 2];
    let written =
        [own.to_owned(), cut(&pairs, " "), cut(&[4, 4], " "), cut(&pairs, "-"), cut(&pairs, ".")];
    for own in written {
        for before in ["", "+45", "+45 ", "0045", "0045 ", "45", "45 "] {
            all.push(format!("{before}{own}"));
        }
    }
}

/// Blanks of any kind and number between words become one.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each word begins with a capital.
fn capitals(text: &str) -> String {
    let mut start = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        start = !c.is_alphanumeric() && c != '\'';
    }
    out
}

fn first_capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// What people and programs write when there is no value.
fn is_nobody(text: &str) -> bool {
    let nothing = [
        "",
        "0",
        "na",
        "n/a",
        "null",
        "none",
        "nil",
        "ukendt",
        "unknown",
        "ingen",
        "anonym",
        "anonymous",
        "test",
        "undefined",
    ];
    nothing.contains(&text.to_lowercase().as_str()) || !text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(format: Format, a: &str, b: &str) {
        let (na, nb) = (normal(format, a), normal(format, b));
        assert!(na.is_some() && na == nb, "{a} and {b}");
        assert!(spellings(format, a).contains(&b.to_owned()), "{b} is not looked for");
    }

    #[test]
    fn the_ways_people_write() {
        for b in [
            "+4512345678",
            "0045 12345678",
            "12 34 56 78",
            "+45 12 34 56 78",
            "1234 5678",
            "12-34-56-78",
            "4512345678",
        ] {
            same(Format::Phone, "12345678", b);
            same(Format::Phone, "+45 12 34 56 78", b);
        }
        same(Format::Phone, "+46 70 123 45 67", "0046701234567");
        same(Format::Cpr, "010190-1234", "0101901234");
        same(Format::Cpr, "0101901234", "101901234");
        same(Format::Email, "Anna.Holm@Firma.dk", "anna.holm@firma.dk");
        same(Format::Email, "anna.holm@firma.dk", "Anna.Holm@firma.dk");
        same(Format::Name, "anna  HOLM", "Anna Holm");
        same(Format::Name, "Søren Ærø", "SØREN ÆRØ");
        same(Format::Text, " 4711 ", "4711");
    }

    #[test]
    fn what_is_not_the_same() {
        let differ = [
            (Format::Phone, "12345678", "12345679"),
            (Format::Phone, "12345678", "+46 12345678"),
            (Format::Text, "K-4711", "k-4711"),
            (Format::Text, "4711", "04711"),
            (Format::Email, "anna@x.dk", "anna+list@x.dk"),
            (Format::Cpr, "0101901234", "0101901235"),
        ];
        for (format, a, b) in differ {
            assert_ne!(normal(format, a), normal(format, b), "{a} and {b}");
        }
    }

    #[test]
    fn nobody_is_nobody() {
        for text in ["", " ", "-", "0", "N/A", "Ukendt", "--", "?"] {
            for format in [Format::Text, Format::Email, Format::Phone, Format::Cpr, Format::Name] {
                assert_eq!(normal(format, text), None, "`{text}`");
                assert!(spellings(format, text).is_empty());
            }
        }
        for (format, text) in [
            (Format::Phone, "00000000"),
            (Format::Phone, "+45 11 11 11 11"),
            (Format::Phone, "201"),
            (Format::Phone, "12345678 (mobil)"),
            (Format::Cpr, "000000-0000"),
            (Format::Cpr, "12345"),
            (Format::Email, "anna"),
            (Format::Email, "a@b@c"),
        ] {
            assert_eq!(normal(format, text), None, "`{text}`");
        }
    }

    const FORMATS: [Format; 5] =
        [Format::Text, Format::Email, Format::Phone, Format::Cpr, Format::Name];

    proptest! {
        /// Every spelling means the same as what was given, and nothing is spelled twice.
        #[test]
        fn spellings_mean_the_same(text in "[ +0-9a-zA-ZæøåÆØÅß@.,'()/-]{0,24}", f in 0usize..5) {
            let format = FORMATS[f];
            let all = spellings(format, &text);
            let wanted = normal(format, &text);
            prop_assert_eq!(all.is_empty(), wanted.is_none());
            for s in &all {
                // Capitals of some letters are not undone by small ones (`ß`): those find nothing.
                if !text.contains('ß') {
                    prop_assert_eq!(&normal(format, s), &wanted, "{}", s);
                }
            }
            let unique: std::collections::HashSet<_> = all.iter().collect();
            prop_assert_eq!(unique.len(), all.len());
        }

        /// The normal form is its own.
        #[test]
        fn normal_is_normal(text in "\\PC{0,24}", f in 0usize..5) {
            if let Some(n) = normal(FORMATS[f], &text) {
                if FORMATS[f] == Format::Phone {
                    prop_assert_eq!(normal(Format::Phone, &format!("+{n}")), Some(n));
                } else if FORMATS[f] != Format::Name && FORMATS[f] != Format::Email {
                    prop_assert_eq!(normal(FORMATS[f], &n), Some(n));
                }
            }
        }

        /// A Danish number is found however it is asked for and written.
        #[test]
        fn every_way_finds_every_way(n in 20_000_000u32..99_999_999) {
            let all = spellings(Format::Phone, &n.to_string());
            for a in &all {
                let other: std::collections::HashSet<_> = spellings(Format::Phone, a).into_iter().collect();
                for b in &all {
                    prop_assert!(other.contains(b), "{} does not find {}", a, b);
                }
            }
        }

        /// Two numbers that differ share no spelling.
        #[test]
        fn nobody_else_is_spelled(a in 10_000_000u32..99_999_999, b in 10_000_000u32..99_999_999) {
            prop_assume!(a != b);
            let of_a = spellings(Format::Phone, &a.to_string());
            let of_b = spellings(Format::Phone, &b.to_string());
            prop_assert!(of_a.iter().all(|s| !of_b.contains(s)));
        }
    }
}
