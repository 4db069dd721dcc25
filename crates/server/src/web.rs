//! A request on its way in and out: who asks, from where, whether that is allowed, what it did, and
//! with which headers the answer goes.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, any, on};
use frist_http::Peer;
use frist_register::Lang;
use frist_state::Stage;
use jiff::Timestamp;

use crate::access::{Action, Facts};
use crate::ctx::{App, Ctx, Here, Me, Refusal, Reply, cookie_name};
use crate::guard::{form_token_fits, from_here, pairs};
use crate::pages;
use crate::people;
use crate::routes::{Method, Name, ROUTES, Route};
use crate::upload;

/// The largest form, bytes ...
const BODY: usize = 64 * 1024;
/// ... the largest file of a register ...
const TEXT: usize = 1024 * 1024;
/// ... the largest proof that is verified here; larger ones are for `frist verify`.
const PROOF: usize = 32 * 1024 * 1024;
/// ... and the largest paper that is kept with a case.
pub(crate) const PAPER: usize = 10 * 1024 * 1024;
/// What stands around the file in its form.
const AROUND: usize = 4 * 1024;
/// How long a form may take to come in, and one with a file.
const TIMEOUT: Duration = Duration::from_secs(10);
const LONG_TIMEOUT: Duration = Duration::from_secs(60);

fn cookie(headers: &HeaderMap, name: &str, tls: bool) -> Option<String> {
    let wanted = cookie_name(name, tls);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.find(|(n, _)| *n == wanted).map(|(_, v)| v.to_owned())
}

/// The routes of the table, and nothing else.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let method = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let handler =
            move |Shared(app): Shared<Arc<App>>, path: RawPathParams, request: Request| {
                let named = |name: &str| {
                    let found = path.iter().find(|(n, _)| *n == name);
                    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
                };
                let names = Names { id: named("id"), part: named("part") };
                answer(app, Some(route), names, request)
            };
        router = router.route(route.path, on(method, handler));
    }
    let none = |Shared(app): Shared<Arc<App>>, request: Request| {
        answer(app, None, Names::default(), request)
    };
    let api = crate::api::ROOT;
    for root in [api.to_owned(), format!("{api}/")] {
        router = router.route(&root, any(crate::api::answer));
    }
    router = router.route(&format!("{api}/{{*rest}}"), any(crate::api::answer));
    router.fallback(none).method_not_allowed_fallback(none).with_state(app)
}

/// From where a request came: the connection, or what the proxy before us says.
pub(crate) fn address(app: &App, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>().map(|p| p.0.ip());
    let said = || {
        let lines = request.headers().get_all("x-forwarded-for").iter();
        let last = lines.filter_map(|v| v.to_str().ok()).next_back()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    let proxied = if app.settings.proxy { said() } else { None };
    proxied.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

async fn answer(
    app: Arc<App>,
    route: Option<&'static Route>,
    names: Names,
    request: Request,
) -> Response {
    let began = std::time::Instant::now();
    let now = (app.face.clock)();
    let address = address(&app, &request);
    let verb = request.method().clone();
    let (parts, body) = request.into_parts();
    let read = async {
        // Strangers who flood the public side do not keep those who work here from their work.
        let public = route.is_some_and(Route::is_public);
        let pace = if public { &app.public.pages } else { &app.pace };
        if !pace.take(address, now) {
            return Err(Refusal::TooMany(None));
        }
        let Some(route) = route else { return Err(Refusal::NotFound) };
        if route.method == Method::Post && !from_here(&parts.headers, app.settings.tls) {
            return Err(Refusal::Form);
        }
        // What is large is taken from those only who have signed in.
        if most(route) > BODY && route.action.is_some() && !signed_in(&app, &parts.headers).await? {
            return Err(Refusal::SignIn);
        }
        read(body, most(route)).await
    };
    let body = read.await;
    let own = Arc::clone(&app);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let headers = parts.headers;
    let parent = app.traces.as_ref().and_then(|_| headers.get("traceparent")?.to_str().ok());
    let parent = parent.map(str::to_owned);
    let work = move || {
        let asked = Asked { route, names, query, headers, body, address, now };
        asked.answer(&own)
    };
    let reply = tokio::task::spawn_blocking(work).await;
    let reply = reply.unwrap_or_else(|_| Reply {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        ..Reply::of(
            "text/plain; charset=utf-8",
            b"an error of the program; look at its log".to_vec(),
        )
    });
    app.meter.seen(route, reply.status.as_u16(), began.elapsed());
    if let Some(traces) = &app.traces {
        let at = route.map_or("-", |r| r.path);
        traces.add(frist_watch::traces::Span {
            name: format!("{} {at}", route.map_or("-", |_| verb.as_str())),
            began: now,
            took: began.elapsed(),
            attributes: vec![
                ("http.request.method", verb.as_str().into()),
                ("http.route", at.into()),
                ("http.response.status_code", reply.status.as_u16().into()),
            ],
            failed: reply.status.is_server_error(),
            kind: frist_watch::traces::Kind::Server,
            place: frist_watch::traces::Place::within(parent.as_deref()),
        });
    }
    // The route as it is written, never the path with its ids; no address, no query, no name.
    (app.face.log)(
        &serde_json::json!({
            "at": now, "log": "access", "method": verb.as_str(),
            "route": route.map_or("-", |r| r.path), "status": reply.status.as_u16(),
            "bytes": reply.body.len(), "ms": began.elapsed().as_millis() as u64,
        })
        .to_string(),
    );
    let leaves = app.provider.as_ref().and_then(crate::oidc::Provider::sign_out_origin);
    respond(reply, app.settings.tls, leaves.as_deref())
}

/// Whether the request comes with a session that counts, asked before its body is taken.
async fn signed_in(app: &Arc<App>, headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(secret) = cookie(headers, "frist", app.settings.tls) else { return Ok(false) };
    let (app, hash) = (Arc::clone(app), crate::factor::sha256(&secret));
    let asked = tokio::task::spawn_blocking(move || {
        let (now, limits) = ((app.face.clock)(), people::limits());
        app.engines.state(|state| state.session(&hash, now, &limits))
    });
    let session = asked.await.map_err(|_| Refusal::Broken)??;
    Ok(session.is_some_and(|session| session.stage == Stage::Whole))
}

/// How much a route takes.
fn most(route: &Route) -> usize {
    match route.name {
        Name::EditText => TEXT,
        Name::Verify => PROOF,
        Name::AttachPaper => PAPER + AROUND,
        _ => BODY,
    }
}

/// The body, if it is no larger than this and comes in in time.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, Refusal> {
    let patience = if most > TEXT { LONG_TIMEOUT } else { TIMEOUT };
    match tokio::time::timeout(patience, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::TooSlow),
    }
}

/// What stands for `{id}` and `{part}` in a path.
#[derive(Default)]
struct Names {
    id: String,
    part: String,
}

/// A request that has come in whole.
struct Asked {
    route: Option<&'static Route>,
    names: Names,
    query: String,
    headers: HeaderMap,
    body: Result<Bytes, Refusal>,
    address: IpAddr,
    now: Timestamp,
}

impl Asked {
    fn answer(self, app: &App) -> Reply {
        let tls = app.settings.tls;
        let route = self.route.unwrap_or(&ROUTES[0]);
        let mut ctx = Ctx {
            app,
            route,
            id: self.names.id,
            part: self.names.part,
            query: pairs(&self.query).unwrap_or_default(),
            form: Vec::new(),
            file: Vec::new(),
            file_name: String::new(),
            me: None,
            here: None,
            lang: language(&self.headers, tls, app.settings.lang),
            now: self.now,
            address: self.address,
            binding: String::new(),
            about: None,
            granted: false,
            cookies: Vec::new(),
        };
        // Who comes too often costs no look into the database; a refusal else is told in the person's
        // language, with the pages that they may see.
        let known = match &self.body {
            Err(Refusal::TooMany(_)) => Ok(()),
            _ => find(&mut ctx, &self.headers),
        };
        let outcome = known.and(self.body).and_then(|body| act(&mut ctx, &self.headers, &body));
        let mut reply = match outcome {
            Ok(reply) => reply,
            Err(refusal) => {
                if matches!(refusal, Refusal::Denied) {
                    let what = route.action.map_or("?", Action::word);
                    let about = ctx.about.clone().unwrap_or_else(|| ctx.id.clone());
                    let _ = ctx.log(&format!("denied:{what}"), &about);
                }
                if let Refusal::Trouble(trouble) = &refusal {
                    let line = serde_json::json!({
                        "at": ctx.now, "log": "trouble", "route": route.path,
                        "message": trouble.message,
                    });
                    (app.face.log)(&line.to_string());
                }
                let people = !self
                    .headers
                    .get(header::ACCEPT)
                    .and_then(|v| v.to_str().ok())
                    .is_some_and(|v| v.contains("json") && !v.contains("html"));
                pages::refused(&mut ctx, &refusal, people)
            }
        };
        let cookies = ctx.cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
        reply.headers.extend(cookies);
        reply
    }
}

/// Who asks, and to what forms are bound.
fn find(ctx: &mut Ctx<'_>, headers: &HeaderMap) -> Result<(), Refusal> {
    let tls = ctx.app.settings.tls;
    ctx.binding = cookie(headers, "frist-form", tls).unwrap_or_default();
    let Some(secret) = cookie(headers, "frist", tls) else { return Ok(()) };
    let hash = crate::factor::sha256(&secret);
    let (now, limits) = (ctx.now, people::limits());
    let Some(session) = ctx.state(|state| state.session(&hash, now, &limits))? else {
        return Ok(());
    };
    ctx.binding = crate::factor::token(&hash);
    if let Some(lang) = session.account.lang.as_deref().and_then(lang_of) {
        ctx.lang = lang;
    }
    let roles = people::roles(&session.account);
    ctx.here = Some(Here {
        hash,
        stage: session.stage,
        pending: session.pending,
        since: session.created_at,
        opened: session.opened,
        seal: people::seal_key(&secret),
    });
    ctx.me = Some(Me { account: session.account, roles });
    Ok(())
}

/// Asks whether it may be done, does it, and keeps in the log that it was.
fn act(ctx: &mut Ctx<'_>, headers: &HeaderMap, body: &Bytes) -> Result<Reply, Refusal> {
    let route = ctx.route;
    let whole = ctx.here.as_ref().is_some_and(|here| here.stage == Stage::Whole);
    if let Some(action) = route.action {
        if !whole {
            return Err(Refusal::SignIn);
        }
        if !ctx.offers(action) {
            return Err(Refusal::Denied);
        }
        ctx.granted = ctx.could(action, &Facts::default());
        if pages::must_set_factor(ctx) {
            return Ok(Reply::to("/account?must=factor"));
        }
    }
    if route.method == Method::Post {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        match kind.and_then(upload::boundary) {
            Some(boundary) => {
                let sent = upload::parts(body, boundary).ok_or(Refusal::Form)?;
                (ctx.form, ctx.file, ctx.file_name) = (sent.fields, sent.file, sent.name);
            }
            None => {
                let text = std::str::from_utf8(body).map_err(|_| Refusal::Form)?;
                ctx.form = pairs(text).ok_or(Refusal::Form)?;
            }
        }
        let path = route.path.replace("{id}", &ctx.id).replace("{part}", &ctx.part);
        let token = ctx.raw("token").to_owned();
        if !form_token_fits(&ctx.app.keys.forms, &ctx.binding, &path, &token) {
            return Err(Refusal::Form);
        }
    }
    let reply = pages::answer(ctx)?;
    let Some(action) = route.action else { return Ok(reply) };
    if !ctx.granted {
        // A page that forgot to ask about its condition shows nothing.
        return Err(Refusal::Broken);
    }
    if action.reads() || action.changes() {
        let about = ctx.about.clone().unwrap_or_else(|| ctx.id.clone());
        ctx.log(action.word(), &about)?;
    }
    Ok(reply)
}

pub(crate) fn lang_of(word: &str) -> Option<Lang> {
    match word {
        "da" => Some(Lang::Da),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// The language of somebody who is not known: chosen, or as the browser says, or the server's own.
fn language(headers: &HeaderMap, tls: bool, otherwise: Lang) -> Lang {
    if let Some(lang) = cookie(headers, "frist-lang", tls).as_deref().and_then(lang_of) {
        return lang;
    }
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    let words = said.unwrap_or_default().split(',').filter_map(|w| w.trim().get(..2));
    // Nobody's browser asks for Danish who does not read it; English many have without wishing it.
    words.filter_map(lang_of).find(|lang| *lang == Lang::Da).unwrap_or(otherwise)
}

/// What a page may load (only our style and picture) and where its forms may lead.
fn policy(leaves: Option<&str>) -> HeaderValue {
    const PLAIN: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                         frame-ancestors 'none'; base-uri 'none'";
    let own =
        leaves.map(|o| PLAIN.replace("form-action 'self'", &format!("form-action 'self' {o}")));
    let own = own.and_then(|text| HeaderValue::try_from(text).ok());
    own.unwrap_or(HeaderValue::from_static(PLAIN))
}

/// With the headers that every answer has; `leaves` is where signing out ends at the provider.
pub(crate) fn respond(reply: Reply, tls: bool, leaves: Option<&str>) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    headers.insert(header::CONTENT_TYPE, fixed(reply.kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(leaves));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, fixed("DENY"));
    headers.insert(header::REFERRER_POLICY, fixed("same-origin"));
    headers.insert("cross-origin-opener-policy", fixed("same-origin"));
    headers.insert("cross-origin-resource-policy", fixed("same-origin"));
    headers.insert(
        "permissions-policy",
        fixed("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    // What one person saw is not kept for the next one at the same machine.
    headers.insert(header::CACHE_CONTROL, fixed("no-store"));
    if tls {
        let always = "max-age=63072000; includeSubDomains";
        headers.insert(header::STRICT_TRANSPORT_SECURITY, fixed(always));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            match name == header::SET_COOKIE {
                true => headers.append(name, value),
                false => headers.insert(name, value).is_some(),
            };
        }
    }
    response
}
