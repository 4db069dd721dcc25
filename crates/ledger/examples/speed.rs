//! Measures records a second, from keys to the ledger's root and in verifying evidence over it, and
//! how long publishing one more entry takes in logs of different sizes:
//! `cargo run --release -p frist-ledger --example speed [records]`.

use std::time::{Duration, Instant};

use frist_ledger::entry::{Disposal, Disposition, Lateness, Rule};
use frist_ledger::hash::leaf_hash;
use frist_ledger::*;

/// As many records as a batch of a sweep has.
const BATCH: usize = 10_000;

fn main() -> Result<()> {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1_000_000);
    let key = RecordKey::new([7; 32]);
    let keys: Vec<String> = (0..n).map(|i| (4_000_000 + i).to_string()).collect();
    // As a sweep does it: batch after batch, each with its entry, up to the ledger's root.
    let start = Instant::now();
    let (mut frontier, mut hashing) = (Frontier::new(), Duration::ZERO);
    for (i, batch) in keys.chunks(BATCH).enumerate() {
        let begin = Instant::now();
        let mut builder = SubTreeBuilder::new(&key, batch.len());
        for record in batch {
            builder.push(&[b"erp/invoice/", record.as_bytes()]);
        }
        hashing += begin.elapsed();
        frontier.append(leaf_hash(&entry(&key, i, &builder.build())?));
    }
    let took = start.elapsed();
    println!(
        "{n} records in {took:.3?} ({:.2} million records/s; leaves {hashing:.3?}), root {}",
        n as f64 / took.as_secs_f64() / 1e6,
        frontier.root()
    );

    let file = evidence(&key, &keys)?;
    let start = Instant::now();
    let report = verify_evidence(&file[..], &[signer()?.verifier()], None)?;
    let took = start.elapsed();
    println!(
        "evidence of {} entries, {} records, {} bytes verified in {took:.3?} ({:.2} million records/s)",
        report.entries(),
        report.records(),
        file.len(),
        report.records() as f64 / took.as_secs_f64() / 1e6
    );
    for size in [1_000, 30_000, 1_000_000] {
        let took = publishing(size)?;
        println!("publishing one more entry in a log of {size}: {took:.3?} (median of 21, synced)");
    }
    Ok(())
}

/// How long it takes to publish one more entry, with its checkpoint, in a log of this size.
fn publishing(size: u64) -> Result<Duration> {
    let Ok(dir) = tempfile::tempdir() else { panic!("no temporary folder") };
    let tiles = Tiles::new(dir.path());
    let keys = [signer()?.verifier()];
    let mut frontier = Frontier::new();
    let mut times = Vec::new();
    for goal in size..size + 22 {
        let start = Instant::now();
        let mut publisher = tiles.publisher(&keys)?;
        while publisher.size() < goal {
            let kind = Kind::Register { revision: leaf_hash(b"revision"), by: Id::new("a")? };
            let entry = Entry::new(jiff::Timestamp::UNIX_EPOCH, kind).to_bytes()?;
            frontier.append(leaf_hash(&entry));
            publisher.append(&entry)?;
        }
        publisher.commit(&Checkpoint::sign(&signer()?, &frontier)?)?;
        times.push(start.elapsed());
    }
    // The first wrote the log.
    times.remove(0);
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn signer() -> Result<SigningKey> {
    SigningKey::from_seed("frist.example/speed", &[1; 32])
}

/// The entry of batch `i`.
fn entry(key: &RecordKey, i: usize, tree: &SubTree) -> Result<Vec<u8>> {
    let disposal = Disposal {
        dataset: Id::new("invoices")?,
        disposition: Disposition::Erase,
        rule: Rule { text: Text::new("5 years")?, laws: vec![] },
        revision: leaf_hash(b"revision"),
        sweep: Id::from(1),
        batch: Id::from(i as u64),
        late: Lateness::default(),
        key: key.id(),
        n: tree.count(),
        root: tree.root(),
    };
    Entry::new(jiff::Timestamp::UNIX_EPOCH, Kind::Erased(disposal)).to_bytes()
}

/// Evidence over all these records in batches.
fn evidence(key: &RecordKey, records: &[String]) -> Result<Vec<u8>> {
    let mut frontier = Frontier::new();
    let mut writer = EvidenceWriter::new(Vec::new(), &frontier)?;
    for (i, batch) in records.chunks(BATCH).enumerate() {
        let tree = SubTree::build(key, batch);
        let entry = entry(key, i, &tree)?;
        frontier.append(leaf_hash(&entry));
        writer.entry(&entry)?;
        writer.leaves(tree.leaves_bytes())?;
    }
    writer.checkpoint(&Checkpoint::sign(&signer()?, &frontier)?)?;
    writer.finish()
}
