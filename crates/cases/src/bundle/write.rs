//! Making a bundle in a folder, in the order that makes it sound (see [`super`]).

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, BufWriter, Read};
use std::path::Path;

use frist_ledger::{Checkpoint, Id, VerifierKey};
use frist_register::Lang;
use frist_sweep::Engine;
use sha2::{Digest, Sha256};

use super::collect::{Given, figures};
use super::manifest::{MANIFEST, Manifest, Part, SEAL, hex, sha256};
use super::verify::{Looked, verify};
use super::{
    EVIDENCE, FIGURES, Figures, Folder, MAX_ATTACHED, Parts, README, REPORT_HTML, REPORT_PDF,
    report, seal,
};
use crate::{CasesError, Result};

/// A bundle that was made, and verified.
#[derive(Debug)]
pub struct Made {
    /// The figures.
    pub figures: Figures,
    /// The manifest's SHA-256, in hexadecimal, as the ledger names it.
    pub manifest_sha256: String,
    /// What the verification of the finished bundle said.
    pub looked: Looked,
    /// Whether the report is there as PDF.
    pub pdf: bool,
}

/// Makes the bundle in `folder`, which exists and is empty. `publish` publishes the
/// ledger. What was made is verified with `keys` before this returns.
///
/// # Errors
/// When Frist's own database or the folder refuses, or what was made does not verify: then it must
/// not be handed out, and the error says what is wrong.
pub fn make<E: From<CasesError>>(
    engine: &mut Engine,
    given: Given,
    folder: &Path,
    lang: Lang,
    keys: &[VerifierKey],
    publish: &mut dyn FnMut(&mut Engine) -> std::result::Result<(), E>,
) -> std::result::Result<Made, E> {
    let by = Id::new(given.by.as_str()).map_err(CasesError::from)?;
    // Evidence has at least one entry; of a ledger that nothing was written to, this is the first.
    if engine.state.size().map_err(CasesError::from)? == 0 {
        let begun = seal::begun(&by, engine.now())?;
        engine.state.append(&begun).map_err(CasesError::from)?;
    }
    publish(engine)?;
    let (figures, manifest_sha256, pdf, head) = parts(engine, given, folder, lang, keys)?;
    // From here on nothing of the parts changes.
    let edge = seal::edge(&mut engine.state, head.size)?;
    let entry = seal::entry(&manifest_sha256, &by, engine.now())?;
    engine.state.append(&entry).map_err(CasesError::from)?;
    publish(engine)?;
    sealed(engine, folder, &edge)?;
    let looked = verify(&mut Folder::new(folder), keys, None)?;
    if let Some(fault) = looked.faults.first() {
        let why = format!("what was made does not verify: {fault}");
        return Err(CasesError::Damaged { what: "the bundle", why }.into());
    }
    Ok(Made { figures, manifest_sha256, looked, pdf })
}

fn sealed(engine: &mut Engine, folder: &Path, edge: &frist_ledger::Frontier) -> Result<()> {
    let kept = engine.state.checkpoint()?.ok_or_else(|| CasesError::Damaged {
        what: "the ledger",
        why: "it was published, but its checkpoint is not there".to_owned(),
    })?;
    // The signature is verified with everything else at the end.
    let root = frist_ledger::Hash::EMPTY;
    let head = Checkpoint { origin: String::new(), size: kept.size, root };
    let file = create(folder, SEAL)?;
    seal::write(&mut engine.state, BufWriter::new(file), edge, &head, &kept.text)?;
    Ok(())
}

/// Writes all parts and the manifest.
fn parts(
    engine: &mut Engine,
    given: Given,
    folder: &Path,
    lang: Lang,
    keys: &[VerifierKey],
) -> Result<(Figures, String, bool, Checkpoint)> {
    engine.evidence(BufWriter::new(create(folder, EVIDENCE)?))?;
    let written =
        fs::File::open(folder.join(EVIDENCE)).map_err(|e| failed("read", EVIDENCE, &e))?;
    let head = frist_ledger::verify_evidence(BufReader::new(written), keys, None)?.checkpoint;
    let (figures, files) = figures(engine, given, &head)?;
    for file in &files {
        write(folder, &file.part, file.text.as_bytes())?;
    }
    let json = serde_json::to_vec_pretty(&figures)
        .map_err(|e| CasesError::Damaged { what: "the figures", why: e.to_string() })?;
    write(folder, FIGURES, &json)?;
    write(folder, README, report::readme(&figures, lang).as_bytes())?;
    let evidence = fs::read(folder.join(EVIDENCE)).map_err(|e| failed("read", EVIDENCE, &e))?;
    let attach = evidence.len() as u64 <= MAX_ATTACHED;
    let document = report::document(&figures, lang, attach);
    write(folder, REPORT_HTML, document.html().as_bytes())?;
    let pdf = report::pdf(document, &json, attach.then_some(evidence), lang)?;
    if let Some(bytes) = &pdf {
        write(folder, REPORT_PDF, bytes)?;
    }
    let manifest = Manifest { made: figures.made, period: figures.period, parts: listed(folder)? };
    let text = manifest.text();
    write(folder, MANIFEST, text.as_bytes())?;
    Ok((figures, sha256(text.as_bytes()), pdf.is_some(), head))
}

/// Every file of the folder with its length and hash.
fn listed(folder: &Path) -> Result<BTreeMap<String, Part>> {
    let mut parts = Folder::new(folder);
    let mut out = BTreeMap::new();
    for name in parts.names()? {
        let Some(mut file) = parts.open(&name)? else { continue };
        let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0u64, vec![0u8; 1 << 16]);
        loop {
            let n = file.read(&mut buffer).map_err(|e| failed("read", &name, &e))?;
            if n == 0 {
                break;
            }
            hash.update(&buffer[..n]);
            bytes += n as u64;
        }
        out.insert(name, Part { sha256: hex(&hash.finalize()), bytes });
    }
    Ok(out)
}

fn create(folder: &Path, name: &str) -> Result<fs::File> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| failed("make the folder of", name, &e))?;
    }
    fs::File::create(&path).map_err(|e| failed("write", name, &e))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    create(folder, name)?.write_all(bytes).map_err(|e| failed("write", name, &e))
}

fn failed(action: &'static str, name: &str, error: &std::io::Error) -> CasesError {
    CasesError::File { action, place: format!("`{name}`"), reason: error.to_string() }
}
