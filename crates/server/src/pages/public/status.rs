//! How a request stands, for whoever has its private link; and the receipt to take away.

use askama::Template;
use axum::http::header;
use frist_cases::request::{Actor, Desk, Kept, Stage, words};
use frist_state::case::KeptPaper;

use super::super::frame::page;
use super::{Outside, WHO, choose_language};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::factor::sha256;
use crate::text::{PublicTexts, public_texts};

#[derive(Template)]
#[template(path = "public_status.html")]
struct Status {
    o: Outside,
    new: bool,
    number: String,
    right: &'static str,
    received: String,
    answer_by: Option<String>,
    stage: String,
    extended: bool,
    link: String,
    /// Whether the link says at which address the server is.
    absolute: bool,
    papers: Vec<(String, &'static str)>,
}

/// The case that a link is for. What the link says is no more than whether there is a case.
fn linked(ctx: &Ctx<'_>) -> Result<(Kept, Vec<KeptPaper>), Refusal> {
    if !ctx.app.settings.config.public.form {
        return Err(Refusal::NotFound);
    }
    let hash = sha256(&ctx.id);
    let number = ctx.state(|state| state.linked_case(&hash))?.ok_or(Refusal::NotFound)?;
    let now = ctx.now;
    let found = ctx.app.engines.engine(WHO, |engine| {
        let mut desk = Desk {
            state: &mut engine.state,
            register: &engine.register,
            by: Actor::Program(WHO),
            at: now,
            signed: "",
        };
        let kept = match desk.load(&number) {
            Ok(kept) => kept,
            // Erased in this very moment.
            Err(frist_cases::CasesError::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(Trouble { message: e.to_string(), help: None }),
        };
        let papers = engine.state.papers(&number)?;
        Ok(Some((kept, papers.into_iter().filter(|p| p.kind == "receipt").collect())))
    })?;
    found.ok_or(Refusal::NotFound)
}

/// How a request stands.
pub(in super::super) fn status(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (kept, papers) = linked(ctx)?;
    choose_language(ctx);
    let t = public_texts(ctx.lang);
    let new = ctx.asked("done").is_some();
    let path = format!("/p/s/{}", ctx.id);
    let o = Outside::new(ctx, if new { t.received } else { t.status }, &path)?;
    let calendar = ctx
        .app
        .engines
        .engine(WHO, |engine| Ok::<_, Trouble>(engine.register.controller.calendar.clone()))?;
    let request = &kept.request;
    let day =
        |d: jiff::civil::Date| d.to_zoned(o.f.zone().clone()).map(|z| o.f.when(z.timestamp()));
    let due = request.answer_due(&calendar).filter(|_| request.answered.is_none());
    let shown = ["html", "txt", "pdf"].into_iter().filter_map(|end| {
        papers.iter().find(|p| p.name.ends_with(&format!(".{end}")))?;
        let label = match end {
            "html" => t.as_page,
            "txt" => t.as_text,
            _ => t.as_pdf,
        };
        Some((format!("{path}/{end}"), label))
    });
    let address = ctx.app.settings.config.address.as_deref().unwrap_or_default();
    let page = page(&Status {
        new,
        number: kept.case.number.clone(),
        right: words::right(request.right, request.marketing, ctx.lang),
        received: day(request.received.to_zoned(o.f.zone().clone()).date()).unwrap_or_default(),
        answer_by: due.and_then(|due| day(due.last_day).ok()),
        stage: stage(&kept, t, &o),
        extended: request.extension.is_some() && request.answered.is_none(),
        absolute: !address.is_empty(),
        link: format!("{}{path}", address.trim_end_matches('/')),
        papers: shown.collect(),
        o,
    });
    // The link is a secret: where somebody goes from here does not hear of it.
    let mut reply = page?;
    reply.headers.push((header::REFERRER_POLICY, "no-referrer".into()));
    Ok(reply)
}

/// How far it has come, in words that tell nothing of what was found.
fn stage(kept: &Kept, t: &PublicTexts, o: &Outside) -> String {
    match (kept.request.stage, kept.request.answered) {
        (Stage::Received, _) => t.s_received.into(),
        (Stage::IdentityAsked, _) => t.s_identity.into(),
        (Stage::IdentityKnown | Stage::Searched | Stage::Decided, _) => t.s_working.into(),
        (Stage::Answered, Some(at)) => format!("{} {}.", t.s_answered, o.f.when(at)),
        (Stage::Answered, None) => format!("{}.", t.s_answered),
        (Stage::Closed, _) => t.s_closed.into(),
    }
}

/// The receipt, in one of its forms.
pub(in super::super) fn letter(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (kept, papers) = linked(ctx)?;
    let end = format!(".{}", ctx.part);
    let kind = match ctx.part.as_str() {
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "pdf" => "application/pdf",
        _ => return Err(Refusal::NotFound),
    };
    let paper = papers.iter().find(|p| p.name.ends_with(&end)).ok_or(Refusal::NotFound)?;
    let (number, paper) = ctx.state(|state| state.paper(paper.id))?.ok_or(Refusal::NotFound)?;
    if number != kept.case.number {
        return Err(Refusal::NotFound);
    }
    let mut reply = Reply::file(kind, &paper.name, paper.bytes);
    reply.headers.push((header::REFERRER_POLICY, "no-referrer".into()));
    Ok(reply)
}
