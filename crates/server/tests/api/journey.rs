//! From a token to a receipt, as an engineer's program goes; and the other resources by the way.

use std::time::{Duration, Instant};

use frist_server::Scope;
use serde_json::{Value, json};

use crate::client::{by, program, read};
use crate::kit::House;

/// The key of a record that is due.
fn due(house: &House, dataset: &str) -> String {
    let found = house.engine().records(dataset, frist_decide::Outcome::Due, house.now(), 1);
    found.unwrap()[0].0.text()
}

#[test]
fn from_a_plan_to_a_receipt() {
    let house = House::new();
    let key = due(&house, "invoices");
    let maker = by(
        &house,
        "maker",
        &[Scope::SweepsPlan, Scope::SweepsRead, Scope::SweepsApprove],
        &[],
        "anna",
    );
    let same = by(&house, "same-hand", &[Scope::SweepsApprove], &[], "anna");
    let other = by(
        &house,
        "other",
        &[Scope::SweepsApprove, Scope::SweepsRun, Scope::SweepsRead],
        &[],
        "bent",
    );
    let reads = [Scope::RecordsRead, Scope::ReceiptsRead, Scope::OverviewRead, Scope::LedgerRead];
    let reader = by(&house, "reader", &reads, &["invoices"], "carl");
    let before = reader.well(reader.get("/health"));
    assert!(before["due"].as_u64().unwrap() > 0 && before["good"] == false, "{before}");

    let explained = reader.well(reader.post("/datasets/invoices/explain", json!({"key": key})));
    assert_eq!(explained["decision"], "due", "{explained}");
    let refused = reader.post("/datasets/customers/explain", json!({"key": "1"}));
    assert_eq!(refused.status, 403, "not a data set that it needs to know: {}", refused.body);
    let none = reader.post("/datasets/invoices/explain", json!({"key": "no such key"}));
    assert_eq!(none.status, 404, "{}", none.body);
    assert!(!none.body.contains("no such key"));
    let early = reader.post("/datasets/invoices/receipt", json!({"key": key}));
    assert_eq!(early.status, 404, "{}", early.body);

    let made = maker.post("/plans", json!({}));
    assert_eq!(made.status, 201, "{}", made.body);
    let at = made.location().strip_prefix("/api/v1").unwrap().to_owned();
    let plan = read(&made)["plan"].clone();
    assert_eq!(plan["made_by"], "token:maker");
    if plan["status"] == "waits" {
        // Neither itself, nor another token of the same hand.
        for own in [&maker, &same] {
            let refused = own.ask("POST", &format!("{at}/approve"), &[], None);
            assert_eq!(refused.status, 403, "{}", refused.body);
        }
        let early = other.ask("POST", &format!("{at}/run"), &[], None);
        assert_eq!(early.status, 409, "{}", early.body);
        let tag = made.header("etag").unwrap();
        let approve = format!("{at}/approve");
        let stale = other.ask("POST", &approve, &[("If-Match", "\"running-1.00\"")], None);
        assert_eq!(stale.status, 412);
        let approved = other.ask("POST", &approve, &[("If-Match", tag)], None);
        assert_eq!(other.well(approved)["approvals"][0]["by"], "token:other");
    }
    let begun = other.ask("POST", &format!("{at}/run"), &[], None);
    assert_eq!(begun.status, 202, "{}", begun.body);
    let patience = Instant::now();
    let progress = loop {
        let progress = maker.well(maker.get(&format!("{at}/progress")));
        if progress["running"] == false && progress["ended_at"].is_string() {
            break progress;
        }
        assert!(patience.elapsed() < Duration::from_secs(60), "{progress}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(progress["failed"], Value::Null, "{progress}");
    assert!(progress["done"].as_u64().unwrap() > 0);
    let sweep = maker.well(maker.get(&format!("/sweeps/{}", progress["sweep"])));
    let of = |d: &str| {
        let all = sweep["datasets"].as_array().unwrap();
        all.iter().find(|x| x["dataset"] == d).cloned().unwrap_or_default()
    };
    assert_eq!(of("invoices")["complete"], true, "{sweep}");
    let again = other.ask("POST", &format!("{at}/run"), &[], None);
    assert_eq!(again.status, 409, "{}", again.body);

    let receipt = reader.well(reader.post("/datasets/invoices/receipt", json!({"key": key})));
    assert!(receipt["receipt"].as_str().unwrap().len() > 200);
    let gone = reader.post("/datasets/invoices/explain", json!({"key": key}));
    assert_eq!(gone.status, 404, "{}", gone.body);
    // The ledger names the tokens, and pages through.
    let first = reader.well(reader.get("/ledger/entries?limit=1"));
    let mut said = first["items"].to_string();
    let mut next = first["next"].as_str().map(str::to_owned);
    while let Some(cursor) = next {
        let page = reader.well(reader.get(&format!("/ledger/entries?limit=200&cursor={cursor}")));
        said += &page["items"].to_string();
        next = page["next"].as_str().map(str::to_owned);
    }
    assert!(said.contains("token:other"), "{said}");
    let head = reader.well(reader.get("/ledger/checkpoint"));
    assert!(head["size"].as_u64().unwrap() > 3 && head["key"].as_str().unwrap().contains("frist"));
    // Every look and every change is in the log of access, with no key.
    let log = house.state().looks(None, 1_000).unwrap();
    let has = |who: &str, what: &str| log.iter().any(|l| l.who == who && l.what == what);
    for (who, what) in [
        ("token:reader", "SeeRecord"),
        ("token:reader", "denied:SeeRecord"),
        ("token:reader", "GetReceipt"),
        ("token:maker", "PlanSweep"),
        ("token:other", "RunSweep"),
    ] {
        assert!(has(who, what), "{who} {what}");
    }
    let odd = reader.post("/datasets/invoices/explain", json!({"key": "251248-4916"}));
    assert_eq!(odd.status, 404);
    let log = house.state().looks(None, 1_000).unwrap();
    assert!(!log.iter().any(|l| l.about.contains("251248") || l.about == key));
    assert!(!house.log.lock().unwrap().iter().any(|l| l.contains("251248")));
    assert!(!odd.body.contains("251248"));
}

#[test]
fn a_request_from_opening_to_closing() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let few = program(&house, "few", &[Scope::PersonsFind, Scope::CasesDecide], &["invoices"]);
    let body = json!({
        "right": "erasure", "person": {"name": "Ida Holm", "email": "ida@example.dk"},
        "identifiers": {"customer": "17"}, "words": "Slet alt om mig.",
    });
    let opened = all.well(all.post("/cases", body));
    let number = opened["number"].as_str().unwrap();
    let at = format!("/cases/{number}");
    assert!(opened["days_left"].as_i64().unwrap() >= 27, "{opened}");
    let line = all.well(all.get("/cases?kind=request"))["items"][0].clone();
    assert_eq!(line["number"], number);
    assert!(!line.to_string().contains("Ida"), "a list names nobody");
    // To search means to look into every data set.
    assert_eq!(few.post(&format!("{at}/find"), json!({})).status, 403);
    let found = all.well(all.post(&format!("{at}/find"), json!({"anyway": true})));
    assert!(!found["records"].as_array().unwrap().is_empty(), "{found}");
    assert_eq!(few.post(&format!("{at}/decide"), json!({})).status, 403);
    let looked = all.well(all.post(&format!("{at}/decide"), json!({"dry_run": true})));
    assert_eq!(
        looked["records"].as_array().unwrap().len(),
        found["records"].as_array().unwrap().len()
    );
    let questions = |d: &Value| -> Vec<Value> {
        let records = d["records"].as_array().unwrap().iter();
        records.filter(|r| r["answer"] == "person").cloned().collect()
    };
    let erase: Vec<Value> = questions(&looked)
        .iter()
        .map(|r| json!({"record": {"dataset": r["dataset"], "key": r["key"]}, "reason": "set efter"}))
        .collect();
    let choices = json!({"erase": erase});
    let decided = all.well(all.post(&format!("{at}/decide"), choices));
    assert!(decided["outcome"].is_string() || !questions(&decided).is_empty(), "{decided}");
    let early = all.ask("POST", &format!("{at}/close"), &[], None);
    assert_eq!(early.status, 409);
    assert!(read(&early)["detail"].as_str().unwrap().contains("possible"), "{}", early.body);
    let withdrawn = all.well(all.post(&format!("{at}/withdraw"), json!({"how": "ringede"})));
    assert_eq!(withdrawn["status"], "closed");
    let log = house.state().looks(Some("token:all"), 100).unwrap();
    for what in ["WorkCase", "SeeCases", "FindPerson", "DecideRecords"] {
        assert!(log.iter().any(|l| l.what == what), "{what}");
    }
    assert!(log.iter().any(|l| l.what == "WorkCase" && l.about == number));
}

#[test]
fn a_case_says_who_is_to_be_told_and_who_was() {
    use frist_cases::request::Notice;
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let body = json!({
        "right": "restriction", "person": {"name": "Ida Holm"}, "identifiers": {"customer": "17"},
    });
    let opened = all.well(all.post("/cases", body));
    assert_eq!(opened["recipients"], json!([]));
    let number = opened["number"].as_str().unwrap();
    let at = format!("/cases/{number}");
    all.well(all.post(&format!("{at}/find"), json!({"anyway": true})));
    let (mut engine, now) = (house.engine(), house.now());
    frist_cases::restrict::restrict(&mut engine, "ida", "", number, "18(1)(a)", now).unwrap();
    let waits = all.well(all.get(&at))["recipients"].clone();
    let first = waits[0]["id"].as_str().unwrap();
    assert!(waits[0]["tell_by"].is_string() && waits[0]["told"].is_null(), "{waits}");
    assert!(!waits[0]["categories"].as_array().unwrap().is_empty(), "{waits}");
    let on = jiff::civil::date(2026, 11, 1);
    let told = Notice::Told { on, how: "brev".into() };
    frist_cases::recipients::tell(&mut engine, "ida", number, None, first, told, now).unwrap();
    let now = all.well(all.get(&at))["recipients"][0].clone();
    assert_eq!((&now["told"], &now["tell_by"]), (&json!("2026-11-01"), &Value::Null));
}

#[test]
fn holds_consents_reviews_and_the_register() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let few = program(&house, "few", &[Scope::HoldsAdd, Scope::HoldsRead], &["invoices"]);
    let hold = |dataset: Value, covers: Value| json!({"id": "sag-1", "matter": "tvist", "reason": "krav", "dataset": dataset, "covers": covers});
    let everywhere = hold(Value::Null, json!({"by": "subject", "kind": "customer", "value": "17"}));
    assert_eq!(few.post("/holds", everywhere.clone()).status, 403);
    let odd = few.post(
        "/holds",
        hold(json!("invoices"), json!({"by": "field", "field": "nope", "value": "1"})),
    );
    assert_eq!(odd.status, 422, "{}", odd.body);
    assert_eq!(read(&odd)["type"], "/api/problems/refused");
    let added = all.well(all.post("/holds", everywhere.clone()));
    assert!(added["covered"].as_u64().unwrap() > 0, "{added}");
    assert_eq!(all.post("/holds", everywhere).status, 409, "the id is taken");
    assert_eq!(few.get("/holds/sag-1").status, 404, "it covers what it need not know");
    assert_eq!(few.well(few.get("/holds"))["items"], json!([]));
    let released = all.well(all.ask("POST", "/holds/sag-1/release", &[], None));
    assert!(released["released_at"].is_string());
    assert_eq!(all.ask("POST", "/holds/sag-1/release", &[], None).status, 409);

    let register = all.well(all.get("/register"));
    let text = all.well(all.get("/register"))["register"]["consents"].clone();
    let id = text.as_array().and_then(|t| t.first()).map(|t| t["id"].clone());
    if let Some(Value::String(text)) = id {
        let given = json!({"kind": "customer", "person": "17", "text": text, "channel": "web"});
        let recorded = all.post("/consents", given);
        assert_eq!(recorded.status, 201, "{}", recorded.body);
        let code = read(&recorded)["code"].clone();
        let whose = json!({"kind": "customer", "person": "17"});
        let proof = all.well(all.post("/consents/prove", whose));
        assert_eq!(proof["consents"][0]["text"], text, "{proof}");
        let gone = all.well(all.post("/consents/withdraw", json!({"by": "code", "code": code})));
        assert_eq!(gone["withdrawn"].as_array().unwrap().len(), 1);
        let again = all.post("/consents/withdraw", json!({"by": "code", "code": code}));
        assert_eq!(again.status, 404);
        assert!(!again.body.contains(code.as_str().unwrap()));
    }
    assert!(register["revision"].as_str().unwrap().len() == 64);
    let files: serde_json::Map<String, Value> =
        frist_demo::REGISTER.iter().map(|(n, t)| ((*n).to_owned(), json!(t))).collect();
    let checked = all.well(all.post("/register/check", json!({"files": files})));
    assert_eq!(
        (checked["sound"].clone(), checked["revision"].clone()),
        (json!(true), register["revision"].clone())
    );
    let odd = json!({"files": {"register.toml": "[controller]\nnmae = \"x\"\n"}});
    let checked = all.well(all.post("/register/check", odd));
    assert_eq!(checked["sound"], false);
    assert_eq!(checked["diagnostics"][0]["at"]["line"], 1, "{checked}");

    let reviews = all.well(all.get("/reviews"));
    for waiting in reviews["waiting"].as_array().unwrap() {
        let dataset = waiting["dataset"].as_str().unwrap();
        let tasks = all.well(all.get(&format!("/datasets/{dataset}/reviews?limit=2&lang=da")));
        let key = tasks["items"][0]["key"].clone();
        let answer = json!({"answer": "keep", "keys": [key], "until": "2027-06-30", "reason": "sag verserer"});
        let came = all.well(all.post(&format!("/datasets/{dataset}/reviews"), answer));
        assert_eq!(came["records"], 1, "{came}");
    }
    for format in ["text", "html", "json"] {
        let all_documents = all.well(all.get("/documents?lang=da"));
        for document in all_documents["items"].as_array().unwrap() {
            let id = document["id"].as_str().unwrap();
            let one = all.well(all.get(&format!("/documents/{id}?lang=da&format={format}")));
            assert!(one["content"].as_str().unwrap().len() > 100, "{id} {format}");
        }
    }
}
