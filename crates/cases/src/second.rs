//! Four eyes for what no sweep does: handing data out (Art. 15, 20), changing it (Art. 16), marking
//! it (Art. 18), where `[requests] second_person` of the register names the right.
//!
//! The first person asks for it and nothing is done; it is done when another person asks for the very
//! same. What was asked for is kept as a hash, so that whatever is searched, reviewed or entered
//! differently in between is another thing, and waits for a second person again.

use frist_sweep::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::erase::step;
use crate::request::desk::Kept;
use crate::restrict::{keep_work, work_of};
use crate::{CasesError, Result};

/// Under this name it is kept with the request.
const WORK: &str = "second";

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    /// The hash of what was asked for.
    what: String,
    first: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<String>,
}

/// What waits for another person in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who asked for it first.
    pub first: String,
    /// Who agreed; none while it waits.
    pub second: Option<String>,
}

/// Who asked for, and who agreed to, what the register wants two persons for; none when nobody asked.
///
/// # Errors
/// When what is kept with the request cannot be read.
pub fn waiting(kept: &Kept) -> Result<Option<Waiting>> {
    let work: Option<Work> = work_of(kept, WORK)?;
    Ok(work.map(|w| Waiting { first: w.first, second: w.second }))
}

/// Lets the act through when the register wants no second person for this right, or when `by` is the
/// second who asks for just this (`what`). Else it is kept as asked for, and refused. Answers the
/// request as it is kept then.
pub(crate) fn ask(
    engine: &mut Engine,
    by: &str,
    kept: Kept,
    what: &impl Serialize,
    t: Timestamp,
) -> Result<Kept> {
    let wanted = &engine.register.requests.second_person;
    if !wanted.iter().any(|right| right.value == kept.request.right.as_str()) {
        return Ok(kept);
    }
    let bytes = serde_json::to_vec(what)
        .map_err(|e| CasesError::Damaged { what: "what was asked for", why: e.to_string() })?;
    let what: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let earlier: Option<Work> = work_of(&kept, WORK)?.filter(|w: &Work| w.what == what);
    let number = kept.case.number.clone();
    let again = |engine: &mut Engine| crate::erase::desk(engine, by, t, "").load(&number);
    match earlier {
        Some(work) if work.second.is_some() => Ok(kept),
        Some(work) if work.first != by => {
            let work = Work { second: Some(by.to_owned()), ..work };
            keep_work(engine, kept, WORK, &work, step(t, by, "second-person", None))?;
            again(engine)
        }
        Some(_) => Err(CasesError::SecondPerson { id: number }),
        None => {
            let work = Work { what, first: by.to_owned(), second: None };
            keep_work(engine, kept, WORK, &work, step(t, by, "second-person-asked", None))?;
            Err(CasesError::SecondPerson { id: number })
        }
    }
}
