//! The vault against real files, real processes and a real token.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod destroy;
mod evidence;
mod life;
mod pace;
mod storage;
mod support;
mod tamper;
mod token;
