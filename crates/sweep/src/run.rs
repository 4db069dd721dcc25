//! Carrying out a plan: journal, erase, confirm, batch by batch, and ask the store again.
//!
//! The order is what makes it recoverable. A batch's keys are journaled and on disk before the
//! store is asked; the store tests again that each record is due at that moment; and what it did
//! is confirmed in one transaction with the ledger's entry. A crash anywhere leaves an open batch,
//! which [`crate::recover`] finishes.

use std::collections::HashSet;

use frist_decide::Compiled;
use frist_ledger::entry::{Entry, Id, Kind, Lateness, Outcome, Swept};
use frist_register::{Disposition, OnErase};
use frist_state::{Lease, NewBatch, NewFinding, SweepId, SweptDataset};
use frist_stores::{Action, Aftercare, Key, Record, StoreError};

use crate::account::{Account, late, lateness, number};
use crate::engine::{Engine, Prepared};
use crate::plan::{Item, Plan, disposition};
use crate::recover::Again;
use crate::report::{DatasetReport, FindingReport, Report};
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// Records in a batch, when the register does not say.
pub const BATCH: usize = 10_000;
/// How far a store's clock may be from ours, seconds.
const CLOCK: i64 = 300;
/// How many of the erased are looked for again in each data set.
const SAMPLE: usize = 200;

/// How many refusals a data set's turn takes before it gives up: enough to find some single records
/// among many, and few enough not to wait for locks for hours.
const REFUSALS: u32 = 50;

/// How many of those that are still due are looked up in the ledger.
const LOOK_UP: usize = 20;

const CAME_BACK: &str = "erased records that were looked for are there again (or new ones with their keys); see the store's triggers, its replication, and the programs that write to it";

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
struct Tally {
    done: u64,
    spared: u64,
    detached: u64,
    /// Records that the store said it erased, and that were there right after.
    back: u64,
    /// How often the store refused a batch, and what it said last.
    refusals: u32,
    refused: Option<StoreError>,
    /// Records of refused batches that were gone all the same, and are in the ledger: their keys
    /// come once more with the halves of the batch.
    told: HashSet<Key>,
    late: Vec<u64>,
    sample: Vec<Key>,
    /// Entries in the ledger when the turn began.
    entries: u64,
}

impl Engine {
    /// Carries out a kept plan.
    ///
    /// # Errors
    /// When the plan may not run, another process sweeps, or Frist's own database fails: what was
    /// erased by then is confirmed or will be recovered. What goes wrong in one store is a finding.
    pub fn sweep(&mut self, plan_id: &str, observer: Observer<'_>) -> Result<Report> {
        let mut lease = self.turn()?;
        let result = self.sweep_in_turn(plan_id, &mut lease, observer);
        // The turn ends by itself if it cannot be given back.
        let released = self.state.release(&lease);
        let report = result?;
        released?;
        Ok(report)
    }

    pub(crate) fn turn(&mut self) -> Result<Lease> {
        let now = self.now();
        let holder = self.holder.clone();
        // Looked at first: to take it waits for the batch under way.
        if let Some(lease) = self.state.lease("sweep", now)?
            && !(self.is_dead)(&lease.holder)
        {
            return Err(Error::Busy { until: lease.until });
        }
        match self.state.acquire("sweep", &holder, self.turn, now)? {
            Some(lease) => Ok(lease),
            None => {
                let held = self.state.lease("sweep", now)?;
                // A process of this machine that died does not give its turn up: it is taken. The
                // fence stops it, should it have been alive after all.
                if let Some(lease) = held.as_ref().filter(|l| (self.is_dead)(&l.holder)) {
                    self.state.release(lease)?;
                    if let Some(lease) = self.state.acquire("sweep", &holder, self.turn, now)? {
                        return Ok(lease);
                    }
                }
                Err(Error::Busy { until: held.map_or(now, |l| l.until) })
            }
        }
    }

    /// Keeps the turn for its whole length from now. The lease may run by another clock than ours,
    /// so what is left of it cannot be told here.
    pub(crate) fn keep_turn(&mut self, lease: &mut Lease) -> Result<()> {
        let now = self.now();
        Ok(self.state.renew(lease, self.turn, now)?)
    }

    fn sweep_in_turn(
        &mut self,
        plan_id: &str,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<Report> {
        let (recovered, left_open) = self.recover_in_turn(lease, observer)?;
        let (plan, kept) = self.plan(plan_id)?;
        self.may_run(&plan, &kept)?;
        if self.state.live_revision()?.is_some_and(|live| live.hash != plan.revision) {
            return Err(Error::PlanRefused {
                plan: plan.id,
                why: "another revision of the register was made live since; make a new one with `frist plan`".into(),
            });
        }
        let sweep =
            self.state.begin_sweep(lease, Some(plan_id), &self.revision.to_string(), self.now())?;
        observer(Step::Began);
        let mut report = Report {
            sweep: sweep.0,
            plan: plan.id.clone(),
            datasets: Vec::new(),
            findings: left_open,
            recovered: recovered.iter().map(|r| r.done).sum(),
        };
        for problem in &plan.problems {
            report.findings.push(FindingReport {
                code: "unreachable",
                dataset: problem.dataset.clone(),
                count: 0,
                text: problem.text.clone(),
                alarm: true,
            });
        }
        for item in &plan.items {
            self.keep_turn(lease)?;
            let (dataset, mut findings) = self.sweep_item(&plan, item, sweep, lease, observer)?;
            report.datasets.push(dataset);
            report.findings.append(&mut findings);
        }
        self.close(&report, sweep, lease)?;
        observer(Step::Finished);
        Ok(report)
    }

    fn close(&mut self, report: &Report, sweep: SweepId, lease: &mut Lease) -> Result<()> {
        let now = self.now();
        self.keep_turn(lease)?;
        let mut swept = Vec::new();
        for d in &report.datasets {
            let findings = report.findings.iter().filter(|f| f.dataset == d.dataset).count() as u64;
            let counts = Swept {
                dataset: Id::new(d.dataset.as_str())?,
                done: d.done,
                held: d.held,
                blocked: d.blocked,
                spared: d.spared,
                unclear: d.unclear,
                findings,
            };
            let complete = !report.findings.iter().any(|f| f.alarm && f.dataset == d.dataset);
            let late = Lateness { p50: d.late_p50, p99: d.late_p99, max: d.late_max };
            let kept = SweptDataset { counts: counts.clone(), at: now, complete, late };
            self.state.keep_swept(lease, sweep, &kept, now)?;
            if d.done + d.held + d.blocked + d.spared + d.unclear + findings > 0 {
                swept.push(counts);
            }
        }
        let kept: Vec<NewFinding> = report
            .findings
            .iter()
            .map(|f| NewFinding {
                code: f.code.to_owned(),
                dataset: f.dataset.clone(),
                count: f.count,
                detail: f.text.clone(),
            })
            .collect();
        let entries = report
            .findings
            .iter()
            .map(|f| {
                let (code, dataset) = (Id::new(f.code)?, Id::new(f.dataset.as_str())?);
                Ok(Entry::new(now, Kind::Finding { code, dataset, count: f.count }))
            })
            .collect::<Result<Vec<_>>>()?;
        let examined: Vec<&str> = report
            .datasets
            .iter()
            .map(|d| d.dataset.as_str())
            .chain(report.findings.iter().map(|f| f.dataset.as_str()))
            .collect();
        self.state.keep_findings(&examined, &kept, &entries, now)?;
        if self.state.open_batches()?.iter().any(|b| b.sweep == sweep) {
            // Its keys are still needed: the next recovery finishes the batch and closes the sweep.
            return Ok(());
        }
        let outcome = if report.green() { Outcome::Finished } else { Outcome::Aborted };
        let entry =
            Entry::new(now, Kind::Sweep { sweep: number(sweep.0), outcome, datasets: swept });
        self.state.finish_sweep(lease, sweep, outcome, &entry, now)?;
        self.state.prune_replay(now)?;
        Ok(())
    }

    fn sweep_item(
        &mut self,
        plan: &Plan,
        item: &Item,
        sweep: SweepId,
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<(DatasetReport, Vec<FindingReport>)> {
        let planned = item.due + item.blocked;
        observer(Step::Dataset { dataset: &item.dataset, planned });
        let mut report = DatasetReport {
            dataset: item.dataset.clone(),
            place: item.place.clone(),
            planned,
            held: item.counts.map_or(0, |c| c.held),
            unclear: item.counts.map_or(0, |c| c.unclear),
            ..Default::default()
        };
        let mut findings = Vec::new();
        let mut find = |code, count, text: String, alarm| {
            findings.push(FindingReport {
                code,
                dataset: item.dataset.clone(),
                count,
                text,
                alarm,
            });
        };
        if report.unclear > 0 {
            find(
                "unclear",
                report.unclear,
                "a fact that decides is missing or malformed; `frist list` names them; put it right in the store, or declare it `open = true` if it may be missing".into(),
                false,
            );
        }
        let mut tally = Tally { entries: self.state.size()?, ..Tally::default() };
        let prepared = match self.prepare(&item.dataset) {
            Ok(prepared) => prepared,
            Err(e @ (Error::Store(_) | Error::Rule(_))) => {
                find("unreachable", planned, e.to_string(), true);
                return Ok((report, findings));
            }
            Err(e) => return Err(e),
        };
        let swept =
            self.sweep_dataset(plan, &prepared, planned, sweep, lease, &mut tally, observer);
        report.done = tally.done;
        report.spared = tally.spared;
        report.detached = tally.detached;
        let late = lateness(&mut tally.late);
        (report.late_p50, report.late_p99, report.late_max) = (late.p50, late.p99, late.max);
        let after = match swept {
            Ok(()) => {
                self.keep_turn(lease)?;
                self.settle_and_verify(plan, item, &prepared, &tally, observer)
            }
            Err(e) => Err(e),
        };
        match after {
            Ok(Seen { care, still_due, blocked, back, unclear }) => {
                report.settled = care.done;
                report.advice = care.advice;
                report.blocked = blocked;
                if blocked > 0 {
                    find(
                        "blocked",
                        blocked,
                        "due, but records that are kept refer to them (by a link, or by a foreign key that the register does not name); they go when those go"
                            .into(),
                        false,
                    );
                }
                // A plan takes no more records than it names: what was entered since, with dates that
                // make it due, is for the next.
                let new = still_due.saturating_sub(back);
                if tally.done >= planned {
                    if new > 0 {
                        find(
                            "since-planned",
                            new,
                            "due by what was entered after the plan was made; the next plan takes them"
                                .into(),
                            false,
                        );
                    }
                } else if let Some(e) = tally.refused.filter(|_| still_due > 0) {
                    find("refused", still_due, e.to_string(), true);
                } else if still_due > 0 {
                    find(
                        "still-due",
                        still_due,
                        "due when planned and still there: the store refused them or put them back; see its triggers, rules and permissions".into(),
                        true,
                    );
                }
                if unclear > 0 {
                    report.unclear += unclear;
                    find(
                        "became-unclear",
                        unclear,
                        "due when planned, but now a fact that decides is missing or cannot be read; was a field changed? `frist list` names them".into(),
                        true,
                    );
                }
                let back = back + tally.back;
                if back > 0 {
                    find("came-back", back, CAME_BACK.into(), true);
                }
            }
            Err(e @ (Error::Store(_) | Error::Clock(_) | Error::RegisterChanged)) => {
                self.drop_store(&prepared.dataset.store.value);
                let left = planned.saturating_sub(tally.done);
                let code = match e {
                    Error::Clock(_) => "clock",
                    Error::RegisterChanged => "register-changed",
                    _ => "refused",
                };
                find(code, left, e.to_string(), true);
                if tally.back > 0 {
                    find("came-back", tally.back, CAME_BACK.into(), true);
                }
            }
            Err(e) => return Err(e),
        }
        Ok((report, findings))
    }

    /// Batch after batch, until nothing more of what was planned can go.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, used nowhere else")]
    fn sweep_dataset(
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
            let ahead = left.is_empty().then_some(ahead);
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
        let mut done = disposed.done;
        if !done.is_empty() {
            // A trigger can put a record back in the very transaction that erased it: the ledger
            // says only what is seen to be true.
            let said: Vec<Key> = done.iter().map(|r| r.key.clone()).collect();
            let store = self.store(&prepared.dataset.store.value)?;
            let gone: HashSet<Key> = store.disposed(&prepared.bound, &said)?.into_iter().collect();
            done.retain(|r| gone.contains(&r.key));
            tally.back += (said.len() - done.len()) as u64;
        }
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

    fn settle_and_verify(
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

fn page_size(page: usize, left: u64) -> usize {
    page.min(usize::try_from(left).unwrap_or(page))
}

/// What the store answered when it was asked again.
struct Seen {
    care: Aftercare,
    still_due: u64,
    blocked: u64,
    back: u64,
    /// More than when planned.
    unclear: u64,
}
