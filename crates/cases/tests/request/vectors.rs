//! The worked vectors of Regulation 1182/71, and the municipality's case.

use frist_cases::request::{Actor, Deferred, DueFor, Outcome, Request, Right, Step};
use jiff::civil::Date;

use crate::kit::{dk, new, noon, received, take};

fn last_day(request: &Request) -> String {
    request.due(&dk()).unwrap().last_day.to_string()
}

#[test]
fn one_month_from_receipt() {
    for (day, due) in [
        ("2026-01-31", "2026-03-02"),
        ("2026-03-05", "2026-04-07"), // Easter
        ("2026-08-31", "2026-09-30"),
        ("2026-04-14", "2026-05-15"), // Ascension
        ("2026-11-24", "2026-12-24"),
        ("2026-05-05", "2026-06-05"),
        ("2025-12-31", "2026-02-02"),
        ("2023-04-05", "2023-05-08"), // Great Prayer Day
        ("2024-03-26", "2024-04-26"), // abolished
    ] {
        for right in Right::ALL {
            let request = received(right, day);
            assert_eq!(last_day(&request), due, "{right} received on {day}");
            let over = request.due(&dk()).unwrap().over;
            let midnight = due.parse::<Date>().unwrap().tomorrow().unwrap();
            assert_eq!(over, midnight.to_zoned(dk().zone).unwrap().timestamp());
        }
    }
}

#[test]
fn the_day_of_receipt_is_the_controllers() {
    // 23:30 UTC on 30 August is the 31st in Denmark.
    let at = "2026-08-30T23:30:00Z".parse().unwrap();
    let request = Request::new(new(Right::Access, at), at).unwrap();
    assert_eq!(last_day(&request), "2026-09-30");
}

#[test]
fn three_months_from_receipt_when_extended() {
    let extend = Step::Extend { reason: "32 anmodninger på én gang".to_owned() };
    let request = received(Right::Access, "2025-12-31");
    let extended = take(&request, &extend, "2026-01-20").unwrap();
    assert_eq!(last_day(&extended), "2026-03-31");
    // Counted as one period: not one month and then two.
    let extended = take(&received(Right::Access, "2026-01-31"), &extend, "2026-03-02").unwrap();
    assert_eq!(last_day(&extended), "2026-04-30");
    // The last day of the first month is the last on which it can be taken.
    let late = take(&received(Right::Access, "2026-01-31"), &extend, "2026-03-03").unwrap_err();
    assert!(
        late.why.contains("within the first month") && late.why.contains("2026-03-02"),
        "{late:?}"
    );
    let twice = take(&extended, &extend, "2026-02-03").unwrap_err();
    assert!(twice.why.contains("once"), "{twice:?}");
}

#[test]
fn asking_for_identity_does_not_move_the_month() {
    let request = received(Right::Access, "2026-11-02");
    let ask = |moves: Option<&str>| Step::AskIdentity {
        reason: "e-mailen er skrevet fra en ukendt adresse".to_owned(),
        moves: moves.map(str::to_owned),
    };
    let known = Step::IdentityKnown { how: "MitID".to_owned() };
    let asked = take(&request, &ask(None), "2026-11-05").unwrap();
    assert_eq!(last_day(&asked), "2026-12-02");
    assert_eq!(last_day(&take(&asked, &known, "2026-11-20").unwrap()), "2026-12-02");
    // Somebody decides otherwise: the deadline from the receipt stands until the identity is known.
    let asked = take(&request, &ask(Some("besluttet af DPO")), "2026-11-05").unwrap();
    assert_eq!(last_day(&asked), "2026-12-02");
    assert!(asked.standing(noon("2026-12-03"), &dk()).late, "a case never waits unseen");
    let known = take(&asked, &known, "2026-11-20").unwrap();
    assert_eq!(last_day(&known), "2026-12-21");
    let standing = known.standing(noon("2026-12-01"), &dk());
    assert_eq!(standing.from_receipt.unwrap().to_string(), "2026-12-02");
    // Once.
    let again = take(&known, &ask(Some("igen")), "2026-11-21").unwrap_err();
    assert!(again.why.contains("once"), "{again:?}");
}

#[test]
fn a_refusal_has_its_own_month() {
    // Art. 12(4): an extension gives no more time to say no.
    let request = received(Right::Erasure, "2026-01-12");
    let extended = Step::Extend { reason: "mange systemer".to_owned() };
    let request = take(&request, &extended, "2026-02-01").unwrap();
    assert_eq!(last_day(&request), "2026-04-13");
    let refuse = Step::Decide {
        outcome: Outcome::Refused,
        reasons: Some("17(3)(b)".to_owned()),
        deferred: Vec::new(),
    };
    let refused = take(&request, &refuse, "2026-02-20").unwrap();
    let due = refused.due(&dk()).unwrap();
    assert_eq!((due.last_day.to_string().as_str(), due.what), ("2026-02-12", DueFor::Refusal));
    let answered = take(&refused, &Step::Answer, "2026-02-20").unwrap();
    assert_eq!(answered.answered_late(&dk()), Some(8));
}

/// Datatilsynet 2018-32-0286 (5 July 2019): an erasure request answered after 5 months and 21 days
/// breaches Art. 12(3); the refusal itself, by 17(3)(b) with the duties to note and to file, is
/// upheld. The days are invented, the length is not.
#[test]
fn municipality_2018_32_0286() {
    let request = received(Right::Erasure, "2018-06-05");
    let left = |day: &str| request.standing(noon(day), &dk());
    assert_eq!(left("2018-07-05").days_left, Some(0));
    assert!(!left("2018-07-05").late);
    // From the right day on, and in the overview a week before.
    assert!(left("2018-07-06").late);
    assert_eq!(left("2018-07-06").days_left, Some(-1));
    assert_eq!(left("2018-06-28").days_left, Some(7));
    assert_eq!(left("2018-11-25").days_left, Some(-143));
    let searched = take(&request, &Step::Searched, "2018-11-20").unwrap();
    let refuse = Step::Decide {
        outcome: Outcome::Refused,
        reasons: Some("Art. 17(3)(b): notatpligt og journaliseringspligt".to_owned()),
        deferred: Vec::new(),
    };
    let refused = take(&searched, &refuse, "2018-11-26").unwrap();
    // 5 months and 21 days after the receipt.
    let answered = take(&refused, &Step::Answer, "2018-11-26").unwrap();
    let decision = answered.decision.as_ref().unwrap();
    assert_eq!((decision.outcome, decision.by.as_str()), (Outcome::Refused, "anna"));
    assert!(decision.reasons.as_deref().unwrap().contains("journaliseringspligt"));
    assert_eq!(answered.answered_late(&dk()), Some(144));
    let closed = take(&answered, &Step::Close, "2018-11-26").unwrap();
    assert_eq!(closed.answered_late(&dk()), Some(144), "that it was late stays on record");
}

#[test]
fn a_deferred_part_keeps_the_case_open_until_its_ground_ends() {
    let searched = take(&received(Right::Erasure, "2026-11-02"), &Step::Searched, "2026-11-03");
    let part = Deferred {
        dataset: "invoices".to_owned(),
        ground: "17(3)(b) bogføringsloven § 12".to_owned(),
        until: Some("2026-12-31".parse().unwrap()),
        records: 3,
        done: None,
    };
    let decide = Step::Decide {
        outcome: Outcome::PartlyGranted,
        reasons: Some("fakturaer".to_owned()),
        deferred: vec![part],
    };
    let decided = take(&searched.unwrap(), &decide, "2026-11-04").unwrap();
    let answered = take(&decided, &Step::Answer, "2026-11-04").unwrap();
    let due = answered.due(&dk()).unwrap();
    assert_eq!((due.last_day.to_string().as_str(), due.what), ("2027-01-01", DueFor::Deferred));
    let not = take(&answered, &Step::Close, "2026-12-31").unwrap_err();
    assert!(not.why.contains("2026-12-31"), "{not:?}");
    let done = Step::PartsDone { dataset: "invoices".to_owned(), waiting: Vec::new() };
    let early = take(&answered, &done, "2026-12-31").unwrap_err();
    assert!(early.why.contains("must stay"), "{early:?}");
    assert!(answered.standing(noon("2027-01-02"), &dk()).late);
    // The ordinary sweep does it by itself.
    let by = Actor::Program("sweep");
    let done = answered.take(&done, by, noon("2027-01-01"), &dk()).unwrap();
    assert_eq!(done.due(&dk()), None);
    assert!(take(&done, &Step::Close, "2027-01-01").is_ok());
}
