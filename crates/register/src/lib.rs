//! The register of processing activities: reading, checking, formatting, revisions.
//!
//! Pure: it is given names and texts, and asks nobody else. [`Register::read`] turns texts into
//! the model, [`check`] holds it against
//! the law book, [`relation`] derives what Art. 30 asks for, [`format()`] lays a text out, and
//! [`canonical`], [`revision_hash`] and [`diff`] tell one revision from another.

mod builtin;
mod canonical;
mod check;
mod codes;
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
mod walk;

pub use canonical::{canonical, revision_hash};
pub use check::check;
pub use codes::{Code, UnknownCode};
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
