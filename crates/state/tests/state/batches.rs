//! Batches and sweeps: journaled, confirmed whole or not at all, and unreadable afterwards.

use frist_state::{
    BatchOutcome, BatchStatus, Confirm, Error, Lateness, NewBatch, NewReplay, Outcome, State,
    Swept, SweptDataset,
};

use crate::kit::{
    Kit, at, batch, both, confirm, contains, erased, id, lease, leaves, minute, now, sweep_entry,
};
use crate::ledger::check_edge;

both! { a_batch_is_journaled_recovered_and_confirmed a_failing_confirm_leaves_the_batch_open
keys_are_sealed_and_gone_after_the_sweep a_batch_is_closed_once
one_is_confirmed_and_the_next_journaled_or_neither several_are_journaled_and_confirmed_or_none
a_sweep_with_open_batches_does_not_end sealed_keys_are_bound_to_their_batch
what_came_of_a_data_set_is_kept replay_sets_go_with_the_last_backup }

const KEYS: &[u8] = b"[\"the-record-of-Karen-Blixen\",\"the-record-of-Niels-Bohr\"]";

fn a_batch_is_journaled_recovered_and_confirmed(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let first = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let second = state.intent(&mut lease, minute(), sweep, batch(b""), now()).unwrap();
    drop(state);

    // As after a crash.
    let mut state = kit.open();
    let open = state.open_batches().unwrap();
    assert_eq!(open.iter().map(|batch| batch.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(open[0].keys.as_slice(), KEYS);
    assert_eq!((open[0].dataset.as_str(), open[0].action.as_str()), ("invoices", "erase"));
    assert_eq!((open[0].sweep, open[0].revision.as_str(), open[0].n), (sweep, "r1", 3));

    let tree = leaves("a", 2);
    let outcome = BatchOutcome {
        done: 2,
        not_due: 1,
        absent: 0,
        late: Lateness { p50: 5, p99: 60, max: 61 },
    };
    let entry = erased(&tree);
    let what = Confirm { outcome, entry: &entry, leaves: &tree, replay: None };
    let index = state.confirm(&lease, first, &what, now()).unwrap();
    state.confirm_nothing(&lease, second, now()).unwrap();
    assert!(state.open_batches().unwrap().is_empty());
    let kept = state.batches(sweep).unwrap();
    assert_eq!(kept[0].outcome, Some(outcome));
    assert_eq!((kept[0].status, kept[0].leaf), (BatchStatus::Confirmed, Some(index)));
    assert_eq!((kept[1].status, kept[1].leaf), (BatchStatus::Nothing, None));
    assert_eq!(state.batch(first).unwrap().as_ref(), Some(&kept[0]));
    check_edge(&mut state);

    let end = state.finish_sweep(&lease, sweep, Outcome::Finished, &sweep_entry(), now()).unwrap();
    assert_eq!(end, index + 1);
    assert!(state.running_sweeps().unwrap().is_empty());
    let error = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    check_edge(&mut state);
}

fn a_failing_confirm_leaves_the_batch_open(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let tree = leaves("a", 300);
    let entry = erased(&tree);
    let replay = NewReplay { hashes: &[1; 32], keep_until: now() };
    let what = Confirm { replay: Some(replay), ..confirm(&entry, &tree) };
    // The very last statement of the transaction fails.
    kit.raw("ALTER TABLE batch RENAME COLUMN late_max TO elsewhere");
    let error = state.confirm(&lease, id, &what, now()).unwrap_err();
    assert!(matches!(error, Error::Database { doing: "confirm a batch", .. }), "{error}");
    kit.raw("ALTER TABLE batch RENAME COLUMN elsewhere TO late_max");

    assert_eq!(state.open_batches().unwrap()[0].keys.as_slice(), KEYS);
    assert_eq!(state.size().unwrap(), 0);
    assert_eq!(state.subtree(0).unwrap(), None);
    assert!(state.replay_sets(at("2000-01-01T00:00:00Z")).unwrap().is_empty());
    check_edge(&mut state);
    state.confirm(&lease, id, &what, now()).unwrap();
    check_edge(&mut state);

    // A count or root that is not the leaves' is refused before anything.
    let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let error = state.confirm(&lease, id, &confirm(&entry, &leaves("b", 300)), now());
    assert!(matches!(error, Err(Error::Refused { .. })));
    assert_eq!(state.open_batches().unwrap().len(), 1);
}

/// The statements of one transaction fail one after the other, and nothing of it is there.
fn one_is_confirmed_and_the_next_journaled_or_neither(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let first = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let tree = leaves("a", 2);
    let entry = erased(&tree);
    let what = confirm(&entry, &tree);
    let until = lease.until;
    let mut both = |state: &mut State, what: &Confirm<'_>| {
        let (turn, then) = (minute() * 5, now());
        let next = batch(b"next");
        let done = state.confirm_and_intent(&mut lease, turn, first, what, sweep, next, then);
        (done, lease.until)
    };
    let untouched = |state: &mut State| {
        let open = state.open_batches().unwrap();
        assert_eq!(open.iter().map(|b| (b.id, &**b.keys)).collect::<Vec<_>>(), [(first, KEYS)]);
        assert_eq!((state.size().unwrap(), state.subtree(0).unwrap()), (0, None));
        check_edge(state);
    };
    // The first statement of the journal, and the last of the confirmation.
    for column in ["sealed", "late_max"] {
        kit.raw(&format!("ALTER TABLE batch RENAME COLUMN {column} TO elsewhere"));
        let (done, end) = both(&mut state, &what);
        kit.raw(&format!("ALTER TABLE batch RENAME COLUMN elsewhere TO {column}"));
        assert!(matches!(done, Err(Error::Database { doing: "confirm a batch", .. })), "{done:?}");
        assert_eq!(end, until, "a turn that was not extended must not seem so");
        untouched(&mut state);
    }
    // An entry that does not tell of these leaves is refused before anything.
    let other = leaves("b", 2);
    let (done, _) = both(&mut state, &confirm(&entry, &other));
    assert!(matches!(done, Err(Error::Refused { .. })));
    untouched(&mut state);

    let (next, end) = both(&mut state, &what);
    let next = next.unwrap();
    assert!(end > until);
    let open = state.open_batches().unwrap();
    assert_eq!(open.iter().map(|b| (b.id, &**b.keys)).collect::<Vec<_>>(), [(next, &b"next"[..])]);
    let kept = state.batch(first).unwrap().unwrap();
    assert_eq!((kept.status, kept.leaf), (BatchStatus::Confirmed, Some(0)));
    assert_eq!(state.subtree(0).unwrap().unwrap().root(), tree.root());
    check_edge(&mut state);
    // Twice is once: the next one is not journaled again either.
    assert!(matches!(both(&mut state, &what).0, Err(Error::Refused { .. })));
    assert_eq!((state.open_batches().unwrap().len(), state.size().unwrap()), (1, 1));
    // Who lost the turn does neither.
    state.release(&lease).unwrap();
    let tree = leaves("c", 1);
    let entry = erased(&tree);
    let what = confirm(&entry, &tree);
    let late =
        state.confirm_and_intent(&mut lease, minute(), next, &what, sweep, batch(KEYS), now());
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "{late:?}");
    assert_eq!((state.open_batches().unwrap().len(), state.size().unwrap()), (1, 1));
}

fn several_are_journaled_and_confirmed_or_none(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let many = [batch(KEYS), NewBatch { dataset: "letters", ..batch(b"[1]") }, batch(b"[]")];
    let ids = state.intent_all(&mut lease, minute(), sweep, &many, now()).unwrap();
    let open = state.open_batches().unwrap();
    assert_eq!(open.iter().map(|b| b.id).collect::<Vec<_>>(), ids);
    assert_eq!((open[0].keys.as_slice(), open[1].dataset.as_str()), (KEYS, "letters"));

    let (one, two) = (leaves("a", 2), leaves("b", 1));
    let (of_one, of_two) = (erased(&one), erased(&two));
    let ended = [
        (ids[0], Some(confirm(&of_one, &one))),
        (ids[1], None),
        (ids[2], Some(confirm(&of_two, &two))),
    ];
    // One of them does not fit, or is closed already: none is ended.
    let mut wrong = ended;
    wrong[2].1 = Some(confirm(&of_two, &one));
    assert!(matches!(state.confirm_all(&lease, &wrong, now()), Err(Error::Refused { .. })));
    let mut twice = ended.to_vec();
    twice.push((ids[1], None));
    assert!(matches!(state.confirm_all(&lease, &twice, now()), Err(Error::Refused { .. })));
    assert_eq!((state.open_batches().unwrap().len(), state.size().unwrap()), (3, 0));
    check_edge(&mut state);

    state.confirm_all(&lease, &ended, now()).unwrap();
    let kept = state.batches(sweep).unwrap();
    let how: Vec<_> = kept.iter().map(|b| (b.status, b.leaf)).collect();
    let done = |leaf| (BatchStatus::Confirmed, Some(leaf));
    assert_eq!(how, [done(0), (BatchStatus::Nothing, None), done(1)]);
    assert_eq!(state.subtree(1).unwrap().unwrap().root(), two.root());
    check_edge(&mut state);
    // A journal of which one part cannot be written has none of the others.
    state.finish_sweep(&lease, sweep, Outcome::Finished, &sweep_entry(), now()).unwrap();
    let late = state.intent_all(&mut lease, minute(), sweep, &many, now());
    assert!(matches!(late, Err(Error::Refused { .. })));
    assert_eq!(state.batches(sweep).unwrap().len(), 3);
}

fn keys_are_sealed_and_gone_after_the_sweep(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let key = kit.raw_blob("SELECT key FROM sweep_key");
    let sealed = kit.raw_blob("SELECT sealed FROM batch");
    let tables = ["sweep_key", "batch"];

    let disk = kit.bytes_on_disk(&tables);
    assert!(contains(&disk, &key), "the search must be able to find something");
    assert!(contains(&disk, &sealed));
    assert!(!contains(&disk, b"Karen-Blixen"));

    let tree = leaves("a", 2);
    state.confirm(&lease, id, &confirm(&erased(&tree), &tree), now()).unwrap();
    state.finish_sweep(&lease, sweep, Outcome::Finished, &sweep_entry(), now()).unwrap();
    for open in [true, false] {
        let disk = kit.bytes_on_disk(&tables);
        assert!(!contains(&disk, &key), "the key must be gone (open: {open})");
        assert!(!contains(&disk, b"Karen-Blixen"));
        if let Kit::Sqlite(_) = kit {
            assert!(!contains(&disk, &sealed), "the sealed keys must be gone (open: {open})");
        }
        if open {
            state = State::open(&kit.location()).unwrap();
        }
    }
    drop(state);
}

fn a_batch_is_closed_once(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    let tree = leaves("a", 2);
    let entry = erased(&tree);
    state.confirm(&lease, id, &confirm(&entry, &tree), now()).unwrap();
    let again = state.confirm(&lease, id, &confirm(&entry, &tree), now()).unwrap_err();
    assert!(matches!(again, Error::Refused { .. }), "{again}");
    let nothing = state.confirm_nothing(&lease, id, now()).unwrap_err();
    assert!(matches!(nothing, Error::Refused { .. }), "{nothing}");
    assert_eq!(state.size().unwrap(), 1);
    let other = frist_state::BatchId(id.0 + 1);
    let unknown = state.confirm_nothing(&lease, other, now()).unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
}

fn a_sweep_with_open_batches_does_not_end(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    for outcome in [Outcome::Finished, Outcome::Aborted] {
        let error = state.finish_sweep(&lease, sweep, outcome, &sweep_entry(), now()).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error}");
    }
    assert_eq!(state.open_batches().unwrap()[0].keys.as_slice(), KEYS);
    state.confirm_nothing(&lease, id, now()).unwrap();
    state.finish_sweep(&lease, sweep, Outcome::Aborted, &sweep_entry(), now()).unwrap();
    let twice = state.finish_sweep(&lease, sweep, Outcome::Aborted, &sweep_entry(), now());
    assert!(matches!(twice, Err(Error::Refused { .. })));
    assert_eq!(state.size().unwrap(), 1);
}

fn sealed_keys_are_bound_to_their_batch(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
    kit.raw("UPDATE batch SET dataset = 'employees'");
    let error = state.open_batches().err().expect("must not be read as another's");
    assert!(matches!(error, Error::Sealed { .. }), "{error}");
}

fn what_came_of_a_data_set_is_kept(kit: &Kit) {
    let mut state = kit.open();
    let lease = lease(&mut state);
    let swept = |done, complete, when: &str| SweptDataset {
        counts: Swept {
            dataset: id("invoices"),
            done,
            held: 1,
            blocked: 2,
            spared: 3,
            unclear: 4,
            findings: 5,
        },
        at: at(when),
        complete,
        late: Lateness { p50: 1, p99: 2, max: 3 },
    };
    let first = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    assert_eq!(state.last_swept("invoices").unwrap(), None);
    let partly = swept(1, false, "2026-11-20T00:00:00Z");
    state.keep_swept(&lease, first, &partly, now()).unwrap();
    assert_eq!(state.last_swept("invoices").unwrap(), None);
    let whole = swept(7, true, "2026-11-20T00:01:00Z");
    state.keep_swept(&lease, first, &whole, now()).unwrap();
    assert_eq!(state.swept(first).unwrap(), std::slice::from_ref(&whole));
    state.finish_sweep(&lease, first, Outcome::Finished, &sweep_entry(), now()).unwrap();

    let second = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    assert!(second > first);
    let failed = swept(0, false, "2026-11-21T00:00:00Z");
    state.keep_swept(&lease, second, &failed, now()).unwrap();
    assert_eq!(state.last_swept("invoices").unwrap(), Some(whole));
    assert_eq!(state.last_swept("employees").unwrap(), None);
    assert!(state.keep_swept(&lease, first, &failed, now()).is_err(), "that sweep has ended");
}

fn replay_sets_go_with_the_last_backup(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let tree = leaves("a", 2);
    let entry = erased(&tree);
    let mut ids = Vec::new();
    for (erased_at, until) in [
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2026-01-02T00:00:00Z", "2026-03-01T00:00:00Z"),
    ] {
        let id = state.intent(&mut lease, minute(), sweep, batch(KEYS), now()).unwrap();
        let hashes = until.as_bytes();
        let replay = NewReplay { hashes, keep_until: at(until) };
        let what = Confirm { replay: Some(replay), ..confirm(&entry, &tree) };
        state.confirm(&lease, id, &what, now()).unwrap();
        kit.raw(&format!(
            "UPDATE replay SET erased_at = {} WHERE batch = {}",
            at(erased_at).as_microsecond(),
            id.0
        ));
        ids.push(id);
    }
    let sets = state.replay_sets(at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(sets.iter().map(|set| set.batch).collect::<Vec<_>>(), ids);
    assert_eq!(state.replay_sets(at("2026-01-01T00:00:00.000001Z")).unwrap(), sets[1..]);
    let hashes = state.replay_hashes(ids[0]).unwrap().unwrap();
    assert_eq!(hashes, b"2026-02-01T00:00:00Z");

    assert_eq!(state.prune_replay(at("2026-01-31T23:59:59Z")).unwrap(), 0);
    assert_eq!(state.prune_replay(at("2026-02-01T00:00:00Z")).unwrap(), 1);
    assert_eq!(state.replay_hashes(ids[0]).unwrap(), None);
    assert_eq!(state.replay_sets(at("2026-01-01T00:00:00Z")).unwrap(), sets[1..]);
}
