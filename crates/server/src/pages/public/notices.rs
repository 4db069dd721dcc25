//! The published privacy notices: one for each group of people, from the register that is live.

use askama::Template;
use frist_documents::Source;
use frist_law::LawBook;
use frist_register::{Lang, Register};
use jiff::civil::Date;

use super::super::frame::page;
use super::{Outside, choose_language, facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::public_texts;

/// A notice as it is published.
pub(super) struct Published {
    id: String,
    name: String,
    /// Made by `frist-paper`, which escapes everything.
    html: String,
}

#[derive(Template)]
#[template(path = "public_notices.html")]
struct List {
    o: Outside,
    notices: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "public_notice.html")]
struct One {
    o: Outside,
    html: String,
}

/// The notices that lack nothing. One that does is a draft, and is not handed out.
pub(super) fn published(
    register: &Register,
    revision: &str,
    lang: Lang,
    date: Option<Date>,
) -> Vec<Published> {
    let source = Source { register, book: LawBook::embedded(), revision, lang, date };
    let all = frist_documents::notices(&source).unwrap_or_default();
    let whole = all.into_iter().filter(|n| n.missing.is_empty());
    whole
        .map(|n| Published {
            id: n.subject.id.clone(),
            name: n.subject.name.clone(),
            html: n.document(&source).html_fragment(),
        })
        .collect()
}

fn open(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    if ctx.app.settings.config.public.notices { Ok(()) } else { Err(Refusal::NotFound) }
}

/// All of them.
pub(in super::super) fn notices(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    choose_language(ctx);
    let facts = facts(ctx)?;
    let o = Outside::new(ctx, public_texts(ctx.lang).notices, "/p/notices")?;
    let notices = facts.notices(ctx.lang).iter().map(|n| (n.id.clone(), n.name.clone()));
    page(&List { notices: notices.collect(), o })
}

/// One of them.
pub(in super::super) fn notice(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    choose_language(ctx);
    let facts = facts(ctx)?;
    let found = facts.notices(ctx.lang).iter().find(|n| n.id == ctx.id);
    let found = found.ok_or(Refusal::NotFound)?;
    let (name, html) = (found.name.clone(), found.html.clone());
    let o = Outside::new(ctx, &name, &format!("/p/notices/{}", found.id))?;
    page(&One { o, html })
}
