//! Calls recorded only with consent.

pub mod sip;
