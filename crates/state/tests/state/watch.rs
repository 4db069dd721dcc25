//! Alarms are raised once, whoever sees them; messages are sent by one at a time and never lost.

use std::collections::BTreeMap;
use std::sync::Barrier;

use frist_state::{AlarmChange, Error, Judged, NewAlarm, NewMessage};
use jiff::SignedDuration;

use crate::kit::{Kit, both, entry, minute, now};

both! {
    an_alarm_is_raised_once_repeated_and_ended
    who_lost_the_turn_keeps_no_alarm
    each_message_has_one_sender_at_a_time
    a_message_outlives_its_sender_and_is_given_up_in_the_end
    the_ledger_is_told_once
    servers_fall_silent_by_the_clock_that_leases_run_by
}

fn alarm(kind: &str, about: &str, n: u64) -> NewAlarm {
    NewAlarm { kind: kind.into(), about: about.into(), n, at: None, detail: String::new() }
}

fn message(name: &str) -> NewMessage {
    NewMessage { message: name.into(), way: "mail".into(), event: "test".into(), body: "{}".into() }
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn an_alarm_is_raised_once_repeated_and_ended(kit: &Kit) {
    use AlarmChange::{Ended, Raised, Repeated};
    let judged = |repeat| Judged { kinds: &["late", "disk"], repeat };
    let say = |change: AlarmChange, a: &frist_state::Alarm| {
        vec![message(&format!("{}-{change:?}", a.what.about))]
    };
    let found = [alarm("late", "invoices", 3), alarm("late", "mail", 1)];
    // Four servers see the same at once.
    let barrier = Barrier::new(4);
    let raised: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut state = kit.open();
                    barrier.wait();
                    state.keep_alarms(None, &found, judged(DAY), now(), say).unwrap().len()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(raised, 2);
    let mut state = kit.open();
    assert_eq!(state.outbox_counts().unwrap().waiting, 2, "told once");
    // It lasts: its figures are kept, and nothing is told.
    let more = [alarm("late", "invoices", 9)];
    let kinds = |c: Vec<(AlarmChange, frist_state::Alarm)>| -> Vec<_> {
        c.into_iter().map(|(c, a)| (c, a.what.about)).collect()
    };
    let changes = state.keep_alarms(None, &more, judged(DAY), now(), say).unwrap();
    assert_eq!(kinds(changes), [(Ended, "mail".to_owned())]);
    assert_eq!(state.alarms().unwrap()[0].what.n, 9);
    let stand = state.alarms().unwrap();
    let counted: u64 = state.alarm_counts().unwrap().iter().map(|(_, n)| n).sum();
    assert_eq!(counted, stand.len() as u64);
    let first = (stand[0].what.kind.clone(), 1);
    assert!(state.alarm_counts().unwrap().contains(&first), "by kind");
    // A look that did not judge its kind does not end it.
    let other = Judged { kinds: &["disk"], repeat: DAY };
    assert_eq!(state.keep_alarms(None, &[], other, now(), say).unwrap(), []);
    let again = state.keep_alarms(None, &more, judged(SignedDuration::ZERO), now(), say).unwrap();
    assert_eq!(kinds(again), [(Repeated, "invoices".to_owned())]);
    let ended = state.keep_alarms(None, &[], judged(DAY), now(), say).unwrap();
    assert_eq!(kinds(ended), [(Ended, "invoices".to_owned())]);
    assert_eq!(state.keep_alarms(None, &[], judged(DAY), now(), say).unwrap(), []);
    assert_eq!(state.ended_alarms(10).unwrap().len(), 2);
    // The same can happen again.
    let anew = state.keep_alarms(None, &more, judged(DAY), now(), say);
    // The message of the first time has the same name, which no real one has: nothing was kept.
    assert!(anew.is_err() && state.alarms().unwrap().is_empty());
    let anew = state.keep_alarms(None, &more, judged(DAY), now(), |_, _| Vec::new()).unwrap();
    assert_eq!(kinds(anew), [(Raised, "invoices".to_owned())]);
}

fn who_lost_the_turn_keeps_no_alarm(kit: &Kit) {
    let (mut one, mut two) = (kit.open(), kit.open());
    let old = one.acquire("watchdog", "a/b/1/x", minute(), now()).unwrap().unwrap();
    two.release(&old).unwrap();
    let new = two.acquire("watchdog", "a/b/2/x", minute(), now()).unwrap().unwrap();
    let judged = Judged { kinds: &["late"], repeat: DAY };
    let found = [alarm("late", "invoices", 3)];
    let say = |_: AlarmChange, _: &frist_state::Alarm| vec![message("m")];
    let lost = one.keep_alarms(Some(&old), &found, judged, now(), say).unwrap_err();
    assert!(matches!(lost, Error::LeaseLost { .. }), "{lost}");
    assert_eq!(one.alarms().unwrap(), []);
    assert_eq!(one.outbox_counts().unwrap().waiting, 0);
    two.keep_alarms(Some(&new), &found, judged, now(), say).unwrap();
    assert_eq!(one.alarms().unwrap().len(), 1);
}

fn each_message_has_one_sender_at_a_time(kit: &Kit) {
    let names: Vec<NewMessage> = (0..40).map(|n| message(&format!("m{n}"))).collect();
    kit.open().add_messages(&names, now()).unwrap();
    let barrier = Barrier::new(4);
    let sent: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|t| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let mut state = kit.open();
                    let mut mine = Vec::new();
                    barrier.wait();
                    let mut misses = 0;
                    while misses < 3 {
                        let claim = format!("{t}-{}-{misses}", mine.len());
                        match state.claim_message(&claim, minute(), now()).unwrap() {
                            Some(m) => {
                                state.message_sent(m.id, &claim, now()).unwrap();
                                mine.push(m.what.message);
                            }
                            None => misses += 1,
                        }
                    }
                    mine
                })
            })
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for name in sent {
        *times.entry(name).or_default() += 1;
    }
    // Who came away with nothing because of another's row may have left some.
    let mut state = kit.open();
    while let Some(m) = state.claim_message("last", minute(), now()).unwrap() {
        state.message_sent(m.id, "last", now()).unwrap();
        *times.entry(m.what.message).or_default() += 1;
    }
    assert_eq!(times.len(), 40);
    assert!(times.values().all(|n| *n == 1), "{times:?}");
}

fn a_message_outlives_its_sender_and_is_given_up_in_the_end(kit: &Kit) {
    let mut state = kit.open();
    state.add_messages(&[message("m")], now()).unwrap();
    let first = state.claim_message("dies", SignedDuration::ZERO, now()).unwrap().unwrap();
    // Its sender was killed: another takes it, with the same id.
    let second = state.claim_message("lives", minute(), now()).unwrap().unwrap();
    assert_eq!((first.id, &first.what), (second.id, &second.what));
    assert_eq!(second.tries, 2);
    // The first one wakes too late to say anything.
    state.message_sent(first.id, "dies", now()).unwrap();
    state.message_failed(first.id, "dies", None, "late", now()).unwrap();
    assert_eq!(state.unsent(10).unwrap()[0].dead_at, None);
    assert_eq!(state.claim_message("third", minute(), now()).unwrap(), None);
    let hour = Some(SignedDuration::from_hours(1));
    state.message_failed(second.id, "lives", hour, "it said 500", now()).unwrap();
    assert_eq!(state.claim_message("early", minute(), now()).unwrap(), None, "it waits");
    assert_eq!(state.unsent(10).unwrap()[0].problem.as_deref(), Some("it said 500"));
    state.retry_message(second.id, now()).unwrap();
    let third = state.claim_message("more", minute(), now()).unwrap().unwrap();
    assert_eq!(third.tries, 1);
    state.message_failed(third.id, "more", None, "it said 410", now()).unwrap();
    let counts = state.outbox_counts().unwrap();
    assert_eq!((counts.waiting, counts.dead), (0, 1));
    assert_eq!(state.claim_message("never", minute(), now()).unwrap(), None);
    state.retry_message(third.id, now()).unwrap();
    let last = state.claim_message("again", minute(), now()).unwrap().unwrap();
    state.message_sent(last.id, "again", now()).unwrap();
    let gone = state.retry_message(last.id, now()).unwrap_err();
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
    assert_eq!(state.unsent(10).unwrap(), []);
}

fn the_ledger_is_told_once(kit: &Kit) {
    let (mut one, mut two) = (kit.open(), kit.open());
    one.append(&entry("before")).unwrap();
    assert_eq!(one.new_entries("told", 10, now()).unwrap(), (1, vec![]), "history is not told");
    one.append(&entry("h1")).unwrap();
    one.append(&entry("h2")).unwrap();
    let lease = one.acquire("watchdog", "x", minute(), now()).unwrap().unwrap();
    let (from, new) = two.new_entries("told", 10, now()).unwrap();
    assert_eq!((from, new.len()), (1, 2));
    let tell = [message("m1")];
    one.note_entries(&lease, "told", (1, 3), &tell, now()).unwrap();
    // The same seen by another, a moment later: nothing is told twice.
    two.note_entries(&lease, "told", (1, 3), &[message("m2")], now()).unwrap();
    assert_eq!(one.outbox_counts().unwrap().waiting, 1);
    assert_eq!(two.new_entries("told", 10, now()).unwrap(), (3, vec![]));
}

fn servers_fall_silent_by_the_clock_that_leases_run_by(kit: &Kit) {
    let mut state = kit.open();
    let t = now();
    state.beat("h/w/1", t, true, t).unwrap();
    state.beat("h/w/2", t, false, t).unwrap();
    let seen = state.servers(t + SignedDuration::from_secs(30)).unwrap();
    assert_eq!(seen.iter().map(|s| s.schedules).collect::<Vec<_>>(), [true, false]);
    // On PostgreSQL the caller's clock counts for nothing.
    let postgres = matches!(kit, Kit::Postgres(_));
    assert_eq!(seen[0].silent.as_secs() < 25, postgres, "{:?}", seen[0]);
    state.end_server("h/w/2").unwrap();
    assert_eq!(state.servers(t).unwrap().len(), 1);
    state.set_mark("scheduler", 7, t).unwrap();
    let mark = state.mark("scheduler", t).unwrap().unwrap();
    assert!(mark.number == 7 && mark.age.as_secs() < 25);
    assert_eq!(state.mark("other", t).unwrap(), None);
}
