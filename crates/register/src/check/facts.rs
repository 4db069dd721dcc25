//! Facts: looked up where they can be, never in a circle, and spelt as declared.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{DataSet, FactSource};
use crate::nearest::nearest;
use crate::span::Sp;

impl<'a> Check<'a> {
    /// Checks the facts of every data set.
    pub(super) fn facts(&mut self) {
        // Fields that another data set looks up, by data set.
        let mut looked_up: HashMap<&str, HashSet<&str>> = HashMap::new();
        for dataset in &self.register.datasets {
            for fact in dataset.facts.values() {
                if let Some((to, field)) = target(&fact.source) {
                    looked_up.entry(to).or_default().insert(field);
                }
            }
        }
        for dataset in &self.register.datasets {
            self.other_stores(dataset);
            self.circles(dataset);
            let used = used(dataset);
            self.misspelt(dataset, &used);
            let from_elsewhere = looked_up.get(dataset.id.as_str());
            self.idle(dataset, &used, from_elsewhere);
        }
    }

    fn other_stores(&mut self, dataset: &'a DataSet) {
        for (name, fact) in &dataset.facts {
            let (FactSource::Lookup { dataset: to, .. } | FactSource::Latest { dataset: to, .. }) =
                &fact.source
            else {
                continue;
            };
            let Some(other) = self.index.datasets.get(to.as_str()) else { continue };
            if other.store.value != dataset.store.value {
                let message =
                    format!("`{name}` is looked up in `{}`, which lies in another store", to.value);
                self.say(
                    Diagnostic::new(Code::E0029, to.span, message)
                        .here(format!("this data set lies in `{}`", other.store.value))
                        .label(dataset.store.span, "and this one here")
                        .help(
                            "the test must run inside one store, at one instant: copy the date \
                             into this collection, or keep from a field it has",
                        ),
                );
            }
        }
    }

    fn circles(&mut self, dataset: &'a DataSet) {
        for (name, fact) in &dataset.facts {
            let start = (dataset.id.as_str(), name.as_str());
            let mut path = vec![start];
            let mut source = &fact.source;
            while let Some((to, field)) = target(source) {
                let step = (to, field);
                if step == start {
                    // Each circle is told once, at its first member.
                    if path.iter().min() == Some(&start) {
                        let names: Vec<String> = path
                            .iter()
                            .chain([&start])
                            .map(|(d, f)| format!("`{d}.{f}`"))
                            .collect();
                        let message =
                            format!("facts are looked up in a circle: {}", names.join(" -> "));
                        self.say(
                            Diagnostic::new(Code::E0030, fact.span, message)
                                .help("one of them must be a field of its own record"),
                        );
                    }
                    break;
                }
                if path.contains(&step) || path.len() > 100 {
                    break;
                }
                path.push(step);
                let next = self.index.datasets.get(to).and_then(|d| d.facts.get(field));
                let Some(next) = next else { break };
                source = &next.source;
            }
        }
    }

    /// A name that is no declared fact is a field. One that is nearly a declared fact is a slip.
    fn misspelt(&mut self, dataset: &'a DataSet, used: &[&'a Sp<String>]) {
        let declared = || dataset.facts.keys().map(String::as_str);
        for name in used {
            if dataset.facts.contains_key(&name.value) || name.value.chars().count() < 4 {
                continue;
            }
            let Some(near) = nearest(&name.value, declared()) else { continue };
            // A declared fact that is used as well is not what was meant here.
            if used.iter().any(|u| u.value == near) {
                continue;
            }
            let message = format!("`{}` is not a declared fact, but `{near}` is", name.value);
            let label = dataset.facts.get(near).map(|f| f.span).unwrap_or_default();
            self.say(
                Diagnostic::new(Code::W0010, name.span, message)
                    .here("read as a field of this name")
                    .label(label, "declared here")
                    .help(format!("did you mean `{near}`?"))
                    .fix(name.span, format!("\"{near}\"")),
            );
        }
    }

    /// Declared facts that nothing reads.
    fn idle(
        &mut self,
        dataset: &'a DataSet,
        used: &[&'a Sp<String>],
        from_elsewhere: Option<&HashSet<&str>>,
    ) {
        let by_misspelling: Vec<&str> = used
            .iter()
            .filter(|u| !dataset.facts.contains_key(&u.value))
            .filter_map(|u| nearest(&u.value, dataset.facts.keys().map(String::as_str)))
            .collect();
        for (name, fact) in &dataset.facts {
            let read = used.iter().any(|u| u.value == *name)
                || from_elsewhere.is_some_and(|fields| fields.contains(name.as_str()))
                || by_misspelling.contains(&name.as_str());
            if !read {
                let message = format!("nothing reads the fact `{name}`");
                self.tell(Code::W0011, fact.span, message, "", "use it in a rule, or take it out");
            }
        }
    }
}

fn target(source: &FactSource) -> Option<(&str, &str)> {
    match source {
        FactSource::Lookup { dataset, field, .. } | FactSource::Latest { dataset, field, .. } => {
            Some((dataset.as_str(), field.as_str()))
        }
        FactSource::Field(_) => None,
    }
}

/// The facts that a data set's rules read.
fn used(dataset: &DataSet) -> Vec<&Sp<String>> {
    let mut used: Vec<&Sp<String>> = Vec::new();
    for keep in &dataset.keep {
        used.extend([&keep.from, &keep.until, &keep.given].into_iter().flatten());
        used.extend(keep.when.iter().map(|c| &c.fact));
    }
    for erase in &dataset.erase {
        used.push(&erase.from);
        used.extend(erase.when.iter().map(|c| &c.fact));
    }
    used.extend(dataset.review.iter().map(|r| &r.from));
    for fact in dataset.facts.values() {
        if let FactSource::Latest { or_else: Some(field), .. } = &fact.source {
            used.push(field);
        }
    }
    used
}
