//! Figures for operation, without personal data.

use std::collections::BTreeMap;

use super::inner::{Inner, lock};
use super::types::{Figures, PurposeFigures, Refusal};

/// What is counted since the start of the process.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) recorded: u64,
    pub(crate) purposes: BTreeMap<String, PurposeFigures>,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) failed: u64,
    pub(crate) destroyed: u64,
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
}

impl Refusal {
    /// One word for figures.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::NoCall => "no-call",
            Refusal::NoConsent => "no-consent",
            Refusal::Stopped => "stopped",
            Refusal::Already => "already",
            Refusal::Disk => "disk",
            Refusal::Database(_) => "database",
            Refusal::Vault(_) => "vault",
        }
    }
}

impl Inner {
    pub(crate) fn figures(&self) -> Figures {
        let live = self.live.all();
        let recording = live.iter().filter(|c| c.slot.get().is_some()).count() as u64;
        let stopped = self.is_stopped();
        let c = lock(&self.counts);
        Figures {
            calls: c.calls,
            live: live.len() as u64,
            recording,
            recorded: c.recorded,
            purposes: c.purposes.clone(),
            refused: c.refused.clone(),
            failed: c.failed,
            destroyed: c.destroyed,
            dropped_without_consent: c.dropped,
            packets_lost: c.lost,
            stopped,
        }
    }
}
