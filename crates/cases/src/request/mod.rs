//! The life of a request: what can be done when, until when it must be answered, what breaks first.
//!
//! [`model`], [`steps`], [`clock`] and [`standing`] are pure: a [`Request`] and an instant go in, a
//! request, a deadline or a refusal comes out. [`desk`] keeps requests as cases, with their log,
//! letters and ledger entries; [`mod@tidy`] erases closed ones when their time is up.
//!
//! Start with [`steps`], the table of what is possible when.

pub mod clock;
pub mod desk;
pub mod letters;
pub mod model;
pub mod overview;
pub mod recipient;
pub mod standing;
pub mod steps;
pub mod tidy;
pub mod words;

pub use clock::{Due, DueFor};
pub use desk::{Desk, Kept, Opened, Told};
pub use model::{
    Decision, Deferred, Extension, IdentityCheck, Known, NewRequest, Outcome, Person, Request,
    Right, Stage,
};
pub use overview::{Line, Summary, line, overview, overview_page, soon, standing_of_open, summary};
pub use recipient::{Disclosed, Notice, Recipient};
pub use standing::Standing;
pub use steps::{Actor, NotNow, Step, StepName};
pub use tidy::{Tidied, tidy};
