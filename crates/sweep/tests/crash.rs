//! Killed at every step, and at any moment: nothing is lost that was not due, everything that went
//! is in the ledger exactly once, and the next sweep is green.
//!
//! A child process runs a whole sweep and kills itself (SIGKILL) at the n-th step, for each n until
//! one survives; the parent then recovers and looks. `blows.rs` kills between steps.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::time::Duration;

use support::child::{Orders, obey, orders, start, survived};
use support::harness::{Call, Seen, before, destroyed, later, look, sweep_keys};
use support::worlds::{Kind, World};
use support::*;

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    if let Some((place, clock, orders)) = orders() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
    }
}

/// Kills a child at each step.
fn at_every_step(kind: Kind, store: Db, state: Db) -> usize {
    let mut used = Vec::new();
    for n in 1.. {
        let world = World::new(kind, store, state, used);
        let seen = before(&world);
        let orders = Orders { die_at: Some(n), ..Orders::default() };
        if survived(start(&world.org.place, &world.org.clock, orders)) {
            assert_eq!(world.records(), world.kept());
            return n - 1;
        }
        look(&world, &seen, Call::Whole, &format!("{kind:?}: killed at step {n}"));
        used = world.databases();
    }
    unreachable!()
}

#[test]
fn sqlite_at_every_step() {
    let steps = at_every_step(Kind::Tables, Db::Sqlite, Db::Sqlite);
    // Two data sets examined, planned, begun, two turns of 1 + 3 batches, finished.
    assert_eq!(steps, 2 + 2 + (1 + 3 + 2) + (1 + 3 * 3 + 2) + 1);
}

#[test]
fn postgresql_and_its_state_at_every_step() {
    assert_eq!(at_every_step(Kind::Tables, Db::Postgres, Db::Postgres), 23);
}

#[test]
fn files_at_every_step() {
    assert_eq!(at_every_step(Kind::Files, Db::Sqlite, Db::Sqlite), 1 + 2 + (1 + 3 * 3 + 2) + 1);
}

/// A half-finished file: unlinked, but its sidecar is still there.
#[test]
fn a_file_without_its_sidecar_is_finished_too() {
    let world = World::new(Kind::Files, Db::Sqlite, Db::Sqlite, Vec::new());
    let seen = before(&world);
    // Steps: examined, planned, begun, its turn, and the first batch is journaled.
    let orders = Orders { die_at: Some(5), ..Orders::default() };
    assert!(!survived(start(&world.org.place, &world.org.clock, orders)));
    std::fs::remove_file(world.org.place.dir.join("root/in/1.txt")).unwrap();
    look(&world, &seen, Call::Whole, "between a file and its sidecar");
}

/// What came of the rounds on one world.
#[derive(Debug, Default)]
struct Figures {
    rounds: usize,
    /// Killed before the first batch was journaled, while one was open, and otherwise.
    before: usize,
    inside: usize,
    after: usize,
    /// Came to its end before it was killed.
    survived: usize,
    recovered: usize,
}

impl Figures {
    fn killed(&self) -> usize {
        self.before + self.inside + self.after
    }
}

/// Records that are due, entered in one round.
const NEW: i64 = 30;

/// Killed by another at any moment, again and again, on one world that goes on.
fn at_any_moment(kind: Kind, store: Db, state: Db) {
    // Six worlds: over 1,000 kills in the long run.
    let kills = if std::env::var_os("FRIST_LONG").is_some() { 170 } else { 5 };
    let world = World::new(kind, store, state, Vec::new());
    let (org, kept) = (&world.org, world.kept());
    let mut figures = Figures::default();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64 + kind as u64;
    let mut span = if world.has_server() { 1_000_u64 } else { 300 };
    let mut there = world.records().len();
    while figures.killed() < kills {
        figures.rounds += 1;
        let round = figures.rounds;
        assert!(round < 4 * kills, "most children end before they are killed");
        let first = 100 * round as i64;
        // A server's clock goes on by itself, and both must agree.
        org.clock.set(real_now().max(org.clock.now()));
        match kind {
            Kind::Files => (first..first + NEW).for_each(|id| world.file(id, 800)),
            _ => org.persons(first..=first + NEW - 1, 800),
        }
        there += NEW as usize;
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let told = || disposed(&org.entries()).values().sum::<u64>() as usize;
        let known = told();
        let mut child = start(&org.place, &org.clock, Orders::default());
        std::thread::sleep(Duration::from_millis(dice % span));
        child.kill().unwrap();
        let what = format!("{kind:?} ({store:?}, state {state:?}), round {round}");
        let ended = survived(child);
        // As long as a child lives, more or less, on this machine.
        span = if ended { (span - span / 8).max(20) } else { span + span / 16 };
        let gone = || there - world.records().len();
        assert!(told() <= gone(), "{what}: told of more than went");
        let seen = Seen { open: org.state().open_batches().unwrap().len(), ..Seen::default() };
        match (ended, seen.open, told() > known) {
            (true, ..) => figures.survived += 1,
            (false, 1.., _) => figures.inside += 1,
            (false, 0, false) => figures.before += 1,
            (false, 0, true) => figures.after += 1,
        }
        let mut keys = sweep_keys(&org.place);
        keys.extend(support::harness::noted_keys(&org.place));
        later(&org.place, &org.clock);
        let mut engine = org.engine();
        let (recovered, open) = engine.recover(&mut |_| ()).unwrap();
        figures.recovered += recovered.len();
        assert_eq!(open, [], "{what}");
        assert_eq!(told(), gone(), "{what}: told of other than what went");
        assert!(kept.is_subset(&world.records()), "{what}: a record went that was not due");
        destroyed(&org.place, &keys, &what);
        support::harness::forget_keys(&org.place);
        if round % 10 == 0 {
            println!("{what}: {figures:?}");
        }
        engine.publish(&org.tiles(), &signer()).unwrap();
    }
    assert!(sweep(org).green());
    assert_eq!(world.records(), kept);
    assert_eq!(world.remains(), 0);
    org.tiles().verify(&[signer().verifier()], None).unwrap();
    println!("{kind:?} ({store:?}, state {state:?}): {figures:?}");
}

#[test]
fn sqlite_at_any_moment() {
    at_any_moment(Kind::Tables, Db::Sqlite, Db::Sqlite);
}

#[test]
fn sqlite_and_state_on_postgresql_at_any_moment() {
    at_any_moment(Kind::Tables, Db::Sqlite, Db::Postgres);
}

#[test]
fn postgresql_at_any_moment() {
    at_any_moment(Kind::Tables, Db::Postgres, Db::Sqlite);
}

#[test]
fn postgresql_and_its_state_at_any_moment() {
    at_any_moment(Kind::Tables, Db::Postgres, Db::Postgres);
}

#[test]
fn files_at_any_moment() {
    at_any_moment(Kind::Files, Db::Sqlite, Db::Sqlite);
}

#[test]
fn files_and_state_on_postgresql_at_any_moment() {
    at_any_moment(Kind::Files, Db::Sqlite, Db::Postgres);
}
