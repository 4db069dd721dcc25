//! A ledger entry, from any bytes: what is read is written back as the very same bytes, so that an
//! entry's hash stands for one meaning; the keys, ids and texts in it alike.
#![no_main]

use frist_fuzz::ledger::Log;
use frist_fuzz::seeds;
use frist_ledger::commitment::SubTree;
use frist_ledger::hash::Frontier;
use frist_ledger::{Entry, Hash, Id, RecordKey, SigningKey, Text, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(examples),
    |bytes: &[u8]| {
        if let Ok(entry) = Entry::parse(bytes) {
            assert_eq!(entry.to_bytes().expect("what was read can be written"), bytes);
            assert!(entry.subtree().is_none_or(|(n, root)| (n == 0) == (root == Hash::EMPTY)));
        }
        if let Ok(frontier) = Frontier::from_bytes(bytes) {
            assert_eq!(frontier.to_bytes(), bytes);
            frontier.root();
        }
        if let Ok(tree) = SubTree::from_bytes(bytes) {
            assert_eq!(tree.leaves_bytes(), bytes);
        }
        if let Ok(key) = RecordKey::from_bytes(bytes) {
            assert_eq!(key.secret().as_slice(), bytes);
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Ok(key) = text.parse::<VerifierKey>() {
            assert_eq!(key.to_string().parse::<VerifierKey>().expect("written, read"), key);
        }
        if let Ok(key) = SigningKey::parse(text) {
            assert_eq!(SigningKey::parse(&key.to_text()).expect("written, read").to_text(), key.to_text());
        }
        if let Ok(id) = Id::new(text) {
            assert_eq!(id.as_str(), text);
        }
        // What is clipped always fits, and what fits is not clipped.
        let clipped = Text::clipped(text);
        assert_eq!(Text::new(clipped.as_str()).expect("a clipped text fits"), clipped);
        if let Ok(whole) = Text::new(text) {
            assert_eq!(whole, clipped);
        }
    }
);

fn examples() -> Vec<Vec<u8>> {
    let log = Log::small();
    let mut seeds = log.entries.clone();
    seeds.push(log.frontier(log.entries.len()).to_bytes());
    seeds.extend(log.subtrees.iter().flatten().map(|tree| tree.leaves_bytes().to_vec()));
    let key = frist_fuzz::ledger::signing_key();
    seeds.push(key.verifier().to_string().into_bytes());
    seeds.push(key.to_text().as_bytes().to_vec());
    seeds
}
