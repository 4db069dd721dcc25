//! `strace`: kills a child at its n-th system call of a kind, lets that call fail, or writes down
//! what it does to files. Nothing of it is in the program that is tested.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The system calls by which a process leaves something behind: on files, and at a server.
pub const LEAVING: [&str; 8] =
    ["pwrite64", "fsync", "rename", "unlink", "unlinkat", "ftruncate", "mkdir", "sendto"];

/// What happens at a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The process dies before it.
    Kill,
    /// It fails, once.
    Fail,
}

/// A run under `strace`.
pub struct Strace {
    args: Vec<String>,
    out: tempfile::NamedTempFile,
}

impl Strace {
    /// Lets `blow` fall at the n-th call of this kind, from 1.
    pub fn blow(blow: Blow, call: &str, n: usize) -> Self {
        // Under a seccomp filter strace 6.1 would swallow the signal.
        let fast = if blow == Blow::Fail { vec!["--seccomp-bpf".to_owned()] } else { Vec::new() };
        let how = match (blow, call) {
            (Blow::Kill, _) => "signal=KILL",
            (Blow::Fail, "sendto" | "recvfrom") => "error=ECONNRESET",
            (Blow::Fail, "unlink" | "unlinkat") => "error=EACCES",
            (Blow::Fail, "fsync") => "error=EIO",
            (Blow::Fail, _) => "error=ENOSPC",
        };
        let what = [format!("--trace={call}"), format!("--inject={call}:{how}:when={n}")];
        Self::of([fast, what.to_vec()].concat())
    }

    /// Writes down these calls, with paths and whole contents, until it kills at the n-th of one.
    pub fn record_until(calls: &str, call: &str, n: usize) -> Self {
        let kill = format!("--inject={call}:signal=KILL:when={n}");
        let mut strace = Self::record(calls);
        strace.args.retain(|a| a != "--seccomp-bpf");
        strace.args.push(kill);
        strace
    }

    /// Writes down these calls, with paths and whole contents.
    pub fn record(calls: &str) -> Self {
        let whole = ["--seccomp-bpf", "-y", "-xx", "-s", "100000000"].map(str::to_owned).to_vec();
        Self::of([whole, vec![format!("--trace={calls}")]].concat())
    }

    fn of(args: Vec<String>) -> Self {
        Self { args, out: tempfile::NamedTempFile::new_in(super::folder_of_folders()).unwrap() }
    }

    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("strace");
        command.args(["--quiet=all", "-f", "-o"]).arg(self.out.path());
        command.args(&self.args).arg(program);
        command
    }

    /// What was written down.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.out.path()).unwrap()
    }

    /// Whether a call was made to fail.
    pub fn fell(&self) -> bool {
        self.text().contains("(INJECTED)")
    }
}

/// Whether processes can be traced here. A missing `strace` fails the test; where tracing is not
/// permitted (some containers), it says so and the test is skipped.
pub fn permitted() -> bool {
    static PERMITTED: OnceLock<bool> = OnceLock::new();
    *PERMITTED.get_or_init(|| {
        let run = Command::new("strace")
            .args(["-f", "--seccomp-bpf", "-o", "/dev/null", "--trace=fsync", "true"])
            .stdout(Stdio::null())
            .output();
        let output = run.unwrap_or_else(|e| {
            panic!("strace does not start ({e}); on Debian: apt-get install strace")
        });
        let why = String::from_utf8_lossy(&output.stderr);
        let refused =
            ["Operation not permitted", "PTRACE", "ptrace"].iter().any(|w| why.contains(w));
        assert!(output.status.success() || refused, "strace failed: {why}");
        if !output.status.success() {
            // Past the test harness, which would swallow it.
            use std::io::Write as _;
            let text = format!(
                "\n*** SKIPPED: tracing processes is not permitted here, so kills between system \
                 calls and power loss were NOT tested ({}); in a container, allow SYS_PTRACE ***\n",
                why.trim()
            );
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        output.status.success()
    })
}

/// A call that a child made, as `strace -y -xx` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    pub call: String,
    /// Its arguments as written, unquoted strings and paths decoded by [`Traced::path`].
    pub args: Vec<String>,
    pub result: String,
}

impl Traced {
    /// All that succeeded, in order.
    pub fn all(text: &str) -> Vec<Self> {
        text.lines().filter_map(Self::line).collect()
    }

    fn line(line: &str) -> Option<Self> {
        let rest = line.split_once(' ')?.1.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            return None;
        }
        // Only one thread of a child works; another would leave its calls in two halves.
        assert!(!line.contains("unfinished ...>") && !line.contains("resumed>"), "{:.200}", line);
        let (call, rest) = rest.split_once('(')?;
        let (args, result) = rest.rsplit_once(") ")?;
        let result = result.trim_start().strip_prefix("= ")?.to_owned();
        if result.starts_with('-') || result.starts_with('?') {
            return None;
        }
        // With -xx no comma or bracket is inside of a string.
        let args = args.split(", ").map(str::to_owned).collect();
        Some(Self { call: call.to_owned(), args, result })
    }

    /// The string in this argument.
    pub fn bytes(&self, arg: usize) -> Vec<u8> {
        let text = self.args[arg].trim_matches('"');
        unhex(text)
    }

    /// The path of the file descriptor in this argument.
    pub fn open_file(&self, arg: usize) -> PathBuf {
        let text = &self.args[arg];
        let path = text.split_once('<').unwrap().1.trim_end_matches('>');
        PathBuf::from(String::from_utf8(unhex(path)).unwrap())
    }

    /// The path that a descriptor of a folder and a name make together.
    pub fn path_at(&self, folder: usize, name: usize) -> PathBuf {
        let name = PathBuf::from(String::from_utf8(self.bytes(name)).unwrap());
        if name.is_absolute() { name } else { self.open_file(folder).join(name) }
    }

    pub fn path(&self, arg: usize) -> PathBuf {
        PathBuf::from(String::from_utf8(self.bytes(arg)).unwrap())
    }

    pub fn number(&self, arg: usize) -> u64 {
        self.args[arg].parse().unwrap()
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\\' && bytes.get(at + 1) == Some(&b'x') {
            out.push(u8::from_str_radix(&text[at + 2..at + 4], 16).unwrap());
            at += 4;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
