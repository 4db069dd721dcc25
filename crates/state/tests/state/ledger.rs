//! The ledger: what is appended, found again, and published.

use frist_ledger::hash;
use frist_state::{Checkpoint, Error, State};

use crate::kit::{
    Kit, at, batch, both, confirm, entry, erased, lease, leaves, minute, now, record_key,
};

both! { entries_are_read_back_in_order concurrent_appends_keep_the_edge_right
a_record_is_found_in_its_batch checkpoints_only_go_forward
an_entry_must_tell_of_its_leaves a_transfer_of_evidence_has_one_entry }

/// The edge must be that of the entries.
pub(crate) fn check_edge(state: &mut State) {
    let entries = state.leaves(0, 10_000).unwrap();
    let hashes: Vec<_> = entries.iter().map(|leaf| hash::leaf_hash(&leaf.entry)).collect();
    assert!(entries.iter().map(|leaf| leaf.index).eq(0..entries.len() as u64));
    assert_eq!(state.size().unwrap(), entries.len() as u64);
    assert_eq!(state.frontier().unwrap().root(), hash::root(&hashes));
}

fn entries_are_read_back_in_order(kit: &Kit) {
    let mut state = kit.open();
    for number in 0..7 {
        assert_eq!(state.append(&entry(&format!("h{number}"))).unwrap(), number);
    }
    let some = state.leaves(2, 3).unwrap();
    assert_eq!(some.iter().map(|leaf| leaf.index).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(some[0].entry, entry("h2").to_bytes().unwrap());
    assert!(state.leaves(7, 3).unwrap().is_empty());
    check_edge(&mut state);
}

fn concurrent_appends_keep_the_edge_right(kit: &Kit) {
    let mut state = kit.open();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let mut state = kit.open();
                for number in 0..25 {
                    state.append(&entry(&format!("t{thread}-{number}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(state.size().unwrap(), 100);
    check_edge(&mut state);
}

fn a_record_is_found_in_its_batch(kit: &Kit) {
    let mut state = kit.open();
    let mut lease = lease(&mut state);
    let sweep = state.begin_sweep(&lease, None, "r1", now()).unwrap();
    let mut batches = Vec::new();
    for (prefix, n) in [("a", 1), ("b", 1000), ("c", 128), ("none", 0)] {
        let tree = leaves(prefix, n);
        let id = state.intent(&mut lease, minute(), sweep, batch(b"keys"), now()).unwrap();
        let index = state.confirm(&lease, id, &confirm(&erased(&tree), &tree), now()).unwrap();
        assert_eq!(state.subtree(index).unwrap(), Some(tree));
        batches.push((prefix, n, id, index));
    }
    for (prefix, n, id, index) in batches {
        let tree = leaves(prefix, n);
        for number in (0..n).step_by(97) {
            let record = record_key().leaf(format!("erp/invoice/{prefix}{number}").as_bytes());
            let found = state.find_record(&record).unwrap();
            assert_eq!(found.len(), 1, "{prefix}{number}");
            assert_eq!((found[0].leaf, found[0].batch), (index, Some(id)));
            assert_eq!(tree.leaf(found[0].position), Some(record));
        }
    }
    let other = record_key().leaf(b"erp/invoice/b1000");
    assert!(state.find_record(&other).unwrap().is_empty());
    let alone = state.append(&entry("h1")).unwrap();
    assert_eq!(state.subtree(alone).unwrap(), None);
}

fn checkpoints_only_go_forward(kit: &Kit) {
    let mut state = kit.open();
    assert_eq!(state.checkpoint().unwrap(), None);
    for number in 0..3 {
        state.append(&entry(&format!("h{number}"))).unwrap();
    }
    let checkpoint = |size, text: &str| Checkpoint {
        size,
        text: text.to_owned(),
        at: at("2026-11-22T12:00:00.123456Z"),
    };
    state.keep_checkpoint(&checkpoint(2, "two")).unwrap();
    state.keep_checkpoint(&checkpoint(3, "three")).unwrap();
    state.keep_checkpoint(&checkpoint(3, "three again")).unwrap();
    for size in [2, 4] {
        let error = state.keep_checkpoint(&checkpoint(size, "x")).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error}");
    }
    assert_eq!(state.checkpoint().unwrap(), Some(checkpoint(3, "three again")));
    assert_eq!(state.checkpoints().unwrap().len(), 2);
}

fn an_entry_must_tell_of_its_leaves(kit: &Kit) {
    let mut state = kit.open();
    let (tree, other) = (leaves("a", 3), leaves("b", 3));
    assert!(state.append_with_leaves(&erased(&tree), &other).is_err());
    assert_eq!(state.size().unwrap(), 0);
    let index = state.append_with_leaves(&erased(&tree), &tree).unwrap();
    let found = state.find_record(&tree.leaf(1).unwrap()).unwrap();
    assert_eq!((found[0].leaf, found[0].position, found[0].batch), (index, 1, None));
}

fn a_transfer_of_evidence_has_one_entry(kit: &Kit) {
    let mut state = kit.open();
    state.append(&entry("first")).unwrap();
    assert_eq!(state.evidence_transfer("t-1").unwrap(), None);
    assert_eq!(state.add_evidence_transfer("t-1", &entry("t-1")).unwrap(), 1);
    assert_eq!(state.add_evidence_transfer("t-1", &entry("t-1-again")).unwrap(), 1);
    assert_eq!(state.add_evidence_transfer("t-2", &entry("t-2")).unwrap(), 2);
    assert_eq!(kit.open().evidence_transfer("t-1").unwrap(), Some(1));
    assert_eq!(state.size().unwrap(), 3);
    check_edge(&mut state);
}
