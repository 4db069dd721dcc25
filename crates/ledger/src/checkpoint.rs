//! Checkpoints: C2SP `tlog-checkpoint`, a signed note that states the ledger's size and root.
//!
//! Whoever keeps one checkpoint can later find out whether the ledger was rewritten or rolled back behind it: every later
//! ledger must contain it as a prefix.

use crate::hash::{Frontier, Hash};
use crate::note::{self, SigningKey, VerifierKey};
use crate::{Error, Result};

/// A ledger's head: so many entries, with this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name, which is also its key's name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// States and signs the head that `frontier` has; the result is the signed note's text.
    ///
    /// The caller must never sign a head that is not an extension of what it signed before.
    ///
    /// # Errors
    /// [`Error::Value`] when the key's name does not fit into a note.
    pub fn sign(key: &SigningKey, frontier: &Frontier) -> Result<String> {
        let origin = key.verifier().name().to_owned();
        key.sign(&format!("{origin}\n{}\n{}\n", frontier.size(), frontier.root().to_base64()))
    }

    /// Checks the signature and reads the head. The key that signed must have the ledger's own name.
    ///
    /// # Errors
    /// [`Error::BadSignature`], [`Error::UnknownSigner`] or [`Error::Format`].
    pub fn open(text: &str, keys: &[VerifierKey]) -> Result<Checkpoint> {
        let (body, signers) = note::open(text, keys)?;
        let checkpoint = parse(body)?;
        if !signers.iter().any(|key| key.name() == checkpoint.origin) {
            return Err(Error::Check {
                check: "the checkpoint's name",
                found: "it is signed by a key of another name than the ledger's".into(),
                meaning: "it may come from another ledger; ask which key belongs to which",
            });
        }
        Ok(checkpoint)
    }
}

/// Reads the note's text: origin, size, root, and extension lines, which are signed but say nothing to us.
fn parse(body: &str) -> Result<Checkpoint> {
    let bad = |line, reason: &str| Error::Format {
        file: "signed checkpoint",
        line,
        reason: reason.into(),
    };
    let mut lines = body.lines();
    let origin = lines
        .next()
        .filter(|l| !l.is_empty())
        .ok_or_else(|| bad(1, "the ledger's name is missing"))?;
    let size =
        lines.next().and_then(decimal).ok_or_else(|| bad(2, "the size is not a plain number"))?;
    let root = lines
        .next()
        .and_then(Hash::from_base64)
        .ok_or_else(|| bad(3, "the root is not a base64 hash"))?;
    if lines.any(str::is_empty) {
        return Err(bad(4, "there is an empty line"));
    }
    Ok(Checkpoint { origin: origin.to_owned(), size, root })
}

/// A decimal number as C2SP writes it: digits only, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
