use std::process::Command;

use super::*;
use crate::media::{Codec, Prompt, law};

const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// Tones of these frequencies and amplitudes from sample `from` to `to` of `blocks` blocks, with
/// noise of that amplitude, in this law.
fn sound(
    codec: Codec,
    tones: [(f64, f64); 2],
    (from, to): (usize, usize),
    blocks: usize,
    noise: f64,
) -> Vec<u8> {
    let mut random = 12345u32;
    (0..blocks * BLOCK)
        .map(|n| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut sample = noise * (f64::from(random >> 8) / f64::from(1 << 23) - 1.0);
            if (from..to).contains(&n) {
                for (frequency, amplitude) in tones {
                    let angle = n as f64 * frequency / 8000.0 * std::f64::consts::TAU;
                    sample += amplitude * (angle + frequency).sin();
                }
            }
            law::encode(codec, sample as i16)
        })
        .collect()
}

fn found(codec: Codec, sound: &[u8]) -> Vec<bool> {
    let (blocks, _) = sound.as_chunks::<BLOCK>();
    blocks.iter().map(|block| has_tones(block, law::table(codec))).collect()
}

/// Of a press of 40 ms, the shortest there is (ITU-T Q.24), wherever it begins, each block that has
/// a part of it is a block with tones or next to one, so it is silenced.
fn all_covered(codec: Codec, tones: [(f64, f64); 2], noise: f64) -> Result<(), String> {
    for begin in (320..480).step_by(20) {
        let found = found(codec, &sound(codec, tones, (begin, begin + 320), 7, noise));
        for block in begin / BLOCK..=(begin + 319) / BLOCK {
            if !found[block - 1..=block + 1].contains(&true) {
                return Err(format!("{codec:?} {tones:?} noise {noise} from {begin}: {found:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn every_key_is_seen_in_both_laws() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        for low in LOW {
            for high in HIGH {
                // Loud and soft (about -3 and -30 dBm0 a tone), with a twist of 6 dB both ways,
                // off by 1.5 %, in noise 15 dB below.
                for (a, b) in [(8000.0, 8000.0), (700.0, 700.0), (4000.0, 2000.0), (2000.0, 4000.0)]
                {
                    for off in [0.985, 1.0, 1.015] {
                        let tones = [(low * off, a), (high * off, b)];
                        all_covered(codec, tones, 0.0).unwrap();
                        all_covered(codec, tones, f64::min(a, b) * 0.3).unwrap();
                    }
                }
            }
        }
    }
}

#[test]
fn other_sounds_are_left() {
    // Dial tone, ringing, one tone alone, noise, silence.
    for tones in [[(425.0, 5000.0), (425.0, 0.0)], [(440.0, 5000.0), (480.0, 5000.0)]] {
        assert!(
            !found(Codec::Pcma, &sound(Codec::Pcma, tones, (0, 3200), 20, 0.0)).contains(&true)
        );
    }
    for tone in LOW.into_iter().chain(HIGH) {
        let tones = [(tone, 8000.0), (0.0, 0.0)];
        assert!(
            !found(Codec::Pcmu, &sound(Codec::Pcmu, tones, (0, 3200), 20, 0.0)).contains(&true)
        );
    }
    let noise = found(Codec::Pcma, &sound(Codec::Pcma, [(0.0, 0.0); 2], (0, 0), 2000, 8000.0));
    assert!(!noise.contains(&true));
    assert_eq!(found(Codec::Pcma, &[0xd5; 1600]), [false; 10]);
}

/// Speech is not taken for keys: less than one block in a hundred.
#[test]
fn speech_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (raw, wav) = (folder.path().join("22k.wav"), folder.path().join("8k.wav"));
    let text = "Velkommen til Nordkyst Forsyning. Samtalen kan optages, hvis du siger ja. Optagelsen \
                slettes efter seksoghalvfems timer. Tryk et for at give samtykke til kvalitetssikring, \
                tryk to for nej. Du får den samme hjælp, uanset hvad du vælger. One two three four \
                five six seven eight nine zero, is anybody there at all? We are the people you seek.";
    let mut blocks = 0;
    let mut alarms = 0;
    for voice in ["da", "en", "da+f3", "en+m7"] {
        let said = Command::new("espeak-ng").args(["-v", voice, "-w"]).arg(&raw).arg(text).status();
        assert!(said.is_ok_and(|s| s.success()), "this test needs espeak-ng (Debian: espeak-ng)");
        let mut sox = Command::new("sox");
        let made = sox.arg(&raw).args(["-r", "8000", "-c", "1", "-b", "16"]).arg(&wav).status();
        assert!(made.is_ok_and(|s| s.success()), "this test needs sox (Debian: sox)");
        let prompt = Prompt::from_wav(&wav).unwrap();
        let all: Vec<&[u8]> = (0..).map_while(|n| prompt.block(Codec::Pcma, n)).collect();
        blocks += all.len();
        alarms += found(Codec::Pcma, &all.concat()).iter().filter(|tones| **tones).count();
    }
    assert!(blocks > 3000, "{blocks}");
    assert!(alarms * 100 < blocks, "{alarms} of {blocks}");
}

#[test]
fn one_key_a_press() {
    let mut presses = Presses::default();
    let mut packet = |timestamp, code, end, duration| {
        presses.packet(7, timestamp, Event { code, end, duration })
    };
    assert_eq!(packet(100, 1, false, 160), Some('1'));
    assert_eq!(packet(100, 1, false, 320), None);
    (0..3).for_each(|_| assert_eq!(packet(100, 1, true, 480), None));
    assert_eq!(packet(4000, 1, false, 160), Some('1'), "the same key again");
    assert_eq!(packet(100, 1, true, 480), None, "overtaken");
    assert_eq!(packet(9000, 10, true, 160), Some('*'), "all but the end was lost");
    assert_eq!(packet(9000, 10, true, 160), None);
    assert_eq!(packet(20_000, 16, false, 160), None, "a hook flash is no key");
    assert_eq!(packet(30_000, 2, false, 0xffff), Some('2'));
    assert_eq!(packet(30_000 + 0xffff, 2, false, 160), None, "a press of more than 8 s goes on");
    assert_eq!(presses.packet(8, 30_000, Event { code: 2, end: false, duration: 1 }), Some('2'));
}

#[test]
fn events_are_read_and_written() {
    let event = Event { code: 11, end: true, duration: 0x1234 };
    assert_eq!(Event::parse(&event.write()), Some(event));
    assert_eq!(event.key(), Some('#'));
    for n in 0..4 {
        assert_eq!(Event::parse(&event.write()[..n]), None);
    }
    for key in "0123456789*#ABCD".chars() {
        let code = Event::code(key).unwrap();
        assert_eq!(Event { code, end: false, duration: 0 }.key(), Some(key));
    }
    assert_eq!(Event::code('x'), None);
}
