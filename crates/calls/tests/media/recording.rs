use std::time::{Duration, Instant};

use frist_calls::media::*;

use crate::phone::*;

fn sleep(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

#[test]
fn from_the_moment_on_and_soon_handed_over() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    call.caller.say_for(10, 1);
    let (tape, start) = (Memory::default(), Instant::now());
    call.session.record(tape.tape());
    let mut due = Instant::now();
    for _ in 0..60 {
        call.caller.say(&[2; 160]);
        call.agent.say(&[3; 160]);
        due += Duration::from_millis(20);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    sleep(10);
    call.session.record(None);
    settle();
    let first = tape.0.lock().unwrap().chunks[0].0.duration_since(start);
    assert!(first < Duration::from_millis(780), "the first half-second came after {first:?}");
    assert!(tape.0.lock().unwrap().finished.is_some());
    for (leg, byte) in [(0, 2), (1, 3)] {
        let sound = tape.sound(leg);
        assert!(sound.iter().all(|b| *b == byte), "nothing of before, nothing of the other");
        let ms = sound.len() / 8;
        assert!((1140..=1200).contains(&ms), "{ms} ms of 1200");
    }
    assert_eq!(call.agent.hear_all().len(), 70, "the call is relayed as before");
    assert!(call.session.figures().recorded_ms >= 1140);
}

#[test]
fn stops_at_once_and_nothing_comes_after() {
    for destroy in [false, true] {
        let media = Media::start(config()).unwrap();
        let mut call = pair(&media, Purpose::Front);
        let tape = Memory::default();
        call.session.record(tape.tape());
        settle();
        call.caller.say_for(40, 7);
        let asked = Instant::now();
        if destroy {
            call.session.destroy_recording()
        } else {
            call.session.record(None)
        }
        call.caller.say_for(50, 9);
        let reel = tape.0.lock().unwrap();
        let done = if destroy { reel.destroyed } else { reel.finished }.unwrap();
        assert!(done.duration_since(asked) < Duration::from_millis(100), "{:?}", done - asked);
        assert!(reel.chunks.iter().all(|(at, _)| *at <= done));
        drop(reel);
        assert!(tape.sound(0).iter().all(|byte| *byte == 7));
        assert!(!tape.sound(0).is_empty());
    }
}

#[test]
fn without_a_tape_siprec_keeps_nothing() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Siprec);
    settle();
    call.caller.say_for(20, 1);
    call.agent.say_for(5, 1);
    until("the count", || call.session.figures().dropped_without_consent == 25);
    let figures = call.session.figures();
    assert_eq!((figures.dropped_without_consent, figures.received), (25, 0));
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(20, 2);
    // What has come and was not read yet would count as dropped.
    settle();
    call.session.record(None);
    settle();
    call.caller.say_for(5, 3);
    until("the count", || call.session.figures().dropped_without_consent == 30);
    assert!(tape.sound(0).iter().all(|byte| *byte == 2) && tape.sound(0).len() > 2700);
    assert!(call.agent.hear().is_none(), "a recorder sends nothing");
}

#[test]
fn a_pause_is_silence_of_its_length() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(20, 1);
    call.session.pause(true);
    call.caller.say_for(30, 4);
    call.session.pause(false);
    call.caller.say_for(20, 1);
    call.session.record(None);
    settle();
    let blocks = tape.blocks(0);
    let heard: String =
        blocks.iter().map(|(codec, _)| if *codec == 0 { '.' } else { 'x' }).collect();
    assert!(tape.sound(0).iter().all(|b| *b == 1 || *b == 0xd5), "nothing of the pause: {heard}");
    let silent = heard.trim_matches('.').matches('.').count();
    assert!((28..=45).contains(&silent), "{silent} blocks of 30: {heard}");
    assert!((68..=90).contains(&blocks.len()), "{heard}");
}

#[test]
fn order_gaps_late_packets_and_other_lengths() {
    // Beside each other, for they take real time.
    let lengths = [80, 160, 240, 480].map(|length| std::thread::spawn(move || order(length)));
    lengths.into_iter().for_each(|thread| thread.join().unwrap());
}

fn order(length: u32) {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    let (seq, timestamp) = (call.caller.seq, call.caller.timestamp);
    // Bytes that say where they belong, in every packet; 4 comes after 5, 7 never, and 2
    // half a second too late.
    let mut due = Instant::now();
    let count = 16_000 / length as u16;
    for n in 0..count {
        let n = match n {
            4 => 5,
            5 => 4,
            2 | 7 => continue,
            n => n,
        };
        send(&mut call.caller, seq, timestamp, n, length);
        due += Duration::from_micros(u64::from(length) * 125);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    send(&mut call.caller, seq, timestamp, 2, length);
    settle();
    call.session.record(None);
    sleep(300);
    let sound: Vec<u8> = tape.blocks(0).into_iter().flat_map(|(_, sound)| sound).collect();
    // All that there is stands in order and whole.
    let runs: Vec<(u8, usize)> =
        sound.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    let mut expected: Vec<u8> =
        (0..count).filter(|n| ![2, 7].contains(n)).map(|n| 10 + n as u8 % 200).collect();
    let found: Vec<u8> = runs.iter().map(|run| run.0).filter(|b| *b != 0 && *b != 0xd5).collect();
    // What was said before the beginning of the tape may be missing.
    let skipped = expected.len() - found.len();
    assert!(skipped <= 1 + (320 / length as usize), "{length}: {runs:?}");
    assert_eq!(found, expected.split_off(skipped), "{length}");
    let seven = sound.iter().skip_while(|b| **b != 16).skip_while(|b| **b == 16);
    let seven = seven.take_while(|b| **b != 18).count();
    assert_eq!(seven, length as usize, "the gap is as long as what is missing: {runs:?}");
    assert!(call.session.figures().late >= 1, "{length}");
}

fn send(phone: &mut Phone, seq: u16, timestamp: u32, n: u16, length: u32) {
    phone.seq = seq.wrapping_add(n);
    phone.timestamp = timestamp.wrapping_add(u32::from(n) * length);
    phone.raw(&phone.rtp(8, &vec![10 + n as u8 % 200; length as usize]));
}

#[test]
fn a_new_stream_goes_on_on_the_tape() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Siprec);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(25, 1);
    (call.caller.ssrc, call.caller.seq, call.caller.timestamp) = (99, 5, 0x8000_0000);
    call.caller.say_for(25, 2);
    call.caller.timestamp = 7;
    call.caller.say_for(25, 3);
    sleep(300);
    call.session.record(None);
    settle();
    let runs: Vec<(u8, usize)> = tape
        .sound(0)
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len() / 160))
        .filter(|(byte, _)| *byte != 0xd5)
        .collect();
    assert_eq!(runs.iter().map(|run| run.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs.iter().all(|run| (23..=25).contains(&run.1)), "{runs:?}");
}

/// The thread stands still for two seconds, as on a machine that was paused: what came meanwhile is on the tapes where
/// it was said, and is passed on.
#[test]
fn a_thread_that_stood_still_loses_nothing() {
    let media = Media::start(config()).unwrap();
    let (mut one, mut two) = (pair(&media, Purpose::Front), pair(&media, Purpose::Siprec));
    let (tape, other, late) = (Memory::default(), Memory::default(), Memory::default());
    tape.0.lock().unwrap().nap = Some(Duration::from_secs(2));
    one.session.relay(true);
    one.session.record(tape.tape());
    two.session.record(other.tape());
    let mut third = pair(&media, Purpose::Siprec);
    settle();
    let mut due = Instant::now();
    for n in 0..200u8 {
        one.caller.say(&[1 + n; 160]);
        one.agent.say(&[1 + n; 160]);
        two.agent.say(&[1 + n; 160]);
        third.caller.say(&[1 + n; 160]);
        if n == 100 {
            // Consent comes while the thread stands still: what was sent before it is on no tape.
            assert_eq!(tape.blocks(0).len(), 0, "it stands still");
            third.session.record(late.tape());
        }
        due += Duration::from_millis(20);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    sleep(300);
    for call in [one.session, two.session, third.session] {
        assert_eq!((call.figures().lost, call.figures().late), (0, 0));
        call.close();
    }
    settle();
    for (what, tape, leg) in [("caller", &tape, 0), ("agent", &tape, 1), ("other", &other, 1)] {
        let sound = tape.sound(leg);
        let runs: Vec<(u8, usize)> =
            sound.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
        let (first, last) = (runs[0].0, runs[runs.len() - 1].0);
        assert!(first <= 3 && last == 200, "{what}: {first} to {last}");
        assert!(runs.iter().map(|run| run.0).eq(first..=last), "{what}: in order: {runs:?}");
        let whole = runs[1..].iter().filter(|run| run.1 == 160).count();
        assert_eq!(whole, runs.len() - 1, "{what}: {runs:?}");
        assert_eq!(tape.0.lock().unwrap().missing_ms, 0, "{what}");
    }
    assert_eq!(one.agent.hear_all().len(), 200, "passed on");
    let sound = late.sound(0);
    let first = sound.iter().find(|byte| **byte != 0xd5).copied().unwrap();
    assert!(first > 100, "{first} is the first that is recorded");
}

#[test]
fn what_is_missing_is_told() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Siprec);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    for _ in 0..3 {
        call.caller.say_for(10, 1);
        // Two packets that are lost on the way.
        call.caller.seq = call.caller.seq.wrapping_add(2);
        call.caller.timestamp += 320;
        sleep(40);
    }
    call.caller.say_for(10, 1);
    call.session.record(None);
    settle();
    assert_eq!(tape.0.lock().unwrap().missing_ms, 3 * 40);
    assert_eq!(call.session.figures().missing_ms, 3 * 40);
}

/// A pair of tones in A-law, 20 ms from block `n`.
fn tones(low: f64, high: f64, n: usize) -> [u8; 160] {
    std::array::from_fn(|k| {
        let t = (n * 160 + k) as f64 / 8000.0 * std::f64::consts::TAU;
        alaw(((t * low).sin() * 6000.0 + (t * high).sin() * 6000.0) as i16)
    })
}

/// By the prompt's own encoder.
fn alaw(sample: i16) -> u8 {
    (0..=255u8)
        .min_by_key(|byte| (i32::from(frist_calls::tape::alaw(*byte)) - i32::from(sample)).abs())
        .unwrap()
}

#[test]
fn digits_are_never_on_the_tape() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(20, 1);
    // RFC 4733, with sound that goes on under it.
    let begin = call.caller.timestamp;
    for n in 1..=5 {
        call.caller.say(&[66; 160]);
        let after = std::mem::replace(&mut call.caller.timestamp, begin);
        call.caller.event(3, false, n * 160);
        call.caller.timestamp = after;
        sleep(20);
    }
    let after = std::mem::replace(&mut call.caller.timestamp, begin);
    (0..3).for_each(|_| call.caller.event(3, true, 800));
    call.caller.timestamp = after;
    call.caller.say_for(20, 1);
    // In the sound only, from the middle of a block.
    for n in 0..4 {
        call.caller.say(&tones(852.0, 1209.0, n));
        sleep(20);
    }
    call.caller.say_for(20, 1);
    call.session.record(None);
    sleep(300);
    let sound = tape.sound(0);
    assert!(!sound.contains(&66), "what was said while a key was down");
    assert!(sound.iter().all(|byte| *byte == 1), "the tones");
    assert!(sound.len() / 160 >= 40, "the rest is there: {} blocks", sound.len() / 160);
    assert!(call.session.figures().masked_blocks >= 9);
    assert_eq!(call.keys(), "3");
}

#[test]
fn a_broken_tape_is_told_and_the_call_goes_on() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let tape = Memory::default();
    tape.0.lock().unwrap().broken = true;
    call.session.relay(true);
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(40, 1);
    assert_eq!(call.event(), Some(MediaEvent::First { side: Side::Caller }));
    assert_eq!(call.event(), Some(MediaEvent::TapeFailed));
    call.caller.say_for(5, 1);
    assert_eq!(call.agent.hear_all().len(), 45);
}

#[test]
fn closing_finishes_the_tape() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let tape = Memory::default();
    call.session.record(tape.tape());
    settle();
    call.caller.say_for(10, 1);
    call.session.close();
    settle();
    assert!(tape.0.lock().unwrap().finished.is_some());
    assert!(tape.sound(0).len() >= 8 * 160);
}

#[test]
fn three_hundred_calls_at_once() {
    let media =
        Media::start(MediaConfig { ports: 24_000..=26_999, threads: 0, ..config() }).unwrap();
    let mut calls: Vec<(Pair, Memory)> =
        (0..300).map(|_| (pair(&media, Purpose::Front), Memory::default())).collect();
    for (call, tape) in &calls {
        call.session.relay(true);
        call.session.record(tape.tape());
        call.caller.socket.set_nonblocking(true).unwrap();
        call.agent.socket.set_nonblocking(true).unwrap();
    }
    settle();
    let mut due = Instant::now();
    for n in 0..60u8 {
        for (call, _) in &mut calls {
            call.caller.say(&[1 + n; 160]);
            call.agent.say(&[1 + n; 160]);
        }
        due += Duration::from_millis(20);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    sleep(800);
    let total = media.figures();
    assert_eq!((total.sessions, total.recording), (300, 300));
    assert_eq!((total.received, total.sent, total.lost), (36_000, 36_000, 0), "{total:?}");
    for (call, tape) in &calls {
        assert_eq!(call.agent.hear_all().len(), 60);
        let blocks = tape.sound(0).len() / 160;
        assert!(blocks >= 55, "{blocks} {:?}", call.session.figures());
    }
    drop(calls);
    sleep(600);
    assert_eq!(media.figures().sessions, 0);
}
