use super::*;
use frist_paper::Lang;
use frist_register::Register;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn register() -> Register {
    let reading = Register::read(frist_demo::REGISTER);
    reading.register.expect("the demo's register reads")
}

fn breach(aware: &str) -> Breach {
    let new = NewBreach {
        what: "En mail med fakturaer blev sendt til en forkert modtager",
        datasets: &["invoices".to_owned()],
        persons: Some("~40".parse().unwrap()),
        ..NewBreach::default()
    };
    Breach::open(at(aware), at("2026-12-31T00:00:00Z"), &new, &register()).unwrap()
}

#[test]
fn seventy_two_hours_and_no_weekend() {
    // A Friday afternoon before Christmas: Monday, whatever the calendar says.
    let b = breach("2026-12-25T14:00:00Z");
    assert_eq!(b.due(), Some(at("2026-12-28T14:00:00Z")));
    assert_eq!(left(b.aware, at("2026-12-28T13:00:00Z")).unwrap().as_hours(), 1);
    assert!(left(b.aware, at("2026-12-28T14:00:01Z")).unwrap().is_negative());
    // Clocks are put back in the night to 25 October: still 72 hours.
    assert_eq!(breach("2026-10-23T14:00:00Z").due(), Some(at("2026-10-26T14:00:00Z")));
}

#[test]
fn the_register_gives_categories_and_refuses_what_it_does_not_have() {
    let b = breach("2026-11-20T15:00:00Z");
    assert!(b.subjects.contains(&"customer".to_owned()), "{:?}", b.subjects);
    assert!(b.categories.contains(&"payment".to_owned()), "{:?}", b.categories);
    let open = |new: &NewBreach<'_>, aware: &str| {
        Breach::open(at(aware), at("2026-11-22T00:00:00Z"), new, &register()).is_err()
    };
    let what = NewBreach { what: "x y z", ..NewBreach::default() };
    assert!(!open(&what, "2026-11-20T15:00:00Z"));
    assert!(open(&what, "2026-11-23T15:00:00Z"), "nobody is aware in the future");
    assert!(open(&NewBreach::default(), "2026-11-20T15:00:00Z"), "nothing happened");
    let unknown = ["nope".to_owned()];
    assert!(open(&NewBreach { datasets: &unknown, ..what.clone() }, "2026-11-20T15:00:00Z"));
    assert!(open(&NewBreach { subjects: &unknown, ..what.clone() }, "2026-11-20T15:00:00Z"));
    assert!(open(&NewBreach { categories: &unknown, ..what }, "2026-11-20T15:00:00Z"));
}

#[test]
fn late_demands_its_reasons() {
    let mut b = breach("2026-11-20T15:00:00Z");
    b.assess(Risk::Risk, "adresser hos en fremmed", at("2026-11-21T08:00:00Z"), "dpo").unwrap();
    assert_eq!(b.status(), Status::ToNotify);
    let (last, late) = (at("2026-11-23T14:59:59Z"), at("2026-11-23T15:00:00Z"));
    assert_eq!(b.clone().notify(&Notify::default(), last, "dpo"), Ok(1));
    let refused = b.clone().notify(&Notify::default(), late, "dpo").unwrap_err();
    assert!(refused.message.contains("33(1)"), "{refused}");
    let empty = Notify { late: Some(" "), ..Notify::default() };
    assert!(b.notify(&empty, late, "dpo").is_err());
    let said = Notify { late: Some("mailen blev fundet i ferien"), ..Notify::default() };
    b.notify(&said, late, "dpo").unwrap();
    assert_eq!(b.in_time(), Some(false));
    assert_eq!(b.notified[0].late.as_deref(), Some("mailen blev fundet i ferien"));
    assert!(b.notify(&Notify::default(), at("2026-11-20T14:00:00Z"), "dpo").is_err());
}

#[test]
fn in_phases_until_nothing_is_missing() {
    let mut b = breach("2026-11-20T15:00:00Z");
    let t = at("2026-11-21T08:00:00Z");
    assert!(b.notify(&Notify::default(), t, "dpo").is_err(), "nobody has assessed it");
    b.assess(Risk::High, "helbredsoplysninger", t, "dpo").unwrap();
    b.notify(&Notify { more: true, ..Notify::default() }, t, "dpo").unwrap();
    assert_eq!(b.status(), Status::Notified);
    assert_eq!(b.due(), None);
    assert_eq!(b.missing().len(), 4, "{:?}", b.missing());
    assert!(b.close(t, "dpo").is_err());
    let learnt = NewBreach {
        consequences: Some("modtageren kan se adresser"),
        measures: Some("mailen er slettet hos modtageren"),
        ..NewBreach::default()
    };
    b.learn(&learnt, &register()).unwrap();
    assert_eq!(b.notify(&Notify::default(), at("2026-11-30T08:00:00Z"), "dpo"), Ok(2));
    assert_eq!(b.in_time(), Some(true), "the first phase decides");
    assert!(b.tell(None, None, None, t, "dpo").is_err());
    b.tell(Some("brev"), None, Some("40".parse().unwrap()), t, "dpo").unwrap();
    assert_eq!(b.status(), Status::Settled);
    b.close(t, "dpo").unwrap();
    assert_eq!(b.status(), Status::Closed);
    assert!(b.assess(Risk::Risk, "igen", t, "dpo").is_err());
}

#[test]
fn an_unlikely_risk_is_logged_and_not_notified() {
    let mut b = breach("2026-11-20T15:00:00Z");
    assert!(b.assess(Risk::Unlikely, "", at("2026-11-21T08:00:00Z"), "dpo").is_err());
    b.assess(Risk::Unlikely, "filen var krypteret", at("2026-11-21T08:00:00Z"), "dpo").unwrap();
    assert_eq!(b.due(), None);
    // Facts, effects and remedial action are logged all the same.
    assert_eq!(b.missing().len(), 2);
    // A later assessment is the one in force, and the hours ran all the time.
    b.assess(Risk::Risk, "nøglen var med", at("2026-11-22T08:00:00Z"), "dpo").unwrap();
    assert_eq!(b.due(), Some(at("2026-11-23T15:00:00Z")));
}

#[test]
fn the_notification_has_all_of_33_3() {
    let mut b = breach("2026-11-20T15:00:00Z");
    let t = at("2026-11-23T16:00:00Z");
    b.assess(Risk::High, "helbredsoplysninger", t, "dpo").unwrap();
    let learnt = NewBreach {
        consequences: Some("modtageren kan se adresser"),
        measures: Some("mailen er slettet hos modtageren"),
        ..NewBreach::default()
    };
    b.learn(&learnt, &register()).unwrap();
    let said = Notify { late: Some("fundet i ferien"), more: true, ..Notify::default() };
    b.notify(&said, t, "dpo").unwrap();
    let da = notification(&b, "B-2026-0001", &register(), Lang::Da, t).text();
    let en = notification(&b, "B-2026-0001", &register(), Lang::En, t).text();
    for (text, wanted) in [
        (
            &da,
            [
                "litra a",
                "Kunder",
                "omkring 40",
                "Betalinger",
                "Endnu ikke kendt",
                "20.11.2026 kl. 16:00",
                "litra b",
                "Dina Persson",
                "dpo@nordkyst.example",
                "litra c",
                "modtageren kan se adresser",
                "Høj risiko",
                "litra d",
                "mailen er slettet",
                "artikel 34",
                "fundet i ferien",
                "foreløbig",
                "23.11.2026 kl. 16:00",
            ],
        ),
        (
            &en,
            [
                "33(3)(a)",
                "Customers",
                "about 40",
                "Payments",
                "Not known yet",
                "2026-11-20 16:00",
                "point (b)",
                "Dina Persson",
                "dpo@nordkyst.example",
                "point (c)",
                "modtageren kan se adresser",
                "High risk",
                "point (d)",
                "mailen er slettet",
                "Article 34",
                "fundet i ferien",
                "preliminary",
                "2026-11-23 16:00",
            ],
        ),
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in wanted {
            assert!(flat.contains(word), "`{word}` is not in:\n{text}");
        }
    }
    let (again, debug) =
        (notification(&b, "B-2026-0001", &register(), Lang::Da, t), format!("{b:?}"));
    assert_eq!(again.text(), da, "the same facts give the same words");
    assert!(!debug.contains("mail"), "{debug}");
}
