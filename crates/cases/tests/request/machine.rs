//! The table of steps, by property: whatever is tried in whatever order.

use frist_cases::request::{
    Actor, Deferred, Disclosed, NewRequest, NotNow, Notice, Outcome, Request, Right, Stage, Step,
    StepName,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::kit::{dk, new, noon, received, take};

fn some(text: &str) -> String {
    text.to_owned()
}

/// A step of this name that lacks nothing at `now`.
fn whole(name: StepName, request: &Request, now: Timestamp) -> Step {
    let today = dk().zone.to_datetime(now).date();
    match name {
        StepName::AskIdentity => Step::AskIdentity { reason: some("ukendt adresse"), moves: None },
        StepName::IdentityKnown => Step::IdentityKnown { how: some("MitID") },
        StepName::Search => Step::Searched,
        StepName::Extend => Step::Extend { reason: some("mange anmodninger") },
        StepName::Decide => Step::Decide {
            outcome: Outcome::Unfounded,
            reasons: Some(some("den tyvende i år")),
            deferred: Vec::new(),
        },
        StepName::Answer => Step::Answer,
        StepName::DoParts => Step::PartsDone {
            dataset: request
                .open_parts()
                .find(|part| part.until.is_none_or(|until| until < today))
                .map_or(some("invoices"), |part| part.dataset.clone()),
            waiting: Vec::new(),
        },
        StepName::Tell => Step::Tell {
            recipient: request
                .untold()
                .chain(request.recipients.iter().rev().filter(|r| cannot(&r.notice)))
                .map(|r| r.id.clone())
                .next()
                .unwrap_or_default(),
            notice: Notice::Told { on: today, how: some("brev") },
        },
        StepName::Withdraw => Step::Withdraw { how: some("ringede") },
        StepName::Close => Step::Close,
        StepName::Reopen => Step::Reopen { reason: some("lukket ved en fejl") },
    }
}

fn cannot(notice: &Option<Notice>) -> bool {
    matches!(notice, Some(Notice::Cannot { .. }))
}

fn disclosed(n: u8) -> Disclosed {
    let (datasets, categories) = (vec![format!("d{n}")], vec![some("contact")]);
    Disclosed { recipient: format!("r{n}"), datasets, categories }
}

fn any_step() -> impl Strategy<Value = Step> {
    let text = prop_oneof![3 => Just(some("en grund")), 1 => Just(some("  "))];
    let maybe = prop::option::of(text.clone());
    let part = (0u32..900, 0u8..3).prop_map(|(days, set)| Deferred {
        dataset: format!("d{set}"),
        ground: some("17(3)(b)"),
        // A hold has no day.
        until: (days % 7 > 0)
            .then(|| Date::constant(2026, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap()),
        records: 1,
        done: None,
    });
    let outcome = prop::sample::select(vec![
        Outcome::Granted,
        Outcome::PartlyGranted,
        Outcome::Refused,
        Outcome::Unfounded,
    ]);
    prop_oneof![
        1 => (text.clone(), maybe.clone()).prop_map(|(reason, moves)| Step::AskIdentity { reason, moves }),
        1 => text.clone().prop_map(|how| Step::IdentityKnown { how }),
        3 => Just(Step::Searched),
        1 => text.clone().prop_map(|reason| Step::Extend { reason }),
        4 => (outcome, maybe, prop::collection::vec(part, 0..3))
            .prop_map(|(outcome, reasons, deferred)| Step::Decide { outcome, reasons, deferred }),
        3 => Just(Step::Answer),
        2 => (0u8..3).prop_map(|set| Step::PartsDone { dataset: format!("d{set}"), waiting: Vec::new() }),
        3 => (0u8..3, text.clone()).prop_map(|(n, how)| Step::Tell {
            recipient: format!("r{n}"),
            notice: Notice::Told { on: Date::constant(2026, 1, 5), how },
        }),
        1 => (0u8..3, text.clone()).prop_map(|(n, why)| Step::Tell {
            recipient: format!("r{n}"),
            notice: Notice::Cannot { why },
        }),
        1 => text.clone().prop_map(|how| Step::Withdraw { how }),
        2 => Just(Step::Close),
        1 => text.prop_map(|reason| Step::Reopen { reason }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_tried(
        right in prop::sample::select(Right::ALL.to_vec()),
        marketing in any::<bool>(),
        tried in prop::collection::vec((any_step(), 0i64..40, any::<bool>()), 1..25),
    ) {
        let marketing = marketing && right == Right::Objection;
        let mut now = noon("2026-01-05");
        let start = NewRequest { marketing, ..new(right, now) };
        let mut request = Request::new(start, now).unwrap();
        for (step, days, person) in tried {
            now += SignedDuration::from_hours(24 * days);
            let by = if person { Actor::Person("anna") } else { Actor::Program("sweep") };
            let possible = request.possible(now, &dk());
            match request.take(&step, by, now, &dk()) {
                Err(NotNow { why, possible: told, .. }) => {
                    prop_assert!(!why.is_empty());
                    prop_assert_eq!(&told, &possible);
                    // What is said to be possible is, to a person who gives what it needs.
                    for name in told {
                        let step = whole(name, &request, now);
                        let taken = request.take(&step, Actor::Person("anna"), now, &dk());
                        prop_assert!(taken.is_ok(), "{name:?}: {taken:?}");
                    }
                }
                Ok(next) => {
                    prop_assert!(possible.contains(&step.name()), "{step:?} was not said possible");
                    check(&request, &next, &step, now, person);
                    // It comes back as it was kept.
                    let body = next.body().unwrap();
                    prop_assert_eq!(&Request::read("R-2026-0001", &body).unwrap(), &next);
                    request = next;
                    // What is carried out in between is to be told of.
                    if days % 5 == 0 && request.stage >= Stage::Decided && request.stage < Stage::Closed {
                        request.owe(vec![disclosed((days / 5 % 3) as u8)], now);
                    }
                }
            }
        }
    }
}

/// What holds after every step that was taken.
fn check(before: &Request, after: &Request, step: &Step, now: Timestamp, person: bool) {
    let calendar = dk();
    let (old, new) = (before.answer_due(&calendar).unwrap(), after.answer_due(&calendar).unwrap());
    // The time to answer becomes longer only by an extension or by a decision to count from later;
    // a refusal makes it shorter, and being decided anew gives that back.
    match step {
        Step::Extend { .. } | Step::Decide { .. } | Step::Reopen { .. } => {}
        Step::IdentityKnown { .. } if before.check().unwrap().moves.is_some() => {}
        _ if before.decision.is_some() && after.decision.is_none() => {}
        _ => assert_eq!(old, new, "{step:?}"),
    }
    let longest = if after.extension.is_some() { 100 } else { 40 };
    let from = after.counted_from();
    assert!(new.over.duration_since(from) <= SignedDuration::from_hours(24 * longest));
    assert!(new.over > from);
    // Nothing is granted unseen, and no ground is passed over.
    if let Some(decision) = &after.decision {
        let granted = matches!(decision.outcome, Outcome::Granted | Outcome::PartlyGranted);
        assert!(!granted || after.searched.is_some());
        assert!(granted || !after.marketing || decision.outcome == Outcome::Unfounded);
        assert!(decision.outcome == Outcome::Granted || decision.reasons.is_some());
        // What is met of an objection or a withdrawal may leave records that wait for something else.
        let ends_processing = matches!(after.right, Right::Objection | Right::ConsentWithdrawal);
        assert!(
            decision.outcome != Outcome::Granted || ends_processing || after.deferred.is_empty()
        );
    }
    if let Step::Decide { outcome: Outcome::Unfounded, .. } = step {
        assert!(person, "only a person finds a request unfounded");
    }
    for part in &after.deferred {
        let Some(until) = part.until else { continue };
        assert!(part.done.is_none_or(|done| calendar.zone.to_datetime(done).date() > until));
    }
    // Whoever waits for identity has nothing decided but a refusal.
    assert!(after.stage != Stage::IdentityAsked || after.check().unwrap().known.is_none());
    // A closed request has nothing open; an open one always has a date, or is answered.
    match after.stage {
        Stage::Closed => {
            assert!(after.due(&calendar).is_none());
            assert!(after.withdrawn.is_some() || after.open_parts().next().is_none());
            assert!(after.untold().next().is_none(), "nobody is forgotten");
            assert_eq!(after.possible(now, &calendar), [StepName::Reopen]);
        }
        Stage::Answered => {
            let dated = after.open_parts().any(|part| part.until.is_some());
            assert_eq!(after.due(&calendar).is_some(), dated || after.untold().next().is_some());
        }
        _ => assert!(after.due(&calendar).is_some()),
    }
}

#[test]
fn a_refused_step_says_what_is_possible() {
    let request = received(Right::Access, "2026-11-20");
    let not = take(&request, &Step::Answer, "2026-11-21").unwrap_err();
    assert_eq!(not.why, "nothing is decided yet");
    assert_eq!(
        not.possible_in_words(),
        "ask for identity, search for the person, extend, decide, record that the person withdrew it"
    );
    let granted = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    let not = take(&request, &granted, "2026-11-21").unwrap_err();
    assert!(not.why.contains("not searched for"), "{not:?}");
}

#[test]
fn only_a_person_finds_a_request_unfounded() {
    let request = received(Right::Access, "2026-11-20");
    let decide = |reasons: Option<&str>| Step::Decide {
        outcome: Outcome::Unfounded,
        reasons: reasons.map(str::to_owned),
        deferred: Vec::new(),
    };
    let now = noon("2026-11-21");
    let program = request.take(&decide(Some("nr. 20")), Actor::Program("frist"), now, &dk());
    assert!(program.unwrap_err().why.contains("12(5)"));
    assert!(take(&request, &decide(None), "2026-11-21").unwrap_err().why.contains("reasons"));
    assert!(take(&request, &decide(Some("nr. 20")), "2026-11-21").is_ok());
}

#[test]
fn an_objection_to_marketing_cannot_be_refused() {
    let now = noon("2026-11-20");
    let marketing = NewRequest { marketing: true, ..new(Right::Objection, now) };
    let request = Request::new(marketing, now).unwrap();
    let request = take(&request, &Step::Searched, "2026-11-21").unwrap();
    let refuse = Step::Decide {
        outcome: Outcome::Refused,
        reasons: Some(some("vi vil gerne blive ved")),
        deferred: Vec::new(),
    };
    let not = take(&request, &refuse, "2026-11-22").unwrap_err();
    assert!(not.why.contains("absolute"), "{not:?}");
    let grant = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    assert!(take(&request, &grant, "2026-11-22").is_ok());
    // Another right has no such thing.
    let access = NewRequest { marketing: true, ..new(Right::Access, now) };
    assert!(Request::new(access, now).is_err());
}

#[test]
fn what_cannot_be_a_request_is_refused() {
    let now = noon("2026-11-20");
    let mut nameless = new(Right::Access, now);
    nameless.person.name = some(" ");
    assert!(Request::new(nameless, now).is_err());
    let tomorrow = new(Right::Access, noon("2026-11-21"));
    assert!(Request::new(tomorrow, now).unwrap_err().to_string().contains("future"));
    assert!("sletning".parse::<Right>().unwrap_err().to_string().contains("erasure"));
    let damaged = serde_json::json!({"v": 2, "name": "Ida Holm"});
    let error = Request::read("R-2026-0001", &damaged).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Ida"), "{error}");
    let request = received(Right::Access, "2026-11-20");
    assert!(!format!("{request:?} {:?}", request.person).contains("Ida"));
}
