//! The evidence that an inspection asks for: one folder (or zip) that a stranger can check with the
//! ledger's public key and nothing else.
//!
//! - `figures.json`: every answer as data ([`Figures`]). Its part `proven` is a pure function of the
//!   ledger's entries ([`proven`]); everything else is what the controller states.
//! - `evidence.frist`: the ledger itself, as `frist evidence` writes it.
//! - `report.html`, `report.pdf`: the same figures for people, question by question ([`report`]).
//! - `register/<hash>/`: the register in each revision that was in force.
//! - `manifest.txt`: SHA-256 of each part ([`manifest`]).
//! - `seal.frist`: the ledger's entry that names the manifest, with its proof ([`seal`]).
//!
//! The order of making is what makes it sound: the ledger is published, its evidence written, the
//! manifest hashed over everything, and only then is the manifest's hash put into the ledger and
//! published again. So a bundle that was made later, or twice with other figures, is seen.
//! [`verify`] checks all of it, recomputes `proven` from the evidence and holds the register's texts
//! against the revisions that the ledger names.
//!
//! No personal data: figures and ids of data sets. People appear only where a question asks who may
//! do something: as the names of operators, accounts and tokens.

pub mod collect;
mod figures;
pub mod manifest;
mod place;
pub mod proven;
pub mod report;
pub mod seal;
pub mod verify;
mod write;

pub use figures::{
    Access, AccountRow, Backup, BreachRow, Calls, Controller, Coverage, Figures, FileRow,
    FindingRow, Ground, HeardRow, HoldRow, InquiryRow, LastSweep, Listening, MOST_HEARD,
    RequestRow, Requests, Revision, RightRow, Role, RuleRow, Staff, SweepRow, Uncovered, Words,
};
pub use place::{Folder, Parts, Zipped, zip_folder};
pub use proven::{Period, Proven};
pub use write::{Made, make};

/// Evidence that is larger than this is not put into the PDF as well, only beside it.
pub(crate) const MAX_ATTACHED: u64 = 64 << 20;

/// The file of the figures.
pub const FIGURES: &str = "figures.json";
/// The file of the ledger's evidence.
pub const EVIDENCE: &str = "evidence.frist";
/// The report as a page.
pub const REPORT_HTML: &str = "report.html";
/// The report as PDF.
pub const REPORT_PDF: &str = "report.pdf";
/// How to check it, in plain text.
pub const README: &str = "README.txt";

#[cfg(test)]
mod tests;
