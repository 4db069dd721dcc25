//! Invented people: names, addresses, e-mail addresses, telephone and CPR numbers that no real
//! person can have.

use jiff::civil::Date;

use crate::rng::Rng;
use crate::words::{GIVEN, MAIL_DOMAINS, MONTHS, OWN_DOMAIN, STREETS, SURNAMES, TOWNS};

/// "Karen Holm Pedersen".
pub(crate) fn name(rng: &mut Rng) -> String {
    let (given, last) = (rng.pick(GIVEN), rng.pick(SURNAMES));
    if rng.chance(30) {
        format!("{given} {} {last}", rng.pick(SURNAMES))
    } else {
        format!("{given} {last}")
    }
}

/// "Birkevej 14" or "Havnegade 3, 2. tv.".
pub(crate) fn street_address(rng: &mut Rng) -> String {
    let (street, number) = (rng.pick(STREETS), rng.range(1, 148));
    if rng.chance(25) {
        format!("{street} {number}, {}. {}", rng.range(1, 4), rng.pick(&["tv.", "th.", "mf."]))
    } else {
        format!("{street} {number}")
    }
}

pub(crate) fn town(rng: &mut Rng) -> (&'static str, &'static str) {
    *rng.pick(TOWNS)
}

/// A private address in a reserved domain. `number` keeps people of the same name apart.
pub(crate) fn private_email(name: &str, number: usize, rng: &mut Rng) -> String {
    format!("{}{number}@{}", mail_name(name), rng.pick(MAIL_DOMAINS))
}

/// An address at the organisation itself.
pub(crate) fn own_email(name: &str, number: usize) -> String {
    format!("{}{number}@{OWN_DOMAIN}", mail_name(name))
}

/// First and last name as an e-mail address writes them.
fn mail_name(name: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default();
    let last = name.rsplit(' ').next().unwrap_or_default();
    let mut out = String::new();
    for c in format!("{first}.{last}").chars().flat_map(char::to_lowercase) {
        match c {
            'æ' => out.push_str("ae"),
            'ø' => out.push_str("oe"),
            'å' => out.push_str("aa"),
            c => out.push(c),
        }
    }
    out
}

/// A telephone number that cannot be dialled: Danish numbers do not begin with 00.
pub(crate) fn phone(rng: &mut Rng) -> String {
    let n = rng.below(1_000_000);
    format!("+45 00 {:02} {:02} {:02}", n / 10_000, n / 100 % 100, n % 100)
}

/// A number in the form of a CPR number that no register can issue: its day is 92 to 99. Ordinary
/// numbers stop at 31, and administrative replacement numbers, which add 60 to the day and do
/// belong to real people, stop at 91.
pub(crate) fn fictional_cpr(born: Date, rng: &mut Rng) -> String {
    let serial = rng.below(10_000);
    format!("{}{:02}{:02}-{serial:04}", rng.range(92, 99), born.month(), born.year() % 100)
}

/// "3. marts 2024".
pub(crate) fn danish_date(date: Date) -> String {
    format!("{}. {} {}", date.day(), month_name(date), date.year())
}

pub(crate) fn month_name(date: Date) -> &'static str {
    MONTHS[usize::from(date.month().unsigned_abs()).saturating_sub(1)]
}

/// "1.234,50" from 123450 øre.
pub(crate) fn kroner(ore: i64) -> String {
    let (whole, rest) = (ore / 100, ore % 100);
    if whole >= 1000 {
        format!("{}.{:03},{rest:02}", whole / 1000, whole % 1000)
    } else {
        format!("{whole},{rest:02}")
    }
}

/// Replaces each `{key}` by its value.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, tail)) = after.split_once('}') else { break };
        out.push_str(values.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| v));
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn addresses_and_amounts_are_written_as_danes_write_them() {
        let mut rng = Rng::stream(1, "people");
        assert_eq!(own_email("Søren Ærø Østergård", 7), "soeren.oestergaard7@nordkyst.example");
        assert!(private_email("Åse Bæk", 3, &mut rng).starts_with("aase.baek3@example."));
        assert_eq!(kroner(123_450), "1.234,50");
        assert_eq!(kroner(99_905), "999,05");
        assert_eq!(danish_date(date(2024, 3, 3)), "3. marts 2024");
        assert_eq!(fill("Hej {a}, {b}{a}.", &[("a", "x"), ("b", "y")]), "Hej x, yx.");
    }
}
