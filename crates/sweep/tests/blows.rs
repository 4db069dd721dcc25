//! Every command of Frist on every world: repeated, failing at any of its system calls, and killed
//! at any of them. Each time nothing is lost, nothing goes early, and the ledger tells exactly.
//!
//! The ordinary run takes a few system calls of each; `FRIST_LONG=1` takes all of them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use support::child::{Orders, ended, obey, orders, start_under};
use support::harness::{Call, before, caller, look, make, prepare};
use support::trace::{Blow, LEAVING, Strace, Traced, permitted};
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

/// Worlds of one kind, brought to where a call comes next: by copying where that is possible,
/// since preparing takes longer than all the rest.
struct Worlds {
    kind: Kind,
    store: Db,
    state: Db,
    call: Call,
    first: Option<World>,
    used: Vec<frist_testkit::TestDatabase>,
}

impl Worlds {
    fn new(kind: Kind, store: Db, state: Db, call: Call) -> Self {
        Self { kind, store, state, call, first: None, used: Vec::new() }
    }

    fn next(&mut self) -> World {
        let make = |used| {
            let world = World::new(self.kind, self.store, self.state, used);
            prepare(&world, self.call);
            world
        };
        if self.store == Db::Postgres || self.state == Db::Postgres {
            return make(std::mem::take(&mut self.used));
        }
        self.first.get_or_insert_with(|| make(Vec::new())).copy()
    }

    fn what(&self) -> String {
        format!("{:?} ({:?}, state {:?}), {:?}", self.kind, self.store, self.state, self.call)
    }
}

/// How often a call makes each of the system calls.
fn counted(worlds: &mut Worlds, calls: &[&str]) -> Vec<(String, usize)> {
    let world = worlds.next();
    let strace = Strace::record(&calls.join(","));
    let orders = Orders { call: worlds.call, ..Orders::default() };
    let child = start_under(Some(&strace), &world.org.place, &world.org.clock, orders);
    assert_eq!(ended(child), Ok(true), "{}", worlds.what());
    let traced = Traced::all(&strace.text());
    worlds.used = world.databases();
    let count = |name: &str| traced.iter().filter(|t| t.call == name).count();
    calls.iter().map(|c| ((*c).to_owned(), count(c))).filter(|(_, n)| *n > 0).collect()
}

/// Which of them to take: `want`, spread evenly over all calls of all kinds; all when long.
fn points(counts: &[(String, usize)], want: usize) -> Vec<(String, usize)> {
    let all: Vec<(String, usize)> =
        counts.iter().flat_map(|(c, n)| (1..=*n).map(move |at| (c.clone(), at))).collect();
    if long() || want >= all.len() {
        return all;
    }
    // Golden-section steps: not always the first call or the last.
    (0..want).map(|i| all[(i * all.len() + all.len() * 5 / 8) / want % all.len()].clone()).collect()
}

/// Lets a blow fall at `want` points of a call; how often it fell.
fn strike(worlds: &mut Worlds, blow: Blow, calls: &[&str], want: usize) -> usize {
    let counts = counted(worlds, calls);
    let mut fell = 0;
    for (name, n) in points(&counts, want) {
        let world = worlds.next();
        let seen = before(&world);
        let strace = Strace::blow(blow, &name, n);
        let orders = Orders { call: worlds.call, again: blow == Blow::Fail, ..Orders::default() };
        let child = start_under(Some(&strace), &world.org.place, &world.org.clock, orders);
        let what = format!("{}: {blow:?} at {name} {n}", worlds.what());
        let survived = ended(child).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(survived || blow == Blow::Kill, "{what}");
        fell += usize::from(!survived || strace.fell());
        // The child's clock went on too.
        world.org.clock.step(5);
        look(&world, &seen, worlds.call, &what);
        worlds.used = world.databases();
    }
    fell
}

/// The commands that the ordinary run takes; where a world is dear, only the one that erases.
fn some(want: usize) -> Vec<Call> {
    if want == 0 && !long() { vec![Call::Sweep] } else { Call::EACH.to_vec() }
}

fn struck(kind: Kind, store: Db, state: Db, blow: Blow, want: usize) {
    if !permitted() {
        return;
    }
    let calls: &[&str] = match blow {
        Blow::Kill => &LEAVING,
        // What a server answers can be lost too, after it has done its part.
        Blow::Fail => &[LEAVING.as_slice(), &["recvfrom"]].concat(),
    };
    for call in some(want) {
        let mut worlds = Worlds::new(kind, store, state, call);
        let fell = strike(&mut worlds, blow, calls, want.max(1));
        println!("{}: {fell} times {blow:?}", worlds.what());
        assert!(fell > 0, "{}: the blow never fell", worlds.what());
    }
}

/// The same call once more: nothing is done twice, and the ledger does not tell of it twice.
fn repeated(kind: Kind, store: Db, state: Db, want: usize) {
    let mut used = Vec::new();
    for call in some(want) {
        let mut worlds = Worlds { used, ..Worlds::new(kind, store, state, call) };
        let world = worlds.next();
        let seen = before(&world);
        let org = &world.org;
        make(call, &org.place, &org.clock, &mut caller(&world, call), &mut |_| ()).unwrap();
        let after = (world.records(), org.entries().len(), org.tiles().checkpoint().unwrap());
        let again = make(call, &org.place, &org.clock, &mut caller(&world, call), &mut |_| ());
        // Each replay is told of as a sweep that began and ended, also when it finds nothing.
        let entries = org.entries().len() - usize::from(call == Call::Replay);
        let then = (world.records(), entries, org.tiles().checkpoint().unwrap());
        assert_eq!(then, after, "{}: {again:?}", worlds.what());
        let refused = matches!(call, Call::Plan | Call::Approve | Call::Sweep);
        assert_eq!(again.is_err(), refused, "{}", worlds.what());
        look(&world, &seen, call, &worlds.what());
        used = world.databases();
    }
}

/// A file that goes and leaves its sidecar, or the other way round, at each of them.
#[test]
fn every_unlinking_of_a_file_fails_once() {
    if permitted() {
        for (call, unlinked) in [(Call::Sweep, 14), (Call::Replay, 8)] {
            let mut worlds = Worlds::new(Kind::Files, Db::Sqlite, Db::Sqlite, call);
            assert_eq!(strike(&mut worlds, Blow::Fail, &["unlinkat"], usize::MAX), unlinked);
        }
    }
}

macro_rules! worlds {
    ($($name:ident: $kind:ident, $store:ident, $state:ident, $want:literal;)*) => {$(
        mod $name {
            use super::*;
            #[test]
            fn repeated() {
                super::repeated(Kind::$kind, Db::$store, Db::$state, $want);
            }
            #[test]
            fn failing() {
                struck(Kind::$kind, Db::$store, Db::$state, Blow::Fail, $want);
            }
            #[test]
            fn killed() {
                struck(Kind::$kind, Db::$store, Db::$state, Blow::Kill, $want);
            }
        }
    )*};
}

worlds! {
    sqlite: Tables, Sqlite, Sqlite, 2;
    sqlite_without_wal: Journal, Sqlite, Sqlite, 1;
    sqlite_and_state_on_postgresql: Tables, Sqlite, Postgres, 0;
    postgresql: Tables, Postgres, Sqlite, 0;
    postgresql_and_its_state: Tables, Postgres, Postgres, 1;
    files: Files, Sqlite, Sqlite, 2;
    files_and_state_on_postgresql: Files, Sqlite, Postgres, 0;
    anonymised: Anonymised, Sqlite, Sqlite, 1;
    anonymised_on_postgresql: Anonymised, Postgres, Postgres, 0;
    partitions: Partitions, Postgres, Sqlite, 0;
}
