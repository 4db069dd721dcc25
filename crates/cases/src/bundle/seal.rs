//! The seal: the ledger's entry that names the manifest's hash, as evidence over the stretch of the
//! ledger from the end of the bundle's own evidence to the head that was signed after it.
//!
//! The entry is `case` with the case [`CASE`] and the step `sha256:<hash of the manifest>`. Since it
//! is in the ledger, a bundle cannot be made twice for the same day unseen: both entries are there.

use std::io::{BufRead, Write};

use frist_ledger::evidence::Report;
use frist_ledger::{Checkpoint, Entry, EvidenceWriter, Frontier, Id, Kind, VerifierKey, hash};
use frist_state::State;
use jiff::Timestamp;

use crate::Result;

/// What the entry calls a bundle.
pub const CASE: &str = "evidence-bundle";
/// The entry's step begins with this.
const STEP: &str = "sha256:";

/// The entry that names a manifest.
///
/// # Errors
/// When `by` cannot name an operator.
pub fn entry(manifest_sha256: &str, by: &Id, at: Timestamp) -> Result<Entry> {
    let (case, step) = (Id::new(CASE)?, Id::new(format!("{STEP}{manifest_sha256}"))?);
    Ok(Entry::new(at, Kind::Case { case, step, by: by.clone() }))
}

/// The entry by which a bundle begins a ledger that has none yet.
///
/// # Errors
/// Never in practice: its words are fixed.
pub fn begun(by: &Id, at: Timestamp) -> Result<Entry> {
    let (case, step) = (Id::new(CASE)?, Id::new("begun")?);
    Ok(Entry::new(at, Kind::Case { case, step, by: by.clone() }))
}

/// Writes the seal: the ledger from entry `from` on, up to the signed head `head`. `before` is the
/// edge of the first `from` entries.
///
/// # Errors
/// When the database does not answer or the seal cannot be written.
pub fn write<W: Write>(
    state: &mut State,
    out: W,
    before: &Frontier,
    head: &Checkpoint,
    head_text: &str,
) -> Result<W> {
    let mut writer = EvidenceWriter::new(out, before)?;
    let mut index = before.size();
    while index < head.size {
        let limit = u32::try_from(head.size - index).unwrap_or(512).min(512);
        let leaves = state.leaves(index, limit)?;
        if leaves.is_empty() {
            return Err(crate::CasesError::Damaged {
                what: "the ledger",
                why: format!("entry {index} is missing"),
            });
        }
        for leaf in leaves {
            writer.entry(&leaf.entry)?;
            index = leaf.index + 1;
        }
    }
    writer.checkpoint(head_text)?;
    Ok(writer.finish()?)
}

/// The edge of the ledger's first `size` entries.
///
/// # Errors
/// When the database does not answer, or lacks an entry.
pub fn edge(state: &mut State, size: u64) -> Result<Frontier> {
    let mut edge = Frontier::new();
    each(state, size, &mut |_, bytes| {
        edge.append(hash::leaf_hash(bytes));
        Ok(())
    })?;
    Ok(edge)
}

/// Goes through the ledger's first `size` entries.
pub(super) fn each(
    state: &mut State,
    size: u64,
    what: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut index = 0;
    while index < size {
        let limit = u32::try_from(size - index).unwrap_or(512).min(512);
        let leaves = state.leaves(index, limit)?;
        if leaves.is_empty() {
            return Err(crate::CasesError::Damaged {
                what: "the ledger",
                why: format!("entry {index} is missing"),
            });
        }
        for leaf in leaves {
            what(leaf.index, &leaf.entry)?;
            index = leaf.index + 1;
        }
    }
    Ok(())
}

/// What a verified seal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// When the manifest's hash was put into the ledger.
    pub at: Timestamp,
    /// The operator who did.
    pub by: String,
    /// The entry's index.
    pub index: u64,
    /// What the ledger's stretch proves.
    pub report: Report,
}

/// Verifies a seal: that its stretch of the ledger is signed, continues the evidence whose head is
/// `evidence`, and has the entry of this manifest. None when it has no such entry.
///
/// # Errors
/// The ledger's first check that fails.
pub fn verify<R: BufRead>(
    reader: R,
    keys: &[VerifierKey],
    evidence: &Checkpoint,
    manifest_sha256: &str,
) -> std::result::Result<Option<Sealed>, frist_ledger::Error> {
    let mut found = None;
    let wanted = format!("{STEP}{manifest_sha256}");
    let report =
        frist_ledger::verify_entries(reader, keys, Some(evidence), &mut |index, entry| {
            if let Kind::Case { case, step, by } = &entry.what
                && case.as_str() == CASE
                && step.as_str() == wanted
            {
                found = Some((entry.at, by.to_string(), index));
            }
        })?;
    Ok(found.map(|(at, by, index)| Sealed { at, by, index, report }))
}
