//! What a person reads: one small document model, written as HTML, plain text and PDF; letters from templates.
//!
//! Pure: a [`Document`] goes in, bytes come out, and the same document always gives the same bytes.
//! [`Document::html`] and [`Document::text`] are always there; [`Document::pdf`] needs the feature
//! `pdf`. [`letters`] makes documents from templates, built-in ones or an organisation's own.
//!
//! ```
//! use frist_paper::{Block, Document, Lang};
//!
//! let mut document = Document::new("Sletteplan", Lang::Da);
//! document.blocks.push(Block::paragraph("Kundens navn <b>slettes</b>."));
//! assert!(document.html().contains("Kundens navn &lt;b&gt;slettes&lt;/b&gt;."));
//! assert!(document.text().contains("Kundens navn <b>slettes</b>."));
//! ```

mod error;
mod html;
pub mod letters;
mod model;
mod text;
mod words;

#[cfg(feature = "pdf")]
mod pdf;
#[cfg(not(feature = "pdf"))]
#[path = "no_pdf.rs"]
mod pdf;

pub use error::PaperError;
pub use frist_register::Lang;
pub use model::{Align, Attachment, Block, Cell, Document, Inline, Letterhead};

/// Whether this program can write PDF files (the feature `pdf`).
pub const PDF: bool = cfg!(feature = "pdf");
