//! Evidence: one file over a stretch of the ledger, up to a signed head, that anybody can check offline.
//!
//! Version 1, a sequence of lines, each ending in a newline (U+000A), with counted blocks between them. Numbers are decimal
//! without leading zeros; hashes are base64 (RFC 4648 section 4); nothing is optional within an item.
//!
//! ```text
//! frist-evidence@v1
//! from <f>                     the index of the first entry; 0 for a whole ledger
//! <hash>                       one line a hash: the tree's right edge before entry f (one for each 1 bit of f)
//! older <bytes> <k>            any number of times: a signed checkpoint over fewer than f entries, smallest first;
//! <checkpoint>                   its text of so many bytes, then k lines, the consistency proof from it to f
//! <hash>
//! entry <bytes>                the next entry: canonical JSON of so many bytes, then a newline
//! {"v":1,...}
//! leaves <n>                   may follow an entry with a sub-tree: its n leaf hashes, 32 raw bytes each, ascending,
//! ........                       then a newline
//! checkpoint <bytes>           a signed checkpoint over all entries so far
//! <checkpoint>
//! end                          the last line, right after a checkpoint; nothing follows
//! ```
//!
//! A sweep's evidence starts at its first entry and ends at the first checkpoint after it; the right edge ties it to everything
//! before. Reading it needs memory for one entry and the right edge only, whatever the size of the file.

use std::io::{BufRead, Read, Write};

use crate::check::Checker;
pub use crate::check::{Disposed, Report};
use crate::checkpoint::{Checkpoint, decimal};
use crate::entry::{Entry, MAX_ENTRY};
use crate::hash::{Frontier, Hash};
use crate::note::VerifierKey;
use crate::proof::MAX_PATH;
use crate::{Error, Result};

/// The first line of the format.
pub const HEADER: &str = "frist-evidence@v1";

/// The longest line outside counted blocks.
const MAX_LINE: u64 = 100;
/// The largest signed checkpoint that is read.
const MAX_CHECKPOINT: u64 = 1 << 16;

/// Writes evidence item by item. It writes what it is given: the reader is the one who checks.
pub struct EvidenceWriter<W: Write> {
    out: W,
}

impl<W: Write> EvidenceWriter<W> {
    /// Starts evidence behind the entries that `before` stands for; [`Frontier::new`] for a whole ledger.
    ///
    /// # Errors
    /// [`Error::Stream`], as for all methods.
    pub fn new(out: W, before: &Frontier) -> Result<EvidenceWriter<W>> {
        let mut writer = EvidenceWriter { out };
        writer.put(format!("{HEADER}\nfrom {}\n", before.size()).as_bytes())?;
        writer.hashes(before.hashes())?;
        Ok(writer)
    }

    /// A signed checkpoint from before the first entry, with the consistency proof to there.
    pub fn older(&mut self, checkpoint: &str, proof: &[Hash]) -> Result<()> {
        self.put(format!("older {} {}\n{checkpoint}", checkpoint.len(), proof.len()).as_bytes())?;
        self.hashes(proof)
    }

    /// The next entry's canonical bytes.
    pub fn entry(&mut self, bytes: &[u8]) -> Result<()> {
        self.put(format!("entry {}\n", bytes.len()).as_bytes())?;
        self.put(bytes)?;
        self.put(b"\n")
    }

    /// The stored sub-tree of the entry just written ([`crate::SubTree::leaves_bytes`]).
    pub fn leaves(&mut self, leaves_bytes: &[u8]) -> Result<()> {
        self.put(format!("leaves {}\n", leaves_bytes.len() / 32).as_bytes())?;
        self.put(leaves_bytes)?;
        self.put(b"\n")
    }

    /// A signed checkpoint over all entries so far.
    pub fn checkpoint(&mut self, text: &str) -> Result<()> {
        self.put(format!("checkpoint {}\n{text}", text.len()).as_bytes())
    }

    /// Ends the file and gives the writer back, flushed.
    pub fn finish(mut self) -> Result<W> {
        self.put(b"end\n")?;
        self.out.flush().map_err(|source| Error::Stream { action: "write", source })?;
        Ok(self.out)
    }

    fn hashes(&mut self, hashes: &[Hash]) -> Result<()> {
        hashes.iter().try_for_each(|hash| self.put((hash.to_base64() + "\n").as_bytes()))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|source| Error::Stream { action: "write", source })
    }
}

/// Verifies evidence: every signature, every entry and its place, every sub-tree that is there, sizes and order, and, when an
/// older checkpoint is given (already opened), that the ledger still contains it.
///
/// # Errors
/// The first check that fails, with what it means.
pub fn verify_evidence<R: BufRead>(
    reader: R,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
) -> Result<Report> {
    verify_entries(reader, keys, against, &mut |_, _| {})
}

/// As [`verify_evidence`]; `seen` is given every entry with its index, in order. What it was given
/// is proven only once this has returned `Ok`.
///
/// # Errors
/// The first check that fails, with what it means.
pub fn verify_entries<R: BufRead>(
    reader: R,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
    seen: &mut dyn FnMut(u64, &Entry),
) -> Result<Report> {
    let mut lines = Lines { reader, line: 0 };
    if lines.next()? != HEADER {
        return Err(lines.bad("it does not start with frist-evidence@v1"));
    }
    let from = lines.next()?;
    let from = from
        .strip_prefix("from ")
        .and_then(decimal)
        .ok_or_else(|| lines.bad("expected `from` and a number"))?;
    let edge = lines.hashes(u64::from(from.count_ones()))?;
    let mut checker = Checker::new(keys, against, Frontier::from_parts(from, edge)?)?;
    // What the item before allows: older checkpoints only ahead of everything, the end only after a checkpoint.
    let (mut head, mut closed) = (true, false);
    let mut oldest = 0;
    loop {
        let item = lines.next()?;
        let (name, rest) = item.split_once(' ').unwrap_or((&item, ""));
        let number = || decimal(rest).ok_or_else(|| lines.bad("expected a plain number"));
        match name {
            "older" if head => {
                let (bytes, count) = rest.split_once(' ').unwrap_or((rest, ""));
                let sizes = decimal(bytes).zip(decimal(count));
                let (bytes, count) =
                    sizes.ok_or_else(|| lines.bad("expected two plain numbers"))?;
                let text = lines.checkpoint(bytes)?;
                let proof = lines.hashes(count)?;
                let size = checker.older(&text, &proof)?;
                if size < oldest || size >= from {
                    return Err(lines.bad("older checkpoints are not in the order of their sizes"));
                }
                oldest = size;
            }
            "entry" => {
                let bytes = lines.block(number()?, MAX_ENTRY as u64)?;
                lines.newline()?;
                let entry = checker.entry(&bytes)?;
                seen(checker.size() - 1, &entry);
                (head, closed) = (false, false);
            }
            "leaves" => {
                let n = number()?;
                let index = checker.size().saturating_sub(1);
                let (count, root) = checker
                    .take_pending()
                    .ok_or_else(|| lines.bad("no entry with a sub-tree stands before it"))?;
                let found = lines.subtree(n)?;
                lines.newline()?;
                if n != count || found != root {
                    return Err(Error::Check {
                        check: "the batch's records",
                        found: format!(
                            "the {n} hashes given do not make the {count} records of entry {index}"
                        ),
                        meaning: "records were removed from or put into the batch, or exchanged",
                    });
                }
                checker.recomputed();
                closed = false;
            }
            "checkpoint" => {
                let text = lines.checkpoint(number()?)?;
                checker.checkpoint(&text)?;
                (head, closed) = (false, true);
            }
            "end" if closed && rest.is_empty() && item == "end" => break,
            _ => return Err(lines.bad("this item is not known, or must not stand here")),
        }
    }
    lines.nothing_more()?;
    checker.finish()
}

/// Reads lines and counted blocks with limits, and knows the line it is on.
struct Lines<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    fn bad(&self, reason: &str) -> Error {
        Error::Format { file: "evidence", line: self.line, reason: reason.into() }
    }

    fn failed(source: std::io::Error) -> Error {
        Error::Stream { action: "read", source }
    }

    fn next(&mut self) -> Result<String> {
        self.line += 1;
        let mut bytes = Vec::new();
        (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(Self::failed)?;
        if bytes.pop() != Some(b'\n') {
            return Err(self.bad("the file ends here, or the line is too long"));
        }
        String::from_utf8(bytes).map_err(|_| self.bad("it is not text"))
    }

    fn hashes(&mut self, count: u64) -> Result<Vec<Hash>> {
        if count > MAX_PATH as u64 {
            return Err(self.bad("there are more hashes than a tree can have"));
        }
        (0..count)
            .map(|_| {
                let line = self.next()?;
                Hash::from_base64(&line).ok_or_else(|| self.bad("it is not a base64 hash"))
            })
            .collect()
    }

    fn block(&mut self, size: u64, limit: u64) -> Result<Vec<u8>> {
        if size > limit {
            return Err(self.bad("the size given is larger than such an item can be"));
        }
        let mut bytes = vec![0; size as usize];
        self.fill(&mut bytes)?;
        self.line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
        Ok(bytes)
    }

    fn checkpoint(&mut self, size: u64) -> Result<String> {
        String::from_utf8(self.block(size, MAX_CHECKPOINT)?)
            .map_err(|_| self.bad("the checkpoint is not text"))
    }

    /// The root over `n` raw hashes in strictly ascending order.
    fn subtree(&mut self, n: u64) -> Result<Hash> {
        let mut frontier = Frontier::new();
        let mut buffer = vec![[0u8; 32]; 2048];
        let mut last = None;
        let mut left = n;
        while left > 0 {
            let some = &mut buffer[..left.min(2048) as usize];
            self.fill(some.as_flattened_mut())?;
            for leaf in some.iter() {
                if last.is_some_and(|last| last >= *leaf) {
                    return Err(self.bad("the batch's hashes are not in ascending order"));
                }
                last = Some(*leaf);
                frontier.append(Hash(*leaf));
            }
            left -= some.len() as u64;
        }
        Ok(frontier.root())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.bad("the file ends in the middle of an item"),
            _ => Self::failed(error),
        })
    }

    fn newline(&mut self) -> Result<()> {
        let mut byte = [0];
        self.fill(&mut byte)?;
        self.line += 1;
        if byte == *b"\n" { Ok(()) } else { Err(self.bad("the item is longer than it says")) }
    }

    fn nothing_more(&mut self) -> Result<()> {
        match self.reader.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(self.bad("something follows after the end")),
            Err(source) => Err(Self::failed(source)),
        }
    }
}
