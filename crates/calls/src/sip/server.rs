//! Server transactions (RFC 3261 section 17.2, RFC 6026), and the answers that need no call.

use super::drive::{self, LegInput};
use super::endpoint::{Core, lock, token};
use super::message::{Headers, Message, Start, Via};
use super::transport::{Flow, Transport};
use super::uri::{Uri, UriError};
use bytes::Bytes;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// More transactions at once than this are not begun: somebody floods, and calls that stand go on.
const MOST: usize = 100_000;

/// The methods that are taken.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";

/// Transactions by their key, and INVITEs by what makes them the same request on another path (section 8.2.2.2).
#[derive(Default)]
pub(super) struct ServerTable {
    transactions: HashMap<String, Transaction>,
    merged: HashMap<String, String>,
}

struct Transaction {
    last: Option<Bytes>,
    flow: Flow,
    acked: bool,
    refused: bool,
    leg: Option<mpsc::UnboundedSender<LegInput>>,
    /// Our tag, which the answer to a CANCEL has as well (section 9.2).
    tag: Option<String>,
    forget: Option<Instant>,
}

impl ServerTable {
    pub(super) fn forget_old(&mut self) {
        let now = Instant::now();
        self.transactions.retain(|_, one| one.forget.is_none_or(|forget| now < forget));
        let transactions = &self.transactions;
        self.merged.retain(|_, key| transactions.contains_key(key));
    }

    pub(super) fn len(&self) -> usize {
        self.transactions.len()
    }
}

/// Answers one request. Dropped without a final answer it answers 500, so that no transaction hangs.
pub(super) struct Responder {
    core: Arc<Core>,
    key: String,
    /// The request.
    pub(super) request: Message,
    flow: Flow,
    done: bool,
}

impl Responder {
    /// A response with what every response copies (section 8.2.6.2), and our tag when To has none.
    pub(super) fn response(&self, code: u16, tag: Option<&str>) -> Message {
        let mut response = copy(&self.request, code, tag);
        if (101..300).contains(&code) && self.request.method() == Some("INVITE") {
            for value in self.request.headers.all("Record-Route") {
                response.headers.push("Record-Route", value);
            }
        }
        response
    }

    /// Sends a response; after a final one the transaction is over but for repetitions.
    /// A 2xx of an INVITE is sent again by the leg, a refusal by a task here until its ACK.
    pub(super) fn send(&mut self, response: &Message) {
        let code = response.code().unwrap_or(500);
        let bytes = response.to_bytes();
        if !self.flow.send(&bytes) && self.flow.reliable() {
            self.send_anew(bytes.clone());
        }
        let invite = self.request.method() == Some("INVITE");
        let mut table = lock(&self.core.server);
        let Some(transaction) = table.transactions.get_mut(&self.key) else { return };
        transaction.last = Some(bytes.clone());
        if code < 200 {
            return;
        }
        self.done = true;
        transaction.leg = None;
        transaction.refused = code >= 300;
        transaction.forget = Some(Instant::now() + 64 * self.core.config.t1);
        drop(table);
        if invite && code >= 300 && !self.flow.reliable() {
            self.repeat(bytes);
        }
    }

    /// A response whose stream is gone takes another: to where the request came from, at the port that its Via names (RFC
    /// 3261 section 18.2.2).
    fn send_anew(&self, bytes: Bytes) {
        let (Some(via), Ok(runtime)) =
            (self.request.headers.via(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        // Over TLS the name must be the one that the certificate has.
        let host = match self.flow.transport {
            Transport::Tls => via.host,
            _ => self.flow.peer.ip().to_string(),
        };
        let over = ("transport".to_owned(), Some(self.flow.transport.param().to_owned()));
        let to =
            Uri { scheme: "sip".to_owned(), user: None, host, port: via.port, params: vec![over] };
        let core = Arc::clone(&self.core);
        runtime.spawn(async move {
            if let Ok(flow) = core.way_to(&to).await {
                flow.send(&bytes);
            }
        });
    }

    /// Timer G and H.
    fn repeat(&self, bytes: Bytes) {
        let (core, key, flow) = (Arc::clone(&self.core), self.key.clone(), self.flow.clone());
        tokio::spawn(async move {
            let t1 = core.config.t1;
            let (mut interval, end) = (t1, Instant::now() + 64 * t1);
            while Instant::now() < end {
                sleep(interval).await;
                if lock(&core.server).transactions.get(&key).is_none_or(|one| one.acked) {
                    return;
                }
                flow.send(&bytes);
                interval = (2 * interval).min(8 * t1);
            }
        });
    }

    /// The flow that responses take.
    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Lets a CANCEL of this INVITE reach the leg, whose tag is ours.
    pub(super) fn cancel_reaches(&self, leg: mpsc::UnboundedSender<LegInput>, tag: &str) {
        if let Some(transaction) = lock(&self.core.server).transactions.get_mut(&self.key) {
            transaction.leg = Some(leg);
            transaction.tag = Some(tag.to_owned());
        }
    }

    /// A final answer without more.
    pub(super) fn refuse(mut self, code: u16, tag: Option<&str>) {
        let mut response = self.response(code, tag);
        if matches!(code, 405 | 501) {
            response.headers.push("Allow", ALLOW);
        }
        self.send(&response);
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if !self.done {
            let response = self.response(500, None);
            self.send(&response);
        }
    }
}

fn copy(request: &Message, code: u16, tag: Option<&str>) -> Message {
    let mut headers = Headers::new();
    for via in request.headers.all("Via") {
        headers.push("Via", via);
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let value = request.headers.get(name).unwrap_or_default();
        if name == "To" && code > 100 && !value.is_empty() && !has_tag(value) {
            let tag = tag.map_or_else(token, str::to_owned);
            headers.push(name, format!("{value};tag={tag}"));
        } else if !value.is_empty() {
            headers.push(name, value);
        }
    }
    if code == 100
        && let Some(stamp) = request.headers.get("Timestamp")
    {
        headers.push("Timestamp", stamp);
    }
    headers.push("Server", "frist");
    let start = Start::Response { code, reason: reason(code).to_owned() };
    Message { start, headers, body: Bytes::new() }
}

fn has_tag(value: &str) -> bool {
    super::uri::NameAddr::parse(value).is_ok_and(|addr| addr.tag().is_some())
}

/// The reason phrase of a code.
pub(super) fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        600 => "Busy Everywhere",
        603 => "Decline",
        code if code < 200 => "Progress",
        code if code < 300 => "OK",
        code if code < 500 => "Request Failure",
        _ => "Server Internal Error",
    }
}

/// A request that could be read only in part: 400 or 505, without keeping anything.
pub(super) fn refuse_malformed(mut request: Message, code: u16, flow: &Flow) {
    let flow = mark_source(&mut request, flow).unwrap_or_else(|| flow.clone());
    if request.method().is_some_and(|method| method != "ACK") {
        flow.send(&copy(&request, code, None).to_bytes());
    }
}

/// Writes `received` and `rport` into the topmost Via (section 18.2.1, RFC 3581) and says where responses go.
fn mark_source(request: &mut Message, flow: &Flow) -> Option<Flow> {
    let values: Vec<String> = request.headers.list("Via").into_iter().map(str::to_owned).collect();
    let mut via = Via::parse(values.first()?)?;
    let rport = via.param("rport").is_some();
    via.params.retain(|(name, _)| {
        !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport")
    });
    if rport || via.host.parse() != Ok(flow.peer.ip()) {
        via.params.push(("received".to_owned(), Some(flow.peer.ip().to_string())));
    }
    if rport {
        via.params.push(("rport".to_owned(), Some(flow.peer.port().to_string())));
    }
    let port = if rport { flow.peer.port() } else { via.port.unwrap_or(5060) };
    request.headers.set_first("Via", via.to_string());
    for value in &values[1..] {
        request.headers.push("Via", value.clone());
    }
    // Responses never go to `maddr`: that would let anybody aim them.
    Some(flow.to(SocketAddr::new(flow.peer.ip(), port)))
}

/// A request from the network.
pub(super) fn request(core: &Arc<Core>, mut message: Message, flow: Flow) {
    let Some(method) = message.method().map(str::to_owned) else { return };
    let Some(reply) = mark_source(&mut message, &flow) else {
        return refuse_malformed(message, 400, &flow);
    };
    let problem = check(core, &message, &method);
    let key = match key(&message, &method) {
        Some(key) if problem != Some(400) => key,
        _ => return refuse_malformed(message, 400, &flow),
    };
    if method == "ACK" {
        return ack(core, message, &key);
    }
    let mut table = lock(&core.server);
    if let Some(known) = table.transactions.get(&key) {
        // The same request again: the same answer again, once there is one.
        if let Some(last) = &known.last {
            known.flow.send(last);
        }
        return;
    }
    if table.transactions.len() >= MOST {
        return;
    }
    let to_tag = message.headers.addr("To").and_then(|to| to.tag().map(str::to_owned));
    let merge = (method == "INVITE" && to_tag.is_none()).then(|| same_request(&message));
    let merged = merge.as_ref().is_some_and(|merge| table.merged.contains_key(merge));
    if let Some(merge) = merge.filter(|_| !merged) {
        table.merged.insert(merge, key.clone());
    }
    let invite_key = key.replacen(&method, "INVITE", 1);
    let transaction = Transaction {
        last: None,
        flow: reply.clone(),
        acked: false,
        refused: false,
        leg: None,
        tag: None,
        forget: None,
    };
    table.transactions.insert(key.clone(), transaction);
    let cancelled = (method == "CANCEL")
        .then(|| table.transactions.get(&invite_key).map(|one| (one.leg.clone(), one.tag.clone())));
    drop(table);
    let mut responder =
        Responder { core: Arc::clone(core), key, request: message, flow: reply, done: false };
    match (method.as_str(), problem) {
        ("CANCEL", _) => match cancelled.flatten() {
            None => responder.refuse(481, None),
            Some((leg, tag)) => {
                responder.refuse(200, tag.as_deref());
                if let Some(leg) = leg {
                    let _ = leg.send(LegInput::Cancel);
                }
            }
        },
        (_, Some(420)) => {
            let mut response = responder.response(420, None);
            for name in unsupported(core, &responder.request) {
                response.headers.push("Unsupported", name);
            }
            responder.send(&response);
        }
        (_, Some(code)) => responder.refuse(code, None),
        _ if merged => responder.refuse(482, None),
        (_, None) => dispatch(core, responder, &method, to_tag, flow),
    }
}

fn dispatch(
    core: &Arc<Core>,
    mut responder: Responder,
    method: &str,
    to_tag: Option<String>,
    flow: Flow,
) {
    if let Some(tag) = to_tag {
        let call_id = responder.request.headers.get("Call-ID").unwrap_or_default().to_owned();
        let leg = lock(&core.dialogs).get(&(call_id, tag)).cloned();
        return match leg {
            // A leg that ended in this very moment drops the responder, which answers.
            Some(leg) => drop(leg.send(LegInput::Request(responder))),
            None => responder.refuse(481, None),
        };
    }
    match method {
        "INVITE" => {
            let incoming = drive::inbound(core, responder, flow);
            if let Err(refused) = core.incoming.try_send(incoming) {
                let (mpsc::error::TrySendError::Full(incoming)
                | mpsc::error::TrySendError::Closed(incoming)) = refused;
                let mut headers = Headers::new();
                headers.push("Retry-After", "5");
                incoming.leg.control.reject(503, headers);
            }
        }
        "OPTIONS" => {
            let code = if core.draining.load(Ordering::Acquire) { 503 } else { 200 };
            let mut response = responder.response(code, None);
            capabilities(core, &mut response.headers);
            responder.send(&response);
        }
        "BYE" | "INFO" | "UPDATE" | "PRACK" => responder.refuse(481, None),
        method => responder.refuse(unknown(method), None),
    }
}

/// What to answer to a method that is not taken.
pub(super) fn unknown(method: &str) -> u16 {
    match method {
        "REGISTER" | "SUBSCRIBE" | "NOTIFY" | "MESSAGE" | "PUBLISH" | "REFER" => 405,
        _ => 501,
    }
}

/// Allow, Accept and Supported.
pub(super) fn capabilities(core: &Core, headers: &mut Headers) {
    headers.push("Allow", ALLOW);
    headers.push("Accept", "application/sdp, multipart/mixed");
    let mut supported = vec!["timer", "100rel"];
    supported.extend(core.config.supported.iter().map(String::as_str));
    headers.push("Supported", supported.join(", "));
}

fn ack(core: &Arc<Core>, message: Message, key: &str) {
    {
        let mut table = lock(&core.server);
        if let Some(transaction) = table.transactions.get_mut(key).filter(|one| one.refused) {
            transaction.acked = true;
            transaction.forget = Some(Instant::now() + 10 * core.config.t1);
            return;
        }
    }
    let call_id = message.headers.get("Call-ID").unwrap_or_default().to_owned();
    let Some(tag) = message.headers.addr("To").and_then(|to| to.tag().map(str::to_owned)) else {
        return;
    };
    if let Some(leg) = lock(&core.dialogs).get(&(call_id, tag)) {
        let _ = leg.send(LegInput::Ack(message));
    }
}

/// The code that a request deserves before anybody looks at what it wants.
fn check(core: &Core, message: &Message, method: &str) -> Option<u16> {
    let headers = &message.headers;
    let once = |name: &str| headers.all(name).len() == 1;
    let whole = ["From", "To", "Call-ID", "CSeq"].into_iter().all(once)
        && headers.addr("From").is_some()
        && headers.addr("To").is_some()
        && headers.get("Call-ID").is_some_and(|id| !id.is_empty())
        && headers.cseq().is_some_and(|(_, of)| of == method);
    if !whole {
        return Some(400);
    }
    if let Start::Request { uri, .. } = &message.start {
        match Uri::parse(uri) {
            Err(UriError::Scheme) => return Some(416),
            Err(_) => return Some(400),
            Ok(_) => {}
        }
    }
    if matches!(method, "ACK" | "CANCEL") {
        return None;
    }
    if !unsupported(core, message).is_empty() {
        return Some(420);
    }
    let coded = headers
        .get("Content-Encoding")
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    (coded && !message.body.is_empty()).then_some(415)
}

fn unsupported(core: &Core, message: &Message) -> Vec<String> {
    let known = |name: &str| {
        ["timer", "100rel"].iter().any(|have| name.eq_ignore_ascii_case(have))
            || core.config.supported.iter().any(|have| name.eq_ignore_ascii_case(have))
    };
    message
        .headers
        .list("Require")
        .into_iter()
        .filter(|name| !known(name))
        .map(str::to_owned)
        .collect()
}

/// The transaction's key: branch, sent-by and method (section 17.2.3), and for old clients what makes it unique.
fn key(message: &Message, method: &str) -> Option<String> {
    let via = message.headers.via()?;
    let method = if method == "ACK" { "INVITE" } else { method };
    let sent_by = format!("{}:{}", via.host.to_ascii_lowercase(), via.port.unwrap_or(0));
    match via
        .param("branch")
        .filter(|branch| branch.len() > 7 && branch[..7].eq_ignore_ascii_case("z9hG4bK"))
    {
        Some(branch) => Some(format!("{method} {branch} {sent_by}")),
        None => Some(format!("{method} {} {sent_by}", same_request(message))),
    }
}

fn same_request(message: &Message) -> String {
    let headers = &message.headers;
    let from =
        headers.addr("From").and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
    let number = headers.cseq().map_or(0, |(number, _)| number);
    format!("{number} {from} {}", headers.get("Call-ID").unwrap_or_default())
}
