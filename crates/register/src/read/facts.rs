//! Reading `[dataset.facts]`: how dates are written and where they come from.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::values;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Fact, FactSource, FactType, StartPoint, Text};
use crate::nearest::nearest;
use crate::shape::{self, FACT_TYPES, START_POINTS};
use crate::span::{Sp, Span};
use crate::walk::{File, Tab, either};

/// Reads the facts of a data set.
pub(super) fn read(table: &Tab<'_>) -> BTreeMap<String, Fact> {
    let mut facts = BTreeMap::new();
    let Some(value) = table.raw("facts") else { return facts };
    let file = table.file;
    let Some(declared) = value.get_ref().as_table() else {
        file.wrong_type(value, "facts", "a table of facts");
        return facts;
    };
    for (key, value) in declared {
        let name = key.get_ref().as_ref();
        let span = file.span(key);
        let fact = match value.get_ref() {
            DeValue::String(text) => {
                let kind = fact_type(text, None);
                if kind.is_none() {
                    unknown_type(file, name, text, file.span(value), span);
                }
                kind.map(|kind| Fact {
                    source: FactSource::Field(Sp::new(name.to_owned(), span)),
                    kind: Some(kind),
                    title: Text::default(),
                    start: None,
                    span,
                })
            }
            DeValue::Table(_) => Tab::of(file, value, &shape::FACT, Some(&shape::DATASET))
                .and_then(|inner| one(&inner, Sp::new(name.to_owned(), span))),
            _ if shape::DATASET.field(name).is_some() => {
                misplaced(file, name, span);
                None
            }
            _ => {
                file.wrong_type(value, name, "a type such as \"date\", or a table");
                None
            }
        };
        if let Some(fact) = fact {
            facts.insert(name.to_owned(), fact);
        }
    }
    facts
}

/// A field of the data set that slipped into the table of facts.
fn misplaced(file: &File<'_>, name: &str, span: Span) {
    file.say(
        Diagnostic::new(Code::E0002, span, format!("`{name}` is among the facts"))
            .here("this field belongs to [[dataset]]")
            .help(format!(
                "in TOML every line after `[dataset.facts]` belongs to it until the next header: \
                 move `{name}` up, above `[dataset.facts]`"
            )),
    );
}

fn unknown_type(file: &File<'_>, name: &str, text: &str, at: Span, key: Span) {
    if shape::DATASET.field(name).is_some() {
        misplaced(file, name, key);
        return;
    }
    let mut said =
        Diagnostic::new(Code::E0005, at, format!("`{text}` is not how a date can be written"))
            .here(format!("expected {}", either(FACT_TYPES)));
    if let Some(word) = nearest(text, FACT_TYPES.iter().copied()) {
        said = said.help(format!("did you mean `{word}`?")).fix(at, format!("\"{word}\""));
    }
    file.say(said);
}

fn fact_type(text: &str, zone: Option<String>) -> Option<FactType> {
    match text {
        "date" => Some(FactType::Date),
        "datetime" => Some(FactType::DateTime { zone }),
        "instant" => Some(FactType::Instant),
        "unix" => Some(FactType::UnixSeconds),
        "unix-ms" => Some(FactType::UnixMillis),
        _ => None,
    }
}

fn start_point(table: &Tab<'_>, text: &Sp<String>) -> Option<Sp<StartPoint>> {
    use StartPoint::{Collection, EndOfProcess, EndOfRelationship};
    let all = [Collection, EndOfProcess, EndOfRelationship];
    if let Some(start) = all.into_iter().find(|s| s.as_str() == text.value) {
        return Some(Sp::new(start, text.span));
    }
    let message = format!("`{}` is not a kind of starting point", text.value);
    let mut said = Diagnostic::new(Code::E0005, text.span, message)
        .here(format!("expected {}", either(START_POINTS)));
    if let Some(word) = nearest(&text.value, START_POINTS.iter().copied()) {
        said = said.help(format!("did you mean `{word}`?")).fix(text.span, format!("\"{word}\""));
    }
    table.say(said);
    None
}

fn one(table: &Tab<'_>, name: Sp<String>) -> Option<Fact> {
    let zone = table.str("zone");
    let kind = table.str("type").and_then(|text| {
        let kind = fact_type(&text.value, zone.as_ref().map(|z| z.value.clone()));
        if kind.is_none() {
            unknown_type(table.file, "", &text.value, text.span, text.span);
        }
        kind
    });
    if let Some(zone) = &zone {
        if let Err(e) = frist_law::zone(&zone.value) {
            table.say(Diagnostic::new(Code::E0005, zone.span, e.to_string()));
        }
        if !matches!(kind, Some(FactType::DateTime { .. })) {
            let message = "`zone` is only for facts of type `datetime`";
            table.say(Diagnostic::new(Code::E0008, zone.span, message));
        }
    }
    let field = table.str("field");
    let lookup = table.str("lookup");
    let latest = table.str("latest");
    let by = table.str("by");
    let or_else = table.str("else");
    let title = table.text("title").map(|t| t.value).unwrap_or_default();
    let start = table.str("start").and_then(|text| start_point(table, &text));
    table.finish();
    if table.failed() {
        return None;
    }
    let span = name.span;
    let given: Vec<Span> =
        [&field, &lookup, &latest].into_iter().flatten().map(|text| text.span).collect();
    if let [first, second, ..] = given[..] {
        table.say(
            Diagnostic::new(
                Code::E0008,
                second,
                format!("`{}` is said to come from two places", name.value),
            )
            .label(first, "and from here")
            .help("keep one of `field`, `lookup` and `latest`"),
        );
        return None;
    }
    for (extra, word, of) in [(&by, "by", "`lookup` and `latest`"), (&or_else, "else", "`latest`")]
    {
        let fits = latest.is_some() || (word == "by" && lookup.is_some());
        if let Some(extra) = extra.as_ref().filter(|_| !fits) {
            let message = format!("`{word}` is only for {of}");
            table.say(Diagnostic::new(Code::E0008, extra.span, message));
        }
    }
    let other =
        |text: Sp<String>| {
            let halves = values::split(table.file, &text, '.');
            if halves.is_none() {
                let message = format!("`{}` does not name a data set and a field", text.value);
                table.say(Diagnostic::new(Code::E0005, text.span, message).help(
                    "write the data set's id, a dot and the field: \"invoices.invoice_date\"",
                ));
            }
            if by.is_none() {
                table.missing("by");
            }
            halves.zip(by.clone())
        };
    let source = if let Some(text) = lookup {
        let ((dataset, field), by) = other(text)?;
        FactSource::Lookup { dataset, field, by }
    } else if let Some(text) = latest {
        let ((dataset, field), by) = other(text)?;
        FactSource::Latest { dataset, field, by, or_else }
    } else {
        FactSource::Field(field.unwrap_or(name))
    };
    Some(Fact { source, kind, title, start, span })
}
