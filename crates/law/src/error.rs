//! The one error type of this crate. Nothing here carries personal data: the texts quoted are
//! those of registers and law files.

use thiserror::Error;

/// What can be wrong with a text that a person wrote about time or law.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LawError {
    /// A period was not a whole number and a unit.
    #[error(
        "`{text}` is not a period: {problem}; write a whole number and a unit, such as `5 years`, `1 month`, `30 days` or `96 hours`"
    )]
    Period {
        /// The text as written.
        text: String,
        /// Which part of it is wrong.
        problem: &'static str,
    },
    /// An anchor was not one of the four known.
    #[error(
        "`{text}` is not an anchor; write `as is`, `end of month`, `end of calendar year` or `end of financial year`"
    )]
    Anchor {
        /// The text as written.
        text: String,
    },
    /// A month and day that no year has, or not written `MM-DD`.
    #[error(
        "`{text}` is not the last day of a financial year; write month and day, such as `12-31`"
    )]
    MonthDay {
        /// The text as written.
        text: String,
    },
    /// The changes of the financial year are not in order.
    #[error(
        "the changes of the financial year are not in order: {problem}; the first has no date, and each later one has a later date than the one before"
    )]
    FinancialYears {
        /// What breaks the order.
        problem: &'static str,
    },
    /// No time zone of that name.
    #[error(
        "there is no time zone named `{name}`; write an IANA name, such as `Europe/Copenhagen`"
    )]
    Zone {
        /// The name as written.
        name: String,
    },
    /// Not a basis of Article 6(1) or 9(2).
    #[error(
        "`{text}` is not a legal basis; write one of `6(1)(a)` to `6(1)(f)` or `9(2)(a)` to `9(2)(j)`"
    )]
    Basis {
        /// The text as written.
        text: String,
    },
    /// A law file could not be read.
    #[error("{file}, line {line}: {problem}; see ADDING-A-LAW.md for the form of a law file")]
    LawFile {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// An entry of a law file contradicts itself or another.
    #[error("{file}, `{entry}`: {problem}; see ADDING-A-LAW.md for what an entry must have")]
    LawEntry {
        /// The name of the file.
        file: String,
        /// The id of the entry.
        entry: String,
        /// What is wrong.
        problem: String,
    },
}
