//! What a withdrawal means for the data, and what Frist does not do about it.

use frist_register::{FactSource, Register};

/// What a withdrawal of consent to one purpose means for one data set.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Follows {
    /// The purpose: `activity/purpose`.
    pub purpose: String,
    /// The data set.
    pub dataset: String,
    /// Where it lies: `store/collection`.
    pub place: String,
    /// The field that the organisation's own program must fill when consent is withdrawn: the rule ends
    /// with it. Frist reads it and never writes it. None: the rule does not end with a withdrawal, and the
    /// data goes by a request.
    pub withdrawn: Option<String>,
    /// The field that says that consent was given, where the rule asks for it.
    pub given: Option<String>,
    /// Whether other purposes keep the data all the same.
    pub others: bool,
}

/// What follows for the data from a withdrawal of consent to these purposes (`activity/purpose`).
pub fn follows(register: &Register, purposes: &[String]) -> Vec<Follows> {
    let mut out = Vec::new();
    for name in purposes {
        let Some((activity, purpose)) = name.split_once('/') else { continue };
        for d in register.datasets.iter().filter(|d| d.activity.value == activity) {
            let field = |fact: &str| match d.facts.get(fact).map(|f| &f.source) {
                Some(FactSource::Field(f)) => f.value.clone(),
                Some(
                    FactSource::Lookup { dataset, field, .. }
                    | FactSource::Latest { dataset, field, .. },
                ) => {
                    format!("{}.{}", dataset.value, field.value)
                }
                None => fact.to_owned(),
            };
            for keep in d.keep.iter().filter(|k| k.purpose.value == purpose) {
                out.push(Follows {
                    purpose: name.clone(),
                    dataset: d.id.value.clone(),
                    place: format!("{}/{}", d.store.value, d.collection.value),
                    withdrawn: keep.until.as_ref().map(|f| field(f)),
                    given: keep.given.as_ref().map(|f| field(f)),
                    others: d.keep.iter().any(|k| k.purpose.value != purpose),
                });
            }
        }
    }
    out
}
