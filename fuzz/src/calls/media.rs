//! RTP as the media plane reads it.

#[path = "../../../crates/calls/src/media/dtmf.rs"]
#[allow(dead_code, reason = "not all of it is of use here")]
mod dtmf;
#[path = "../../../crates/calls/src/media/rtp.rs"]
#[allow(dead_code, reason = "not all of it is of use here")]
mod rtp;
#[path = "../../../crates/calls/src/media/types.rs"]
mod types;

pub use types::*;

use std::time::{Duration, Instant};

/// What one side sends, packet by packet, as the media plane takes it.
pub struct Listener {
    received: rtp::Received,
    out: rtp::Out,
    presses: dtmf::Presses,
    began: Instant,
    at: u32,
}

impl Default for Listener {
    fn default() -> Self {
        let (received, presses) = Default::default();
        Listener { received, out: rtp::Out::new([7; 12]), presses, began: Instant::now(), at: 0 }
    }
}

/// What was made of one packet: where its payload lies, and the key that it is the first packet of.
pub struct Taken {
    /// The payload's place in the packet.
    pub payload: std::ops::Range<usize>,
    /// A key.
    pub key: Option<char>,
}

impl Listener {
    /// Takes a packet that came so many milliseconds after the one before.
    pub fn packet(&mut self, packet: &[u8], later: u8) -> Option<Taken> {
        self.at += u32::from(later);
        if rtp::is_rtcp(packet) {
            return None;
        }
        let header = rtp::parse(packet)?;
        self.received.packet(&header, i64::from(self.at) * 8);
        self.received.report();
        let payload = header.start..header.end;
        let now = self.began + Duration::from_millis(u64::from(self.at));
        let relayed = self.out.relayed(&header, payload.len() as u32, now);
        if relayed.is_none() {
            self.out.skipped(&header);
        }
        let event = dtmf::Event::parse(&packet[payload.clone()]).filter(|_| header.pt >= 96);
        let key = event.and_then(|e| self.presses.packet(header.ssrc, header.timestamp, e));
        Some(Taken { payload, key })
    }

    /// Packets that never came.
    pub fn lost(&self) -> u64 {
        self.received.lost()
    }
}

/// A packet with this header and payload.
pub fn written(
    pt: u8,
    marker: bool,
    seq: u16,
    timestamp: u32,
    ssrc: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = vec![0; rtp::HEADER];
    rtp::write(&mut packet, pt, marker, seq, timestamp, ssrc);
    packet.extend_from_slice(payload);
    packet
}
