//! What the documents share when they are laid out.

use frist_paper::{Block, Cell, Document, Inline};
use serde::Serialize;

use crate::source::{ContactView, Error, Result, Source};

/// A value as JSON, with a line at the end.
pub(crate) fn json(value: &impl Serialize, what: &'static str) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|t| t + "\n").map_err(|e| Error::Write { what, why: e.to_string() })
}

/// An empty document with the controller, the revision and the day of the law on it.
pub(crate) fn document(source: &Source<'_>, title: &str, subtitle: String) -> Document {
    let pick = |da: &str, en: &str| source.pick(da, en).to_owned();
    let mut meta = vec![
        (pick("Dataansvarlig", "Controller"), source.register.controller.contact.name.clone()),
        (pick("Revision", "Revision"), source.revision.to_owned()),
    ];
    if source.date.is_none() {
        meta.push((pick("Retstilstand pr.", "Law as of"), source.day(source.law_day())));
    }
    Document {
        title: title.to_owned(),
        subtitle: Some(subtitle),
        lang: source.lang,
        date: source.date,
        meta,
        ..Document::default()
    }
}

pub(crate) fn heading(level: u8, text: impl Into<String>) -> Block {
    Block::Heading(level, text.into())
}

pub(crate) fn note(text: impl Into<String>) -> Block {
    Block::Note(vec![Inline::Text(text.into())])
}

pub(crate) fn bullets<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Block {
    let items = items.into_iter().map(|t| vec![Inline::Text(t.into())]).collect();
    Block::List { ordered: false, items }
}

pub(crate) fn table(caption: &str, head: &[&str], rows: Vec<Vec<Cell>>, widths: &[u16]) -> Block {
    Block::Table {
        caption: caption.to_owned(),
        head: head.iter().map(|h| (*h).to_owned()).collect(),
        rows,
        widths: widths.to_vec(),
    }
}

/// Lines below each other in one cell.
pub(crate) fn lines<T: AsRef<str>>(lines: &[T]) -> Cell {
    let all: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    Cell::from(all.join("\n"))
}

/// A contact as links: name, address, e-mail, telephone.
pub(crate) fn contact(source: &Source<'_>, c: &ContactView) -> Vec<Inline> {
    let mut out = vec![Inline::Strong(c.name.clone())];
    if let Some(cvr) = &c.cvr {
        let word = source.pick("CVR-nr.", "company number (CVR)");
        out.push(Inline::Text(format!(", {word} {cvr}")));
    }
    if let Some(address) = &c.address {
        out.push(Inline::Text(format!("\n{address}")));
    }
    if let Some(email) = &c.email {
        out.push(Inline::Text("\n".into()));
        out.push(Inline::Link { text: email.clone(), url: format!("mailto:{email}") });
    }
    if let Some(phone) = &c.phone {
        out.push(Inline::Text(if c.email.is_some() { ", ".into() } else { "\n".into() }));
        let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let word = source.pick("tlf.", "tel.");
        out.push(Inline::Link { text: format!("{word} {phone}"), url: format!("tel:{digits}") });
    }
    out
}
