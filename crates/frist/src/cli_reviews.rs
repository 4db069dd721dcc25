//! The command line of assessments, reviews, holds and consents.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// The data set; or say `--at` for what has none yet.
    #[arg(required_unless_present = "at")]
    pub dataset: Option<String>,
    /// A collection that has no data set yet, as `store/table`.
    #[arg(long, value_name = "STORE/TABLE", conflicts_with = "dataset")]
    pub at: Option<String>,
    /// The answers, as TOML; what it does not answer is asked on the terminal.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Write the assessment into the register; comments stay.
    #[arg(long)]
    pub write: bool,
    /// With --write: also put the proposed rule in place of the one that the register has.
    #[arg(long, requires = "write")]
    pub accept: bool,
}

/// `review`.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// What waits for an answer, and which data sets and purposes nobody has looked at lately
    List {
        /// List the records of this data set that wait.
        dataset: Option<String>,
        /// How many records at most.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Also data sets and purposes that are not late.
        #[arg(long)]
        all: bool,
    },
    /// Show one record that waits: the question, why, and its fields
    Show {
        /// A data set's id, or `store/collection`.
        dataset: String,
        /// The record's key.
        key: String,
    },
    /// Answer: it is still needed, until a day, because
    Keep {
        /// The data set.
        dataset: String,
        /// The records' keys.
        #[arg(required = true)]
        keys: Vec<String>,
        /// The last day of keeping; then it is asked again.
        #[arg(long, value_name = "DAY")]
        until: String,
        /// Why it is still needed.
        #[arg(long)]
        reason: String,
    },
    /// Answer: it is not needed any more; the next sweep takes it
    Erase {
        /// The data set.
        dataset: String,
        /// The records' keys.
        #[arg(required = true)]
        keys: Vec<String>,
        /// Why, where there is something to say.
        #[arg(long, default_value = "")]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Answer for many at once: first shows what is picked, then wants the code that it printed
    Bulk {
        /// The data set.
        dataset: String,
        /// A condition, such as `folder=sales` or `day<2024-01-01`; with several, all must hold.
        #[arg(long = "where", value_name = "CONDITION")]
        conditions: Vec<String>,
        /// Erase them.
        #[arg(long, group = "answer")]
        erase: bool,
        /// Keep them through this day.
        #[arg(long, value_name = "DAY", group = "answer", requires = "reason")]
        until: Option<String>,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
        /// The code that was printed with the preview: do it.
        #[arg(long, value_name = "CODE")]
        confirm: Option<String>,
        /// How many are shown of those picked.
        #[arg(long, default_value_t = 5)]
        sample: usize,
    },
    /// Take back the answer about a record: it is asked again
    Undo {
        /// The data set.
        dataset: String,
        /// The record's key.
        key: String,
    },
    /// Note that a data set, or a purpose (`activity/purpose`), was looked at as a whole
    Done {
        /// The data set or purpose.
        what: String,
        /// What was looked at, and what came of it.
        #[arg(long)]
        note: String,
    },
}

/// `hold`.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one is made, once a run")]
pub enum HoldCommand {
    /// Add a hold: what it covers is not erased until it is released
    Add {
        /// A name for it, such as `case-2026-17`.
        id: String,
        /// The matter.
        #[arg(long)]
        matter: String,
        /// Why it must be kept.
        #[arg(long)]
        reason: String,
        /// Only in this data set.
        #[arg(long)]
        dataset: Option<String>,
        /// A person, across all data sets: `customer=4711`; several for one known by several identifiers.
        #[arg(long, value_name = "KIND=ID", group = "what")]
        subject: Vec<String>,
        /// One record, by key (needs --dataset).
        #[arg(long, group = "what", requires = "dataset")]
        key: Option<String>,
        /// Records whose field has a value: `case_no=17` (needs --dataset).
        #[arg(long, value_name = "FIELD=VALUE", group = "what", requires = "dataset")]
        field: Option<String>,
        /// A query: records in which every field named has one of its values (needs --dataset).
        #[arg(long = "where", value_name = "FIELD=VALUE", group = "what", requires = "dataset")]
        conditions: Vec<String>,
        /// A matter with records in several data sets: `invoices:case_no=17`, as often as needed.
        #[arg(long = "in", value_name = "DATASET:FIELD=VALUE", group = "what")]
        within: Vec<String>,
        /// Everything (in the data set, or anywhere).
        #[arg(long, group = "what")]
        all: bool,
        /// The day on which somebody must look at it again.
        #[arg(long, value_name = "DAY")]
        review: Option<String>,
        /// The last day of the hold, where it is known; without it, only releasing ends it.
        #[arg(long, value_name = "DAY")]
        end: Option<String>,
        /// An operator who may see its matter and reason, beside you; others see only that there is a hold.
        #[arg(long = "viewer", value_name = "OPERATOR")]
        viewers: Vec<String>,
    },
    /// List holds
    List {
        /// Also those that were released.
        #[arg(long)]
        all: bool,
    },
    /// Release a hold: what is due by then goes with the next sweep after the notice period
    Release {
        /// The hold.
        id: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// `consent`.
#[derive(Debug, Subcommand)]
pub enum ConsentCommand {
    /// Record a consent; prints the token by which the person withdraws it
    Give {
        /// Who gave it: `customer=4711`.
        #[arg(long, value_name = "KIND=ID")]
        who: String,
        /// The text that was shown: the id of a `[[consent]]` or an `[[announcement]]`.
        #[arg(long)]
        text: String,
        /// For an announcement: the purposes consented to.
        #[arg(long = "purpose", value_name = "ID")]
        purposes: Vec<String>,
        /// How it was given, such as `web` or `telephone, key 1`.
        #[arg(long)]
        channel: String,
        /// When; now when not said.
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
        /// The person's age in years, where the service is offered to children; it is not kept.
        #[arg(long)]
        age: Option<u8>,
        /// The holder of parental responsibility gave it.
        #[arg(long)]
        guardian: bool,
    },
    /// Record a withdrawal, by token, number or person; says what it means for the data
    Withdraw {
        /// The token that the person has.
        #[arg(long, group = "which")]
        token: Option<String>,
        /// The record's number.
        #[arg(long, group = "which")]
        id: Option<String>,
        /// The person (needs --text): `customer=4711`.
        #[arg(long, value_name = "KIND=ID", group = "which", requires = "text")]
        who: Option<String>,
        /// The text that was consented to.
        #[arg(long)]
        text: Option<String>,
        /// How it was withdrawn; the way it was given when not said.
        #[arg(long)]
        channel: Option<String>,
    },
    /// Show a consent, or all of a person's
    Show {
        /// The record's number.
        #[arg(group = "which")]
        id: Option<String>,
        /// The person: `customer=4711`.
        #[arg(long, value_name = "KIND=ID", group = "which")]
        who: Option<String>,
    },
    /// List consents
    List {
        /// Also those that were withdrawn and whose record is not gone yet.
        #[arg(long)]
        all: bool,
        /// Erase the records whose time is over, as a sweep does.
        #[arg(long)]
        tidy: bool,
    },
    /// Take consents that were given elsewhere, from a CSV file
    Import {
        /// The file: kind, who, given_at, channel, text, version, lang; purposes, withdrawn_at, route.
        file: PathBuf,
    },
}
