//! Restriction of processing (Art. 18), and rectification (Art. 16): what is changed in the stores for
//! a person, record by record.
//!
//! How a record is kept from ordinary use is the register's to say: a field is set, the record moves
//! to another table or folder, or it cannot be done, with the reason. While a restriction lasts the
//! records may only be stored (Art. 18(2)), so nothing erases them: a hold of an own kind
//! (`art18-<case>-1`) covers them all, also where the store cannot mark them, until it is lifted.
//! Before that the person is told (Art. 18(3)).
//!
//! What a field said before is kept with the case before it is changed, so that a process that dies in
//! between loses nothing; doing it again finishes it.

mod rectify;

use std::collections::BTreeMap;

use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_paper::letters::{DecisionLine, LetterKind, Restriction};
use frist_register::{Lang, Literal, Restrict};
use frist_state::case::{CaseChange, CaseRecord, NewStep};
use frist_state::{NewHold, Part, Scope};
use frist_stores::{FieldValue, Key};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::decide::RESTRICTION;
use crate::erase::{ABSENT, desk, keys_of, say, step};
use crate::recipients::{disclosed, lines};
use crate::request::clock::day_of;
use crate::request::desk::{Kept, Told};
use crate::request::{Outcome, Stage, Step};
use crate::{CasesError, Result};

pub use rectify::{Change, changes, rectify};

/// Under this name the restriction is kept with the request.
const WORK: &str = "restrict";

/// Why processing is restricted: Art. 18(1)(a) to (d).
pub const ARTICLES: [&str; 4] = ["18(1)(a)", "18(1)(b)", "18(1)(c)", "18(1)(d)"];

/// A restriction as it is kept with its request.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Work {
    article: String,
    from: Option<Timestamp>,
    records: Vec<Marked>,
    /// Announced to be lifted on this day, and why.
    announced: Option<(Date, String)>,
    lifted: Option<Timestamp>,
}

/// One record, and how it was marked.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    dataset: String,
    key: String,
    how: How,
}

/// How a record is kept from ordinary use.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// These fields were set; they said this before.
    Set(Vec<(String, Option<String>)>),
    /// It was moved there.
    Moved(String),
    /// It could not be, and why.
    Cannot(String),
}

/// What a restriction came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restricted {
    /// Records kept from ordinary use by their store.
    pub marked: u64,
    /// By data set: how many records its store cannot mark, and why. They are held all the same.
    pub cannot: Vec<(String, u64, String)>,
}

/// Restricts the records of a request (found by its search) and answers it with the letter.
///
/// # Errors
/// [`CasesError::Input`] when the article is none of [`ARTICLES`]; when the request was not searched
/// or is answered, or a store refuses: doing it again goes on.
pub fn restrict(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    article: &str,
    t: Timestamp,
) -> Result<Restricted> {
    if !ARTICLES.contains(&article) {
        let why = format!("it is one of {}", ARTICLES.join(", "));
        return Err(CasesError::Input { what: "why processing is restricted", why });
    }
    let kept = desk(engine, by, t, signed).load(number)?;
    let lang = kept.request.lang;
    let probe = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    desk(engine, by, t, signed).after(&kept, &probe)?;
    let records: Vec<CaseRecord> =
        engine.state.case_records(number)?.into_iter().filter(|r| r.state != ABSENT).collect();
    let these: Vec<&CaseRecord> = records.iter().collect();
    let keys = keys_of(engine, &these)?;
    let named: Vec<_> = keys.iter().map(|(dataset, key)| (dataset, key.text())).collect();
    let kept = crate::second::ask(engine, by, kept, &("restrict", article, named), t)?;
    let mut work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    hold(engine, by, number, &keys, t)?;
    if work.from.is_none() {
        (work.article, work.from) = (article.to_owned(), Some(t));
        for (dataset, key) in &keys {
            let how = planned(engine, dataset, key, lang)?;
            work.records.push(Marked { dataset: dataset.clone(), key: key.text(), how });
        }
        keep_work(engine, kept, WORK, &work, step(t, by, "restricting", None))?;
    }
    let mut done = Restricted::default();
    for (dataset, keys) in by_dataset(&keys) {
        let mark = work.records.iter().find(|m| m.dataset == dataset);
        match mark.map(|m| &m.how) {
            Some(How::Set(_)) => {
                let set = to_set(engine, &dataset);
                let prepared = engine.prepare(&dataset)?;
                let store = engine.store(&prepared.dataset.store.value)?;
                done.marked += store.amend(&prepared.bound, &keys, &set)?.len() as u64;
            }
            Some(How::Moved(to)) => {
                let prepared = engine.prepare(&dataset)?;
                let store = engine.store(&prepared.dataset.store.value)?;
                store.relocate(&prepared.bound, &keys, to, false)?;
                done.marked += keys.len() as u64;
            }
            Some(How::Cannot(why)) => {
                done.cannot.push((dataset, keys.len() as u64, why.clone()));
            }
            None => {}
        }
    }
    let outcome = if done.cannot.is_empty() { Outcome::Granted } else { Outcome::PartlyGranted };
    let title = |engine: &Engine, dataset: &str| {
        let title = engine.register.dataset(dataset).map(|d| d.title.get(lang).to_owned());
        title.filter(|t| !t.is_empty()).unwrap_or_else(|| dataset.to_owned())
    };
    // What is so for the same reason is said once.
    let mut alike: Vec<(&str, Vec<String>)> = Vec::new();
    for (dataset, _, why) in &done.cannot {
        let title = title(engine, dataset);
        match alike.iter_mut().find(|(known, _)| known == why) {
            Some((_, titles)) => titles.push(frist_documents::small(&title)),
            None => alike.push((why, vec![title])),
        }
    }
    let reasons: Vec<String> =
        alike.iter().map(|(why, titles)| format!("{}: {why}", titles.join(", "))).collect();
    let text = (!reasons.is_empty()).then(|| reasons.join("\n"));
    let decide = Step::Decide { outcome, reasons: text, deferred: Vec::new() };
    let mut kept = desk(engine, by, t, signed).take(number, None, &decide, Told::Nothing, None)?;
    let touched = || keys.iter().map(|(dataset, _)| dataset.as_str());
    kept.request.owe(disclosed(touched(), &engine.register), work.from.unwrap_or(t));
    let word = format!("restricted:{}", keys.len());
    keep_work(engine, kept, WORK, &work, step(t, by, word, None))?;
    let kept = desk(engine, by, t, signed).load(number)?;
    let mut context = desk(engine, by, t, signed).context(&kept);
    context.recipients = lines(touched(), &engine.register, lang, &kept.request.recipients);
    let from = Some(day_of(work.from.unwrap_or(t), &engine.register.controller.calendar));
    context.restriction =
        Some(Restriction { article: work.article.clone(), from, ..Restriction::default() });
    context.reasons = reasons;
    let cannot = |dataset: &String| done.cannot.iter().any(|(d, ..)| d == dataset);
    for (dataset, keys) in by_dataset(&keys).into_iter().filter(|(dataset, _)| !cannot(dataset)) {
        context.decisions.push(DecisionLine {
            what: title(engine, &dataset),
            answer: "person".into(),
            count: Some(keys.len() as u64),
            ..DecisionLine::default()
        });
    }
    let letter = Told::Letter(LetterKind::Restricted, Box::new(context));
    desk(engine, by, t, signed).take(number, None, &Step::Answer, letter, None)?;
    Ok(done)
}

/// Announces that a restriction will be lifted on a day, with the letter that must come before it
/// (Art. 18(3)).
///
/// # Errors
/// When nothing is restricted in this request, the day has passed, or no reason is given.
pub fn announce_lifting(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    on: Date,
    why: &str,
    t: Timestamp,
) -> Result<()> {
    let kept = desk(engine, by, t, signed).load(number)?;
    let mut work = in_force(&kept)?;
    let today = day_of(t, &engine.register.controller.calendar);
    if on <= today {
        let why = format!("it must be after {today}: the person is told before (Art. 18(3))");
        return Err(CasesError::Input { what: "the day on which it is lifted", why });
    }
    if why.trim().is_empty() {
        let why = "say why the restriction ends".to_owned();
        return Err(CasesError::Input { what: "the reason", why });
    }
    let mut context = desk(engine, by, t, signed).context(&kept);
    context.restriction = Some(Restriction {
        article: work.article.clone(),
        from: work.from.map(|from| day_of(from, &engine.register.controller.calendar)),
        lifted: Some(on),
        why: why.to_owned(),
    });
    desk(engine, by, t, signed).letter(number, LetterKind::RestrictionLifted, &context)?;
    work.announced = Some((on, why.to_owned()));
    let kept = desk(engine, by, t, signed).load(number)?;
    keep_work(engine, kept, WORK, &work, step(t, by, "lifting-announced", None))
}

/// Lifts a restriction that was announced to end by now: records go back to where they were and
/// fields to what they said, and the hold is released.
///
/// # Errors
/// When it was not announced, or its day has not come; when a store refuses: doing it again goes on.
pub fn unrestrict(engine: &mut Engine, by: &str, number: &str, t: Timestamp) -> Result<u64> {
    let kept = desk(engine, by, t, "").load(number)?;
    let mut work = in_force(&kept)?;
    let today = day_of(t, &engine.register.controller.calendar);
    let refuse = |why: String, possible: &str| {
        Err(CasesError::Step {
            id: number.to_owned(),
            step: "lifted",
            why,
            possible: possible.into(),
        })
    };
    match &work.announced {
        None => return refuse("the person was not told yet (Art. 18(3))".into(), "announce it"),
        Some((on, _)) if *on > today => {
            return refuse(format!("the person was told that it ends on {on}"), "wait");
        }
        Some(_) => {}
    }
    let records: Vec<CaseRecord> = work.records.iter().map(as_record).collect();
    let these: Vec<&CaseRecord> = records.iter().collect();
    let keys = keys_of(engine, &these)?;
    let mut n = 0;
    for (marked, (dataset, key)) in work.records.iter().zip(&keys) {
        let prepared = engine.prepare(dataset)?;
        let store = engine.store(&prepared.dataset.store.value)?;
        let key = std::slice::from_ref(key);
        match &marked.how {
            How::Set(before) => {
                let set: Vec<FieldValue> = before
                    .iter()
                    .map(|(field, to)| FieldValue { field: field.clone(), to: to.clone() })
                    .collect();
                n += store.amend(&prepared.bound, key, &set)?.len() as u64;
            }
            How::Moved(to) => n += store.relocate(&prepared.bound, key, to, true)?.len() as u64,
            How::Cannot(_) => {}
        }
    }
    let id = hold_id(number);
    let entry = hold_entry(&id, HoldChange::Released, by, t)?;
    let ours = engine.state.hold(&id)?;
    if ours.is_some_and(|h| h.released_at.is_none()) {
        engine.state.release_hold(&id, by, t, None, &entry)?;
    }
    work.lifted = Some(t);
    let kept = desk(engine, by, t, "").load(number)?;
    keep_work(engine, kept, WORK, &work, step(t, by, "restriction-lifted", None))?;
    Ok(n)
}

/// A restriction that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// Since when.
    pub from: Timestamp,
    /// The day on which it is announced to end.
    pub announced: Option<Date>,
}

/// The restriction that is in force in a request, if there is one.
///
/// # Errors
/// When what is kept with the request cannot be read.
pub fn standing(kept: &Kept) -> Result<Option<InForce>> {
    let work: Option<Work> = work_of(kept, WORK)?;
    let work = work.filter(|w| w.lifted.is_none() && kept.request.stage >= Stage::Decided);
    Ok(work.and_then(|w| {
        let announced = w.announced.as_ref().map(|(on, _)| *on);
        Some(InForce { from: w.from?, announced })
    }))
}

fn as_record(marked: &Marked) -> CaseRecord {
    CaseRecord {
        dataset: marked.dataset.clone(),
        key: marked.key.clone(),
        why: String::new(),
        state: String::new(),
        ground: None,
        until: None,
        done_at: None,
    }
}

fn in_force(kept: &Kept) -> Result<Work> {
    let work: Option<Work> = work_of(kept, WORK)?;
    work.filter(|w| w.from.is_some() && w.lifted.is_none() && kept.request.stage >= Stage::Decided)
        .ok_or_else(|| CasesError::Step {
            id: kept.case.number.clone(),
            step: "lifted",
            why: "nothing is restricted in it".into(),
            possible: "restrict".into(),
        })
}

fn hold_id(number: &str) -> String {
    format!("{RESTRICTION}{number}-1")
}

fn hold_entry(id: &str, change: HoldChange, by: &str, t: Timestamp) -> Result<Entry> {
    Ok(Entry::new(t, Kind::Hold { hold: Id::new(id)?, change, by: Id::new(by)? }))
}

/// Nothing of it is erased while the restriction lasts. Added first, so that no sweep comes between.
fn hold(
    engine: &mut Engine,
    by: &str,
    number: &str,
    keys: &[(String, Key)],
    t: Timestamp,
) -> Result<()> {
    let id = hold_id(number);
    if engine.state.hold(&id)?.is_some() {
        return Ok(());
    }
    let part = |(dataset, key): &(String, Key)| Part {
        dataset: Some(dataset.clone()),
        scope: Scope::Key { key: key.text() },
    };
    let hold = NewHold {
        id: id.clone(),
        matter: format!("{number} (Art. 18)"),
        reason: "storage only while processing is restricted, Art. 18(2)".into(),
        dataset: None,
        scope: Scope::Any { parts: keys.iter().map(part).collect() },
        owner: by.to_owned(),
        created_at: t,
        review_at: None,
        ends_at: None,
        viewers: Vec::new(),
    };
    engine.state.add_hold(&hold, &hold_entry(&id, HoldChange::Added, by, t)?)?;
    Ok(())
}

/// How a record will be marked, with what its fields say now.
fn planned(engine: &mut Engine, dataset: &str, key: &Key, lang: Lang) -> Result<How> {
    let prepared = engine.prepare(dataset)?;
    Ok(match prepared.dataset.restrict.as_ref().map(|r| &r.value) {
        Some(Restrict::Set(set)) => {
            let names: Vec<String> = set.iter().map(|(field, _)| field.value.clone()).collect();
            let store = engine.store(&prepared.dataset.store.value)?;
            let fields = store.fields(&prepared.bound, key)?.unwrap_or_default();
            let said = |name: &String| {
                let found = fields.iter().find(|(f, _)| f.eq_ignore_ascii_case(name));
                found.and_then(|(_, v)| v.clone())
            };
            How::Set(names.iter().map(|name| (name.clone(), said(name))).collect())
        }
        Some(Restrict::Move(to)) => How::Moved(to.value.clone()),
        Some(Restrict::Cannot(why)) => How::Cannot(why.get(lang).to_owned()),
        None => How::Cannot(
            say(
                lang,
                "Systemet kan ikke mærke oplysningerne, så de holdes ude af den almindelige brug",
                "The system cannot mark the data so that it is kept from ordinary use",
            )
            .to_owned(),
        ),
    })
}

fn to_set(engine: &Engine, dataset: &str) -> Vec<FieldValue> {
    let restrict = engine.register.dataset(dataset).and_then(|d| d.restrict.as_ref());
    let Some(Restrict::Set(set)) = restrict.map(|r| &r.value) else { return Vec::new() };
    let text = |literal: &Literal| match literal {
        Literal::Text(t) => t.clone(),
        Literal::Int(n) => n.to_string(),
        Literal::Bool(b) => if *b { "1" } else { "0" }.to_owned(),
    };
    let value = |(field, to): &(frist_register::Sp<String>, Literal)| FieldValue {
        field: field.value.clone(),
        to: Some(text(to)),
    };
    set.iter().map(value).collect()
}

fn by_dataset(keys: &[(String, Key)]) -> BTreeMap<String, Vec<Key>> {
    let mut out: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for (dataset, key) in keys {
        out.entry(dataset.clone()).or_default().push(key.clone());
    }
    out
}

/// What a module here keeps with a request, under its name.
pub(crate) fn work_of<W: DeserializeOwned>(kept: &Kept, name: &str) -> Result<Option<W>> {
    let Some(work) = kept.request.work.get(name) else { return Ok(None) };
    serde_json::from_value(work.clone()).map(Some).map_err(|_| CasesError::Damaged {
        what: "what was done in a request",
        why: format!("case `{}` has `{name}` in another form", kept.case.number),
    })
}

/// Keeps it, with a step in the log.
pub(crate) fn keep_work<W: Serialize>(
    engine: &mut Engine,
    mut kept: Kept,
    name: &str,
    work: &W,
    step: NewStep,
) -> Result<()> {
    let value = serde_json::to_value(work)
        .map_err(|e| CasesError::Damaged { what: "what was done", why: e.to_string() })?;
    kept.request.work.insert(name.to_owned(), value);
    let change = CaseChange { body: kept.request.body()?, ..kept.case.change() };
    engine.state.change_case(&kept.case.number, kept.case.version, &change, &step)?;
    Ok(())
}
