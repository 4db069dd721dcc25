//! `frist calls token new`.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use frist_calls::config::{Role, Tokens, new_token};
use jiff::civil::Date;

use super::setup;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, GREEN, json, say};
use crate::place::Place;

/// Makes a token, adds its hash to the tokens file, and shows it once.
pub fn new(
    place: &Place,
    args: &CallsArgs,
    name: &str,
    roles: &[String],
    purposes: &[String],
    until: Option<&str>,
    as_json: bool,
) -> Outcome {
    let config = setup::config(place, args)?;
    let api = config.api.ok_or_else(|| {
        Failure::new("calls.toml has no [api]").help("add [api] with tokens = \"tokens.toml\"")
    })?;
    let roles = roles
        .iter()
        .map(|word| {
            Role::parse(word).ok_or_else(|| {
                let all: Vec<&str> = Role::ALL.iter().map(|r| r.as_str()).collect();
                Failure::usage(format!("there is no role `{word}`"))
                    .help(format!("the roles are {}", all.join(", ")))
            })
        })
        .collect::<Outcome<BTreeSet<Role>>>()?;
    let until: Option<Date> = until
        .map(|day| {
            day.parse().map_err(|_| {
                Failure::usage(format!("`{day}` is no day")).help("write it as 2026-12-31")
            })
        })
        .transpose()?;
    let path = &api.tokens.value;
    let old = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Failure::file("read", path, &e)),
    };
    let random = |e: getrandom::Error| {
        Failure::new(format!("the operating system gave no random numbers: {e}"))
    };
    let made = new_token(name, &roles, purposes, until).map_err(random)?;
    let gap = if old.is_empty() || old.ends_with("\n\n") { "" } else { "\n" };
    let added = format!("{gap}{}", made.table);
    // The whole file must read well before anything is written.
    let (tokens, _, said) = Tokens::read("tokens", &format!("{old}{added}"));
    if tokens.is_none() {
        let why = said.first().map(|d| d.message.clone()).unwrap_or_default();
        return Err(Failure::usage(format!("the token cannot be added: {why}")));
    }
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(added.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|e| Failure::file("write", path, &e))?;
    match as_json {
        true => json(&serde_json::json!({ "name": name, "token": made.secret.as_str() }))?,
        false => {
            say!("{BOLD}{}{BOLD:#}", made.secret.as_str());
            anstream::eprintln!(
                "{GREEN}made{GREEN:#}: this is shown once; `{}` has only its hash. A running server knows it within a second or two.",
                path.display()
            );
        }
    }
    Ok(Exit::Done)
}
