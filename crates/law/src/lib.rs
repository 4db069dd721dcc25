//! Periods, deadlines, calendars and the law book. Pure: no I/O, no clock.
//!
//! Start with [`expires`] and its inverse [`cutoff`]: a [`Term`] ("5 years from the end of the
//! financial year") applied to a [`Start`] in a [`Calendar`] says when a record may go, and the
//! cutoff turns that question into one comparison with a constant. [`deadline`] has the time limits
//! that somebody must meet, [`book`] the laws themselves.
//!
//! ```
//! use frist_law::{Calendar, Cutoff, LawBook, Start, StartKind, cutoff, last_day};
//! use jiff::civil::date;
//!
//! let dk = Calendar::denmark();
//! let invoice = date(2021, 3, 17);
//! let law = LawBook::embedded().get("dk.bogfoering").expect("it is in the book");
//! let term = law.version_on(invoice).and_then(|v| v.term()).expect("it has a period");
//! assert_eq!(term.text_da(), "5 år fra udgangen af regnskabsåret");
//! assert_eq!(last_day(term, &Start::Date(invoice), &dk), Some(date(2026, 12, 31)));
//!
//! let new_year = "2027-01-01T00:00+01:00".parse().expect("an instant");
//! let due = cutoff(term, new_year, &StartKind::Date, &dk);
//! assert_eq!(due, Cutoff::Date(date(2021, 12, 31)));
//! ```

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
