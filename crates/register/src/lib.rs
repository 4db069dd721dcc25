//! The register of processing activities: reading, checking, formatting, revisions.
//!
//! Pure: it is given names and texts, and asks nobody else. [`Register::read`] turns texts into
//! the model.

mod builtin;
mod codes;
mod diag;
mod model;
mod nearest;
mod read;
mod shape;
mod source;
mod span;
mod walk;

pub use codes::{Code, UnknownCode};
pub use diag::{Diagnostic, Fix, Severity};
pub use model::*;
pub use read::Reading;
pub use source::{Position, Sources};
pub use span::{FileId, Sp, Span};
