//! The periodic review of data sets and purposes (recital 39: time limits for erasure, or periodic review).

use std::collections::BTreeMap;

use frist_law::{Start, Term};
use frist_ledger::entry::Id;
use frist_register::{Register, Text};
use frist_state::Reviewed;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;

use super::task::{entry, id};
use crate::{CasesError, Result};

/// When a data set or a purpose was last looked at, and when it is to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Looked {
    /// A data set's id, or `activity/purpose`.
    pub what: String,
    /// What it is called.
    #[serde(skip)]
    pub title: Text,
    /// Whether it is a data set.
    pub dataset: bool,
    /// The day on which it was last looked at; none when it never was.
    pub last: Option<Date>,
    /// By whom.
    pub by: Option<String>,
    /// The day by which it is to be looked at; none when neither the register nor an assessment says one.
    pub due: Option<Date>,
    /// By how many days that is passed; 0 when it is not.
    pub late: u32,
    /// For a data set: whether its rule has no assessment.
    pub unassessed: bool,
    /// For a data set: whether its assessment wants a person with legal training.
    pub lawyer: bool,
}

impl Looked {
    /// Whether somebody should look at it now.
    pub fn is_open(&self) -> bool {
        self.late > 0 || self.unassessed
    }
}

/// Every data set and every purpose, the latest first: those that are late, then those that nobody looked
/// at, then the others by the day on which they are to be looked at.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn periodic(engine: &mut Engine, t: Timestamp) -> Result<Vec<Looked>> {
    let done = engine.state.reviewed()?;
    let began = engine.state.revisions()?.iter().map(|r| r.at).min();
    Ok(look(&engine.register, &done, began, t))
}

/// The same from what is known: all reviews, and when a register was first live.
pub(crate) fn look(
    register: &Register,
    done: &[Reviewed],
    began: Option<Timestamp>,
    t: Timestamp,
) -> Vec<Looked> {
    let calendar = &register.controller.calendar;
    let day = |at: Timestamp| at.to_zoned(calendar.zone.clone()).date();
    let today = day(t);
    let mut last: BTreeMap<&str, (Date, &str)> = BTreeMap::new();
    for r in done {
        last.insert(&r.what, (day(r.at), &r.by));
    }
    // What was never looked at is to be looked at so long after the register was first live.
    let every = register.requests.review_every.as_ref().map(|p| Term::from(p.value));
    let after = |from: Date| {
        let last = frist_law::last_day(every?, &Start::Date(from), calendar)?;
        Some(last)
    };
    let mut out = Vec::new();
    for d in &register.datasets {
        let made = d.assessment.as_ref();
        let assessed = made.map(|a| (a.on.value, a.by.as_str()));
        let seen = [last.get(d.id.as_str()).copied(), assessed].into_iter().flatten().max();
        let next = made.and_then(|a| a.next.as_ref()).map(|n| n.value);
        // A review done since puts the day off that the assessment named.
        let next = next.filter(|n| seen.is_none_or(|(at, _)| at < *n || assessed == seen));
        let due = [next, seen.map(|s| s.0).or(began.map(day)).and_then(after)];
        out.push(Looked {
            what: d.id.value.clone(),
            title: d.title.clone(),
            dataset: true,
            due: due.into_iter().flatten().min(),
            late: 0,
            last: seen.map(|s| s.0),
            by: seen.map(|s| s.1.to_owned()),
            unassessed: made.is_none(),
            lawyer: made.is_some_and(|a| a.lawyer),
        });
    }
    for a in &register.activities {
        for p in a.purposes.iter().filter(|p| p.ended.as_ref().is_none_or(|e| e.value > today)) {
            let what = format!("{}/{}", a.id.value, p.id.value);
            let seen = last.get(what.as_str()).copied();
            out.push(Looked {
                title: p.text.value.clone(),
                dataset: false,
                due: seen.map(|s| s.0).or(began.map(day)).and_then(after),
                late: 0,
                last: seen.map(|s| s.0),
                by: seen.map(|s| s.1.to_owned()),
                unassessed: false,
                lawyer: false,
                what,
            });
        }
    }
    for looked in &mut out {
        let passed = looked.due.map_or(0, |due| due.duration_until(today).as_hours() / 24);
        looked.late = u32::try_from(passed).unwrap_or(0);
    }
    out.sort_by(|a, b| {
        let key = |l: &Looked| (std::cmp::Reverse(l.late), l.last.is_some(), l.due);
        (key(a), &a.what).cmp(&(key(b), &b.what))
    });
    out
}

/// Notes that a data set or a purpose (`activity/purpose`) was looked at as a whole, and what came of it.
///
/// # Errors
/// When the register has no such thing, the note is empty, or Frist's own database does not answer.
pub fn note(engine: &mut Engine, what: &str, note: &str, by: &Id, t: Timestamp) -> Result<()> {
    let known = match what.split_once('/') {
        None => engine.register.dataset(what).is_some(),
        Some((a, p)) => engine
            .register
            .activity(a)
            .is_some_and(|a| a.purposes.iter().any(|known| known.id.value == p)),
    };
    if !known {
        return Err(CasesError::NotFound { what: "data set or purpose", id: what.to_owned() });
    }
    if note.trim().is_empty() {
        return Err(CasesError::Input {
            what: "the note",
            why: "say what was looked at and what came of it: a review without that proves nothing"
                .into(),
        });
    }
    let done =
        Reviewed { what: what.to_owned(), at: t, by: by.to_string(), note: note.trim().to_owned() };
    engine.state.note_reviewed(&done, &entry(&id(t), "reviewed", by, t)?)?;
    Ok(())
}
