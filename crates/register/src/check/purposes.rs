//! Purposes: each has a text and a basis that can carry it.

use std::collections::HashSet;

use frist_law::Basis;
use frist_law::book::{Kind, Verified};

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Activity, ControllerKind, Purpose, Role};
use crate::span::Sp;

/// Words that tell that a purpose is only nice to have, Danish and English.
const NICE_TO_HAVE: &[&str] = &[
    "rart at have",
    "nice to have",
    "nice-to-have",
    "for en sikkerheds skyld",
    "for alle tilfældes skyld",
    "måske",
    "hvis nu",
    "en dag",
    "senere brug",
    "fremtidig brug",
    "kan blive nyttig",
    "kan vise sig",
    "just in case",
    "in case",
    "perhaps",
    "maybe",
    "some day",
    "someday",
    "future use",
    "later use",
    "might need",
    "may need",
    "might be useful",
    "may be useful",
    "could be useful",
];

impl<'a> Check<'a> {
    /// Checks every purpose of every activity.
    pub(super) fn purposes(&mut self) {
        for activity in &self.register.activities {
            let datasets =
                self.index.of_activity.get(activity.id.as_str()).cloned().unwrap_or_default();
            let kept: HashSet<&str> =
                datasets.iter().flat_map(|d| &d.keep).map(|k| k.purpose.as_str()).collect();
            // A data set without a ground, or with one that is misspelt, has its own error.
            let known = |id: &str| activity.purposes.iter().any(|p| p.id.value == id);
            let told_of = !datasets.is_empty()
                && datasets.iter().all(|d| !d.keep.is_empty())
                && kept.iter().all(|id| known(id));
            for purpose in &activity.purposes {
                self.basis(activity, purpose);
                self.nice_to_have(purpose);
                self.law_fits(purpose);
                if told_of && !kept.contains(purpose.id.as_str()) {
                    let message = format!("nothing is kept for the purpose `{}`", purpose.id.value);
                    self.tell(
                        Code::W0006,
                        purpose.id.span,
                        message,
                        "GDPR Art. 5(1)(b)",
                        "name it in a [[dataset.keep]] of the activity, or take it out",
                    );
                }
            }
        }
        self.unverified();
    }

    fn basis(&mut self, activity: &Activity, purpose: &Purpose) {
        let id = &purpose.id;
        let Some(basis) = &purpose.basis else {
            // A processor acts on the controller's basis (Art. 28), which Art. 30(2) does not ask for.
            if activity.role == Role::Controller {
                self.tell(
                    Code::E0040,
                    id.span,
                    format!("the purpose `{}` has no legal basis", id.value),
                    "GDPR Art. 5(1)(a) and 6(1)",
                    "add a basis, such as basis = \"6(1)(b)\" for a contract or \"6(1)(c)\" with \
                     the law that obliges you",
                );
            }
            return;
        };
        if purpose.text.is_empty() {
            let message = format!("`{}` has a legal basis but no purpose", id.value);
            let said = Diagnostic::new(Code::E0041, id.span, message)
                .label(basis.span, "a basis for what?")
                .law("GDPR Art. 5(1)(b)")
                .help("say what the data is for: text = { da = \"...\", en = \"...\" }");
            self.say(said);
        }
        match basis.value {
            Basis::LegitimateInterests => {
                if self.register.controller.kind == ControllerKind::PublicAuthority {
                    self.tell(
                        Code::E0045,
                        basis.span,
                        "a public authority cannot rest its tasks on legitimate interests"
                            .to_owned(),
                        "GDPR Art. 6(1), second subparagraph",
                        "the basis of a public task is 6(1)(e), of a statutory duty 6(1)(c)",
                    );
                } else if purpose.interest.as_ref().is_none_or(|i| i.is_empty()) {
                    self.tell(
                        Code::E0053,
                        basis.span,
                        format!("`{}` does not say which legitimate interest it pursues", id.value),
                        "GDPR Art. 13(1)(d) and 14(2)(b)",
                        "name it: interest = { da = \"...\", en = \"...\" }",
                    );
                }
            }
            Basis::LegalObligation if purpose.law.is_none() => self.tell(
                Code::E0051,
                basis.span,
                format!("`{}` rests on a legal obligation, but names no law", id.value),
                "GDPR Art. 6(1)(c) and 6(3)",
                "name the statute, such as law = \"dk.bogfoering\"; see `frist law list`",
            ),
            _ => {}
        }
    }

    fn nice_to_have(&mut self, purpose: &Purpose) {
        let texts = [&purpose.text.da, &purpose.text.en].map(|t| t.to_lowercase());
        let found = NICE_TO_HAVE.iter().find(|words| texts.iter().any(|t| has_words(t, words)));
        let Some(words) = found else { return };
        let message =
            format!("`{words}` is not a purpose: `{}` is only nice to have", purpose.id.value);
        self.tell(
            Code::W0001,
            purpose.text.span,
            message,
            "GDPR Art. 5(1)(b) and 5(1)(c); Datatilsynet: periods are set by purpose",
            "say what the data is needed for now; what has no such need is not collected",
        );
    }

    fn law_fits(&mut self, purpose: &Purpose) {
        let (Some(id), Some(law)) = (&purpose.law, self.law(purpose.law.as_ref())) else { return };
        let citation = law.newest().citation.clone();
        let Some(basis) = &purpose.basis else { return };
        let duty = basis.value == Basis::LegalObligation;
        if law.kind.is_minimum() {
            if !duty && basis.value != Basis::PublicTask {
                let message = format!(
                    "`{}` is a statutory duty to keep, but the basis is {}",
                    id.value, basis.value
                );
                let said = Diagnostic::new(Code::W0002, basis.span, message)
                    .label(id.span, "the duty")
                    .law(format!("GDPR Art. 6(1)(c); {citation}"))
                    .help("give the duty a purpose of its own, with basis = \"6(1)(c)\"");
                self.say(said);
            }
            return;
        }
        if !duty {
            return;
        }
        let (code, what, help) = match law.kind {
            Kind::Limitation => (
                Code::E0055,
                "a limitation period, which is no duty to keep",
                "a claim may be a legitimate interest: use 6(1)(f) with `interest`, or 6(1)(b)",
            ),
            Kind::Maximum => (
                Code::E0057,
                "a duty to erase, not a duty to keep",
                "name it in [[dataset.erase]], and give the purpose the basis it really has",
            ),
            _ => (
                Code::E0057,
                "no duty to keep",
                "give the purpose the basis it really has; 6(1)(c) needs a statute that obliges",
            ),
        };
        let message = format!("`{}` is {what}", id.value);
        let said = Diagnostic::new(code, id.span, message)
            .label(basis.span, "so it is no legal obligation")
            .law(format!("GDPR Art. 6(1)(c) and 6(3); {citation}"))
            .help(help);
        self.say(said);
    }

    /// Every law that is named and that nobody has seen whole in the source, once each.
    fn unverified(&mut self) {
        let purposes = self.register.activities.iter().flat_map(|a| &a.purposes);
        let erase = self.register.datasets.iter().flat_map(|d| &d.erase);
        let named: Vec<&Sp<String>> = purposes
            .filter_map(|p| p.law.as_ref())
            .chain(erase.filter_map(|e| e.law.as_ref()))
            .collect();
        let mut told: HashSet<&str> = HashSet::new();
        for id in named {
            let Some(law) = self.book.get(&id.value) else { continue };
            let version = law.newest();
            if version.verified == Verified::Verified || !told.insert(&id.value) {
                continue;
            }
            let how = match version.verified {
                Verified::Secondary => "was seen in a secondary source only, at least in part",
                _ => "has not been verified in a source",
            };
            let message = format!("`{}` {how}", id.value);
            let note = version.note.as_ref().map_or("", |n| n.en.as_str());
            let mut said = Diagnostic::new(Code::I0001, id.span, message)
                .law(version.citation.clone())
                .help("look the statute up before you rely on it");
            if !note.is_empty() {
                said = said.here(note);
            }
            self.say(said);
        }
    }
}

/// Whether `text` has these words, not as part of longer ones. "In case of" is a condition, and
/// no wish.
fn has_words(text: &str, words: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words).any(|(i, _)| {
        let (before, after) = (&text[..i], &text[i + words.len()..]);
        edge(before.chars().next_back())
            && edge(after.chars().next())
            && !(words == "in case" && after.starts_with(" of "))
    })
}

#[cfg(test)]
mod tests {
    use super::has_words;

    #[test]
    fn whole_words() {
        assert!(has_words("det er rart at have.", "rart at have"));
        assert!(has_words("kept in case we need it", "in case"));
        assert!(!has_words("in case of fire", "in case"));
        assert!(!has_words("en dagpengesag", "en dag"));
    }
}
