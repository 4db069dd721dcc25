//! Anonymising: what identifies a person must be gone, also when it is the key.

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Anonymise, DataSet, Disposition};
use crate::span::Sp;

/// Parts of field names that tell that a key is itself an identifier.
const TELLING: &[&str] =
    &["phone", "telefon", "tlf", "mobil", "mail", "cpr", "ssn", "name", "navn", "msisdn"];

const TAXA: &str = "GDPR Art. 4(1) and recital 26; Datatilsynet's case against Taxa 4x35: the name \
                    was deleted, the phone number kept because it was the key";

impl<'a> Check<'a> {
    /// Checks every data set that is anonymised in the end.
    pub(super) fn anonymise(&mut self) {
        for dataset in &self.register.datasets {
            if let Disposition::Anonymise(changed) = &*dataset.then {
                self.one(dataset, changed);
            }
        }
    }

    fn one(&mut self, dataset: &'a DataSet, changed: &'a [(Sp<String>, Anonymise)]) {
        let is_changed = |field: &Sp<String>| changed.iter().any(|(f, _)| f.value == field.value);
        let then = dataset.then.span;
        let mut told: Vec<&str> = Vec::new();
        for field in dataset.identifiers.iter().filter(|f| !is_changed(f)) {
            told.push(&field.value);
            self.leaves(field, then, "an identifier");
        }
        for field in dataset.subjects.iter().filter_map(|(_, field)| field.as_ref()) {
            let key = dataset.key.contains(field);
            if !key && !is_changed(field) && !told.contains(&field.value.as_str()) {
                told.push(&field.value);
                self.leaves(field, then, "the field that names the data subject");
            }
        }
        for field in &dataset.key {
            let name = field.value.to_lowercase();
            let tells = TELLING.iter().any(|part| name.contains(part));
            if tells && !is_changed(field) && !told.contains(&field.value.as_str()) {
                self.leaves(field, then, "a key that identifies a person");
            }
        }
        if dataset.identifiers.is_empty() {
            let message = format!(
                "`{}` does not say which of its fields identify a person",
                dataset.id.value
            );
            self.tell(
                Code::W0012,
                then,
                message,
                "GDPR recital 26",
                "list them, so that none is forgotten: identifiers = [\"name\", \"email\"]",
            );
        }
        for (field, _) in changed.iter().filter(|(_, how)| *how == Anonymise::Pseudonym) {
            let message =
                format!("`{}` becomes a pseudonym: the record is still personal data", field.value);
            self.tell(
                Code::E0050,
                field.span,
                message,
                "GDPR Art. 4(5) and recital 26",
                "empty it with \"null\", or make it coarser with \"truncate(2)\", \"month\" or \"year\"",
            );
        }
    }

    fn leaves(&mut self, field: &Sp<String>, then: crate::Span, what: &str) {
        let message = format!("anonymising leaves `{}`, {what}", field.value);
        let said = Diagnostic::new(Code::E0049, then, message)
            .here(format!("`{}` is not among the fields changed", field.value))
            .label(field.span, "named here")
            .law(TAXA)
            .help(format!(
                "add {} = \"null\"; where the key itself identifies, erase the record instead",
                field.value
            ));
        self.say(said);
    }
}
