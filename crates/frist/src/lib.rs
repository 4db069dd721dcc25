//! Frist: keeps personal data neither too long nor too short, and can prove it.
//!
//! A thin shell over the library crates: `cli` is what can be asked, `cmd` does it, `place`
//! finds the register, the keys and the database, `error` turns failures into text and exit codes.

mod cli;
mod cli_account;
mod cli_calls;
mod cli_case;
mod cli_case_exec;
mod cli_document;
mod cli_find;
mod cli_letter;
mod cli_reviews;
mod cli_server;
mod cmd;
mod error;
mod output;
mod place;

use std::process::ExitCode;

use clap::Parser;
use frist_register::Lang;

use crate::cli::{Cli, Colour, Command, Language};
use crate::error::Outcome;
use crate::place::Place;

/// The program: reads the command line, does what it asks, and says how it ended. A library of its own, so
/// that it is compiled beside those that it calls and not after them.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let choice = match cli.global.color {
        Colour::Auto => anstream::ColorChoice::Auto,
        Colour::Always => anstream::ColorChoice::Always,
        Colour::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(cli.global.json);
            failure.exit.into()
        }
    }
}

fn run(cli: &Cli) -> Outcome {
    let json = cli.global.json;
    let lang = match cli.global.lang {
        Language::Da => Lang::Da,
        Language::En => Lang::En,
    };
    let place = Place::new(&cli.global);
    match &cli.command {
        Command::Init(args) => cmd::init::init(&place, args, lang, json),
        Command::Check(args) => cmd::check::check(&place, args, json),
        Command::Fmt { check } => cmd::check::fmt(&place, *check, json),
        Command::Diff => cmd::diff::diff(&place, json),
        Command::Schema => cmd::check::schema(),
        Command::Plan(args) => cmd::plan::plan(&place, args, json),
        Command::Approve { plan, yes } => cmd::plan::approve(&place, plan, *yes, json),
        Command::Sweep(args) => cmd::sweep::sweep(&place, args, json),
        Command::Explain { place: at, key, at: when } => {
            cmd::explain::explain(&place, at, key, when.as_deref(), lang, json)
        }
        Command::List { dataset, decision, limit } => {
            cmd::list::list(&place, dataset, *decision, *limit, lang, json)
        }
        Command::Find(args) => cmd::find::find(&place, args, lang, json),
        Command::Calls(args) => cmd::calls::calls(&place, args, json),
        Command::Case(command) => cmd::case::case(&place, command, lang, json),
        Command::Status { alarm: false } => cmd::status::status(&place, lang, json),
        Command::Status { alarm: true } => cmd::alarm::look(&place, lang, json),
        Command::Alarm(command) => cmd::alarm::alarm(&place, command, lang, json),
        Command::Document(command) => cmd::document::document(&place, command, lang, json),
        Command::Horizon { months, as_of, svg } => {
            cmd::horizon::horizon(&place, *months, as_of.as_deref(), svg.as_deref(), lang, json)
        }
        Command::Hold(command) => cmd::hold::hold(&place, command, lang, json),
        Command::Assess(args) => cmd::assess::assess(&place, args, lang, json),
        Command::Review(command) => cmd::review::review(&place, command, lang, json),
        Command::Consent(command) => cmd::consent::consent(&place, command, lang, json),
        Command::Receipt { place: at, key, out } => {
            cmd::proof::receipt(&place, at, key, out.as_deref(), json)
        }
        Command::Evidence { out } => cmd::proof::evidence(&place, out, json),
        Command::Verify { file, key, against } => {
            cmd::proof::verify(file, key, against.as_deref(), json)
        }
        Command::Replay { since, dry_run, yes } => {
            cmd::replay::replay(&place, since, *dry_run, *yes, json)
        }
        Command::Demo { folder, yes, scale, seed } => {
            cmd::demo::demo(&place, folder, *yes, *scale, *seed, lang)
        }
        Command::Access => cmd::server::access(json),
        Command::Token(command) => cmd::server::token::token(&place, command, json),
        Command::Account(command) => cmd::server::account::account(&place, command, json),
        Command::Attest(command) => cmd::account::attest::attest(&place, command, json),
        Command::Breach(command) => cmd::account::breach::breach(&place, command, lang, json),
        Command::Bundle(args) => cmd::account::bundle::bundle(&place, args, lang, json),
        Command::Inquiry(command) => cmd::account::inquiry::inquiry(&place, command, lang, json),
        Command::Serve(args) => cmd::server::serve::serve(&place, args, lang, json),
        Command::Vault(command) => cmd::vault::vault(command, json),
        Command::Letter(command) => cmd::letter::letter(&place, command, lang, json),
        Command::Law(command) => cmd::law::law(command, lang, json),
        Command::Completions { shell } => cmd::shell::completions(*shell),
        Command::Man { folder } => cmd::shell::man(folder.as_deref()),
    }
}
