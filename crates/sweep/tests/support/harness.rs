//! The harness: takes any command of Frist on any world, and looks afterwards whether anything was
//! lost, erased early, told without being erased or erased without being told.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use frist_ledger::RecordKey;
use frist_ledger::entry::Kind as EntryKind;
use frist_state::State;
use frist_sweep::{Engine, Options, Result, Step};
use jiff::Timestamp;

use super::worlds::{Records, World};
use super::{Clock, Place, connect, contains, engine, signer};

/// What is repeated, fails or is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Call {
    /// All of it: plan, approve, sweep, publish.
    #[default]
    Whole,
    Plan,
    Approve,
    Sweep,
    Recover,
    Replay,
    Publish,
    /// What requests were granted; on no world, see `granted.rs`.
    Granted,
    /// The same of two data sets, in one step.
    Together,
}

impl Call {
    pub const EACH: [Self; 6] =
        [Self::Plan, Self::Approve, Self::Sweep, Self::Recover, Self::Replay, Self::Publish];

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str) -> Self {
        let mut all = Self::EACH.into_iter().chain([Self::Whole, Self::Granted, Self::Together]);
        all.find(|c| c.name() == name).unwrap()
    }

    /// Plans are approved by another person.
    pub fn operator(self) -> &'static str {
        if self == Self::Approve { "bo" } else { "ida" }
    }
}

/// The newest plan.
fn newest(state: &mut State) -> Result<String> {
    Ok(state.plans(1)?.remove(0).plan.id)
}

/// Runs a call.
pub fn make(
    call: Call,
    place: &Place,
    clock: &Clock,
    engine: &mut Engine,
    seen: &mut dyn FnMut(Step<'_>),
) -> Result<()> {
    let mut plain = |step: Step<'_>| {
        if step == Step::Began {
            note_key(place);
        }
        seen(step);
    };
    match call {
        Call::Whole => {
            let plan = engine.examine(&Options::default(), &mut plain)?;
            engine.propose(&plan, &mut plain)?;
            if !plan.trips.is_empty() {
                super::try_engine(place, clock, "bo")?.approve(&plan.id)?;
            }
            engine.sweep(&plan.id, &mut plain)?;
            publish(place, engine)
        }
        Call::Plan => {
            let plan = engine.examine(&Options::default(), &mut plain)?;
            engine.propose(&plan, &mut plain)
        }
        Call::Approve => {
            let id = newest(&mut engine.state)?;
            engine.approve(&id)
        }
        Call::Sweep => {
            let id = newest(&mut engine.state)?;
            engine.sweep(&id, &mut plain).map(drop)
        }
        Call::Recover => engine.recover(&mut plain).map(drop),
        Call::Replay => engine.replay(since(place), false, &mut plain).map(drop),
        Call::Publish => publish(place, engine),
        Call::Granted => engine.carry_out(&super::grants(), &mut plain).map(drop),
        Call::Together => engine.carry_out(&super::grants_together(), &mut plain).map(drop),
    }
}

fn publish(place: &Place, engine: &mut Engine) -> Result<()> {
    let tiles = frist_ledger::Tiles::new(place.dir.join("ledger"));
    engine.publish(&tiles, &signer()).map(drop)
}

/// What an operator does after a call failed: the same command once more, which for a sweep makes
/// a plan anew.
pub fn again(call: Call, place: &Place, clock: &Clock, engine: &mut Engine) -> Result<()> {
    later(place, clock);
    match call {
        Call::Approve => {
            let id = newest(&mut engine.state)?;
            // It may have gone through, and only the answer was lost.
            match engine.state.approvals(&id)?.is_empty() {
                true => engine.approve(&id),
                false => Ok(()),
            }
        }
        Call::Sweep => make(Call::Whole, place, clock, engine, &mut |_| ()),
        _ => make(call, place, clock, engine, &mut |_| ()),
    }
}

/// After a dead process's turn has run out; `turns.rs` waits for that.
pub fn later(place: &Place, clock: &Clock) {
    clock.step(1);
    // Before the first call there is no such table.
    match &place.state {
        Some(url) => drop(connect(url).batch_execute("UPDATE frist.lease SET until = 0")),
        None => {
            let db = rusqlite::Connection::open(place.dir.join("state.sqlite")).unwrap();
            drop(db.execute_batch("UPDATE lease SET until = 0"));
        }
    }
}

fn since(place: &Place) -> Timestamp {
    std::fs::read_to_string(place.dir.join("since")).unwrap().parse().unwrap()
}

/// Brings a world to where the call comes next.
pub fn prepare(world: &World, call: Call) {
    let org = &world.org;
    let run = |call: Call, seen: &mut dyn FnMut(Step<'_>)| {
        let mut engine = org.engine_of(call.operator());
        make(call, &org.place, &org.clock, &mut engine, seen).unwrap();
    };
    match call {
        Call::Whole | Call::Plan | Call::Granted | Call::Together => {}
        Call::Approve => run(Call::Plan, &mut |_| ()),
        Call::Sweep | Call::Recover => {
            run(Call::Plan, &mut |_| ());
            run(Call::Approve, &mut |_| ());
        }
        Call::Replay => run(Call::Whole, &mut |_| ()),
        Call::Publish => {
            if org.place.state.is_none() {
                // So that a full tile is written, and its partial form goes.
                run(Call::Publish, &mut |_| ());
                let mut state = org.state();
                let revision = frist_ledger::Hash([1; 32]);
                let by = frist_ledger::Id::new("ida").unwrap();
                for _ in state.size().unwrap()..252 {
                    let kind = EntryKind::Register { revision, by: by.clone() };
                    let entry = frist_ledger::Entry::new(org.clock.now(), kind);
                    state.append(&entry).unwrap();
                }
                drop(state);
                run(Call::Publish, &mut |_| ());
            }
            [Call::Plan, Call::Approve, Call::Sweep].into_iter().for_each(|c| run(c, &mut |_| ()));
        }
    }
    org.clock.step(1);
    match call {
        Call::Recover => {
            // As if killed when the store has erased the first batch of persons.
            let ended = catch_unwind(AssertUnwindSafe(|| {
                run(Call::Sweep, &mut |step| {
                    if matches!(step, Step::Disposed { dataset: "persons", .. }) {
                        resume_unwind(Box::new("as if killed"));
                    }
                });
            }));
            assert!(ended.is_err());
            later(&org.place, &org.clock);
        }
        Call::Replay => {
            let since = world.restore();
            std::fs::write(org.place.dir.join("since"), since.to_string()).unwrap();
        }
        _ => {}
    }
}

/// How often the ledger tells of a record.
fn told(state: &mut State, locator: &str) -> usize {
    let leaf = RecordKey::new([7; 32]).leaf(locator.as_bytes());
    state.find_record(&leaf).unwrap().len()
}

/// What there was before a call.
pub struct Before {
    there: Records,
    told: BTreeMap<String, usize>,
    keys: Vec<Vec<u8>>,
}

pub fn before(world: &World) -> Before {
    let there = world.records();
    let mut state = world.org.state();
    let told = there.iter().map(|r| (r.clone(), told(&mut state, r))).collect();
    drop(state);
    Before { there, told, keys: sweep_keys(&world.org.place) }
}

/// What recovery found; for the figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub began: bool,
    pub open: usize,
    pub gone: usize,
    pub recovered: usize,
}

/// After a call was killed, or failed and was repeated: recovers, looks, and goes on to the end.
/// Whatever is broken fails the test.
pub fn look(world: &World, before: &Before, call: Call, what: &str) -> Seen {
    let org = &world.org;
    let kept = world.kept();
    let left = world.records();
    assert!(kept.is_subset(&left), "{what}: a record went that was not due");
    let mut seen = Seen { gone: before.there.difference(&left).count(), ..Seen::default() };
    let mut state = org.state();
    for record in &before.there {
        let more = told(&mut state, record) - before.told[record];
        let gone = usize::from(!left.contains(record));
        assert!(more <= gone, "{what}: the ledger tells of {record}, which is there");
    }
    seen.open = state.open_batches().unwrap().len();
    seen.began = !state.running_sweeps().unwrap().is_empty();
    drop(state);
    let mut keys = before.keys.clone();
    keys.extend(noted_keys(&org.place));
    keys.extend(sweep_keys(&org.place));

    later(&org.place, &org.clock);
    let mut engine = org.engine();
    let (recovered, open) = engine.recover(&mut |_| ()).unwrap();
    seen.recovered = recovered.len();
    let open: Vec<_> = open.iter().filter(|f| f.code != "replay-interrupted").collect();
    assert!(open.is_empty(), "{what}: {open:?}");
    assert!(recovered.len() <= 1, "{what}: one batch is under way at a time");
    let left = world.records();
    assert!(kept.is_subset(&left), "{what}: recovery took a record that was not due");
    exactly(&mut engine.state, before, &left, what);
    assert!(engine.state.open_batches().unwrap().is_empty(), "{what}");
    assert!(engine.state.running_sweeps().unwrap().is_empty(), "{what}");
    destroyed(&org.place, &keys, what);
    // Nothing is left to recover.
    let size = engine.state.size().unwrap();
    assert!(engine.recover(&mut |_| ()).unwrap().0.is_empty(), "{what}");
    assert_eq!(engine.state.size().unwrap(), size, "{what}");

    // The command that was interrupted, and then the next sweep.
    let mut engine = caller(world, call);
    again(call, &org.place, &org.clock, &mut engine).unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut engine = org.engine();
    org.clock.step(1);
    let plan = super::plan(&mut engine);
    let report = super::carry_out(org, &mut engine, &plan).unwrap();
    assert!(report.green(), "{what}: {:?}", report.findings);
    assert_eq!(world.records(), kept, "{what}");
    assert_eq!(world.remains(), 0, "{what}: something is left beside erased records");
    exactly(&mut engine.state, before, &kept, what);
    destroyed(&org.place, &noted_keys(&org.place), what);
    let key = signer();
    engine.publish(&org.tiles(), &key).unwrap_or_else(|e| panic!("{what}: {e}"));
    org.tiles().verify(&[key.verifier()], None).unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut evidence = Vec::new();
    engine.evidence(&mut evidence).unwrap();
    let proven = frist_ledger::verify_evidence(&evidence[..], &[key.verifier()], None)
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let counted: u64 = super::disposed(&org.entries()).values().sum();
    assert_eq!(proven.records(), counted, "{what}");
    seen
}

/// Each record that went is told of once, and no other.
fn exactly(state: &mut State, before: &Before, left: &Records, what: &str) {
    let told_now = before.there.iter().map(|r| (r, told(state, r)));
    for (record, now) in told_now {
        let expected = before.told[record] + usize::from(!left.contains(record));
        assert_eq!(now, expected, "{what}: {record}");
    }
}

/// The keys of the sweeps that are under way.
pub fn sweep_keys(place: &Place) -> Vec<Vec<u8>> {
    let sql = "SELECT key FROM sweep_key";
    match &place.state {
        // Nothing was opened yet, where there is no table.
        Some(url) => connect(url)
            .query("SELECT key FROM frist.sweep_key", &[])
            .map_or(Vec::new(), |rows| rows.iter().map(|r| r.get(0)).collect()),
        None => {
            let db = rusqlite::Connection::open(place.dir.join("state.sqlite")).unwrap();
            let Ok(mut statement) = db.prepare(sql) else { return Vec::new() };
            statement.query_map([], |row| row.get(0)).unwrap().map(|k| k.unwrap()).collect()
        }
    }
}

/// Writes a sweep's key down for the parent, which may come after it was destroyed. Not on
/// PostgreSQL, where asking for it would be one more thing that can fail.
fn note_key(place: &Place) {
    if place.state.is_none() {
        for key in sweep_keys(place) {
            let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
            std::fs::write(place.dir.join(format!("key-{hex}")), "").unwrap();
        }
    }
}

/// Once they were looked for.
pub fn forget_keys(place: &Place) {
    for entry in std::fs::read_dir(&place.dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("key-") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

pub fn noted_keys(place: &Place) -> Vec<Vec<u8>> {
    let names = std::fs::read_dir(&place.dir).unwrap();
    let names = names.map(|e| e.unwrap().file_name().into_string().unwrap());
    let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    names
        .filter_map(|n| n.strip_prefix("key-").map(|h| h.as_bytes().chunks(2).map(byte).collect()))
        .collect()
}

/// The keys of sweeps that are over can nowhere be read: not in the database's files, not in its
/// write-ahead log, not in the table's file on the server.
pub fn destroyed(place: &Place, keys: &[Vec<u8>], what: &str) {
    for key in keys {
        let there = match &place.state {
            None => std::fs::read_dir(&place.dir).unwrap().any(|f| {
                let path = f.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("state.sqlite") && contains(&path, key)
            }),
            Some(url) => {
                let mut client = connect(url);
                client.batch_execute("CHECKPOINT").unwrap();
                let sql = "SELECT position($1::bytea IN
                    pg_read_binary_file(pg_relation_filepath('frist.sweep_key'))) > 0";
                client.query_one(sql, &[key]).unwrap().get(0)
            }
        };
        assert!(!there, "{what}: the key of a sweep that is over can still be read");
    }
}

/// The engine of whoever makes the call.
pub fn caller(world: &World, call: Call) -> Engine {
    engine(&world.org.place, &world.org.clock, call.operator())
}
