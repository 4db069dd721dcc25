//! Inclusion proofs as text: C2SP `tlog-proof`, an index, an audit path and the signed checkpoint it leads to.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::checkpoint::{Checkpoint, decimal};
use crate::hash::{Hash, leaf_hash, verify_inclusion};
use crate::note::VerifierKey;
use crate::{Error, Result};

/// The first line of the format.
pub const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The longest audit path: a tree of 2^64 leaves.
pub(crate) const MAX_PATH: usize = 64;

/// A proof that an entry is in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Data that the format carries along; not covered by the proof.
    pub extra: Option<Vec<u8>>,
    /// The entry's index, from 0.
    pub index: u64,
    /// The audit path, the leaf's sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl Proof {
    /// The text form.
    pub fn to_text(&self) -> String {
        let mut out = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            let _ = writeln!(out, "extra {}", BASE64_STANDARD.encode(extra));
        }
        let _ = writeln!(out, "index {}", self.index);
        self.path.iter().for_each(|hash| out.extend([&hash.to_base64(), "\n"]));
        out + "\n" + &self.checkpoint
    }

    /// Reads the text form. Nothing is checked yet.
    ///
    /// # Errors
    /// [`Error::Format`] when it is not in the format.
    pub fn parse(text: &str) -> Result<Proof> {
        let bad = |line: usize, reason: &str| Error::Format {
            file: "inclusion proof",
            line: line as u64,
            reason: reason.into(),
        };
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| bad(0, "the blank line before the checkpoint is missing"))?;
        let mut lines = head.split('\n').enumerate().peekable();
        if lines.next().is_none_or(|(_, line)| line != HEADER) {
            return Err(bad(1, "it does not start with c2sp.org/tlog-proof@v1"));
        }
        let mut extra = None;
        if let Some(encoded) = lines.peek().and_then(|(_, line)| line.strip_prefix("extra ")) {
            let decoded = BASE64_STANDARD
                .decode(encoded)
                .map_err(|_| bad(2, "the extra data is not base64"))?;
            extra = Some(decoded);
            lines.next();
        }
        let index =
            lines.next().and_then(|(_, line)| line.strip_prefix("index ").and_then(decimal));
        let index = index.ok_or_else(|| bad(2, "the index is missing or not a plain number"))?;
        let mut path = Vec::new();
        for (i, line) in lines {
            let hash = Hash::from_base64(line).filter(|_| path.len() < MAX_PATH);
            path.push(
                hash.ok_or_else(|| bad(i + 1, "it is not a base64 hash, or there are too many"))?,
            );
        }
        Ok(Proof { extra, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Checks the checkpoint's signature and that these entry bytes are in its tree; gives the checkpoint.
    ///
    /// # Errors
    /// What [`Checkpoint::open`] answers; [`Error::Check`] when the entry is not there.
    pub fn verify(&self, entry: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::open(&self.checkpoint, keys)?;
        if !verify_inclusion(
            &leaf_hash(entry),
            self.index,
            checkpoint.size,
            &self.path,
            &checkpoint.root,
        ) {
            return Err(Error::Check {
                check: "the entry's place in the ledger",
                found: format!(
                    "entry {} does not lead to the signed root of size {}",
                    self.index, checkpoint.size
                ),
                meaning: "the ledger that was signed has no such entry, so this proves nothing",
            });
        }
        Ok(checkpoint)
    }
}
