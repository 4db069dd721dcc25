//! A document as the JSON that `page.typ` reads: only strings, numbers and yes or no.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::can_print;
use crate::model::{Align, Block, Cell, Document, Inline};
use crate::words;

/// A word longer than this is given places where it may be broken.
const LONG: usize = 28;
/// One of letters alone only when it is longer than this.
const LONGEST: usize = 60;
/// A table with more columns than this wants the paper's long side.
const WIDE: usize = 6;

/// A row whose longest cell has at most so many bytes is not parted by the end of a page.
const WHOLE: usize = 700;

/// Where attachment `i` lies.
pub(super) fn place(i: usize) -> String {
    format!("/attachments/{i}")
}

pub(super) fn of(document: &Document) -> Value {
    let lang = document.lang;
    let mut facts = Vec::new();
    if let Some(date) = document.date {
        facts.push((words::dated(lang).to_owned(), words::date(date, lang)));
    }
    facts.extend(document.meta.iter().map(|(n, v)| (text(n), text(v))));
    let number = document.meta.first().map(|(_, v)| text(v)).unwrap_or_default();
    let letterhead = document.letterhead.as_ref().map(|l| {
        let lines = |lines: &[String]| lines.iter().map(|l| text(l)).collect::<Vec<_>>();
        json!({"sender": lines(&l.sender), "recipient": lines(&l.recipient)})
    });
    let author = document.letterhead.as_ref().and_then(|l| l.sender.first());
    let date = document.date.map(|d| json!([d.year(), d.month(), d.day()]));
    let (page, of) = words::page_of(lang);
    json!({
        "title": super::together::together(&one_line(&document.title)),
        "running": short(&one_line(&document.title)),
        "number": short(&number.replace('\n', " ")),
        "subtitle": document.subtitle.as_deref().map(text),
        "author": author.map(|a| one_line(a)).unwrap_or_default(),
        "lang": words::code(lang),
        "date": date,
        "facts": facts,
        "letterhead": letterhead,
        "page": [page, of],
        "wide": document.blocks.iter().any(is_wide),
        "blocks": blocks(&document.blocks),
        "enclosed": words::attachments(lang),
        "attachments": attachments(document),
    })
}

fn is_wide(block: &Block) -> bool {
    matches!(block, Block::Table { head, .. } if head.len() > WIDE)
}

/// A title that is empty would be no title for screen readers.
fn one_line(title: &str) -> String {
    let line = text(title).replace('\n', " ");
    if line.trim().is_empty() { "-".to_owned() } else { line }
}

/// For the head of the second page.
fn short(line: &str) -> String {
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

fn blocks(blocks: &[Block]) -> Vec<Value> {
    let mut level = 0;
    // A heading without words is nothing to screen readers, and forbidden.
    let empty = |b: &&Block| matches!(b, Block::Heading(_, t) if text(t).trim().is_empty());
    blocks
        .iter()
        .filter(|b| !empty(b))
        .map(|block| match block {
            Block::Heading(asked, string) => {
                // Screen readers are told no level that skips one.
                level = usize::from((*asked).clamp(1, 4)).min(level + 1);
                json!({"kind": "heading", "level": level, "text": text(string)})
            }
            Block::Paragraph(content) => {
                json!({"kind": "paragraph", "words": inlines(content, LONG)})
            }
            Block::Note(content) => json!({"kind": "note", "words": inlines(content, LONG)}),
            Block::List { ordered, items } => {
                let items: Vec<Value> = items.iter().map(|i| inlines(i, LONG)).collect();
                json!({"kind": if *ordered { "enum" } else { "list" }, "items": items})
            }
            Block::Definitions(entries) => {
                let items: Vec<Value> =
                    entries.iter().map(|(t, m)| json!([text(t), inlines(m, LONG)])).collect();
                json!({"kind": "terms", "items": items})
            }
            Block::Table { caption, head, rows, widths } => table(caption, head, rows, widths),
            Block::PageBreak => json!({"kind": "page"}),
        })
        .collect()
}

fn table(caption: &str, head: &[String], rows: &[Vec<Cell>], widths: &[u16]) -> Value {
    let columns = rows.iter().map(Vec::len).chain([head.len()]).max().unwrap_or(0).max(1);
    let widths = if widths.len() == columns && widths.iter().all(|w| *w > 0) {
        widths.iter().map(|w| usize::from(*w)).collect()
    } else {
        natural(head, rows, columns)
    };
    // In a narrow column a shorter word is too long already.
    let all: usize = widths.iter().sum();
    let limit = |i: usize| (widths[i] * 90 / all.max(1)).clamp(10, LONG);
    let empty = Cell::default();
    let body: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            // A row stays on one page, unless it is so long that it might not fit.
            let length = |c: &Cell| c.content.iter().map(|i| i.plain().len()).sum::<usize>();
            let whole = row.iter().map(length).max().unwrap_or(0) <= WHOLE;
            (0..columns)
                .map(|i| {
                    let cell = row.get(i).unwrap_or(&empty);
                    let longest = cell.content.iter().map(|p| word(p.plain())).max().unwrap_or(0);
                    json!({
                        "words": inlines(&cell.content, limit(i)),
                        "end": cell.align == Align::End,
                        "whole": whole,
                        // A word is parted only where it would not fit at all.
                        "part": longest > widths[i] * 90 / all.max(1),
                    })
                })
                .collect()
        })
        .collect();
    let ends: Vec<bool> = (0..columns)
        .map(|i| rows.iter().any(|r| r.get(i).is_some_and(|c| c.align == Align::End)))
        .collect();
    let mut heads: Vec<String> = head.iter().map(|h| text(h)).collect();
    if !heads.is_empty() {
        heads.resize(columns, String::new());
    }
    json!({
        "kind": "table", "caption": text(caption), "head": heads, "rows": body,
        "widths": widths, "ends": ends,
    })
}

/// Widths by what stands in the columns: never so narrow that usual words are broken.
fn natural(head: &[String], rows: &[Vec<Cell>], columns: usize) -> Vec<usize> {
    let length = |c: &Cell| c.content.iter().map(|i| i.plain().chars().count()).sum::<usize>();
    (0..columns)
        .map(|i| {
            let cells = || rows.iter().take(2_000).filter_map(|r| r.get(i));
            let longest = cells().map(length).max().unwrap_or(0);
            let words =
                cells().flat_map(|c| &c.content).map(|p| word(p.plain())).max().unwrap_or(0);
            let head = head.get(i).map_or(0, |h| word(h) + 1);
            longest.clamp(6, 44).max(words.min(16)).max(head)
        })
        .collect()
}

/// The length of the longest word.
fn word(text: &str) -> usize {
    text.split_whitespace().map(|w| w.chars().count()).max().unwrap_or(0)
}

fn inlines(content: &[Inline], longest: usize) -> Value {
    content
        .iter()
        .map(|inline| {
            let kind = match inline {
                Inline::Text(_) => "text",
                Inline::Strong(_) => "strong",
                Inline::Emph(_) => "emph",
                Inline::Code(_) => "code",
                Inline::Link { .. } if inline.target().is_some() => "link",
                Inline::Link { .. } => "text",
            };
            let string = match inline {
                Inline::Code(_) => text(inline.plain()),
                _ => super::together::together(&text(inline.plain())),
            };
            let string = breakable(&string, longest);
            match inline.target() {
                Some(url) => json!({"kind": kind, "text": string, "url": url}),
                None => json!({"kind": kind, "text": string}),
            }
        })
        .collect()
}

/// Every sign is one that the fonts have; another is written by its number, so that nothing is lost.
fn text(string: &str) -> String {
    let mut out = String::with_capacity(string.len());
    for c in string.chars().map(words::shown) {
        match c {
            '\n' | ' ' => out.push(c),
            // Joiners and variation selectors say how to draw what the fonts have not.
            '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ad}' => {}
            // Signs of private use are not allowed in PDF/A, and mean nothing to others.
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => out.push_str(&number(c)),
            c if can_print(c) => out.push(c),
            c => out.push_str(&number(c)),
        }
    }
    out
}

/// Writes every sign by its number that is not of a European language.
pub(super) fn european(data: &mut Value) {
    match data {
        Value::String(string) => {
            let known = |c: char| {
                matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{17f}' | '\u{391}'..='\u{3c9}' | '\u{401}'..='\u{45f}')
                    || "–—‘’“”„…€•\u{200b}".contains(c)
            };
            *string =
                string.chars().map(|c| if known(c) { c.to_string() } else { number(c) }).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(european),
        Value::Object(fields) => fields.values_mut().for_each(european),
        _ => {}
    }
}

fn number(c: char) -> String {
    format!("[U+{:04X}]", c as u32)
}

/// Places where a long word may be broken, unseen.
fn breakable(string: &str, longest: usize) -> String {
    let mut out = String::with_capacity(string.len());
    for part in string.split_inclusive([' ', '\n']) {
        let signs = part.chars().count();
        // A long Danish word fits a line, and a column that it does not fit hyphenates it.
        let is_word = signs <= LONGEST
            && part.trim_end_matches(|c: char| !c.is_alphabetic()).chars().all(char::is_alphabetic);
        if signs <= longest || is_word {
            out.push_str(part);
            continue;
        }
        let mut run = 0;
        for c in part.chars() {
            out.push(c);
            run += 1;
            let sign = c.is_ascii_punctuation() && run > 3;
            if sign || run >= LONG {
                out.push('\u{200b}');
                run = 0;
            }
        }
    }
    out
}

fn attachments(document: &Document) -> Vec<Value> {
    let mut taken = BTreeSet::new();
    document
        .attachments
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let mut name = file_name(&a.name);
            if !taken.insert(name.clone()) {
                name = format!("{}-{name}", i + 1);
                taken.insert(name.clone());
            }
            let media = if is_media_type(&a.media_type) { &a.media_type } else { "application/octet-stream" };
            json!({"name": name, "path": place(i), "media": media, "description": text(&a.description)})
        })
        .collect()
}

/// A name without folders and without what a file system would not take.
fn file_name(name: &str) -> String {
    let name: String = name
        .chars()
        .take(120)
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if words::shown(c) != c || c.is_control() => '_',
            c => c,
        })
        .collect();
    let name = name.replace("..", "_");
    let trimmed = name.trim_matches(['.', ' ']);
    if trimmed.is_empty() { "file".to_owned() } else { trimmed.to_owned() }
}

fn is_media_type(text: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    text.len() < 128 && text.split_once('/').is_some_and(|(a, b)| good(a) && good(b))
}
