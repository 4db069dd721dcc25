//! Answers of reviews, holds with an end, and that older tables bring their holds along.

use frist_state::{Error, NewHold, ReviewAnswer, Reviewed, Scope};
use jiff::Timestamp;

use crate::kit::{Kit, at, both, entry, lease, minute, now};

both! { answers_replace_each_other_and_are_forgotten answers_are_read_anew_at_the_gate
a_hold_ends_by_itself_where_it_says_so }

/// In whole microseconds, as it is kept.
fn t() -> Timestamp {
    at("2026-11-22T11:00:00Z")
}

fn answer(record: &str, keep_until: Option<Timestamp>) -> ReviewAnswer {
    ReviewAnswer {
        dataset: "mail".into(),
        record: record.into(),
        keep_until,
        reason: "aftale".into(),
        question: "Løber den?".into(),
        by: "ida".into(),
        at: t(),
        review: "review-1".into(),
    }
}

fn answers_replace_each_other_and_are_forgotten(kit: &Kit) {
    let mut state = kit.open();
    assert_eq!(state.review_answers("mail").unwrap().change, 0);
    let later = Some(t() + minute());
    state.answer_reviews(&[answer("a", later), answer("b", None)], &entry("r")).unwrap();
    state.answer_reviews(&[answer("b", later)], &entry("r")).unwrap();
    let kept = state.review_answers("mail").unwrap();
    assert_eq!(kept.answers, [answer("a", later), answer("b", later)]);
    assert_eq!((kept.change, state.size().unwrap()), (2, 2));
    assert!(!format!("{kept:?}").contains("aftale"), "a log must not tell of a record");
    assert_eq!(state.review_answers("other").unwrap().answers, []);
    state.take_back_answer("mail", "a", &entry("r")).unwrap();
    let twice = state.take_back_answer("mail", "a", &entry("r"));
    assert!(matches!(twice, Err(Error::NotFound { .. })));
    assert_eq!(state.forget_answers("mail", &["b".into(), "c".into()]).unwrap(), 1);
    assert_eq!(state.review_answers("mail").unwrap().answers, []);
    let done = Reviewed { what: "mail".into(), at: t(), by: "ida".into(), note: "ok".into() };
    state.note_reviewed(&done, &entry("r")).unwrap();
    assert_eq!(state.reviewed().unwrap(), [done]);
}

fn answers_are_read_anew_at_the_gate(kit: &Kit) {
    let mut state = kit.open();
    let lease = lease(&mut state);
    state.answer_reviews(&[answer("a", None)], &entry("r")).unwrap();
    let change = state.review_answers("mail").unwrap().change;
    let mut read = |known| {
        let of = [("mail", known), ("letters", 0)];
        state.at_gate_of(&lease, now(), &of, |gate| gate.answers.clone()).unwrap()
    };
    assert_eq!(read(change), [None, None]);
    assert_eq!(read(change - 1), [Some(vec![answer("a", None)]), None]);
}

fn hold(id: &str, ends_at: Option<Timestamp>) -> NewHold {
    NewHold {
        id: id.into(),
        matter: "sag 17".into(),
        reason: "krav".into(),
        dataset: None,
        scope: Scope::All,
        owner: "ida".into(),
        created_at: t(),
        review_at: None,
        ends_at,
        viewers: vec!["bo".into()],
    }
}

fn a_hold_ends_by_itself_where_it_says_so(kit: &Kit) {
    let mut state = kit.open();
    let end = t() + minute();
    state.add_hold(&hold("h1", Some(end)), &entry("h")).unwrap();
    state.add_hold(&hold("h2", None), &entry("h")).unwrap();
    assert_eq!(state.holds(t()).unwrap().len(), 2);
    let left = state.holds(end).unwrap();
    assert_eq!(left.iter().map(|h| h.hold.id.as_str()).collect::<Vec<_>>(), ["h2"]);
    let (free, h2) = (end + minute(), &left[0]);
    assert!(h2.shows_to("ida") && h2.shows_to("bo") && !h2.shows_to("eva"));
    state.release_hold("h2", "ida", end, Some(free), &entry("h")).unwrap();
    assert_eq!(state.holds(free - minute() / 60).unwrap().len(), 1, "the notice runs");
    assert_eq!(state.holds(free).unwrap().len(), 0);
}
