//! One side of a call: its sockets, its far end, what is sent to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::dtmf::{Event, Presses};
use super::figures::Figures;
use super::plane::Pair;
use super::rtcp::{self, LastReport};
use super::rtp::{self, HEADER, Header, Out, Received};
use super::srtp::{Opener, Sealer};
use super::{Codec, Direction, Prompt, Remote, law};

/// A packet with the room that decryption and headers need.
pub(super) type Buffer = [u8; 2048];

/// Ahead of time, at most this much of a prompt is made up for after the thread was kept waiting.
const CATCH_UP: Duration = Duration::from_millis(200);
const BLOCK: Duration = Duration::from_millis(20);
/// A key press of our own: packets of 20 ms each, then the end three times (RFC 4733, 2.5.1.4).
const PRESS: u16 = 6;

/// The far end, as it was told and as it was found.
pub(super) struct Link {
    pub audio: Codec,
    pub pt: u8,
    pub dtmf_pt: Option<u8>,
    pub direction: Direction,
    addr: SocketAddr,
    rtcp: SocketAddr,
    since: Instant,
    /// Where its packets really come from, once one has come; then only from there.
    source: Option<SocketAddr>,
    remote: Remote,
    opener: Option<Opener>,
    sealer: Option<Sealer>,
}

struct Play {
    prompt: Arc<Prompt>,
    repeat: bool,
    block: usize,
    due: Instant,
}

struct Press {
    code: u8,
    packet: u16,
    due: Instant,
}

/// What became of a packet from the network.
pub(super) enum Taken {
    /// Not taken, and counted.
    Dropped,
    /// RTP; the payload is in the buffer, in the clear.
    Rtp(Header),
}

pub(super) struct Leg {
    pub pair: Pair,
    pub link: Option<Link>,
    pub received: Received,
    pub presses: Presses,
    pub out: Out,
    last_report: LastReport,
    play: Option<Play>,
    press: Option<Press>,
    pub heard: Instant,
    pub first_said: bool,
    pub quiet_said: bool,
    /// Keys of this second, so that a flood of them is not passed on.
    pub keys: u32,
    /// The tick in which something came last.
    pub busy: u64,
}

impl Leg {
    pub fn new(pair: Pair, random: [u8; 12], now: Instant) -> Leg {
        Leg {
            pair,
            link: None,
            received: Received::default(),
            presses: Presses::default(),
            out: Out::new(random),
            last_report: LastReport::default(),
            play: None,
            press: None,
            heard: now,
            first_said: false,
            quiet_said: false,
            keys: 0,
            busy: 0,
        }
    }

    /// A new far end, or the same with something changed.
    pub fn set_remote(&mut self, remote: Remote, now: Instant) {
        let before = self.link.take();
        let same_address = before.as_ref().is_some_and(|old| old.addr == remote.addr);
        // The same keys go on with their counters: else packets could be replayed, and a key
        // stream be used twice.
        let [theirs, ours] = before.as_ref().map_or([false; 2], |old| same_keys(old, &remote));
        let receives = before.as_ref().is_some_and(|old| old.direction.receive);
        let (source, since, opener, sealer) = match before {
            Some(old) => (
                old.source.filter(|_| same_address),
                if same_address { old.since } else { now },
                old.opener.filter(|_| theirs),
                old.sealer.filter(|_| ours),
            ),
            None => (None, now, None, None),
        };
        if !same_address || !receives {
            (self.heard, self.quiet_said) = (now, false);
        }
        if !same_address {
            self.first_said = false;
            self.pair.rtp.untie();
        }
        let keys = remote.srtp.as_ref();
        if sealer.is_none() && keys.is_some() {
            // Counters begin anew, perhaps with a key that was used before: not with its stream.
            self.out.renamed();
        }
        self.link = Some(Link {
            audio: remote.audio,
            pt: remote.pt,
            dtmf_pt: remote.dtmf_pt,
            direction: remote.direction,
            addr: remote.addr,
            rtcp: remote.rtcp.unwrap_or_else(|| {
                SocketAddr::new(remote.addr.ip(), remote.addr.port().saturating_add(1))
            }),
            since,
            source,
            opener: opener.or_else(|| keys.and_then(Opener::new)),
            sealer: sealer.or_else(|| keys.and_then(Sealer::new)),
            remote,
        });
    }

    /// Nobody is there any more.
    pub fn clear_remote(&mut self) {
        self.link = None;
        self.pair.rtp.untie();
    }

    /// Ties the socket to the far end once no other address can take its place any more.
    pub fn settle(&mut self, latch: Duration, now: Instant) {
        if let Some(link) = &self.link
            && now.saturating_duration_since(link.since) >= latch
            && let Some(source) = link.source
        {
            self.pair.rtp.tie(source);
        }
    }

    /// Judges what is in `buffer` (`length` bytes from `from`), which came to the RTP port.
    pub fn take(
        &mut self,
        buffer: &mut Buffer,
        length: usize,
        from: SocketAddr,
        latch: Duration,
        now: Instant,
        figures: &mut Figures,
    ) -> Taken {
        if rtp::is_rtcp(&buffer[..length]) {
            self.take_rtcp(buffer, length, from, now, figures);
            return Taken::Dropped;
        }
        // A datagram that fills the buffer was cut. More cannot be said while it is encrypted.
        if length == buffer.len() || length < HEADER || buffer[0] >> 6 != 2 {
            figures.malformed += 1;
            return Taken::Dropped;
        }
        let Some(link) = &mut self.link else {
            figures.unwanted += 1;
            return Taken::Dropped;
        };
        if !link.direction.receive {
            figures.unwanted += 1;
            return Taken::Dropped;
        }
        if !link.may_come_from(from, latch, now) {
            figures.foreign += 1;
            return Taken::Dropped;
        }
        let mut length = length;
        if link.remote.srtp.is_some() {
            match link.opener.as_mut().and_then(|opener| opener.rtp(buffer, length)) {
                Some(plain) => length = plain,
                None => {
                    figures.unauthenticated += 1;
                    return Taken::Dropped;
                }
            }
        }
        let Some(header) = rtp::parse(&buffer[..length]) else {
            figures.malformed += 1;
            return Taken::Dropped;
        };
        if link.kind(header.pt).is_none() {
            figures.unknown_payload += 1;
            return Taken::Dropped;
        }
        link.source = Some(from);
        self.heard = now;
        Taken::Rtp(header)
    }

    /// What came to the RTCP port, or to the RTP port as RTCP.
    pub fn take_rtcp(
        &mut self,
        buffer: &mut Buffer,
        length: usize,
        from: SocketAddr,
        now: Instant,
        figures: &mut Figures,
    ) {
        let Some(link) = &mut self.link else { return };
        let known = [link.addr, link.rtcp, link.source.unwrap_or(link.addr)];
        if !known.iter().any(|known| known.ip() == from.ip()) {
            figures.foreign += 1;
            return;
        }
        let mut length = length;
        if link.remote.srtp.is_some() {
            match link.opener.as_mut().and_then(|opener| opener.rtcp(buffer, length)) {
                Some(plain) => length = plain,
                None => {
                    figures.unauthenticated += 1;
                    return;
                }
            }
        }
        if !self.last_report.read(&buffer[..length], now) {
            figures.malformed += 1;
        }
    }

    /// Whether something of our own is being sent, so that nothing is relayed.
    pub fn plays(&self) -> bool {
        self.play.is_some() || self.press.is_some()
    }

    /// Starts or ends what is played.
    pub fn play(&mut self, what: Option<(Arc<Prompt>, bool)>, now: Instant) {
        self.play = what.map(|(prompt, repeat)| Play { prompt, repeat, block: 0, due: now });
    }

    /// Begins a key press towards this side; one that is under way is ended for it.
    pub fn press(&mut self, key: char, now: Instant) {
        if self.link.as_ref().is_some_and(|link| link.dtmf_pt.is_some())
            && let Some(code) = Event::code(key)
        {
            self.press = Some(Press { code, packet: 0, due: now });
        }
    }

    /// Sends what is due; true when a prompt came to its end.
    pub fn pace(&mut self, now: Instant, buffer: &mut Buffer, figures: &mut Figures) -> bool {
        while let Some(press) = self.press.take_if(|press| now >= press.due) {
            self.send_press(press, buffer, now, figures);
        }
        let mut ended = false;
        while let Some(play) = self.play.as_mut().filter(|play| now >= play.due) {
            if now.duration_since(play.due) > CATCH_UP {
                play.due = now;
            }
            play.due += BLOCK;
            let codec = self.link.as_ref().map_or(Codec::Pcma, |link| link.audio);
            match play.prompt.block(codec, play.block) {
                Some(sound) => {
                    buffer[HEADER..HEADER + sound.len()].copy_from_slice(sound);
                    let length = sound.len();
                    play.block += 1;
                    if self.press.is_none() {
                        self.send_local(buffer, length, None, now, figures);
                    }
                }
                None if play.repeat && play.block > 0 => {
                    (play.block, play.due) = (0, play.due - BLOCK);
                }
                None => {
                    self.play = None;
                    ended = true;
                }
            }
        }
        ended
    }

    fn send_press(
        &mut self,
        mut press: Press,
        buffer: &mut Buffer,
        now: Instant,
        figures: &mut Figures,
    ) {
        let end = press.packet >= PRESS;
        let duration = 160 * (press.packet + 1).min(PRESS);
        let event = Event { code: press.code, end, duration };
        buffer[HEADER..HEADER + 4].copy_from_slice(&event.write());
        self.send_local(buffer, 4, Some(press.packet > 0), now, figures);
        press.packet += 1;
        press.due += BLOCK;
        if press.packet < PRESS + 3 {
            self.press = Some(press);
        } else {
            // What follows begins after the press.
            self.out.lasted(u32::from(PRESS) * 160);
        }
    }

    /// Sends a packet of our own: sound, or (with `press`) a key press that has begun or goes on.
    fn send_local(
        &mut self,
        buffer: &mut Buffer,
        length: usize,
        press: Option<bool>,
        now: Instant,
        figures: &mut Figures,
    ) {
        let Some(link) = self.link.as_ref().filter(|link| link.direction.send) else {
            self.out.rests();
            return;
        };
        let pt = if press.is_some() { link.dtmf_pt.unwrap_or(link.pt) } else { link.pt };
        let samples = if press.is_some() { 0 } else { length as u32 };
        let numbers = self.out.local(now, samples, press == Some(true));
        let marker = numbers.marker || press == Some(false);
        rtp::write(buffer, pt, marker, numbers.seq, numbers.timestamp, self.out.ssrc);
        self.send(&buffer[..HEADER + length], figures);
    }

    /// Passes on a packet of the other side, whose payload lies in `buffer` as `header` says: sound
    /// of that law, or a key press. True unless it came too late.
    pub fn relay(
        &mut self,
        buffer: &mut Buffer,
        header: &Header,
        sound: Option<Codec>,
        now: Instant,
        figures: &mut Figures,
    ) -> bool {
        let Some(link) = self.link.as_ref().filter(|link| link.direction.send) else {
            self.out.rests();
            return true;
        };
        let (pt, length) = match (sound, link.dtmf_pt) {
            (Some(_), _) => (link.pt, (header.end - header.start) as u32),
            (None, Some(pt)) => (pt, 0),
            (None, None) => {
                self.out.skipped(header);
                return true;
            }
        };
        if let Some(codec) = sound.filter(|codec| *codec != link.audio) {
            let table = law::other(codec);
            for byte in &mut buffer[header.start..header.end] {
                *byte = table[*byte as usize];
            }
        }
        let Some(numbers) = self.out.relayed(header, length, now) else { return false };
        let begin = header.start - HEADER;
        let into = &mut buffer[begin..header.end];
        let marker = numbers.marker || header.marker;
        rtp::write(into, pt, marker, numbers.seq, numbers.timestamp, self.out.ssrc);
        self.send(&buffer[begin..header.end], figures);
        true
    }

    fn send(&mut self, packet: &[u8], figures: &mut Figures) {
        let Some(link) = &mut self.link else { return };
        let to = link.source.unwrap_or(link.addr);
        let sent = match (&link.remote.srtp, &mut link.sealer) {
            (None, _) => self.pair.rtp.send(packet, to),
            (Some(_), Some(sealer)) => {
                sealer.rtp(packet).is_some_and(|packet| self.pair.rtp.send(packet.as_ref(), to))
            }
            // Keys that could not be used: nothing goes out in the clear.
            (Some(_), None) => false,
        };
        if sent {
            figures.sent += 1;
            self.out.packets = self.out.packets.wrapping_add(1);
            self.out.octets = self.out.octets.wrapping_add((packet.len() - HEADER) as u32);
        } else {
            figures.send_failed += 1;
        }
    }

    /// Sends a report, when there is somebody to send it to.
    pub fn report(&mut self, origin: Instant, now: Instant) {
        let Some(link) = &mut self.link else { return };
        if !link.direction.send && !link.direction.receive {
            return;
        }
        let mut packet = [0; rtcp::MAX];
        let length =
            rtcp::write(&mut packet, &self.out, &mut self.received, &self.last_report, origin, now);
        // Where RTP was found behind address translation, RTCP is likely one above.
        let to = match link.source {
            Some(source) if source.ip() != link.addr.ip() && link.remote.rtcp.is_none() => {
                SocketAddr::new(source.ip(), source.port().saturating_add(1))
            }
            _ => link.rtcp,
        };
        let packet = &packet[..length];
        match (&link.remote.srtp, &mut link.sealer) {
            (None, _) => drop(self.pair.rtcp.send_to(packet, to)),
            (Some(_), Some(sealer)) => {
                if let Some(sealed) = sealer.rtcp(packet) {
                    drop(self.pair.rtcp.send_to(sealed.as_ref(), to));
                }
            }
            (Some(_), None) => {}
        }
    }
}

/// What a payload type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Audio(Codec),
    /// RFC 4733.
    Press,
    /// Comfort noise (RFC 3389).
    Noise,
}

impl Link {
    /// What a payload type of this side means. Both laws are taken under their static types
    /// whichever was agreed on: they cannot be mistaken for anything else.
    pub fn kind(&self, pt: u8) -> Option<Kind> {
        match pt {
            pt if pt == self.pt => Some(Kind::Audio(self.audio)),
            pt if Some(pt) == self.dtmf_pt => Some(Kind::Press),
            0 => Some(Kind::Audio(Codec::Pcmu)),
            8 => Some(Kind::Audio(Codec::Pcma)),
            13 => Some(Kind::Noise),
            _ => None,
        }
    }

    /// Whether packets from there are to be looked at (RFC 7362 on latching). The address of the
    /// SDP always may take over while it is still open where the far end is.
    fn may_come_from(&self, from: SocketAddr, latch: Duration, now: Instant) -> bool {
        let open = now.saturating_duration_since(self.since) < latch;
        match self.source {
            Some(source) => from == source || (open && from == self.addr),
            None => from.ip() == self.addr.ip() || open,
        }
    }
}

/// Whether what comes and what goes has the same keys as before.
fn same_keys(old: &Link, remote: &Remote) -> [bool; 2] {
    match (&old.remote.srtp, &remote.srtp) {
        (Some(a), Some(b)) if a.suite == b.suite => [a.theirs == b.theirs, a.ours == b.ours],
        _ => [false; 2],
    }
}
