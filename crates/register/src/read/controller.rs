//! Reading `[controller]` and contacts.

use frist_law::{Calendar, FinancialYears};
use jiff::civil::Date;

use super::values;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Contact, Controller, ControllerKind};
use crate::shape;
use crate::walk::{Tab, Value};

/// Reads `[controller]`.
pub(super) fn read(table: &Tab<'_>) -> Controller {
    let own = contact_fields(table);
    let kinds = [ControllerKind::Company, ControllerKind::PublicAuthority];
    let kind = table.one_of("kind", shape::KINDS, &kinds).unwrap_or_default();
    let cvr = table.str("cvr").map(|s| s.value);
    let dpo = table.table("dpo", &shape::CONTACT).map(|t| contact(&t));
    let representative = table.table("representative", &shape::CONTACT).map(|t| contact(&t));
    let joint = table.tables("joint", &shape::CONTACT).iter().map(contact).collect();
    let (calendar, year_ends) = calendar(table);
    table.finish();
    Controller {
        contact: own,
        kind,
        cvr,
        joint,
        representative,
        dpo,
        calendar,
        year_ends,
        span: table.span,
    }
}

/// Reads a contact in a table of its own.
pub(super) fn contact(table: &Tab<'_>) -> Contact {
    let contact = contact_fields(table);
    table.finish();
    contact
}

fn contact_fields(table: &Tab<'_>) -> Contact {
    Contact {
        name: table.need_str("name").map(|s| s.value).unwrap_or_default(),
        address: table.str("address").map(|s| s.value),
        email: table.str("email").map(|s| s.value),
        phone: table.str("phone").map(|s| s.value),
    }
}

type YearEnds = Vec<(Option<Date>, String)>;

fn calendar(table: &Tab<'_>) -> (Calendar, YearEnds) {
    let mut calendar = Calendar::denmark();
    if let Some(name) = table.str("zone") {
        match frist_law::zone(&name.value) {
            Ok(zone) => calendar.zone = zone,
            Err(e) => table.say(Diagnostic::new(Code::E0005, name.span, e.to_string())),
        }
    }
    let ends = table.raw("financial_year_end").and_then(|value| {
        let ends = year_ends(table, value)?;
        match FinancialYears::with_changes(ends.clone()) {
            Ok(years) => calendar.financial_years = years,
            Err(e) => {
                let span = table.file.span(value);
                let said = Diagnostic::new(Code::E0005, span, e.to_string());
                // `31-12`, the day first, as it is written in Denmark.
                let turned = ends.first().and_then(|(_, end)| {
                    let (day, month) = end.trim().split_once(['-', '.', '/'])?;
                    let turned = format!("{month:0>2}-{day:0>2}");
                    FinancialYears::new(&turned).is_ok().then_some(turned)
                });
                table.say(match turned.filter(|_| ends.len() == 1) {
                    Some(turned) => said
                        .help(format!("the month comes first: \"{turned}\""))
                        .fix(span, format!("\"{turned}\"")),
                    None => said,
                });
            }
        }
        Some(ends)
    });
    (calendar, ends.unwrap_or_default())
}

fn year_ends(table: &Tab<'_>, value: &Value<'_>) -> Option<YearEnds> {
    let name = "financial_year_end";
    if let Some(text) = value.get_ref().as_str() {
        return Some(vec![(None, text.to_owned())]);
    }
    let Some(items) = value.get_ref().as_array() else {
        table.file.wrong_type(value, name, "a text such as \"12-31\", or a list");
        return None;
    };
    let mut changes = YearEnds::new();
    for item in items {
        let Some(entry) = item.get_ref().as_table() else {
            table.file.wrong_type(item, name, "a list of { from, end }");
            return None;
        };
        for (key, _) in entry {
            if !["from", "end"].contains(&key.get_ref().as_ref()) {
                let message = format!("a financial year has no field `{}`", key.get_ref());
                table.say(
                    Diagnostic::new(Code::E0002, table.file.span(key), message)
                        .help("write { from = \"2023-01-01\", end = \"06-30\" }"),
                );
            }
        }
        let from = match entry.get("from") {
            Some(v) => Some(values::date(table.file, v, "from")?.value),
            None => None,
        };
        let Some(end) = entry.get("end").and_then(|v| v.get_ref().as_str()) else {
            let at = table.file.span(item);
            table.say(Diagnostic::new(Code::E0004, at, "a financial year lacks its `end`"));
            return None;
        };
        changes.push((from, end.to_owned()));
    }
    Some(changes)
}
