//! Reviews: what waits in which data set, what nobody looked at lately; and the tasks of one data set.

mod answer;
mod bulk;

use askama::Template;
use frist_cases::review::{self, Looked};
use frist_register::Text;
use jiff::civil::Date;

use super::frame::{Frame, page};
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::{ReviewTexts, review_texts, texts};

pub(super) use answer::{answer, record, take_back};
pub(super) use bulk::bulk;

/// Tasks shown at once.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "reviews.html")]
struct List {
    f: Frame,
    t: &'static ReviewTexts,
    waiting: Option<Vec<(String, String, u64)>>,
    /// When they were counted.
    counted: String,
    every: bool,
    looked: Vec<Row>,
    noted: Option<String>,
}

struct Row {
    what: String,
    title: String,
    dataset: bool,
    last: String,
    next: String,
    late: u32,
    unassessed: bool,
    lawyer: bool,
    may: bool,
}

#[derive(Template)]
#[template(path = "review_tasks.html")]
struct Tasks {
    f: Frame,
    t: &'static ReviewTexts,
    id: String,
    title: String,
    questions: Vec<String>,
    tasks: Vec<(String, String, bool)>,
    counted: Option<String>,
    more: bool,
    fields: String,
    look: String,
    bulk: String,
    typed: Typed,
}

/// An answer as it was filled in.
#[derive(Default, Clone)]
struct Typed {
    conditions: String,
    answer: String,
    until: String,
    reason: String,
}

impl Typed {
    fn of(ctx: &Ctx<'_>) -> Self {
        let words = |name: &str, most: usize| -> String {
            let text = ctx.raw(name).replace("\r\n", "\n");
            text.chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect()
        };
        Self {
            conditions: words("conditions", 2_000),
            answer: words("answer", 10),
            until: words("until", 10),
            reason: words("reason", 2_000).trim().to_owned(),
        }
    }

    /// The answer that is meant, or what is missing in it.
    fn meant(&self, ctx: &Ctx<'_>) -> Result<review::Answer, &'static str> {
        let t = review_texts(ctx.lang);
        let today = ctx.now.to_zoned(ctx.app.zone.clone()).date();
        match self.answer.as_str() {
            "erase" => Ok(review::Answer::Erase { reason: self.reason.clone() }),
            "keep" => {
                let until: Option<Date> = self.until.parse().ok();
                let until = until.filter(|d| *d >= today).ok_or(t.bad_day)?;
                match self.reason.is_empty() {
                    true => Err(t.no_reason),
                    false => Ok(review::Answer::Keep { until, reason: self.reason.clone() }),
                }
            }
            _ => Err(t.choose),
        }
    }
}

/// A failure of the library that is no mistake of the person's.
fn failed(e: frist_cases::CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

fn joined(texts: &[Text], lang: frist_register::Lang) -> String {
    let texts: Vec<&str> = texts.iter().map(|t| t.get(lang)).collect();
    texts.join(" ")
}

/// What waits, and what nobody looked at.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeCases, &Facts::default())?;
    listed(ctx, None, None)
}

fn listed(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    noted: Option<String>,
) -> Result<Reply, Refusal> {
    let (t, lang, now) = (review_texts(ctx.lang), ctx.lang, ctx.now);
    ctx.about.get_or_insert_with(|| "reviews".into());
    let mut f = Frame::new(ctx, texts(lang).reviews, "/reviews").wrong(wrong);
    if ctx.asked("done") == Some("noted") {
        f.notice = Some(t.noted.to_owned());
    }
    let waiting = ctx.app.engines.waiting(ctx.name())?;
    f.counting = waiting.is_none();
    // Nobody's half-written note is taken away by a page that comes again.
    let again = f.counting && noted.is_none() && f.wrong.is_none();
    f.refresh = again.then_some(super::frame::AGAIN);
    let counted = waiting.as_ref().map_or_else(String::new, |w| f.counted_at(w.at, w.outdated));
    let (looked, every, titles) = ctx.engine(|engine| {
        let looked = review::periodic(engine, now).map_err(failed)?;
        let every = engine.register.requests.review_every.is_some();
        let sets = engine.register.datasets.iter();
        let titles: Vec<(String, String)> =
            sets.map(|d| (d.id.value.clone(), title(d, lang))).collect();
        Ok((looked, every, titles))
    })?;
    let named = |id: &str| titles.iter().find(|(i, _)| i == id).map_or(id, |(_, t)| t).to_owned();
    let may = |d: &str| ctx.could(Action::Review, &ctx.knows(Some(d)));
    let waiting = waiting.map(|waiting| {
        let mine = waiting.records.into_iter().filter(|(d, _)| may(d));
        mine.map(|(d, n)| (named(&d), d, n)).map(|(t, d, n)| (d, t, n)).collect()
    });
    let anything = ctx.could(Action::Review, &Facts::default());
    let day =
        |d: Date| d.to_zoned(ctx.app.zone.clone()).map_or(String::new(), |z| f.when(z.timestamp()));
    let row = |l: Looked| Row {
        title: match l.title.get(lang) {
            "" => l.what.clone(),
            title => title.to_owned(),
        },
        last: match (l.last, &l.by) {
            (Some(at), Some(by)) => format!("{}, {by}", day(at)),
            (Some(at), None) => day(at),
            (None, _) => t.never.to_owned(),
        },
        next: l.due.map_or_else(String::new, day),
        late: l.late,
        unassessed: l.unassessed,
        lawyer: l.lawyer,
        may: anything || (l.dataset && may(&l.what)),
        dataset: l.dataset,
        what: l.what,
    };
    let looked = looked.into_iter().map(row).collect();
    page(&List { waiting, counted, every, looked, noted, f, t })
}

/// A data set or a purpose was looked at as a whole.
pub(super) fn looked(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (what, note) = (ctx.field("what").to_owned(), ctx.field("note").to_owned());
    // A purpose is not one data set's: nobody's need to know covers it.
    let dataset = (!what.contains('/')).then_some(what.as_str());
    ctx.may(Action::Review, &ctx.knows(dataset))?;
    ctx.about = Some(what.chars().take(128).collect());
    let t = review_texts(ctx.lang);
    if note.is_empty() {
        return listed(ctx, Some(t.note_empty.to_owned()), Some(what));
    }
    let (note, now) = (note.chars().take(2_000).collect::<String>(), ctx.now);
    let by = operator(ctx)?;
    let face = &ctx.app.face;
    let known = ctx.engine(|engine| {
        match review::note(engine, &what, &note, &by, now) {
            Err(frist_cases::CasesError::NotFound { .. }) => return Ok(false),
            other => other.map_err(failed)?,
        }
        (face.publish)(engine)?;
        Ok(true)
    })?;
    if known { Ok(Reply::to("/reviews?done=noted")) } else { Err(Refusal::NotFound) }
}

/// Who acts, as the ledger names them.
fn operator(ctx: &Ctx<'_>) -> Result<frist_ledger::Id, Refusal> {
    frist_ledger::Id::new(ctx.name()).map_err(|_| Refusal::Broken)
}

/// The tasks of one data set.
pub(super) fn tasks(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeCases, &Facts::default())?;
    tasks_of(ctx, None, Typed::default())
}

/// The data set that the path names, for somebody who needs to know it; its title.
fn dataset(ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
    let id = ctx.id.clone();
    if !ctx.could(Action::Review, &ctx.knows(Some(&id))) {
        return Err(Refusal::Denied);
    }
    let lang = ctx.lang;
    let found = ctx.engine(|e| Ok(e.register.dataset(&id).map(|d| title(d, lang))))?;
    found.ok_or(Refusal::NotFound)
}

fn tasks_of(ctx: &mut Ctx<'_>, wrong: Option<String>, typed: Typed) -> Result<Reply, Refusal> {
    let title = dataset(ctx)?;
    let (t, lang, id) = (review_texts(ctx.lang), ctx.lang, ctx.id.clone());
    let mut f = Frame::new(ctx, &title, "/reviews").wrong(wrong);
    if f.wrong.is_none() {
        f.notice = done(ctx, t, &f);
    }
    let seen = ctx.app.engines.tasks(ctx.name(), &id, SHOWN)?;
    let counted = f.counted(ctx, seen.as_ref(), true);
    let tasks = seen.as_ref().map_or(&[][..], |seen| &seen.what.tasks);
    let fields = seen.as_ref().map_or(&[][..], |seen| &seen.what.fields);
    let mut questions: Vec<String> = Vec::new();
    for task in tasks {
        let question = joined(&task.questions, lang);
        if !questions.contains(&question) {
            questions.push(question);
        }
    }
    let more = tasks.len() == SHOWN;
    let row = |task: &review::Task| {
        (task.key.clone(), task.since.map_or_else(String::new, |at| f.when(at)), task.again)
    };
    page(&Tasks {
        title,
        questions,
        tasks: tasks.iter().map(row).collect(),
        counted,
        more,
        fields: fields.join(", "),
        look: format!("/reviews/{id}/record"),
        bulk: format!("/reviews/{id}/bulk"),
        typed,
        id,
        f,
        t,
    })
}

/// What is said after an answer: by words and numbers of the address, nothing else of it.
fn done(ctx: &Ctx<'_>, t: &ReviewTexts, f: &Frame) -> Option<String> {
    let number = |name: &str| ctx.asked(name).and_then(|n| n.parse::<u64>().ok());
    let mut out = match ctx.asked("done")? {
        "keep" => format!("{} {}.", t.done_keep, f.records(number("n")?)),
        "erase" => format!("{} {}.", t.done_erase, f.records(number("n")?)),
        "back" => t.done_back.to_owned(),
        "already" => t.done_already.to_owned(),
        _ => return None,
    };
    if let Some(first) = ctx.asked("first").and_then(|d| d.parse::<Date>().ok()) {
        let at = first.to_zoned(ctx.app.zone.clone()).ok()?;
        out += &format!(" {} {}.", t.done_short, f.when(at.timestamp()));
    }
    if let Some(n) = number("restricted").filter(|n| *n > 0) {
        out += &format!(" {} {}.", t.done_restricted, f.records(n));
    }
    Some(out)
}
