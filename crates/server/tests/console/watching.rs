//! What a monitor and the page of setting up see; the figures in Prometheus' form, read strictly.

use std::collections::{BTreeMap, BTreeSet};

use frist_server::Config;
use frist_server::access::Role;
use frist_state::{Judged, NewAlarm, NewMessage};
use jiff::SignedDuration;

use crate::kit::House;

const CONFIG: &str = r#"
[schedule]
on = true
hours = ["22:00-06:00"]
every = "1 h"

[mail]
server = "mail.nordkyst.example"
from = "frist@nordkyst.example"
to = ["dpo@nordkyst.example"]

[[webhook]]
name = "drift"
url = "https://drift.nordkyst.example/hooks/hemmelig-sti"
secret_env = "NOT_SET"
"#;

fn set_up(config: &str) -> House {
    let config = Config::read(config).unwrap();
    House::with(move |s| s.config = config)
}

#[test]
fn the_page_shows_alarms_messages_and_who_is_told() {
    let house = set_up(CONFIG);
    let mut admin = house.signed_in("admin", &[Role::Administrator], &[]);
    let empty = admin.get("/setup").body;
    for part in
        ["Ingen alarmer", "22:00-06:00", "mail.", "dpo@nordkyst.example", "Ingen server overvåger"]
    {
        assert!(part == "mail." || empty.contains(part), "{part}: {empty}");
    }
    assert!(!empty.contains("hemmelig-sti"), "an address may be as good as a secret");
    let mut state = house.state();
    let late = NewAlarm {
        kind: "late".into(),
        about: "invoices".into(),
        n: 1_204,
        at: Some(house.now() - SignedDuration::from_hours(80)),
        detail: String::new(),
    };
    let judged = Judged { kinds: &["late"], repeat: SignedDuration::from_hours(24) };
    let say = |_: frist_state::AlarmChange, _: &frist_state::Alarm| {
        vec![NewMessage {
            message: "msg_1".into(),
            way: "webhook/drift".into(),
            event: "alarm.raised".into(),
            body: "{}".into(),
        }]
    };
    state.keep_alarms(None, &[late], judged, house.now(), say).unwrap();
    let taken =
        state.claim_message("c", SignedDuration::from_secs(60), house.now()).unwrap().unwrap();
    state
        .message_failed(taken.id, "c", None, "<b>the receiver answered 410</b>", house.now())
        .unwrap();
    let page = admin.get("/setup").body;
    for part in
        ["Fakturaer slettes ikke til tiden", "1204 poster", "opgivet", "&#60;b&#62;the receiver"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    // A dead letter is tried again; an engineer sees it, and may not.
    let mut engineer = house.signed_in("engineer", &[Role::Engineer], &[]);
    let seen = engineer.get("/setup").body;
    assert!(seen.contains("opgivet") && !seen.contains("/setup/messages/"), "{seen}");
    let to = format!("/setup/messages/{}", taken.id);
    let again = admin.send("/setup", &to, &[]);
    assert_eq!(again.location(), "/setup?done=again");
    assert!(admin.get("/setup?done=again").body.contains("prøves igen"));
    assert_eq!(state.outbox_counts().unwrap().waiting, 1);
    let none = admin.get("/setup").body.replace(&to, "/setup/messages/999");
    assert!(none.contains("999"));
    assert_eq!(engineer.post(&to, &[]).status, 403);
}

#[test]
fn a_test_says_whether_it_arrived() {
    let config = Config::read(CONFIG).unwrap();
    let house = House::with(move |s| {
        s.config = config;
        s.config.schedule.on = false;
        s.watch = true;
    });
    let mut admin = house.signed_in("admin", &[Role::Administrator], &[]);
    let said = admin.send("/setup", "/setup/test", &[("way", "webhook/drift")]);
    assert_eq!(said.status, 200);
    assert!(
        said.body.contains("nåede ikke frem") && said.body.contains("NOT_SET"),
        "{}",
        said.body
    );
    let odd = admin.send("/setup", "/setup/test", &[("way", "webhook/<x>")]);
    assert!(odd.body.contains("nåede ikke frem") && !odd.body.contains("<x>"), "{}", odd.body);
    house.runtime.block_on(house.console.stop());
}

#[test]
fn a_monitor_sees_that_the_scheduler_stands_still() {
    let house = set_up(CONFIG);
    let mut client = house.client();
    assert_eq!(client.get("/healthz?deep").status, 200, "it has just begun");
    house.later(SignedDuration::from_mins(11));
    let still = client.get("/healthz?deep");
    assert_eq!(still.status, 503);
    assert_eq!(still.body, "stands still: scheduler, watchdog\n");
    assert_eq!(client.get("/healthz").status, 200, "the database answers all the same");
    let mut state = house.state();
    state.set_mark("scheduler", 0, house.now()).unwrap();
    state.set_mark("watchdog", 0, house.now()).unwrap();
    assert_eq!(client.get("/healthz?deep").status, 200);
}

#[test]
fn figures_are_in_the_form_that_is_promised() {
    let house = set_up(CONFIG);
    let mut engineer = house.signed_in("engineer", &[Role::Engineer], &[]);
    let _ = engineer.get("/nothing");
    house.state().set_mark("scheduler", 0, house.now()).unwrap();
    house.later(SignedDuration::from_secs(90));
    let answer = engineer.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let figures = read_strictly(&answer.body);
    let one = |name: &str| *figures.get(name).unwrap_or_else(|| panic!("{name}: {}", answer.body));
    assert!(one("frist_due_records{dataset=\"invoices\"}") > 0.0);
    assert!(one("frist_late_seconds{dataset=\"invoices\"}") > 0.0);
    assert!(figures.contains_key("frist_held_records{dataset=\"invoices\"}"));
    assert!(figures.contains_key("frist_unclear_records{dataset=\"invoices\"}"));
    assert_eq!(one("frist_heartbeat_seconds{part=\"scheduler\"}"), 90.0);
    assert_eq!(one("frist_alarms{kind=\"late\"}"), 0.0);
    assert_eq!(one("frist_outbox_dead"), 0.0);
    let http = "frist_http_seconds_count{method=\"-\",route=\"-\",status=\"404\"}";
    assert_eq!(one(http), 1.0);
    assert!(
        one("frist_http_seconds_count{method=\"POST\",route=\"/sign-in\",status=\"303\"}") >= 1.0
    );
    if let Some(folder) = std::env::var_os("FRIST_PICTURES") {
        let at = std::path::PathBuf::from(folder).join("metrics.txt");
        std::fs::write(at, &answer.body).unwrap();
    }
}

#[test]
fn a_request_is_traced_where_somebody_asks_for_it() {
    use std::io::{Read as _, Write as _};
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = receiver.local_addr().unwrap();
    let house =
        set_up(&format!("[traces]\nendpoint = \"http://{to}\"\nprivate = true\ninsecure = true\n"));
    // What the page counts is the engine's work, and traced as such.
    house.signed_in("dpo", &[Role::Dpo], &[]).get("/");
    let mut client = house.client();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client.ask("GET", "/people/account/hemmelig?x=hemmelig", &[("traceparent", parent)], None);
    let (mut stream, _) = receiver.accept().unwrap();
    let mut text = String::new();
    let mut part = [0; 4096];
    while !text.contains("service.name") || !text.ends_with("]}]}") {
        let n = stream.read(&mut part).unwrap();
        assert!(n > 0, "{text}");
        text += std::str::from_utf8(&part[..n]).unwrap();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    assert!(text.starts_with("POST /v1/traces HTTP/1.1"), "{text}");
    let body: serde_json::Value =
        serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let named = |name: &str| spans.iter().find(|s| s["name"] == name).unwrap();
    let span = named("GET /people/account/{id}");
    assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span["parentSpanId"], "b7ad6b7169203331");
    assert!(!text.contains("hemmelig"), "{text}");
    let (plan, dataset) = (named("plan"), named("plan.dataset"));
    assert_eq!((&dataset["parentSpanId"], &dataset["kind"]), (&plan["spanId"], &1.into()));
    let said = dataset["attributes"].as_array().unwrap();
    let keys: Vec<&str> = said.iter().filter_map(|a| a["key"].as_str()).collect();
    assert_eq!(keys, ["frist.dataset", "frist.store", "frist.records"]);
    let sets = spans.iter().filter(|s| s["name"] == "plan.dataset").count();
    assert!(sets >= 10, "each data set: {sets}");
}

/// Reads Prometheus' text form, and panics at whatever it does not allow.
fn read_strictly(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let name_ok = |n: &str| {
        n.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut out = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut last_bucket: Option<(String, f64)> = None;
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').unwrap();
            assert!(name_ok(name) && !text.is_empty(), "{line}");
            assert!(seen.insert(name.to_owned()), "one block a name: {line}");
            (family, kind) = (name.to_owned(), String::new());
            continue;
        }
        if let Some(of) = line.strip_prefix("# TYPE ") {
            let (name, word) = of.split_once(' ').unwrap();
            assert!(name == family && kind.is_empty(), "{line}");
            assert!(["gauge", "counter", "histogram"].contains(&word), "{line}");
            kind = word.to_owned();
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        let (name, labels) = match sample.split_once('{') {
            Some((name, rest)) => (name, rest.strip_suffix('}').unwrap()),
            None => (sample, ""),
        };
        assert!(name_ok(name) && !kind.is_empty(), "{line}");
        let base = match kind.as_str() {
            "histogram" => ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)),
            _ => Some(name),
        };
        assert_eq!(base, Some(family.as_str()), "{line}");
        let mut rest = labels;
        let mut others = String::new();
        let mut bound = None;
        while !rest.is_empty() {
            let (label, value) = rest.split_once("=\"").unwrap();
            assert!(name_ok(label), "{line}");
            let end = (0..value.len())
                .find(|i| value.as_bytes()[*i] == b'"' && !value[..*i].ends_with('\\'))
                .unwrap_or_else(|| panic!("{line}"));
            match label {
                "le" => bound = Some(value[..end].to_owned()),
                _ => others += &format!("{label}={},", &value[..end]),
            }
            rest = value[end + 1..].trim_start_matches(',');
        }
        if name.ends_with("_bucket") && kind == "histogram" {
            let at: f64 = bound.unwrap().replace("+Inf", "inf").parse().unwrap();
            if let Some((same, before)) = &last_bucket
                && *same == others
            {
                assert!(*before <= value, "buckets add up: {line}");
            }
            last_bucket = (at.is_finite()).then(|| (others.clone(), value));
            if at.is_infinite() {
                out.insert(format!("inf {others}"), value);
            }
        }
        if name.ends_with("_count") && kind == "histogram" {
            assert_eq!(out.get(&format!("inf {others}")), Some(&value), "{line}");
        }
        assert!(value.is_finite(), "{line}");
        assert!(out.insert(sample.to_owned(), value).is_none(), "twice: {line}");
    }
    out
}
