//! The recording server of SIPREC (RFC 7866, metadata RFC 7865): an exchange or session border
//! controller sends a copy of a call's sound here.
//!
//! `multipart` and `metadata` read what clients send, `request` makes sense of it; the three are
//! pure. `server` takes the INVITEs, `session` is one recording session, `streams` what it has
//! agreed and what the media plane is told.
//!
//! It fails closed. Until somebody has consented, every stream is answered `a=inactive`, the media
//! plane is told to take nothing, and there is no tape: no key, no file. Whether consent is there
//! is asked of the [desk](crate::desk), which knows it from the consent front or the API; the
//! recorded call is found there by the ids of [`request::ids`].
//!
//! What is not clear about metadata never refuses a recording session: some exchanges end the call
//! itself when their recorder says no. The session is then taken, `a=inactive`, and waits for
//! consent like any other.

pub mod metadata;
pub mod multipart;
pub mod request;

mod server;
mod session;
mod streams;

pub use server::{Figures, Srs, SrsConfig, endpoint};
