//! Carrying out what was decided about a person's records (Art. 17, 19, 21, 7(3)).
//!
//! A request is searched ([`search`]), decided ([`settle`]), approved by a second person where a
//! data set or the blast radius wants it ([`approve`]), executed by the steps of a sweep
//! ([`execute`]) and answered ([`answer`]). What is refused until a day goes on that day, by the
//! ordinary sweep or by [`finish_deferred`], and the person is told.
//!
//! At each of these the records are decided about anew: what a person approved is the most that can
//! go, and never what a duty or a hold has come to keep since.

mod answer;
mod deferred;
mod execute;
mod letters;
mod search;
mod settle;

use std::collections::BTreeMap;

use frist_register::Lang;
use frist_state::case::{CaseChange, CaseRecord, NewStep};
use frist_stores::Key;
use frist_sweep::Engine;
use frist_sweep::guard::Trip;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decide::{self, Choices, RecordAnswer, Right};
use crate::request::desk::{Desk, Kept};
use crate::request::{Actor, Right as Asked};
use crate::{CasesError, Result};

pub use answer::{Answering, answer, answer_as, draft, filled};
pub use deferred::{Finished, finish_deferred};
pub use execute::{Executed, execute};
pub use letters::{Why, asked, why};
pub use search::{Answered, answered, search};
pub use settle::{Settled, approve, choose, settle};

/// Under this name the decisions are kept with the request.
const WORK: &str = "erase";

/// A record that the search found, and about which nothing is decided yet.
pub const FOUND: &str = "found";
/// It goes, or went (then the record says when).
pub const ERASE: &str = "erase";
/// It stays.
pub const REFUSE: &str = "refuse";
/// A person must answer first.
pub const PERSON: &str = "person";
/// The objection or withdrawal does not concern it: it stays as it was.
pub const UNTOUCHED: &str = "untouched";
/// It was not there any more.
pub const ABSENT: &str = "absent";

/// What is kept with the request beside its records.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Work {
    pub(crate) choices: Choices,
    /// Why approval is asked for.
    pub(crate) needs: Vec<Trip>,
    pub(crate) decided_by: Option<String>,
    pub(crate) approved_by: Option<String>,
    /// The reasons that the records gave when it was decided: a letter has them in its lines, and tells
    /// only what a person wrote as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasons: Option<String>,
    /// By which holds records are refused, by [`Choices::record_id`] and the holds' ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) held: BTreeMap<String, Vec<String>>,
}

impl Work {
    pub(crate) fn of(kept: &Kept) -> Result<Self> {
        let Some(work) = kept.request.work.get(WORK) else { return Ok(Self::default()) };
        Work::deserialize(work).map_err(|_| CasesError::Damaged {
            what: "what was decided in a request",
            why: format!("case `{}` has it in another form", kept.case.number),
        })
    }

    /// Puts an answer down with its record, and by which holds it is refused.
    fn put(&mut self, record: &mut CaseRecord, answer: &RecordAnswer, lang: Lang) {
        let id = Choices::record_id(&record.dataset, &record.key);
        match answer.holds.as_slice() {
            [] => drop(self.held.remove(&id)),
            holds => drop(self.held.insert(id, holds.to_vec())),
        }
        *record = letters::record_of(record, answer, lang);
    }

    /// The holds by which a record is refused.
    fn holds_of(&self, record: &CaseRecord) -> Option<&Vec<String>> {
        self.held.get(&Choices::record_id(&record.dataset, &record.key))
    }

    fn is_approved(&self) -> bool {
        self.needs.is_empty() || self.approved_by.is_some()
    }
}

/// How far the approval of what was decided has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Approval {
    /// Why it must be approved; nothing of it when it needs no approval.
    pub needs: Vec<Trip>,
    /// Who decided; none when it is not decided, or to be decided anew.
    pub decided_by: Option<String>,
    /// Who approved.
    pub approved_by: Option<String>,
}

impl Approval {
    /// Whether somebody must approve before anything is erased.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.decided_by.is_some() && !self.needs.is_empty() && self.approved_by.is_none()
    }
}

/// How far the approval of what was decided in a request has come.
///
/// # Errors
/// When what is kept with it cannot be read.
pub fn approval(kept: &Kept) -> Result<Approval> {
    let Work { needs, decided_by, approved_by, .. } = Work::of(kept)?;
    Ok(Approval { needs, decided_by, approved_by })
}

/// What persons have answered in a request so far.
///
/// # Errors
/// When what is kept with it cannot be read.
pub fn choices(kept: &Kept) -> Result<Choices> {
    Ok(Work::of(kept)?.choices)
}

/// A desk at this engine's state and register.
pub(crate) fn desk<'e>(
    engine: &'e mut Engine,
    by: &'e str,
    at: Timestamp,
    signed: &'e str,
) -> Desk<'e> {
    let by = Actor::Person(by);
    Desk { state: &mut engine.state, register: &engine.register, by, at, signed }
}

/// What a request means for the records' grounds.
pub(crate) fn right_of(kept: &Kept) -> Result<Right> {
    Ok(match kept.request.right {
        Asked::Erasure => Right::Erasure,
        Asked::Objection if kept.request.marketing => Right::Marketing,
        Asked::Objection => Right::Objection,
        Asked::ConsentWithdrawal => Right::Withdrawal,
        other => {
            return Err(CasesError::Step {
                id: kept.case.number.clone(),
                step: "decided record by record",
                why: format!("it is a request under Art. {}", other.article()),
                possible: "the command for that right".into(),
            });
        }
    })
}

/// The keys of these records of a case, as their stores know them; of a data set that cannot be
/// reached the error is told.
pub(crate) fn keys_of(engine: &mut Engine, records: &[&CaseRecord]) -> Result<Vec<(String, Key)>> {
    let mut by_dataset: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (ix, record) in records.iter().enumerate() {
        by_dataset.entry(&record.dataset).or_default().push(ix);
    }
    let mut out: Vec<Option<(String, Key)>> = vec![None; records.len()];
    for (dataset, places) in by_dataset {
        let texts: Vec<String> = places.iter().map(|ix| records[*ix].key.clone()).collect();
        let keys = engine.parse_keys(dataset, &texts)?;
        for (ix, key) in places.into_iter().zip(keys) {
            out[ix] = Some((dataset.to_owned(), key));
        }
    }
    Ok(out.into_iter().flatten().collect())
}

/// Decides about these records of a case at `t`, as its choices say.
pub(crate) fn decide_records(
    engine: &mut Engine,
    kept: &Kept,
    work: &Work,
    records: &[&CaseRecord],
    t: Timestamp,
) -> Result<Vec<RecordAnswer>> {
    let hits = keys_of(engine, records)?;
    decide::decide(engine, &hits, right_of(kept)?, t, &work.choices)
}

/// What can be said about a request's records now: the records that are open, and the answers.
/// Nothing is changed.
///
/// # Errors
/// When there is no such request, or a store cannot be reached.
pub fn look(
    engine: &mut Engine,
    number: &str,
    t: Timestamp,
) -> Result<Vec<(CaseRecord, RecordAnswer)>> {
    let kept = desk(engine, "", t, "").load(number)?;
    let work = Work::of(&kept)?;
    let records = engine.state.case_records(number)?;
    let open: Vec<&CaseRecord> = records.iter().filter(|r| r.done_at.is_none()).collect();
    let answers = decide_records(engine, &kept, &work, &open, t)?;
    Ok(open.into_iter().cloned().zip(answers).collect())
}

/// Keeps the work and the records of a case, with a step in its log.
pub(crate) fn keep(
    engine: &mut Engine,
    mut kept: Kept,
    work: &Work,
    records: Option<&[CaseRecord]>,
    step: NewStep,
) -> Result<Kept> {
    let value = serde_json::to_value(work)
        .map_err(|e| CasesError::Damaged { what: "what was decided", why: e.to_string() })?;
    kept.request.work.insert(WORK.to_owned(), value);
    let due = kept.request.due(&engine.register.controller.calendar).map(|due| due.over);
    let change = CaseChange { body: kept.request.body()?, due, ..kept.case.change() };
    let (number, version) = (kept.case.number.clone(), kept.case.version);
    let version = engine.state.change_case_with(&number, version, &change, &step, &[], records)?;
    kept.case.version = version;
    (kept.case.body, kept.case.due) = (change.body, change.due);
    Ok(kept)
}

pub(crate) fn step(
    at: Timestamp,
    by: &str,
    word: impl Into<String>,
    text: Option<String>,
) -> NewStep {
    NewStep { at, by: by.to_owned(), step: word.into(), text }
}

/// The words in the request's language.
pub(crate) fn say<'t>(lang: Lang, da: &'t str, en: &'t str) -> &'t str {
    if lang == Lang::Da { da } else { en }
}
