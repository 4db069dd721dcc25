//! The kill switch.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::auth::Who;
use super::problem::Problem;

/// Why recording is stopped.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    #[serde(default)]
    why: String,
}

pub(crate) fn stop(app: &App, who: &Who, body: &Why) -> Result<Response, Problem> {
    app.desk.stop_recording(&who.principal.name, body.why.trim())?;
    Ok(Json(json!({ "stopped": app.desk.stopped() })).into_response())
}

pub(crate) fn start(app: &App, who: &Who) -> Result<Response, Problem> {
    app.desk.resume_recording(&who.principal.name)?;
    Ok(Json(json!({ "stopped": app.desk.stopped() })).into_response())
}
