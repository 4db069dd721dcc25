//! What is done with one call: consent, withdrawal, pauses, flags.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::auth::Who;
use super::problem::Problem;
use super::{App, known};
use crate::consent::How;
use crate::desk::Answer;

/// Consent as another system knows it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consent {
    answers: Vec<One>,
    text_id: String,
    text_version: String,
    language: String,
}

/// One purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    purpose: String,
    granted: bool,
}

pub(crate) fn consent(
    app: &App,
    who: &Who,
    call: &str,
    body: &Consent,
) -> Result<Response, Problem> {
    if body.answers.is_empty() {
        return Err(Problem::unclear("`answers` is empty"));
    }
    if !app.texts.contains(&(body.text_id.clone(), body.text_version.clone())) {
        return Err(Problem::unclear(
            "`text_id` and `text_version` name no announcement of the register; consent must say what was heard",
        ));
    }
    if !["da", "en"].contains(&body.language.as_str()) {
        return Err(Problem::unclear("`language` must be `da` or `en`"));
    }
    let call = known::find(&app.desk, call)?;
    let answers: Vec<Answer> = body
        .answers
        .iter()
        .map(|one| Answer {
            purpose: one.purpose.clone(),
            granted: one.granted,
            how: How::Api { who: who.principal.name.clone() },
            text_id: body.text_id.clone(),
            text_version: body.text_version.clone(),
            language: body.language.clone(),
        })
        .collect();
    app.desk.decide(&call, &answers)?;
    let consent = app.desk.consent(&call);
    let allowed: Vec<&str> = consent.granted().collect();
    Ok(Json(json!({ "call": call.as_str(), "granted": allowed })).into_response())
}

/// What is taken back.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Withdraw {
    purpose: Option<String>,
}

pub(crate) fn withdraw(
    app: &App,
    who: &Who,
    call: &str,
    body: &Withdraw,
) -> Result<Response, Problem> {
    let call = known::find(&app.desk, call)?;
    app.desk.withdraw(&call, body.purpose.as_deref(), who.how())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) fn pause(app: &App, call: &str, on: bool) -> Result<Response, Problem> {
    let call = known::find(&app.desk, call)?;
    if app.desk.consent(&call).iter().next().is_none() && !app.desk.is_recording(&call) {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "the call is not live, or nothing is recorded of it",
        ));
    }
    match on {
        true => app.desk.pause(&call),
        false => app.desk.resume(&call),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Why a call should be looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flag {
    why: String,
}

pub(crate) fn flag(app: &App, who: &Who, call: &str, body: &Flag) -> Result<Response, Problem> {
    let call = known::find(&app.desk, call)?;
    crate::evidence::flag(&app.desk, &who.principal, &call, &body.why)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Which calls.
#[derive(Deserialize, Default)]
pub(crate) struct Which {
    #[serde(default)]
    live: bool,
    limit: Option<u32>,
}

pub(crate) fn list(app: &App, which: &Which) -> Result<Response, Problem> {
    let limit = which.limit.unwrap_or(100).min(1000);
    let mut calls = known::calls(&app.desk, which.live, limit)?;
    calls.iter_mut().for_each(|call| call.with_ends(&app.desk, &app.rules));
    Ok(Json(json!({ "calls": calls })).into_response())
}

pub(crate) fn one(app: &App, call: &str) -> Result<Response, Problem> {
    let call = known::find(&app.desk, call)?;
    let mut call = known::call(&app.desk, &call)?;
    call.with_ends(&app.desk, &app.rules);
    Ok(Json(call).into_response())
}
