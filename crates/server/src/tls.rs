//! `[tls]` of `server.toml`: TLS of our own, so that no proxy is needed.
//!
//! TLS 1.2 and 1.3 as the workspace's rustls has them. Certificate and key are read again when their
//! files change; what cannot be used is told in the log and the earlier one goes on being shown.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::Deserialize;

use crate::face::Trouble;

/// The files, in PEM form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate, and after it those up to its authority's.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A certificate that can be exchanged while connections go on.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: TlsConfig,
    shown: RwLock<Arc<CertifiedKey>>,
    read: RwLock<Stamp>,
}

/// When the two files were last changed, and which ones they are.
type Stamp = [Option<(i64, i64, u64, u64)>; 2];

impl Certificate {
    /// Reads the files.
    pub(crate) fn read(files: &TlsConfig) -> Result<Arc<Self>, Trouble> {
        // Before the files are read: a change in between is then seen later.
        let read = RwLock::new(stamp(files));
        let shown = RwLock::new(Arc::new(load(files)?));
        Ok(Arc::new(Self { files: files.clone(), shown, read }))
    }

    /// What a listener takes.
    pub(crate) fn config(self: &Arc<Self>) -> Result<frist_http::Tls, Trouble> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| trouble(format!("TLS cannot be set up: {e}"), ""))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Reads the files again if they changed: answers whether it did.
    pub(crate) fn refresh(&self) -> Result<bool, Trouble> {
        let now = stamp(&self.files);
        if *self.read.read().unwrap_or_else(PoisonError::into_inner) == now {
            return Ok(false);
        }
        // Also when it cannot be used: told once, not every few seconds.
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = now;
        let fresh = Arc::new(load(&self.files)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(true)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn stamp(files: &TlsConfig) -> Stamp {
    [&files.certificate, &files.key].map(|path| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.mtime(), data.mtime_nsec(), data.ino(), data.len()))
    })
}

fn trouble(message: String, help: &str) -> Trouble {
    let help = (!help.is_empty()).then(|| help.to_owned());
    Trouble { message: format!("`server.toml`, [tls]: {message}"), help }
}

fn load(files: &TlsConfig) -> Result<CertifiedKey, Trouble> {
    private(&files.key)?;
    let shown = files.certificate.display();
    let wrong = |e: rustls::pki_types::pem::Error| {
        trouble(
            format!("the certificate `{shown}` cannot be read: {e}"),
            "it must be there, in PEM form (`-----BEGIN CERTIFICATE-----`)",
        )
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .map_err(wrong)?
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    if chain.is_empty() {
        return Err(trouble(format!("`{shown}` has no certificate"), "it must be in PEM form"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| {
        trouble(
            format!("the private key `{}` cannot be read: {e}", files.key.display()),
            "it must be there, in PEM form, without a password",
        )
    })?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|e| {
        trouble(
            format!("`{shown}` and `{}` do not go together: {e}", files.key.display()),
            "the first certificate of the file must be the one for this key",
        )
    })
}

/// A key that everybody on the machine can read protects nothing.
fn private(key: &Path) -> Result<(), Trouble> {
    let Ok(data) = std::fs::metadata(key) else { return Ok(()) };
    if data.permissions().mode() & 0o007 == 0 {
        return Ok(());
    }
    let shown = key.display();
    Err(trouble(
        format!("everybody on this machine can read the private key `{shown}`"),
        &format!("`chmod 640 {shown}`, and give it to the user that runs `frist serve`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dir: &Path, name: &str) -> TlsConfig {
        let files = TlsConfig {
            certificate: dir.join(format!("{name}.crt")),
            key: dir.join(format!("{name}.key")),
        };
        let done = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-out"])
            .arg(&files.certificate)
            .arg("-keyout")
            .arg(&files.key)
            .output()
            .unwrap();
        assert!(done.status.success());
        files
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (made(dir.path(), "one"), made(dir.path(), "two"));
        let no = |files: &TlsConfig, word: &str| {
            let e = Certificate::read(files).err().unwrap_or_else(|| panic!("{word}"));
            assert!(e.message.contains(word), "{}", e.message);
            assert!(e.help.is_some(), "{}", e.message);
        };
        assert!(Certificate::read(&one).is_ok());
        no(&TlsConfig { key: two.key.clone(), ..one.clone() }, "do not go together");
        no(&TlsConfig { key: one.certificate.clone(), ..one.clone() }, "everybody");
        no(&TlsConfig { certificate: dir.path().join("none"), ..one.clone() }, "cannot be read");
        no(&TlsConfig { certificate: one.key.clone(), ..one.clone() }, "no certificate");
        no(&TlsConfig { key: dir.path().join("none"), ..one.clone() }, "cannot be read");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&one.key, open).unwrap();
        no(&one, "everybody on this machine can read");
    }
}
