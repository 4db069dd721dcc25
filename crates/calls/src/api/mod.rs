//! The HTTP interface: consent from other systems, what agents do, listening, the kill switch and
//! figures.
//!
//! `table` says which role may use which route (and a test asks every route with every role);
//! `auth` knows who asks, by the tokens that `door` has; `problem` is how refusals look (RFC 9457); `server` takes connections;
//! the other modules do what is asked. Everything that may wait for a disk runs on threads where
//! waiting is allowed. Nothing here logs what callers or agents said.

mod auth;
mod calls;
mod door;
mod figures;
mod import;
mod known;
mod listen;
mod matters;
mod problem;
mod server;
mod switch;
mod table;

pub use door::Door;
pub use figures::Gauges;
pub use frist_http::{Running, Tls};
pub use server::start;
pub use table::{Route, TABLE};

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use frist_ledger::RecordKey;
use frist_state::State;
use jiff::tz::TimeZone;

use crate::config::Import;
use crate::desk::{Clock, Desk};
use crate::evidence::Terms;
use crate::listen::Rules;

/// Opens the ledger for a transfer; asked each time, so that a database that is back is used.
pub type OpenLedger = Arc<dyn Fn() -> Result<(State, RecordKey), String> + Send + Sync>;

/// Reads a variable of the environment.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the routes need.
pub struct Shared {
    /// The desk.
    pub desk: Desk,
    /// Who may do what.
    pub door: Arc<Door>,
    /// What may be heard.
    pub rules: Arc<Rules>,
    /// What holds for transfers.
    pub terms: Arc<Terms>,
    /// The longest period that a transfer may set.
    pub longest: frist_law::Period,
    /// By which it is counted.
    pub calendar: frist_law::Calendar,
    /// The announcements of the register, id and version: consent names the one that was heard.
    pub texts: BTreeSet<(String, String)>,
    /// The ledger.
    pub ledger: OpenLedger,
    /// One transfer at a time.
    pub turn: Mutex<()>,
    /// Figures of the parts around the desk.
    pub gauges: Arc<dyn Fn() -> Gauges + Send + Sync>,
    /// What time it is.
    pub clock: Clock,
    /// The controller's zone: on which day a token ends.
    pub zone: TimeZone,
    /// Set while the server drains; health then answers 503.
    pub draining: Arc<AtomicBool>,
    /// Where recordings come from that are imported.
    pub import: Option<Import>,
    /// Reads the environment, where the credentials of a bucket are.
    pub env: Env,
    /// One import at a time.
    pub importing: Mutex<()>,
    /// How long a request may take to come in.
    pub timeout: Duration,
}

/// What handlers get.
pub(crate) type App = Arc<Shared>;
