//! What a recording client says about the recorded call: rs-metadata (RFC 7865).
//!
//! Only what is needed is read: the session and the ids by which consent is found, who takes part,
//! and which stream carries whom. Elements are known by their local name, in any namespace and
//! under any prefix, because clients send the final namespace
//! (`urn:ietf:params:xml:ns:recording:1`), the one of the drafts before, and none. Ids may be in
//! the attributes of the RFC (`session_id`, `participant_id`, `stream_id`) or of the drafts (`id`,
//! `session`).
//!
//! A document type is refused, so no entity is ever defined or expanded; the five of XML itself and
//! numbered characters are read. Depth, counts and lengths are limited.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Deeper nesting is refused.
const MOST_DEPTH: usize = 32;
/// More participants, streams, or associations than this are refused.
const MOST_ITEMS: usize = 64;
/// Longer ids, names and labels are cut.
const MOST_TEXT: usize = 512;
/// More elements and texts than this are refused.
const MOST_EVENTS: usize = 20_000;

/// Why metadata cannot be read. It says nothing of what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not XML, or it ends too early.
    #[error("the recording metadata is not well-formed XML")]
    Xml,
    /// A document type, which can define entities.
    #[error("the recording metadata has a document type, which is refused")]
    DocumentType,
    /// The outermost element is another one.
    #[error("the recording metadata's outermost element is not `recording` (RFC 7865 section 6.1)")]
    Root,
    /// Too deep, or too many.
    #[error("the recording metadata is nested too deep or has too many elements")]
    Limit,
}

/// What was read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `dataMode` is `partial`: only what changed (RFC 7865 section 6.1.1).
    pub partial: bool,
    /// `sipSessionID` of the recorded sessions (RFC 7989), or the Call-ID that some clients put
    /// there.
    pub sip_session_ids: Vec<String>,
    /// Who takes part, in their order.
    pub participants: Vec<Participant>,
    /// The streams.
    pub streams: Vec<Stream>,
}

/// Somebody in the recorded call.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Participant {
    /// `participant_id`.
    pub id: String,
    /// The first address of record: `sip:` or `tel:`.
    pub aor: Option<String>,
    /// The ids of the streams that carry this one's voice.
    pub sends: Vec<String>,
}

/// A stream of the recording session.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// `stream_id`.
    pub id: String,
    /// The `a=label` of its `m=` line.
    pub label: Option<String>,
}

// People's numbers are in these: nothing of them is shown.
impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metadata")
            .field("partial", &self.partial)
            .field("participants", &self.participants.len())
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}

impl Metadata {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is not well-formed, not such a document, or over the limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let text = String::from_utf8_lossy(bytes);
        let text = text
            .trim_start_matches('\u{feff}')
            .trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut walk = Walk::default();
        for _ in 0..MOST_EVENTS {
            match reader.read_event().map_err(|_| MetadataError::Xml)? {
                Event::Start(start) => walk.open(&start)?,
                Event::End(_) => walk.close(),
                Event::Text(t) => walk.text.push_str(&t.xml_content(XmlVersion::Implicit1_0)),
                Event::CData(t) => walk.text.push_str(&t.xml_content(XmlVersion::Implicit1_0)),
                Event::GeneralRef(r) => {
                    let name = r.xml_content(XmlVersion::Implicit1_0);
                    let letter = r.resolve_char_ref().map_err(|_| MetadataError::Xml)?;
                    let known = || quick_xml::escape::resolve_xml_entity(&name);
                    match letter {
                        Some(letter) => walk.text.push(letter),
                        None => walk.text.push_str(known().ok_or(MetadataError::Xml)?),
                    }
                }
                Event::DocType(_) => return Err(MetadataError::DocumentType),
                Event::Eof => return walk.done(),
                _ => {}
            }
            walk.text.truncate(floor(&walk.text, 2 * MOST_TEXT));
        }
        Err(MetadataError::Limit)
    }

    /// Takes in a later document: a complete one takes the place of this one, a partial one adds
    /// and replaces by id.
    pub fn update(&mut self, later: Metadata) {
        if !later.partial {
            *self = later;
            return;
        }
        let Metadata { sip_session_ids, participants, streams, .. } = later;
        for id in sip_session_ids {
            if !self.sip_session_ids.contains(&id) && self.sip_session_ids.len() < MOST_ITEMS {
                self.sip_session_ids.push(id);
            }
        }
        for stream in streams {
            let full = self.streams.len() >= MOST_ITEMS;
            match self.streams.iter_mut().find(|s| s.id == stream.id) {
                Some(have) => have.label = stream.label.or_else(|| have.label.take()),
                None if full => {}
                None => self.streams.push(stream),
            }
        }
        for participant in participants {
            let full = self.participants.len() >= MOST_ITEMS;
            match self.participants.iter_mut().find(|p| p.id == participant.id) {
                Some(have) => {
                    have.aor = participant.aor.or_else(|| have.aor.take());
                    if !participant.sends.is_empty() {
                        have.sends = participant.sends;
                    }
                }
                None if full => {}
                None => self.participants.push(participant),
            }
        }
    }

    /// Whose voice the stream with this label carries: the number of the participant. None when the
    /// metadata does not say, or says that it carries several.
    pub fn speaker(&self, label: &str) -> Option<usize> {
        let of_label = |s: &&Stream| s.label.as_deref() == Some(label);
        let id = &self.streams.iter().find(of_label)?.id;
        let mut speakers = self
            .participants
            .iter()
            .enumerate()
            .filter(|(_, p)| p.sends.contains(id))
            .map(|(n, _)| n);
        speakers.next().filter(|_| speakers.next().is_none())
    }
}

/// The largest place up to `most` that is between two letters.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0)
}

fn short(text: &str) -> String {
    let text = text.trim();
    text[..floor(text, MOST_TEXT)].to_owned()
}

/// What is being read.
#[derive(Default)]
struct Walk {
    /// Local names of the open elements, in small letters without `-` and `_`.
    path: Vec<String>,
    /// The text since the last tag.
    text: String,
    found: Metadata,
    /// `participantstreamassoc`: participant and stream it sends.
    sends: Vec<(String, String)>,
    /// The participant of the open `participantstreamassoc`, or of the open `participant`.
    sender: Option<String>,
    root: bool,
}

impl Walk {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), MetadataError> {
        self.text.clear();
        let name = plain(start.local_name().as_ref());
        if self.path.len() >= MOST_DEPTH {
            return Err(MetadataError::Limit);
        }
        if self.path.is_empty() {
            if name != "recording" || self.root {
                return Err(MetadataError::Root);
            }
            self.root = true;
        }
        let attribute = |names: &[&str]| -> Option<String> {
            let mut all = start.attributes();
            let mut all = all.with_checks(false).flatten();
            let one = all.find(|a| names.contains(&plain(a.key.local_name().as_ref()).as_str()))?;
            let value = one.normalized_value(XmlVersion::Implicit1_0).ok()?;
            Some(short(&value)).filter(|v| !v.is_empty())
        };
        let inside = self.path.last().map(String::as_str).unwrap_or_default();
        match name.as_str() {
            "participant" => {
                self.sender = attribute(&["participantid", "id"]);
                let id = self.sender.clone().unwrap_or_default();
                // The same one may be written once for each session it is in.
                if id.is_empty() || !self.found.participants.iter().any(|p| p.id == id) {
                    push(
                        &mut self.found.participants,
                        Some(Participant { id, ..Participant::default() }),
                    )?;
                }
            }
            "nameid" if inside == "participant" => self.aor(attribute(&["aor", "uri"])),
            "stream" => {
                let id = attribute(&["streamid", "id"]).unwrap_or_default();
                push(&mut self.found.streams, Some(Stream { id, label: None }))?;
            }
            "participantstreamassoc" => self.sender = attribute(&["participantid", "id"]),
            _ => {}
        }
        self.path.push(name);
        Ok(())
    }

    fn close(&mut self) {
        let name = self.path.pop().unwrap_or_default();
        let inside = self.path.last().map(String::as_str).unwrap_or_default();
        let text = short(&self.text);
        self.text.clear();
        if text.is_empty() {
            return;
        }
        match (inside, name.as_str()) {
            (_, "datamode") => self.found.partial = text.eq_ignore_ascii_case("partial"),
            ("session", "sipsessionid") if self.found.sip_session_ids.len() < MOST_ITEMS => {
                self.found.sip_session_ids.push(text);
            }
            ("participant" | "nameid", "aor") => self.aor(Some(text)),
            ("stream", "label") => {
                if let Some(stream) = self.found.streams.last_mut() {
                    stream.label = Some(text);
                }
            }
            ("participantstreamassoc" | "participant", "send") if self.sends.len() < MOST_ITEMS => {
                self.sends.extend(self.sender.clone().map(|sender| (sender, text)));
            }
            _ => {}
        }
    }

    /// The address of the participant that is being read; the first counts.
    fn aor(&mut self, aor: Option<String>) {
        let Some(id) = self.sender.clone() else { return };
        if let Some(p) = self.found.participants.iter_mut().find(|p| p.id == id) {
            p.aor = p.aor.take().or(aor);
        }
    }

    fn done(mut self) -> Result<Metadata, MetadataError> {
        if !self.path.is_empty() || !self.root {
            return Err(if self.root { MetadataError::Xml } else { MetadataError::Root });
        }
        for (sender, stream) in self.sends {
            if let Some(p) = self.found.participants.iter_mut().find(|p| p.id == sender) {
                p.sends.push(stream);
            }
        }
        Ok(self.found)
    }
}

fn push<T>(list: &mut Vec<T>, item: Option<T>) -> Result<(), MetadataError> {
    if list.len() >= MOST_ITEMS {
        return Err(MetadataError::Limit);
    }
    list.extend(item);
    Ok(())
}

/// A name in small letters, without the dashes and underlines that the drafts had in other places.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}
