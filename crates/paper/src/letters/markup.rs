//! The small markup of templates.
//!
//! `# Title` once, `## Heading`, `### Lower heading`; paragraphs parted by an empty line; lists
//! with `- ` or `1. `, one line an item; `> ` a remark set apart; a term on one line and `: ` and
//! what it is on the next; tables as `| a | b |` with `|---|---|` below the head, where the number
//! of hyphens gives the column's share of the width, and `Table: caption` before; `---` a new page.
//! Within a line: `**bold**`, `*stressed*`, `` `code` ``, `[text](https://...)`; a backslash makes
//! the sign after it plain, and `\n` is a line break.

use crate::model::{Align, Block, Cell, Inline};

/// What a template says.
pub(crate) struct Parsed {
    /// The first `# ` line.
    pub title: Option<String>,
    /// The rest.
    pub blocks: Vec<Block>,
}

pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed { title: None, blocks: Vec::new() };
    let mut lines = text.lines().map(str::trim).peekable();
    let mut caption = String::new();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        if let Some(rest) = line.strip_prefix("Table: ") {
            caption = plain(rest);
            continue;
        }
        let blocks = &mut parsed.blocks;
        if let Some(title) = line.strip_prefix("# ") {
            match parsed.title {
                None => parsed.title = Some(plain(title)),
                Some(_) => blocks.push(Block::Heading(1, plain(title))),
            }
        } else if let Some((level, title)) = heading(line) {
            blocks.push(Block::Heading(level, plain(title)));
        } else if line == "---" {
            blocks.push(Block::PageBreak);
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|l| l.starts_with('|')) {
                rows.push(row);
            }
            blocks.push(table(std::mem::take(&mut caption), &rows));
        } else if let Some((ordered, first)) = item(line) {
            let mut items = vec![inlines(first)];
            // Items may be parted by empty lines, which loops in templates leave behind.
            while let Some((_, next)) =
                lines.peek().and_then(|l| item(l)).filter(|(o, _)| *o == ordered)
            {
                items.push(inlines(next));
                lines.next();
            }
            blocks.push(Block::List { ordered, items });
        } else if let Some(first) = line.strip_prefix("> ") {
            let mut words = first.to_owned();
            while let Some(next) = lines.next_if(|l| l.starts_with("> ")) {
                words.push(' ');
                words.push_str(&next[2..]);
            }
            blocks.push(Block::Note(inlines(&words)));
        } else if let Some(meaning) = lines.next_if(|l| l.starts_with(": ")) {
            let entry = (plain(line), inlines(&meaning[2..]));
            match blocks.last_mut() {
                Some(Block::Definitions(entries)) => entries.push(entry),
                _ => blocks.push(Block::Definitions(vec![entry])),
            }
        } else {
            let mut words = line.to_owned();
            while let Some(next) = lines.next_if(|l| !l.is_empty() && !starts_block(l)) {
                words.push(' ');
                words.push_str(next);
            }
            blocks.push(Block::Paragraph(inlines(&words)));
        }
    }
    parsed
}

fn starts_block(line: &str) -> bool {
    line.starts_with("# ")
        || line.starts_with('|')
        || line.starts_with("> ")
        || line.starts_with(": ")
        || line.starts_with("Table: ")
        || line == "---"
        || heading(line).is_some()
        || item(line).is_some()
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let marks = line.bytes().take_while(|b| *b == b'#').count();
    let rest = line.get(marks..)?.strip_prefix(' ')?;
    (2..=4).contains(&marks).then_some((marks as u8 - 1, rest))
}

fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(rest) = line.strip_prefix("- ") {
        return Some((false, rest));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?.strip_prefix(". ")?;
    // `24. november` at a line's start is a date and no list: a list begins small.
    (digits == 1 && !rest.is_empty()).then_some((true, rest))
}

fn table(caption: String, lines: &[&str]) -> Block {
    let mut rows: Vec<Vec<&str>> = lines.iter().map(|l| cells(l)).collect();
    let is_rule = |row: &Vec<&str>| {
        row.iter().all(|c| c.contains('-') && c.chars().all(|c| matches!(c, '-' | ':' | ' ')))
    };
    let (mut head, mut widths, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    if rows.get(1).is_some_and(is_rule) {
        let rule = rows.remove(1);
        head = rows.remove(0).into_iter().map(plain).collect();
        ends = rule.iter().map(|c| c.ends_with(':')).collect();
        widths =
            rule.iter().map(|c| c.chars().filter(|c| *c == '-').count().min(1000) as u16).collect();
    }
    // All alike says nothing about widths.
    if widths.windows(2).all(|w| w[0] == w[1]) {
        widths.clear();
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            row.into_iter()
                .enumerate()
                .map(|(i, text)| Cell {
                    content: inlines(text),
                    align: if ends.get(i) == Some(&true) { Align::End } else { Align::Start },
                })
                .collect()
        })
        .collect();
    Block::Table { caption, head, rows, widths }
}

/// The cells of a line: parted by `|`, but not by `\|`.
fn cells(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let inner = line.strip_prefix('|').unwrap_or(line);
    let (mut start, mut escaped) = (0, false);
    for (i, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '|' => {
                out.push(inner[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        out.push(inner[start..].trim());
    }
    out
}

/// The words of a line, without their form.
fn plain(text: &str) -> String {
    inlines(text).iter().map(Inline::plain).collect()
}

/// A line's words and their form.
fn inlines(text: &str) -> Vec<Inline> {
    let mut out = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let formed = match c {
            '*' if rest.starts_with("**") => {
                closed(&rest[2..], "**").map(|(t, n)| (Inline::Strong(unescape(t)), n + 4))
            }
            '*' => closed(&rest[1..], "*").map(|(t, n)| (Inline::Emph(unescape(t)), n + 2)),
            '`' => closed(&rest[1..], "`").map(|(t, n)| (Inline::Code(unescape(t)), n + 2)),
            '[' => link(rest),
            _ => None,
        };
        if let Some((inline, used)) = formed {
            if !words.is_empty() {
                out.push(Inline::Text(std::mem::take(&mut words)));
            }
            out.push(inline);
            rest = &rest[used..];
            continue;
        }
        let (letter, used) = letter(rest);
        words.extend(letter);
        rest = &rest[used..];
    }
    if !words.is_empty() {
        out.push(Inline::Text(words));
    }
    out
}

/// The text up to `mark`, and its length.
fn closed<'t>(text: &'t str, mark: &str) -> Option<(&'t str, usize)> {
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(mark) {
            return (at > 0).then(|| (&text[..at], at));
        }
        at += letter(&text[at..]).1;
    }
    None
}

fn link(text: &str) -> Option<(Inline, usize)> {
    let (shown, length) = closed(&text[1..], "]")?;
    let after = &text[length + 2..];
    let (url, more) = closed(after.strip_prefix('(')?, ")")?;
    Some((Inline::Link { text: unescape(shown), url: unescape(url) }, length + more + 4))
}

/// The first letter with its backslash taken away, and how many bytes it took.
fn letter(text: &str) -> (Option<char>, usize) {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some('n')) => (Some('\n'), 2),
        (Some('\\'), Some(c)) if c.is_ascii_punctuation() => (Some(c), 2),
        (Some(c), _) => (Some(c), c.len_utf8()),
        (None, _) => (None, 1),
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (c, used) = letter(rest);
        out.extend(c);
        rest = &rest[used..];
    }
    out
}
