//! People's answers take effect in whole sweeps on real stores, as holds do: what they keep stays, what they
//! give up goes, and neither a duty to keep nor a duty to erase is touched by them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_decide::Outcome;
use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_state::{Part, ReviewAnswer, Scope};
use frist_sweep::Engine;
use jiff::{SignedDuration, Timestamp};
use support::*;

/// Kept a year; then somebody is asked; gone after five years whatever was answered.
const ASKED: &str = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
review = { da = "Løber det endnu?", en = "Does it still run?" }
[[dataset.erase]]
from = "ended"
period = "5 years"
"#;

const SOON: SignedDuration = SignedDuration::from_secs(100);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn case(at: Timestamp) -> Entry {
    let id = |text: &str| Id::new(text).unwrap();
    Entry::new(at, Kind::Case { case: id("review-1"), step: id("answered"), by: id("ida") })
}

fn answer(org: &Org, id: i64, keep_until: Option<Timestamp>) {
    let at = org.clock.now();
    let answer = ReviewAnswer {
        dataset: "persons".into(),
        record: id.to_string(),
        keep_until,
        reason: "a contract".into(),
        question: "Does it still run?".into(),
        by: "ida".into(),
        at,
        review: "review-1".into(),
    };
    org.state().answer_reviews(&[answer], &case(at)).unwrap();
}

fn outcome(engine: &mut Engine, org: &Org, id: i64) -> Outcome {
    engine.explain("persons", &id.to_string(), org.clock.now()).unwrap().decision.outcome
}

#[test]
fn answers_take_effect_and_go_with_their_records() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, ASKED);
        org.persons(1..=4, 500);
        org.persons(5..=5, 5 * 366);
        org.persons(6..=6, 100);
        let mut engine = org.engine();
        let counts = |engine: &mut Engine| plan(engine).items[0].counts.unwrap();
        let before = counts(&mut engine);
        assert_eq!((before.review, before.due, before.keep), (4, 1, 1), "{store:?}");
        // A store with a clock of its own tells when ours is far away.
        let later = org.clock.now() + SOON;
        answer(&org, 1, Some(later));
        answer(&org, 2, None);
        // A keep is no shield against a duty to erase, and an answer about what nobody asked is none.
        answer(&org, 5, Some(org.clock.now() + 900 * DAY));
        answer(&org, 6, None);
        let after = counts(&mut engine);
        assert_eq!((after.review, after.due, after.keep), (2, 2, 2), "{store:?}");
        let decided: Vec<Outcome> = (1..=6).map(|id| outcome(&mut engine, &org, id)).collect();
        use Outcome::{Due, Keep, Review};
        assert_eq!(decided, [Keep, Due, Review, Review, Due, Keep], "{store:?}");
        let report = sweep(&org);
        assert_eq!(report.findings, [], "{store:?}");
        assert_eq!(org.ids("person"), [1, 3, 4, 6], "{store:?}");
        assert_eq!(org.ledger("persons"), 2);
        // The answers about what is gone are gone; the others stay.
        let left: Vec<String> = org
            .state()
            .review_answers("persons")
            .unwrap()
            .answers
            .into_iter()
            .map(|a| a.record)
            .collect();
        assert_eq!(left, ["1", "6"], "{store:?}");
        // The day comes, and it is asked again.
        org.clock.set(later);
        let mut engine = org.engine();
        assert_eq!(outcome(&mut engine, &org, 1), Review);
        assert_eq!(done(&sweep(&org), "persons"), 0, "{store:?}");
        // An answer about a record that the organisation itself erased goes with the next sweep.
        org.sql("DELETE FROM person WHERE id = 1");
        sweep(&org);
        assert_eq!(org.state().review_answers("persons").unwrap().answers.len(), 1);
    }
}

/// What was answered *erase* when planned, and *keep* since, stays: the answers are read anew at the gate.
#[test]
fn an_answer_that_changes_before_the_batch_counts() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, ASKED);
        org.persons(1..=3, 500);
        (1..=3).for_each(|id| answer(&org, id, None));
        let mut engine = org.engine();
        let planned = plan(&mut engine);
        assert_eq!(planned.due(), 3);
        engine.propose(&planned, &mut |_| ()).unwrap();
        let mut told = false;
        let report = engine
            .sweep(&planned.id, &mut |step| {
                // The batch is journaled, and the store not asked yet.
                if matches!(step, frist_sweep::Step::Intent { .. }) && !told {
                    told = true;
                    answer(&org, 2, Some(org.clock.now() + DAY));
                }
            })
            .unwrap();
        assert!(told);
        assert_eq!((done(&report, "persons"), org.ids("person")), (2, vec![2]), "{store:?}");
    }
}

#[test]
fn a_duty_to_keep_outlasts_an_answer() {
    let rule = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
[[dataset.keep]]
for = "books"
from = "ended"
[[dataset.keep]]
for = "p"
from = "ended"
period = "10 years"
[dataset.review]
from = "ended"
every = "1 year"
question = { en = "Still needed?" }
"#;
    for (store, state) in BOTH {
        let org = Org::new(store, state, rule);
        org.persons(1..=2, 500);
        org.persons(3..=3, 366 * 7);
        let mut engine = org.engine();
        assert_eq!(plan(&mut engine).items[0].counts.unwrap().review, 3, "{store:?}");
        (1..=3).filter(|id| *id != 2).for_each(|id| answer(&org, id, None));
        let counts = plan(&mut engine).items[0].counts.unwrap();
        assert_eq!((counts.restrict, counts.review, counts.due), (1, 1, 1), "{store:?}");
        sweep(&org);
        assert_eq!(org.ids("person"), [1, 2], "{store:?}");
    }
}

#[test]
fn a_released_hold_holds_until_its_notice_is_over() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &format!("{PERSONS}{NOTES}"));
        org.persons(1..=4, 500);
        (1..=4).for_each(|id| org.note(id, id, 500));
        // A query, and a matter with records in two data sets.
        org.hold(
            "query",
            Scope::Where {
                fields: vec![
                    ("name".into(), vec!["Person 1".into(), "Person 2".into()]),
                    ("id".into(), vec!["2".into(), "3".into()]),
                ],
            },
        );
        let part = |dataset: &str, field: &str, value: &str| Part {
            dataset: Some(dataset.into()),
            scope: Scope::Field { name: "m".into(), field: field.into(), value: value.into() },
        };
        org.hold(
            "matter",
            Scope::Any { parts: vec![part("persons", "id", "4"), part("notes", "text", "Note 1")] },
        );
        // `name` and `id` are not fields of a note: nobody can say whom the query means there.
        sweep(&org);
        assert_eq!(
            (org.ids("person"), org.ids("note")),
            (vec![2, 4], vec![1, 2, 3, 4]),
            "{store:?}"
        );
        let (t, notice) = (org.clock.now(), org.clock.now() + SOON);
        let released = |id: &str, free_at| {
            let (hold, by) = (Id::new(id).unwrap(), Id::new("ida").unwrap());
            let kind = Kind::Hold { hold, change: HoldChange::Released, by };
            org.state().release_hold(id, "ida", t, free_at, &Entry::new(t, kind)).unwrap();
        };
        released("query", Some(notice));
        released("matter", None);
        sweep(&org);
        assert_eq!((org.ids("person"), org.rows("note")), (vec![2], 4), "{store:?}");
        org.clock.set(notice - SignedDuration::from_secs(1));
        sweep(&org);
        assert_eq!(org.ids("person"), [2], "the notice is not over, {store:?}");
        org.clock.set(notice);
        sweep(&org);
        assert_eq!((org.ids("person"), org.rows("note")), (vec![], 0), "{store:?}");
    }
}
