//! The handles: [`Media`] for all, [`Session`] for one call.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::mpsc::UnboundedSender;

use super::engine::{Command, Engine, New};
use super::figures::{Counters, Figures};
use super::wire::Wire;
use super::{MediaConfig, MediaEvent, Prompt, Purpose, Remote, Side, Tape};

/// The media plane. Dropping the last clone ends its threads; sessions end with it.
#[derive(Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

struct Inner {
    config: MediaConfig,
    ports: Arc<Ports>,
    threads: Vec<Thread>,
    next: AtomicUsize,
    ids: AtomicU64,
}

struct Thread {
    commands: mpsc::Sender<Command>,
    counters: Arc<Counters>,
    handle: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for thread in &mut self.threads {
            let _ = thread.commands.send(Command::Stop);
        }
        for thread in &mut self.threads {
            if let Some(handle) = thread.handle.take() {
                let _ = handle.join();
            }
        }
    }
}

impl Media {
    /// Starts the threads. No socket is bound before the first session.
    pub fn start(config: MediaConfig) -> io::Result<Media> {
        let count = match config.threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
            n => n,
        };
        let mut threads = Vec::with_capacity(count);
        for n in 0..count {
            let (commands, queue) = mpsc::channel();
            let counters = Arc::new(Counters::default());
            let engine = Engine::new(&config, queue, counters.clone())?;
            let handle = std::thread::Builder::new()
                .name(format!("media-{n}"))
                .spawn(move || engine.run())?;
            threads.push(Thread { commands, counters, handle: Some(handle) });
        }
        let ports = Arc::new(Ports::new(&config));
        let (next, ids) = (AtomicUsize::new(0), AtomicU64::new(0));
        Ok(Media { inner: Arc::new(Inner { config, ports, threads, next, ids }) })
    }

    /// Binds the ports of a new session. Its events go to `events`.
    ///
    /// # Errors
    /// When no pair of ports is free, or the sockets cannot be had.
    pub fn session(
        &self,
        purpose: Purpose,
        events: UnboundedSender<MediaEvent>,
    ) -> io::Result<Session> {
        let inner = &self.inner;
        let ip = inner.config.ip;
        let pairs = [inner.ports.pair(ip)?, inner.ports.pair(ip)?];
        let ports = [pairs[0].lease.port, pairs[1].lease.port];
        let id = inner.ids.fetch_add(1, Relaxed);
        let thread = inner.next.fetch_add(1, Relaxed) % inner.threads.len();
        let counters = Arc::new(Counters::default());
        let session =
            Session { inner: inner.clone(), id, thread, ports, counters: counters.clone() };
        let mut random = [[0; 12]; 2];
        for random in &mut random {
            getrandom::fill(random).map_err(|_| io::Error::other("no random numbers"))?;
        }
        session.send(Command::Add(Box::new(New { id, purpose, events, pairs, counters, random })));
        Ok(session)
    }

    /// The address for SDP's `c=` line.
    pub fn advertised(&self) -> IpAddr {
        self.inner.config.advertised.unwrap_or(self.inner.config.ip)
    }

    /// All sessions since the start, the ended ones too. At most half a second old.
    pub fn figures(&self) -> Figures {
        let mut total = Figures::default();
        for thread in &self.inner.threads {
            total += thread.counters.read();
        }
        total
    }
}

/// One call's sound. Dropping it closes it: the ports are free again, a recording is finished
/// (kept). None of the calls waits; they take effect within about 5 ms.
pub struct Session {
    inner: Arc<Inner>,
    id: u64,
    thread: usize,
    ports: [u16; 2],
    counters: Arc<Counters>,
}

impl Session {
    /// Where that side is to send RTP; RTCP is one above.
    pub fn port(&self, side: Side) -> u16 {
        self.ports[side.index()]
    }

    /// The address of [`Session::port`] for SDP.
    pub fn local(&self, side: Side) -> SocketAddr {
        let config = &self.inner.config;
        SocketAddr::new(config.advertised.unwrap_or(config.ip), self.port(side))
    }

    /// Says who is on a side, or that something about it changed. The stream to it goes on
    /// without a break. Until it is said nothing is taken from or sent to that side.
    pub fn set_remote(&self, side: Side, remote: Remote) {
        self.send(Command::Remote(self.id, side, Box::new(remote)));
    }

    /// Nobody is on that side any more (an agent that did not answer).
    pub fn clear_remote(&self, side: Side) {
        self.send(Command::NoRemote(self.id, side));
    }

    /// Plays to a side instead of what comes from the other; ends what was played before.
    pub fn play(&self, side: Side, prompt: Arc<Prompt>) {
        self.send(Command::Play(self.id, side, Some((prompt, false))));
    }

    /// Plays over and over until stopped: ringing, music on hold.
    pub fn play_repeated(&self, side: Side, prompt: Arc<Prompt>) {
        self.send(Command::Play(self.id, side, Some((prompt, true))));
    }

    /// Ends what is played, without `PlayEnded`.
    pub fn stop_play(&self, side: Side) {
        self.send(Command::Play(self.id, side, None));
    }

    /// Whether the sides hear each other. Off at first.
    pub fn relay(&self, on: bool) {
        self.send(Command::Relay(self.id, on));
    }

    /// Sends a key press to a side by RFC 4733, for one that came by SIP INFO. Nothing is sent
    /// when that side did not agree on telephone-event. `key` is `0`-`9`, `*`, `#` or `A`-`D`.
    pub fn send_digit(&self, side: Side, key: char) {
        self.send(Command::Digit(self.id, side, key));
    }

    /// Keys that a side presses by RFC 4733 and that never reach the other side; they are told as
    /// [`MediaEvent::Digit`] all the same. Nothing is withheld at first.
    pub fn withhold(&self, side: Side, keys: &str) {
        self.send(Command::Withhold(self.id, side, keys.to_owned()));
    }

    /// Records from now on (nothing of before), or, with `None`, not any more: what was heard up
    /// to now is handed over and the tape finished. Another tape finishes the one before.
    pub fn record(&self, tape: Option<Box<dyn Tape>>) {
        self.send(Command::Record(self.id, tape));
    }

    /// Ends the recording and destroys the tape; what was not yet handed over is forgotten.
    pub fn destroy_recording(&self) {
        self.send(Command::Destroy(self.id));
    }

    /// While paused the tape gets silence.
    pub fn pause(&self, paused: bool) {
        self.send(Command::Pause(self.id, paused));
    }

    /// This session's counts. At most 0.2 s old.
    pub fn figures(&self) -> Figures {
        self.counters.read()
    }

    /// The same as dropping it.
    pub fn close(self) {}

    fn send(&self, command: Command) {
        let thread = &self.inner.threads[self.thread];
        // A thread that has ended (it never does before all handles are gone) does nothing more.
        let _ = thread.commands.send(command);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.send(Command::Close(self.id));
    }
}

/// The even ports of the range that are not in use, the one longest unused first.
pub(super) struct Ports {
    free: Mutex<VecDeque<u16>>,
}

impl Ports {
    fn new(config: &MediaConfig) -> Ports {
        let last = config.ports.end().saturating_sub(1);
        let free = (*config.ports.start()..=last).filter(|port| port % 2 == 0).collect();
        Ports { free: Mutex::new(free) }
    }

    fn pair(self: &Arc<Self>, ip: IpAddr) -> io::Result<Pair> {
        let bind = |port| {
            let socket = UdpSocket::bind((ip, port))?;
            socket.set_nonblocking(true)?;
            Ok::<_, io::Error>(socket)
        };
        let lock = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = lock().len();
        while tries > 0 {
            let Some(port) = lock().pop_front() else { break };
            match bind(port).and_then(|rtp| Ok((rtp, bind(port + 1)?))) {
                Ok((rtp, rtcp)) => {
                    let lease = Lease { port, ports: self.clone() };
                    return Ok(Pair { rtp: Wire::new(rtp), rtcp, lease });
                }
                Err(e) => {
                    lock().push_back(port);
                    // Somebody else's port: try the next. Anything else will not get better.
                    if e.kind() != io::ErrorKind::AddrInUse {
                        return Err(e);
                    }
                }
            }
            tries -= 1;
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "no pair of media ports is free; widen the range of ports in the configuration",
        ))
    }
}

/// The two sockets of a side. The fields are dropped in this order: the sockets are closed before
/// the port counts as free.
pub(super) struct Pair {
    pub rtp: Wire,
    pub rtcp: UdpSocket,
    pub lease: Lease,
}

/// A pair of ports in use.
pub(super) struct Lease {
    pub port: u16,
    ports: Arc<Ports>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.ports.free.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.port);
    }
}
