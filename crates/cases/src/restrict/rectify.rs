//! Rectification (Art. 16): named fields of one record are changed, and what they said before is kept
//! with the case alone.

use frist_paper::letters::{LetterContext, LetterKind, RectifiedLine};
use frist_stores::FieldValue;
use frist_sweep::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{keep_work, work_of};
use crate::erase::{desk, step};
use crate::fields::called;
use crate::recipients::{disclosed, lines};
use crate::request::desk::Told;
use crate::request::{Outcome, Right, Step};
use crate::{CasesError, Result};

/// Under this name the changes are kept with the request.
const WORK: &str = "rectify";

/// A field that was changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The data set.
    pub dataset: String,
    /// The record's key as text.
    pub key: String,
    /// The field.
    pub field: String,
    /// What it said before.
    pub before: Option<String>,
    /// What it says now.
    pub now: Option<String>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({}, {})", self.dataset, self.field)
    }
}

/// The changes that were made in a request so far.
///
/// # Errors
/// When what is kept with it cannot be read.
pub fn changes(kept: &crate::request::Kept) -> Result<Vec<Change>> {
    Ok(work_of(kept, WORK)?.unwrap_or_default())
}

/// Changes fields of a record that the search of this request found. With `finish`, the request is
/// answered with the letter that tells of all changes made in it.
///
/// # Errors
/// When it is no request for rectification, the record is not among those found for the person, a
/// field is part of the key or computed, or the store refuses: then nothing was changed.
#[expect(clippy::too_many_arguments, reason = "who, in which case, what, and when")]
pub fn rectify(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    record: (&str, &str),
    set: &[FieldValue],
    finish: bool,
    t: Timestamp,
) -> Result<Vec<Change>> {
    let (dataset, key) = record;
    let kept = desk(engine, by, t, signed).load(number)?;
    if kept.request.right != Right::Rectification {
        return Err(CasesError::Step {
            id: number.to_owned(),
            step: "rectified",
            why: format!("it is a request under Art. {}", kept.request.right.article()),
            possible: "open a request for rectification".into(),
        });
    }
    let granted = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    desk(engine, by, t, signed).after(&kept, &granted)?;
    let records = engine.state.case_records(number)?;
    if !records.iter().any(|r| r.dataset == dataset && r.key == key) {
        return Err(CasesError::Input {
            what: "the record",
            why: "it is not among those that were found for this person; search again, or confirm it there".into(),
        });
    }
    let kept = match set.is_empty() {
        true => kept,
        false => {
            let set: Vec<_> = set.iter().map(|f| (&f.field, &f.to)).collect();
            crate::second::ask(engine, by, kept, &("rectify", dataset, key, set), t)?
        }
    };
    let keys = engine.parse_keys(dataset, &[key.to_owned()])?;
    let prepared = engine.prepare(dataset)?;
    let store = engine.store(&prepared.dataset.store.value)?;
    let missing = || frist_sweep::Error::NoSuchRecord { collection: prepared.place() };
    let fields = store.fields(&prepared.bound, &keys[0])?.ok_or_else(missing)?;
    let said = |field: &str| {
        fields.iter().find(|(f, _)| f.eq_ignore_ascii_case(field)).and_then(|(_, v)| v.clone())
    };
    let changes: Vec<Change> = set
        .iter()
        .map(|FieldValue { field, to }| Change {
            dataset: dataset.to_owned(),
            key: key.to_owned(),
            field: field.clone(),
            before: said(field),
            now: to.clone(),
        })
        .collect();
    let mut all: Vec<Change> = work_of(&kept, WORK)?.unwrap_or_default();
    // The first value is what it said before, however often it is changed.
    for change in &changes {
        let same = |c: &&mut Change| {
            (&c.dataset, &c.key, &c.field) == (&change.dataset, &change.key, &change.field)
        };
        match all.iter_mut().find(same) {
            Some(earlier) => earlier.now.clone_from(&change.now),
            None => all.push(change.clone()),
        }
    }
    if !set.is_empty() {
        // Kept first: what a field said must not be lost between the two.
        let word = format!("rectifying:{}", set.len());
        let earlier = kept.clone();
        keep_work(engine, kept, WORK, &all, step(t, by, word, None))?;
        let store_id = prepared.dataset.store.value.clone();
        let amended = engine.store(&store_id)?.amend(&prepared.bound, &keys, set);
        if let Err(e) = amended {
            let kept = desk(engine, by, t, signed).load(number)?;
            let before: Vec<Change> = work_of(&earlier, WORK)?.unwrap_or_default();
            keep_work(engine, kept, WORK, &before, step(t, by, "not-rectified", None))?;
            return Err(e.into());
        }
    }
    if finish {
        let mut kept =
            desk(engine, by, t, signed).take(number, None, &granted, Told::Nothing, None)?;
        let touched = || all.iter().map(|c| c.dataset.as_str());
        kept.request.owe(disclosed(touched(), &engine.register), t);
        let word = format!("rectified:{}", all.len());
        keep_work(engine, kept, WORK, &all, step(t, by, word, None))?;
        let kept = desk(engine, by, t, signed).load(number)?;
        let mut context: LetterContext = desk(engine, by, t, signed).context(&kept);
        let register = &engine.register;
        let what = |c: &Change| match register.dataset(&c.dataset) {
            Some(dataset) => called(register, dataset, &c.field, kept.request.lang),
            None => c.field.clone(),
        };
        let line = |c: &Change| RectifiedLine {
            what: what(c),
            before: c.before.clone().unwrap_or_default(),
            now: c.now.clone().unwrap_or_default(),
        };
        context.rectified = all.iter().map(line).collect();
        let lang = kept.request.lang;
        context.recipients = lines(touched(), &engine.register, lang, &kept.request.recipients);
        let letter = Told::Letter(LetterKind::Rectified, Box::new(context));
        let mut desk = desk(engine, by, t, signed);
        desk.take(number, None, &Step::Answer, letter, None)?;
        desk.close_if_done(number)?;
    }
    Ok(changes)
}
