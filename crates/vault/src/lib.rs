//! Encrypted objects whose keys can be destroyed.

mod error;
mod id;
mod key;
mod vault;

pub use error::VaultError;
pub use id::ObjectId;
pub use vault::{Begin, Facts, Listed, Reader, Recovered, Sealed, State, Vault, Writer};
