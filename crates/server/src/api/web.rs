//! A request of a machine on its way in and out: which route, whose token, how often, in what form,
//! whether it was done before; then the handler; then the log, the version and the headers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Method as Verb, StatusCode, header};
use frist_state::Token;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::limit::Left;
use super::once::{self, Turn};
use super::problem::{Kind, Problem, Told};
use super::route::{Route, Sent, properties};
use super::schema::faults;
use super::{Interface, JSON, PROBLEM, ROOT};
use crate::access::Facts;
use crate::ctx::{App, Reply};
use crate::factor::sha256;
use crate::guard::pairs;
use crate::tokens::{PREFIX, WHO};

/// A request that has come in.
pub(crate) struct Asked {
    pub(crate) verb: Verb,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Bytes, Problem>,
    pub(crate) address: std::net::IpAddr,
    pub(crate) now: Timestamp,
}

/// An answer, and the route as it is written, for the log.
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    pub(crate) route: &'static str,
}

impl Asked {
    pub(crate) fn answer(self, app: &App) -> Answered {
        let interface = Interface::get();
        let found = self.find(interface);
        let route = found.first().map_or("-", |(route, _)| route.path);
        let mut left = None;
        let mut reply = match self.routed(app, interface, &found, &mut left) {
            Ok(reply) => reply,
            Err(problem) => self.told(app, &problem, &found),
        };
        if let Some(left) = left {
            let mut set = |name, value| reply.headers.push((HeaderName::from_static(name), value));
            set("ratelimit-policy", format!("\"token\";q={};w=60", left.quota));
            set("ratelimit", format!("\"token\";r={};t={}", left.left, left.full));
        }
        Answered { reply, route }
    }

    /// The routes of this path, with what stands for their names.
    fn find<'r>(&self, interface: &'r Interface) -> Vec<(&'r Route, Vec<(&'static str, String)>)> {
        let rest = self.path.strip_prefix(ROOT).unwrap_or_default();
        interface.routes.iter().filter_map(|route| Some((route, fits(route, rest)?))).collect()
    }

    fn routed(
        &self,
        app: &App,
        interface: &Interface,
        found: &[(&Route, Vec<(&'static str, String)>)],
        left: &mut Option<Left>,
    ) -> Result<Reply, Problem> {
        if found.is_empty() {
            return Err(Problem::new(Kind::NotFound, "nothing has this address"));
        }
        if self.verb == Verb::OPTIONS {
            let headers = vec![(header::ALLOW, allow(found))];
            let status = StatusCode::NO_CONTENT;
            return Ok(Reply { status, headers, ..Reply::of(JSON, Vec::new()) });
        }
        let asked = if self.verb == Verb::HEAD { "GET" } else { self.verb.as_str() };
        let Some((route, names)) = found.iter().find(|(route, _)| route.verb.as_str() == asked)
        else {
            return Err(Problem::new(Kind::Method, "this address does not take this method"));
        };
        let token = match route.scope {
            None => None,
            Some(_) => Some(self.token(app)?),
        };
        if let Some(token) = &token {
            let taken = app.limits.take(token.id, app.settings.config.api.per_minute, self.now);
            *left = Some(taken);
            if let Some(wait) = taken.wait {
                let until = self.now + jiff::SignedDuration::from_secs(i64::from(wait));
                let told = "the token has used up its requests of this minute";
                return Err(Problem { until: Some(until), ..Problem::new(Kind::TooMany, told) });
            }
        } else if !app.pace.take(self.address, self.now) {
            return Err(Problem::new(Kind::TooMany, "this address asks too often"));
        }
        let who = token.as_ref().map_or_else(|| "-".to_owned(), |t| format!("{WHO}{}", t.name));
        let mut call = Call {
            app,
            route,
            now: self.now,
            names: names.clone(),
            token,
            who,
            about: None,
            granted: false,
            filter: String::new(),
            mark: None,
            request: None,
            again: false,
            headers: &self.headers,
        };
        let reply = self.allowed(&mut call, interface);
        if let Err(problem) = &reply
            && problem.kind == Kind::Forbidden
            && let Some(scope) = route.scope
        {
            call.log(&format!("denied:{}", scope.action().word()))?;
        }
        reply
    }

    /// The token of the request.
    fn token(&self, app: &App) -> Result<Token, Problem> {
        let refuse = |why: &str| Err(Problem::new(Kind::Unauthorized, why));
        if !app.pace.calm(self.address, self.now) {
            return Err(Problem::new(Kind::TooMany, "this address tried too many tokens"));
        }
        let said = self.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let bearer = said.and_then(|v| {
            let (scheme, secret) = v.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
        });
        let Some(secret) = bearer else {
            app.pace.take(self.address, self.now);
            return refuse("send a token: `Authorization: Bearer frist_...`");
        };
        let hash = sha256(secret);
        let known = match secret.starts_with(PREFIX) {
            true => app.engines.state(|state| state.token_by_hash(&hash, self.now))?,
            false => None,
        };
        known.map_or_else(
            || {
                app.pace.take(self.address, self.now);
                refuse("the token is unknown, expired or revoked")
            },
            Ok,
        )
    }

    /// Goes on where the token is known: may it, is it in a form that is understood, was it done?
    fn allowed(&self, call: &mut Call<'_>, interface: &Interface) -> Result<Reply, Problem> {
        let route = call.route;
        if let Some(scope) = route.scope {
            if !call.has(scope) {
                let told = format!("the token does not have the scope `{}`", scope.as_str());
                return Err(Problem::new(Kind::Forbidden, told));
            }
            call.granted = call.could(scope, &Facts::default());
        }
        if !acceptable(&self.headers, route.output.media()) {
            let told = format!("the answer is `{}`", route.output.media());
            return Err(Problem::new(Kind::Acceptable, told));
        }
        self.tags()?;
        let query = self.query(route, &interface.named)?;
        call.filter = filter(&query);
        let body = self.body(route, &interface.named)?;
        let key = self.headers.get("idempotency-key").filter(|_| route.changes);
        let Some(key) = key else { return self.done(call, query, body) };
        let key = key.to_str().unwrap_or_default().to_owned();
        let once = match once::begin(call, &key, &self.hash())? {
            Turn::Again(reply) => return Ok(reply),
            Turn::Do(once) => once,
        };
        (call.mark, call.again) = (Some(once.mark), once.again);
        call.request = Some(once.name);
        // A panic must not leave a request that seems to run for ever.
        let run = std::panic::AssertUnwindSafe(|| self.done(call, query, body));
        let came = std::panic::catch_unwind(run)
            .unwrap_or_else(|_| Err(Problem::new(Kind::Broken, "an error of the program")));
        let reply = match came {
            Ok(reply) => reply,
            // Nothing was done, and what stood against it may be gone the next time.
            Err(problem) if problem.is_ours() || problem.kind == Kind::Forbidden => {
                once.fail(call)?;
                return Err(problem);
            }
            Err(problem) => self.told(call.app, &problem, &[(route, call.names.clone())]),
        };
        once.end(call, &reply)?;
        Ok(reply)
    }

    /// Does it, and keeps in the log that it was done.
    fn done(&self, call: &mut Call<'_>, query: Value, body: Value) -> Result<Reply, Problem> {
        let route = call.route;
        let sent = (route.run)(call, query, body)?;
        if route.scope.is_some() && !call.granted {
            // A handler that forgot to ask about its condition shows nothing.
            return Err(Problem::new(Kind::Broken, "an error of the program"));
        }
        call.log_action()?;
        Ok(self.reply(call, sent))
    }

    fn reply(&self, call: &Call<'_>, sent: Sent) -> Reply {
        let route = call.route;
        let mut headers = Vec::new();
        if let Some(location) = sent.location {
            headers.push((header::LOCATION, format!("{ROOT}{location}")));
        }
        if let Some(next) = sent.next {
            let limit = pairs(&self.query).unwrap_or_default();
            let limit = limit.iter().find(|(name, _)| name == "limit");
            let limit = limit.map(|(_, n)| format!("&limit={n}")).unwrap_or_default();
            let filter = match call.filter.as_str() {
                "" => String::new(),
                filter => format!("&{filter}"),
            };
            let next = format!("<{}?cursor={next}{limit}{filter}>; rel=\"next\"", self.path);
            headers.push((header::LINK, next));
        }
        let mut reply =
            Reply { status: sent.status, headers, ..Reply::of(route.output.media(), sent.body) };
        let got = matches!(self.verb, Verb::GET | Verb::HEAD);
        if got || sent.version.is_some() {
            let hash: String =
                Sha256::digest(&reply.body).iter().take(12).map(|b| format!("{b:02x}")).collect();
            let tag = format!("\"{}.{hash}\"", sent.version.unwrap_or_default());
            let lines = self.headers.get_all(header::IF_NONE_MATCH).iter();
            let mut tags = lines.filter_map(|v| v.to_str().ok()).flat_map(|l| l.split(','));
            let known = |t: &str| t == "*" || t.trim_start_matches("W/") == tag;
            if got && tags.any(|t| known(t.trim())) {
                reply.status = StatusCode::NOT_MODIFIED;
                reply.body.clear();
            }
            reply.headers.push((header::ETAG, tag));
        }
        if !route.scope.is_some_and(|s| s.action().reads()) && got {
            // Whoever asked may keep it, and asks each time whether it still holds.
            reply.headers.push((header::CACHE_CONTROL, "private, no-cache".to_owned()));
        }
        reply
    }

    /// Refuses versions that are none: what is meant by them nobody knows.
    fn tags(&self) -> Result<(), Problem> {
        for name in ["if-match", "if-none-match"] {
            for line in self.headers.get_all(name) {
                let said = line.to_str().unwrap_or_default().trim();
                let tag = |tag: &str| {
                    let inner = tag.trim_start_matches("W/");
                    let inner = inner.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
                    inner.is_some_and(|t| t.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
                };
                // A comma can stand within one too.
                let parts = said.split("\",").count();
                let whole = said == "*"
                    || (said.split(',').map(str::trim).all(tag) || (parts == 1 && tag(said)));
                if !whole {
                    let told = "write it as `*` or as versions in quotation marks";
                    return Err(Problem::parameter(name, told));
                }
            }
        }
        Ok(())
    }

    /// The query by its schema.
    fn query(&self, route: &Route, named: &Map<String, Value>) -> Result<Value, Problem> {
        let odd = || Problem::new(Kind::Malformed, "the query of the address cannot be read");
        let said = pairs(&self.query).ok_or_else(odd)?;
        let known = properties(route.query.as_ref(), named);
        let mut query = Map::new();
        for (name, text) in said {
            let Some(schema) = known.and_then(|known| known.get(&name)) else {
                return Err(Problem::parameter("-", "there is a parameter that is not known here"));
            };
            let is = |word: &str| {
                let types = schema.get("type");
                types.is_some_and(|t| {
                    t == word || t.as_array().is_some_and(|t| t.contains(&word.into()))
                })
            };
            let value = match text.as_str() {
                "true" | "false" if is("boolean") => Value::Bool(text == "true"),
                text if is("integer") => {
                    let plain = text.bytes().all(|b| b.is_ascii_digit());
                    let n = text.parse::<u64>().ok().filter(|_| plain);
                    n.map_or_else(|| text.into(), Value::from)
                }
                text => text.into(),
            };
            if query.insert(name.clone(), value).is_some() {
                return Err(Problem::parameter(&name, "this is there twice"));
            }
        }
        let query = Value::Object(query);
        let Some(schema) = &route.query else { return Ok(query) };
        let mut wrong = faults(schema, named, &query);
        if wrong.is_empty() {
            return Ok(query);
        }
        for one in &mut wrong {
            let name = one.pointer.take().unwrap_or_default();
            one.parameter = Some(name.trim_start_matches('/').to_owned());
        }
        Err(Problem { errors: wrong, ..Problem::parameter("-", "") })
    }

    /// The body by its schema.
    fn body(&self, route: &Route, named: &Map<String, Value>) -> Result<Value, Problem> {
        let bytes = match &self.body {
            Ok(bytes) => bytes,
            Err(problem) => return Err(Problem::new(problem.kind, problem.detail.clone())),
        };
        let Some(schema) = &route.input else { return Ok(Value::Object(Map::new())) };
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case(JSON) {
            return Err(Problem::new(Kind::MediaType, "send `Content-Type: application/json`"));
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|e| {
            let place = format!("the body is no JSON: line {}, column {}", e.line(), e.column());
            Problem::new(Kind::Malformed, place)
        })?;
        let wrong = faults(schema, named, &value);
        if !wrong.is_empty() {
            let told = "the body does not have the form that is wanted here; see `errors`";
            return Err(Problem { errors: wrong, ..Problem::new(Kind::Invalid, told) });
        }
        Ok(value)
    }

    /// What tells one request from another.
    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let body = self.body.as_ref().map(|b| b.as_ref()).unwrap_or_default();
        let matched = self.headers.get(header::IF_MATCH).map(|v| v.as_bytes()).unwrap_or_default();
        for part in [
            self.verb.as_str().as_bytes(),
            self.path.as_bytes(),
            self.query.as_bytes(),
            matched,
            body,
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// A problem as an answer.
    fn told(
        &self,
        app: &App,
        problem: &Problem,
        found: &[(&Route, Vec<(&'static str, String)>)],
    ) -> Reply {
        if problem.is_ours() {
            let line = serde_json::json!({
                "at": self.now, "log": "trouble", "route": found.first().map_or("-", |(r, _)| r.path),
                "message": problem.detail,
            });
            (app.face.log)(&line.to_string());
        }
        let address = app.settings.config.address.as_deref().unwrap_or_default();
        // A name of nothing that we know could be a person's: it is not repeated.
        let known = !matches!(
            problem.kind,
            Kind::NotFound | Kind::Unauthorized | Kind::Forbidden | Kind::Method
        );
        let instance = match found.first() {
            Some((route, names)) => {
                names.iter().fold(format!("{ROOT}{}", route.path), |path, (name, value)| {
                    let sign = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                    let plain = known && value.chars().all(sign);
                    path.replace(&format!("{{{name}}}"), if plain { value } else { "-" })
                })
            }
            None => ROOT.to_owned(),
        };
        let told = Told {
            kind: format!("{}/api/problems/{}", address.trim_end_matches('/'), problem.kind.id()),
            title: problem.kind.title(),
            status: problem.kind.status(),
            detail: match problem.errors.as_slice() {
                [] => problem.detail.clone(),
                _ if problem.detail.is_empty() => "see `errors`".to_owned(),
                _ => problem.detail.clone(),
            },
            instance,
            errors: problem.errors.clone(),
        };
        let body = serde_json::to_vec(&told).unwrap_or_default();
        let mut headers = Vec::new();
        match problem.kind {
            Kind::Unauthorized => {
                let sent = self.headers.contains_key(header::AUTHORIZATION);
                let error = if sent { ", error=\"invalid_token\"" } else { "" };
                headers.push((header::WWW_AUTHENTICATE, format!("Bearer realm=\"frist\"{error}")));
            }
            Kind::Forbidden => {
                let scope = found.iter().find(|(r, _)| r.verb.as_str() == self.verb.as_str());
                let scope = scope.and_then(|(r, _)| r.scope).map_or("", |s| s.as_str());
                let told = format!(
                    "Bearer realm=\"frist\", error=\"insufficient_scope\", scope=\"{scope}\""
                );
                headers.push((header::WWW_AUTHENTICATE, told));
            }
            Kind::Method => headers.push((header::ALLOW, allow(found))),
            Kind::MediaType => {
                headers.push((HeaderName::from_static("accept-post"), JSON.to_owned()));
            }
            _ => {}
        }
        if matches!(problem.kind, Kind::TooMany | Kind::UnderWay | Kind::Counting | Kind::Trouble) {
            let seconds = problem.until.map_or(1, |u| u.duration_since(self.now).as_secs().max(1));
            headers.push((header::RETRY_AFTER, seconds.to_string()));
        }
        Reply { status: problem.status(), headers, ..Reply::of(PROBLEM, body) }
    }
}

/// What stands for the names of a route's path; none when the path is another.
fn fits(route: &Route, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (route.path.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(want), Some(give)) => {
                match want.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    Some(name) => {
                        let text = crate::guard::decoded(&give.replace('+', "%2B"))?;
                        let fits = (1..=128).contains(&text.len());
                        names.push((name, text).clone());
                        if !fits {
                            return None;
                        }
                    }
                    None if want == give => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

fn allow(found: &[(&Route, Vec<(&'static str, String)>)]) -> String {
    let mut all = vec!["OPTIONS"];
    for (route, _) in found {
        match route.verb {
            super::Verb::Get => all.extend(["GET", "HEAD"]),
            super::Verb::Post => all.push("POST"),
        }
    }
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

/// Whether an answer of this type is acceptable.
fn acceptable(headers: &HeaderMap, media: &str) -> bool {
    let lines: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
    if lines.iter().all(|line| line.trim().is_empty()) {
        return true;
    }
    let (kind, _) = media.split_once('/').unwrap_or((media, ""));
    let any = format!("{kind}/*");
    // The most exact of the ranges decides.
    let mut best: Option<(u8, bool)> = None;
    for range in lines.iter().flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let rank = match name {
            n if n.eq_ignore_ascii_case(media) => 2,
            n if n.eq_ignore_ascii_case(&any) => 1,
            "*/*" => 0,
            _ => continue,
        };
        let quality = parts.find_map(|p| p.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok());
        let wanted = quality.unwrap_or(1.0) > 0.0;
        if best.is_none_or(|(r, _)| rank > r) {
            best = Some((rank, wanted));
        }
    }
    best.is_some_and(|(_, wanted)| wanted)
}

/// The query without its paging, in one form: what a cursor is bound to.
fn filter(query: &Value) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in query.as_object().into_iter().flatten() {
        if name == "cursor" || name == "limit" {
            continue;
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let sign = |b: u8| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(b).to_string()
            }
            b => format!("%{b:02X}"),
        };
        parts.push(format!("{name}={}", text.bytes().map(sign).collect::<String>()));
    }
    parts.sort_unstable();
    parts.join("&")
}

/// What is worked on, shared by the threads.
pub(crate) fn work(app: &Arc<App>, asked: Asked) -> Answered {
    asked.answer(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_range_of_accept_decides() {
        let ok = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT, line.parse().unwrap());
            }
            acceptable(&headers, JSON)
        };
        for yes in [&[][..], &["*/*"], &["application/*"], &["text/html, application/json;q=0.5"]] {
            assert!(ok(yes), "{yes:?}");
        }
        for no in [&["text/html"][..], &["application/json;q=0"], &["*/*, application/json;q=0"]] {
            assert!(!ok(no), "{no:?}");
        }
    }

    #[test]
    fn limits_of_pages_are_no_part_of_what_a_cursor_is_bound_to() {
        let query = serde_json::json!({"limit": 3, "open": true, "cursor": "x", "kind": "a b"});
        assert_eq!(filter(&query), "kind=a%20b&open=true");
    }
}
