//! The documents of the sample organisation: what must be in them, and that they are the same each
//! time.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::collections::BTreeSet;

use frist_documents::{compare, guidelines, notice, notices, record, schedule, words};
use frist_law::LawBook;
use frist_register::{Lang, Register, relation, revision_hash};
use serde_json::Value;
use support::{read, register, source};

const DEMO: &str = "crates/demo/register";

fn both(register: &Register, mut f: impl FnMut(&frist_documents::Source<'_>)) {
    for lang in [Lang::Da, Lang::En] {
        f(&source(register, &revision_hash(register), lang));
    }
}

/// Every byte that the crate can write of a register, in one language.
fn everything(register: &Register, lang: Lang) -> String {
    let hash = revision_hash(register);
    let s = source(register, &hash, lang);
    let (r, p) = (record(&s).unwrap(), schedule(&s).unwrap());
    let g = guidelines(&s).unwrap();
    let mut out = vec![
        r.json().unwrap(),
        r.jsonld(&s).unwrap(),
        r.csv(&s).unwrap(),
        r.document(&s).unwrap().html(),
        p.json().unwrap(),
        p.csv(&s).unwrap(),
        p.document(&s).html(),
        g.json().unwrap(),
        g.document(&s).html(),
    ];
    for n in notices(&s).unwrap() {
        out.push(n.json().unwrap());
        out.push(n.document(&s).html());
    }
    out.join("\n")
}

#[test]
fn the_same_revision_gives_the_same_bytes() {
    for lang in [Lang::Da, Lang::En] {
        let (one, two) = (register(DEMO), register(DEMO));
        assert_eq!(everything(&one, lang), everything(&two, lang));
        // The order of the files is of no consequence to the revision; here each is read twice.
        assert!(everything(&one, lang).contains(&revision_hash(&one)));
    }
}

#[test]
fn the_hash_is_on_every_document() {
    let register = register(DEMO);
    let hash = revision_hash(&register);
    both(&register, |s| {
        let mut all = vec![
            record(s).unwrap().document(s).unwrap(),
            schedule(s).unwrap().document(s),
            guidelines(s).unwrap().document(s),
        ];
        all.extend(notices(s).unwrap().iter().map(|n| n.document(s)));
        for document in all {
            assert!(document.text().contains(&hash), "{}", document.title);
            assert!(document.html().contains(&hash), "{}", document.title);
            assert_eq!(document.date, Some(support::DAY));
        }
    });
}

#[test]
fn the_record_has_all_seven_items_under_danish_headings() {
    let register = register(DEMO);
    let s = source(&register, "r", Lang::Da);
    let text = record(&s).unwrap().document(&s).unwrap().html();
    for heading in [
        "Dataansvarlig",
        "Formål",
        "Kategorier af registrerede og af personoplysninger",
        "Kategorier af modtagere",
        "Overførsel til tredjelande",
        "Forventede slettefrister",
        "Sikkerhedsforanstaltninger",
    ] {
        assert!(text.contains(heading), "{heading}");
    }
    assert!(text.contains("Databeskyttelsesrådgiver") && text.contains("Dina Persson"));
    // The version of the law, with its days in force and the law book's reservation.
    assert!(text.contains("i kraft fra 1. juli 2022 [kun sekundær kilde]"), "{text}");
    assert!(text.contains("i kraft 1. juli 1999 til 30. juni 2022"));
}

#[test]
fn nothing_of_the_relation_is_lost_in_any_form() {
    let register = register(DEMO);
    let s = source(&register, "r", Lang::En);
    let r = record(&s).unwrap();
    let rows = relation(&register);
    let views: usize = r.activities.iter().map(|a| a.relation.len()).sum();
    assert_eq!(views, rows.len());
    let csv = r.csv(&s).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|h| h == name).unwrap();
    let lines: Vec<csv::StringRecord> = reader.records().map(|l| l.unwrap()).collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows_in_order(&register)) {
        assert_eq!(&line[at("activity")], row.activity);
        assert_eq!(line[at("data_subjects")], s.subject(&row.subject));
        assert_eq!(line[at("personal_data")], s.category(&row.category));
        let to: Vec<String> = row.recipients.iter().map(|r| s.recipient(r)).collect();
        assert_eq!(line[at("recipients")], to.join("; "));
        assert!(!line[at("purposes")].is_empty() && !line[at("security_measures")].is_empty());
    }
    // Nobody's data is without a time limit in this register.
    assert_eq!(r.missing, Vec::<String>::new());
}

/// The rows in the order of the register's activities, as the record has them.
fn rows_in_order(register: &Register) -> Vec<frist_register::Row> {
    let rows = relation(register);
    let ids = register.activities.iter().map(|a| a.id.value.clone());
    ids.flat_map(|id| rows.iter().filter(move |r| r.activity == id).cloned().collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_item_of_the_articles_is_in_the_notice() {
    let register = register(DEMO);
    both(&register, |s| {
        let n = notice(s, "customer").unwrap();
        assert_eq!(n.articles, ["13", "14"]);
        assert_eq!(n.missing, Vec::<String>::new());
        let said: BTreeSet<&str> = n.items.iter().flat_map(|i| i.articles.clone()).collect();
        let mut asked: BTreeSet<String> = "abcdef".chars().map(|c| format!("13(1)({c})")).collect();
        asked.extend("abcdef".chars().map(|c| format!("13(2)({c})")));
        asked.extend("abcdef".chars().map(|c| format!("14(1)({c})")));
        asked.extend("abcdefg".chars().map(|c| format!("14(2)({c})")));
        let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
        assert_eq!(said, asked);
        for item in &n.items {
            let empty = item.intro.is_none() && item.groups.is_empty();
            assert!(!empty, "{}", item.id);
        }
    });
}

#[test]
fn the_notice_says_what_the_engine_does() {
    let register = register(DEMO);
    let da = source(&register, "r", Lang::Da);
    let storage = |s: &frist_documents::Source<'_>, subject: &str, group: &str| -> Vec<String> {
        let n = notice(s, subject).unwrap();
        let groups = &n.item("storage").unwrap().groups;
        groups.iter().find(|g| g.title.as_deref() == Some(group)).unwrap().lines.clone()
    };
    assert_eq!(
        storage(&da, "customer", "Fakturaer"),
        [
            "3 år fra fakturaens dato.",
            "3 år fra fakturaens forfald, når fakturaens status er »åben«, »rykket« eller \
             »inkasso«, jf. forældelsesloven § 3, stk. 1 og 2. Herefter vurderer en medarbejder, \
             om oplysningerne stadig er nødvendige.",
            "5 år fra udgangen af det regnskabsår, som fakturaens dato falder i, jf. \
             bogføringsloven (lov nr. 700 af 24/5/2022) § 12, stk. 1.",
            "Derefter slettes oplysningerne.",
        ]
    );
    assert_eq!(
        storage(&da, "customer", "Samtykker til markedsføring"),
        [
            "6 måneder fra kundeforholdets ophør, men kun indtil samtykket trækkes tilbage.",
            "3 måneder fra tilbagetrækningen af samtykket.",
            "Derefter slettes oplysningerne.",
        ]
    );
    assert_eq!(
        storage(&da, "visitor", "Optagelser"),
        [
            "30 dage fra optagelsen.",
            "Højst 30 dage fra optagelsen, jf. tv-overvågningsloven § 4 c, stk. 4.",
            "Derefter slettes oplysningerne.",
        ]
    );
    let en = source(&register, "r", Lang::En);
    assert_eq!(
        storage(&en, "employee", "Employees"),
        [
            "Until the end of the employment.",
            "5 years from the end of the employment (Forældelsesloven § 4).",
            "After that the data is erased.",
        ]
    );
}

#[test]
fn consent_brings_withdrawal_and_legitimate_interest_brings_objection() {
    let register = register(DEMO);
    let s = source(&register, "r", Lang::En);
    let customer = notice(&s, "customer").unwrap();
    assert!(customer.item("withdrawal").is_some());
    let visitor = notice(&s, "passer-by").unwrap();
    assert!(visitor.item("withdrawal").is_none(), "nobody asked them for consent");
    let rights = |n: &frist_documents::Notice| n.item("rights").unwrap().groups[0].lines.join(" ");
    assert!(rights(&visitor).contains("Objection") && !rights(&visitor).contains("Portability"));
    // Cameras are a source: Art. 14 alone, for nobody gives this data.
    assert_eq!(visitor.articles, ["14"]);
    let applicant = notice(&s, "applicant").unwrap();
    assert_eq!(applicant.articles, ["13"]);
    assert!(applicant.item("source").is_none());
    let error = notice(&s, "martian").unwrap_err().to_string();
    assert!(error.contains("`martian`") && error.contains("customer"), "{error}");
}

#[test]
fn a_changed_rule_makes_the_right_notices_wrong() {
    let old = register(DEMO);
    let mut new = old.clone();
    let invoices = new.datasets.iter_mut().find(|d| d.id.value == "invoices").unwrap();
    invoices.keep[0].period.as_mut().unwrap().value = "4 years".parse().unwrap();
    let of = |r: &Register| notices(&source(r, &revision_hash(r), Lang::Da)).unwrap();
    assert_eq!(compare(&of(&old), &of(&old)), []);
    let changes = compare(&of(&old), &of(&new));
    let who: Vec<&str> = changes.iter().map(|c| c.subject.as_str()).collect();
    assert_eq!(who, ["customer", "former-customer"]);
    for change in &changes {
        let [item] = change.items.as_slice() else { panic!("{change:#?}") };
        assert_eq!(item.item, "storage");
        assert_eq!(item.removed, ["Fakturaer: 3 år fra fakturaens dato."]);
        assert_eq!(item.added, ["Fakturaer: 4 år fra fakturaens dato."]);
    }
    // What people are called, whom a recipient serves and a measure that no notice names.
    let mut other = old.clone();
    other.measures.values_mut().for_each(|m| m.value.da.push('!'));
    assert_eq!(compare(&of(&old), &of(&other)), []);
    other.datasets.retain(|d| d.id.value != "cctv-recordings");
    other.activities.retain(|a| a.id.value != "security");
    let gone = compare(&of(&old), &of(&other));
    let gone: Vec<_> = gone.iter().map(|c| (c.subject.as_str(), c.what)).collect();
    use frist_documents::notice::What;
    assert_eq!(
        gone,
        [("employee", What::Changed), ("passer-by", What::Gone), ("visitor", What::Gone)]
    );
}

#[test]
fn the_schedule_has_every_data_set_once_in_its_class() {
    let register = register(DEMO);
    let s = source(&register, "r", Lang::En);
    let plan = schedule(&s).unwrap();
    let mut all: Vec<&str> =
        plan.classes.iter().flat_map(|c| &c.clusters).map(|c| &*c.data.rule.dataset).collect();
    all.sort_unstable();
    let mut ids: Vec<&str> = register.datasets.iter().map(|d| d.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(all, ids);
    let class = |id: &str| {
        let class = plan
            .classes
            .iter()
            .find(|c| c.clusters.iter().any(|c| c.data.rule.dataset == id))
            .unwrap();
        (class.start.unwrap_or("-"), class.period.clone().unwrap_or_default())
    };
    let fy = "5 years from the end of the financial year".to_owned();
    assert_eq!(class("invoices"), ("collection", fy));
    assert_eq!(class("cctv-recordings"), ("collection", "30 days".into()));
    assert_eq!(class("employees"), ("end of relationship", "5 years".into()));
    assert_eq!(class("complaints"), ("end of process", "3 years".into()));
    assert!(plan.not_assessed.is_empty());
    assert!(plan.backups.iter().any(|b| b.keep.as_deref() == Some("35 days")));
    let csv = plan.csv(&s).unwrap();
    assert_eq!(csv::Reader::from_reader(csv.as_bytes()).records().count(), ids.len());
}

#[test]
fn the_guidelines_warn_of_deleting_too_early() {
    let register = register(DEMO);
    let s = source(&register, "r", Lang::Da);
    let text = guidelines(&s).unwrap().document(&s).html();
    assert!(text.contains("Fakturaer slettes efter 3 år. Forkert"));
    assert!(text.contains("krav fra ansættelsen i op til 5 år, jf. forældelsesloven § 4"));
    assert!(text.contains("Løber aftalen stadig, eller kan e-mailen slettes?"));
    let g = guidelines(&s).unwrap();
    let ids = |all: &[guidelines::Kept]| -> Vec<String> {
        all.iter().map(|k| k.dataset.id.clone()).collect()
    };
    assert_eq!(ids(&g.in_folders), ["emails", "cctv-recordings"]);
    assert_eq!(ids(&g.must_keep), ["invoices", "customers", "contracts", "working-time"]);
}

#[test]
fn the_law_of_the_day_decides_the_citation() {
    let register = register(DEMO);
    let invoices = register.dataset("invoices").unwrap();
    let hash = "r".to_owned();
    let on = |day: &str| {
        let mut s = source(&register, &hash, Lang::Da);
        s.date = Some(day.parse().unwrap());
        let rule = words::rule(&s, invoices).unwrap();
        let ground = rule.grounds.iter().find(|g| g.id == "bookkeeping").unwrap().clone();
        ground.laws.iter().map(|l| l.citation.clone()).collect::<Vec<_>>()
    };
    let (old, new) = (
        "Bogføringsloven (LBK nr. 648 af 15/6/2006) § 10",
        "Bogføringsloven (lov nr. 700 af 24/5/2022) § 12, stk. 1",
    );
    assert_eq!(on("2020-01-01"), [old]);
    assert_eq!(on("2022-07-01"), [new, old]);
    // The financial year of 30 June 2022 ends with the year: its material is kept through 2027.
    assert_eq!(on("2027-12-31"), [new, old]);
    assert_eq!(on("2028-01-01"), [new]);
}

#[test]
fn the_linked_data_uses_only_terms_that_were_looked_up() {
    for folder in [DEMO, "examples/calls/register", "examples/chinook/register"] {
        let register = register(folder);
        both(&register, |s| {
            let text = record(s).unwrap().jsonld(s).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            let prefixes: Vec<String> =
                value["@context"].as_object().unwrap().keys().cloned().collect();
            let mut used = BTreeSet::new();
            terms(&value["@graph"], &prefixes, &mut used);
            for term in &used {
                let basis = term.starts_with("eu-gdpr:A6-1-") || term.starts_with("eu-gdpr:A9-2-");
                let typed = term.starts_with("xsd:");
                let known = frist_documents::jsonld::TERMS.contains(&term.as_str());
                assert!(basis || typed || known, "{term}");
            }
            assert!(used.contains("dpv:hasLegalBasis") && used.contains("dpv:hasPersonalData"));
        });
    }
}

/// Every key and every value that is a term of one of the vocabularies.
fn terms(value: &Value, prefixes: &[String], used: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                term(key, prefixes, used);
                if matches!(key.as_str(), "@type" | "@id") {
                    match value {
                        Value::String(text) => term(text, prefixes, used),
                        Value::Array(all) => {
                            all.iter()
                                .filter_map(Value::as_str)
                                .for_each(|t| term(t, prefixes, used));
                        }
                        _ => {}
                    }
                } else if !key.starts_with('@') {
                    terms(value, prefixes, used);
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|v| terms(v, prefixes, used)),
        _ => {}
    }
}

fn term(text: &str, prefixes: &[String], used: &mut BTreeSet<String>) {
    if text.split_once(':').is_some_and(|(p, _)| prefixes.iter().any(|x| x == p)) {
        used.insert(text.to_owned());
    }
}

#[test]
fn what_the_register_does_not_say_is_said() {
    let bare = read(&[(
        "register.toml",
        r#"
[controller]
name = "Havnen"
email = "post@havnen.example"

[[store]]
id = "db"
kind = "sqlite"
path = "db.sqlite"

[[activity]]
id = "berths"
title = { da = "Pladser", en = "Berths" }
about = [{ subject = "supplier", categories = ["contact"] }]

[[activity.purpose]]
id = "renting"
text = { da = "At leje pladser ud", en = "To let berths" }
basis = "6(1)(b)"

[[dataset]]
id = "tenants"
activity = "berths"
at = "db/tenant"
subject = { tenant = "id" }
categories = ["identity"]

[[dataset.keep]]
for = "renting"
from = "left_on"
period = "1 year"
"#,
    )]);
    let s = source(&bare, "r", Lang::Da);
    let n = notice(&s, "tenant").unwrap();
    let all = n.missing.join("\n");
    assert!(all.contains("artikel 13, stk. 2, litra e"), "{all}");
    assert!(all.contains("automatiske afgørelser"), "{all}");
    assert!(all.contains("»left_on«"), "{all}");
    assert!(n.document(&s).text().contains("UDKAST"));
    let supplier = notice(&s, "supplier").unwrap().missing.join("\n");
    assert!(supplier.contains("hvor længe vi gemmer kontaktoplysninger"), "{supplier}");
    let r = record(&s).unwrap();
    assert!(r.missing.iter().any(|m| m.contains("ingen slettefrist for Kontaktoplysninger")));
    assert!(r.missing.iter().any(|m| m.contains("sikkerhedsforanstaltninger")));
    assert_eq!(schedule(&s).unwrap().not_assessed[0].id, "tenants");
    let said = frist_documents::check(&bare, LawBook::embedded());
    let codes: Vec<&str> = said.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["W0020", "W0023", "W0021", "W0022"]);
}
