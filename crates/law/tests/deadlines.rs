//! The deadlines of `corpus/deadlines/`, each with its source; `corpus/README.md` says how a case is
//! written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use frist_law::deadline::{Rule, deadline};
use frist_law::{Calendar, LawBook, Start};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: Vec<String>,
    event: String,
    period: String,
    last_day: Option<Date>,
    over: Timestamp,
}

fn files() -> Vec<(String, File)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/deadlines");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let file = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, file)
    });
    files.collect()
}

#[test]
fn every_deadline_is_the_one_it_says() {
    let calendar = Calendar::denmark();
    let mut count = 0;
    for (name, file) in files() {
        let rule = match file.rule.as_str() {
            "Regulation 1182/71" => Rule::Regulation1182,
            "Forældelsesloven § 27" => Rule::LimitationAct,
            other => panic!("{name}: nobody knows the rule `{other}`"),
        };
        for case in file.case {
            let event = match case.event.parse::<Timestamp>() {
                Ok(at) => Start::Instant(at),
                Err(_) => Start::Date(case.event.parse().unwrap()),
            };
            let period = case.period.parse().unwrap();
            let found = deadline(period, &event, rule, &calendar).unwrap();
            assert_eq!(found.last_day, case.last_day, "{name}, {:?}", case.name);
            assert_eq!(found.over, case.over, "{name}, {:?}", case.name);
            count += 1;
        }
    }
    assert!(count >= 25, "only {count} cases");
}

/// A source is a law of the law book, an article in it, or a decision named by date or number.
#[test]
fn every_deadline_has_its_source() {
    let book = LawBook::embedded();
    for (name, file) in files() {
        for case in file.case {
            assert!(!case.source.is_empty(), "{name}, {:?} has no source", case.name);
            for source in &case.source {
                let known = match source.strip_prefix("Datatilsynet ") {
                    Some(decision) => decision.chars().any(|c| c.is_ascii_digit()),
                    None => book.get(source).is_some() || book.article(source).is_some(),
                };
                assert!(known, "{name}, {:?}: nobody knows `{source}`", case.name);
            }
        }
    }
}
