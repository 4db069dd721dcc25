//! The texts a register was read from, and the line and column of a byte in them.

use crate::span::{FileId, Span};

/// Beyond so many bytes of a line, columns are counted in bytes.
const LONG_LINE: usize = 100_000;

/// One file of a register.
#[derive(Debug, Clone)]
struct Source {
    name: String,
    text: String,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

/// The files a register was read from. A [`FileId`] is an index into it.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A place as a person counts: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1; in bytes far out in a line of more than 100,000.
    pub column: usize,
}

impl Sources {
    /// Adds a file and gives its id.
    pub fn add(&mut self, name: &str, text: &str) -> FileId {
        let lines = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
            .collect();
        self.files.push(Source { name: name.to_owned(), text: text.to_owned(), lines });
        self.files.len() - 1
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The name of a file as it was given; empty for a file there is not.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |f| f.name.as_str())
    }

    /// The text of a file; empty for a file there is not.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |f| f.text.as_str())
    }

    /// The text that a span covers; empty when it covers none.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start..span.end).unwrap_or("")
    }

    /// Line and column of a byte of a file.
    pub fn position(&self, file: FileId, byte: usize) -> Position {
        let Some(source) = self.files.get(file) else {
            return Position { line: 1, column: 1 };
        };
        let byte = byte.min(source.text.len());
        let line = source.lines.partition_point(|start| *start <= byte).max(1);
        let start = source.lines.get(line - 1).copied().unwrap_or(0);
        // A byte inside a character counts as that character. In a line that no person wrote, bytes
        // are counted: a thousand places in a line of megabytes would take minutes.
        let before = &source.text.as_bytes()[start..byte];
        let column = match before.len() {
            ..=LONG_LINE => before.iter().filter(|b| (**b as i8) >= -0x40).count(),
            bytes => bytes,
        };
        Position { line, column: column + 1 }
    }

    /// `file:line:column` of the beginning of a span.
    pub fn place(&self, span: Span) -> String {
        let at = self.position(span.file, span.start);
        format!("{}:{}:{}", self.name(span.file), at.line, at.column)
    }
}
