//! The same request twice, done once: what `Idempotency-Key` is for. The answer is kept for a day in
//! Frist's own database, so that it survives a restart and another server gives it too; sealed under
//! a key made from what the client sent, so that the database alone does not tell what was answered.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use frist_state::Begun;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::call::Call;
use super::problem::{Kind, Problem};
use crate::ctx::Reply;
use crate::factor::mac;
use crate::people::random;

/// How long an answer is kept.
pub(crate) const KEEP: SignedDuration = SignedDuration::from_hours(24);
/// After so long a request that has not ended died with its server, and can be tried again.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
const NONCE: usize = 24;

/// A request under an idempotency key.
pub(crate) struct Once {
    pub(crate) name: [u8; 32],
    seal: Zeroizing<[u8; 32]>,
    began: Timestamp,
    /// Whether a server died over the same request, which may have been done.
    pub(crate) again: bool,
    /// What names this request and no other.
    pub(crate) mark: [u8; 32],
}

/// What is to be done with a request.
pub(crate) enum Turn {
    /// It is done, and its answer kept.
    Do(Once),
    /// It was done: this is the answer.
    Again(Reply),
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    json: bool,
    headers: Vec<(String, String)>,
    body: String,
}

/// Begins a request that came with this key and hashes to `request`.
pub(crate) fn begin(call: &Call<'_>, key: &str, request: &[u8; 32]) -> Result<Turn, Problem> {
    let fits = (1..=255).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic());
    if !fits {
        return Err(Problem {
            kind: Kind::Parameter,
            ..Problem::parameter("Idempotency-Key", "use 1 to 255 visible ASCII characters")
        });
    }
    let token = call.token.as_ref().map_or(0, |t| t.id.0).to_be_bytes();
    let own = |what: &[u8]| mac(&*call.app.keys.api, &[what, &token, key.as_bytes()]);
    let (name, seal) = (own(b"answer"), Zeroizing::new(own(b"seal")));
    let now = call.now;
    match call.state(|state| state.begin_answer(&name, request, now, KEEP, PATIENCE))? {
        Begun::New { at: began, again } => {
            let mark = mac(&*call.app.keys.api, &[b"mark", &name, request]);
            Ok(Turn::Do(Once { name, seal, began, again, mark }))
        }
        Begun::Answered(sealed) => {
            let kept = open(&seal, &name, &sealed);
            let mut reply = kept.ok_or_else(|| {
                Problem::new(Kind::Broken, "the answer that was kept cannot be read")
            })?;
            reply.headers.push((
                axum::http::HeaderName::from_static("idempotent-replayed"),
                "true".to_owned(),
            ));
            Ok(Turn::Again(reply))
        }
        Begun::Done => Err(Problem::new(
            Kind::Conflict,
            "it was done, but the server ended before it had answered; look at what there is now",
        )),
        Begun::Another => Err(Problem::new(
            Kind::KeyReused,
            "the idempotency key was used for another request within a day",
        )),
        Begun::UnderWay => Err(Problem {
            until: Some(now + SignedDuration::from_secs(1)),
            ..Problem::new(Kind::UnderWay, "the same request has not ended yet")
        }),
    }
}

impl Once {
    /// Keeps the answer.
    pub(crate) fn end(&self, call: &Call<'_>, reply: &Reply) -> Result<(), Problem> {
        let sealed = self.sealed(reply);
        call.state(|state| state.end_answer(&self.name, self.began, sealed.as_deref()))
    }

    /// Nothing came of it: it can be tried again.
    pub(crate) fn fail(&self, call: &Call<'_>) -> Result<(), Problem> {
        call.state(|state| state.end_answer(&self.name, self.began, None))
    }

    fn sealed(&self, reply: &Reply) -> Option<Vec<u8>> {
        let kept = Kept {
            status: reply.status.as_u16(),
            json: reply.kind == super::JSON,
            headers: reply.headers.iter().map(|(n, v)| (n.to_string(), v.clone())).collect(),
            body: String::from_utf8(reply.body.clone()).ok()?,
        };
        let plain = Zeroizing::new(serde_json::to_vec(&kept).ok()?);
        let nonce: [u8; NONCE] = random().ok()?;
        let cipher = XChaCha20Poly1305::new((&*self.seal).into());
        let payload = Payload { msg: &plain, aad: &self.name };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }
}

fn open(seal: &Zeroizing<[u8; 32]>, name: &[u8; 32], sealed: &[u8]) -> Option<Reply> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new((&**seal).into());
    let plain = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: name }).ok()?;
    let kept: Kept = serde_json::from_slice(&Zeroizing::new(plain)).ok()?;
    let headers = kept.headers.into_iter();
    let headers = headers.filter_map(|(n, v)| Some((n.parse().ok()?, v))).collect();
    Some(Reply {
        status: axum::http::StatusCode::from_u16(kept.status).ok()?,
        kind: if kept.json { super::JSON } else { super::PROBLEM },
        body: kept.body.into_bytes(),
        headers,
    })
}
