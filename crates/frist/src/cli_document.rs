//! The command line of `frist document`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

/// What `document` can write.
#[derive(Debug, Subcommand)]
pub enum DocumentCommand {
    /// The record of processing activities, Art. 30
    Record(DocumentArgs),
    /// Privacy notices, Art. 13 and 14: for everybody, or for one category of data subjects
    Notice(NoticeArgs),
    /// The deletion schedule, by deletion class
    Schedule(DocumentArgs),
    /// Guidelines for staff: what to delete yourself and when, and what not
    Guidelines(DocumentArgs),
    /// All of them, in every format, into a folder
    All {
        /// The folder; it is made when it is not there.
        #[arg(long, value_name = "DIR")]
        out_dir: PathBuf,
        /// The date on the documents; the day on which this register was made live when not said.
        #[arg(long, value_name = "DAY")]
        date: Option<Date>,
    },
}

/// How and where to write.
#[derive(Debug, Clone, Args)]
pub struct DocumentArgs {
    /// The format; from the file's name when not said, else text.
    #[arg(long, value_enum)]
    pub format: Option<DocumentFormat>,
    /// The file to write; standard output when not said.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The date on the document; the day on which this register was made live when not said.
    #[arg(long, value_name = "DAY")]
    pub date: Option<Date>,
}

/// `document notice`.
#[derive(Debug, Clone, Args)]
pub struct NoticeArgs {
    /// How and where.
    #[command(flatten)]
    pub common: DocumentArgs,
    /// For this category of data subjects, such as `customer`.
    #[arg(long, value_name = "CATEGORY")]
    pub subject: Option<String>,
    /// Write one file for each category into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub out_dir: Option<PathBuf>,
    /// Say which notices are wrong now, compared with this revision (its hash or the first digits
    /// of it), or with the one that is `live`.
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["out", "out_dir", "format"])]
    pub against: Option<String>,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// A web page.
    Html,
    /// PDF.
    Pdf,
    /// Plain text.
    Text,
    /// A table for spreadsheets (record and schedule).
    Csv,
    /// Data.
    Json,
    /// Linked data with terms of the W3C Data Privacy Vocabulary (record).
    Jsonld,
}
