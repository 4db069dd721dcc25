//! A recording server in a temporary folder, with vault, desk and media plane, and what is found
//! there afterwards.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use frist_calls::consent::How;
use frist_calls::desk::{self, Answer, CallId, Desk, DeskConfig, NewCall, Via};
use frist_calls::media::{Figures, Media, MediaConfig};
use frist_calls::sip::{Endpoint, EndpointConfig};
use frist_calls::siprec::{self, Srs, SrsConfig};
use frist_calls::tape;
use frist_vault::{Listed, RootSource, Vault};
use jiff::Timestamp;

use crate::support::free_addr;

pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Place {
    pub dir: tempfile::TempDir,
    pub vault: Vault,
    pub desk: Desk,
    pub media: Media,
    pub srs: Srs,
    pub addr: SocketAddr,
    pub tls: Option<SocketAddr>,
    _endpoint: Endpoint,
}

#[allow(clippy::disallowed_methods, reason = "a test's clock is the machine's")]
fn now() -> Timestamp {
    Timestamp::now()
}

impl Place {
    pub async fn new() -> Place {
        Place::with(EndpointConfig::default(), SrsConfig::default(), Duration::from_secs(30)).await
    }

    pub async fn with(endpoint: EndpointConfig, config: SrsConfig, quiet: Duration) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let vault_dir = dir.path().join("vault");
        let no_env = |_: &str| None;
        frist_vault::init(&vault_dir, RootSource::file("../root.key"), None, &no_env).unwrap();
        let purposes = vec!["quality".to_owned()];
        let facts = desk::facts::names(&purposes);
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        let vault = Vault::open(&vault_dir, &no_env, &facts).unwrap();
        let desk_config = DeskConfig::new(dir.path().to_owned(), purposes, [7; 32]);
        let desk = Desk::open(desk_config, vault.clone(), Arc::new(now)).unwrap();
        let media = Media::start(MediaConfig {
            // Beside those of `free_port`.
            ports: 30_000..=32_700,
            threads: 1,
            quiet,
            ..MediaConfig::default()
        })
        .unwrap();
        let addr = free_addr();
        let tls = endpoint.tls_server.is_some().then(free_addr);
        let (udp, tcp) = (vec![addr], vec![addr]);
        let config_of = EndpointConfig { udp, tcp, tls: tls.into_iter().collect(), ..endpoint };
        let (endpoint, incoming) = Endpoint::bind(siprec::endpoint(config_of)).await.unwrap();
        let srs = Srs::start(config, incoming, media.clone(), desk.clone());
        Place { dir, vault, desk, media, srs, addr, tls, _endpoint: endpoint }
    }

    /// The front knows this call already.
    pub fn front(&self, id: &str) -> CallId {
        self.desk.call_began(NewCall {
            sip_call_id: id.to_owned(),
            session_id: None,
            caller: "+4570001001".to_owned(),
            callee: "+4570001000".to_owned(),
            language: "da".to_owned(),
            via: Via::Front,
        })
    }

    pub fn consents(&self, call: &CallId) {
        let answer = Answer {
            purpose: "quality".to_owned(),
            granted: true,
            how: How::Key('1'),
            text_id: "text".to_owned(),
            text_version: "1".to_owned(),
            language: "da".to_owned(),
        };
        self.desk.decide(call, &[answer]).unwrap();
    }

    /// Waits for the call that a recording session began.
    pub async fn call(&self, id: &str) -> CallId {
        wait_for("the recording session", || self.desk.find(id)).await
    }

    pub fn recordings(&self) -> Vec<Listed> {
        self.vault.list(frist_vault::RECORDING, None, 100).unwrap()
    }

    /// The blocks of sound of a leg, in their order, of the only recording, once that is closed.
    pub fn blocks(&self, leg: usize) -> Vec<(u8, Vec<u8>)> {
        let [one] = &self.recordings()[..] else { panic!("not one recording") };
        let closed = || {
            let facts = self.vault.facts(&one.id).unwrap();
            facts.iter().any(|(name, value)| name == "ended_at" && value.is_some())
        };
        let end = Instant::now() + PATIENCE;
        while !closed() {
            assert!(Instant::now() < end, "the recording is not closed");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut reader = self.vault.read(&one.id).unwrap();
        let mut blocks = Vec::new();
        for n in 0..reader.chunks() {
            let chunk = reader.chunk(n).unwrap();
            for pair in chunk.chunks(tape::PAIR) {
                let block = &pair[leg * tape::BLOCK..][..tape::BLOCK];
                blocks.push((block[0], block[1..].to_vec()));
            }
        }
        blocks
    }

    pub fn figures(&self) -> Figures {
        self.media.figures()
    }

    /// Nothing of any sound, no key and no object, is anywhere in the folder.
    pub fn assert_nothing(&self, sounds: &[Vec<u8>]) {
        assert!(self.recordings().is_empty(), "a key was made");
        let objects = files(&self.dir.path().join("vault/objects"));
        assert!(objects.is_empty(), "{objects:?}");
        for file in files(self.dir.path()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            for sound in sounds {
                let found = bytes.windows(16).any(|w| w == &sound[..16] || w == &sound[100..116]);
                assert!(!found, "sound in {}", file.display());
            }
        }
    }
}

/// All files below a folder.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Asks again until there is something.
pub async fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(got) = ask() {
            return got;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
