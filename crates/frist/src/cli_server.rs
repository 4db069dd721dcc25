//! The command line of the console: `serve`, `account`, `access`.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::Language;

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on. Other machines reach it only over TLS: `[tls]` of `server.toml`, or a
    /// proxy.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "FRIST_LISTEN")]
    pub listen: SocketAddr,
    /// Print a link, which works once and for two hours, to make the first administrator.
    #[arg(long)]
    pub setup: bool,
    /// Build the sample company in the organisation's folder first, which must not exist or be empty.
    #[arg(long, requires = "setup")]
    pub sample: bool,
    /// A proxy before it speaks TLS with browsers, and says in X-Forwarded-For where they are.
    #[arg(long)]
    pub tls_proxy: bool,
    /// Never sweep by itself here, whatever `server.toml` says; alarms are still raised.
    #[arg(long)]
    pub no_schedule: bool,
    /// The language of those who have not chosen one.
    #[arg(long, value_enum, default_value = "da")]
    pub first_lang: Language,
}

/// `alarm`.
#[derive(Debug, Subcommand)]
pub enum AlarmCommand {
    /// List the alarms that stand, those that ended lately, and what could not be delivered
    List,
    /// Send a message by each way of `server.toml`, and say which arrived
    Test,
}

/// `account`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account, and print the link with which the person chooses a password
    Add {
        /// The name to sign in with, and by which the ledger will know who acted.
        name: String,
        /// What the person is called.
        #[arg(long)]
        title: Option<String>,
        /// Roles; `frist access` says what they may.
        #[arg(long = "role", value_enum, required = true)]
        roles: Vec<RoleName>,
        /// Data sets whose records the person needs to see.
        #[arg(long = "dataset", value_name = "ID")]
        datasets: Vec<String>,
    },
    /// List the accounts
    List,
    /// Print a new link with which a person chooses a password; an earlier one stops working
    Link {
        /// The account.
        name: String,
        /// Also forget the second factor, for somebody who lost it.
        #[arg(long)]
        forget_factor: bool,
    },
}

/// A role, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Data protection officer.
    Dpo,
    /// Answers people's requests.
    Caseworker,
    /// Plans and runs sweeps.
    Engineer,
    /// Supervises calls.
    Supervisor,
    /// Listens to recordings.
    Listener,
    /// Sees what was done; changes nothing.
    Auditor,
    /// Runs accounts and system; sees no personal data.
    Administrator,
}

/// `token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, and print it: only this once
    Add {
        /// Its name, by which the ledger will know it after `token:`.
        name: String,
        /// What it is for.
        #[arg(long)]
        title: Option<String>,
        /// What it may do, such as `sweeps:plan`; `/api` lists all.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// Data sets whose records it needs to see; `*` for all.
        #[arg(long = "dataset", value_name = "ID")]
        datasets: Vec<String>,
        /// For how many days it works, up to 366.
        #[arg(long, default_value_t = frist_server::DAYS)]
        days: i64,
    },
    /// List the tokens
    List,
    /// Revoke a token: it never works again
    Revoke {
        /// The token.
        name: String,
    },
}
