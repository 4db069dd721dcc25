//! A media thread: its sessions, its tick.

use std::collections::HashMap;
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use tokio::sync::mpsc::UnboundedSender;

use super::call::Call;
use super::figures::{Counters, Figures};
use super::leg::Buffer;
use super::plane::Pair;
use super::{MediaConfig, MediaEvent, Prompt, Purpose, Remote, Side, Tape};

/// What a thread is told.
pub(super) enum Command {
    Add(Box<New>),
    Remote(u64, Side, Box<Remote>),
    NoRemote(u64, Side),
    Play(u64, Side, Option<(Arc<Prompt>, bool)>),
    Relay(u64, bool),
    Digit(u64, Side, char),
    Withhold(u64, Side, String),
    Record(u64, Option<Box<dyn Tape>>),
    Destroy(u64),
    Pause(u64, bool),
    Close(u64),
    Stop,
}

/// A session as it is handed to its thread.
pub(super) struct New {
    pub id: u64,
    pub purpose: Purpose,
    pub events: UnboundedSender<MediaEvent>,
    pub pairs: [Pair; 2],
    pub counters: Arc<Counters>,
    pub random: [[u8; 12]; 2],
}

/// How often a thread looks at its sockets. It is the most that a packet is delayed.
const TICK: Duration = Duration::from_millis(5);
/// Ticks in which each session is looked after once: every 20 ms, a quarter of them at a time.
const TURNS: u64 = 4;
/// A thread that was kept waiting for longer than this catches up.
const STOOD: Duration = Duration::from_millis(100);
/// In steps of this length.
const STEP: Duration = Duration::from_millis(20);
/// What waits in a socket is no older than this (the system keeps some 280 packets).
const WAITS: Duration = Duration::from_secs(6);
const WAITING: usize = 512;
/// Datagrams that one socket may have read in one tick, so that a flood on one does not hold up
/// the others.
const BURST: usize = 32;

pub(super) struct Engine {
    latch: Duration,
    quiet: Duration,
    queue: mpsc::Receiver<Command>,
    counters: Arc<Counters>,
    epoll: OwnedFd,
    calls: Vec<Option<Box<Call>>>,
    places: HashMap<u64, usize>,
    free: Vec<usize>,
    /// The counts of sessions that ended.
    ended: Figures,
    origin: Instant,
    tick: u64,
}

impl Engine {
    pub fn new(
        config: &MediaConfig,
        queue: mpsc::Receiver<Command>,
        counters: Arc<Counters>,
    ) -> io::Result<Engine> {
        Ok(Engine {
            latch: config.latch,
            quiet: config.quiet,
            queue,
            counters,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            calls: Vec::new(),
            places: HashMap::new(),
            free: Vec::new(),
            ended: Figures::default(),
            origin: Instant::now(),
            tick: 0,
        })
    }

    pub fn run(mut self) {
        let mut buffer: Buffer = [0; 2048];
        let mut events: Vec<epoll::Event> = Vec::with_capacity(1024);
        let mut next = Instant::now();
        loop {
            if self.places.is_empty() {
                match self.queue.recv() {
                    Ok(command) => {
                        next = Instant::now();
                        if !self.command(command, next) {
                            break;
                        }
                    }
                    Err(_) => break,
                }
            }
            if !self.commands() {
                break;
            }
            if next.elapsed() > STOOD {
                if !self.catch_up(next, &mut events, &mut buffer) {
                    break;
                }
                next = Instant::now();
            }
            // One instant for all of a tick, so that standing still in its middle is seen as such.
            let now = Instant::now();
            self.drain(&mut events, &mut buffer, now, false);
            self.look_after(now, &mut buffer);
            next += TICK;
            let now = Instant::now();
            match next.checked_duration_since(now) {
                Some(rest) => std::thread::sleep(rest),
                None if now.duration_since(next) > STOOD => {}
                // A little behind: what was missed is not made up for.
                None => next = now,
            }
        }
        self.end();
    }

    /// Does all that was asked; false to end. What was asked comes first, so that no packet that came
    /// after a stop is recorded.
    fn commands(&mut self) -> bool {
        loop {
            match self.queue.try_recv() {
                Ok(command) => {
                    if !self.command(command, Instant::now()) {
                        return false;
                    }
                }
                Err(mpsc::TryRecvError::Empty) => return true,
                Err(mpsc::TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// After the thread was kept waiting (a machine that stood still, or had no time for us): goes on
    /// from `then` in steps, as if it had been awake, so that what waits in the sockets is put on the
    /// tapes where it was said and not where it was read. False to end.
    fn catch_up(
        &mut self,
        then: Instant,
        events: &mut Vec<epoll::Event>,
        buffer: &mut Buffer,
    ) -> bool {
        let begun = Instant::now();
        let stood = begun.saturating_duration_since(then);
        let mut now = begun.checked_sub(WAITS).map_or(then, |oldest| then.max(oldest));
        // A machine that is too slow for that goes on with what comes now.
        while now < Instant::now() && begun.elapsed() < 2 * stood {
            self.drain(events, buffer, now, true);
            for _ in 0..TURNS {
                self.look_after(now, buffer);
            }
            now += STEP;
            if !self.commands() {
                return false;
            }
        }
        true
    }

    /// Reads all sockets that have something; with `past`, as it would have been done at that instant.
    fn drain(
        &mut self,
        events: &mut Vec<epoll::Event>,
        buffer: &mut Buffer,
        now: Instant,
        past: bool,
    ) {
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        // More than one round only when there are more sockets than room for events.
        for _ in 0..=self.places.len() * 4 / events.capacity() {
            events.clear();
            let spare = rustix::buffer::spare_capacity(events);
            if epoll::wait(&self.epoll, spare, Some(&none)).is_err() || events.is_empty() {
                return;
            }
            for event in &*events {
                let data = event.data.u64();
                let (serial, place) = ((data >> 32) as u32, (data as u32 >> 2) as usize);
                // The session may have ended, and another have its place.
                let Some(call) = self.calls.get_mut(place).and_then(Option::as_mut) else {
                    continue;
                };
                if call.id as u32 != serial {
                    continue;
                }
                let (leg, rtcp) = ((data & 1) as usize, data & 2 != 0);
                // Usually there is one packet, and asking whether there is another would cost as
                // much as it; only when the last tick had one too there may be a heap. What stays
                // is announced again in the next tick.
                let busy = &mut call.legs[leg].busy;
                let most = if *busy + 1 == self.tick || past { BURST } else { 1 };
                *busy = self.tick;
                for _ in 0..most {
                    // What was said later stays where it is for now.
                    if past && !rtcp && call.is_up_to(leg, now) {
                        break;
                    }
                    let pair = &call.legs[leg].pair;
                    let came = match rtcp {
                        true => pair.rtcp.recv_from(buffer),
                        false => pair.rtp.receive(buffer),
                    };
                    match came {
                        Ok((length, from)) if rtcp => {
                            call.legs[leg].take_rtcp(buffer, length, from, now, &mut call.figures);
                        }
                        Ok((length, from)) => {
                            call.packet(leg, buffer, length, from, self.latch, now);
                        }
                        Err(_) => break,
                    }
                }
            }
            if events.len() < events.capacity() {
                return;
            }
        }
    }

    /// Prompts, tapes, reports, figures.
    fn look_after(&mut self, now: Instant, buffer: &mut Buffer) {
        let turn = (self.tick % TURNS) as usize;
        for call in self.calls.iter_mut().skip(turn).step_by(TURNS as usize).flatten() {
            call.look_after(now, self.origin, (self.latch, self.quiet), buffer);
        }
        if self.tick.is_multiple_of(100) || self.places.is_empty() {
            let mut total = self.ended;
            for call in self.calls.iter().flatten() {
                total += call.figures();
            }
            self.counters.write(&total);
        }
        self.tick += 1;
    }

    /// Does as told; false to end.
    fn command(&mut self, command: Command, now: Instant) -> bool {
        match command {
            Command::Add(new) => self.add(*new, now),
            Command::Remote(id, side, remote) => {
                self.with(id, |call| call.legs[side.index()].set_remote(*remote, now));
            }
            Command::NoRemote(id, side) => {
                self.with(id, |call| call.legs[side.index()].clear_remote());
            }
            Command::Play(id, side, what) => {
                self.with(id, |call| call.legs[side.index()].play(what, now));
            }
            Command::Relay(id, on) => self.with(id, |call| call.relay = on),
            Command::Digit(id, side, key) => {
                self.with(id, |call| call.legs[side.index()].press(key, now));
            }
            Command::Withhold(id, side, keys) => {
                self.with(id, |call| call.withheld[side.index()] = keys);
            }
            Command::Record(id, tape) => {
                if tape.is_some() {
                    self.empty(id, now);
                }
                self.with(id, |call| call.record(tape, now));
            }
            Command::Destroy(id) => self.with(id, Call::destroy_recording),
            Command::Pause(id, paused) => self.with(id, |call| call.pause(paused, now)),
            Command::Close(id) => self.close(id, now),
            Command::Stop => return false,
        }
        true
    }

    fn with(&mut self, id: u64, what: impl FnOnce(&mut Call)) {
        let place = self.places.get(&id);
        if let Some(call) = place.and_then(|place| self.calls[*place].as_mut()) {
            what(call);
        }
    }

    /// Takes what a session's sockets hold: nothing of it comes onto a tape that begins after this.
    fn empty(&mut self, id: u64, now: Instant) {
        let latch = self.latch;
        let mut buffer: Buffer = [0; 2048];
        self.with(id, |call| {
            for leg in 0..call.legs.len() {
                for _ in 0..WAITING {
                    let Ok((length, from)) = call.legs[leg].pair.rtp.receive(&mut buffer) else {
                        break;
                    };
                    call.packet(leg, &mut buffer, length, from, latch, now);
                }
            }
        });
    }

    fn add(&mut self, new: New, now: Instant) {
        let id = new.id;
        let place = self.free.pop().unwrap_or_else(|| {
            self.calls.push(None);
            self.calls.len() - 1
        });
        let call = Box::new(Call::new(new, now));
        for (n, leg) in call.legs.iter().enumerate() {
            self.watch(leg.pair.rtp.socket(), id, place, n as u64);
            self.watch(&leg.pair.rtcp, id, place, n as u64 | 2);
        }
        self.calls[place] = Some(call);
        self.places.insert(id, place);
    }

    fn watch(&self, socket: &UdpSocket, id: u64, place: usize, which: u64) {
        let data = (id << 32) | ((place as u64) << 2) | which;
        // It can fail only for want of memory or of watches; the session then hears nothing, and
        // says so by `Quiet`.
        let data = epoll::EventData::new_u64(data);
        let _ = epoll::add(&self.epoll, socket, data, epoll::EventFlags::IN);
    }

    /// Ends a session. What came up to now is counted, and belongs on its tape.
    fn close(&mut self, id: u64, now: Instant) {
        self.empty(id, now);
        let Some(place) = self.places.remove(&id) else { return };
        self.free.push(place);
        if let Some(mut call) = self.calls[place].take() {
            call.record(None, now);
            call.publish();
            let mut figures = call.figures();
            (figures.sessions, figures.recording) = (0, 0);
            self.ended += figures;
        }
    }

    fn end(&mut self) {
        let now = Instant::now();
        let ids: Vec<u64> = self.places.keys().copied().collect();
        for id in ids {
            self.close(id, now);
        }
        self.counters.write(&self.ended);
    }
}
