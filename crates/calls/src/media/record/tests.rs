use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

#[derive(Clone, Default)]
struct Reel(Arc<Mutex<Vec<u8>>>, Arc<Mutex<u64>>);

impl Tape for Reel {
    fn chunk(&mut self, plain: &[u8]) -> Result<(), TapeError> {
        self.0.lock().unwrap().extend_from_slice(plain);
        Ok(())
    }
    fn missing(&mut self, ms: u64) {
        *self.1.lock().unwrap() += ms;
    }
    fn finish(self: Box<Self>) {}
    fn destroy(self: Box<Self>) {}
}

/// Says packets at instants that the test makes up, so that an hour takes no time.
struct Studio {
    reel: Reel,
    recorder: Recorder,
    start: Instant,
    ticked: u64,
}

impl Studio {
    fn new() -> Studio {
        let (reel, start) = (Reel::default(), Instant::now());
        let recorder = Recorder::new(Box::new(reel.clone()), [0; 2], start);
        Studio { reel, recorder, start, ticked: 0 }
    }

    fn at(&self, us: u64) -> Instant {
        self.start + Duration::from_micros(us)
    }

    /// A packet of 20 ms that comes at `us`.
    fn say(&mut self, us: u64, seq: u16, timestamp: u32, byte: u8) -> bool {
        while self.ticked + 20_000 <= us {
            self.ticked += 20_000;
            self.recorder.tick(self.at(self.ticked)).unwrap();
        }
        let header = header(seq, timestamp);
        self.recorder.sound(0, Codec::Pcma, &header, &[byte; 160], self.at(us))
    }

    /// The caller's blocks: their first byte, 0 for silence.
    fn finish(self, us: u64) -> Vec<u8> {
        let end = self.at(us);
        self.recorder.finish(end).unwrap();
        let plain = self.reel.0.lock().unwrap();
        plain.chunks_exact(PAIR).map(|p| if p[0] == SILENT { 0 } else { p[1] }).collect()
    }
}

fn header(seq: u16, timestamp: u32) -> Header {
    Header { pt: 8, marker: false, seq, timestamp, ssrc: 1, start: 12, end: 172 }
}

/// A clock that is off by 200 ppm either way for half an hour: nothing is late, and the tape is as long
/// as the call.
#[test]
fn half_an_hour_of_drift() {
    for (step, lost) in [(20_004, 0), (19_996, 40)] {
        let mut studio = Studio::new();
        let packets = 1_800_000_000 / step;
        for n in 0..packets {
            let byte = 1 + (n % 100) as u8;
            assert!(
                studio.say(10_000 + n * step, n as u16, (n * 160) as u32, byte),
                "{n} was late"
            );
        }
        let blocks = studio.finish(1_800_000_000);
        assert_eq!(blocks.len(), 90_000);
        let silent = blocks.iter().filter(|b| **b == 0).count();
        assert!(silent <= 40, "{silent} silent blocks for {step}");
        let heard = blocks.len() - silent;
        assert!(heard as u64 + lost + 3 >= packets, "{heard} of {packets}");
        // Nowhere is the tape far from the packets.
        for (n, byte) in blocks.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            let said = (n as u64 * 20_000 / step) as i64 % 100;
            let off = (i64::from(*byte) - 1 - said).rem_euclid(100);
            assert!(off <= 5 || off >= 95, "block {n}: {byte} for {said}");
        }
    }
}

#[test]
fn the_network_holds_back_and_delivers_all_at_once() {
    let mut studio = Studio::new();
    for n in 0..100u64 {
        // For 300 ms nothing comes, then what was held back.
        let us = if (40..55).contains(&n) { 55 * 20_000 } else { n * 20_000 };
        studio.say(us + 21_000, n as u16, n as u32 * 160, 1 + n as u8);
    }
    let blocks = studio.finish(102 * 20_000);
    let heard: Vec<u8> = blocks.into_iter().filter(|b| *b != 0).collect();
    assert!(heard.is_sorted() && heard.len() >= 92, "{heard:?}");
}

/// A second and a half in which nothing comes, and then all of it: what is not too late stands where it was said, nothing
/// stands anywhere else, and the tape is told exactly what is missing on it.
#[test]
fn what_was_held_back_for_long_is_told_as_missing_and_shifts_nothing() {
    let mut studio = Studio::new();
    for n in 0..200u64 {
        let us = if (40..115).contains(&n) { 115 * 20_000 } else { n * 20_000 };
        studio.say(us + 21_000, n as u16, n as u32 * 160, 1 + n as u8);
    }
    let told = Arc::clone(&studio.reel.1);
    let blocks = studio.finish(202 * 20_000);
    for (n, byte) in blocks.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        assert_eq!(usize::from(*byte), n + 1, "at its place: {blocks:?}");
    }
    let hole = 200 - blocks.iter().filter(|byte| **byte != 0).count() as u64;
    assert!((40..=65).contains(&hole), "{hole} of 75: {blocks:?}");
    assert_eq!(*told.lock().unwrap(), hole * 20);
}

#[test]
fn packets_that_never_came_are_told_as_missing_but_not_those_of_a_pause() {
    let mut studio = Studio::new();
    let told = Arc::clone(&studio.reel.1);
    let mut lost = 7;
    studio.recorder.lost([0, lost]);
    for n in 0..200u64 {
        let now = studio.at(n * 20_000 + 21_000);
        match n {
            50 | 100 => studio.recorder.pause(n == 50, now),
            // Five are lost, then one of them comes after all; in the pause three more.
            20 => lost += 5,
            22 => lost -= 1,
            70 => lost += 3,
            _ => {
                studio.say(n * 20_000 + 21_000, n as u16, n as u32 * 160, 1).then_some(()).unwrap()
            }
        }
        studio.recorder.lost([0, lost]);
    }
    studio.finish(202 * 20_000);
    // The seven of before the first word were told as lost during the recording here, the four as well.
    assert_eq!(*told.lock().unwrap(), (7 + 4) * 20);
}

#[test]
fn a_source_that_stops_its_clock_while_it_is_silent() {
    let mut studio = Studio::new();
    for n in 0..100u64 {
        let rest = if n >= 50 { 3_000_000 } else { 0 };
        assert!(studio.say(n * 20_000 + rest + 21_000, n as u16, n as u32 * 160, 1 + n as u8));
    }
    let blocks = studio.finish(5_100_000);
    assert_eq!(blocks.iter().filter(|b| **b != 0).count(), 100);
    assert_eq!(blocks.iter().position(|b| *b == 51).unwrap() / 10, 20, "where it was said");
}

#[test]
fn a_long_press_is_silenced_as_long_as_it_lasts_and_then_no_more() {
    let mut studio = Studio::new();
    for n in 0..200u64 {
        studio.say(n * 20_000 + 21_000, n as u16, n as u32 * 160, 1 + n as u8);
        if (60..120).contains(&n) {
            let event = Event { code: 5, end: n == 119, duration: (n - 60) as u16 * 160 };
            let now = studio.at(n * 20_000 + 21_000);
            studio.recorder.press(0, &header(0, 60 * 160), event, now);
        }
    }
    let blocks = studio.finish(201 * 20_000);
    assert!(!blocks.iter().any(|b| (61..=119).contains(b)), "{blocks:?}");
    assert!(blocks.contains(&56) && blocks.contains(&128), "{blocks:?}");
}

#[test]
fn any_timestamps_and_lengths_are_survived() {
    use proptest::prelude::*;
    let packet = (any::<u32>(), any::<u16>(), 0usize..1000, 0u64..400_000, 0u8..6);
    proptest!(|(packets in prop::collection::vec(packet, 1..60))| {
        let mut studio = Studio::new();
        let mut us = 0;
        for (timestamp, seq, length, later, what) in packets {
            us += later;
            let (now, header) = (studio.at(us), header(seq, timestamp));
            let event = Event { code: 1, end: seq % 2 == 0, duration: seq };
            match what {
                0 => studio.recorder.press(1, &header, event, now),
                1 => studio.recorder.pause(seq % 2 == 0, now),
                2 => studio.recorder.tick(now).unwrap(),
                _ => drop(studio.recorder.sound(1, Codec::Pcmu, &header, &vec![9; length], now)),
            }
        }
        let blocks = studio.finish(us);
        prop_assert_eq!(blocks.len() as u64, us / 20_000);
    });
}
