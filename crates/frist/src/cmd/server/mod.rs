//! `frist serve`, `frist account` and `frist access`.

pub mod account;
pub mod serve;
pub mod token;

use frist_server::access::{self, Action, Condition, Grant, Role};

use crate::error::{Exit, Outcome};
use crate::output::{json, say};

/// Prints who may what.
pub fn access(as_json: bool) -> Outcome {
    if !as_json {
        say!("{}", access::print().trim_end());
        return Ok(Exit::Done);
    }
    let cell = |role: Role, action: Action| match access::grant(role, action) {
        Grant::No => serde_json::json!(false),
        Grant::Yes => serde_json::json!(true),
        Grant::If(conditions) => {
            serde_json::json!(conditions.iter().map(|c: &Condition| c.text()).collect::<Vec<_>>())
        }
    };
    let rows: Vec<_> = Action::ALL
        .iter()
        .map(|action| {
            let roles: serde_json::Map<_, _> =
                Role::ALL.into_iter().map(|r| (r.as_str().to_owned(), cell(r, *action))).collect();
            serde_json::json!({"action": action.word(), "text": action.text(),
                "changes": action.changes(), "shows_personal_data": action.reads(), "roles": roles})
        })
        .collect();
    json(&rows)?;
    Ok(Exit::Done)
}
