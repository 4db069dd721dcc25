//! Finding the person of a request, and keeping which records are theirs and why.

use frist_register::{Lang, Register};
use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use jiff::Timestamp;

use super::{FOUND, desk, say, step};
use crate::Result;
use crate::find::{self, Found, Hit, Limits, Occasion, Origin, Reason, Said};
use crate::request::desk::{Kept, Told};
use crate::request::{Known, Step};
use crate::restrict::{keep_work, work_of};
use serde::{Deserialize, Serialize};

/// Under this name the answers to the search's questions are kept with the request.
const WORK: &str = "find";

/// What persons have said while the person was searched for: it counts in every later search.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answered {
    /// Identifiers that were learnt after the request came in.
    pub more: Vec<Known>,
    /// The answers to questions.
    pub said: Vec<Said>,
}

impl Answered {
    /// Adds what is said now; an answer about the same value or record takes the place of an earlier
    /// one.
    fn add(&mut self, more: &[(String, String)], said: &[Said]) {
        for (kind, value) in more {
            let known = Known { kind: kind.clone(), value: value.clone() };
            if !self.more.contains(&known) {
                self.more.push(known);
            }
        }
        for one in said {
            self.said.retain(|earlier| !earlier.is_about_the_same(one));
            self.said.push(one.clone());
        }
    }
}

/// What was said in the searches of a request so far.
///
/// # Errors
/// When what is kept with it cannot be read.
pub fn answered(kept: &Kept) -> Result<Answered> {
    Ok(work_of(kept, WORK)?.unwrap_or_default())
}

/// Searches the stores for whoever asks, by the identifiers of the request and `more` of them, and
/// keeps the records found in place of those of an earlier search. `said` are the answers to
/// questions of earlier searches; they and the identifiers are kept, and count from then on. The request counts as searched when nothing waits for an answer,
/// and, with `anyway`, when a store did not answer or could not be searched.
///
/// # Errors
/// When the request is past its search, or an identifier is of no kind that the register knows.
pub fn search(
    engine: &mut Engine,
    by: &str,
    number: &str,
    more: &[(String, String)],
    said: &[Said],
    anyway: bool,
    t: Timestamp,
) -> Result<Found> {
    let kept = desk(engine, by, t, "").load(number)?;
    desk(engine, by, t, "").after(&kept, &Step::Searched)?;
    let mut known: Vec<(String, String)> =
        kept.request.known.iter().map(|k| (k.kind.clone(), k.value.clone())).collect();
    let (before, lang) = (answered(&kept)?, kept.request.lang);
    let mut now = before.clone();
    now.add(more, said);
    known.extend(now.more.iter().map(|k| (k.kind.clone(), k.value.clone())));
    let found = find::find(engine, &known, &Limits::default(), &now.said)?;
    find::log_search(engine, &Occasion::Case(number.to_owned()), by, &found)?;
    if now != before {
        let text = format!("{} identifiers, {} answers", now.more.len(), now.said.len());
        keep_work(engine, kept, WORK, &now, step(t, by, "said", Some(text)))?;
    }
    let register = &engine.register;
    let records: Vec<CaseRecord> =
        found.hits.iter().map(|hit| record(hit, register, lang)).collect();
    if found.is_complete() || (anyway && found.asked.is_empty()) {
        desk(engine, by, t, "").take(
            number,
            None,
            &Step::Searched,
            Told::Nothing,
            Some(&records),
        )?;
    } else {
        engine.state.put_case_records(number, &records)?;
    }
    Ok(found)
}

fn record(hit: &Hit, register: &Register, lang: Lang) -> CaseRecord {
    let why: Vec<String> = hit.why.iter().map(|r| why(r, register, lang)).collect();
    CaseRecord {
        dataset: hit.dataset.clone(),
        key: hit.key.text(),
        why: why.join("; "),
        state: FOUND.to_owned(),
        ground: None,
        until: None,
        done_at: None,
    }
}

/// Why a record is thought to be the person's, in the language of the case. The value is in the
/// record, and not repeated.
fn why(reason: &Reason, register: &Register, lang: Lang) -> String {
    let (field, kind, from) = match reason {
        Reason::Said => {
            return say(lang, "bekræftet af en sagsbehandler", "a person has said so").to_owned();
        }
        Reason::Follows { field, dataset, .. } => {
            let set = register.dataset(dataset).map(|d| d.title.get(lang));
            let set = set.filter(|t| !t.is_empty()).unwrap_or(dataset);
            return match lang {
                Lang::Da => format!("hører til personens post i {set} (feltet {field})"),
                Lang::En => format!("belongs to their record in {set} (field {field})"),
            };
        }
        Reason::Field { field, kind, from, .. } => (field, kind, from),
    };
    let title = register.identity(kind).map(|i| i.title.get(lang)).filter(|t| !t.is_empty());
    let kind = title.unwrap_or(kind);
    match (from, lang) {
        (Origin::Given, Lang::Da) => format!("{kind} fra anmodningen (feltet {field})"),
        (Origin::Given, Lang::En) => format!("{kind} that came with the request (field {field})"),
        (Origin::Said, Lang::Da) => {
            format!("{kind}, bekræftet af en sagsbehandler (feltet {field})")
        }
        (Origin::Said, Lang::En) => format!("{kind} that a person has confirmed (field {field})"),
        (Origin::Record { dataset, .. }, lang) => {
            let set = register.dataset(dataset).map(|d| d.title.get(lang));
            let set = set.filter(|t| !t.is_empty()).unwrap_or(dataset);
            match lang {
                Lang::Da => format!("{kind} fra personens post i {set} (feltet {field})"),
                Lang::En => format!("{kind} from their record in {set} (field {field})"),
            }
        }
    }
}
