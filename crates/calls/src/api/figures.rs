//! Live figures: as JSON, and for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Shared;
use super::problem::Problem;
use crate::front::PassedOver;
use crate::media::Figures as Media;
use crate::siprec::Figures as Siprec;

/// Figures of the parts around the desk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gauges {
    /// The media plane.
    pub media: Media,
    /// Calls under way at the front.
    pub front_live: u64,
    /// Agents that the front passed over.
    pub passed_over: PassedOver,
    /// The recording server.
    pub siprec: Siprec,
    /// Whether the last sweep of recordings was not green, or none could be made.
    pub sweep_alarm: bool,
}

pub(crate) fn health(app: &Shared) -> Response {
    let draining = app.draining.load(std::sync::atomic::Ordering::Acquire);
    match draining {
        true => (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response(),
        false => "ok\n".into_response(),
    }
}

pub(crate) fn figures(app: &Shared) -> Result<Response, Problem> {
    Ok(Json(value(app)).into_response())
}

/// Everything, as `frist calls status` shows it.
fn value(app: &Shared) -> Value {
    let desk = app.desk.figures();
    let around = (app.gauges)();
    let (media, siprec) = (around.media, around.siprec);
    let draining = app.draining.load(std::sync::atomic::Ordering::Acquire);
    json!({
        "desk": desk,
        "stop": app.desk.stopped(),
        "draining": draining,
        "front": {
            "live": around.front_live,
            "agents_passed_over": around.passed_over.by_reason().collect::<BTreeMap<_, _>>(),
        },
        "siprec": {
            "live": siprec.live,
            "taken": siprec.taken,
            "refused": siprec.refused,
            "unreadable_metadata": siprec.unreadable_metadata,
            "reinvites_refused": siprec.reinvites_refused,
        },
        "media": {
            "sessions": media.sessions,
            "recording": media.recording,
            "received": media.received,
            "sent": media.sent,
            "lost": media.lost,
            "malformed": media.malformed,
            "foreign": media.foreign,
            "unauthenticated": media.unauthenticated,
            "unwanted": media.unwanted,
            "dropped_without_consent": media.dropped_without_consent,
            "late": media.late,
            "recorded_seconds": media.recorded_ms / 1000,
            "missing_ms": media.missing_ms,
        },
        "sweep_alarm": around.sweep_alarm,
    })
}

/// The text format of Prometheus, version 0.0.4.
pub(crate) fn metrics(app: &Shared) -> Result<Response, Problem> {
    let desk = app.desk.figures();
    let around = (app.gauges)();
    let mut out = String::new();
    let mut put = |name: &str, kind: &str, help: &str, values: &[(String, u64)]| {
        let _ = writeln!(out, "# HELP frist_{name} {help}\n# TYPE frist_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(out, "frist_{name}{labels} {value}");
        }
    };
    let one = |value: u64| vec![(String::new(), value)];
    put("calls_total", "counter", "Calls that began.", &one(desk.calls));
    put("calls_live", "gauge", "Calls under way.", &one(desk.live));
    put("recording_live", "gauge", "Calls being recorded now.", &one(desk.recording));
    put("recordings_total", "counter", "Recordings that began.", &one(desk.recorded));
    put(
        "recordings_failed_total",
        "counter",
        "Recordings that failed in the middle.",
        &one(desk.failed),
    );
    put(
        "recordings_withdrawn_total",
        "counter",
        "Recordings destroyed by withdrawal.",
        &one(desk.destroyed),
    );
    put(
        "recording_stopped",
        "gauge",
        "1 while all recording is stopped.",
        &one(desk.stopped.into()),
    );
    let refused: Vec<(String, u64)> =
        desk.refused.iter().map(|(why, n)| (format!("{{reason=\"{why}\"}}"), *n)).collect();
    put("recordings_refused_total", "counter", "Times that a recording was refused.", &refused);
    // A purpose's id is letters, digits, `-` and `_`: nothing to escape.
    for (name, help, of) in [
        ("consent_asked_total", "Answers, by purpose.", 0),
        ("consent_granted_total", "Answers that were yes, by purpose.", 1),
        ("consent_withdrawn_total", "Yeses that were taken back, by purpose.", 2),
    ] {
        let values: Vec<(String, u64)> = desk
            .purposes
            .iter()
            .map(|(p, f)| (format!("{{purpose=\"{p}\"}}"), [f.asked, f.granted, f.withdrawn][of]))
            .collect();
        put(name, "counter", help, &values);
    }
    let media = around.media;
    put("rtp_received_total", "counter", "RTP packets accepted.", &one(media.received));
    put("rtp_sent_total", "counter", "RTP packets sent.", &one(media.sent));
    put("rtp_lost_total", "counter", "RTP packets that never came.", &one(media.lost));
    put(
        "rtp_dropped_without_consent_total",
        "counter",
        "RTP packets dropped because nobody consented.",
        &one(media.dropped_without_consent),
    );
    put(
        "rtp_late_total",
        "counter",
        "RTP packets that came too late to be relayed or recorded.",
        &one(media.late),
    );
    put(
        "recorded_seconds_total",
        "counter",
        "Seconds of calls that were recorded.",
        &one(media.recorded_ms / 1000),
    );
    put(
        "recording_missing_milliseconds_total",
        "counter",
        "Sound of either side that was sent during recordings and is not in them.",
        &one(media.missing_ms),
    );
    put("front_live", "gauge", "Calls under way at the front.", &one(around.front_live));
    let passed: Vec<(String, u64)> = around
        .passed_over
        .by_reason()
        .map(|(why, n)| (format!("{{reason=\"{why}\"}}"), n))
        .collect();
    put(
        "agents_passed_over_total",
        "counter",
        "Times that an agent was passed over, by reason.",
        &passed,
    );
    put("siprec_live", "gauge", "Recording sessions under way.", &one(around.siprec.live as u64));
    put(
        "siprec_refused_total",
        "counter",
        "Recording sessions refused.",
        &one(around.siprec.refused),
    );
    put(
        "sweep_alarm",
        "gauge",
        "1 while the sweep of recordings is not green.",
        &one(around.sweep_alarm.into()),
    );
    let mut response = out.into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
