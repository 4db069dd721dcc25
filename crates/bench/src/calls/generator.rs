//! Talks for both sides of many calls and counts what arrives.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use crate::Outcome;

/// Sockets of each side, which the calls share: what arrives tells by its source which call it is
/// of, and the generator needs far less CPU than with a socket for each.
const SOCKETS: usize = 64;
/// The calls speak in turns, a quarter of them every 5 ms, as people do not all speak at once.
const PHASES: usize = 4;
const PHASE: Duration = Duration::from_millis(5);
/// RTP header and 20 ms of A-law.
const PACKET: usize = 172;

struct Leg {
    socket: usize,
    to: u16,
    seq: u16,
    timestamp: u32,
}

pub struct Generator {
    sockets: Vec<UdpSocket>,
    legs: Vec<Leg>,
    pub sent: u64,
    random: u32,
    phase: usize,
}

pub struct Counted {
    pub sent: u64,
    pub arrived: u64,
    pub took: Duration,
    /// How late the generator itself was at most.
    pub behind: Duration,
}

impl Generator {
    pub fn new() -> Outcome<Generator> {
        let mut sockets = Vec::new();
        for _ in 0..2 * SOCKETS {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            // As much as the system lets: what a late generator did not read yet is not lost.
            rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4 << 20)?;
            sockets.push(socket);
        }
        Ok(Generator { sockets, legs: Vec::new(), sent: 0, random: 1, phase: 0 })
    }

    /// Adds a call; `setup` says where the caller's and the agent's packets go.
    pub fn add(&mut self, setup: impl FnOnce(u16, u16) -> Outcome<(u16, u16)>) -> Outcome {
        let n = self.legs.len() / 2 % SOCKETS;
        let port = |socket: &UdpSocket| socket.local_addr().map(|addr| addr.port());
        let (caller, agent) = (port(&self.sockets[n])?, port(&self.sockets[SOCKETS + n])?);
        let (to_caller_side, to_agent_side) = setup(caller, agent)?;
        let leg = |socket, to| Leg { socket, to, seq: 100, timestamp: 0 };
        self.legs.extend([leg(n, to_caller_side), leg(SOCKETS + n, to_agent_side)]);
        Ok(())
    }

    /// Talks for so long, then waits for the last packets.
    pub fn run(&mut self, length: Duration) -> Outcome<Counted> {
        let begin = Instant::now();
        let mut counted = Counted { sent: 0, arrived: 0, took: length, behind: Duration::ZERO };
        let mut due = begin;
        while due - begin < length {
            counted.behind = counted.behind.max(due.elapsed());
            counted.sent += self.speak()?;
            due += PHASE;
            loop {
                counted.arrived += self.listen()?;
                let rest = due.saturating_duration_since(Instant::now());
                if rest.is_zero() {
                    break;
                }
                std::thread::sleep(rest.min(Duration::from_millis(3)));
            }
        }
        counted.took = begin.elapsed();
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until && counted.arrived < counted.sent {
            counted.arrived += self.listen()?;
            std::thread::sleep(Duration::from_millis(2));
        }
        self.sent += counted.sent;
        Ok(counted)
    }

    fn speak(&mut self) -> Outcome<u64> {
        self.phase = (self.phase + 1) % PHASES;
        let mut sent = 0;
        let mut packet = [0; PACKET];
        for (n, leg) in self.legs.iter_mut().enumerate() {
            if n / 2 % PHASES != self.phase {
                continue;
            }
            packet[0] = 0x80;
            packet[1] = 8;
            packet[2..4].copy_from_slice(&leg.seq.to_be_bytes());
            packet[4..8].copy_from_slice(&leg.timestamp.to_be_bytes());
            packet[8..12].copy_from_slice(&(n as u32 + 1).to_be_bytes());
            // Sound that is not silence: noise.
            for four in packet[12..].chunks_exact_mut(4) {
                self.random ^= self.random << 13;
                self.random ^= self.random >> 17;
                self.random ^= self.random << 5;
                four.copy_from_slice(&self.random.to_ne_bytes());
            }
            leg.seq = leg.seq.wrapping_add(1);
            leg.timestamp = leg.timestamp.wrapping_add(160);
            self.sockets[leg.socket].send_to(&packet, (Ipv4Addr::LOCALHOST, leg.to))?;
            sent += 1;
        }
        Ok(sent)
    }

    fn listen(&self) -> Outcome<u64> {
        let mut arrived = 0;
        let mut packet = [0; 512];
        for socket in &self.sockets {
            loop {
                match socket.recv(&mut packet) {
                    Ok(PACKET) if packet[1] & 0x7f == 8 => arrived += 1,
                    Ok(_) => {}
                    Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                    Err(e) => return Err(e.into()),
                }
            }
        }
        Ok(arrived)
    }
}
