//! A document as plain text, wrapped at 78 columns; tables stay tables while they fit.

use crate::model::{Align, Block, Cell, Document, Inline};
use crate::words;

/// No line is longer, but for a word that is.
const WIDTH: usize = 78;
/// A column narrower than this breaks words to pieces; the table is then written row by row.
const NARROWEST: usize = 9;
/// Between two columns.
const GAP: usize = 2;

pub(crate) fn page(document: &Document) -> String {
    let mut out = String::new();
    if let Some(letterhead) = &document.letterhead {
        for lines in [&letterhead.sender, &letterhead.recipient] {
            for line in lines {
                push(&mut out, &clean(line));
            }
            if !lines.is_empty() {
                out.push('\n');
            }
        }
    }
    if let Some(date) = document.date {
        let dated = words::dated(document.lang);
        push(&mut out, &format!("{dated}: {}", words::date(date, document.lang)));
    }
    for (name, value) in &document.meta {
        wrapped(&mut out, &format!("{name}: {value}"), "", "  ");
    }
    if document.date.is_some() || !document.meta.is_empty() {
        out.push('\n');
    }
    underlined(&mut out, &document.title, '=');
    if let Some(subtitle) = &document.subtitle {
        wrapped(&mut out, subtitle, "", "");
        out.push('\n');
    }
    for block in &document.blocks {
        write_block(&mut out, block);
    }
    if !document.attachments.is_empty() {
        underlined(&mut out, words::attachments(document.lang), '-');
        for file in &document.attachments {
            wrapped(&mut out, &format!("{}: {}", file.name, file.description), "- ", "  ");
        }
        out.push('\n');
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(level, text) => match level {
            0 | 1 => underlined(out, text, '-'),
            _ => {
                wrapped(out, text, "", "");
                out.push('\n');
            }
        },
        Block::Paragraph(content) => {
            wrapped(out, &plain(content), "", "");
            out.push('\n');
        }
        Block::List { ordered, items } => {
            for (i, item) in items.iter().enumerate() {
                let mark = if *ordered { format!("{}. ", i + 1) } else { "- ".to_owned() };
                wrapped(out, &plain(item), &mark, &" ".repeat(mark.len()));
            }
            out.push('\n');
        }
        Block::Table { caption, head, rows, .. } => table(out, caption, head, rows),
        Block::Definitions(terms) => {
            for (term, content) in terms {
                wrapped(out, &format!("{term}:"), "", "");
                wrapped(out, &plain(content), "    ", "    ");
            }
            out.push('\n');
        }
        Block::Note(content) => {
            wrapped(out, &plain(content), "| ", "| ");
            out.push('\n');
        }
        Block::PageBreak => {
            out.push_str(&"-".repeat(WIDTH));
            out.push_str("\n\n");
        }
    }
}

/// A table whose columns share the width; where they cannot, each row as a list of its cells.
fn table(out: &mut String, caption: &str, head: &[String], rows: &[Vec<Cell>]) {
    if !caption.is_empty() {
        wrapped(out, caption, "", "");
        out.push('\n');
    }
    let cells: Vec<Vec<String>> =
        rows.iter().map(|r| r.iter().map(|c| clean(&plain(&c.content))).collect()).collect();
    let head: Vec<String> = head.iter().map(|h| clean(h)).collect();
    let columns = cells.iter().map(Vec::len).chain([head.len()]).max().unwrap_or(0);
    if columns == 0 {
        return;
    }
    match shares(&head, &cells, columns) {
        Some(widths) => grid(out, &head, &cells, rows, &widths),
        None => by_row(out, &head, &cells),
    }
    out.push('\n');
}

/// How wide each column is, or nothing where words would be broken to pieces.
fn shares(head: &[String], cells: &[Vec<String>], columns: usize) -> Option<Vec<usize>> {
    let room = WIDTH.checked_sub(GAP * (columns - 1))?;
    let column = |i: usize| cells.iter().filter_map(move |r| r.get(i)).chain(head.get(i));
    let asked: Vec<usize> = (0..columns)
        .map(|i| column(i).flat_map(|c| c.split('\n')).map(columns_of).max().unwrap_or(0).max(1))
        .collect();
    // The longest word of a column must fit, up to a point: e-mail addresses may be broken.
    let least: Vec<usize> = (0..columns)
        .map(|i| {
            let word = column(i).flat_map(|c| c.split_whitespace()).map(columns_of).max();
            word.unwrap_or(0).clamp(1, 3 * NARROWEST).min(asked[i])
        })
        .collect();
    if asked.iter().sum::<usize>() <= room {
        return Some(asked);
    }
    let floor: usize = least.iter().sum();
    let spare = room.checked_sub(floor)?;
    // What is left over goes where it is asked for.
    let wish: usize = asked.iter().zip(&least).map(|(a, l)| a - l).sum();
    let widths: Vec<usize> = asked
        .iter()
        .zip(&least)
        .map(|(a, l)| (l + (a - l) * spare / wish.max(1)).min(*a).max(1))
        .collect();
    let narrow = widths.iter().zip(&asked).any(|(w, a)| *w < NARROWEST && w < a);
    (!narrow).then_some(widths)
}

fn grid(
    out: &mut String,
    head: &[String],
    cells: &[Vec<String>],
    rows: &[Vec<Cell>],
    widths: &[usize],
) {
    let start = vec![Align::Start; widths.len()];
    if !head.is_empty() {
        line(out, head, &start, widths);
        let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
        line(out, &rule, &start, widths);
    }
    // Rows of several lines need air between them.
    let tall = cells
        .iter()
        .any(|r| r.iter().zip(widths).any(|(c, w)| c.contains('\n') || columns_of(c) > *w));
    for (i, (row, with)) in cells.iter().zip(rows).enumerate() {
        if tall && i > 0 {
            out.push('\n');
        }
        let aligns: Vec<Align> = with.iter().map(|c| c.align).collect();
        line(out, row, &aligns, widths);
    }
}

fn line(out: &mut String, row: &[String], aligns: &[Align], widths: &[usize]) {
    let broken: Vec<Vec<String>> =
        row.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(1);
    for i in 0..height {
        let mut text = String::new();
        for (column, width) in widths.iter().enumerate() {
            let part = broken.get(column).and_then(|c| c.get(i)).map_or("", String::as_str);
            let pad = " ".repeat(width.saturating_sub(columns_of(part)));
            let end = aligns.get(column).is_some_and(|a| *a == Align::End);
            let (before, after) = if end { (pad.as_str(), "") } else { ("", pad.as_str()) };
            if column > 0 {
                text.push_str(&" ".repeat(GAP));
            }
            text.push_str(before);
            text.push_str(part);
            text.push_str(after);
        }
        push(out, text.trim_end());
    }
}

fn by_row(out: &mut String, head: &[String], cells: &[Vec<String>]) {
    for (i, row) in cells.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (column, cell) in row.iter().enumerate() {
            let text = match head.get(column).filter(|h| !h.is_empty()) {
                Some(name) => format!("{name}: {cell}"),
                None => cell.clone(),
            };
            let (first, rest) = if column == 0 { ("* ", "  ") } else { ("  ", "    ") };
            wrapped(out, &text, first, rest);
        }
    }
}

fn plain(content: &[Inline]) -> String {
    let mut out = String::new();
    for inline in content {
        out.push_str(inline.plain());
        match inline.target() {
            Some(url) if !same(url, inline.plain()) => {
                out.push_str(" (");
                out.push_str(url);
                out.push(')');
            }
            _ => {}
        }
    }
    out
}

/// Whether a link already shows where it leads.
fn same(url: &str, text: &str) -> bool {
    let bare = |s: &str| {
        ["https://", "http://", "mailto:", "tel:"]
            .iter()
            .find_map(|p| s.strip_prefix(p))
            .unwrap_or(s)
            .trim_end_matches('/')
            .to_owned()
    };
    bare(url) == bare(text)
}

fn underlined(out: &mut String, text: &str, with: char) {
    let lines = wrap(&clean(text), WIDTH);
    let width = lines.iter().map(|l| columns_of(l)).max().unwrap_or(0);
    for line in lines {
        push(out, &line);
    }
    push(out, &with.to_string().repeat(width));
    out.push('\n');
}

fn wrapped(out: &mut String, text: &str, first: &str, rest: &str) {
    let width = WIDTH - rest.len().max(first.len());
    for (i, line) in wrap(&clean(text), width).iter().enumerate() {
        let line = format!("{}{line}", if i == 0 { first } else { rest });
        push(out, line.trim_end());
    }
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// The lines of `text`, each at most `width` columns; longer words are broken.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ').filter(|w| !w.is_empty()) {
            let long = columns_of(word);
            if used > 0 && used + 1 + long <= width {
                line.push(' ');
                line.push_str(word);
                used += 1 + long;
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for c in word.chars() {
                let wide = column_of(c);
                if used + wide > width && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(c);
                used += wide;
            }
        }
        lines.push(line);
    }
    lines
}

fn clean(text: &str) -> String {
    text.chars().map(words::shown).collect()
}

fn columns_of(text: &str) -> usize {
    text.chars().map(column_of).sum()
}

/// How many columns a character takes: East Asian ones two, combining ones none. Near enough for
/// a letter; a terminal may differ on the odd sign.
fn column_of(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => {
            2
        }
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
