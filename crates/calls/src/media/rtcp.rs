//! RTCP: what is least (RFC 3550 section 6). Reports of our own, every five seconds; of what comes,
//! only what a report has to answer. Reports are not passed across: the two sides are two sessions.

use std::time::Instant;

use super::rtp::{Out, Received, samples};

/// The longest packet that is made here.
pub(super) const MAX: usize = 96;

/// What of the far end's last sender report is told back to it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct LastReport {
    middle: u32,
    at: Option<Instant>,
}

impl LastReport {
    /// Reads a compound packet; false when it is none.
    pub fn read(&mut self, packet: &[u8], now: Instant) -> bool {
        let mut rest = packet;
        while !rest.is_empty() {
            let Some(&[first, kind, high, low]) = rest.first_chunk() else { return false };
            let length = 4 * (u16::from_be_bytes([high, low]) as usize + 1);
            if first >> 6 != 2 || !(192..=223).contains(&kind) || length > rest.len() {
                return false;
            }
            if kind == 200 && length >= 28 {
                let middle = [rest[10], rest[11], rest[12], rest[13]];
                (self.middle, self.at) = (u32::from_be_bytes(middle), Some(now));
            }
            rest = &rest[length..];
        }
        !packet.is_empty()
    }
}

/// Writes a report and a CNAME; the length.
pub(super) fn write(
    into: &mut [u8; MAX],
    out: &Out,
    received: &mut Received,
    last: &LastReport,
    origin: Instant,
    now: Instant,
) -> usize {
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        into[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    let sends = out.packets > 0;
    let blocks = u8::from(received.ssrc.is_some());
    let words = if sends { 6 } else { 1 } + 6 * u16::from(blocks);
    put(&[0x80 | blocks, if sends { 200 } else { 201 }]);
    put(&words.to_be_bytes());
    put(&out.ssrc.to_be_bytes());
    if sends {
        // No wall clock: the time since the start, as section 6.4.1 allows.
        let passed = now.saturating_duration_since(origin);
        put(&(passed.as_secs() as u32).to_be_bytes());
        put(&(((u64::from(passed.subsec_nanos())) << 32) / 1_000_000_000).to_be_bytes()[4..]);
        put(&out.timestamp_at(now).to_be_bytes());
        put(&out.packets.to_be_bytes());
        put(&out.octets.to_be_bytes());
    }
    if let Some(ssrc) = received.ssrc {
        let (fraction, lost, jitter) = received.report();
        put(&ssrc.to_be_bytes());
        put(&[fraction]);
        put(&lost.to_be_bytes()[1..]);
        put(&received.highest.wrapping_sub(0x1_0000).to_be_bytes());
        put(&jitter.to_be_bytes());
        // In 1/65536 s; 8192 samples are 1.024 s.
        let delay = last.at.map_or(0, |at| samples(now, at) * 8192 / 1000) as u32;
        put(&(if last.at.is_some() { last.middle } else { 0 }).to_be_bytes());
        put(&delay.to_be_bytes());
    }
    // A CNAME that tells nothing: the random SSRC in hexadecimal.
    let mut name = *b"00000000";
    for (n, digit) in name.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(out.ssrc >> (28 - 4 * n)) as usize & 15];
    }
    put(&[0x81, 202, 0, 4]);
    put(&out.ssrc.to_be_bytes());
    put(&[1, 8]);
    put(&name);
    put(&[0, 0]);
    at
}
