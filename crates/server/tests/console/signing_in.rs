//! Signing in: sessions, lock-out, the second factor, links.

use frist_server::access::Role;
use jiff::SignedDuration;

use crate::kit::{House, PASSWORD};

#[test]
fn a_session_begins_anew_and_ends() {
    let house = House::new();
    house.person("anna", &[Role::Dpo], &[]);
    // A token that was planted before is worth nothing afterwards, nor is the one from the form.
    let mut client = house.client();
    client.cookies.insert("frist".into(), "planted".into());
    assert_eq!(client.try_sign_in("anna", PASSWORD).status, 303);
    assert_ne!(client.cookies["frist"], "planted");
    let mut thief = house.client();
    thief.cookies.insert("frist".into(), "planted".into());
    assert_eq!(thief.get("/").status, 303);
    // Signing in again ends the session before.
    let first = client.clone();
    client.cookies.remove("frist-form");
    let page = house.client().get("/sign-in");
    assert_eq!(page.status, 200);
    assert_eq!(first.clone().get("/").status, 200);

    // Signed out, the token is dead also for whoever copied it.
    let mut copy = client.clone();
    assert_eq!(copy.get("/").status, 200);
    let out = client.send("/", "/sign-out", &[]);
    assert!(out.header("clear-site-data").is_some());
    assert_eq!(copy.get("/").status, 303);

    // Another password ends all sessions.
    let mut one = house.sign_in("anna");
    let mut two = house.sign_in("anna");
    let new = "en helt anden sætning";
    let fields = [("old", PASSWORD), ("password", new), ("again", new)];
    assert_eq!(one.send("/account", "/account/password", &fields).status, 303);
    assert_eq!(two.get("/").status, 303);
    assert_eq!(house.client().try_sign_in("anna", new).status, 303);

    // Idle for too long.
    let mut idle = house.client();
    idle.try_sign_in("anna", new);
    house.later(SignedDuration::from_mins(31));
    assert_eq!(idle.get("/").status, 303);
}

#[test]
fn attempts_cost_the_same_and_are_slowed_down() {
    let house = House::new();
    house.person("anna", &[Role::Dpo], &[]);
    house.person("closed", &[Role::Dpo], &[]);
    let mut state = house.state();
    let closed = state.account("closed").unwrap().unwrap().id;
    state.set_disabled(closed, Some(house.now())).unwrap();
    let cost = |name: &str, password: &str| {
        let before = house.console.passwords_computed();
        let answer = house.client().try_sign_in(name, password);
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("Brugernavn eller adgangskode er forkert."));
        house.console.passwords_computed() - before
    };
    // One computation each: wrong, unknown, closed with the right one, far too long.
    assert_eq!(cost("anna", "forkert adgangskode"), 1);
    assert_eq!(cost("nobody", "forkert adgangskode"), 1);
    assert_eq!(cost("closed", PASSWORD), 1);
    assert_eq!(cost("anna", &"x".repeat(5_000)), 1);

    // Known or not, the sixth attempt in a row has to wait, also with the right password.
    for name in ["anna", "nobody"] {
        let mut waited = 0;
        for _ in 0..8 {
            let answer = house.client().try_sign_in(name, "forkert adgangskode");
            if answer.status == 429 {
                assert!(answer.header("retry-after").is_some());
                waited += 1;
            }
        }
        assert!(waited >= 2, "{name} waited {waited} times");
    }
    let before = house.console.passwords_computed();
    assert_eq!(house.client().try_sign_in("anna", PASSWORD).status, 429);
    assert_eq!(house.console.passwords_computed(), before, "who waits costs nothing");
    house.later(SignedDuration::from_mins(16));
    assert_eq!(house.client().try_sign_in("anna", PASSWORD).status, 303);
    let log = house.state().looks(None, 100).unwrap();
    for what in ["sign-in", "sign-in-failed", "locked-out"] {
        assert!(log.iter().any(|l| l.what == what), "{what}");
    }
    assert!(log.iter().all(|l| l.who != "nobody"), "what was typed is not kept");
}

#[test]
fn the_second_factor() {
    let house = House::with(|s| s.second_factor = true);
    house.person("anna", &[Role::Dpo], &[]);
    let mut client = house.sign_in("anna");
    // Nothing but one's own account, until there is a second factor.
    assert_eq!(client.get("/").location(), "/account?must=factor");
    assert_eq!(client.get("/holds").location(), "/account?must=factor");
    let wrong = client.send("/account", "/account/factor/begin", &[("password", "forkert")]);
    assert!(wrong.body.contains("Adgangskoden er forkert."));
    client.send("/account", "/account/factor/begin", &[("password", PASSWORD)]);
    let page = client.get("/account");
    let secret = page.body.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let secret = secret.trim_end_matches("amp;").to_owned();
    let code = |at: jiff::Timestamp| totp(&secret, at.as_second() as u64);
    let now = house.now();
    let done = client.send("/account", "/account/factor", &[("code", &code(now))]);
    let recovery =
        done.body.split("<li><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(client.get("/").status, 200);

    let half = || {
        let mut client = house.client();
        let answer = client.try_sign_in("anna", PASSWORD);
        assert_eq!(answer.location(), "/sign-in/code");
        client
    };
    let mut client = half();
    assert_eq!(client.get("/").location(), "/sign-in/code", "half is not signed in");
    assert_eq!(client.post("/holds", &[]).status, 401);
    let enter = |client: &mut crate::kit::Client, code: &str| {
        client.send("/sign-in/code", "/sign-in/code", &[("code", code)])
    };
    // The code that proved it was used.
    assert_eq!(enter(&mut client, &code(now)).status, 200);
    house.later(SignedDuration::from_secs(60));
    let before = client.cookies["frist"].clone();
    let copy = client.clone();
    assert_eq!(enter(&mut client, &code(house.now())).status, 303);
    assert_ne!(client.cookies["frist"], before, "another token than the half one");
    assert_eq!(copy.clone().get("/").location(), "/sign-in");
    assert_eq!(client.get("/").status, 200);
    // A recovery code works, once.
    assert_eq!(enter(&mut half(), &recovery).status, 303);
    assert_eq!(enter(&mut half(), &recovery).status, 200);
    // Guessing is slowed down, and the password does not begin it anew.
    let statuses: Vec<u16> = (0..9).map(|_| enter(&mut half(), "000000").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

/// A code as an authenticator computes it (RFC 6238), on its own.
pub(crate) fn totp(secret: &str, second: u64) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let bits: Vec<u8> = secret
        .bytes()
        .flat_map(|c| {
            let n = if c.is_ascii_digit() { c - b'2' + 26 } else { c - b'A' };
            (0..5).rev().map(move |at| n >> at & 1)
        })
        .collect();
    let key: Vec<u8> = bits.chunks_exact(8).map(|b| b.iter().fold(0, |n, b| n << 1 | b)).collect();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(second / 30).to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let at = usize::from(sum[19] & 15);
    let n = u32::from_be_bytes([sum[at] & 127, sum[at + 1], sum[at + 2], sum[at + 3]]);
    format!("{:06}", n % 1_000_000)
}

#[test]
fn the_first_administrator_and_no_second() {
    let house = House::new();
    let mut state = house.state();
    let link = frist_server::set_up(&mut state, "setup", house.now()).unwrap().unwrap().path;
    let mut client = house.client();
    let weak = [("name", "root"), ("password", "password1234"), ("again", "password1234")];
    let answer = client.send(&link, &link, &weak);
    assert!(answer.body.contains("gættes først"), "{}", answer.body);
    house.choose(&link, &[("name", "root"), ("title", "Rod")]);
    assert_eq!(client.get(&link).status, 404, "it works once");
    assert_eq!(client.get("/welcome/guess").status, 404);
    assert!(frist_server::set_up(&mut state, "setup", house.now()).unwrap().is_none());
    let mut root = house.sign_in("root");
    assert_eq!(root.get("/people").status, 200);
    assert_eq!(root.get("/datasets").status, 403);
    // A link is dead after its time.
    house.person("anna", &[Role::Dpo], &[]);
    let late = frist_server::invite(&mut state, "anna", "root", house.now()).unwrap();
    house.later(SignedDuration::from_hours(49));
    assert_eq!(client.get(&late.path).status, 404);
}
