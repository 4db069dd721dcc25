//! `frist account add|list|link`: for whoever has the machine, who needs no account.

use frist_server::access::Role;
use frist_server::{NewPerson, add_person, invite};

use crate::cli_server::{AccountCommand, RoleName};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{day, json, say, table};
use crate::place::{Place, now};

fn role(name: RoleName) -> Role {
    match name {
        RoleName::Dpo => Role::Dpo,
        RoleName::Caseworker => Role::Caseworker,
        RoleName::Engineer => Role::Engineer,
        RoleName::Supervisor => Role::Supervisor,
        RoleName::Listener => Role::Listener,
        RoleName::Auditor => Role::Auditor,
        RoleName::Administrator => Role::Administrator,
    }
}

/// Makes, lists or opens accounts.
pub fn account(place: &Place, command: &AccountCommand, as_json: bool) -> Outcome {
    let mut state = place.state()?;
    let by = place.operator()?.to_string();
    let at = now();
    match command {
        AccountCommand::Add { name, title, roles, datasets } => {
            let register = place.check()?.register;
            let unknown = |d: &&String| register.as_ref().is_none_or(|r| r.dataset(d).is_none());
            if let Some(odd) = datasets.iter().find(unknown) {
                return Err(frist_sweep::Error::UnknownDataset(odd.clone()).into());
            }
            let new = NewPerson {
                name: name.clone(),
                title: title.clone().unwrap_or_default(),
                roles: roles.iter().copied().map(role).collect(),
                by: by.clone(),
                at,
            };
            // From here on the keys can be copied to other servers, which must have the same.
            place.people_key(&mut state)?;
            let id = add_person(&mut state, &new)?;
            state.set_need_to_know(id, &datasets.iter().cloned().collect())?;
            link(place, name.trim(), &mut state, &by, as_json)
        }
        AccountCommand::Link { name, forget_factor } => {
            if *forget_factor {
                let found = state.account(name)?;
                let found =
                    found.ok_or_else(|| frist_server::ProblemWithPerson::Unknown(name.clone()))?;
                state.forget_password(found.id)?;
            }
            link(place, name, &mut state, &by, as_json)
        }
        AccountCommand::List => {
            let accounts = state.accounts()?;
            let words = |set: &std::collections::BTreeSet<String>| {
                set.iter().cloned().collect::<Vec<_>>().join(", ")
            };
            if as_json {
                let rows: Vec<_> = accounts
                    .iter()
                    .map(|a| serde_json::json!({"name": a.name, "title": a.title, "roles": a.roles, "datasets": a.datasets, "second_factor": a.totp.is_some(), "password": a.password.is_some(), "closed": a.disabled_at}))
                    .collect();
                json(&rows)?;
                return Ok(Exit::Done);
            }
            if accounts.is_empty() {
                say!("There are no accounts; make the first with `frist serve --setup`.");
                return Ok(Exit::Done);
            }
            let head = ["account", "name", "roles", "needs to know", "second factor", "state"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(accounts.iter().map(|a| {
                let state = match (&a.disabled_at, &a.password) {
                    (Some(_), _) => "closed",
                    (None, None) => "waits for its link",
                    (None, Some(_)) => "open",
                };
                let factor = if a.totp.is_some() { "yes" } else { "no" };
                vec![
                    a.name.clone(),
                    a.title.clone(),
                    words(&a.roles),
                    words(&a.datasets),
                    factor.into(),
                    state.into(),
                ]
            }));
            say!("{}", table(&rows).trim_end());
            Ok(Exit::Done)
        }
    }
}

/// Prints a new link.
fn link(
    place: &Place,
    name: &str,
    state: &mut frist_state::State,
    by: &str,
    as_json: bool,
) -> Outcome {
    let invited = invite(state, name, by, now())?;
    if as_json {
        json(&serde_json::json!({"account": name, "path": invited.path, "until": invited.until}))?;
        return Ok(Exit::Done);
    }
    let register =
        place.check()?.register.ok_or_else(|| Failure::new("the register cannot be read"))?;
    let until = day(invited.until, &register.controller.calendar.zone);
    say!("Give `{name}` this link by a way you trust, after the console's address:\n");
    say!("  {}\n\nIt works once, until {until}.", invited.path);
    Ok(Exit::Done)
}
