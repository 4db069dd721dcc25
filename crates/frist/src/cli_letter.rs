//! The command line of `frist letter`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `letter`.
#[derive(Debug, Subcommand)]
pub enum LetterCommand {
    /// List the letters, and which of them are in the organisation's own words
    List,
    /// Print the text of a letter with its placeholders: the organisation's own, or the built-in one
    Show {
        /// Which letter, such as `partly-granted`; `frist letter list` names them.
        kind: String,
        /// The built-in text, also where the organisation has its own.
        #[arg(long)]
        built_in: bool,
    },
    /// Write a letter about an invented case, to see what it looks like
    Preview(PreviewArgs),
}

/// `letter preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// Which letter, such as `partly-granted`; `frist letter list` names them.
    pub kind: String,
    /// As PDF.
    #[arg(long, group = "form")]
    pub pdf: bool,
    /// As a page of HTML.
    #[arg(long, group = "form")]
    pub html: bool,
    /// As plain text; so it is when nothing is said.
    #[arg(long, group = "form")]
    pub text: bool,
    /// The file to write; standard output when not said.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
