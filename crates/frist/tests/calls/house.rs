//! A copy of the example with short announcements and free ports, the server as a process, and SIPp.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The organisation's folder.
pub struct House {
    dir: tempfile::TempDir,
    front: u16,
    agent: u16,
    siprec: u16,
    api: u16,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls")
}

/// A port that is free for UDP and TCP alike.
fn free() -> u16 {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = udp.local_addr().expect("its address").port();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl House {
    pub fn new() -> House {
        let dir = tempfile::tempdir().expect("a folder");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/calls");
        for folder in ["register", "prompts"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
            for file in fs::read_dir(example.join(folder)).expect("the example") {
                let file = file.expect("a file");
                let to = dir.path().join(folder).join(file.file_name());
                match folder {
                    // A fifth of a second instead of a speech.
                    "prompts" => fs::write(to, wav(1600)).expect("written"),
                    _ => drop(fs::copy(file.path(), to).expect("copied")),
                }
            }
        }
        let house = House { dir, front: free(), agent: free(), siprec: free(), api: free() };
        let first = u16::try_from(20_000 + std::process::id() % 20_000).expect("a port");
        let toml = fs::read_to_string(example.join("calls.toml")).expect("the example");
        let toml = toml
            .replace("127.0.0.1:5060", &format!("127.0.0.1:{}", house.front))
            .replace("127.0.0.1:5080", &format!("127.0.0.1:{}", house.siprec))
            .replace("127.0.0.1:6060", &format!("127.0.0.1:{}", house.agent))
            .replace("127.0.0.1:8089", &format!("127.0.0.1:{}", house.api))
            .replace("40000-40999", &format!("{first}-{}", first + 400));
        assert_eq!(toml.matches(&house.front.to_string()).count(), 2, "{toml}");
        fs::write(house.path("calls.toml"), toml).expect("written");
        let speech: Vec<u8> = (0..16_000).map(|i: usize| (i % 96) as u8).collect();
        fs::write(house.path("speech.al"), speech).expect("written");
        let (exit, told) = house.frist(&[
            "vault",
            "init",
            &house.path("vault"),
            "--root-key-file",
            &house.path("root.key"),
        ]);
        assert_eq!(exit, 0, "{told}");
        let purpose = ["--purpose", "quality"];
        for (name, more) in [("supervisor", &[][..]), ("listener", &purpose), ("machine", &[])] {
            let made = Command::new(env!("CARGO_BIN_EXE_frist"))
                .args(["-C", &house.path(""), "calls", "token", "new", name, "--role", name])
                .args(more)
                .output()
                .expect("frist runs");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            fs::write(house.path(&format!("{name}.token")), made.stdout).expect("written");
        }
        house
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Runs frist; its exit code and all that it said.
    pub fn frist(&self, args: &[&str]) -> (i32, String) {
        self.frist_as("supervisor", args)
    }

    pub fn frist_as(&self, who: &str, args: &[&str]) -> (i32, String) {
        let out = self.command(who, args).output().expect("frist runs");
        let told = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&told).into_owned())
    }

    fn command(&self, who: &str, args: &[&str]) -> Command {
        let token = fs::read_to_string(self.path(&format!("{who}.token"))).unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_frist"));
        command.args(["-C", &self.path("")]).args(args).env("FRIST_CALLS_TOKEN", token.trim());
        command.env_remove("FRIST_STATE").env_remove("FRIST_DIR");
        command
    }

    pub fn json(&self, who: &str, args: &[&str]) -> Value {
        let out = self.command(who, &[&["--json"], args].concat()).output().expect("frist runs");
        serde_json::from_slice(&out.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out.stderr)))
    }

    /// Posts JSON as the holder of a token, as another system does; the status and the answer.
    pub fn post(&self, who: &str, path: &str, body: &Value) -> (u16, String) {
        let token = fs::read_to_string(self.path(&format!("{who}.token"))).expect("a token");
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let mut answer = config
            .build()
            .new_agent()
            .post(format!("http://127.0.0.1:{}{path}", self.api))
            .header("Authorization", format!("Bearer {}", token.trim()))
            .content_type("application/json")
            .send(body.to_string())
            .expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
    }

    /// Every file below a folder.
    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.dir.path().join(folder)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => found.push(path),
                }
            }
        }
        found
    }

    /// Every file that has these bytes.
    pub fn with_bytes(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let has = |path: &PathBuf| {
            let all = fs::read(path).unwrap_or_default();
            all.windows(bytes.len()).any(|window| window == bytes)
        };
        self.files("").into_iter().filter(has).collect()
    }

    /// A figure of the desk.
    pub fn figure(&self, name: &str) -> u64 {
        let figures = self.json("supervisor", &["calls", "status"]);
        figures["desk"][name].as_u64().unwrap_or_else(|| panic!("{figures}"))
    }

    pub fn until(&self, what: &str, is: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !is() {
            assert!(Instant::now() < end, "not {what} in time");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Changes the vault's index, as time would.
    pub fn vault(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.path("vault/index.db")).expect("the index");
        db.execute_batch(sql).expect("done");
    }

    pub fn serve(&self) -> Server {
        // One pipe for all that it says, in its order; `exec` keeps the process id.
        let server = self.command("supervisor", &["calls", "serve"]);
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
            .arg(server.get_program())
            .args(server.get_args());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("frist runs");
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, to) =
            (BufReader::new(child.stdout.take().expect("its words")), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                *to.lock().expect("the log") += &format!("{line}\n");
            }
        });
        let mut server = Server { child, log };
        let end = Instant::now() + Duration::from_secs(30);
        while !server.log().lines().any(|l| l == "ready") {
            let ended = server.child.try_wait().expect("its state");
            assert!(ended.is_none() && Instant::now() < end, "{ended:?}: {}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

/// Rows of the vault's index.
pub fn count(house: &House, sql: &str) -> i64 {
    let db = rusqlite::Connection::open(house.path("vault/index.db")).expect("the index");
    db.query_row(sql, [], |row| row.get(0)).expect("a number")
}

/// The server.
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Server {
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    pub fn signal(&self, name: &str) {
        let done =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(done.is_ok_and(|s| s.success()));
    }

    /// Waits for its end with this exit code; what it said.
    pub fn end(mut self, code: i32) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                assert_eq!(status.code(), Some(code), "{}", self.log());
                return self.log();
            }
            assert!(Instant::now() < end, "the server does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A SIPp that runs.
pub struct Sipp {
    child: Child,
    dir: tempfile::TempDir,
}

impl Sipp {
    fn start(house: &House, scenario: &str, talk: u32, args: &[&str]) -> Sipp {
        // SIPp 3.6 takes no length of a pause from outside.
        let steps = fs::read_to_string(here().join(format!("{scenario}.xml"))).expect("a scenario");
        Sipp::run(house, &steps.replace("1500", &talk.to_string()), args)
    }

    fn run(house: &House, steps: &str, args: &[&str]) -> Sipp {
        let dir = tempfile::tempdir().expect("a folder");
        fs::copy(house.path("speech.al"), dir.path().join("speech.al")).expect("copied");
        let mut command = Command::new("sipp");
        command.current_dir(dir.path()).env("TERM", "xterm").args(args);
        fs::write(dir.path().join("steps.xml"), steps).expect("written");
        command.args(["-sf", "steps.xml"]);
        command.args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-timeout", "30"]);
        command.args(["-timeout_error", "-trace_err", "-error_file", "errors.log"]);
        command.args(["-trace_msg", "-message_file", "messages.log", "-rtp_threadtasks", "1"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|_| {
            panic!("`sipp` is missing; install it (Debian: apt-get install sip-tester) and run this again")
        });
        Sipp { child, dir }
    }

    /// Waits for its good end.
    pub fn finish(mut self) {
        let status = self.child.wait().expect("its end");
        let read = |name: &str| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
        assert!(
            status.success(),
            "SIPp: {status}\n{}\n{}",
            read("errors.log"),
            read("messages.log")
        );
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first of four ports that are free for SIPp's sound, away from those that systems hand out.
fn media_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let seed = (std::process::id() as u16).wrapping_mul(388) % 3_000;
    loop {
        let port = 3_000 + (seed + NEXT.fetch_add(12, Ordering::Relaxed) % 3_000) % 3_000 / 4 * 4;
        if (0..4).all(|more| UdpSocket::bind(("127.0.0.1", port + more)).is_ok()) {
            return port;
        }
    }
}

/// An agent who answers as many calls as come.
pub fn agent(house: &House) -> Sipp {
    let (port, media) = (house.agent.to_string(), media_port().to_string());
    Sipp::start(house, "agent", 0, &["-p", &port, "-mp", &media, "-rtp_echo", "-aa"])
}

/// A caller who presses these keys and speaks for so many milliseconds.
pub fn caller(house: &House, key1: &str, key2: &str, talk: u32) -> Sipp {
    let (port, media) = (free().to_string(), media_port().to_string());
    let target = format!("127.0.0.1:{}", house.front);
    Sipp::start(
        house,
        "caller",
        talk,
        &[
            &target, "-p", &port, "-mp", &media, "-m", "1", "-key", "key1", key1, "-key", "key2",
            key2,
        ],
    )
}

/// A recording client (RFC 7866) that streams from the first moment, whatever it is answered; it is told to send, and later
/// to stop, and then hangs up. The call that it records has this Session-ID.
pub fn recorder(house: &House, id: &str) -> Sipp {
    let (port, media) = (free().to_string(), media_port().to_string());
    let target = format!("127.0.0.1:{}", house.siprec);
    let steps = fs::read_to_string(here().join("../../../calls/tests/sipp/src_later.xml"))
        .expect("a scenario")
        .replace("[rtp1]", "[rtpstream_audio_port]")
        .replacen(
            "<recv request=\"INVITE\">",
            "<nop><action><exec rtp_stream=\"speech.al,-1,8\"/></action></nop>\n  <recv request=\"INVITE\">",
            1,
        );
    let second = free().to_string();
    let keys = ["-key", "id", id, "-key", "rtp2", &second];
    Sipp::run(
        house,
        &steps,
        &[&[&*target, "-p", &port, "-mp", &media, "-m", "1"], &keys[..]].concat(),
    )
}

/// A caller who is refused.
pub fn refused(house: &House) -> Sipp {
    let target = format!("127.0.0.1:{}", house.front);
    Sipp::start(house, "refused", 0, &[&target, "-p", &free().to_string(), "-m", "1"])
}

/// A WAV file of so many samples of a quiet tone.
fn wav(samples: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for half in [1u16, 1] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend(16_000u32.to_le_bytes());
    for half in [2u16, 16] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(b"data");
    bytes.extend((samples * 2).to_le_bytes());
    bytes.extend((0..samples).flat_map(|i| ((i % 20) as i16 * 100).to_le_bytes()));
    bytes
}
