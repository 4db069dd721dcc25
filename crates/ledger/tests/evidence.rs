//! Evidence: what it proves, and every way of tampering with it.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::io::{BufReader, Read};

use common::*;
use frist_ledger::entry::Disposition;
use frist_ledger::hash;
use frist_ledger::*;

fn open(text: &str) -> Checkpoint {
    Checkpoint::open(text, &keys()).unwrap()
}

fn text(error: Error) -> String {
    error.to_string()
}

#[test]
fn a_whole_ledger_is_recomputed_and_counted() {
    let log = Log::small();
    let report = verify_evidence(&log.evidence(0, &[2, 5, 7], true)[..], &keys(), None).unwrap();
    assert_eq!((report.from, report.entries(), report.checkpoints), (0, 7, 3));
    assert_eq!(report.checkpoint, open(&log.checkpoint(7)));
    assert_eq!((report.records(), report.batches_recomputed, report.batches_by_root), (9, 3, 0));
    let disposed = report.disposed[&(id("invoices"), Disposition::Erase)];
    assert_eq!((disposed.batches, disposed.records, disposed.late_max), (3, 9, 3600));
    assert_eq!(report.sweeps, (1, 0));
    assert_eq!(report.span, Some((instant(0), instant(6))));
    assert_eq!(report.extends, None);
    let report = verify_evidence(&log.evidence(0, &[7], false)[..], &keys(), None).unwrap();
    assert_eq!((report.batches_recomputed, report.batches_by_root), (0, 3));
    let Ok(Verified::Evidence(found)) = verify(&log.evidence(0, &[7], false)[..], &keys(), None)
    else {
        panic!("not told apart")
    };
    assert_eq!(*found, report);
}

#[test]
fn an_empty_ledger_and_every_stretch_verify() {
    let none = Log::default();
    let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
    writer.checkpoint(&none.checkpoint(0)).unwrap();
    let report = verify_evidence(&writer.finish().unwrap()[..], &keys(), None).unwrap();
    assert_eq!((report.entries(), report.span), (0, None));
    let log = Log::small();
    for from in 0..7 {
        for old in 0..7 {
            let file = log.evidence(from, &[old, 7], true);
            let report = verify_evidence(&file[..], &keys(), None).unwrap();
            assert_eq!((report.from, report.entries()), (from as u64, 7 - from as u64));
        }
    }
}

#[test]
fn a_bit_anywhere_is_found() {
    let log = Log::small();
    let mut short = log.clone();
    short.entries.truncate(3);
    short.subtrees.truncate(3);
    for file in [short.evidence(0, &[2, 3], true), log.evidence(5, &[3, 4, 7], true)] {
        assert!(verify(&file[..], &keys(), None).is_ok());
        // Every third bit: two or three in each byte, and all eight places in turn.
        for (bit, changed) in flips(&file).step_by(3) {
            assert!(verify(&changed[..], &keys(), None).is_err(), "bit {bit} changed unseen");
        }
    }
}

#[test]
fn a_file_cut_anywhere_or_with_something_after_it_is_found() {
    let file = Log::small().evidence(3, &[2, 7], true);
    for cut in 0..file.len() {
        assert!(verify(&file[..cut], &keys(), None).is_err(), "cut at {cut}");
    }
    assert!(verify(&[&file[..], b"\n"].concat()[..], &keys(), None).is_err());
    assert!(verify(&[&file[..], &file[..]].concat()[..], &keys(), None).is_err());
}

#[test]
fn removed_exchanged_and_added_entries_are_found() {
    let log = Log::small();
    let signed = log.checkpoint(7);
    let write = |order: &[usize], checkpoint: &str| {
        let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
        order.iter().for_each(|i| writer.entry(&log.entries[*i]).unwrap());
        writer.checkpoint(checkpoint).unwrap();
        writer.finish().unwrap()
    };
    assert!(verify_evidence(&write(&[0, 1, 2, 3, 4, 5, 6], &signed)[..], &keys(), None).is_ok());
    let check = |order: &[usize], says: &str| {
        let error = text(verify_evidence(&write(order, &signed)[..], &keys(), None).unwrap_err());
        assert!(error.contains(says), "{order:?}: {error}");
    };
    check(&[0, 1, 2, 3, 4, 6], "the ledger's size does not hold");
    check(&[0, 1, 2, 3, 4, 5], "the ledger's size does not hold");
    check(&[0, 1, 2, 3, 4, 5, 6, 6], "the ledger's size does not hold");
    check(&[0, 1, 3, 2, 4, 5, 6], "the ledger's root does not hold");
    check(&[1, 0, 2, 3, 4, 5, 6], "the ledger's root does not hold");
    check(&[0, 1, 2, 3, 4, 5, 5], "the ledger's root does not hold");
}

#[test]
fn a_batch_s_records_cannot_be_exchanged_removed_or_added() {
    let log = Log::small();
    let write = |leaves: &[u8]| {
        let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
        for (i, entry) in log.entries.iter().enumerate() {
            writer.entry(entry).unwrap();
            if i == 2 {
                writer.leaves(leaves).unwrap();
            }
        }
        writer.checkpoint(&log.checkpoint(7)).unwrap();
        writer.finish().unwrap()
    };
    let right = log.subtrees[2].as_ref().unwrap().leaves_bytes().to_vec();
    assert!(verify_evidence(&write(&right)[..], &keys(), None).is_ok());
    let more = SubTree::build(&record_key(), (0..6).map(|i| format!("erp/invoice/2-{i}")));
    for wrong in
        [&right[32..], more.leaves_bytes(), log.subtrees[3].as_ref().unwrap().leaves_bytes(), b""]
    {
        let error = text(verify_evidence(&write(wrong)[..], &keys(), None).unwrap_err());
        assert!(error.contains("the batch's records does not hold"), "{error}");
    }
    let swapped = [&right[32..64], &right[..32], &right[64..]].concat();
    let error = text(verify_evidence(&write(&swapped)[..], &keys(), None).unwrap_err());
    assert!(error.contains("ascending order"), "{error}");
    // Leaves behind an entry that has none.
    let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
    writer.entry(&log.entries[0]).unwrap();
    writer.leaves(&right).unwrap();
    assert!(verify_evidence(&writer.finish().unwrap()[..], &keys(), None).is_err());
}

#[test]
fn entries_that_nobody_signed_for_are_found() {
    let log = Log::small();
    let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
    log.entries[..5].iter().for_each(|entry| writer.entry(entry).unwrap());
    writer.checkpoint(&log.checkpoint(5)).unwrap();
    log.entries[5..].iter().for_each(|entry| writer.entry(entry).unwrap());
    assert!(verify_evidence(&writer.finish().unwrap()[..], &keys(), None).is_err());
}

#[test]
fn against_an_older_checkpoint_rollback_and_rewriting_are_found() {
    let log = Log::small();
    let old = open(&log.checkpoint(5));
    let verify = |file: Vec<u8>, old: &Checkpoint| verify_evidence(&file[..], &keys(), Some(old));
    // The ledger grew: the older head is its prefix, wherever the file starts at or before it.
    for from in [0, 3, 5] {
        assert_eq!(verify(log.evidence(from, &[7], true), &old).unwrap().extends, Some(5));
    }
    // Behind the start, it must be among the file's older checkpoints.
    assert_eq!(verify(log.evidence(6, &[5, 7], true), &old).unwrap().extends, Some(5));
    assert!(matches!(
        verify(log.evidence(6, &[4, 7], true), &old),
        Err(Error::NotCovered { old: 5 })
    ));

    // Rolled back: a database restored from before the checkpoint.
    let mut back = log.clone();
    back.entries.truncate(4);
    back.subtrees.truncate(4);
    let error = text(verify(back.evidence(0, &[4], true), &old).unwrap_err());
    assert!(error.contains("4 entries, but 5 were signed for earlier"), "{error}");
    // Rolled back and grown again, every signature in order.
    back.batch(2, false);
    back.batch(2, false);
    for file in [back.evidence(0, &[6], true), back.evidence(5, &[6], true)] {
        let error = text(verify(file, &old).unwrap_err());
        assert!(error.contains("rewritten after that checkpoint"), "{error}");
    }
    // The rewritten ledger cannot carry the true older checkpoint along either.
    let mut writer = EvidenceWriter::new(Vec::new(), &back.frontier(6)).unwrap();
    let Ok(proof) = hash::consistency_proof(&back.leaves()[..], 5, 6);
    writer.older(&log.checkpoint(5), &proof).unwrap();
    writer.checkpoint(&back.checkpoint(6)).unwrap();
    assert!(verify_evidence(&writer.finish().unwrap()[..], &keys(), None).is_err());
}

#[test]
fn the_wrong_key_and_another_log_are_told_apart() {
    let log = Log::small();
    let file = log.evidence(0, &[7], true);
    let wrong = [SigningKey::from_seed(ORIGIN, &[43; 32]).unwrap().verifier()];
    assert!(matches!(verify_evidence(&file[..], &wrong, None), Err(Error::UnknownSigner { .. })));
    let other = SigningKey::from_seed("other.example/log", &[5; 32]).unwrap();
    let both = [keys(), vec![other.verifier()]].concat();
    let theirs =
        Checkpoint::open(&Checkpoint::sign(&other, &log.frontier(7)).unwrap(), &both).unwrap();
    let error = text(verify_evidence(&file[..], &both, Some(&theirs)).unwrap_err());
    assert!(error.contains("the ledger's name does not hold"), "{error}");
}

#[test]
fn after_a_key_change_both_public_keys_verify() {
    let log = Log::small();
    let new = SigningKey::from_seed(ORIGIN, &[44; 32]).unwrap();
    let mut writer = EvidenceWriter::new(Vec::new(), &Frontier::new()).unwrap();
    log.entries[..4].iter().for_each(|entry| writer.entry(entry).unwrap());
    writer.checkpoint(&log.checkpoint(4)).unwrap();
    log.entries[4..].iter().for_each(|entry| writer.entry(entry).unwrap());
    writer.checkpoint(&Checkpoint::sign(&new, &log.frontier(7)).unwrap()).unwrap();
    let file = writer.finish().unwrap();
    assert!(verify_evidence(&file[..], &[keys(), vec![new.verifier()]].concat(), None).is_ok());
    let error = text(verify_evidence(&file[..], &[new.verifier()], None).unwrap_err());
    assert!(error.contains("also the old one"), "{error}");
}

/// A reader that makes up a file of nothing but one endless line, or one huge item.
#[test]
fn sizes_that_a_liar_writes_do_not_cost_memory() {
    let endless = BufReader::new(std::io::repeat(b'x').take(1 << 24));
    assert!(verify(endless, &keys(), None).is_err());
    for item in [
        "entry 18446744073709551615\n",
        "entry 65536\n",
        "checkpoint 99999999\n",
        "older 5 999999\n",
    ] {
        let head = format!("frist-evidence@v1\nfrom 0\n{item}");
        assert!(verify_evidence(head.as_bytes(), &keys(), None).is_err(), "{item}");
    }
    let mut file = Log::small().evidence(0, &[7], false);
    let at = file.windows(6).rposition(|w| w == b"entry ").unwrap();
    file.truncate(at);
    file.extend_from_slice(b"leaves 18446744073709551615\n");
    assert!(verify_evidence(&file[..], &keys(), None).is_err());
}

#[test]
fn clocks_that_went_back_are_counted_not_refused() {
    let mut log = Log::small();
    log.entries.swap(0, 6);
    log.subtrees.swap(0, 6);
    let report = verify_evidence(&log.evidence(0, &[7], true)[..], &keys(), None).unwrap();
    assert_eq!(report.clock_steps, 2);
}
