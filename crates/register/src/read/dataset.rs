//! Reading `[[dataset]]`: where it lies, about whom, and what is done in the end.

use toml::de::DeValue;

use super::{facts, rights, rules, values};
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Anonymise, DataSet, Disposition, Guard, Review};
use crate::shape;
use crate::span::Sp;
use crate::walk::{Tab, Value};

/// Reads one data set.
pub(super) fn read(table: &Tab<'_>) -> Option<DataSet> {
    let id = table.id();
    let title = table.text("title");
    let activity = table.need_str("activity");
    let at = table.need_str("at").and_then(|at| place(table, &at));
    let key = table.strings("key");
    let subjects = subjects(table);
    let categories = table.strings("categories");
    let empty_list = table.has("categories") && categories.is_empty();
    if !table.has("categories") || empty_list {
        table.missing("categories");
    }
    let identifiers = table.strings("identifiers");
    let two_person = table.one_of("approve", &["one", "two"], &[false, true]).unwrap_or(false);
    let drop_partitions = table.bool("drop_partitions");
    let guard = table.table("guard", &shape::GUARD).map(|t| guard(&t)).unwrap_or_default();
    let justification = table.text("justification").map(|t| t.value).filter(|t| !t.is_empty());
    let assessment =
        table.table("assessment", &shape::ASSESSMENT).and_then(|t| rights::assessment(&t));
    let identity = rights::fields(table);
    let others = table.strings("others");
    let provided = table.strings("provided");
    let provided = table.has("provided").then_some(provided);
    let restrict = table.raw("restrict").and_then(|v| rights::restrict(table, v));
    let review = table.table("review", &shape::REVIEW).and_then(|t| review(&t));
    let then = table.raw("then").map(|v| disposition(table, v));
    let facts = facts::read(table);
    let keep = table.tables("keep", &shape::KEEP).iter().filter_map(rules::keep).collect();
    let erase = table.tables("erase", &shape::ERASE).iter().filter_map(rules::erase).collect();
    let links = table.tables("link", &shape::LINK).iter().filter_map(rules::link).collect();
    table.finish();
    let (id, activity, (store, collection)) = (id?, activity?, at?);
    Some(DataSet {
        title: super::title_or_id(title, &id),
        id,
        activity,
        store,
        collection,
        key,
        subjects,
        categories,
        facts,
        keep,
        erase,
        // What nobody wrote stands where the data set does.
        then: then.unwrap_or_else(|| Sp::new(Disposition::Erase, table.span)),
        links,
        review,
        two_person,
        guard,
        drop_partitions,
        identifiers,
        justification,
        assessment,
        identity,
        others,
        provided,
        restrict,
        span: table.span,
    })
}

/// `store/collection`, split at the first slash.
fn place(table: &Tab<'_>, at: &Sp<String>) -> Option<(Sp<String>, Sp<String>)> {
    let halves = values::split(table.file, at, '/');
    if halves.is_none() {
        let message = format!("`{}` does not name a store and a collection", at.value);
        table.say(
            Diagnostic::new(Code::E0005, at.span, message).help(
                "write the store's id, a slash and the table or file pattern: \"erp/invoice\"",
            ),
        );
    }
    halves
}

type Subject = (Sp<String>, Option<Sp<String>>);

fn subjects(table: &Tab<'_>) -> Vec<Subject> {
    let plain = table.strings("subjects");
    let mut subjects: Vec<Subject> = Vec::new();
    if let Some(value) = table.raw("subject") {
        match value.get_ref() {
            DeValue::Table(fields) => {
                for (key, field) in fields {
                    let id = Sp::new(key.get_ref().to_string(), table.file.span(key));
                    match table.file.string(field) {
                        Some(field) => subjects.push((id, Some(field))),
                        None => table.file.wrong_type(field, &id.value, "the name of a field"),
                    }
                }
            }
            DeValue::String(_) => {
                let text = table.file.span(value);
                table.say(
                    Diagnostic::new(Code::E0003, text, "`subject` does not say which field names it")
                        .help("write subject = { customer = \"customer_id\" }, or subjects = [\"customer\"] when no field does"),
                );
            }
            _ => table.file.wrong_type(
                value,
                "subject",
                "a table such as { customer = \"customer_id\" }",
            ),
        }
    }
    if !table.has("subject") && !table.has("subjects") {
        table.say(
            Diagnostic::new(Code::E0004, table.span, "[[dataset]] does not say whose data it holds")
                .law("GDPR Art. 30(1)(c)")
                .help("write subject = { customer = \"customer_id\" }, or subjects = [\"customer\"] when no field names them"),
        );
    }
    for id in plain {
        if let Some((first, _)) = subjects.iter().find(|(s, _)| s.value == id.value) {
            let message = format!("`{}` is in both `subject` and `subjects`", id.value);
            table.say(
                Diagnostic::new(Code::E0008, id.span, message)
                    .label(first.span, "here with its field")
                    .help("leave it out of `subjects`"),
            );
        } else {
            subjects.push((id, None));
        }
    }
    subjects
}

fn guard(table: &Tab<'_>) -> Guard {
    let mut guard = Guard::default();
    if let Some(share) = table.raw("share").and_then(|v| values::share(table.file, v, "share")) {
        guard.share = share;
    }
    guard.count = table.count("count", i64::MAX);
    if let Some(value) = table.raw("times_usual") {
        match values::number(value.get_ref()).filter(|n| *n >= 1.0) {
            Some(times) => guard.times_usual = times,
            None => {
                let span = table.file.span(value);
                let message = "`times_usual` must be a number of 1 or more";
                table.say(Diagnostic::new(Code::E0005, span, message));
            }
        }
    }
    table.finish();
    guard
}

fn review(table: &Tab<'_>) -> Option<Review> {
    if !table.has("every") {
        table.missing("every");
    }
    let every = table.parsed("every");
    let (from, question) = (table.need_str("from"), table.need_text("question"));
    table.finish();
    Some(Review { every: every?, from: from?, question: question?.value })
}

fn disposition(table: &Tab<'_>, value: &Value<'_>) -> Sp<Disposition> {
    let span = table.file.span(value);
    let wrong = |message: String| {
        table.say(Diagnostic::new(Code::E0005, span, message).help(
            "write then = \"erase\", then = { anonymise = { name = \"null\" } } or then = { transfer = \"archive/folder\" }",
        ));
        Sp::new(Disposition::Erase, span)
    };
    match value.get_ref() {
        DeValue::String(text) if text == "erase" => Sp::new(Disposition::Erase, span),
        DeValue::String(text) => wrong(format!("`then` cannot be `{text}`")),
        DeValue::Table(inner) if inner.len() == 1 => {
            if let Some(fields) = inner.get("anonymise") {
                Sp::new(Disposition::Anonymise(anonymise(table, fields)), span)
            } else if let Some(target) = inner.get("transfer") {
                match table.file.string(target) {
                    Some(to) if values::split(table.file, &to, '/').is_some() => {
                        Sp::new(Disposition::Transfer(to), span)
                    }
                    _ => wrong("`transfer` must name a files store and a folder in it".to_owned()),
                }
            } else {
                wrong("`then` is neither `anonymise` nor `transfer`".to_owned())
            }
        }
        DeValue::Table(_) => wrong("`then` must be exactly one thing".to_owned()),
        _ => wrong("`then` must be a text or a table".to_owned()),
    }
}

fn anonymise(table: &Tab<'_>, value: &Value<'_>) -> Vec<(Sp<String>, Anonymise)> {
    let Some(fields) = value.get_ref().as_table() else {
        table.file.wrong_type(value, "anonymise", "a table of fields");
        return Vec::new();
    };
    if fields.is_empty() {
        let span = table.file.span(value);
        table.say(Diagnostic::new(Code::E0004, span, "`anonymise` names no field"));
    }
    let mut methods = Vec::new();
    for (key, value) in fields {
        let method = match value.get_ref() {
            DeValue::String(text) => method(text),
            DeValue::Table(inner) if inner.len() == 1 => inner
                .get("fixed")
                .and_then(|v| v.get_ref().as_str())
                .map(|s| Anonymise::Fixed(s.to_owned())),
            _ => None,
        };
        match method {
            Some(method) => {
                methods.push((Sp::new(key.get_ref().to_string(), table.file.span(key)), method));
            }
            None => {
                let message = format!("`{}` is not anonymised in a way Frist knows", key.get_ref());
                table.say(
                    Diagnostic::new(Code::E0005, table.file.span(value), message)
                        .help("write \"null\", \"month\", \"year\", \"truncate(2)\", \"pseudonym\" or { fixed = \"-\" }"),
                );
            }
        }
    }
    methods
}

fn method(text: &str) -> Option<Anonymise> {
    match text {
        "null" => Some(Anonymise::Null),
        "pseudonym" => Some(Anonymise::Pseudonym),
        "month" => Some(Anonymise::Month),
        "year" => Some(Anonymise::Year),
        _ => {
            let count = text.strip_prefix("truncate(")?.strip_suffix(')')?;
            count.trim().parse().ok().map(Anonymise::Truncate)
        }
    }
}
