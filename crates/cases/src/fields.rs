//! What a field of a record is called where a person reads it.

use frist_register::{DataSet, Lang, Register};

/// By the register's words, those of its fact or of its kind of identifier, with its name in the system:
/// `E-mailadresse (email)`; by that name alone where the register has no words for it.
pub(crate) fn called(register: &Register, dataset: &DataSet, field: &str, lang: Lang) -> String {
    let is = |name: &str| name.eq_ignore_ascii_case(field);
    let fact = dataset.facts.iter().find(|(name, _)| is(name)).map(|(_, fact)| &fact.title);
    let kind = || {
        let (_, kind) = dataset.identity.iter().find(|(name, _)| is(name))?;
        register.identity(kind).map(|i| &i.title)
    };
    let title = fact.filter(|t| !t.is_empty()).or_else(kind).map(|t| t.get(lang));
    match title.filter(|t| !t.is_empty()) {
        Some(title) => format!("{title} ({field})"),
        None => field.to_owned(),
    }
}
