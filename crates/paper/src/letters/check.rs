//! An organisation's own letters, held against what the law demands of each: every text is tried
//! with invented cases, and what it does not say is told.

use std::collections::BTreeSet;

use frist_register::{Code, Diagnostic, Lang, Letter, Register};

use super::context::LetterContext;
use super::engine;
use super::kind::LetterKind;
use super::sample::sample;
use super::{nearest::nearest, render_source};
use crate::error::PaperError;

/// Looks at every `[[letter]]` of the register.
pub fn check(register: &Register) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for letter in &register.letters {
        match letter.id.value.parse::<LetterKind>() {
            Ok(kind) if kind.id() == letter.id.value => texts(kind, letter, &mut out),
            _ => out.push(no_such(letter)),
        }
    }
    out
}

fn no_such(letter: &Letter) -> Diagnostic {
    let kinds = || LetterKind::ALL.iter().map(|k| k.id());
    let message = format!("`{}` is not a letter that Frist writes", letter.id.value);
    let said = Diagnostic::new(Code::E0080, letter.id.span, message);
    match nearest(&letter.id.value.replace('_', "-"), kinds()) {
        Some(near) => {
            said.help(format!("did you mean `{near}`?")).fix(letter.id.span, format!("\"{near}\""))
        }
        None => said.help(format!("there are: {}", kinds().collect::<Vec<_>>().join(", "))),
    }
}

/// Each language that the organisation wrote.
fn texts(kind: LetterKind, letter: &Letter, out: &mut Vec<Diagnostic>) {
    let text = &letter.text.value;
    let mut written = vec![(Lang::Da, text.da.as_str()), (Lang::En, text.en.as_str())];
    // One text for both languages is told of once.
    written.dedup_by(|a, b| a.1 == b.1);
    for (lang, source) in written {
        if source.trim().is_empty() {
            continue;
        }
        let unknown = unknown_names(source, lang);
        if !unknown.is_empty() {
            out.extend(unknown.into_iter().map(|(name, near)| {
                let at = line_of(source, &name);
                let said = Diagnostic::new(
                    Code::E0082,
                    letter.text.span,
                    format!("there is no `{name}` to put into a letter"),
                )
                .here(format!("line {at} of the {} text", name_of(lang)));
                match near {
                    Some(near) => said.help(format!("did you mean `{near}`?")),
                    None => said.help(
                        "`frist letter show KIND` has the built-in text with the names that there are",
                    ),
                }
            }));
            continue;
        }
        tried(kind, lang, source, letter, out);
    }
}

/// Fills the text with each invented case.
fn tried(kind: LetterKind, lang: Lang, source: &str, letter: &Letter, out: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for context in cases(kind, lang) {
        let Err(error) = render_source(kind, lang, source, &context) else { continue };
        let said = match &error {
            PaperError::Unsaid { field, law, .. } => {
                if !told.insert(*field) {
                    continue;
                }
                Diagnostic::new(
                    Code::E0083,
                    letter.text.span,
                    format!("the letter `{kind}` does not say `{field}`"),
                )
                .here(format!("the {} text", name_of(lang)))
                .law(*law)
                .help(advice(field))
            }
            PaperError::Template { line, why, .. } => {
                if !told.insert("template") {
                    continue;
                }
                let place = line.map(|l| format!("line {l} of ")).unwrap_or_default();
                Diagnostic::new(
                    Code::E0081,
                    letter.text.span,
                    format!("the text of the letter `{kind}` cannot be used: {why}"),
                )
                .here(format!("{place}the {} text", name_of(lang)))
                .help("`frist letter show KIND` has the built-in text, which can be copied and changed")
            }
            // The invented cases are ours: they have what is needed.
            _ => continue,
        };
        out.push(said);
    }
}

fn advice(field: &str) -> String {
    if field.starts_with("complaint") {
        return "put `{{ complaint }}` where it belongs, or tell of Datatilsynet and the courts in your own words".to_owned();
    }
    match field.split_once('.') {
        Some((list @ ("decisions" | "access" | "rectified"), name)) => format!(
            "go through the list: `{{% for line in {list} %}}- {{{{ line.{name} }}}}{{% endfor %}}`, in every case"
        ),
        Some(("inquiry", _)) => {
            "go through the list: `{% for line in inquiry.answers %}`, with `{{ line.question }}` and `{{ line.answer }}`".to_owned()
        }
        _ if field == "reasons" || field == "about" => {
            format!("go through the list: `{{% for line in {field} %}}{{{{ line }}}}{{% endfor %}}`")
        }
        _ if field.contains(' ') => "say it in a sentence; `frist letter show KIND` has one".to_owned(),
        _ => format!("put `{{{{ {field} }}}}` where it belongs, in every case"),
    }
}

/// The invented cases that a text must serve: the full one, and those in which less is known.
pub(crate) fn cases(kind: LetterKind, lang: Lang) -> Vec<LetterContext> {
    let full = sample(kind, lang);
    let mut bare = full.clone();
    bare.dpo = None;
    bare.signed = String::new();
    bare.case.received = None;
    bare.case.due = None;
    bare.recipients.clear();
    bare.enclosures.clear();
    bare.controller.phone = String::new();
    let mut out = vec![full.clone(), bare];
    match kind {
        LetterKind::Refused => {
            // A refusal with reasons alone, such as of access.
            let mut reasons = full;
            reasons.case.right = "access".to_owned();
            reasons.decisions.clear();
            reasons.reasons = vec!["Xylofon-begrundelse.".to_owned()];
            out.push(reasons);
        }
        LetterKind::Objection => {
            let outcomes = [(true, "met"), (false, "met"), (false, "pending"), (false, "partly")];
            for (marketing, outcome) in outcomes {
                let mut other = full.clone();
                other.objection = other.objection.map(|o| super::context::Objection {
                    marketing,
                    outcome: outcome.to_owned(),
                    not_met: if outcome == "partly" { "Xylofon-formål".into() } else { o.not_met },
                    ..o
                });
                if outcome != "partly" {
                    other.reasons.clear();
                }
                out.push(other);
            }
        }
        LetterKind::Granted => {
            let mut nothing = full;
            nothing.decisions.clear();
            nothing.recipients.clear();
            out.push(nothing);
        }
        LetterKind::Restricted => {
            // A part that a system cannot restrict.
            let mut partly = full;
            partly.reasons = vec!["Xylofon-begrundelse.".to_owned()];
            let mut nothing = partly.clone();
            nothing.decisions.clear();
            out.extend([partly, nothing]);
        }
        LetterKind::ConsentWithdrawn => {
            let mut kept = full;
            kept.decisions = sample(LetterKind::PartlyGranted, lang).decisions;
            out.push(kept);
        }
        LetterKind::Access => {
            let mut nothing = full;
            nothing.access.clear();
            nothing.delivery = None;
            nothing.recipients.clear();
            out.push(nothing);
        }
        LetterKind::Recipients => {
            for right in ["rectification", "restriction"] {
                let mut other = full.clone();
                other.case.right = right.to_owned();
                other.rectified = sample(LetterKind::Rectified, lang).rectified;
                out.push(other);
            }
        }
        _ => {}
    }
    out
}

/// Names that stand for nothing, wherever they are in the text, with what may be meant.
fn unknown_names(source: &str, lang: Lang) -> Vec<(String, Option<String>)> {
    let schema = everything();
    let mut out = Vec::new();
    for name in engine::names(source, lang) {
        let mut fields = Some(&schema);
        let mut path = String::new();
        for part in name.split('.') {
            let Some(serde_json::Value::Object(known)) = fields else { break };
            match known.get(part) {
                Some(next) => fields = Some(next),
                None if path.is_empty() && engine::PARTS.contains(&part) => break,
                None => {
                    let parts = engine::PARTS.iter().copied().filter(|_| path.is_empty());
                    let near = nearest(part, known.keys().map(String::as_str).chain(parts));
                    out.push((format!("{path}{part}"), near.map(|n| format!("{path}{n}"))));
                    break;
                }
            }
            path.push_str(part);
            path.push('.');
        }
    }
    out.dedup();
    out
}

/// A context with every table in it, so that its JSON has all names.
fn everything() -> serde_json::Value {
    let full = LetterContext {
        dpo: Some(Default::default()),
        identity: Some(Default::default()),
        extension: Some(Default::default()),
        delivery: Some(Default::default()),
        restriction: Some(Default::default()),
        objection: Some(Default::default()),
        consent: Some(Default::default()),
        inquiry: Some(Default::default()),
        ..LetterContext::default()
    };
    serde_json::to_value(full).unwrap_or_default()
}

fn line_of(source: &str, name: &str) -> usize {
    source.lines().position(|l| l.contains(name)).map_or(1, |i| i + 1)
}

fn name_of(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "Danish",
        Lang::En => "English",
    }
}
