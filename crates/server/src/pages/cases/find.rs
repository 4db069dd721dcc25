//! Finding the person of a request in the stores, and the questions that only a caseworker answers.
//!
//! What a search has to ask tells of other people. It is shown in its answer and kept nowhere: only
//! what the caseworker said to it is.

use std::collections::BTreeMap;

use askama::Template;
use frist_cases::erase::{self, answered};
use frist_cases::find::{Doubt, Found, NO_FIELD, Origin, Question, Said, Says};
use frist_cases::request::{Kept, StepName};
use frist_register::Lang;

use super::super::frame::{Frame, page};
use super::{calendar, done, knows_some, line, look, named, request, sees, t, titles, told};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

/// Records of one data set that are named one by one.
const NAMED: usize = 60;
/// Records of one question that are named one by one.
const DOUBTFUL: usize = 25;

#[derive(Template)]
#[template(path = "cases/find.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    number: String,
    path: String,
    token: String,
    kinds: Vec<(String, String)>,
    can: bool,
    searched: bool,
    ran: bool,
    complete: bool,
    total: u64,
    sets: Vec<Set>,
    questions: Vec<Asked>,
    hidden: usize,
    earlier: Vec<Earlier>,
    by: Vec<String>,
    gaps: Vec<(&'static str, Vec<(String, String)>)>,
    searched_sets: Vec<String>,
}

/// What was found in one data set.
struct Set {
    title: String,
    n: u64,
    seen: bool,
    rows: Vec<(String, Vec<String>)>,
    more: u64,
}

/// A question.
struct Asked {
    n: usize,
    what: String,
    why: &'static str,
    /// The answers about all records, about the value, and whether they can be given.
    records: String,
    values: String,
    by_value: bool,
    by_records: bool,
    doubtful: Vec<One>,
    rest: usize,
}

/// A record of a question.
struct One {
    n: usize,
    said: String,
    place: String,
    says: String,
    against: String,
}

/// An answer of an earlier search.
struct Earlier {
    n: usize,
    said: String,
    what: String,
    yes: bool,
}

/// The page before a search.
pub(in crate::pages) fn form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::FindPerson, &knows_some(ctx))?;
    let kept = request(ctx)?;
    shown(ctx, &kept, None, None)
}

/// Searches.
pub(in crate::pages) fn find(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::FindPerson, &knows_some(ctx))?;
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let mut more = Vec::new();
    let (kind, value) = (line(ctx, "kind", 64), line(ctx, "value", 200));
    if !kind.is_empty() && !value.is_empty() {
        more.push((kind, value));
    }
    let said = said(ctx)?;
    let (by, now, anyway) = (ctx.name().to_owned(), ctx.now, ctx.field("anyway") == "yes");
    let found = done(ctx, |e| erase::search(e, &by, &number, &more, &said, anyway, now))?;
    let kept = request(ctx)?;
    match found {
        Ok(found) => shown(ctx, &kept, Some(found), None),
        Err(e) => {
            let wrong = told(ctx, &e);
            shown(ctx, &kept, None, Some(wrong))
        }
    }
}

/// What a form says to the questions.
fn said(ctx: &Ctx<'_>) -> Result<Vec<Said>, Refusal> {
    let mut out = Vec::new();
    let read = |name: &str| match ctx.raw(name) {
        "" => Ok(Vec::new()),
        text => serde_json::from_str::<Vec<Said>>(text).map_err(|_| Refusal::Form),
    };
    for (name, answer) in &ctx.form {
        let Some(n) = name.strip_prefix("answer-") else { continue };
        let (records, values) = (read(&format!("records-{n}"))?, read(&format!("values-{n}"))?);
        match answer.as_str() {
            "records" => out.extend(records),
            "value" => out.extend(values.into_iter().take(1)),
            "no" if values.is_empty() => out.extend(records.into_iter().map(no)),
            "no" => out.extend(values.into_iter().map(no)),
            _ => {}
        }
    }
    // Nobody says anything about records that they may not see.
    out.retain(|said| match said {
        Said::YesRecord { dataset, .. } | Said::NoRecord { dataset, .. } => sees(ctx, dataset),
        Said::Yes { .. } | Said::No { .. } => true,
    });
    Ok(out)
}

fn no(said: Said) -> Said {
    match said {
        Said::Yes { kind, value } | Said::No { kind, value } => Said::No { kind, value },
        Said::YesRecord { dataset, key } | Said::NoRecord { dataset, key } => {
            Said::NoRecord { dataset, key }
        }
    }
}

fn yes(said: &Said) -> Said {
    match said.clone() {
        Said::Yes { kind, value } | Said::No { kind, value } => Said::Yes { kind, value },
        Said::YesRecord { dataset, key } | Said::NoRecord { dataset, key } => {
            Said::YesRecord { dataset, key }
        }
    }
}

fn json(said: &[Said]) -> String {
    serde_json::to_string(said).unwrap_or_default()
}

/// What a search was about, in the reader's words.
struct Words {
    titles: BTreeMap<String, String>,
    kinds: BTreeMap<String, String>,
    lang: Lang,
    t: &'static CaseTexts,
}

impl Words {
    fn kind(&self, id: &str) -> String {
        self.kinds.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    fn set(&self, id: &str) -> String {
        named(&self.titles, id)
    }

    fn says(&self, says: &[&Says]) -> String {
        let one = |s: &&Says| format!("{} {}", self.kind(&s.kind), s.value);
        says.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn doubt(&self, doubt: Doubt) -> &'static str {
        match doubt {
            Doubt::Shared => self.t.doubt_shared,
            Doubt::Several => self.t.doubt_several,
            Doubt::Conflict => self.t.doubt_conflict,
        }
    }

    fn why(&self, why: &str) -> String {
        if why == NO_FIELD { self.t.no_field.to_owned() } else { why.to_owned() }
    }

    fn said(&self, said: &Said) -> (String, bool) {
        match said {
            Said::Yes { kind, value } => (format!("{} {value}", self.kind(kind)), true),
            Said::No { kind, value } => (format!("{} {value}", self.kind(kind)), false),
            Said::YesRecord { dataset, key } => (format!("{} {key}", self.set(dataset)), true),
            Said::NoRecord { dataset, key } => (format!("{} {key}", self.set(dataset)), false),
        }
    }
}

fn shown(
    ctx: &mut Ctx<'_>,
    kept: &Kept,
    found: Option<Found>,
    wrong: Option<String>,
) -> Result<Reply, Refusal> {
    let (number, lang, now, t) = (kept.case.number.clone(), ctx.lang, ctx.now, t(ctx));
    let (titles, kinds, records, calendar) = look(ctx, |engine| {
        let kind =
            |k: &frist_register::Identity| (k.id.value.clone(), k.title.get(lang).to_owned());
        let kinds: Vec<(String, String)> = engine.register.identities.iter().map(kind).collect();
        let subjects = engine.register.subjects.iter();
        let more: Vec<_> =
            subjects.map(|(id, s)| (id.clone(), s.value.get(lang).to_owned())).collect();
        let records = engine.state.case_records(&number)?;
        Ok((titles(engine, lang), (kinds, more), records, calendar(engine)))
    })?;
    let (kinds, subjects) = kinds;
    let known: BTreeMap<_, _> = subjects.into_iter().chain(kinds.iter().cloned()).collect();
    let words = Words { titles, kinds: known, lang, t };
    let mut sets: BTreeMap<&str, Set> = BTreeMap::new();
    for record in &records {
        let set = sets.entry(&record.dataset).or_insert_with(|| Set {
            title: words.set(&record.dataset),
            n: 0,
            seen: sees(ctx, &record.dataset),
            rows: Vec::new(),
            more: 0,
        });
        set.n += 1;
        if !set.seen {
            continue;
        }
        match set.rows.iter_mut().find(|(why, _)| *why == record.why) {
            Some((_, keys)) if keys.len() >= NAMED => set.more += 1,
            Some((_, keys)) => keys.push(record.key.clone()),
            None => set.rows.push((record.why.clone(), vec![record.key.clone()])),
        }
    }
    let before = answered(kept).map_err(|e| super::refusal(ctx, e))?;
    let mut count = 0;
    let mut next = || {
        count += 1;
        count
    };
    let earlier = before.said.iter().filter(|said| match said {
        Said::YesRecord { dataset, .. } | Said::NoRecord { dataset, .. } => sees(ctx, dataset),
        Said::Yes { .. } | Said::No { .. } => true,
    });
    let earlier: Vec<Earlier> = earlier
        .map(|said| {
            let (what, is) = words.said(said);
            Earlier { n: next(), said: json(&[yes(said)]), what, yes: is }
        })
        .collect();
    let mine = |from: &Origin| match from {
        Origin::Record { dataset, .. } => sees(ctx, dataset),
        Origin::Given | Origin::Said => true,
    };
    let found_any = found.is_some();
    let found = found.unwrap_or_default();
    let (show, hide): (Vec<&Question>, Vec<&Question>) = found.asked.iter().partition(|q| {
        q.values.iter().all(|v| mine(&v.from)) && q.records.iter().any(|r| sees(ctx, &r.dataset))
    });
    let questions =
        show.into_iter().map(|q| asked(q, &words, &mut next, &|d| sees(ctx, d))).collect();
    let by = found.identifiers.iter().filter(|k| mine(&k.from));
    let by = by.map(|k| format!("{} {}", words.kind(&k.kind), k.value)).collect();
    let request = &kept.request;
    page(
        &Page {
            path: format!("/cases/{number}/find"),
            token: String::new(),
            kinds,
            can: request.possible(now, &calendar).contains(&StepName::Search),
            searched: request.searched.is_some(),
            ran: found_any,
            complete: found.is_complete(),
            total: records.len() as u64,
            sets: sets.into_values().collect(),
            questions,
            hidden: hide.len(),
            earlier,
            by,
            gaps: gaps(&found, &words),
            searched_sets: found.searched.iter().map(|d| words.set(d)).collect(),
            number: number.clone(),
            t,
            f: Frame::new(ctx, &format!("{} · {number}", t.find_heading), "/cases").wrong(wrong),
        }
        .with_token(),
    )
}

impl Page {
    fn with_token(mut self) -> Self {
        self.token = self.f.token(&self.path);
        self
    }
}

fn asked(
    question: &Question,
    words: &Words,
    next: &mut dyn FnMut() -> usize,
    sees: &dyn Fn(&str) -> bool,
) -> Asked {
    let value = |v: &frist_cases::find::Known| format!("{} {}", words.kind(&v.kind), v.value);
    let values = question.values.iter();
    let seen: Vec<_> = question.records.iter().filter(|r| sees(&r.dataset)).collect();
    let is = |r: &frist_cases::find::Doubtful| Said::YesRecord {
        dataset: r.dataset.clone(),
        key: r.key.text(),
    };
    let n = next();
    let doubtful: Vec<One> = seen
        .iter()
        .take(DOUBTFUL)
        .map(|r| One {
            n: next(),
            said: json(&[is(r)]),
            place: format!("{} {}", words.set(&r.dataset), r.key.text()),
            says: words.says(&r.says.iter().filter(|s| !r.against.contains(s)).collect::<Vec<_>>()),
            against: words.says(&r.against.iter().collect::<Vec<_>>()),
        })
        .collect();
    Asked {
        n,
        what: values.clone().map(value).collect::<Vec<_>>().join(", "),
        why: words.doubt(question.doubt),
        records: json(&seen.iter().map(|r| is(r)).collect::<Vec<_>>()),
        values: match question.doubt {
            // The number that contradicts is on the records, not in what they have in common.
            Doubt::Conflict => String::new(),
            _ => json(
                &values
                    .map(|v| Said::Yes { kind: v.kind.clone(), value: v.value.clone() })
                    .collect::<Vec<_>>(),
            ),
        },
        by_value: question.doubt != Doubt::Conflict && question.values.len() == 1,
        by_records: !question.more && seen.len() == question.records.len() && seen.len() <= 200,
        rest: question.records.len() - doubtful.len(),
        doubtful,
    }
}

/// What was not looked at, and why.
fn gaps(found: &Found, words: &Words) -> Vec<(&'static str, Vec<(String, String)>)> {
    let t = words.t;
    let set = |(d, why): &(String, String)| (words.set(d), words.why(why));
    let kinds = |k: &[String]| k.iter().map(|k| words.kind(k)).collect::<Vec<_>>().join(", ");
    let cut = &found.truncated;
    let mut truncated: Vec<(String, String)> =
        cut.datasets.iter().map(|d| (words.set(d), t.cut_off.to_owned())).collect();
    if cut.rounds || cut.total || cut.identifiers {
        truncated.push((t.whole_search.to_owned(), t.cut_off.to_owned()));
    }
    let unread =
        |(d, n): &(String, u64)| (words.set(d), crate::pages::frame::number(*n, words.lang));
    let all = vec![
        (t.gap_unreachable, found.unreachable.iter().map(set).collect()),
        (t.gap_unsearchable, found.unsearchable.iter().map(set).collect()),
        (t.gap_not_asked, found.not_asked.iter().map(|(d, k)| (words.set(d), kinds(k))).collect()),
        (t.gap_unread, found.unread.iter().map(unread).collect()),
        (t.gap_truncated, truncated),
    ];
    all.into_iter().filter(|(_, rows): &(_, Vec<_>)| !rows.is_empty()).collect()
}
