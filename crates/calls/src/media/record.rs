//! From packets to tape.
//!
//! The tape's clock begins when recording does. Sound is put where its RTP timestamp says, which
//! mends reordering and makes gaps silent; where a stream's clock stands against the tape's is
//! found from the first packet and corrected when it drifts, jumps, or the stream is another one.
//! Half a second is handed over 0.2 s after it is full: until then late packets find their place,
//! and a digit that turns out to have begun earlier is silenced from its beginning.
//!
//! What should be on the tape and is not (lost on the way, or too late) is counted, and the tape is
//! told of it: a recording with holes says so.

use std::time::Instant;

use super::dtmf::{self, Event};
use super::figures::Figures;
use super::law;
use super::rtp::{Header, samples};
use super::{Codec, Tape, TapeError};
use crate::tape::{BLOCK, CHUNK, LEGS, PAIR, PAIRS, PCMA, PCMU, SAMPLES, SILENT};

/// Blocks of a leg that are kept: half a second, the delay, and room for what comes early.
const RING: usize = 64;
/// How long after a chunk is full it is handed over, in samples: 0.2 s.
const DELAY: u64 = 1600;
/// Sound may be this far ahead of the clock (0.4 s: what a network held back and now delivers).
const AHEAD: i64 = 3200;
/// Further back than this a stream has set its clock anew.
const BEHIND: i64 = -16_000;
/// A stream that was anchored anew because it came too late, and is this far ahead of the clock
/// within a second, comes in a heap: it was held back on the way (0.1 s).
const HEAP: i64 = 800;
const SECOND: i64 = 8000;
/// Sound is silenced for this long before the first packet of a press and after its last, and
/// while it lasts for this long ahead: 0.04 s and 0.1 s.
const GUARD: i64 = 320;
const HELD: i64 = 800;
const SAMPLE: i64 = SAMPLES as i64;

#[derive(Clone, Copy)]
struct Block {
    codec: u8,
    masked: bool,
    sound: [u8; SAMPLES],
}

const EMPTY: Block = Block { codec: SILENT, masked: false, sound: [0; SAMPLES] };

/// Where a stream's timestamps lie on the tape.
#[derive(Clone, Copy)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    position: i64,
}

/// An anchor that was given up because its stream came too late.
#[derive(Clone, Copy)]
struct Left {
    anchor: Anchor,
    /// Where the sound since then begins, and how much later that is than by the anchor before.
    from: i64,
    by: i64,
}

struct Leg {
    ring: Box<[Block; RING]>,
    anchor: Option<Anchor>,
    left: Option<Left>,
    /// Since when (on the tape's clock) a stream that was held back is catching up.
    heap: Option<i64>,
    /// Samples of the newest packet.
    length: i64,
    /// Samples that came, and for which there was no place any more.
    missing: i64,
    /// Packets lost on the way while they were to be recorded, and in all as last told.
    lost: i64,
    lost_told: u64,
    /// Sound before this is not taken (of before the start, or of during a pause).
    from: i64,
    /// How far packets are ahead of the clock, smoothed, in samples.
    ahead: f32,
    corrected: Instant,
    last_sequence: Option<u16>,
    /// Packets in a row that were too late.
    late: u32,
    /// The last block that was handed over had tones.
    tones: bool,
}

/// What a recorder has done that is counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub recorded_ms: u64,
    pub masked_blocks: u64,
    pub missing_ms: u64,
}

impl Done {
    /// Counts it among all that is counted.
    pub fn add_to(self, figures: &mut Figures) {
        figures.recorded_ms += self.recorded_ms;
        figures.masked_blocks += self.masked_blocks;
        figures.missing_ms += self.missing_ms;
    }
}

/// One call's recording.
pub(super) struct Recorder {
    tape: Box<dyn Tape>,
    started: Instant,
    paused: bool,
    legs: [Leg; LEGS],
    /// The first block that was not handed over yet.
    next: i64,
    pub done: Done,
}

impl Recorder {
    /// Begins. `lost` is how many packets each side's streams have lost so far.
    pub fn new(tape: Box<dyn Tape>, lost: [u64; LEGS], now: Instant) -> Recorder {
        let leg = |lost_told| Leg {
            ring: Box::new([EMPTY; RING]),
            anchor: None,
            left: None,
            heap: None,
            length: SAMPLE,
            missing: 0,
            lost: 0,
            lost_told,
            from: 0,
            ahead: 0.0,
            corrected: now,
            last_sequence: None,
            late: 0,
            tones: false,
        };
        let done = Done::default();
        Recorder { tape, started: now, paused: false, legs: lost.map(leg), next: 0, done }
    }

    /// The tape's clock.
    fn position(&self, now: Instant) -> i64 {
        samples(now, self.started) as i64
    }

    /// From now on silence, or sound again; what is older stays as it is.
    pub fn pause(&mut self, paused: bool, now: Instant) {
        if paused == self.paused {
            return;
        }
        self.paused = paused;
        let now = self.position(now);
        for leg in &mut self.legs {
            if paused {
                // What came early, ahead of the clock, goes too.
                for block in now / SAMPLE..self.next + RING as i64 {
                    let block = &mut leg.ring[index(block)];
                    (block.codec, block.sound) = (SILENT, [0; SAMPLES]);
                }
            }
            leg.from = (now + SAMPLE - 1) / SAMPLE * SAMPLE;
        }
    }

    /// Puts sound where it belongs; false when it came too late.
    pub fn sound(
        &mut self,
        leg: usize,
        codec: Codec,
        header: &Header,
        sound: &[u8],
        now: Instant,
    ) -> bool {
        if self.paused || sound.is_empty() {
            return true;
        }
        let clock = self.position(now);
        let leg = &mut self.legs[leg];
        leg.length = sound.len() as i64;
        let position = leg.place(header, clock, self.next, now);
        // Of before the start or the resuming: not late, but not to be recorded.
        let before = position + leg.length <= leg.from;
        leg.put(codec, position, sound, self.next) || before
    }

    /// How many packets each side's streams have lost so far. What is new of it is missing here.
    pub fn lost(&mut self, lost: [u64; LEGS]) {
        for (leg, lost) in self.legs.iter_mut().zip(lost) {
            // Fewer than before when one came after all.
            let new = lost as i64 - leg.lost_told as i64;
            leg.lost_told = lost;
            if !self.paused {
                leg.lost += new;
            }
        }
    }

    /// Whether a side's sound is there up to now.
    pub fn is_up_to(&self, leg: usize, now: Instant) -> bool {
        let leg = &self.legs[leg];
        leg.anchor.is_some_and(|anchor| anchor.position + leg.length >= self.position(now))
    }

    /// A packet of a key press: silence from its beginning to its end.
    pub fn press(&mut self, leg: usize, header: &Header, event: Event, now: Instant) {
        let clock = self.position(now);
        let next = self.next;
        let leg = &mut self.legs[leg];
        let duration = i64::from(event.duration);
        let tail = if event.end { GUARD } else { HELD };
        leg.mask(clock - duration - GUARD, clock + tail, next);
        if let Some(anchor) = leg.anchor.filter(|anchor| anchor.ssrc == header.ssrc) {
            let begin = anchor.at(header.timestamp);
            leg.mask(begin - GUARD, begin + duration + GUARD, next);
        }
    }

    /// Hands over what is due.
    pub fn tick(&mut self, now: Instant) -> Result<(), TapeError> {
        let clock = self.position(now);
        while clock >= (self.next + PAIRS as i64) * SAMPLE + DELAY as i64 {
            self.hand_over(PAIRS)?;
        }
        Ok(())
    }

    /// Hands over all up to now and ends the recording.
    pub fn finish(mut self, now: Instant) -> Result<Done, TapeError> {
        let end = self.position(now) / SAMPLE;
        while self.next < end {
            let pairs = (end - self.next).min(PAIRS as i64) as usize;
            self.hand_over(pairs)?;
        }
        self.tape.finish();
        Ok(self.done)
    }

    /// Ends the recording and destroys it.
    pub fn destroy(self) {
        self.tape.destroy();
    }

    fn hand_over(&mut self, pairs: usize) -> Result<(), TapeError> {
        let mut chunk = [0u8; CHUNK];
        for (n, leg) in self.legs.iter_mut().enumerate() {
            let mut tones = [false; PAIRS + 2];
            tones[0] = leg.tones;
            for (k, found) in tones[1..pairs + 2].iter_mut().enumerate() {
                *found = leg.ring[index(self.next + k as i64)].has_tones();
            }
            for k in 0..pairs {
                let block = &mut leg.ring[index(self.next + k as i64)];
                let out = &mut chunk[k * PAIR + n * BLOCK..][..BLOCK];
                if block.codec != SILENT {
                    if block.masked || tones[k..k + 3].contains(&true) {
                        self.done.masked_blocks += 1;
                    } else {
                        out[0] = block.codec;
                        out[1..].copy_from_slice(&block.sound);
                    }
                }
                *block = EMPTY;
            }
            leg.tones = tones[pairs];
        }
        self.next += pairs as i64;
        let missing: i64 = self.legs.iter().map(|leg| leg.missing + leg.lost * leg.length).sum();
        let missing_ms = missing.max(0) as u64 / 8;
        if missing_ms > self.done.missing_ms {
            self.tape.missing(missing_ms - self.done.missing_ms);
            self.done.missing_ms = missing_ms;
        }
        self.tape.chunk(&chunk[..pairs * PAIR])?;
        self.done.recorded_ms += 20 * pairs as u64;
        Ok(())
    }
}

fn index(block: i64) -> usize {
    block.rem_euclid(RING as i64) as usize
}

impl Anchor {
    fn at(&self, timestamp: u32) -> i64 {
        self.position + i64::from(timestamp.wrapping_sub(self.timestamp) as i32)
    }
}

impl Block {
    fn has_tones(&self) -> bool {
        match self.codec {
            PCMA => dtmf::has_tones(&self.sound, law::table(Codec::Pcma)),
            PCMU => dtmf::has_tones(&self.sound, law::table(Codec::Pcmu)),
            _ => false,
        }
    }
}

impl Leg {
    /// Where a packet's sound begins, `self.length` long. The end of the packet was spoken before it
    /// came, so the anchor takes its end for now.
    fn place(&mut self, header: &Header, clock: i64, next: i64, now: Instant) -> i64 {
        let (length, edge) = (self.length, next * SAMPLE);
        let newest = match self.last_sequence {
            Some(last) => (header.seq.wrapping_sub(last) as i16) > 0,
            None => true,
        };
        if newest {
            self.last_sequence = Some(header.seq);
        }
        let mut before = None;
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.ssrc == header.ssrc) {
            let position = anchor.at(header.timestamp);
            let ahead = position + length - clock;
            if ahead > HEAP
                && let Some(left) = self.left.take().filter(|left| clock - left.from <= SECOND)
            {
                return self.put_back(left, header, clock, next);
            }
            let too_late = position + length <= edge;
            self.late = if too_late { self.late + 1 } else { 0 };
            self.heap = self.heap.filter(|since| ahead < -HEAP && clock - since <= SECOND);
            // When the newest packet comes too late, then the stream as a whole stands wrong: its
            // source was silent and stopped its clock meanwhile, or set it anew. Unless it is known
            // to be catching up.
            let wrong = (newest && (too_late || ahead < BEHIND)) || self.late > 25;
            if ahead <= AHEAD && (!wrong || self.heap.is_some()) {
                // It moves along, so that a long call does not leave the range of timestamps.
                self.anchor = Some(Anchor { timestamp: header.timestamp, position, ..anchor });
                if self.heap.is_none() {
                    self.drift(ahead, now);
                }
                return position;
            }
            before = Some((anchor, position));
        }
        let position = (clock - length).div_euclid(SAMPLE) * SAMPLE;
        self.left = before.filter(|(_, was)| *was < position).map(|(anchor, was)| Left {
            anchor,
            from: position,
            by: position - was,
        });
        if let Some((anchor, was)) = before.filter(|(_, was)| *was > position) {
            // What this stream has put there already is written over.
            self.missing += (anchor.position + length - position).clamp(0, was - position);
        }
        self.anchor = Some(Anchor { ssrc: header.ssrc, timestamp: header.timestamp, position });
        self.last_sequence = Some(header.seq);
        (self.ahead, self.late, self.corrected) = ((position + length - clock) as f32, 0, now);
        self.heap = None;
        position
    }

    /// Takes the anchor from before up again: the stream was held back on the way, and now comes in a
    /// heap. What the heap has put at the wrong place goes where it belongs, as far as there is room.
    fn put_back(&mut self, left: Left, header: &Header, clock: i64, next: i64) -> i64 {
        let end = self.anchor.map_or(left.from, |anchor| anchor.position + self.length);
        for block in left.from / SAMPLE..(end + SAMPLE - 1) / SAMPLE {
            let moved = std::mem::replace(&mut self.ring[index(block)], EMPTY);
            self.ring[index(block)].masked = moved.masked;
            let codec = match moved.codec {
                PCMA => Codec::Pcma,
                PCMU => Codec::Pcmu,
                _ => continue,
            };
            let position = block * SAMPLE - left.by;
            self.put(codec, position, &moved.sound, next);
            if moved.masked {
                self.mask(position, position + SAMPLE, next);
            }
        }
        let position = left.anchor.at(header.timestamp);
        self.anchor = Some(Anchor { timestamp: header.timestamp, position, ..left.anchor });
        (self.heap, self.late, self.ahead) = (Some(clock), 0, 0.0);
        position
    }

    /// Moves the anchor by a block when the stream's clock has run away from ours.
    fn drift(&mut self, ahead: i64, now: Instant) {
        self.ahead += (ahead as f32 - self.ahead) / 64.0;
        if self.ahead.abs() > 2.0 * SAMPLES as f32 && samples(now, self.corrected) > 8000 {
            let step = if self.ahead > 0.0 { -SAMPLE } else { SAMPLE };
            if let Some(anchor) = &mut self.anchor {
                anchor.position += step;
            }
            // The next packet takes the place of the one before.
            self.missing += (-step).max(0);
            self.ahead += step as f32;
            self.corrected = now;
        }
    }

    /// Puts sound there; what comes too late for it is missing. False when that is all of it.
    fn put(&mut self, codec: Codec, position: i64, sound: &[u8], next: i64) -> bool {
        let code = match codec {
            Codec::Pcmu => PCMU,
            Codec::Pcma => PCMA,
        };
        let begin = position.max(self.from).max(next * SAMPLE);
        let end = (position + sound.len() as i64).min((next + RING as i64) * SAMPLE);
        let wanted = position.max(self.from)..position + sound.len() as i64;
        self.missing += (wanted.end - wanted.start).max(0) - (end - begin).max(0);
        let mut at = begin;
        while at < end {
            let block = &mut self.ring[index(at.div_euclid(SAMPLE))];
            let within = at.rem_euclid(SAMPLE) as usize;
            let length = (SAMPLES - within).min((end - at) as usize);
            let from = &sound[(at - position) as usize..][..length];
            if block.codec == SILENT || length == SAMPLES {
                if length < SAMPLES {
                    block.sound.fill(law::silence(codec));
                }
                block.codec = code;
                block.sound[within..within + length].copy_from_slice(from);
            } else if block.codec == code {
                block.sound[within..within + length].copy_from_slice(from);
            } else {
                // The law changed within the block.
                let table = law::other(codec);
                for (into, from) in block.sound[within..within + length].iter_mut().zip(from) {
                    *into = table[*from as usize];
                }
            }
            at += length as i64;
        }
        begin < end
    }

    fn mask(&mut self, begin: i64, end: i64, next: i64) {
        let first = begin.div_euclid(SAMPLE).max(next);
        let last = (end - 1).div_euclid(SAMPLE).min(next + RING as i64 - 1);
        for block in first..=last {
            self.ring[index(block)].masked = true;
        }
    }
}

#[cfg(test)]
mod tests;
