//! Encrypted objects whose keys can be destroyed.
//!
//! A vault is a folder:
//!
//! ```text
//! vault.toml   where the root key comes from, and where finished objects lie
//! index.db     a row an object: its wrapped key and its facts
//! hours.db     a row an hour: the key that wraps the keys of the objects that began in it
//! objects/     the ciphertext
//! lock         held by the one process that writes
//! ```
//!
//! Each object is encrypted under a key of its own as it arrives. That key is wrapped by the key of
//! the UTC hour in which the object began, and the keys of hours are wrapped by the root key, which
//! is in a file, in the environment, or in a PKCS#11 token. To destroy an object is to erase its
//! row; when the last object of an hour is gone, the key of the hour is erased too. Then nothing
//! that began in that hour can be read any more, whatever backups there are of `objects/` and
//! `index.db`, as long as there is none of `hours.db`: leave it out of backups. As long as another
//! object of the same hour is kept, an old backup of `index.db` together with this `hours.db` and
//! the root key still opens an object that was destroyed.
//!
//! Copies that are kept as evidence lie in another collection, under keys that the root key wraps
//! directly.
//!
//! The vault knows nothing of what the objects hold. It asks no clock: instants are arguments. It
//! has two threads, one that syncs twice a second and one that removes and uploads.

mod bucket;
mod config;
mod disk;
mod error;
mod format;
mod id;
mod key;
mod reader;
mod recover;
mod remover;
mod root;
mod rows;
mod setup;
mod shared;
mod storage;
#[cfg(feature = "pkcs11")]
mod token;
mod upkeep;
mod vault;
mod writer;

pub use bucket::Bucket;
pub use config::{RootSource, S3Config, TokenSource, VaultConfig};
pub use error::VaultError;
pub use id::ObjectId;
pub use reader::Reader;
pub use recover::Recovered;
pub use remover::Remover;
pub use rows::{EVIDENCE, RECORDING, WRAPPED_KEY};
pub use setup::{Checked, after_restore, check, init, rewrap};
pub use vault::{Begin, Facts, Listed, Sealed, State, Vault};
pub use writer::Writer;
