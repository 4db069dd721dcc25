//! The tables against values of ITU-T G.711, and chunks that are not as they should be.

use proptest::prelude::*;

use super::*;

#[test]
fn known_values_of_the_tables() {
    // The ends of the scales, silence, and one value of the middle of each, from the decoder output
    // values of G.711 tables 1a and 2a scaled to 16 bits.
    for (sample, linear) in [(0x00, -32124), (0x80, 32124), (0x7f, 0), (0xff, 0), (0x0f, -16764)] {
        assert_eq!(ulaw(sample), linear, "µ-law {sample:02x}");
    }
    for (sample, linear) in [(0x2a, -32256), (0xaa, 32256), (0x55, -8), (0xd5, 8), (0x00, -5504)] {
        assert_eq!(alaw(sample), linear, "A-law {sample:02x}");
    }
}

#[test]
fn both_scales_are_symmetric_and_rise() {
    for n in 0..=0x7f_u8 {
        assert_eq!(ulaw(n), -ulaw(n | 0x80));
        assert_eq!(alaw(n), -alaw(n | 0x80));
    }
    let rises = |values: Vec<i16>| values.windows(2).all(|w| w[0] < w[1]);
    assert!(rises((0..=0x7f_u8).map(ulaw).collect()));
    assert!(rises((0..=0x7f_u8).map(|n| alaw(n ^ 0x55 ^ 0x7f)).collect()));
}

#[test]
fn legs_are_left_and_right_and_silence_is_zero() {
    let mut chunk = vec![0; PAIR * 2];
    chunk[0] = PCMA;
    chunk[1..=SAMPLES].fill(0xaa);
    chunk[BLOCK] = PCMU;
    chunk[BLOCK + 1..PAIR].fill(0x00);
    // The second pair is silent, whatever lies in it.
    chunk[PAIR + 1..PAIR + BLOCK].fill(0x12);
    let mut pcm = Vec::new();
    decode(&chunk, &mut pcm).unwrap();
    assert_eq!(pcm.len(), 2 * PAIR_PCM);
    let (frames, _) = pcm.as_chunks::<4>();
    let left = |f: &[u8; 4]| i16::from_le_bytes([f[0], f[1]]);
    let right = |f: &[u8; 4]| i16::from_le_bytes([f[2], f[3]]);
    assert!(frames[..SAMPLES].iter().all(|f| left(f) == 32256 && right(f) == -32124));
    assert!(frames[SAMPLES..].iter().all(|f| left(f) == 0 && right(f) == 0));
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused_whole(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        let mut pcm = vec![7];
        match decode(&bytes, &mut pcm) {
            Ok(()) => prop_assert_eq!(pcm.len(), 1 + bytes.len() / PAIR * PAIR_PCM),
            Err(_) => prop_assert_eq!(pcm, vec![7]),
        }
    }
}

#[test]
fn every_linear_sample_becomes_the_a_law_value_of_its_interval() {
    for code in 0..=255_u8 {
        assert_eq!(to_alaw(alaw(code)), code);
    }
    let mut last = i16::MIN;
    for s in i16::MIN..=i16::MAX {
        let back = alaw(to_alaw(s));
        // Steps are 16 wide up to 512, and then a sixteenth of where their segment begins.
        let half = (i32::from(s).unsigned_abs() / 32).max(8);
        assert!(i32::from(back).abs_diff(i32::from(s)) <= half, "{s} became {back}");
        assert!(back >= last, "{s}");
        last = back;
    }
}
