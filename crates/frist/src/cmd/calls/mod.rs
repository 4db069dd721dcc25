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

use crate::cli_calls::{CallsArgs, CallsCommand, TokenCommand};
use crate::error::Outcome;
use crate::place::Place;

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
