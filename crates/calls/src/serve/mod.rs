//! Puts desk, vault, media, front, recording server and HTTP interface together.
//!
//! [`load`] holds `calls.toml` against the register and reads every file that it names; nothing is
//! opened or listened on before all of it fits. [`run`] listens until it is told to end. What is due
//! is destroyed by whoever calls these, before and while they run: the sweep is the register's and
//! not this crate's.

mod files;
mod load;
mod run;
mod start;

pub use load::{Loaded, load};
pub use run::{Around, End, desk, interface, run};
pub use start::{Local, start};
