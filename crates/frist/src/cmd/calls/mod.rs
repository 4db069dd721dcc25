//! `frist calls`: asking, recording, listening.
//!
//! `setup` reads calls.toml; `serve` runs the server with `sweeping` beside it; `client` speaks with
//! the running server, or with an interface of its own while none runs; `acts` are the commands that
//! do so; `switch` stops and resumes recording without a server; `tokens` makes tokens.

mod acts;
mod check;
mod client;
mod import;
mod serve;
mod setup;
mod sweeping;
mod switch;
mod tokens;

use std::io::Read as _;

use crate::cli_calls::{CallsArgs, CallsCommand, TokenCommand};
use crate::error::{Failure, Outcome};
use crate::place::Place;

/// Hearing recordings for a person's package, by the same interface as listening.
pub struct Sound(client::Client);

impl Sound {
    /// The running server, or an interface of this process.
    ///
    /// # Errors
    /// When there is no token, or the vault cannot be opened.
    pub fn open(place: &Place, args: &CallsArgs) -> Outcome<Self> {
        client::Client::open(place, args).map(Self)
    }

    /// A recording as a WAV file, for the first of these purposes for which it may be heard.
    ///
    /// # Errors
    /// Why it is not played for any of them.
    pub fn wav(&self, recording: &str, purposes: &[String], reason: &str) -> Outcome<Vec<u8>> {
        let mut refused = None;
        for purpose in purposes {
            let query = client::query(&[("purpose", Some(purpose)), ("reason", Some(reason))]);
            let path = format!("/v1/recordings/{}/audio{query}", client::encode(recording));
            match self.0.stream(false, &path, None) {
                Ok(mut sound) => {
                    let mut wav = Vec::new();
                    sound
                        .read_to_end(&mut wav)
                        .map_err(|e| Failure::new(format!("the server's answer broke off: {e}")))?;
                    return Ok(wav);
                }
                Err(e) => refused = Some(e),
            }
        }
        Err(refused.unwrap_or_else(|| Failure::new("no consent covers it")))
    }
}

/// Does what was asked.
pub fn calls(place: &Place, args: &CallsArgs, json: bool) -> Outcome {
    match &args.command {
        CallsCommand::Serve => serve::serve(place, args),
        CallsCommand::Check => check::check(place, args, json),
        CallsCommand::StopRecording { why } => switch::stop(place, args, why, json),
        CallsCommand::ResumeRecording => switch::resume(place, args, json),
        CallsCommand::Import { folder } => import::import(place, args, folder.as_deref(), json),
        CallsCommand::Token(TokenCommand::New { name, roles, purposes, until }) => {
            tokens::new(place, args, name, roles, purposes, until.as_deref(), json)
        }
        _ => acts::act(place, args, json),
    }
}
