//! A WAV file as a recording: 8 kHz, one or two channels, G.711 or linear samples.

use crate::tape::{self, BLOCK, CHUNK, PAIR, PCMA, PCMU, SAMPLES};

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Linear16,
    Alaw,
    Ulaw,
}

/// A WAV file's sound.
#[derive(Debug)]
pub(super) struct Wav<'a> {
    coding: Coding,
    channels: usize,
    data: &'a [u8],
}

impl<'a> Wav<'a> {
    /// Finds the sound in a WAV file.
    pub(super) fn parse(file: &'a [u8]) -> Result<Wav<'a>, String> {
        let text = |e: &str| Err(e.to_owned());
        if file.get(..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
            return text("the sound is no WAV file");
        }
        let mut rest = &file[12..];
        let mut format = None;
        while let Some((head, body)) = rest.split_at_checked(8) {
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            match &head[..4] {
                b"fmt " => format = Some(fmt(body.get(..size).unwrap_or(body))?),
                b"data" => {
                    let Some((coding, channels)) = format else {
                        return text("the WAV file does not say how its sound is written");
                    };
                    let Some(data) = body.get(..size) else {
                        return text("the WAV file is cut off");
                    };
                    return Ok(Wav { coding, channels, data });
                }
                _ => {}
            }
            // Chunks begin at even places.
            rest = body.get(size.saturating_add(size & 1)..).unwrap_or_default();
        }
        text("the WAV file has no sound")
    }

    fn width(&self) -> usize {
        if self.coding == Coding::Linear16 { 2 } else { 1 }
    }

    /// Samples of each channel.
    pub(super) fn samples(&self) -> usize {
        self.data.len() / (self.width() * self.channels)
    }

    /// How long it is, in milliseconds.
    pub(super) fn milliseconds(&self) -> u64 {
        self.samples() as u64 * 1000 / u64::from(tape::RATE)
    }

    /// The chunk `n` as the vault keeps it; none after the end. G.711 stays as it is, linear samples
    /// become A-law. One channel is the caller's leg, and the agent's is silent; the last block is
    /// filled up with silence.
    pub(super) fn chunk(&self, n: usize) -> Option<Vec<u8>> {
        let blocks = self.samples().div_ceil(SAMPLES);
        let first = n * tape::PAIRS;
        let pairs = blocks.checked_sub(first).filter(|left| *left > 0)?.min(tape::PAIRS);
        let mut out = vec![0; (pairs * PAIR).min(CHUNK)];
        for (at, block) in out.chunks_exact_mut(BLOCK).enumerate() {
            let (pair, leg) = (first + at / tape::LEGS, at % tape::LEGS);
            if leg < self.channels {
                self.block(pair * SAMPLES, leg, block);
            }
        }
        Some(out)
    }

    fn block(&self, from: usize, channel: usize, block: &mut [u8]) {
        let (codec, silence) = match self.coding {
            Coding::Ulaw => (PCMU, 0xff),
            Coding::Alaw | Coding::Linear16 => (PCMA, 0xd5),
        };
        block[0] = codec;
        for (i, out) in block[1..].iter_mut().enumerate() {
            let at = ((from + i) * self.channels + channel) * self.width();
            *out = match (self.coding, self.data.get(at..at + self.width())) {
                (Coding::Linear16, Some(s)) => tape::to_alaw(i16::from_le_bytes([s[0], s[1]])),
                (_, Some(s)) => s[0],
                (_, None) => silence,
            };
        }
    }
}

fn fmt(body: &[u8]) -> Result<(Coding, usize), String> {
    let half = |at: usize| body.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let rate = body.get(4..8).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    // An extensible format (0xfffe) says the real one in the first two bytes of its GUID.
    let tag = match half(0) {
        Some(0xfffe) => half(24),
        tag => tag,
    };
    let coding = match (tag, half(14)) {
        (Some(1), Some(16)) => Coding::Linear16,
        (Some(6), Some(8)) => Coding::Alaw,
        (Some(7), Some(8)) => Coding::Ulaw,
        _ => return Err("the WAV file is neither G.711 nor 16-bit PCM".to_owned()),
    };
    if rate != Some(tape::RATE) {
        return Err("the WAV file does not have 8000 samples a second".to_owned());
    }
    match half(2) {
        Some(n @ (1 | 2)) => Ok((coding, usize::from(n))),
        _ => Err("the WAV file has neither one channel nor two".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        for half in [tag, channels, 8000, 0, 0, 0, 0, bits] {
            out.extend(half.to_le_bytes());
        }
        out.extend(b"data");
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn g711_stays_as_it_is_in_the_legs_it_came_in() {
        let data: Vec<u8> = (0..2 * 200).map(|n| (n % 251) as u8).collect();
        let wav = file(7, 2, 8, &data);
        let wav = Wav::parse(&wav).unwrap();
        assert_eq!((wav.samples(), wav.milliseconds()), (200, 25));
        let chunk = wav.chunk(0).unwrap();
        assert_eq!(chunk.len(), 2 * PAIR);
        for n in 0..200 {
            let at = n / SAMPLES * PAIR + 1 + n % SAMPLES;
            assert_eq!((chunk[at], chunk[at + BLOCK]), (data[2 * n], data[2 * n + 1]), "{n}");
        }
        assert!([0, BLOCK, PAIR, PAIR + BLOCK].iter().all(|at| chunk[*at] == PCMU));
        assert!(chunk[PAIR + 1 + 40..PAIR + BLOCK].iter().all(|b| *b == 0xff), "filled up");
        assert!(wav.chunk(1).is_none());
    }

    #[test]
    fn one_channel_is_the_callers() {
        let data: Vec<u8> = (0..i16::MAX).step_by(7).flat_map(i16::to_le_bytes).collect();
        let wav = file(1, 1, 16, &data);
        let wav = Wav::parse(&wav).unwrap();
        let chunk = wav.chunk(1).unwrap();
        assert_eq!((chunk.len(), wav.chunk(0).unwrap().len()), (PAIR * 5, CHUNK));
        assert!(chunk.chunks(PAIR).all(|p| p[0] == PCMA && p[BLOCK..].iter().all(|b| *b == 0)));
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let good = file(6, 1, 8, &[1, 2, 3]);
        assert!(Wav::parse(&good).is_ok());
        for (tag, channels, bits) in [(3, 1, 32), (1, 1, 24), (6, 0, 8), (6, 3, 8), (7, 1, 16)] {
            assert!(Wav::parse(&file(tag, channels, bits, &[1; 12])).is_err());
        }
        assert!(Wav::parse(&good[..good.len() - 1]).unwrap_err().contains("cut off"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
            file.extend(&bytes);
            if let Ok(wav) = Wav::parse(&file) {
                let _ = wav.chunk(0);
            }
            let _ = Wav::parse(&bytes);
        }
    }
}
