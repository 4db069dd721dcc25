//! What the register says, written for people: the Art. 30 record, notices, the deletion schedule,
//! guidelines for staff.
//!
//! Pure: a register, the law book, a language and a day go in ([`Source`]); texts and data come out,
//! the same bytes each time. Start with [`words`], which puts a data set's rule into a sentence: the
//! very rule that erases. [`record()`], [`notice()`], [`schedule()`] and [`guidelines()`] are the
//! documents, each a value that can be written as JSON and as a [`frist_paper::Document`];
//! [`write()`] gives each as a file in any of its forms;
//! [`compare`] tells which notices a changed register makes wrong, and [`mod@check`] what the notices lack.

pub mod check;
pub mod guidelines;
pub mod jsonld;
mod layout;
pub mod notice;
pub mod record;
pub mod schedule;
mod schedule_csv;
mod source;
pub mod words;
mod write;

pub use check::check;
pub use guidelines::{Guidelines, guidelines};
pub use notice::{Notice, NoticeChange, compare, notice, notices, wrong};
pub use record::{Record, record};
pub use schedule::{Schedule, schedule};
pub use source::{Error, Result, Source, small};
pub use write::{Format, Kind, document, write};
