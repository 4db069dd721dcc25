//! Frist's media plane with desk and vault, in a process of its own that takes orders by lines.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use frist_calls::consent::How;
use frist_calls::desk::{Answer, Desk, DeskConfig, NewCall, Via, facts};
use frist_calls::media::{Codec, Media, MediaConfig, Purpose, Remote, Session, Side};
use frist_vault::{RootSource, Vault};
use jiff::Timestamp;

use super::Server;
use crate::Outcome;

/// How the process is set up.
#[derive(clap::Args)]
pub struct PlaneArgs {
    /// Where vault and desk lie.
    folder: PathBuf,
    /// Media threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

pub struct Plane {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Plane {
    /// Starts this program again as the plane.
    pub fn start(folder: &Path, threads: usize) -> Outcome<Plane> {
        std::fs::create_dir_all(folder)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["calls-plane", "--threads", &threads.to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Plane { child, to, from })
    }

    fn ask(&mut self, line: &str) -> Outcome<Vec<u64>> {
        writeln!(self.to, "{line}")?;
        let mut answer = String::new();
        if self.from.read_line(&mut answer)? == 0 {
            return Err("the plane's process has ended".into());
        }
        Ok(answer.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

impl Server for Plane {
    fn name(&self) -> &'static str {
        "frist"
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn call(&mut self, caller: u16, agent: u16) -> Outcome<(u16, u16)> {
        match self.ask(&format!("call {caller} {agent}"))?[..] {
            [one, two] => Ok((u16::try_from(one)?, u16::try_from(two)?)),
            _ => Err("the plane did not answer with two ports".into()),
        }
    }

    fn end(&mut self) -> Outcome<(u64, u64)> {
        match self.ask("end")?[..] {
            [stored, missing] => Ok((stored, missing)),
            _ => Err("the plane did not answer with two numbers".into()),
        }
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process itself. Answers `call CALLER AGENT` (ports of the generator) with two ports, and
/// `end` with the number of 20 ms packets that are in the vault, read back from it, and of those that the recordings say
/// they lack.
#[expect(clippy::disallowed_methods, reason = "the desk is told the real time")]
pub fn run(args: &PlaneArgs) -> Outcome {
    let purposes = vec!["quality".to_owned()];
    let (at, env) = (args.folder.join("vault"), |_: &str| None);
    let root = RootSource { file: Some("root.key".into()), ..RootSource::default() };
    frist_vault::init(&at, root, None, &env)?;
    let names = facts::names(&purposes);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let vault = Vault::open(&at, &env, &names)?;
    let folder = args.folder.join("desk");
    std::fs::create_dir(&folder)?;
    let config = DeskConfig::new(folder, purposes, [7; 32]);
    let desk = Desk::open(config, vault.clone(), Arc::new(Timestamp::now))?;
    let media = Media::start(MediaConfig {
        ports: 40_000..=49_999,
        threads: args.threads,
        ..MediaConfig::default()
    })?;
    let (events, _unread) = tokio::sync::mpsc::unbounded_channel();
    let mut sessions: Vec<Session> = Vec::new();
    for line in std::io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["call", caller, agent] => {
                let session = media.session(Purpose::Front, events.clone())?;
                for (side, port) in [(Side::Caller, caller), (Side::Agent, agent)] {
                    let addr = SocketAddr::from(([127, 0, 0, 1], port.parse()?));
                    session.set_remote(side, Remote::plain(addr, Codec::Pcma));
                }
                session.relay(true);
                session.record(Some(consented(&desk, sessions.len())?));
                println!("{} {}", session.port(Side::Caller), session.port(Side::Agent));
                sessions.push(session);
            }
            ["end"] => {
                sessions.clear();
                while media.figures().sessions > 0 {
                    std::thread::sleep(Duration::from_millis(20));
                }
                if !desk.close(Duration::from_secs(60)) {
                    return Err("not all was written within a minute".into());
                }
                let failed = desk.figures().failed;
                if failed > 0 {
                    eprintln!(
                        "{failed} recordings stopped before their calls did: the vault was too slow"
                    );
                }
                println!("{} {}", stored(&vault)?, media.figures().missing_ms / 20);
            }
            _ => return Err(format!("not understood: {line}").into()),
        }
    }
    Ok(())
}

/// A call whose caller pressed 1, and its tape.
fn consented(desk: &Desk, n: usize) -> Outcome<Box<dyn frist_calls::tape::Tape>> {
    let call = desk.call_began(NewCall {
        sip_call_id: format!("bench-{n}"),
        session_id: None,
        caller: "sip:caller@example.org".into(),
        callee: "sip:centre@example.org".into(),
        language: "da".into(),
        via: Via::Front,
    });
    let answer = Answer {
        purpose: "quality".into(),
        granted: true,
        how: How::Key('1'),
        text_id: "welcome".into(),
        text_version: "1".into(),
        language: "da".into(),
    };
    desk.decide(&call, &[answer])?;
    Ok(desk.tape(&call)?)
}

/// Decrypts all recordings and counts the blocks that have sound.
fn stored(vault: &Vault) -> Outcome<u64> {
    let mut blocks = 0;
    for listed in vault.list(frist_vault::RECORDING, None, usize::MAX >> 1)? {
        let mut reader = vault.read(&listed.id)?;
        for n in 0..reader.chunks() {
            let plain = reader.chunk(n)?;
            blocks += plain.chunks_exact(frist_calls::tape::BLOCK).filter(|b| b[0] != 0).count();
        }
    }
    Ok(blocks as u64)
}
