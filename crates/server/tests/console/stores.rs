//! Stores: health, coverage, and connecting one.

use frist_server::access::Role;

use crate::kit::House;

#[test]
fn health_and_what_no_rule_covers() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let page = engineer.get("/stores");
    assert!(page.body.contains("SQLite 3.") && page.body.contains("kan nås"), "{}", page.body);
    assert!(page.body.contains("Alt i datakilden hører til et datasæt"), "{}", page.body);
    // A table that nobody named, with a column that looks like personal data; a store that is gone.
    let db = rusqlite(&house, "erp.sqlite");
    db.execute_batch("CREATE TABLE lead (lead_id INTEGER PRIMARY KEY, email TEXT, colour TEXT)")
        .unwrap();
    std::fs::remove_file(house.dir.path().join("data/hr.sqlite")).unwrap();
    let page = engineer.get("/stores");
    let row = page.body.split("<th scope=\"row\">lead</th>").nth(1).unwrap();
    let row = row.split("</tr>").next().unwrap();
    assert!(row.contains("warn\">email<") && !row.contains("warn\">colour<"), "{row}");
    assert!(page.body.contains("kan ikke nås"), "{}", page.body);
    // An administrator sees health, and no way into the register.
    let mut admin = house.signed_in("ada", &[Role::Administrator], &[]);
    let page = admin.get("/stores");
    assert!(page.body.contains("kan nås") && !page.body.contains("/register/part/"));
}

fn rusqlite(house: &House, name: &str) -> rusqlite::Connection {
    rusqlite::Connection::open(house.dir.path().join("data").join(name)).unwrap()
}

#[test]
fn a_database_is_connected_as_a_change() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    rusqlite(&house, "crm.sqlite")
        .execute_batch("CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT)")
        .unwrap();
    let fields = |id: &'static str, kind: &'static str, at: &'static str| {
        [
            ("id", id),
            ("kind", kind),
            ("at", at),
            ("title_da", "CRM \"x\""),
            ("backups", "35 days"),
            ("file", "controller"),
        ]
    };
    let to = "/stores/connect";
    let secret = "postgres://u:hemmelig@h/db";
    let refused = engineer.send(to, to, &fields("crm", "postgresql", secret));
    assert!(refused.body.contains("den har en adgangskode"), "{}", refused.body);
    assert!(!refused.body.contains("hemmelig"), "not shown again");
    let taken = engineer.send(to, to, &fields("erp", "sqlite", "data/crm.sqlite"));
    assert!(taken.body.contains("class=\"said late\""), "{}", taken.body);
    let sent = engineer.send(to, to, &fields("crm", "sqlite", "data/crm.sqlite"));
    let at = sent.location().split('?').next().unwrap().to_owned();
    let page = engineer.get(&at);
    assert!(page.body.contains("person") && page.body.contains("W0013"), "{}", page.body);
    let wrong = engineer.send(to, to, &fields("crm2", "sqlite", "data/none.sqlite"));
    let page = engineer.get(wrong.location().split('?').next().unwrap());
    assert!(page.body.contains("none.sqlite"), "what cannot be reached is said: {}", page.body);
}
