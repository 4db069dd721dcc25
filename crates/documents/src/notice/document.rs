//! A notice laid out for the person it is for.

use frist_paper::{Block, Document, Inline};

use super::{Group, Item, Notice};
use crate::layout::{bullets, document, heading, note};
use crate::source::Source;

impl Notice {
    /// The notice as a document.
    pub fn document(&self, source: &Source<'_>) -> Document {
        let both: Vec<&str> = self.articles.clone();
        let subtitle = match source.da() {
            true => format!("Databeskyttelsesforordningens artikel {}", both.join(" og ")),
            false => format!("GDPR Article {}", both.join(" and ")),
        };
        let mut doc = document(source, &self.title, subtitle);
        let b = &mut doc.blocks;
        if !self.missing.is_empty() {
            b.push(note(source.pick(
                "UDKAST: teksten mangler noget, som loven kræver. Ret det i fortegnelsen, før den gives til nogen:",
                "DRAFT: this text lacks something that the law demands. Settle it in the register before giving it to anybody:",
            )));
            b.push(bullets(self.missing.iter().map(String::as_str)));
        }
        b.extend(self.before.iter().flat_map(|text| paragraphs(text)));
        for item in &self.items {
            b.push(heading(1, item.heading.as_str()));
            write(item, b);
        }
        b.extend(self.after.iter().flat_map(|text| paragraphs(text)));
        doc
    }
}

/// An empty line separates paragraphs.
pub(crate) fn paragraphs(text: &str) -> Vec<Block> {
    let all = text.split("\n\n").map(str::trim).filter(|t| !t.is_empty());
    all.map(Block::paragraph).collect()
}

fn write(item: &Item, b: &mut Vec<Block>) {
    b.extend(item.intro.iter().map(Block::paragraph));
    let titled = item.groups.iter().any(|g| g.title.is_some());
    let short = item.groups.iter().all(|g| g.lines.len() == 1);
    match (titled, short) {
        (true, true) => b.push(Block::Definitions(item.groups.iter().map(short_entry).collect())),
        _ => {
            for group in &item.groups {
                b.extend(group.title.iter().map(|t| heading(2, t.as_str())));
                match group.lines.as_slice() {
                    [one] => b.push(Block::paragraph(one.as_str())),
                    lines => b.push(bullets(lines.iter().map(String::as_str))),
                }
            }
        }
    }
    b.extend(item.outro.iter().map(Block::paragraph));
}

fn short_entry(group: &Group) -> (String, Vec<Inline>) {
    let title = group.title.clone().unwrap_or_default();
    (title, vec![Inline::Text(group.lines.join(", "))])
}
