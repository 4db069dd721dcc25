use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::media::rtcp::LastReport;
use crate::media::srtp::Opener;
use crate::media::{SrtpKeys, SrtpSuite};

fn header(seq: u16, timestamp: u32, ssrc: u32) -> Header {
    Header { pt: 8, marker: false, seq, timestamp, ssrc, start: 12, end: 172 }
}

/// All that reads packets, with any bytes.
fn read_by_all(bytes: &[u8]) {
    if let Some(header) = parse(bytes) {
        assert!(header.start >= HEADER && header.start <= header.end && header.end <= bytes.len());
    }
    let _ = is_rtcp(bytes);
    let _ = LastReport::default().read(bytes, Instant::now());
    for suite in SrtpSuite::ALL {
        let key = vec![1; suite.key_len() + suite.salt_len()];
        let keys = SrtpKeys { suite, theirs: key.clone().into(), ours: key.into() };
        let mut opener = Opener::new(&keys).unwrap();
        let mut buffer = [0; 2048];
        buffer[..bytes.len()].copy_from_slice(bytes);
        assert_eq!(opener.rtp(&mut buffer, bytes.len()), None, "nobody signed this");
        assert_eq!(opener.rtcp(&mut buffer, bytes.len()), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_by_all(&bytes);
    }

    /// Bytes that look like RTP or RTCP at first.
    #[test]
    fn near_misses_are_survived(
        first in 0x80u8..=0xbf,
        second in any::<u8>(),
        rest in prop::collection::vec(prop_oneof![Just(0u8), Just(0xff), any::<u8>()], 0..120),
    ) {
        let mut bytes = vec![first, second];
        bytes.extend(rest);
        read_by_all(&bytes);
    }

    /// Whatever comes in whatever order from whatever streams: one SSRC, and a sequence number is
    /// not used twice (SRTP would give two packets the same key stream).
    #[test]
    fn no_number_is_given_twice(
        steps in prop::collection::vec((0u8..4, 0u16..6, 0u32..3, any::<bool>()), 1..200),
        start in any::<u16>(),
    ) {
        let mut out = Out::new([0x5a; 12]);
        let mut now = Instant::now();
        let mut at = [start, start.wrapping_add(100), 65_500];
        let mut seen = std::collections::HashMap::new();
        let mut previous: Option<u16> = None;
        for (kind, back, ssrc, long) in steps {
            now += Duration::from_millis(if long { 500 } else { 20 });
            let numbers = match kind {
                0 => Some(out.local(now, 160, false)),
                1 => { out.rests(); None }
                _ => {
                    let newest = &mut at[ssrc as usize];
                    *newest = newest.wrapping_add(1);
                    // Now and then a gap that is filled later, or one that came before.
                    if back == 5 {
                        *newest = newest.wrapping_add(1);
                    }
                    let seq = newest.wrapping_sub(u16::from(back >= 4));
                    out.relayed(&header(seq, u32::from(seq) * 160, ssrc), 160, now)
                }
            };
            if let Some(numbers) = numbers {
                prop_assert!(seen.insert(numbers.seq, ()).is_none(), "{numbers:?} twice");
                if let Some(previous) = previous {
                    let step = numbers.seq.wrapping_sub(previous) as i16;
                    prop_assert!((-3..=4).contains(&step), "a step of {step}");
                }
                previous = Some(numbers.seq);
            }
        }
    }
}

/// What really came once and was no RTP, or hardly: cut, with bits changed, with lengths that lie.
#[test]
fn a_corpus_of_broken_packets() {
    let mut good = vec![0xb2, 0x88, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 9, 9, 9, 9, 8, 8, 8, 8];
    good.extend([0xbe, 0xde, 0, 1, 0x10, 7, 0, 0]);
    good.extend([0x55; 20]);
    good.extend([0, 0, 0, 4]);
    let header = parse(&good).unwrap();
    assert_eq!((header.start, header.end, header.pt, header.marker), (28, 48, 8, true));
    for length in 0..good.len() {
        read_by_all(&good[..length]);
    }
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            read_by_all(&bad);
        }
    }
    let padding = |n| parse(&[&good[..48], &[0, 0, 0, n]].concat());
    assert!(padding(0).is_none() && padding(25).is_none() && padding(24).is_some());
}

#[test]
fn what_is_lost_is_counted_over_wraps_and_streams() {
    let mut received = Received::default();
    for seq in (65_530..65_536u32).chain(0..10).filter(|n| ![65_533, 3, 4].contains(n)) {
        received.packet(&header(seq as u16, seq * 160, 1), 0);
    }
    assert_eq!(received.lost(), 3);
    for seq in [500, 502, 501, 504] {
        received.packet(&header(seq, 0, 2), 0);
    }
    assert_eq!(received.lost(), 4, "the stream before counts too");
    assert_eq!(received.report(), (51, 1, received.report().2));
}

#[test]
fn a_rest_and_another_source_leave_no_gap() {
    let mut out = Out::new([7; 12]);
    let now = Instant::now();
    let at = |ms| now + Duration::from_millis(ms);
    let one = out.relayed(&header(9, 1000, 1), 160, at(0)).unwrap();
    let two = out.relayed(&header(10, 1160, 1), 160, at(20)).unwrap();
    assert_eq!((two.seq - one.seq, two.timestamp.wrapping_sub(one.timestamp)), (1, 160));
    assert!(one.marker && !two.marker);
    out.rests();
    let three = out.relayed(&header(60, 9160, 1), 160, at(1020)).unwrap();
    assert_eq!((three.seq - two.seq, three.timestamp.wrapping_sub(two.timestamp)), (1, 8000));
    let prompt = out.local(at(1040), 160, false);
    assert_eq!((prompt.seq - three.seq, prompt.timestamp.wrapping_sub(three.timestamp)), (1, 160));
    assert!(prompt.marker);
    // What was overtaken by the switch is of the source before.
    assert!(out.relayed(&header(70, 9320, 2), 160, at(1060)).is_some());
    assert_eq!(out.relayed(&header(69, 9160, 2), 160, at(1061)), None);
}
