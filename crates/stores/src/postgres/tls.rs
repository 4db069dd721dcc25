//! TLS: which of it a URL asks for, and whom to trust.
//!
//! `disable` uses none. `prefer` (the default) encrypts when the server offers it and, as `libpq`
//! does, asks for no proof of who that is. `require`, `verify-ca` and `verify-full` all demand a
//! certificate for the host from an authority that is trusted: those in `sslrootcert` or
//! `PGSSLROOTCERT`, else the system's. (`libpq` verifies nothing for `require`.)

use std::path::PathBuf;
use std::sync::Arc;

use postgres::config::SslMode;
use postgres::{Client, Config};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How to encrypt.
#[derive(Clone)]
pub(super) struct Tls(Option<ClientConfig>);

/// Where systems keep the authorities they trust.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
];

impl Tls {
    pub(super) fn prepare(
        mode: Option<&str>,
        root: Option<String>,
        env: &dyn Fn(&str) -> Option<String>,
        config: &mut Config,
    ) -> Result<Self, String> {
        let mode = mode.map(str::to_owned).or_else(|| env("PGSSLMODE"));
        let provider = Arc::new(ring::default_provider());
        let builder = || {
            ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .map_err(|e| format!("TLS cannot be set up: {e}"))
        };
        match mode.as_deref().unwrap_or("prefer") {
            "disable" => {
                config.ssl_mode(SslMode::Disable);
                Ok(Self(None))
            }
            "allow" | "prefer" => {
                config.ssl_mode(SslMode::Prefer);
                let anyone = Arc::new(Anyone(Arc::clone(&provider)));
                let tls = builder()?.dangerous().with_custom_certificate_verifier(anyone);
                Ok(Self(Some(tls.with_no_client_auth())))
            }
            "require" | "verify-ca" | "verify-full" => {
                config.ssl_mode(SslMode::Require);
                let roots = roots(root.or_else(|| env("PGSSLROOTCERT")), env)?;
                Ok(Self(Some(builder()?.with_root_certificates(roots).with_no_client_auth())))
            }
            _ => {
                Err("its `sslmode` is none of disable, prefer, require, verify-ca, verify-full"
                    .into())
            }
        }
    }

    pub(super) fn connect(&self, config: &Config) -> Result<Client, postgres::Error> {
        match &self.0 {
            None => config.connect(postgres::NoTls),
            Some(tls) => config.connect(MakeRustlsConnect::new(tls.clone())),
        }
    }
}

fn roots(
    file: Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<RootCertStore, String> {
    let path = match file.filter(|f| f != "system") {
        Some(file) => PathBuf::from(file),
        None => env("SSL_CERT_FILE")
            .map(PathBuf::from)
            .or_else(|| BUNDLES.iter().map(PathBuf::from).find(|p| p.is_file()))
            .ok_or("no certificate authorities were found on this system; name a file of them in PGSSLROOTCERT")?,
    };
    let unreadable = || {
        format!(
            "the certificate authorities in `{}` cannot be read; PGSSLROOTCERT names a file in PEM form",
            path.display()
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&path).map_err(|_| unreadable())? {
        // A bundle may hold some that are not understood; a file without any is a mistake.
        let _ = roots.add(certificate.map_err(|_| unreadable())?);
    }
    if roots.is_empty() { Err(unreadable()) } else { Ok(roots) }
}

/// Accepts any certificate: encryption against those who only listen.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes `sslmode` and `sslrootcert` out of a URL: the driver does not know all of them.
pub(super) fn split(url: &str) -> (String, Option<String>, Option<String>) {
    let is_url = url.contains("://");
    let (base, settings): (&str, Vec<&str>) = match (is_url, url.split_once('?')) {
        (true, Some((base, query))) => (base, query.split('&').collect()),
        (true, None) => (url, Vec::new()),
        (false, _) => ("", url.split_whitespace().collect()),
    };
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for setting in settings {
        match setting.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.replace("%2F", "/")),
            _ => rest.push(setting),
        }
    }
    let plain = match (is_url, rest.is_empty()) {
        (true, true) => base.to_owned(),
        (true, false) => format!("{base}?{}", rest.join("&")),
        (false, _) => rest.join(" "),
    };
    (plain, mode, root)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn what_concerns_tls_is_taken_out_of_the_url() {
        let s = |t: &str| Some(t.to_owned());
        assert_eq!(
            split("postgres://u@h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fa.pem"),
            ("postgres://u@h/d?connect_timeout=3".to_owned(), s("verify-full"), s("/a.pem"))
        );
        assert_eq!(split("postgres://u@h/d"), ("postgres://u@h/d".to_owned(), None, None));
        assert_eq!(
            split("host=h sslmode=disable user=u"),
            ("host=h user=u".to_owned(), s("disable"), None)
        );
    }
}
