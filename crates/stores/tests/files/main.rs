//! The files store on real folders: what it finds, what it leaves alone, and what it never reaches.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod erase;
mod rules;
mod safety;
mod support;
