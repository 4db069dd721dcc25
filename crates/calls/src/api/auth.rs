//! Who asks: the bearer of a token.

use std::collections::BTreeSet;

use axum::extract::Request;
use axum::http::{StatusCode, header};

use super::Shared;
use super::problem::Problem;
use super::table::Route;
use crate::config::{Role, Token};
use crate::consent::How;
use crate::principal::{self, Principal};

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// For what the desk does.
    pub(crate) principal: Principal,
    roles: BTreeSet<Role>,
}

impl Who {
    /// How a withdrawal of this one came.
    pub(crate) fn how(&self) -> How {
        let who = self.principal.name.clone();
        match self.roles.contains(&Role::Machine) {
            true => How::Api { who },
            false => How::Agent { who },
        }
    }
}

/// The rights that a token's roles are at the desk.
fn principal(token: &Token) -> Principal {
    let mut roles = BTreeSet::new();
    let mut listens = BTreeSet::new();
    for role in &token.roles {
        match role {
            Role::Machine => drop(roles.insert(principal::Role::Consent)),
            Role::Agent => drop(roles.insert(principal::Role::Agent)),
            Role::Supervisor => {
                roles.extend([principal::Role::Agent, principal::Role::Operator]);
            }
            Role::Listener => listens.extend(token.purposes.iter().map(|p| p.value.clone())),
            Role::Evidence => drop(roles.insert(principal::Role::Evidence)),
            Role::Dpo => drop(roles.insert(principal::Role::Dpo)),
        }
    }
    Principal { name: token.name.clone(), roles, listens }
}

/// Who may use this route with this request; none when the route is for everybody.
pub(crate) fn admit(
    shared: &Shared,
    route: &Route,
    request: &Request,
) -> Result<Option<Who>, Problem> {
    let Some(allowed) = route.roles else { return Ok(None) };
    let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail);
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let secret = given.and_then(|v| {
        let (scheme, secret) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
    });
    let secret = secret
        .ok_or_else(|| refused("a bearer token is needed; `frist calls token new` makes one"))?;
    let today = (shared.clock)().to_zoned(shared.zone.clone()).date();
    let tokens = shared.door.tokens().map_err(|_| {
        let detail = "the tokens file is wrong, and nobody is let in until it is mended; `frist calls check` says what is wrong";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    })?;
    let token = tokens.find(secret, today);
    let token = token.ok_or_else(|| refused("the token is not known, or is past its last day"))?;
    if !allowed.iter().any(|role| token.roles.contains(role)) {
        let roles: Vec<&str> = allowed.iter().map(|r| r.as_str()).collect();
        let detail =
            format!("`{}` may not do this; it takes one of: {}", token.name, roles.join(", "));
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(Some(Who { principal: principal(token), roles: token.roles.clone() }))
}
