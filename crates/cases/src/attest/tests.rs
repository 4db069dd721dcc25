use super::*;
use frist_register::{Sp, Text};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn register(guidelines: &[(&str, &str, &str)]) -> Register {
    let sp = |text: &str| Sp { value: text.to_owned(), span: frist_register::Span::default() };
    let text = |t: &str| Text { da: t.to_owned(), en: String::new() };
    let guideline = |(id, version, words): &(&str, &str, &str)| Guideline {
        id: sp(id),
        version: sp(version),
        title: text("Slet selv"),
        text: Sp { value: text(words), span: frist_register::Span::default() },
        who: Text::default(),
        span: frist_register::Span::default(),
    };
    Register { guidelines: guidelines.iter().map(guideline).collect(), ..Register::default() }
}

fn staff(person: &str, since: &str, left: Option<&str>) -> Staff {
    Staff { person: person.into(), guidelines: None, since: day(since), left_on: left.map(day) }
}

fn attested(register: &Register, person: &str, version: &str) -> Attestation {
    let guideline = &register.guidelines[0];
    Attestation {
        person: person.into(),
        guideline: guideline.id.value.clone(),
        version: version.into(),
        sha256: fingerprint(guideline),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        by: person.into(),
    }
}

#[test]
fn a_new_version_and_a_changed_text_make_outdated() {
    let one = register(&[("sletning", "1", "Slet efter et år.")]);
    let people = [staff("anna", "2020-01-01", None), staff("bo", "2020-01-01", None)];
    let done = [attested(&one, "anna", "1")];
    let today = day("2026-11-22");
    let of = |register: &Register| -> Vec<Reading> {
        lines(register, &people, &done, today).iter().map(|l| l.reading).collect()
    };
    assert_eq!(of(&one), [Reading::Current, Reading::Missing]);
    let two = register(&[("sletning", "2", "Slet efter et år.")]);
    assert_eq!(of(&two), [Reading::Outdated, Reading::Missing]);
    // Somebody changed the words and forgot the version.
    let sly = register(&[("sletning", "1", "Slet efter ti år.")]);
    assert_eq!(of(&sly), [Reading::Outdated, Reading::Missing]);
    let counted = counts(&two, &lines(&two, &people, &done, today));
    let c = &counted[0];
    assert_eq!((c.concerned, c.current, c.outdated, c.missing), (2, 0, 1, 1));
}

#[test]
fn only_those_employed_and_concerned() {
    let r = register(&[("sletning", "1", "a"), ("optagelser", "1", "b")]);
    let mut few = staff("carl", "2020-01-01", None);
    few.guidelines = Some(vec!["optagelser".into()]);
    let people = [
        staff("anna", "2026-11-23", None),
        staff("bo", "2020-01-01", Some("2026-11-21")),
        staff("dorte", "2020-01-01", Some("2026-11-22")),
        few,
    ];
    let got: Vec<(String, String)> = lines(&r, &people, &[], day("2026-11-22"))
        .into_iter()
        .map(|l| (l.person, l.guideline))
        .collect();
    let want = [("dorte", "sletning"), ("dorte", "optagelser"), ("carl", "optagelser")];
    assert_eq!(got, want.map(|(p, g)| (p.to_owned(), g.to_owned())));
}

#[test]
fn trainings_lapse() {
    let people = [
        staff("anna", "2020-01-01", None),
        staff("bo", "2020-01-01", None),
        staff("carl", "2020-01-01", None),
    ];
    let training = |person: &str, done: &str, until: Option<&str>| Training {
        person: person.into(),
        course: "gdpr".into(),
        done_on: day(done),
        valid_until: until.map(day),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        by: "hr".into(),
    };
    let all = [
        training("anna", "2024-01-01", Some("2025-01-01")),
        training("anna", "2026-01-01", Some("2026-11-22")),
        training("bo", "2024-01-01", Some("2025-01-01")),
    ];
    let of = |today: &str| {
        let t = trained(&people, &all, day(today)).remove(0);
        (t.valid, t.lapsed, t.never)
    };
    assert_eq!(of("2026-11-22"), (1, 1, 1));
    assert_eq!(of("2026-11-23"), (0, 2, 1));
}

#[test]
fn staff_data_goes_some_time_after_leaving() {
    let people = [
        staff("anna", "2020-01-01", None),
        staff("bo", "2020-01-01", Some("2025-11-21")),
        staff("carl", "2020-01-01", Some("2025-11-22")),
    ];
    let calendar = frist_law::Calendar::denmark();
    let gone = |today: &str| forgettable(&people, Period::years(1), &calendar, day(today));
    assert!(gone("2026-11-21").is_empty());
    assert_eq!(gone("2026-11-22"), ["bo"]);
    assert_eq!(gone("2026-11-23"), ["bo", "carl"]);
}
