//! The register of processing activities: reading, checking, formatting, revisions.
//!
//! Pure: it is given names and texts, and asks nobody else. [`Register::read`] turns texts into
//! the [`model`], [`check`] holds it against the law book, [`relation`] derives what Art. 30 asks
//! for, [`format()`] lays a text out, [`schema`] is for editors, and [`canonical`],
//! [`revision_hash`] and [`diff`] tell one revision from another. What is wrong comes as a
//! [`Diagnostic`], whose [`Code`] has a page ([`explain`]); [`render`] writes them for programs.
//!
//! ```
//! use frist_register::Register;
//!
//! let reading = Register::read(&[("register.toml", "[controller]\nnmae = \"Nordkyst\"\n")]);
//! assert!(reading.register.is_none());
//! let first = &reading.diagnostics[0];
//! assert_eq!(first.message, "[controller] lacks `name`");
//! assert_eq!(reading.diagnostics[1].help.as_deref(), Some("did you mean `name`?"));
//! ```

mod builtin;
mod canonical;
mod check;
mod codes;
mod countries;
mod diag;
mod diff;
mod explain;
mod format;
pub mod model;
mod nearest;
mod read;
mod relation;
pub mod render;
mod schema;
mod shape;
mod source;
mod span;
pub mod strict;
mod walk;

pub use canonical::{canonical, revision_hash};
pub use check::check;
pub use codes::{Code, UnknownCode};
pub use countries::country;
pub use diag::{Diagnostic, Fix, Severity};
pub use diff::{Change, diff};
pub use explain::explain;
pub use format::{FormatError, format};
pub use model::*;
pub use read::Reading;
pub use relation::{Row, relation};
pub use schema::schema;
pub use source::{Position, Sources};
pub use span::{FileId, Sp, Span};
