//! What the program that runs the server brings: engines, databases, keys, the clock.

use std::path::PathBuf;
use std::sync::Arc;

use frist_cases::bundle::{self, Period};
use frist_register::Lang;
use frist_state::State;
use frist_stores::{Store, StoreError};
use frist_sweep::{Engine, Loaded};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::on_disk::Files;

/// What went wrong, for a person who can do something about it. No personal data.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

/// Makes an engine over the register as it is now.
pub type MakeEngine = Box<dyn Fn() -> Result<Engine, Trouble> + Send + Sync>;
/// Opens Frist's own database.
pub type OpenState = Box<dyn Fn() -> Result<State, Trouble> + Send + Sync>;
/// Publishes what was added to the ledger.
pub type Publish = Box<dyn Fn(&mut Engine) -> Result<(), Trouble> + Send + Sync>;

/// Gives the secret that goes by a name.
pub type Secret = Box<dyn Fn(&str) -> Option<Zeroizing<String>> + Send + Sync>;
/// Makes an engine over another register than the one in the files: what a change would do.
pub type EngineOver = Box<dyn Fn(Loaded) -> Result<Engine, Trouble> + Send + Sync>;
/// Reads the register's files.
pub type ReadFiles = Box<dyn Fn() -> Result<Files, Trouble> + Send + Sync>;
/// Replaces the register's files, the first by the second; `false` when they are not the first.
pub type WriteFiles = Box<dyn Fn(&Files, &Files) -> Result<bool, Trouble> + Send + Sync>;
/// Opens a store of a register.
pub type OpenStore =
    Arc<dyn Fn(&frist_register::Store) -> Result<Box<dyn Store>, StoreError> + Send + Sync>;
/// Figures of recorded calls in a period, and the tokens of their interface; none of each where
/// nothing is recorded.
pub type CallFigures = Box<
    dyn Fn(Period) -> Result<(Option<bundle::Calls>, Option<Vec<bundle::Role>>), Trouble>
        + Send
        + Sync,
>;

/// All that the server takes from outside.
pub struct Face {
    /// Makes an engine.
    pub engine: MakeEngine,
    /// Makes an engine over another register.
    pub engine_over: EngineOver,
    /// Reads the register's files.
    pub read: ReadFiles,
    /// Replaces the register's files.
    pub write: WriteFiles,
    /// Opens a store.
    pub store: OpenStore,
    /// A number that changes when the register's files do.
    pub stamp: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Opens Frist's own database.
    pub state: OpenState,
    /// Publishes the ledger.
    pub publish: Publish,
    /// The folder of the published ledger.
    pub tiles: PathBuf,
    /// The public key by which the ledger is verified.
    pub public_key: Box<dyn Fn() -> Result<String, Trouble> + Send + Sync>,
    /// Figures of recorded calls, for the evidence bundle.
    pub calls: CallFigures,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The key of passwords, second factors and forms; never in the database.
    pub people_key: Zeroizing<[u8; 32]>,
    /// The secret that a variable of the environment has, for what `server.toml` names by `_env`.
    pub secret: Secret,
    /// Takes a line of the log, in JSON, without personal data.
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
    /// The machine on which the server runs.
    pub machine: Machine,
}

/// The machine on which the server runs, and its network.
pub struct Machine {
    /// What this server calls itself: host, world and process, as its engines' holders begin.
    pub name: String,
    /// Whether the process of this machine that calls itself so is surely dead.
    pub is_dead: fn(&str) -> bool,
    /// The disks on which Frist writes.
    pub disks: Box<dyn Fn() -> Vec<frist_watch::disk::Disk> + Send + Sync>,
    /// A time that only goes forward.
    pub steady: Arc<dyn Fn() -> std::time::Duration + Send + Sync>,
    /// The network.
    pub net: Arc<dyn frist_watch::net::Net>,
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether people reach it over TLS, our own or that of a proxy before us: cookies are then bound
    /// to it and browsers told never to come without.
    pub tls: bool,
    /// Whether everybody must have a second factor.
    pub second_factor: bool,
    /// Whether the address of a request is what the nearest proxy says (`X-Forwarded-For`, the last
    /// one). Without a proxy anybody could say anything.
    pub proxy: bool,
    /// The language of those who have not chosen one.
    pub lang: Lang,
    /// Whether the scheduler, the watchdog and the outbox run in this process.
    pub watch: bool,
    /// For how long a request waits for counts that are not there yet; then it is answered without.
    pub patience: std::time::Duration,
    /// What `server.toml` says.
    pub config: crate::Config,
}
