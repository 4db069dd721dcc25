//! The consent front: a back-to-back user agent between trunk and queue that asks before it records.
//!
//! `ask` is the asking (pure), `keys` reads keys (pure), `side` keeps what one leg's sound has agreed, `hunt` finds an
//! agent, `clerk` does for a call what may wait for a disk, `call` puts these together for one call.

pub mod ask;
pub mod keys;
