//! A document as a page of HTML: everything escaped, nothing loaded, nothing that runs.

use std::fmt::Write;

use crate::model::{Align, Block, Cell, Document, Inline, Letterhead};
use crate::words;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(crate) fn page(document: &Document) -> String {
    let mut out = String::with_capacity(8 * 1024);
    let lang = words::code(document.lang);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>"
    );
    escape(&mut out, &document.title);
    let _ = write!(out, "</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n");
    contents(&mut out, document);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// What stands in the page, to be put into another one: its `h1` is the only one.
pub(crate) fn fragment(document: &Document) -> String {
    let mut out = String::with_capacity(8 * 1024);
    contents(&mut out, document);
    out
}

fn contents(out: &mut String, document: &Document) {
    out.push_str("<header>\n");
    if let Some(letterhead) = &document.letterhead {
        head(out, letterhead);
    }
    facts(out, document);
    out.push_str("<h1>");
    broken(out, &document.title);
    out.push_str("</h1>\n");
    if let Some(subtitle) = &document.subtitle {
        out.push_str("<p class=\"subtitle\">");
        broken(out, subtitle);
        out.push_str("</p>\n");
    }
    out.push_str("</header>\n");
    for block in &document.blocks {
        write_block(out, block);
    }
    if !document.attachments.is_empty() {
        let _ = write!(out, "<footer>\n<h2>{}</h2>\n<ul>\n", words::attachments(document.lang));
        for file in &document.attachments {
            out.push_str("<li><code>");
            escape(out, &file.name);
            out.push_str("</code>: ");
            escape(out, &file.description);
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n</footer>\n");
    }
}

fn head(out: &mut String, letterhead: &Letterhead) {
    for (class, lines) in [("sender", &letterhead.sender), ("recipient", &letterhead.recipient)] {
        if lines.is_empty() {
            continue;
        }
        let _ = write!(out, "<address class=\"{class}\">");
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                out.push_str("<br>");
            }
            escape(out, line);
        }
        out.push_str("</address>\n");
    }
}

/// The date and the facts about the document.
fn facts(out: &mut String, document: &Document) {
    let dated = document
        .date
        .map(|d| (words::dated(document.lang).to_owned(), words::date(d, document.lang)));
    let mut facts = dated.iter().chain(&document.meta).peekable();
    if facts.peek().is_none() {
        return;
    }
    out.push_str("<dl class=\"facts\">\n");
    for (name, value) in facts {
        out.push_str("<div><dt>");
        escape(out, name);
        out.push_str("</dt><dd>");
        escape(out, value);
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl>\n");
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(level, text) => {
            // The title is the page's only h1.
            let level = (*level).clamp(1, 4) + 1;
            let _ = write!(out, "<h{level}>");
            broken(out, text);
            let _ = writeln!(out, "</h{level}>");
        }
        Block::Paragraph(content) => {
            out.push_str("<p>");
            inlines(out, content);
            out.push_str("</p>\n");
        }
        Block::List { ordered, items } => {
            let tag = if *ordered { "ol" } else { "ul" };
            let _ = writeln!(out, "<{tag}>");
            for item in items {
                out.push_str("<li>");
                inlines(out, item);
                out.push_str("</li>\n");
            }
            let _ = writeln!(out, "</{tag}>");
        }
        Block::Table { caption, head, rows, widths } => table(out, caption, head, rows, widths),
        Block::Definitions(terms) => {
            out.push_str("<dl>\n");
            for (term, content) in terms {
                out.push_str("<dt>");
                escape(out, term);
                out.push_str("</dt><dd>");
                inlines(out, content);
                out.push_str("</dd>\n");
            }
            out.push_str("</dl>\n");
        }
        Block::Note(content) => {
            out.push_str("<p class=\"note\" role=\"note\">");
            inlines(out, content);
            out.push_str("</p>\n");
        }
        Block::PageBreak => out.push_str("<hr class=\"page\">\n"),
    }
}

fn table(out: &mut String, caption: &str, head: &[String], rows: &[Vec<Cell>], widths: &[u16]) {
    // A focusable region, so that a wide table can be scrolled by the keyboard.
    out.push_str("<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"");
    escape(out, caption);
    out.push_str("\">\n<table>\n");
    if !caption.is_empty() {
        out.push_str("<caption>");
        escape(out, caption);
        out.push_str("</caption>\n");
    }
    let all: u32 = widths.iter().map(|w| u32::from(*w)).sum();
    if all > 0 && widths.iter().all(|w| *w > 0) {
        out.push_str("<colgroup>");
        for width in widths {
            // By class, in steps of five: a page's policy may forbid `style` within it.
            let step = ((u32::from(*width) * 20 + all / 2) / all).clamp(1, 19);
            let _ = write!(out, "<col class=\"w{}\">", step * 5);
        }
        out.push_str("</colgroup>\n");
    }
    if !head.is_empty() {
        out.push_str("<thead><tr>");
        let ends = |i: usize| rows.iter().any(|r| r.get(i).is_some_and(|c| c.align == Align::End));
        for (i, name) in head.iter().enumerate() {
            out.push_str(if ends(i) {
                "<th scope=\"col\" class=\"end\">"
            } else {
                "<th scope=\"col\">"
            });
            escape(out, name);
            out.push_str("</th>");
        }
        out.push_str("</tr></thead>\n");
    }
    out.push_str("<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let (tag, scope) = if i == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
            let class = if cell.align == Align::End { " class=\"end\"" } else { "" };
            let _ = write!(out, "<{tag}{scope}{class}>");
            inlines(out, &cell.content);
            let _ = write!(out, "</{tag}>");
        }
        for _ in row.len()..head.len() {
            out.push_str("<td></td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn inlines(out: &mut String, content: &[Inline]) {
    for inline in content {
        let tag = match inline {
            Inline::Text(_) => "",
            Inline::Strong(_) => "strong",
            Inline::Emph(_) => "em",
            Inline::Code(_) => "code",
            Inline::Link { .. } => {
                match inline.target() {
                    Some(url) => {
                        out.push_str("<a rel=\"noreferrer\" href=\"");
                        escape(out, url);
                        out.push_str("\">");
                        broken(out, inline.plain());
                        out.push_str("</a>");
                    }
                    None => broken(out, inline.plain()),
                }
                continue;
            }
        };
        if tag.is_empty() {
            broken(out, inline.plain());
            continue;
        }
        let _ = write!(out, "<{tag}>");
        broken(out, inline.plain());
        let _ = write!(out, "</{tag}>");
    }
}

/// Escaped, with line breaks.
fn broken(out: &mut String, text: &str) {
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push_str("<br>");
        }
        escape(out, line);
    }
}

/// Nothing of `text` is HTML afterwards, in an element or in a quoted attribute.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(words::shown(c)),
        }
    }
}
