//! Reading `[[announcement]]`: what callers are told and asked.

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Announcement, Lang, Question, Spoken};
use crate::shape::{self, LANGUAGES};
use crate::span::Sp;
use crate::walk::{Tab, either};

/// Reads one announcement.
pub(super) fn read(table: &Tab<'_>) -> Option<Announcement> {
    let id = table.id();
    let version = table.need_str("version");
    let activity = table.need_str("activity");
    let languages = languages(table);
    if !table.has("before") {
        table.missing("before");
    }
    let inner = |name| {
        table.table(name, &shape::SPOKEN).and_then(|inner| {
            let spoken = spoken(&inner, &languages);
            inner.finish();
            spoken
        })
    };
    let before = inner("before");
    let withdrawn = inner("withdrawn");
    if !table.has("question") {
        table.missing("question");
    }
    let questions: Vec<Question> = table
        .tables("question", &shape::QUESTION)
        .iter()
        .filter_map(|inner| {
            let purpose = inner.need_str("purpose");
            let spoken = spoken(inner, &languages);
            inner.finish();
            let (purpose, spoken) = purpose.zip(spoken)?;
            Some(Question { purpose, spoken, span: inner.span })
        })
        .collect();
    table.finish();
    Some(Announcement {
        id: id?,
        version: version?,
        activity: activity?,
        languages,
        before: before?,
        questions,
        withdrawn,
        span: table.span,
    })
}

fn languages(table: &Tab<'_>) -> Vec<Sp<Lang>> {
    if !table.has("languages") {
        table.missing("languages");
    }
    let mut languages: Vec<Sp<Lang>> = Vec::new();
    for word in table.strings("languages") {
        let lang = match word.value.as_str() {
            "da" => Lang::Da,
            "en" => Lang::En,
            other => {
                let message = format!("`{other}` is not a language Frist knows");
                table.say(
                    Diagnostic::new(Code::E0005, word.span, message)
                        .here(format!("expected {}", either(LANGUAGES))),
                );
                continue;
            }
        };
        if let Some(first) = languages.iter().find(|l| l.value == lang) {
            let message = format!("`{}` is named twice", word.value);
            table.say(
                Diagnostic::new(Code::E0006, word.span, message)
                    .label(first.span, "the first is here"),
            );
            continue;
        }
        languages.push(Sp::new(lang, word.span));
    }
    languages
}

/// Words and their files, in each of these languages.
fn spoken(table: &Tab<'_>, languages: &[Sp<Lang>]) -> Option<Spoken> {
    let text = table.need_text("text");
    let file = table.need_text("file");
    for (name, value) in [("text", &text), ("file", &file)] {
        let Some(value) = value.as_ref().filter(|v| !v.value.is_empty()) else { continue };
        for lang in languages {
            let there = match lang.value {
                Lang::Da => &value.da,
                Lang::En => &value.en,
            };
            if there.is_empty() {
                let word = lang.value.as_str();
                table.say(
                    Diagnostic::new(Code::E0004, value.span, format!("`{name}` lacks `{word}`"))
                        .label(lang.span, "callers are asked in this language as well"),
                );
            }
        }
    }
    Some(Spoken { text: text?, file: file? })
}
