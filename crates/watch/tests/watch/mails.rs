//! Mail, to a real mail server (aiosmtpd, from Debian) with STARTTLS and login.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use frist_register::Lang;
use frist_watch::config::MailTls;
use frist_watch::{Mail, Sender, Settings, event};

use crate::kit::{House, quick, until};

/// Takes mail only after STARTTLS and login, and prints what it got as one line of JSON.
const SERVER: &str = r#"
import asyncio, json, ssl, sys
from email import message_from_bytes, policy
from aiosmtpd.smtp import AuthResult, SMTP

class Got:
    async def handle_DATA(self, server, session, envelope):
        m = message_from_bytes(envelope.content, policy=policy.default)
        print(json.dumps({"to": envelope.rcpt_tos, "subject": m["subject"], "id": m["message-id"],
            "text": m.get_content(), "tls": session.ssl is not None or implicit}), flush=True)
        return "250 OK"

def login(server, session, envelope, mechanism, data):
    good = data.login == b"frist" and data.password == "hemmelig æble".encode()
    return AuthResult(success=good, handled=False)

folder, implicit = sys.argv[1], sys.argv[2] == "tls"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")

async def main():
    loop = asyncio.get_running_loop()
    def factory():
        return SMTP(Got(), hostname="localhost", authenticator=login, auth_required=True,
            auth_require_tls=not implicit, require_starttls=not implicit, loop=loop,
            tls_context=None if implicit else context)
    own = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if implicit else None)
    print(own.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"#;

/// For the slowest machine.
const WAIT: std::time::Duration = std::time::Duration::from_secs(60);

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) lines: std::sync::mpsc::Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn certificate(dir: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(dir.join("key.pem"))
        .arg("-out")
        .arg(dir.join("cert.pem"))
        .output();
    let made = made.expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn server(dir: &Path, tls: &str) -> Server {
    program(SERVER, dir, tls)
}

/// A program in Python that prints its port, and then what it gets.
pub(crate) fn program(text: &str, dir: &Path, tls: &str) -> Server {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", text])
        .arg(dir)
        .arg(tls)
        .stdout(Stdio::piped())
        // It tells of every client that leaves, as these are meant to.
        .stderr(Stdio::null())
        .spawn()
        .expect("Debian's Python is installed");
    let out = child.stdout.take().unwrap();
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    let wait = WAIT;
    let port = lines.recv_timeout(wait).expect("a port: install python3-aiosmtpd");
    Server { child, port: port.parse().unwrap(), lines }
}

pub(crate) fn mail(server: &Server, tls: MailTls, roots: Option<PathBuf>, password: &str) -> Mail {
    Mail {
        server: "localhost".into(),
        port: Some(server.port),
        tls,
        roots_file: roots,
        user: Some("frist".into()),
        password_env: Some(password.into()),
        from: "Frist <frist@nordkyst.example>".into(),
        to: vec!["dpo@nordkyst.example".into(), "Drift <drift@nordkyst.example>".into()],
        events: vec!["*".into()],
        lang: Lang::Da,
    }
}

fn send(house: &House, mail: Mail) -> Result<String, String> {
    let settings = Settings { mail: Some(mail), ..Settings::default() };
    let outside = house.outside("here/world/1");
    let event = event::test(house.now());
    let m = event::test_messages(&event, &settings, "Nordkyst Forsyning A/S").unwrap().remove(0);
    let sender: Sender<'_> = outside.sender(&settings);
    sender.send(&m.way, &m.message, &m.body).map(|()| m.message).map_err(|e| e.why)
}

#[test]
fn a_mail_arrives_over_starttls_and_over_tls_with_login() {
    let house = House::new();
    certificate(house.dir.path());
    let roots = || Some(house.dir.path().join("cert.pem"));
    for (word, tls) in [("starttls", MailTls::Starttls), ("tls", MailTls::Tls)] {
        let server = server(house.dir.path(), word);
        let id = send(&house, mail(&server, tls, roots(), "MAIL_RIGHT")).unwrap();
        let line = server.lines.recv_timeout(WAIT).unwrap();
        let got: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(got["tls"], true);
        assert_eq!(got["subject"], "Frist: En prøve");
        assert_eq!(got["to"][1], "drift@nordkyst.example");
        assert_eq!(got["id"], format!("<{id}@nordkyst.example>"));
        let text = got["text"].as_str().unwrap();
        assert!(text.contains("når frem") && text.contains("Nordkyst Forsyning A/S"), "{text}");
        // What must not be sent, is not: a wrong password, an unknown certificate, no TLS, none set.
        let wrong = send(&house, mail(&server, tls, roots(), "MAIL_WRONG")).unwrap_err();
        assert!(wrong.contains("refuses") && !wrong.contains("forkert"), "{wrong}");
        let unknown = send(&house, mail(&server, tls, None, "MAIL_RIGHT")).unwrap_err();
        assert!(unknown.to_lowercase().contains("cert"), "{unknown}");
        if tls == MailTls::Starttls {
            assert!(send(&house, mail(&server, MailTls::None, None, "MAIL_RIGHT")).is_err());
        }
        let none = send(&house, mail(&server, tls, roots(), "NOT_SET")).unwrap_err();
        assert!(none.contains("NOT_SET"), "{none}");
        assert!(server.lines.try_recv().is_err(), "one mail");
    }
}

#[test]
fn what_the_database_cannot_keep_is_told_past_it() {
    let house = House::new();
    certificate(house.dir.path());
    let server = server(house.dir.path(), "starttls");
    let roots = Some(house.dir.path().join("cert.pem"));
    let settings =
        Settings { mail: Some(mail(&server, MailTls::Starttls, roots, "MAIL_RIGHT")), ..quick() };
    let watch = house.watch("here/world/1", settings);
    until("it lives", || !house.state().servers(house.now()).unwrap().is_empty());
    // Frist's own database is taken away under it, and stays away.
    for file in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
        let _ = std::fs::remove_file(house.dir.path().join(file));
    }
    std::fs::create_dir(house.dir.path().join("state.sqlite")).unwrap();
    until("it is missed", || house.log.lock().unwrap().iter().any(|l| l.contains("\"heart\"")));
    assert!(server.lines.try_recv().is_err(), "it may come back");
    *house.later.lock().unwrap() = std::time::Duration::from_secs(300);
    let line = server.lines.recv_timeout(WAIT).unwrap();
    let got: serde_json::Value = serde_json::from_str(&line).unwrap();
    let (subject, text) = (got["subject"].as_str().unwrap(), got["text"].as_str().unwrap());
    assert!(subject.starts_with("Frist: ") && text.contains("database"), "{got}");
    watch.stop();
    assert!(server.lines.try_recv().is_err(), "once");
}
