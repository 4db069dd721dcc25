//! Calls recorded only with consent.

pub mod account;
pub mod api;
pub mod config;
pub mod consent;
pub mod desk;
pub mod evidence;
pub mod front;
pub mod listen;
pub mod media;
pub mod principal;
pub mod rule;
pub mod sdp;
pub mod serve;
pub mod sip;
pub mod siprec;
pub mod tape;
pub mod vcon;
