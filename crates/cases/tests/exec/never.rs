//! What must never happen, whatever is asked for and whoever chooses what.

use std::collections::BTreeSet;

use frist_cases::decide::{Answer, Article, Choices, Own, Right, Weighed, decide};
use frist_cases::erase;
use frist_cases::request;
use frist_state::Scope;
use frist_sweep::Grant;
use proptest::prelude::*;

use super::support::*;

/// One data set in which every kind of ground meets every other.
const ALL: &str = r#"
[[activity]]
id = "a"
title = { da = "A", en = "A" }
[[activity.purpose]]
id = "books"
text = { da = "regnskab", en = "accounts" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[activity.purpose]]
id = "consent"
text = { da = "nyheder", en = "news" }
basis = "6(1)(a)"
[[activity.purpose]]
id = "contract"
text = { da = "aftalen", en = "the contract" }
basis = "6(1)(b)"
[[activity.purpose]]
id = "interest"
text = { da = "statistik", en = "statistics" }
basis = "6(1)(f)"
interest = { da = "drift", en = "operations" }
[[dataset]]
id = "d"
activity = "a"
at = "s/d"
subject = { customer = "customer_id" }
categories = ["identity"]
guard = { share = 1.0 }
facts = { booked = "date", agreed = "date", given_on = "date", counted = "date" }
[[dataset.keep]]
for = "books"
from = "booked"
open = true
[[dataset.keep]]
for = "consent"
from = "given_on"
period = "20 years"
open = true
[[dataset.keep]]
for = "contract"
from = "agreed"
period = "3 years"
review = { da = "Er der en klage?", en = "Is there a complaint?" }
[[dataset.keep]]
for = "interest"
from = "counted"
period = "5 years"
open = true
"#;

#[derive(Debug, Clone)]
struct Row {
    booked: Option<i16>,
    agreed: Option<i16>,
    given_on: Option<i16>,
    counted: Option<i16>,
    malformed: bool,
    held: bool,
    own: u8,
}

fn row() -> impl Strategy<Value = Row> {
    let year = || proptest::option::weighted(0.8, 2012..2027_i16);
    (year(), year(), year(), year(), prop::bool::weighted(0.1), prop::bool::weighted(0.2), 0..4_u8)
        .prop_map(|(booked, agreed, given_on, counted, malformed, held, own)| Row {
            booked,
            agreed,
            given_on,
            counted,
            malformed,
            held,
            own,
        })
}

fn asked() -> impl Strategy<Value = (request::Right, u8, bool, bool)> {
    let right = prop_oneof![
        Just(request::Right::Erasure),
        Just(request::Right::Objection),
        Just(request::Right::ConsentWithdrawal),
    ];
    (right, 0..3_u8, any::<bool>(), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No choice of requests erases what a duty, a hold or a running contract keeps, or what nobody
    /// can say whether a duty keeps.
    #[test]
    fn never_early(rows in prop::collection::vec(row(), 1..12), asked in asked()) {
        let org = Org::new("", ALL,
            "CREATE TABLE d (id INTEGER PRIMARY KEY, customer_id INTEGER, booked TEXT, agreed TEXT, given_on TEXT, counted TEXT);");
        let mut engine = org.engine();
        let day = |y: Option<i16>| y.map_or("NULL".to_owned(), |y| format!("'{y}-06-15'"));
        let mut must = BTreeSet::new();
        for (id, row) in rows.iter().enumerate() {
            let id = id as i64 + 1;
            let booked = if row.malformed { "'soon'".into() } else { day(row.booked) };
            org.sql(&format!("INSERT INTO d VALUES ({id}, 7, {booked}, {}, {}, {})",
                day(row.agreed), day(row.given_on), day(row.counted)));
            if row.held {
                org.hold(&mut engine, &format!("h{id}"), Scope::Key { key: id.to_string() });
            }
            // By plain reasoning: it is 2 March 2026. An open duty whose start is missing runs on.
            let duty = row.malformed || row.booked.is_none_or(|y| y + 5 >= 2026);
            let contract = row.agreed.is_some_and(|y| y >= 2023);
            if row.held || duty || contract {
                must.insert(id);
            }
        }
        let (right, weighed, marketing, grants_all) = asked;
        let number = org.open(&mut engine, right, 7);
        let t = org.clock.now();
        erase::choose(&mut engine, "ida", &number, t, |c| {
            match weighed {
                1 => drop(c.weighed.insert("interest".into(), Weighed::Upheld)),
                2 => drop(c.weighed.insert("interest".into(), Weighed::Overridden { reason: "x".into() })),
                _ => {}
            }
            if marketing {
                // Also what is none.
                c.marketing.extend(["interest", "contract", "books"].map(str::to_owned));
                c.consents.extend(["books", "contract", "consent"].map(str::to_owned));
            }
            for (id, row) in rows.iter().enumerate() {
                let name = Choices::record_id("d", &(id + 1).to_string());
                match row.own {
                    1 => drop(c.records.insert(name, Own::Erase { reason: "no".into() })),
                    2 => drop(c.records.insert(name, Own::Keep { article: Article::Claims, reason: "yes".into() })),
                    _ => {}
                }
            }
        }).unwrap();
        let settled = org.settle(&mut engine, &number);
        for answer in &settled.answers {
            if matches!(answer.answer, Answer::Erase { .. }) {
                let id: i64 = answer.key.text().parse().unwrap();
                prop_assert!(!must.contains(&id), "{:?}", rows[id as usize - 1]);
            }
        }
        if settled.outcome.is_some() {
            erase::execute(&mut engine, "ida", &[number], &mut |_| ()).unwrap();
        }
        // Even if somebody went round the decision and left all grounds out.
        if grants_all {
            let keys = settled.answers.iter().map(|a| a.key.clone()).collect();
            let without = ["consent", "books", "interest"].map(str::to_owned).to_vec();
            let grant = Grant { cases: vec!["R-2026-9999".into()], dataset: "d".into(), without, keys };
            engine.carry_out(&[grant], &mut |_| ()).unwrap();
        }
        let left: BTreeSet<i64> = org.ids("d").into_iter().collect();
        for id in must {
            prop_assert!(left.contains(&id), "{:?}", rows[id as usize - 1]);
        }
    }
}

#[test]
fn what_has_come_to_be_held_since_stays() {
    let org = Org::new("", ALL,
        "CREATE TABLE d (id INTEGER PRIMARY KEY, customer_id INTEGER, booked TEXT, agreed TEXT, given_on TEXT, counted TEXT);
         INSERT INTO d VALUES (1, 7, '2015-01-01', '2015-01-01', '2015-01-01', '2015-01-01'), (2, 7, '2015-01-01', '2015-01-01', '2015-01-01', '2015-01-01');");
    let mut engine = org.engine();
    let number = org.open(&mut engine, request::Right::Erasure, 7);
    let t = org.clock.now();
    erase::choose(&mut engine, "ida", &number, t, |c| {
        for id in ["d/1", "d/2"] {
            c.records.insert(id.into(), Own::Erase { reason: "nej".into() });
        }
    })
    .unwrap();
    org.settle(&mut engine, &number);
    assert_eq!(answers(&mut engine, &number), ["d/1: erase 17(1)(b)", "d/2: erase 17(1)(b)"]);
    org.hold(&mut engine, "h", Scope::Key { key: "2".into() });
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept), (1, 1));
    assert_eq!(org.ids("d"), [2]);
    // The request says so by itself.
    assert!(answers(&mut engine, &number)[1].starts_with("d/2: refuse 17(3)(e)"));
    org.answer(&mut engine, &number);
    letter(&mut engine, &number, "partly-granted");
}

#[test]
fn who_decided_may_not_approve_where_two_are_wanted() {
    let org = Org::new("", &ALL.replace("guard", "approve = \"two\"\nguard"),
        "CREATE TABLE d (id INTEGER PRIMARY KEY, customer_id INTEGER, booked TEXT, agreed TEXT, given_on TEXT, counted TEXT);
         INSERT INTO d VALUES (1, 7, '2015-01-01', '2025-01-01', NULL, '2015-01-01'), (2, 7, '2015-01-01', '2015-01-01', '2015-01-01', '2015-01-01');");
    let mut engine = org.engine();
    let number = org.open(&mut engine, request::Right::Erasure, 7);
    let t = org.clock.now();
    erase::choose(&mut engine, "ida", &number, t, |c| {
        c.records.insert("d/2".into(), Own::Erase { reason: "nej".into() });
    })
    .unwrap();
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.needs.len(), 1);
    assert!(
        erase::execute(&mut engine, "ida", std::slice::from_ref(&number), &mut |_| ()).is_err()
    );
    assert!(erase::approve(&mut engine, "ida", &number, t).is_err());
    erase::approve(&mut engine, "bo", &number, t).unwrap();
    // Another choice wants another approval.
    erase::choose(&mut engine, "ida", &number, t, |c| c.name_matters = true).unwrap();
    assert!(
        erase::execute(&mut engine, "ida", std::slice::from_ref(&number), &mut |_| ()).is_err()
    );
    org.settle(&mut engine, &number);
    assert!(
        erase::execute(&mut engine, "ida", std::slice::from_ref(&number), &mut |_| ()).is_err()
    );
    erase::approve(&mut engine, "bo", &number, t).unwrap();
    org.execute(&mut engine, &number);
    assert_eq!(org.ids("d"), [1]);
}

#[test]
fn a_record_that_is_gone_is_answered_as_absent() {
    let org = Org::new(
        "",
        ALL,
        "CREATE TABLE d (id INTEGER PRIMARY KEY, customer_id INTEGER, booked TEXT, agreed TEXT, given_on TEXT, counted TEXT);",
    );
    let mut engine = org.engine();
    let keys = engine.parse_keys("d", &["9".into()]).unwrap();
    let hits = [("d".to_owned(), keys[0].clone())];
    let answers =
        decide(&mut engine, &hits, Right::Erasure, org.clock.now(), &Choices::default()).unwrap();
    assert_eq!(answers[0].answer, Answer::Absent);
}
