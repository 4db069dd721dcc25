//! Stands in for the PDF writer where the feature `pdf` is off.

use crate::{Document, PaperError};

pub(crate) fn write(_document: &Document) -> Result<Vec<u8>, PaperError> {
    Err(PaperError::NoPdf)
}
