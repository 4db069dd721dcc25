//! Reading `[[dataset.keep]]`, `[[dataset.erase]]` and `[[dataset.link]]`.

use toml::de::DeValue;

use super::values::literal;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Condition, ConditionTest, Keep, Link, Literal, MustErase, OnErase};
use crate::shape;
use crate::span::Sp;
use crate::walk::{File, Tab, Value};

/// Reads one ground to keep.
pub(super) fn keep(table: &Tab<'_>) -> Option<Keep> {
    let purpose = table.need_str("for");
    let from = table.str("from");
    let period = table.parsed("period");
    let anchor = table.parsed("anchor");
    let open = table.bool("open");
    let when = when(table);
    let (until, given) = (table.str("until"), table.str("given"));
    let review = table.text("review").filter(|t| !t.value.is_empty());
    table.finish();
    if !table.has("from") {
        for name in ["period", "anchor", "open"] {
            if let Some(value) = table.table.get(name) {
                let span = table.file.span(value);
                let message = format!("`{name}` needs a starting point");
                table.say(
                    Diagnostic::new(Code::E0008, span, message)
                        .help("say with `from` which date the period is counted from"),
                );
            }
        }
    }
    let span = table.span;
    Some(Keep { purpose: purpose?, from, period, anchor, open, when, until, given, review, span })
}

/// Reads one duty to erase.
pub(super) fn erase(table: &Tab<'_>) -> Option<MustErase> {
    let law = table.str("law");
    let from = table.need_str("from");
    let period = table.parsed("period");
    let anchor = table.parsed("anchor");
    let open = table.bool("open");
    let when = when(table);
    table.finish();
    if !table.has("law") && !table.has("period") {
        table.say(
            Diagnostic::new(
                Code::E0004,
                table.span,
                "[[dataset.erase]] has neither a law nor a period",
            )
            .help("name the statute with `law`, or write your own limit with `period`"),
        );
    }
    Some(MustErase { law, from: from?, period, anchor, open, when, span: table.span })
}

/// Reads one link.
pub(super) fn link(table: &Tab<'_>) -> Option<Link> {
    let (to, by) = (table.need_str("to"), table.need_str("by"));
    let values = [OnErase::Block, OnErase::Cascade, OnErase::Detach];
    let on_erase = table.one_of("on_erase", shape::ON_ERASE, &values).unwrap_or_default();
    table.finish();
    Some(Link { to: to?, by: by?, on_erase, span: table.span })
}

fn when(table: &Tab<'_>) -> Vec<Condition> {
    let Some(value) = table.raw("when") else { return Vec::new() };
    let Some(conditions) = value.get_ref().as_table() else {
        table.file.wrong_type(value, "when", "a table such as { status = \"open\" }");
        return Vec::new();
    };
    if conditions.is_empty() {
        let span = table.file.span(value);
        table.say(Diagnostic::new(Code::E0004, span, "`when` has no condition"));
    }
    conditions
        .iter()
        .filter_map(|(key, value)| {
            let name = key.get_ref();
            let test = test(table.file, value, name)?;
            let fact = Sp::new(name.to_string(), table.file.span(key));
            Some(Condition { fact, test })
        })
        .collect()
}

fn test(file: &File<'_>, value: &Value<'_>, name: &str) -> Option<ConditionTest> {
    let Some(inner) = value.get_ref().as_table() else {
        return literals(file, value, name).map(ConditionTest::In);
    };
    let wrong = || {
        file.say(
            Diagnostic::new(
                Code::E0005,
                file.span(value),
                format!("the condition on `{name}` cannot be understood"),
            )
            .help(
                "write a value, a list of values, { not = value or list }, or { set = true or false }",
            ),
        );
    };
    let mut fields = inner.iter();
    match (fields.next(), fields.next()) {
        (Some((key, value)), None) => match (key.get_ref().as_ref(), value.get_ref()) {
            ("not", _) => literals(file, value, name).map(ConditionTest::NotIn),
            ("set", DeValue::Boolean(set)) => Some(ConditionTest::Set(*set)),
            _ => {
                wrong();
                None
            }
        },
        _ => {
            wrong();
            None
        }
    }
}

fn literals(file: &File<'_>, value: &Value<'_>, name: &str) -> Option<Vec<Literal>> {
    let Some(items) = value.get_ref().as_array() else {
        return literal(file, value, name).map(|l| vec![l]);
    };
    let found: Option<Vec<Literal>> = items.iter().map(|item| literal(file, item, name)).collect();
    let found = found?;
    let span = file.span(value);
    let Some(first) = found.first() else {
        file.say(Diagnostic::new(Code::E0004, span, format!("the list for `{name}` is empty")));
        return None;
    };
    let kind = std::mem::discriminant(first);
    if found.iter().any(|l| std::mem::discriminant(l) != kind) {
        let message = format!("the values for `{name}` are not of one type");
        file.say(
            Diagnostic::new(Code::E0005, span, message)
                .help("write them all as texts, all as whole numbers, or all as true and false"),
        );
        return None;
    }
    Some(found)
}
