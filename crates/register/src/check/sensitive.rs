//! Data that needs more than an Art. 6 basis: special categories, criminal offences, national
//! identification numbers; and the recording of every call.

use frist_law::Basis;

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{CategoryClass, ControllerKind, DataSet, Purpose, Role};
use crate::span::Sp;

/// Words that tell that a purpose is to document threats, Danish and English.
const THREATS: &[&str] = &["trusler", "trussel", "truende", "chikane", "threat", "abuse"];

impl<'a> Check<'a> {
    /// Checks what is held about whom against the bases of the purposes it is kept for.
    pub(super) fn sensitive(&mut self) {
        for dataset in &self.register.datasets {
            let mut purposes: Vec<&'a Purpose> = Vec::new();
            for purpose in dataset.keep.iter().filter_map(|keep| self.purpose(dataset, keep)) {
                if !purposes.iter().any(|p| p.id == purpose.id) {
                    purposes.push(purpose);
                }
            }
            let controller = self
                .index
                .activities
                .get(dataset.activity.as_str())
                .is_some_and(|a| a.role == Role::Controller);
            // A processor has no basis of its own.
            if controller {
                self.special(&dataset.categories, &purposes);
                self.criminal(dataset, &purposes);
                self.national_id(dataset, &purposes);
            }
            self.calls(dataset);
        }
        // What lies nowhere that Frist knows must have its basis all the same.
        for activity in &self.register.activities {
            if activity.role != Role::Controller
                || activity.purposes.iter().any(|p| p.special_basis.is_some())
            {
                continue;
            }
            let purposes: Vec<&Purpose> = activity.purposes.iter().take(1).collect();
            for about in &activity.about {
                self.special(&about.categories, &purposes);
            }
        }
    }

    fn of_class(
        &self,
        categories: &'a [Sp<String>],
        class: CategoryClass,
    ) -> Option<&'a Sp<String>> {
        let is = |c: &&Sp<String>| {
            self.register.categories.get(&c.value).is_some_and(|known| known.class == class)
        };
        categories.iter().find(is)
    }

    fn special(&mut self, categories: &'a [Sp<String>], purposes: &[&'a Purpose]) {
        let Some(category) = self.of_class(categories, CategoryClass::Special) else { return };
        for purpose in purposes.iter().filter(|p| p.special_basis.is_none()) {
            let message = format!(
                "`{}` is a special category, and the purpose `{}` has no Art. 9(2) basis",
                category.value, purpose.id.value
            );
            let said = Diagnostic::new(Code::E0044, category.span, message)
                .label(purpose.id.span, "the purpose")
                .law("GDPR Art. 9(1) and 9(2)")
                .help(
                    "add special_basis, such as \"9(2)(b)\" for employment law or \"9(2)(f)\" for \
                     legal claims; without one the data may not be processed for it",
                );
            self.say(said);
        }
    }

    fn criminal(&mut self, dataset: &'a DataSet, purposes: &[&'a Purpose]) {
        let category = self.of_class(&dataset.categories, CategoryClass::Criminal);
        let Some(category) = category.filter(|_| purposes.iter().all(|p| p.law.is_none())) else {
            return;
        };
        let message = format!(
            "`{}` holds criminal offences, and none of its purposes names a law",
            dataset.id.value
        );
        self.tell(
            Code::W0009,
            category.span,
            message,
            "GDPR Art. 10; Datatilsynet 25 November 2020: criminal data needs a basis of its own",
            "name the statute that permits it in the purpose, or do not hold it",
        );
    }

    fn national_id(&mut self, dataset: &'a DataSet, purposes: &[&'a Purpose]) {
        let category = self.of_class(&dataset.categories, CategoryClass::NationalId);
        let own = |p: &&&Purpose| {
            p.law.is_some() || p.basis.as_ref().is_some_and(|b| b.value == Basis::Consent)
        };
        let public = self.register.controller.kind == ControllerKind::PublicAuthority;
        let Some(category) = category.filter(|_| !public && purposes.iter().find(own).is_none())
        else {
            return;
        };
        let message = format!(
            "`{}` holds national identification numbers, and none of its purposes is a statute or consent",
            dataset.id.value
        );
        self.tell(
            Code::W0004,
            category.span,
            message,
            "GDPR Art. 87; databeskyttelsesloven § 11; Datatilsynet 25 November 2020: CPR numbers need \
             a basis of their own",
            "name in a purpose the law that requires the number, or rest it on consent; otherwise \
             leave the number out",
        );
    }

    /// 2020-32-1566: threats do not make it necessary to record every call.
    fn calls(&mut self, dataset: &'a DataSet) {
        let Some(voice) = dataset.categories.iter().find(|c| c.value == "voice") else { return };
        for keep in dataset.keep.iter().filter(|k| k.when.is_empty() && k.given.is_none()) {
            let Some(purpose) = self.purpose(dataset, keep) else { continue };
            let texts = [&purpose.text.da, &purpose.text.en].map(|t| t.to_lowercase());
            if !THREATS.iter().any(|word| texts.iter().any(|t| t.contains(word))) {
                continue;
            }
            let message =
                format!("`{}` records every call in order to document threats", dataset.id.value);
            let said = Diagnostic::new(Code::E0047, voice.span, message)
                .label(keep.span, "kept for every call")
                .label(purpose.text.span, "the purpose")
                .law("Datatilsynet 6 July 2021, 2020-32-1566; GDPR Art. 5(1)(c) and 6(1)(e)")
                .help(
                    "record from the moment a threat is made, and keep only those calls: \
                     when = { threat = true }",
                );
            self.say(said);
        }
    }
}
