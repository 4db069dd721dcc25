//! A small ledger to test with: fixed keys and instants, so that it is the same each time.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use frist_ledger::entry::*;
use frist_ledger::hash::{self, Frontier, Hash, leaf_hash};
use frist_ledger::*;
use jiff::Timestamp;

pub const ORIGIN: &str = "frist.example/nordkyst";

pub fn signing_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[42; 32]).unwrap()
}

pub fn keys() -> Vec<VerifierKey> {
    vec![signing_key().verifier()]
}

pub fn record_key() -> RecordKey {
    RecordKey::new([7; 32])
}

pub fn id(s: &str) -> Id {
    Id::new(s).unwrap()
}

pub fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + seconds).unwrap()
}

/// A ledger as the state keeps it: entries' bytes, and the batches' sub-trees by entry.
#[derive(Default, Clone)]
pub struct Log {
    pub entries: Vec<Vec<u8>>,
    pub subtrees: Vec<Option<SubTree>>,
}

impl Log {
    pub fn push(&mut self, what: Kind) {
        let entry = Entry::new(instant(self.entries.len() as i64), what);
        self.entries.push(entry.to_bytes().unwrap());
        self.subtrees.push(None);
    }

    pub fn batch(&mut self, records: u32, recovered: bool) {
        let locators = (0..records).map(|i| format!("erp/invoice/{}-{i}", self.entries.len()));
        let tree = SubTree::build(&record_key(), locators);
        let disposal = Disposal {
            dataset: id("invoices"),
            disposition: Disposition::Erase,
            rule: Rule {
                text: Text::new("5 years from the end of the financial year of invoice_date")
                    .unwrap(),
                laws: vec![Text::new("bogføringsloven (lov nr. 700/2022) § 12, stk. 1").unwrap()],
            },
            revision: leaf_hash(b"revision"),
            sweep: id("1"),
            batch: Id::from(self.entries.len() as u64),
            late: Lateness { p50: 10, p99: 60, max: 3600 },
            key: record_key().id(),
            n: tree.count(),
            root: tree.root(),
        };
        self.push(match recovered {
            true => Kind::Recovered { disposal, found_absent: 2, how: Recovery::Completed },
            false => Kind::Erased(disposal),
        });
        *self.subtrees.last_mut().unwrap() = Some(tree);
    }

    /// Register, plan, three batches, the sweep's end, a hold.
    pub fn small() -> Log {
        let (mut log, hash) = (Log::default(), leaf_hash(b"revision"));
        log.push(Kind::Register { revision: hash, by: id("anna") });
        log.push(Kind::Approval { plan: id("1"), hash, by: id("bo") });
        log.batch(5, false);
        log.batch(3, true);
        log.batch(1, false);
        let swept = Swept {
            dataset: id("invoices"),
            done: 9,
            held: 0,
            blocked: 0,
            spared: 0,
            unclear: 0,
            findings: 1,
        };
        log.push(Kind::Sweep { sweep: id("1"), outcome: Outcome::Finished, datasets: vec![swept] });
        log.push(Kind::Hold { hold: id("h-1"), change: HoldChange::Added, by: id("anna") });
        log
    }

    pub fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|e| leaf_hash(e)).collect()
    }

    pub fn frontier(&self, size: usize) -> Frontier {
        let mut frontier = Frontier::new();
        self.leaves()[..size].iter().for_each(|leaf| frontier.append(*leaf));
        frontier
    }

    pub fn checkpoint(&self, size: usize) -> String {
        Checkpoint::sign(&signing_key(), &self.frontier(size)).unwrap()
    }

    pub fn proof(&self, index: usize, size: usize) -> Proof {
        let Ok(path) = hash::inclusion_proof(&self.leaves()[..], index as u64, size as u64);
        Proof { extra: None, index: index as u64, path, checkpoint: self.checkpoint(size) }
    }

    pub fn receipt(&self, index: usize, locator: &str) -> Receipt {
        let tree = self.subtrees[index].as_ref().unwrap();
        let proof = self.proof(index, self.entries.len());
        Receipt::new(&record_key(), locator.as_bytes(), tree, &self.entries[index], proof).unwrap()
    }

    /// Evidence from entry `from` to the end, with these checkpoints and the leaves.
    pub fn evidence(&self, from: usize, checkpoints: &[usize], leaves: bool) -> Vec<u8> {
        let mut writer = EvidenceWriter::new(Vec::new(), &self.frontier(from)).unwrap();
        for size in checkpoints.iter().filter(|size| **size < from) {
            let Ok(path) = hash::consistency_proof(&self.leaves()[..], *size as u64, from as u64);
            writer.older(&self.checkpoint(*size), &path).unwrap();
        }
        for (i, entry) in self.entries.iter().enumerate().skip(from) {
            writer.entry(entry).unwrap();
            if let (Some(tree), true) = (&self.subtrees[i], leaves) {
                writer.leaves(tree.leaves_bytes()).unwrap();
            }
            if checkpoints.contains(&(i + 1)) {
                writer.checkpoint(&self.checkpoint(i + 1)).unwrap();
            }
        }
        writer.finish().unwrap()
    }
}

/// Every file that differs from this one in a single bit.
pub fn flips(file: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..file.len() * 8).map(move |bit| {
        let mut changed = file.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        (bit, changed)
    })
}
