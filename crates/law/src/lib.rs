//! Periods, deadlines, calendars and the law book. Pure: no I/O, no clock.
//!
//! Start with [`expires`] and its inverse [`cutoff`]: a [`Term`] ("5 years from the end of the
//! financial year") applied to a [`Start`] in a [`Calendar`] says when a record may go, and the
//! cutoff turns that question into one comparison with a constant.

pub mod book;
mod calendar;
mod cutoff;
pub mod deadline;
mod error;
mod expiry;
pub mod holidays;
mod period;
mod term;
mod years;

pub use book::{Basis, LawBook};
pub use calendar::{Calendar, zone};
pub use cutoff::{Cutoff, StartKind, cutoff};
pub use error::LawError;
pub use expiry::{Expiry, Start, expires, last_day};
pub use period::{Period, Unit};
pub use term::{Anchor, Term};
pub use years::FinancialYears;
