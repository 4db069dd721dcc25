//! Checkpoints, proofs and key files, from any text. Sound: a checkpoint that opens is one that was
//! signed, whatever was done to the text around it.
#![no_main]

use std::sync::LazyLock;

use frist_fuzz::ledger::{Log, keys};
use frist_fuzz::seeds;
use frist_ledger::{Checkpoint, Proof, note};
use libfuzzer_sys::fuzz_target;

/// Every checkpoint that the key ever signed.
static SIGNED: LazyLock<Vec<Checkpoint>> = LazyLock::new(|| {
    let log = Log::small();
    (0..=log.entries.len())
        .map(|size| Checkpoint::open(&log.checkpoint(size), &keys()).expect("our own opens"))
        .collect()
});

fuzz_target!(
    init: seeds(examples),
    |text: &str| {
        let keys = keys();
        if let Ok(found) = Checkpoint::open(text, &keys) {
            assert!(SIGNED.contains(&found), "never signed: {found:?}");
        }
        if let Ok((body, signers)) = note::open(text, &keys) {
            assert!(!signers.is_empty() && text.starts_with(body));
            let head: Vec<&str> = body.lines().take(3).collect();
            assert!(SIGNED.iter().any(|c| head == [c.origin.as_str(), &c.size.to_string(), &c.root.to_base64()]));
        }
        if let Ok(proof) = Proof::parse(text) {
            assert_eq!(Proof::parse(&proof.to_text()).expect("written, read"), proof);
            let _ = proof.verify(b"", &keys).is_ok_and(|_| panic!("an empty entry was never logged"));
        }
        if let Ok(keys) = note::parse_keys(text) {
            let again: Vec<String> = keys.iter().map(ToString::to_string).collect();
            assert_eq!(note::parse_keys(&again.join("\n")).expect("written, read"), keys);
        }
    }
);

fn examples() -> Vec<Vec<u8>> {
    let log = Log::small();
    let mut seeds: Vec<String> = (0..=log.entries.len()).map(|n| log.checkpoint(n)).collect();
    seeds.extend((0..log.entries.len()).map(|i| log.proof(i, log.entries.len()).to_text()));
    seeds.push(keys()[0].to_string());
    seeds.push(format!("# two\n\n{}\n{}\n", keys()[0], keys()[0]));
    seeds.into_iter().map(String::into_bytes).collect()
}
