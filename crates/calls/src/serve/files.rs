//! Certificates and keys.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// What a server shows, and whom it lets in.
pub(super) fn server(
    certificate: &Path,
    key: &Path,
    clients: Option<&Path>,
) -> Result<Arc<ServerConfig>, String> {
    let chain = certificates(certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|e| format!("the private key `{}` cannot be read: {e}", key.display()))?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(trust) => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots(trust)?), provider())
                    .build()
                    .map_err(|e| format!("`{}` cannot verify clients: {e}", trust.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, secret).map_err(|e| {
        format!("`{}` and `{}` do not fit: {e}", certificate.display(), key.display())
    })?;
    Ok(Arc::new(config))
}

/// By whom the servers that we call are verified.
pub(super) fn client(trust: &Path) -> Result<Arc<ClientConfig>, String> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots(trust)?)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |e: rustls::pki_types::pem::Error| {
        format!("the certificate `{}` cannot be read: {e}", path.display())
    };
    let all: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(wrong)?
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    match all.is_empty() {
        true => Err(format!("`{}` has no certificate in PEM form", path.display())),
        false => Ok(all),
    }
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|e| {
            format!("`{}` has a certificate that cannot be trusted: {e}", path.display())
        })?;
    }
    Ok(roots)
}
