//! Calls recorded only with consent.

pub mod consent;
pub mod desk;
pub mod tape;
pub mod media;
pub mod sdp;
pub mod sip;
