//! What the sample organisation has not: a processor's record, and own words around what is made.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use frist_documents::{compare, guidelines, notice, notices, record};
use frist_register::{Lang, Register};
use support::{read, register, source};

const DEMO: &str = "crates/demo/register";

#[test]
fn what_is_done_for_others_is_a_record_of_its_own() {
    let register = read(&[(
        "register.toml",
        r#"
[controller]
name = "Kommunedrift A/S"
email = "post@drift.example"

[[store]]
id = "db"
kind = "sqlite"
path = "db.sqlite"

[[recipient]]
id = "cloud"
title = { da = "Skyleverandør", en = "Cloud provider" }
role = "processor"
country = "US"
safeguard = { da = "Standardkontrakter", en = "Standard contractual clauses" }

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }

[[activity]]
id = "payroll"
title = { da = "Løn for kommuner", en = "Payroll for municipalities" }
role = "processor"
on_behalf_of = [{ name = "Strandby Kommune", email = "dpo@strandby.example" }]
measures = ["access"]
disclosures = [{ recipient = "cloud", subjects = ["employee"], categories = ["employment"] }]

[[activity.purpose]]
id = "run"
text = { da = "Beregning og udbetaling af løn", en = "Calculating and paying wages" }

[[dataset]]
id = "payslips"
title = { da = "Lønsedler", en = "Payslips" }
activity = "payroll"
at = "db/payslip"
subject = { employee = "id" }
categories = ["employment"]

[[dataset.keep]]
for = "run"
from = "paid_on"
period = "1 year"

[[notice]]
id = "staff"
subject = "employee"
before = { da = "Kære medarbejder.", en = "Dear colleague." }
"#,
    )]);
    let s = source(&register, "r", Lang::Da);
    let r = record(&s).unwrap();
    assert!(r.activities.is_empty());
    let text = r.document(&s).unwrap().text();
    for words in [
        "artikel 30, stk. 2",
        "Strandby Kommune",
        "Beregning og udbetaling af løn",
        "Skyleverandør: USA. Overførselsgrundlag: Standardkontrakter.",
        "Adgang efter rolle",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(r.csv(&s).unwrap().lines().nth(1).unwrap().starts_with("30(2),payroll,"));
    assert!(r.jsonld(&s).unwrap().contains("dpv:hasDataProcessor"));
    // Whose data it is, the controller tells: there is no notice to give here.
    assert!(notices(&s).unwrap().is_empty());
}

#[test]
fn own_words_stand_around_what_is_made() {
    let mut register = register(DEMO);
    let more = read(&[(
        "own.toml",
        r#"
[controller]
name = "X"
email = "x@x.example"

[requests]
link = "https://nordkyst.example/mine-data"

[[notice]]
id = "visitors"
subject = "visitor"
title = { da = "Du bliver filmet", en = "You are being filmed" }
before = { da = "Velkommen.\n\nHer er kameraer.", en = "Welcome." }
after = { da = "Spørg i receptionen.", en = "Ask at the desk." }

[[guideline]]
id = "mail"
version = "2026-1"
title = { da = "Ryd op i din mail", en = "Tidy your mail" }
text = { da = "Hver fredag.", en = "Every Friday." }
who = { da = "Kundeservice", en = "Customer service" }
"#,
    )]);
    register.notices = more.notices;
    register.guidelines = more.guidelines;
    register.requests = more.requests;
    let s = source(&register, "r", Lang::Da);
    let text = notice(&s, "visitor").unwrap().document(&s).text();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}\n{text}"));
    assert!(at("Du bliver filmet") < at("Velkommen."));
    assert!(at("Velkommen.") < at("Her er kameraer."));
    assert!(at("Her er kameraer.") < at("Hvem er dataansvarlig?"));
    assert!(at("Automatiske afgørelser") < at("Spørg i receptionen."));
    assert!(text.contains("https://nordkyst.example/mine-data"));
    let text = guidelines(&s).unwrap().document(&s).text();
    for words in ["Ryd op i din mail", "Version 2026-1. For: Kundeservice", "Hver fredag."] {
        assert!(text.contains(words), "{words}");
    }
    // Whoever changes these words makes the notice another one.
    let of = |r: &Register| notices(&source(r, "r", Lang::Da)).unwrap();
    let before = of(&register);
    register.notices[0].after.da = "Spørg vagten.".into();
    let changes = compare(&before, &of(&register));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].items[0].item, "words");
    assert_eq!(changes[0].items[0].added, ["Spørg vagten."]);
}
