//! The command line of what is decided and done for each record of a request.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What `case` can do with a person's records.
#[derive(Debug, Subcommand)]
pub enum ExecCommand {
    /// Search the stores for the person of a request, and keep which records are theirs and why
    Find(FindArgs),
    /// Decide about each record of a request for erasure, an objection or a withdrawal of consent
    Decide(Box<DecideArgs>),
    /// Approve what another person decided
    Approve {
        /// The case.
        number: String,
    },
    /// Erase what was decided (and approved), of one request or of several together
    Erase {
        /// The cases.
        #[arg(required = true)]
        numbers: Vec<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Answer them too, with the letter.
        #[arg(long)]
        answer: bool,
    },
    /// Restrict the processing of a person's records (Art. 18), and answer with the letter
    Restrict {
        /// The case.
        number: String,
        /// Why.
        #[arg(long, value_enum)]
        article: RestrictionName,
    },
    /// Lift a restriction: first with `--on` and `--why`, which tells the person; on that day without
    Unrestrict {
        /// The case.
        number: String,
        /// The day on which it will be lifted; the letter is written now.
        #[arg(long, value_name = "DAY", requires = "why")]
        on: Option<String>,
        /// Why it ends. Stands in the letter.
        #[arg(long, requires = "on")]
        why: Option<String>,
    },
    /// Make the package of a request for access (Art. 15), and answer with the letter
    Access(PackageArgs),
    /// Make the package of a request for portability (Art. 20), and answer with the letter
    Portability(PackageArgs),
    /// Put fields of a record of the person right (Art. 16)
    Rectify {
        /// The case.
        number: String,
        /// The record, as `case find` shows it: `DATASET/KEY`.
        #[arg(required_unless_present = "done", requires = "change")]
        record: Option<String>,
        /// What a field is to say.
        #[arg(long, value_name = "FIELD=VALUE", group = "change")]
        set: Vec<String>,
        /// A field to be emptied.
        #[arg(long, value_name = "FIELD", group = "change")]
        empty: Vec<String>,
        /// That was all: answer with the letter.
        #[arg(long)]
        done: bool,
    },
}

/// `case find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// The case.
    pub number: String,
    /// A further identifier of the person: `customer=4711`.
    #[arg(long = "id", value_name = "KIND=VALUE")]
    pub ids: Vec<String>,
    /// This value is the person's and nobody else's.
    #[arg(long, value_name = "KIND=VALUE")]
    pub yes: Vec<String>,
    /// This value says nothing about the person.
    #[arg(long, value_name = "KIND=VALUE")]
    pub no: Vec<String>,
    /// This record is about the person.
    #[arg(long, value_name = "DATASET/KEY")]
    pub record: Vec<String>,
    /// This record is about somebody else.
    #[arg(long, value_name = "DATASET/KEY")]
    pub not_record: Vec<String>,
    /// Go on although a store did not answer or cannot be searched: somebody has looked there by hand.
    #[arg(long)]
    pub anyway: bool,
}

/// `case decide`.
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The case.
    pub number: String,
    /// Only look; nothing is kept.
    #[arg(long)]
    pub dry_run: bool,
    /// A purpose for which consent is taken back; all of them when none is named.
    #[arg(long, value_name = "PURPOSE")]
    pub consent: Vec<String>,
    /// A purpose that is direct marketing: an objection against it is absolute.
    #[arg(long, value_name = "PURPOSE")]
    pub marketing: Vec<String>,
    /// A purpose that is not, where the objection is against direct marketing.
    #[arg(long, value_name = "PURPOSE")]
    pub not_marketing: Vec<String>,
    /// A purpose against which the objection prevails.
    #[arg(long, value_name = "PURPOSE")]
    pub upheld: Vec<String>,
    /// A purpose with compelling grounds that override the objection, and which. Stands in the letter.
    #[arg(long, value_name = "PURPOSE=REASON")]
    pub overridden: Vec<String>,
    /// The question about this record is answered: it may go.
    #[arg(long, value_name = "DATASET/KEY=REASON")]
    pub erase: Vec<String>,
    /// This record is kept, by the article of `--article`. The reason stands in the letter.
    #[arg(long, value_name = "DATASET/KEY=REASON")]
    pub keep: Vec<String>,
    /// By which article records of `--keep` are kept.
    #[arg(long, default_value = "17(3)(e)")]
    pub article: String,
    /// The letter may name the matters of holds.
    #[arg(long)]
    pub name_matters: bool,
}

/// `case access` and `case portability`.
#[derive(Debug, Args)]
pub struct PackageArgs {
    /// The case.
    pub number: String,
    /// Show what may tell of other people and must be reviewed; nothing is made.
    #[arg(long, conflicts_with_all = ["out", "zip"])]
    pub review: bool,
    /// Show this one whole: it is about the person alone.
    #[arg(long, value_name = "ITEM")]
    pub show: Vec<String>,
    /// Leave this one out.
    #[arg(long, value_name = "ITEM")]
    pub mask: Vec<String>,
    /// Show this text instead of a field.
    #[arg(long, value_name = "ITEM=TEXT")]
    pub instead: Vec<String>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE", required_unless_present_any = ["review", "show", "mask", "instead", "link"])]
    pub out: Option<PathBuf>,
    /// Lay it out on the server instead, to be fetched by a private link for so many days.
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["out", "zip", "review"])]
    pub link: Option<u16>,
    /// The token of whoever hears recordings that are to be enclosed, made by `frist calls token new`.
    #[arg(long, value_name = "TOKEN", env = "FRIST_CALLS_TOKEN", hide_env_values = true)]
    pub calls_token: Option<String>,
    /// Where the server of calls is, when `calls.toml` does not say it for this machine.
    #[arg(long, value_name = "URL", env = "FRIST_CALLS_URL")]
    pub calls_url: Option<String>,
    /// A plain zip instead of an encrypted `age` file: only for a way of delivery that is itself safe.
    #[arg(long)]
    pub zip: bool,
}

/// Why processing is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RestrictionName {
    /// Art. 18(1)(a): accuracy is contested.
    A,
    /// Art. 18(1)(b): unlawful, and the person does not want erasure.
    B,
    /// Art. 18(1)(c): the person needs the data for a legal claim.
    C,
    /// Art. 18(1)(d): an objection is being weighed.
    D,
}
