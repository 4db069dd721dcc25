//! Tokens: their time, their end, their pace, and who may grant them what.

use frist_server::Scope;
use jiff::SignedDuration;

use crate::client::{Program, program};
use crate::kit::House;

#[test]
fn a_token_works_in_its_time_and_until_it_is_revoked() {
    let house = House::new();
    let one = program(&house, "one", &[Scope::RegisterRead], &[]);
    assert_eq!(house.state().token("one").unwrap().unwrap().seen_at, None);
    assert_eq!(one.get("/register").status, 200);
    assert_eq!(house.state().token("one").unwrap().unwrap().seen_at, Some(house.now()));
    house.later(SignedDuration::from_hours(24 * 30) - SignedDuration::from_secs(1));
    assert_eq!(one.get("/register").status, 200);
    house.later(SignedDuration::from_secs(1));
    assert_eq!(one.get("/register").status, 401, "its time is over");
    let two = program(&house, "two", &[Scope::RegisterRead], &[]);
    assert_eq!(two.get("/register").status, 200);
    let now = house.now();
    let mut state = house.state();
    let id = state.token("two").unwrap().unwrap().id;
    assert!(state.revoke_token(id, "anna", now).unwrap());
    assert!(!state.revoke_token(id, "anna", now).unwrap());
    assert_eq!(two.get("/register").status, 401, "it is revoked");
    // Nothing of the secret is kept or logged.
    let secret = two.secret.as_deref().unwrap().trim_start_matches("frist_").to_owned();
    let bytes = std::fs::read(house.dir.path().join("state.sqlite")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
    assert!(!house.log.lock().unwrap().join("\n").contains(&secret));
}

#[test]
fn a_token_has_its_pace_and_a_guesser_is_slowed_down() {
    let house = House::with(|settings| settings.config.api.per_minute = 5);
    let one = program(&house, "one", &[Scope::RegisterRead], &[]);
    for left in (0..5).rev() {
        let answer = one.get("/register");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"token\";q=5;w=60"));
        assert!(answer.header("ratelimit").unwrap().contains(&format!("r={left};")));
    }
    let refused = one.get("/register");
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert_eq!(refused.header("retry-after"), Some("12"));
    house.later(SignedDuration::from_secs(12));
    assert_eq!(one.get("/register").status, 200);
    // Whoever tries tokens is slowed down by the address, before the database is asked.
    let guess = Program { house: &house, secret: Some("frist_guess".into()) };
    let refused = (0..200).filter(|_| guess.get("/register").status == 429).count();
    assert!(refused >= 70, "{refused}");
}

#[test]
fn what_only_was_asked_for_is_not_granted() {
    let house = House::new();
    let want = frist_server::WantedToken {
        name: "asks".into(),
        title: String::new(),
        scopes: [Scope::RegisterRead, Scope::CasesRead].into(),
        datasets: ["*".to_owned()].into(),
        days: 1,
        by: "admin".into(),
        at: house.now(),
        grants: false,
    };
    let made =
        frist_server::make_token(&mut house.state(), &want).unwrap_or_else(|e| panic!("{e}"));
    let asks = Program { house: &house, secret: Some(made.secret) };
    assert_eq!(asks.get("/register").status, 200);
    assert_eq!(asks.get("/cases").status, 403);
    assert!(house.state().token("asks").unwrap().unwrap().datasets.is_empty());
    for (name, days) in [("", 1), ("Anna", 1), ("a b", 1), ("token:x", 1), ("ok", 0), ("ok", 367)] {
        let want = frist_server::WantedToken { name: name.into(), days, ..copy(&want) };
        assert!(frist_server::make_token(&mut house.state(), &want).is_err(), "{name} {days}");
    }
    let again = frist_server::make_token(&mut house.state(), &want);
    assert!(again.is_err(), "a name is given once");
}

fn copy(want: &frist_server::WantedToken) -> frist_server::WantedToken {
    frist_server::WantedToken {
        name: want.name.clone(),
        title: want.title.clone(),
        scopes: want.scopes.clone(),
        datasets: want.datasets.clone(),
        by: want.by.clone(),
        ..*want
    }
}
