//! Answers that are seldom given: nothing is there, the request is unfounded, something stayed behind.

use frist_cases::request::desk::{Desk, Told};
use frist_cases::request::{Actor, Outcome, Right, Step};

use super::support::*;

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
id = "notes"
title = { da = "Notater", en = "Notes" }
activity = "a"
at = "s/note"
subject = { customer = "customer_id" }
categories = ["behaviour"]
guard = { share = 1.0 }
facts = { day = "date" }
[[dataset.keep]]
for = "p"
from = "day"
period = "20 years"
[[dataset.link]]
to = "orders"
by = "order_id"
[[dataset]]
id = "invoices"
title = { da = "Fakturaer", en = "Invoices" }
activity = "a"
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
    Org::new(
        "",
        RULES,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT);
         CREATE TABLE note (id INTEGER PRIMARY KEY, customer_id INTEGER, order_id INTEGER, day TEXT);
         CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT);
         INSERT INTO orders VALUES (1, 7, '2025-05-05'), (2, 7, '2025-05-05');
         INSERT INTO note VALUES (1, 8, 1, '2025-05-05');
         INSERT INTO invoice VALUES (1, 7, '2025-05-05');",
    )
}

#[test]
fn where_nothing_is_held_the_letter_says_that_and_tells_of_no_erasure() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 9);
    assert_eq!(org.settle(&mut engine, &number).outcome, Some(Outcome::Granted));
    org.execute(&mut engine, &number);
    org.answer(&mut engine, &number);
    let page = letter(&mut engine, &number, "granted");
    assert!(page.contains("ikke noget at slette"), "{page}");
    for not in ["Vi har slettet", "Slettes", "stk. 1"] {
        assert!(!page.contains(not), "{not}\n{page}");
    }
}

#[test]
fn what_is_unfounded_is_refused_by_its_own_article() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    let reasons = Some("Det er den tolvte anmodning om det samme på en måned.".to_owned());
    let step = Step::Decide { outcome: Outcome::Unfounded, reasons, deferred: Vec::new() };
    let mut desk = Desk {
        state: &mut engine.state,
        register: &engine.register,
        by: Actor::Person("ida"),
        at: org.clock.now(),
        signed: "",
    };
    desk.take(&number, None, &step, Told::Nothing, None).unwrap();
    org.answer(&mut engine, &number);
    let page = letter(&mut engine, &number, "refused");
    for words in ["artikel 12, stk. 5", "Det er den tolvte", "domstolene"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("sletter vi dem"), "nothing is promised: {page}");
    assert_eq!(org.ids("orders"), [1, 2]);
}

#[test]
fn what_stayed_behind_is_told_in_words_and_not_as_the_program_notes_it() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Erasure, 7);
    assert_eq!(org.settle(&mut engine, &number).outcome, Some(Outcome::PartlyGranted));
    // Another person's note refers to the first order, which therefore stays.
    let done = org.execute(&mut engine, &number);
    assert_eq!((done.erased, done.kept), (1, 1), "{done:?}");
    let decided = org.request(&mut engine, &number).decision.unwrap();
    assert!(decided.reasons.unwrap().contains("henviser til det"), "decided anew by that");
    org.answer(&mut engine, &number);
    let page = letter(&mut engine, &number, "partly-granted");
    assert!(page.contains("henviser til det") && page.contains("31. december 2030"), "{page}");
    assert!(!page.contains("17(3)(b)") && !page.contains("2030-12-31"), "{page}");
}
