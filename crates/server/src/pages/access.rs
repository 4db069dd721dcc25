//! Who may what: the whole table, as the program follows it.

use askama::Template;

use super::frame::{Frame, page};
use crate::access::{Action, Condition, Grant, Role, grant};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::access::{AccessTexts, access_texts, action, condition, heading, notes};
use crate::text::texts;
use crate::words::role as role_words;

#[derive(Template)]
#[template(path = "access.html")]
struct Table {
    f: Frame,
    t: &'static AccessTexts,
    roles: Vec<&'static str>,
    groups: Vec<Group>,
    conditions: Vec<(char, &'static str)>,
    notes: String,
}

/// Actions under one heading.
struct Group {
    heading: &'static str,
    rows: Vec<Row>,
}

struct Row {
    action: &'static str,
    changes: bool,
    reads: bool,
    /// By role: a word, or the letters of its conditions; empty for never.
    cells: Vec<String>,
}

/// The page.
pub(super) fn table(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (lang, t) = (ctx.lang, access_texts(ctx.lang));
    let cell = |role: Role, action: Action| match grant(role, action) {
        Grant::No => String::new(),
        Grant::Yes => t.yes.to_owned(),
        Grant::If(conditions) => conditions.iter().map(|c| c.mark()).collect(),
    };
    let mut groups: Vec<Group> = Vec::new();
    for one in Action::ALL {
        if let Some(heading) = heading(*one, lang) {
            groups.push(Group { heading, rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(Row {
                action: action(*one, lang),
                changes: one.changes(),
                reads: one.reads(),
                cells: Role::ALL.into_iter().map(|role| cell(role, *one)).collect(),
            });
        }
    }
    page(&Table {
        f: Frame::new(ctx, texts(lang).access_table, "/people"),
        t,
        roles: Role::ALL.into_iter().map(|role| role_words(role, lang).0).collect(),
        groups,
        conditions: Condition::ALL.map(|c| (c.mark(), condition(c, lang))).to_vec(),
        notes: notes(lang),
    })
}
