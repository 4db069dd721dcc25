//! One file of the register as text, for those who would rather write it.

use askama::Template;

use super::super::frame::{Frame, page};
use super::{Desk, Note, note, sound, stem};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::register::{self, Said};
use crate::text::register::{RegisterTexts, register_texts};

/// Lines shown before and after the one of which something is said.
const AROUND: usize = 2;

#[derive(Template)]
#[template(path = "register_text.html")]
struct Page {
    f: Frame,
    t: &'static RegisterTexts,
    name: String,
    path: String,
    open: Option<i64>,
    may_edit: bool,
    seen: String,
    text: String,
    rows: usize,
    said: Vec<Shown>,
    elsewhere: Vec<Note>,
}

/// What is said, with the lines that it is about.
struct Shown {
    note: Note,
    lines: Vec<(usize, String, bool)>,
}

/// The file.
pub(in crate::pages) fn text(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let desk = Desk::of(ctx)?;
    let at = wanted(ctx, &desk)?;
    let said = register::look(&desk.files).said;
    let text = desk.files[at].1.clone();
    shown(ctx, &desk, at, text, &said, None)
}

/// Checks the text; keeps it in the change when there is no error in it.
pub(in crate::pages) fn edit_text(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let t = register_texts(ctx.lang);
    let desk = Desk::of(ctx)?;
    let at = wanted(ctx, &desk)?;
    // Browsers send every end of a line as two characters.
    let mut text = ctx.raw("text").replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let before = register::look(&desk.files).said;
    if ctx.field("seen") != desk.hash() {
        return shown(ctx, &desk, at, text, &before, Some(t.moved));
    }
    if desk.files[at].1 == text {
        return shown(ctx, &desk, at, text, &before, Some(t.nothing_changed));
    }
    let mut files = desk.files.clone();
    files[at].1.clone_from(&text);
    let said = register::look(&files).said;
    let made: Vec<Said> =
        said.iter().filter(|s| !before.iter().any(|b| b.same(s))).cloned().collect();
    if !sound(&made) {
        return shown(ctx, &desk, at, text, &said, Some(t.wrong_form));
    }
    let id = desk.keep(ctx, &files)?;
    Ok(Reply::to(&format!("/register/change/{id}?done=kept")))
}

fn wanted(ctx: &Ctx<'_>, desk: &Desk) -> Result<usize, Refusal> {
    let found = desk.files.iter().position(|(name, _)| stem(name) == ctx.id);
    found.ok_or(Refusal::NotFound)
}

fn shown(
    ctx: &Ctx<'_>,
    desk: &Desk,
    at: usize,
    text: String,
    said: &[Said],
    wrong: Option<&str>,
) -> Result<Reply, Refusal> {
    let t = register_texts(ctx.lang);
    let name = desk.files[at].0.clone();
    let (here, others): (Vec<&Said>, Vec<&Said>) = said.iter().partition(|s| s.file == at);
    let lines: Vec<&str> = text.lines().collect();
    let around = |s: &Said| {
        let last = (s.line + AROUND).min(lines.len());
        let first = s.line.saturating_sub(AROUND + 1).min(last);
        let line = |n: usize| (n + 1, lines[n].chars().take(200).collect(), n + 1 == s.line);
        (first..last).map(line).collect()
    };
    let said = here.into_iter().map(|s| Shown { note: note(s, t), lines: around(s) }).collect();
    let elsewhere = match wrong {
        Some(_) => others.into_iter().filter(|s| s.class() == "late").map(|s| note(s, t)).collect(),
        None => Vec::new(),
    };
    page(&Page {
        t,
        path: format!("/register/text/{}", ctx.id),
        open: desk.open.as_ref().map(|p| p.id),
        may_edit: ctx.offers(Action::EditRegister),
        seen: desk.hash(),
        rows: (lines.len() + 3).clamp(12, 40),
        said,
        elsewhere,
        f: Frame::new(ctx, &name, "/register").wrong(wrong.map(str::to_owned)),
        name,
        text,
    })
}
