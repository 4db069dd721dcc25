//! Webhooks arrive in the end, signed, with one id; what leads elsewhere is not followed.

use frist_state::NewMessage;
use frist_watch::{Settings, deliver_once, webhook};
use jiff::SignedDuration;

use crate::kit::{House, Receiver, SECRET};

fn message(way: &str) -> NewMessage {
    NewMessage {
        message: "msg_1".into(),
        way: way.into(),
        event: "test".into(),
        body: "{\"type\":\"test\",\"data\":{\"å\":1}}".into(),
    }
}

#[test]
fn it_is_tried_until_it_arrives_with_the_same_id_and_a_right_signature() {
    let house = House::new();
    let start = "2026-11-23T10:00:00Z".parse().unwrap();
    house.set_clock(start);
    // A fault, a cut connection, a refusal; then it is taken.
    let receiver = Receiver::new(&["500 Oh", "", "429 Slowly"]);
    let settings =
        Settings { webhooks: vec![receiver.hook("drift", &["*"])], ..Settings::default() };
    let outside = house.outside("here/world/1");
    house.state().add_messages(&[message("webhook/drift")], house.now()).unwrap();
    let mut waited = Vec::new();
    for n in 1..=4 {
        // Each time by another connection, as after a restart.
        let mut state = house.state();
        assert!(deliver_once(&mut state, &outside, &settings).unwrap(), "try {n}");
        assert!(!deliver_once(&mut state, &outside, &settings).unwrap(), "not at once");
        if let Some(left) = state.unsent(1).unwrap().first() {
            waited.push(left.next_at.duration_since(house.now()).as_secs());
            let said = left.problem.clone().unwrap();
            assert!(n == 2 || said.contains(["", "500", "", "429"][n]), "{said}");
            assert!(!said.contains("key=1"), "no address: {said}");
            house.set_clock(left.next_at);
        }
    }
    assert_eq!(house.state().unsent(1).unwrap(), []);
    assert!(waited.is_sorted() && waited.len() == 3 && waited[2] >= 240, "{waited:?}");
    let got = receiver.got();
    assert_eq!(got.len(), 4);
    let key = webhook::key(SECRET).unwrap();
    let mut times = std::collections::BTreeSet::new();
    for g in &got {
        assert_eq!(g.header("webhook-id"), "msg_1");
        assert_eq!(g.header("content-type"), "application/json");
        let at: i64 = g.header("webhook-timestamp").parse().unwrap();
        times.insert(at);
        assert_eq!(g.header("webhook-signature"), webhook::sign(&key, "msg_1", at, &g.body));
        assert_eq!(g.json()["data"]["å"], 1);
    }
    assert_eq!(times.len(), 4, "each try is signed anew, so that an old one cannot be sent again");
}

#[test]
fn what_is_refused_for_good_or_leads_elsewhere_is_shown() {
    let house = House::new();
    house.set_clock("2026-11-23T10:00:00Z".parse().unwrap());
    let inner = Receiver::new(&[]);
    let moved = format!("302 Found\r\nLocation: {}", inner.url);
    let (gone, elsewhere) = (Receiver::new(&["410 Gone"]), Receiver::new(&[&moved]));
    let mut public = Receiver::new(&[]).hook("public", &["*"]);
    public.private = false;
    let settings = Settings {
        webhooks: vec![gone.hook("gone", &["*"]), elsewhere.hook("elsewhere", &["*"]), public],
        ..Settings::default()
    };
    let outside = house.outside("here/world/1");
    let mut state = house.state();
    for way in ["webhook/gone", "webhook/elsewhere", "webhook/public", "webhook/forgotten", "mail"]
    {
        state.add_messages(&[message(way)], house.now()).unwrap();
    }
    while deliver_once(&mut state, &outside, &settings).unwrap() {}
    let left = state.unsent(10).unwrap();
    let of = |way: &str| left.iter().find(|m| m.what.way == way).unwrap();
    let problem = |way: &str| of(way).problem.clone().unwrap();
    for dead in ["webhook/gone", "webhook/forgotten", "mail"] {
        assert!(of(dead).dead_at.is_some(), "{dead}");
    }
    assert!(problem("webhook/elsewhere").contains("302"), "{}", problem("webhook/elsewhere"));
    assert_eq!(inner.got().len(), 0, "a redirect is not followed");
    assert!(problem("webhook/public").contains("no public address"));
    assert!(of("webhook/public").dead_at.is_none());
    // A message that nobody takes is given up after days, and said to be.
    let mut tries = 0;
    while of_way(&mut state, "webhook/public").dead_at.is_none() {
        let next = of_way(&mut state, "webhook/public").next_at;
        house.set_clock(next + SignedDuration::from_secs(1));
        while deliver_once(&mut state, &outside, &settings).unwrap() {}
        tries += 1;
        assert!(tries < 20);
    }
    let days = house.now().duration_since("2026-11-23T10:00:00Z".parse().unwrap()).as_hours() / 24;
    assert!((2..=5).contains(&days), "{days}");
}

fn of_way(state: &mut frist_state::State, way: &str) -> frist_state::Message {
    state.unsent(10).unwrap().into_iter().find(|m| m.what.way == way).unwrap()
}
