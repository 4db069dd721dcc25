//! What the watch takes from outside: engines, the database, the clock, the network, secrets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use frist_state::State;
use frist_sweep::Engine;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::config::{Alarms, Mail, Schedule, Webhook};
use crate::deliver::Sender;
use crate::disk::Disk;
use crate::net::Net;
use crate::traces::Traces;

/// Makes something, or says why not; without personal data.
pub type Make<T> = Box<dyn Fn() -> Result<T, String> + Send + Sync>;
/// Publishes what was added to the ledger.
pub type Publish = Box<dyn Fn(&mut Engine) -> Result<(), String> + Send + Sync>;

/// Gives the secret that goes by a name.
pub type Secret = Box<dyn Fn(&str) -> Option<Zeroizing<String>> + Send + Sync>;

/// All that comes from outside.
pub struct Outside {
    /// Makes an engine over the register as it is now.
    pub engine: Make<Engine>,
    /// A number that changes when the register's files do.
    pub stamp: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Opens Frist's own database.
    pub state: Make<State>,
    /// Publishes the ledger.
    pub publish: Publish,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A time that only goes forward, whatever is done to the clock.
    pub steady: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The secret that a variable of the environment has.
    pub secret: Secret,
    /// Takes a line of the log, in JSON, without personal data.
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
    /// The disks on which Frist writes.
    pub disks: Box<dyn Fn() -> Vec<Disk> + Send + Sync>,
    /// The network.
    pub net: Arc<dyn Net>,
    /// Who gathers traces, when somebody does.
    pub traces: Option<Arc<Traces>>,
    /// What this server calls itself: host, world and process, as holders of leases begin.
    pub name: String,
    /// The organisation's name, said in mails.
    pub organisation: String,
}

impl Outside {
    /// What it takes to send something now.
    #[must_use]
    pub fn sender<'a>(&'a self, settings: &'a Settings) -> Sender<'a> {
        Sender { settings, net: &*self.net, secret: &*self.secret, now: (self.clock)() }
    }
}

/// How the watch behaves.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// When Frist sweeps by itself.
    pub schedule: Schedule,
    /// From when on something is wrong.
    pub alarms: Alarms,
    /// The mail server, and who hears of what.
    pub mail: Option<Mail>,
    /// The programs that hear of things.
    pub webhooks: Vec<Webhook>,
    /// How often things are done.
    pub pace: Pace,
}

/// How often things are done.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How often a server says that it lives.
    pub beat: Duration,
    /// After how long without a sign a server counts as dead, and its work is taken over.
    pub dead: SignedDuration,
    /// How long the scheduler sleeps at most.
    pub doze: Duration,
    /// How long it waits after something went wrong.
    pub after_trouble: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(4),
            dead: SignedDuration::from_secs(20),
            doze: Duration::from_secs(20),
            after_trouble: Duration::from_secs(60),
        }
    }
}

/// Who is surely dead: processes of this machine that are gone, and servers that fell silent.
pub struct Dead {
    here: Box<dyn Fn(&str) -> bool + Send + Sync>,
    silent: Mutex<BTreeSet<String>>,
}

impl Dead {
    /// With how to tell it of a process of this machine.
    #[must_use]
    pub fn new(here: Box<dyn Fn(&str) -> bool + Send + Sync>) -> Self {
        Self { here, silent: Mutex::default() }
    }

    /// Whether the holder of a lease is dead.
    #[must_use]
    pub fn is_dead(&self, holder: &str) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        (self.here)(holder) || holder.rsplit_once('/').is_some_and(|(s, _)| silent.contains(s))
    }

    pub(crate) fn are_silent(&self, servers: BTreeSet<String>) {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = servers;
    }
}

/// Sixteen random bytes in hexadecimal, after `start`.
pub(crate) fn unique(start: &str) -> Result<String, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| format!("the operating system gave no random numbers: {e}"))?;
    Ok(bytes.iter().fold(start.to_owned(), |s, b| s + &format!("{b:02x}")))
}
