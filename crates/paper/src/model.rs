//! The document model: blocks of words, and nothing that a writer could misread as its own code.

use std::fmt;

use frist_register::Lang;
use jiff::civil::Date;

/// A document to be read by people. `..Document::default()` fills what is not said.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The title, also in the file's properties.
    pub title: String,
    /// A line below the title.
    pub subtitle: Option<String>,
    /// The language; it decides hyphenation, the form of dates and the writers' own words.
    pub lang: Lang,
    /// The document's date (civil, in the controller's zone). Needed for the same bytes every time:
    /// without it a PDF carries no date at all.
    pub date: Option<Date>,
    /// Facts about the document, such as `("Revision", "4f1c...")`.
    pub meta: Vec<(String, String)>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// Files that go with it: embedded in a PDF, named in HTML and text.
    pub attachments: Vec<Attachment>,
    /// From whom and to whom, where the document is a letter.
    pub letterhead: Option<Letterhead>,
}

/// From whom and to whom a letter goes. Lines are plain text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Letterhead {
    /// Sender: the name first, then address and how to reach it.
    pub sender: Vec<String>,
    /// Receiver: the name first, then the address.
    pub recipient: Vec<String>,
}

/// A part of a document.
#[derive(Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of level 1 to 4; other levels are taken to the nearest. The title is above level 1.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list; an ordered one counts from 1.
    List {
        /// Numbered.
        ordered: bool,
        /// Its items.
        items: Vec<Vec<Inline>>,
    },
    /// A table. Rows that are too short are filled up, longer ones are kept whole.
    Table {
        /// What it shows; may be empty, but should not be.
        caption: String,
        /// The heads of its columns.
        head: Vec<String>,
        /// Its rows. The first cell of a row names the row.
        rows: Vec<Vec<Cell>>,
        /// Relative widths of the columns; empty, or with a zero in it: as wide as their content asks for.
        widths: Vec<u16>,
    },
    /// Terms and what they are.
    Definitions(Vec<(String, Vec<Inline>)>),
    /// A remark that is set apart.
    Note(Vec<Inline>),
    /// What follows begins on a new page, where there are pages.
    PageBreak,
}

/// A piece of text. A newline in [`Inline::Text`] is a line break.
#[derive(Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain words.
    Text(String),
    /// Important words.
    Strong(String),
    /// Stressed words.
    Emph(String),
    /// Something to be copied letter by letter.
    Code(String),
    /// A link. Only `https`, `http`, `mailto` and `tel` become links; of others the text is shown.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads.
        url: String,
    },
}

/// A cell of a table.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What it says.
    pub content: Vec<Inline>,
    /// On which side it stands.
    pub align: Align,
}

/// The side on which a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Where reading begins.
    #[default]
    Start,
    /// Where it ends: numbers.
    End,
}

/// A file that goes with a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name, without folders.
    pub name: String,
    /// Its media type, such as `application/json`.
    pub media_type: String,
    /// The file itself.
    pub bytes: Vec<u8>,
    /// What it is, in a few words.
    pub description: String,
}

impl Document {
    /// An empty document.
    pub fn new(title: impl Into<String>, lang: Lang) -> Self {
        Self { title: title.into(), lang, ..Self::default() }
    }

    /// The whole document as a page of HTML: own style (light and dark, prints well), no script,
    /// nothing loaded from elsewhere. Attachments are named, not embedded.
    pub fn html(&self) -> String {
        crate::html::page(self)
    }

    /// What [`Document::html`] has inside of its page, without style: to be shown in the frame of
    /// another page. Everything is escaped.
    pub fn html_fragment(&self) -> String {
        crate::html::fragment(self)
    }

    /// The document as plain text, wrapped at 78 columns.
    pub fn text(&self) -> String {
        crate::text::page(self)
    }

    /// The document as a tagged PDF/A (level 2a; 3a with attachments) with its fonts embedded.
    /// The same document gives the same bytes.
    ///
    /// # Errors
    ///
    /// [`PaperError::NoPdf`](crate::PaperError::NoPdf) when the program was built without the
    /// feature `pdf`; [`PaperError::Pdf`](crate::PaperError::Pdf) when the writer refuses.
    pub fn pdf(&self) -> Result<Vec<u8>, crate::PaperError> {
        crate::pdf::write(self)
    }
}

impl Block {
    /// A paragraph of plain words.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Block::Paragraph(vec![Inline::Text(text.into())])
    }
}

impl From<&str> for Inline {
    fn from(text: &str) -> Self {
        Inline::Text(text.to_owned())
    }
}

impl From<String> for Inline {
    fn from(text: String) -> Self {
        Inline::Text(text)
    }
}

impl Cell {
    /// A cell whose text stands at the end of its column, as numbers do.
    pub fn end(text: impl Into<String>) -> Self {
        Self { content: vec![Inline::Text(text.into())], align: Align::End }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { content: vec![text.into()], align: Align::Start }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { content: vec![text.into()], align: Align::Start }
    }
}

impl From<Vec<Inline>> for Cell {
    fn from(content: Vec<Inline>) -> Self {
        Self { content, align: Align::Start }
    }
}

impl Inline {
    /// The words, without their form.
    pub fn plain(&self) -> &str {
        match self {
            Inline::Text(text)
            | Inline::Strong(text)
            | Inline::Emph(text)
            | Inline::Code(text)
            | Inline::Link { text, .. } => text,
        }
    }

    /// Where a link leads, if it is one that may be followed.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Inline::Link { url, .. } if allowed(url) => Some(url),
            _ => None,
        }
    }
}

/// Only links that open a page, a mail or a call; nothing that could run.
fn allowed(url: &str) -> bool {
    let known = ["https://", "http://", "mailto:", "tel:"];
    let lower = url.get(..8.min(url.len())).unwrap_or_default().to_ascii_lowercase();
    known.iter().any(|k| lower.starts_with(k))
        && !url.contains(|c: char| c.is_control() || c.is_whitespace())
}

// A document carries names and addresses: `Debug` tells shapes only.

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("lang", &self.lang)
            .field("date", &self.date)
            .field("blocks", &self.blocks.len())
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Letterhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letterhead(..)")
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Block::Heading(level, _) => write!(f, "Heading({level}, ..)"),
            Block::Paragraph(words) => write!(f, "Paragraph({})", words.len()),
            Block::List { ordered, items } => write!(f, "List({ordered}, {})", items.len()),
            Block::Table { head, rows, .. } => write!(f, "Table({} x {})", rows.len(), head.len()),
            Block::Definitions(terms) => write!(f, "Definitions({})", terms.len()),
            Block::Note(words) => write!(f, "Note({})", words.len()),
            Block::PageBreak => f.write_str("PageBreak"),
        }
    }
}

impl fmt::Debug for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Inline::Text(_) => "Text(..)",
            Inline::Strong(_) => "Strong(..)",
            Inline::Emph(_) => "Emph(..)",
            Inline::Code(_) => "Code(..)",
            Inline::Link { .. } => "Link(..)",
        })
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cell({})", self.content.len())
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({} bytes)", self.bytes.len())
    }
}
