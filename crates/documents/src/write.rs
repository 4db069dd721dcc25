//! Documents as files: which there are, in which forms each can be had, and the bytes.

use frist_paper::Document;

use crate::source::{Error, Result, Source};

/// A form in which a document can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A web page.
    Html,
    /// PDF, when the program was built with it.
    Pdf,
    /// Plain text.
    Text,
    /// A table for spreadsheets.
    Csv,
    /// Data.
    Json,
    /// Linked data with terms of the W3C Data Privacy Vocabulary.
    Jsonld,
}

impl Format {
    /// The end of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Pdf => "pdf",
            Format::Text => "txt",
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Jsonld => "jsonld",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Pdf => "application/pdf",
            Format::Text => "text/plain; charset=utf-8",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Json => "application/json",
            Format::Jsonld => "application/ld+json",
        }
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The record of processing activities, Art. 30.
    Record,
    /// The deletion schedule.
    Schedule,
    /// Guidelines for staff.
    Guidelines,
    /// The privacy notice for one category of data subjects.
    Notice(String),
}

impl Kind {
    /// The document of this name, as its file has it: `record`, `notice-customer`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "record" => Some(Kind::Record),
            "schedule" => Some(Kind::Schedule),
            "guidelines" => Some(Kind::Guidelines),
            _ => name.strip_prefix("notice-").map(|subject| Kind::Notice(subject.to_owned())),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Kind::Record => "record".into(),
            Kind::Schedule => "schedule".into(),
            Kind::Guidelines => "guidelines".into(),
            Kind::Notice(subject) => format!("notice-{subject}"),
        }
    }

    /// The forms in which it can be had, PDF among them whether or not the program has it.
    #[must_use]
    pub fn formats(&self) -> &'static [Format] {
        use Format::{Csv, Html, Json, Jsonld, Pdf, Text};
        match self {
            Kind::Record => &[Html, Pdf, Text, Csv, Json, Jsonld],
            Kind::Schedule => &[Html, Pdf, Text, Csv, Json],
            Kind::Guidelines | Kind::Notice(_) => &[Html, Pdf, Text, Json],
        }
    }
}

/// A document for people.
///
/// # Errors
/// When the register has an error, or holds nothing about those whom a notice is for.
pub fn document(kind: &Kind, source: &Source<'_>) -> Result<Document> {
    Ok(match kind {
        Kind::Record => crate::record(source)?.document(source)?,
        Kind::Schedule => crate::schedule(source)?.document(source),
        Kind::Guidelines => crate::guidelines(source)?.document(source),
        Kind::Notice(subject) => crate::notice(source, subject)?.document(source),
    })
}

/// A document as a file.
///
/// # Errors
/// As [`document`]; [`Error::NoFormat`] when it cannot be had in this form, [`Error::Write`] when the
/// program was built without it.
pub fn write(kind: &Kind, format: Format, source: &Source<'_>) -> Result<Vec<u8>> {
    if !kind.formats().contains(&format) {
        return Err(Error::NoFormat { format: format.extension() });
    }
    let text = match (format, kind) {
        (Format::Html, _) => document(kind, source)?.html(),
        (Format::Text, _) => document(kind, source)?.text(),
        (Format::Pdf, _) => {
            let pdf = document(kind, source)?.pdf();
            return pdf.map_err(|e| Error::Write { what: "PDF", why: e.to_string() });
        }
        (Format::Csv, Kind::Schedule) => crate::schedule(source)?.csv(source)?,
        (Format::Csv, _) => crate::record(source)?.csv(source)?,
        (Format::Jsonld, _) => crate::record(source)?.jsonld(source)?,
        (Format::Json, Kind::Record) => crate::record(source)?.json()?,
        (Format::Json, Kind::Schedule) => crate::schedule(source)?.json()?,
        (Format::Json, Kind::Guidelines) => crate::guidelines(source)?.json()?,
        (Format::Json, Kind::Notice(subject)) => crate::notice(source, subject)?.json()?,
    };
    Ok(text.into_bytes())
}
