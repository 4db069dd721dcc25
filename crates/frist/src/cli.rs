//! The command line: what can be asked, and how it is said.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Keeps personal data neither too long nor too short, and can prove it.
#[derive(Debug, Parser)]
#[command(name = "frist", version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  done, and nothing to settle
  1  done or checked, but there is something to settle: errors in the register, a sweep that is not
     green, a file that does not verify
  2  the command line is wrong, or names what the register does not have
  3  could not be done: a database, a file, a key, a plan or a record is missing, or
     refuses; nothing was lost
  4  waits for an approval or an answer; nothing was erased
  5  another Frist process is sweeping; try again later";

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The folder of the organisation: its register (`register/*.toml`, or `*.toml`) and `.frist`.
    #[arg(short = 'C', long, global = true, default_value = ".", env = "FRIST_DIR")]
    pub dir: PathBuf,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
    /// The language of explanations and documents.
    #[arg(long, global = true, value_enum, default_value = "en", env = "FRIST_LANG")]
    pub lang: Language,
    /// Colour: on a terminal only, always, or never.
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub color: Colour,
    /// Frist's own database: a PostgreSQL URL, or a path; `.frist/state.sqlite` when not said.
    #[arg(long, global = true, env = "FRIST_STATE", hide_env_values = true)]
    pub state: Option<String>,
    /// Who acts, as the ledger will name it; your user name when not said.
    #[arg(long = "as", global = true, value_name = "OPERATOR", env = "FRIST_OPERATOR")]
    pub operator: Option<String>,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Danish.
    Da,
    /// English.
    En,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal only.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub workflow commands.
    Github,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a register: ask a few questions, or read a database and propose data sets
    Init(InitArgs),
    /// Check the register: is every purpose, period and field as the law and the stores have it?
    Check(CheckArgs),
    /// Format the register's files; comments stay
    Fmt {
        /// Change nothing; exit with 1 if something would change.
        #[arg(long)]
        check: bool,
    },
    /// Show what a changed register does, before the next plan makes it live
    Diff,
    /// Print the JSON Schema of the register, for editors
    Schema,
    /// Say what is due, where and why; erases nothing
    Plan(PlanArgs),
    /// Approve a plan
    Approve {
        /// The plan's id.
        plan: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Erase what is due: plan, ask, journal, erase, confirm, verify
    Sweep(SweepArgs),
    /// Explain why one record is kept or due, down to the paragraph
    Explain {
        /// A data set's id, or `store/collection`.
        place: String,
        /// The record's key; fields of a key are separated by commas.
        key: String,
        /// Decide for this instant or day instead of now.
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
    },
    /// List the records of one decision with what decides them, such as the unclear ones
    List {
        /// The data set.
        dataset: String,
        /// The decision.
        #[arg(long, value_enum, default_value = "unclear")]
        decision: DecisionName,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show what is due, held, unclear and late, and when something next becomes due
    Status {
        /// Say in one line whether something is wrong, and end with 1 when it is: for a monitor.
        #[arg(long)]
        alarm: bool,
    },
    /// See the alarms of the server, and try whether they arrive
    #[command(subcommand)]
    Alarm(crate::cli_server::AlarmCommand),
    /// Show what comes due month by month
    Horizon {
        /// How many months.
        #[arg(long, default_value_t = 24)]
        months: u32,
        /// Start from this day instead of today.
        #[arg(long, value_name = "DAY")]
        as_of: Option<String>,
        /// Also write the picture as SVG to this file.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Stop erasure for a matter, and release it again
    #[command(subcommand)]
    Hold(crate::cli_reviews::HoldCommand),
    /// How long may we keep this? A guided assessment that proposes the rule
    Assess(crate::cli_reviews::AssessArgs),
    /// Answer what waits for a person's assessment, and see what nobody has looked at lately
    #[command(subcommand)]
    Review(crate::cli_reviews::ReviewCommand),
    /// Keep records of consent: give, withdraw, show, import
    #[command(subcommand)]
    Consent(crate::cli_reviews::ConsentCommand),
    /// Write the receipt of an erased record, which anyone can verify offline
    Receipt {
        /// A data set's id, or `store/collection`.
        place: String,
        /// The record's key.
        key: String,
        /// The file to write; standard output when not said.
        #[arg(short, long)]
        out: Option<PathBuf>,
    },
    /// Write the evidence of everything that was done, for an auditor
    Evidence {
        /// The file to write.
        #[arg(short, long)]
        out: PathBuf,
    },
    /// Verify a receipt, evidence, a checkpoint or a bundle; needs neither network nor database
    Verify {
        /// The file; of a bundle the folder or the zip.
        file: PathBuf,
        /// The public key: a file, or the key itself.
        #[arg(long)]
        key: String,
        /// An older checkpoint that the ledger must still contain.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// After a restore from backup: erase again what had been erased since the backup
    Replay {
        /// When the backup was taken: an instant or a day.
        #[arg(long)]
        since: String,
        /// Only look.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Build a sample organisation in a folder and walk through the main job
    Demo {
        /// The folder, which must not exist or be empty.
        #[arg(value_name = "DIR", default_value = "frist-demo")]
        folder: PathBuf,
        /// Do not ask and do not pause.
        #[arg(long)]
        yes: bool,
        /// The size, 1 for some 200,000 records.
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
        /// The seed: the same seed gives the same organisation.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Find what there is about a person, in all stores, and why it is thought to be theirs
    Find(crate::cli_find::FindArgs),
    /// People's requests: open, extend, answer; what breaks first
    #[command(subcommand)]
    Case(crate::cli_case::CaseCommand),
    /// Write the Art. 30 record, privacy notices, deletion schedule and guidelines from the register
    #[command(subcommand)]
    Document(crate::cli_document::DocumentCommand),
    /// Calls recorded only with consent: the server, the kill switch, listening, evidence
    Calls(crate::cli_calls::CallsArgs),
    /// Answer an authority's inquiry: its deadline, questions, answers, and what was sent
    #[command(subcommand)]
    Inquiry(crate::cli_account::InquiryCommand),
    /// Log a breach and keep its 72 hours (Art. 33 and 34)
    #[command(subcommand)]
    Breach(crate::cli_account::BreachCommand),
    /// Who has read which guideline, who was trained, and who is missing
    #[command(subcommand)]
    Attest(crate::cli_account::AttestCommand),
    /// Put together what an inspection asks for, sealed in the ledger; `frist verify` checks it offline
    Bundle(crate::cli_account::BundleArgs),
    /// Serve the console: what the data protection officer and others see in a browser
    Serve(crate::cli_server::ServeArgs),
    /// Tokens of machines that use the interface
    #[command(subcommand)]
    Token(crate::cli_server::TokenCommand),
    /// Accounts of those who use the console
    #[command(subcommand)]
    Account(crate::cli_server::AccountCommand),
    /// Print who may what in the console
    Access,
    /// Make, check or rewrap a vault of recordings
    #[command(subcommand)]
    Vault(crate::cmd::vault::VaultCommand),
    /// Letters to people: list them, read their texts, see one
    #[command(subcommand)]
    Letter(crate::cli_letter::LetterCommand),
    /// Read the law book
    #[command(subcommand)]
    Law(LawCommand),
    /// Print shell completions
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command into a folder
    Man {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// A decision, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecisionName {
    /// Covered by a hold.
    Held,
    /// Undecidable.
    Unclear,
    /// Kept for a statute only.
    Restrict,
    /// Waiting for a person.
    Review,
    /// Kept.
    Keep,
    /// To be disposed of.
    Due,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// A SQLite file to read, or the name of an environment variable with a PostgreSQL URL
    /// (`env:ERP_URL`), or a folder of files.
    #[arg(long, value_name = "STORE")]
    pub from: Option<String>,
    /// The controller's name.
    #[arg(long)]
    pub name: Option<String>,
    /// The e-mail address that people can write to.
    #[arg(long)]
    pub email: Option<String>,
    /// Whether the controller is a public authority.
    #[arg(long)]
    pub public_authority: bool,
    /// Do not ask; what is not said is left to be filled in.
    #[arg(long)]
    pub yes: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Explain a code, such as E0012.
    #[arg(long, value_name = "CODE")]
    pub explain: Option<String>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Do not ask the stores whether tables and fields exist.
    #[arg(long)]
    pub offline: bool,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Only these data sets (and those erased along with them).
    #[arg(long = "dataset", value_name = "ID")]
    pub datasets: Vec<String>,
    /// Decide for this instant or day instead of now; such a plan is shown, not kept.
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
    /// Count only what is due, not every decision: the cost then follows what is due.
    #[arg(long)]
    pub quick: bool,
    /// Show the plan of this id again, with a sample of the records.
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["datasets", "as_of"])]
    pub show: Option<String>,
}

/// `sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// The plan to carry out; a new one is made when not said.
    pub plan: Option<String>,
    /// Only these data sets (and those erased along with them).
    #[arg(long = "dataset", value_name = "ID", conflicts_with = "plan")]
    pub datasets: Vec<String>,
    /// Do not ask. What needs approval still waits for it.
    #[arg(long)]
    pub yes: bool,
    /// Go on: sweep whenever something becomes due, until stopped.
    #[arg(long, conflicts_with = "plan")]
    pub continuous: bool,
    /// Only finish what a crash left open.
    #[arg(long, conflicts_with_all = ["plan", "continuous"])]
    pub recover: bool,
}

/// `law`.
#[derive(Debug, Subcommand)]
pub enum LawCommand {
    /// List the laws that the law book knows
    List,
    /// Show one law with its versions, or an article of the GDPR such as `17(3)(b)`
    Show {
        /// Its id, such as `dk.bogfoering`.
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn no_argument_hides_a_global_one() {
        let cli = Cli::command();
        cli.clone().debug_assert();
        let global: Vec<String> = cli.get_arguments().map(|a| a.get_id().to_string()).collect();
        fn own(command: &clap::Command, global: &[String]) {
            for sub in command.get_subcommands() {
                for arg in sub.get_arguments() {
                    let id = arg.get_id().to_string();
                    assert!(!global.contains(&id), "`{}` of `{}`", id, sub.get_name());
                }
                own(sub, global);
            }
        }
        own(&cli, &global);
    }
}
