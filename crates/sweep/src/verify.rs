//! Asking the store again once a data set's turn is over, and whether its clock can be trusted.

use std::collections::HashSet;

use frist_stores::{Aftercare, Key};

use crate::batch::Tally;
use crate::engine::{Engine, Prepared};
use crate::plan::{Item, Plan};
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// How far a store's clock may be from ours, seconds.
const CLOCK: i64 = 300;

/// How many of those that are still due are looked up in the ledger.
const LOOK_UP: usize = 20;

/// What the store answered when it was asked again.
pub(crate) struct Seen {
    pub(crate) care: Aftercare,
    pub(crate) still_due: u64,
    pub(crate) blocked: u64,
    pub(crate) back: u64,
    /// More than when planned.
    pub(crate) unclear: u64,
}

impl Engine {
    /// A machine whose clock is wrong erases early: where the store has a clock, both must agree.
    pub(crate) fn check_clock(&mut self, prepared: &Prepared) -> Result<()> {
        let now = self.now();
        let store = self.store(&prepared.dataset.store.value)?;
        if let Some(theirs) = store.clock()? {
            let apart = now.duration_since(theirs).as_secs().abs();
            if apart > CLOCK {
                return Err(Error::Clock(format!(
                    "this machine's clock and that of the store `{}` are {apart} s apart; nothing is erased until they agree within {CLOCK} s",
                    prepared.dataset.store.value
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn settle_and_verify(
        &mut self,
        plan: &Plan,
        item: &Item,
        prepared: &Prepared,
        tally: &Tally,
        observer: Observer<'_>,
    ) -> Result<Seen> {
        let now = self.now();
        let holds = self.holds(&prepared.dataset, now)?;
        let compiled = prepared.compile(plan.as_of, &holds);
        let store = self.store(&prepared.dataset.store.value)?;
        let care = store.settle(&prepared.bound)?;
        observer(Step::Settled { dataset: prepared.id() });
        let (due, blocked) = store.count_due(&prepared.bound, &compiled)?;
        let gone: HashSet<Key> =
            store.disposed(&prepared.bound, &tally.sample)?.into_iter().collect();
        let mut back = (tally.sample.len() - gone.len()) as u64;
        if due > blocked && tally.done > 0 {
            // What is due may have been erased a moment ago, and be there again.
            let place = prepared.place();
            for record in store.due(&prepared.bound, &compiled, None, LOOK_UP)? {
                let locator = format!("{place}/{}", record.key.text());
                let leaf = self.keys.record.leaf(locator.as_bytes());
                let told = self.state.find_record(&leaf)?.iter().any(|f| f.leaf >= tally.entries);
                back += u64::from(told && !tally.sample.contains(&record.key));
            }
        }
        // Where fewer went than were planned, and are not there to go either, the plan's count of the
        // undecidable may have grown instead.
        let still_due = due.saturating_sub(blocked);
        let missing = (item.due + item.blocked).saturating_sub(tally.done + blocked + still_due);
        let unclear = match item.counts {
            Some(planned) if missing > 0 => {
                let census = self.store(&prepared.dataset.store.value)?;
                let census = census.census(&prepared.bound, &compiled)?;
                census.of(frist_decide::Outcome::Unclear).saturating_sub(planned.unclear)
            }
            _ => 0,
        };
        observer(Step::Verified { dataset: prepared.id() });
        Ok(Seen { care, still_due, blocked, back, unclear })
    }
}
