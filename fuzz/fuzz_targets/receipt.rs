//! A receipt, from any text. Sound: one that verifies says of its record just what the ledger says,
//! so that nothing done to a valid receipt can make it say anything else.
#![no_main]

use std::sync::LazyLock;

use frist_fuzz::ledger::{Log, keys};
use frist_fuzz::seeds;
use frist_ledger::receipt::Verified;
use frist_ledger::{Checkpoint, Receipt, verify_receipt};
use libfuzzer_sys::fuzz_target;

/// Every receipt that this ledger can give out, and what each proves.
static TRUE: LazyLock<Vec<(String, Verified)>> = LazyLock::new(|| {
    let log = Log::small();
    let batches: [(usize, usize); 3] = [(2, 5), (3, 3), (4, 1)];
    let records = batches.into_iter().flat_map(|(entry, n)| (0..n).map(move |i| (entry, i)));
    records
        .map(|(entry, i)| {
            let receipt = log.receipt(entry, &format!("erp/invoice/{entry}-{i}"));
            let text = receipt.to_text().expect("our own can be written");
            let verified = verify_receipt(&text, &keys()).expect("our own verifies");
            (text, verified)
        })
        .collect()
});

fuzz_target!(
    init: seeds(|| TRUE.iter().map(|(text, _)| text.clone().into_bytes()).collect()),
    |text: &str| {
        if let Ok(receipt) = Receipt::parse(text)
            && let Ok(written) = receipt.to_text()
        {
            let again = Receipt::parse(&written).expect("written, read");
            assert_eq!(again, receipt);
        }
        if let Ok(found) = verify_receipt(text, &keys()) {
            let known = TRUE.iter().find(|(_, v)| v.locator == found.locator);
            let (original, proven) = known.unwrap_or_else(|| panic!("no such record: {found:?}"));
            assert_eq!(&found, proven, "it says something else than the ledger");
            // Only what nobody relies on may differ: signatures by keys that were not given.
            let body = |text: &str| text.rsplit_once("\n\n").map(|(body, _)| body.to_owned());
            assert_eq!(body(text), body(original));
        }
        // The way of somebody who does not say what the file is, and has an older head.
        let older = Checkpoint { size: 3, ..TRUE[0].1.checkpoint.clone() };
        let _ = frist_ledger::verify(text.as_bytes(), &keys(), Some(&older));
    }
);
