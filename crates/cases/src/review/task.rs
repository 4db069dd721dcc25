//! Review tasks: which records wait for a person's answer, with which question, and the answers.
//!
//! An answer is kept beside the record's key and takes effect through the engine itself: *keep* holds the
//! record until its day, *erase* makes it due, so that the next sweep takes it like any other. The engine
//! forgets an answer when its record is gone.

use std::fmt;

use frist_decide::{Decision, Outcome, Role, Standing, Verdict, decide_answered};
use frist_law::{Expiry, Period, Start, Term};
use frist_ledger::entry::{Entry, Id, Kind};
use frist_register::{Lang, Text};
use frist_state::ReviewAnswer;
use frist_stores::Record;
use frist_sweep::{Engine, Explained, Prepared};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{CasesError, Result};

/// Records looked at a time.
const PAGE: usize = 1_000;

/// Why a record is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A ground ended that the register says a person must assess.
    GroundEnded,
    /// Its periodic review date passed.
    Periodic,
}

/// A record that waits for a person's answer.
#[derive(Clone)]
pub struct Task {
    /// The data set.
    pub dataset: String,
    /// The record's key, as text.
    pub key: String,
    /// What is asked, once for each ground that asks.
    pub questions: Vec<Text>,
    /// Why it is asked.
    pub why: Why,
    /// Since when it waits, where that is known.
    pub since: Option<Timestamp>,
    /// Whether somebody had answered *keep until*, and that day has passed.
    pub again: bool,
}

// By hand: a key is personal data.
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({}, {:?}, since {:?})", self.dataset, self.why, self.since)
    }
}

/// A person's answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Kept through this day.
    Keep {
        /// The last day.
        until: Date,
        /// Why; never empty.
        reason: String,
    },
    /// No ground of the organisation's own is left.
    Erase {
        /// Why; may be empty.
        reason: String,
    },
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Keep { until, .. } => write!(f, "Keep(until {until})"),
            Answer::Erase { .. } => f.write_str("Erase"),
        }
    }
}

/// What came of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Answered {
    /// The id of the answer: what the ledger names.
    pub review: String,
    /// How many records it is about.
    pub records: u64,
    /// How many of them are kept for a shorter time than was said, because a duty to erase runs out, and
    /// until which day at the earliest.
    pub shortened: u64,
    /// The first day on which one of those must be gone.
    pub first_limit: Option<Date>,
    /// How many are erased only once a statute no longer demands them.
    pub restricted: u64,
}

/// Whether the rule of a data set ever asks a person about its records.
#[must_use]
pub fn asks(dataset: &frist_register::DataSet) -> bool {
    dataset.review.is_some() || dataset.keep.iter().any(|keep| keep.review.is_some())
}

/// How many records of each data set wait for an answer, where it is any.
///
/// # Errors
/// When a store or Frist's own database does not answer.
pub fn waiting(engine: &mut Engine, t: Timestamp) -> Result<Vec<(String, u64)>> {
    let ids: Vec<String> = engine.register.datasets.iter().map(|d| d.id.value.clone()).collect();
    let mut out = Vec::new();
    for id in ids {
        if !engine.register.dataset(&id).is_some_and(asks) {
            continue;
        }
        let prepared = engine.prepare(&id)?;
        let holds = engine.holds(&prepared.dataset, t)?;
        let compiled = prepared.compile(t, &holds);
        let store = engine.store(&prepared.dataset.store.value)?;
        let n = store.census(&prepared.bound, &compiled)?.of(Outcome::Review);
        if n > 0 {
            out.push((id, n));
        }
    }
    Ok(out)
}

/// Up to `limit` tasks of a data set, those that have waited longest first among them.
///
/// # Errors
/// When a store or Frist's own database does not answer.
pub fn tasks(engine: &mut Engine, dataset: &str, t: Timestamp, limit: usize) -> Result<Vec<Task>> {
    let found = engine.records(dataset, Outcome::Review, t, limit)?;
    let prepared = engine.prepare(dataset)?;
    let mut out: Vec<Task> =
        found.iter().map(|(key, d)| of(&prepared, &key.text(), d, t)).collect();
    out.sort_by(|a, b| (a.since, &a.key).cmp(&(b.since, &b.key)));
    Ok(out)
}

/// The task about one record, with the record's fields for a person to read; no task when it is not asked
/// about.
///
/// # Errors
/// When there is no such record, or a store does not answer.
pub fn task(
    engine: &mut Engine,
    place: &str,
    key: &str,
    t: Timestamp,
) -> Result<(Option<Task>, Explained)> {
    let found = engine.explain(place, key, t)?;
    let asked = found.decision.outcome == Outcome::Review;
    let task = asked.then(|| of(&found.prepared, &found.key.text(), &found.decision, t));
    Ok((task, found))
}

fn of(prepared: &Prepared, key: &str, d: &Decision, t: Timestamp) -> Task {
    let (questions, why, since) = questions(prepared, d);
    let again = matches!(prepared.answers.get(key), Some(Verdict::Keep { until }) if until <= t);
    let since = match prepared.answers.get(key) {
        Some(Verdict::Keep { until }) if again => Some(since.map_or(until, |s| s.max(until))),
        _ => since,
    };
    Task { dataset: prepared.id().to_owned(), key: key.to_owned(), questions, why, since, again }
}

/// What the register asks about a record that is decided so: the questions of the grounds that ended, or
/// the one of the periodic review.
fn questions(prepared: &Prepared, d: &Decision) -> (Vec<Text>, Why, Option<Timestamp>) {
    let mut texts: Vec<Text> = Vec::new();
    let mut ended = Vec::new();
    let mut live = false;
    // The reasons begin with the grounds, in the rule's order.
    for (ground, reason) in prepared.rules.grounds.iter().zip(&d.reasons) {
        match &reason.standing {
            Standing::Live(_) if reason.role == Role::Permits => live = true,
            Standing::Ended(at) => {
                ended.extend(*at);
                texts.extend(ground.review.clone().filter(|text| !texts.contains(text)));
            }
            _ => {}
        }
    }
    let periodic = d.reasons.iter().find(|r| r.role == Role::Reviews);
    match (&prepared.rules.periodic, periodic) {
        (Some(p), Some(reason)) if live || texts.is_empty() => {
            let since = match reason.standing {
                Standing::Ended(at) => at,
                _ => None,
            };
            (vec![p.question.clone()], Why::Periodic, since)
        }
        // It waits since the last of the grounds that kept it ended.
        _ => (texts, Why::GroundEnded, ended.into_iter().max()),
    }
}

/// Takes one answer about records of a data set, all of them or none.
///
/// # Errors
/// When a keep has no reason or its day has passed, when a record is not there or is not asked about, or
/// when a store or Frist's own database does not answer: then nothing is kept of it.
pub fn answer(
    engine: &mut Engine,
    dataset: &str,
    keys: &[String],
    answer: &Answer,
    by: &Id,
    lang: Lang,
    t: Timestamp,
) -> Result<Answered> {
    let calendar = engine.register.controller.calendar.clone();
    let today = t.to_zoned(calendar.zone.clone()).date();
    let (until, reason) = match answer {
        Answer::Keep { until, reason } => {
            let input = |what, why: String| Err(CasesError::Input { what, why });
            if reason.trim().is_empty() {
                let why =
                    "say why the record is still needed: an answer without a reason is not one";
                return input("the reason", why.into());
            }
            if *until < today {
                return input("the day", format!("{until} has passed; name a day to come"));
            }
            let zero = Term::from(Period::ZERO);
            let Expiry::At(at) = frist_law::expires(zero, &Start::Date(*until), &calendar) else {
                return input("the day", format!("{until} is too far away; it must be a real end"));
            };
            (Some(at), reason)
        }
        Answer::Erase { reason } => (None, reason),
    };
    let verdict = until.map_or(Verdict::Erase { since: t }, |until| Verdict::Keep { until });
    let prepared = engine.prepare(dataset)?;
    let review = id(t);
    let mut done = Answered { review: review.clone(), ..Answered::default() };
    let mut answers = Vec::with_capacity(keys.len());
    let store_id = prepared.dataset.store.value.clone();
    for page in keys.chunks(PAGE) {
        let store = engine.store(&store_id)?;
        let parsed = page
            .iter()
            .map(|key| store.parse_key(&prepared.bound, key))
            .collect::<Result<Vec<_>, _>>()?;
        let records = store.fetch(&prepared.bound, &parsed)?;
        if records.len() < parsed.len() {
            let place = prepared.place();
            return Err(frist_sweep::Error::NoSuchRecord { collection: place }.into());
        }
        for record in records {
            let ends = asked(&prepared, &record, verdict, t)?;
            let (questions, ..) = questions(&prepared, &ends.before);
            let shorter = until.filter(|u| ends.limit.is_some_and(|limit| limit < *u));
            let limit = ends.limit.filter(|_| shorter.is_some());
            if let Some(limit) = limit {
                let day = limit.to_zoned(calendar.zone.clone()).date();
                done.shortened += 1;
                done.first_limit = Some(done.first_limit.map_or(day, |first| first.min(day)));
            }
            done.restricted += u64::from(ends.outcome == Outcome::Restrict && until.is_none());
            let texts: Vec<&str> = questions.iter().map(|text| text.get(lang)).collect();
            answers.push(ReviewAnswer {
                dataset: dataset.to_owned(),
                record: record.key.text(),
                keep_until: until.map(|u| limit.unwrap_or(u)),
                reason: reason.trim().to_owned(),
                question: texts.join(" "),
                by: by.to_string(),
                at: t,
                review: review.clone(),
            });
        }
    }
    if answers.is_empty() {
        return Err(CasesError::Input {
            what: "the records",
            why: "none was named, so there is nothing to answer".into(),
        });
    }
    done.records = answers.len() as u64;
    let step = if until.is_some() { "kept" } else { "to-erase" };
    engine.state.answer_reviews(&answers, &entry(&review, step, by, t)?)?;
    Ok(done)
}

/// What an answer does to a record that is asked about.
struct Ends {
    before: Decision,
    outcome: Outcome,
    /// When a duty to erase ends a keeping, whatever was answered.
    limit: Option<Timestamp>,
}

fn asked(prepared: &Prepared, record: &Record, verdict: Verdict, t: Timestamp) -> Result<Ends> {
    let decide = |answer| {
        let kinds = prepared.bound.kinds();
        decide_answered(&prepared.rules, kinds, &record.facts, false, answer, t)
    };
    let (before, after) = (decide(None), decide(Some(verdict)));
    if before.outcome != Outcome::Review {
        let possible = match before.outcome {
            Outcome::Due => "it is due, and the next sweep takes it; a hold stops that",
            Outcome::Unclear => "put the fact right that `frist explain` names",
            _ => "nothing; it is asked about when its ground has ended",
        };
        return Err(CasesError::Step {
            id: prepared.id().to_owned(),
            step: "answered",
            why: format!(
                "nobody asks about one of these records: its decision is `{}`",
                before.outcome.word()
            ),
            possible: possible.to_owned(),
        });
    }
    // What ends a keeping before its day is a maximum: nothing else is asked by time alone.
    let limit = match verdict {
        Verdict::Keep { .. } => after.next_change,
        Verdict::Erase { .. } => None,
    };
    Ok(Ends { before, outcome: after.outcome, limit })
}

/// Takes back the answer about a record, so that it is asked again.
///
/// # Errors
/// When there is none, or Frist's own database does not answer.
pub fn take_back(
    engine: &mut Engine,
    dataset: &str,
    key: &str,
    by: &Id,
    t: Timestamp,
) -> Result<()> {
    let entry = entry(&id(t), "taken-back", by, t)?;
    engine.state.take_back_answer(dataset, key, &entry)?;
    Ok(())
}

/// The id of what was done at `t`: `review-20261122-030007-004207`.
pub(crate) fn id(t: Timestamp) -> String {
    let z = t.to_zoned(jiff::tz::TimeZone::UTC);
    format!("review-{}-{:06}", z.strftime("%Y%m%d-%H%M%S"), t.subsec_nanosecond() / 1_000)
}

pub(crate) fn entry(case: &str, step: &str, by: &Id, t: Timestamp) -> Result<Entry> {
    let kind = Kind::Case { case: Id::new(case)?, step: Id::new(step)?, by: by.clone() };
    Ok(Entry::new(t, kind))
}
