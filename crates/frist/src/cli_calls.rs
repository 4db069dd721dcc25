//! The command line of `frist calls`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `calls`.
#[derive(Debug, Args)]
pub struct CallsArgs {
    /// The configuration; `calls.toml` in the organisation's folder when not said.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The token of whoever acts, made by `frist calls token new`.
    #[arg(long, global = true, env = "FRIST_CALLS_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Where the server's HTTP interface is, when `calls.toml` does not say it for this machine.
    #[arg(long, global = true, value_name = "URL", env = "FRIST_CALLS_URL")]
    pub url: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: CallsCommand,
}

/// What `calls` can do.
#[derive(Debug, Subcommand)]
pub enum CallsCommand {
    /// Take calls: destroy what is overdue, then ask, bridge, record, and go on sweeping
    Serve,
    /// Check calls.toml, the tokens, the announcements and the vault
    Check,
    /// Stop all recording at once; calls go on. Works without a server and without a token
    StopRecording {
        /// Why, for the record.
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Let calls be recorded again
    ResumeRecording,
    /// Show live figures: calls, recordings, consent by purpose, refusals, packets
    Status,
    /// Say what a caller consented to, as another system knows it
    Consent {
        /// The call: its id, Call-ID or Session-ID.
        call: String,
        /// A purpose that the caller said yes to.
        #[arg(long = "grant", value_name = "PURPOSE")]
        granted: Vec<String>,
        /// A purpose that the caller said no to.
        #[arg(long = "refuse", value_name = "PURPOSE")]
        refused: Vec<String>,
        /// The announcement that the caller heard, as the register calls it.
        #[arg(long, value_name = "ID")]
        text: String,
        /// Its version.
        #[arg(long = "text-version", value_name = "VERSION")]
        version: String,
        /// In which language.
        #[arg(long = "heard-in", value_enum, default_value = "da")]
        language: Heard,
    },
    /// Take a caller's consent back: recording stops, and what there is is destroyed
    Withdraw {
        /// The call: its id, Call-ID or Session-ID.
        call: String,
        /// Only for this purpose.
        #[arg(long)]
        purpose: Option<String>,
    },
    /// From here on silence is recorded, until `resume`
    Pause {
        /// The call: its id, Call-ID or Session-ID.
        call: String,
    },
    /// End a pause
    Resume {
        /// The call: its id, Call-ID or Session-ID.
        call: String,
    },
    /// Mark a call for a person to look at; a flag keeps nothing
    Flag {
        /// The call: its id, Call-ID or Session-ID.
        call: String,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// List the latest calls with their consents and recordings, without telephone numbers
    List {
        /// Only calls under way.
        #[arg(long)]
        live: bool,
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Copy one recording to evidence, for a matter and with a time of its own
    Transfer {
        /// The recording.
        recording: String,
        /// Why this recording is evidence.
        #[arg(long, default_value = "")]
        grounds: String,
        /// The legal basis: article or section.
        #[arg(long, default_value = "")]
        basis: String,
        /// The number of the matter.
        #[arg(long, default_value = "")]
        matter: String,
        /// The day or instant until which the matter needs it.
        #[arg(long, value_name = "WHEN", conflicts_with = "keep_as")]
        keep_until: Option<String>,
        /// The data set of the register whose period it has.
        #[arg(long, value_name = "DATASET")]
        keep_as: Option<String>,
    },
    /// Approve a transfer that another person asked for
    Approve {
        /// The transfer.
        transfer: String,
    },
    /// List transfers
    Transfers,
    /// Hear a recording: writes a WAV file, which is then outside the vault
    Listen {
        /// The recording.
        recording: String,
        /// For which purpose.
        #[arg(long)]
        purpose: String,
        /// Why, in a few words; it is logged.
        #[arg(long)]
        reason: String,
        /// The file to write; `-` for standard output.
        #[arg(short, long)]
        out: PathBuf,
    },
    /// Show who listened to what, and why
    Listenings {
        /// From this day or instant on.
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Before this day or instant.
        #[arg(long, value_name = "WHEN")]
        until: Option<String>,
        /// By this person.
        #[arg(long)]
        by: Option<String>,
        /// Of this recording.
        #[arg(long)]
        recording: Option<String>,
    },
    /// Write a recording with its consent as a vCon, which is then outside the vault
    Export {
        /// The recording.
        recording: String,
        /// For which purpose.
        #[arg(long)]
        purpose: String,
        /// Why, in a few words; it is logged.
        #[arg(long)]
        reason: String,
        /// The file to write; `-` for standard output.
        #[arg(short, long)]
        out: PathBuf,
    },
    /// Import recordings with proof of consent from the folder or bucket that calls.toml names, also while the server runs
    Import {
        /// Another folder, while no server runs: WAV files, each with a vCon or JSON file of the same name.
        folder: Option<PathBuf>,
    },
    /// Make tokens for the HTTP interface
    #[command(subcommand)]
    Token(TokenCommand),
}

/// A language that an announcement was heard in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Heard {
    /// Danish.
    Da,
    /// English.
    En,
}

/// `token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, show it once, and add its hash to the tokens file
    New {
        /// Whose it is, such as `anna` or `queue-system`.
        name: String,
        /// What it may be used for: machine, agent, supervisor, listener, evidence, dpo.
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<String>,
        /// listener: a purpose for which recordings may be heard.
        #[arg(long = "purpose", value_name = "PURPOSE")]
        purposes: Vec<String>,
        /// The last day on which it is good.
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
    },
}
