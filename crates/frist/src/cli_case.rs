//! The command line of `frist case`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::Language;

/// What `case` can do.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Open a case for a person's request; the receipt is written at once
    Open(Box<OpenArgs>),
    /// List the open cases: what breaks first first
    List {
        /// Also those that are closed.
        #[arg(long)]
        all: bool,
        /// Only what is late, or becomes so within a week.
        #[arg(long)]
        urgent: bool,
        /// Only mine, as `--as` names me.
        #[arg(long)]
        mine: bool,
        /// Only requests, inquiries or breaches.
        #[arg(long, value_enum)]
        kind: Option<KindName>,
    },
    /// Show a request: its deadlines, what was decided, its papers, and what can be done now
    Show {
        /// Its number.
        number: String,
    },
    /// Show who did what in a case, and when
    Log {
        /// Its number.
        number: String,
    },
    /// Become the owner of a case, or give it to somebody
    Take {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// Whose it is; mine when not said.
        #[arg(long)]
        owner: Option<String>,
    },
    /// Ask the person to show who they are, or record that they did
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Extend the time to answer by two months: within the first month, once, with a letter
    Extend {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// Why: how complex it is, or how many requests there are. Stands in the letter.
        #[arg(long)]
        reason: String,
    },
    /// Refuse the whole request: without a search, or as manifestly unfounded or excessive
    Refuse {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// Why. Stands in the letter.
        #[arg(long)]
        reason: String,
        /// It is manifestly unfounded or excessive (Art. 12(5)).
        #[arg(long)]
        unfounded: bool,
    },
    /// Answer what was decided, with the letter, and close the case unless parts of it are open
    Answer {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// The letter, made elsewhere; written by Frist when not said.
        #[arg(long, value_name = "FILE", group = "how")]
        letter: Vec<PathBuf>,
        /// What the letter says more: JSON with the fields of `frist letter show`.
        #[arg(long, value_name = "FILE", conflicts_with = "letter")]
        with: Option<PathBuf>,
        /// Do not close the case.
        #[arg(long)]
        keep_open: bool,
    },
    /// Note something in the log
    Note {
        /// The case.
        number: String,
        /// What.
        text: String,
    },
    /// Keep a file that was received or sent with the case
    Attach {
        /// The case.
        number: String,
        /// The file.
        file: PathBuf,
    },
    /// Read a letter or paper of a case, or write one
    Letter {
        /// The case.
        number: String,
        /// Which paper: its number as `frist case show` has it, or its name. The last letter when
        /// not said.
        paper: Option<String>,
        /// Write it to this file instead of showing it.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write a new letter of this kind and keep it.
        #[arg(long, value_name = "KIND", conflicts_with = "paper")]
        write: Option<String>,
        /// What the new letter says more: JSON with the fields of `frist letter show`.
        #[arg(long, value_name = "FILE", requires = "write")]
        with: Option<PathBuf>,
    },
    /// Show who has had what was erased, rectified or restricted, and what they were told (Art. 19)
    Recipients {
        /// The case.
        number: String,
    },
    /// Write the letter to a recipient, or record that it was told or why it cannot be (Art. 19)
    Tell(Box<TellArgs>),
    /// Record that the person withdrew the request
    Withdraw {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// How they said so.
        #[arg(long)]
        how: String,
    },
    /// Close an answered case
    Close {
        /// What to change.
        #[command(flatten)]
        target: Target,
    },
    /// Open an answered or closed case again; its time goes on from the receipt
    Reopen {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// What is decided and done for each record of the person.
    #[command(flatten)]
    Exec(crate::cli_case_exec::ExecCommand),
    /// Erase closed cases whose time is up, as every sweep does
    Tidy {
        /// Only look.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which case, and as it was when it was looked at.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The case.
    pub number: String,
    /// The version that was looked at, as `frist case show` has it: if somebody changed the case
    /// since, nothing is done.
    #[arg(long, value_name = "VERSION")]
    pub seen: Option<u64>,
}

/// `case tell`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("tell").required(true).args(["letter", "told", "cannot"]))]
pub struct TellArgs {
    /// What to change.
    #[command(flatten)]
    pub target: Target,
    /// The recipient, by its id in the register.
    pub recipient: String,
    /// Write the letter and keep it with the case.
    #[arg(long)]
    pub letter: bool,
    /// It was told: on this day, or today when none is said.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "", requires = "how")]
    pub told: Option<String>,
    /// By which way it was told.
    #[arg(long, requires = "told")]
    pub how: Option<String>,
    /// It is impossible, or takes a disproportionate effort: why.
    #[arg(long, value_name = "WHY")]
    pub cannot: Option<String>,
    /// In the letter: a line of its address.
    #[arg(long, value_name = "LINE", requires = "letter")]
    pub address: Vec<String>,
    /// In the letter: an identifier of the case by which the recipient knows the person, by its kind.
    #[arg(long = "id", value_name = "KIND", requires = "letter")]
    pub ids: Vec<String>,
    /// In the letter: another line by which it finds the person, such as its own case number.
    #[arg(long, value_name = "LINE", requires = "letter")]
    pub about: Vec<String>,
    /// In the letter: not the person's name.
    #[arg(long, requires = "letter")]
    pub without_name: bool,
    /// In the letter: a rectified field that the recipient has had.
    #[arg(long, value_name = "FIELD", requires = "letter")]
    pub field: Vec<String>,
    /// The language of the letter; that of the case when not said.
    #[arg(long, value_enum, requires = "letter")]
    pub language: Option<Language>,
    /// Only show the letter; nothing is kept.
    #[arg(long, requires = "letter")]
    pub preview: bool,
}

/// `case identity`.
#[derive(Debug, Subcommand)]
pub enum IdentityCommand {
    /// Ask the person to show who they are, with a letter; the time to answer goes on
    Ask {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// What the reasonable doubt is. Stands in the letter.
        #[arg(long)]
        reason: String,
        /// What would settle it, one of these. Stands in the letter.
        #[arg(long = "proof", value_name = "TEXT")]
        proofs: Vec<String>,
        /// Count the month from when the identity is known, and why: a decision of the controller.
        #[arg(long, value_name = "WHY")]
        count_from_then: Option<String>,
    },
    /// Record that the person has shown who they are
    Known {
        /// What to change.
        #[command(flatten)]
        target: Target,
        /// How they showed it.
        #[arg(long)]
        how: String,
    },
}

/// `case open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// Which right is used.
    #[arg(long, value_enum, required_unless_present = "from")]
    pub right: Option<RightName>,
    /// An objection against direct marketing.
    #[arg(long)]
    pub marketing: bool,
    /// When it was received: a day or an instant; now when not said.
    #[arg(long, value_name = "WHEN")]
    pub received: Option<String>,
    /// How it came, in a word: email, letter, phone, form, api.
    #[arg(long, default_value = "email")]
    pub channel: String,
    /// The person's name.
    #[arg(long, required_unless_present = "from")]
    pub name: Option<String>,
    /// The person's e-mail address.
    #[arg(long)]
    pub email: Option<String>,
    /// The person's telephone number.
    #[arg(long)]
    pub phone: Option<String>,
    /// The person's postal address; `\n` between its lines.
    #[arg(long)]
    pub address: Option<String>,
    /// An identifier that the person gave: `customer=4711`.
    #[arg(long = "id", value_name = "KIND=VALUE")]
    pub ids: Vec<String>,
    /// What is asked, in the person's own words.
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// The language of the letters.
    #[arg(long, value_enum, default_value = "da")]
    pub language: Language,
    /// A file that the request came in; it is kept with the case.
    #[arg(long, value_name = "FILE")]
    pub letter: Vec<PathBuf>,
    /// Read the request from a JSON file, as a form or another system gives it; `-` is standard
    /// input. Keeps what is about people out of the list of processes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["right", "marketing", "received", "name", "email", "phone", "address", "ids", "words"])]
    pub from: Option<PathBuf>,
}

/// A right, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RightName {
    /// Art. 15.
    Access,
    /// Art. 16.
    Rectification,
    /// Art. 17.
    Erasure,
    /// Art. 18.
    Restriction,
    /// Art. 20.
    Portability,
    /// Art. 21.
    Objection,
    /// Art. 7(3).
    ConsentWithdrawal,
}

/// A kind of case, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// People's requests.
    Request,
    /// Authorities' inquiries.
    Inquiry,
    /// Breaches.
    Breach,
}
