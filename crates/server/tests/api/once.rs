//! Idempotency keys: the same request twice is done once, also after a restart and by another server.

use frist_server::Scope;
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{program, read};
use crate::kit::House;

fn hold(id: &str) -> String {
    json!({"id": id, "matter": "m", "reason": "r", "dataset": "invoices", "covers": {"by": "all"}})
        .to_string()
}

#[test]
fn the_same_key_and_request_give_the_same_answer_for_a_day() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let send =
        |key: &str, body: &str| all.ask("POST", "/holds", &[("Idempotency-Key", key)], Some(body));
    let first = send("k1", &hold("a"));
    assert_eq!(first.status, 201, "{}", first.body);
    assert_eq!(first.header("idempotent-replayed"), None);
    house.later(SignedDuration::from_hours(23));
    let again = send("k1", &hold("a"));
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    // Another body, another address.
    let other = send("k1", &hold("b"));
    assert_eq!(other.status, 422, "{}", other.body);
    assert_eq!(read(&other)["type"], "/api/problems/key-reused");
    let other = all.ask("POST", "/plans", &[("Idempotency-Key", "k1")], Some("{}"));
    assert_eq!(other.status, 422, "{}", other.body);
    // Without the key it is another request, and the id is taken; with a key that stays so.
    assert_eq!(send("k2", &hold("a")).status, 409);
    let again = send("k2", &hold("a"));
    assert_eq!((again.status, again.header("idempotent-replayed")), (409, Some("true")));
    // Keys are each token's own, and what is odd is none.
    let two = program(&house, "two", Scope::ALL, &["*"]);
    let own = two.ask("POST", "/holds", &[("Idempotency-Key", "k1")], Some(&hold("c")));
    assert_eq!(own.status, 201, "{}", own.body);
    assert_eq!(send(&"x".repeat(256), &hold("d")).status, 400);
    // After a day it is over.
    house.later(SignedDuration::from_hours(2));
    assert_eq!(send("k1", &hold("b")).status, 201);
    // What was answered is sealed in the database.
    let bytes = std::fs::read(house.dir.path().join("state.sqlite")).unwrap();
    let wal = std::fs::read(house.dir.path().join("state.sqlite-wal")).unwrap_or_default();
    for bytes in [bytes, wal] {
        assert!(!bytes.windows(9).any(|w| w == b"\"covered\""), "an answer lies open");
    }
}

#[test]
fn another_server_and_a_restarted_one_know_it_too() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let body = hold("a");
    let key = [("Idempotency-Key", "k1")];
    let first = all.ask("POST", "/holds", &key, Some(&body));
    assert_eq!(first.status, 201, "{}", first.body);
    let other = house.another();
    let bearer = format!("Bearer {}", all.secret.as_deref().unwrap());
    let headers = [("Idempotency-Key", "k1"), ("Authorization", bearer.as_str())];
    let again = house.client_of(other.local).json("POST", "/api/v1/holds", &headers, Some(&body));
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

/// As if the server had died after the deed, or before it, and had not answered.
fn dies(house: &House, before: bool) {
    let db = rusqlite::Connection::open(house.dir.path().join("state.sqlite")).unwrap();
    let done = if before { ", done = 0" } else { "" };
    db.execute(&format!("UPDATE api_answer SET answer = NULL{done}"), []).unwrap();
}

#[test]
fn what_was_done_when_the_server_died_is_not_done_again() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let case = all.post("/cases", json!({"right": "access", "person": {"name": "Ida Holm"}}));
    assert_eq!(case.status, 201, "{}", case.body);
    let number = read(&case)["number"].as_str().unwrap().to_owned();
    let consent = json!({"kind": "customer", "person": "17", "text": "tilbud", "channel": "web"});
    let count = |what: &str| {
        let db = rusqlite::Connection::open(house.dir.path().join("state.sqlite")).unwrap();
        let sql = format!("SELECT count(*) FROM {what}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for (n, (at, body, table)) in [
        (format!("/cases/{number}/note"), json!({"text": "Ringede"}), "case_step"),
        ("/plans".to_owned(), json!({}), "plan"),
        ("/consents".to_owned(), consent, "consent"),
    ]
    .into_iter()
    .enumerate()
    {
        let (key, body, had) = (format!("k{n}"), body.to_string(), count(table));
        let send = || {
            house.later(SignedDuration::from_mins(6));
            all.ask("POST", &at, &[("Idempotency-Key", key.as_str())], Some(&body))
        };
        let first = send();
        assert!([200, 201].contains(&first.status), "{at}: {}", first.body);
        assert_eq!(count(table), had + 1, "{at}");
        dies(&house, false);
        for _ in 0..2 {
            let again = send();
            assert_eq!(again.status, 409, "{at}: {}", again.body);
            assert!(again.body.contains("it was done"), "{at}: {}", again.body);
        }
        assert_eq!(count(table), had + 1, "{at}: it is there twice");
        // One that died before it had done anything is done now.
        dies(&house, true);
        let again = send();
        assert!([200, 201].contains(&again.status), "{at}: {}", again.body);
        assert_eq!(count(table), had + 2, "{at}");
    }
}

#[test]
fn of_many_at_once_one_is_done() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let other = house.another();
    let body = json!({"right": "access", "person": {"name": "Ida Holm"}}).to_string();
    let bearer = format!("Bearer {}", all.secret.as_deref().unwrap());
    let statuses: Vec<u16> = std::thread::scope(|threads| {
        let ask = |n: u16| {
            let mut client = match n % 2 {
                0 => house.client(),
                _ => house.client_of(other.local),
            };
            let (body, bearer) = (body.as_str(), bearer.as_str());
            threads.spawn(move || {
                let headers = [("Idempotency-Key", "once"), ("Authorization", bearer)];
                client.json("POST", "/api/v1/cases", &headers, Some(body)).status
            })
        };
        let all: Vec<_> = (0..12).map(ask).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|s| [201, 409].contains(s)), "{statuses:?}");
    assert!(statuses.contains(&201));
    let cases = all.well(all.get("/cases"));
    assert_eq!(cases["items"].as_array().unwrap().len(), 1, "{statuses:?} {cases}");
}
