//! The media plane with real sockets on the loopback address.

mod phone;
mod playing;
mod recording;
mod relaying;
