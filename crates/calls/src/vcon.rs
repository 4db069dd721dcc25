//! vCon: recordings out to other systems, and in from them, with the proof of consent.
//!
//! The container is that of draft-ietf-vcon-vcon-core-04 (September 2026), consent is an attachment
//! by draft-howe-vcon-lawful-basis-00, a key press an event of the party's history. What leaves is
//! logged like listening; what comes in without proof of consent is refused.

mod check;
mod export;
mod import;
mod proof;
mod sound;
mod source;

pub use check::check;
pub use export::{ExportError, Sound, export};
pub use import::{Imported, NotImported, import};
pub use source::{Folder, Source, open};

/// The extension's name, and the purpose of its attachments.
pub const LAWFUL_BASIS: &str = "lawful_basis";
