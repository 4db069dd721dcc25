//! SIPp: scenarios are files in `tests/sipp/`.

use super::{Process, free_port, missing, tests_dir};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A SIPp to be run.
pub struct Sipp {
    scenario: String,
    command: Command,
    /// The port that it listens on.
    pub port: u16,
    dir: tempfile::TempDir,
    wanted: Duration,
}

/// A SIPp that runs.
pub struct Running {
    process: Process,
    dir: tempfile::TempDir,
    wanted: Duration,
    /// The port that it listens on.
    pub port: u16,
}

/// Runs `tests/sipp/SCENARIO.xml` as a caller towards `target`.
pub fn caller(scenario: &str, target: SocketAddr) -> Sipp {
    let mut sipp = new(scenario);
    sipp.command.arg(target.to_string());
    sipp
}

/// Runs `tests/sipp/SCENARIO.xml` as one who is called.
pub fn agent(scenario: &str) -> Sipp {
    new(scenario)
}

fn new(scenario: &str) -> Sipp {
    let dir = tempfile::tempdir().expect("a folder for SIPp");
    let (port, media) = (free_port(), free_port());
    let mut command = Command::new("sipp");
    command.current_dir(dir.path()).env("TERM", "xterm");
    command.arg("-sf").arg(tests_dir().join("sipp").join(format!("{scenario}.xml")));
    command.args([
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
        "-nostdin",
        "-timeout_error",
        "-trace_err",
    ]);
    command.args([
        "-error_file",
        "errors.log",
        "-trace_msg",
        "-message_file",
        "messages.log",
        "-rtp_threadtasks",
        "1",
    ]);
    command.args(["-p", &port.to_string(), "-mp", &media.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Sipp { scenario: scenario.to_owned(), command, port, dir, wanted: Duration::from_secs(30) }
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

    /// Starts it.
    pub fn start(mut self) -> Running {
        let have = |flag: &str| self.command.get_args().any(|arg| arg == flag);
        if !have("-m") {
            self.command.args(["-m", "1"]);
        }
        self.command.args(["-timeout", &self.wanted.as_secs().to_string()]);
        let child = self.command.spawn().unwrap_or_else(|_| panic!("{}", missing("sipp")));
        let process = Process { child, name: format!("sipp {}", self.scenario) };
        Running { process, dir: self.dir, wanted: self.wanted, port: self.port }
    }

    /// Starts it and waits for its good end.
    pub fn run(self) {
        self.start().finish();
    }
}

impl Running {
    /// Waits until the scenario is through.
    ///
    /// # Panics
    /// When SIPp saw something that the scenario does not expect.
    pub fn finish(mut self) {
        let end = Instant::now() + self.wanted + Duration::from_secs(5);
        let status = loop {
            match self.process.child.try_wait().expect("SIPp's state") {
                Some(status) => break Some(status),
                None if Instant::now() > end => break None,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        if status.is_none_or(|status| !status.success()) {
            let read = |name: &str| {
                std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
            };
            panic!(
                "{} ended with {status:?}\n--- errors\n{}\n--- messages\n{}",
                self.process.name,
                read("errors.log"),
                read("messages.log")
            );
        }
    }

    /// The messages so far, for looking at what was said.
    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("messages.log")).unwrap_or_default()
    }
}
