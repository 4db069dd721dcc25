//! How long may we keep this? The guided assessment of a data set.
//!
//! Four questions, as lawyers ask them: which data, for which purpose, how long has it been kept so far, by
//! which legal basis. [`look`](fn@look) reads in the store how old what is there is; [`next`] is the dialogue as
//! a value, the next question given the answers so far, for a terminal, a script or a console alike;
//! [`propose`](fn@propose) writes the rule down, holds it against the law book with the register's own checker,
//! and says what remains in doubt; [`write`](fn@write) puts it into the register's files, comments left alone.
//! "A person with legal training must look at it" is a valid outcome.

pub mod look;
pub mod propose;
pub mod question;
pub mod write;

pub use look::{Ages, Look, ages, look};
pub use propose::{Doubt, Proposal, propose};
pub use question::{Answers, Question, Wants, fits, flatten, next, questions};
pub use write::{File, write};
