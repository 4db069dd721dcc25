//! `frist calls serve`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use frist_calls::serve;

use super::setup;
use super::sweeping::Sweeping;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::place::Place;

/// Destroys what is overdue; then takes calls, and goes on sweeping.
pub fn serve(place: &Place, args: &CallsArgs) -> Outcome {
    let loaded = setup::load(place, args)?;
    let alarm = Arc::new(AtomicBool::new(false));
    let around = setup::around(place, &alarm)?;
    // Before anything else: what ran out while the machine was off. A ledger or database of Frist's
    // own that is lost is an alarm, and no reason to take no calls.
    let mut sweeping = Sweeping::new(place, &loaded, &alarm);
    let vault = setup::vault(&loaded);
    if let Err(failure) = sweeping.overdue() {
        sweeping.failed(&failure);
    }
    let desk = setup::desk(&loaded, vault?, &around)?;
    // What the desk closed just now may be due as well; and from here on, whatever becomes so.
    std::thread::Builder::new()
        .name("sweep".into())
        .spawn(move || sweeping.for_ever())
        .map_err(|e| Failure::new(format!("cannot start the sweep: {e}")))?;
    serve::start(loaded, desk, around).map_err(|e| {
        Failure::new(e.to_string())
            .help("look whether another program has the address, and whether it is this machine's")
    })?;
    Ok(Exit::Done)
}
