//! A telephone made of a socket, and tapes that can be looked into.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frist_calls::media::*;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub struct Phone {
    pub socket: UdpSocket,
    pub to: SocketAddr,
    pub pt: u8,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// What a phone got.
#[derive(Debug, Clone)]
pub struct Packet {
    pub at: Instant,
    pub pt: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

pub fn packet(bytes: &[u8]) -> Packet {
    assert!(bytes.len() >= 12 && bytes[0] == 0x80, "no plain RTP header: {bytes:?}");
    Packet {
        at: Instant::now(),
        pt: bytes[1] & 0x7f,
        marker: bytes[1] & 0x80 != 0,
        seq: u16::from_be_bytes([bytes[2], bytes[3]]),
        timestamp: u32::from_be_bytes(bytes[4..8].try_into().unwrap()),
        ssrc: u32::from_be_bytes(bytes[8..12].try_into().unwrap()),
        payload: bytes[12..].to_vec(),
    }
}

impl Phone {
    pub fn new(session: &Session, side: Side) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let ssrc = 0x1111_1111 * (1 + side.index() as u32);
        Phone { socket, to: session.local(side), pt: 8, seq: 65_530, timestamp: 9, ssrc }
    }

    pub fn remote(&self) -> Remote {
        Remote::plain(self.socket.local_addr().unwrap(), Codec::Pcma)
    }

    pub fn rtp(&self, pt: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, pt];
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    pub fn raw(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.to).unwrap();
    }

    /// Sends sound, the next in the stream.
    pub fn say(&mut self, sound: &[u8]) {
        self.raw(&self.rtp(self.pt, sound));
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(sound.len() as u32);
    }

    /// Says 20 ms of one byte `count` times, at pace.
    pub fn say_for(&mut self, count: usize, byte: u8) {
        let mut due = Instant::now();
        for _ in 0..count {
            self.say(&[byte; 160]);
            due += Duration::from_millis(20);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Presses a key for `packets` x 20 ms without sending sound, three end packets.
    pub fn press(&mut self, code: u8, packets: u16) {
        for n in 1..=packets {
            self.event(code, false, n * 160);
            std::thread::sleep(Duration::from_millis(20));
        }
        for _ in 0..3 {
            self.event(code, true, packets * 160);
        }
        self.timestamp = self.timestamp.wrapping_add(u32::from(packets) * 160);
    }

    pub fn event(&mut self, code: u8, end: bool, duration: u16) {
        let [high, low] = duration.to_be_bytes();
        self.raw(&self.rtp(101, &[code, if end { 0x8a } else { 0x0a }, high, low]));
        self.seq = self.seq.wrapping_add(1);
    }

    pub fn hear(&self) -> Option<Packet> {
        let mut buffer = [0; 2048];
        loop {
            let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
            // A report for the phone whose port is one below.
            if (200..=201).contains(&buffer[1]) {
                continue;
            }
            assert_eq!(from, self.to, "symmetric RTP");
            return Some(packet(&buffer[..length]));
        }
    }

    pub fn hear_all(&self) -> Vec<Packet> {
        std::iter::from_fn(|| self.hear()).collect()
    }
}

/// Every packet follows the one before: one stream.
pub fn assert_one_stream(packets: &[Packet]) {
    for (one, two) in packets.iter().zip(&packets[1..]) {
        assert_eq!(one.ssrc, two.ssrc);
        assert_eq!(one.seq.wrapping_add(1), two.seq, "sequence numbers go on");
        let step = two.timestamp.wrapping_sub(one.timestamp);
        assert!(step < 80_000, "timestamps go on: {} after {}", two.timestamp, one.timestamp);
    }
}

#[derive(Default)]
pub struct Reel {
    pub chunks: Vec<(Instant, Vec<u8>)>,
    pub finished: Option<Instant>,
    pub destroyed: Option<Instant>,
    pub broken: bool,
    /// The next chunk takes so long, and with it the thread that hands it over.
    pub nap: Option<Duration>,
    pub missing_ms: u64,
}

#[derive(Clone, Default)]
pub struct Memory(pub Arc<Mutex<Reel>>);

impl Memory {
    pub fn tape(&self) -> Option<Box<dyn Tape>> {
        Some(Box::new(self.clone()))
    }

    /// The blocks of a leg: codec and sound.
    pub fn blocks(&self, leg: usize) -> Vec<(u8, Vec<u8>)> {
        let reel = self.0.lock().unwrap();
        let plain: Vec<u8> = reel.chunks.iter().flat_map(|(_, chunk)| chunk.clone()).collect();
        plain
            .chunks_exact(322)
            .map(|pair| &pair[leg * 161..][..161])
            .map(|block| (block[0], block[1..].to_vec()))
            .collect()
    }

    /// All sound of a leg, silence left out.
    pub fn sound(&self, leg: usize) -> Vec<u8> {
        let blocks = self.blocks(leg);
        blocks.into_iter().filter(|(codec, _)| *codec != 0).flat_map(|(_, sound)| sound).collect()
    }
}

impl Tape for Memory {
    fn chunk(&mut self, plain: &[u8]) -> Result<(), TapeError> {
        let nap = self.0.lock().unwrap().nap.take();
        std::thread::sleep(nap.unwrap_or_default());
        let mut reel = self.0.lock().unwrap();
        if reel.broken {
            return Err(TapeError::Failed);
        }
        reel.chunks.push((Instant::now(), plain.to_vec()));
        Ok(())
    }

    fn missing(&mut self, ms: u64) {
        self.0.lock().unwrap().missing_ms += ms;
    }

    fn finish(self: Box<Self>) {
        self.0.lock().unwrap().finished = Some(Instant::now());
    }

    fn destroy(self: Box<Self>) {
        self.0.lock().unwrap().destroyed = Some(Instant::now());
    }
}

/// A call with a phone at each end.
pub struct Pair {
    pub session: Session,
    pub events: UnboundedReceiver<MediaEvent>,
    pub caller: Phone,
    pub agent: Phone,
}

/// Ports of their own for each test, so that tests beside each other do not meet.
pub fn config() -> MediaConfig {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 21_000 + 400 * NEXT.fetch_add(1, Ordering::Relaxed);
    MediaConfig { ports: first..=first + 399, threads: 1, ..MediaConfig::default() }
}

pub fn pair(media: &Media, purpose: Purpose) -> Pair {
    let (sender, events) = unbounded_channel();
    let session = media.session(purpose, sender).unwrap();
    let (caller, agent) = (Phone::new(&session, Side::Caller), Phone::new(&session, Side::Agent));
    session.set_remote(Side::Caller, caller.remote());
    session.set_remote(Side::Agent, agent.remote());
    Pair { session, events, caller, agent }
}

/// Waits until something is so.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(5);
    while !is() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits for what was said to a session to have been done.
pub fn settle() {
    std::thread::sleep(Duration::from_millis(80));
}

impl Pair {
    /// The next event within a second.
    pub fn event(&mut self) -> Option<MediaEvent> {
        let until = Instant::now() + Duration::from_secs(1);
        loop {
            match self.events.try_recv() {
                Ok(event) => return Some(event),
                Err(_) if Instant::now() > until => return None,
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    pub fn keys(&mut self) -> String {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .filter_map(|event| match event {
                MediaEvent::Digit { key, .. } => Some(key),
                _ => None,
            })
            .collect()
    }
}
