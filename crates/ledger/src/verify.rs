//! Verifying any file that Frist hands out, without being told what it is.

use std::io::{BufRead, Cursor, Read};

use crate::checkpoint::Checkpoint;
use crate::note::VerifierKey;
use crate::{Error, Result, evidence, receipt};

/// What a file proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verified {
    /// A receipt for one record.
    Receipt(Box<receipt::Verified>),
    /// Evidence over a stretch of the ledger.
    Evidence(Box<evidence::Report>),
    /// A signed head by itself.
    Checkpoint(Checkpoint),
}

/// Verifies a receipt, evidence or a checkpoint, told apart by the first line.
///
/// `against` is an older checkpoint, already opened, that the ledger must still contain. Evidence is checked against it fully;
/// a receipt or a checkpoint only when it is of the same size, since they do not carry what lies between.
///
/// # Errors
/// The first check that fails, with what it means.
pub fn verify<R: BufRead>(
    mut reader: R,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
) -> Result<Verified> {
    let failed = |source| Error::Stream { action: "read", source };
    let mut first = Vec::new();
    (&mut reader).take(100).read_until(b'\n', &mut first).map_err(failed)?;
    let is = |header: &str| first.strip_suffix(b"\n") == Some(header.as_bytes());
    if is(evidence::HEADER) {
        let whole = Cursor::new(first).chain(reader);
        return Ok(Verified::Evidence(Box::new(evidence::verify_evidence(whole, keys, against)?)));
    }
    let is_receipt = is(receipt::HEADER);
    // The same formats in another version, or with the line ends of another system.
    for (header, found) in [
        (evidence::HEADER, "it is evidence in a form that this version does not know"),
        (receipt::HEADER, "it is a receipt in a form that this version does not know"),
    ] {
        let family = header.trim_end_matches(|c| c != '@');
        if !is_receipt && first.starts_with(family.as_bytes()) {
            let found = match first.ends_with(b"\r\n") {
                true => "its line ends were changed on the way; it must come byte for byte",
                false => found,
            };
            return Err(Error::NoProof { found });
        }
    }
    let file = if is_receipt { "receipt" } else { "signed checkpoint" };
    let mut rest = Vec::new();
    reader.take(receipt::MAX_RECEIPT as u64).read_to_end(&mut rest).map_err(failed)?;
    first.append(&mut rest);
    if !is_receipt {
        nothing_of_ours(&first)?;
    }
    let text = String::from_utf8(first).map_err(|_| Error::Format {
        file,
        line: 0,
        reason: "it is not text".into(),
    })?;
    let verified = if is_receipt {
        Verified::Receipt(Box::new(receipt::verify_receipt(&text, keys)?))
    } else {
        Verified::Checkpoint(Checkpoint::open(&text, keys)?)
    };
    match (&verified, against) {
        (Verified::Receipt(found), Some(older)) => compare(&found.checkpoint, older)?,
        (Verified::Checkpoint(found), Some(older)) => compare(found, older)?,
        _ => {}
    }
    Ok(verified)
}

/// Refuses what has no likeness with a signed checkpoint, so that nobody takes it for one that was
/// damaged. A checkpoint has a name, a size and a root, and ends in signatures.
fn nothing_of_ours(file: &[u8]) -> Result<()> {
    let found = match std::str::from_utf8(file) {
        Ok("") => "the file is empty",
        Ok(text) if text.contains("\n\u{2014} ") => return Ok(()),
        Ok(text) => {
            let mut lines = text.lines().skip(1);
            let size = lines.next().and_then(crate::checkpoint::decimal);
            if size.zip(lines.next().and_then(crate::Hash::from_base64)).is_some() {
                return Ok(());
            }
            "it is some other text"
        }
        Err(_) => "it is not even text",
    };
    Err(Error::NoProof { found })
}

/// Holds one head against an older one, as far as that goes without the entries between.
fn compare(found: &Checkpoint, older: &Checkpoint) -> Result<()> {
    if found.origin == older.origin && found.size == older.size && found.root == older.root {
        return Ok(());
    }
    if found.origin == older.origin && found.size > older.size {
        return Err(Error::NotCovered { old: older.size });
    }
    Err(Error::Check {
        check: "agreement with the older checkpoint",
        found: format!(
            "this file's head has {} entries, the older one {}, and they are not the same",
            found.size, older.size
        ),
        meaning: "the ledger was rewritten or rolled back, this file is older than your checkpoint, or it is from another ledger",
    })
}
