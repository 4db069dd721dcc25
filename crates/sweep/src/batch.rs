//! A data set's turn: journal, erase, confirm, batch by batch.
//!
//! A batch's keys are journaled and on disk before the store is asked; the store tests again that
//! each record is due at that moment; and what it did is confirmed in one transaction with the
//! ledger's entry. While the store is at one batch, its leaves are hashed and, where the store has a
//! second way in, the next page is looked for; that one's keys are then journaled in the transaction
//! that confirms the batch. Elsewhere the page is looked for while the batch is confirmed.

use std::collections::HashSet;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use frist_decide::Compiled;
use frist_ledger::SubTree;
use frist_register::{Disposition, OnErase};
use frist_state::{BatchId, Lease, NewBatch, SweepId};
use frist_stores::{Action, Key, Record, Store, StoreError};
use jiff::Timestamp;

use crate::account::{Account, are_all, late, lateness, leaves};
use crate::engine::{Engine, Prepared};
use crate::plan::Plan;
use crate::recover::Again;
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// Records in a batch, when the register does not say.
pub const BATCH: usize = 10_000;
/// How many of the erased are looked for again in each data set.
const SAMPLE: usize = 200;

/// How many refusals a data set's turn takes before it gives up: enough to find some single records
/// among many, and few enough not to wait for locks for hours.
pub(crate) const REFUSALS: u32 = 50;

/// How long a batch that was erased waits for the page after it before it is confirmed alone.
const WAIT: Duration = Duration::from_millis(50);

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

/// What comes after a batch, which is looked for meanwhile.
pub(crate) struct Ahead<'a> {
    selected: &'a Compiled,
    after: &'a Record,
    /// Records in a page at most.
    page: usize,
    planned: u64,
    /// The second way into the store.
    beside: Option<&'a mut (dyn Store + 'static)>,
    /// Whether its keys may be journaled at once: not when the store's pace wants a pause first.
    journal: bool,
}

/// A batch's leaves, how it is accounted for, and when its answer came.
type Told<'t> = (&'t SubTree, &'t Account, Timestamp);

/// The page after a batch.
pub(crate) struct Next {
    page: Vec<Record>,
    /// If its keys are journaled already.
    batch: Option<BatchId>,
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
    /// All that went, for a request: its case hears of each record.
    pub(crate) gone: Vec<Key>,
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
        let declared = self.register.store(&store_id);
        let paced = declared
            .is_some_and(|s| s.max_rows_per_second.is_some() || s.max_replica_lag_ms.is_some());
        let (mut beside, mut beside_asked) = (None, false);
        loop {
            let before = tally.done;
            let mut after: Option<Record> = None;
            let mut found: Option<Next> = None;
            while tally.done < planned {
                // Selected by the plan's instant: what has become due since waits for its own plan.
                let holds = self.holds(&prepared.dataset, self.now())?;
                let selected = prepared.compile(plan.as_of, &holds);
                let next = match found.take() {
                    Some(next) => next,
                    None => {
                        let want = page_size(batch_size, planned - tally.done);
                        let page = self.store(&store_id)?.due(
                            &prepared.bound,
                            &selected,
                            after.as_ref(),
                            want,
                        )?;
                        Next { page, batch: None }
                    }
                };
                let Some(last) = next.page.last().cloned() else { break };
                if self.ahead && !beside_asked && tally.done + (next.page.len() as u64) < planned {
                    beside_asked = true;
                    beside = self.store(&store_id)?.beside(&prepared.bound);
                }
                let ahead = Ahead {
                    selected: &selected,
                    after: &last,
                    page: batch_size,
                    planned,
                    beside: beside.as_deref_mut(),
                    journal: !paced,
                };
                let Next { page, batch } = next;
                let keys = page.into_iter().map(|r| r.key).collect();
                let (batch, ahead) = (batch, Some(ahead));
                found = self
                    .halves(prepared, &action, keys, batch, ahead, sweep, lease, tally, observer)?;
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
                self.batch(prepared, how, &ring, None, None, sweep, lease, tally, observer)?;
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
            self.batch(prepared, how, &keys, None, None, sweep, lease, tally, observer)?;
        }
        Ok(())
    }

    /// A batch; when the store refuses it, its halves, so that one record that cannot go does not
    /// keep back all the others. Answers the page after it, if that was looked for already.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    pub(crate) fn halves(
        &mut self,
        prepared: &Prepared,
        action: &Action,
        keys: Vec<Key>,
        mut journaled: Option<BatchId>,
        ahead: Option<Ahead<'_>>,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<Option<Next>> {
        let how = How::Records(action);
        let mut ahead = ahead.filter(|_| self.ahead);
        let mut left: Vec<Vec<Key>> = vec![keys];
        let mut found = None;
        while let Some(keys) = left.pop() {
            let refusals = tally.refusals;
            // What was refused once goes step by step: the page after it is looked for in its turn.
            let (batch, ahead) = (journaled.take(), ahead.take());
            found =
                self.batch(prepared, how, &keys, batch, ahead, sweep, lease, tally, observer)?;
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

    /// Journal (unless it is), erase, confirm. A refusal of which it is certain that nothing was done
    /// is counted; anything else is an error.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn batch(
        &mut self,
        prepared: &Prepared,
        how: How<'_>,
        keys: &[Key],
        journaled: Option<BatchId>,
        mut ahead: Option<Ahead<'_>>,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<Option<Next>> {
        let (id, n) = (prepared.id().to_owned(), keys.len() as u64);
        let revision = self.revision.to_string();
        let batch = match journaled {
            Some(batch) => batch,
            None => {
                self.store(&prepared.dataset.store.value)?.pace(keys.len())?;
                let now = self.now();
                let text = journal(keys.iter())?;
                let new = new_batch(prepared, &revision, n, &text);
                self.state.intent(lease, self.turn, sweep, new, now)?
            }
        };
        observer(Step::Intent { dataset: &id, n });

        let beside = ahead.as_mut().and_then(|ahead| {
            let left = ahead.planned.saturating_sub(tally.done + n);
            let store = ahead.beside.take().filter(|_| left > 0)?;
            Some((store, page_size(ahead.page, left), ahead.selected, ahead.after))
        });
        let (record, place) = (self.keys.record.clone(), prepared.place());
        std::thread::scope(|scope| {
            // As if all of them went, which is mostly so.
            let hashing = (self.ahead && matches!(how, How::Records(_))).then(|| {
                scope.spawn(|| (leaves(&record, &place, keys.iter()), keys.iter().collect()))
            });
            let reading = beside.map(|(store, want, selected, after)| {
                let (page, read) = mpsc::channel();
                scope.spawn(move || {
                    // Nobody hears of it if the batch came to nothing.
                    let _ = page.send(store.due(&prepared.bound, selected, Some(after), want));
                });
                read
            });

            // What is erased is what is due when it is erased: holds and instant are read anew.
            let answer = self.at_gate(prepared, lease, |store, compiled, _| match how {
                How::Records(action) => store.dispose(&prepared.bound, compiled, keys, action),
                How::Partition(name) => {
                    store.dispose_partition(&prepared.bound, compiled, name, keys)
                }
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
                    self.refused(prepared, keys, batch, e, sweep, lease, tally, observer)?;
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
                let mut late = late(prepared, &done, gone_at);
                let figures = lateness(&mut late);
                let hashed = hashing.and_then(|h| h.join().ok());
                let tree = hashed
                    .and_then(|(tree, keys)| are_all(&done, keys).then_some(tree))
                    .unwrap_or_else(|| leaves(&record, &place, done.iter().map(|r| &r.key)));
                let account =
                    Account { sweep, batch, figures, spared, absent: 0, recovered: false };
                let told = (&tree, &account, gone_at);
                found = match (reading, &ahead) {
                    (Some(read), Some(ahead)) => {
                        self.confirm_beside(prepared, told, &read, ahead.journal, lease)?
                    }
                    (_, ahead) => {
                        let left = tally.done + done.len() as u64;
                        self.confirm_then(prepared, told, ahead.as_ref(), left, lease)?
                    }
                };
                tally.late.append(&mut late);
                // Spread over the batches: the newest of each are kept until there are enough.
                let room = SAMPLE.saturating_sub(tally.sample.len()).min(20);
                tally.sample.extend(done.iter().rev().take(room).map(|r| r.key.clone()));
                if prepared.granted.is_some() {
                    tally.gone.extend(done.iter().map(|r| r.key.clone()));
                }
            }
            tally.done += done.len() as u64;
            observer(Step::Confirmed { dataset: &id, n: done.len() as u64 });
            Ok(found)
        })
    }

    /// The store refused a batch: what it did all the same is accounted for.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn refused(
        &mut self,
        prepared: &Prepared,
        keys: &[Key],
        batch: BatchId,
        e: StoreError,
        sweep: SweepId,
        lease: &mut Lease,
        tally: &mut Tally,
        observer: Observer<'_>,
    ) -> Result<()> {
        let (alive, again) = self.after_refusal(&prepared.dataset.store.value)?;
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
        Ok(())
    }

    /// Whether a store that refused still answers, and whether it must be asked once more. Where it
    /// still answers, nothing was done for certain. If it was cut off, that may have been after the
    /// commit or in the middle of it: then it is asked to do it again, and waits for what is under way.
    pub(crate) fn after_refusal(&mut self, store: &str) -> Result<(bool, Again)> {
        let store = self.store(store)?;
        let cut_off = store.was_cut_off();
        let alive = store.clock().is_ok();
        Ok((alive, if alive && !cut_off { Again::No } else { Again::Yes }))
    }

    /// Confirms a batch whose next page is being read beside it, and journals that one if it is there.
    fn confirm_beside(
        &mut self,
        prepared: &Prepared,
        (tree, account, gone_at): Told<'_>,
        read: &Receiver<std::result::Result<Vec<Record>, StoreError>>,
        journaled: bool,
        lease: &mut Lease,
    ) -> Result<Option<Next>> {
        let mut batch = None;
        // What was erased does not wait long for what is next.
        let page = read.recv_timeout(WAIT).ok();
        match &page {
            Some(Ok(page)) if journaled && !page.is_empty() => {
                let text = journal(page.iter().map(|r| &r.key))?;
                let revision = self.revision.to_string();
                let next = new_batch(prepared, &revision, page.len() as u64, &text);
                let mut books = self.books(gone_at).0;
                batch = Some(books.account_and_journal(prepared, tree, account, next, lease)?);
            }
            _ => self.books(gone_at).0.account(prepared, tree, account, lease)?,
        }
        // What could not be found now is looked for again, and then the error is told.
        let page = page.or_else(|| read.recv().ok()).and_then(|page| page.ok());
        Ok(page.map(|page| Next { page, batch }))
    }

    /// Confirms a batch, and meanwhile looks for the page after it.
    fn confirm_then(
        &mut self,
        prepared: &Prepared,
        (tree, account, gone_at): Told<'_>,
        ahead: Option<&Ahead<'_>>,
        done: u64,
        lease: &Lease,
    ) -> Result<Option<Next>> {
        let (mut books, stores) = self.books(gone_at);
        let store = stores.get_mut(&prepared.dataset.store.value);
        let wanted = ahead.zip(store).and_then(|(ahead, store)| {
            let left = ahead.planned.saturating_sub(done);
            (left > 0).then(|| (ahead, page_size(ahead.page, left), store))
        });
        std::thread::scope(|scope| {
            let page = wanted.map(|(ahead, n, store)| {
                let (selected, after) = (ahead.selected, ahead.after);
                scope.spawn(move || store.due(&prepared.bound, selected, Some(after), n))
            });
            books.account(prepared, tree, account, lease)?;
            let page = page.and_then(|p| p.join().ok()).and_then(|p| p.ok());
            Ok(page.map(|page| Next { page, batch: None }))
        })
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

/// The keys of a batch as they are journaled.
pub(crate) fn journal<'k>(keys: impl Iterator<Item = &'k Key>) -> Result<Vec<u8>> {
    serde_json::to_vec(&keys.collect::<Vec<_>>())
        .map_err(|e| Error::Damaged { what: "a batch's keys", why: e.to_string() })
}

pub(crate) fn new_batch<'a>(
    prepared: &'a Prepared,
    revision: &'a str,
    n: u64,
    keys: &'a [u8],
) -> NewBatch<'a> {
    NewBatch { dataset: prepared.id(), revision, action: prepared.doing(), n, keys }
}
