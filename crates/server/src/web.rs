//! A request on its way in and out: who asks, from where, whether that is allowed, what it did, and
//! with which headers the answer goes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use frist_http::Peer;
use frist_register::Lang;
use frist_state::{Account, Stage};
use jiff::Timestamp;

use crate::access::{self, Action, Condition, Facts, Role};
use crate::engines::Engines;
use crate::face::{Face, Settings, Trouble};
use crate::guard::{Pace, form_token_fits, from_here, pairs};
use crate::pages;
use crate::people::{self, Keys};
use crate::routes::{Method, ROUTES, Route};

/// The largest form, bytes.
const BODY: usize = 64 * 1024;
/// How long a form may take to come in.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What every request works with.
pub(crate) struct App {
    pub(crate) face: Arc<Face>,
    pub(crate) engines: Arc<Engines>,
    pub(crate) settings: Settings,
    pub(crate) organisation: String,
    pub(crate) zone: jiff::tz::TimeZone,
    pub(crate) keys: Keys,
    pace: Pace,
}

impl App {
    pub(crate) fn new(
        face: Face,
        settings: Settings,
        organisation: String,
        zone: jiff::tz::TimeZone,
    ) -> Self {
        let keys = Keys::new(&face.people_key);
        let face = Arc::new(face);
        let engines = Arc::new(Engines::new(Arc::clone(&face)));
        Self { face, engines, settings, organisation, zone, keys, pace: Pace::default() }
    }
}

/// Somebody who signed in.
#[derive(Clone)]
pub(crate) struct Me {
    pub(crate) account: Account,
    pub(crate) roles: BTreeSet<Role>,
}

/// A session under way.
pub(crate) struct Here {
    /// The hash of its token.
    pub(crate) hash: [u8; 32],
    pub(crate) stage: Stage,
    pub(crate) pending: Option<Vec<u8>>,
}

/// One request, as its handler sees it.
pub(crate) struct Ctx<'a> {
    pub(crate) app: &'a App,
    pub(crate) route: &'static Route,
    /// What stands for `{id}` in the path.
    pub(crate) id: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) me: Option<Me>,
    pub(crate) here: Option<Here>,
    pub(crate) lang: Lang,
    pub(crate) now: Timestamp,
    pub(crate) address: IpAddr,
    /// To what forms are bound: the session, or a cookie before there is one.
    pub(crate) binding: String,
    /// What the log says this is about, where it is not the path's id.
    pub(crate) about: Option<String>,
    /// Whether the table of access has been asked and said yes.
    granted: bool,
    cookies: Vec<String>,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl Reply {
    pub(crate) fn html(text: String) -> Self {
        Self::of("text/html; charset=utf-8", text.into_bytes())
    }

    pub(crate) fn of(kind: &'static str, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, kind, body, headers: Vec::new() }
    }

    /// Goes on to another page, by GET.
    pub(crate) fn to(path: &str) -> Self {
        let headers = vec![(header::LOCATION, path.to_owned())];
        let status = StatusCode::SEE_OTHER;
        Self { status, kind: "text/plain; charset=utf-8", body: Vec::new(), headers }
    }

    /// A file to keep.
    pub(crate) fn file(kind: &'static str, name: &str, body: Vec<u8>) -> Self {
        let disposition = format!("attachment; filename=\"{name}\"");
        Self { headers: vec![(header::CONTENT_DISPOSITION, disposition)], ..Self::of(kind, body) }
    }
}

/// Why there is no answer.
pub(crate) enum Refusal {
    /// Sign in first.
    SignIn,
    /// The table of access says no.
    Denied,
    /// The form did not come from one of our pages, or is too old.
    Form,
    NotFound,
    /// What was sent cannot be meant; said to the person.
    Unclear(String),
    /// Not before this instant.
    TooMany(Option<Timestamp>),
    TooLarge,
    TooSlow,
    /// Something behind the page failed.
    Trouble(Trouble),
    /// An error of ours.
    Broken,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<people::ProblemWithPerson> for Refusal {
    fn from(e: people::ProblemWithPerson) -> Self {
        match e {
            people::ProblemWithPerson::Name(..) => Self::Unclear(e.to_string()),
            people::ProblemWithPerson::Unknown(_) => Self::NotFound,
            e => Self::Trouble(Trouble { message: e.to_string(), help: None }),
        }
    }
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::SignIn => StatusCode::UNAUTHORIZED,
            Refusal::Denied | Refusal::Form => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Unclear(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Trouble(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Ctx<'_> {
    /// Asks the table of access, as the matter stands.
    pub(crate) fn may(&mut self, action: Action, facts: &Facts) -> Result<(), Refusal> {
        let allowed = self.me.as_ref().is_some_and(|me| access::allowed(&me.roles, action, facts));
        self.granted |= allowed;
        if allowed { Ok(()) } else { Err(Refusal::Denied) }
    }

    /// What holds for a data set, and for all of them when none is named.
    pub(crate) fn knows(&self, dataset: Option<&str>) -> Facts {
        let knows = |d: &str| self.me.as_ref().is_some_and(|m| m.account.datasets.contains(d));
        Facts::default().with(Condition::NeedToKnow, dataset.is_some_and(knows))
    }

    /// Whether the person could do this in any circumstances: what a page offers.
    pub(crate) fn offers(&self, action: Action) -> bool {
        self.me.as_ref().is_some_and(|me| access::conceivable(&me.roles, action))
    }

    /// Whether the person may do this, as the matter stands.
    pub(crate) fn could(&self, action: Action, facts: &Facts) -> bool {
        self.me.as_ref().is_some_and(|me| access::allowed(&me.roles, action, facts))
    }

    /// Who asks; only where the route wants somebody.
    pub(crate) fn who(&self) -> Result<&Me, Refusal> {
        self.me.as_ref().ok_or(Refusal::SignIn)
    }

    pub(crate) fn name(&self) -> &str {
        self.me.as_ref().map_or("-", |me| me.account.name.as_str())
    }

    /// A field of the form, trimmed; empty when it was not sent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field as it was sent.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.form.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A connection to Frist's own database.
    pub(crate) fn state<T>(
        &self,
        what: impl FnOnce(&mut frist_state::State) -> Result<T, frist_state::Error>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.state(what)?)
    }

    /// The same, for what can also go wrong with accounts.
    pub(crate) fn people<T>(
        &self,
        what: impl FnOnce(&mut frist_state::State) -> Result<T, people::ProblemWithPerson>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.state(|state| Ok(what(state)))??)
    }

    /// An engine that acts as this person.
    pub(crate) fn engine<T>(
        &self,
        what: impl FnOnce(&mut frist_sweep::Engine) -> Result<T, Trouble>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.engine(self.name(), what)?)
    }

    /// A line in the log of access.
    pub(crate) fn log(&self, what: &str, about: &str) -> Result<(), Refusal> {
        let look = people::look(self.now, self.name(), what, about);
        self.state(|state| state.add_look(&look))
    }

    /// Sets a cookie that only the server reads; an empty value takes it away.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        let tls = self.app.settings.tls;
        let secure = if tls { "; Secure" } else { "" };
        let age = if value.is_empty() { "; Max-Age=0" } else { "" };
        self.cookies.push(format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}",
            cookie_name(name, tls)
        ));
    }
}

/// Over TLS a cookie is bound to this host and to TLS by its very name.
fn cookie_name(name: &str, tls: bool) -> String {
    if tls { format!("__Host-{name}") } else { name.to_owned() }
}

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
            move |Shared(app): Shared<Arc<App>>, path: Option<Path<String>>, request: Request| {
                let id = path.map(|Path(id)| id).unwrap_or_default();
                answer(app, Some(route), id, request)
            };
        router = router.route(route.path, on(method, handler));
    }
    let none =
        |Shared(app): Shared<Arc<App>>, request: Request| answer(app, None, String::new(), request);
    router.fallback(none).method_not_allowed_fallback(none).with_state(app)
}

/// From where a request came: the connection, or what the proxy before us says.
fn address(app: &App, request: &Request) -> IpAddr {
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
    id: String,
    request: Request,
) -> Response {
    let began = std::time::Instant::now();
    let now = (app.face.clock)();
    let address = address(&app, &request);
    let verb = request.method().clone();
    let (parts, body) = request.into_parts();
    let read = async {
        if !app.pace.take(address, now) {
            return Err(Refusal::TooMany(None));
        }
        let Some(route) = route else { return Err(Refusal::NotFound) };
        if route.method == Method::Post && !from_here(&parts.headers, app.settings.tls) {
            return Err(Refusal::Form);
        }
        read(body).await
    };
    let body = read.await;
    let own = Arc::clone(&app);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let headers = parts.headers;
    let work = move || {
        let asked = Asked { route, id, query, headers, body, address, now };
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
    // The route as it is written, never the path with its ids; no address, no query, no name.
    (app.face.log)(
        &serde_json::json!({
            "at": now, "log": "access", "method": verb.as_str(),
            "route": route.map_or("-", |r| r.path), "status": reply.status.as_u16(),
            "bytes": reply.body.len(), "ms": began.elapsed().as_millis() as u64,
        })
        .to_string(),
    );
    respond(reply, app.settings.tls)
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(TIMEOUT, axum::body::to_bytes(body, BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::TooSlow),
    }
}

/// A request that has come in whole.
struct Asked {
    route: Option<&'static Route>,
    id: String,
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
            id: self.id,
            query: pairs(&self.query).unwrap_or_default(),
            form: Vec::new(),
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
        let outcome = self.body.and_then(|body| {
            let known = find(&mut ctx, &self.headers);
            known.and_then(|()| act(&mut ctx, &body))
        });
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
    ctx.here = Some(Here { hash, stage: session.stage, pending: session.pending });
    ctx.me = Some(Me { account: session.account, roles });
    Ok(())
}

/// Asks whether it may be done, does it, and keeps in the log that it was.
fn act(ctx: &mut Ctx<'_>, body: &Bytes) -> Result<Reply, Refusal> {
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
        let text = std::str::from_utf8(body).map_err(|_| Refusal::Form)?;
        ctx.form = pairs(text).ok_or(Refusal::Form)?;
        let path = route.path.replace("{id}", &ctx.id);
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

/// With the headers that every answer has.
fn respond(reply: Reply, tls: bool) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    headers.insert(header::CONTENT_TYPE, fixed(reply.kind));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        fixed(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        ),
    );
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
