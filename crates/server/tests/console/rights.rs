//! The rights beside erasure and access, from opening to the letter, by forms alone: restriction,
//! rectification, objection, portability; a withdrawal of consent; the questions of a search.

use frist_cases::access::open_sealed;
use frist_server::access::Role;
use jiff::SignedDuration;

use crate::cases::{CUSTOMER, CUSTOMERS, open, page, search};
use crate::kit::{Answer, Client, House};

fn caseworker(house: &House) -> Client {
    house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS)
}

fn known(client: &mut Client, right: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("known:customer", CUSTOMER)];
    fields.extend_from_slice(more);
    let case = open(client, right, &fields);
    assert_eq!(search(client, &case).status, 200);
    case
}

fn number(case: &str) -> &str {
    case.trim_start_matches("/cases/")
}

fn done(answer: &Answer, word: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let at = answer.location();
    assert!(at.ends_with(&format!("done={word}")), "{at}");
}

fn erp(house: &House) -> rusqlite::Connection {
    rusqlite::Connection::open(house.dir.path().join("data/erp.sqlite")).unwrap()
}

fn papers(house: &House, case: &str) -> Vec<String> {
    house.state().papers(number(case)).unwrap().into_iter().map(|p| p.kind).collect()
}

#[test]
fn a_restriction_is_put_announced_to_end_and_lifted() {
    let house = House::new();
    let mut ida = caseworker(&house);
    let case = known(&mut ida, "restriction", &[]);
    let shown = ida.get(&case);
    let to = format!("{case}/restrict");
    let article = shown.body.split("name=\"article\" value=\"").nth(1).unwrap();
    let article = article.split('"').next().unwrap().to_owned();
    assert!(article.starts_with("18(1)"), "{article}");
    // Not without being sure, not on a ground that there is not.
    assert_eq!(ida.send(&case, &to, &[("article", &article)]).status, 422);
    let none = ida.send(&case, &to, &[("article", "18(1)(x)"), ("sure", "yes")]);
    assert!(none.body.contains("18(1)(x)") || none.body.contains("notice wrong"), "{}", none.body);
    assert!(house.state().all_holds().unwrap().is_empty());
    let put = ida.send(&case, &to, &[("article", &article), ("sure", "yes")]);
    assert_eq!(put.status, 303, "{}", put.body);
    assert!(put.location().contains("done=restricted"), "{}", put.location());
    // What is restricted is not erased meanwhile, and the person has a letter.
    let holds = house.state().all_holds().unwrap();
    assert!(!holds.is_empty() && holds.iter().all(|h| h.released_at.is_none()));
    assert!(
        papers(&house, &case).iter().any(|k| k.contains("restrict")),
        "{:?}",
        papers(&house, &case)
    );
    let shown = page(&mut ida, &case);
    assert!(shown.contains("begrænset siden") || shown.contains("Begrænset siden"), "{shown}");
    // It ends only after the person was told: a day ahead at the earliest.
    let lift = format!("{case}/unrestrict");
    let early = ida.send(&case, &lift, &[("on", "2026-11-22"), ("reason", "Rettet")]);
    assert!(early.body.contains("personen får besked først"), "{}", early.body);
    let told = ida.send(&case, &lift, &[("on", "2026-11-24"), ("reason", "Oplysningen er rettet")]);
    done(&told, "lifting-announced");
    assert!(ida.get(&case).token(&lift).is_none(), "not before its day");
    house.later(SignedDuration::from_hours(24 * 3));
    let mut ida = house.sign_in("ida");
    done(&ida.send(&case, &lift, &[("sure", "yes")]), "restriction-lifted");
    assert!(house.state().all_holds().unwrap().iter().all(|h| h.released_at.is_some()));
    assert!(page(&mut ida, &case).contains("Begrænsningen er ophævet"));
}

#[test]
fn a_wrong_field_is_put_right_and_the_person_told() {
    let house = House::new();
    let mut ida = caseworker(&house);
    let case = known(&mut ida, "rectification", &[]);
    let at = format!("{case}/rectify");
    let list = page(&mut ida, &at);
    let n = list
        .split(&format!("{at}?n="))
        .skip(1)
        .map(|l| l.split('"').next().unwrap().to_owned())
        .find(|n| page(&mut ida, &format!("{at}?n={n}")).contains("value=\"email\""))
        .unwrap();
    let chosen = format!("{at}?n={n}");
    let form = ida.get(&chosen).fields(&at);
    let (field, _) =
        form.iter().find(|(name, v)| name.starts_with("field-") && v == "email").unwrap();
    let now = field.replace("field-", "now-");
    let before = &form.iter().find(|(name, _)| *name == now).unwrap().1;
    assert!(before.contains('@'), "{before}");
    let nothing = ida.fill(&chosen, &at, &[]);
    assert!(nothing.status == 200 && nothing.body.contains("notice wrong"), "{}", nothing.body);
    let fixed = "karen.ny@example.dk";
    done(&ida.fill(&chosen, &at, &[(&now, Some(fixed))]), "rectified");
    let there = |mail: &str| -> i64 {
        let sql = "SELECT count(*) FROM customer WHERE customer_id = ?1 AND email = ?2";
        erp(&house).query_row(sql, [CUSTOMER, mail], |row| row.get(0)).unwrap()
    };
    assert_eq!((there(fixed), there(before)), (1, 0));
    // A second pair of eyes sees what was there; the form that is old changes nothing silently.
    let fields: Vec<(&str, &str)> = form.iter().map(|(n, v)| (&**n, &**v)).collect();
    let old: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| if *n == now { (*n, "en.anden@example.dk") } else { (*n, *v) })
        .collect();
    let late = ida.post(&at, &old);
    assert!(late.status == 303 || late.body.contains("notice wrong"), "{}", late.body);
    done(&ida.fill(&chosen, &at, &[("finish", Some("yes"))]), "answered");
    assert!(
        papers(&house, &case).iter().any(|k| k.contains("rectif")),
        "{:?}",
        papers(&house, &case)
    );
    // The log says which fields, and nothing of what was in them.
    let log: Vec<String> = house
        .state()
        .case_log(number(&case))
        .unwrap()
        .into_iter()
        .map(|s| format!("{} {}", s.step.step, s.step.text.unwrap_or_default()))
        .collect();
    assert!(log.iter().all(|l| !l.contains('@')), "{log:?}");
    assert!(page(&mut ida, &at).contains("besvaret"));
}

#[test]
fn an_objection_is_weighed_with_a_reason_and_answered() {
    let house = House::new();
    let mut ida = caseworker(&house);
    let case = known(&mut ida, "objection", &[]);
    let at = format!("{case}/decide");
    let shown = ida.get(&at);
    let purposes: Vec<String> =
        shown.fields(&at).into_iter().filter(|(n, _)| n == "purpose").map(|(_, v)| v).collect();
    assert!(!purposes.is_empty(), "what rests on an interest is weighed: {}", shown.body);
    let weigh: Vec<String> = purposes.iter().map(|p| format!("weigh-{p}")).collect();
    let why: Vec<String> = purposes.iter().map(|p| format!("why-{p}")).collect();
    let over: Vec<(&str, Option<&str>)> =
        weigh.iter().map(|w| (w.as_str(), Some("overridden"))).collect();
    let bare = ida.fill(&at, &at, &over);
    assert!(bare.status == 200 && bare.body.contains("notice wrong"), "{}", bare.body);
    let mut with = over.clone();
    with.extend(why.iter().map(|w| (w.as_str(), Some("Et krav er rejst ved domstolene"))));
    // Upheld, nothing rests on the interest any more; then weighed anew, with the reason.
    let upheld: Vec<(&str, Option<&str>)> =
        weigh.iter().map(|w| (w.as_str(), Some("upheld"))).collect();
    assert_eq!(ida.fill(&at, &at, &upheld).status, 303);
    let body = |house: &House| house.state().case(number(&case)).unwrap().unwrap().body.to_string();
    assert!(body(&house).contains("upheld"), "{}", body(&house));
    let decided = ida.fill(&format!("{at}?anew=1"), &at, &with);
    assert_eq!(decided.status, 303, "{}", decided.body);
    assert!(body(&house).contains("Et krav er rejst") && !body(&house).contains("upheld"));
    let erase = format!("{case}/erase");
    if ida.get(&at).token(&erase).is_some() {
        done(&ida.send(&at, &erase, &[("sure", "yes")]), "erased");
    }
    let draft = page(&mut ida, &format!("{case}/answer"));
    assert!(draft.contains("Et krav er rejst ved domstolene"), "{draft}");
    assert!(draft.contains("Datatilsynet"), "where to complain");
}

#[test]
fn portability_is_a_file_that_machines_read() {
    let house = House::new();
    let mut ida = caseworker(&house);
    let case = known(&mut ida, "portability", &[]);
    let at = format!("{case}/package");
    let review = format!("{at}/review");
    let shown = ida.get(&at);
    if shown.token(&review).is_some() {
        let fields = shown.fields(&review);
        let items: Vec<String> = fields
            .iter()
            .filter_map(|(n, _)| n.strip_prefix("item-").map(|n| format!("shown-{n}")))
            .collect();
        let masked: Vec<(&str, Option<&str>)> =
            items.iter().map(|n| (n.as_str(), Some("masked"))).collect();
        assert_eq!(ida.fill(&at, &review, &masked).status, 303);
    }
    let phrase = "en adgangskode til filen";
    let file = ida.fill(&at, &at, &[("phrase", Some(phrase))]);
    assert!(file.header("content-disposition").is_some(), "{}", file.body);
    let zip = open_sealed(&file.bytes, phrase).unwrap();
    let holds = |word: &str| zip.windows(word.len()).any(|w| w == word.as_bytes());
    assert!(zip.starts_with(b"PK") && holds(".json"), "structured, common, machine-readable");
    let handed = ida.fill(&at, &format!("{at}/answer"), &[("sure", Some("yes"))]);
    done(&handed, "answered");
    assert!(
        papers(&house, &case).iter().any(|k| k.contains("portab")),
        "{:?}",
        papers(&house, &case)
    );
}

#[test]
fn a_withdrawal_is_of_the_consents_that_are_ticked() {
    let house = House::new();
    let mut ida = caseworker(&house);
    // Customers whose consent to marketing is in force, until one is found without a question.
    let mut engine = house.engine();
    let kept = |n: &i64| {
        let found = engine.explain("marketing-consents", &n.to_string(), house.now());
        found.is_ok_and(|r| r.decision.outcome == frist_decide::Outcome::Keep)
    };
    let keys: Vec<i64> = (1..500).filter(kept).take(8).collect();
    let sql = "SELECT customer_id FROM marketing_consent WHERE consent_id = ?1";
    let found = keys.iter().find_map(|key| {
        let who: i64 = erp(&house).query_row(sql, [key], |row| row.get(0)).unwrap();
        let who = who.to_string();
        let case = open(&mut ida, "consent-withdrawal", &[("known:customer", &who)]);
        search(&mut ida, &case);
        let at = format!("{case}/decide");
        ida.get(&at).token(&at).is_some().then_some(case)
    });
    let case = found.unwrap();
    let at = format!("{case}/decide");
    let form = ida.get(&at);
    let fields = form.fields(&at);
    assert!(fields.iter().any(|(n, v)| n == "consents" && v == "asked"), "{}", form.body);
    assert!(fields.iter().any(|(n, _)| n == "consent"), "all are ticked at first: {}", form.body);
    let none = ida.fill(&at, &at, &[("consent", None)]);
    assert!(none.status == 200 && none.body.contains("notice wrong"), "{}", none.body);
    let records = |house: &House| house.state().case_records(number(&case)).unwrap();
    assert!(records(&house).iter().all(|r| r.state != "erase"), "nothing is decided yet");
    let decided = ida.fill(&at, &at, &[]);
    assert_eq!(decided.status, 303, "{}", decided.body);
    let all = records(&house);
    let consent = all.iter().find(|r| r.dataset == "marketing-consents").unwrap();
    assert_eq!(consent.state, "erase", "what is taken back goes");
    assert!(all.iter().any(|r| r.dataset == "customers" && r.state != "erase"), "the rest stays");
}

#[test]
fn a_question_of_the_search_is_answered_and_the_answer_counts() {
    let house = House::new();
    // Two customers with one address: nobody can tell whose it is.
    erp(&house)
        .execute(
            "UPDATE customer SET email = (SELECT email FROM customer WHERE customer_id = 6) WHERE customer_id = 7",
            [],
        )
        .unwrap();
    let mail: String = erp(&house)
        .query_row("SELECT email FROM customer WHERE customer_id = 6", [], |row| row.get(0))
        .unwrap();
    let mut ida = caseworker(&house);
    let case = open(&mut ida, "access", &[("known:email", &mail)]);
    let at = format!("{case}/find");
    let asked = ida.fill(&at, &at, &[]);
    assert!(asked.body.contains("id=\"questions\""), "{}", asked.body);
    let found = |house: &House| {
        let records = house.state().case_records(number(&case)).unwrap();
        records
            .iter()
            .filter(|r| r.dataset == "customers")
            .map(|r| r.key.clone())
            .collect::<Vec<_>>()
    };
    assert!(found(&house).is_empty(), "nothing is taken on a guess");
    // One of the two is the person; the other one is not.
    let mut fields = asked.fields(&at);
    let said: Vec<(String, String)> = fields
        .iter()
        .filter(|(n, _)| n.starts_with("records-"))
        .map(|(n, v)| (n.replace("records-", "answer-"), v.clone()))
        .collect();
    assert!(said.len() >= 2, "{said:?}");
    for (name, records) in said {
        let one = |key: &str| {
            records.contains("\"customers\"") && records.contains(&format!("\"{key}\""))
        };
        let mine = one("6") && !one("7");
        let other = one("7") && !one("6");
        if mine || other {
            fields.push((name, if mine { "records" } else { "no" }.to_owned()));
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
    let again = ida.post(&at, &fields);
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(found(&house), ["6"], "{}", again.body);
    // What was said is there to be taken back.
    assert!(page(&mut ida, &at).contains("name=\"answer-"));
}
