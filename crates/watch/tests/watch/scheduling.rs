//! The scheduler: what needs nobody's word goes by itself, what needs one waits; a silent server's work is
//! taken over, and one that wakes cannot go on.

use frist_ledger::Id;
use frist_state::PlanStatus;
use frist_sweep::Engine;
use frist_watch::schedule::{Memory, OPERATOR, Round, round};
use frist_watch::{Alarms, Schedule, Settings};
use jiff::SignedDuration;

use crate::kit::{House, Receiver, quick, secs, until};

fn on() -> Schedule {
    Schedule { on: true, every: secs(1), ..Schedule::default() }
}

fn go(engine: &mut Engine, schedule: &Schedule) -> Round {
    let publish = |_: &mut Engine| Ok(());
    round(engine, schedule, &mut Memory::default(), &publish, &|_| {}, &|| true).unwrap()
}

#[test]
fn what_wants_approval_waits_and_the_rest_goes() {
    let house = House::new();
    let hours = SignedDuration::from_hours;
    house.enter("callback", 1, hours(3));
    house.enter("callback", 2, SignedDuration::from_mins(30));
    house.enter("note", 1, hours(3));
    let mut engine = house.engine();
    let first = go(&mut engine, &on());
    assert_eq!(first.reports.iter().map(frist_sweep::Report::done).sum::<u64>(), 1);
    assert_eq!((house.count("callback"), house.count("note")), (1, 1));
    let [waits] = first.waits.as_slice() else { panic!("{first:?}") };
    let next = first.next.unwrap().duration_since(house.now()).as_mins();
    assert!((25..=30).contains(&next), "the other one is due in half an hour: {next}");
    // The same plan goes on waiting; no other is made, however often it looks.
    house.set_clock(house.now() + SignedDuration::from_secs(2));
    let second = go(&mut engine, &on());
    assert!(second.waits.is_empty() && second.reports.is_empty(), "{second:?}");
    // Another person approves it, and the scheduler carries it out.
    engine.act_as(Id::new(OPERATOR).unwrap());
    assert!(engine.approve(waits).is_err(), "not by who made it");
    engine.act_as(Id::new("ida").unwrap());
    engine.approve(waits).unwrap();
    let third = go(&mut engine, &on());
    assert_eq!(third.reports.len(), 1);
    assert_eq!(house.count("note"), 0);
    let kept = house.state().plan(waits).unwrap().unwrap();
    assert_eq!((kept.status, kept.plan.proposed_by.as_str()), (PlanStatus::Done, OPERATOR));
}

#[test]
fn only_at_its_hours_and_never_by_a_register_that_nobody_made_live() {
    let house = House::new();
    house.set_clock("2026-11-23T12:00:00Z".parse().unwrap());
    house.enter("callback", 1, SignedDuration::from_hours(3));
    let night = Schedule { hours: vec!["22:00-06:00".parse().unwrap()], ..on() };
    let mut engine = house.engine();
    assert!(go(&mut engine, &night).reports.is_empty());
    assert_eq!(house.count("callback"), 1);
    house.set_clock("2026-11-23T21:30:00Z".parse().unwrap());
    assert_eq!(go(&mut engine, &night).reports.len(), 1);
    assert_eq!(house.count("callback"), 0);
    // Too soon after the last one.
    house.enter("callback", 2, SignedDuration::from_hours(3));
    let slow = Schedule { every: secs(3_600), ..on() };
    assert!(go(&mut engine, &slow).reports.is_empty());
    house.set_clock("2026-11-23T22:31:00Z".parse().unwrap());
    assert_eq!(go(&mut engine, &slow).reports.len(), 1);
    // The files are another register now, and nobody has made it live.
    house.enter("callback", 3, SignedDuration::from_hours(3));
    engine.revision = "a".repeat(64).parse().unwrap();
    house.set_clock("2026-11-23T23:31:00Z".parse().unwrap());
    let stopped = go(&mut engine, &on());
    assert!(stopped.reports.is_empty() && stopped.stopped.is_some(), "{stopped:?}");
    assert_eq!(house.count("callback"), 1);
}

#[test]
fn a_server_that_falls_silent_loses_its_work_and_cannot_go_on() {
    let house = House::new();
    let mut state = house.state();
    let long = SignedDuration::from_hours(1);
    let now = house.now();
    house.set_clock(now);
    // A server of another machine, which nobody here can look at, leads and sweeps; then it is gone.
    state.beat("far/other/9", now, true, now).unwrap();
    let lead = state.acquire("scheduler", "far/other/9/x", long, now).unwrap().unwrap();
    let dog = state.acquire("watchdog", "far/other/9/x", long, now).unwrap().unwrap();
    house.enter("callback", 1, SignedDuration::from_hours(3));
    let receiver = Receiver::new(&[]);
    let settings = Settings {
        schedule: on(),
        alarms: Alarms { every: secs(1), ..Alarms::default() },
        webhooks: vec![receiver.hook("drift", &["sweep.*", "register.*"])],
        ..quick()
    };
    let watch = house.watch("here/world/1", settings);
    // It lives, and has had time to look; by the clock, which stands still, the other was heard just now.
    until("it lives", || {
        let servers = house.state().servers(house.now()).unwrap();
        servers.iter().any(|s| s.name == "here/world/1")
    });
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!watch.leads() && house.count("callback") == 1);
    house.set_clock(now + quick().pace.dead + SignedDuration::from_secs(1));
    until("it leads", || watch.leads());
    until("it sweeps", || house.count("callback") == 0);
    // What the silent one had is fenced off.
    for mut lease in [lead, dog] {
        until("fenced", || state.renew(&mut lease, long, house.now()).is_err());
    }
    until("told", || receiver.told().contains(&"sweep.ended".to_owned()));
    let sweep =
        receiver.got().iter().map(crate::kit::Got::json).find(|j| j["type"] == "sweep.ended");
    assert_eq!(sweep.unwrap()["data"]["erased"], 1);
    watch.stop();
    // Its turns are free again at once.
    assert_eq!(house.state().lease("scheduler", house.now()).unwrap(), None);
}
