//! What is wrong is said once, again after a while, and when it is over; also when the scheduler hangs.

use std::sync::atomic::Ordering;

use frist_watch::{Alarms, Schedule, Settings};
use jiff::SignedDuration;

use crate::kit::{House, Receiver, quick, secs, until};

fn alarms() -> Alarms {
    Alarms { late: secs(3_600), every: secs(1), ..Alarms::default() }
}

#[test]
fn a_late_data_set_is_told_once_again_and_when_it_is_over() {
    let house = House::new();
    house.enter("callback", 1, SignedDuration::from_hours(5));
    house.enter("callback", 2, SignedDuration::from_mins(90));
    let receiver = Receiver::new(&[]);
    let settings = Settings {
        alarms: Alarms { repeat: secs(2), ..alarms() },
        webhooks: vec![receiver.hook("drift", &["alarm.*"])],
        ..quick()
    };
    // Two servers see it; one says it.
    let (one, two) =
        (house.watch("here/world/1", settings.clone()), house.watch("here/world/2", settings));
    until("raised", || receiver.told().contains(&"alarm.raised late callbacks".to_owned()));
    until("repeated", || receiver.told().contains(&"alarm.repeated late callbacks".to_owned()));
    let first = receiver.got()[0].json();
    assert_eq!(first["data"]["count"], 1, "only one is later than the bound: {first}");
    assert!(first["data"]["text"].as_str().unwrap().contains("1 records should be gone"));
    house.store().execute("DELETE FROM callback WHERE id = 1", []).unwrap();
    until("ended", || receiver.told().contains(&"alarm.ended late callbacks".to_owned()));
    let told = receiver.told();
    assert_eq!(told.iter().filter(|t| *t == "alarm.raised late callbacks").count(), 1, "{told:?}");
    // A store that is away is another alarm, and does not end the first one.
    house.enter("callback", 3, SignedDuration::from_hours(5));
    until("again", || {
        receiver.told().iter().filter(|t| t.starts_with("alarm.raised late")).count() == 2
    });
    let ended = |n: usize| {
        receiver.told().iter().filter(|t| t.starts_with("alarm.ended late")).count() == n
    };
    house.store().execute_batch("ALTER TABLE callback RENAME TO other").unwrap();
    until("away", || receiver.told().contains(&"alarm.raised unreachable callbacks".to_owned()));
    assert!(ended(1), "{:?}", receiver.told());
    assert_eq!(house.state().alarms().unwrap().iter().filter(|a| a.what.kind == "late").count(), 1);
    let text = receiver.got().iter().map(|g| g.body.clone()).collect::<String>();
    assert!(!text.contains("+45"), "no personal data");
    one.stop();
    two.stop();
    assert_eq!(house.state().servers(house.now()).unwrap(), [], "both took their leave");
}

#[test]
fn a_scheduler_that_hangs_is_seen_by_its_own_heart_and_by_others() {
    let house = House::new();
    house.hang.store(true, Ordering::SeqCst);
    let receiver = Receiver::new(&[]);
    let settings = Settings {
        schedule: Schedule { on: true, every: secs(1), ..Schedule::default() },
        alarms: Alarms { stalled: secs(1), ..alarms() },
        webhooks: vec![receiver.hook("drift", &["alarm.*"])],
        ..quick()
    };
    let watch = house.watch("here/world/1", settings);
    until("leads", || watch.leads());
    until("seen", || receiver.told().contains(&"alarm.raised stalled scheduler".to_owned()));
    assert!(!watch.leads(), "its turn is given up, for another");
    until("the watchdog too", || {
        receiver.told().contains(&"alarm.raised stalled watchdog".to_owned())
    });
    // It wakes.
    house.hang.store(false, Ordering::SeqCst);
    until("over", || receiver.told().contains(&"alarm.ended stalled scheduler".to_owned()));
    until("leads again", || watch.leads());
    watch.stop();
}

#[test]
fn what_a_command_line_or_a_monitor_sees_without_a_server() {
    let house = House::new();
    let c = Alarms { stalled: secs(60), ..alarms() };
    let mut state = house.state();
    let now = house.now();
    let began = now;
    let still = |state: &mut frist_state::State, now| -> Vec<String> {
        let found = frist_watch::look::at_signs(state, began, true, &c, now).unwrap();
        found.into_iter().map(|a| a.about).collect()
    };
    assert!(still(&mut state, now).is_empty(), "just started");
    state.set_mark("scheduler", 0, now).unwrap();
    state.set_mark("watchdog", 0, now + SignedDuration::from_secs(100)).unwrap();
    let later = now + SignedDuration::from_secs(120);
    assert_eq!(still(&mut state, later), ["scheduler"]);
    house.enter("callback", 1, SignedDuration::from_hours(9));
    let seen = frist_watch::look::at_stores(&mut house.engine(), &c, now).unwrap();
    assert_eq!(seen.alarms.len(), 1);
    assert_eq!((seen.alarms[0].kind.as_str(), seen.alarms[0].n), ("late", 1));
    // Its own bound may be wider.
    let mut wide = c.clone();
    wide.late_of.insert("callbacks".into(), secs(86_400));
    let seen = frist_watch::look::at_stores(&mut house.engine(), &wide, now).unwrap();
    assert_eq!(seen.alarms, []);
}

#[test]
fn a_full_disk_and_a_clock_that_jumps_are_told_and_end() {
    let house = House::new();
    house.disk.store(true, Ordering::SeqCst);
    let receiver = Receiver::new(&[]);
    // No disk is wholly free, so that the one that the test lies on is full by this bound.
    let settings = |disk_free| Settings {
        alarms: Alarms { disk_free, ..alarms() },
        webhooks: vec![receiver.hook("drift", &["alarm.*"])],
        ..quick()
    };
    let told = |what: &str| receiver.told().iter().any(|t| t.starts_with(what));
    let watch = house.watch("here/world/1", settings(100));
    until("full", || told("alarm.raised disk here: folder"));
    assert!(!told("alarm.raised clock"));
    house.set_clock(house.now() + SignedDuration::from_hours(2));
    until("jumped", || told("alarm.raised clock here"));
    watch.stop();
    let mut raised = receiver.got().into_iter().map(|g| g.json());
    let clock = raised.find(|j| j["data"]["kind"] == "clock").unwrap();
    let off = clock["data"]["count"].as_u64().unwrap();
    assert!((7_100..7_300).contains(&off), "{clock}");
    // There is room again, and the clock goes as it should since an hour.
    let watch = house.watch("here/world/2", settings(0));
    until("room", || told("alarm.ended disk here: folder"));
    until("right", || told("alarm.ended clock here"));
    watch.stop();
}
