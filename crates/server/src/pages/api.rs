//! The interface for machines, for people: its routes, and a page for each kind of problem.

use askama::Template;

use super::frame::{Frame, page};
use crate::api::{Kind, ROOT, api_routes};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::texts;
use crate::text::tokens::{TokenTexts, token_texts};

#[derive(Template)]
#[template(path = "api.html")]
struct Page {
    f: Frame,
    t: &'static TokenTexts,
    routes: Vec<Row>,
    problems: Vec<Problem>,
}

struct Row {
    verb: &'static str,
    path: String,
    summary: &'static str,
    scope: Option<&'static str>,
}

struct Problem {
    id: &'static str,
    status: u16,
    title: &'static str,
}

/// The routes and the problems.
pub(super) fn overview(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let rows = api_routes().into_iter().map(|r| Row {
        verb: r.verb.as_str(),
        path: format!("{ROOT}{}", r.path),
        summary: r.summary,
        scope: r.scope.map(crate::Scope::as_str),
    });
    let problems = Kind::ALL.iter();
    page(&Page {
        f: Frame::new(ctx, texts(ctx.lang).api, "/setup"),
        t: token_texts(ctx.lang),
        routes: rows.collect(),
        problems: problems
            .map(|k| Problem { id: k.id(), status: k.status(), title: k.title() })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "api_problem.html")]
struct One {
    f: Frame,
    title: &'static str,
    status: u16,
    text: &'static str,
}

/// One kind of problem.
pub(super) fn problem(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kind = Kind::ALL.iter().find(|k| k.id() == ctx.id).ok_or(Refusal::NotFound)?;
    page(&One {
        f: Frame::new(ctx, kind.title(), "/setup"),
        title: kind.title(),
        status: kind.status(),
        text: kind.text(ctx.lang),
    })
}
