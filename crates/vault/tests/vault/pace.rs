//! What writing costs.

use std::time::{Duration, Instant};

use crate::support::*;

/// A thousand recordings at once from one thread, ten seconds of sound each: 20,000 chunks.
#[test]
#[ignore = "a measurement: writes 160 MB"]
fn a_thousand_at_once() {
    let place = Place::new();
    let vault = place.open();
    let began = Instant::now();
    let mut writers: Vec<_> =
        (0..1000).map(|_| begin(&vault, "2026-11-22T20:00:00Z", CHUNK)).collect();
    println!("beginning took {:?} each", began.elapsed() / 1000);
    let sound = [0x55; CHUNK];
    let (mut slowest, mut all) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..20 {
        for writer in &mut writers {
            let began = Instant::now();
            writer.append(&sound).unwrap();
            let took = began.elapsed();
            slowest = slowest.max(took);
            all += took;
        }
    }
    println!(
        "a chunk took {:?} on average, {slowest:?} at most; 10 s of 1,000 recordings: {all:?}",
        all / 20_000
    );
    assert!(all < Duration::from_secs(10), "slower than they come: {all:?}");
    let began = Instant::now();
    for writer in writers {
        writer.finish(at("2026-11-22T20:00:10Z")).unwrap();
    }
    println!("ending took {:?} each", began.elapsed() / 1000);
}
