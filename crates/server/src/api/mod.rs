//! The interface for machines: `/api/v1`, described by OpenAPI 3.1 and asked with tokens.
//!
//! - `routes`: the one table, a line a route, from which both the router and the document are made;
//! - [`Scope`]: what a token may, each an action of the table of access;
//! - `web`: a request on its way in and out; `call`: the request as its handler sees it;
//! - `problem`: why there is no answer; `once`: idempotency keys; `page`: cursors; `limit`: pace;
//! - `schema`: what is sent, held against the schema that the document shows;
//! - `resources`: what the routes do, by the same crates as the console and the command line.
//!
//! It lives in the server and not beside it, since it asks the same table of access, borrows the
//! same engines and writes the same log.

mod call;
mod document;
mod limit;
mod once;
mod page;
mod problem;
mod resources;
mod route;
mod routes;
mod schema;
mod scope;
mod web;

use std::sync::{Arc, LazyLock};

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde_json::{Map, Value};

pub(crate) use limit::Limits;
pub(crate) use once::KEEP;
pub(crate) use problem::{Kind, Problem};
pub use route::Verb;
pub use scope::Scope;

use crate::ctx::App;

/// Where the interface begins.
pub(crate) const ROOT: &str = "/api/v1";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// How the interface behaves: `[api]` in `server.toml`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    /// Requests that a token has each minute.
    pub per_minute: u32,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { per_minute: 600 }
    }
}

/// The routes, their schemas and the document, made once.
pub(crate) struct Interface {
    pub(crate) routes: Vec<route::Route>,
    pub(crate) named: Map<String, Value>,
    pub(crate) document: Value,
}

impl Interface {
    pub(crate) fn get() -> &'static Interface {
        static ONE: LazyLock<Interface> = LazyLock::new(|| {
            let (routes, named) = routes::table().parts();
            let document = document::document(&routes, &named);
            Interface { routes, named, document }
        });
        &ONE
    }
}

/// A route as tests and tools see it.
#[derive(Debug, Clone, Copy)]
pub struct ApiRoute {
    /// Its method.
    pub verb: Verb,
    /// Its path below `/api/v1`, with names in braces.
    pub path: &'static str,
    /// What the token must have; none for everybody.
    pub scope: Option<Scope>,
    /// What it does.
    pub summary: &'static str,
    /// Whether it takes a body.
    pub body: bool,
    /// Whether it changes something.
    pub changes: bool,
}

/// All routes of the interface.
#[must_use]
pub fn api_routes() -> Vec<ApiRoute> {
    let routes = Interface::get().routes.iter();
    routes
        .map(|r| ApiRoute {
            verb: r.verb,
            path: r.path,
            scope: r.scope,
            summary: r.summary,
            body: r.input.is_some(),
            changes: r.changes,
        })
        .collect()
}

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> &'static Value {
    &Interface::get().document
}

/// What does not fit a schema of the document: places and faults, none of which repeats a value.
#[must_use]
pub fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let found = schema::faults(schema, &Interface::get().named, value);
    found.into_iter().map(|w| format!("{}: {}", w.pointer.unwrap_or_default(), w.detail)).collect()
}

/// Answers a request of the interface.
pub(crate) async fn answer(Shared(app): Shared<Arc<App>>, request: Request) -> Response {
    let began = std::time::Instant::now();
    let now = (app.face.clock)();
    let address = crate::web::address(&app, &request);
    let (parts, body) = request.into_parts();
    let body = crate::web::read(body, MOST).await.map_err(|refusal| match refusal {
        crate::ctx::Refusal::TooSlow => Problem::new(Kind::Slow, "the body came in too slowly"),
        _ => Problem::new(Kind::TooLarge, "the body has more than 1 MiB"),
    });
    let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default());
    let verb = parts.method.clone();
    let query = query.to_owned();
    let asked =
        web::Asked { verb: parts.method, path, query, headers: parts.headers, body, address, now };
    let own = Arc::clone(&app);
    let work = tokio::task::spawn_blocking(move || web::work(&own, asked)).await;
    let answered = work.unwrap_or_else(|_| {
        let body = br#"{"type":"/api/problems/internal","title":"An error of the program","status":500,"detail":"the server's log knows more","instance":"/api/v1"}"#;
        let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        let reply = crate::ctx::Reply { status, ..crate::ctx::Reply::of(PROBLEM, body.to_vec()) };
        web::Answered { reply, route: "-" }
    });
    let reply = answered.reply;
    (app.face.log)(
        &serde_json::json!({
            "at": now, "log": "access", "method": verb.as_str(),
            "route": format!("{ROOT}{}", answered.route), "status": reply.status.as_u16(),
            "bytes": reply.body.len(), "ms": began.elapsed().as_millis() as u64,
        })
        .to_string(),
    );
    crate::web::respond(reply, app.settings.tls, None)
}

/// The largest body, bytes.
const MOST: usize = 1024 * 1024;
