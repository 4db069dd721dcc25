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

/// An authority that makes certificates, by openssl.
pub struct Authority {
    dir: PathBuf,
    name: String,
}

fn openssl(dir: &Path, args: &[&str]) {
    let made = Command::new("openssl").args(args).current_dir(dir).stderr(Stdio::null()).status();
    assert!(made.is_ok_and(|status| status.success()), "{}", missing("openssl"));
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

impl Authority {
    /// A new one; its files lie in this folder.
    pub fn new(dir: &Path, name: &str) -> Authority {
        let (subject, key, file) =
            (format!("/CN=Authority {name}"), format!("{name}-ca.key"), format!("{name}-ca.pem"));
        let args =
            ["req", "-x509", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &file];
        openssl(dir, &[&args[..], &NEW_KEY].concat());
        Authority { dir: dir.to_owned(), name: name.to_owned() }
    }

    /// A certificate for these names (`IP:127.0.0.1`) and its key.
    pub fn certificate(&self, file: &str, names: &str) -> (PathBuf, PathBuf) {
        let (request, key, certificate) =
            (format!("{file}.csr"), format!("{file}.key"), format!("{file}.pem"));
        let (ca, ca_key) = (format!("{}-ca.pem", self.name), format!("{}-ca.key", self.name));
        let args = ["req", "-subj", "/CN=agents", "-keyout", &key, "-out", &request];
        openssl(&self.dir, &[&args[..], &NEW_KEY].concat());
        std::fs::write(self.dir.join("names"), format!("subjectAltName={names}\n")).expect("names");
        let args = ["x509", "-req", "-days", "2", "-in", &request, "-CA", &ca, "-CAkey", &ca_key];
        let more = ["-CAcreateserial", "-extfile", "names", "-out", &certificate];
        openssl(&self.dir, &[&args[..], &more].concat());
        (self.dir.join(certificate), self.dir.join(key))
    }

    /// What trusts this authority and no other.
    pub fn trusted_by(&self) -> rustls::ClientConfig {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        let mut roots = rustls::RootCertStore::empty();
        let file = self.dir.join(format!("{}-ca.pem", self.name));
        let root = CertificateDer::from_pem_file(file).expect("a certificate");
        roots.add(root).expect("a root");
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

/// Kamailio as the agents' side: takes calls over TLS and sends them on over UDP to one place.
pub struct Agents {
    kamailio: Process,
    log: PathBuf,
}

impl Agents {
    /// Listens on each port with its certificate and key; calls go on to `behind`.
    pub fn start(dir: &Path, behind: u16, ports: &[(u16, (PathBuf, PathBuf))]) -> Agents {
        use std::fmt::Write as _;
        let udp = free_port();
        let (mut listen, mut profiles) = (String::new(), String::new());
        // Kamailio wants a profile for all other addresses as well, though it listens on none.
        let first = ports.first().map(|(_, files)| ("default".to_owned(), files));
        let own = ports.iter().map(|(port, files)| (format!("127.0.0.1:{port}"), files));
        for (port, _) in ports {
            let _ = writeln!(listen, "listen=tls:127.0.0.1:{port}");
        }
        for (name, (certificate, key)) in first.into_iter().chain(own) {
            let _ = writeln!(
                profiles,
                "[server:{name}]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n\
                 private_key = {}\ncertificate = {}\n",
                key.display(),
                certificate.display()
            );
        }
        profiles += "[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\n";
        std::fs::write(dir.join("agents-tls.cfg"), profiles).expect("a configuration");
        let text = format!(
            r#"
debug=1
log_stderror=yes
children=1
tcp_children=4
enable_tls=yes
auto_aliases=no
listen=udp:127.0.0.1:{udp}
{listen}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "tls.so"
modparam("tls", "config", "{dir}/agents-tls.cfg")
request_route {{
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); }} else if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); }}
    exit;
  }}
  if (is_method("CANCEL")) {{ t_relay(); exit; }}
  xlog("L_ALERT", "taken over $proto\n");
  record_route();
  $du = "sip:127.0.0.1:{behind}";
  t_relay();
}}
"#,
            dir = dir.display(),
        );
        std::fs::write(dir.join("agents.cfg"), text).expect("a configuration");
        let log = dir.join("agents.log");
        let file = std::fs::File::create(&log).expect("a log");
        let child = Command::new("kamailio")
            .args(["-f", "agents.cfg", "-DD", "-E", "-m", "64", "-M", "8"])
            .args(["-w", ".", "-Y", ".", "-P", "agents.pid"])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|_| panic!("{}", missing("kamailio")));
        std::thread::sleep(Duration::from_millis(1500));
        Agents { kamailio: Process { child, name: "kamailio".to_owned() }, log }
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How many calls it took.
    pub fn taken(&self) -> usize {
        self.log().matches("taken over tls").count()
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        // Kamailio's main process ends its children when it is told to end, not when it is killed.
        let _ =
            Command::new("kill").args(["-TERM", &self.kamailio.child.id().to_string()]).status();
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Kamailio as an exchange on both sides of the front: callers come through it, and agents are behind it. Calls of the
/// front's to `fork` ring at two agents at once; those to `strict`, and all of callers, get a Record-Route without `lr`,
/// as routers before RFC 3261 wrote it.
pub struct Exchange {
    kamailio: Process,
    /// Where callers and the front reach it, over UDP.
    pub addr: SocketAddr,
    dir: tempfile::TempDir,
}

impl Exchange {
    /// Starts it. `agents` are two ports.
    pub fn start(port: u16, front: SocketAddr, agents: [u16; 2]) -> Exchange {
        let dir = tempfile::tempdir().expect("a folder");
        let ([one, two], front_port) = (agents, front.port());
        let text = format!(
            r#"
debug=1
log_stderror=yes
children=2
auto_aliases=no
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "siputils.so"
loadmodule "corex.so"
loadmodule "textops.so"
request_route {{
  if (has_totag()) {{
    if ($ru == "sip:127.0.0.1:{port}") {{ xlog("L_ALERT", "strict $rm\n"); }}
    if (loose_route()) {{ t_relay(); }} else if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); }}
    exit;
  }}
  if (is_method("CANCEL")) {{ t_relay(); exit; }}
  if ($sp == {front_port}) {{
    if ($rU == "fork") {{
      record_route();
      $ru = "sip:one@127.0.0.1:{one}";
      append_branch("sip:two@127.0.0.1:{two}");
    }} else {{
      insert_hf("Record-Route: <sip:127.0.0.1:{port}>\r\n", "Via");
      $ru = "sip:one@127.0.0.1:{one}";
    }}
  }} else {{
    insert_hf("Record-Route: <sip:127.0.0.1:{port}>\r\n", "Via");
    $du = "sip:{front}";
  }}
  t_relay();
}}
"#
        );
        std::fs::write(dir.path().join("exchange.cfg"), text).expect("a configuration");
        let log = std::fs::File::create(dir.path().join("log")).expect("a log");
        let child = Command::new("kamailio")
            .args(["-f", "exchange.cfg", "-DD", "-E", "-m", "64", "-M", "8"])
            .args(["-w", ".", "-Y", ".", "-P", "pid"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|_| panic!("{}", missing("kamailio")));
        std::thread::sleep(Duration::from_millis(1500));
        let kamailio = Process { child, name: "kamailio".to_owned() };
        Exchange { kamailio, addr: SocketAddr::from(([127, 0, 0, 1], port)), dir }
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// How many requests of this method came with its own address as Request-URI.
    pub fn strict(&self, method: &str) -> usize {
        self.log().matches(&format!("strict {method}")).count()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ =
            Command::new("kill").args(["-TERM", &self.kamailio.child.id().to_string()]).status();
        std::thread::sleep(Duration::from_millis(300));
    }
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
