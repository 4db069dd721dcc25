//! What was refused until a day, or by a hold: it goes when its ground has ended, and the person is
//! told.
//!
//! Mostly the ordinary sweep has erased it by then, since its rule says the same. What the rule
//! alone would keep longer (a consent that was taken back with the request) goes here, by the rule
//! without the grounds that no longer count. What something else has come to keep waits on for that.

use std::collections::BTreeSet;

use frist_paper::letters::LetterKind;
use frist_state::case::{CaseFilter, CaseKind, CaseRecord};
use frist_sweep::Engine;
use frist_sweep::step::Observer;
use jiff::Timestamp;
use jiff::civil::Date;

use super::execute::{Done, Turn, carry_out, mark, owe, turn};
use super::letters::parts_of;
use super::{ERASE, REFUSE, Work, desk, keep, letters, step};
use crate::Result;
use crate::decide::Choices;
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

/// What is to be finished in one request: its turn, the data sets whose parts ended, and the records
/// of those parts by their place, as they were before.
struct Ending {
    turn: Turn,
    datasets: BTreeSet<String>,
    records: Vec<(usize, CaseRecord)>,
}

/// Finishes the parts of answered requests whose ground has ended at `t`, by its day or because the
/// hold was released: erases what is still there and writes the letter that tells so. To be called
/// after each sweep. A request that cannot be finished stays open and is tried again by the next call.
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
    let mut holds: Option<BTreeSet<String>> = None;
    let mut endings = Vec::new();
    for case in engine.state.cases(&filter)? {
        let kept = desk(engine, by, t, signed).load(&case.number)?;
        if kept.request.stage != Stage::Answered || kept.request.open_parts().next().is_none() {
            continue;
        }
        // Read once, and only where a request waits for a hold.
        if holds.is_none() && kept.request.open_parts().any(|part| part.until.is_none()) {
            let standing = engine.state.holds(t)?;
            holds = Some(standing.into_iter().map(|hold| hold.hold.id).collect());
        }
        match ending(engine, kept, holds.as_ref(), t) {
            Ok(ending) => endings.extend(ending),
            // One store that does not answer keeps nobody else waiting.
            Err(
                crate::CasesError::Store(_)
                | crate::CasesError::Sweep(frist_sweep::Error::Store(_)),
            ) => {}
            Err(e) => return Err(e),
        }
    }
    if endings.is_empty() {
        return Ok(Vec::new());
    }
    let (turns, rest): (Vec<_>, Vec<_>) =
        endings.into_iter().map(|e| (e.turn, (e.datasets, e.records))).unzip();
    let done = carry_out(engine, &turns, observer)?;
    let mut out = Vec::new();
    for ((turn, (datasets, records)), done) in turns.into_iter().zip(rest).zip(done) {
        out.push(finish(engine, (by, signed), Ending { turn, datasets, records }, &done, t)?);
    }
    Ok(out)
}

/// What of a request has ended at `t`, decided about once more; none when nothing has.
fn ending(
    engine: &mut Engine,
    kept: crate::request::Kept,
    holds: Option<&BTreeSet<String>>,
    t: Timestamp,
) -> Result<Option<Ending>> {
    let calendar = &engine.register.controller.calendar;
    let today = crate::request::clock::day_of(t, calendar);
    let mut datasets: BTreeSet<String> = kept
        .request
        .open_parts()
        .filter(|part| part.ended(t, calendar))
        .map(|part| part.dataset.clone())
        .collect();
    let work = Work::of(&kept)?;
    let records = engine.state.case_records(&kept.case.number)?;
    let released = |r: &CaseRecord| {
        let of = work.holds_of(r).zip(holds);
        of.is_some_and(|(of, standing)| of.iter().any(|id| !standing.contains(id)))
    };
    let ended = |r: &CaseRecord| {
        r.state == REFUSE
            && r.done_at.is_none()
            && match r.until {
                Some(until) => until < today && datasets.contains(&r.dataset),
                None => released(r),
            }
    };
    let theirs: Vec<(usize, CaseRecord)> =
        records.iter().cloned().enumerate().filter(|(_, r)| ended(r)).collect();
    datasets.extend(theirs.iter().map(|(_, r)| r.dataset.clone()));
    if datasets.is_empty() {
        return Ok(None);
    }
    let places: BTreeSet<(String, String)> =
        theirs.iter().map(|(_, r)| (r.dataset.clone(), r.key.clone())).collect();
    let which = |r: &CaseRecord| places.contains(&(r.dataset.clone(), r.key.clone()));
    let turn = turn(engine, kept, work, records, &which, t)?;
    Ok(Some(Ending { turn, datasets, records: theirs }))
}

/// Keeps what came of it, and tells the person of what is gone.
fn finish(
    engine: &mut Engine,
    (by, signed): (&str, &str),
    ending: Ending,
    done: &Done,
    t: Timestamp,
) -> Result<Finished> {
    let Ending { turn, datasets, records: theirs } = ending;
    let Turn { mut kept, mut work, mut records, .. } = turn;
    let number = kept.case.number.clone();
    let today = crate::request::clock::day_of(t, &engine.register.controller.calendar);
    mark(&mut records, done, t);
    owe(engine, &mut kept, &records, &done.gone, t);
    // Told of with the ground that kept them.
    let mut told = Vec::new();
    let (mut gone, mut left, mut changed) = (0, 0, false);
    for (ix, before) in theirs {
        if records[ix].done_at.is_some() {
            gone += 1;
            told.push(CaseRecord { state: ERASE.to_owned(), ..before });
            continue;
        }
        left += 1;
        if !waits_anew(&work, &records[ix], today) {
            // Nothing that ends by itself keeps it: it stays a part whose ground has ended, which the
            // overview shows as due until somebody looks at it.
            let ended = before.until.or_else(|| today.yesterday().ok());
            records[ix] = CaseRecord { until: ended, ..before.clone() };
            work.held.remove(&Choices::record_id(&before.dataset, &before.key));
        }
        changed |= records[ix] != before;
    }
    let none = |d: &&String| !records.iter().any(|r| r.dataset == **d && r.done_at.is_none());
    if gone == 0 && !changed && datasets.iter().find(none).is_none() {
        // Nothing came of it: the log is not filled with that day after day.
        return Ok(Finished { number, gone, left, closed: false });
    }
    keep(engine, kept, &work, Some(&records), step(t, by, format!("erased:{gone}"), None))?;
    let kept = desk(engine, by, t, signed).load(&number)?;
    let mut letter = match told.is_empty() {
        true => None,
        false => Some(letters::context(engine, &kept, &told, signed, t)),
    };
    let mut desk = desk(engine, by, t, signed);
    for (n, dataset) in datasets.iter().enumerate() {
        let open = records.iter().filter(|r| r.dataset == *dataset && r.done_at.is_none());
        let part = Step::PartsDone { dataset: dataset.clone(), waiting: parts_of(open, &work) };
        let told = match letter.take_if(|_| n + 1 == datasets.len()) {
            Some(context) => Told::Letter(LetterKind::Deferred, Box::new(context)),
            None => Told::Nothing,
        };
        desk.take(&number, None, &part, told, None)?;
    }
    let closed = desk.close_if_done(&number)?;
    Ok(Finished { number, gone, left, closed })
}

/// Whether a record waits for another day, or for another hold.
fn waits_anew(work: &Work, record: &CaseRecord, today: Date) -> bool {
    record.state == REFUSE
        && record.done_at.is_none()
        && match record.until {
            Some(until) => until >= today,
            None => work.holds_of(record).is_some(),
        }
}
