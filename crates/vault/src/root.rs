//! The root key: from a file, the environment, or a token that it never leaves.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use zeroize::{Zeroize as _, Zeroizing};

use crate::config::RootSource;
use crate::error::VaultError;
use crate::key::{KEY, Key, Use, pack, unpack};
#[cfg(feature = "pkcs11")]
use crate::token::Token;

/// A root key, ready to wrap.
pub(crate) enum Root {
    Plain(Key),
    #[cfg(feature = "pkcs11")]
    Token(Token),
}

impl Root {
    /// Reads or reaches the root key.
    pub(crate) fn open(
        source: &RootSource,
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        if let Some(file) = &source.file {
            let path = dir.join(file);
            let mut bytes = fs::read(&path).map_err(VaultError::io("read the root key", &path))?;
            let key = read(&bytes);
            bytes.zeroize();
            return key.map(Root::Plain).ok_or_else(|| {
                VaultError::Root(format!(
                    "`{}` holds neither 64 hexadecimal digits nor 32 bytes",
                    path.display()
                ))
            });
        }
        if let Some(name) = &source.env {
            let text = Zeroizing::new(env(name).ok_or_else(|| {
                VaultError::Root(format!("the environment variable `{name}` is not set"))
            })?);
            return hex(text.trim().as_bytes()).map(Root::Plain).ok_or_else(|| {
                VaultError::Root(format!(
                    "the environment variable `{name}` does not hold 64 hexadecimal digits"
                ))
            });
        }
        match &source.pkcs11 {
            #[cfg(feature = "pkcs11")]
            Some(token) => Token::open(token, env).map(Root::Token),
            #[cfg(not(feature = "pkcs11"))]
            Some(_) => Err(VaultError::Root("this program was built without PKCS#11".into())),
            None => Err(VaultError::Root("`vault.toml` does not say where it is".into())),
        }
    }

    /// Wraps a key for this use.
    pub(crate) fn wrap(&self, key: &Key, what: Use<'_>) -> Result<Vec<u8>, VaultError> {
        let packed = pack(key, what);
        match self {
            Root::Plain(root) => root.wrap(&packed),
            #[cfg(feature = "pkcs11")]
            Root::Token(token) => token.wrap(&packed),
        }
    }

    /// Unwraps the key of this use; none when another root key wrapped it, or for another use, or
    /// when it was changed.
    pub(crate) fn unwrap(&self, wrapped: &[u8], what: Use<'_>) -> Result<Option<Key>, VaultError> {
        let packed = match self {
            Root::Plain(root) => root.unwrap(wrapped),
            #[cfg(feature = "pkcs11")]
            Root::Token(token) => token.unwrap(wrapped)?,
        };
        Ok(packed.and_then(|packed| unpack(&packed, what)))
    }
}

/// Makes a new root key where the source says that there is none: a file is written, a token's key
/// is generated in it. Answers whether something was made; an environment variable must be there.
pub(crate) fn make(
    source: &RootSource,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<bool, VaultError> {
    if let Some(file) = &source.file {
        let path = dir.join(file);
        if path.exists() {
            return Ok(false);
        }
        let key = Key::random()?;
        let digits = key.bytes().iter().flat_map(|b| [b >> 4, b & 15]);
        let mut text: Zeroizing<String> =
            Zeroizing::new(digits.filter_map(|d| char::from_digit(d.into(), 16)).collect());
        text.push('\n');
        let write = || {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(VaultError::io("write the root key", &path))?;
        return Ok(true);
    }
    #[cfg(feature = "pkcs11")]
    if let Some(token) = &source.pkcs11 {
        return Token::make(token, env);
    }
    let _ = env;
    Ok(false)
}

fn read(bytes: &[u8]) -> Option<Key> {
    if let Ok(exact) = <[u8; KEY]>::try_from(bytes) {
        return Some(Key::new(Zeroizing::new(exact)));
    }
    hex(bytes.trim_ascii())
}

fn hex(digits: &[u8]) -> Option<Key> {
    let mut key = Zeroizing::new([0; KEY]);
    if digits.len() != 2 * KEY {
        return None;
    }
    let value = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(Key::new(key))
}
