//! Client transactions (RFC 3261 section 17.1): send, send again on UDP, match the answers.

use super::endpoint::{Client, Core, Unreachable, lock, token};
use super::message::{Headers, Message, Start};
use super::transport::Flow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What a client transaction tells its leg.
#[derive(Debug)]
pub(super) enum ClientEvent {
    /// A response; several final ones may come for an INVITE.
    Response(Message),
    /// Nothing final came in time.
    Timeout,
    /// It cannot be sent, or its stream broke.
    Unreachable(Unreachable),
}

/// A request that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// The request with its Via, for ACK and CANCEL.
    pub(super) request: Message,
    pub(super) flow: Flow,
}

/// Sends a request in a transaction of its own. Events come by `deliver`.
pub(super) fn send(
    core: &Arc<Core>,
    mut request: Message,
    flow: Flow,
    deliver: impl Fn(ClientEvent) + Send + Sync + 'static,
) -> Sent {
    let branch = format!("z9hG4bK{}", token());
    let rport = if flow.reliable() { "" } else { ";rport" };
    let via = format!(
        "SIP/2.0/{} {};branch={branch}{rport}",
        flow.transport.via(),
        core.reached_at(&flow)
    );
    let mut headers = Headers::new();
    headers.push("Via", via);
    for (name, value) in request.headers.iter() {
        headers.push(name, value);
    }
    request.headers = headers;
    let sent = Sent { request, flow: flow.clone() };
    run(core, sent.clone(), branch, deliver);
    sent
}

/// The CANCEL of an INVITE: the same branch, a transaction of its own (section 9.1).
pub(super) fn cancel(core: &Arc<Core>, invite: &Sent) {
    let mut request = follow_up(&invite.request, "CANCEL", None);
    request.headers.push("Reason", "SIP;cause=200");
    let branch = request
        .headers
        .via()
        .and_then(|via| via.param("branch").map(str::to_owned))
        .unwrap_or_default();
    run(core, Sent { request, flow: invite.flow.clone() }, branch, |_| {});
}

/// ACK of a refusal, or CANCEL: the INVITE's own Via, Request-URI and routes (sections 9.1 and 17.1.1.3).
fn follow_up(invite: &Message, method: &str, to: Option<&str>) -> Message {
    let Start::Request { uri, .. } = &invite.start else { return invite.clone() };
    let mut headers = Headers::new();
    if let Some(via) = invite.headers.get("Via") {
        headers.push("Via", via);
    }
    for route in invite.headers.all("Route") {
        headers.push("Route", route);
    }
    headers.push("Max-Forwards", "70");
    headers.push("From", invite.headers.get("From").unwrap_or_default());
    headers.push("To", to.or(invite.headers.get("To")).unwrap_or_default());
    headers.push("Call-ID", invite.headers.get("Call-ID").unwrap_or_default());
    let number = invite.headers.cseq().map_or(0, |(number, _)| number);
    headers.push("CSeq", format!("{number} {method}"));
    let start = Start::Request { method: method.to_owned(), uri: uri.clone() };
    Message { start, headers, body: bytes::Bytes::new() }
}

fn key(branch: &str, method: &str) -> String {
    format!("{method} {branch}")
}

fn run(
    core: &Arc<Core>,
    sent: Sent,
    branch: String,
    deliver: impl Fn(ClientEvent) + Send + Sync + 'static,
) {
    let invite = sent.request.method() == Some("INVITE");
    let key = key(&branch, sent.request.method().unwrap_or_default());
    let (events, mut received) = mpsc::unbounded_channel();
    lock(&core.clients).insert(key.clone(), Client { events, flow: sent.flow.clone() });
    let core = Arc::clone(core);
    tokio::spawn(async move {
        exchange(&core, &sent, invite, &mut received, &deliver).await;
        lock(&core.clients).remove(&key);
    });
}

async fn exchange(
    core: &Arc<Core>,
    sent: &Sent,
    invite: bool,
    received: &mut mpsc::UnboundedReceiver<ClientEvent>,
    deliver: &impl Fn(ClientEvent),
) {
    let t1 = core.config.t1;
    let bytes = sent.request.to_bytes();
    if !sent.flow.send(&bytes) {
        return deliver(ClientEvent::Unreachable(Unreachable::Broken));
    }
    let reliable = sent.flow.reliable();
    let begun = Instant::now();
    let mut interval = t1;
    let mut again = begun + interval;
    let mut give_up = begun + 64 * t1;
    let mut proceeding = false;
    // Timers A, B, E and F.
    let last = loop {
        let resend = !(reliable || invite && proceeding);
        tokio::select! {
            event = received.recv() => match event {
                Some(ClientEvent::Response(response)) if response.code().is_some_and(|code| code < 200) => {
                    proceeding = true;
                    interval = 8 * t1;
                    if invite {
                        // How long it may ring is for the leg to say; this only ends what nobody ends (timer C).
                        give_up = Instant::now() + Duration::from_secs(300);
                    }
                    deliver(ClientEvent::Response(response));
                }
                Some(ClientEvent::Response(response)) => break response,
                Some(other) => return deliver(other),
                None => return deliver(ClientEvent::Unreachable(Unreachable::Broken)),
            },
            () = sleep_until(again), if resend => {
                sent.flow.send(&bytes);
                interval = if invite { 2 * interval } else { (2 * interval).min(8 * t1) };
                again = Instant::now() + interval;
            }
            () = sleep_until(give_up) => return deliver(ClientEvent::Timeout),
        }
    };
    if !invite {
        return deliver(ClientEvent::Response(last));
    }
    let success = last.code().is_some_and(|code| code < 300);
    // Refusals are acknowledged here, 2xx by the leg (sections 17.1.1.3 and 13.2.2.4).
    let ack =
        (!success).then(|| follow_up(&sent.request, "ACK", last.headers.get("To")).to_bytes());
    if let Some(ack) = &ack {
        sent.flow.send(ack);
    }
    deliver(ClientEvent::Response(last));
    if !success && reliable {
        return;
    }
    // Stays to acknowledge refusals that come again, and to hand on 2xx that come again or from another branch.
    let end = Instant::now() + 64 * t1;
    loop {
        tokio::select! {
            event = received.recv() => match (event, &ack) {
                (Some(ClientEvent::Response(response)), Some(ack)) if response.code().is_some_and(|code| code >= 300) => {
                    sent.flow.send(ack);
                }
                (Some(ClientEvent::Response(response)), _) if response.code().is_some_and(|code| (200..300).contains(&code)) => {
                    deliver(ClientEvent::Response(response));
                }
                (Some(_), _) => {}
                (None, _) => return,
            },
            () = sleep_until(end) => return,
        }
    }
}

/// A response from the network: to its transaction, or nowhere.
pub(super) fn response(core: &Arc<Core>, response: Message) {
    let (Some(via), Some((_, method))) = (response.headers.via(), response.headers.cseq()) else {
        return;
    };
    let Some(branch) = via.param("branch") else { return };
    if let Some(client) = lock(&core.clients).get(&key(branch, &method)) {
        let _ = client.events.send(ClientEvent::Response(response));
    }
}

/// A request outside of any transaction: the ACK of a 2xx, with a branch of its own.
pub(super) fn outside(core: &Core, mut request: Message, flow: &Flow) -> Message {
    put_via(core, &mut request, flow, &format!("z9hG4bK{}", token()));
    request
}

/// Puts our Via before all other headers.
fn put_via(core: &Core, request: &mut Message, flow: &Flow, branch: &str) {
    let rport = if flow.reliable() { "" } else { ";rport" };
    let via = format!(
        "SIP/2.0/{} {};branch={branch}{rport}",
        flow.transport.via(),
        core.reached_at(flow)
    );
    let mut headers = Headers::new();
    headers.push("Via", via);
    for (name, value) in request.headers.iter() {
        headers.push(name, value);
    }
    request.headers = headers;
}
