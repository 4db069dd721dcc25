//! Accounts, sessions, attempts and the log of access.

use std::collections::BTreeSet;

use frist_state::{Error, Limits, LinkFor, Look, NewAccount, Slowing, Stage, State};
use jiff::{SignedDuration, Timestamp};

use crate::kit::{Kit, at, both};

both! { accounts_are_one_a_name sessions_end_in_time_and_with_the_password links_and_codes_work_once
attempts_are_slowed_down_before_they_are_looked_at the_log_is_kept_and_pruned }

fn roles(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn anna(state: &mut State, now: Timestamp) -> frist_state::AccountId {
    let new = NewAccount { name: "anna".into(), title: "Anna".into(), at: now, by: "-".into() };
    state.add_account(&new, &roles(&["dpo"])).unwrap()
}

fn accounts_are_one_a_name(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let id = anna(&mut state, now);
    let new = NewAccount { name: "anna".into(), title: "B".into(), at: now, by: "-".into() };
    assert!(matches!(state.add_account(&new, &roles(&[])), Err(Error::Refused { .. })));
    let account = state.account("anna").unwrap().unwrap();
    assert_eq!((account.id, account.title.as_str()), (id, "Anna"));
    assert_eq!(account.roles, roles(&["dpo"]));
    assert_eq!(account.password, None);
    assert!(!format!("{account:?}").to_lowercase().contains("anna"));
    assert_eq!(state.account("Anna").unwrap(), None);

    state.set_roles(id, &roles(&["auditor", "engineer"]), "b", now).unwrap();
    state.set_need_to_know(id, &roles(&["invoices"])).unwrap();
    let account = state.account_by_id(id).unwrap().unwrap();
    assert_eq!(account.roles, roles(&["auditor", "engineer"]));
    assert_eq!(account.datasets, roles(&["invoices"]));
    assert_eq!(state.accounts().unwrap(), [account]);
}

fn sessions_end_in_time_and_with_the_password(kit: &Kit) {
    let mut state = kit.open();
    let (now, limits) = (at("2026-01-05T08:00:00Z"), Limits::default());
    let id = anna(&mut state, now);
    let minutes = SignedDuration::from_mins;
    let hash = [1; 32];
    state.open_session(&hash, id, Stage::Whole, now).unwrap();
    let mut t = now;
    // Seen again and again it lives for twelve hours, and no longer.
    while t.duration_since(now) <= limits.whole {
        assert!(state.session(&hash, t, &limits).unwrap().is_some(), "{t}");
        t += minutes(29);
    }
    assert!(state.session(&hash, t, &limits).unwrap().is_none());
    assert!(state.session(&hash, now, &limits).unwrap().is_none(), "what is over is gone");

    state.open_session(&hash, id, Stage::Whole, now).unwrap();
    assert!(state.session(&hash, now + minutes(31), &limits).unwrap().is_none(), "idle");
    state.open_session(&hash, id, Stage::Half, now).unwrap();
    assert!(state.session(&hash, now + minutes(6), &limits).unwrap().is_none(), "half");

    for (n, end) in [(2, 0), (3, 1), (4, 2)] {
        state.open_session(&[n; 32], id, Stage::Whole, now).unwrap();
        assert!(state.session(&[n; 32], now, &limits).unwrap().is_some());
        match end {
            0 => state.set_password(id, "hash", now).unwrap(),
            1 => state.set_disabled(id, Some(now)).unwrap(),
            _ => state.set_roles(id, &roles(&["dpo"]), "b", now).unwrap(),
        }
        assert!(state.session(&[n; 32], now, &limits).unwrap().is_none(), "{end}");
        state.set_disabled(id, None).unwrap();
    }
    for n in 5..8 {
        state.open_session(&[n; 32], id, Stage::Whole, now).unwrap();
    }
    assert_eq!(state.end_sessions(id, Some(&[6; 32])).unwrap(), 2);
    assert!(state.session(&[6; 32], now, &limits).unwrap().is_some());
}

fn links_and_codes_work_once(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let (id, later) = (anna(&mut state, now), now + SignedDuration::from_hours(1));
    let (first, second) = ([1; 32], [2; 32]);
    state.add_link(&first, LinkFor::Account(id), later, "b").unwrap();
    state.add_link(&[3; 32], LinkFor::Setup, later, "b").unwrap();
    state.add_link(&second, LinkFor::Account(id), later, "b").unwrap();
    assert_eq!(state.link(&first, now).unwrap(), None, "another took its place");
    assert_eq!(state.link(&[3; 32], now).unwrap(), Some(LinkFor::Setup));
    assert_eq!(state.link(&second, now).unwrap(), Some(LinkFor::Account(id)));
    assert_eq!(state.link(&second, later).unwrap(), None, "too late");
    assert!(!state.use_link(&second, later).unwrap());
    assert!(state.use_link(&second, now).unwrap());
    assert!(!state.use_link(&second, now).unwrap(), "only once");

    state.set_totp(id, Some((b"nonce", 7)), &[[4; 32], [5; 32]]).unwrap();
    assert!(!state.use_totp(id, 7).unwrap(), "the code that proved it");
    assert!(state.use_totp(id, 8).unwrap());
    assert!(!state.use_totp(id, 8).unwrap(), "only once");
    assert!(!state.use_totp(id, 6).unwrap(), "nor an older one");
    assert!(state.use_recovery(id, &[4; 32]).unwrap());
    assert!(!state.use_recovery(id, &[4; 32]).unwrap(), "only once");
    assert_eq!(state.recovery_left(id).unwrap(), 1);

    state.set_password(id, "hash", now).unwrap();
    state.add_link(&first, LinkFor::Account(id), later, "b").unwrap();
    state.open_session(&[9; 32], id, Stage::Whole, now).unwrap();
    state.forget_password(id).unwrap();
    let account = state.account_by_id(id).unwrap().unwrap();
    assert_eq!((account.password, account.totp), (None, None));
    assert_eq!(state.recovery_left(id).unwrap(), 0);
    assert_eq!(state.link(&first, now).unwrap(), None);
    assert!(state.session(&[9; 32], now, &Limits::default()).unwrap().is_none());
}

fn attempts_are_slowed_down_before_they_are_looked_at(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let most = SignedDuration::from_mins(15);
    let forget = SignedDuration::from_hours(24);
    let slow = Slowing { free: 3, most, forget };
    assert_eq!(slow.wait(2), SignedDuration::ZERO);
    assert_eq!(slow.wait(3).as_secs(), 1);
    assert_eq!(slow.wait(6).as_secs(), 8);
    assert_eq!(slow.wait(i64::MAX), most);
    let key = [([1; 32], slow)];
    for _ in 0..3 {
        assert_eq!(state.attempt(&key, now).unwrap(), None);
    }
    let wait = state.attempt(&key, now).unwrap().expect("too many");
    assert_eq!(wait, now + SignedDuration::from_secs(1));
    // One that waits is not counted, so that nobody is kept out by others' waiting.
    assert_eq!(state.attempt(&key, now).unwrap(), Some(wait));
    assert_eq!(state.attempt(&key, wait).unwrap(), None);
    assert_eq!(state.attempt(&key, wait).unwrap(), Some(wait + SignedDuration::from_secs(2)));
    // Of two, either can make it wait, and neither is then counted.
    assert!(state.attempt(&[([2; 32], slow), key[0]], wait).unwrap().is_some());
    state.forget_attempts(&[1; 32]).unwrap();
    assert_eq!(state.attempt(&key, wait).unwrap(), None);
    assert_eq!(state.attempt(&key, wait + forget * 2).unwrap(), None);
}

fn the_log_is_kept_and_pruned(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    for (who, what, about) in [("anna", "record", "invoices"), ("bo", "sign-in", "")] {
        let look = Look { at: now, who: who.into(), what: what.into(), about: about.into() };
        state.add_looks(std::slice::from_ref(&look)).unwrap();
    }
    let all = state.looks(None, 10).unwrap();
    assert_eq!(all.iter().map(|l| l.who.as_str()).collect::<Vec<_>>(), ["bo", "anna"]);
    assert_eq!(state.looks(Some("anna"), 10).unwrap().len(), 1);
    assert_eq!(state.looks(None, 1).unwrap().len(), 1);
    // Page by page to the very first line, and only the lines that are asked for.
    let page = |before, what| frist_state::LookPage { who: None, what, before, limit: 1 };
    let (first, older) = state.look_page(&page(None, &[])).unwrap();
    assert!(first[..] == all[..1]);
    let (second, older) = state.look_page(&page(older, &[])).unwrap();
    assert!(second[..] == all[1..] && older.is_none());
    let (found, _) = state.look_page(&page(None, &["no-such-word", "record"])).unwrap();
    assert!(found[..] == all[1..], "the newer line is another word's");
    let (none, older) = state.look_page(&page(None, &["no-such-word"])).unwrap();
    assert!(none.is_empty() && older.is_none());
    let id = anna(&mut state, now);
    state.open_session(&[1; 32], id, Stage::Whole, now).unwrap();
    let later = now + SignedDuration::from_hours(2);
    assert_eq!(state.prune_people(now, later, &Limits::default()).unwrap(), 0);
    assert!(state.session(&[1; 32], now, &Limits::default()).unwrap().is_none(), "it was idle");
    assert_eq!(state.prune_people(later, later, &Limits::default()).unwrap(), 2);
}
