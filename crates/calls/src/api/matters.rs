//! Transfers as evidence, and the log of listening.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use frist_vault::ObjectId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::auth::Who;
use super::problem::Problem;
use super::{App, Shared};
use crate::evidence::{self, Keep, Ledger, Refused, Request, Transfer};
use crate::listen::{Filter, heard};

/// A transfer that is asked for. What is missing is told by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    grounds: String,
    #[serde(default)]
    legal_basis: String,
    #[serde(default)]
    matter: String,
    keep_until: Option<String>,
    keep_as: Option<String>,
}

pub(crate) fn transfer(app: &App, who: &Who, id: &str, body: Asked) -> Result<Response, Problem> {
    let keep = match (body.keep_until, body.keep_as) {
        (Some(_), Some(_)) => {
            return Err(Problem::unclear("`keep_until` and `keep_as` cannot stand together"));
        }
        (Some(until), None) => Some(Keep::Until(until_day(app, &until)?)),
        (None, Some(dataset)) => Some(Keep::As(dataset)),
        (None, None) => None,
    };
    let request = Request {
        recording: recording(id)?,
        grounds: body.grounds,
        legal_basis: body.legal_basis,
        matter: body.matter,
        keep,
    };
    let done = with_ledger(app, |ledger| {
        evidence::transfer(&app.desk, &app.terms, &who.principal, &request, ledger)
    })?;
    let status = if done.status == "asked" { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok((status, Json(done)).into_response())
}

pub(crate) fn approve(app: &App, who: &Who, id: &str) -> Result<Response, Problem> {
    let done = with_ledger(app, |ledger| {
        evidence::approve(&app.desk, &app.terms, &who.principal, id, ledger)
    })?;
    Ok(Json(done).into_response())
}

pub(crate) fn transfers(app: &App, who: &Who) -> Result<Response, Problem> {
    let all = evidence::transfers(&app.desk, &who.principal)?;
    Ok(Json(json!({ "transfers": all })).into_response())
}

/// Until when a matter needs its evidence, not longer than is allowed.
fn until_day(app: &Shared, text: &str) -> Result<Timestamp, Problem> {
    let until = instant(app, text)?;
    let term = frist_law::Term::new(app.longest, frist_law::Anchor::AsIs);
    let most = frist_law::expires(term, &frist_law::Start::Instant((app.clock)()), &app.calendar);
    if frist_law::Expiry::At(until) > most {
        let longest = app.longest;
        return Err(Problem::unclear(format!(
            "evidence is kept for {longest} at most (`longest` in calls.toml)"
        )));
    }
    Ok(until)
}

fn with_ledger(
    app: &Shared,
    act: impl FnOnce(&mut Ledger<'_>) -> Result<Transfer, Refused>,
) -> Result<Transfer, Problem> {
    let _turn = app.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (mut state, key) = (app.ledger)().map_err(|why| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("the ledger cannot be used: {why}"))
    })?;
    Ok(act(&mut Ledger { state: &mut state, key: &key })?)
}

/// Which lines of the log of listening.
#[derive(Deserialize, Default)]
pub(crate) struct Lines {
    since: Option<String>,
    until: Option<String>,
    principal: Option<String>,
    recording: Option<String>,
    limit: Option<u32>,
}

pub(crate) fn listenings(app: &App, who: &Who, lines: Lines) -> Result<Response, Problem> {
    let filter = Filter {
        since: lines.since.map(|t| instant(app, &t)).transpose()?,
        until: lines.until.map(|t| instant(app, &t)).transpose()?,
        principal: lines.principal,
        recording: lines.recording.map(|id| recording(&id)).transpose()?,
        limit: Some(lines.limit.unwrap_or(1000).min(100_000)),
    };
    let lines = heard(&app.desk, &who.principal, &filter)?;
    Ok(Json(json!({ "listenings": lines })).into_response())
}

/// An instant, or a day: its first instant in the controller's zone.
fn instant(app: &Shared, text: &str) -> Result<Timestamp, Problem> {
    let day = || {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(app.zone.clone()).ok()?.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| {
        Problem::unclear(
            "write a day such as 2026-12-31, or an instant such as 2026-12-31T12:00:00Z",
        )
    })
}

pub(crate) fn recording(id: &str) -> Result<ObjectId, Problem> {
    id.parse()
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "this cannot be the id of a recording"))
}
