//! Which notices a changed register makes wrong, and what changed in each.

use frist_law::LawBook;
use frist_register::{Lang, Register};
use serde::Serialize;

use super::{Item, Notice, notices};
use crate::source::{Result, Source};

/// A notice that has to be written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeChange {
    /// Id of the category of data subjects.
    pub subject: String,
    /// What they are called.
    pub name: String,
    /// What has become of it.
    pub what: What,
    /// What changed, item by item.
    pub items: Vec<ItemChange>,
}

/// What has become of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// These people have had no notice so far.
    New,
    /// It says something else than the register does now.
    Changed,
    /// Nothing is held about these people any more.
    Gone,
}

/// What changed in one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// The item's name; `words` for the organisation's own.
    pub item: String,
    /// The item's heading.
    pub heading: String,
    /// What is no longer so.
    pub removed: Vec<String>,
    /// What is so now.
    pub added: Vec<String>,
}

/// Which notices a register makes wrong that were right by another.
///
/// # Errors
/// When one of them names what it does not have; the checker says where.
pub fn wrong(
    old: &Register,
    new: &Register,
    book: &LawBook,
    lang: Lang,
) -> Result<Vec<NoticeChange>> {
    let of = |register| notices(&Source { register, book, revision: "", lang, date: None });
    Ok(compare(&of(old)?, &of(new)?))
}

/// Compares the notices of two revisions, made in the same language. What is the same in both is not
/// in the answer; the revision's hash and the date do not make a notice wrong.
pub fn compare(old: &[Notice], new: &[Notice]) -> Vec<NoticeChange> {
    let mut out = Vec::new();
    for now in new {
        let before = old.iter().find(|n| n.subject.id == now.subject.id);
        let items = before.map_or_else(Vec::new, |before| items(before, now));
        let what = if before.is_none() { What::New } else { What::Changed };
        if before.is_none() || !items.is_empty() {
            out.push(change(now, what, items));
        }
    }
    let gone = old.iter().filter(|o| new.iter().all(|n| n.subject.id != o.subject.id));
    out.extend(gone.map(|o| change(o, What::Gone, Vec::new())));
    out
}

fn change(notice: &Notice, what: What, items: Vec<ItemChange>) -> NoticeChange {
    NoticeChange {
        subject: notice.subject.id.clone(),
        name: notice.subject.name.clone(),
        what,
        items,
    }
}

fn items(old: &Notice, new: &Notice) -> Vec<ItemChange> {
    let mut out = Vec::new();
    let own = |n: &Notice| {
        let mut all = vec![n.title.clone()];
        all.extend(n.before.iter().chain(&n.after).cloned());
        all
    };
    out.extend(difference("words", &new.title, &own(old), &own(new)));
    let mut names: Vec<&Item> = new.items.iter().collect();
    names.extend(old.items.iter().filter(|o| new.item(o.id).is_none()));
    for item in names {
        let (before, now) = (lines(old.item(item.id)), lines(new.item(item.id)));
        out.extend(difference(item.id, &item.heading, &before, &now));
    }
    out
}

/// Every line of an item, with what it is about.
fn lines(item: Option<&Item>) -> Vec<String> {
    let Some(item) = item else { return Vec::new() };
    let mut all: Vec<String> = item.intro.iter().cloned().collect();
    for group in &item.groups {
        all.extend(group.lines.iter().map(|line| match &group.title {
            Some(title) => format!("{title}: {line}"),
            None => line.clone(),
        }));
    }
    all.extend(item.outro.iter().cloned());
    all
}

fn difference(id: &str, heading: &str, old: &[String], new: &[String]) -> Option<ItemChange> {
    let without = |all: &[String], other: &[String]| -> Vec<String> {
        all.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    let (removed, added) = (without(old, new), without(new, old));
    (!removed.is_empty() || !added.is_empty()).then(|| ItemChange {
        item: id.to_owned(),
        heading: heading.to_owned(),
        removed,
        added,
    })
}
