//! What lies beside a recording that is imported: when it was made, and who consented to what.
//!
//! Either a vCon, or this, in which instants are UTC:
//!
//! ```json
//! { "caller": "+4570101010", "callee": "+4570202020", "agent": "sip:anna@example.org",
//!   "started_at": "2026-11-20T10:00:00Z", "language": "da",
//!   "consent": [ { "purpose": "quality", "granted": true, "at": "2026-11-20T09:59:48Z",
//!                  "key": "1", "text_id": "welcome", "text_version": "3" } ] }
//! ```
//!
//! Instead of `key` a consent may have `stated_by`, the name of who or what recorded the yes.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{LAWFUL_BASIS, check};
use crate::consent::How;

/// What is known of a recording.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Beside {
    pub(super) caller: String,
    pub(super) callee: String,
    pub(super) agent: Option<String>,
    pub(super) language: String,
    pub(super) started: Timestamp,
    pub(super) grants: Vec<Grant>,
    /// What was found that is no proof, and why.
    pub(super) lacking: Vec<String>,
}

/// A consent with its proof.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grant {
    pub(super) purpose: String,
    pub(super) at: Timestamp,
    pub(super) how: How,
    pub(super) text: (String, String, String),
}

/// How far a key press and the grant that it makes may lie apart: the answer to a question is
/// written down when the questions are over.
const APART: SignedDuration = SignedDuration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    #[serde(default)]
    caller: String,
    #[serde(default)]
    callee: String,
    agent: Option<String>,
    #[serde(default)]
    language: String,
    started_at: Timestamp,
    #[serde(default)]
    consent: Vec<PlainConsent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainConsent {
    purpose: String,
    granted: bool,
    at: Option<Timestamp>,
    key: Option<String>,
    stated_by: Option<String>,
    text_id: Option<String>,
    text_version: Option<String>,
    withdrawn_at: Option<Timestamp>,
}

/// Reads what lies beside a recording.
pub(super) fn read(text: &str) -> Result<Beside, String> {
    // The library's own words may quote what is in the file.
    let place = |e: serde_json::Error| {
        format!("the file beside it cannot be read at line {}, column {}", e.line(), e.column())
    };
    let value: Value = serde_json::from_str(text).map_err(place)?;
    if value.get("uuid").is_some() || value.get("dialog").is_some() {
        return vcon(&value);
    }
    let plain: Plain = serde_json::from_str(text).map_err(|e| {
        format!(
            "the file beside it does not say what it must, or says more, at line {}, column {}",
            e.line(),
            e.column()
        )
    })?;
    Ok(simple(plain))
}

fn simple(plain: Plain) -> Beside {
    let mut lacking = Vec::new();
    let mut grants = Vec::new();
    for c in plain.consent.into_iter().filter(|c| c.granted && c.withdrawn_at.is_none()) {
        let said = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
        let how = match (c.key.as_deref().map(str::trim), said(c.stated_by)) {
            (Some("1"), _) => Some(How::Key('1')),
            (None, Some(who)) => Some(How::Api { who }),
            _ => None,
        };
        let mut missing = Vec::new();
        if c.at.is_none() {
            missing.push("when (`at`)");
        }
        if how.is_none() {
            missing.push("how (`key`, which must be \"1\", or `stated_by`)");
        }
        let text = (said(c.text_id), said(c.text_version));
        if text.0.is_none() || text.1.is_none() {
            missing.push("what was asked (`text_id` and `text_version`)");
        }
        match (c.at, how, text) {
            (Some(at), Some(how), (Some(id), Some(version))) => {
                let text = (id, version, plain.language.clone());
                grants.push(Grant { purpose: c.purpose, at, how, text });
            }
            _ => lacking.push(format!("`{}` lacks {}", c.purpose, missing.join(", "))),
        }
    }
    Beside {
        caller: plain.caller,
        callee: plain.callee,
        agent: plain.agent,
        language: plain.language,
        started: plain.started_at,
        grants,
        lacking,
    }
}

fn vcon(value: &Value) -> Result<Beside, String> {
    let wrong = check(value);
    if let Some(first) = wrong.first() {
        return Err(format!("the vCon beside it is not in order: {first}"));
    }
    let list = |name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let dialogs = list("dialog");
    let mut recordings =
        dialogs.iter().enumerate().filter(|(_, d)| d.get("type") == Some(&"recording".into()));
    let (Some((index, dialog)), None) = (recordings.next(), recordings.next()) else {
        return Err("the vCon beside it has not exactly one recording".to_owned());
    };
    let started = instant(dialog.get("start")).ok_or("the vCon does not say when it began")?;
    let mut grants = Vec::new();
    let mut lacking = Vec::new();
    let mut taken_back = Vec::new();
    for attachment in list("attachments") {
        let is = |name: &str| attachment.get(name) == Some(&LAWFUL_BASIS.into());
        let of = attachment.get("dialog").and_then(Value::as_u64);
        if (!is("type") && !is("purpose")) || of != Some(index as u64) {
            continue;
        }
        let body = body(&attachment)?;
        if body.get("lawful_basis") != Some(&"consent".into()) {
            continue;
        }
        let party = attachment.get("party").and_then(Value::as_u64);
        for grant in body.get("purpose_grants").and_then(Value::as_array).into_iter().flatten() {
            let purpose = grant.get("purpose").and_then(Value::as_str).unwrap_or_default();
            let at = instant(grant.get("granted_at"));
            if grant.get("granted") != Some(&true.into()) {
                taken_back.push(purpose.to_owned());
                continue;
            }
            let Some(at) = at else {
                lacking.push(format!("`{purpose}` lacks when (`granted_at`)"));
                continue;
            };
            match proven(&body, dialog, party, purpose, at) {
                Some((how, text)) => {
                    grants.push(Grant { purpose: purpose.to_owned(), at, how, text });
                }
                None => lacking.push(format!(
                    "`{purpose}` lacks how (a `keydown` of \"1\" by the party in `party_history`, or a proof of type `external_system` that names its system and record)"
                )),
            }
        }
    }
    // The most restrictive of several answers counts.
    grants.retain(|g| !taken_back.contains(&g.purpose));
    let party = |n: usize| {
        let parties = list("parties");
        let address = |p: &Value| {
            let text = p.get("tel").or_else(|| p.get("sip")).and_then(Value::as_str);
            text.map(str::to_owned)
        };
        parties.get(n).and_then(address)
    };
    Ok(Beside {
        caller: party(0).unwrap_or_default(),
        callee: String::new(),
        agent: party(1),
        language: String::new(),
        started,
        grants,
        lacking,
    })
}

/// An attachment's body, which is JSON or, in older vCons, JSON in a string.
fn body(attachment: &Value) -> Result<Value, String> {
    match attachment.get("body") {
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|_| "the vCon's lawful basis cannot be read".to_owned()),
        Some(body) => Ok(body.clone()),
        None => Err("the vCon's lawful basis lies elsewhere; put it into the vCon".to_owned()),
    }
}

/// How a purpose was consented to, and by which text.
fn proven(
    body: &Value,
    dialog: &Value,
    party: Option<u64>,
    purpose: &str,
    at: Timestamp,
) -> Option<(How, (String, String, String))> {
    let proofs = body.get("proof_mechanisms").and_then(Value::as_array);
    let data = proofs.into_iter().flatten().filter_map(|p| {
        let external = p.get("proof_type") == Some(&"external_system".into());
        let data = p.get("proof_data").filter(|_| external)?;
        let of = data.get("purpose").and_then(Value::as_str);
        of.is_none_or(|of| of == purpose).then_some(data)
    });
    let text = |data: &Value, name: &str| {
        let text = data.get(name).and_then(Value::as_str).unwrap_or_default();
        text.trim().to_owned()
    };
    let mut proof =
        data.filter(|d| !text(d, "system").is_empty() && !text(d, "record_id").is_empty());
    let proof = proof.next_back();
    let asked = proof.map_or_else(Default::default, |d| {
        (text(d, "text_id"), text(d, "text_version"), text(d, "language"))
    });
    let events = dialog.get("party_history").and_then(Value::as_array);
    let pressed = events.into_iter().flatten().any(|e| {
        let near = instant(e.get("time")).is_some_and(|t| t.duration_since(at).abs() <= APART);
        e.get("event") == Some(&"keydown".into())
            && e.get("button") == Some(&"1".into())
            && e.get("party").and_then(Value::as_u64) == party
            && near
    });
    if pressed {
        return Some((How::Key('1'), asked));
    }
    proof.map(|d| (How::Api { who: text(d, "system") }, asked))
}

fn instant(value: Option<&Value>) -> Option<Timestamp> {
    value?.as_str()?.parse().ok()
}
