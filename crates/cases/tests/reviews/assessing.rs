//! How long may we keep this? The four questions, held against the law book, on the sample company.

use frist_cases::assess::{self, Answers, Proposal};

use super::{company, engine, files, now};

/// What a DPO answers about the e-mails, but for what a test changes.
const MAIL: &str = r#"
data = "E-mails fra kunder i de fælles postkasser"
so_far = "ingen har besluttet noget"
lawyer = false
[[purpose]]
for = "enquiries"
from = "day"
period = "1 year"
why = "henvendelser er uden betydning efter et år"
"#;

fn proposed(text: &str) -> (tempfile::TempDir, assess::Look, Result<Proposal, String>) {
    let dir = company();
    let mut e = engine(dir.path());
    let look = assess::look(&mut e, "emails", now()).unwrap();
    let mut answers: Answers = assess::flatten(text).unwrap();
    let register = e.register.clone();
    loop {
        match assess::next(&look, &register, e.book, &answers) {
            Ok(None) => break,
            // As a script: what has a usual answer gets it.
            Ok(Some(q)) => match q.usual {
                Some(usual) => drop(answers.insert(q.id, usual)),
                None => return (dir, look, Err(q.id)),
            },
            Err(e) => return (dir, look, Err(e.to_string())),
        }
    }
    let today = "2026-11-22".parse().unwrap();
    let p = assess::propose(&look, &register, e.book, &answers, &files(dir.path()), "dpo", today);
    (dir, look, p.map_err(|e| e.to_string()))
}

#[test]
fn the_look_tells_how_old_what_is_there_is() {
    let (_dir, look, p) = proposed(MAIL);
    let ages = look.ages.unwrap();
    assert_eq!(ages.from, "day");
    assert!(look.records > 0 && ages.oldest.is_some());
    let older: Vec<u64> = ages.older.iter().map(|(_, n)| *n).collect();
    assert!(older.is_sorted_by(|a, b| a >= b) && older[0] > older[3], "{older:?}");
    let p = p.unwrap();
    assert_eq!(p.refusals, []);
    assert!(!p.lawyer);
    assert!(p.rule.contains("period = \"1 year\""), "{}", p.rule);
}

#[test]
fn the_dialogue_is_a_value() {
    let first = proposed("").2.unwrap_err();
    assert_eq!(first, "data");
    let wrong = proposed(&MAIL.replace("1 year", "soon")).2.unwrap_err();
    assert!(wrong.contains("purpose.1.period"), "{wrong}");
    let wrong = proposed(&MAIL.replace("\"day\"", "\"nowhere\"")).2.unwrap_err();
    assert!(wrong.contains("purpose.1.from"), "{wrong}");
}

/// A new purpose in place of the one that the register has.
fn new(rest: &str) -> String {
    MAIL.replace("for = \"enquiries\"", &format!("for = \"new\"\nid = \"ny\"\n{rest}"))
}

#[test]
fn the_law_book_has_its_say() {
    let codes = |text: &str| -> (Vec<String>, bool) {
        let p = proposed(text).2.unwrap();
        (p.refusals.into_iter().filter_map(|d| d.code).collect(), p.lawyer)
    };
    // "Nice to have" is no purpose.
    let nice = "text = \"Det er rart at have, hvis kunden vender tilbage\"\nbasis = \"6(1)(b)\"";
    assert_eq!(codes(&new(nice)), (vec!["W0001".into()], false));
    // An interest that is not named cannot be left out of the dialogue.
    let interest = "text = \"At svare\"\nbasis = \"6(1)(f)\"";
    assert_eq!(proposed(&new(interest)).2.unwrap_err(), "purpose.1.interest");
    // Ten years without a statute or a claim: a person with legal training must look at it.
    let (none, lawyer) = codes(&MAIL.replace("1 year", "10 years"));
    assert!(none.is_empty() && lawyer);
    // One has: then it is only doubt.
    let seen = MAIL.replace("1 year", "10 years").replace("lawyer = false", "lawyer = true");
    assert!(!codes(&seen).1);
    // A limitation period is named: it supports the need, and is no duty.
    let claims = MAIL.replace("1 year", "3 years").replace("why = \"", "why = \"dk.foraeldelse: ");
    let p = proposed(&claims).2.unwrap();
    assert!(
        !p.lawyer && p.doubts.iter().any(|d| d.da.contains("forældelsesfrist")),
        "{:?}",
        p.doubts
    );
    // What the law book has from a secondary source is always a doubt.
    let hours = MAIL.replace("why = \"", "why = \"dk.personalesag: ");
    let p = proposed(&hours).2.unwrap();
    assert!(p.doubts.iter().any(|d| d.da.contains("kontrollér")), "{:?}", p.doubts);
}

#[test]
fn the_assessment_is_written_and_nothing_else_changes() {
    let (dir, _, p) = proposed(MAIL);
    let p = p.unwrap();
    let before = files(dir.path());
    let old = |name: &str| before.iter().find(|(n, _)| n == name).unwrap().1.clone();
    let assessed = &p.assessed[0];
    assert_eq!((p.assessed.len(), assessed.name.as_str()), (1, "register/korrespondance.toml"));
    // Every old line is there, comments too, and in its order.
    let mut lines = assessed.text.lines();
    for line in old(&assessed.name).lines() {
        assert!(lines.any(|l| l == line), "lost: {line}");
    }
    let after = |changed: &[assess::File]| -> Vec<(String, String)> {
        before
            .iter()
            .map(|(n, t)| {
                (
                    n.clone(),
                    changed.iter().find(|f| f.name == *n).map_or(t.clone(), |f| f.text.clone()),
                )
            })
            .collect()
    };
    let e = super::engine_of(dir.path(), after(&p.assessed), now());
    let d = e.register.dataset("emails").unwrap();
    let a = d.assessment.as_ref().unwrap();
    assert_eq!((a.on.value.to_string(), a.by.as_str()), ("2026-11-22".into(), "dpo"));
    assert_eq!(a.next.as_ref().unwrap().value.to_string(), "2027-11-22");
    assert!(a.so_far.da.contains("ældre end"), "{}", a.so_far.da);
    assert_eq!(d.keep.len(), 4, "the rule is as it was");
    let e = super::engine_of(dir.path(), after(&p.ruled), now());
    let d = e.register.dataset("emails").unwrap();
    assert_eq!((d.keep.len(), d.assessment.is_some()), (1, true));
}

/// A collection that no data set names gets one.
#[test]
fn a_collection_without_a_data_set_gets_one() {
    let dir = company();
    let db = rusqlite::Connection::open(dir.path().join("data/hr.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE parking (id INTEGER PRIMARY KEY, plate TEXT, parked_at TEXT);
         INSERT INTO parking VALUES (1, 'AB 12 345', '2024-01-01 08:00:00'), (2, 'CD', '2026-11-10 08:00:00');",
    )
    .unwrap();
    let mut e = engine(dir.path());
    let look = assess::look(&mut e, "hr/parking", now()).unwrap();
    assert_eq!(look.starts, [("parked_at".to_owned(), Some("datetime".to_owned()))]);
    assert_eq!((look.known, look.records), (false, 2));
    let text = "data = \"Parkeringer\"\nactivity = \"personnel\"\nsubject = \"employee\"\ncategories = [\"contact\"]\n\
        so_far = \"altid\"\n[[purpose]]\nfor = \"new\"\nid = \"parking\"\ntext = \"At styre parkeringspladserne\"\n\
        basis = \"6(1)(f)\"\ninterest = \"At kun ansatte parkerer her\"\nfrom = \"parked_at\"\nperiod = \"30 days\"\nwhy = \"til indsigelser er afgjort\"\n";
    let mut answers = assess::flatten(text).unwrap();
    let register = e.register.clone();
    while let Some(q) = assess::next(&look, &register, e.book, &answers).unwrap() {
        answers.insert(q.id, q.usual.unwrap());
    }
    let all = files(dir.path());
    let p = assess::propose(
        &look,
        &register,
        e.book,
        &answers,
        &all,
        "dpo",
        "2026-11-22".parse().unwrap(),
    )
    .unwrap();
    assert_eq!(p.refusals, [], "{}", p.ruled[0].text);
    let after = all
        .into_iter()
        .map(|(n, t)| {
            (n.clone(), p.ruled.iter().find(|f| f.name == n).map_or(t, |f| f.text.clone()))
        })
        .collect();
    let mut e = super::engine_of(dir.path(), after, now());
    let plan = e
        .examine(
            &frist_sweep::Options { datasets: Some(vec!["parking".into()]), ..Default::default() },
            &mut |_| (),
        )
        .unwrap();
    assert_eq!(plan.items[0].due, 1);
}
