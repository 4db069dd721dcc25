//! Traces, when `server.toml` asks for them: OTLP over HTTP with JSON, in batches, without a library.
//!
//! A span has a route as it is written or a data set and a store, a status and a time; never an id, an address or a name. What
//! cannot be sent is dropped: a trace is for speed, and nothing waits for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::net::{Net, Post};
use crate::outside::unique;

/// Spans that wait; more are dropped.
const ROOM: usize = 4_096;
/// Spans sent at once.
const BATCH: usize = 256;
/// For how long spans are gathered.
const GATHER: Duration = Duration::from_secs(5);

/// `[traces]`: who gathers traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesTo {
    /// Where OTLP over HTTP is taken, without `/v1/traces`.
    pub endpoint: String,
    /// Whether it may be on this machine or in a private network.
    #[serde(default)]
    pub private: bool,
    /// Whether it may be reached without TLS.
    #[serde(default)]
    pub insecure: bool,
}

/// Where a span stands: its trace, its own number and that of the span around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    trace: String,
    span: String,
    parent: Option<String>,
}

impl Place {
    /// A trace of its own.
    #[must_use]
    pub fn root() -> Self {
        Self { trace: number(32), span: number(16), parent: None }
    }

    /// Within the span of another program that a `traceparent` names; a trace of its own, when it
    /// names none.
    #[must_use]
    pub fn within(traceparent: Option<&str>) -> Self {
        let Some((trace, parent)) = traceparent.and_then(parent_of) else { return Self::root() };
        Self { trace: trace.to_owned(), span: number(16), parent: Some(parent.to_owned()) }
    }

    /// Within this one.
    #[must_use]
    pub fn inside(&self) -> Self {
        let parent = Some(self.span.clone());
        Self { trace: self.trace.clone(), span: number(16), parent }
    }

    /// Whether it stands directly within another.
    #[must_use]
    pub fn is_inside(&self, other: &Self) -> bool {
        self.trace == other.trace && self.parent.as_ref() == Some(&other.span)
    }
}

/// A random number in hexadecimal. Without randomness the span is not kept (see `body`).
fn number(digits: usize) -> String {
    unique("").map(|n| n.chars().take(digits).collect()).unwrap_or_default()
}

/// Whose work a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This program's, by itself.
    Internal,
    /// It was asked.
    Server,
    /// It asks another.
    Client,
}

/// What took how long.
#[derive(Debug, Clone)]
pub struct Span {
    /// What: `GET /sweeps/{id}`, `sweep`.
    pub name: String,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Particulars, without personal data.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it failed.
    pub failed: bool,
    /// Whose work it is.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
}

/// Takes spans, and sends them on a thread of its own.
pub struct Traces {
    room: SyncSender<Span>,
}

impl Traces {
    /// Begins.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        to: TracesTo,
        net: Arc<dyn Net>,
        log: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Result<Self, String> {
        let (room, spans) = sync_channel(ROOM);
        let named = std::thread::Builder::new().name("traces".into());
        named
            .spawn(move || send(&to, &*net, &*log, &spans))
            .map_err(|e| format!("the system gives no thread: {e}"))?;
        Ok(Self { room })
    }

    /// Gives the spans to the other end of a channel instead.
    #[cfg(test)]
    pub(crate) fn to_channel() -> (Self, Receiver<Span>) {
        let (room, spans) = sync_channel(ROOM);
        (Self { room }, spans)
    }

    /// Takes a span; drops it when too many wait.
    pub fn add(&self, span: Span) {
        let _ = self.room.try_send(span);
    }
}

fn send(to: &TracesTo, net: &dyn Net, log: &dyn Fn(&str), spans: &Receiver<Span>) {
    let url = format!("{}/v1/traces", to.endpoint.trim_end_matches('/'));
    let mut silent = false;
    // Ends with the server, which drops the other end.
    while let Ok(first) = spans.recv() {
        let mut batch = vec![first];
        let mut over = false;
        while batch.len() < BATCH && !over {
            match spans.recv_timeout(GATHER) {
                Ok(span) => batch.push(span),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => over = true,
            }
        }
        let body = body(&batch).to_string();
        let post = Post {
            url: &url,
            headers: Vec::new(),
            body: &body,
            private: to.private,
            insecure: to.insecure,
            roots: None,
        };
        let failed = match net.post(&post) {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("the receiver of traces answered {status}")),
            Err(e) => Some(e.why),
        };
        // Said once, until it works again.
        if let Some(why) = failed.as_ref().filter(|_| !silent) {
            log(&json!({"log": "traces", "message": why}).to_string());
        }
        silent = failed.is_some();
    }
}

/// Spans as OTLP writes them in JSON.
fn body(spans: &[Span]) -> Value {
    let one = |s: &Span| -> Option<Value> {
        let Place { trace, span, parent } = &s.place;
        if trace.is_empty() || span.is_empty() {
            return None;
        }
        let began = s.began.as_nanosecond();
        let ended = began + i128::try_from(s.took.as_nanos()).ok()?;
        let attributes: Vec<Value> = s
            .attributes
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    Value::Number(n) => json!({"intValue": n.to_string()}),
                    Value::Bool(b) => json!({"boolValue": b}),
                    Value::String(t) => json!({"stringValue": t}),
                    other => json!({"stringValue": other.to_string()}),
                };
                json!({"key": key, "value": value})
            })
            .collect();
        let kind = match s.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
        };
        let status = if s.failed { json!({"code": 2}) } else { json!({}) };
        let mut out = json!({
            "traceId": trace, "spanId": span, "name": s.name, "kind": kind,
            "startTimeUnixNano": began.to_string(), "endTimeUnixNano": ended.to_string(),
            "attributes": attributes, "status": status,
        });
        if let Some(parent) = parent {
            out["parentSpanId"] = json!(parent);
        }
        Some(out)
    };
    let spans: Vec<Value> = spans.iter().filter_map(one).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "frist"}}]},
        "scopeSpans": [{"scope": {"name": "frist"}, "spans": spans}],
    }]})
}

/// Trace and span of a `traceparent`; none when it is no such thing.
fn parent_of(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    let hex = |t: &str, n: usize| {
        t.len() == n
            && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            && t.bytes().any(|b| b != b'0')
    };
    (version == "00" && hex(trace, 32) && hex(span, 16)).then_some((trace, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_strictly() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(parent_of(good), Some(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")));
        for bad in [
            "",
            "00-0-0-0",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(parent_of(bad), None, "{bad}");
        }
    }
}
