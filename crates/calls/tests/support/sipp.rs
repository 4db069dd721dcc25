//! SIPp: scenarios are files in `tests/sipp/`.

use super::script::Script;
use super::{Process, free_port, missing, tests_dir};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// A SIPp to be run.
pub struct Sipp {
    scenario: String,
    command: Command,
    /// The port that it listens on.
    pub port: u16,
    dir: tempfile::TempDir,
    wanted: Duration,
    keep: Option<tempfile::TempDir>,
}

/// A SIPp that runs.
pub struct Running {
    process: Process,
    dir: tempfile::TempDir,
    wanted: Duration,
    _keep: Option<tempfile::TempDir>,
    /// The port that it listens on.
    pub port: u16,
}

/// Runs `tests/sipp/SCENARIO.xml` as a caller towards `target`.
pub fn caller(scenario: &str, target: SocketAddr) -> Sipp {
    let file = tests_dir().join("sipp").join(format!("{scenario}.xml"));
    let mut sipp = new(scenario, &file, free_port());
    sipp.command.arg(target.to_string());
    sipp
}

/// Runs a script as a caller of `number` at `target`.
pub fn calls(script: &Script, target: SocketAddr, number: &str) -> Sipp {
    let (dir, file) = written(script);
    let mut sipp = new(number, &file, free_port());
    sipp.command.arg(target.to_string()).args(["-s", number]);
    sipp.keep = Some(dir);
    sipp
}

/// Runs a script as one who is called at this port.
pub fn answers(script: &Script, name: &str, port: u16) -> Sipp {
    let (dir, file) = written(script);
    let mut sipp = new(&format!("{name} (agent)"), &file, port);
    sipp.keep = Some(dir);
    sipp
}

fn written(script: &Script) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder for a scenario");
    let file = dir.path().join("scenario.xml");
    std::fs::write(&file, script.xml()).expect("a scenario");
    (dir, file)
}

fn new(scenario: &str, file: &Path, port: u16) -> Sipp {
    let dir = tempfile::tempdir().expect("a folder for SIPp");
    let media = media_port();
    let mut command = Command::new("sipp");
    command.current_dir(dir.path()).env("TERM", "xterm");
    command.arg("-sf").arg(file);
    command.args([
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
        "-nostdin",
        "-timeout_error",
        "-trace_err",
    ]);
    command.args(["-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"]);
    command.args(["-p", &port.to_string(), "-mp", &media.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Sipp {
        scenario: scenario.to_owned(),
        command,
        port,
        dir,
        wanted: Duration::from_secs(30),
        keep: None,
    }
}

/// Media ports of one SIPp that nobody has now: it binds this one and the next even one.
fn media_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let seed = (std::process::id() as u16).wrapping_mul(388) % 12_000;
    loop {
        let port = 6_000 + (seed + NEXT.fetch_add(12, Ordering::Relaxed) % 12_000) % 12_000 / 4 * 4;
        let free = |port: u16| std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if (0..4).all(|more| free(port + more)) {
            return port;
        }
    }
}

impl Sipp {
    /// How many calls, all at once; one when not said.
    pub fn calls(mut self, calls: u32) -> Sipp {
        let calls = calls.to_string();
        self.command.args(["-m", &calls, "-l", &calls, "-r", &calls]);
        self
    }

    /// Over TCP, one connection for all.
    pub fn tcp(mut self) -> Sipp {
        self.command.args(["-t", "t1"]);
        self
    }

    /// A `[name]` of the scenario.
    pub fn key(mut self, name: &str, value: &str) -> Sipp {
        self.command.args(["-key", name, value]);
        self
    }

    /// Another argument.
    pub fn arg(mut self, arg: &str) -> Sipp {
        self.command.arg(arg);
        self
    }

    /// The folder it runs in.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Ends with an error after so long.
    pub fn within(mut self, seconds: u64) -> Sipp {
        self.wanted = Duration::from_secs(seconds);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let have = |flag: &str| self.command.get_args().any(|arg| arg == flag);
        if !have("-m") {
            self.command.args(["-m", "1"]);
        }
        self.command.args(["-timeout", &self.wanted.as_secs().to_string()]);
        let child = self.command.spawn().unwrap_or_else(|_| panic!("{}", missing("sipp")));
        let process = Process { child, name: format!("sipp {}", self.scenario) };
        Running { process, dir: self.dir, wanted: self.wanted, _keep: self.keep, port: self.port }
    }

    /// Starts it and waits for its good end.
    pub fn run(self) {
        self.start().finish();
    }
}

impl Running {
    /// Waits until the scenario is through; all its messages.
    ///
    /// # Panics
    /// When SIPp saw something that the scenario does not expect.
    pub fn finish(self) -> String {
        self.outcome().unwrap_or_else(|why| panic!("{why}"))
    }

    /// Waits until the scenario is through; all its messages, or what SIPp saw when it is not what the scenario expects.
    pub fn outcome(mut self) -> Result<String, String> {
        let end = Instant::now() + self.wanted + Duration::from_secs(5);
        let status = loop {
            match self.process.child.try_wait().expect("SIPp's state") {
                Some(status) => break Some(status),
                None if Instant::now() > end => break None,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        if status.is_some_and(|status| status.success()) {
            return Ok(self.messages());
        }
        let read =
            |name: &str| std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
        let name = &self.process.name;
        let (errors, messages) = (read("errors.log"), read("messages.log"));
        Err(format!("{name} ended with {status:?}\n--- errors\n{errors}\n--- messages\n{messages}"))
    }

    /// The messages so far, for looking at what was said.
    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("messages.log")).unwrap_or_default()
    }
}
