//! Killed at every step, and at any moment: nothing is lost that was not due, everything that went
//! is in the ledger exactly once, and the next sweep is green.
//!
//! A child process runs a whole sweep and kills itself (SIGKILL) at the n-th step, for each n until
//! one survives; the parent then recovers and looks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use frist_ledger::RecordKey;
use frist_state::{Scope, State};
use frist_sweep::Step;
use frist_testkit::TestDatabase;
use support::child::{Orders, obey, orders, start, survived};
use support::*;

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    if let Some((place, clock, orders)) = orders() {
        obey(&place, &clock, orders, &mut |_| ()).unwrap();
    }
}

/// What is there, behind Frist's back: `dataset/key` as in a locator.
type Records = BTreeSet<String>;

trait World {
    fn org(&self) -> &Org;
    /// Its databases, for the next world.
    fn databases(self: Box<Self>) -> Vec<TestDatabase>;
    fn records(&self) -> Records;
    /// Those of them that are kept.
    fn kept(&self) -> Records;
}

struct Tables(Org);

impl Tables {
    /// Seven persons to go in batches, one that is held, two that are not due; notes before them.
    fn new(store: Db, state: Db, batch: u64, used: Vec<TestDatabase>) -> Self {
        let rules =
            format!("{PERSONS}{NOTES}[[dataset.link]]\nto = \"persons\"\nby = \"person\"\n");
        let org = Org::again(store, state, &rules, used);
        org.register_with(&format!("batch = {batch}"), &rules);
        org.persons(1..=8, 800);
        org.persons(9..=10, 5);
        [(1, 1, 800), (2, 2, 900), (3, 9, 5)].into_iter().for_each(|(i, p, d)| org.note(i, p, d));
        org.hold("h", Scope::Key { key: "8".into() });
        Self(org)
    }
}

fn rows(org: &Org) -> Records {
    let of = |table: &str| {
        let place = format!("s/{table}/");
        org.ids(table).into_iter().map(move |id| format!("{place}{id}")).collect::<Vec<_>>()
    };
    of("person").into_iter().chain(of("note")).collect()
}

impl World for Tables {
    fn org(&self) -> &Org {
        &self.0
    }
    fn records(&self) -> Records {
        rows(&self.0)
    }
    fn kept(&self) -> Records {
        // The hold on a key says nothing about which data set, and no note has that key.
        ["s/person/8", "s/person/9", "s/person/10", "s/note/3"].map(str::to_owned).into()
    }
    fn databases(self: Box<Self>) -> Vec<TestDatabase> {
        self.0.databases()
    }
}

struct Files(Org);

impl Files {
    fn new() -> Self {
        let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
        let text = "[controller]\nname = \"A\"\n[[store]]\nid = \"f\"\nkind = \"files\"\nroot = \"root\"\nbatch = 3\n\
             [[activity]]\nid = \"a\"\ntitle = { en = \"A\" }\n\
             [[activity.purpose]]\nid = \"p\"\ntext = { en = \"service\" }\nbasis = \"6(1)(b)\"\n"
            .to_owned()
            + &PERSONS.replace("s/person", "f/in/{n}.txt").replace("\"id\" }", "\"n\" }");
        let reading = frist_register::Register::read(&[("register.toml", &text)]);
        assert_eq!(reading.diagnostics, []);
        std::fs::write(org.place.dir.join("register.toml"), text).unwrap();
        let folder = org.place.dir.join("root/in");
        std::fs::create_dir_all(&folder).unwrap();
        for id in 1..=9 {
            let ended = org.ago(if id < 8 { 800 } else { 5 });
            let beside = format!("{{\"ended\":\"{ended}\"}}");
            std::fs::write(folder.join(format!("{id}.txt.json")), beside).unwrap();
            std::fs::write(folder.join(format!("{id}.txt")), format!("Person {id}")).unwrap();
        }
        Self(org)
    }
}

impl World for Files {
    fn org(&self) -> &Org {
        &self.0
    }
    fn databases(self: Box<Self>) -> Vec<TestDatabase> {
        Vec::new()
    }
    fn records(&self) -> Records {
        let folder = self.0.place.dir.join("root/in");
        let names = std::fs::read_dir(folder).unwrap();
        names
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.ends_with(".txt"))
            .map(|n| format!("f/in/{{n}}.txt/in/{n}"))
            .collect()
    }
    fn kept(&self) -> Records {
        ["8", "9"].map(|n| format!("f/in/{{n}}.txt/in/{n}.txt")).into()
    }
}

/// How often the ledger tells of a record.
fn told(state: &mut State, locator: &str) -> usize {
    let leaf = RecordKey::new([7; 32]).leaf(locator.as_bytes());
    state.find_record(&leaf).unwrap().len()
}

/// The keys of the sweeps that are under way; none on PostgreSQL, where the server has them.
fn sweep_keys(org: &Org) -> Vec<Vec<u8>> {
    if org.place.state.is_some() {
        return Vec::new();
    }
    let db = rusqlite::Connection::open(org.place.dir.join("state.sqlite")).unwrap();
    let mut statement = db.prepare("SELECT key FROM sweep_key").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(|k| k.unwrap()).collect()
}

/// After the child was killed: what is left is finished, told once, and nothing else is touched.
fn recover_and_look(world: &dyn World, all: &Records, what: &str) {
    let org = world.org();
    let kept = world.kept();
    let left = world.records();
    assert!(kept.is_subset(&left), "{what}: a record went that was not due");
    let entries = org.entries();
    let gone = all.len() - left.len();
    let known: u64 = disposed(&entries).values().sum();
    assert!(known as usize <= gone, "{what}: the ledger tells of {known}, and {gone} went");
    let keys = sweep_keys(org);

    org.clock.step(200);
    if let Some(url) = &org.place.state {
        // This lease runs by the server's clock, which cannot be set; `turns.rs` waits for it.
        connect(url).batch_execute("UPDATE frist.lease SET until = 0").unwrap();
    }
    let mut engine = org.engine();
    let (recovered, open) = engine.recover(&mut |_| ()).unwrap();
    assert_eq!(open, [], "{what}");
    assert!(recovered.len() <= 1, "{what}: one batch is under way at a time");
    let left = world.records();
    assert!(kept.is_subset(&left), "{what}: recovery took a record that was not due");
    for record in all {
        let expected = usize::from(!left.contains(record));
        assert_eq!(told(&mut engine.state, record), expected, "{what}: {record}");
    }
    let sum: u64 = disposed(&org.entries()).values().sum();
    assert_eq!(sum as usize, all.len() - left.len(), "{what}");
    assert!(engine.state.open_batches().unwrap().is_empty(), "{what}");
    assert!(engine.state.running_sweeps().unwrap().is_empty(), "{what}");
    for key in keys {
        let there = std::fs::read_dir(&org.place.dir).unwrap().any(|f| {
            let path = f.unwrap().path();
            path.file_name().unwrap().to_str().unwrap().starts_with("state.sqlite")
                && contains(&path, &key)
        });
        assert!(!there, "{what}: the key of a sweep that is over can still be read");
    }
    // Nothing is left to recover.
    assert!(engine.recover(&mut |_| ()).unwrap().0.is_empty(), "{what}");

    org.clock.step(1);
    let report = sweep(org);
    assert!(report.green(), "{what}: {:?}", report.findings);
    assert_eq!(world.records(), kept, "{what}");
    for record in all {
        let expected = usize::from(!kept.contains(record));
        assert_eq!(told(&mut engine.state, record), expected, "{what}: {record}");
    }
    let key = signer();
    let mut engine = org.engine();
    engine.publish(&org.tiles(), &key).unwrap();
    let mut evidence = Vec::new();
    engine.evidence(&mut evidence).unwrap();
    let proven = frist_ledger::verify_evidence(&evidence[..], &[key.verifier()], None).unwrap();
    assert_eq!(proven.records() as usize, all.len() - kept.len(), "{what}");
}

/// Kills a child at each step.
fn at_every_step(world: impl Fn(Vec<TestDatabase>) -> Box<dyn World>) -> usize {
    let mut used = Vec::new();
    for n in 1.. {
        let world = world(used);
        let all = world.records();
        let orders = Orders { die_at: Some(n), turn_ms: None };
        let org = world.org();
        if survived(start(&org.place, &org.clock, orders)) {
            assert_eq!(world.records(), world.kept());
            return n - 1;
        }
        recover_and_look(world.as_ref(), &all, &format!("killed at step {n}"));
        used = world.databases();
    }
    unreachable!()
}

#[test]
fn sqlite_at_every_step() {
    let steps = at_every_step(|used| Box::new(Tables::new(Db::Sqlite, Db::Sqlite, 3, used)));
    // Two data sets examined, planned, begun, two turns of 1 + 3 batches, finished.
    assert_eq!(steps, 2 + 2 + (1 + 3 + 2) + (1 + 3 * 3 + 2) + 1);
}

#[test]
fn postgresql_at_every_step() {
    assert_eq!(at_every_step(|used| Box::new(Tables::new(Db::Postgres, Db::Sqlite, 3, used))), 23);
}

#[test]
fn postgresql_and_its_state_at_every_step() {
    let steps = at_every_step(|used| Box::new(Tables::new(Db::Postgres, Db::Postgres, 10, used)));
    assert_eq!(steps, 2 + 2 + 2 * (1 + 3 + 2) + 1);
}

#[test]
fn files_at_every_step() {
    assert_eq!(at_every_step(|_| Box::new(Files::new())), 1 + 2 + (1 + 3 * 3 + 2) + 1);
}

/// A half-finished file: unlinked, but its sidecar is still there.
#[test]
fn a_file_without_its_sidecar_is_finished_too() {
    let world = Files::new();
    let (org, all) = (world.org(), world.records());
    let folder = org.place.dir.join("root/in");
    // Steps: examined, planned, begun, its turn, and the first batch is journaled.
    let orders = Orders { die_at: Some(5), turn_ms: None };
    assert!(!survived(start(&org.place, &org.clock, orders)));
    std::fs::remove_file(folder.join("1.txt")).unwrap();
    recover_and_look(&world, &all, "between a file and its sidecar");
    assert!(!folder.join("1.txt.json").exists());
}

/// Killed by another at any moment, again and again: 24 times, or 1,000 with `FRIST_LONG=1`.
#[test]
fn at_any_moment() {
    let rounds = if std::env::var_os("FRIST_LONG").is_some() { 1_000 } else { 24 };
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    // Many small batches, so that a kill seldom falls outside of one.
    org.register_with("batch = 1", PERSONS);
    org.persons(1..=3, 5);
    let (mut dice, mut inserted, mut killed, mut span) = (0x2545_f491_4f6c_dd1d_u64, 0, 0, 300);
    for round in 0..rounds {
        let first = 10 + 100 * round;
        org.persons(first..=first + 39, 800);
        inserted += 40;
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let mut child = start(&org.place, &org.clock, Orders::default());
        std::thread::sleep(Duration::from_millis(dice % span));
        child.kill().unwrap();
        match survived(child) {
            // As long as a child lives, more or less, on this machine.
            true => span = (span - span / 10).max(20),
            false => {
                killed += 1;
                span += span / 10;
            }
        }
        let what = format!("round {round}");
        let gone = || inserted + 3 - org.rows("person");
        assert!(org.ledger("persons") <= gone(), "{what}");
        org.clock.step(200);
        let (_, open) = org.engine().recover(&mut |_| ()).unwrap();
        assert_eq!(open, [], "{what}");
        assert_eq!(org.ledger("persons"), gone(), "{what}");
        assert_eq!(sweep_keys(&org), [[0_u8; 0]; 0], "{what}");
        assert!(org.ids("person").starts_with(&[1, 2, 3]), "{what}");
        org.engine().publish(&org.tiles(), &signer()).unwrap();
    }
    assert!(killed >= rounds / 4, "{killed} of {rounds} were killed in time");
    assert!(sweep(&org).green());
    assert_eq!(org.ids("person"), [1, 2, 3]);
    assert_eq!(org.ledger("persons"), inserted);
    org.tiles().verify(&[signer().verifier()], None).unwrap();
}

/// The process does not die, but the step after the erasure fails: the journal stays, and the next
/// one accounts for what went.
#[test]
fn frists_own_database_fails_right_after_the_erasure() {
    let world = Tables::new(Db::Sqlite, Db::Sqlite, 3, Vec::new());
    let (org, all) = (world.org(), world.records());
    let file = org.place.dir.join("state.sqlite");
    let fault = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let failed = engine.sweep(&plan.id, &mut |step| {
        if matches!(step, Step::Disposed { dataset: "persons", .. }) {
            fault(
                "CREATE TRIGGER IF NOT EXISTS no BEFORE INSERT ON subtree
                 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            );
        }
    });
    assert!(failed.is_err());
    fault("DROP TRIGGER no");
    recover_and_look(&world, &all, "a full disk");
}
