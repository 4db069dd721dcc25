//! Where the data lies: SQLite, PostgreSQL, files and the vault of recordings behind one trait.
//!
//! [`Store`] is the trait and its contract, [`open`] opens what the register names, [`Bound`] is a
//! data set bound to its collection. The two databases share `sql`; how to add a kind of store is
//! in `ADDING-A-STORE.md`, and `conformance` holds any store against the contract.

pub mod bound;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod files;
pub mod names;
mod nearest;
mod open;
mod postgres;
mod sql;
mod sqlite;
mod store;
mod values;
mod vault;

pub use bound::{Bound, Common};
pub use open::open;
pub use store::{Store, StoreError};
pub use values::{
    Action, Aftercare, Amended, Census, CollectionInfo, Disposed, FieldInfo, FieldMatch,
    FieldValue, Fields, FoundRow, Key, KeyPart, Looked, Part, Partition, Record, Search, Unnamed,
};
