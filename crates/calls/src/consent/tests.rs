//! Properties over any sequence of events, and the cases that the brief of a call centre names.

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Consent, Event, How, Said, Standing, YES};

fn at(n: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + n).unwrap()
}

fn said(n: i64, how: How) -> Said {
    Said { at: at(n), how }
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        3 => Just(How::Key(YES)),
        2 => prop::sample::select("023456789*#".chars().collect::<Vec<_>>()).prop_map(How::Key),
        1 => Just(How::NoKey),
        1 => Just(How::WrongKey),
        1 => Just(How::HungUp),
        2 => prop::sample::select(vec!["", "  ", "ivr"]).prop_map(|w| How::Api { who: w.into() }),
        1 => Just(How::Agent { who: "anna".into() }),
    ]
}

/// The purpose's number, and the event.
fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        2 => Just(None),
        4 => (any::<bool>(), how()).prop_map(|(granted, how)| Some((Some(granted), how))),
        2 => how().prop_map(|how| Some((None, how))),
    ];
    prop::collection::vec((0..3_usize, event), 0..40).prop_map(|list| {
        let event = |(n, (purpose, event))| {
            let event = match event {
                None => Event::Asked,
                Some((Some(granted), how)) => {
                    Event::Answered { granted, said: said(n as i64, how) }
                }
                Some((None, how)) => Event::Withdrew(said(n as i64, how)),
            };
            (purpose, event)
        };
        list.into_iter().enumerate().map(event).collect()
    })
}

const PURPOSES: [&str; 3] = ["quality", "training", "other"];

proptest! {
    #[test]
    fn a_grant_comes_from_its_own_event_and_no_other(events in events()) {
        let mut consent = Consent::default();
        for (ix, (purpose, event)) in events.iter().enumerate() {
            let before = consent.clone();
            consent.apply(PURPOSES[*purpose], event.clone());
            for (other, name) in PURPOSES.iter().enumerate() {
                if other != *purpose {
                    prop_assert_eq!(consent.of(name), before.of(name), "another purpose changed");
                }
            }
            let name = PURPOSES[*purpose];
            let (was, is) = (before.allows(name), consent.allows(name));
            if is && !was {
                // By a yes of this very event, in a way that may grant.
                let Event::Answered { granted: true, said } = event else {
                    panic!("granted by {event:?}");
                };
                let may = match &said.how {
                    How::Key(key) => *key == '1',
                    How::Api { who } => !who.trim().is_empty(),
                    _ => false,
                };
                prop_assert!(may);
                prop_assert_eq!(consent.of(name).granted(), Some(said));
            }
            if !is && was {
                prop_assert!(matches!(consent.of(name), Standing::Withdrawn { .. }), "event {}", ix);
            }
        }
        prop_assert_eq!(consent.is_live(), PURPOSES.iter().any(|p| consent.allows(p)));
    }

    #[test]
    fn what_was_withdrawn_stays_withdrawn_until_asked_anew(events in events()) {
        let mut consent = Consent::default();
        let mut closed = [false; 3];
        for (purpose, event) in events {
            let name = PURPOSES[purpose];
            let had = consent.allows(name);
            let asked = event == Event::Asked;
            consent.apply(name, event);
            if asked {
                closed[purpose] = false;
            }
            if had && !consent.allows(name) {
                closed[purpose] = true;
            }
            if closed[purpose] {
                prop_assert!(!consent.allows(name));
            }
        }
    }

    #[test]
    fn a_refusal_has_the_effect_of_never_having_been_asked(events in events()) {
        // The refusals are left out: what is allowed after each remaining event is the same.
        let mut all = Consent::default();
        let mut without = Consent::default();
        for (purpose, event) in events {
            let name = PURPOSES[purpose];
            let granted = |c: &Consent| c.allows(name);
            let refusal = match &event {
                Event::Answered { granted: yes, said } => !(*yes && said.how.can_grant()),
                _ => false,
            };
            // A no to somebody who has said yes is a withdrawal, not a refusal; a no to the question
            // asked anew closes it, which not having been asked would be as well.
            let withdrawn = matches!(all.of(name), Standing::Withdrawn { .. });
            if refusal && !granted(&all) && !withdrawn {
                all.apply(name, event);
            } else {
                all.apply(name, event.clone());
                without.apply(name, event);
            }
            for p in PURPOSES {
                prop_assert_eq!(all.allows(p), without.allows(p));
            }
        }
    }

    #[test]
    fn it_is_read_back_as_it_was_written(events in events()) {
        let mut consent = Consent::default();
        for (purpose, event) in events {
            consent.apply(PURPOSES[purpose], event);
        }
        let text = serde_json::to_string(&consent).unwrap();
        prop_assert_eq!(serde_json::from_str::<Consent>(&text).unwrap(), consent);
    }
}

#[test]
fn no_key_timeout_wrong_key_and_hang_up_are_no_even_where_somebody_claims_a_yes() {
    for how in [
        How::NoKey,
        How::WrongKey,
        How::HungUp,
        How::Key('2'),
        How::Api { who: String::new() },
        How::Agent { who: "anna".into() },
    ] {
        let mut consent = Consent::default();
        consent.apply("quality", Event::Answered { granted: true, said: said(0, how) });
        assert_eq!(consent.of("quality").word(), "refused");
        assert!(!consent.is_live());
    }
}

#[test]
fn a_late_answer_does_not_undo_a_withdrawal() {
    let yes = |n| Event::Answered { granted: true, said: said(n, How::Key('1')) };
    let mut consent = Consent::default();
    consent.apply("quality", yes(0));
    consent.apply("quality", Event::Withdrew(said(1, How::Key('9'))));
    consent.apply("quality", yes(2));
    assert_eq!(consent.of("quality").word(), "withdrawn");
    consent.apply("quality", Event::Asked);
    assert!(!consent.is_live(), "being asked is no answer");
    consent.apply("quality", yes(3));
    assert_eq!(consent.of("quality").granted().map(|s| s.at), Some(at(3)));
}
