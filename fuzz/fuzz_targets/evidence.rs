//! Evidence, from any bytes. Sound: a file that verifies tells of a stretch of the ledger that was
//! signed, and of each entry in it just what the ledger says.
#![no_main]

use std::sync::LazyLock;

use frist_fuzz::ledger::{Log, keys};
use frist_fuzz::seeds;
use frist_ledger::evidence::Report;
use frist_ledger::{Checkpoint, verify_evidence};
use libfuzzer_sys::fuzz_target;

/// The ledger, and the true report over each stretch of it (`[from][size]`), by root alone.
static TRUE: LazyLock<(Log, Vec<Vec<Option<Report>>>)> = LazyLock::new(|| {
    let log = Log::small();
    let size = log.entries.len();
    let stretch = |from: usize, to: usize| {
        if from > to {
            return None;
        }
        let mut part = log.clone();
        part.entries.truncate(to);
        part.subtrees.truncate(to);
        let file = part.evidence(from, &[to], false);
        verify_evidence(&file[..], &keys(), None).ok()
    };
    let reports = (0..=size).map(|from| (0..=size).map(|to| stretch(from, to)).collect()).collect();
    (log, reports)
});

fuzz_target!(
    init: seeds(examples),
    |file: &[u8]| {
        let (log, truth) = &*TRUE;
        let open = |size| Checkpoint::open(&log.checkpoint(size), &keys()).expect("our own opens");
        for against in [None, Some(open(2)), Some(open(6))] {
            let Ok(found) = verify_evidence(file, &keys(), against.as_ref()) else { continue };
            let (from, size) = (found.from as usize, found.checkpoint.size as usize);
            assert_eq!(found.checkpoint, open(size), "never signed");
            let batches = found.batches_recomputed + found.batches_by_root;
            if from == size {
                assert_eq!((found.entries(), found.records(), batches), (0, 0, 0));
                continue;
            }
            let truth = truth[from][size].as_ref().expect("a stretch of the ledger");
            assert_eq!(batches, truth.batches_by_root);
            assert_eq!(found.extends, against.map(|a| a.size), "not held against the older head");
            // How often it was signed in between, and which batches are written out, may differ.
            let mut told = found;
            told.checkpoints = truth.checkpoints;
            told.batches_recomputed = 0;
            told.batches_by_root = batches;
            told.extends = None;
            assert_eq!(&told, truth, "it says something else than the ledger");
        }
    }
);

fn examples() -> Vec<Vec<u8>> {
    let (log, _) = &*TRUE;
    let mut seeds = Vec::new();
    for from in [0, 2, 3, 7] {
        for checkpoints in [&[7][..], &[1, 2, 7], &[2, 3, 4, 5, 6, 7]] {
            for leaves in [false, true] {
                seeds.push(log.evidence(from, checkpoints, leaves));
            }
        }
    }
    seeds
}
