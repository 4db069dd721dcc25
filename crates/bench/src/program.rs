//! The `frist` of the same build, run in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// A folder with a register, in which `frist` is run.
pub struct Frist {
    dir: PathBuf,
    program: PathBuf,
    env: Vec<(String, String)>,
}

/// What a run of the program took.
pub struct Run {
    /// What it wrote to standard output.
    pub out: String,
    /// The most memory that it had at a time, bytes.
    pub peak: u64,
}

impl Frist {
    /// Writes the register into `dir`.
    pub fn new(dir: &Path, register: &str) -> Outcome<Self> {
        std::fs::create_dir_all(dir.join("register"))?;
        std::fs::write(dir.join("register/register.toml"), register)?;
        Self::in_folder(dir)
    }

    /// Runs it in a folder whose register is written by others.
    pub fn in_folder(dir: &Path) -> Outcome<Self> {
        let program = std::env::current_exe()?.with_file_name("frist");
        if !program.is_file() {
            return Err("build the program first: cargo build --release -p frist".into());
        }
        std::fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.to_owned(), program, env: Vec::new() })
    }

    /// Sets a variable of the program's environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("-C")
            .arg(&self.dir)
            .args(args)
            .env("FRIST_OPERATOR", "bench")
            .env_remove("FRIST_STATE")
            .envs(self.env.iter().map(|(n, v)| (n, v)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end, which must be a good one.
    pub fn run(&self, args: &[&str]) -> Outcome<Run> {
        self.run_to(args, |code| code == Some(0))
    }

    /// Runs the program to its end, which may be that it found something, or waits for approval.
    pub fn run_any(&self, args: &[&str]) -> Outcome<Run> {
        self.run_to(args, |code| matches!(code, Some(0 | 1 | 4)))
    }

    fn run_to(&self, args: &[&str], good: impl Fn(Option<i32>) -> bool) -> Outcome<Run> {
        let out = tempfile::NamedTempFile::new()?;
        let mut child = self.command(args).stdout(out.reopen()?).spawn()?;
        let mut peak = 0;
        let status = loop {
            peak = peak.max(memory(&child));
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let out = std::fs::read_to_string(out.path())?;
        if !good(status.code()) {
            return Err(format!("frist {}: {status}\n{out}", args.join(" ")).into());
        }
        Ok(Run { out, peak })
    }

    /// Writes the evidence of everything and verifies it with the public key alone; what the
    /// verifier said.
    pub fn prove(&self) -> Outcome<String> {
        let file = self.dir.join("evidence");
        let file = file.to_str().ok_or("the folder's name is no text")?;
        self.run(&["evidence", "-o", file])?;
        let key = self.dir.join(".frist/ledger.pub");
        let key = key.to_str().ok_or("the folder's name is no text")?;
        Ok(self.run(&["verify", "--key", key, file])?.out)
    }

    /// Starts the program, to be killed later.
    pub fn start(&self, args: &[&str]) -> Outcome<Child> {
        Ok(self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }
}

/// The most memory that a process has had so far, bytes; 0 when it is gone.
fn memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let line = status.unwrap_or_default();
    let kib = line.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    kib.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// A register with one store, `collection` in it, and a rule that asks no one for approval.
pub fn register(store: &str, collection: &str, fact: &str, keep: &str) -> String {
    format!(
        r#"[controller]
name = "Bench"
email = "bench@example.org"

[[store]]
id = "store"
{store}

[[activity]]
id = "activity"
title = {{ en = "Activity" }}
[[activity.purpose]]
id = "purpose"
text = {{ en = "measuring" }}
basis = "6(1)(b)"

[[dataset]]
id = "records"
activity = "activity"
at = "store/{collection}"
subject = {{ customer = "id" }}
categories = ["identity"]
guard = {{ share = 1.0, count = 1000000000 }}
[dataset.facts]
{fact}
[[dataset.keep]]
for = "purpose"
{keep}
"#
    )
}
