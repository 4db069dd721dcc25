//! The grants of one store, together: records of several data sets are journaled, erased and
//! confirmed in one step each, as many as a batch may have.
//!
//! A person's twenty records lie in ten tables. Each by itself would be journaled, erased and
//! confirmed by itself, and each of these waits for a disk. A store that has transactions erases all
//! of them in one; where it refuses, nothing was done, and each goes by itself as in any sweep.

use std::collections::BTreeMap;

use frist_state::{BatchId, Confirm, Lease, NewBatch, SweepId};
use frist_stores::{Action, Key, Part, Record, StoreError};

use crate::account::{Account, late, lateness, leaves};
use crate::batch::{BATCH, REFUSALS, Tally, journal, new_batch};
use crate::engine::{Engine, Prepared};
use crate::granted::{Carried, Grant, Granted, account_for, in_the_store, in_the_store_or};
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// One grant on its way.
struct Turn<'g> {
    /// Its place among all grants.
    at: usize,
    grant: &'g Grant,
    /// Its data set, with the rule that follows from the request.
    prepared: Prepared,
    action: Action,
    tally: Tally,
}

/// Records of one grant that go in one step.
struct Piece<'g> {
    /// The place of their turn.
    turn: usize,
    keys: &'g [Key],
}

/// Data sets that their store cannot do, with what it said.
type Failed = BTreeMap<String, String>;

impl Engine {
    /// The grants of one store, and then the store is asked again.
    pub(crate) fn store_turn(
        &mut self,
        grants: &[Grant],
        these: &[usize],
        carried: &mut [Option<Carried>],
        sweep: SweepId,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<()> {
        let mut failed = Failed::new();
        let mut turns = self.turns(grants, these, &mut failed, observer)?;
        if let Some(store) = turns.first().map(|t| t.prepared.dataset.store.value.clone()) {
            let declared = self.register.store(&store);
            let size = declared.and_then(|s| s.batch).map_or(BATCH, |b| b.max(1) as usize);
            for pack in packs(&turns, size) {
                self.keep_turn(lease)?;
                self.pack(&mut turns, pack, &mut failed, sweep, lease, observer)?;
            }
        }
        self.settle_all(&turns, &mut failed, observer)?;
        let mut seen = turns.into_iter().peekable();
        for ix in these {
            let grant = &grants[*ix];
            let refused = failed.get(&grant.dataset).cloned();
            let Some(turn) = seen.next_if(|turn| turn.at == *ix) else {
                carried[*ix] = Some(account_for(grant, Tally::default(), Vec::new(), refused));
                continue;
            };
            let bound = &turn.prepared.bound;
            let gone = match self.store(&turn.prepared.dataset.store.value) {
                Ok(store) => {
                    in_the_store_or(store.disposed(bound, &grant.keys).map_err(Error::from))
                }
                Err(e) => in_the_store_or(Err(e)),
            }?;
            let refused = turn.tally.refused.as_ref().map(ToString::to_string).or(refused);
            carried[*ix] = Some(account_for(grant, turn.tally, gone.unwrap_or_default(), refused));
            if seen.peek().is_none_or(|next| next.grant.dataset != grant.dataset) {
                observer(Step::Verified { dataset: &grant.dataset });
            }
        }
        Ok(())
    }

    /// The data sets of these grants made ready, but for those that fail.
    fn turns<'g>(
        &mut self,
        grants: &'g [Grant],
        these: &[usize],
        failed: &mut Failed,
        observer: Observer<'_>,
    ) -> Result<Vec<Turn<'g>>> {
        let mut turns = Vec::with_capacity(these.len());
        let mut clock = false;
        for of_one in these.chunk_by(|a, b| grants[*a].dataset == grants[*b].dataset) {
            let dataset = grants[of_one[0]].dataset.as_str();
            let planned = of_one.iter().map(|ix| grants[*ix].keys.len() as u64).sum();
            observer(Step::Dataset { dataset, planned });
            let ready = self.prepare_again(dataset).and_then(|prepared| {
                if !clock {
                    self.check_clock(&prepared)?;
                    clock = true;
                }
                Ok(prepared)
            });
            let ready = ready.and_then(|prepared| {
                let one = |ix: &usize| {
                    let grant = &grants[*ix];
                    let prepared = prepared.clone().granted(Granted::new(grant)?);
                    let action = self.action(&prepared)?;
                    Ok(Turn { at: *ix, grant, prepared, action, tally: Tally::default() })
                };
                of_one.iter().map(one).collect::<Result<Vec<_>>>()
            });
            match ready {
                Ok(ready) => turns.extend(ready),
                Err(e) => self.give_up(dataset, Err(e), failed)?,
            }
        }
        Ok(turns)
    }

    /// Notes what a store could not do; anything else ends the call.
    fn give_up(&mut self, dataset: &str, done: Result<()>, failed: &mut Failed) -> Result<()> {
        if let Some(why) = in_the_store(done)? {
            if let Some(d) = self.register.dataset(dataset) {
                let store = d.store.value.clone();
                self.drop_store(&store);
            }
            failed.entry(dataset.to_owned()).or_insert(why);
        }
        Ok(())
    }

    /// One step: together where the store can, else and where it refuses one by one.
    fn pack(
        &mut self,
        turns: &mut [Turn<'_>],
        mut pack: Vec<Piece<'_>>,
        failed: &mut Failed,
        sweep: SweepId,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<()> {
        pack.retain(|piece| !failed.contains_key(&turns[piece.turn].grant.dataset));
        let store = pack.first().map(|p| turns[p.turn].prepared.dataset.store.value.clone());
        if let Some(store) = store.filter(|_| pack.len() > 1) {
            let done = match self.store(&store) {
                Ok(store) if !store.takes_together() => Ok(false),
                Ok(_) => self.together(turns, &pack, sweep, lease, observer),
                Err(e) => Err(e),
            };
            match done {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // All of them were in it.
                Err(e) => {
                    let why = in_the_store(Err(e))?.unwrap_or_default();
                    self.drop_store(&store);
                    for piece in &pack {
                        failed
                            .entry(turns[piece.turn].grant.dataset.clone())
                            .or_insert(why.clone());
                    }
                    return Ok(());
                }
            }
        }
        for Piece { turn, keys } in pack {
            let Turn { grant, prepared, action, tally, .. } = &mut turns[turn];
            if failed.contains_key(&grant.dataset) || tally.refusals >= REFUSALS {
                continue;
            }
            self.keep_turn(lease)?;
            let keys = keys.to_vec();
            let done =
                self.halves(prepared, action, keys, None, None, sweep, lease, tally, observer);
            self.give_up(&grant.dataset, done.map(drop), failed)?;
        }
        Ok(())
    }

    /// One journal, one gate, one transaction of the store, one confirmation. False when the store
    /// refused: then each batch is closed, as far as nothing of it was done all the same.
    fn together(
        &mut self,
        turns: &mut [Turn<'_>],
        pack: &[Piece<'_>],
        sweep: SweepId,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<bool> {
        let prepared: Vec<&Prepared> = pack.iter().map(|p| &turns[p.turn].prepared).collect();
        let store = prepared[0].dataset.store.value.clone();
        self.store(&store)?.pace(pack.iter().map(|p| p.keys.len()).sum())?;
        let batches = self.journal_all(&prepared, pack, sweep, lease)?;
        for (piece, prepared) in pack.iter().zip(&prepared) {
            observer(Step::Intent { dataset: prepared.id(), n: piece.keys.len() as u64 });
        }
        let answer = self.at_gate_all(&prepared, lease, |store, tests| {
            let parts: Vec<Part<'_>> = pack
                .iter()
                .zip(tests)
                .map(|(piece, (compiled, _))| {
                    let Turn { prepared, action, .. } = &turns[piece.turn];
                    Part { bound: &prepared.bound, compiled, keys: piece.keys, action }
                })
                .collect();
            store.dispose_together(&parts)
        });
        let disposed = match answer {
            Ok(Ok(disposed)) => disposed,
            Err(e @ (Error::RegisterChanged | Error::Store(_))) => {
                // The store was not asked.
                let nothing: Vec<_> = batches.iter().map(|batch| (*batch, None)).collect();
                self.state.confirm_all(lease, &nothing, self.now())?;
                return Err(e);
            }
            Err(e) => return Err(e),
            Ok(Err(e)) => {
                self.refused_together(turns, pack, &batches, e, sweep, lease, observer)?;
                return Ok(false);
            }
        };
        for (prepared, disposed) in prepared.iter().zip(&disposed) {
            observer(Step::Disposed { dataset: prepared.id(), n: disposed.done.len() as u64 });
        }
        let gone: Vec<(&[Record], BatchId)> =
            disposed.iter().map(|d| d.done.as_slice()).zip(batches).collect();
        self.account_all(&prepared, pack, &gone, sweep, lease)?;
        for (piece, disposed) in pack.iter().zip(disposed) {
            let Turn { prepared, tally, .. } = &mut turns[piece.turn];
            let n = disposed.done.len() as u64;
            tally.done += n;
            tally.spared += piece.keys.len() as u64 - n;
            tally.detached += disposed.detached;
            tally.gone.extend(disposed.done.into_iter().map(|r| r.key));
            observer(Step::Confirmed { dataset: prepared.id(), n });
        }
        Ok(true)
    }

    fn journal_all(
        &mut self,
        prepared: &[&Prepared],
        pack: &[Piece<'_>],
        sweep: SweepId,
        lease: &mut Lease,
    ) -> Result<Vec<BatchId>> {
        let revision = self.revision.to_string();
        let texts: Vec<Vec<u8>> =
            pack.iter().map(|piece| journal(piece.keys.iter())).collect::<Result<_>>()?;
        let new: Vec<NewBatch<'_>> = prepared
            .iter()
            .zip(pack)
            .zip(&texts)
            .map(|((prepared, piece), text)| {
                new_batch(prepared, &revision, piece.keys.len() as u64, text)
            })
            .collect();
        let now = self.now();
        Ok(self.state.intent_all(lease, self.turn, sweep, &new, now)?)
    }

    /// Confirms all batches of a step; those of which nothing went are closed.
    fn account_all(
        &mut self,
        prepared: &[&Prepared],
        pack: &[Piece<'_>],
        gone: &[(&[Record], BatchId)],
        sweep: SweepId,
        lease: &Lease,
    ) -> Result<()> {
        let gone_at = self.now();
        let record = self.keys.record.clone();
        let (books, _) = self.books(gone_at);
        let mut told = Vec::with_capacity(gone.len());
        for ((prepared, piece), (done, batch)) in prepared.iter().zip(pack).zip(gone) {
            let figures = lateness(&mut late(prepared, done, gone_at));
            let spared = (piece.keys.len() - done.len()) as u64;
            let tree = leaves(&record, &prepared.place(), done.iter().map(|r| &r.key));
            let account =
                Account { sweep, batch: *batch, figures, spared, absent: 0, recovered: false };
            let one = match done.is_empty() {
                true => None,
                false => Some(books.told(prepared, &tree, &account)?),
            };
            told.push((*batch, one, tree));
        }
        let ended: Vec<(BatchId, Option<Confirm<'_>>)> = told
            .iter()
            .map(|(batch, told, tree)| (*batch, told.as_ref().map(|told| told.confirm(tree))))
            .collect();
        Ok(books.state.confirm_all(lease, &ended, gone_at)?)
    }

    /// The store refused a step: what it did all the same is accounted for. When it cannot be asked,
    /// that is the error.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn refused_together(
        &mut self,
        turns: &mut [Turn<'_>],
        pack: &[Piece<'_>],
        batches: &[BatchId],
        e: StoreError,
        sweep: SweepId,
        lease: &Lease,
        observer: Observer<'_>,
    ) -> Result<()> {
        let store = turns[pack[0].turn].prepared.dataset.store.value.clone();
        let (alive, again) = self.after_refusal(&store)?;
        for (piece, batch) in pack.iter().zip(batches) {
            let Turn { prepared, tally, .. } = &mut turns[piece.turn];
            let (told, keys) = (&mut tally.told, piece.keys);
            let accounted =
                self.recover_batch(*batch, sweep, prepared, keys, again, told, lease, observer);
            match accounted {
                Ok((found, _)) => tally.done += found.done,
                Err(_) => return Err(e.into()),
            }
        }
        if alive { Ok(()) } else { Err(e.into()) }
    }

    /// What erased bytes may be left is removed in each data set that went.
    fn settle_all(
        &mut self,
        turns: &[Turn<'_>],
        failed: &mut Failed,
        observer: Observer<'_>,
    ) -> Result<()> {
        for of_one in turns.chunk_by(|a, b| a.grant.dataset == b.grant.dataset) {
            let Turn { prepared, .. } = &of_one[0];
            if failed.contains_key(prepared.id()) {
                continue;
            }
            let settled = match self.store(&prepared.dataset.store.value) {
                Ok(store) if store.clears_up() => {
                    store.settle(&prepared.bound).map(drop).map_err(Error::from)
                }
                // Its advice is for the sweeps, which have somebody to tell it to.
                Ok(_) => Ok(()),
                Err(e) => Err(e),
            };
            self.give_up(prepared.id(), settled, failed)?;
            observer(Step::Settled { dataset: prepared.id() });
        }
        Ok(())
    }
}

/// The grants' records in steps of at most `size`, in the order of the turns.
fn packs<'g>(turns: &[Turn<'g>], size: usize) -> Vec<Vec<Piece<'g>>> {
    let mut packs: Vec<Vec<Piece<'_>>> = Vec::new();
    let mut room = 0;
    for (turn, of_one) in turns.iter().enumerate() {
        for keys in of_one.grant.keys.chunks(size) {
            match packs.last_mut().filter(|_| keys.len() <= room) {
                Some(pack) => pack.push(Piece { turn, keys }),
                None => {
                    packs.push(vec![Piece { turn, keys }]);
                    room = size;
                }
            }
            room -= keys.len();
        }
    }
    packs
}
