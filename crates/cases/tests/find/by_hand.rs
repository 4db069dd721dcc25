//! A small organisation, and each thing that must not go wrong.

use std::collections::BTreeSet;

use frist_cases::find::{Doubt, Found, Limits, Occasion, Origin, Reason, Said, find, log_search};
use frist_sweep::Engine;
use rusqlite::Connection;

use super::support::engine;

const REGISTER: &str = r#"
[controller]
name = "A"
[[store]]
id = "db"
kind = "sqlite"
path = "a.sqlite"
[[store]]
id = "shop"
kind = "sqlite"
path = "b.sqlite"
[[store]]
id = "disk"
kind = "files"
root = "files"
[[store]]
id = "gone"
kind = "sqlite"
path = "nowhere.sqlite"

[[identity]]
id = "customer"
title = { en = "Customer number" }
[[identity]]
id = "order"
title = { en = "Order number" }
[[identity]]
id = "email"
title = { en = "E-mail" }
format = "email"
[[identity]]
id = "phone"
title = { en = "Phone" }
format = "phone"
shared = true
[[identity]]
id = "name"
title = { en = "Name" }
format = "name"

[[activity]]
id = "a"
title = { en = "A" }
[[activity.purpose]]
id = "p"
text = { en = "service" }
basis = "6(1)(b)"
"#;

/// Data sets: id, collection, what is said of who they are about.
const SETS: &[(&str, &str, &str)] = &[
    (
        "customers",
        "db/customer",
        "subject = { customer = \"id\" }\nidentity = { email = \"email\", phone = \"phone\", name = \"name\" }",
    ),
    (
        "orders",
        "db/orders",
        "subject = { customer = \"customer_id\" }\nidentity = { order_id = \"order\" }",
    ),
    ("lines", "shop/line", "subjects = [\"customer\"]\nidentity = { order_id = \"order\" }"),
    (
        "newsletter",
        "shop/newsletter",
        "subjects = [\"customer\"]\nidentity = { email = \"email\" }",
    ),
    (
        "calls",
        "shop/call",
        "subjects = [\"customer\"]\nidentity = { caller = \"phone\", called = \"phone\" }",
    ),
    (
        "served",
        "shop/served",
        "subject = { customer = \"customer_id\", employee = \"employee_id\" }",
    ),
    (
        "employees",
        "shop/employee",
        "subject = { employee = \"id\" }\nidentity = { email = \"email\" }",
    ),
    (
        "letters",
        "disk/letters/{n}.txt",
        "subjects = [\"customer\"]\nidentity = { to = \"email\", name = \"name\" }",
    ),
    (
        "mails",
        "shop/mail",
        "subject = { customer = \"customer_id\" }\nidentity = { sender = \"email\" }\nothers = [\"sender\"]",
    ),
    ("lost", "gone/x", "subject = { customer = \"id\" }"),
    ("cameras", "disk/cctv/{n}.mp4", "subjects = [\"customer\"]"),
];

fn register() -> String {
    let sets = SETS.iter().map(|(id, at, who)| {
        let key = if at.starts_with("disk") { "" } else { "key = \"id\"\n" };
        let from = if at.starts_with("disk") { "mtime" } else { "at" };
        format!(
            "[[dataset]]\nid = \"{id}\"\nactivity = \"a\"\nat = \"{at}\"\n{key}{who}\ncategories = [\"identity\"]\n\
             [[dataset.keep]]\nfor = \"p\"\nfrom = \"{from}\"\nperiod = \"3 years\"\n"
        )
    });
    format!("{REGISTER}{}", sets.collect::<String>())
}

struct Org {
    dir: tempfile::TempDir,
    engine: Engine,
}

impl Org {
    /// Three people: 1 Anna and 2 Bo, who share a telephone, and 3, another Anna Holm.
    fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let db = Connection::open(dir.path().join("a.sqlite")).unwrap();
        db.execute_batch(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, email, phone, name, at DATE);
             CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, order_id TEXT, at DATE);
             INSERT INTO customer VALUES
               (1, 'anna@x.dk', '12 34 56 78', 'Anna Holm', '2026-01-01'),
               (2, 'bo@x.dk', '+4512345678', 'Bo Holm', '2026-01-01'),
               (3, 'other@x.dk', '87654321', 'Anna Holm', '2026-01-01');
             INSERT INTO orders VALUES (1, 1, 'A-1', '2026-01-01'), (2, 2, 'A-2', '2026-01-01'),
               (3, 1, 'A-3', '2026-01-01');",
        )
        .unwrap();
        let shop = Connection::open(dir.path().join("b.sqlite")).unwrap();
        shop.execute_batch(
            "CREATE TABLE line (id INTEGER PRIMARY KEY, order_id TEXT, at DATE);
             CREATE TABLE newsletter (id INTEGER PRIMARY KEY, email TEXT, at DATE);
             CREATE TABLE call (id INTEGER PRIMARY KEY, caller TEXT, called TEXT, at DATE);
             CREATE TABLE served (id INTEGER PRIMARY KEY, customer_id INT, employee_id INT, at DATE);
             CREATE TABLE employee (id INTEGER PRIMARY KEY, email TEXT, at DATE);
             INSERT INTO line VALUES (1, 'A-1', '2026-01-01'), (2, 'A-2', '2026-01-01'), (3, 'A-3', '2026-01-01');
             INSERT INTO newsletter VALUES (1, 'Anna@x.dk', '2026-01-01'), (2, 'bo@x.dk', '2026-01-01');
             INSERT INTO call VALUES (1, '004512345678', '+45 99 88 77 66', '2026-01-01');
             INSERT INTO served VALUES (1, 1, 7, '2026-01-01'), (2, 2, 7, '2026-01-01');
             CREATE TABLE mail (id INTEGER PRIMARY KEY, customer_id INT, sender TEXT, at DATE);
             INSERT INTO mail VALUES (1, 1, 'bo@x.dk', '2026-01-01'), (2, NULL, 'anna@x.dk', '2026-01-01');
             INSERT INTO employee VALUES (7, 'seller@x.dk', '2026-01-01');",
        )
        .unwrap();
        let letters = dir.path().join("files/letters");
        std::fs::create_dir_all(&letters).unwrap();
        std::fs::create_dir_all(dir.path().join("files/cctv")).unwrap();
        for (n, sidecar) in [
            (1, "{\"to\": \"anna@x.dk\"}"),
            (2, "{\"to\": [\"anna@x.dk\", \"bo@x.dk\"]}"),
            (3, "{\"name\": \"ANNA HOLM\"}"),
            (4, ""),
        ] {
            std::fs::write(letters.join(format!("{n}.txt")), "letter").unwrap();
            if !sidecar.is_empty() {
                std::fs::write(letters.join(format!("{n}.json")), sidecar).unwrap();
            }
        }
        let engine = engine(dir.path(), &[("register.toml", &register())], None);
        Self { dir, engine }
    }

    fn db(&self, name: &str, sql: &str) {
        Connection::open(self.dir.path().join(name)).unwrap().execute_batch(sql).unwrap();
    }

    fn find(&mut self, known: &[(&str, &str)], said: &[Said]) -> Found {
        let known: Vec<(String, String)> =
            known.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        find(&mut self.engine, &known, &Limits::default(), said).unwrap()
    }
}

fn hits(found: &Found) -> BTreeSet<String> {
    found.hits.iter().map(|h| format!("{} {}", h.dataset, h.key.text())).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|s| (*s).to_owned()).collect()
}

const ANNA: &[&str] = &[
    "customers 1",
    "orders 1",
    "orders 3",
    "lines 1",
    "lines 3",
    "newsletter 1",
    "served 1",
    "mails 1",
    "mails 2",
    "letters letters/1.txt",
    "letters letters/2.txt",
];

#[test]
fn identifiers_lead_on_and_every_hit_says_why() {
    let mut org = Org::new();
    let found = org.find(&[("customer", "1")], &[]);
    assert_eq!(hits(&found), set(ANNA));
    let line = found.hits.iter().find(|h| h.dataset == "lines").unwrap();
    match &line.why[..] {
        [Reason::Field { field, kind, value, from: Origin::Record { dataset, .. } }] => {
            assert_eq!([field, kind, value, dataset], ["order_id", "order", "A-1", "orders"]);
        }
        _ => panic!("the reason is the order's number, known from the order"),
    }
    // From an address the same, since it leads to the number.
    assert_eq!(hits(&org.find(&[("email", "ANNA@X.DK")], &[])), set(ANNA));
    assert_eq!(hits(&org.find(&[("order", "A-3")], &[])), set(ANNA));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let mut org = Org::new();
    let found = org.find(&[("customer", "1")], &[]);
    assert!(!found.is_complete());
    assert_eq!(found.unreachable[0].0, "gone");
    assert!(found.unsearchable.iter().any(|(d, _)| d == "cameras"));
    assert_eq!(found.unread, [("letters".to_owned(), 1)]);
    // Of somebody who is nowhere nothing else is known, and that too is said.
    let nobody = org.find(&[("customer", "99")], &[]);
    assert!(nobody.hits.is_empty());
    assert!(nobody.not_asked.iter().any(|(d, _)| d == "newsletter"), "no address is known");
}

#[test]
fn a_shared_telephone_and_a_name_are_asked_about() {
    let mut org = Org::new();
    let found = org.find(&[("customer", "1")], &[]);
    let of = |doubt: Doubt, kind: &str| {
        found.asked.iter().find(|q| q.doubt == doubt && q.values.iter().all(|v| v.kind == kind))
    };
    let phone = of(Doubt::Shared, "phone").unwrap();
    assert_eq!(phone.records.len(), 1, "the call");
    let name = of(Doubt::Shared, "name").unwrap();
    assert_eq!(name.records[0].key.text(), "letters/3.txt");
    // Bo and the other Anna say by their numbers that they are somebody else.
    for (kind, key) in [("phone", "2"), ("name", "3")] {
        let other = of(Doubt::Conflict, kind).unwrap();
        let record = &other.records[0];
        assert_eq!(record.key.text(), key);
        assert_eq!(record.against[0].kind, "customer");
    }

    // A word settles it, and no more than it says.
    let yes = |kind: &str, value: &str| Said::Yes { kind: kind.into(), value: value.into() };
    let found = org.find(&[("customer", "1")], &[yes("phone", "12345678")]);
    let mut with_call = set(ANNA);
    with_call.insert("calls 1".into());
    assert_eq!(hits(&found), with_call, "the call, and still nothing of Bo's");
    let letter = Said::YesRecord { dataset: "letters".into(), key: "letters/3.txt".into() };
    let found = org.find(&[("customer", "1")], &[letter]);
    let mut with_letter = set(ANNA);
    with_letter.insert("letters letters/3.txt".into());
    assert_eq!(hits(&found), with_letter);
    // A no is not asked about again.
    let no = Said::No { kind: "phone".into(), value: "+4512345678".into() };
    let found = org.find(&[("customer", "1")], &[no]);
    assert!(found.asked.iter().all(|q| q.values.iter().all(|v| v.kind != "phone")));
    assert_eq!(hits(&found), set(ANNA));
}

#[test]
fn a_telephone_alone_finds_nobody_for_certain() {
    let mut org = Org::new();
    let found = org.find(&[("phone", "+45 12345678")], &[]);
    assert!(found.hits.is_empty());
    assert_eq!(found.asked.iter().map(|q| q.records.len()).sum::<usize>(), 3);
}

#[test]
fn an_address_that_several_have_proves_nothing() {
    let mut org = Org::new();
    org.db("a.sqlite", "UPDATE customer SET email = 'anna@x.dk' WHERE id = 2");
    // By the address alone nobody can say which of the two.
    let found = org.find(&[("email", "anna@x.dk")], &[]);
    assert!(found.hits.is_empty(), "{:?}", hits(&found));
    assert!(found.asked.iter().any(|q| q.doubt == Doubt::Several && q.records.len() >= 3));
    // By the number the person's own are certain, and what has only the address is asked about.
    let found = org.find(&[("customer", "1")], &[]);
    let own = ["customers 1", "orders 1", "orders 3", "lines 1", "lines 3", "served 1", "mails 1"];
    assert_eq!(hits(&found), set(&own));
    let conflict = found.asked.iter().find(|q| q.doubt == Doubt::Conflict).unwrap();
    assert!(conflict.records.iter().any(|r| r.dataset == "customers" && r.key.text() == "2"));
    // Both numbers are theirs: then everything is.
    let found = org.find(&[("customer", "1"), ("customer", "2")], &[]);
    assert!(hits(&found).is_superset(&set(&["customers 2", "orders 2", "newsletter 1"])));
    // The address is hers alone, a person says: Bo's record is still not hers.
    let yes = Said::Yes { kind: "email".into(), value: "anna@x.dk".into() };
    let found = org.find(&[("customer", "1")], &[yes]);
    assert_eq!(hits(&found), set(ANNA));
}

#[test]
fn who_served_whom_leads_nowhere() {
    let mut org = Org::new();
    // The employee's record is not the customer's, nor the other way round.
    let found = org.find(&[("employee", "7")], &[]);
    assert_eq!(hits(&found), set(&["employees 7", "served 1", "served 2"]));
    assert!(!hits(&org.find(&[("customer", "1")], &[])).contains("employees 7"));
    // Nor do the other recipients of a letter.
    assert!(!hits(&org.find(&[("customer", "1")], &[])).contains("newsletter 2"));
}

#[test]
fn who_wrote_on_behalf_of_another_is_not_taken_for_them() {
    let mut org = Org::new();
    // Bo wrote about Anna's account: hers for certain, for him a question, and his address still is his.
    let found = org.find(&[("customer", "2")], &[]);
    let his =
        ["customers 2", "orders 2", "lines 2", "newsletter 2", "served 2", "letters letters/2.txt"];
    assert_eq!(hits(&found), set(&his));
    let about =
        found.asked.iter().find(|q| q.records.iter().any(|r| r.dataset == "mails")).unwrap();
    assert_eq!(about.doubt, Doubt::Conflict);
    // Also when nothing but his address is known, the account is not taken for his.
    org.db("a.sqlite", "DELETE FROM customer WHERE id = 2");
    let found = org.find(&[("email", "bo@x.dk")], &[]);
    assert_eq!(hits(&found), set(&["newsletter 2", "letters letters/2.txt"]));
    assert!(found.asked.iter().any(|q| q.records.iter().any(|r| r.dataset == "mails")));
    assert!(!hits(&org.find(&[("customer", "1")], &[])).contains("newsletter 2"));
}

#[test]
fn what_stands_for_none_links_nobody() {
    let mut org = Org::new();
    org.db("a.sqlite", "UPDATE customer SET email = '-', phone = '00000000', name = 'ukendt'");
    org.db("b.sqlite", "UPDATE newsletter SET email = '-'");
    let found = org.find(&[("customer", "1")], &[]);
    assert_eq!(
        hits(&found),
        set(&["customers 1", "orders 1", "orders 3", "lines 1", "lines 3", "served 1", "mails 1"])
    );
    assert!(found.asked.is_empty());
    let nobody = find(&mut org.engine, &[("email".into(), "-".into())], &Limits::default(), &[]);
    assert!(nobody.unwrap_err().to_string().contains("cannot be anybody's"));
}

#[test]
fn what_is_cut_off_is_said() {
    let mut org = Org::new();
    for n in 10..60 {
        org.db("a.sqlite", &format!("INSERT INTO orders VALUES ({n}, 1, 'B-{n}', '2026-01-01')"));
    }
    let known = [("customer".to_owned(), "1".to_owned())];
    let limits = |limits: Limits| limits;
    let default = Limits::default();
    let found =
        find(&mut org.engine, &known, &limits(Limits { records: 20, ..default }), &[]).unwrap();
    assert_eq!(found.truncated.datasets, ["orders"]);
    let found =
        find(&mut org.engine, &known, &limits(Limits { rounds: 1, ..default }), &[]).unwrap();
    assert!(found.truncated.rounds && !hits(&found).contains("lines 1"));
    let found =
        find(&mut org.engine, &known, &limits(Limits { total: 10, ..default }), &[]).unwrap();
    assert!(found.truncated.total && found.hits.len() <= 10);
    let found =
        find(&mut org.engine, &known, &limits(Limits { identifiers: 5, ..default }), &[]).unwrap();
    assert!(found.truncated.identifiers && found.identifiers.len() <= 5);
    let found = find(&mut org.engine, &known, &default, &[]).unwrap();
    assert_eq!(found.truncated, frist_cases::find::Truncated::default());
}

#[test]
fn wrong_questions_are_refused_in_words() {
    let mut org = Org::new();
    let mut why = |known: &[(&str, &str)]| {
        let known: Vec<(String, String)> =
            known.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        find(&mut org.engine, &known, &Limits::default(), &[]).unwrap_err().to_string()
    };
    assert!(why(&[]).contains("nothing says whom to look for"));
    let unknown = why(&[("kunde", "1")]);
    assert!(unknown.contains("`kunde`") && unknown.contains("customer, order"), "{unknown}");
}

#[test]
fn looking_is_written_down_without_saying_for_whom() {
    let mut org = Org::new();
    let found = org.find(&[("customer", "1"), ("email", "anna@x.dk")], &[]);
    let before = org.engine.state.size().unwrap();
    let reason = Occasion::Reason("returned-letter".into());
    log_search(&mut org.engine, &reason, "ida", &found).unwrap();
    let leaves = org.engine.state.leaves(before, 10).unwrap();
    let text = String::from_utf8(leaves[0].entry.clone()).unwrap();
    assert!(text.contains("search:returned-letter") && text.contains("searched:11"), "{text}");
    assert!(!text.contains("anna") && text.contains("ida"), "{text}");
    for wrong in ["anna@x.dk", "the letter came back", "0101901234", "for-anna.holm"] {
        let reason = Occasion::Reason(wrong.into());
        let found = org.find(&[("customer", "1"), ("name", "anna.holm")], &[]);
        assert!(log_search(&mut org.engine, &reason, "ida", &found).is_err(), "{wrong}");
    }
    let case = Occasion::Case("R-2026-0001".into());
    assert!(log_search(&mut org.engine, &case, "ida", &found).is_err(), "there is no such case");
    let now = org.engine.now();
    let new = frist_state::case::NewCase {
        kind: frist_state::case::CaseKind::Request,
        year: 2026,
        received: now,
        due: None,
        status: "open".into(),
        owner: None,
        body: serde_json::json!({}),
    };
    let step = |step: &str| frist_state::case::NewStep {
        at: now,
        by: "ida".into(),
        step: step.into(),
        text: None,
    };
    assert_eq!(org.engine.state.open_case(&new, &step("opened")).unwrap(), "R-2026-0001");
    log_search(&mut org.engine, &case, "bo", &found).unwrap();
    let last = org.engine.state.case_log("R-2026-0001").unwrap().pop().unwrap().step;
    assert_eq!((&*last.by, &*last.step), ("bo", "searched:11"));
    assert!(!last.text.unwrap().contains("anna"));
}

#[test]
fn debug_tells_nobody() {
    let mut org = Org::new();
    let found = org.find(&[("customer", "1")], &[]);
    let text = format!("{found:?} {:?} {:?} {:?}", found.hits, found.asked, found.identifiers);
    assert!(!text.to_lowercase().contains("anna") && !text.contains("A-1"), "{text}");
}
