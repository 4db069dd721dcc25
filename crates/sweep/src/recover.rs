//! Recovery rolls forward: a batch that a crash left open is finished and accounted for.
//!
//! The journal says which records were about to go; the store says which are gone. Those that are
//! still there and still due are disposed of now; those that are gone are accounted for as found
//! absent. It works the same on a store with transactions and on one without.

use std::collections::HashSet;

use frist_decide::{Compiled, Test};
use frist_ledger::entry::Lateness;
use frist_state::{BatchId, Lease, OpenBatch, SweepId};
use frist_stores::{Key, StoreError};

use crate::account::{Account, leaves};
use crate::engine::{Engine, Prepared};
use crate::report::FindingReport;
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// The journal's word for a batch of a replay.
pub(crate) const REPLAY: &str = "replay";

/// Whether the store is asked to dispose of an open batch before it is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is: after a crash nobody knows whether it did, or is still at it.
    Yes,
    /// Only to wait for what may be under way there: the batch followed another register than the
    /// one that is live, so nothing more is taken, and what is left waits for the next plan.
    Settle,
    /// It refused just now.
    No,
}

/// What became of one open batch.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Recovered {
    /// The data set.
    pub dataset: String,
    /// Records accounted for.
    pub done: u64,
    /// Among them: found absent.
    pub absent: u64,
    /// Records no longer due, and left alone.
    pub spared: u64,
}

impl Engine {
    /// Finishes every open batch, and closes the sweeps that they belong to.
    ///
    /// # Errors
    /// When another process sweeps, or Frist's own database does not answer.
    pub fn recover(
        &mut self,
        observer: Observer<'_>,
    ) -> Result<(Vec<Recovered>, Vec<FindingReport>)> {
        let mut lease = self.turn()?;
        let result = self.recover_in_turn(&mut lease, observer);
        let released = self.state.release(&lease);
        let recovered = result?;
        released?;
        Ok(recovered)
    }

    /// What could not be finished, because its store cannot be reached, stays open and is an alarm.
    pub(crate) fn recover_in_turn(
        &mut self,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<(Vec<Recovered>, Vec<FindingReport>)> {
        let mut out = Vec::new();
        let mut left_open = Vec::new();
        for open in self.state.open_batches()? {
            let OpenBatch { id, sweep, dataset, revision, keys, n, action, .. } = open;
            let keys: Vec<Key> = serde_json::from_slice(&keys)
                .map_err(|e| Error::Damaged { what: "a batch's keys", why: e.to_string() })?;
            self.keep_turn(lease)?;
            let finished = self.as_journaled(&revision, |engine, again| {
                let p = engine.prepare_as(&dataset, &action)?;
                engine.check_clock(&p)?;
                let told = &mut HashSet::new();
                if action == REPLAY {
                    engine.finish_replayed(&p, &keys)?;
                }
                engine.recover_batch(id, sweep, &p, &keys, again, told, lease, observer)
            });
            match finished {
                Ok((recovered, refused)) => {
                    let left = n.saturating_sub(recovered.done);
                    if let Some(e) = refused {
                        left_open.push(FindingReport {
                            code: "refused",
                            dataset: dataset.clone(),
                            count: left,
                            text: format!("of a batch that was interrupted, records are left: {e}"),
                            alarm: true,
                        });
                    } else if action == REPLAY && left > 0 {
                        left_open.push(FindingReport {
                            code: "replay-interrupted",
                            dataset: dataset.clone(),
                            count: left,
                            text: "a replay was interrupted, and records that it was to erase again may be left; run `frist replay` once more".into(),
                            alarm: true,
                        });
                    }
                    out.push(recovered);
                }
                Err(
                    e @ (Error::Store(_)
                    | Error::Rule(_)
                    | Error::Clock(_)
                    | Error::RegisterChanged
                    | Error::Damaged { .. }
                    | Error::UnknownDataset(_)),
                ) => {
                    left_open.push(FindingReport {
                        code: "open-batch",
                        dataset,
                        count: n,
                        text: format!("a batch that was interrupted cannot be finished yet: {e}"),
                        alarm: true,
                    });
                }
                Err(e) => return Err(e),
            }
        }
        self.close_interrupted(lease)?;
        // A sweep may have ended, and its process died before it wiped the key.
        self.state.wipe();
        Ok((out, left_open))
    }

    /// Does `work` with the register that a batch was journaled under: by another one the same data
    /// set may lie elsewhere, where all of its records would seem to be gone.
    fn as_journaled<T>(
        &mut self,
        revision: &str,
        work: impl FnOnce(&mut Self, Again) -> Result<T>,
    ) -> Result<T> {
        let ours = self.revision.to_string();
        let live = self.state.live_revision()?.map_or_else(|| ours.clone(), |live| live.hash);
        if revision == ours {
            return work(self, if live == ours { Again::Yes } else { Again::Settle });
        }
        let damaged = |why: String| Error::Damaged { what: "the register of an open batch", why };
        let kept = self.state.revision(revision)?.ok_or_else(|| damaged("it is missing".into()))?;
        let old = crate::effects::register_of(&kept.text).map_err(damaged)?;
        let old_revision = revision.parse().map_err(|_| damaged("its hash is none".into()))?;
        self.drop_stores();
        let register = std::mem::replace(&mut self.register, old);
        let current = std::mem::replace(&mut self.revision, old_revision);
        let done = work(self, Again::Settle);
        self.register = register;
        self.revision = current;
        self.drop_stores();
        done
    }

    /// Removes what is left of records that a replay had begun to erase: the rule may find nothing due in
    /// them, and nobody would ever be told of them.
    pub(crate) fn finish_replayed(&mut self, prepared: &Prepared, keys: &[Key]) -> Result<()> {
        let store = self.store(&prepared.dataset.store.value)?;
        Ok(store.finish_again(&prepared.bound, keys)?)
    }

    /// Finishes one open batch. What the store refuses for good is left for the next plan, and the
    /// refusal answered; while it may only be busy, the batch stays open. Those in `told` are in the
    /// ledger already, by a batch that had the same keys; it is added to.
    #[expect(clippy::too_many_arguments, reason = "the parts of one batch")]
    pub(crate) fn recover_batch(
        &mut self,
        batch: BatchId,
        sweep: SweepId,
        prepared: &Prepared,
        keys: &[Key],
        again: Again,
        told: &mut HashSet<Key>,
        lease: &Lease,
        observer: Observer<'_>,
    ) -> Result<(Recovered, Option<StoreError>)> {
        let store_id = prepared.dataset.store.value.clone();
        let mut ours: HashSet<Key> = HashSet::new();
        let mut refused = None;
        if again != Again::No {
            // A connection that broke is made anew.
            self.drop_store(&store_id);
            let action = self.action(prepared)?;
            // All of them, also those that seem to be gone: a store without transactions may have
            // stopped half-way through a record, and one with them may still hold the rows of a
            // process that was thought dead, and then makes us wait for it.
            let answer = match again {
                Again::Settle => {
                    let none = prepared.compile(self.now(), &[]);
                    let none = Compiled { due: Test::Const(false), ..none };
                    self.store(&store_id)?.dispose(&prepared.bound, &none, keys, &action)
                }
                Again::Yes | Again::No => self.at_gate(prepared, lease, |store, compiled, _| {
                    store.dispose(&prepared.bound, compiled, keys, &action)
                })?,
            };
            match answer {
                Ok(disposed) => ours = disposed.done.into_iter().map(|r| r.key).collect(),
                Err(e @ StoreError::Refused { transient: false, .. }) => {
                    self.drop_store(&store_id);
                    refused = Some(e);
                }
                Err(e) => return Err(e.into()),
            }
        }
        // Asked last, so that nothing goes between the answer and the account.
        let mut done = self.store(&store_id)?.disposed(&prepared.bound, keys)?;
        done.retain(|k| !told.contains(k));
        let absent = done.iter().filter(|k| !ours.contains(k)).count() as u64;
        let spared = (keys.len() - done.len()) as u64;
        let n = done.len() as u64;
        if done.is_empty() {
            self.state.confirm_nothing(lease, batch, self.now())?;
        } else {
            // When those found absent went is not known, so neither is how late.
            let figures = Lateness::default();
            let account = Account { sweep, batch, figures, spared, absent, recovered: true };
            let tree = leaves(&self.keys.record, &prepared.place(), done.iter());
            self.books(self.now()).0.account(prepared, &tree, &account, lease)?;
        }
        told.extend(done);
        observer(Step::Recovered { dataset: prepared.id(), n });
        let recovered = Recovered { dataset: prepared.id().to_owned(), done: n, absent, spared };
        Ok((recovered, refused))
    }

    /// Sweeps that a crash interrupted are closed as aborted: their keys are destroyed, and what
    /// they did not reach waits for the next plan.
    fn close_interrupted(&mut self, lease: &Lease) -> Result<()> {
        use frist_ledger::entry::{Entry, Id, Kind, Outcome};
        let open = self.state.open_batches()?;
        for sweep in self.state.running_sweeps()? {
            if open.iter().any(|b| b.sweep == sweep.id) {
                continue;
            }
            let now = self.now();
            let kind = Kind::Sweep {
                sweep: Id::from(sweep.id.0.unsigned_abs()),
                outcome: Outcome::Aborted,
                datasets: Vec::new(),
            };
            self.state.finish_sweep(
                lease,
                sweep.id,
                Outcome::Aborted,
                &Entry::new(now, kind),
                now,
            )?;
        }
        Ok(())
    }
}
