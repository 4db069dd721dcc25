//! `calls.toml`: where calls come from and go to, what callers are asked, where recordings lie, and
//! who may use the HTTP interface.
//!
//! Read strictly: an unknown field is an error with its place, as in the register. All paths come
//! out resolved against the folder of `calls.toml`. What the file says is checked here as far as
//! the file alone tells; whether files and the register fit is for [`crate::serve::load`].

mod import;
mod net;
mod read;
mod shape;
#[cfg(test)]
mod tests;
mod tokens;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use frist_law::Period;
use frist_register::{Lang, Sp};

pub use import::Import;
pub use net::{Listen, Net, Wire};
pub use read::{Reading, read};
pub use shape::{ALL as SHAPES, TOKENS as TOKEN_SHAPES};
pub use tokens::{NewToken, Role, Token, Tokens, new_token};

/// What becomes of the part of a recording that is there already.
pub use crate::desk::Remains;

/// Everything that `calls.toml` says, with the usual values filled in.
#[derive(Debug, Clone)]
pub struct Config {
    /// The vault's folder.
    pub vault: Sp<PathBuf>,
    /// The folder of `calls.db`.
    pub data: Sp<PathBuf>,
    /// What this system is called in consent records.
    pub system: String,
    /// Id of the register's data set of recordings, when said.
    pub recordings: Option<Sp<String>>,
    /// How consent is asked for.
    pub consent: Consent,
    /// The consent front, when there is one.
    pub front: Option<Front>,
    /// The SIPREC server, when there is one.
    pub siprec: Option<Siprec>,
    /// Certificates of SIP over TLS.
    pub tls: Option<Tls>,
    /// Where sound is received and sent.
    pub media: Media,
    /// The HTTP interface, when there is one.
    pub api: Option<Api>,
    /// How a recording becomes evidence.
    pub evidence: Evidence,
    /// Where recordings of other systems come in from.
    pub import: Option<Import>,
    /// What is never exceeded.
    pub limits: Limits,
}

/// How consent is asked for and taken back.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Id of the register's announcement, when said; else there is one.
    pub announcement: Option<Sp<String>>,
    /// In which language callers are asked when the line does not say another.
    pub language: Lang,
    /// How long a key is waited for after each question.
    pub wait: Duration,
    /// The key that withdraws during the call: `0` to `9`, `*` or `#`, never `1` or `2`.
    pub withdraw_key: char,
    /// What becomes of what was recorded when the last consent is withdrawn.
    pub on_withdrawal: Remains,
    /// The same, when disk or database fail in mid-call.
    pub on_failure: Remains,
}

/// The consent front.
#[derive(Debug, Clone)]
pub struct Front {
    /// Where SIP is listened for, at least one.
    pub listen: Vec<Sp<Listen>>,
    /// The address that Via and Contact name.
    pub advertised: Option<IpAddr>,
    /// From where calls are taken.
    pub trunks: Vec<Net>,
    /// SIP URIs that calls are bridged to, in this order, at least one.
    pub agents: Vec<Sp<String>>,
    /// How long one of them may ring.
    pub agent_wait: Duration,
    /// How long one of them may say nothing at all.
    pub agent_answer: Duration,
    /// SDES-SRTP.
    pub srtp: Srtp,
    /// What an agent keys to pause the recording; empty for nothing.
    pub pause_keys: String,
    /// What an agent keys to go on; empty for nothing.
    pub resume_keys: String,
    /// Whether the caller's keys are kept from the agent.
    pub withhold_keys: bool,
    /// Session timer (RFC 4028).
    pub session_timer: Duration,
    /// What holds for some of the called numbers.
    pub lines: Vec<Line>,
}

/// What holds for calls to one number.
#[derive(Debug, Clone)]
pub struct Line {
    /// The user part of the called URI.
    pub called: Sp<String>,
    /// Another announcement.
    pub announcement: Option<Sp<String>>,
    /// Another language.
    pub language: Option<Lang>,
    /// Other agents; empty for the front's.
    pub agents: Vec<Sp<String>>,
}

/// The SIPREC server.
#[derive(Debug, Clone)]
pub struct Siprec {
    /// Where SIP is listened for, at least one.
    pub listen: Vec<Sp<Listen>>,
    /// The address that Via and Contact name.
    pub advertised: Option<IpAddr>,
    /// From where recording sessions are taken.
    pub clients: Vec<Net>,
    /// SDES-SRTP.
    pub srtp: Srtp,
}

/// Whether SRTP (SDES, RFC 4568) is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Srtp {
    /// Never.
    Off,
    /// Answered where it is offered; offered to agents only over TLS.
    #[default]
    Optional,
    /// Calls without it are refused (488).
    Required,
}

/// Certificates of SIP over TLS.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM file with the certificate and its chain.
    pub certificate: Sp<PathBuf>,
    /// PEM file with the private key.
    pub key: Sp<PathBuf>,
    /// PEM file with the authorities that peers are verified by.
    pub trust: Option<Sp<PathBuf>>,
    /// Whether those who connect must show a certificate.
    pub verify_clients: bool,
}

/// Where sound is received and sent.
#[derive(Debug, Clone)]
pub struct Media {
    /// The address that RTP is received on.
    pub ip: Sp<IpAddr>,
    /// The address that SDP names, when it is another one.
    pub advertised: Option<IpAddr>,
    /// The range of UDP ports.
    pub ports: RangeInclusive<u16>,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// A call from whose sides no packet comes for so long is ended as lost.
    pub quiet: Duration,
}

/// The HTTP interface.
#[derive(Debug, Clone)]
pub struct Api {
    /// Where it listens.
    pub listen: Sp<SocketAddr>,
    /// File with the hashed tokens.
    pub tokens: Sp<PathBuf>,
    /// Certificate and key, when it speaks TLS.
    pub tls: Option<(Sp<PathBuf>, Sp<PathBuf>)>,
    /// How long one request may take to come in.
    pub timeout: Duration,
}

/// How a recording becomes evidence.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Whether a second person must approve each transfer.
    pub two_persons: bool,
    /// The longest period that a transfer may set.
    pub longest: Period,
}

/// What is never exceeded.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls at once.
    pub calls: usize,
    /// How long a call may last.
    pub longest_call: Duration,
    /// How long calls may go on after SIGTERM.
    pub drain: Duration,
    /// Bytes that stay free on the disks of `vault` and `data`.
    pub free_space: u64,
}
