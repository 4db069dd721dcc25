//! What recording clients send, one file a shape in `corpus/siprec/`, and what is made of each:
//! which leg each `m=` line carries, under which ids consent is looked for, or the code of the
//! refusal. All of it is read without a network.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use frist_calls::media::Side;
use frist_calls::sdp::{Direction, Negotiation, Sdp, Slot, Srtp};
use frist_calls::sip::Message;
use frist_calls::siprec::request::{self, Refused, Said};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/siprec")
}

/// Every file by its name.
pub fn files() -> BTreeMap<String, Bytes> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let invites = entries.filter(|p| p.extension().is_some_and(|e| e == "sip"));
    invites
        .map(|p| {
            let name = p.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(p).unwrap().into())
        })
        .collect()
}

/// `CA` for caller and agent, `-` for a stream that is nobody's; with the first id, and `!` when
/// the metadata was no use.
fn made_of(bytes: &Bytes) -> String {
    let Ok(message) = Message::from_datagram(bytes) else { return "malformed".to_owned() };
    match answered(&message) {
        Ok(made) => made,
        Err(why) => {
            let headers = why.headers();
            assert!(headers.get("Warning").unwrap().starts_with("399 frist \""));
            why.code().to_string()
        }
    }
}

fn answered(message: &Message) -> Result<String, Refused> {
    request::check(&message.headers)?;
    let said = request::read(message.headers.get("Content-Type"), &message.body)?;
    let Said { sdp: Some(offer), metadata, unreadable } = said else {
        return Err(Refused::NoOffer);
    };
    let sides = request::sides(&offer, metadata.as_ref(), &[]);
    // Nothing is agreed to before consent.
    let slot = |side: &Side| Slot {
        port: 7000 + 4 * side.index() as u16,
        willing: Direction::Inactive,
        codec: None,
        srtp: Srtp::AsOffered,
    };
    let slots: Vec<_> = sides.iter().map(|s| s.as_ref().map(slot)).collect();
    let answer = Negotiation::new("192.0.2.10".parse().unwrap())
        .unwrap()
        .answer(&offer, &slots)
        .map_err(|e| Refused::Negotiation(e.to_string()))?;
    let ours = Sdp::parse(answer.body.as_bytes()).unwrap();
    assert_eq!(ours.media.len(), offer.media.len());
    assert!(ours.media.iter().all(|m| m.port == 0 || m.direction == Direction::Inactive));
    let letter = |s: &Option<Side>| match s {
        None => '-',
        Some(Side::Caller) => 'C',
        Some(Side::Agent) => 'A',
    };
    let letters: String = sides.iter().map(letter).collect();
    let names = ["Session-ID", "X-Call-ID"].map(str::to_owned);
    let call_id = message.headers.get("Call-ID").unwrap_or_default();
    let ids = request::ids(&message.headers, &names, metadata.as_ref(), call_id);
    let mark = if unreadable.is_some() { "!" } else { "" };
    Ok(format!("{letters}{mark} {}", ids.join(" ")))
}

const BOTH: &str =
    "CA ab30317f1a784dc48ff824d0d3715d86 47755a9de7794ba387653f2099600ef2 rs-8d3f0c2a@198.51.100.1";

/// What `expected.txt` says of each file.
pub fn expected() -> BTreeMap<String, String> {
    let lines = include_str!("../corpus/siprec/expected.txt").lines();
    lines
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| l.split_once(": ").unwrap())
        .map(|(name, made)| (name.to_owned(), made.replace("BOTH", BOTH)))
        .collect()
}

#[test]
fn every_shape_is_taken_or_refused_as_it_should_be() {
    let expected = expected();
    let files = files();
    let mut wrong = Vec::new();
    for (name, bytes) in &files {
        let made = made_of(bytes);
        if expected.get(name) != Some(&made) {
            wrong.push(format!("{name}: {}", made.replace(BOTH, "BOTH")));
        }
    }
    assert!(wrong.is_empty(), "not as in expected.txt:\n{}", wrong.join("\n"));
    assert_eq!(expected.len(), files.len(), "a line without a file");
}

#[test]
fn cut_anywhere_or_with_any_byte_changed_nothing_panics() {
    for bytes in files().into_values() {
        let step = (bytes.len() / 37).max(1);
        for at in (0..bytes.len()).step_by(step) {
            made_of(&bytes.slice(..at));
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << (at % 8);
            made_of(&changed.into());
        }
    }
}
