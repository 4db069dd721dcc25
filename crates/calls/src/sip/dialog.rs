//! A dialog's state (RFC 3261 section 12) and the requests that are made of it.

use super::endpoint::{Core, Unreachable, token};
use super::message::{Body, Headers, Message, Start};
use super::transport::Flow;
use super::uri::{NameAddr, Uri};
use bytes::Bytes;
use std::sync::Arc;

/// What both ends keep of a dialog.
#[derive(Debug, Clone)]
pub(super) struct Dialog {
    pub(super) call_id: String,
    /// From of our requests, without its tag.
    local: String,
    pub(super) local_tag: String,
    /// To of our requests, with the peer's tag when it has one.
    remote: String,
    pub(super) remote_tag: Option<String>,
    /// The Request-URI of our requests: the peer's Contact.
    target: String,
    routes: Vec<String>,
    pub(super) sequence: u32,
    pub(super) remote_sequence: Option<u32>,
    /// A stream on which the dialog began is used while it is open; the peer may have no listener of its own.
    flow: Option<Flow>,
}

impl Dialog {
    /// From an INVITE that came.
    pub(super) fn inbound(request: &Message, flow: &Flow) -> Dialog {
        let headers = &request.headers;
        let from = headers.get("From").unwrap_or_default().to_owned();
        let contact = headers.addr("Contact").map(|contact| contact.uri.to_string());
        let fallback = headers.addr("From").map(|from| from.uri.to_string());
        Dialog {
            call_id: headers.get("Call-ID").unwrap_or_default().to_owned(),
            local: headers.get("To").unwrap_or_default().to_owned(),
            local_tag: token(),
            remote_tag: headers.addr("From").and_then(|from| from.tag().map(str::to_owned)),
            remote: from,
            target: contact.or(fallback).unwrap_or_default(),
            routes: headers.list("Record-Route").into_iter().map(str::to_owned).collect(),
            sequence: 0,
            remote_sequence: headers.cseq().map(|(number, _)| number),
            flow: flow.reliable().then(|| flow.clone()),
        }
    }

    /// For an INVITE that will be sent.
    pub(super) fn outbound(from: &NameAddr, to: &Uri) -> Dialog {
        let mut from = from.clone();
        from.params.clear();
        let plain = NameAddr { name: String::new(), uri: to.clone(), params: Vec::new() };
        Dialog {
            call_id: token(),
            local: from.to_string(),
            local_tag: token(),
            remote: plain.to_string(),
            remote_tag: None,
            target: to.to_string(),
            routes: Vec::new(),
            sequence: 0,
            remote_sequence: None,
            flow: None,
        }
    }

    /// What a response to our INVITE with a To tag says of the dialog (section 12.1.2).
    pub(super) fn learn(&mut self, response: &Message) {
        let headers = &response.headers;
        if let Some(tag) = headers.addr("To").and_then(|to| to.tag().map(str::to_owned)) {
            self.remote = headers.get("To").unwrap_or_default().to_owned();
            self.remote_tag = Some(tag);
        }
        self.routes = headers.list("Record-Route").into_iter().rev().map(str::to_owned).collect();
        self.retarget(headers);
    }

    /// A target refresh: the Contact of a re-INVITE, an UPDATE or their 2xx (section 12.2).
    pub(super) fn retarget(&mut self, headers: &Headers) {
        if let Some(contact) = headers.addr("Contact") {
            self.target = contact.uri.to_string();
        }
    }

    /// Whether a request's sequence number is in order (section 12.2.2); remembers it.
    pub(super) fn in_order(&mut self, number: u32) -> bool {
        let fits = self.remote_sequence.is_none_or(|last| number > last);
        if fits {
            self.remote_sequence = Some(number);
        }
        fits
    }

    /// A way for the next request.
    pub(super) async fn way(&self, core: &Arc<Core>) -> Result<Flow, Unreachable> {
        if let Some(flow) = self.flow.as_ref().filter(|flow| flow.is_open()) {
            return Ok(flow.clone());
        }
        let next = match self.routes.first() {
            Some(route) => NameAddr::parse(route).map_err(|_| Unreachable::Address)?.uri,
            None => Uri::parse(&self.target).map_err(|_| Unreachable::Address)?,
        };
        core.way_to(&next).await
    }

    /// A request with the next sequence number, or with a given one (ACK).
    pub(super) fn request(
        &mut self,
        core: &Core,
        method: &str,
        flow: &Flow,
        number: Option<u32>,
    ) -> Message {
        let number = number.unwrap_or_else(|| {
            self.sequence += 1;
            self.sequence
        });
        let mut headers = Headers::new();
        let (uri, routes) = self.routing();
        for route in routes {
            headers.push("Route", route);
        }
        headers.push("Max-Forwards", "70");
        headers.push("From", format!("{};tag={}", self.local, self.local_tag));
        headers.push("To", self.remote.clone());
        headers.push("Call-ID", self.call_id.clone());
        headers.push("CSeq", format!("{number} {method}"));
        if matches!(method, "INVITE" | "UPDATE") {
            headers.push("Contact", core.contact(flow));
        }
        headers.push("User-Agent", "frist");
        Message {
            start: Start::Request { method: method.to_owned(), uri },
            headers,
            body: Bytes::new(),
        }
    }

    /// Request-URI and routes; an old strict router wants itself in the Request-URI (section 12.2.1.1).
    fn routing(&self) -> (String, Vec<String>) {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route).ok());
        match first.filter(|route| route.uri.param("lr").is_none()) {
            None => (self.target.clone(), self.routes.clone()),
            Some(strict) => {
                let mut routes = self.routes[1..].to_vec();
                routes.push(format!("<{}>", self.target));
                (strict.uri.to_string(), routes)
            }
        }
    }
}

/// Puts a body and its type into a message.
pub(super) fn attach(message: &mut Message, body: Option<Body>) {
    if let Some(body) = body {
        message.headers.set("Content-Type", body.content_type);
        message.body = body.bytes;
    }
}

/// Adds further headers.
pub(super) fn add(message: &mut Message, headers: &Headers) {
    for (name, value) in headers.iter() {
        message.headers.push(name, value);
    }
}
