//! What becomes due in Frist's own keeping: done by whoever comes by, a command or the scheduler.

use frist_sweep::Engine;
use jiff::Timestamp;

use crate::Result;
use crate::erase::{Finished, finish_deferred};
use crate::request::{Tidied, tidy};

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// Requests of which something was refused until a day that has come.
    pub finished: Vec<Finished>,
    /// Closed cases whose own time was up.
    pub tidied: Tidied,
    /// Records of consents whose time was up.
    pub consents: u64,
}

/// Finishes what requests were refused until a day, erases closed cases whose time is up and records
/// of consents that prove nothing any more.
///
/// # Errors
/// When another process sweeps, or Frist's own database does not answer; what was done by then stays
/// done, and the next call does the rest.
pub fn do_what_is_due(engine: &mut Engine, by: &str, at: Timestamp) -> Result<Done> {
    let finished = finish_deferred(engine, by, "", at, &mut |_| ())?;
    let tidied = tidy(&mut engine.state, &engine.register, by, at)?;
    // The proof of a withdrawn consent goes with the data.
    let consents = crate::consent::tidy(engine, at)?;
    Ok(Done { finished, tidied, consents })
}
