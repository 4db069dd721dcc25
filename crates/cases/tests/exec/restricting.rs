//! Restriction in each way that a register can say, and rectification.

use frist_cases::request::Right;
use frist_cases::restrict::{announce_lifting, rectify, restrict, unrestrict};
use frist_stores::FieldValue;

use super::support::*;

const RULES: &str = r#"
[[activity]]
id = "a"
title = { da = "Kunder", en = "Customers" }
[[activity.purpose]]
id = "p"
text = { da = "At levere", en = "To supply" }
basis = "6(1)(b)"
[[dataset]]
id = "customers"
title = { da = "Kundeoplysninger", en = "Customers" }
activity = "a"
at = "s/customer"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
restrict = { set = { locked = 1 } }
facts = { ended = "date" }
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
[[dataset]]
id = "notes"
title = { da = "Notater", en = "Notes" }
activity = "a"
at = "s/note"
subject = { customer = "customer_id" }
categories = ["communication"]
guard = { share = 1.0 }
restrict = { move = "note_restricted" }
facts = { ended = "date" }
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
[[dataset]]
id = "logs"
title = { da = "Log", en = "Log" }
activity = "a"
at = "s/log"
subject = { customer = "customer_id" }
categories = ["communication"]
guard = { share = 1.0 }
restrict = { cannot = { da = "Loggen kan ikke mærkes", en = "The log cannot be marked" } }
facts = { ended = "date" }
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
"#;

pub fn org(postgres: Option<frist_testkit::TestDatabase>) -> Org {
    org_of(postgres, RULES)
}

fn org_of(postgres: Option<frist_testkit::TestDatabase>, rules: &str) -> Org {
    let (date, locked) = match &postgres {
        None => ("TEXT", "INTEGER"),
        Some(_) => ("DATE", "SMALLINT"),
    };
    let table = |name: &str| {
        format!(
            "CREATE TABLE {name} (id BIGINT PRIMARY KEY, customer_id BIGINT, ended {date}, text TEXT);"
        )
    };
    let sql = format!(
        "CREATE TABLE customer (id BIGINT PRIMARY KEY, name TEXT, ended {date}, locked {locked});
         {} {} {}
         INSERT INTO customer VALUES (7, 'Prøve', '2024-01-01', 0), (8, 'Anden', '2024-01-01', NULL);
         INSERT INTO note VALUES (1, 7, '2024-01-01', 'x'), (2, 8, '2024-01-01', 'y');
         INSERT INTO log VALUES (1, 7, '2024-01-01', 'x'), (2, 8, '2024-01-01', 'y');",
        table("note"),
        table("note_restricted"),
        table("log")
    );
    Org::on(postgres, "", rules, &sql)
}

fn restricts(org: &Org) {
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Restriction, 7);
    let t = org.clock.now();
    assert!(restrict(&mut engine, "ida", "", &number, "18", t).is_err());
    let done = restrict(&mut engine, "ida", "", &number, "18(1)(a)", t).unwrap();
    assert_eq!((done.marked, done.cannot.len()), (2, 1));
    assert_eq!(org.ids("customer WHERE locked = 1"), [7]);
    assert_eq!((org.ids("note"), org.ids("note_restricted")), (vec![2], vec![1]));
    let text = letter(&mut engine, &number, "restricted");
    // Of what cannot be restricted the person reads so, why, and where to complain.
    for words in ["Kundeoplysninger", "en del af din anmodning", "Log: Loggen kan ikke mærkes"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(text.contains("indbringe sagen for domstolene"), "{text}");
    // All of it is due, and nothing of the person's goes: storage only.
    org.sweep(&mut engine);
    assert_eq!((org.ids("customer"), org.ids("log"), org.ids("note")), (vec![7], vec![1], vec![]));
    // Nor by a request, before somebody has asked whether it is to be lifted.
    let other = org.open(&mut engine, Right::Erasure, 7);
    let settled = org.settle(&mut engine, &other);
    assert_eq!(settled.outcome, None);
    assert!(answers(&mut engine, &other)[0].contains(&number));
    // The person is told before it is lifted, and then it is.
    assert!(unrestrict(&mut engine, "ida", &number, t).is_err());
    let today = t.to_zoned(jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap()).date();
    let on = today.tomorrow().unwrap();
    assert!(announce_lifting(&mut engine, "ida", "", &number, today, "kontrolleret", t).is_err());
    announce_lifting(&mut engine, "ida", "", &number, on, "kontrolleret", t).unwrap();
    assert!(letter(&mut engine, &number, "restriction-lifted").contains("kontrolleret"));
    assert!(unrestrict(&mut engine, "ida", &number, t).is_err());
    let tomorrow = t + jiff::SignedDuration::from_hours(24);
    assert_eq!(unrestrict(&mut engine, "ida", &number, tomorrow).unwrap(), 2);
    // As before: also what was empty or otherwise set.
    assert_eq!(org.ids("customer WHERE locked = 0"), [7]);
    assert_eq!((org.ids("note"), org.ids("note_restricted")), (vec![1], vec![]));
    assert!(unrestrict(&mut engine, "ida", &number, tomorrow).is_err());
}

#[test]
fn sqlite_restricts_and_lifts() {
    let org = org(None);
    restricts(&org);
    // Lifted, the ordinary rule counts again.
    org.clock.set("2026-03-05T11:00:00Z");
    let mut engine = org.engine();
    org.sweep(&mut engine);
    assert_eq!((org.ids("customer"), org.ids("note"), org.ids("log")), (vec![], vec![], vec![]));
}

#[test]
fn postgresql_restricts_and_lifts() {
    restricts(&org(Some(frist_testkit::postgres())));
}

#[test]
fn a_file_moves_out_of_the_way_and_back() {
    let rules = r#"
[[store]]
id = "f"
kind = "files"
root = "root"
[[activity]]
id = "a"
title = { da = "Sager", en = "Cases" }
[[activity.purpose]]
id = "p"
text = { da = "At behandle sagen", en = "To deal with the case" }
basis = "6(1)(b)"
[[dataset]]
id = "letters"
activity = "a"
at = "f/in/{n}.txt"
subject = { customer = "customer" }
categories = ["communication"]
guard = { share = 1.0 }
restrict = { move = "locked" }
facts = { ended = "date" }
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
"#;
    let org = Org::new("", rules, "CREATE TABLE t (id INTEGER)");
    let root = org.dir.path().join("root");
    std::fs::create_dir_all(root.join("in")).unwrap();
    for (n, customer) in [(1, 7), (2, 8)] {
        std::fs::write(root.join(format!("in/{n}.txt")), "hej").unwrap();
        let beside = format!("{{\"customer\":\"{customer}\",\"ended\":\"2024-01-01\"}}");
        std::fs::write(root.join(format!("in/{n}.txt.json")), beside).unwrap();
    }
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Restriction, 7);
    let t = org.clock.now();
    assert_eq!(restrict(&mut engine, "ida", "", &number, "18(1)(c)", t).unwrap().marked, 1);
    assert!(!root.join("in/1.txt").exists() && root.join("in/2.txt").exists());
    assert!(root.join("locked/in/1.txt").exists() && root.join("locked/in/1.txt.json").exists());
    let on = jiff::civil::date(2026, 3, 3);
    announce_lifting(&mut engine, "ida", "", &number, on, "afsluttet", t).unwrap();
    org.clock.set("2026-03-03T11:00:00Z");
    assert_eq!(unrestrict(&mut engine, "ida", &number, org.clock.now()).unwrap(), 1);
    assert!(root.join("in/1.txt").exists() && root.join("in/1.txt.json").exists());
}

#[test]
fn a_field_is_put_right_and_only_the_case_knows_what_it_said() {
    let org = org(None);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Rectification, 7);
    let t = org.clock.now();
    let name = |to: &str| [FieldValue { field: "name".into(), to: Some(to.into()) }];
    // Never another person's record, and never what names it.
    let other = rectify(&mut engine, "ida", "", &number, ("customers", "8"), &name("Ny"), false, t);
    assert!(other.is_err());
    let key = [FieldValue { field: "id".into(), to: Some("9".into()) }];
    assert!(rectify(&mut engine, "ida", "", &number, ("customers", "7"), &key, false, t).is_err());
    let wrong = [FieldValue { field: "nam".into(), to: None }];
    assert!(
        rectify(&mut engine, "ida", "", &number, ("customers", "7"), &wrong, false, t).is_err()
    );
    rectify(&mut engine, "ida", "", &number, ("customers", "7"), &name("Prøve Ø'Neil"), true, t)
        .unwrap();
    assert_eq!(org.ids("customer WHERE name = 'Prøve Ø''Neil'"), [7]);
    assert_eq!(org.ids("customer WHERE name = 'Anden'"), [8]);
    let text = letter(&mut engine, &number, "rectified");
    assert!(text.contains("Prøve Ø&#39;Neil") || text.contains("Prøve Ø'Neil"), "{text}");
    let entries = engine.state.leaves(0, u32::MAX).unwrap();
    let ledger: String =
        entries.iter().map(|l| String::from_utf8_lossy(&l.entry).into_owned()).collect();
    assert!(ledger.contains("rectifying:1") && !ledger.contains("Prøve"));
}

#[test]
fn two_persons_restrict_and_put_right_where_the_register_says_so() {
    use frist_cases::CasesError;
    let rules =
        format!("{RULES}[requests]\nsecond_person = [\"restriction\", \"rectification\"]\n");
    let org = org_of(None, &rules);
    let mut engine = org.engine();
    let t = org.clock.now();
    let number = org.open(&mut engine, Right::Restriction, 7);
    let one = restrict(&mut engine, "ida", "", &number, "18(1)(a)", t);
    assert!(matches!(one, Err(CasesError::SecondPerson { .. })), "{one:?}");
    assert_eq!(org.ids("customer WHERE locked = 1"), [0_i64; 0], "nothing was done");
    // For another reason it is another thing.
    assert!(restrict(&mut engine, "bo", "", &number, "18(1)(b)", t).is_err());
    assert!(restrict(&mut engine, "bo", "", &number, "18(1)(b)", t).is_err());
    assert_eq!(restrict(&mut engine, "ida", "", &number, "18(1)(b)", t).unwrap().marked, 2);

    let number = org.open(&mut engine, Right::Rectification, 8);
    let mut put = |by: &str, to: &str| {
        let set = [FieldValue { field: "name".into(), to: Some(to.into()) }];
        rectify(&mut engine, by, "", &number, ("customers", "8"), &set, true, t)
    };
    assert!(put("ida", "Rigtig").is_err() && put("bo", "Rigtigt").is_err());
    assert_eq!(org.ids("customer WHERE name = 'Anden'"), [8]);
    assert_eq!(put("ida", "Rigtigt").unwrap().len(), 1);
    assert_eq!(org.ids("customer WHERE name = 'Rigtigt'"), [8]);
}
