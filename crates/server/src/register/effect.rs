//! What a changed register would do with the real data, counted in the stores.

use frist_register::Register;
use frist_sweep::Loaded;
use frist_sweep::effects::Effect;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::face::{Face, Trouble};
use crate::on_disk::Files;

/// A year ahead: by then a longer period shows that would not show today.
const AHEAD: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What is due by the old and by the changed register, where that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Effects {
    /// Now.
    pub(crate) now: Vec<Effect>,
    /// In a year, with what is due until then.
    pub(crate) year: Vec<Effect>,
    /// Why it could not be counted.
    pub(crate) problem: Option<String>,
}

/// Counts it. That a store cannot be asked is an answer as well: it is shown.
pub(crate) fn count(
    face: &Face,
    old: &Register,
    new: Register,
    files: &Files,
    now: Timestamp,
) -> Result<Effects, Trouble> {
    let revision = frist_register::revision_hash(&new)
        .parse()
        .map_err(|e: frist_ledger::Error| Trouble { message: e.to_string(), help: None })?;
    let loaded = Loaded { register: new, revision, files: files.clone() };
    let mut engine = (face.engine_over)(loaded)?;
    let mut both = || -> Result<(Vec<Effect>, Vec<Effect>), frist_sweep::Error> {
        Ok((engine.effects(old.clone(), now)?, engine.effects(old.clone(), now + AHEAD)?))
    };
    Ok(match both() {
        Ok((now, year)) => Effects { now, year, problem: None },
        Err(e @ (frist_sweep::Error::Store(_) | frist_sweep::Error::Rule(_))) => {
            Effects { problem: Some(e.to_string()), ..Effects::default() }
        }
        Err(e) => return Err(e.into()),
    })
}
