//! A sender of RTP: two legs, every block of sound different from every other.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use webrtc_srtp::context::Context;
use webrtc_srtp::protection_profile::ProtectionProfile;

use crate::place::local;

/// 20 ms of sound of a leg, unlike any other.
pub fn block(leg: usize, n: u32) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15u64 ^ (u64::from(n) << 8) ^ leg as u64;
    let next = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..160).map(next).collect()
}

/// Two sockets to send from, and their ports.
pub fn sockets() -> ([UdpSocket; 2], [u16; 2]) {
    let sockets = [(); 2].map(|()| UdpSocket::bind(local(0)).unwrap());
    let ports = [0, 1].map(|n: usize| sockets[n].local_addr().unwrap().port());
    (sockets, ports)
}

/// Sends until it is dropped.
pub struct Sender {
    sent: Arc<Mutex<Vec<Instant>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sender {
    /// From these sockets to the ports of the server, a block each 20 ms on both legs.
    pub fn start(
        sockets: [UdpSocket; 2],
        to: [SocketAddr; 2],
        keys: Option<[Vec<u8>; 2]>,
    ) -> Sender {
        let mut contexts = keys.map(|keys| {
            keys.map(|k| {
                let profile = ProtectionProfile::Aes128CmHmacSha1_80;
                Context::new(&k[..16], &k[16..30], profile, None, None).unwrap()
            })
        });
        let sent = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped) = (sent.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut due = Instant::now();
            for n in 0u32.. {
                if stopped.load(Relaxed) {
                    return;
                }
                log.lock().unwrap().push(Instant::now());
                for leg in 0..2 {
                    let mut packet = vec![0x80, 8];
                    packet.extend((n as u16).to_be_bytes());
                    packet.extend((n * 160).to_be_bytes());
                    packet.extend((7 + leg as u32).to_be_bytes());
                    packet.extend(block(leg, n));
                    if let Some(contexts) = &mut contexts {
                        packet = contexts[leg].encrypt_rtp(&packet).unwrap().to_vec();
                    }
                    let _ = sockets[leg].send_to(&packet, to[leg]);
                }
                due += Duration::from_millis(20);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        Sender { sent, stop, thread: Some(thread) }
    }

    /// When each block was sent.
    pub fn sent(&self) -> Vec<Instant> {
        self.sent.lock().unwrap().clone()
    }

    /// The first blocks of both legs so far.
    pub fn sounds(&self) -> Vec<Vec<u8>> {
        let count = self.sent().len() as u32;
        (0..count).flat_map(|n| [block(0, n), block(1, n)]).collect()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The numbers of the blocks that a recording has of a leg, in the order in which it has them.
///
/// # Panics
/// When it has sound that was never sent on that leg, or sound in another order.
pub fn numbers(leg: usize, blocks: &[(u8, Vec<u8>)], sent: usize) -> Vec<u32> {
    let known: std::collections::HashMap<Vec<u8>, u32> =
        (0..sent as u32).map(|n| (block(leg, n), n)).collect();
    let mut numbers = Vec::new();
    for (codec, sound) in blocks {
        if *codec == frist_calls::tape::SILENT {
            assert!(sound.iter().all(|b| *b == 0), "silence that is not silent");
            continue;
        }
        assert_eq!(*codec, frist_calls::tape::PCMA);
        let n =
            known.get(sound).unwrap_or_else(|| panic!("sound that was never sent on leg {leg}"));
        assert!(numbers.last().is_none_or(|last| last < n), "sound in another order");
        numbers.push(*n);
    }
    numbers
}
