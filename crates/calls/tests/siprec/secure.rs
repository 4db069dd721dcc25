//! SDES-SRTP, and TLS with Kamailio between client and server.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use frist_calls::sdp::Srtp;
use frist_calls::sip::EndpointConfig;
use frist_calls::siprec::SrsConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::consent::{client, finish, media_ports};
use crate::place::{Place, local, wait_for};
use crate::sound::{Sender, numbers, sockets};
use crate::support::{Process, free_port, missing};

const ID: &str = "47755a9de7794ba387653f2099600ef2";

#[tokio::test(flavor = "multi_thread")]
async fn srtp_is_recorded_as_it_was_before_it_was_encrypted() {
    let config = SrsConfig { srtp: Srtp::Required, ..SrsConfig::default() };
    let place = Place::with(EndpointConfig::default(), config, Duration::from_secs(30)).await;
    let keys: [Vec<u8>; 2] = [0u8, 100].map(|n| (n..n + 30).collect());
    let inline = keys.clone().map(|k| base64::engine::general_purpose::STANDARD.encode(k));
    let (sockets, ports) = sockets();
    let client = client("src_later_srtp", place.addr, ID, ports)
        .key("key1", &inline[0])
        .key("key2", &inline[1])
        .start();
    let to = media_ports(&client).await;
    let sender = Sender::start(sockets, to, Some(keys));
    let call = place.call(ID).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    place.assert_nothing(&sender.sounds());
    let before = sender.sent().len() as u32;
    place.consents(&call);
    finish(client).await;
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    for leg in 0..2 {
        let numbers = numbers(leg, &place.blocks(leg), sender.sent().len());
        assert!(numbers.len() > 55, "leg {leg}: {}", numbers.len());
        assert!(numbers[0] >= before, "nothing of before the consent");
        assert!(numbers.windows(2).all(|w| w[1] - w[0] == 1), "no gap");
    }
    assert_eq!(place.figures().unauthenticated, 0);
}

/// A certificate for 127.0.0.1 that signs itself.
fn certificate(dir: &Path) -> EndpointConfig {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .status();
    assert!(made.is_ok_and(|s| s.success()), "{}", missing("openssl"));
    let chain = CertificateDer::pem_file_iter(dir.join("cert.pem")).unwrap();
    let chain: Vec<_> = chain.collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(chain[0].clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    EndpointConfig {
        tls_server: Some(Arc::new(server)),
        tls_client: Some(Arc::new(client)),
        ..EndpointConfig::default()
    }
}

/// Kamailio takes UDP, and sends it on over TLS.
fn kamailio(dir: &Path, to: SocketAddr) -> (Process, SocketAddr) {
    let (udp, tls) = (free_port(), free_port());
    let at = dir.display();
    let mut cfg = format!(
        "debug=1\nlog_stderror=yes\nfork=yes\nchildren=1\ntcp_children=2\nenable_tls=yes\nauto_aliases=no\ndns=no\nrev_dns=no\n\
         listen=udp:127.0.0.1:{udp}\nlisten=tls:127.0.0.1:{tls}\ntcp_accept_no_cl=yes\n"
    );
    for module in ["tls", "tm", "sl", "rr", "pv", "maxfwd", "siputils", "textops"] {
        let _ = writeln!(cfg, "loadmodule \"{module}.so\"");
    }
    let _ = write!(
        cfg,
        "modparam(\"tls\", \"config\", \"{at}/tls.cfg\")\nmodparam(\"rr\", \"enable_full_lr\", 1)\n\
         request_route {{\n  if (has_totag()) {{\n    if (loose_route()) {{ t_relay(); exit; }}\n    if (is_method(\"ACK\")) {{ if (t_check_trans()) t_relay(); exit; }}\n\
         sl_send_reply(\"404\", \"Not here\"); exit;\n  }}\n  record_route();\n  $du = \"sip:{to};transport=tls\";\n  t_relay();\n}}\n"
    );
    std::fs::write(dir.join("k.cfg"), cfg).unwrap();
    let both = format!(
        "method = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = {at}/key.pem\ncertificate = {at}/cert.pem\n"
    );
    let tls_cfg = format!("[server:default]\n{both}\n[client:default]\n{both}");
    std::fs::write(dir.join("tls.cfg"), tls_cfg).unwrap();
    let log = std::fs::File::create(dir.join("k.log")).unwrap();
    let child = Command::new("kamailio")
        .args([
            "-f", "k.cfg", "-DD", "-E", "-m", "64", "-M", "8", "-w", ".", "-Y", ".", "-P", "k.pid",
        ])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|_| panic!("{}", missing("kamailio")));
    (Process { child, name: "kamailio".to_owned() }, local(udp))
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_through_kamailio_from_the_first_invite_to_re_invites_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let endpoint = certificate(dir.path());
    let place = Place::with(endpoint, SrsConfig::default(), Duration::from_secs(30)).await;
    let (proxy, addr) = kamailio(dir.path(), place.tls.unwrap());
    let log = || std::fs::read_to_string(dir.path().join("k.log")).unwrap_or_default();
    // Its port is taken when it listens; the other processes of it begin a moment later.
    for _ in 0..400 {
        if std::net::UdpSocket::bind(addr).is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(std::net::UdpSocket::bind(addr).is_err(), "kamailio does not listen:\n{}", log());
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (sockets, ports) = sockets();
    let client = client("src_later", addr, ID, ports).start();
    let to = tokio::time::timeout(Duration::from_secs(25), media_ports(&client)).await;
    let sender = Sender::start(sockets, to.unwrap(), None);
    let call = place.call(ID).await;
    place.consents(&call);
    wait_for("the recording", || (place.figures().recorded_ms > 400).then_some(())).await;
    let how = frist_calls::consent::How::Api { who: "test".to_owned() };
    place.desk.withdraw(&call, None, how).unwrap();
    finish(client).await;
    drop(proxy);
    wait_for("the object's end", || {
        crate::place::files(&place.dir.path().join("vault/objects")).is_empty().then_some(())
    })
    .await;
    place.assert_nothing(&sender.sounds());
}
