//! To look for a person is itself a processing: who looked, for which case or why, and how much was
//! found is written down, without saying who was looked for.

use frist_ledger::{Entry, Id, Kind};
use frist_state::case::NewStep;
use frist_sweep::Engine;

use super::Found;
use crate::{CasesError, Result};

/// Why somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// For a case, by its number.
    Case(String),
    /// For another reason, in one word such as `wrong-recipient`: it stays in the ledger for ever, so
    /// it says nothing about anybody.
    Reason(String),
}

/// Writes down that `by` looked and how many records were found: into the case's log and the ledger,
/// or into the ledger alone. Call it before anything is shown.
///
/// # Errors
/// [`CasesError::Input`] when the reason is no word or says who was looked for; when there is no
/// such case or Frist's own database does not answer.
pub fn log_search(engine: &mut Engine, occasion: &Occasion, by: &str, found: &Found) -> Result<()> {
    let now = engine.now();
    let step = format!("searched:{}", found.hits.len());
    match occasion {
        Occasion::Case(number) => {
            let text = format!(
                "{} records in {} data sets, {} questions",
                found.hits.len(),
                found.searched.len(),
                found.asked.len()
            );
            let step = NewStep { at: now, by: by.to_owned(), step, text: Some(text) };
            Ok(engine.state.add_case_step(number, &step, &[])?)
        }
        Occasion::Reason(reason) => {
            check_reason(reason)?;
            let tells = |value: &str| {
                value.len() > 2 && reason.to_lowercase().contains(&value.to_lowercase())
            };
            if found.identifiers.iter().any(|k| tells(&k.value)) {
                let why = "it says who was looked for, and the ledger keeps it for ever; name the matter instead".into();
                return Err(CasesError::Input { what: "the reason", why });
            }
            let case = id(&format!("search:{reason}"))?;
            let entry = Entry::new(now, Kind::Case { case, step: id(&step)?, by: id(by)? });
            engine.state.append(&entry)?;
            Ok(())
        }
    }
}

/// Whether a reason is one word that can stay in the ledger.
///
/// # Errors
/// [`CasesError::Input`].
pub fn check_reason(reason: &str) -> Result<()> {
    let digits = reason.chars().filter(char::is_ascii_digit).count();
    let word = reason.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    if reason.len() < 3 || !word || digits > 6 {
        let why = "it is a word such as `wrong-recipient` or a matter's number: letters, at most six digits, and `. _ - /`, since the ledger keeps it for ever".into();
        return Err(CasesError::Input { what: "the reason", why });
    }
    id(&format!("search:{reason}")).map(drop)
}

fn id(text: &str) -> Result<Id> {
    Ok(Id::new(text)?)
}
