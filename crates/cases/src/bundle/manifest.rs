//! The list of a bundle's parts, each with its SHA-256.
//!
//! ```text
//! frist-bundle@v1
//! made: 2026-11-22T12:00:00Z
//! from: 2025-11-22T12:00:00Z
//! until: 2026-11-22T12:00:00Z
//! part: <SHA-256 in hexadecimal> <bytes> <name>      one line a part, by name
//! ```
//!
//! The text has one form only: what is read is written anew and must be the same. Its own SHA-256
//! is what the ledger's entry of the bundle names (see [`super::seal`]).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Period;

/// The first line of the format.
pub const HEADER: &str = "frist-bundle@v1";
/// The manifest's own file.
pub const MANIFEST: &str = "manifest.txt";
/// The file with the ledger's entry that names the manifest.
pub const SEAL: &str = "seal.frist";
/// The largest manifest that is read, in bytes.
pub const MAX_MANIFEST: u64 = 16 << 20;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// The list of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// When the bundle was made.
    pub made: Timestamp,
    /// What it tells of.
    pub period: Period,
    /// The parts, by name: a path with `/`.
    pub parts: BTreeMap<String, Part>,
}

impl Manifest {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "{HEADER}\nmade: {}\nfrom: {}\nuntil: {}\n",
            self.made, self.period.since, self.period.until
        );
        for (name, part) in &self.parts {
            let _ = writeln!(out, "part: {} {} {name}", part.sha256, part.bytes);
        }
        out
    }

    /// Reads the text, and nothing but its one form.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(format!("it does not begin with `{HEADER}`"));
        }
        let mut instant = |name: &str| {
            let value = lines.next().and_then(|l| l.strip_prefix(name)?.strip_prefix(": "));
            value
                .and_then(|v| v.parse::<Timestamp>().ok())
                .ok_or_else(|| format!("the line `{name}` is missing or cannot be read"))
        };
        let (made, since, until) = (instant("made")?, instant("from")?, instant("until")?);
        let mut parts = BTreeMap::new();
        for line in lines {
            let read = line.strip_prefix("part: ").and_then(|l| {
                let mut words = l.splitn(3, ' ');
                let (sha256, bytes, name) = (words.next()?, words.next()?, words.next()?);
                let hex = sha256.len() == 64 && sha256.chars().all(|c| c.is_ascii_hexdigit());
                let part = Part { sha256: sha256.to_owned(), bytes: bytes.parse().ok()? };
                (hex && is_name(name)).then_some((name.to_owned(), part))
            });
            let (name, part) = read.ok_or_else(|| "a line names no part".to_owned())?;
            parts.insert(name, part);
        }
        let manifest = Self { made, period: Period { since, until }, parts };
        match manifest.text() == text {
            true => Ok(manifest),
            false => Err("it is not written as Frist writes it".to_owned()),
        }
    }
}

/// Whether this can name a part: a path below the bundle, without ways out of it.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-+@ ".contains(c);
    let piece = |p: &str| !p.is_empty() && !p.starts_with('.') && p.chars().all(plain);
    !matches!(name, MANIFEST | SEAL) && name.len() <= 300 && name.split('/').all(piece)
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Manifest {
        let t = |s: &str| s.parse().expect("an instant");
        let part = |text: &str| Part { sha256: sha256(text.as_bytes()), bytes: 1 };
        Manifest {
            made: t("2026-11-22T12:00:00Z"),
            period: Period { since: t("2025-11-22T12:00:00Z"), until: t("2026-11-22T12:00:00Z") },
            parts: [("a.json".to_owned(), part("a")), ("register/x/b.toml".to_owned(), part("b"))]
                .into(),
        }
    }

    #[test]
    fn one_form_only() {
        let text = some().text();
        assert_eq!(Manifest::parse(&text), Ok(some()));
        for wrong in [
            text.replace("frist-bundle@v1", "frist-bundle@v2"),
            text.replace("part: ", "part:  "),
            text.replace("a.json", "../a.json"),
            text.replace("a.json", "/a.json"),
            text.replace("a.json", "seal.frist"),
            text.replace("12:00:00Z", "12:00:00.0Z"),
            text.replace('\n', "\r\n"),
            format!("{text}\n"),
            text.lines().rev().collect::<Vec<_>>().join("\n"),
            text.trim_end().to_owned(),
        ] {
            assert!(Manifest::parse(&wrong).is_err(), "{wrong}");
        }
        let (head, tail) = text.split_once("part: ").expect("parts");
        let (one, two) = tail.split_once("part: ").expect("two parts");
        assert!(Manifest::parse(&format!("{head}part: {two}part: {one}")).is_err());
    }
}
