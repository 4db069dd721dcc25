//! What the record of processing must hold (Art. 30) and what a notice must say (Art. 13 and 14).

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Activity, ControllerKind, Recipient, Role};

impl<'a> Check<'a> {
    /// Checks the record and what the notices need.
    pub(super) fn record(&mut self) {
        let controller = &self.register.controller;
        let contact = &controller.contact;
        let reachable = [&contact.address, &contact.email, &contact.phone]
            .iter()
            .any(|c| c.as_ref().is_some_and(|c| !c.trim().is_empty()));
        if !reachable {
            self.tell(
                Code::E0058,
                controller.span,
                "the controller cannot be contacted: no address, e-mail or telephone".to_owned(),
                "GDPR Art. 30(1)(a)",
                "add `address`, `email` or `phone` to [controller]",
            );
        }
        if controller.kind == ControllerKind::PublicAuthority && controller.dpo.is_none() {
            self.tell(
                Code::E0054,
                controller.span,
                "a public authority must have a data protection officer".to_owned(),
                "GDPR Art. 37(1)(a)",
                "name the officer: dpo = { name = \"...\", email = \"...\" }",
            );
        }
        for recipient in &self.register.recipients {
            self.transfer_abroad(recipient);
        }
        for activity in &self.register.activities {
            self.activity(activity);
        }
    }

    fn transfer_abroad(&mut self, recipient: &Recipient) {
        let Some(country) = recipient.third_country() else { return };
        if recipient.safeguard.as_ref().is_some_and(|s| !s.is_empty()) {
            return;
        }
        let message = format!(
            "`{}` is in `{}`, outside the EEA, and no safeguard is named",
            recipient.id.value, country.value
        );
        self.tell(
            Code::E0052,
            country.span,
            message,
            "GDPR Art. 30(1)(e), 44 and 46",
            "name it: safeguard = { da = \"...\", en = \"...\" }; a country within the EEA is \
             written by its two-letter code",
        );
    }

    fn activity(&mut self, activity: &Activity) {
        let id = &activity.id;
        if activity.purposes.is_empty() {
            let (law, what) = match activity.role {
                Role::Controller => ("GDPR Art. 30(1)(b)", "no purpose"),
                Role::Processor { .. } => ("GDPR Art. 30(2)(b)", "no category of processing"),
            };
            self.tell(
                Code::E0058,
                id.span,
                format!("the activity `{}` has {what}", id.value),
                law,
                "add [[activity.purpose]] below it",
            );
        }
        if let Role::Processor { on_behalf_of } = &activity.role
            && on_behalf_of.is_empty()
        {
            self.tell(
                Code::E0058,
                id.span,
                format!(
                    "the activity `{}` does not say for which controllers it is carried out",
                    id.value
                ),
                "GDPR Art. 30(2)(a)",
                "name them: on_behalf_of = [{ name = \"...\", email = \"...\" }]",
            );
        }
        if activity.measures.is_empty() {
            self.tell(
                Code::W0008,
                id.span,
                format!("the activity `{}` describes no security measures", id.value),
                "GDPR Art. 30(1)(g), 30(2)(d) and 32(1)",
                "describe them in [[measure]], and name them: measures = [\"...\"]",
            );
        }
        // A data set whose activity is misspelt has its own error.
        let held = self.index.of_activity.contains_key(id.as_str())
            || self.index.of_activity.keys().any(|a| !self.index.activities.contains_key(a));
        if !held && activity.about.is_empty() {
            self.tell(
                Code::W0007,
                id.span,
                format!("the activity `{}` has no data set", id.value),
                "GDPR Art. 30(1)(c) and 30(1)(f)",
                "add a [[dataset]], or say with `about` which data about whom lies elsewhere",
            );
        }
        if activity.role == Role::Controller
            && activity.source.is_none()
            && activity.obligation.is_none()
        {
            let message = format!("a privacy notice for `{}` cannot be complete", id.value);
            let said = Diagnostic::new(Code::W0005, id.span, message)
                .here("neither `obligation` nor `source` is written")
                .law("GDPR Art. 13(2)(e) and 14(2)(f)")
                .help(
                    "say in `obligation` whether people must provide the data and what follows if \
                     they do not, or in `source` where it comes from when not from them",
                );
            self.say(said);
        }
    }
}
