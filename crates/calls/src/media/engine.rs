//! A media thread.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;

use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::mpsc::UnboundedSender;

use super::figures::Counters;
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
}

/// Wakes a thread that sleeps because it has no session.
#[derive(Clone)]
pub(super) struct Wake(Arc<rustix::fd::OwnedFd>);

impl Wake {
    pub fn new() -> io::Result<Wake> {
        Ok(Wake(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    pub fn wake(&self) {
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

pub(super) struct Engine {
    queue: mpsc::Receiver<Command>,
}

impl Engine {
    pub fn new(
        _config: &MediaConfig,
        queue: mpsc::Receiver<Command>,
        _wake: Wake,
        _counters: Arc<Counters>,
    ) -> io::Result<Engine> {
        Ok(Engine { queue })
    }

    pub fn run(self) {
        while let Ok(command) = self.queue.recv() {
            if matches!(command, Command::Stop) {
                break;
            }
        }
    }
}
