//! The founding example: an e-mail goes after a year, unless it is part of a contract or a live warranty.

use std::fs;
use std::path::Path;

use frist_cases::CasesError;
use frist_cases::review::{self, Answer, Condition, Why};
use frist_decide::Outcome;
use frist_register::Lang;
use frist_sweep::Options;
use jiff::civil::Date;

use super::{by, company, engine, now};

/// An e-mail of this day, with what its sidecar says of it.
fn mail(dir: &Path, day: &str, n: u8, contract: Option<bool>, warranty: Option<&str>) -> String {
    let date: Date = day.parse().unwrap();
    let folder = dir.join(format!("data/mail/kundeservice/{}", date.year()));
    fs::create_dir_all(&folder).unwrap();
    let name = format!("{day}-{n}");
    fs::write(folder.join(format!("{name}.eml")), format!("Subject: {name}\r\n\r\nHej\r\n"))
        .unwrap();
    let side = serde_json::json!({"received": format!("{day}T10:00:00+01:00"), "contract": contract, "warranty_until": warranty});
    fs::write(folder.join(format!("{name}.eml.json")), side.to_string()).unwrap();
    format!("kundeservice/{}/{name}.eml", date.year())
}

#[test]
fn an_e_mail_goes_after_a_year_unless_it_is_part_of_a_contract_or_a_live_warranty() {
    let dir = company();
    fs::remove_dir_all(dir.path().join("data/mail")).unwrap();
    let put = |day: &str, n, contract, warranty| mail(dir.path(), day, n, contract, warranty);
    let plain = put("2025-10-01", 1, Some(false), None);
    let young = put("2026-03-01", 1, Some(false), None);
    let contract = put("2024-10-01", 1, Some(true), None);
    let warranty = put("2024-10-01", 2, Some(false), Some("2027-05-01"));
    let over = put("2024-10-01", 3, Some(false), Some("2025-05-01"));
    let asked = put("2022-10-01", 1, Some(true), None);
    let unseen = put("2025-10-01", 2, None, None);
    let mut e = engine(dir.path());
    let outcome = |key: &str, e: &mut frist_sweep::Engine| {
        e.explain("emails", key, now()).unwrap().decision.outcome
    };
    for (key, wanted) in [
        (&plain, Outcome::Due),
        (&young, Outcome::Keep),
        (&contract, Outcome::Keep),
        (&warranty, Outcome::Keep),
        (&over, Outcome::Due),
        (&asked, Outcome::Review),
        (&unseen, Outcome::Review),
    ] {
        assert_eq!(outcome(key, &mut e), wanted, "{key}");
    }
    let tasks = review::tasks(&mut e, "emails", now(), 10).unwrap();
    assert_eq!(tasks.iter().map(|t| &t.key).collect::<Vec<_>>(), [&asked, &unseen]);
    assert!(tasks.iter().all(|t| t.why == Why::GroundEnded && !t.again));
    assert!(tasks[0].questions[0].da.contains("aftale"));

    // One by one: kept with a reason, or erased; nothing else is taken.
    let keep = |until: &str, reason: &str| Answer::Keep {
        until: until.parse().unwrap(),
        reason: reason.into(),
    };
    let give = |e: &mut frist_sweep::Engine, key: &str, answer: &Answer| {
        review::answer(e, "emails", &[key.to_owned()], answer, &by(), Lang::Da, now())
    };
    assert!(matches!(
        give(&mut e, &asked, &keep("2027-01-01", " ")),
        Err(CasesError::Input { .. })
    ));
    assert!(matches!(
        give(&mut e, &asked, &keep("2026-11-21", "x")),
        Err(CasesError::Input { .. })
    ));
    assert!(matches!(give(&mut e, &young, &keep("2027-01-01", "x")), Err(CasesError::Step { .. })));
    assert!(matches!(
        give(&mut e, &plain, &Answer::Erase { reason: String::new() }),
        Err(CasesError::Step { .. })
    ));
    let done = give(&mut e, &asked, &keep("2027-03-31", "aftalen løber endnu")).unwrap();
    assert_eq!((done.records, done.shortened, done.restricted), (1, 0, 0));
    let kept = e.explain("emails", &asked, now()).unwrap();
    assert_eq!(kept.decision.outcome, Outcome::Keep);
    // Through the last day, in the controller's zone.
    assert_eq!(kept.decision.next_change.unwrap().to_string(), "2027-03-31T22:00:00Z");

    // In bulk, by a query.
    let conditions: Vec<Condition> = vec!["day<2026-01-01".parse().unwrap()];
    let picked = review::pick(&mut e, "emails", &conditions, now(), 5).unwrap();
    assert_eq!(
        (picked.keys.clone(), picked.waiting, picked.sample.len()),
        (vec![unseen.clone()], 1, 1)
    );
    let erase = Answer::Erase { reason: "ikke led i en aftale".into() };
    review::answer(&mut e, "emails", &picked.keys, &erase, &by(), Lang::Da, now()).unwrap();
    assert_eq!(outcome(&unseen, &mut e), Outcome::Due);

    // The ordinary sweep takes what was answered with what is due by itself.
    let options = Options { datasets: Some(vec!["emails".into()]), ..Options::default() };
    let plan = e.examine(&options, &mut |_| ()).unwrap();
    assert_eq!(plan.due(), 3);
    e.propose(&plan, &mut |_| ()).unwrap();
    if !plan.trips.is_empty() {
        let mut other = super::engine(dir.path());
        other.approve(&plan.id).unwrap();
    }
    let report = e.sweep(&plan.id, &mut |_| ()).unwrap();
    assert!(report.green(), "{:?}", report.findings);
    for (key, there) in [
        (&plain, false),
        (&over, false),
        (&unseen, false),
        (&young, true),
        (&contract, true),
        (&warranty, true),
        (&asked, true),
    ] {
        assert_eq!(dir.path().join("data/mail").join(key).exists(), there, "{key}");
    }
    // The answer about what is gone is gone; the ledger names no e-mail.
    let left = e.state.review_answers("emails").unwrap().answers;
    assert_eq!(left.iter().map(|a| &a.record).collect::<Vec<_>>(), [&asked]);
    let told: String = e
        .state
        .leaves(0, u32::MAX)
        .unwrap()
        .iter()
        .map(|l| String::from_utf8_lossy(&l.entry).into_owned())
        .collect();
    assert!(told.contains("to-erase") && !told.contains("kundeservice/2025"));
    assert!(!format!("{left:?} {tasks:?} {picked:?}").contains("kundeservice/"));
}

/// What nobody looked at is shown, and how late it is.
#[test]
fn what_nobody_reviewed_is_shown_with_its_lateness() {
    let dir = company();
    // The sample company's register says that everything is looked at every year.
    let files = super::files(dir.path());
    let mut e =
        super::engine_of(dir.path(), files.clone(), "2025-09-01T10:00:00Z".parse().unwrap());
    e.make_live().unwrap();
    let of = |e: &mut frist_sweep::Engine, what: &str, t| {
        review::periodic(e, t).unwrap().into_iter().find(|l| l.what == what).unwrap()
    };
    let emails = of(&mut e, "emails", now());
    assert_eq!((emails.last, emails.late, emails.unassessed), (None, 82, true));
    review::note(&mut e, "emails", "stikprøve på 20; fristen står", &by(), now()).unwrap();
    review::note(&mut e, "correspondence/enquiries", "formålet forfølges endnu", &by(), now())
        .unwrap();
    let emails = of(&mut e, "emails", now());
    assert_eq!((emails.last.unwrap().to_string(), emails.late), ("2026-11-22".into(), 0));
    assert_eq!(emails.due.unwrap().to_string(), "2027-11-22");
    assert_eq!(of(&mut e, "correspondence/enquiries", now()).late, 0);
    let list = review::periodic(&mut e, now()).unwrap();
    assert!(list[0].late == 82 && list.iter().all(|l| l.what != "emails" || l.late == 0));
    assert!(review::note(&mut e, "nothing", "x", &by(), now()).is_err());
    assert!(review::note(&mut e, "emails", " ", &by(), now()).is_err());
}
