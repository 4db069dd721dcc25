//! Carrying out a plan: journal, erase, confirm, batch by batch, and ask the store again.
//!
//! The order is what makes it recoverable. A batch's keys are journaled and on disk before the
//! store is asked; the store tests again that each record is due at that moment; and what it did
//! is confirmed in one transaction with the ledger's entry. A crash anywhere leaves an open batch,
//! which [`crate::recover`] finishes.

use frist_ledger::entry::{Entry, Id, Kind, Lateness, Outcome, Swept};
use frist_state::{Lease, NewFinding, SweepId, SweptDataset};

use crate::account::{lateness, number};
use crate::batch::Tally;
use crate::engine::Engine;
use crate::plan::{Item, Plan};
use crate::report::{DatasetReport, FindingReport, Report};
use crate::step::{Observer, Step};
use crate::verify::Seen;
use crate::{Error, Result};

const CAME_BACK: &str = "erased records that were looked for are there again (or new ones with their keys); see the store's triggers, its replication, and the programs that write to it";

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
                let seen = self.settle_and_verify(plan, item, &prepared, &tally, observer);
                seen.and_then(|seen| self.forget_answers(&prepared).map(|_| seen))
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
            }
            Err(e) => return Err(e),
        }
        Ok((report, findings))
    }
}
