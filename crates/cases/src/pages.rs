//! Putting documents together, block by block.

use frist_paper::{Block, Cell, Document, Inline, PaperError};
use frist_register::Lang;
use jiff::civil::Date;

use crate::Result;

/// The blocks of a document.
#[derive(Default)]
pub(crate) struct Pages {
    blocks: Vec<Block>,
}

/// Text in a cell.
pub(crate) fn plain(text: impl Into<String>) -> Vec<Inline> {
    vec![Inline::Text(text.into())]
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(plain(text)));
    }

    pub(crate) fn code(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(vec![Inline::Code(text.into())]));
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Note(plain(text)));
    }

    pub(crate) fn list(&mut self, items: Vec<String>) {
        let items = items.into_iter().map(plain).collect();
        self.blocks.push(Block::List { ordered: false, items });
    }

    pub(crate) fn definitions(&mut self, rows: Vec<(String, String)>) {
        let rows = rows.into_iter().map(|(name, text)| (name, plain(text))).collect();
        self.blocks.push(Block::Definitions(rows));
    }

    /// A table; `widths` are shares of the line, one a column.
    pub(crate) fn table(
        &mut self,
        caption: impl Into<String>,
        widths: &[u16],
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    ) {
        let rows = rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
        self.blocks.push(Block::Table {
            caption: caption.into(),
            head,
            rows,
            widths: widths.to_vec(),
        });
    }

    pub(crate) fn document(
        self,
        title: String,
        subtitle: Option<String>,
        lang: Lang,
        date: Option<Date>,
        meta: Vec<(String, String)>,
    ) -> Document {
        Document { title, subtitle, lang, date, meta, blocks: self.blocks, ..Document::default() }
    }
}

/// A cell; numbers stand to the right.
fn cell(text: String) -> Cell {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let is_number = text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(number);
    // A day such as 1.5.2026 has two points and is none.
    match is_number && text.parse::<jiff::civil::Date>().is_err() && !is_day(&text) {
        true => Cell::end(text),
        false => Cell::from(text),
    }
}

/// Whether this is a day as Danish writes it.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3 && parts[2].len() == 4
}

/// The document as PDF; none in a build without PDF.
pub(crate) fn pdf(document: &Document) -> Result<Option<Vec<u8>>> {
    match document.pdf() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(PaperError::NoPdf) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
