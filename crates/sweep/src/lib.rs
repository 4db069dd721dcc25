//! Plan, approve, erase, confirm, verify, recover, replay.
//!
//! - [`engine`]: what every step works with;
//! - [`plan`] and [`guard`]: what is due, and whether a person must approve it;
//! - [`run`]: carrying a plan out, [`report`]: what came of it; [`recover`]: after a crash; [`replay`]: after a restore;
//! - [`proof`]: publishing the ledger, receipts and evidence;
//! - [`granted`]: what a person's request has erased, by the same steps;
//! - [`explain`]: why one record is kept or due; [`watch`]: continuously.
//!
//! The clock is given from outside, so that tests can say what time it is.

mod account;
mod answers;
mod batch;
pub mod effects;
pub mod engine;
mod error;
pub mod explain;
pub mod fit;
pub mod granted;
pub mod guard;
pub mod late;
pub mod notice;
pub mod order;
pub mod plan;
pub mod proof;
pub mod records;
pub mod recover;
pub mod replay;
pub mod report;
pub mod run;
pub mod step;
mod together;
mod verify;
pub mod watch;

pub use engine::{Engine, Keys, Loaded, Prepared};
pub use error::{Error, Result};
pub use explain::Explained;
pub use granted::{Carried, Grant};
pub use late::Late;
pub use plan::{Options, Plan};
pub use report::Report;
pub use step::{Observer, Step};
