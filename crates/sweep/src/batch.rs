//! A data set's turn: journal, erase, confirm, batch by batch.
//!
//! A batch's keys are journaled and on disk before the store is asked; the store tests again that
//! each record is due at that moment; and what it did is confirmed in one transaction with the
//! ledger's entry. While one batch is confirmed, the next page is looked for.

use std::collections::HashSet;

use frist_decide::Compiled;
use frist_register::{Disposition, OnErase};
use frist_state::{Lease, NewBatch, SweepId};
use frist_stores::{Action, Key, Record, StoreError};

use crate::account::{Account, late, lateness};
use crate::engine::{Engine, Prepared};
use crate::plan::{Plan, disposition};
use crate::recover::Again;
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// Records in a batch, when the register does not say.
pub const BATCH: usize = 10_000;
/// How many of the erased are looked for again in each data set.
const SAMPLE: usize = 200;

/// How many refusals a data set's turn takes before it gives up: enough to find some single records
/// among many, and few enough not to wait for locks for hours.
const REFUSALS: u32 = 50;

/// A partition with more records than this goes row by row: its keys are journaled in one piece.
const PARTITION: u64 = 1_000_000;

/// How a batch is disposed of.
#[derive(Clone, Copy)]
enum How<'a> {
    /// These records.
    Records(&'a Action),
    /// The partition of this name, which holds just these records.
    Partition(&'a str),
}

/// What comes after a batch: its page is looked for while the batch is accounted for.
struct Ahead<'a> {
    selected: &'a Compiled,
    after: &'a Record,
    /// Records in a page at most.
    page: usize,
    planned: u64,
}

/// One data set's progress through its turn.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) spared: u64,
    pub(crate) detached: u64,
    /// How often the store refused a batch, and what it said last.
    pub(crate) refusals: u32,
    pub(crate) refused: Option<StoreError>,
    /// Records of refused batches that were gone all the same, and are in the ledger: their keys
    /// come once more with the halves of the batch.
    pub(crate) told: HashSet<Key>,
    pub(crate) late: Vec<u64>,
    pub(crate) sample: Vec<Key>,
    /// Entries in the ledger when the turn began.
    pub(crate) entries: u64,
}

impl Engine {
    /// Batch after batch, until nothing more of what was planned can go.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    pub(crate) fn sweep_dataset(
        &mut self,
        plan: &Plan,
        prepared: &Prepared,
        planned: u64,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<()> {
        let action = self.action(prepared)?;
        self.check_clock(prepared)?;
        let store_id = prepared.dataset.store.value.clone();
        let batch_size = self
            .register
            .store(&store_id)
            .and_then(|s| s.batch)
            .map_or(BATCH, |b| b.max(1) as usize);
        let rounds = self.register.datasets.iter().any(|d| {
            let links = d.links.iter().filter(|l| l.to.value == prepared.dataset.id.value);
            d.id.value == prepared.dataset.id.value
                && links.clone().any(|l| l.on_erase != OnErase::Detach)
        });
        if prepared.dataset.drop_partitions && prepared.rules.then == Disposition::Erase {
            self.sweep_partitions(plan, prepared, planned, sweep, lease, tally, observer)?;
        }
        loop {
            let before = tally.done;
            let mut after: Option<Record> = None;
            let mut found: Option<Vec<Record>> = None;
            while tally.done < planned {
                // Selected by the plan's instant: what has become due since waits for its own plan.
                let holds = self.holds(&prepared.dataset, self.now())?;
                let selected = prepared.compile(plan.as_of, &holds);
                let page = match found.take() {
                    Some(page) => page,
                    None => {
                        let want = page_size(batch_size, planned - tally.done);
                        self.store(&store_id)?.due(
                            &prepared.bound,
                            &selected,
                            after.as_ref(),
                            want,
                        )?
                    }
                };
                let Some(last) = page.last().cloned() else { break };
                let keys: Vec<Key> = page.into_iter().map(|r| r.key).collect();
                let ahead = Ahead { selected: &selected, after: &last, page: batch_size, planned };
                found =
                    self.halves(prepared, &action, keys, &ahead, sweep, lease, tally, observer)?;
                if tally.refusals >= REFUSALS {
                    return Ok(());
                }
                after = Some(last);
            }
            if tally.done == before {
                let holds = self.holds(&prepared.dataset, self.now())?;
                let compiled = prepared.compile(plan.as_of, &holds);
                let ring = match rounds && tally.done < planned {
                    true => {
                        self.store(&store_id)?.due_cycle(&prepared.bound, &compiled, batch_size)?
                    }
                    false => Vec::new(),
                };
                if ring.is_empty() {
                    return Ok(());
                }
                let how = How::Records(&action);
                self.batch(prepared, how, &ring, None, sweep, lease, tally, observer)?;
                if tally.done == before {
                    return Ok(());
                }
            } else if !rounds {
                return Ok(());
            }
        }
    }

    /// Parts of the collection that are due as a whole go at once, where the register allows it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn sweep_partitions(
        &mut self,
        plan: &Plan,
        prepared: &Prepared,
        planned: u64,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<()> {
        let holds = self.holds(&prepared.dataset, self.now())?;
        let compiled = prepared.compile(plan.as_of, &holds);
        let store_id = prepared.dataset.store.value.clone();
        for part in self.store(&store_id)?.partitions(&prepared.bound, &compiled)? {
            if part.records > PARTITION || tally.done + part.records > planned {
                continue;
            }
            let keys = self.store(&store_id)?.partition_keys(&prepared.bound, &part.name)?;
            // It may have grown since it was counted: no more goes than the plan names.
            if keys.len() as u64 > part.records {
                continue;
            }
            let how = How::Partition(&part.name);
            self.batch(prepared, how, &keys, None, sweep, lease, tally, observer)?;
        }
        Ok(())
    }

    /// A batch; when the store refuses it, its halves, so that one record that cannot go does not
    /// keep back all the others. Answers the page after it, if that was looked for already.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn halves(
        &mut self,
        prepared: &Prepared,
        action: &Action,
        keys: Vec<Key>,
        ahead: &Ahead<'_>,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<Option<Vec<Record>>> {
        let how = How::Records(action);
        let mut left = vec![keys];
        let mut found = None;
        while let Some(keys) = left.pop() {
            let refusals = tally.refusals;
            let ahead = (self.ahead && left.is_empty()).then_some(ahead);
            found = self.batch(prepared, how, &keys, ahead, sweep, lease, tally, observer)?;
            if tally.refusals >= REFUSALS {
                return Ok(None);
            }
            if tally.refusals > refusals && keys.len() > 1 {
                let (first, second) = keys.split_at(keys.len() / 2);
                left.push(second.to_vec());
                left.push(first.to_vec());
            }
        }
        Ok(found)
    }

    /// Journal, erase, confirm. A refusal of which it is certain that nothing was done is counted;
    /// anything else is an error.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn batch(
        &mut self,
        prepared: &Prepared,
        how: How<'_>,
        keys: &[Key],
        ahead: Option<&Ahead<'_>>,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<Option<Vec<Record>>> {
        let (id, n) = (prepared.id().to_owned(), keys.len() as u64);
        self.store(&prepared.dataset.store.value)?.pace(keys.len())?;
        let now = self.now();
        let sealed = serde_json::to_vec(keys)
            .map_err(|e| Error::Damaged { what: "a batch's keys", why: e.to_string() })?;
        let revision = self.revision.to_string();
        let new = NewBatch {
            dataset: &id,
            revision: &revision,
            action: disposition(prepared),
            n,
            keys: &sealed,
        };
        let batch = self.state.intent(lease, self.turn, sweep, new, now)?;
        observer(Step::Intent { dataset: &id, n });

        // What is erased is what is due when it is erased: holds and instant are read anew.
        let answer = self.at_gate(prepared, lease, |store, compiled, _| match how {
            How::Records(action) => store.dispose(&prepared.bound, compiled, keys, action),
            How::Partition(name) => store.dispose_partition(&prepared.bound, compiled, name, keys),
        });
        let disposed = match answer {
            Ok(Ok(disposed)) => disposed,
            Err(e @ (Error::RegisterChanged | Error::Store(_))) => {
                // The store was not asked.
                self.state.confirm_nothing(lease, batch, self.now())?;
                return Err(e);
            }
            Err(e) => return Err(e),
            Ok(Err(e)) => {
                let store = self.store(&prepared.dataset.store.value)?;
                // Where the store still answers, nothing was done for certain. If it was cut off,
                // that may have been after the commit or in the middle of it: then it is asked to
                // do it again, and waits for what is under way.
                let cut_off = store.was_cut_off();
                let alive = store.clock().is_ok();
                let again = if alive && !cut_off { Again::No } else { Again::Yes };
                let told = &mut tally.told;
                let accounted =
                    self.recover_batch(batch, sweep, prepared, keys, again, told, lease, observer);
                if let Ok((found, _)) = &accounted {
                    tally.done += found.done;
                }
                if !alive || accounted.is_err() {
                    return Err(e.into());
                }
                tally.refusals += 1;
                tally.refused = Some(e);
                return Ok(None);
            }
        };
        observer(Step::Disposed { dataset: &id, n: disposed.done.len() as u64 });
        let spared = n - disposed.done.len() as u64;
        // What a partition did not give as a whole goes record by record.
        if matches!(how, How::Records(_)) {
            tally.spared += spared;
        }
        tally.detached += disposed.detached;
        // What the store answers was gone when it was through, or it would have refused.
        let done = disposed.done;
        let mut found = None;
        if done.is_empty() {
            self.state.confirm_nothing(lease, batch, self.now())?;
        } else {
            let gone_at = self.now();
            let (mut books, stores) = self.books(gone_at);
            let store = stores.get_mut(&prepared.dataset.store.value);
            let wanted = ahead.zip(store).and_then(|(ahead, store)| {
                let left = ahead.planned.saturating_sub(tally.done + done.len() as u64);
                (left > 0).then(|| (ahead, page_size(ahead.page, left), store))
            });
            let (accounted, page) = std::thread::scope(|scope| {
                let page = wanted.map(|(Ahead { selected, after, .. }, n, store)| {
                    scope.spawn(move || store.due(&prepared.bound, selected, Some(after), n))
                });
                let mut late = late(prepared, &done, gone_at);
                let figures = lateness(&mut late);
                let keys: Vec<&Key> = done.iter().map(|r| &r.key).collect();
                let account =
                    Account { sweep, batch, figures, spared, absent: 0, recovered: false };
                let accounted = books.account(prepared, &keys, &account, lease);
                tally.late.append(&mut late);
                // What could not be found now is looked for again, and then the error is told.
                (accounted, page.and_then(|p| p.join().ok()).and_then(|p| p.ok()))
            });
            accounted?;
            found = page;
            // Spread over the batches: the newest of each are kept until there are enough.
            let room = SAMPLE.saturating_sub(tally.sample.len()).min(20);
            tally.sample.extend(done.iter().rev().take(room).map(|r| r.key.clone()));
        }
        tally.done += done.len() as u64;
        observer(Step::Confirmed { dataset: &id, n: done.len() as u64 });
        Ok(found)
    }

    /// What is done with this data set's records.
    pub(crate) fn action(&self, prepared: &Prepared) -> Result<Action> {
        Ok(match &prepared.rules.then {
            Disposition::Erase => Action::Erase,
            Disposition::Anonymise(fields) => Action::Anonymise {
                fields: fields.iter().map(|(f, how)| (f.value.clone(), how.clone())).collect(),
                pseudonym_key: self.keys.pseudonym,
            },
            Disposition::Transfer(_) => {
                return Err(frist_stores::StoreError::Unsupported {
                    dataset: prepared.id().to_owned(),
                    what: "`transfer` is not built yet; nothing was touched".into(),
                }
                .into());
            }
        })
    }
}

fn page_size(page: usize, left: u64) -> usize {
    page.min(usize::try_from(left).unwrap_or(page))
}
