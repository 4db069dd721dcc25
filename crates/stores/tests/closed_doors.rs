//! Where a register cannot lead, whoever writes it: into Frist's own data, and to what stands behind a
//! port.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use frist_register::Register;
use frist_stores::open;

/// Why a store cannot be opened.
fn refused(kind: &str, folder: &Path, url: Option<&str>) -> String {
    let text = format!("[controller]\nname = \"A\"\n[[store]]\nid = \"erp\"\n{kind}\n");
    let register = Register::read(&[("register.toml", &text)]);
    let register = register.register.unwrap_or_else(|| panic!("{:?}", register.diagnostics));
    match open(&register.stores[0], folder, &|name| {
        url.filter(|_| name == "URL").map(str::to_owned)
    }) {
        Ok(_) => panic!("`{kind}` was opened"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn frists_own_data_is_no_store() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join(".frist");
    std::fs::create_dir(&own).unwrap();
    let db = rusqlite::Connection::open(own.join("index.db")).unwrap();
    db.execute_batch("CREATE TABLE x (a TEXT)").unwrap();
    std::os::unix::fs::symlink(&own, dir.path().join("data")).unwrap();
    // A folder of that very name, and a link within it that leads back.
    std::fs::create_dir(dir.path().join("~")).unwrap();
    std::os::unix::fs::symlink("../data", dir.path().join("~/link")).unwrap();
    std::fs::create_dir(own.join("ledger")).unwrap();
    let open_file = std::fs::File::open(own.join("index.db")).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&open_file);
    for kind in [
        "kind = \"sqlite\"\npath = \".frist/index.db\"".to_owned(),
        "kind = \"sqlite\"\npath = \"data/index.db\"".to_owned(),
        format!("kind = \"sqlite\"\npath = \"/proc/self/fd/{fd}\""),
        "kind = \"files\"\nroot = \"data\"".to_owned(),
        "kind = \"files\"\nroot = \"./data/../data\"".to_owned(),
        "kind = \"files\"\nroot = \"~/link\"".to_owned(),
        "kind = \"files\"\nroot = \"~/link/ledger\"".to_owned(),
        "kind = \"sqlite\"\npath = \"~/link/index.db\"".to_owned(),
    ] {
        let why = refused(&kind, dir.path(), None);
        assert!(why.contains("Frist's own keys and data"), "{kind}: {why}");
    }
    let why = refused("kind = \"files\"\nroot = \"~/elsewhere\"", dir.path(), None);
    assert!(why.contains("write the whole path"), "{why}");
    // Its database is known by what it says of itself, wherever it lies.
    let db = rusqlite::Connection::open(dir.path().join("copy.sqlite")).unwrap();
    db.execute_batch("PRAGMA application_id = 1181903219; CREATE TABLE cases (a TEXT)").unwrap();
    let why = refused("kind = \"sqlite\"\npath = \"copy.sqlite\"", dir.path(), None);
    assert!(why.contains("Frist's own database"), "{why}");
}

#[test]
fn what_stands_behind_a_port_is_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let say = |answer: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 512]);
                let _ = stream.write_all(answer);
            }
        });
        at
    };
    let (web, breaks_off) = (say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), say(b""));
    // Something that takes the connection and is silent; its queue alone takes it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (silent.local_addr().unwrap(), silent);
    let kind = "kind = \"postgresql\"\nurl_env = \"URL\"";
    let told = |at: String| {
        let url = format!("postgresql://u:hemmelig@{at}/db?connect_timeout=1");
        refused(kind, dir.path(), Some(&url))
    };
    let first = told(closed.to_string());
    assert!(first.contains("no PostgreSQL server answered") && first.contains("`URL`"), "{first}");
    for at in [web.to_string(), breaks_off.to_string(), "no-such-host.invalid".to_owned()] {
        assert_eq!(told(at.clone()), first, "{at}");
    }
    let began = std::time::Instant::now();
    assert_eq!(told(silent.0.to_string()), first, "a silent one");
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "it was waited for");
    for bad in ["http://169.254.169.254/latest", "file:///etc/passwd", "/etc/passwd"] {
        let why = refused(kind, dir.path(), Some(bad));
        assert!(why.contains("cannot be read") && !why.contains("169"), "{why}");
    }
}
