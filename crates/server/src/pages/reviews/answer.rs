//! One record that is asked about: shown, answered, the answer taken back.

use askama::Template;
use frist_cases::CasesError;
use frist_cases::review::{self, Answer, Answered};
use frist_decide::explain;
use frist_sweep::Error as SweepError;

use super::super::frame::{Frame, page};
use super::super::sweeps::sure;
use super::{Typed, dataset, failed, joined, operator, tasks_of};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::{ReviewTexts, review_texts};

#[derive(Template)]
#[template(path = "review_record.html")]
struct Record {
    f: Frame,
    t: &'static ReviewTexts,
    id: String,
    title: String,
    key: String,
    question: Option<String>,
    sentence: String,
    answered: Option<String>,
    lines: Vec<explain::Line>,
    fields: Vec<(String, Option<String>)>,
    typed: Typed,
    answer_path: String,
    undo_path: String,
}

/// One record, with what it says.
pub(in super::super) fn record(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::Review, &ctx.knows(Some(&id)))?;
    let key = ctx.field("key").to_owned();
    shown(ctx, None, &key, Typed::default())
}

fn shown(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    key: &str,
    typed: Typed,
) -> Result<Reply, Refusal> {
    let title = dataset(ctx)?;
    let (t, lang, now, id) = (review_texts(ctx.lang), ctx.lang, ctx.now, ctx.id.clone());
    let found = ctx.engine(|engine| match review::task(engine, &id, key, now) {
        Ok(found) => Ok(Some(found)),
        Err(CasesError::Sweep(SweepError::NoSuchRecord { .. })) => Ok(None),
        // A key of another shape names no record either.
        Err(CasesError::Sweep(SweepError::Store(_)) | CasesError::Store(_)) => Ok(None),
        Err(e) => Err(failed(e)),
    })?;
    let Some((task, found)) = found else {
        return tasks_of(ctx, Some(t.no_record.to_owned()), Typed::default());
    };
    let f = Frame::new(ctx, &title, "/reviews").wrong(wrong);
    let zone = ctx.app.zone.clone();
    let answered = found.answer.as_ref().map(|a| {
        let what = match a.keep_until {
            Some(until) => format!("{} {}", t.answered_keep, f.when(until)),
            None => t.answered_erase.to_owned(),
        };
        let why = if a.reason.is_empty() { String::new() } else { format!(" ({})", a.reason) };
        format!("{} {} {}: {what}{why}", a.by, t.answered_by, f.when(a.at))
    });
    page(&Record {
        title,
        key: found.key.text(),
        question: task.map(|task| joined(&task.questions, lang)),
        sentence: explain::sentence(&found.decision, &zone, lang),
        answered,
        lines: explain::lines(&found.decision, &zone, lang),
        fields: found.fields,
        typed,
        answer_path: format!("/reviews/{id}/answer"),
        undo_path: format!("/reviews/{id}/undo"),
        id,
        f,
        t,
    })
}

/// The answer for one record.
pub(in super::super) fn answer(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::Review, &ctx.knows(Some(&id)))?;
    dataset(ctx)?;
    let (key, typed) = (ctx.field("key").to_owned(), Typed::of(ctx));
    match typed.meant(ctx) {
        Ok(meant) => give(ctx, &[key], &meant),
        Err(wrong) => shown(ctx, Some(wrong.to_owned()), &key, typed),
    }
}

/// Gives an answer for these records.
pub(super) fn give(ctx: &mut Ctx<'_>, keys: &[String], answer: &Answer) -> Result<Reply, Refusal> {
    let (id, lang, now, by) = (ctx.id.clone(), ctx.lang, ctx.now, operator(ctx)?);
    let face = &ctx.app.face;
    let done = ctx.engine(|engine| {
        let done = match review::answer(engine, &id, keys, answer, &by, lang, now) {
            Ok(done) => done,
            // A second click, or somebody else was faster.
            Err(CasesError::Step { .. } | CasesError::Sweep(SweepError::NoSuchRecord { .. })) => {
                return Ok(None);
            }
            Err(e) => return Err(failed(e)),
        };
        (face.publish)(engine)?;
        Ok(Some(done))
    })?;
    ctx.app.engines.changed();
    let Some(Answered { records, first_limit, restricted, .. }) = done else {
        return Ok(Reply::to(&format!("/reviews/{id}?done=already")));
    };
    let word = if matches!(answer, Answer::Keep { .. }) { "keep" } else { "erase" };
    let mut to = format!("/reviews/{id}?done={word}&n={records}&restricted={restricted}");
    if let Some(first) = first_limit {
        to += &format!("&first={first}");
    }
    Ok(Reply::to(&to))
}

/// Takes an answer back.
pub(in super::super) fn take_back(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::Review, &ctx.knows(Some(&id)))?;
    dataset(ctx)?;
    sure(ctx)?;
    let (key, now, by) = (ctx.field("key").to_owned(), ctx.now, operator(ctx)?);
    let face = &ctx.app.face;
    ctx.engine(|engine| {
        match review::take_back(engine, &id, &key, &by, now) {
            // A second click finds no answer.
            Ok(()) | Err(CasesError::State(frist_state::Error::NotFound { .. })) => {}
            Err(e) => return Err(failed(e)),
        }
        (face.publish)(engine)
    })?;
    ctx.app.engines.changed();
    Ok(Reply::to(&format!("/reviews/{id}?done=back")))
}
