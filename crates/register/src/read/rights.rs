//! Reading what people's rights need: identifiers, restriction, assessments, and the texts that
//! people get.

use toml::de::DeValue;

use super::values;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{
    Assessment, ConsentText, Guideline, Identity, IdentityFormat, Letter, Notice, Requests,
    Restrict, Text,
};
use crate::shape;
use crate::span::Sp;
use crate::walk::{Tab, Value};

/// Reads `[[identity]]`.
pub(super) fn identity(table: &Tab<'_>) -> Option<Identity> {
    let id = table.id();
    let title = table.text("title");
    let formats = [
        IdentityFormat::Text,
        IdentityFormat::Email,
        IdentityFormat::Phone,
        IdentityFormat::Cpr,
        IdentityFormat::Name,
    ];
    let format = table.one_of("format", shape::IDENTITY_FORMATS, &formats).unwrap_or_default();
    let shared = table.bool("shared");
    table.finish();
    let id = id?;
    Some(Identity { title: super::title_or_id(title, &id), id, format, shared, span: table.span })
}

/// Reads `[[letter]]`.
pub(super) fn letter(table: &Tab<'_>) -> Option<Letter> {
    let (id, version) = (table.id(), table.need_str("version"));
    let (title, text) = (words(table, "title"), table.need_text("text"));
    table.finish();
    Some(Letter { id: id?, version: version?, title, text: text?, span: table.span })
}

/// Reads `[[notice]]`.
pub(super) fn notice(table: &Tab<'_>) -> Option<Notice> {
    let (id, subject) = (table.id(), table.need_str("subject"));
    let (title, before, after) =
        (words(table, "title"), words(table, "before"), words(table, "after"));
    table.finish();
    Some(Notice { id: id?, subject: subject?, title, before, after, span: table.span })
}

/// Reads `[[consent]]`.
pub(super) fn consent(table: &Tab<'_>) -> Option<ConsentText> {
    let (id, version) = (table.id(), table.need_str("version"));
    let (activity, purpose) = (table.need_str("activity"), table.need_str("purpose"));
    let (text, withdraw) = (table.need_text("text"), words(table, "withdraw"));
    let proof = table.parsed("proof");
    table.finish();
    Some(ConsentText {
        id: id?,
        version: version?,
        activity: activity?,
        purpose: purpose?,
        text: text?,
        withdraw,
        proof,
        span: table.span,
    })
}

/// Reads `[[guideline]]`.
pub(super) fn guideline(table: &Tab<'_>) -> Option<Guideline> {
    let (id, version) = (table.id(), table.need_str("version"));
    let (title, text, who) = (words(table, "title"), table.need_text("text"), words(table, "who"));
    table.finish();
    Some(Guideline { id: id?, version: version?, title, text: text?, who, span: table.span })
}

/// Reads `[requests]`.
pub(super) fn requests(table: &Tab<'_>) -> Requests {
    let requests = Requests {
        keep: table.parsed("keep"),
        link: table.str("link"),
        notice_period: table.parsed("notice_period"),
        review_every: table.parsed("review_every"),
        second_person: table.some_of("second_person", shape::RIGHTS_BY_TWO),
        span: table.span,
    };
    table.finish();
    requests
}

/// Reads `[dataset.assessment]`.
pub(super) fn assessment(table: &Tab<'_>) -> Option<Assessment> {
    if !table.has("on") {
        table.missing("on");
    }
    let (on, by, next) = (table.date("on"), table.need_str("by"), table.date("next"));
    let (data, purpose) = (words(table, "data"), words(table, "purpose"));
    let (so_far, basis) = (words(table, "so_far"), words(table, "basis"));
    let (doubt, lawyer) = (words(table, "doubt"), table.bool("lawyer"));
    table.finish();
    let (on, by) = (on?, by?);
    Some(Assessment { on, by, next, data, purpose, so_far, basis, doubt, lawyer, span: table.span })
}

/// Reads `identity = { email = "email-address" }` of a data set.
pub(super) fn fields(table: &Tab<'_>) -> Vec<(Sp<String>, Sp<String>)> {
    let Some(value) = table.raw("identity") else { return Vec::new() };
    let Some(fields) = value.get_ref().as_table() else {
        table.file.wrong_type(value, "identity", "a table such as { email = \"email-address\" }");
        return Vec::new();
    };
    fields
        .iter()
        .filter_map(|(key, kind)| {
            let field = Sp::new(key.get_ref().to_string(), table.file.span(key));
            let read = table.file.string(kind);
            if read.is_none() {
                table.file.wrong_type(kind, &field.value, "the id of an [[identity]]");
            }
            Some((field, read?))
        })
        .collect()
}

/// Reads `restrict = { set = { blocked = true } }` of a data set.
pub(super) fn restrict(table: &Tab<'_>, value: &Value<'_>) -> Option<Sp<Restrict>> {
    let span = table.file.span(value);
    let wrong = || {
        table.say(
            Diagnostic::new(Code::E0005, span, "`restrict` is not understood")
                .law("GDPR Art. 18")
                .help(
                    "write { set = { blocked = true } }, { move = \"other_table\" } or \
                     { cannot = { da = \"...\", en = \"...\" } }",
                ),
        );
        None
    };
    let inner = match value.get_ref() {
        DeValue::Table(inner) if inner.len() == 1 => inner,
        _ => return wrong(),
    };
    if let Some(fields) = inner.get("set").and_then(|v| v.get_ref().as_table()) {
        let set: Vec<_> = fields
            .iter()
            .filter_map(|(key, value)| {
                let field = Sp::new(key.get_ref().to_string(), table.file.span(key));
                Some((field, values::literal(table.file, value, key.get_ref())?))
            })
            .collect();
        if set.is_empty() { wrong() } else { Some(Sp::new(Restrict::Set(set), span)) }
    } else if let Some(to) = inner.get("move").and_then(|v| table.file.string(v)) {
        Some(Sp::new(Restrict::Move(to), span))
    } else if let Some(why) = inner.get("cannot").and_then(|v| reason(v.get_ref())) {
        Some(Sp::new(Restrict::Cannot(why), span))
    } else {
        wrong()
    }
}

/// A text in one or two languages; one in no language counts as both.
fn reason(value: &DeValue<'_>) -> Option<Text> {
    if let Some(text) = value.as_str() {
        return Some(Text { da: text.to_owned(), en: text.to_owned() });
    }
    let table = value.as_table()?;
    let get = |name| table.get(name).and_then(|v| v.get_ref().as_str()).unwrap_or_default();
    let text = Text { da: get("da").to_owned(), en: get("en").to_owned() };
    (!text.is_empty()).then_some(text)
}

fn words(table: &Tab<'_>, name: &'static str) -> Text {
    table.text(name).map(|t| t.value).unwrap_or_default()
}
