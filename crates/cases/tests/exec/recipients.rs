//! Art. 19: those who have had the data are told what was done with it, each of them, and the case
//! waits for it.

use frist_cases::CasesError;
use frist_cases::recipients::{self, Letter, draft, write};
use frist_cases::request::{Actor, Desk, DueFor, Notice, Right, Stage, StepName, overview};
use frist_cases::restrict::{rectify, restrict};
use frist_register::Lang;
use frist_state::case::CaseFilter;
use frist_stores::FieldValue;
use frist_sweep::Engine;
use jiff::civil::date;

use super::support::*;

const RULES: &str = r#"
[[recipient]]
id = "collector"
title = { da = "Prøve Inkasso ApS", en = "Sample Collections" }
[[recipient]]
id = "printer"
title = { da = "Prøve Print A/S", en = "Sample Print" }
role = "processor"
[[recipient]]
id = "sender"
title = { da = "Prøve Post ApS", en = "Sample Mail" }
[[recipient]]
id = "elsewhere"
title = { da = "Uvedkommende", en = "Unconcerned" }
[[recipient]]
id = "staff-only"
title = { da = "Lønbureau", en = "Payroll" }
[[identity]]
id = "email-address"
title = { da = "E-mail", en = "E-mail" }
format = "email"
[[activity]]
id = "relations"
title = { da = "Kundeforhold", en = "Customer relations" }
disclosures = [
    { recipient = "collector", subjects = ["customer"], categories = ["contact", "payment"] },
    { recipient = "printer", subjects = ["customer"], categories = ["identity", "contact"] },
    { recipient = "sender", subjects = ["customer"], categories = ["communication"] },
    { recipient = "staff-only", subjects = ["employee"], categories = ["contact"] },
]
[[activity.purpose]]
id = "p"
text = { da = "At levere", en = "To supply" }
basis = "6(1)(b)"
[[activity]]
id = "other"
title = { da = "Andet", en = "Other" }
disclosures = [{ recipient = "elsewhere", subjects = ["customer"], categories = ["identity", "contact"] }]
[[activity.purpose]]
id = "q"
text = { da = "At svare", en = "To answer" }
basis = "6(1)(b)"
[[dataset]]
id = "customers"
title = { da = "Kunder", en = "Customers" }
activity = "relations"
at = "s/customer"
subject = { customer = "id" }
identity = { email = "email-address" }
categories = ["identity", "contact"]
guard = { share = 1.0 }
restrict = { set = { locked = 1 } }
facts = { ended = "date" }
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
[[dataset]]
id = "questions"
title = { da = "Spørgsmål", en = "Questions" }
activity = "other"
at = "s/question"
subject = { customer = "customer_id" }
categories = ["identity", "contact"]
guard = { share = 1.0 }
facts = { ended = "date" }
[[dataset.keep]]
for = "q"
from = "ended"
period = "1 year"
"#;

fn org() -> Org {
    Org::new(
        "",
        RULES,
        "CREATE TABLE customer (id BIGINT PRIMARY KEY, email TEXT, city TEXT, ended TEXT, locked INTEGER);
         CREATE TABLE question (id BIGINT PRIMARY KEY, customer_id BIGINT, ended TEXT);
         INSERT INTO customer VALUES (7, 'proeve@example.org', 'Hemmeligby', '2024-01-01', 0), (8, 'anden@example.org', 'By', '2024-01-01', 0);
         INSERT INTO question VALUES (1, 8, '2024-01-01');",
    )
}

fn ids(engine: &mut Engine, number: &str) -> Vec<String> {
    let kept = engine.state.case(number).unwrap().unwrap();
    let request = frist_cases::request::Request::read(number, &kept.body).unwrap();
    request.recipients.iter().map(|r| format!("{}: {}", r.id, r.categories.join(" "))).collect()
}

fn erased(org: &Org, engine: &mut Engine) -> String {
    let number = org.open(engine, Right::Erasure, 7);
    org.settle(engine, &number);
    assert_eq!(ids(engine, &number), [""; 0], "nothing is owed for what is only decided");
    org.execute(engine, &number);
    number
}

#[test]
fn each_recipient_of_what_was_touched_is_told_before_the_case_can_be_closed() {
    let org = org();
    let mut engine = org.engine();
    let number = erased(&org, &mut engine);
    // By category and by subject, of the activity that was touched; what the activity passes on and
    // keeps in no data set of its own goes with it.
    assert_eq!(
        ids(&mut engine, &number),
        ["collector: contact payment", "printer: identity contact", "sender: communication"]
    );
    // Done again, nobody is there twice.
    org.execute(&mut engine, &number);
    assert_eq!(ids(&mut engine, &number).len(), 3);
    let t = org.clock.now();
    let kept = org.answer(&mut engine, &number);
    assert_eq!(kept.request.stage, Stage::Answered, "it is not closed");
    let calendar = engine.register.controller.calendar.clone();
    let possible = kept.request.possible(t, &calendar);
    assert!(possible.contains(&StepName::Tell) && !possible.contains(&StepName::Close));
    // Due with the answer, and late in the overview after it.
    let due = kept.request.due(&calendar).unwrap();
    assert_eq!((due.what, due.last_day), (DueFor::Recipients, date(2026, 4, 7)));
    assert_eq!(kept.case.due, Some(due.over));
    let later = "2026-04-09T10:00:00Z".parse().unwrap();
    let open = CaseFilter { open: Some(true), ..CaseFilter::default() };
    let lines = overview(&mut engine.state, &calendar, later, &open).unwrap();
    assert!(lines[0].late && lines[0].standing.as_ref().unwrap().untold == 3, "{lines:?}");

    let mut tell = |who: &str, notice: Notice| {
        recipients::tell(&mut engine, "bo", &number, None, who, notice, t)
    };
    let by = |how: &str| Notice::Told { on: date(2026, 3, 2), how: how.into() };
    assert!(matches!(tell("nobody", by("brev")), Err(CasesError::Input { .. })));
    assert!(matches!(tell("collector", by(" ")), Err(CasesError::Step { .. })));
    let tomorrow = Notice::Told { on: date(2026, 3, 3), how: "brev".into() };
    assert!(matches!(tell("collector", tomorrow), Err(CasesError::Step { .. })));
    assert!(tell("sender", Notice::Cannot { why: String::new() }).is_err());
    tell("collector", by("Digital Post")).unwrap();
    assert!(tell("collector", by("Digital Post")).is_err(), "told already");
    tell("sender", Notice::Cannot { why: "firmaet er ophørt".into() }).unwrap();
    let left = tell("printer", by("e-mail")).unwrap();
    assert_eq!(left.request.untold().count(), 0);
    assert_eq!(left.case.due, None);
    // What could not be done became possible after all.
    tell("sender", by("brev til kurator")).unwrap();
    assert!(tell("sender", by("brev")).is_err());
    let log = engine.state.case_log(&number).unwrap();
    let told: Vec<String> = log
        .iter()
        .filter(|s| s.step.step == "recipient-told")
        .map(|s| format!("{}: {}", s.step.by, s.step.text.clone().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "bo: collector: 2026-03-02, Digital Post",
            "bo: sender: not told, firmaet er ophørt",
            "bo: printer: 2026-03-02, e-mail",
            "bo: sender: 2026-03-02, brev til kurator",
        ]
    );
    let mut desk = Desk {
        state: &mut engine.state,
        register: &engine.register,
        by: Actor::Person("ida"),
        at: t,
        signed: "",
    };
    assert!(desk.close_if_done(&number).unwrap());
}

#[test]
fn a_letter_to_a_recipient_says_no_more_of_the_person_than_was_chosen() {
    let org = org();
    let mut engine = org.engine();
    let number = erased(&org, &mut engine);
    let t = org.clock.now();
    let plain = Letter { recipient: "printer".into(), ..Letter::default() };
    let text = draft(&mut engine, &number, &plain, t).unwrap().text();
    assert!(text.contains("Prøve Print A/S") && text.contains("Prøve Eksempelsen"), "{text}");
    assert!(text.contains("slettet oplysningerne") && text.contains("artikel 19"), "{text}");
    // Neither what the person is known by elsewhere, nor who else was told, nor what else is held.
    for not in ["7", "proeve@", "Hemmeligby", "Inkasso", "Kunder", "Prøve Post"] {
        let said = text.replace("9990", "").replace(&number, "");
        assert!(!said.contains(not), "{not}\n{text}");
    }
    assert_eq!(
        engine.state.papers(&number).unwrap().iter().filter(|p| p.kind == "recipients").count(),
        0
    );
    let more = Letter {
        recipient: "printer".into(),
        lang: Some(Lang::En),
        address: vec!["Opdigtet Vej 3".into(), "9999 Prøveby".into()],
        without_name: true,
        identifiers: vec!["customer".into()],
        about: vec!["Your order 55".into(), "  ".into()],
        ..Letter::default()
    };
    write(&mut engine, "ida", &number, &more, t).unwrap();
    let page = letter(&mut engine, &number, "recipients");
    for words in ["Sample Print", "Opdigtet Vej 3", "customer: 7", "Your order 55", "erased"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("Eksempelsen"), "{page}");
    let papers = engine.state.papers(&number).unwrap();
    assert!(papers.iter().any(|p| p.name == format!("{number}-recipients-printer.txt")));
    // Something must be said, of what the case has, to somebody who is to be told.
    let refused = |letter: Letter| draft(&mut org.engine(), &number, &letter, t).is_err();
    assert!(refused(Letter { without_name: true, ..plain.clone() }));
    assert!(refused(Letter { identifiers: vec!["email-address".into()], ..plain.clone() }));
    assert!(refused(Letter { recipient: "elsewhere".into(), ..plain }));
}

#[test]
fn the_person_reads_who_was_told_and_who_could_not_be() {
    let org = org();
    let mut engine = org.engine();
    let number = erased(&org, &mut engine);
    let t = org.clock.now();
    let told = Notice::Told { on: date(2026, 3, 2), how: "brev".into() };
    recipients::tell(&mut engine, "ida", &number, None, "collector", told, t).unwrap();
    let cannot = Notice::Cannot { why: "firmaet er ophørt".into() };
    recipients::tell(&mut engine, "ida", &number, None, "sender", cannot, t).unwrap();
    org.answer(&mut engine, &number);
    let page = letter(&mut engine, &number, "granted");
    for words in
        ["Prøve Inkasso ApS, underrettet den 2. marts 2026", "firmaet er ophørt", "Prøve Print A/S"]
    {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

#[test]
fn of_what_was_rectified_a_recipient_hears_the_fields_that_it_has_had() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Rectification, 7);
    let t = org.clock.now();
    let to = |field: &str, to: &str| FieldValue { field: field.into(), to: Some(to.into()) };
    let set = [to("email", "rigtig@example.org"), to("city", "Rigtigby")];
    rectify(&mut engine, "ida", "", &number, ("customers", "7"), &set, true, t).unwrap();
    assert_eq!(ids(&mut engine, &number).len(), 3);
    // The printer has had all categories of the data set; the collector only some: a person must say.
    let printer = Letter { recipient: "printer".into(), ..Letter::default() };
    let text = draft(&mut engine, &number, &printer, t).unwrap().text();
    assert!(text.contains("rigtig@example.org") && text.contains("Rigtigby"), "{text}");
    assert!(!text.contains("proeve@example.org") && !text.contains("Hemmeligby"), "{text}");
    let collector = Letter { recipient: "collector".into(), ..Letter::default() };
    let why = draft(&mut engine, &number, &collector, t).unwrap_err().to_string();
    assert!(why.contains("email, city"), "{why}");
    let some = Letter { fields: vec!["email".into()], ..collector };
    let text = draft(&mut engine, &number, &some, t).unwrap().text();
    assert!(text.contains("rigtig@example.org") && !text.contains("Rigtigby"), "{text}");
    assert!(text.contains("berigtiget oplysningerne"), "{text}");
}

#[test]
fn what_was_restricted_is_told_too() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Restriction, 7);
    let t = org.clock.now();
    restrict(&mut engine, "ida", "", &number, "18(1)(a)", t).unwrap();
    assert_eq!(ids(&mut engine, &number).len(), 3);
    let printer = Letter { recipient: "printer".into(), ..Letter::default() };
    let text = draft(&mut engine, &number, &printer, t).unwrap().text();
    assert!(text.contains("begrænset behandlingen"), "{text}");
    assert!(letter(&mut engine, &number, "restricted").contains("Prøve Print A/S"));
}
