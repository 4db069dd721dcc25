//! Holds: that each of them says what it covers in words that the register and the stores know, and
//! that its adding and its release are entries of the ledger.

mod scope;

pub use scope::{Covers, Unfit, scope};

use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_state::{Hold, NewHold, Scope};
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::{CasesError, Result};

/// What [`CasesError::Input`] names where nobody knows such a person.
pub const KIND: &str = "the kind of person";
/// What it names where the data set has no such field.
pub const FIELD: &str = "the field";

/// Adds a hold.
///
/// # Errors
/// [`CasesError::Input`] when it names a kind of person or a field that nobody knows, since it would
/// then cover everything or nothing; when there is no such data set, or a hold of this id exists.
pub fn add(engine: &mut Engine, hold: &NewHold) -> Result<()> {
    if hold.ends_at.is_some_and(|at| at <= hold.created_at) {
        let why = "it has passed, so that the hold would hold nothing".into();
        return Err(CasesError::Input { what: "the end", why });
    }
    known(engine, hold.dataset.as_deref(), &hold.scope)?;
    let entry = entry(&hold.id, HoldChange::Added, &hold.owner, hold.created_at)?;
    engine.state.add_hold(hold, &entry)?;
    Ok(())
}

/// How many records a hold covers, by data set; none where a store does not answer. The hold is in
/// force all the same.
pub fn covered(engine: &mut Engine, hold: &NewHold) -> Option<Vec<(String, u64, u64)>> {
    let one = Hold { hold: hold.clone(), released_at: None, released_by: None, free_at: None };
    let scopes =
        |d: &frist_register::DataSet| frist_sweep::engine::scopes(std::slice::from_ref(&one), d);
    engine.covered(&scopes, hold.created_at).ok()
}

/// Releases a hold that shows to this operator. Answers until when it goes on holding, where the
/// register gives notice.
///
/// # Errors
/// When there is no such hold for this operator, or it was released before.
pub fn release(
    engine: &mut Engine,
    id: &str,
    by: &str,
    at: Timestamp,
) -> Result<Option<Timestamp>> {
    let found = engine.state.hold(id)?;
    if !found.is_some_and(|h| h.shows_to(by)) {
        return Err(frist_state::Error::NotFound { what: "hold", id: id.to_owned() }.into());
    }
    let entry = entry(id, HoldChange::Released, by, at)?;
    let free_at = frist_sweep::notice::free_at(&engine.register, at);
    engine.state.release_hold(id, by, at, free_at, &entry)?;
    Ok(free_at)
}

fn entry(id: &str, change: HoldChange, by: &str, at: Timestamp) -> Result<Entry> {
    Ok(Entry::new(at, Kind::Hold { hold: Id::new(id)?, change, by: Id::new(by)? }))
}

/// Refuses what the register or the store does not know.
fn known(engine: &mut Engine, dataset: Option<&str>, scope: &Scope) -> Result<()> {
    let wants = |what: &'static str, why: String| Err(CasesError::Input { what, why });
    if let Some(d) = dataset
        && engine.register.dataset(d).is_none()
    {
        return Err(frist_sweep::Error::UnknownDataset(d.to_owned()).into());
    }
    let within = |dataset: Option<&str>| match dataset {
        Some(d) => Ok(d.to_owned()),
        None => Err(CasesError::Input {
            what: "what the hold covers",
            why: "a key or a field is one of a data set: name it".into(),
        }),
    };
    match scope {
        Scope::All => Ok(()),
        Scope::Key { .. } => within(dataset).map(drop),
        Scope::Subject { kind, .. } => {
            let named = |d: &frist_register::DataSet| {
                d.subjects.iter().any(|(k, f)| k.value == *kind && f.is_some())
                    || d.identity.iter().any(|(_, k)| k.value == *kind)
            };
            match engine.register.datasets.iter().any(named) {
                true => Ok(()),
                false => {
                    wants(KIND, "no data set says by which field such a person is named".into())
                }
            }
        }
        Scope::Field { field, .. } => {
            let dataset = within(dataset)?;
            has_field(engine, &dataset, field)
        }
        Scope::Where { fields } => {
            let dataset = within(dataset)?;
            fields.iter().try_for_each(|(field, _)| has_field(engine, &dataset, field))
        }
        Scope::Any { parts } => {
            parts.iter().try_for_each(|part| known(engine, part.dataset.as_deref(), &part.scope))
        }
    }
}

fn has_field(engine: &mut Engine, dataset: &str, field: &str) -> Result<()> {
    match scope::unknown_field(engine, dataset, field)? {
        None => Ok(()),
        Some(there) => {
            let why = format!("`{dataset}` has no such field; it has {}", there.join(", "));
            Err(CasesError::Input { what: FIELD, why })
        }
    }
}
