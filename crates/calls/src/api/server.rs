//! Hands requests to their routes: a request is admitted before its body is read, and its body is
//! read within a limit of size and time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use frist_http::{Running, Tls};
use serde::de::DeserializeOwned;

use super::auth::{Who, admit};
use super::problem::Problem;
use super::table::{Name, Route, TABLE, Verb};
use super::{App, Shared, calls, figures, import, listen, matters, switch};

/// The largest body of a request.
const BODY: usize = 64 * 1024;

/// Begins to listen, on the current tokio runtime.
///
/// # Errors
/// When the address cannot be bound.
pub async fn start(
    listen: SocketAddr,
    tls: Option<Tls>,
    shared: Arc<Shared>,
) -> std::io::Result<Running> {
    let timeout = shared.timeout;
    frist_http::start(listen, tls, timeout, router(shared)).await
}

/// The routes of the table, and nothing else.
fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in TABLE {
        let method = match route.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
        };
        let handler = move |State(app): State<App>,
                            path: Option<Path<String>>,
                            request: Request| {
            let id = path.map(|Path(id)| id).unwrap_or_default();
            async move {
                answer(app, route, id, request).await.unwrap_or_else(IntoResponse::into_response)
            }
        };
        router = router.route(route.path, on(method, handler));
    }
    let none = || async { Problem::new(StatusCode::NOT_FOUND, "there is no such route") };
    let other = || async {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this route takes another method")
    };
    router.fallback(none).method_not_allowed_fallback(other).with_state(shared)
}

async fn answer(
    app: App,
    route: &'static Route,
    id: String,
    request: Request,
) -> Result<Response, Problem> {
    // `MethodFilter::GET` lets HEAD through as well: it would log a listening that sends nothing.
    if request.method() != route.verb.http() {
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this route takes another method",
        ));
    }
    let who = admit(&app, route, &request)?;
    let (parts, body) = request.into_parts();
    let body = read(body, app.timeout).await?;
    let Some(who) = who else { return Ok(figures::health(&app)) };
    let work = move || act(&app, route.name, &who, &id, &parts.uri, &parts.headers, &body);
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Problem::broken()))
}

async fn read(body: Body, timeout: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(timeout, axum::body::to_bytes(body, BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is longer than {} KiB, or was cut off", BODY / 1024),
        )),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

/// Does what a route does, on a thread where waiting is allowed.
fn act(
    app: &App,
    name: Name,
    who: &Who,
    id: &str,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Problem> {
    match name {
        Name::Health => Ok(figures::health(app)),
        Name::Calls => calls::list(app, &query(uri)?),
        Name::Call => calls::one(app, id),
        Name::Consent => calls::consent(app, who, id, &json(body)?),
        Name::Withdraw => calls::withdraw(app, who, id, &json_or_nothing(body)?),
        Name::Pause => calls::pause(app, id, true),
        Name::Resume => calls::pause(app, id, false),
        Name::Flag => calls::flag(app, who, id, &json(body)?),
        Name::Audio => listen::audio(app, who, id, &query(uri)?, headers),
        Name::Vcon => listen::vcon(app, who, id, &query(uri)?),
        Name::Transfer => matters::transfer(app, who, id, json(body)?),
        Name::Approve => matters::approve(app, who, id),
        Name::Transfers => matters::transfers(app, who),
        Name::Listenings => matters::listenings(app, who, query(uri)?),
        Name::StopRecording => switch::stop(app, who, &json_or_nothing(body)?),
        Name::StartRecording => switch::start(app, who),
        Name::Import => import::import(app, who),
        Name::Figures => figures::figures(app),
        Name::Metrics => figures::metrics(app),
    }
}

fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let read = Query::<T>::try_from_uri(uri);
    read.map(|Query(q)| q)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the query cannot be understood"))
}

fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    // Where it went wrong is told, not what stood there.
    serde_json::from_slice(body).map_err(|e| {
        let what = match e.classify() {
            serde_json::error::Category::Data => {
                "has a field that is missing, unknown or of the wrong type"
            }
            _ => "is not JSON",
        };
        Problem::new(
            StatusCode::BAD_REQUEST,
            format!("the body {what}, at line {} column {}", e.line(), e.column()),
        )
    })
}

fn json_or_nothing<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, Problem> {
    if body.is_empty() { Ok(T::default()) } else { json(body) }
}
