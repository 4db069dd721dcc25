//! Objections (Art. 21) and consent that is taken back (Art. 7(3)): what is asked for is that a
//! processing ends. What else is held about the person is neither refused nor asked about.

use frist_cases::decide::Weighed;
use frist_cases::erase;
use frist_cases::request::{Outcome, Right, Stage};
use frist_sweep::Engine;

use super::support::*;

const RULES: &str = r#"
[[activity]]
id = "relations"
title = { da = "Kundeforhold", en = "Customer relations" }
[[activity.purpose]]
id = "supply"
text = { da = "At levere el", en = "To supply electricity" }
basis = "6(1)(b)"
[[activity.purpose]]
id = "offers"
text = { da = "At sende tilbud til kunder", en = "To send offers to customers" }
basis = "6(1)(f)"
interest = { da = "At sælge mere", en = "To sell more" }
[[activity.purpose]]
id = "claims"
text = { da = "At forsvare os mod krav", en = "To defend ourselves against claims" }
basis = "6(1)(f)"
interest = { da = "At kunne bevise, hvad der er aftalt", en = "To prove what was agreed" }
[[activity.purpose]]
id = "news"
text = { da = "At sende nyhedsbreve", en = "To send newsletters" }
basis = "6(1)(a)"
[[activity.purpose]]
id = "books"
text = { da = "At opfylde bogføringsloven", en = "To comply with the bookkeeping act" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[dataset]]
id = "customers"
title = { da = "Kundeoplysninger", en = "Customers" }
activity = "relations"
at = "s/customer"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
facts = { agreed = "date" }
[[dataset.keep]]
for = "supply"
from = "agreed"
period = "3 years"
[[dataset.keep]]
for = "offers"
from = "agreed"
period = "5 years"
[[dataset]]
id = "clicks"
title = { da = "Klik i tilbud", en = "Clicks" }
activity = "relations"
at = "s/click"
subject = { customer = "customer_id" }
categories = ["behaviour"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "offers"
from = "day"
period = "5 years"
[[dataset]]
id = "subscriptions"
title = { da = "Nyhedsbreve", en = "Newsletters" }
activity = "relations"
at = "s/subscription"
subject = { customer = "customer_id" }
categories = ["contact"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "news"
from = "day"
period = "10 years"
[[dataset]]
id = "talks"
title = { da = "Samtalenotater", en = "Notes of talks" }
activity = "relations"
at = "s/talk"
subject = { customer = "customer_id" }
categories = ["communication"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "claims"
from = "day"
period = "5 years"
[[dataset]]
id = "invoices"
title = { da = "Fakturaer", en = "Invoices" }
activity = "relations"
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
    let table = |name: &str| {
        format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT);")
    };
    let sql = format!(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, agreed TEXT);
         {}{}{}{}
         INSERT INTO customer VALUES (7, '2025-01-01');
         INSERT INTO click VALUES (1, 7, '2025-01-01'), (2, 8, '2025-01-01');
         INSERT INTO subscription VALUES (1, 7, '2025-01-01');
         INSERT INTO talk VALUES (1, 7, '2025-01-01');
         INSERT INTO invoice VALUES (1, 7, '2025-01-01');",
        table("click"),
        table("subscription"),
        table("talk"),
        table("invoice")
    );
    Org::new("", RULES, &sql)
}

/// Carries out what was decided, and answers.
fn done(org: &Org, engine: &mut Engine, number: &str) {
    org.execute(engine, number);
    org.answer(engine, number);
}

#[test]
fn an_objection_to_marketing_is_met_whatever_else_is_held_about_the_person() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open_marketing(&mut engine, 7);
    let t = org.clock.now();
    // Which purposes are marketing nobody guesses; they are asked for wherever one may be, also where
    // something else keeps the record or consent is the basis.
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, None);
    let asked = answers(&mut engine, &number);
    for (set, purpose) in [
        ("customers/7: person", "At sende tilbud"),
        ("clicks/1: person", "At sende tilbud"),
        ("subscriptions/1: person", "At sende nyhedsbreve"),
    ] {
        assert!(asked.iter().any(|a| a.starts_with(set) && a.contains(purpose)), "{asked:?}");
    }
    erase::choose(&mut engine, "ida", &number, t, |c| {
        c.marketing.extend(["offers", "news"].map(str::to_owned));
    })
    .unwrap();
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::Granted));
    assert_eq!(
        answers(&mut engine, &number),
        [
            "clicks/1: erase 17(1)(c)",
            "customers/7: refuse 17(1) Stadig nødvendigt til: at levere el | 2028-01-01",
            "invoices/1: untouched ",
            "subscriptions/1: erase 17(1)(c)",
            "talks/1: untouched ",
        ]
    );
    done(&org, &mut engine, &number);
    assert_eq!((org.ids("click"), org.ids("subscription")), (vec![2], vec![]));
    assert_eq!(
        (org.ids("customer"), org.ids("talk"), org.ids("invoice")),
        (vec![7], vec![1], vec![1])
    );
    let page = letter(&mut engine, &number, "objection");
    for words in ["Vi imødekommer din indsigelse", "at sende nyhedsbreve", "1. januar 2028"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    for not in ["Fakturaer", "Samtalenotater", "Begrundelse", "klage"] {
        assert!(!page.contains(not), "{not}\n{page}");
    }
    // When the contract no longer keeps it, what was objected to does not either: the rule alone
    // would keep it two years longer.
    assert_eq!(org.request(&mut engine, &number).stage, Stage::Answered);
    org.clock.set("2028-01-02T11:00:00Z");
    let told =
        erase::finish_deferred(&mut engine, "ida", "", org.clock.now(), &mut |_| ()).unwrap();
    assert_eq!((told[0].gone, told[0].closed), (1, true));
    assert_eq!(org.ids("customer"), [0_i64; 0]);
}

#[test]
fn where_nothing_is_marketing_an_objection_to_it_is_met_and_touches_nothing() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open_marketing(&mut engine, 7);
    let purposes = ["offers", "news", "claims"].map(str::to_owned);
    for (n, purpose) in purposes.into_iter().enumerate() {
        assert_eq!(org.settle(&mut engine, &number).outcome, None, "{n}: {purpose} is asked about");
        erase::choose(&mut engine, "ida", &number, org.clock.now(), |c| {
            c.not_marketing.insert(purpose);
        })
        .unwrap();
    }
    assert_eq!(org.settle(&mut engine, &number).outcome, Some(Outcome::Granted));
    assert!(answers(&mut engine, &number).iter().all(|a| a.contains("untouched")));
    done(&org, &mut engine, &number);
    let page = letter(&mut engine, &number, "objection");
    assert!(page.contains("direkte markedsføring") && !page.contains("Slettes"), "{page}");
}

#[test]
fn an_objection_is_weighed_for_each_purpose_and_what_is_not_met_is_said() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Objection, 7);
    let t = org.clock.now();
    let weigh = |engine: &mut Engine, offers: Weighed| {
        let reason = "Et krav er rejst".to_owned();
        erase::choose(engine, "ida", &number, t, |c| {
            c.weighed.insert("claims".into(), Weighed::Overridden { reason });
            c.weighed.insert("offers".into(), offers);
        })
        .unwrap();
        org.settle(engine, &number).outcome
    };
    assert_eq!(org.settle(&mut engine, &number).outcome, None);
    let both = Weighed::Overridden { reason: "Kunden har selv bedt om tilbud".into() };
    assert_eq!(weigh(&mut engine, both), Some(Outcome::Refused));
    assert_eq!(weigh(&mut engine, Weighed::Upheld), Some(Outcome::PartlyGranted));
    done(&org, &mut engine, &number);
    assert_eq!((org.ids("click"), org.ids("talk")), (vec![2], vec![1]));
    // Consent is not objected to, and statutes are not either.
    assert_eq!((org.ids("subscription"), org.ids("invoice")), (vec![1], vec![1]));
    let page = letter(&mut engine, &number, "objection");
    for words in [
        "en del af din indsigelse",
        "fortsætter vi derfor: at forsvare os mod krav",
        "Et krav er rejst",
        "indbringe sagen for domstolene",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("Fakturaer") && !page.contains("Nyhedsbreve"), "{page}");
}

#[test]
fn where_nothing_can_be_objected_to_the_refusal_says_why_and_where_to_complain() {
    let org = org();
    org.sql("DELETE FROM customer; DELETE FROM click; DELETE FROM talk;");
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Objection, 7);
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::Refused));
    done(&org, &mut engine, &number);
    let page = letter(&mut engine, &number, "refused");
    for words in ["litra e eller f", "artikel 21, stk. 1", "indbringe sagen for domstolene"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("Fakturaer"), "{page}");
}

#[test]
fn consent_is_taken_back_whatever_else_is_held_about_the_person() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::ConsentWithdrawal, 7);
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::Granted));
    done(&org, &mut engine, &number);
    assert_eq!((org.ids("subscription"), org.ids("invoice")), (vec![], vec![1]));
    let page = letter(&mut engine, &number, "consent-withdrawn");
    assert!(page.contains("Nyhedsbreve") && page.contains("at sende nyhedsbreve"), "{page}");
    for not in ["Fakturaer", "Slettes ikke", "klage"] {
        assert!(!page.contains(not), "{not}\n{page}");
    }
    // Nobody who has given none is told of a refusal either.
    let again = org.open(&mut engine, Right::ConsentWithdrawal, 7);
    let settled = org.settle(&mut engine, &again);
    assert_eq!(settled.outcome, Some(Outcome::Granted));
    done(&org, &mut engine, &again);
    letter(&mut engine, &again, "consent-withdrawn");
}

#[test]
fn what_was_refused_after_it_was_decided_is_not_erased() {
    use frist_cases::request::desk::{Desk, Told};
    use frist_cases::request::{Actor, Step};
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::ConsentWithdrawal, 7);
    let t = org.clock.now();
    org.settle(&mut engine, &number);
    let reasons = Some("Skriver på en andens vegne uden fuldmagt".to_owned());
    let refuse = Step::Decide { outcome: Outcome::Refused, reasons, deferred: Vec::new() };
    let mut desk = Desk {
        state: &mut engine.state,
        register: &engine.register,
        by: Actor::Person("bo"),
        at: t,
        signed: "",
    };
    desk.take(&number, None, &refuse, Told::Nothing, None).unwrap();
    assert!(
        erase::execute(&mut engine, "ida", std::slice::from_ref(&number), &mut |_| ()).is_err()
    );
    assert_eq!(org.ids("subscription"), [1]);
    // Decided anew, it is.
    org.settle(&mut engine, &number);
    done(&org, &mut engine, &number);
    assert_eq!(org.ids("subscription"), [0_i64; 0]);
}
