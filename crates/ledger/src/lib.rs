//! The append-only ledger: what the engine did, so that anybody can check it later without trusting Frist.
//!
//! The log is a Merkle tree with the hashing of RFC 6962. Its heads are C2SP checkpoints (signed notes, Ed25519), on disk it
//! is laid out as C2SP tlog-tiles, and a receipt carries a C2SP `tlog-proof`. One entry stands for a whole batch of records:
//! it holds the root of a sub-tree whose leaves are salted hashes, so no personal data enters the log.
//!
//! Where to start reading: [`hash`] (the tree), [`commitment`] (how a record is named without naming it), [`entry`] (what is
//! logged), then [`checkpoint`], [`tiles`], [`receipt`] and [`evidence`]. [`verify()`] takes a receipt, evidence or a checkpoint.
//!
//! Pure: no clock, no randomness, no network. Only [`tiles`] touches the disk, in the folder it is given.

mod check;
mod error;
mod verify;

pub mod checkpoint;
pub mod commitment;
pub mod entry;
pub mod evidence;
pub mod hash;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod tiles;

pub use checkpoint::Checkpoint;
pub use commitment::{KeyId, RecordKey, Salt, SubTree, SubTreeBuilder};
pub use entry::{Entry, Id, Kind, Text};
pub use error::{Error, Result};
pub use evidence::{EvidenceWriter, verify_entries, verify_evidence};
pub use hash::{Frontier, Hash};
pub use note::{SigningKey, VerifierKey};
pub use proof::Proof;
pub use receipt::{Receipt, verify_receipt};
pub use tiles::Tiles;
pub use verify::{Verified, verify};
