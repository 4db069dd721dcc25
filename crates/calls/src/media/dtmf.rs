//! Key presses: RFC 4733 events, and tones within the sound.

use std::sync::LazyLock;

/// Samples in a block that is looked at for tones.
const BLOCK: usize = 160;

/// The keys in the order of their event codes (RFC 4733 section 3.2, table 7).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// An event packet's payload (RFC 4733 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub code: u8,
    pub end: bool,
    /// In samples, from the packet's timestamp.
    pub duration: u16,
}

impl Event {
    /// The first event of a payload; several in one packet are not used for keys (section 2.5.1.5).
    pub fn parse(payload: &[u8]) -> Option<Event> {
        let &[code, flags, high, low] = payload.first_chunk()?;
        Some(Event { code, end: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }

    /// A payload at -10 dBm0.
    pub fn write(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, 10 | if self.end { 0x80 } else { 0 }, high, low]
    }

    /// The key, unless it is another event (a tone of a fax, a hook flash).
    pub fn key(self) -> Option<char> {
        KEYS.get(self.code as usize).map(|key| *key as char)
    }

    /// The code of a key.
    pub fn code(key: char) -> Option<u8> {
        KEYS.iter().position(|k| *k as char == key.to_ascii_uppercase()).map(|n| n as u8)
    }
}

/// Makes one of the many packets of a key press.
#[derive(Debug, Default)]
pub(super) struct Presses {
    /// SSRC and timestamp of the newest press, which tell one press from the next; its key;
    /// whether its end was seen.
    newest: Option<(u32, u32, u8, bool)>,
}

impl Presses {
    /// The key, when this packet is the first of a press. Later packets of the press, repeated end
    /// packets and packets of an older press are nothing new; when the end was lost the next press
    /// is known by its timestamp.
    pub fn packet(&mut self, ssrc: u32, timestamp: u32, event: Event) -> Option<char> {
        let key = event.key()?;
        if let Some((known, newest, code, ended)) = self.newest
            && known == ssrc
        {
            let later = timestamp.wrapping_sub(newest) as i32;
            // Within half a minute back: a packet that was overtaken.
            if later == 0 || (-240_000..0).contains(&later) {
                if later == 0 && code == event.code {
                    self.newest = Some((known, newest, code, ended || event.end));
                }
                return None;
            }
            // A press of more than 8 s goes on with a new timestamp (section 2.5.1.3): the segment
            // before it had the longest duration and no end.
            if code == event.code && !ended && matches!(later, 0xffff | 0x1_0000) {
                self.newest = Some((known, timestamp, code, event.end));
                return None;
            }
        }
        self.newest = Some((ssrc, timestamp, event.code, event.end));
        Some(key)
    }
}

/// The four low and the four high frequencies (ITU-T Q.23), in hertz.
const FREQUENCIES: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];

/// The cosines of the eight frequencies and then their sines, in 1024ths, for each sample of a block. Sums of products of
/// short whole numbers are what processors add up eight at a time.
static WAVES: LazyLock<Box<[[i16; BLOCK]; 16]>> = LazyLock::new(|| {
    let mut waves = Box::new([[0; BLOCK]; 16]);
    for (k, frequency) in FREQUENCIES.into_iter().enumerate() {
        for n in 0..BLOCK {
            let angle = n as f32 * frequency / 8000.0 * std::f32::consts::TAU;
            waves[k][n] = (angle.cos() * 1024.0).round() as i16;
            waves[k + 8][n] = (angle.sin() * 1024.0).round() as i16;
        }
    }
    waves
});

/// The sum of products. Not inlined: with the length known the compiler unrolls it, and is twice as slow.
#[inline(never)]
fn dot(a: &[i16], b: &[i16]) -> f32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum::<i32>() as f32
}

/// Below this mean square nothing is a tone that a receiver would take (about -42 dBm0).
const FLOOR: f32 = 30_000.0;

/// Whether a block of 20 ms has a pair of DTMF tones in it. Rather too often than too seldom: a
/// false alarm costs 60 ms of silence on the tape, a missed one shows a digit.
pub(super) fn has_tones(block: &[u8; BLOCK], table: &[i16; 256]) -> bool {
    // Silence is mostly one byte over and over.
    if block.iter().all(|byte| byte == &block[0]) {
        return false;
    }
    // In sixteenths, rounded: at most 2016, so that no sum overflows (2016^2 * 160 < 2^31).
    let samples: [i16; BLOCK] = std::array::from_fn(|n| (table[block[n] as usize] + 8) >> 4);
    let energy = dot(&samples, &samples) * 256.0;
    if energy < FLOOR * BLOCK as f32 {
        return false;
    }
    let waves = &**WAVES;
    let power = |k: usize| {
        let (cos, sin) = (dot(&waves[k], &samples) / 64.0, dot(&waves[k + 8], &samples) / 64.0);
        cos * cos + sin * sin
    };
    // A pure pair is 1.0 of the energy; off by 1.5 % in frequency, 0.6; with noise, less.
    let pair = 0.4 * energy * BLOCK as f32 / 2.0;
    // The high tones first: speech seldom has as much of them as a pair whose low tone is 16 times as strong.
    let (high, high_rest) = best(&[power(4), power(5), power(6), power(7)]);
    if high * 17.0 <= pair || high <= high_rest * 2.5 {
        return false;
    }
    let (low, low_rest) = best(&[power(0), power(1), power(2), power(3)]);
    low + high > pair && low < high * 16.0 && high < low * 16.0 && low > low_rest * 2.5
}

/// The largest and the second largest.
fn best(powers: &[f32]) -> (f32, f32) {
    powers.iter().fold((0.0, 0.0), |(first, second), power| {
        if *power > first { (*power, first) } else { (first, second.max(*power)) }
    })
}

#[cfg(test)]
#[path = "dtmf/tests.rs"]
mod tests;
