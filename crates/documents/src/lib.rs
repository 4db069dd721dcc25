//! What the register says, written for people: the Art. 30 record, notices, the deletion schedule,
//! guidelines for staff.

mod source;
pub mod words;

pub use source::{Error, Result, Source};
