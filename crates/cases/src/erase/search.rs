//! Finding the person of a request, and keeping which records are theirs and why.

use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use jiff::Timestamp;

use super::{FOUND, desk};
use crate::Result;
use crate::find::{self, Found, Hit, Limits, Occasion, Origin, Reason, Said};
use crate::request::Step;
use crate::request::desk::Told;

/// Searches the stores for whoever asks, by the identifiers of the request and `more` of them, and
/// keeps the records found in place of those of an earlier search. `said` are the answers to
/// questions of earlier searches. The request counts as searched when nothing waits for an answer,
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
    known.extend(more.iter().cloned());
    let found = find::find(engine, &known, &Limits::default(), said)?;
    find::log_search(engine, &Occasion::Case(number.to_owned()), by, &found)?;
    let records: Vec<CaseRecord> = found.hits.iter().map(record).collect();
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

fn record(hit: &Hit) -> CaseRecord {
    CaseRecord {
        dataset: hit.dataset.clone(),
        key: hit.key.text(),
        why: hit.why.iter().map(why).collect::<Vec<_>>().join("; "),
        state: FOUND.to_owned(),
        ground: None,
        until: None,
        done_at: None,
    }
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::Said => "a person has said so".to_owned(),
        Reason::Field { field, kind, from, .. } => match from {
            Origin::Given => format!("`{field}` is the {kind} that came with the request"),
            Origin::Said => format!("`{field}` is the {kind} that a person has confirmed"),
            Origin::Record { dataset, field: other, .. } => {
                format!("`{field}` is the {kind} in `{other}` of their record in `{dataset}`")
            }
        },
    }
}
