//! What the register says, written for people.
pub mod jsonld;
mod layout;
pub mod record;
mod source;
pub mod words;

pub use record::{Record, record};
pub use source::{Error, Result, Source};
