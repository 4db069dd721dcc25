//! Publishing the ledger, and handing out proofs: receipts for one record, evidence for all.

use std::io::Write;

use frist_ledger::evidence::EvidenceWriter;
use frist_ledger::hash::inclusion_proof;
use frist_ledger::tiles::Tiles;
use frist_ledger::{Checkpoint, Frontier, Proof, Receipt, SigningKey};

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
        if publisher.size() == frontier.size() {
            if let Some(text) = tiles.checkpoint()? {
                return Ok(Checkpoint::open(&text, &keys)?);
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
        let at = self.now();
        self.state.keep_checkpoint(&frist_state::Checkpoint { size: checkpoint.size, text, at })?;
        Ok(checkpoint)
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
        let found = self.state.find_record(&leaf)?;
        let newest = found.iter().map(|f| f.leaf).max();
        let index = newest.ok_or_else(|| Error::NotErased { collection: place.clone() })?;
        let entry = self.entry(index)?;
        let batch = self.state.subtree(index)?.ok_or_else(|| Error::Damaged {
            what: "a batch's leaves",
            why: format!("those of entry {index} are missing"),
        })?;
        let text = tiles.checkpoint()?.unwrap_or_default();
        let size = self.state.checkpoint()?.map_or(0, |c| c.size);
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
