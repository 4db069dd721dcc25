//! Erasing what was decided and approved, for one request or for several at once.

use std::collections::{BTreeMap, BTreeSet};

use frist_state::case::CaseRecord;
use frist_stores::Key;
use frist_sweep::step::Observer;
use frist_sweep::{Carried, Engine, Grant};
use jiff::Timestamp;

use super::letters::{outcome_of, parts_of, reasons_of};
use super::{ABSENT, ERASE, REFUSE, Work, decide_records, desk, keep, say, step};
use crate::decide::{Answer, Choices};
use crate::recipients::disclosed;
use crate::request::desk::{Kept, Told};
use crate::request::{Stage, Step};
use crate::{CasesError, Result};

/// What was done for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The request.
    pub number: String,
    /// Records that went.
    pub erased: u64,
    /// Records that were not there any more.
    pub absent: u64,
    /// Records that were to go, and are kept: by what has come since, or by records that refer to them.
    pub kept: u64,
    /// Records that a store could not erase now; execute again.
    pub open: u64,
    /// What the stores said to that. Names no record.
    pub refused: Vec<String>,
}

/// One request under way.
pub(super) struct Turn {
    pub(super) kept: Kept,
    pub(super) work: Work,
    pub(super) records: Vec<CaseRecord>,
    /// The records that go: their place in `records`, their data set, key, and grounds left out.
    pub(super) going: Vec<(usize, String, Key, Vec<String>)>,
    /// How many of those that were to go are kept by what has come since.
    pub(super) stay: u64,
}

/// Erases what was decided in these requests, together. The records are decided about once more:
/// what has come to be kept since stays, and the request is decided anew by that.
///
/// # Errors
/// When one of them is not decided or not approved: then nothing is done. When another process
/// sweeps, or Frist's own database does not answer: what was erased by then is in the ledger, and
/// executing again finds it.
pub fn execute(
    engine: &mut Engine,
    by: &str,
    numbers: &[String],
    observer: Observer<'_>,
) -> Result<Vec<Executed>> {
    let t = engine.now();
    let mut turns = Vec::with_capacity(numbers.len());
    for number in numbers {
        turns.push(begin(engine, number, t)?);
    }
    let outcomes = carry_out(engine, &turns, observer)?;
    let mut out = Vec::with_capacity(turns.len());
    for (turn, done) in turns.into_iter().zip(outcomes) {
        out.push(finish(engine, by, turn, &done)?);
    }
    Ok(out)
}

fn begin(engine: &mut Engine, number: &str, t: Timestamp) -> Result<Turn> {
    let kept = desk(engine, "", t, "").load(number)?;
    let work = Work::of(&kept)?;
    let refuse = |why: &str, possible: &str| {
        Err(CasesError::Step {
            id: number.to_owned(),
            step: "carried out",
            why: why.into(),
            possible: possible.into(),
        })
    };
    if kept.request.stage < Stage::Decided || work.decided_by.is_none() {
        return refuse("it is not decided", "decide");
    }
    let records = engine.state.case_records(number)?;
    let refused = kept.request.decision.as_ref().is_some_and(|d| d.outcome.is_refusal());
    if refused && records.iter().any(|r| r.state == ERASE && r.done_at.is_none()) {
        return refuse("it was refused after that was decided", "decide");
    }
    if !work.is_approved() {
        return refuse("it waits for approval", "approve");
    }
    turn(engine, kept, work, records, &|r| r.state == ERASE, t)
}

/// Decides once more about the records of a request that `which` names and that are not done.
pub(super) fn turn(
    engine: &mut Engine,
    kept: Kept,
    mut work: Work,
    mut records: Vec<CaseRecord>,
    which: &dyn Fn(&CaseRecord) -> bool,
    t: Timestamp,
) -> Result<Turn> {
    let open: Vec<usize> = (0..records.len())
        .filter(|ix| records[*ix].done_at.is_none() && which(&records[*ix]))
        .collect();
    let these: Vec<&CaseRecord> = open.iter().map(|ix| &records[*ix]).collect();
    let answers = decide_records(engine, &kept, &work, &these, t)?;
    let (mut going, mut stay) = (Vec::new(), 0);
    for (ix, answer) in open.into_iter().zip(answers) {
        if matches!(answer.answer, Answer::Erase { .. } | Answer::Absent) {
            // One that is gone is carried out too: a call that was cut off may have erased it.
            going.push((ix, answer.dataset, answer.key, answer.without));
        } else {
            work.put(&mut records[ix], &answer, kept.request.lang);
            stay += 1;
        }
    }
    Ok(Turn { kept, work, records, going, stay })
}

/// What became of the records of one turn, by their place in it.
pub(super) struct Done {
    pub(super) gone: Vec<usize>,
    pub(super) absent: Vec<usize>,
    pub(super) left: Vec<usize>,
    pub(super) failed: Vec<usize>,
    pub(super) refused: Vec<String>,
}

/// Carries out all of them, a data set and a rule at a time.
pub(super) fn carry_out(
    engine: &mut Engine,
    turns: &[Turn],
    observer: Observer<'_>,
) -> Result<Vec<Done>> {
    type Same<'a> = (&'a str, &'a [String]);
    let mut groups: BTreeMap<Same<'_>, (BTreeSet<&str>, BTreeSet<&Key>)> = BTreeMap::new();
    for turn in turns {
        for (_, dataset, key, without) in &turn.going {
            let group = groups.entry((dataset, without)).or_default();
            group.0.insert(&turn.kept.case.number);
            group.1.insert(key);
        }
    }
    let grants: Vec<Grant> = groups
        .iter()
        .map(|((dataset, without), (cases, keys))| Grant {
            cases: cases.iter().map(|c| (*c).to_owned()).collect(),
            dataset: (*dataset).to_owned(),
            without: without.to_vec(),
            keys: keys.iter().map(|k| (*k).clone()).collect(),
        })
        .collect();
    let carried = match grants.is_empty() {
        true => Vec::new(),
        false => engine.carry_out(&grants, observer)?,
    };
    let carried: BTreeMap<Same<'_>, Carried> = groups.keys().copied().zip(carried).collect();
    let sets: BTreeMap<Same<'_>, [BTreeSet<&Key>; 2]> = carried
        .iter()
        .map(|(same, c)| (*same, [c.done.iter().collect(), c.absent.iter().collect()]))
        .collect();
    let mut out = Vec::with_capacity(turns.len());
    for turn in turns {
        let mut one =
            Done { gone: vec![], absent: vec![], left: vec![], failed: vec![], refused: vec![] };
        for (ix, dataset, key, without) in &turn.going {
            let same = (dataset.as_str(), without.as_slice());
            let (Some(carried), Some([done, absent])) = (carried.get(&same), sets.get(&same))
            else {
                continue;
            };
            let place = if done.contains(key) {
                &mut one.gone
            } else if absent.contains(key) {
                // A call that was cut off, or another request, may have erased it.
                match engine.is_told(dataset, key)? {
                    true => &mut one.gone,
                    false => &mut one.absent,
                }
            } else if carried.refused.is_some() {
                &mut one.failed
            } else {
                &mut one.left
            };
            place.push(*ix);
            one.refused.extend(carried.refused.clone().filter(|r| !one.refused.contains(r)));
        }
        out.push(one);
    }
    Ok(out)
}

fn finish(engine: &mut Engine, by: &str, turn: Turn, done: &Done) -> Result<Executed> {
    let t = engine.now();
    let Turn { mut kept, mut work, mut records, stay, .. } = turn;
    let (number, lang) = (kept.case.number.clone(), kept.request.lang);
    mark(&mut records, done, t);
    for ix in &done.left {
        let (ground, until, holds) = held_back(engine, &work, &records, *ix, lang);
        let record = &mut records[*ix];
        record.state = REFUSE.to_owned();
        (record.ground, record.until) = (Some(ground), until);
        if !holds.is_empty() {
            work.held.insert(Choices::record_id(&record.dataset, &record.key), holds);
        }
    }
    owe(engine, &mut kept, &records, &done.gone, t);
    let executed = Executed {
        number: number.clone(),
        erased: done.gone.len() as u64,
        absent: done.absent.len() as u64,
        kept: done.left.len() as u64 + stay,
        open: done.failed.len() as u64,
        refused: done.refused.clone(),
    };
    let answered = kept.request.stage >= Stage::Answered;
    let outcome = outcome_of(&kept.request, &work, &records);
    let reasons = reasons_of(&kept.request, &work, &records, &engine.register);
    let same = kept.request.deferred == parts_of(&records, &work)
        && kept.request.decision.as_ref().is_some_and(|d| {
            d.outcome == outcome && (d.reasons == reasons || d.reasons != work.reasons)
        });
    work.reasons.clone_from(&reasons);
    let word = format!("erased:{}", executed.erased);
    keep(engine, kept, &work, Some(&records), step(t, by, word, None))?;
    if !answered && !same && executed.open == 0 && records.iter().all(|r| r.state != super::PERSON)
    {
        let decide = Step::Decide { outcome, reasons, deferred: parts_of(&records, &work) };
        desk(engine, by, t, "").take(&number, None, &decide, Told::Nothing, None)?;
    }
    Ok(executed)
}

/// Marks what went and what was not there.
pub(super) fn mark(records: &mut [CaseRecord], done: &Done, t: Timestamp) {
    for ix in &done.gone {
        records[*ix].state = ERASE.to_owned();
        records[*ix].done_at = Some(t);
    }
    for ix in &done.absent {
        records[*ix].state = ABSENT.to_owned();
        records[*ix].done_at = Some(t);
    }
}

/// Puts down who is to be told (Art. 19) that these records are gone.
pub(super) fn owe(
    engine: &Engine,
    kept: &mut Kept,
    records: &[CaseRecord],
    gone: &[usize],
    t: Timestamp,
) {
    let datasets = gone.iter().map(|ix| records[*ix].dataset.as_str());
    kept.request.owe(disclosed(datasets, &engine.register), t);
}

/// Why a record stays that nothing keeps by itself: records that refer to it do. The ground, the day
/// and the holds are theirs, where the case knows them.
fn held_back(
    engine: &Engine,
    work: &Work,
    records: &[CaseRecord],
    ix: usize,
    lang: frist_register::Lang,
) -> (String, Option<jiff::civil::Date>, Vec<String>) {
    let refers = |r: &&CaseRecord| {
        r.state == REFUSE
            && engine
                .register
                .dataset(&r.dataset)
                .is_some_and(|d| d.links.iter().any(|l| l.to.value == records[ix].dataset))
    };
    let longest =
        records.iter().filter(refers).max_by_key(|r| r.until.unwrap_or(jiff::civil::Date::MAX));
    let words = say(
        lang,
        "17(1) Oplysninger, der skal bevares, henviser til det",
        "17(1) Records that must be kept refer to it",
    );
    match longest {
        Some(other) => {
            let ground = other.ground.clone().unwrap_or_else(|| words.to_owned());
            (ground, other.until, work.holds_of(other).cloned().unwrap_or_default())
        }
        None => (words.to_owned(), None, Vec::new()),
    }
}
