//! `frist calls import`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use frist_calls::principal::{Principal, Role};
use frist_calls::vcon::{Imported, import_folder};

use super::setup;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, RED, counted, json, say};
use crate::place::Place;

/// Imports a folder, as the operator of this machine. Needs the vault for itself.
pub fn import(place: &Place, args: &CallsArgs, folder: &Path, as_json: bool) -> Outcome {
    let loaded = setup::load(place, args)?;
    let around = setup::around(place, &Arc::new(AtomicBool::new(false)))?;
    let desk = setup::open(&loaded, &around)?;
    let who = Principal {
        name: place.operator()?.to_string(),
        roles: [Role::Operator].into(),
        ..Principal::default()
    };
    let done = import_folder(&desk, &loaded.rules, &who, folder)
        .map_err(|e| Failure::new(e.to_string()))?;
    let refused = done.iter().filter(|(_, r)| r.is_err()).count();
    if as_json {
        let lines: Vec<_> = done
            .iter()
            .map(|(file, what)| {
                let (recording, error) = match what {
                    Ok(Imported::New(id)) => (Some(id.to_string()), None),
                    Ok(Imported::Already) => (None, None),
                    Err(e) => (None, Some(e.to_string())),
                };
                serde_json::json!({ "file": file, "recording": recording, "error": error })
            })
            .collect();
        json(&lines)?;
    } else {
        for (file, what) in &done {
            match what {
                Ok(Imported::New(id)) => {
                    say!("{GREEN}imported{GREEN:#} {}: recording {id}", file.display())
                }
                Ok(Imported::Already) => say!("already there {}", file.display()),
                Err(e) => say!("{RED}refused{RED:#} {}: {e}", file.display()),
            }
        }
        say!("{}, {refused} refused", counted(done.len() as u64, "file", "files"));
    }
    Ok(if refused == 0 { Exit::Done } else { Exit::Findings })
}
