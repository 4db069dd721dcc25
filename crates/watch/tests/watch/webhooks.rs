//! Webhooks arrive in the end, signed, with one id; what leads elsewhere is not followed.

use std::collections::BTreeSet;

use frist_state::NewMessage;
use frist_watch::{Settings, deliver_once, webhook};
use jiff::SignedDuration;

use crate::kit::{HANGS, House, Receiver, SECRET, until};
use crate::mails::{certificate, program};

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

/// Takes one request after the other over TLS, and prints headers and body as one line of JSON.
const OVER_TLS: &str = r#"
import http.server, json, ssl, sys
class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        got = {k.lower(): v for k, v in self.headers.items()}
        print(json.dumps({"headers": got, "body": body}), flush=True)
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *a):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

#[test]
fn over_tls_it_goes_to_whom_the_given_roots_vouch_for_and_to_nobody_else() {
    let house = House::new();
    certificate(house.dir.path());
    let server = program(OVER_TLS, house.dir.path(), "tls");
    let hook = |name: &str, host: &str, roots: bool| frist_watch::Webhook {
        url: format!("https://{host}:{}/frist", server.port),
        insecure: false,
        roots_file: roots.then(|| house.dir.path().join("cert.pem")),
        ..Receiver::new(&[]).hook(name, &["*"])
    };
    let settings = Settings {
        webhooks: vec![
            hook("right", "localhost", true),
            hook("unknown", "localhost", false),
            // The certificate is of another name.
            hook("other", "127.0.0.1", true),
        ],
        ..Settings::default()
    };
    let outside = house.outside("here/world/1");
    let mut state = house.state();
    for way in ["webhook/right", "webhook/unknown", "webhook/other"] {
        state.add_messages(&[message(way)], house.now()).unwrap();
    }
    while deliver_once(&mut state, &outside, &settings).unwrap() {}
    let line = server.lines.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    let got: serde_json::Value = serde_json::from_str(&line).unwrap();
    let headers = &got["headers"];
    let at: i64 = headers["webhook-timestamp"].as_str().unwrap().parse().unwrap();
    let key = webhook::key(SECRET).unwrap();
    let signed = webhook::sign(&key, "msg_1", at, got["body"].as_str().unwrap());
    assert_eq!(headers["webhook-signature"].as_str(), Some(signed.as_str()));
    assert!(server.lines.try_recv().is_err(), "one of the three");
    let left = state.unsent(10).unwrap();
    // Each is tried again after a while of its own.
    let ways: BTreeSet<&str> = left.iter().map(|m| m.what.way.as_str()).collect();
    assert_eq!(ways, BTreeSet::from(["webhook/unknown", "webhook/other"]));
    for m in &left {
        let problem = m.problem.clone().unwrap().to_lowercase();
        assert!(problem.contains("cert") && m.dead_at.is_none(), "{problem}");
    }
}

/// The other process of the test below, in which nothing is left to chance but when it dies.
#[test]
#[ignore = "a part of the next one"]
fn in_another_process() {
    let (Ok(state), Ok(url)) =
        (std::env::var("FRIST_TEST_STATE"), std::env::var("FRIST_TEST_HOOK"))
    else {
        return;
    };
    let house = House::new();
    let hook = frist_watch::Webhook { url, ..Receiver::new(&[]).hook("drift", &["*"]) };
    let settings = Settings { webhooks: vec![hook], ..Settings::default() };
    let location = frist_state::Location::parse(&state).unwrap();
    let mut state = frist_state::State::open(&location).unwrap();
    deliver_once(&mut state, &house.outside("here/world/1"), &settings).unwrap();
}

#[test]
fn a_process_that_is_killed_while_it_sends_loses_nothing() {
    let house = House::new();
    let receiver = Receiver::new(&[HANGS]);
    house.state().add_messages(&[message("webhook/drift")], house.now()).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "webhooks::in_another_process", "--ignored"])
        .env("FRIST_TEST_STATE", house.dir.path().join("state.sqlite"))
        .env("FRIST_TEST_HOOK", &receiver.url)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("it is being sent", || receiver.got().len() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    // Whoever is left has it once the turn of the dead one is over, and it goes by the same id.
    let settings =
        Settings { webhooks: vec![receiver.hook("drift", &["*"])], ..Settings::default() };
    let mut state = house.state();
    let outside = house.outside("here/world/2");
    assert!(!deliver_once(&mut state, &outside, &settings).unwrap(), "it might still be sent");
    house.set_clock(house.now() + SignedDuration::from_mins(3));
    assert!(deliver_once(&mut state, &outside, &settings).unwrap());
    assert_eq!(state.unsent(1).unwrap(), []);
    let got = receiver.got();
    let ids: Vec<&str> = got.iter().map(|g| g.header("webhook-id")).collect();
    assert_eq!(ids, ["msg_1", "msg_1"]);
    assert_eq!(got[0].body, got[1].body);
}
