//! Tokens of machines, and answers that are given again.

use std::collections::{BTreeMap, BTreeSet};

use frist_state::{Begun, Error, NewToken, State};
use jiff::{SignedDuration, Timestamp};

use crate::kit::{Kit, at, both};

both! { tokens_are_known_by_their_hash_while_they_work scopes_are_granted_and_taken_back
a_request_is_begun_once of_two_connections_one_begins }

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn robot(state: &mut State, now: Timestamp) -> frist_state::TokenId {
    let scopes = BTreeMap::from([
        ("sweeps:plan".to_owned(), Some("anna".to_owned())),
        ("cases:read".to_owned(), None),
    ]);
    let new = NewToken {
        name: "robot".into(),
        title: "Plans at night".into(),
        hash: [7; 32],
        scopes,
        datasets: set(&["invoices"]),
        by: "anna".into(),
        at: now,
        expires_at: now + DAY,
    };
    state.add_token(&new).unwrap()
}

fn tokens_are_known_by_their_hash_while_they_work(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let id = robot(&mut state, now);
    let found = state.token_by_hash(&[7; 32], now).unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str(), found.seen_at), (id, "robot", Some(now)));
    assert_eq!(found.datasets, set(&["invoices"]));
    assert_eq!(found.scopes["sweeps:plan"].as_deref(), Some("anna"));
    assert_eq!(found.scopes["cases:read"], None);
    assert_eq!(state.token_by_hash(&[8; 32], now).unwrap(), None);
    // Seen once a minute.
    let soon = now + SignedDuration::from_secs(59);
    assert_eq!(state.token_by_hash(&[7; 32], soon).unwrap().unwrap().seen_at, Some(now));
    let later = now + MINUTE;
    assert_eq!(state.token_by_hash(&[7; 32], later).unwrap().unwrap().seen_at, Some(later));
    assert_eq!(state.token_by_hash(&[7; 32], now + DAY).unwrap(), None, "its time is over");
    assert!(state.revoke_token(id, "bent", later).unwrap());
    assert!(!state.revoke_token(id, "bent", later).unwrap());
    assert_eq!(state.token_by_hash(&[7; 32], later).unwrap(), None);
    let kept = state.token("robot").unwrap().unwrap();
    assert_eq!((kept.revoked_at, kept.revoked_by.as_deref()), (Some(later), Some("bent")));
    // Its name is never another's, since the ledger has it.
    let again = NewToken {
        name: "robot".into(),
        title: String::new(),
        hash: [9; 32],
        scopes: BTreeMap::new(),
        datasets: BTreeSet::new(),
        by: "anna".into(),
        at: later,
        expires_at: later + DAY,
    };
    assert!(matches!(state.add_token(&again), Err(Error::Refused { .. })));
    assert_eq!(state.tokens().unwrap(), [kept]);
}

fn scopes_are_granted_and_taken_back(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let id = robot(&mut state, now);
    let reading = set(&["cases:read", "holds:read"]);
    let granted = set(&["cases:read", "sweeps:run"]);
    let fresh = Some(&[8; 32]);
    state.grant_token(id, &reading, &granted, &set(&["*"]), fresh, ("dpo", now)).unwrap();
    let token = state.token_by_hash(&[8; 32], now).unwrap().unwrap();
    assert_eq!(state.token_by_hash(&[7; 32], now).unwrap(), None, "the old secret is no more");
    assert_eq!((token.made_by.as_str(), token.shown_to.as_str()), ("anna", "dpo"));
    assert_eq!(token.scopes["cases:read"].as_deref(), Some("dpo"));
    assert_eq!(token.scopes["sweeps:plan"].as_deref(), Some("anna"));
    assert!(!token.scopes.contains_key("sweeps:run"), "not among those that it was about");
    assert_eq!(token.datasets, set(&["*"]));
    state.grant_token(id, &reading, &set(&[]), &set(&[]), None, ("dpo", now)).unwrap();
    let token = state.token("robot").unwrap().unwrap();
    assert_eq!(token.scopes["cases:read"], None);
    assert_eq!((token.datasets, token.shown_to.as_str()), (set(&[]), "dpo"));
}

fn a_request_is_begun_once(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let begin = |state: &mut State, request: u8, at: Timestamp| {
        state.begin_answer(&[1; 32], &[request; 32], at, DAY, MINUTE).unwrap()
    };
    let new = |at| Begun::New { at, again: false };
    assert_eq!(begin(&mut state, 2, now), new(now));
    assert_eq!(begin(&mut state, 2, now), Begun::UnderWay);
    assert_eq!(begin(&mut state, 3, now), Begun::Another);
    // Its server died: another takes over, and what the dead one says no longer counts.
    let later = now + MINUTE;
    assert_eq!(begin(&mut state, 2, later), Begun::New { at: later, again: true });
    state.end_answer(&[1; 32], now, Some(b"of the dead")).unwrap();
    assert_eq!(begin(&mut state, 2, later), Begun::UnderWay);
    state.end_answer(&[1; 32], later, Some(b"sealed")).unwrap();
    let last = later + DAY - SignedDuration::from_secs(1);
    assert_eq!(begin(&mut state, 2, last), Begun::Answered(b"sealed".to_vec()));
    assert_eq!(begin(&mut state, 3, last), Begun::Another);
    assert_eq!(begin(&mut state, 3, later + DAY), new(later + DAY));
    // One that failed is not kept.
    state.end_answer(&[1; 32], later + DAY, None).unwrap();
    assert_eq!(begin(&mut state, 2, later + DAY), new(later + DAY));
    state.end_answer(&[1; 32], later + DAY, Some(b"x")).unwrap();
    assert_eq!(state.prune_answers(later + DAY).unwrap(), 0);
    assert_eq!(state.prune_answers(later + DAY + MINUTE).unwrap(), 1);
}

fn of_two_connections_one_begins(kit: &Kit) {
    let now = at("2026-01-05T08:00:00Z");
    for name in 0..8_u8 {
        let (mut one, mut two) = (kit.open(), kit.open());
        let begun: Vec<Begun> = std::thread::scope(|threads| {
            let begin = |state: &mut State| {
                state.begin_answer(&[name; 32], &[2; 32], now, DAY, MINUTE).unwrap()
            };
            let first = threads.spawn(move || begin(&mut one));
            let second = threads.spawn(move || begin(&mut two));
            vec![first.join().unwrap(), second.join().unwrap()]
        });
        let new = begun.iter().filter(|b| matches!(b, Begun::New { .. })).count();
        assert_eq!(new, 1, "{begun:?}");
        assert!(begun.contains(&Begun::UnderWay), "{begun:?}");
    }
}
