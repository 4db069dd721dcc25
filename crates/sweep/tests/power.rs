//! Power loss: what must be on disk is synced before what depends on it.
//!
//! A child runs under `strace`, which writes down all that it does to files. From that the disk is
//! rebuilt as a power cut at each sync would leave it, and Frist recovers from there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use support::child::{Orders, ended, obey, orders, start_under};
use support::disk::{CALLS, Cut, Disk};
use support::harness::{Before, Call, before, look, prepare};
use support::trace::{Strace, Traced, permitted};
use support::worlds::{Kind, World};
use support::*;

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    if let Some((place, clock, orders)) = orders() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
    }
}

fn long() -> bool {
    std::env::var_os("FRIST_LONG").is_some()
}

/// What a child does to files, as far as it comes: to its end, or to the n-th call of a kind.
fn traced(world: &World, call: Call, until: Option<(&str, usize)>) -> Vec<Traced> {
    let strace = match until {
        Some((name, n)) => Strace::record_until(CALLS, name, n),
        None => Strace::record(CALLS),
    };
    let orders = Orders { call, ..Orders::default() };
    let child = start_under(Some(&strace), &world.org.place, &world.org.clock, orders);
    assert_eq!(ended(child), Ok(until.is_none()));
    Traced::all(&strace.text())
}

/// Cuts the power and looks.
fn cut(world: &World, seen: &Before, disk: &Disk, how: Cut<'_>, call: Call, what: &str) {
    let part = matches!(how, Cut::Some(_));
    let folder = folder();
    disk.cut(how, folder.path());
    let world = world.at(folder.path());
    // What is published is whole, and not ahead of Frist's own database.
    let tiles = world.org.tiles();
    if tiles.checkpoint().unwrap().is_some() {
        tiles.verify(&[signer().verifier()], None).unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    let kept = if part { "a part of" } else { "nothing of" };
    let what = format!("{what}, with {kept} what is not on disk: {:?}", disk.unsynced());
    look(&world, seen, call, &what);
}

fn dice(seed: usize) -> impl FnMut(usize) -> usize {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ ((seed as u64 + 1) << 20);
    move |n| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    }
}

/// Cuts the power before every sync of a run, and after it; when not long, at every `step`-th.
fn at_every_sync(
    world: &World,
    seen: &Before,
    disk: &mut Disk,
    run: &[Traced],
    call: Call,
    step: usize,
) -> usize {
    let (step, parts) = if long() { (1, 4) } else { (step, 1) };
    let (mut syncs, mut cuts) = (0, 0);
    for (at, traced) in run.iter().enumerate() {
        if traced.call.ends_with("sync") {
            syncs += 1;
            if syncs % step == 0 {
                let what = format!("{:?}, {call:?}: power cut before sync {syncs}", world.kind);
                cut(world, seen, disk, Cut::Worst, call, &what);
                for part in 0..parts {
                    let mut dice = dice(at * 8 + part);
                    cut(world, seen, disk, Cut::Some(&mut dice), call, &what);
                }
                cuts += 1 + parts;
            }
        }
        disk.carry_out(traced);
    }
    let what = format!("{:?}, {call:?}: power cut after the end", world.kind);
    cut(world, seen, disk, Cut::Worst, call, &what);
    cuts + 1
}

/// A run that comes to its end, with the power cut at its syncs.
fn whole(kind: Kind, step: usize) {
    if !permitted() {
        return;
    }
    for call in [Call::Whole, Call::Recover, Call::Replay, Call::Publish] {
        let world = World::new(kind, Db::Sqlite, Db::Sqlite, Vec::new());
        prepare(&world, call);
        let seen = before(&world);
        let mut disk = Disk::of(&world.org.place.dir);
        let run = traced(&world, call, None);
        let cuts = at_every_sync(&world, &seen, &mut disk, &run, call, step);
        // When a command has ended well, what it did stays done.
        let folder = folder();
        disk.cut(Cut::Worst, folder.path());
        let after = world.at(folder.path());
        assert_eq!(after.records(), world.records(), "{kind:?}, {call:?}");
        assert_eq!(after.org.entries(), world.org.entries(), "{kind:?}, {call:?}");
        let heads = [&after, &world].map(|w| w.org.tiles().checkpoint().unwrap());
        assert_eq!(heads[0], heads[1], "{kind:?}, {call:?}");
        println!("{kind:?}, {call:?}: {cuts} power cuts");
    }
}

/// First the process dies, then another goes on, and then the power fails: what the first one had
/// not synced is still not on disk, though the second one sees it. It dies before a sync, where
/// that matters most; when not long, before every `step`-th.
fn after_a_kill(kind: Kind, step: usize) {
    if !permitted() {
        return;
    }
    let first = World::new(kind, Db::Sqlite, Db::Sqlite, Vec::new());
    let world = first.copy();
    let syncs = traced(&world, Call::Whole, None).iter().filter(|t| t.call == "fsync").count();
    let mut cuts = 0;
    for n in (1..=syncs).step_by(if long() { 1 } else { step }) {
        let world = first.copy();
        let seen = before(&world);
        let mut disk = Disk::of(&world.org.place.dir);
        let died = traced(&world, Call::Whole, Some(("fsync", n)));
        died.iter().for_each(|t| disk.carry_out(t));
        // Its turn runs out. Nobody but a child may touch the files, or the model would not know.
        world.org.clock.step(200);
        for call in [Call::Recover, Call::Publish] {
            let run = traced(&world, call, None);
            run.iter().for_each(|t| disk.carry_out(t));
            let what = format!("{kind:?}: killed at sync {n}, {call:?}, power cut");
            cut(&world, &seen, &disk, Cut::Worst, Call::Whole, &what);
            cuts += 1;
        }
    }
    println!("{kind:?}: {cuts} power cuts after a kill and a recovery");
}

#[test]
fn sqlite() {
    whole(Kind::Tables, 12);
}

#[test]
fn sqlite_without_wal() {
    whole(Kind::Journal, 12);
}

#[test]
fn files() {
    whole(Kind::Files, 12);
}

#[test]
fn killed_and_then_without_power() {
    for kind in [Kind::Tables, Kind::Journal, Kind::Files] {
        after_a_kill(kind, 9);
    }
}
