//! `vault.toml`: where the root key comes from, and where finished objects lie.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::VaultError;

/// The file's name in a vault's folder.
pub(crate) const FILE: &str = "vault.toml";
const VERSION: u32 = 1;

/// What `vault.toml` says. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// The format of the folder: 1.
    pub version: u32,
    /// The vault's own name; the databases have it too, so that none is taken for another's.
    pub id: String,
    /// Where the root key comes from.
    pub root: RootSource,
    /// The root key that comes next, while `rewrap` is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_root: Option<RootSource>,
    /// Object storage for finished objects; on disk when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Config>,
}

/// Where a root key comes from: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootSource {
    /// A file with 64 hexadecimal digits or 32 bytes; relative to the vault's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// An environment variable with 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// A key in a token that never leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pkcs11: Option<TokenSource>,
}

/// An AES-256 key in a PKCS#11 token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSource {
    /// Path of the module, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: String,
    /// Label of the token.
    pub token: String,
    /// Label of the key.
    pub key: String,
    /// Environment variable that holds the user's PIN.
    pub pin_env: String,
}

/// A bucket of an S3-compatible object storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// URL of the service, with its scheme.
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Region, as the service calls it.
    pub region: String,
    /// What the names of objects begin with; empty, or ends with `/`.
    #[serde(default)]
    pub prefix: String,
    /// Whether the bucket is part of the path (most services) or of the host name (AWS).
    #[serde(default = "yes")]
    pub path_style: bool,
    /// Environment variable that holds the access key's id.
    pub key_env: String,
    /// Environment variable that holds the access key's secret.
    pub secret_env: String,
}

fn yes() -> bool {
    true
}

impl VaultConfig {
    /// Reads `vault.toml` in this folder.
    ///
    /// # Errors
    /// [`VaultError::NoVault`] when there is none or it cannot be understood.
    pub fn read(dir: &Path) -> Result<Self, VaultError> {
        let none = |why: String| VaultError::NoVault { path: dir.to_owned(), why };
        let text = fs::read_to_string(dir.join(FILE)).map_err(|e| {
            none(format!("`{FILE}` cannot be read ({e}); `frist vault init` makes a vault"))
        })?;
        let config: Self =
            toml::from_str(&text).map_err(|e| none(format!("`{FILE}`: {}", e.message())))?;
        if config.version != VERSION {
            return Err(none(format!(
                "`{FILE}` is of version {}, and this program knows {VERSION}",
                config.version
            )));
        }
        config.root.check().map_err(|why| none(format!("`{FILE}`: [root] {why}")))?;
        if let Some(next) = &config.next_root {
            next.check().map_err(|why| none(format!("`{FILE}`: [next_root] {why}")))?;
        }
        Ok(config)
    }

    /// A new vault's.
    pub(crate) fn new(id: String, root: RootSource, s3: Option<S3Config>) -> Self {
        Self { version: VERSION, id, root, next_root: None, s3 }
    }

    /// Writes it in place of the one that is there; durable when it returns.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), VaultError> {
        let text = toml::to_string(self)
            .map_err(|e| VaultError::Invalid(format!("`{FILE}` cannot be written: {e}")))?;
        let (path, new) = (dir.join(FILE), dir.join("vault.toml.new"));
        let write = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            fs::File::open(dir)?.sync_all()
        };
        write().map_err(VaultError::io("write", &path))
    }
}

impl RootSource {
    /// A key in a file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { file: Some(path.into()), ..Self::default() }
    }

    /// A key in an environment variable.
    pub fn env(name: impl Into<String>) -> Self {
        Self { env: Some(name.into()), ..Self::default() }
    }

    /// A key in a token.
    pub fn token(token: TokenSource) -> Self {
        Self { pkcs11: Some(token), ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let said = [self.file.is_some(), self.env.is_some(), self.pkcs11.is_some()];
        match said.iter().filter(|s| **s).count() {
            1 => Ok(()),
            _ => Err("needs exactly one of `file`, `env` and `pkcs11`"),
        }
    }
}
