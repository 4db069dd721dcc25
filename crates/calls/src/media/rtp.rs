//! RTP packets (RFC 3550 section 5.1): reading a header, and the one stream that a side gets.

use std::time::Instant;

/// The fields of a header that matter here, and where the payload lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub pt: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub start: usize,
    pub end: usize,
}

/// Length of a header without CSRC list and extension.
pub(super) const HEADER: usize = 12;

/// Reads a header; nothing when the packet contradicts itself.
pub(super) fn parse(packet: &[u8]) -> Option<Header> {
    let fixed: &[u8; HEADER] = packet.first_chunk()?;
    if fixed[0] >> 6 != 2 {
        return None;
    }
    let mut start = HEADER + 4 * (fixed[0] & 0x0f) as usize;
    if fixed[0] & 0x10 != 0 {
        let words = packet.get(start + 2..start + 4)?;
        start += 4 + 4 * u16::from_be_bytes([words[0], words[1]]) as usize;
    }
    let mut end = packet.len();
    if fixed[0] & 0x20 != 0 {
        let padding = *packet.last()? as usize;
        if padding == 0 {
            return None;
        }
        end = end.checked_sub(padding)?;
    }
    (start <= end).then(|| Header {
        pt: fixed[1] & 0x7f,
        marker: fixed[1] & 0x80 != 0,
        seq: u16::from_be_bytes([fixed[2], fixed[3]]),
        timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        start,
        end,
    })
}

/// Whether a packet on an RTP port is RTCP after all (RFC 5761 section 4).
pub(super) fn is_rtcp(packet: &[u8]) -> bool {
    packet.len() >= 8 && packet[0] >> 6 == 2 && (192..=223).contains(&packet[1])
}

/// Writes a header without extras into the twelve bytes given.
pub(super) fn write(into: &mut [u8], pt: u8, marker: bool, seq: u16, timestamp: u32, ssrc: u32) {
    into[0] = 0x80;
    into[1] = pt | if marker { 0x80 } else { 0 };
    into[2..4].copy_from_slice(&seq.to_be_bytes());
    into[4..8].copy_from_slice(&timestamp.to_be_bytes());
    into[8..12].copy_from_slice(&ssrc.to_be_bytes());
}

/// What is known of the stream that a side sends: loss and jitter for reports (RFC 3550
/// appendices A.1, A.3, A.8).
#[derive(Debug, Default)]
pub(super) struct Received {
    pub ssrc: Option<u32>,
    base: u32,
    pub highest: u32,
    pub packets: u32,
    /// Of streams before this one.
    lost_before: u64,
    transit: i64,
    /// In sixteenths of a timestamp unit.
    jitter16: i64,
    prior_expected: u32,
    prior_packets: u32,
}

impl Received {
    /// Counts a packet; `arrival` is in timestamp units of any origin.
    pub fn packet(&mut self, header: &Header, arrival: i64) {
        let distance = header.seq.wrapping_sub(self.highest as u16) as i16;
        if self.ssrc != Some(header.ssrc) || distance.unsigned_abs() > 3000 {
            *self = Received {
                ssrc: Some(header.ssrc),
                // One turn up, so that packets from before the first do not underflow.
                base: 0x1_0000 | u32::from(header.seq),
                highest: 0x1_0000 | u32::from(header.seq),
                packets: 1,
                lost_before: self.lost(),
                transit: arrival - i64::from(header.timestamp),
                ..Received::default()
            };
            return;
        }
        self.packets = self.packets.wrapping_add(1);
        if distance > 0 {
            self.highest = self.highest.wrapping_add(distance as u32);
        }
        let transit = arrival - i64::from(header.timestamp);
        let change = (transit - self.transit).abs();
        self.transit = transit;
        if change < 80_000 {
            self.jitter16 += change - ((self.jitter16 + 8) >> 4);
        }
    }

    fn expected(&self) -> u32 {
        if self.ssrc.is_some() { self.highest.wrapping_sub(self.base).wrapping_add(1) } else { 0 }
    }

    /// Packets that never came, over all streams of this side.
    pub fn lost(&self) -> u64 {
        self.lost_before + u64::from(self.expected().saturating_sub(self.packets))
    }

    /// Fraction lost since the last report (in 256ths), lost in all, jitter.
    pub fn report(&mut self) -> (u8, u32, u32) {
        let expected = self.expected();
        let interval = expected.wrapping_sub(self.prior_expected);
        let got = self.packets.wrapping_sub(self.prior_packets);
        (self.prior_expected, self.prior_packets) = (expected, self.packets);
        let lost = interval.saturating_sub(got);
        let fraction =
            (u64::from(lost) * 256).checked_div(u64::from(interval)).unwrap_or(0).min(255) as u8;
        let total = expected.saturating_sub(self.packets).min(0x7f_ffff);
        (fraction, total, (self.jitter16 >> 4) as u32)
    }
}

/// Where the packets of an outgoing stream come from at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Nothing,
    /// Prompts and digits of our own.
    Local,
    /// The other side's stream with this SSRC.
    Relay(u32),
}

/// The stream that a side gets: one SSRC, sequence numbers and timestamps that go on whatever the
/// source. Within one source, losses and reordering pass through as they are.
#[derive(Debug)]
pub(super) struct Out {
    pub ssrc: u32,
    source: Source,
    /// The highest sent, and which of the 64 up to it were: bit 0 is the highest itself.
    seq: u16,
    sent: u64,
    /// The timestamp of the newest, and when it was sent.
    pub timestamp: u32,
    at: Option<Instant>,
    /// How long the newest was, in samples.
    length: u32,
    seq_offset: u16,
    timestamp_offset: u32,
    /// The first of the source, as it came; what is older belongs to the source before.
    first: u16,
    newest: u16,
    newest_timestamp: u32,
    newest_at: Option<Instant>,
    pub packets: u32,
    pub octets: u32,
}

/// How an outgoing packet is to be numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub seq: u16,
    pub timestamp: u32,
    pub marker: bool,
}

impl Out {
    pub fn new(random: [u8; 12]) -> Out {
        let word =
            |n: usize| u32::from_be_bytes([random[n], random[n + 1], random[n + 2], random[n + 3]]);
        Out {
            ssrc: word(0),
            source: Source::Nothing,
            // The lower half, so that SRTP's rollover is never guessed wrong (RFC 3711, 3.3.1).
            seq: (word(4) as u16) & 0x7fff,
            sent: 1,
            timestamp: word(8),
            at: None,
            length: 0,
            seq_offset: 0,
            timestamp_offset: 0,
            first: 0,
            newest: 0,
            newest_timestamp: 0,
            newest_at: None,
            packets: 0,
            octets: 0,
        }
    }

    /// The timestamp that a new source begins with: as much later as time has passed.
    fn resumed(&self, now: Instant) -> u32 {
        let passed = self.at.map_or(0, |at| samples(now, at));
        // Whole blocks, so that a receiver sees no odd step.
        let passed = (passed / 160 * 160).max(u64::from(self.length));
        self.timestamp.wrapping_add(passed as u32)
    }

    /// Numbers a packet of our own, `length` samples long. With `same`, it has the timestamp of
    /// the one before (a key press in progress).
    pub fn local(&mut self, now: Instant, length: u32, same: bool) -> Numbers {
        let begins = self.source != Source::Local;
        let timestamp = if begins {
            self.resumed(now)
        } else if same {
            self.timestamp
        } else {
            self.timestamp.wrapping_add(self.length)
        };
        self.source = Source::Local;
        let seq = self.seq.wrapping_add(1);
        self.once(seq);
        (self.timestamp, self.length, self.at) = (timestamp, length, Some(now));
        Numbers { seq, timestamp, marker: begins }
    }

    /// Numbers a packet of the other side. `length` is in samples, 0 for a key press, whose
    /// timestamp stands still. Nothing when it is older than what this source
    /// began with, or was there before.
    pub fn relayed(&mut self, header: &Header, length: u32, now: Instant) -> Option<Numbers> {
        let event = length == 0;
        let step = header.seq.wrapping_sub(self.newest) as i16;
        let marker = if self.source != Source::Relay(header.ssrc) || step.unsigned_abs() > 3000 {
            self.source = Source::Relay(header.ssrc);
            self.seq_offset = self.seq.wrapping_add(1).wrapping_sub(header.seq);
            self.timestamp_offset = self.resumed(now).wrapping_sub(header.timestamp);
            self.first = header.seq;
            true
        } else if (header.seq.wrapping_sub(self.first) as i16) < 0
            && (self.newest.wrapping_sub(self.first) as i16) >= 0
        {
            return None;
        } else if !event && step > 0 && self.jumped(header, now) {
            self.timestamp_offset = self.resumed(now).wrapping_sub(header.timestamp);
            true
        } else {
            false
        };
        let seq = header.seq.wrapping_add(self.seq_offset);
        let timestamp = header.timestamp.wrapping_add(self.timestamp_offset);
        if marker || step > 0 {
            self.newest = header.seq;
            // The window in which older packets are told apart moves along.
            if (header.seq.wrapping_sub(self.first) as i16) > 8192 {
                self.first = header.seq.wrapping_sub(4096);
            }
            if marker || !event {
                (self.newest_timestamp, self.newest_at) = (header.timestamp, Some(now));
                (self.timestamp, self.length, self.at) = (timestamp, length, Some(now));
            }
        }
        if !self.once(seq) {
            return None;
        }
        Some(Numbers { seq, timestamp, marker })
    }

    /// Whether a number is used for the first time, and remembers that it is: a packet that came
    /// twice goes out once, and SRTP never encrypts two packets with the same key stream.
    fn once(&mut self, seq: u16) -> bool {
        let step = seq.wrapping_sub(self.seq) as i16;
        if step > 0 {
            self.sent = self.sent.checked_shl(step as u32).unwrap_or(0) | 1;
            self.seq = seq;
            return true;
        }
        let bit = 1u64.checked_shl(u32::from(step.unsigned_abs())).unwrap_or(0);
        let new = bit != 0 && self.sent & bit == 0;
        self.sent |= bit;
        new
    }

    /// Another SSRC, for keys whose counters begin anew.
    pub fn renamed(&mut self) {
        if self.packets == 0 {
            return;
        }
        let mut random = [0; 4];
        // Without random numbers, one of the 2^32 others.
        self.ssrc = match getrandom::fill(&mut random) {
            Ok(()) => u32::from_be_bytes(random),
            Err(_) => self.ssrc.wrapping_mul(0x9e37_79b1).wrapping_add(1),
        };
        self.rests();
    }

    /// A packet of the other side is not passed on on purpose: no gap is to be seen.
    pub fn skipped(&mut self, header: &Header) {
        if self.source == Source::Relay(header.ssrc)
            && (header.seq.wrapping_sub(self.newest) as i16) > 0
        {
            self.seq_offset = self.seq_offset.wrapping_sub(1);
        }
    }

    /// How long the newest was, when it was not known as it began.
    pub fn lasted(&mut self, length: u32) {
        self.length = length;
    }

    /// The timestamp that a packet sent now would have.
    pub fn timestamp_at(&self, now: Instant) -> u32 {
        self.timestamp.wrapping_add(self.at.map_or(0, |at| samples(now, at)) as u32)
    }

    /// Nothing is sent for a while, so no gap is to be seen afterwards.
    pub fn rests(&mut self) {
        self.source = Source::Nothing;
    }

    /// The source set its clock anew: the step is off by more than two seconds.
    fn jumped(&self, header: &Header, now: Instant) -> bool {
        let Some(at) = self.newest_at else { return false };
        let step = header.timestamp.wrapping_sub(self.newest_timestamp) as i32;
        (i64::from(step) - samples(now, at) as i64).abs() > 16_000
    }
}

/// The samples from `then` to `now` at 8000 Hz.
pub(super) fn samples(now: Instant, then: Instant) -> u64 {
    let passed = now.saturating_duration_since(then);
    passed.as_secs() * 8000 + u64::from(passed.subsec_nanos()) / 125_000
}

#[cfg(test)]
#[path = "rtp/tests.rs"]
mod tests;
