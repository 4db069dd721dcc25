//! The recording server of SIPREC (RFC 7866, metadata RFC 7865): an exchange or session border
//! controller sends a copy of a call's sound here.
//!
//! `multipart` and `metadata` read what clients send, `request` makes sense of it; the three are
//! pure. `server` takes the INVITEs, `session` is one recording session.
//!
//! It fails closed. Until somebody has consented, every stream is answered `a=inactive`, the media
//! plane is told to take nothing, and there is no tape: no key, no file. Whether consent is there
//! is asked of the [desk](crate::desk), which knows it from the consent front or the API; the
//! recorded call is found there by the ids of [`request::ids`].

pub mod metadata;
pub mod multipart;
pub mod request;
