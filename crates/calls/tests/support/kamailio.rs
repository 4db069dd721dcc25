//! Kamailio, and rtpengine, between a caller and the front.

use super::{Process, free_port, missing};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A certificate for 127.0.0.1 and its key, as PEM files.
pub fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "{}", missing("openssl"));
    (certificate, key)
}

/// What a rustls server needs of the two files.
pub fn server_config(certificate: &Path, key: &Path) -> rustls::ServerConfig {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .expect("a certificate")
        .collect::<Result<_, _>>()
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate that fits its key")
}

/// Kamailio that sends every call on over TLS, its media through rtpengine.
pub struct Between {
    _kamailio: Process,
    _rtpengine: Process,
    /// Where callers reach it, over UDP.
    pub addr: SocketAddr,
    dir: tempfile::TempDir,
}

impl Between {
    /// Starts both.
    pub fn start(front_over_tls: SocketAddr) -> Between {
        let dir = tempfile::tempdir().expect("a folder");
        let (certificate, key) = certificate(dir.path());
        let (port, tls, control) = (free_port(), free_port(), free_port());
        let first = 58_000 + (std::process::id() as u16 % 20) * 100;
        let log = |name: &str| std::fs::File::create(dir.path().join(name)).expect("a log");
        let rtpengine = Command::new("rtpengine")
            .args([
                "--table=-1",
                "--interface=127.0.0.1",
                "-f",
                "-E",
                "-L",
                "4",
                "--num-threads=2",
                "--delete-delay=0",
            ])
            .arg(format!("--listen-ng=127.0.0.1:{control}"))
            .args(["-m", &first.to_string(), "-M", &(first + 99).to_string()])
            .stdin(Stdio::null())
            .stdout(log("rtpengine.log"))
            .stderr(log("rtpengine.err"))
            .spawn()
            .unwrap_or_else(|_| panic!("{}", missing("rtpengine")));
        let rtpengine = Process { child: rtpengine, name: "rtpengine".to_owned() };
        let text = format!(
            r#"
debug=1
log_stderror=yes
children=2
enable_tls=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tls:127.0.0.1:{tls}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "tls.so"
loadmodule "rtpengine.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "verify_certificate", 0)
modparam("tls", "tls_method", "TLSv1.2+")
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{control}")
request_route {{
  if (has_totag()) {{
    if (loose_route()) {{
      if (has_body("application/sdp")) {{ rtpengine_manage("replace-origin replace-session-connection ICE=remove"); t_on_reply("MEDIA"); }}
      t_relay();
    }} else if (is_method("ACK")) {{ t_relay(); }}
    exit;
  }}
  if (is_method("CANCEL")) {{ t_relay(); exit; }}
  record_route();
  rtpengine_manage("replace-origin replace-session-connection ICE=remove");
  t_on_reply("MEDIA");
  $du = "sip:{front_over_tls};transport=tls";
  t_relay();
}}
onreply_route[MEDIA] {{
  if (has_body("application/sdp")) {{ rtpengine_manage("replace-origin replace-session-connection ICE=remove"); }}
}}
"#,
            key = key.display(),
            certificate = certificate.display(),
        );
        let file = dir.path().join("kamailio.cfg");
        std::fs::write(&file, text).expect("a configuration");
        let kamailio = Command::new("kamailio")
            .arg("-f")
            .arg(&file)
            .args(["-DD", "-E", "-m", "64", "-M", "8", "-w"])
            .arg(dir.path())
            .arg("-Y")
            .arg(dir.path())
            .arg("-P")
            .arg(dir.path().join("pid"))
            .stdin(Stdio::null())
            .stdout(log("kamailio.log"))
            .stderr(log("kamailio.err"))
            .spawn()
            .unwrap_or_else(|_| panic!("{}", missing("kamailio")));
        let kamailio = Process { child: kamailio, name: "kamailio".to_owned() };
        std::thread::sleep(Duration::from_millis(1500));
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        Between { _kamailio: kamailio, _rtpengine: rtpengine, addr, dir }
    }

    /// What both wrote.
    pub fn log(&self) -> String {
        let read =
            |name: &str| std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
        format!("{}{}", read("kamailio.err"), read("rtpengine.err"))
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        // Kamailio's main process ends its children when it is told to end, not when it is killed.
        let pid = self._kamailio.child.id();
        let _ = Command::new("kill").args(["-TERM", &pid.to_string()]).status();
        std::thread::sleep(Duration::from_millis(300));
    }
}
