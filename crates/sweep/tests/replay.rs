//! After a restore from backup: what had been erased is erased again, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use frist_ledger::Kind;
use frist_state::Scope;
use frist_sweep::Step;
use frist_sweep::replay::Report;
use jiff::{SignedDuration, Timestamp};
use support::*;

/// Persons are kept while they consent; a note as long as its person's consent, by their own date.
const CONSENT: &str = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
withdrawn = "date"
[[dataset.keep]]
for = "consent"
from = "ended"
period = "30 years"
until = "withdrawn"
"#;

fn with_links() -> String {
    // By name they come after what they refer to.
    let notes = NOTES.replace("\"notes\"", "\"scraps\"");
    format!("{CONSENT}{notes}[[dataset.link]]\nto = \"persons\"\nby = \"person\"\n")
}

/// Sweeps, and puts the database of before back.
fn restore_after_sweep(org: &Org, before: impl FnOnce(), between: impl FnOnce()) -> Timestamp {
    let copy = org.place.dir.join("backup");
    std::fs::copy(org.file(), &copy).unwrap();
    let since = org.clock.now();
    org.clock.step(1);
    before();
    let report = sweep(org);
    assert!(report.green(), "{:?}", report.findings);
    between();
    std::fs::copy(&copy, org.file()).unwrap();
    since
}

fn replay(org: &Org, since: Timestamp, dry: bool) -> Report {
    org.clock.step(1);
    org.engine().replay(since, dry, &mut |_| ()).unwrap()
}

fn withdraw(org: &Org, ids: &str) {
    org.sql(&format!("UPDATE person SET withdrawn = '{}' WHERE id IN ({ids})", org.ago(2)));
}

#[test]
fn what_the_backup_brought_back_goes_again() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, &with_links());
    org.persons(1..=6, 400);
    // The notes of 1 go with the sweep too; that of 2 stays, and so does 2.
    [(1, 1, 800), (2, 2, 5)].into_iter().for_each(|(id, p, days)| org.note(id, p, days));
    let since = restore_after_sweep(
        &org,
        || withdraw(&org, "1, 2, 3, 4"),
        || assert_eq!((org.ids("person"), org.ids("note")), (vec![2, 5, 6], vec![2])),
    );
    // The restored ones know of no withdrawal: the rule alone would keep them.
    let mut engine = org.engine();
    assert_eq!(plan(&mut engine).items.iter().find(|i| i.dataset == "persons").unwrap().due, 0);

    let size = org.state().size().unwrap();
    let dry = replay(&org, since, true);
    assert_eq!(
        dry.datasets.iter().map(|d| (d.back, d.erased)).collect::<Vec<_>>(),
        [(1, 0), (3, 0)]
    );
    assert_eq!((org.rows("person"), org.state().size().unwrap()), (6, size), "it only looked");

    let report = replay(&org, since, false);
    assert_eq!(report.findings, []);
    // Children first, or the restored note would keep 1 back.
    let order: Vec<(&str, u64)> =
        report.datasets.iter().map(|d| (d.dataset.as_str(), d.erased)).collect();
    assert_eq!(order, [("scraps", 1), ("persons", 3)]);
    assert_eq!((org.ids("person"), org.ids("note")), (vec![2, 5, 6], vec![2]));
    let again: u64 =
        org.entries().iter().map(|e| if let Kind::Replay { n, .. } = e.what { n } else { 0 }).sum();
    assert_eq!(again, 4);
    assert!(!contains(&org.file(), b"Person 3"), "also from the file");
    // A receipt tells of the rule's erasure, not of its repetition.
    let mut engine = org.engine();
    engine.publish(&org.tiles(), &signer()).unwrap();
    let text = engine.receipt("persons", "3", &org.tiles()).unwrap().to_text().unwrap();
    frist_ledger::verify_receipt(&text, &[signer().verifier()]).unwrap();
    // Once more finds nothing.
    assert!(replay(&org, since, false).datasets.iter().all(|d| d.back == 0));
}

#[test]
fn what_a_hold_or_a_statute_covers_now_stays_and_is_a_finding() {
    let books = format!(
        "{CONSENT}[[dataset.keep]]\nfor = \"books\"\nfrom = \"ended\"\nwhen = {{ boss = 1 }}\n"
    );
    let org = Org::new(Db::Sqlite, Db::Sqlite, &books);
    org.persons(1..=4, 400);
    org.sql("UPDATE person SET boss = CASE id WHEN 2 THEN 1 ELSE 2 END");
    let since = restore_after_sweep(
        &org,
        || {
            withdraw(&org, "1, 2, 3");
            // The books' duty is on the restored record of 2 only.
            org.sql("UPDATE person SET boss = 2");
        },
        || assert_eq!(org.ids("person"), [4]),
    );
    org.hold("h", Scope::Key { key: "1".into() });
    let report = replay(&org, since, false);
    assert_eq!(report.findings.len(), 1);
    let found = &report.findings[0];
    assert_eq!((found.code, found.count, found.alarm), ("replay-kept", 2, true));
    assert_eq!(org.ids("person"), [1, 2, 4]);
}

#[test]
fn what_another_record_keeps_back_is_a_finding() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, &with_links());
    org.persons(1..=2, 400);
    let since = restore_after_sweep(&org, || withdraw(&org, "1, 2"), || ());
    // After the restore somebody wrote to 1.
    org.note(9, 1, 0);
    let report = replay(&org, since, false);
    assert_eq!(org.ids("person"), [1]);
    let found = &report.findings[0];
    assert_eq!((found.code, found.count, found.alarm), ("replay-left", 1, true));
}

#[test]
fn what_was_anonymised_is_anonymised_again_and_nobody_is_erased() {
    let rule = CONSENT.replace("guard", "then = { anonymise = { name = \"null\" } }\nguard");
    let org = Org::new(Db::Sqlite, Db::Sqlite, &rule);
    org.persons(1..=4, 400);
    let copy = org.place.dir.join("backup");
    let since = org.clock.now();
    withdraw(&org, "1, 2");
    assert_eq!(sweep(&org).done(), 2);
    // No restore at all: an anonymised record is not one that came back.
    let report = replay(&org, since, false);
    assert_eq!((report.datasets[0].back, org.rows("person")), (0, 4));
    std::fs::copy(org.file(), &copy).unwrap();
    org.sql("UPDATE person SET name = 'Person again', withdrawn = NULL WHERE id = 2");
    let report = replay(&org, since, false);
    assert_eq!((report.datasets[0].back, report.datasets[0].erased), (1, 1));
    assert_eq!((org.rows("person"), org.number("SELECT count(name) FROM person")), (4, 2));
    assert_eq!(report.findings, []);
}

#[test]
fn only_what_was_erased_since_and_only_as_long_as_backups_live() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, CONSENT);
    org.persons(1..=2, 400);
    let since = restore_after_sweep(&org, || withdraw(&org, "1, 2"), || ());
    let later = org.clock.now() + SignedDuration::from_secs(1);
    assert!(replay(&org, later, false).datasets.is_empty(), "erased before the backup");
    assert_eq!(org.rows("person"), 2);
    assert_eq!(org.state().replay_sets(since).unwrap().len(), 1);
    // 35 days on, by the end of the day.
    let now = org.clock.now();
    org.clock.set(now + SignedDuration::from_hours(24 * 35));
    sweep(&org);
    assert_eq!(org.state().replay_sets(since).unwrap().len(), 1);
    org.clock.set(now + SignedDuration::from_hours(24 * 37));
    sweep(&org);
    assert!(org.state().replay_sets(since).unwrap().is_empty(), "no hash outlives the backups");
    assert_eq!(org.rows("person"), 2, "what nobody knows of any more is left to the rule");
}

#[test]
fn a_refused_replay_is_a_finding_and_ends() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, CONSENT);
    org.persons(1..=2, 400);
    let since = restore_after_sweep(&org, || withdraw(&org, "1, 2"), || ());
    org.sql("CREATE TRIGGER no BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'no'); END");
    let report = replay(&org, since, false);
    assert_eq!(report.findings.len(), 1);
    assert!(report.findings[0].alarm);
    assert_eq!(org.rows("person"), 2);
    assert!(org.state().running_sweeps().unwrap().is_empty(), "its keys are destroyed");
    org.sql("DROP TRIGGER no");
    assert_eq!(replay(&org, since, false).datasets[0].erased, 2);
}

#[test]
fn an_interrupted_replay_says_that_it_must_be_repeated() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, CONSENT);
    org.persons(1..=3, 400);
    let since = restore_after_sweep(&org, || withdraw(&org, "1, 2"), || ());
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = org.engine().replay(since, false, &mut |step| {
            if matches!(step, Step::Intent { .. }) {
                std::panic::resume_unwind(Box::new("as if killed"));
            }
        });
    }));
    assert!(ended.is_err());
    org.clock.step(200);
    let (recovered, findings) = org.engine().recover(&mut |_| ()).unwrap();
    assert_eq!((recovered[0].done, recovered[0].spared), (0, 2));
    assert_eq!((findings[0].code, findings[0].count), ("replay-interrupted", 2));
    assert_eq!(replay(&org, since, false).datasets[0].erased, 2);
    assert_eq!(org.ids("person"), [3]);
}
