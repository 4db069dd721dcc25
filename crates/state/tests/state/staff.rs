//! Staff: attestations and trainings with their ledger entries, and that they go.

use frist_ledger::entry::{Entry, Kind};
use frist_state::staff::{Attestation, Staff, Training};
use frist_state::{Error, State};

use crate::kit::{Kit, at, both};

both! { what_staff_attest_is_kept_and_goes }

fn what_staff_attest_is_kept_and_goes(kit: &Kit) {
    let mut state = kit.open();
    let day = |text: &str| text.parse().expect("a day");
    let now = at("2026-11-20T08:00:00Z");
    let anna = Staff {
        person: "anna".into(),
        guidelines: Some(vec!["sletning".into(), "optagelser".into()]),
        since: day("2020-01-01"),
        left_on: None,
    };
    let attested = Attestation {
        person: "anna".into(),
        guideline: "sletning".into(),
        version: "2".into(),
        sha256: "0".repeat(64),
        at: now,
        by: "anna".into(),
    };
    let unknown = state.attest(&attested);
    assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    state.put_staff(&anna, "hr", now).expect("kept");
    assert_eq!(state.attest(&attested).expect("kept"), 1);
    let training = Training {
        person: "anna".into(),
        course: "gdpr".into(),
        done_on: day("2026-01-01"),
        valid_until: Some(day("2027-01-01")),
        at: now,
        by: "hr".into(),
    };
    state.train(&training).expect("kept");
    assert_eq!(state.staff().expect("read"), std::slice::from_ref(&anna));
    assert_eq!(state.attestations().expect("read"), std::slice::from_ref(&attested));
    assert_eq!(state.trainings().expect("read"), [training]);
    let left = Staff { left_on: Some(day("2026-11-20")), ..anna };
    state.put_staff(&left, "hr", now).expect("kept");
    assert_eq!(state.staff().expect("read"), [left]);

    assert_eq!(state.forget_staff(&["bo".into()], "hr", now).expect("nothing"), 0);
    assert_eq!(state.forget_staff(&["anna".into()], "hr", now).expect("erased"), 1);
    state.scrub_staff().expect("overwritten");
    assert!(state.staff().expect("read").is_empty());
    assert!(state.attestations().expect("read").is_empty());
    assert!(state.trainings().expect("read").is_empty());
    assert_eq!(
        steps(&mut state),
        ["staff-kept", "attested", "trained", "staff-left", "staff-erased:1"]
    );
}

fn steps(state: &mut State) -> Vec<String> {
    let leaves = state.leaves(0, 100).expect("read");
    let step = |entry: Vec<u8>| match Entry::parse(&entry).expect("an entry").what {
        Kind::Case { step, .. } => step.to_string(),
        other => panic!("{other:?}"),
    };
    leaves.into_iter().map(|l| step(l.entry)).collect()
}
