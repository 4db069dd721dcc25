//! Measures records a second from keys to a batch's root: `cargo run --release -p frist-ledger --example speed [records]`.

use std::time::Instant;

use frist_ledger::{RecordKey, SubTreeBuilder};

fn main() {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1_000_000);
    let key = RecordKey::new([7; 32]);
    let keys: Vec<String> = (0..n).map(|i| (4_000_000 + i).to_string()).collect();
    let start = Instant::now();
    let mut builder = SubTreeBuilder::new(&key, n);
    for record in &keys {
        builder.push(&[b"erp/invoice/", record.as_bytes()]);
    }
    let hashed = start.elapsed();
    let tree = builder.build();
    let took = start.elapsed();
    println!(
        "{n} records in {took:.3?} ({:.2} million records/s; leaves {hashed:.3?}), root {}",
        n as f64 / took.as_secs_f64() / 1e6,
        tree.root()
    );
}
