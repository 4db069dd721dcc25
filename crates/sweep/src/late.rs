//! How late a data set is: since when the longest overdue of its records could have been disposed of.
//!
//! The store is asked by the same test that alarms and sweeps use, at earlier and earlier instants,
//! until it has nothing that was due by then. So the answer is exact whatever index there is, however
//! many periods a rule has, and whenever a hold ended; and what is shown is what the alarm says.

use frist_decide::{HoldScope, Outcome};
use frist_state::Hold;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::engine::{Engine, Prepared, covers, scopes};
use crate::plan::{Item, Plan};

/// Records that the store is asked for at once: among so many the longest overdue is soon found.
const PAGE: usize = 500;
/// Questions that go from one overdue record to the one before it, before the time between is halved.
const STEPS: u32 = 3;
/// No record is expected to have been due earlier than this; one that was is found all the same.
const EARLY: Timestamp = Timestamp::constant(-2_208_988_800, 0);
const TICK: SignedDuration = SignedDuration::from_nanos(1);

/// For how long something has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Late {
    /// Nothing is.
    No,
    /// For this many seconds.
    Seconds(u64),
    /// Nobody can say since when: nothing in the rule ever kept it.
    Ever,
}

impl Late {
    /// The seconds, where somebody can say.
    #[must_use]
    pub fn seconds(self) -> Option<u64> {
        match self {
            Late::No => Some(0),
            Late::Seconds(n) => Some(n),
            Late::Ever => None,
        }
    }
}

impl Item {
    /// How late the data set is at `now`.
    #[must_use]
    pub fn late(&self, now: Timestamp) -> Late {
        match self.oldest {
            _ if self.due == 0 => Late::No,
            _ if self.ever => Late::Ever,
            None => Late::No,
            Some(t) => Late::Seconds(now.duration_since(t).as_secs().max(0).unsigned_abs()),
        }
    }
}

impl Plan {
    /// How late the latest of its data sets is at `now`.
    #[must_use]
    pub fn late(&self, now: Timestamp) -> Late {
        self.items.iter().map(|i| i.late(now)).max().unwrap_or(Late::No)
    }
}

/// Since when something has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    At(Timestamp),
    Ever,
}

/// A hold that concerns the data set.
struct Scoped {
    /// From when it holds no more; none while nobody knows.
    over: Option<Timestamp>,
    /// What it covers there.
    scopes: Vec<HoldScope>,
}

impl Engine {
    /// Since when the longest overdue record that nothing blocks could have been disposed of at `t`:
    /// it was due, and no hold covered it from then on. None when nothing is due.
    ///
    /// # Errors
    /// When the store refuses.
    pub(crate) fn overdue_since(
        &mut self,
        prepared: &Prepared,
        holds: &[Hold],
        t: Timestamp,
    ) -> Result<Option<Since>> {
        // Those of other data sets are looked at once, and not in each of the steps.
        let holds: Vec<Scoped> = holds
            .iter()
            .map(|hold| Scoped { over: hold.over_at(), scopes: scopes([hold], &prepared.dataset) })
            .filter(|hold| !hold.scopes.is_empty())
            .collect();
        let Some(first) = self.due_by(prepared, &holds, t)? else { return Ok(None) };
        let (mut since, mut none_by) = (first, EARLY);
        for step in 0.. {
            let Since::At(known) = since else { break };
            let Ok(before) = known.checked_sub(TICK) else { break };
            // Ever closer from both sides, so that many records, the latest first, cost no more.
            let half = none_by.checked_add(before.duration_since(none_by) / 2).unwrap_or(before);
            let halve = step >= STEPS && step % 2 == 1 && none_by < half;
            let at = if halve { half } else { before };
            match self.due_by(prepared, &holds, at)? {
                Some(earlier) => since = earlier,
                None if at == before => break,
                None => none_by = at,
            }
        }
        Ok(Some(since))
    }

    /// Since when one of the records has been due that were due by `t`: of a page of them, the one
    /// whose time was up first.
    fn due_by(
        &mut self,
        prepared: &Prepared,
        holds: &[Scoped],
        t: Timestamp,
    ) -> Result<Option<Since>> {
        let live = holds.iter().filter(|h| h.over.is_none_or(|over| over > t));
        let held: Vec<HoldScope> = live.flat_map(|h| h.scopes.iter().cloned()).collect();
        let compiled = prepared.compile(t, &held);
        let store = self.store(&prepared.dataset.store.value)?;
        let records = store.due(&prepared.bound, &compiled, None, PAGE)?;
        // One that is not due was changed since the store was asked, and speaks for itself.
        let due = records.into_iter().filter_map(|record| {
            let decision = prepared.decide(&record, false, t);
            (decision.outcome == Outcome::Due).then_some((decision.due_since, record))
        });
        let Some((since, record)) = due.min_by_key(|(since, _)| *since) else { return Ok(None) };
        // A hold that is over by now may have covered it until then.
        let mut over: Vec<(Timestamp, &Scoped)> = holds
            .iter()
            .filter_map(|h| Some((h.over.filter(|at| *at <= t)?, h)))
            .filter(|(at, _)| since.is_none_or(|s| *at > s))
            .collect();
        over.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
        let fields = match over.is_empty() {
            true => Vec::new(),
            false => store.fields(&prepared.bound, &record.key)?.unwrap_or_default(),
        };
        let freed = over.iter().find(|(_, h)| covers(&h.scopes, &record.key, &fields));
        let since = freed.map(|(at, _)| *at).or(since);
        Ok(Some(since.map_or(Since::Ever, Since::At)))
    }
}
