//! Files of format v1 that were handed out stay verifiable for ever.
//!
//! If a change makes one of these fail, it breaks receipts that people keep: write a new version of the format instead.
//! `cargo test -p frist-ledger --test golden -- --ignored` writes the files anew; only ever for a new format.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::path::PathBuf;

use common::*;
use frist_ledger::*;

const VKEY: &str = "frist.example/nordkyst+c32dc6ad+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn golden() -> Vec<VerifierKey> {
    note::parse_keys(VKEY).unwrap()
}

#[test]
fn the_receipt_still_verifies() {
    let file = std::fs::read(path("receipt-v1.txt")).unwrap();
    let Verified::Receipt(found) = verify(&file[..], &golden(), None).unwrap() else {
        panic!("not a receipt")
    };
    assert_eq!(found.locator, b"erp/invoice/3-1");
    assert_eq!((found.index, found.checkpoint.size), (3, 7));
    let today = Log::small().receipt(3, "erp/invoice/3-1").to_text().unwrap();
    assert_eq!(String::from_utf8(file).unwrap(), today, "v1 is still written as it was");
}

#[test]
fn the_evidence_still_verifies() {
    for (name, from, checkpoints) in
        [("evidence-v1.frist", 0, [2, 5, 7]), ("evidence-sweep-v1.frist", 3, [1, 2, 7])]
    {
        let file = std::fs::read(path(name)).unwrap();
        let Verified::Evidence(found) = verify(&file[..], &golden(), None).unwrap() else {
            panic!("not evidence")
        };
        assert_eq!((found.from, found.checkpoint.size, found.checkpoints), (from as u64, 7, 3));
        assert_eq!(found.records(), if from == 0 { 9 } else { 4 });
        assert!(
            file == Log::small().evidence(from, &checkpoints, true),
            "v1 is still written as it was"
        );
    }
}

#[test]
#[ignore = "writes the golden files"]
fn write() {
    let log = Log::small();
    std::fs::write(path("receipt-v1.txt"), log.receipt(3, "erp/invoice/3-1").to_text().unwrap())
        .unwrap();
    std::fs::write(path("evidence-v1.frist"), log.evidence(0, &[2, 5, 7], true)).unwrap();
    std::fs::write(path("evidence-sweep-v1.frist"), log.evidence(3, &[1, 2, 7], true)).unwrap();
    println!("{}", signing_key().verifier());
}
