//! `frist token add|list|revoke`: for whoever has the machine, who needs no account.

use frist_server::{Scope, WantedToken, make_token};

use crate::cli_server::TokenCommand;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, day, json, say, table};
use crate::place::{Place, now};

/// Makes, lists or revokes tokens.
pub fn token(place: &Place, command: &TokenCommand, as_json: bool) -> Outcome {
    let mut state = place.state()?;
    let by = place.operator()?.to_string();
    let at = now();
    match command {
        TokenCommand::Add { name, title, scopes, datasets, days } => {
            let register = place.check()?.register;
            let known =
                |d: &String| d == "*" || register.as_ref().is_some_and(|r| r.dataset(d).is_some());
            if let Some(odd) = datasets.iter().find(|d| !known(d)) {
                return Err(frist_sweep::Error::UnknownDataset(odd.clone()).into());
            }
            let scope = |word: &String| {
                Scope::parse(word).ok_or_else(|| {
                    let all: Vec<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
                    Failure::usage(format!("there is no scope `{word}`"))
                        .help(format!("one of {}", all.join(", ")))
                })
            };
            let made = make_token(
                &mut state,
                &WantedToken {
                    name: name.clone(),
                    title: title.clone().unwrap_or_default(),
                    scopes: scopes.iter().map(scope).collect::<Outcome<_>>()?,
                    datasets: datasets.iter().cloned().collect(),
                    days: *days,
                    by,
                    at,
                    grants: true,
                },
            )?;
            if as_json {
                json(
                    &serde_json::json!({"name": name, "token": made.secret, "until": made.until}),
                )?;
                return Ok(Exit::Done);
            }
            say!("{GREEN}{name}{GREEN:#}: keep this now, it is shown only once:\n");
            say!("  {}\n", made.secret);
            if let Some(register) = register {
                say!("It works until {}.", day(made.until, &register.controller.calendar.zone));
            }
            Ok(Exit::Done)
        }
        TokenCommand::List => {
            let tokens = state.tokens()?;
            let works = |t: &frist_state::Token| match (&t.revoked_at, t.works_at(at)) {
                (Some(_), _) => "revoked",
                (None, true) => "works",
                (None, false) => "expired",
            };
            if as_json {
                let rows: Vec<_> = tokens
                    .iter()
                    .map(|t| serde_json::json!({"name": t.name, "title": t.title, "state": works(t), "scopes": t.scopes, "datasets": t.datasets, "made_by": t.made_by, "made": t.made_at, "until": t.expires_at, "last_used": t.seen_at, "revoked": t.revoked_at, "revoked_by": t.revoked_by}))
                    .collect();
                json(&rows)?;
                return Ok(Exit::Done);
            }
            if tokens.is_empty() {
                say!("There are no tokens.");
                return Ok(Exit::Done);
            }
            let zone = place.engine()?.register.controller.calendar.zone.clone();
            let head =
                ["token", "state", "may", "asked for", "needs to know", "until", "last used"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(tokens.iter().map(|t| {
                let words = |granted: bool| {
                    let some = t.scopes.iter().filter(|(_, by)| by.is_some() == granted);
                    some.map(|(word, _)| word.clone()).collect::<Vec<_>>().join(" ")
                };
                vec![
                    t.name.clone(),
                    works(t).to_owned(),
                    words(true),
                    words(false),
                    t.datasets.iter().cloned().collect::<Vec<_>>().join(" "),
                    day(t.expires_at, &zone),
                    t.seen_at.map_or_else(String::new, |at| day(at, &zone)),
                ]
            }));
            say!("{}", table(&rows).trim_end());
            Ok(Exit::Done)
        }
        TokenCommand::Revoke { name } => {
            let found = state.token(name)?.ok_or_else(|| {
                Failure::usage(format!("there is no token `{name}`"))
                    .help("`frist token list` shows them")
            })?;
            let did = state.revoke_token(found.id, &by, at)?;
            match as_json {
                true => json(&serde_json::json!({"revoked": name}))?,
                false if did => say!("{GREEN}revoked{GREEN:#}: `{name}` no longer gets in"),
                false => say!("`{name}` was revoked before"),
            }
            Ok(Exit::Done)
        }
    }
}
