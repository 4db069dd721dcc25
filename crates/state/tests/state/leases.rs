//! Leases: one at a time, also between processes, and a holder that lost its turn is stopped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use frist_state::{Error, Lease, Location, Outcome, State};
use jiff::SignedDuration;

use crate::kit::{Kit, batch, both, confirm, erased, lease, leaves, minute, now, sweep_entry};
use crate::ledger::check_edge;

both! { a_lease_has_one_holder_and_a_growing_fence a_lost_lease_stops_every_step
processes_take_turns a_killed_process_is_recovered_by_another }

fn a_lease_has_one_holder_and_a_growing_fence(kit: &Kit) {
    let (mut one, mut two) = (kit.open(), kit.open());
    let mut first = one.acquire("sweep", "one", minute(), now()).unwrap().unwrap();
    assert_eq!(two.acquire("sweep", "two", minute(), now()).unwrap(), None);
    assert_eq!(
        two.acquire("sweep", "one", minute(), now()).unwrap(),
        None,
        "same name, other process"
    );
    assert!(two.acquire("publish", "two", minute(), now()).unwrap().is_some(), "another lease");
    assert_eq!(two.lease("sweep", now()).unwrap(), Some(first.clone()));

    let until = first.until;
    one.renew(&mut first, minute() * 2, now()).unwrap();
    assert!(first.until > until);
    one.release(&first).unwrap();
    assert_eq!(two.lease("sweep", now()).unwrap(), None);
    let second = two.acquire("sweep", "two", minute(), now()).unwrap().unwrap();
    assert_eq!(second.fence, first.fence + 1);
    // The first holder can neither renew nor give away what is another's now.
    assert!(matches!(one.renew(&mut first, minute(), now()), Err(Error::LeaseLost { .. })));
    one.release(&first).unwrap();
    assert_eq!(one.lease("sweep", now()).unwrap(), Some(second));
}

fn a_lost_lease_stops_every_step(kit: &Kit) {
    let mut state = kit.open();
    let mut old = state.acquire("sweep", "one", minute(), now()).unwrap().unwrap();
    let sweep = state.begin_sweep(&old, None, "r1", now()).unwrap();
    let id = state.intent(&mut old, minute(), sweep, batch(b"keys"), now()).unwrap();
    // As if the minute had passed.
    kit.raw(&format!("UPDATE lease SET until = {}", (now() - minute()).as_microsecond()));
    let tree = leaves("a", 2);
    let entry = erased(&tree);
    // First it has only run out, then somebody else has it.
    let mut other = kit.open();
    let mut new = None;
    for _ in 0..2 {
        let lost = [
            state.renew(&mut old, minute(), now()).err(),
            state.begin_sweep(&old, None, "r1", now()).err(),
            state.intent(&mut old, minute(), sweep, batch(b"more"), now()).err(),
            state.confirm(&old, id, &confirm(&entry, &tree), now()).err(),
            state.confirm_nothing(&old, id, now()).err(),
            state.finish_sweep(&old, sweep, Outcome::Aborted, &sweep_entry(), now()).err(),
        ];
        for error in lost {
            assert!(matches!(error, Some(Error::LeaseLost { .. })), "{error:?}");
        }
        new = new.or_else(|| other.acquire("sweep", "two", minute(), now()).unwrap());
    }
    let new: Lease = new.expect("it had run out");
    assert_eq!(state.size().unwrap(), 0);
    assert_eq!(state.open_batches().unwrap().len(), 1);
    other.confirm(&new, id, &confirm(&entry, &tree), now()).unwrap();
    other.finish_sweep(&new, sweep, Outcome::Aborted, &sweep_entry(), now()).unwrap();
    check_edge(&mut other);
}

const LOCATION: &str = "FRIST_STATE_TEST_LOCATION";
const TURNS: u64 = 5;

/// Starts this test program again, as another process at the same database.
fn start(kit: &Kit, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", role, "--nocapture"])
        .env(LOCATION, kit.text())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The database of the process that started this one; none when run as a test like the others.
fn inherited() -> Option<State> {
    let text = std::env::var(LOCATION).ok()?;
    Some(State::open(&Location::parse(&text).unwrap()).unwrap())
}

/// Not a test of its own: a process that takes its turns at sweeping.
#[test]
fn role_sweeper() {
    let Some(mut state) = inherited() else { return };
    let holder = std::process::id().to_string();
    let tree = leaves("a", 2);
    for _ in 0..TURNS {
        let mut lease = loop {
            match state.acquire("sweep", &holder, minute(), now()).unwrap() {
                Some(lease) => break lease,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
        let running = state.running_sweeps().unwrap();
        assert_eq!(running.len(), 1, "two processes sweep at the same time");
        let id = state.intent(&mut lease, minute(), sweep, batch(b"keys"), now()).unwrap();
        state.confirm(&lease, id, &confirm(&erased(&tree), &tree), now()).unwrap();
        state.finish_sweep(&lease, sweep, Outcome::Finished, &sweep_entry(), now()).unwrap();
        state.release(&lease).unwrap();
    }
}

fn processes_take_turns(kit: &Kit) {
    let mut state = kit.open();
    let children: Vec<_> = (0..2).map(|_| start(kit, "leases::role_sweeper")).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(state.size().unwrap(), 2 * TURNS * 2);
    check_edge(&mut state);
    assert_eq!(lease(&mut state).fence, 2 * TURNS as i64 + 1);
}

/// Not a test of its own: a process that is killed between intent and confirm.
#[test]
fn role_victim() {
    let Some(mut state) = inherited() else { return };
    let ttl = SignedDuration::from_secs(3);
    let mut lease = state.acquire("sweep", "victim", ttl, now()).unwrap().unwrap();
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    state.intent(&mut lease, minute(), sweep, batch(b"the keys"), now()).unwrap();
    println!("\njournaled");
    std::thread::sleep(Duration::from_secs(60));
}

fn a_killed_process_is_recovered_by_another(kit: &Kit) {
    let mut state = kit.open();
    let mut victim = start(kit, "leases::role_victim");
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "journaled"), "the victim must get so far");
    assert_eq!(state.acquire("sweep", "heir", minute(), now()).unwrap(), None);
    victim.kill().unwrap();
    victim.wait().unwrap();
    let lease = loop {
        match state.acquire("sweep", "heir", minute(), now()).unwrap() {
            Some(lease) => break lease,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(lease.fence, 2);
    let sweep = state.running_sweeps().unwrap()[0].id;
    let open = state.open_batches().unwrap();
    assert_eq!(open[0].keys.as_slice(), b"the keys");
    let tree = leaves("a", 2);
    state.confirm(&lease, open[0].id, &confirm(&erased(&tree), &tree), now()).unwrap();
    state.finish_sweep(&lease, sweep, Outcome::Aborted, &sweep_entry(), now()).unwrap();
    assert!(state.running_sweeps().unwrap().is_empty());
    check_edge(&mut state);
}
