//! Letters: a template and a [`LetterContext`] become a [`Document`].
//!
//! A template is a small text with paragraphs, headings, lists, tables and bold words (`markup`
//! says how), and placeholders such as `{{ case.number }}`. There is one in Danish and one in
//! English for every [`LetterKind`]; an organisation replaces one by a `[[letter]]` in its
//! register. What the law demands of a letter is held against the finished letter, whoever wrote
//! its text: a refusal without reasons or without the routes of complaint is never written.
//!
//! Nothing in a context is read as markup or as a placeholder: it is what people wrote.

mod check;
mod context;
mod engine;
mod kind;
mod markup;
pub(crate) mod nearest;
mod needs;
mod phrases;
mod sample;
mod watched;

use frist_register::{Lang, Letter};

pub use check::check;
pub use context::*;
pub use kind::LetterKind;
pub use phrases::article;
pub use sample::sample;

use crate::error::PaperError;
use crate::model::{Document, Letterhead};
use crate::words;

/// Writes a letter: with the organisation's `own` text where it has one in this language, else
/// with the built-in one. `context` is a [`LetterContext`] as JSON.
///
/// # Errors
///
/// [`PaperError::Context`] when `context` is not a [`LetterContext`]; [`PaperError::Missing`] when
/// it lacks what the law demands of this letter; [`PaperError::Template`] when the text cannot be
/// used, or would not say what the law demands.
pub fn render(
    kind: LetterKind,
    lang: Lang,
    own: Option<&Letter>,
    context: &serde_json::Value,
) -> Result<Document, PaperError> {
    let own = own.map(|letter| match lang {
        Lang::Da => letter.text.value.da.as_str(),
        Lang::En => letter.text.value.en.as_str(),
    });
    // A letter in the other language would be worse than the built-in text.
    let source = own.filter(|text| !text.trim().is_empty());
    let context: LetterContext = serde::Deserialize::deserialize(context)
        .map_err(|e: serde_json::Error| PaperError::Context { kind, why: shape_only(&e) })?;
    render_source(kind, lang, source.unwrap_or_else(|| kind.built_in(lang)), &context)
}

/// Writes a letter from the text of a template.
pub(crate) fn render_source(
    kind: LetterKind,
    lang: Lang,
    source: &str,
    context: &LetterContext,
) -> Result<Document, PaperError> {
    if let Some(need) = needs::of(kind, context).into_iter().find(|n| !n.is_given()) {
        return Err(PaperError::Missing { kind, field: need.field, law: need.law });
    }
    let document = compose(kind, lang, source, context)?;
    let unsaid = needs::unsaid(kind, context, &document);
    match unsaid.first() {
        Some(need) => Err(PaperError::Unsaid { kind, lang, field: need.field, law: need.law }),
        None => Ok(document),
    }
}

/// The document, without asking whether it says what it must.
fn compose(
    kind: LetterKind,
    lang: Lang,
    source: &str,
    context: &LetterContext,
) -> Result<Document, PaperError> {
    let text = engine::fill(kind, lang, source, context)?;
    let parsed = markup::parse(&text);
    let mut sender = vec![context.controller.name.clone()];
    sender.extend(context.controller.address.iter().cloned());
    let phone = &context.controller.phone;
    if !phone.is_empty() {
        sender.push(match lang {
            Lang::Da => format!("Telefon {phone}"),
            Lang::En => format!("Telephone {phone}"),
        });
    }
    sender.push(context.controller.email.clone());
    if !context.controller.number.is_empty() {
        let name = if lang == Lang::Da { "CVR-nr." } else { "Company no. (CVR)" };
        sender.push(format!("{name} {}", context.controller.number));
    }
    let mut recipient = vec![context.to.name.clone()];
    recipient.extend(context.to.address.iter().cloned());
    for lines in [&mut sender, &mut recipient] {
        lines.retain(|l| !l.trim().is_empty());
    }
    let mut meta = Vec::new();
    let (ours, theirs) = match lang {
        Lang::Da => ("Sagsnummer", "Jeres reference"),
        Lang::En => ("Our reference", "Your reference"),
    };
    for (name, value) in [(ours, &context.case.number), (theirs, &context.case.reference)] {
        if !value.trim().is_empty() {
            meta.push((name.to_owned(), value.clone()));
        }
    }
    Ok(Document {
        title: parsed.title.unwrap_or_else(|| kind.title(lang).to_owned()),
        lang,
        date: context.date,
        meta,
        blocks: parsed.blocks,
        letterhead: Some(Letterhead { sender, recipient }),
        ..Document::default()
    })
}

/// What is wrong with a context, without its values: serde quotes what it did not expect.
fn shape_only(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("unknown field") {
        // Names of fields, which are no one's data.
        return text.chars().take(200).collect();
    }
    "a value has not the type that `LetterContext` says".to_owned()
}

/// A date as people write it: `24. november 2026`, `24 November 2026`.
#[must_use]
pub fn written(date: jiff::civil::Date, lang: Lang) -> String {
    words::date(date, lang)
}
