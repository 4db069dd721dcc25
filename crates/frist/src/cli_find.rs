//! The command line of `frist find`.

use clap::Args;

/// `find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// What is known of the person: `customer=4711`, `email=anna@example.org`; `-` reads such lines
    /// from standard input, so that they stay out of the shell's history.
    #[arg(value_name = "KIND=VALUE", required_unless_present = "confirm")]
    pub known: Vec<String>,
    /// A value that is this person's alone, somebody has said: what has it is theirs.
    #[arg(long, value_name = "KIND=VALUE")]
    pub confirm: Vec<String>,
    /// A value that says nothing about this person.
    #[arg(long, value_name = "KIND=VALUE")]
    pub deny: Vec<String>,
    /// A record that is about this person, somebody has said.
    #[arg(long, value_name = "DATASET/KEY")]
    pub confirm_record: Vec<String>,
    /// A record that is about somebody else.
    #[arg(long, value_name = "DATASET/KEY")]
    pub deny_record: Vec<String>,
    /// The case for which the person is looked for, such as R-2026-0001.
    #[arg(long, value_name = "NUMBER", required_unless_present = "reason")]
    pub case: Option<String>,
    /// Without a case: why, in one word that says nothing about anybody, such as `returned-letter`.
    /// The ledger keeps it.
    #[arg(long, value_name = "WORD", conflicts_with = "case")]
    pub reason: Option<String>,
    /// Records shown of each question.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub show: usize,
}
