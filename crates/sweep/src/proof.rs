//! Publishing the ledger, and handing out proofs: receipts for one record, evidence for all.

use std::io::Write;

use frist_ledger::evidence::EvidenceWriter;
use frist_ledger::hash::inclusion_proof;
use frist_ledger::tiles::Tiles;
use frist_ledger::{Checkpoint, Entry, Frontier, Proof, Receipt, SigningKey};

use crate::engine::Engine;
use crate::{Error, Result};

/// Entries read at a time.
const PAGE: u32 = 512;

impl Engine {
    /// Publishes what has been added to the ledger since last time, and signs the new head. The
    /// cost does not grow with the ledger.
    ///
    /// # Errors
    /// When the published ledger is ahead of Frist's own database: that was rolled back, and
    /// signing now would hide it.
    pub fn publish(&mut self, tiles: &Tiles, key: &SigningKey) -> Result<Checkpoint> {
        let keys = [key.verifier()];
        let mut publisher = tiles.publisher(&keys)?;
        let frontier = self.state.frontier()?;
        if publisher.size() > frontier.size() {
            return Err(Error::RolledBack { published: publisher.size(), stored: frontier.size() });
        }
        if publisher.size() == frontier.size()
            && let Some(text) = tiles.checkpoint()?
        {
            let head = Checkpoint::open(&text, &keys)?;
            // Of the same size but with another root, the database was set back and has gone
            // on: then `commit` below refuses.
            if head.root == frontier.root() {
                // A crash may have come between publishing and keeping.
                if self.state.checkpoint()?.is_none_or(|c| c.size < head.size) {
                    self.keep_head(head.size, text)?;
                }
                return Ok(head);
            }
        }
        while publisher.size() < frontier.size() {
            let room = frontier.size() - publisher.size();
            let limit = u32::try_from(room).unwrap_or(PAGE).min(PAGE);
            let leaves = self.state.leaves(publisher.size(), limit)?;
            if leaves.is_empty() {
                return Err(Error::Damaged {
                    what: "the ledger",
                    why: format!("entry {} is missing", publisher.size()),
                });
            }
            for leaf in leaves {
                publisher.append(&leaf.entry)?;
            }
        }
        let text = Checkpoint::sign(key, &frontier)?;
        let checkpoint = publisher.commit(&text)?;
        self.keep_head(checkpoint.size, text)?;
        Ok(checkpoint)
    }

    fn keep_head(&mut self, size: u64, text: String) -> Result<()> {
        let at = self.now();
        let kept = self.state.keep_checkpoint(&frist_state::Checkpoint { size, text, at });
        // Another machine, with a folder of its own, may have published more meanwhile.
        match kept {
            Err(_) if self.state.checkpoint()?.is_some_and(|c| c.size > size) => Ok(()),
            kept => Ok(kept?),
        }
    }

    /// The receipt of a record that was disposed of: the newest, where a key was used again.
    ///
    /// # Errors
    /// When the ledger does not know the record, or was not published since.
    pub fn receipt(&mut self, place: &str, key: &str, tiles: &Tiles) -> Result<Receipt> {
        let id = self.dataset_at(place).ok_or_else(|| Error::UnknownDataset(place.to_owned()))?;
        let dataset =
            self.register.dataset(&id).ok_or_else(|| Error::UnknownDataset(id.clone()))?;
        let place = format!("{}/{}", dataset.store.value, dataset.collection.value);
        // The key as the store writes it; as it was typed, where the store cannot be asked.
        let key = match self.prepare(&id) {
            Ok(p) => {
                let store = self.store(&p.dataset.store.value)?;
                store.parse_key(&p.bound, key).map_or_else(|_| key.to_owned(), |k| k.text())
            }
            Err(_) => key.to_owned(),
        };
        let locator = format!("{place}/{key}");
        let leaf = self.keys.record.leaf(locator.as_bytes());
        let mut found: Vec<u64> = self.state.find_record(&leaf)?.iter().map(|f| f.leaf).collect();
        found.sort_unstable();
        // An entry of a replay does not say under which rule: the one that it repeats does.
        let mut disposal = None;
        while let Some(index) = found.pop() {
            let entry = self.entry(index)?;
            if Entry::parse(&entry)?.disposal().is_some() {
                disposal = Some((index, entry));
                break;
            }
        }
        let (index, entry) =
            disposal.ok_or_else(|| Error::NotErased { collection: place.clone() })?;
        let batch = self.state.subtree(index)?.ok_or_else(|| Error::Damaged {
            what: "a batch's leaves",
            why: format!("those of entry {index} are missing"),
        })?;
        // Head and size from one place: the folder may be ahead of the database after a crash.
        let head = self.state.checkpoint()?;
        let (size, text) = head.map_or((0, String::new()), |c| (c.size, c.text));
        if size <= index {
            return Err(Error::Damaged {
                what: "the published ledger",
                why: "it does not reach this entry yet; publish it with `frist sweep --recover`"
                    .into(),
            });
        }
        let path = inclusion_proof(&tiles.tree(size), index, size)?;
        let proof = Proof { extra: None, index, path, checkpoint: text };
        Ok(Receipt::new(&self.keys.record, locator.as_bytes(), &batch, &entry, proof)?)
    }

    /// Writes the whole ledger as evidence: entries, sub-trees and every signed head.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn evidence<W: Write>(&mut self, out: W) -> Result<u64> {
        let mut writer = EvidenceWriter::new(out, &Frontier::new())?;
        let checkpoints = self.state.checkpoints()?;
        let mut heads = checkpoints.iter().filter(|c| c.size > 0).peekable();
        let size = checkpoints.iter().map(|c| c.size).max().unwrap_or(0);
        let mut index = 0;
        while index < size {
            let leaves = self.state.leaves(index, PAGE)?;
            if leaves.is_empty() {
                return Err(Error::Damaged {
                    what: "the ledger",
                    why: format!("entry {index} is missing"),
                });
            }
            for leaf in leaves.into_iter().take_while(|l| l.index < size) {
                writer.entry(&leaf.entry)?;
                if let Some(tree) = self.state.subtree(leaf.index)? {
                    writer.leaves(tree.leaves_bytes())?;
                }
                index = leaf.index + 1;
                while let Some(head) = heads.next_if(|c| c.size == index) {
                    writer.checkpoint(&head.text)?;
                }
            }
        }
        writer.finish()?;
        Ok(size)
    }

    fn entry(&mut self, index: u64) -> Result<Vec<u8>> {
        let leaf = self.state.leaves(index, 1)?.pop();
        leaf.map(|l| l.entry).ok_or_else(|| Error::Damaged {
            what: "the ledger",
            why: format!("entry {index} is missing"),
        })
    }
}
