//! The command line of what an authority asks for: inquiries, breaches, attestations, the bundle.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `inquiry`.
#[derive(Debug, Subcommand)]
pub enum InquiryCommand {
    /// Open an inquiry; its deadline is the one that the authority set
    Open {
        /// The authority.
        #[arg(long, default_value = "Datatilsynet")]
        authority: String,
        /// The authority's own reference, such as 2020-32-1566.
        #[arg(long)]
        reference: Option<String>,
        /// What it is about, in a line.
        #[arg(long)]
        about: String,
        /// The day it was received; today when not said.
        #[arg(long, value_name = "DAY")]
        received: Option<String>,
        /// The period that the authority gave, such as `4 weeks`; counted by Regulation 1182/71.
        #[arg(long, value_name = "PERIOD", conflicts_with = "deadline")]
        within: Option<String>,
        /// The day that the authority named.
        #[arg(long, value_name = "DAY")]
        deadline: Option<String>,
        /// A question; may be given several times.
        #[arg(long = "question", value_name = "TEXT")]
        questions: Vec<String>,
    },
    /// List inquiries, what breaks first at the top
    List {
        /// Also those that are closed.
        #[arg(long)]
        all: bool,
    },
    /// Show an inquiry with its questions, answers and log
    Show {
        /// Its number, such as T-2026-0001.
        number: String,
    },
    /// Add a question
    Question {
        /// The inquiry.
        number: String,
        /// What is asked.
        text: String,
    },
    /// Answer a question, with documents; what was sent stays and is supplemented
    Answer {
        /// The inquiry.
        number: String,
        /// The question's number.
        question: u32,
        /// The answer.
        #[arg(long, required_unless_present = "from", conflicts_with = "from")]
        text: Option<String>,
        /// A text file with the answer.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// A document that goes along; may be given several times.
        #[arg(long = "document", value_name = "FILE")]
        documents: Vec<PathBuf>,
    },
    /// Enter another deadline that the authority gave
    Postpone {
        /// The inquiry.
        number: String,
        /// The new last day.
        #[arg(long, value_name = "DAY")]
        deadline: String,
        /// How the authority gave it.
        #[arg(long)]
        why: String,
    },
    /// Write the letter, freeze what is sent, and put its hash into the ledger
    Send {
        /// The inquiry.
        number: String,
        /// Only the answer to this question; may be given several times.
        #[arg(long = "question", value_name = "NUMBER")]
        questions: Vec<u32>,
        /// By which way it is sent.
        #[arg(long, default_value = "Digital Post")]
        how: String,
        /// Who signs the letter.
        #[arg(long, default_value = "")]
        signed: String,
    },
    /// Enter what the authority decided (Art. 58(2)), and what has to be done after it
    Close {
        /// The inquiry.
        number: String,
        /// The outcome; may be given several times.
        #[arg(long = "outcome", value_enum, required = true)]
        outcomes: Vec<PowerName>,
        /// The day of the decision; today when not said.
        #[arg(long, value_name = "DAY")]
        decided: Option<String>,
        /// What it says, in a few words.
        #[arg(long)]
        text: Option<String>,
        /// What has to be done until when: `2026-12-20: stop recording`; may be given several times.
        #[arg(long = "follow-up", value_name = "DAY: WHAT")]
        follow_ups: Vec<String>,
    },
    /// Say that a follow-up was done; the last one closes the case
    FollowUp {
        /// The inquiry.
        number: String,
        /// The follow-up's number.
        follow_up: u32,
        /// What was done.
        how: String,
    },
    /// Write the documents of an inquiry into a folder
    Papers {
        /// The inquiry.
        number: String,
        /// The folder.
        #[arg(long)]
        out: PathBuf,
    },
}

/// What an authority decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PowerName {
    /// Nothing to remark.
    NoRemark,
    /// Warning.
    Warning,
    /// Criticism.
    Criticism,
    /// Serious criticism.
    SeriousCriticism,
    /// Order.
    Order,
    /// Ban.
    Ban,
    /// Fine, or a report to the police with a proposed one.
    Fine,
}

/// What is known of a breach.
#[derive(Debug, Clone, Args)]
pub struct Facts {
    /// What happened.
    #[arg(long)]
    pub what: Option<String>,
    /// When it happened, as far as it is known.
    #[arg(long)]
    pub occurred: Option<String>,
    /// A data set concerned; gives categories of people and data from the register.
    #[arg(long = "dataset", value_name = "ID")]
    pub datasets: Vec<String>,
    /// A category of data subjects besides those of the data sets.
    #[arg(long = "subject", value_name = "ID")]
    pub subjects: Vec<String>,
    /// A category of personal data besides those of the data sets.
    #[arg(long = "category", value_name = "ID")]
    pub categories: Vec<String>,
    /// How many people; `~1200` for about.
    #[arg(long, value_name = "NUMBER")]
    pub persons: Option<String>,
    /// How many records; `~1200` for about.
    #[arg(long, value_name = "NUMBER")]
    pub records: Option<String>,
    /// The likely consequences.
    #[arg(long)]
    pub consequences: Option<String>,
    /// What was done against it and its effects.
    #[arg(long)]
    pub measures: Option<String>,
}

/// `breach`.
#[derive(Debug, Subcommand)]
pub enum BreachCommand {
    /// Log a breach: 72 hours run from becoming aware of it
    Open {
        /// When somebody first became aware of it: an instant, `2026-11-22T14:30` in the register's zone, or a day.
        #[arg(long, value_name = "WHEN")]
        aware: String,
        /// What is known.
        #[command(flatten)]
        facts: Facts,
    },
    /// List breaches with the hours left
    List {
        /// Also those that are closed.
        #[arg(long)]
        all: bool,
    },
    /// Show a breach with its log
    Show {
        /// Its number, such as B-2026-0001.
        number: String,
        /// Write the notification as it would be sent now to this file (`.pdf`, `.html` or `.txt`).
        #[arg(long, value_name = "FILE")]
        draft: Option<PathBuf>,
    },
    /// Enter what was learnt, and assess the risk
    Assess {
        /// The breach.
        number: String,
        /// The risk to people's rights and freedoms.
        #[arg(long, value_enum, requires = "reason")]
        risk: Option<RiskName>,
        /// Why.
        #[arg(long, requires = "risk")]
        reason: Option<String>,
        /// What is known.
        #[command(flatten)]
        facts: Facts,
    },
    /// Enter that the authority was notified; writes and keeps the notification
    Notify {
        /// The breach.
        number: String,
        /// When it was sent; now when not said.
        #[arg(long, value_name = "WHEN")]
        sent: Option<String>,
        /// The authority's receipt or reference.
        #[arg(long)]
        reference: Option<String>,
        /// More is to follow: it is notified in phases (33(4)).
        #[arg(long)]
        more: bool,
        /// Why it comes after more than 72 hours (33(1)).
        #[arg(long, value_name = "REASON")]
        late: Option<String>,
    },
    /// Enter that the data subjects were told, or why not (34)
    Tell {
        /// The breach.
        number: String,
        /// How they were told.
        #[arg(long, required_unless_present = "not", conflicts_with = "not")]
        how: Option<String>,
        /// Why they are not told.
        #[arg(long, value_name = "REASON")]
        not: Option<String>,
        /// How many were told.
        #[arg(long, value_name = "NUMBER")]
        persons: Option<String>,
    },
    /// Close a breach; refused while something is left to do
    Close {
        /// The breach.
        number: String,
    },
}

/// A risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RiskName {
    /// A risk is unlikely: logged, not notified.
    Unlikely,
    /// A risk: the authority is notified.
    Risk,
    /// A high risk: the data subjects are told as well.
    High,
}

/// `attest`.
#[derive(Debug, Subcommand)]
pub enum AttestCommand {
    /// Enter a member of staff, or that somebody left
    Person {
        /// The operator's id.
        person: String,
        /// A guideline that concerns this person; all of them when not said.
        #[arg(long = "guideline", value_name = "ID")]
        guidelines: Vec<String>,
        /// The first day; today when not said.
        #[arg(long, value_name = "DAY")]
        since: Option<String>,
        /// The last day.
        #[arg(long, value_name = "DAY")]
        left: Option<String>,
    },
    /// Attest that a guideline was read, in its version in force
    Guideline {
        /// The guideline's id.
        guideline: String,
        /// The version that was read; it must be the one in force.
        version: String,
        /// Who read it; whoever acts when not said.
        #[arg(long)]
        person: Option<String>,
    },
    /// Enter a training
    Training {
        /// In what.
        course: String,
        /// Who was trained.
        #[arg(long)]
        person: String,
        /// The day; today when not said.
        #[arg(long, value_name = "DAY")]
        done: Option<String>,
        /// The last day on which it counts.
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
    },
    /// List the guidelines and how many have read them, and the trainings
    List,
    /// List who has not attested the version in force, and whose training has lapsed
    Missing,
    /// Erase what is known of staff who left long enough ago
    Forget {
        /// How long after the last day.
        #[arg(long, value_name = "PERIOD", default_value = "1 year")]
        after: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// `bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// The folder to make, or a file that ends in `.zip`; it must not exist.
    #[arg(short, long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// From this day or instant on; a year before the end when not said.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Until the end of this day, or until this instant; now when not said.
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// The configuration of recorded calls; `calls.toml` in the organisation's folder when not said.
    #[arg(long, value_name = "FILE")]
    pub calls: Option<PathBuf>,
}
