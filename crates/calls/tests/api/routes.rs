//! Who may do what: the whole table, asked for real.

use std::time::{Duration, Instant};

use frist_calls::api::TABLE;
use frist_calls::config::Role;

use crate::house::House;

/// A request with ids that nothing has: whoever is let in gets another refusal than 401 and 403.
fn path(path: &str) -> String {
    let id = match path.starts_with("/v1/calls") {
        true => "00000000000000000000000000000000",
        false => "ffffffffffffffffffffffffffffffff",
    };
    path.replace("{id}", id)
}

#[test]
fn every_route_with_every_role_and_without() {
    let house = House::new();
    let mut asked = 0;
    for route in TABLE {
        let (method, at) = (route.verb.http(), path(route.path));
        let status =
            |token: Option<&str>| house.with(token, method.as_str(), &at, "{}", &[]).status;
        let Some(roles) = route.roles else {
            assert_eq!(status(None), 200, "{at}");
            continue;
        };
        assert!(!roles.is_empty());
        assert_eq!(status(None), 401, "{at} without a token");
        assert_eq!(status(Some("frist_wrong")), 401, "{at} with a token that nobody has");
        assert_eq!(
            status(Some(&house.tokens["past"])),
            401,
            "{at} with a token that is past its day"
        );
        for role in Role::ALL {
            let status = status(Some(&house.tokens[role.as_str()]));
            let let_in = status != 401 && status != 403;
            // A listening for no purpose is refused with 403 to those who may use the route as well.
            let audio = at.contains("/audio") || at.contains("/vcon");
            assert_eq!(
                let_in || (audio && roles.contains(&role)),
                roles.contains(&role),
                "{at} as {}: {status}",
                role.as_str()
            );
            asked += 1;
        }
    }
    assert_eq!(asked, (TABLE.len() - 1) * Role::ALL.len());
    // The kill switch was pressed on the way and taken back, or the rest of this says nothing.
    assert!(house.desk.stopped().is_none());
}

#[test]
fn what_is_no_route_is_refused_as_a_problem() {
    let house = House::new();
    for (method, at, status) in [
        ("GET", "/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/calls/x/consent", 405),
        ("POST", "/v1/figures", 405),
    ] {
        let told = house.ask("supervisor", method, at, "");
        assert_eq!(told.status, status, "{method} {at}");
        assert_eq!(told.headers["content-type"], "application/problem+json");
        assert_eq!(told.json()["status"], status);
    }
    let long = format!("{{\"why\":\"{}\"}}", "x".repeat(100_000));
    assert_eq!(house.ask("agent", "POST", "/v1/calls/x/flag", &long).status, 413);
    for nonsense in ["", "{", "[]", "{\"why\":1}", "{\"why\":\"x\",\"and\":1}", "\u{0}"] {
        assert_eq!(
            house.ask("agent", "POST", "/v1/calls/x/flag", nonsense).status,
            400,
            "{nonsense:?}"
        );
    }
}

#[test]
fn head_logs_no_listening_that_sends_nothing() {
    use std::io::{Read as _, Write as _};
    let house = House::new();
    let (_, recording) = house.recorded("head@test", &["quality"], 2);
    let mut stream = std::net::TcpStream::connect(house.addr()).unwrap();
    write!(
        stream,
        "HEAD /v1/recordings/{recording}/audio?purpose=quality&reason=Kvalitetssikring HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
        house.tokens["listener"]
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let lines = house.ask("dpo", "GET", "/v1/listenings", "").json();
    assert_eq!(lines["listenings"].as_array().unwrap().len(), 0);
}

/// Until asking as the agent gives this status.
fn until(house: &House, status: u16) {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let told = house.ask("agent", "GET", "/v1/calls", "").status;
        if told == status {
            return;
        }
        assert!(Instant::now() < end, "{told} and not {status}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_token_that_is_taken_out_is_refused_soon_and_a_wrong_file_lets_nobody_in() {
    let house = House::new();
    let file = house.dir().join("tokens.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    until(&house, 200);
    let (first, rest) = before.split_once("id = \"agent\"").unwrap();
    let (_, rest) = rest.split_once("[[token]]").unwrap();
    let without = format!("{}[[token]]{rest}", first.strip_suffix("[[token]]\n").unwrap());
    std::fs::write(&file, &without).unwrap();
    until(&house, 401);
    assert_eq!(
        house.ask("supervisor", "GET", "/v1/calls", "").status,
        200,
        "the others are as before"
    );
    // A mistake in the file: nobody, not even those who were good before.
    std::fs::write(&file, before.replace("roles", "rolls")).unwrap();
    until(&house, 503);
    assert_eq!(house.ask("supervisor", "GET", "/v1/calls", "").status, 503);
    assert_eq!(house.ask("supervisor", "GET", "/healthz", "").status, 200);
    std::fs::remove_file(&file).unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(house.ask("agent", "GET", "/v1/calls", "").status, 503);
    std::fs::write(&file, &before).unwrap();
    until(&house, 200);
}
