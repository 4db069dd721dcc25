//! The media plane with real sockets on the loopback address.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod phone;
mod playing;
mod recording;
mod relaying;
