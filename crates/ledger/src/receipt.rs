//! Receipts: the proof that one record was disposed of, as a text that a person can read.
//!
//! ```text
//! frist-receipt@v1
//! record: erp/invoice/1017
//! disposition: erase
//! at: 2026-11-22T03:00:07Z
//! data set: invoices
//! rule: 5 years from the end of the financial year of invoice_date
//! law: bogføringsloven § 12, stk. 1           (one line a law)
//! register revision: 2fca70dc...
//! sweep: s-1
//! batch: 7
//! salt: base64 of 16 bytes
//! leaf: 17 of 5000                             (index from 0, in the batch)
//! path: base64                                 (one line a hash, the leaf's sibling first)
//! entry: {"v":1,...}                           (the ledger's entry, as it was hashed)
//!
//! c2sp.org/tlog-proof@v1                       (C2SP tlog-proof, to the end of the file)
//! ```
//!
//! Only `record`, `salt`, `leaf`, `path`, `entry` and the proof carry information; the lines above repeat the entry for the
//! reader. Verification therefore writes the receipt anew from what it proved and demands the very same text, so that no line
//! can say anything else than what is proven.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::checkpoint::{Checkpoint, decimal};
use crate::commitment::{RecordKey, Salt, SubTree, leaf};
use crate::entry::{Disposal, Entry, Kind, MAX_ENTRY, is_hidden};
use crate::hash::{Hash, verify_inclusion};
use crate::note::VerifierKey;
use crate::proof::{MAX_PATH, Proof};
use crate::{Error, Result};

/// The first line of the format.
pub const HEADER: &str = "frist-receipt@v1";

/// The largest receipt that is read, in bytes.
pub const MAX_RECEIPT: usize = 1 << 20;

/// A receipt, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which record: `store/collection/key`.
    pub locator: Vec<u8>,
    /// The salt of the record's leaf.
    pub salt: Salt,
    /// The leaf's index in the batch, from 0.
    pub leaf_index: u64,
    /// The audit path within the batch.
    pub path: Vec<Hash>,
    /// The canonical bytes of the ledger's entry for the batch.
    pub entry: Vec<u8>,
    /// The proof that the entry is in the ledger.
    pub proof: Proof,
}

/// What a verified receipt proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which record: `store/collection/key`.
    pub locator: Vec<u8>,
    /// The ledger's entry for its batch: when, what, which rule and revision.
    pub entry: Entry,
    /// The entry's index in the ledger.
    pub index: u64,
    /// The signed head of the ledger that covers it.
    pub checkpoint: Checkpoint,
}

impl Verified {
    /// The batch of which the record was one.
    pub fn disposal(&self) -> Option<&Disposal> {
        self.entry.disposal()
    }
}

impl Receipt {
    /// Puts a record's receipt together: its batch's sub-tree and entry, and the entry's proof.
    ///
    /// # Errors
    /// [`Error::Check`] when the record is not in the batch.
    pub fn new(
        key: &RecordKey,
        locator: &[u8],
        batch: &SubTree,
        entry: &[u8],
        proof: Proof,
    ) -> Result<Receipt> {
        let salt = key.salt(locator);
        let leaf_index = batch.find(&leaf(&salt, locator)).ok_or_else(|| Error::Check {
            check: "the record's place in its batch",
            found: "the record is not in this batch under this key".into(),
            meaning: "it was not disposed of there, or the key was destroyed and replaced",
        })?;
        let path = batch.proof(leaf_index);
        Ok(Receipt {
            locator: locator.to_vec(),
            salt,
            leaf_index,
            path,
            entry: entry.to_vec(),
            proof,
        })
    }

    /// The text form.
    ///
    /// # Errors
    /// [`Error::Entry`] unless the entry is one of a batch that was disposed of.
    pub fn to_text(&self) -> Result<String> {
        let entry = Entry::parse(&self.entry)?;
        let disposal = entry.disposal().ok_or_else(|| Error::Entry {
            reason: "a receipt needs an entry of kind erased or recovered".into(),
        })?;
        let mut out = format!("{HEADER}\nrecord: {}\n", escape(&self.locator));
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(out, "{name}: {value}");
        };
        line("disposition", &disposal.disposition);
        line("at", &entry.at);
        if matches!(entry.what, Kind::Recovered { .. }) {
            line("note", &"the batch was interrupted; recovery finished it and wrote this entry");
        }
        line("data set", &disposal.dataset);
        line("rule", &disposal.rule.text);
        disposal.rule.laws.iter().for_each(|law| line("law", law));
        line("register revision", &disposal.revision);
        line("sweep", &disposal.sweep);
        line("batch", &disposal.batch);
        line("salt", &BASE64_STANDARD.encode(self.salt.0));
        line("leaf", &format_args!("{} of {}", self.leaf_index, disposal.n));
        self.path.iter().for_each(|hash| line("path", &hash.to_base64()));
        line("entry", &String::from_utf8_lossy(&self.entry));
        Ok(out + "\n" + &self.proof.to_text())
    }

    /// Reads the text form. Only what carries information is taken; nothing is checked yet.
    ///
    /// # Errors
    /// [`Error::Format`] or [`Error::Entry`].
    pub fn parse(text: &str) -> Result<Receipt> {
        let bad = |line: usize, reason: &str| Error::Format {
            file: "receipt",
            line: line as u64,
            reason: reason.into(),
        };
        if text.len() > MAX_RECEIPT {
            return Err(bad(0, "it is larger than a receipt can be"));
        }
        let (head, proof) =
            text.split_once("\n\n").ok_or_else(|| bad(0, "the proof is missing"))?;
        let mut lines = head.split('\n').enumerate();
        if lines.next().is_none_or(|(_, line)| line != HEADER) {
            return Err(bad(1, "it does not start with frist-receipt@v1"));
        }
        let (mut locator, mut salt, mut leaf_index, mut entry, mut path) =
            (None, None, None, None, Vec::new());
        for (i, line) in lines {
            let (name, value) = line
                .split_once(": ")
                .ok_or_else(|| bad(i + 1, "there is no name before a colon"))?;
            match name {
                "record" => locator = unescape(value),
                "salt" => {
                    let bytes = BASE64_STANDARD.decode(value).ok().and_then(|b| b.try_into().ok());
                    salt = Some(Salt(
                        bytes.ok_or_else(|| bad(i + 1, "the salt is not base64 of 16 bytes"))?,
                    ));
                }
                "leaf" => {
                    leaf_index = value.split_once(" of ").and_then(|(index, _)| decimal(index))
                }
                "path" => {
                    let hash = Hash::from_base64(value).filter(|_| path.len() < MAX_PATH);
                    path.push(hash.ok_or_else(|| {
                        bad(i + 1, "it is not a base64 hash, or there are too many")
                    })?);
                }
                "entry" if value.len() <= MAX_ENTRY => entry = Some(value.as_bytes().to_vec()),
                // Repeats the entry for the reader; compared as a whole in `verify`.
                _ => {}
            }
        }
        let missing = |what| bad(0, &format!("the line `{what}` is missing or cannot be read"));
        Ok(Receipt {
            locator: locator.ok_or_else(|| missing("record"))?,
            salt: salt.ok_or_else(|| missing("salt"))?,
            leaf_index: leaf_index.ok_or_else(|| missing("leaf"))?,
            path,
            entry: entry.ok_or_else(|| missing("entry"))?,
            proof: Proof::parse(proof)?,
        })
    }
}

/// Verifies a receipt: that the text says what is proven, the record is in the batch, the batch's entry is in the ledger, and
/// the ledger's head is signed by one of `keys`.
///
/// # Errors
/// The first check that fails, with what it means.
pub fn verify_receipt(text: &str, keys: &[VerifierKey]) -> Result<Verified> {
    let receipt = Receipt::parse(text)?;
    let checkpoint = receipt.proof.verify(&receipt.entry, keys)?;
    let entry = Entry::parse(&receipt.entry)?;
    if receipt.proof.extra.is_some() {
        let reason = "a receipt carries no extra data, for nothing would prove it".into();
        return Err(Error::Format { file: "receipt", line: 0, reason });
    }
    let proven = receipt.to_text()?;
    if proven != text {
        let same = proven.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
        return Err(Error::Check {
            check: "the receipt's text",
            found: format!("line {} says something else than what is proven", same + 1),
            meaning: "the text was changed after it was issued; do not rely on it",
        });
    }
    let (n, root) = entry.subtree().unwrap_or((0, Hash::EMPTY));
    if !verify_inclusion(
        &leaf(&receipt.salt, &receipt.locator),
        receipt.leaf_index,
        n,
        &receipt.path,
        &root,
    ) {
        return Err(Error::Check {
            check: "the record's place in its batch",
            found: "record and salt do not lead to the batch's root".into(),
            meaning: "the ledger does not say that this record was disposed of",
        });
    }
    Ok(Verified { locator: receipt.locator, entry, index: receipt.proof.index, checkpoint })
}

/// A locator as one line of text: bytes that are not UTF-8, characters that a screen hides or reorders, and `%` itself are
/// written as `%` and two hexadecimal digits a byte.
pub fn escape(locator: &[u8]) -> String {
    let mut out = String::new();
    for chunk in locator.utf8_chunks() {
        let mut room = [0; 4];
        for c in chunk.valid().chars() {
            match c {
                '%' => out.push_str("%25"),
                c if is_hidden(c) => {
                    c.encode_utf8(&mut room).bytes().for_each(|b| escape_byte(&mut out, b))
                }
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|b| escape_byte(&mut out, *b));
    }
    out
}

fn escape_byte(out: &mut String, byte: u8) {
    let _ = write!(out, "%{byte:02x}");
}

/// Undoes [`escape`]; `None` when a `%` is not followed by two hexadecimal digits.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut out = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        out.extend(crate::hash::hex::<1>(digits)?);
        out.extend_from_slice(rest.as_bytes());
    }
    Some(out)
}
