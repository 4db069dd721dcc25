//! Frist's own database: revisions, plans, batches, holds, leases and the ledger's entries.
