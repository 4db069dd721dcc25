//! Listening: a WAV file in pieces, decoded as it is sent, with ranges (RFC 9110 section 14).

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body::Frame;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::App;
use super::auth::Who;
use super::matters::recording;
use super::problem::Problem;
use crate::listen::{self, Unsatisfiable};
use crate::vcon::{self, Sound};

/// Pieces that may wait for the network; a piece is half a second at most.
const AHEAD: usize = 4;

/// Milliseconds of sound that are missing in the recording, where that is known.
const MISSING: HeaderName = HeaderName::from_static("frist-missing-ms");
/// How the recording ended, where that is known.
const ENDING: HeaderName = HeaderName::from_static("frist-ending");

/// For which purpose, and why.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    reason: String,
}

/// A body that comes from a thread where waiting is allowed.
pub(super) struct Pieces(pub(super) mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|p| p.map(Frame::data)))
    }
}

/// The recording as WAV. What was decided is in the log when this returns.
pub(crate) fn audio(
    app: &App,
    who: &Who,
    id: &str,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let id = recording(id)?;
    let (purpose, reason) = (asked.purpose.as_str(), asked.reason.as_str());
    let mut listening = listen::open(&app.desk, &app.rules, &who.principal, &id, purpose, reason)?;
    let len = listening.len();
    let range = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let range = match range.map(|r| listen::range(r, len)).transpose() {
        Ok(range) => range.flatten(),
        Err(Unsatisfiable) => {
            let mut refusal =
                Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, Unsatisfiable.to_string());
            refusal = refusal.with(header::CONTENT_RANGE, &format!("bytes */{len}"));
            return Err(refusal);
        }
    };
    let (status, start, end) = match range {
        Some(range) => (StatusCode::PARTIAL_CONTENT, range.start, range.end),
        None => (StatusCode::OK, 0, len),
    };
    let whole = [
        (MISSING, listening.missing_ms().map(|ms| ms.to_string())),
        (ENDING, listening.ending().map(str::to_owned)),
    ];
    let (send, receive) = mpsc::channel(AHEAD);
    // Its own thread: a listener who reads slowly takes none from the others for an hour.
    let thread = std::thread::Builder::new().name("listening".into()).spawn(move || {
        let mut at = start;
        while at < end {
            let piece = match listening.piece(at, end) {
                Ok(piece) if piece.is_empty() => break,
                Ok(piece) => piece,
                Err(denied) => {
                    let _ = send.blocking_send(Err(std::io::Error::other(denied.to_string())));
                    return;
                }
            };
            at += piece.len() as u64;
            if send.blocking_send(Ok(Bytes::copy_from_slice(&piece))).is_err() {
                return;
            }
        }
    });
    thread.map_err(|_| Problem::broken())?;
    let mut response = Response::new(Body::new(Pieces(receive)));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    for (name, value) in whole {
        if let Some(value) = value.and_then(|v| HeaderValue::try_from(v).ok()) {
            fields.insert(name, value);
        }
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = HeaderValue::from_str(&format!("bytes {start}-{}/{len}", end - 1))
    {
        fields.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// The recording as a vCon with the sound in it.
pub(crate) fn vcon(app: &App, who: &Who, id: &str, asked: &Asked) -> Result<Response, Problem> {
    let id = recording(id)?;
    let (send, receive) = mpsc::channel(AHEAD);
    let (first, told) = std::sync::mpsc::channel();
    let (app, who, asked) =
        (app.clone(), who.clone(), (asked.purpose.clone(), asked.reason.clone()));
    let thread = std::thread::Builder::new().name("export".into()).spawn(move || {
        let mut out = Sending { send: send.clone(), first: Some(first.clone()) };
        let done = vcon::export(
            &app.desk,
            &app.rules,
            &who.principal,
            &id,
            &asked.0,
            &asked.1,
            Sound::Inline,
            &mut out,
        );
        if let Err(error) = done {
            let text = error.to_string();
            // Before the first byte it is an answer; after it, the stream breaks off.
            if first.send(Err(error.into())).is_err() || out.first.is_none() {
                let _ = send.blocking_send(Err(std::io::Error::other(text)));
            }
        }
    });
    thread.map_err(|_| Problem::broken())?;
    told.recv().map_err(|_| Problem::broken())??;
    let mut response = Response::new(Body::new(Pieces(receive)));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vcon+json"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Writes into a body, and tells when the first byte is there.
struct Sending {
    send: mpsc::Sender<Result<Bytes, std::io::Error>>,
    first: Option<std::sync::mpsc::Sender<Result<(), Problem>>>,
}

impl std::io::Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(first) = self.first.take() {
            let _ = first.send(Ok(()));
        }
        let piece = Bytes::copy_from_slice(bytes);
        let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        self.send.blocking_send(Ok(piece)).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
