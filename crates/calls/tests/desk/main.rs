//! The desk over a real vault and real databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod crash;
mod evidence;
mod kit;
mod listen;
mod trouble;
mod vcon;
