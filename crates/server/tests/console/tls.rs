//! TLS of our own: versions, cookies, and a certificate that is exchanged while the server runs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::kit::House;

fn certificate(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join(format!("{name}.crt")), dir.join(format!("{name}.key")));
    let done = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (certificate, key)
}

/// A page over TLS, if the server shows this certificate in one of these versions.
fn get(
    to: SocketAddr,
    trust: &Path,
    versions: &[&'static rustls::SupportedProtocolVersion],
    path: &str,
) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trust).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(to)?);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        // Ended without TLS's own farewell, but whole.
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof && !text.is_empty() => {}
        other => drop(other?),
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_console_speaks_tls_and_takes_a_new_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let (first, key) = certificate(dir.path(), "first");
    let (second, second_key) = certificate(dir.path(), "second");
    let (shown, shown_key) = (dir.path().join("shown.crt"), dir.path().join("shown.key"));
    let put = |certificate: &Path, key: &Path| {
        std::fs::copy(key, &shown_key).unwrap();
        std::fs::copy(certificate, &shown).unwrap();
    };
    put(&first, &key);
    let text = format!(
        "address = \"https://localhost\"\n[tls]\ncertificate = {:?}\nkey = {:?}\n",
        shown.to_str().unwrap(),
        shown_key.to_str().unwrap()
    );
    let house = House::with(move |s| {
        s.tls = true;
        s.config = frist_server::Config::read(&text).unwrap_or_else(|t| panic!("{}", t.message));
    });
    let to = house.console.local;
    let both = [&rustls::version::TLS13, &rustls::version::TLS12];
    for version in both {
        let page = get(to, &first, &[version], "/sign-in").unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let head = page.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.contains("strict-transport-security: max-age=63072000"), "{head}");
        assert!(
            head.contains("set-cookie: __host-frist-form=") && head.contains("; secure"),
            "{head}"
        );
    }
    assert!(get(to, &second, &both, "/sign-in").is_err(), "another certificate is trusted");
    // Older versions are not spoken, by a program that still can.
    let old = Command::new("openssl")
        .args(["s_client", "-connect", &to.to_string(), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!old.status.success());
    // Without TLS there is no page.
    let mut plain = TcpStream::connect(to).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(7))).unwrap();
    plain.write_all(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1 200"));

    // A connection that is open goes on while the certificate is exchanged.
    let wait = |what: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(10);
        while !what() {
            assert!(Instant::now() < end, "{}", house.log.lock().unwrap().join("\n"));
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    put(&second, &second_key);
    wait(&|| get(to, &second, &both, "/healthz").is_ok());
    assert!(get(to, &first, &both, "/healthz").is_err());
    // What cannot be used leaves the one that works, and is told.
    std::fs::write(&shown, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
    let said = |word: &str| house.log.lock().unwrap().iter().any(|l| l.contains(word));
    wait(&|| said("the earlier certificate is still shown"));
    assert!(get(to, &second, &both, "/healthz").is_ok());
    assert!(said("a new certificate is shown"));
}
