//! What stays on one line: a paragraph and its number, a day and its month, a telephone number.

/// Signs that belong to what comes after them.
const BEFORE: [&str; 18] = [
    "§",
    "§§",
    "stk.",
    "litra",
    "nr.",
    "artikel",
    "Artikel",
    "art.",
    "Article",
    "Art.",
    "kap.",
    "kapitel",
    "section",
    "Section",
    "telefon",
    "Telefon",
    "tlf.",
    "telephone",
];

const MONTHS: [&str; 12] = [
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

/// The text with blanks at which no line may end.
pub(super) fn together(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut words = text.split(' ').peekable();
    // Whether the last word was a part of a telephone number.
    let mut phone = false;
    let mut last = "";
    while let Some(word) = words.next() {
        out.push_str(word);
        let Some(next) = words.peek() else { break };
        let bare = word.trim_start_matches(['(', '»', '“']);
        let digits = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_digit());
        let ends = next.trim_end_matches([',', '.', ')', ';']);
        phone = (bare.len() > 2 && bare.starts_with('+') && digits(&bare[1..]))
            || (phone && digits(bare));
        let paragraph = matches!(last, "§" | "§§") && digits(bare);
        let letter = ends.len() == 1 && ends.chars().all(|c| c.is_ascii_lowercase());
        let numbered = next.starts_with(|c: char| c.is_ascii_digit() || c == '+') || letter;
        let day = bare.strip_suffix('.').is_some_and(digits) && MONTHS.contains(&ends);
        let stay = (BEFORE.contains(&bare) && numbered)
            || day
            || (phone && digits(ends) && ends.len() <= 4)
            || (paragraph && letter && ends != "i");
        out.push(if stay { '\u{a0}' } else { ' ' });
        last = bare;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_stays_together_and_nothing_else() {
        for (text, wanted) in [
            ("jf. artikel 17, stk. 3, litra b.", "jf. artikel_17, stk._3, litra_b."),
            ("(artikel 6, stk. 1)", "(artikel_6, stk._1)"),
            ("tv-overvågningsloven § 4 c, stk. 4", "tv-overvågningsloven §_4_c, stk._4"),
            ("lov nr. 700 af 24/5/2022", "lov nr._700 af 24/5/2022"),
            ("til og med den 31. december 2027.", "til og med den 31._december 2027."),
            ("på telefon +45 00 00 00 02 i dag", "på telefon_+45_00_00_00_02 i dag"),
            ("De 3. parter i § 4 i loven", "De 3. parter i §_4 i loven"),
            ("litra og artikel om", "litra og artikel om"),
            ("to  blanke ", "to  blanke "),
            ("", ""),
        ] {
            assert_eq!(together(text).replace('\u{a0}', "_"), wanted);
        }
    }
}
