//! Names that refer to something: it must be there, or the nearest one is proposed.

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Disposition, FactSource};
use crate::nearest::nearest;
use crate::span::Sp;

impl<'a> Check<'a> {
    /// Checks every reference between the parts of the register.
    pub(super) fn names(&mut self) {
        let register = self.register;
        // All sorted, so that looking one up is quick in a large register.
        let subjects: Vec<&str> = register.subjects.keys().map(String::as_str).collect();
        let categories: Vec<&str> = register.categories.keys().map(String::as_str).collect();
        let recipients = sorted(register.recipients.iter().map(|r| r.id.as_str()));
        let measures: Vec<&str> = register.measures.keys().map(String::as_str).collect();
        let stores = sorted(register.stores.iter().map(|s| s.id.as_str()));
        let activities = sorted(register.activities.iter().map(|a| a.id.as_str()));
        let datasets = sorted(register.datasets.iter().map(|d| d.id.as_str()));

        for activity in &register.activities {
            for id in &activity.measures {
                self.known(Code::E0026, "security measure", id, &measures, "[[measure]]");
            }
            for about in &activity.about {
                self.subject(&about.subject, &subjects);
                about.categories.iter().for_each(|c| self.category(c, &categories));
            }
            for disclosure in &activity.disclosures {
                let id = &disclosure.recipient;
                self.known(Code::E0025, "recipient", id, &recipients, "[[recipient]]");
                disclosure.subjects.iter().for_each(|s| self.subject(s, &subjects));
                disclosure.categories.iter().for_each(|c| self.category(c, &categories));
            }
            for purpose in &activity.purposes {
                self.law_exists(purpose.law.as_ref());
            }
        }
        for announcement in &register.announcements {
            let id = &announcement.activity;
            self.known(Code::E0020, "activity", id, &activities, "[[activity]]");
            for question in &announcement.questions {
                self.purpose_exists(id.as_str(), &question.purpose, "announcement");
            }
        }
        for consent in &register.consents {
            let id = &consent.activity;
            self.known(Code::E0020, "activity", id, &activities, "[[activity]]");
            self.purpose_exists(id.as_str(), &consent.purpose, "consent text");
        }
        register.notices.iter().for_each(|n| self.subject(&n.subject, &subjects));
        // A category of data subjects is a kind of identifier as well.
        let identities = register.identities.iter().map(|i| i.id.as_str());
        let identities = sorted(identities.chain(subjects.iter().copied()));
        for dataset in &register.datasets {
            for (_, id) in &dataset.identity {
                self.known(Code::E0036, "kind of identifier", id, &identities, "[[identity]]");
            }
            let id = &dataset.activity;
            self.known(Code::E0020, "activity", id, &activities, "[[activity]]");
            self.known(Code::E0022, "store", &dataset.store, &stores, "[[store]]");
            dataset.subjects.iter().for_each(|(s, _)| self.subject(s, &subjects));
            dataset.categories.iter().for_each(|c| self.category(c, &categories));
            for keep in &dataset.keep {
                self.purpose_exists(dataset.activity.as_str(), &keep.purpose, "data set");
            }
            for erase in &dataset.erase {
                self.law_exists(erase.law.as_ref());
            }
            for link in &dataset.links {
                self.known(Code::E0027, "data set", &link.to, &datasets, "[[dataset]]");
            }
            for fact in dataset.facts.values() {
                match &fact.source {
                    FactSource::Lookup { dataset: id, .. }
                    | FactSource::Latest { dataset: id, .. } => {
                        self.known(Code::E0027, "data set", id, &datasets, "[[dataset]]");
                    }
                    FactSource::Field(_) => {}
                }
            }
            if let Disposition::Transfer(to) = &*dataset.then {
                let store = to.value.split('/').next().unwrap_or_default().to_owned();
                let store = Sp::new(store, to.span);
                self.known(Code::E0022, "store", &store, &stores, "[[store]]");
            }
        }
    }

    fn subject(&mut self, id: &Sp<String>, known: &[&str]) {
        self.known(Code::E0023, "category of data subjects", id, known, "[[subject]]");
    }

    fn category(&mut self, id: &Sp<String>, known: &[&str]) {
        self.known(Code::E0024, "category of personal data", id, known, "[[category]]");
    }

    /// Complains when `id` is not among `known`.
    fn known(&mut self, code: Code, what: &str, id: &Sp<String>, known: &[&str], header: &str) {
        if known.binary_search(&id.value.as_str()).is_ok() {
            return;
        }
        let said = Diagnostic::new(code, id.span, format!("there is no {what} `{}`", id.value));
        // The nearest of many names takes a while to find; nobody reads hundreds of proposals.
        let near = (self.said.len() < 200).then(|| nearest(&id.value, known.iter().copied()));
        self.say(match near.flatten() {
            Some(near) => proposal(said, id, near, self.sources),
            None => said.help(format!("declare it with {header}, or name one that is there")),
        });
    }

    fn purpose_exists(&mut self, activity: &str, id: &Sp<String>, whose: &str) {
        let Some(activity) = self.index.activities.get(activity) else { return };
        if activity.purposes.iter().any(|p| p.id.value == id.value) {
            return;
        }
        let message = format!("the activity `{}` has no purpose `{}`", activity.id.value, id.value);
        let said = Diagnostic::new(Code::E0021, id.span, message)
            .label(activity.span, format!("the activity of this {whose}"));
        let own = activity.purposes.iter().map(|p| p.id.as_str());
        let elsewhere = self
            .register
            .activities
            .iter()
            .find(|a| a.purposes.iter().any(|p| p.id.value == id.value));
        self.say(match (nearest(&id.value, own), elsewhere) {
            (Some(near), _) => proposal(said, id, near, self.sources),
            (None, Some(other)) => said.help(format!(
                "the activity `{}` has a purpose of that id; this {whose} is for purposes of its \
                 own activity",
                other.id.value
            )),
            (None, None) => said.help("declare it with [[activity.purpose]] below the activity"),
        });
    }

    fn law_exists(&mut self, id: Option<&'a Sp<String>>) {
        let Some(id) = id.filter(|id| self.book.get(&id.value).is_none()) else { return };
        let message = format!("the law book has no law `{}`", id.value);
        let said = Diagnostic::new(Code::E0028, id.span, message);
        self.say(match self.book.suggest(&id.value) {
            Some(near) => proposal(said, id, near, self.sources),
            None => said.help("see what there is with `frist law list`"),
        });
    }
}

fn sorted<'s>(ids: impl Iterator<Item = &'s str>) -> Vec<&'s str> {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids
}

/// "Did you mean": with a fix when the name stands alone at its place.
fn proposal(said: Diagnostic, id: &Sp<String>, near: &str, sources: &crate::Sources) -> Diagnostic {
    let said = said.help(format!("did you mean `{near}`?"));
    let written = sources.slice(id.span);
    if written == id.value {
        said.fix(id.span, near)
    } else if written.len() == id.value.len() + 2 && written.contains(&id.value) {
        said.fix(id.span, format!("\"{near}\""))
    } else {
        said
    }
}
