//! The append-only ledger: Merkle log, checkpoints, receipts, offline verification.
