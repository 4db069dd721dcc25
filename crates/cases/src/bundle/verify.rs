//! Verifying a bundle offline, with nothing but the ledger's public key.
//!
//! 1. The manifest has its one form, and every part is there with its length and SHA-256; nothing
//!    else is there.
//! 2. The evidence is signed, and nothing in it was changed or left out.
//! 3. The seal is signed, continues that very ledger, and names the manifest.
//! 4. What the figures say is proven comes out of the evidence again, number by number.
//! 5. The register's files make the revisions that the ledger says were in force.
//! 6. The report is what this program writes from the figures; that is told, and no fault when not.
//!
//! Every failure is a [`Fault`] with its meaning; all that can be found are reported, so that an
//! inspector sees what was changed and not only that something was.

use std::fmt;
use std::io::{BufReader, Read};

use frist_ledger::evidence::Report;
use frist_ledger::{Checkpoint, VerifierKey, verify_entries};
use frist_register::{Lang, Register};
use sha2::{Digest, Sha256};

use super::manifest::{MANIFEST, MAX_MANIFEST, Manifest, SEAL, hex, sha256};
use super::proven::Proof;
use super::seal::{self, Sealed};
use super::{
    EVIDENCE, FIGURES, Figures, MAX_ATTACHED, Parts, REPORT_HTML, REPORT_PDF, Revision, report,
};
use crate::Result;

/// The largest figures that are read, in bytes.
const MAX_FIGURES: u64 = 256 << 20;
/// The largest file of a register that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// What does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part, or what else.
    pub part: String,
    /// What was found, and what it means.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.part, self.what)
    }
}

/// A bundle that was looked through.
#[derive(Debug)]
pub struct Looked {
    /// What does not verify; empty when all of it does.
    pub faults: Vec<Fault>,
    /// The manifest, where it can be read.
    pub manifest: Option<Manifest>,
    /// What the evidence proves, where it verifies.
    pub evidence: Option<Report>,
    /// When and by whom the bundle was sealed, where that verifies.
    pub sealed: Option<Sealed>,
    /// The figures, where they can be read.
    pub figures: Option<Box<Figures>>,
    /// How many of the register's revisions were made again from their files.
    pub revisions: usize,
    /// Whether the report's words are what this program writes from the figures, for each form of
    /// the report that it can write. Not a fault when not: another version has other words.
    pub same_words: Vec<(&'static str, bool)>,
}

impl Looked {
    /// Whether everything verifies.
    #[must_use]
    pub fn valid(&self) -> bool {
        self.faults.is_empty() && self.sealed.is_some() && self.evidence.is_some()
    }

    fn fault(&mut self, part: &str, what: impl Into<String>) {
        self.faults.push(Fault { part: part.to_owned(), what: what.into() });
    }
}

/// Whether this looks like a bundle: it has a manifest that begins as one.
///
/// # Errors
/// When it cannot be read.
pub fn is_bundle(parts: &mut dyn Parts) -> Result<bool> {
    Ok(read(parts, MANIFEST, MAX_MANIFEST)?.is_some())
}

/// Looks through a bundle. `against` is an older checkpoint, already opened, that the ledger must
/// still contain.
///
/// # Errors
/// When a part cannot be read at all; what does not verify is in the answer.
pub fn verify(
    parts: &mut dyn Parts,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
) -> Result<Looked> {
    let mut looked = Looked {
        faults: Vec::new(),
        manifest: None,
        evidence: None,
        sealed: None,
        figures: None,
        revisions: 0,
        same_words: Vec::new(),
    };
    let Some(bytes) = read(parts, MANIFEST, MAX_MANIFEST)? else {
        looked.fault(MANIFEST, "it is missing; without it nothing of the bundle can be verified");
        return Ok(looked);
    };
    let manifest_sha256 = sha256(&bytes);
    let text = String::from_utf8_lossy(&bytes);
    match Manifest::parse(&text) {
        Ok(manifest) => looked.manifest = Some(manifest),
        Err(why) => looked.fault(MANIFEST, format!("{why}; it was changed")),
    }
    listed(parts, &mut looked)?;
    ledger(parts, keys, against, &manifest_sha256, &mut looked)?;
    figures(parts, &mut looked)?;
    words(parts, &mut looked)?;
    Ok(looked)
}

/// Holds each part against the manifest.
fn listed(parts: &mut dyn Parts, looked: &mut Looked) -> Result<()> {
    let Some(manifest) = looked.manifest.clone() else { return Ok(()) };
    for (name, part) in &manifest.parts {
        let Some(reader) = parts.open(name)? else {
            looked.fault(name, "it is missing, but the manifest names it");
            continue;
        };
        // One byte more than it may have tells that it has too many.
        let mut reader = reader.take(part.bytes.saturating_add(1));
        let mut hash = Sha256::new();
        let mut buffer = vec![0u8; 1 << 16];
        let mut size = 0u64;
        let whole = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break true,
                Ok(n) => {
                    hash.update(&buffer[..n]);
                    size += n as u64;
                }
                Err(_) => break false,
            }
        };
        if !whole {
            looked.fault(name, "it cannot be read to its end; it was damaged");
        } else if size < part.bytes {
            looked.fault(
                name,
                format!("it has {size} bytes of {}; it was cut off or changed", part.bytes),
            );
        } else if size > part.bytes || hex(&hash.finalize()) != part.sha256 {
            looked.fault(name, "it is not what the manifest names; it was changed or exchanged");
        }
    }
    for name in parts.names()? {
        if !manifest.parts.contains_key(&name) && name != MANIFEST && name != SEAL {
            looked.fault(&name, "the manifest does not name it; it was added afterwards");
        }
    }
    for needed in [EVIDENCE, FIGURES] {
        if !manifest.parts.contains_key(needed) {
            looked.fault(needed, "the manifest does not name it; no bundle is without it");
        }
    }
    Ok(())
}

/// Verifies the evidence and the seal; recomputes what is proven.
fn ledger(
    parts: &mut dyn Parts,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
    manifest_sha256: &str,
    looked: &mut Looked,
) -> Result<()> {
    let period = looked.manifest.as_ref().map(|m| m.period);
    let mut proof = period.map(Proof::new);
    let evidence = match parts.open(EVIDENCE)? {
        None => return Ok(()),
        Some(reader) => verify_entries(BufReader::new(reader), keys, against, &mut |_, entry| {
            if let Some(proof) = &mut proof {
                proof.take(entry);
            }
        }),
    };
    let evidence = match evidence {
        Ok(report) => report,
        Err(e) => {
            looked.fault(EVIDENCE, format!("it does not verify: {e}"));
            return Ok(());
        }
    };
    if evidence.from != 0 {
        looked.fault(EVIDENCE, "it does not begin at the ledger's first entry");
    }
    match parts.open(SEAL)? {
        None => looked.fault(SEAL, "it is missing; nothing says that the manifest is the one made"),
        Some(reader) => {
            let head = &evidence.checkpoint;
            match seal::verify(BufReader::new(reader), keys, head, manifest_sha256) {
                Ok(Some(sealed)) => looked.sealed = Some(sealed),
                Ok(None) => looked.fault(
                    MANIFEST,
                    "the ledger does not name it; it was changed after the bundle was sealed, or the seal is another bundle's",
                ),
                Err(frist_ledger::Error::NotCovered { .. }) => looked.fault(
                    SEAL,
                    "it does not continue this evidence; it is another bundle's",
                ),
                Err(e) => looked.fault(SEAL, format!("it does not verify: {e}")),
            }
        }
    }
    let figures = read(parts, FIGURES, MAX_FIGURES)?;
    let figures = figures.and_then(|bytes| serde_json::from_slice::<Figures>(&bytes).ok());
    if let (Some(proof), Some(figures)) = (proof, &figures) {
        let same_period = period == Some(figures.period);
        if !same_period {
            looked.fault(FIGURES, "it tells of another period than the manifest");
        } else if proof.finish() != figures.proven {
            looked.fault(
                FIGURES,
                "what it says the ledger proves does not come out of the evidence; a number was changed",
            );
        }
        let head = &evidence.checkpoint;
        if figures.ledger != head.origin || figures.ledger_entries != head.size {
            looked.fault(
                FIGURES,
                "it names another ledger, or another size of it, than the evidence",
            );
        }
    }
    looked.figures = figures.map(Box::new);
    looked.evidence = Some(evidence);
    Ok(())
}

/// Makes the register's revisions again from their files.
fn figures(parts: &mut dyn Parts, looked: &mut Looked) -> Result<()> {
    let Some(figures) = looked.figures.take() else {
        if looked.manifest.is_some() && looked.evidence.is_some() {
            looked.fault(FIGURES, "it cannot be read");
        }
        return Ok(());
    };
    for (at, revision) in figures.revisions.iter().enumerate() {
        let live = figures.proven.revisions.get(at);
        if live.is_none_or(|l| l.revision != revision.hash || l.from != revision.from) {
            looked.fault(FIGURES, "its revisions are not those that the ledger says were in force");
            break;
        }
    }
    if figures.revisions.len() != figures.proven.revisions.len() {
        looked.fault(FIGURES, "it has not all revisions that the ledger says were in force");
    }
    for revision in &figures.revisions {
        match remade(parts, revision)? {
            Ok(true) => looked.revisions += 1,
            Ok(false) => looked.fault(
                &format!("register/{}", revision.hash),
                "its files do not make the revision that the ledger names; they were exchanged",
            ),
            Err(why) => looked.fault(&format!("register/{}", revision.hash), why),
        }
    }
    looked.figures = Some(figures);
    Ok(())
}

/// Writes the report anew from the figures and compares: a report that says something else than the
/// figures it was sealed with is seen by the version that made it.
fn words(parts: &mut dyn Parts, looked: &mut Looked) -> Result<()> {
    let (Some(figures), Some(manifest)) = (&looked.figures, &looked.manifest) else {
        return Ok(());
    };
    let attached = manifest.parts.get(EVIDENCE).is_some_and(|p| p.bytes <= MAX_ATTACHED);
    let documents = [Lang::Da, Lang::En].map(|l| (l, report::document(figures, l, attached)));
    let mut same = Vec::new();
    if let Some(html) = read(parts, REPORT_HTML, MAX_FIGURES)? {
        same.push((REPORT_HTML, documents.iter().any(|(_, d)| d.html().as_bytes() == html)));
    }
    let pdf = if frist_paper::PDF { read(parts, REPORT_PDF, MAX_FIGURES)? } else { None };
    if let Some(pdf) = pdf {
        let json = read(parts, FIGURES, MAX_FIGURES)?.unwrap_or_default();
        let evidence = if attached { read(parts, EVIDENCE, MAX_ATTACHED)? } else { None };
        let mut found = false;
        for (lang, document) in documents {
            let again = report::pdf(document, &json, evidence.clone(), lang)?;
            found |= again.is_some_and(|bytes| bytes == pdf);
        }
        same.push((REPORT_PDF, found));
    }
    looked.same_words = same;
    Ok(())
}

/// Whether the files of a revision have its content hash.
fn remade(parts: &mut dyn Parts, revision: &Revision) -> Result<Result<bool, String>> {
    let mut files = Vec::new();
    for file in &revision.files {
        let Some(bytes) = read(parts, &file.part, MAX_FILE)? else {
            return Ok(Err(format!("`{}` is missing", file.part)));
        };
        files.push((file.name.clone(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    let named: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let register = Register::read(&named).register;
    Ok(match register {
        _ if files.is_empty() => Err("its text was not kept, so that it cannot be compared".into()),
        Some(register) => Ok(frist_register::revision_hash(&register) == revision.hash),
        None => Ok(false),
    })
}

/// Reads a part whole; none when it is not there. What is longer than `limit` is cut there, and
/// the manifest then says that it was changed.
fn read(parts: &mut dyn Parts, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
    let Some(reader) = parts.open(name)? else { return Ok(None) };
    let mut bytes = Vec::new();
    // A damaged zip fails here; the part then is what could be read, and does not fit its hash.
    let _ = reader.take(limit).read_to_end(&mut bytes);
    Ok(Some(bytes))
}
