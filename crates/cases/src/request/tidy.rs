//! Erasing closed cases when their own time is up: what Frist keeps about people is personal data
//! like any other.

use frist_law::{Anchor, Start, Term, expires};
use frist_register::Register;
use frist_state::State;
use frist_state::case::{Case, CaseFilter};
use jiff::Timestamp;

use crate::Result;

/// What [`tidy`] did.
#[derive(Debug, Default)]
pub struct Tidied {
    /// The numbers of the cases that were erased.
    pub erased: Vec<String>,
    /// Why copies may still lie in unused parts of Frist's own database; the next call removes
    /// them.
    pub not_scrubbed: Option<frist_state::Error>,
}

/// The closed cases whose time is up at `at`, of every kind: `requests.keep` after they were closed,
/// five years when the register does not say.
///
/// # Errors
///
/// When the database does not answer.
pub fn over(state: &mut State, register: &Register, at: Timestamp) -> Result<Vec<Case>> {
    let term = Term { period: register.requests.keep(), anchor: Anchor::AsIs };
    let is_over = |case: &Case| {
        case.closed.is_some_and(|closed| {
            expires(term, &Start::Instant(closed), &register.controller.calendar).is_over(at)
        })
    };
    let closed = CaseFilter { open: Some(false), ..CaseFilter::default() };
    Ok(state.cases(&closed)?.into_iter().filter(is_over).collect())
}

/// Erases the cases of [`over`], each with its ledger entry, and then overwrites what the database
/// keeps of them. Packages that nobody can fetch any more go too.
///
/// # Errors
///
/// When the database does not answer; what was erased so far stays erased.
pub fn tidy(state: &mut State, register: &Register, by: &str, at: Timestamp) -> Result<Tidied> {
    let mut tidied = Tidied::default();
    state.drop_parcels(at)?;
    for case in over(state, register, at)? {
        match state.erase_case(&case.number, by, at) {
            Ok(()) => tidied.erased.push(case.number),
            // Another process that tidies was faster.
            Err(frist_state::Error::NotFound { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
    if state.cases_want_scrubbing()? {
        tidied.not_scrubbed = state.scrub_cases().err();
    }
    Ok(tidied)
}
