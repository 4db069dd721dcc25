//! The recording server: what clients send (`corpus`), and what becomes of it with SIPp as
//! recording client, a sender of RTP, a real vault and a real desk (`consent`, `secure`,
//! `hostile`).

#![allow(clippy::unwrap_used, reason = "a test stops where something is missing")]

mod consent;
mod corpus;
mod hostile;
mod place;
mod secure;
mod sound;
#[path = "../support/mod.rs"]
mod support;
