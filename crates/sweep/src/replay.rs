//! After a restore from backup: what had been erased is erased again.
//!
//! A restored record may lack the very fact that made it due (the withdrawal came after the
//! backup), so it is recognised by its keyed hash, kept only as long as a backup can bring it back.
//! A hold or a live statutory duty still stops it: then it is a finding, not an erasure.

use std::collections::HashSet;

use frist_decide::{Compiled, HoldScope, Role, Standing, Test, decide};
use frist_ledger::SubTreeBuilder;
use frist_ledger::entry::{Entry, Kind, Lateness};
use frist_register::Disposition;
use frist_state::{BatchOutcome, Confirm, Lease, NewBatch, SweepId};
use frist_stores::{Action, Key, Store, StoreError};
use jiff::Timestamp;

use crate::engine::{Engine, Prepared, covers};
use crate::recover::{Again, REPLAY};
use crate::report::FindingReport;
use crate::step::{Observer, Step};
use crate::{Error, Result, order};

/// Keys looked at a time.
const PAGE: usize = 10_000;

/// What replay found and did in one data set.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Replayed {
    /// The data set.
    pub dataset: String,
    /// Records looked at.
    pub examined: u64,
    /// Records that had been erased and were there again.
    pub back: u64,
    /// Among them: erased again.
    pub erased: u64,
    /// Among them: kept, because a hold or a statutory duty now covers them.
    pub kept: u64,
}

/// What a replay came to.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// By data set.
    pub datasets: Vec<Replayed>,
    /// What somebody must settle.
    pub findings: Vec<FindingReport>,
}

/// What holds through one replay.
struct Turn<'l> {
    since: Timestamp,
    /// None when it only looks.
    sweep: Option<SweepId>,
    lease: &'l mut Lease,
}

impl Engine {
    /// Erases again what was erased after `since` (the instant of the backup that was restored).
    /// With `dry`, only looks.
    ///
    /// # Errors
    /// When another process sweeps, or Frist's own database does not answer.
    pub fn replay(
        &mut self,
        since: Timestamp,
        dry: bool,
        observer: Observer<'_>,
    ) -> Result<Report> {
        let mut lease = self.turn()?;
        let result = self.replay_in_turn(since, dry, &mut lease, observer);
        let released = self.state.release(&lease);
        let report = result?;
        released?;
        Ok(report)
    }

    fn replay_in_turn(
        &mut self,
        since: Timestamp,
        dry: bool,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<Report> {
        let (_, findings) = self.recover_in_turn(lease, observer)?;
        let mut report = Report { findings, ..Report::default() };
        let sets = self.state.replay_sets(since)?;
        // Children first, as in a sweep: a restored child keeps its parent back.
        let mut ids: Vec<String> = order::order(&self.register, None)
            .iter()
            .map(|d| d.id.value.clone())
            .filter(|id| sets.iter().any(|s| s.dataset == *id))
            .collect();
        for set in &sets {
            // One that the register no longer has becomes a finding.
            if !ids.contains(&set.dataset) {
                ids.push(set.dataset.clone());
            }
        }
        if ids.is_empty() {
            return Ok(report);
        }
        let revision = self.revision.to_string();
        // One that only looks writes nothing.
        let sweep = match dry {
            true => None,
            false => {
                self.make_live()?;
                Some(self.state.begin_sweep(lease, None, &revision, self.now())?)
            }
        };
        let mut turn = Turn { since, sweep, lease };
        for id in ids {
            let mut erased: HashSet<[u8; 32]> = HashSet::new();
            for set in sets.iter().filter(|s| s.dataset == id) {
                let hashes = self.state.replay_hashes(set.batch)?.unwrap_or_default();
                erased.extend(hashes.chunks_exact(32).filter_map(|c| <[u8; 32]>::try_from(c).ok()));
            }
            let done = self
                .prepare(&id)
                .and_then(|p| self.replay_dataset(&p, &erased, &mut turn, observer));
            match done {
                Ok(one) => {
                    if one.kept > 0 {
                        report.findings.push(FindingReport {
                            code: "replay-kept",
                            dataset: id.clone(),
                            count: one.kept,
                            text: "erased once and restored from backup, but a hold or a statutory duty covers them now; somebody must decide".into(),
                            alarm: true,
                        });
                    }
                    let left = one.back - one.kept - one.erased;
                    if left > 0 && !dry {
                        report.findings.push(FindingReport {
                            code: "replay-left",
                            dataset: id.clone(),
                            count: left,
                            text: "erased once and restored from backup, but still there: records that are kept refer to them, or the store put them back".into(),
                            alarm: true,
                        });
                    }
                    report.datasets.push(one);
                }
                Err(
                    e @ (Error::Store(_)
                    | Error::Rule(_)
                    | Error::Clock(_)
                    | Error::RegisterChanged
                    | Error::UnknownDataset(_)),
                ) => {
                    if let Some(d) = self.register.dataset(&id) {
                        let store = d.store.value.clone();
                        self.drop_store(&store);
                    }
                    report.findings.push(FindingReport {
                        code: "unreachable",
                        dataset: id,
                        count: 0,
                        text: e.to_string(),
                        alarm: true,
                    });
                }
                Err(e) => return Err(e),
            }
        }
        let Some(sweep) = sweep else { return Ok(report) };
        if self.state.open_batches()?.iter().any(|b| b.sweep == sweep) {
            // Recovery finishes the batch and closes the sweep.
            return Ok(report);
        }
        let now = self.now();
        let outcome = match report.findings.iter().any(|f| f.alarm) {
            true => frist_ledger::entry::Outcome::Aborted,
            false => frist_ledger::entry::Outcome::Finished,
        };
        let kind = Kind::Sweep {
            sweep: frist_ledger::Id::from(sweep.0.unsigned_abs()),
            outcome,
            datasets: Vec::new(),
        };
        self.state.finish_sweep(lease, sweep, outcome, &Entry::new(now, kind), now)?;
        Ok(report)
    }

    fn replay_dataset(
        &mut self,
        prepared: &Prepared,
        erased: &HashSet<[u8; 32]>,
        turn: &mut Turn<'_>,
        observer: Observer<'_>,
    ) -> Result<Replayed> {
        let mut out = Replayed { dataset: prepared.id().to_owned(), ..Replayed::default() };
        observer(Step::Examine { dataset: prepared.id() });
        self.check_clock(prepared)?;
        let place = prepared.place();
        let store_id = prepared.dataset.store.value.clone();
        let mut after: Option<Key> = None;
        loop {
            self.keep_turn(turn.lease)?;
            let page = self.store(&store_id)?.keys(&prepared.bound, after.as_ref(), PAGE)?;
            let Some(last) = page.last().cloned() else { return Ok(out) };
            after = Some(last);
            out.examined += page.len() as u64;
            let mut back: Vec<Key> = page
                .into_iter()
                .filter(|k| {
                    let locator = format!("{place}/{}", k.text());
                    erased.contains(&self.keys.record.leaf(locator.as_bytes()).0)
                })
                .collect();
            if matches!(prepared.rules.then, Disposition::Anonymise(_)) && !back.is_empty() {
                // An anonymised record is still there, and is not back.
                let done = self.store(&store_id)?.disposed(&prepared.bound, &back)?;
                back.retain(|k| !done.contains(k));
            }
            if back.is_empty() {
                continue;
            }
            out.back += back.len() as u64;
            let now = self.now();
            let holds = self.holds(&prepared.dataset, now)?;
            let free = free_to_go(self.store(&store_id)?, prepared, &back, &holds, now)?;
            out.kept += (back.len() - free.len()) as u64;
            if let Some(sweep) = turn.sweep.filter(|_| !free.is_empty()) {
                out.erased += self.erase_again(prepared, &free, sweep, turn, observer)?;
            }
        }
    }

    fn erase_again(
        &mut self,
        prepared: &Prepared,
        keys: &[Key],
        sweep: SweepId,
        turn: &mut Turn<'_>,
        observer: Observer<'_>,
    ) -> Result<u64> {
        let (since, lease) = (turn.since, &mut *turn.lease);
        let action = self.action(prepared)?;
        let sealed = serde_json::to_vec(keys)
            .map_err(|e| Error::Damaged { what: "a batch's keys", why: e.to_string() })?;
        let revision = self.revision.to_string();
        let n = keys.len() as u64;
        let new = NewBatch {
            dataset: prepared.id(),
            revision: &revision,
            action: REPLAY,
            n,
            keys: &sealed,
        };
        self.store(&prepared.dataset.store.value)?.pace(keys.len())?;
        let now = self.now();
        let batch = self.state.intent(lease, self.turn, sweep, new, now)?;
        observer(Step::Intent { dataset: prepared.id(), n });
        let again = self.at_gate(prepared, lease, |store, compiled, holds| {
            // A hold may have come since they were looked at.
            let keys = &free_to_go(store, prepared, keys, holds, now)?;
            match &action {
                Action::Erase => match store.erase_again(&prepared.bound, keys) {
                    // Those that went before it was cut off are not named the second time.
                    Err(_) if store.was_cut_off() => {
                        store.erase_again(&prepared.bound, keys).map(|_| keys.clone())
                    }
                    said => said,
                },
                Action::Anonymise { .. } => {
                    // Whatever the rule says now, as with erasing.
                    let all = Compiled { due: Test::Const(true), ..compiled.clone() };
                    store
                        .dispose(&prepared.bound, &all, keys, &action)
                        .map(|d| d.done.into_iter().map(|r| r.key).collect())
                }
            }
        })?;
        let store = self.store(&prepared.dataset.store.value)?;
        // Seen to be gone, as in a sweep.
        let gone = match again.and_then(|said| store.disposed(&prepared.bound, &said)) {
            Ok(gone) => gone,
            Err(e) => {
                let certain = !store.was_cut_off() && store.clock().is_ok();
                let again = if certain { Again::No } else { Again::Yes };
                let told = &mut HashSet::new();
                self.recover_batch(batch, sweep, prepared, keys, again, told, lease, observer)?;
                return Err(e.into());
            }
        };
        observer(Step::Disposed { dataset: prepared.id(), n: gone.len() as u64 });
        if gone.is_empty() {
            self.state.confirm_nothing(lease, batch, self.now())?;
            return Ok(0);
        }
        let mut tree = SubTreeBuilder::new(&self.keys.record, gone.len());
        let place = prepared.place();
        for key in &gone {
            tree.push(&[place.as_bytes(), b"/", key.text().as_bytes()]);
        }
        let tree = tree.build();
        let now = self.now();
        let kind = Kind::Replay { since, n: tree.count(), root: tree.root() };
        let outcome = BatchOutcome {
            done: tree.count(),
            not_due: n - tree.count(),
            absent: 0,
            late: Lateness::default(),
        };
        let entry = Entry::new(now, kind);
        let confirm = Confirm { outcome, entry: &entry, leaves: &tree, replay: None };
        self.state.confirm(lease, batch, &confirm, now)?;
        observer(Step::Confirmed { dataset: prepared.id(), n: tree.count() });
        Ok(tree.count())
    }
}

/// Those that none of the holds and no live statutory duty keeps back now.
fn free_to_go(
    store: &mut dyn Store,
    prepared: &Prepared,
    keys: &[Key],
    holds: &[HoldScope],
    now: Timestamp,
) -> std::result::Result<Vec<Key>, StoreError> {
    let mut free = Vec::new();
    for record in store.fetch(&prepared.bound, keys)? {
        let held = match holds.is_empty() {
            true => false,
            false => {
                let fields = store.fields(&prepared.bound, &record.key)?.unwrap_or_default();
                covers(holds, &record.key, &fields)
            }
        };
        let d = decide(&prepared.rules, prepared.bound.kinds(), &record.facts, held, now);
        let demanded = d.reasons.iter().any(|r| {
            // A duty that nobody can tell is over keeps, as everywhere.
            let standing = &r.standing;
            r.role == Role::Demands
                && matches!(standing, Standing::Live(_) | Standing::Unknown { .. })
        });
        if !held && !demanded {
            free.push(record.key);
        }
    }
    Ok(free)
}
