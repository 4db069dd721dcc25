//! What was done: sweeps, findings, holds, backups, and what no data set covers.

use std::collections::BTreeMap;

use frist_state::ReplaySet;
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::Result;
use crate::bundle::{
    Backup, Coverage, FindingRow, HoldRow, LastSweep, Period, SweepRow, Uncovered, Words,
};

/// The newest sweeps that are told one by one; all of them are counted in `proven`.
pub const SWEEPS: usize = 1000;

pub(super) fn sweeps(engine: &mut Engine, period: Period) -> Result<Vec<SweepRow>> {
    let mut rows = Vec::new();
    let sweeps = engine.state.sweeps(u32::MAX)?;
    for sweep in sweeps.into_iter().filter(|s| period.has(s.started_at)).take(SWEEPS) {
        let swept = engine.state.swept(sweep.id)?;
        let approvals = match &sweep.plan {
            Some(plan) => engine.state.approvals(plan)?.len() as u64,
            None => 0,
        };
        rows.push(SweepRow {
            sweep: sweep.id.0,
            started: sweep.started_at,
            ended: sweep.ended_at,
            status: sweep.status.as_str().to_owned(),
            revision: sweep.revision,
            approvals,
            done: swept.iter().map(|s| s.counts.done).sum(),
            incomplete: swept.iter().filter(|s| !s.complete).count() as u64,
        });
    }
    Ok(rows)
}

pub(super) fn last_swept(engine: &mut Engine) -> Result<Vec<LastSweep>> {
    let ids: Vec<String> = engine.register.datasets.iter().map(|d| d.id.value.clone()).collect();
    let mut rows = Vec::new();
    for dataset in ids {
        let last = engine.state.last_swept(&dataset)?;
        rows.push(match last {
            None => LastSweep {
                dataset,
                at: None,
                complete: false,
                done: 0,
                held: 0,
                blocked: 0,
                unclear: 0,
                late_p50_seconds: 0,
                late_max_seconds: 0,
            },
            Some(s) => LastSweep {
                dataset,
                at: Some(s.at),
                complete: s.complete,
                done: s.counts.done,
                held: s.counts.held,
                blocked: s.counts.blocked,
                unclear: s.counts.unclear,
                late_p50_seconds: s.late.p50,
                late_max_seconds: s.late.max,
            },
        });
    }
    Ok(rows)
}

pub(super) fn findings(engine: &mut Engine, period: Period) -> Result<Vec<FindingRow>> {
    let all = engine.state.findings()?.into_iter();
    let told = all.filter(|f| {
        f.first_seen < period.until && f.settled_at.is_none_or(|settled| settled >= period.since)
    });
    // The detail stays out: it can name a file or a field's value.
    Ok(told
        .map(|f| FindingRow {
            code: f.finding.code,
            dataset: f.finding.dataset,
            records: f.finding.count,
            first_seen: f.first_seen,
            settled: f.settled_at.filter(|s| *s < period.until),
        })
        .collect())
}

pub(super) fn holds(engine: &mut Engine, now: Timestamp) -> Result<Vec<HoldRow>> {
    let mut rows: BTreeMap<Option<String>, HoldRow> = BTreeMap::new();
    for hold in engine.state.holds(now)? {
        let hold = hold.hold;
        let row = rows.entry(hold.dataset.clone()).or_insert(HoldRow {
            dataset: hold.dataset,
            holds: 0,
            review_overdue: 0,
            oldest: hold.created_at,
        });
        row.holds += 1;
        row.review_overdue += u64::from(hold.review_at.is_some_and(|r| r <= now));
        row.oldest = row.oldest.min(hold.created_at);
    }
    Ok(rows.into_values().collect())
}

pub(super) fn backups(engine: &mut Engine) -> Result<Vec<Backup>> {
    let sets = engine.state.replay_sets(Timestamp::MIN)?;
    let mut rows = Vec::new();
    for store in engine.register.stores.clone() {
        let id = store.id.value.as_str();
        let mut row = Backup {
            store: id.to_owned(),
            kept: store
                .backups
                .as_ref()
                .map(|p| Words { da: p.value.text_da(), en: p.value.to_string() }),
            replay_sets: 0,
            sets_in_ledger: 0,
            oldest: None,
            until: None,
        };
        for set in &sets {
            let of = engine.register.dataset(&set.dataset).map(|d| d.store.value.as_str());
            if of != Some(id) {
                continue;
            }
            row.replay_sets += 1;
            row.oldest =
                Some(row.oldest.map_or(set.erased_at, |o: Timestamp| o.min(set.erased_at)));
            row.until =
                Some(row.until.map_or(set.keep_until, |u: Timestamp| u.max(set.keep_until)));
            row.sets_in_ledger += u64::from(in_ledger(engine, set)?);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Whether a replay set is what the ledger has: its hashes are the records of the batch's entry.
fn in_ledger(engine: &mut Engine, set: &ReplaySet) -> Result<bool> {
    let Some(leaf) = engine.state.batch(set.batch)?.and_then(|b| b.leaf) else { return Ok(false) };
    let Some(tree) = engine.state.subtree(leaf)? else { return Ok(false) };
    let hashes = engine.state.replay_hashes(set.batch)?.unwrap_or_default();
    Ok(hashes == tree.leaves_bytes())
}

/// Asks each store what lies in it that no data set and no exemption names.
pub(super) fn coverage(engine: &mut Engine) -> Vec<Coverage> {
    let stores = engine.register.stores.clone();
    let mut rows = Vec::new();
    for store in &stores {
        let id = &store.id.value;
        let own: Vec<String> = engine
            .register
            .datasets
            .iter()
            .filter(|d| d.store.value == *id)
            .map(|d| d.collection.value.clone())
            .collect();
        let exempt = store.exempt.iter().map(|e| e.at.value.as_str());
        let named: Vec<&str> = own.iter().map(String::as_str).chain(exempt).collect();
        let asked = engine.store(id).and_then(|open| Ok(open.unnamed(&named)?));
        let (uncovered, problem) = match asked {
            Ok(rest) => (rest, None),
            Err(e) => (Vec::new(), Some(e.to_string())),
        };
        rows.push(Coverage {
            store: id.clone(),
            title: Words::from(&store.title),
            datasets: own.len() as u64,
            exempt: store
                .exempt
                .iter()
                .map(|e| Uncovered {
                    at: e.at.value.clone(),
                    files: None,
                    why: Some(Words::from(&e.why.value)),
                })
                .collect(),
            uncovered: uncovered.into_iter().map(unnamed).collect(),
            problem,
        });
    }
    rows
}

fn unnamed(found: frist_stores::Unnamed) -> Uncovered {
    let at = if found.files.is_some() { String::new() } else { found.at };
    Uncovered { at, files: found.files, why: None }
}
