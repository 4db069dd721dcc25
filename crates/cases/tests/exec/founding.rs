//! The cases of the founding documents.

use frist_cases::decide::{Article, Own, Weighed};
use frist_cases::erase;
use frist_cases::recipients;
use frist_cases::request::{Notice, Outcome, Right};
use frist_state::Scope;

use super::support::*;

const COMPANY: &str = r#"
[[recipient]]
id = "collector"
title = { da = "Prøve Inkasso ApS", en = "Sample Collections" }
role = "controller"
[[activity]]
id = "billing"
title = { da = "Fakturering", en = "Billing" }
[[activity.purpose]]
id = "bookkeeping"
text = { da = "At opfylde bogføringsloven", en = "To comply with the bookkeeping act" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[activity.purpose]]
id = "news"
text = { da = "At sende nyhedsbreve", en = "To send newsletters" }
basis = "6(1)(a)"
[[activity.disclosures]]
recipient = "collector"
subjects = ["customer"]
categories = ["contact"]
[[dataset]]
id = "invoices"
title = { da = "Fakturaer", en = "Invoices" }
activity = "billing"
at = "s/invoice"
subject = { customer = "customer_id" }
categories = ["identity", "payment"]
guard = { share = 1.0 }
facts = { invoice_date = "date" }
[[dataset.keep]]
for = "bookkeeping"
from = "invoice_date"
[[dataset]]
id = "news"
title = { da = "Tilmelding til nyhedsbrev", en = "Newsletter subscriptions" }
activity = "billing"
at = "s/news"
subject = { customer = "customer_id" }
categories = ["contact"]
guard = { share = 1.0 }
facts = { given_on = "date" }
[[dataset.keep]]
for = "news"
from = "given_on"
period = "10 years"
"#;

fn company(postgres: Option<frist_testkit::TestDatabase>) -> Org {
    let date = if postgres.is_some() { "DATE" } else { "TEXT" };
    let sql = format!(
        "CREATE TABLE invoice (id BIGINT PRIMARY KEY, customer_id BIGINT, invoice_date {date});
         CREATE TABLE news (id BIGINT PRIMARY KEY, customer_id BIGINT, given_on {date});"
    );
    Org::on(postgres, "", COMPANY, &sql)
}

const CONSENT_PROVEN: &str = "INSERT INTO news VALUES (1, 7, '2025-01-01'), (2, 8, '2025-01-01');";

#[test]
fn an_invoice_after_three_years_is_refused_and_goes_when_the_statute_lets_it() {
    let org = company(None);
    org.sql(
        "INSERT INTO invoice VALUES (1, 7, '2023-02-10'), (2, 7, '2021-05-05'), (3, 8, '2021-05-05'),
            (4, 7, '2019-01-01');",
    );
    org.sql(CONSENT_PROVEN);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let settled = org.settle(&mut engine, &number);
    assert_eq!((settled.outcome, settled.needs.len()), (Some(Outcome::PartlyGranted), 0));
    let new = "17(3)(b) Bogføringsloven (lov nr. 700 af 24/5/2022) § 12, stk. 1";
    let old = "17(3)(b) Bogføringsloven (LBK nr. 648 af 15/6/2006) § 10";
    assert_eq!(
        answers(&mut engine, &number),
        [
            format!("invoices/1: refuse {new} | 2028-12-31"),
            // By the act that was in force for the record's own date.
            format!("invoices/2: refuse {old} | 2026-12-31"),
            "invoices/4: erase 17(1)(a)".to_owned(),
            "news/1: erase 17(1)(b)".to_owned(),
        ]
    );
    // Nothing is answered before it is done.
    let too_early = erase::answer(&mut engine, "ida", "", &number, org.clock.now());
    assert!(too_early.is_err());
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept, done.open), (2, 0, 0));
    assert_eq!((org.ids("invoice"), org.ids("news")), (vec![1, 2, 3], vec![2]));
    erase::answer(&mut engine, "ida", "Karen Holm", &number, org.clock.now()).unwrap();
    let text = letter(&mut engine, &number, "partly-granted");
    for words in [
        "Fakturaer",
        "§ 12, stk. 1",
        "31. december 2028",
        "§ 10",
        "Prøve Inkasso ApS",
        "Datatilsynet",
        "domstol",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let told = Notice::Told { on: jiff::civil::date(2026, 3, 2), how: "brev".into() };
    let now = org.clock.now();
    recipients::tell(&mut engine, "ida", &number, None, "collector", told, now).unwrap();
    // The ordinary sweep erases the older one when its ground ends; the person is told.
    org.clock.set("2027-01-01T11:00:00Z");
    org.sweep(&mut engine);
    assert_eq!(org.ids("invoice"), [1]);
    let now = org.clock.now();
    let told = erase::finish_deferred(&mut engine, "ida", "", now, &mut |_| ()).unwrap();
    assert_eq!((told[0].gone, told[0].left, told[0].closed), (1, 0, false));
    let text = letter(&mut engine, &number, "deferred");
    assert!(text.contains("§ 10") && !text.contains("§ 12"), "{text}");
    assert!(erase::finish_deferred(&mut engine, "ida", "", now, &mut |_| ()).unwrap().is_empty());
    // The other one too, and then the request is over.
    org.clock.set("2029-01-01T11:00:00Z");
    let now = org.clock.now();
    let told = erase::finish_deferred(&mut engine, "ida", "", now, &mut |_| ()).unwrap();
    assert_eq!((told[0].gone, told[0].closed), (1, true));
    assert_eq!(org.ids("invoice"), [0_i64; 0]);
}

#[test]
fn the_same_in_postgresql() {
    let org = company(Some(frist_testkit::postgres()));
    let year = org.clock.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    org.sql(&format!(
        "INSERT INTO invoice VALUES (1, 7, '{}-02-10'), (2, 8, '{}-02-10'), (3, 7, '{}-02-10')",
        year - 3,
        year - 3,
        year - 8
    ));
    org.sql(CONSENT_PROVEN);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::PartlyGranted));
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept, done.open), (2, 0, 0));
    assert_eq!((org.ids("invoice"), org.ids("news")), (vec![1, 2], vec![2]));
    org.answer(&mut engine, &number);
    assert!(letter(&mut engine, &number, "partly-granted").contains("§ 12"));
}

#[test]
fn consent_withdrawn_ends_what_rests_on_it_and_nothing_else() {
    let org = company(None);
    org.sql("INSERT INTO invoice VALUES (1, 7, '2023-02-10');");
    org.sql(CONSENT_PROVEN);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::ConsentWithdrawal, 7);
    org.settle(&mut engine, &number);
    org.execute(&mut engine, &number);
    assert_eq!((org.ids("invoice"), org.ids("news")), (vec![1], vec![2]));
    org.answer(&mut engine, &number);
    let page = letter(&mut engine, &number, "consent-withdrawn");
    assert!(page.contains("at sende nyhedsbreve") && page.contains("2. marts 2026"), "{page}");
    // By the rule alone it would have been kept until 2035.
    let entry = org.engine().state.leaves(0, u32::MAX).unwrap();
    let text =
        entry.iter().map(|l| String::from_utf8_lossy(&l.entry).into_owned()).collect::<String>();
    assert!(text.contains(&format!("on request {number}; no longer: news")), "{text}");
}

#[test]
fn a_consent_that_a_statute_outlives_goes_when_the_statute_ends() {
    let org = Org::new(
        "",
        &COMPANY.replace(
            "[[dataset.keep]]\nfor = \"bookkeeping\"\nfrom = \"invoice_date\"\n",
            "[[dataset.keep]]\nfor = \"bookkeeping\"\nfrom = \"invoice_date\"\n[[dataset.keep]]\nfor = \"news\"\nfrom = \"invoice_date\"\nperiod = \"30 years\"\n",
        ),
        "CREATE TABLE invoice (id BIGINT PRIMARY KEY, customer_id BIGINT, invoice_date TEXT);
         CREATE TABLE news (id BIGINT PRIMARY KEY, customer_id BIGINT, given_on TEXT);
         INSERT INTO invoice VALUES (1, 7, '2021-05-05'), (2, 8, '2021-05-05');",
    );
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    org.settle(&mut engine, &number);
    assert!(answers(&mut engine, &number)[0].ends_with("| 2026-12-31"));
    org.execute(&mut engine, &number);
    org.answer(&mut engine, &number);
    // The rule alone keeps it for the consent that was taken back; the request does not.
    org.clock.set("2027-01-01T11:00:00Z");
    org.sweep(&mut engine);
    assert_eq!(org.ids("invoice"), [1, 2]);
    let now = org.clock.now();
    let told = erase::finish_deferred(&mut engine, "ida", "", now, &mut |_| ()).unwrap();
    assert_eq!((told[0].gone, told[0].closed), (1, true));
    assert_eq!(org.ids("invoice"), [2]);
}

const EMPLOYER: &str = r#"
[[activity]]
id = "hr"
title = { da = "Personale", en = "Staff" }
[[activity.purpose]]
id = "employment"
text = { da = "At opfylde ansættelseskontrakten", en = "To perform the contract of employment" }
basis = "6(1)(b)"
[[activity.purpose]]
id = "claims"
text = { da = "At kunne dokumentere ansættelsesforholdet", en = "To be able to show the employment" }
basis = "6(1)(f)"
interest = { da = "At forsvare os mod krav", en = "To defend ourselves against claims" }
law = "dk.personalesag"
[[dataset]]
id = "contracts"
title = { da = "Ansættelseskontrakter", en = "Contracts" }
activity = "hr"
at = "s/contract"
subject = { employee = "employee" }
categories = ["identity"]
guard = { share = 1.0 }
facts = { ended = "date" }
[[dataset.keep]]
for = "employment"
from = "ended"
period = "0 days"
open = true
[[dataset.keep]]
for = "claims"
from = "ended"
open = true
"#;

#[test]
fn a_contract_of_employment_is_kept_five_years_after_its_end() {
    let org = Org::new(
        "",
        EMPLOYER,
        "CREATE TABLE contract (id INTEGER PRIMARY KEY, employee INTEGER, ended TEXT);
         INSERT INTO contract VALUES (1, 7, '2023-06-30'), (2, 7, '2019-06-30'), (3, 7, NULL), (4, 8, '2019-06-30');",
    );
    let mut engine = org.engine();
    let number = org.open_as(&mut engine, Right::Erasure, "employee", "7");
    let settled = org.settle(&mut engine, &number);
    // Legitimate interests are a person's to weigh against the objection.
    assert_eq!(settled.outcome, None);
    let asked = answers(&mut engine, &number);
    assert!(
        asked[0].contains("person Går personens interesser forud")
            && asked[0].contains("forsvare os"),
        "{asked:?}"
    );
    assert_eq!(asked[1], "contracts/2: erase 17(1)(a)");
    // Nothing is erased meanwhile.
    assert!(
        erase::execute(&mut engine, "ida", std::slice::from_ref(&number), &mut |_| ()).is_err()
    );
    let reason = "Krav forældes først efter fem år".to_owned();
    erase::choose(&mut engine, "ida", &number, org.clock.now(), |c| {
        c.weighed.insert("claims".into(), Weighed::Overridden { reason });
    })
    .unwrap();
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::PartlyGranted));
    let now = answers(&mut engine, &number);
    assert!(
        now[0].starts_with("contracts/1: refuse 21(1) ") && now[0].ends_with("| 2028-06-30"),
        "{now:?}"
    );
    // Still employed: the contract itself keeps it, until nobody knows when.
    assert_eq!(
        now[2],
        "contracts/3: refuse 17(1) Stadig nødvendigt til: at opfylde ansættelseskontrakten, at kunne dokumentere ansættelsesforholdet"
    );
    org.execute(&mut engine, &number);
    assert_eq!(org.ids("contract"), [1, 3, 4]);
    org.answer(&mut engine, &number);
    let text = letter(&mut engine, &number, "partly-granted");
    assert!(text.contains("30. juni 2028"), "{text}");
}

const MAIL: &str = r#"
[[activity]]
id = "service"
title = { da = "Kundeservice", en = "Customer service" }
[[activity.purpose]]
id = "service"
text = { da = "At besvare henvendelser", en = "To answer letters" }
basis = "6(1)(b)"
[[dataset]]
id = "letters"
title = { da = "Korrespondance", en = "Correspondence" }
activity = "service"
at = "s/letter"
subject = { customer = "customer_id" }
categories = ["communication"]
guard = { share = 1.0 }
facts = { sent = "date" }
[[dataset.keep]]
for = "service"
from = "sent"
period = "1 year"
review = { da = "Er brevet del af en kontrakt, en garanti eller en klage?", en = "Is it part of a contract, a warranty or a complaint?" }
"#;

#[test]
fn correspondence_of_a_former_customer_waits_for_an_answer() {
    let org = Org::new(
        "",
        MAIL,
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, customer_id INTEGER, sent TEXT);
         INSERT INTO letter VALUES (1, 7, '2024-01-01'), (2, 7, '2024-01-01'), (3, 7, '2026-01-01'), (4, 8, '2024-01-01');",
    );
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, None);
    assert_eq!(
        answers(&mut engine, &number)[0],
        "letters/1: person Er brevet del af en kontrakt, en garanti eller en klage?"
    );
    let answer = |keep: bool, reason: &str| match keep {
        true => Own::Keep { article: Article::Claims, reason: reason.into() },
        false => Own::Erase { reason: reason.into() },
    };
    erase::choose(&mut engine, "ida", &number, org.clock.now(), |c| {
        c.records.insert("letters/1".into(), answer(false, "Nej"));
        c.records.insert("letters/2".into(), answer(true, "Garantisag om varmepumpe"));
        // The answer cannot end what still runs.
        c.records.insert("letters/3".into(), answer(false, "Nej"));
    })
    .unwrap();
    org.settle(&mut engine, &number);
    assert_eq!(
        answers(&mut engine, &number),
        [
            "letters/1: erase 17(1)(a)",
            "letters/2: refuse 17(3)(e) Garantisag om varmepumpe",
            "letters/3: refuse 17(1) Stadig nødvendigt til: at besvare henvendelser",
        ]
    );
    org.execute(&mut engine, &number);
    assert_eq!(org.ids("letter"), [2, 3, 4]);
}

#[test]
fn a_hold_is_named_only_when_that_is_chosen() {
    let org = Org::new(
        "",
        MAIL,
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, customer_id INTEGER, sent TEXT);
         INSERT INTO letter VALUES (1, 7, '2024-01-01');",
    );
    let mut engine = org.engine();
    org.hold(&mut engine, "h", Scope::Subject { kind: "customer".into(), value: "7".into() });
    let number = org.open(&mut engine, Right::Erasure, 7);
    let t = org.clock.now();
    org.settle(&mut engine, &number);
    assert_eq!(
        answers(&mut engine, &number),
        ["letters/1: refuse 17(3)(e) Et retskrav, der ikke er afsluttet"]
    );
    erase::choose(&mut engine, "ida", &number, t, |c| c.name_matters = true).unwrap();
    org.settle(&mut engine, &number);
    assert_eq!(answers(&mut engine, &number), ["letters/1: refuse 17(3)(e) Tvist 17"]);
    org.execute(&mut engine, &number);
    org.answer(&mut engine, &number);
    assert!(letter(&mut engine, &number, "refused").contains("Tvist 17"));
    assert_eq!(org.ids("letter"), [1]);
}

#[test]
fn the_municipality_refuses_to_erase_what_it_has_filed() {
    let org = Org::new(
        "kind = \"public-authority\"",
        r#"
[[activity]]
id = "cases"
title = { da = "Sager", en = "Cases" }
[[activity.purpose]]
id = "casework"
text = { da = "At behandle sager", en = "To deal with cases" }
basis = "6(1)(e)"
law = "dk.offentlighed"
[[dataset]]
id = "documents"
title = { da = "Journaliserede dokumenter", en = "Filed documents" }
activity = "cases"
at = "s/document"
subject = { citizen = "citizen" }
categories = ["communication"]
[[dataset.keep]]
for = "casework"
"#,
        "CREATE TABLE document (id INTEGER PRIMARY KEY, citizen INTEGER);
         INSERT INTO document VALUES (1, 7);",
    );
    let mut engine = org.engine();
    let number = org.open_as(&mut engine, Right::Erasure, "citizen", "7");
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::Refused));
    assert_eq!(
        answers(&mut engine, &number),
        [
            "documents/1: refuse 17(3)(b) Offentlighedsloven (LBK nr. 145 af 24/2/2020) §§ 13 og 15 (jf. Datatilsynets afgørelse 2018-32-0286)"
        ]
    );
    org.answer(&mut engine, &number);
    let text = letter(&mut engine, &number, "refused");
    assert!(text.contains("2018-32-0286") && text.contains("Datatilsynet"), "{text}");
    assert_eq!(org.ids("document"), [1]);
}

#[test]
fn sensitive_data_without_an_article_9_basis_goes() {
    // Kept for the contract, and by explicit consent: when that is taken back there is no basis of
    // Art. 9(2) left, and the contract alone does not carry it.
    let org = Org::new(
        "",
        r#"
[[activity]]
id = "care"
title = { da = "Hensyn til kunder", en = "Care for customers" }
[[activity.purpose]]
id = "care"
text = { da = "At tage hensyn til sygdom", en = "To take illness into account" }
basis = "6(1)(b)"
special_basis = "9(2)(a)"
[[dataset]]
id = "health"
title = { da = "Oplysninger om helbred", en = "Health" }
activity = "care"
at = "s/health"
subject = { customer = "customer_id" }
categories = ["health"]
guard = { share = 1.0 }
facts = { given_on = "date" }
[[dataset.keep]]
for = "care"
from = "given_on"
period = "10 years"
"#,
        "CREATE TABLE health (id INTEGER PRIMARY KEY, customer_id INTEGER, given_on TEXT);
         INSERT INTO health VALUES (1, 7, '2025-01-01'), (2, 8, '2025-01-01');",
    );
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    org.settle(&mut engine, &number);
    assert_eq!(answers(&mut engine, &number), ["health/1: erase 17(1)(b)"]);
    org.execute(&mut engine, &number);
    org.answer(&mut engine, &number);
    assert!(letter(&mut engine, &number, "granted").contains("helbred"));
    assert_eq!(org.ids("health"), [2]);
}

#[test]
fn a_refusal_says_why_also_where_no_statute_does_and_the_letter_is_seen_first() {
    let org = company(None);
    org.sql("INSERT INTO invoice VALUES (1, 7, '2009-02-10');");
    let mut engine = org.engine();
    org.hold(&mut engine, "h", Scope::Subject { kind: "customer".into(), value: "7".into() });
    let number = org.open(&mut engine, Right::Erasure, 7);
    let t = org.clock.now();
    let (_, answer) = erase::look(&mut engine, &number, t).unwrap().remove(0);
    let why = erase::why(&answer, frist_register::Lang::Da);
    assert_eq!(why.article, Some(Article::Claims));
    assert_eq!(why.words, "Et retskrav, der ikke er afsluttet");
    org.settle(&mut engine, &number);
    let how = erase::Answering { signed: "Karen Holm", ..Default::default() };
    let (_, draft) = erase::draft(&mut engine, "ida", &number, &how, t).unwrap();
    assert!(engine.state.papers(&number).unwrap().iter().all(|p| p.kind != "refused"));
    erase::answer_as(&mut engine, "ida", &number, &how, t).unwrap();
    assert_eq!(letter(&mut engine, &number, "refused"), draft.html());
    assert!(erase::draft(&mut engine, "ida", &number, &how, t).is_err(), "it is answered");
}

#[test]
fn what_is_said_in_a_search_counts_in_the_next() {
    use frist_cases::find::Said;
    let org = company(None);
    org.sql("INSERT INTO invoice VALUES (1, 7, '2023-02-10'), (2, 8, '2023-02-10');");
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let t = org.clock.now();
    let record = |key: &str| ("invoices".to_owned(), key.to_owned());
    let ((dataset, key), (d, k)) = (record("2"), record("2"));
    let yes = Said::YesRecord { dataset, key };
    let no = Said::NoRecord { dataset: d, key: k };
    let mut keys = |said: &[Said]| {
        let found = erase::search(&mut engine, "ida", &number, &[], said, true, t).unwrap();
        let of = found.hits.iter().filter(|h| h.dataset == "invoices");
        of.map(|h| h.key.text()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&[]), ["1"]);
    assert_eq!(keys(std::slice::from_ref(&yes)), ["1", "2"]);
    assert_eq!(keys(&[]), ["1", "2"], "it is not asked again");
    assert_eq!(keys(&[no]), ["1"], "another answer takes its place");
    assert_eq!(keys(&[]), ["1"]);
}
