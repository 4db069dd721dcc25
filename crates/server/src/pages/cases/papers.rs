//! Letters and other papers of a case: the answer before it is written, and what is kept.
//!
//! A letter is shown from our own document model, or as its text: nothing that somebody else wrote
//! is ever shown as HTML.

use askama::Template;
use frist_cases::erase::{self, Answering};
use frist_cases::request::StepName;
use frist_paper::{Block, Document, Inline};
use frist_register::Lang;
use frist_state::case::CaseKind;

use super::super::frame::{Frame, page};
use super::{calendar, desk, done, found, line, look, request, say, signs, t, told};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/paper.html")]
struct Paper {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    title: String,
    lang: &'static str,
    text: String,
}

/// A paper that is kept: its text on the page, or the file.
pub(in crate::pages) fn paper(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let case = found(ctx)?;
    let id: i64 = ctx.part.parse().map_err(|_| Refusal::NotFound)?;
    let kept = ctx.state(|state| state.paper(id))?;
    let (_, paper) = kept.filter(|(number, _)| *number == case.number).ok_or(Refusal::NotFound)?;
    let is_text = paper.media_type.starts_with("text/plain");
    if ctx.asked("file").is_some() || !is_text {
        let kind = match paper.media_type.split(';').next().unwrap_or_default() {
            "application/pdf" => "application/pdf",
            "text/html" => "text/html; charset=utf-8",
            "text/plain" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let name: String =
            paper.name.chars().map(|c| if plain(c) { c } else { '_' }).take(100).collect();
        return Ok(Reply::file(kind, name.trim_start_matches('.'), paper.bytes));
    }
    let t = t(ctx);
    let title = say::paper(&paper.kind, ctx.lang).unwrap_or_else(|| paper.name.clone());
    let f = Frame::new(ctx, &format!("{title} · {}", case.number), "/cases");
    page(&Paper {
        path: format!("/cases/{}/paper/{id}", case.number),
        number: case.number,
        title,
        lang: if paper.lang.as_deref() == Some("en") { "en" } else { "da" },
        text: String::from_utf8_lossy(&paper.bytes).into_owned(),
        t,
        f,
    })
}

/// Enters that a paper was sent.
pub(in crate::pages) fn sent(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let case = found(ctx)?;
    let id: i64 = ctx.part.parse().map_err(|_| Refusal::NotFound)?;
    let how = line(ctx, "how", 200);
    if case.kind != CaseKind::Request {
        return Err(Refusal::NotFound);
    }
    if how.is_empty() {
        return Err(Refusal::Unclear(t(ctx).say_how_sent.to_owned()));
    }
    let (by, now, number) = (ctx.name().to_owned(), ctx.now, case.number.clone());
    match done(ctx, |e| desk(e, &by, now, "").sent(&number, id, &how))? {
        Ok(()) => Ok(Reply::to(&format!("/cases/{number}?done=sent"))),
        Err(_) if super::steps::did_already(ctx, &number, &format!("sent:{id}"))? => {
            Ok(Reply::to(&format!("/cases/{number}?done=sent")))
        }
        Err(e) => Err(super::refusal(ctx, e)),
    }
}

#[derive(Template)]
#[template(path = "cases/answer.html")]
struct Draft {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    seen: u64,
    token: String,
    wrong: Option<String>,
    document: Option<Document>,
    lang: &'static str,
    untold: usize,
    may: bool,
}

/// The answer before it is written.
pub(in crate::pages) fn draft(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let made = look(ctx, |e| {
        let how = Answering { signed: &signed, ..Answering::default() };
        let can = kept.request.possible(now, &calendar(e)).contains(&StepName::Answer);
        Ok((can, erase::draft(e, &by, &number, &how, now)))
    })?;
    let (can, made) = made;
    let (wrong, document) = match made {
        Ok((_, document)) => (None, Some(document)),
        Err(e) => (Some(told(ctx, &e)), None),
    };
    let t = t(ctx);
    let f = Frame::new(ctx, &format!("{} · {number}", t.answer_heading), "/cases");
    page(&Draft {
        path: format!("/cases/{number}"),
        seen: kept.case.version,
        token: f.token(&format!("/cases/{number}/step/answer")),
        wrong,
        may: can && document.is_some() && ctx.could(Action::WorkCase, &Facts::default()),
        document,
        lang: if kept.request.lang == Lang::En { "en" } else { "da" },
        untold: kept.request.untold().count(),
        number,
        t,
        f,
    })
}
