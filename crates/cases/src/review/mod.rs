//! What a person must look at: review tasks, and the periodic review of data sets and purposes.
//!
//! A record waits for a person's answer when its rule comes to *review*: a ground ended that the register
//! says needs an assessment, or its periodic review date passed. [`mod@task`] finds such records and takes the
//! answers, `keep until a day, because` or `erase`; [`query`] picks many at once; [`mod@periodic`] tells which
//! data sets and purposes nobody has looked at lately (recital 39).

pub mod periodic;
pub mod query;
pub mod task;

pub use periodic::{Looked, note, periodic};
pub use query::{Condition, Picked, pick};
pub use task::{Answer, Answered, Task, Why, answer, asks, take_back, task, tasks, waiting};
