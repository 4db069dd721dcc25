//! Records without an identifier of their own, which go with one that has it.

use frist_cases::access::{Seal, make};
use frist_cases::request::{Outcome, Right};

use super::support::*;

/// Orders name the customer; lines name only the order, and what was returned only the line.
const RULES: &str = r#"
[[activity]]
id = "a"
title = { da = "Salg", en = "Sales" }
[[activity.purpose]]
id = "p"
text = { da = "At vise tidligere køb", en = "To show earlier purchases" }
basis = "6(1)(a)"
[[activity.purpose]]
id = "books"
text = { da = "At opfylde bogføringsloven", en = "To comply with the bookkeeping act" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[dataset]]
id = "returns"
title = { da = "Returneringer", en = "Returns" }
activity = "a"
at = "s/returned"
subjects = ["customer"]
categories = ["behaviour"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "p"
from = "day"
period = "20 years"
[[dataset.link]]
to = "lines"
by = "line_id"
on_erase = "cascade"
[[dataset]]
id = "orders"
title = { da = "Ordrer", en = "Orders" }
activity = "a"
at = "s/orders"
subject = { customer = "customer_id" }
categories = ["behaviour"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "p"
from = "day"
period = "20 years"
[[dataset]]
id = "lines"
title = { da = "Ordrelinjer", en = "Order lines" }
activity = "a"
at = "s/line"
subjects = ["customer"]
categories = ["behaviour"]
guard = { share = 1.0 }
facts = { day = "date", booked = "date" }
[[dataset.keep]]
for = "p"
from = "day"
period = "20 years"
[[dataset.keep]]
for = "books"
from = "booked"
when = { booked = { set = true } }
[[dataset.link]]
to = "orders"
by = "order_id"
on_erase = "cascade"
"#;

const SQL: &str = "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, day DATE);
    CREATE TABLE line (id BIGINT PRIMARY KEY, order_id BIGINT, day DATE, booked DATE, text TEXT);
    CREATE TABLE returned (id BIGINT PRIMARY KEY, line_id BIGINT, day DATE);
    INSERT INTO orders VALUES (1, 7, '2025-05-05'), (2, 7, '2025-05-05'), (11, 8, '2025-05-05');
    INSERT INTO line VALUES (1, 1, '2025-05-05', NULL, 'MIN'), (2, 1, '2025-05-05', NULL, 'MIN'),
        (3, 2, '2025-05-05', '2025-05-05', 'MIN'), (4, 11, '2025-05-05', NULL, 'FREMMED');
    INSERT INTO returned VALUES (1, 2, '2025-05-05'), (2, 4, '2025-05-05');";

fn goes_along(org: &Org) {
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let records = engine.state.case_records(&number).unwrap();
    let found: Vec<String> = records.iter().map(|r| format!("{}/{}", r.dataset, r.key)).collect();
    assert_eq!(
        found,
        ["lines/1", "lines/2", "lines/3", "orders/1", "orders/2", "returns/1"],
        "the search is complete, also where no field names the person"
    );
    let line = records.iter().find(|r| r.dataset == "lines").unwrap();
    assert_eq!(line.why, "hører til personens post i Ordrer (feltet order_id)");
    // The consent is taken back; a line that is booked stays by statute, and its order with it.
    let settled = org.settle(&mut engine, &number);
    assert_eq!(settled.outcome, Some(Outcome::PartlyGranted));
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept), (4, 1), "{done:?}");
    assert_eq!(org.ids("orders"), [2, 11]);
    assert_eq!(org.ids("line"), [3, 4]);
    assert_eq!(org.ids("returned"), [2], "another's stays");
    let kept: Vec<String> =
        answers(&mut engine, &number).into_iter().filter(|a| a.contains("refuse")).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().all(|a| a.contains("§ 12") && a.contains("2030-12-31")), "{kept:?}");
}

#[test]
fn children_without_an_identifier_go_with_their_parent() {
    goes_along(&Org::new("", RULES, SQL));
}

#[test]
fn they_do_in_postgresql() {
    let org = Org::on(Some(frist_testkit::postgres()), "", RULES, SQL);
    org.sql("UPDATE line SET booked = NULL");
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    org.settle(&mut engine, &number);
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept), (6, 0), "{done:?}");
    assert_eq!(
        (org.ids("orders"), org.ids("line"), org.ids("returned")),
        (vec![11], vec![4], vec![2])
    );
}

#[test]
fn a_package_has_them_too_and_nobody_elses() {
    let org = Org::new("", RULES, SQL);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    let package = make(&mut engine, "ida", "", &number, Seal::Open, None, t).unwrap();
    assert_eq!(package.records, 6);
    let bytes = super::packages::files(&package.bytes);
    let csv = String::from_utf8_lossy(&bytes["csv/lines.csv"]).into_owned();
    assert!(csv.matches("MIN").count() == 3 && !csv.contains("FREMMED"), "{csv}");
}
