//! `frist calls stop-recording` and `resume-recording`: a file in the desk's folder, so that they work
//! when the server, its database or its API do not.

use frist_calls::desk;

use super::setup;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, RED, json, say};
use crate::place::{Place, now, private_dir};

/// Stops all recording.
pub fn stop(place: &Place, args: &CallsArgs, why: &str, as_json: bool) -> Outcome {
    let config = setup::config(place, args)?;
    private_dir(&config.data)?;
    let who = place.operator()?;
    desk::stop(&config.data, who.as_str(), why, now()).map_err(|e| Failure::new(e.to_string()))?;
    match as_json {
        true => json(&serde_json::json!({ "stopped": true }))?,
        false => say!(
            "{RED}recording is stopped{RED:#}: nothing is recorded, also after a restart, until `frist calls resume-recording`; calls go on"
        ),
    }
    Ok(Exit::Done)
}

/// Takes a stop back.
pub fn resume(place: &Place, args: &CallsArgs, as_json: bool) -> Outcome {
    let config = setup::config(place, args)?;
    private_dir(&config.data)?;
    desk::resume(&config.data).map_err(|e| Failure::new(e.to_string()))?;
    match as_json {
        true => json(&serde_json::json!({ "stopped": false }))?,
        false => say!("{GREEN}calls may be recorded again{GREEN:#}, with consent as before"),
    }
    Ok(Exit::Done)
}
