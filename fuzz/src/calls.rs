//! The pure parts of `frist-calls`, by their files: the crate itself would bring HTTP, TLS and a
//! database into a fuzzing build. The modules stand where the crate has them, so that their own
//! paths hold.

use std::path::Path;

pub mod media;
pub mod sip;
pub mod siprec;

/// The INVITEs of the tests' corpus.
pub fn invites() -> Vec<Vec<u8>> {
    let folder = crate::repository().join("crates/calls/tests/corpus/siprec");
    let entries =
        std::fs::read_dir(&folder).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "sip")).collect();
    files.sort();
    let read = |path: &Path| std::fs::read(path).ok().filter(|b| b.len() < 12_000);
    files.iter().filter_map(|p| read(p)).collect()
}

/// Their bodies, with the content type in the first line.
pub fn bodies() -> Vec<Vec<u8>> {
    let messages =
        invites().into_iter().filter_map(|b| sip::Message::from_datagram(&b.into()).ok());
    let lines = messages.map(|m| {
        let kind = m.headers.get("Content-Type").unwrap_or_default();
        [kind.as_bytes(), b"\n", &m.body].concat()
    });
    lines.collect()
}

/// Their session descriptions.
pub fn descriptions() -> Vec<Vec<u8>> {
    let split = |body: &Vec<u8>| {
        let (kind, body) = crate::first_line(body);
        let parts = siprec::multipart::parts(kind, body);
        parts
            .into_iter()
            .filter(|p| p.kind == "application/sdp")
            .map(|p| p.content.to_vec())
            .collect::<Vec<_>>()
    };
    bodies().iter().flat_map(split).collect()
}
