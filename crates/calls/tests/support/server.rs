//! A consent front with its desk, its vault and its media, in this process, on free ports.

use super::free_addr;
use frist_calls::desk::{Desk, DeskConfig};
use frist_calls::front::{Announcement, Front, FrontConfig, Plan, Question};
use frist_calls::media::{Media, MediaConfig, Prompt};
use frist_calls::sip::{Endpoint, EndpointConfig, Uri};
use frist_vault::{RootSource, Vault};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The purposes that callers are asked, in this order.
pub const PURPOSES: [&str; 2] = ["quality", "training"];

/// How long the announcement lasts; a question follows.
pub const BEFORE: u32 = 300;
/// How long a question lasts.
pub const QUESTION: u32 = 300;
/// How long an answer is waited for.
pub const WAIT: u32 = 1200;

/// A server under test.
pub struct Server {
    /// Where it takes calls, over UDP and TCP.
    pub addr: SocketAddr,
    /// The front.
    pub front: Front,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The desk.
    pub desk: Desk,
    /// The vault.
    pub vault: Vault,
    /// The media plane.
    pub media: Media,
    /// Everything that it writes lies below.
    pub dir: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

/// What a test wants otherwise.
pub struct Wishes {
    /// Numbers and the ports of their agents.
    pub lines: Vec<(String, Vec<u16>)>,
    /// The front's configuration.
    pub front: Box<dyn FnOnce(&mut FrontConfig)>,
    /// The endpoint's.
    pub endpoint: Box<dyn FnOnce(&mut EndpointConfig)>,
    /// The desk's.
    pub desk: Box<dyn FnOnce(&mut DeskConfig)>,
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes {
            lines: Vec::new(),
            front: Box::new(|_| {}),
            endpoint: Box::new(|_| {}),
            desk: Box::new(|_| {}),
        }
    }
}

/// A sound of this length that is not silence.
pub fn sound(milliseconds: u32) -> Arc<Prompt> {
    let samples: Vec<i16> =
        (0..milliseconds * 8).map(|at| if at / 10 % 2 == 0 { 3000 } else { -3000 }).collect();
    Arc::new(Prompt::from_samples(&samples))
}

/// What callers are asked in tests: short.
pub fn announcement() -> Announcement {
    let question =
        |purpose: &str| Question { purpose: purpose.to_owned(), prompt: sound(QUESTION) };
    Announcement {
        id: "front-desk".to_owned(),
        version: "1".to_owned(),
        language: "da".to_owned(),
        before: sound(BEFORE),
        questions: PURPOSES.map(question).into(),
        withdrawn: None,
    }
}

/// `sip:agent@127.0.0.1:PORT`.
pub fn agent_uri(port: u16) -> Uri {
    Uri::parse(&format!("sip:agent@127.0.0.1:{port}")).expect("a URI")
}

impl Server {
    /// Starts one.
    pub fn start(wishes: Wishes) -> Server {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let dir = tempfile::tempdir().expect("a folder");
        let root = RootSource { file: Some("../root.key".to_owned()), ..RootSource::default() };
        frist_vault::init(&dir.path().join("vault"), root, None, &|_| None).expect("a new vault");
        let facts: Vec<String> = frist_calls::desk::facts::names(&PURPOSES.map(str::to_owned));
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        let vault = Vault::open(&dir.path().join("vault"), &|_| None, &facts).expect("the vault");
        let desk_dir = dir.path().join("desk");
        std::fs::create_dir(&desk_dir).expect("the desk's folder");
        let mut config = DeskConfig::new(desk_dir, PURPOSES.map(str::to_owned).into(), [7; 32]);
        (wishes.desk)(&mut config);
        #[allow(clippy::disallowed_methods)]
        let clock = Arc::new(jiff::Timestamp::now);
        let desk = Desk::open(config, vault.clone(), clock).expect("the desk");
        let first = media_ports();
        let media = Media::start(MediaConfig {
            ports: first..=first + 799,
            threads: 1,
            ..MediaConfig::default()
        })
        .expect("media");
        let addr = free_addr();
        let mut endpoint =
            EndpointConfig { udp: vec![addr], tcp: vec![addr], ..EndpointConfig::default() };
        (wishes.endpoint)(&mut endpoint);
        let plan = |agents: Vec<Uri>| Plan {
            announcement: Some(Arc::new(announcement())),
            language: "da".to_owned(),
            agents,
        };
        let mut config = FrontConfig::new(Arc::new(|ip| ip.is_loopback()), plan(Vec::new()));
        config.wait = Duration::from_millis(WAIT.into());
        config.guard = Duration::from_millis(50);
        for (number, ports) in wishes.lines {
            config.lines.insert(number, plan(ports.into_iter().map(agent_uri).collect()));
        }
        (wishes.front)(&mut config);
        let (endpoint, front) = runtime.block_on(async {
            let (endpoint, incoming) = Endpoint::bind(endpoint).await.expect("free addresses");
            let front =
                Front::start(config, endpoint.clone(), incoming, media.clone(), desk.clone());
            (endpoint, front)
        });
        Server { addr, front, endpoint, desk, vault, media, dir, runtime }
    }

    /// Waits until no call is left.
    pub fn settled(&self) {
        eventually("calls to end", || self.front.live() == 0);
        // The clerk closes the books a moment later.
        std::thread::sleep(Duration::from_millis(150));
    }

    /// The recordings that there are: every row that holds a key.
    pub fn recordings(&self) -> Vec<frist_vault::Listed> {
        self.vault.list(frist_vault::RECORDING, None, 10_000).expect("the vault's rows")
    }

    /// All files below its folder with their sizes.
    pub fn files(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let Ok(meta) = entry.metadata() else { continue };
                if meta.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push((entry.path(), meta.len()));
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The runtime's own drop would wait for tasks that wait for ever.
        let runtime = std::mem::replace(
            &mut self.runtime,
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
        );
        runtime.shutdown_background();
    }
}

/// A range of media ports for a server, apart from SIPp's and the agents'.
fn media_ports() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let seed = (std::process::id() as u16).wrapping_mul(800) % 8_000;
    33_000 + (seed + NEXT.fetch_add(800, Ordering::Relaxed)) % 20_000
}

/// Waits until something is so.
///
/// # Panics
/// When it is not within ten seconds.
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !is() {
        assert!(Instant::now() < end, "waited ten seconds for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
