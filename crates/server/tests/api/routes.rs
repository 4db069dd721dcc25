//! Every route of the table: without a token, with a wrong scope, with a right one, with bad bodies;
//! and the document itself.

use frist_server::{Scope, Verb, api_routes};
use serde_json::{Value, json};

use crate::client::{Program, program, read};
use crate::kit::House;

/// The path with names that somebody could have.
fn path(route: &frist_server::ApiRoute) -> String {
    let names = [
        ("{dataset}", "invoices"),
        ("{plan}", "none"),
        ("{sweep}", "1"),
        ("{hold}", "none"),
        ("{case}", "R-2026-0001"),
        ("{document}", "record"),
    ];
    names.iter().fold(route.path.to_owned(), |p, (name, value)| p.replace(name, value))
}

#[test]
fn every_route_wants_its_scope_and_answers_as_it_says() {
    let house = House::new();
    let nobody = Program { house: &house, secret: None };
    let wrong = Program { house: &house, secret: Some("frist_no-such-token".into()) };
    let all = program(&house, "all", Scope::ALL, &["*"]);
    for (n, route) in api_routes().iter().enumerate() {
        let (verb, at) = (route.verb.as_str(), path(route));
        let Some(scope) = route.scope else {
            assert_eq!(nobody.ask(verb, &at, &[], None).status, 200, "{at}");
            continue;
        };
        let refused = nobody.ask(verb, &at, &[], None);
        assert_eq!(refused.status, 401, "{verb} {at}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"frist\""));
        let refused = wrong.ask(verb, &at, &[], None);
        assert_eq!(refused.status, 401, "{verb} {at}");
        assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
        // All but the right one.
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|s| *s != scope).collect();
        let other = program(&house, &format!("other-{n}"), &others, &["*"]);
        let refused = other.ask(verb, &at, &[], Some("{}"));
        assert_eq!(refused.status, 403, "{verb} {at}");
        assert!(refused.header("www-authenticate").unwrap().contains(scope.as_str()), "{at}");
        let log = house.state().looks(Some(&format!("token:other-{n}")), 9).unwrap();
        assert_eq!(log[0].what, format!("denied:{}", scope.action().word()), "{verb} {at}");
        // Only the right one: whatever comes, it is as the document says.
        let own = program(&house, &format!("own-{n}"), &[scope], &["*"]);
        match route.verb {
            Verb::Get => {
                let answer = own.get(&at);
                let missing = route.path.contains("{plan}")
                    || route.path.contains("{sweep}")
                    || route.path.contains("{hold}")
                    || route.path.contains("{case}");
                assert_eq!(answer.status, if missing { 404 } else { 200 }, "{at} {}", answer.body);
                let head = own.ask("HEAD", &at, &[], None);
                assert_eq!((head.status, head.body.as_str()), (answer.status, ""), "{at}");
                assert_eq!(head.header("etag").is_some(), answer.header("etag").is_some());
                let odd = own.get(&format!("{at}?no-such-parameter=1"));
                assert_eq!(odd.status, 400, "{at}");
            }
            Verb::Post if route.body => bad_bodies(&own, &at),
            Verb::Post => {
                let answer = own.ask(verb, &at, &[], None);
                assert_eq!(answer.status, 404, "{at} {}", answer.body);
            }
        }
        let refused = own.ask("DELETE", &at, &[], None);
        assert_eq!(refused.status, 405, "{at}");
        assert!(refused.header("allow").unwrap().contains(verb), "{at}");
        let options = own.ask("OPTIONS", &at, &[], None);
        assert_eq!((options.status, options.body.as_str()), (204, ""), "{at}");
        assert_eq!(options.header("allow"), refused.header("allow"));
        let html = all.ask(verb, &at, &[("Accept", "text/html")], Some("{}"));
        assert_eq!(html.status, 406, "{at} {}", html.body);
    }
}

fn bad_bodies(own: &Program<'_>, at: &str) {
    for (kind, body, status) in [
        ("text/plain", "{}", 415),
        ("application/json", "", 400),
        ("application/json", "{", 400),
        ("application/json", "\"\\ud800\"", 400),
        ("application/json", "[]", 422),
        ("application/json", "{\"no such field\": 1}", 422),
    ] {
        let secret = own.secret.as_deref().unwrap();
        let bearer = format!("Bearer {secret}");
        let path = format!("{}{at}", crate::client::ROOT);
        let headers = [("Authorization", bearer.as_str())];
        let answer =
            own.house.client().exchange("POST", &path, &headers, Some((kind, body.as_bytes())));
        crate::client::fits("POST", at, &answer);
        assert_eq!(answer.status, status, "{at} {kind} {body}: {}", answer.body);
        if status == 422 {
            let errors = read(&answer)["errors"].clone();
            assert!(errors[0]["pointer"].is_string(), "{at}: {errors}");
        }
    }
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(own.ask("POST", at, &[], Some(&large)).status, 413, "{at}");
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    for none in ["", "/", "/nothing", "/datasets/", "/datasets/a/b/c", "/datasets/%ff", "/%2e%2e"] {
        let answer = all.get(none);
        assert_eq!(answer.status, 404, "{none}: {}", answer.body);
    }
    // A name that could be a person's is not repeated, and not kept.
    let answer = all.get("/datasets/251248-4916%20Jensen");
    assert_eq!(answer.status, 404);
    assert!(!answer.body.contains("Jensen"), "{}", answer.body);
    let log = house.log.lock().unwrap().join("\n");
    assert!(!log.contains("Jensen"), "{log}");
}

#[test]
fn odd_names_lead_nowhere() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    std::fs::write(house.dir.path().join("secret.toml"), "geheim = true").unwrap();
    let long = "x".repeat(5_000);
    let odd = [
        "..",
        "%2e%2e",
        "..%2fsecret.toml",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fstate.sqlite",
        "%252e%252e%252fsecret.toml",
        "..%5c..%5csecret.toml",
        "%2fetc%2fpasswd",
        "register%2fafregning.toml",
        "%00",
        "invoices%00.html",
        "%27%3b--",
        "%ff%fe",
        "-1",
        "99999999999999999999",
        "~",
        "%0d%0aSet-Cookie:%20x=1",
        long.as_str(),
    ];
    let before = (house.state().all_holds().unwrap().len(), house.state().size().unwrap());
    let mut asked = 0;
    for route in api_routes().iter().filter(|r| r.path.contains('{')) {
        for name in odd {
            house.later(jiff::SignedDuration::from_secs(1));
            let parts = route.path.split('/').map(|p| if p.starts_with('{') { name } else { p });
            let at = parts.collect::<Vec<_>>().join("/");
            let body = route.body.then_some("{}");
            let answer = all.ask(route.verb.as_str(), &at, &[], body);
            let fine = matches!(answer.status, 400 | 404 | 414 | 422 | 431);
            assert!(fine, "{} {at}: {} {}", route.verb.as_str(), answer.status, answer.body);
            for word in ["geheim", "root:", "SQLite format", "[[dataset]]"] {
                assert!(!answer.body.contains(word), "{at}: {}", answer.body);
            }
            assert_eq!(answer.header("set-cookie"), None, "{at}");
            asked += 1;
        }
    }
    assert!(asked > 100, "only {asked} addresses were asked");
    assert_eq!(all.get("/plans").status, 200);
    let after = (house.state().all_holds().unwrap().len(), house.state().size().unwrap());
    assert_eq!(after, before);
}

#[test]
fn the_document_speaks_of_every_route_and_of_nothing_else() {
    let document = frist_server::openapi();
    assert_eq!(document["openapi"], "3.1.1");
    let mut said = Vec::new();
    for (path, own) in document["paths"].as_object().unwrap() {
        for (verb, operation) in own.as_object().unwrap() {
            said.push((verb.to_uppercase(), path.clone()));
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{path}");
        }
    }
    let mut routes: Vec<(String, String)> =
        api_routes().iter().map(|r| (r.verb.as_str().to_owned(), r.path.to_owned())).collect();
    said.sort();
    routes.sort();
    assert_eq!(said, routes);
    // Every reference leads somewhere, every schema is named by somebody and has words, and every
    // word of a schema is one that our own check understands.
    let mut referred = Vec::new();
    walk(document, &mut |value| {
        if let Some(place) = value.get("$ref").and_then(Value::as_str) {
            referred.push(place.trim_start_matches('#').to_owned());
        }
    });
    for place in &referred {
        assert!(document.pointer(place).is_some(), "{place}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let place = format!("/components/schemas/{name}");
        assert!(referred.contains(&place), "{name} is nobody's");
        assert!(schema["description"].is_string(), "{name} says nothing");
        for (field, own) in schema["properties"].as_object().into_iter().flatten() {
            let said = own["description"].is_string() || own.get("const").is_some();
            assert!(said, "{name}.{field} says nothing");
        }
    }
    // No key stands in an address.
    assert!(!document["paths"].as_object().unwrap().keys().any(|p| p.contains("key")));
}

fn walk(value: &Value, see: &mut dyn FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(all) => all.iter().for_each(|v| walk(v, see)),
        Value::Object(all) => all.values().for_each(|v| walk(v, see)),
        _ => {}
    }
}

#[test]
fn lists_go_on_where_they_were_whatever_is_added() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let add = |id: &str| {
        let hold = json!({"id": id, "matter": "m", "reason": "r", "dataset": "invoices", "covers": {"by": "all"}});
        assert_eq!(all.post("/holds", hold).status, 201);
        house.later(jiff::SignedDuration::from_secs(1));
    };
    ["a", "b", "c", "d", "e"].into_iter().for_each(add);
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|h| h["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = all.get("/holds?limit=2");
    let link = first.header("link").unwrap().to_owned();
    let page = read(&first);
    assert_eq!(ids(&page), ["e", "d"]);
    let cursor = page["next"].as_str().unwrap().to_owned();
    add("f");
    let second = all.well(all.get(&format!("/holds?limit=2&cursor={cursor}")));
    assert_eq!(ids(&second), ["c", "b"]);
    let next = second["next"].as_str().unwrap();
    let last = all.well(all.get(&format!("/holds?limit=2&cursor={next}")));
    assert_eq!(ids(&last), ["a"]);
    assert!(last.get("next").is_none());
    // `Link` has the whole address.
    let at = link.strip_prefix("</api/v1").unwrap().split('>').next().unwrap();
    assert_eq!(ids(&all.well(all.get(at)))[..2], ["c", "b"]);
    // A cursor of another list, of another query, or made up.
    for odd in [
        format!("/plans?cursor={cursor}"),
        format!("/holds?all=true&cursor={cursor}"),
        format!("/holds?cursor={}x", &cursor[..cursor.len() - 1]),
        "/holds?cursor=AAAA".into(),
        "/holds?limit=0".into(),
        "/holds?limit=201".into(),
        "/holds?limit=1&limit=2".into(),
        "/holds?limit=x".into(),
        "/holds?all=maybe".into(),
    ] {
        let answer = all.get(&odd);
        assert_eq!(answer.status, 400, "{odd}: {}", answer.body);
        assert!(read(&answer)["errors"][0]["parameter"].is_string(), "{odd}");
    }
}

#[test]
fn versions_spare_a_transfer_and_guard_a_change() {
    let house = House::new();
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let body = json!({"right": "access", "person": {"name": "Ida Holm"}, "identifiers": {"customer": "17"}});
    let opened = all.post("/cases", body);
    assert_eq!(opened.status, 201, "{}", opened.body);
    let at = opened.location().strip_prefix("/api/v1").unwrap().to_owned();
    let got = all.get(&at);
    let tag = got.header("etag").unwrap().to_owned();
    assert_eq!(opened.header("etag"), Some(tag.as_str()));
    let again = all.ask("GET", &at, &[("If-None-Match", &tag)], None);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let again = all.ask("GET", &at, &[("If-None-Match", "\"x\", W/\"y\"")], None);
    assert_eq!(again.status, 200);
    let note = json!({"text": "ringede"}).to_string();
    let noted = all.ask(
        "POST",
        &format!("{at}/extend"),
        &[("If-Match", "\"99.x\"")],
        Some("{\"reason\": \"mange\"}"),
    );
    assert_eq!(noted.status, 412, "{}", noted.body);
    let noted = all.ask("POST", &format!("{at}/note"), &[("If-Match", &tag)], Some(&note));
    assert_eq!(noted.status, 200, "{}", noted.body);
    // What was looked at is another version now, where a step changes it.
    let extended = all.ask(
        "POST",
        &format!("{at}/extend"),
        &[("If-Match", noted.header("etag").unwrap())],
        Some("{\"reason\": \"mange anmodninger\"}"),
    );
    assert_eq!(extended.status, 200, "{}", extended.body);
    assert_eq!(read(&extended)["extended"], true);
    let stale =
        all.ask("POST", &format!("{at}/withdraw"), &[("If-Match", &tag)], Some("{\"how\": \"x\"}"));
    assert_eq!(stale.status, 412, "{}", stale.body);
    let closed = all.ask("POST", &format!("{at}/close"), &[], None);
    assert_eq!(closed.status, 409, "{}", closed.body);
    assert_eq!(read(&closed)["type"], "/api/problems/conflict");
    let log = all.well(all.get(&format!("{at}/log")));
    let steps: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|l| l["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["opened", "receipt", "noted", "extended"]);
}
