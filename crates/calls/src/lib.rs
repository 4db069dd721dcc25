//! Calls recorded only with consent.

pub mod consent;
pub mod desk;
pub mod evidence;
pub mod listen;
pub mod media;
pub mod principal;
pub mod rule;
pub mod tape;
pub mod vcon;
