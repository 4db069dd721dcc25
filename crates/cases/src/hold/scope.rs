//! Holds as people ask for them: what one covers, and whether the register and the stores know that.

use frist_register::DataSet;
use frist_state::{Part, Scope};
use frist_sweep::Engine;

use crate::{CasesError, Result};

/// What a hold is to cover, as it is asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Covers {
    /// Persons, each as `KIND=ID`: one person may be known by several.
    pub subjects: Vec<String>,
    /// One record's key.
    pub key: Option<String>,
    /// Records by one field, as `FIELD=VALUE`.
    pub field: Option<String>,
    /// Records by several conditions, each as `FIELD=VALUE`: all fields must have one of their values.
    pub conditions: Vec<String>,
    /// Records in several data sets, each as `DATASET:FIELD=VALUE`.
    pub within: Vec<String>,
    /// Everything.
    pub all: bool,
}

// By hand: what is asked for can name a person.
impl std::fmt::Debug for Covers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Covers(..)")
    }
}

/// Why a hold cannot be as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// A part is not of the form it should have.
    Form(&'static str),
    /// No data set says by which field this kind of person is named.
    Kind(String),
    /// The register has no such data set.
    Dataset(String),
    /// The data set has no such field; it has these.
    Field {
        /// The data set.
        dataset: String,
        /// The field.
        field: String,
        /// The fields there are.
        there: Vec<String>,
    },
    /// Nothing is said to be covered.
    Nothing,
    /// A record, or a field, needs its data set.
    NoDataset,
}

/// The scope of a hold named `id`, in `dataset` or in all. A field that the collection does not have
/// is refused: nobody could say whom the hold means, and it would cover everything. What fields files
/// have, only each file tells.
///
/// # Errors
/// When a store does not answer. That it cannot be as asked for is told in the answer.
pub fn scope(
    engine: &mut Engine,
    id: &str,
    dataset: Option<&str>,
    asked: &Covers,
) -> Result<Result<Scope, Unfit>> {
    if let Some(d) = dataset
        && engine.register.dataset(d).is_none()
    {
        return Ok(Err(Unfit::Dataset(d.to_owned())));
    }
    let found = match meant(engine, id, dataset, asked) {
        Ok(found) => found,
        Err(unfit) => return Ok(Err(unfit)),
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    let here = || dataset.unwrap_or_default().to_owned();
    match &found {
        Scope::Field { field, .. } => fields.push((here(), field.clone())),
        Scope::Where { fields: all } => {
            fields.extend(all.iter().map(|(field, _)| (here(), field.clone())));
        }
        Scope::Any { parts } => {
            for part in parts {
                if let (Some(d), Scope::Field { field, .. }) = (&part.dataset, &part.scope) {
                    fields.push((d.clone(), field.clone()));
                }
            }
        }
        Scope::All | Scope::Key { .. } | Scope::Subject { .. } => {}
    }
    for (dataset, field) in fields {
        if let Some(there) = unknown_field(engine, &dataset, &field)? {
            return Ok(Err(Unfit::Field { dataset, field, there }));
        }
    }
    Ok(Ok(found))
}

fn meant(engine: &Engine, id: &str, dataset: Option<&str>, asked: &Covers) -> Result<Scope, Unfit> {
    let pair = |text: &str, form: &'static str| match text.split_once('=') {
        Some((a, b)) if !a.trim().is_empty() && !b.trim().is_empty() => {
            Ok((a.trim().to_owned(), b.trim().to_owned()))
        }
        _ => Err(Unfit::Form(form)),
    };
    let named = |field: String, value: String| Scope::Field { name: id.to_owned(), field, value };
    if !asked.subjects.is_empty() {
        let mut parts = Vec::new();
        for text in &asked.subjects {
            let (kind, value) = pair(text, "KIND=ID")?;
            let knows = |d: &DataSet| {
                d.subjects.iter().any(|(k, f)| k.value == kind && f.is_some())
                    || d.identity.iter().any(|(_, k)| k.value == kind)
            };
            if !engine.register.datasets.iter().any(knows) {
                return Err(Unfit::Kind(kind));
            }
            parts.push(Part { dataset: None, scope: Scope::Subject { kind, value } });
        }
        return Ok(match parts.len() {
            1 => parts.remove(0).scope,
            _ => Scope::Any { parts },
        });
    }
    if !asked.within.is_empty() {
        let mut parts = Vec::new();
        for text in &asked.within {
            let form = "DATASET:FIELD=VALUE";
            let (set, rest) = text.split_once(':').ok_or(Unfit::Form(form))?;
            let set = set.trim();
            if engine.register.dataset(set).is_none() {
                return Err(Unfit::Dataset(set.to_owned()));
            }
            let (field, value) = pair(rest, form)?;
            parts.push(Part { dataset: Some(set.to_owned()), scope: named(field, value) });
        }
        return Ok(Scope::Any { parts });
    }
    if !asked.conditions.is_empty() {
        dataset.ok_or(Unfit::NoDataset)?;
        let mut fields: Vec<(String, Vec<String>)> = Vec::new();
        for text in &asked.conditions {
            let (field, value) = pair(text, "FIELD=VALUE")?;
            match fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, values)) => values.push(value),
                None => fields.push((field, vec![value])),
            }
        }
        return Ok(Scope::Where { fields });
    }
    match (&asked.key, &asked.field, asked.all) {
        (Some(_), ..) | (_, Some(_), _) if dataset.is_none() => Err(Unfit::NoDataset),
        (Some(key), ..) => Ok(Scope::Key { key: key.clone() }),
        (_, Some(text), _) => {
            let (field, value) = pair(text, "FIELD=VALUE")?;
            Ok(named(field, value))
        }
        (.., true) => Ok(Scope::All),
        _ => Err(Unfit::Nothing),
    }
}

/// The fields that a data set's collection has, when this one is not among them. What fields files
/// have, only each file tells.
pub(super) fn unknown_field(
    engine: &mut Engine,
    dataset: &str,
    field: &str,
) -> Result<Option<Vec<String>>> {
    let prepared = engine.prepare(dataset)?;
    let store = prepared.dataset.store.value.clone();
    let collection = prepared.dataset.collection.value.clone();
    let catalogue = engine.store(&store)?.catalogue().map_err(CasesError::Store)?;
    let info = catalogue.iter().find(|c| c.name.eq_ignore_ascii_case(&collection));
    let info = info.filter(|c| !c.fields.is_empty());
    let missing = info.filter(|c| !c.fields.iter().any(|f| f.name == field));
    Ok(missing.map(|c| c.fields.iter().map(|f| f.name.clone()).collect()))
}
