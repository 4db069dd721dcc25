//! Records of consent: proof while the processing runs, withdrawal as easy as giving (Art. 7).
//!
//! A record has the fields of ISO/IEC TS 27560 that `law/facts.md` section 5 names. It names the text that was
//! shown by the register's id, its version and its hash; the text itself stays with the register.
//! [`give`] and [`withdraw`] are one call each; [`follows`] says what a withdrawal means for the data, which lie
//! in the organisation's own stores, where Frist writes nothing; [`tidy`] erases the records whose time is over.
//!
//! Datatilsynet's practice, as the law book has it: proof is kept only while the processing runs, not for years
//! "just in case"; a short time to see whether a dispute arises is accepted; texts may stay.

pub mod follow;
pub mod import;
pub mod record;

pub use follow::{Follows, follows};
pub use import::{Imported, import};
pub use record::{Given, Receipt, Route, SCHEMA_VERSION, give, of, tidy, withdraw};
