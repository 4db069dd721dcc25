use super::*;
use frist_law::Period;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn founding() -> Inquiry {
    let received = day("2021-07-06");
    let within = Some(Period::days(28));
    let deadline = Deadline::set(received, within, None, None).unwrap();
    Inquiry::open(&NewInquiry {
        authority: "Datatilsynet",
        reference: Some("2020-32-1566"),
        about: "Optagelse af telefonsamtaler",
        received,
        deadline,
        questions: &["Hvordan bringes sagen i orden?".to_owned(), "Hvor længe?".to_owned()],
    })
    .unwrap()
}

fn answer(text: &str) -> Answer {
    Answer {
        at: at("2021-07-20T08:00:00Z"),
        by: "dpo".into(),
        text: text.into(),
        papers: vec![PaperRef::of("bilag.pdf", b"bilag")],
        sent: None,
    }
}

fn decided(powers: &[Power]) -> Outcome {
    Outcome {
        decided: day("2021-09-01"),
        powers: powers.to_vec(),
        text: None,
        at: at("2021-09-02T08:00:00Z"),
        by: "dpo".into(),
    }
}

#[test]
fn four_weeks_of_the_founding_case() {
    // 6 July 2021 and four weeks: Tuesday 3 August.
    let inquiry = founding();
    assert_eq!(inquiry.deadline.last_day, day("2021-08-03"));
    assert_eq!(inquiry.status(), Status::Open);
    let calendar = Calendar::denmark();
    assert_eq!(inquiry.due(&calendar), Some(at("2021-08-03T22:00:00Z")));
    assert_eq!(inquiry.in_time(&calendar, at("2021-08-03T21:59:59Z")), None);
    assert_eq!(inquiry.in_time(&calendar, at("2021-08-03T22:00:00Z")), Some(false));
}

#[test]
fn a_deadline_by_regulation_1182_or_as_the_authority_named_it() {
    let set = |received: &str, within: Option<Period>, on: Option<&str>| {
        Deadline::set(day(received), within, on.map(day), None).map(|d| d.last_day.to_string())
    };
    // Four weeks from 27 November 2025: Christmas, then a Friday that is Boxing Day, a weekend.
    assert_eq!(set("2025-11-27", Some(Period::days(28)), None).unwrap(), "2025-12-29");
    assert_eq!(set("2026-01-31", Some(Period::months(1)), None).unwrap(), "2026-03-02");
    // A day that the authority named stays, also a Sunday.
    assert_eq!(set("2026-01-31", None, Some("2026-02-15")).unwrap(), "2026-02-15");
    assert!(set("2026-01-31", None, None).is_err());
    assert!(set("2026-01-31", Some(Period::days(1)), Some("2026-02-15")).is_err());
    assert!(set("2026-01-31", Some(Period::hours(72)), None).is_err());
    assert!(set("2026-01-31", None, Some("2026-01-30")).is_err());
}

#[test]
fn what_was_sent_stays_and_is_supplemented() {
    let mut inquiry = founding();
    let when = at("2021-07-28T10:00:00Z");
    assert!(inquiry.answer(3, answer("x")).is_err());
    assert!(inquiry.answer(1, answer("  ")).is_err());
    inquiry.answer(1, answer("et udkast")).unwrap();
    inquiry.answer(1, answer("Optagelsen er stoppet.")).unwrap();
    assert_eq!(inquiry.questions[0].answers.len(), 1, "a draft is replaced");
    // Everything needs an answer, unless somebody names what goes now.
    assert!(inquiry.send(&[], when, "dpo", "Digital Post", None).is_err());
    inquiry.send(&[1], when, "dpo", "Digital Post", None).unwrap();
    assert_eq!(inquiry.unsent(), [2]);
    assert!(inquiry.send(&[1], when, "dpo", "Digital Post", None).is_err(), "it went already");
    inquiry.answer(2, answer("96 timer.")).unwrap();
    inquiry.send(&[], when, "dpo", "Digital Post", None).unwrap();
    assert_eq!(inquiry.sent[1].questions, [2]);
    assert_eq!(inquiry.status(), Status::Answered);
    assert_eq!(inquiry.due(&Calendar::denmark()), None);
    assert_eq!(inquiry.in_time(&Calendar::denmark(), when), Some(true));

    inquiry.answer(1, answer("Rettelse: stoppet den 7. juli.")).unwrap();
    assert_eq!(inquiry.questions[0].answers.len(), 2, "what was sent stays");
    assert_eq!(inquiry.questions[0].answers[0].text, "Optagelsen er stoppet.");
    assert_eq!(inquiry.unsent(), [1]);
    assert!(inquiry.altered().is_empty());
    inquiry.send(&[], when, "dpo", "Digital Post", None).unwrap();
    assert!(inquiry.altered().is_empty());
}

#[test]
fn whatever_is_altered_after_sending_is_seen() {
    let mut inquiry = founding();
    inquiry.answer(1, answer("Optagelsen er stoppet.")).unwrap();
    inquiry.answer(2, answer("96 timer.")).unwrap();
    let when = at("2021-07-28T10:00:00Z");
    inquiry
        .send(&[], when, "dpo", "Digital Post", Some(PaperRef::of("svar.pdf", b"svar")))
        .unwrap();
    let alter = |change: &dyn Fn(&mut Inquiry)| {
        let mut other = inquiry.clone();
        change(&mut other);
        other.altered()
    };
    assert!(alter(&|_| ()).is_empty());
    assert_eq!(alter(&|i| i.questions[0].text.push('!')), [1]);
    assert_eq!(alter(&|i| i.questions[1].answers[0].text = "24 timer.".into()), [1]);
    assert_eq!(alter(&|i| i.questions[1].answers[0].papers[0].sha256 = "0".repeat(64)), [1]);
    assert_eq!(alter(&|i| i.questions[1].answers[0].papers.clear()), [1]);
    assert_eq!(alter(&|i| i.questions[1].answers[0].by = "bo".into()), [1]);
    assert_eq!(alter(&|i| i.sent[0].at = at("2021-07-27T10:00:00Z")), [1]);
    assert_eq!(alter(&|i| i.sent[0].letter = None), [1]);
    assert_eq!(alter(&|i| i.sent[0].questions = vec![1]), [1]);
    assert_eq!(alter(&|i| i.authority = "Tilsynet".into()), [1]);
}

#[test]
fn a_decision_with_its_follow_ups() {
    let mut inquiry = founding();
    assert!(inquiry.close(decided(&[]), &[]).is_err());
    assert!(inquiry.close(decided(&[Power::NoRemark, Power::Criticism]), &[]).is_err());
    assert!(inquiry.close(decided(&[Power::Ban]), &[]).is_err(), "a ban is to be carried out");
    let past = [(day("2021-08-31"), "for sent".to_owned())];
    assert!(inquiry.close(decided(&[Power::Order]), &past).is_err());
    assert!(inquiry.outcome.is_none(), "a refused step changes nothing");
    let next = [
        (day("2021-09-29"), "forklar".to_owned()),
        (day("2021-09-15"), "stop optagelsen".to_owned()),
    ];
    inquiry.close(decided(&[Power::Order, Power::SeriousCriticism]), &next).unwrap();
    assert_eq!(inquiry.outcome.as_ref().unwrap().powers, [Power::SeriousCriticism, Power::Order]);
    assert_eq!((inquiry.status(), inquiry.next_day()), (Status::FollowUp, Some(day("2021-09-15"))));
    assert!(inquiry.ask("mere?").is_err() && inquiry.answer(1, answer("x")).is_err());
    inquiry.followed_up(2, at("2021-09-10T08:00:00Z"), "dpo", "stoppet").unwrap();
    assert!(inquiry.followed_up(2, at("2021-09-10T08:00:00Z"), "dpo", "igen").is_err());
    assert_eq!(inquiry.next_day(), Some(day("2021-09-29")));
    inquiry.followed_up(1, at("2021-09-20T08:00:00Z"), "dpo", "sendt").unwrap();
    assert_eq!((inquiry.status(), inquiry.next_day()), (Status::Closed, None));
}

#[test]
fn another_deadline_needs_its_reason() {
    let mut inquiry = founding();
    let set = |why| Deadline::set(inquiry.received, None, Some(day("2021-08-31")), why).unwrap();
    let (bare, granted) = (set(None), set(Some("bevilget den 29. juli")));
    assert!(inquiry.postpone(bare).is_err());
    inquiry.postpone(granted).unwrap();
    assert_eq!(inquiry.deadline.last_day, day("2021-08-31"));
    assert_eq!(inquiry.earlier[0].last_day, day("2021-08-03"));
}

#[test]
fn nothing_of_an_inquiry_is_shown_by_debug() {
    let mut inquiry = founding();
    inquiry.answer(1, answer("Jens Hansen ringede")).unwrap();
    let shown = format!("{inquiry:?} {:?} {:?}", inquiry.questions, inquiry.questions[0].answers);
    assert!(!shown.contains("Jens") && !shown.contains("bilag"), "{shown}");
}
