//! Deciding: a record's facts, a data set's rule and an instant give a decision with its reasons.
//!
//! - [`value`]: how facts are read, strictly and the same everywhere;
//! - [`rules`]: a data set's rule, resolved against the law book;
//! - [`mod@decide`]: the reference interpreter, which reads like the design's table and explains itself;
//! - [`answer`]: what people answered when a rule asked for their assessment;
//! - [`mod@test`]: the same as a test of constant comparisons, by inversion;
//! - [`eval`]: that test in memory, a record at a time; [`columns`]: over plain arrays; [`sql`]: as
//!   SQL for SQLite and PostgreSQL.
//!
//! Pure: no I/O and no clock. That all forms agree is a differential test.

pub mod answer;
pub mod columns;
pub mod decide;
pub mod eval;
pub mod explain;
pub mod hold;
pub mod rules;
mod spans;
pub mod sql;
pub mod test;
pub mod value;
mod variant;
mod weigh;

pub use answer::{Answers, Verdict};
pub use decide::{Decision, Outcome, Reason, Role, Standing, decide, decide_answered};
pub use hold::HoldScope;
pub use rules::{RuleError, RuleSet};
pub use test::{Compiled, Test, compile, compile_answered};
pub use value::{Kind, Problem, Value};
