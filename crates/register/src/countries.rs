//! What countries outside the EEA are called in Danish and English: the names of Unicode's CLDR, by
//! ISO 3166 code, under the licence in `LICENSE-UNICODE`.

use crate::Lang;

/// One a line: code, Danish, English.
const NAMES: &str = include_str!("countries.tsv");

/// What the country with this ISO 3166 code is called; none where the code is no third country's.
pub fn country(code: &str, lang: Lang) -> Option<&'static str> {
    let code = code.trim();
    let mut names = NAMES.lines().map(|line| line.split('\t'));
    let mut found = names.find(|parts| parts.clone().next() == Some(code))?;
    match lang {
        Lang::Da => found.nth(1),
        Lang::En => found.nth(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn third_countries_have_names_and_others_none() {
        assert_eq!(country("US", Lang::Da), Some("USA"));
        assert_eq!(country(" GB ", Lang::En), Some("United Kingdom"));
        assert_eq!(country("CH", Lang::Da), Some("Schweiz"));
        for none in ["DK", "EL", "us", "", "USA", "FN"] {
            assert_eq!(country(none, Lang::Da), None, "{none}");
        }
        for line in NAMES.lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            assert!(parts.len() == 3 && parts.iter().all(|p| !p.is_empty()), "{line}");
        }
    }
}
