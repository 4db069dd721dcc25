//! Sound: relaying between two sides, playing announcements, hearing key presses, recording.
//!
//! Sessions live on a few threads of their own (no async runtime). A thread wakes at a fixed
//! tick, takes all that has come on all its sockets, and sleeps again, so that wake-ups do not
//! grow with calls; nothing is locked or allocated for a packet. What a session shall do comes by
//! a queue, what happens goes out by a channel.
//!
//! A session has two sides. What a side receives is one stream with one SSRC, whatever it is made
//! of (prompt, the other side, another agent after failover). Recording needs a [`Tape`]: without
//! one no sample is kept anywhere. Digits never get on the tape, neither as RFC 4733 events nor
//! as tones.

mod call;
mod dtmf;
mod engine;
mod figures;
mod law;
mod leg;
mod plane;
mod prompt;
mod record;
mod rtcp;
mod rtp;
mod srtp;
mod types;
mod wire;

pub use crate::tape::{Tape, TapeError};
pub use figures::Figures;
pub use plane::{Media, Session};
pub use prompt::{Prompt, PromptError};
pub use types::{
    Codec, Direction, MediaConfig, MediaEvent, Purpose, Remote, Side, SrtpKeys, SrtpSuite,
};
