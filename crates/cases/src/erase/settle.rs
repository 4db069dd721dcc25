//! Deciding a request: what persons answered, what the engine says to each record, who must approve.

use std::collections::BTreeMap;

use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use frist_sweep::guard::{self, Trip};
use jiff::Timestamp;

use super::letters::{outcome_of, parts_of, reasons_of};
use super::{ERASE, PERSON, Work, decide_records, desk, keep, step};
use crate::decide::{Choices, RecordAnswer};
use crate::request::desk::{Kept, Told};
use crate::request::{Outcome, Stage, Step};
use crate::{CasesError, Result};

/// What a decision came to.
#[derive(Debug)]
pub struct Settled {
    /// The answers, in the order of the case's records.
    pub answers: Vec<RecordAnswer>,
    /// Why another person (or anybody) must approve before anything is erased.
    pub needs: Vec<Trip>,
    /// What the person is answered; none while questions are open.
    pub outcome: Option<Outcome>,
}

/// Changes what persons have answered in a request. Whatever was decided by it is to be decided
/// and approved anew.
///
/// # Errors
/// When the request is answered already, or somebody else changed it meanwhile.
pub fn choose(
    engine: &mut Engine,
    by: &str,
    number: &str,
    t: Timestamp,
    change: impl FnOnce(&mut Choices),
) -> Result<()> {
    let kept = desk(engine, by, t, "").load(number)?;
    not_yet_answered(&kept)?;
    let mut work = Work::of(&kept)?;
    change(&mut work.choices);
    (work.decided_by, work.approved_by) = (None, None);
    work.needs.clear();
    keep(engine, kept, &work, None, step(t, by, "chosen", None))?;
    Ok(())
}

fn not_yet_answered(kept: &Kept) -> Result<()> {
    if kept.request.stage < Stage::Answered {
        return Ok(());
    }
    Err(CasesError::Step {
        id: kept.case.number.clone(),
        step: "decided",
        why: "it is answered".into(),
        possible: "reopen".into(),
    })
}

/// Decides about the records of a request that was searched. While a person must answer something,
/// nothing is decided: the questions are in the answers.
///
/// # Errors
/// When the request was not searched or is answered, or a store cannot be reached.
pub fn settle(engine: &mut Engine, by: &str, number: &str, t: Timestamp) -> Result<Settled> {
    let kept = desk(engine, by, t, "").load(number)?;
    not_yet_answered(&kept)?;
    let mut work = Work::of(&kept)?;
    let mut records = engine.state.case_records(number)?;
    let open: Vec<usize> = (0..records.len()).filter(|ix| records[*ix].done_at.is_none()).collect();
    let open_records: Vec<&CaseRecord> = open.iter().map(|ix| &records[*ix]).collect();
    let answers = decide_records(engine, &kept, &work, &open_records, t)?;
    let lang = kept.request.lang;
    for (ix, answer) in open.iter().zip(&answers) {
        work.put(&mut records[*ix], answer, lang);
    }
    work.needs = trips(engine, &answers)?;
    (work.decided_by, work.approved_by) = (Some(by.to_owned()), None);
    let needs = work.needs.clone();
    if records.iter().any(|r| r.state == PERSON) {
        (work.decided_by, work.reasons) = (None, None);
        let text = format!("{} records", records.iter().filter(|r| r.state == PERSON).count());
        keep(engine, kept, &work, Some(&records), step(t, by, "asked", Some(text)))?;
        return Ok(Settled { answers, needs, outcome: None });
    }
    let outcome = outcome_of(&kept.request, &work, &records);
    work.reasons = reasons_of(&kept.request, &work, &records, &engine.register);
    let decide = Step::Decide {
        outcome,
        reasons: work.reasons.clone(),
        deferred: parts_of(&records, &work),
    };
    // Looked at first, so that a decision that cannot be taken keeps nothing.
    desk(engine, by, t, "").after(&kept, &decide)?;
    keep(engine, kept, &work, Some(&records), step(t, by, "weighed", None))?;
    desk(engine, by, t, "").take(number, None, &decide, Told::Nothing, None)?;
    Ok(Settled { answers, needs, outcome: Some(outcome) })
}

/// Why these answers must be approved before they are carried out.
fn trips(engine: &mut Engine, answers: &[RecordAnswer]) -> Result<Vec<Trip>> {
    let mut due: BTreeMap<&str, u64> = BTreeMap::new();
    for answer in answers.iter().filter(|a| a.answer.word() == ERASE) {
        *due.entry(&answer.dataset).or_default() += 1;
    }
    let mut trips = Vec::new();
    for (dataset, due) in due {
        let prepared = engine.prepare_again(dataset)?;
        let (guard, two) = (&prepared.dataset.guard, prepared.dataset.two_person);
        let store = engine.store(&prepared.dataset.store.value)?;
        let total = store.total(&prepared.bound, guard::enough(guard, due))?;
        trips.extend(guard::check(dataset, guard, two, due, total, &[]));
    }
    Ok(trips)
}

/// Approves what was decided.
///
/// # Errors
/// When nothing waits for approval, or whoever decided it may not approve it too.
pub fn approve(engine: &mut Engine, by: &str, number: &str, t: Timestamp) -> Result<()> {
    let kept = desk(engine, by, t, "").load(number)?;
    let mut work = Work::of(&kept)?;
    let refuse = |why: &str, possible: &str| {
        Err(CasesError::Step {
            id: number.to_owned(),
            step: "approved",
            why: why.into(),
            possible: possible.into(),
        })
    };
    let Some(decided_by) = &work.decided_by else {
        return refuse("nothing is decided yet", "decide");
    };
    if work.needs.is_empty() {
        return refuse("it needs no approval", "erase");
    }
    if work.approved_by.is_some() {
        return refuse("it is approved", "erase");
    }
    if work.needs.iter().any(Trip::needs_other_person) && decided_by == by {
        return refuse("whoever decided it may not approve it too", "approval by another person");
    }
    work.approved_by = Some(by.to_owned());
    keep(engine, kept, &work, None, step(t, by, "approved", None))?;
    Ok(())
}
