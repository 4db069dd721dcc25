//! Announcements: each asks for what rests on consent, and nothing is recorded that nobody asks for.

use frist_law::Basis;

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Announcement, DataSet, Keep, Purpose, StoreKind};

impl<'a> Check<'a> {
    /// Checks what callers are asked against what is recorded.
    pub(super) fn announcements(&mut self) {
        let register = self.register;
        for announcement in &register.announcements {
            self.asks_for_consent(announcement);
        }
        for dataset in &register.datasets {
            let store = self.index.stores.get(dataset.store.as_str());
            if !store.is_some_and(|s| matches!(s.kind, StoreKind::Vault { .. })) {
                continue;
            }
            for keep in &dataset.keep {
                let Some(purpose) = self.purpose(dataset, keep) else { continue };
                if by_consent(purpose) {
                    self.asked_for(dataset, keep, purpose);
                    self.own_consent(dataset, keep);
                }
            }
        }
    }

    /// Only consent can be asked for: whoever is asked for what happens anyway is misled.
    fn asks_for_consent(&mut self, announcement: &'a Announcement) {
        let activity = self.index.activities.get(announcement.activity.as_str()).copied();
        let Some(activity) = activity else { return };
        for question in &announcement.questions {
            let id = &question.purpose;
            let purpose = activity.purposes.iter().find(|p| p.id.value == id.value);
            let Some(purpose) = purpose.filter(|p| !by_consent(p)) else { continue };
            // A purpose without any basis has its own error.
            let Some(basis) = &purpose.basis else { continue };
            let message =
                format!("callers are asked for `{}`, which does not rest on consent", id.value);
            let said = Diagnostic::new(Code::E0060, id.span, message)
                .label(basis.span, format!("the basis is {}", basis.value))
                .law("GDPR Art. 4(11), 6(1)(a) and 7")
                .help("rest the purpose on consent, basis = \"6(1)(a)\", or do not ask for it");
            self.say(said);
        }
    }

    /// A recording kept by consent, which no announcement asks for.
    fn asked_for(&mut self, dataset: &'a DataSet, keep: &'a Keep, purpose: &'a Purpose) {
        let asked = self.register.announcements.iter().any(|a| {
            a.activity == dataset.activity && a.questions.iter().any(|q| q.purpose == keep.purpose)
        });
        if asked {
            return;
        }
        let message = format!(
            "`{}` is recorded for `{}`, but no announcement asks for it",
            dataset.id.value, keep.purpose.value
        );
        let said = Diagnostic::new(Code::E0061, keep.purpose.span, message)
            .label(purpose.id.span, "the purpose rests on consent")
            .law("GDPR Art. 4(11) and 7; Datatilsynet: an active, unambiguous act before recording")
            .help(format!(
                "add a [[announcement.question]] with purpose = \"{}\", or take the ground out",
                keep.purpose.value
            ));
        self.say(said);
    }

    /// The vault has each purpose's consent under its own name; another purpose's is not consent.
    fn own_consent(&mut self, dataset: &'a DataSet, keep: &'a Keep) {
        let purpose = &keep.purpose.value;
        let column: String =
            purpose.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        for (field, is, wanted) in [
            ("given", &keep.given, format!("given_{column}")),
            ("until", &keep.until, format!("withdrawn_{column}")),
        ] {
            let Some(is) = is else { continue };
            let read = match dataset.facts.get(is.as_str()).map(|f| &f.source) {
                Some(crate::model::FactSource::Field(field)) => field.as_str(),
                _ => is.as_str(),
            };
            if read == wanted {
                continue;
            }
            let message = format!("consent to `{purpose}` is read from `{}`", is.value);
            let said = Diagnostic::new(Code::E0046, is.span, message)
                .label(keep.purpose.span, "the purpose")
                .law("GDPR Art. 7(1) and 7(3)")
                .help(format!("in a vault it stands in `{wanted}`: {field} = \"{wanted}\""))
                .fix(is.span, format!("\"{wanted}\""));
            self.say(said);
        }
    }
}

fn by_consent(purpose: &Purpose) -> bool {
    purpose.basis.as_ref().is_some_and(|b| b.value == Basis::Consent)
}
