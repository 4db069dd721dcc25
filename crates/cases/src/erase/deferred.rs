//! What was refused until a day: it goes when its ground has ended, and the person is told.
//!
//! Mostly the ordinary sweep has erased it by then, since its rule says the same. What the rule
//! alone would keep longer (a consent that was taken back with the request) goes here, by the rule
//! without the grounds that no longer count.

use std::collections::BTreeSet;

use frist_paper::letters::LetterKind;
use frist_state::case::{CaseFilter, CaseKind};
use frist_sweep::Engine;
use frist_sweep::step::Observer;
use jiff::Timestamp;

use super::execute::{carry_out, mark, turn};
use super::{ERASE, REFUSE, Work, desk, keep, letters, step};
use crate::Result;
use crate::request::desk::Told;
use crate::request::{Stage, Step};

/// What was finished in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The request.
    pub number: String,
    /// Records whose ground had ended and that are gone now.
    pub gone: u64,
    /// Records whose ground had ended and that are still there: something else keeps them now, or a
    /// store did not do it. Nobody is told until they are gone.
    pub left: u64,
    /// Whether the request is closed by it.
    pub closed: bool,
}

/// Finishes the parts of answered requests whose ground has ended at `t`: erases what is still there
/// and writes the letter that tells so. To be called after each sweep. A request that cannot be
/// finished stays open and is tried again by the next call.
///
/// # Errors
/// When another process sweeps, or Frist's own database does not answer.
pub fn finish_deferred(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    t: Timestamp,
    observer: Observer<'_>,
) -> Result<Vec<Finished>> {
    let filter =
        CaseFilter { kind: Some(CaseKind::Request), open: Some(true), ..CaseFilter::default() };
    let calendar = engine.register.controller.calendar.clone();
    let mut turns = Vec::new();
    for case in engine.state.cases(&filter)? {
        let kept = desk(engine, by, t, signed).load(&case.number)?;
        let ended: BTreeSet<String> = kept
            .request
            .open_parts()
            .filter(|part| part.ended(t, &calendar))
            .map(|part| part.dataset.clone())
            .collect();
        if kept.request.stage != Stage::Answered || ended.is_empty() {
            continue;
        }
        let work = Work::of(&kept)?;
        let records = engine.state.case_records(&case.number)?;
        let today = crate::request::clock::day_of(t, &calendar);
        let which = |r: &frist_state::case::CaseRecord| {
            r.state == REFUSE && ended.contains(&r.dataset) && r.until.is_some_and(|u| u < today)
        };
        let of = |ix: usize| records[ix].clone();
        let theirs: Vec<_> = (0..records.len())
            .filter(|ix| which(&records[*ix]) && records[*ix].done_at.is_none())
            .map(|ix| (ix, of(ix)))
            .collect();
        match turn(engine, kept, work, records, &which, t) {
            Ok(turn) => turns.push((turn, theirs, ended)),
            // One store that does not answer keeps nobody else waiting.
            Err(
                crate::CasesError::Store(_)
                | crate::CasesError::Sweep(frist_sweep::Error::Store(_)),
            ) => {}
            Err(e) => return Err(e),
        }
    }
    if turns.is_empty() {
        return Ok(Vec::new());
    }
    let (only, rest): (Vec<_>, Vec<_>) =
        turns.into_iter().map(|(turn, theirs, ended)| (turn, (theirs, ended))).unzip();
    let done = carry_out(engine, &only, observer)?;
    let mut out = Vec::new();
    for ((turn, (theirs, ended)), done) in only.into_iter().zip(rest).zip(done) {
        let number = turn.kept.case.number.clone();
        let mut records = turn.records;
        mark(&mut records, &done, t);
        // Told of with the ground that kept them.
        let mut told = Vec::new();
        let (mut gone, mut left) = (0, 0);
        let mut waiting: BTreeSet<String> = BTreeSet::new();
        for (ix, before) in theirs {
            if records[ix].done_at.is_some() {
                gone += 1;
                told.push(frist_state::case::CaseRecord { state: ERASE.to_owned(), ..before });
            } else {
                left += 1;
                waiting.insert(records[ix].dataset.clone());
            }
        }
        let word = format!("erased:{gone}");
        keep(engine, turn.kept, &turn.work, Some(&records), step(t, by, word, None))?;
        let finished: Vec<&String> = ended.iter().filter(|d| !waiting.contains(*d)).collect();
        let mut closed = false;
        if let Some((last, before)) = finished.split_last() {
            told.retain(|r| !waiting.contains(&r.dataset));
            let kept = desk(engine, by, t, signed).load(&number)?;
            let context = letters::context(engine, &kept, &told, signed, t);
            let mut desk = desk(engine, by, t, signed);
            for dataset in before {
                let part = Step::PartsDone { dataset: (*dataset).clone() };
                desk.take(&number, None, &part, Told::Nothing, None)?;
            }
            let part = Step::PartsDone { dataset: (*last).clone() };
            let letter = match told.is_empty() {
                true => Told::Nothing,
                false => Told::Letter(LetterKind::Deferred, Box::new(context)),
            };
            desk.take(&number, None, &part, letter, None)?;
            closed = desk.close_if_done(&number)?;
        }
        out.push(Finished { number, gone, left, closed });
    }
    Ok(out)
}
