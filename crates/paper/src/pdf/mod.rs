//! A document as PDF, by Typst as a library.
//!
//! The Typst program is a constant (`page.typ`); a document reaches it as JSON, whose strings are
//! text and never code. No files, packages, clock or fonts of the machine are in reach, so the same
//! document gives the same bytes everywhere.

mod data;
mod together;
mod world;

use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use self::world::Desk;
use crate::{Document, PaperError};

/// Writes the document.
pub(crate) fn write(document: &Document) -> Result<Vec<u8>, PaperError> {
    let written = Desk::new(document, false).and_then(|desk| compile(&desk, document));
    // A sign that a font claims to have and has not: only the signs of Europe's languages, then.
    let written = match written {
        Err(_) => Desk::new(document, true).and_then(|desk| compile(&desk, document)),
        done => done,
    };
    // Typst keeps what it has laid out for the next time; a letter may not stay in memory so.
    comemo::evict(0);
    written
}

fn compile(desk: &Desk, document: &Document) -> Result<Vec<u8>, PaperError> {
    let laid_out = typst::compile::<PagedDocument>(desk).output.map_err(|e| said(&e))?;
    let archival =
        if document.attachments.is_empty() { PdfStandard::A_2a } else { PdfStandard::A_3a };
    // PDF/A demands a date; a document without one is a tagged PDF for screen readers all the same.
    let standards = match document.date {
        Some(_) => vec![archival, PdfStandard::Ua_1],
        None => vec![PdfStandard::Ua_1],
    };
    let options = PdfOptions {
        creator: typst::foundations::Smart::Custom(Some("Frist".to_owned())),
        standards: PdfStandards::new(&standards)
            .map_err(|e| PaperError::Pdf(e.message().to_string()))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&laid_out, &options).map_err(|e| said(&e))
}

/// The first complaint. It comes from our own program, and quotes nothing of the document.
fn said(errors: &[typst::diag::SourceDiagnostic]) -> PaperError {
    let first = errors.first().map_or("no reason given", |e| e.message.as_str());
    PaperError::Pdf(first.chars().take(300).collect())
}
