//! `frist calls import`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use frist_calls::principal::{Principal, Role};
use frist_calls::vcon::{self, Folder, Imported};
use serde_json::{Value, json};

use super::client::Client;
use super::setup;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, RED, counted, json as print_json, say};
use crate::place::Place;

/// Imports what `[import]` of calls.toml names, by the running server when there is one; or a folder, as the operator of
/// this machine, which needs the vault for itself.
pub fn import(place: &Place, args: &CallsArgs, folder: Option<&Path>, as_json: bool) -> Outcome {
    let mut told = Told { lines: Vec::new(), refused: 0, as_json };
    match folder {
        Some(folder) => {
            let loaded = setup::load(place, args)?;
            let around = setup::around(place, &Arc::new(AtomicBool::new(false)))?;
            let desk = setup::open(&loaded, &around)?;
            let who = Principal {
                name: place.operator()?.to_string(),
                roles: [Role::Operator].into(),
                ..Principal::default()
            };
            let from = Folder(folder.to_owned());
            vcon::import(&desk, &loaded.rules, &who, &from, &mut |file, done| {
                let (what, recording, why) = match done {
                    Ok(Imported::New(id)) => ("imported", Some(id.to_string()), None),
                    Ok(Imported::Already) => ("already", None, None),
                    Err(why) => ("refused", None, Some(why.to_string())),
                };
                told.line(
                    json!({ "file": file, "what": what, "recording": recording, "why": why }),
                );
                true
            })
            .map_err(|e| Failure::new(e.to_string()))?;
        }
        None => {
            let client = Client::open(place, args)?;
            for line in BufReader::new(client.stream(true, "/v1/import", None)?).lines() {
                let broken = || {
                    Failure::new(
                        "the server's answer broke off; import again, what came in is not taken twice",
                    )
                };
                let line: Value =
                    serde_json::from_str(&line.map_err(|_| broken())?).map_err(|_| broken())?;
                if line["what"] == "failed" {
                    return Err(Failure::new(line["why"].as_str().unwrap_or_default()));
                }
                told.line(line);
            }
        }
    }
    told.end()
}

/// What became of the files so far.
struct Told {
    lines: Vec<Value>,
    refused: u64,
    as_json: bool,
}

impl Told {
    fn line(&mut self, line: Value) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let file = text("file");
        self.refused += u64::from(line["what"] == "refused");
        if !self.as_json {
            match line["what"].as_str() {
                Some("imported") => {
                    say!("{GREEN}imported{GREEN:#} {file}: recording {}", text("recording"));
                }
                Some("already") => say!("already there {file}"),
                _ => say!("{RED}refused{RED:#} {file}: {}", text("why")),
            }
        }
        self.lines.push(line);
    }

    fn end(self) -> Outcome {
        let files = counted(self.lines.len() as u64, "file", "files");
        match self.as_json {
            true => print_json(&self.lines)?,
            false => say!("{files}, {} refused", self.refused),
        }
        Ok(if self.refused == 0 { Exit::Done } else { Exit::Findings })
    }
}
