//! Importing what lies in the place that calls.toml names. The request names none: whoever has a token is not let loose
//! on the machine's files.

use std::sync::TryLockError;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use tokio::sync::mpsc;

use super::App;
use super::auth::Who;
use super::listen::Pieces;
use super::problem::Problem;
use crate::vcon::{self, Imported, NotImported};

/// Lines that may wait for the network.
const AHEAD: usize = 64;

/// Imports, and tells line by line (one JSON value each) what became of each file, as it is done. A client that goes away
/// ends it after the file under way.
pub(crate) fn import(app: &App, who: &Who) -> Result<Response, Problem> {
    let place = app.import.as_ref().ok_or_else(|| {
        Problem::unclear("calls.toml has no [import]; name the folder or bucket there")
    })?;
    let place = vcon::open(place, &*app.env)
        .map_err(|e| Problem::new(StatusCode::BAD_GATEWAY, e.to_string()))?;
    let (send, receive) = mpsc::channel(AHEAD);
    let (begun, told) = std::sync::mpsc::channel();
    let (app, who) = (app.clone(), who.clone());
    let thread = std::thread::Builder::new().name("import".into()).spawn(move || {
        let _turn = match app.importing.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let busy = Problem::new(StatusCode::CONFLICT, "an import is under way");
                return drop(begun.send(Err(busy)));
            }
        };
        let _ = begun.send(Ok(()));
        let line = |value: serde_json::Value| Ok(Bytes::from(format!("{value}\n")));
        let mut each = |file: &str, done: Result<Imported, NotImported>| {
            let (what, recording, why) = match done {
                Ok(Imported::New(id)) => ("imported", Some(id.to_string()), None),
                Ok(Imported::Already) => ("already", None, None),
                Err(why) => ("refused", None, Some(why.to_string())),
            };
            let told = json!({ "file": file, "what": what, "recording": recording, "why": why });
            send.blocking_send(line(told)).is_ok()
        };
        let done = vcon::import(&app.desk, &app.rules, &who.principal, &*place, &mut each);
        if let Err(why) = done {
            let _ = send.blocking_send(line(json!({ "what": "failed", "why": why.to_string() })));
        }
    });
    thread.map_err(|_| Problem::broken())?;
    told.recv().map_err(|_| Problem::broken())??;
    let mut response = Response::new(Body::new(Pieces(receive)));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
