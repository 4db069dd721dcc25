//! The gate: while a batch is at it, no hold is added, no revision made live, no turn taken.

use std::sync::mpsc;
use std::time::Duration;

use frist_state::{Error, NewHold, Revision, Scope};

use crate::kit::{Kit, both, entry, lease, minute, now};

both! { who_would_change_what_a_batch_is_tested_against_waits a_lost_lease_does_not_pass
what_waits_too_long_says_so }

fn hold(id: &str) -> NewHold {
    NewHold {
        id: id.into(),
        matter: "a claim".into(),
        reason: "a court".into(),
        dataset: None,
        scope: Scope::All,
        owner: "ida".into(),
        created_at: now(),
        review_at: None,
        ends_at: None,
        viewers: Vec::new(),
    }
}

fn who_would_change_what_a_batch_is_tested_against_waits(kit: &Kit) {
    let mut state = kit.open();
    let lease = lease(&mut state);
    let (told, tells) = mpsc::channel();
    std::thread::scope(|threads| {
        let gate = state.at_gate(&lease, now(), |gate| {
            for what in ["hold", "revision", "turn"] {
                let mut other = kit.open();
                let told = told.clone();
                threads.spawn(move || {
                    match what {
                        "hold" => drop(other.add_hold(&hold("h"), &entry("h")).unwrap()),
                        "revision" => {
                            let revision = Revision {
                                hash: "r2".into(),
                                text: "text".into(),
                                made_live_at: now(),
                                by: "ida".into(),
                            };
                            other.make_live(&revision, &entry("r")).map(drop).unwrap();
                        }
                        _ => {
                            let later = now() + minute() * 2;
                            other.acquire("sweep", "other", minute(), later).map(drop).unwrap();
                        }
                    }
                    told.send(what).unwrap();
                });
            }
            let early = tells.recv_timeout(Duration::from_millis(400));
            assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout), "nobody passes");
            // Who only looks does not wait.
            assert_eq!(kit.open().all_holds().unwrap(), []);
            gate.clone()
        });
        assert_eq!((gate.as_ref().unwrap().holds.len(), gate.unwrap().live), (0, None));
        let mut after: Vec<&str> = (0..3).map(|_| tells.recv().unwrap()).collect();
        after.sort_unstable();
        assert_eq!(after, ["hold", "revision", "turn"]);
    });
    let other = state.lease("sweep", now()).unwrap();
    let lease = other.unwrap_or(lease);
    let gate = state.at_gate(&lease, now(), Clone::clone).unwrap();
    assert_eq!((gate.holds.len(), gate.live.as_deref()), (1, Some("r2")));
}

fn a_lost_lease_does_not_pass(kit: &Kit) {
    let mut state = kit.open();
    let old = lease(&mut state);
    kit.raw("UPDATE lease SET until = 0");
    let lost = state.at_gate(&old, now(), |_| unreachable!("the work must not begin"));
    assert!(matches!(lost, Err(Error::LeaseLost { .. })));
    lease(&mut kit.open());
    let lost = state.at_gate(&old, now(), |_| unreachable!("the work must not begin"));
    assert!(matches!(lost, Err(Error::LeaseLost { .. })));
}

fn what_waits_too_long_says_so(kit: &Kit) {
    if std::env::var_os("FRIST_LONG").is_none() {
        return;
    }
    let mut state = kit.open();
    let lease = lease(&mut state);
    let refused = state
        .at_gate(&lease, now(), |_| kit.open().add_hold(&hold("h"), &entry("h")).err())
        .unwrap();
    assert!(matches!(refused, Some(Error::Locked { .. })), "{refused:?}");
    assert_eq!(state.all_holds().unwrap(), []);
}
