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
