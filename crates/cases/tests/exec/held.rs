//! What a hold keeps has no day. When the hold is released it goes, and the person is told as of what
//! had one.

use frist_cases::due::do_what_is_due;
use frist_cases::request::{Right, Stage};
use frist_state::Scope;
use frist_sweep::Engine;

use super::support::*;

const RULES: &str = r#"
[[activity]]
id = "a"
title = { da = "Kunder", en = "Customers" }
[[activity.purpose]]
id = "p"
text = { da = "At levere", en = "To supply" }
basis = "6(1)(b)"
[[activity.purpose]]
id = "books"
text = { da = "At opfylde bogføringsloven", en = "To comply with the bookkeeping act" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[dataset]]
id = "letters"
title = { da = "Breve", en = "Letters" }
activity = "a"
at = "s/letter"
subject = { customer = "customer_id" }
categories = ["communication"]
guard = { share = 1.0 }
facts = { sent = "date" }
[[dataset.keep]]
for = "p"
from = "sent"
period = "1 year"
[[dataset]]
id = "invoices"
title = { da = "Fakturaer", en = "Invoices" }
activity = "a"
at = "s/invoice"
subject = { customer = "customer_id" }
categories = ["payment"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "books"
from = "day"
"#;

fn org() -> Org {
    Org::new(
        "",
        RULES,
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, customer_id INTEGER, sent TEXT);
         CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT);
         INSERT INTO letter VALUES (1, 7, '2024-01-01'), (2, 8, '2024-01-01');",
    )
}

fn person() -> Scope {
    Scope::Subject { kind: "customer".into(), value: "7".into() }
}

/// A request of a person whose records are held, answered.
fn refused(org: &Org, engine: &mut Engine) -> String {
    let number = org.open(engine, Right::Erasure, 7);
    org.settle(engine, &number);
    org.execute(engine, &number);
    org.answer(engine, &number);
    number
}

fn deferred(engine: &mut Engine, number: &str) -> usize {
    let papers = engine.state.papers(number).unwrap();
    papers.iter().filter(|p| p.kind == "deferred" && p.media_type.contains("html")).count()
}

#[test]
fn the_person_is_told_when_a_hold_is_released_and_the_sweep_has_erased() {
    let org = org();
    let mut engine = org.engine();
    org.hold(&mut engine, "h", person());
    let number = refused(&org, &mut engine);
    let text = letter(&mut engine, &number, "refused");
    assert!(text.contains("Du får også besked"), "{text}");
    let kept = org.request(&mut engine, &number);
    assert_eq!((kept.stage, kept.open_parts().count()), (Stage::Answered, 1));
    let steps = engine.state.case_log(&number).unwrap().len();
    // While the hold stands nothing goes, nobody is told, and the log is left alone.
    org.clock.set("2026-06-01T11:00:00Z");
    org.sweep(&mut engine);
    let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert!(done.finished.is_empty(), "{:?}", done.finished);
    assert_eq!((org.ids("letter"), deferred(&mut engine, &number)), (vec![1], 0));
    assert_eq!(engine.state.case_log(&number).unwrap().len(), steps);
    // Released, the ordinary sweep erases it; then the person is told and the case is over.
    org.release(&mut engine, "h");
    org.clock.set("2026-06-02T11:00:00Z");
    org.sweep(&mut engine);
    assert_eq!(org.ids("letter"), [0_i64; 0]);
    let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert_eq!((done.finished[0].gone, done.finished[0].closed), (1, true));
    let text = letter(&mut engine, &number, "deferred");
    assert!(text.contains("Breve") && text.contains("Et retskrav"), "{text}");
    assert_eq!(deferred(&mut engine, &number), 1);
    assert_eq!(org.request(&mut engine, &number).stage, Stage::Closed);
}

#[test]
fn without_a_sweep_it_goes_with_the_request() {
    let org = org();
    let mut engine = org.engine();
    org.hold(&mut engine, "h", person());
    let number = refused(&org, &mut engine);
    org.release(&mut engine, "h");
    org.clock.set("2026-06-02T11:00:00Z");
    let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert_eq!((done.finished[0].gone, done.finished[0].closed), (1, true));
    assert_eq!((org.ids("letter"), deferred(&mut engine, &number)), (vec![2], 1));
}

#[test]
fn another_hold_and_then_a_statute_keep_it_and_each_is_waited_for() {
    let org = org();
    org.sql("DELETE FROM letter; INSERT INTO invoice VALUES (1, 7, '2021-05-05');");
    let mut engine = org.engine();
    org.hold(&mut engine, "one", person());
    let number = refused(&org, &mut engine);
    assert_eq!(org.request(&mut engine, &number).deferred[0].until, None);
    org.clock.set("2026-04-01T11:00:00Z");
    org.hold(&mut engine, "two", Scope::All);
    org.release(&mut engine, "one");
    org.clock.set("2026-04-02T11:00:00Z");
    let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert!(done.finished.iter().all(|f| f.gone == 0 && !f.closed), "{:?}", done.finished);
    assert_eq!(org.request(&mut engine, &number).open_parts().count(), 1);
    // The second goes: the bookkeeping act is left, which has a day.
    org.release(&mut engine, "two");
    org.clock.set("2026-04-03T11:00:00Z");
    do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    let kept = org.request(&mut engine, &number);
    let parts: Vec<_> = kept.open_parts().map(|p| (p.until, p.ground.clone())).collect();
    assert_eq!(parts.len(), 1, "{parts:?}");
    assert_eq!(parts[0].0, Some(jiff::civil::date(2026, 12, 31)));
    assert!(parts[0].1.contains("§ 10"), "{parts:?}");
    let case = engine.state.case(&number).unwrap().unwrap();
    assert_eq!(case.due.unwrap().to_string(), "2027-01-01T23:00:00Z");
    org.clock.set("2027-01-01T11:00:00Z");
    let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert_eq!((done.finished[0].gone, done.finished[0].closed), (1, true));
    assert_eq!((org.ids("invoice"), deferred(&mut engine, &number)), (vec![], 1));
}

#[test]
fn what_then_only_a_person_can_answer_is_due_until_somebody_does() {
    let rules = RULES.replacen(
        "period = \"1 year\"\n",
        "period = \"1 year\"\nreview = { da = \"Garanti?\", en = \"Warranty?\" }\n",
        1,
    );
    let org = Org::new(
        "",
        &rules,
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, customer_id INTEGER, sent TEXT);
         CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT);
         INSERT INTO letter VALUES (1, 7, '2024-01-01');",
    );
    let mut engine = org.engine();
    org.hold(&mut engine, "h", person());
    let number = refused(&org, &mut engine);
    org.release(&mut engine, "h");
    for day in ["2026-04-02", "2026-04-03"] {
        org.clock.set(&format!("{day}T11:00:00Z"));
        let done = do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
        assert_eq!((done.finished[0].gone, done.finished[0].left), (0, 1), "{day}");
        let kept = org.request(&mut engine, &number);
        let calendar = engine.register.controller.calendar.clone();
        let due = kept.due(&calendar).unwrap();
        assert_eq!(due.last_day.to_string(), "2026-04-02", "{day}");
        assert_eq!((org.ids("letter"), deferred(&mut engine, &number)), (vec![1], 0));
    }
    let steps = engine.state.case_log(&number).unwrap().len();
    do_what_is_due(&mut engine, "frist", org.clock.now()).unwrap();
    assert_eq!(engine.state.case_log(&number).unwrap().len(), steps, "nothing new to tell");
}
