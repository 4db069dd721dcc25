//! Reading an INVITE that wants to record (RFC 7866), pure: what it says, or the code that refuses
//! it.

use crate::media::Side;
use crate::sdp::{Sdp, SdpError};
use crate::sip::{Headers, Uri};

use super::metadata::{Metadata, MetadataError};
use super::multipart;

/// How long an id may be. A short one ("1") may stand in every call of a client, and would find
/// another call's consent.
const ID: std::ops::RangeInclusive<usize> = 8..=256;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither `Require: siprec` nor `+sip.src` in Contact: somebody rang the recording server.
    #[error("this is a recording server: an INVITE needs `Require: siprec` (RFC 7866 section 6)")]
    NotRecording,
    /// A body that is compressed.
    #[error("the body has a Content-Encoding, which is not supported")]
    Encoding,
    /// A body that has no session description, and says that it is something else.
    #[error("the body is neither application/sdp nor multipart with an application/sdp part")]
    Type,
    /// No body where one must be.
    #[error("there is no session description (RFC 7866 section 7.1)")]
    NoOffer,
    /// The session description cannot be read.
    #[error("{0}")]
    Sdp(#[from] SdpError),
    /// The session description can be read, and nothing of it can be used.
    #[error("{0}")]
    Negotiation(String),
}

impl Refused {
    /// The code of the answer.
    pub fn code(&self) -> u16 {
        match self {
            Refused::NotRecording => 421,
            Refused::Encoding | Refused::Type => 415,
            Refused::NoOffer | Refused::Sdp(_) => 400,
            Refused::Negotiation(_) => 488,
        }
    }

    /// The headers that go with the code: what is needed instead, and the reason in words.
    pub fn headers(&self) -> Headers {
        let mut headers = Headers::new();
        match self {
            Refused::NotRecording => headers.push("Require", "siprec"),
            Refused::Encoding => headers.push("Accept-Encoding", "identity"),
            Refused::Type => {
                headers.push("Accept", "application/sdp, multipart/mixed, application/rs-metadata")
            }
            _ => {}
        }
        headers.push(
            "Warning",
            format!("399 frist \"{}\"", self.to_string().replace(['"', '\\'], "'")),
        );
        headers
    }
}

/// What a body says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The offer or answer.
    pub sdp: Option<Sdp>,
    /// The metadata.
    pub metadata: Option<Metadata>,
    /// Why there is no metadata although a part claims to be it. The call is handled without.
    pub unreadable: Option<MetadataError>,
}

/// Whether the INVITE comes from a recording client: `Require: siprec`, or `+sip.src` in Contact
/// (RFC 7866 section 6.1). Some clients send only one of them.
///
/// # Errors
/// [`Refused::NotRecording`], or [`Refused::Encoding`].
pub fn check(headers: &Headers) -> Result<(), Refused> {
    let contact =
        headers.all("Contact").iter().any(|c| c.to_ascii_lowercase().contains("+sip.src"));
    if !contact && !headers.lists("Require", "siprec") {
        return Err(Refused::NotRecording);
    }
    let plain = |e: &&str| e.is_empty() || e.eq_ignore_ascii_case("identity");
    match headers.list("Content-Encoding").iter().all(plain) {
        true => Ok(()),
        false => Err(Refused::Encoding),
    }
}

/// Reads a body. What its type says is believed first; a part without a type, or with one of the
/// general ones, is taken for what it looks like.
///
/// # Errors
/// When it is not empty and has neither a session description nor metadata, or the session
/// description cannot be read.
pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Said, Refused> {
    let mut said = Said::default();
    if body.trim_ascii().is_empty() {
        return Ok(said);
    }
    let looks_like_parts = content_type.is_none() && body.trim_ascii_start().starts_with(b"--");
    let content_type =
        if looks_like_parts { "multipart/mixed" } else { content_type.unwrap_or_default() };
    let mut known = false;
    for part in multipart::parts(content_type, body) {
        match what(&part) {
            What::Sdp if said.sdp.is_none() => {
                said.sdp = Some(Sdp::parse(part.content)?);
                known = true;
            }
            What::Metadata if said.metadata.is_none() => {
                match Metadata::parse(part.content) {
                    Ok(metadata) => said.metadata = Some(metadata),
                    Err(why) => said.unreadable = Some(why),
                }
                known = true;
            }
            _ => {}
        }
    }
    known.then_some(said).ok_or(Refused::Type)
}

enum What {
    Sdp,
    Metadata,
    Other,
}

fn what(part: &multipart::Part<'_>) -> What {
    let content = part.content.trim_ascii_start();
    match part.kind.as_str() {
        "application/sdp" => What::Sdp,
        "application/rs-metadata" | "application/rs-metadata+xml" => What::Metadata,
        "" | "text/plain" | "application/octet-stream" if content.starts_with(b"v=0") => What::Sdp,
        "" | "text/plain" | "text/xml" | "application/xml" | "application/octet-stream"
            if content.starts_with(b"<") || part.disposition == "recording-session" =>
        {
            What::Metadata
        }
        _ => What::Other,
    }
}

/// The ids under which consent for the recorded call may be known, the surest first: `sipSessionID`
/// of the metadata, the headers named (each value, and both halves of a Session-ID, RFC 7989
/// section 5), and the Call-ID of the recording session itself. Not the metadata's `session_id`: no
/// consent is kept under it, and some clients send the same in every call.
pub fn ids(
    headers: &Headers,
    names: &[String],
    metadata: Option<&Metadata>,
    call_id: &str,
) -> Vec<String> {
    let mut ids = Vec::new();
    for id in metadata.iter().flat_map(|m| &m.sip_session_ids) {
        session_id(id, &mut ids);
    }
    for name in names {
        for value in headers.all(name) {
            session_id(value, &mut ids);
        }
    }
    if !call_id.is_empty() && !ids.iter().any(|id| id == call_id) {
        ids.push(call_id.to_owned());
    }
    ids
}

/// `<uuid>;remote=<uuid>`, or any id: the value up to the first `;`, then the remote one.
fn session_id(value: &str, ids: &mut Vec<String>) {
    let mut parts = value.split(';').map(str::trim);
    add(parts.next().unwrap_or_default(), ids);
    for parameter in parts {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("remote")
        {
            add(value.trim(), ids);
        }
    }
}

/// From the ids, in their order: the Session-ID (two UUIDs make one value again) and the Call-ID
/// under which a call that nobody knew before is kept.
pub fn names(ids: &[String]) -> (Option<String>, String) {
    let uuid = |id: &&String| {
        let digits = id.bytes().filter(|b| *b != b'-');
        digits.clone().count() == 32 && digits.clone().all(|b| b.is_ascii_hexdigit())
    };
    let mut uuids = ids.iter().filter(uuid);
    let session_id = match (uuids.next(), uuids.next()) {
        (Some(local), Some(remote)) => Some(format!("{local};remote={remote}")),
        (one, _) => one.cloned(),
    };
    let call_id = ids.iter().find(|id| !uuid(id)).or(ids.last());
    (session_id, call_id.cloned().unwrap_or_default())
}

fn add(id: &str, ids: &mut Vec<String>) {
    // The nil id stands for "not known yet" in every call (RFC 7989 section 4.1): it must never
    // find one.
    let nil = id.bytes().all(|b| matches!(b, b'0' | b'-'));
    if !nil && ID.contains(&id.len()) && !ids.iter().any(|have| have == id) {
        ids.push(id.to_owned());
    }
}

/// Which leg of the recorded call each stream carries.
///
/// The caller is the first participant of the metadata; a stream that only the caller sends is the
/// caller's, one that only somebody else sends is the agent's. Where the metadata does not say, the
/// first free stream is the caller's and the next the agent's. `before` is what was decided earlier
/// in the dialog; it stays, because the recording has begun with it. A third stream, and all that
/// is not sound, belongs to nobody and is declined.
pub fn sides(sdp: &Sdp, metadata: Option<&Metadata>, before: &[Option<Side>]) -> Vec<Option<Side>> {
    let mut sides: Vec<Option<Side>> =
        sdp.media.iter().enumerate().map(|(n, _)| before.get(n).copied().flatten()).collect();
    let speaker = |n: usize| metadata?.speaker(sdp.media[n].label.as_deref()?);
    let sound = |n: &usize| sdp.media[*n].kind == "audio";
    for known in [true, false] {
        for n in (0..sides.len()).filter(sound) {
            let wished: &[Side] = match speaker(n) {
                Some(0) if known => &[Side::Caller],
                Some(_) if known => &[Side::Agent],
                _ if known => &[],
                _ => &Side::BOTH,
            };
            // A stream that is over keeps its leg, but takes none.
            if sides[n].is_none() && sdp.media[n].port != 0 {
                sides[n] = wished.iter().find(|side| !sides.contains(&Some(**side))).copied();
            }
        }
    }
    sides
}

/// The addresses of caller and callee for the call's record: the first two participants, else From
/// and To.
pub fn parties(headers: &Headers, metadata: Option<&Metadata>) -> (String, String) {
    let participants = metadata.map(|m| m.participants.as_slice()).unwrap_or_default();
    let aor = |n: usize| participants.get(n).and_then(|p| p.aor.clone());
    let header = |name: &str| headers.addr(name).map(|a| user(&a.uri)).unwrap_or_default();
    match (aor(0), aor(1)) {
        (None, None) => (header("From"), header("To")),
        (caller, callee) => (caller.unwrap_or_default(), callee.unwrap_or_default()),
    }
}

fn user(uri: &Uri) -> String {
    match &uri.user {
        Some(user) => format!("{}:{user}@{}", uri.scheme, uri.host),
        None => format!("{}:{}", uri.scheme, uri.host),
    }
}
