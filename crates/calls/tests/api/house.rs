//! A running interface: the example's register and configuration, a vault of its own, and a token for
//! each role.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frist_calls::config::{self, Role, new_token};
use frist_calls::consent::How;
use frist_calls::desk::{Answer, CallId, Desk, Ended, NewCall, Via};
use frist_calls::serve::{self, Around, Local};
use frist_calls::tape::{BLOCK, CHUNK, PCMA, Tape};
use frist_ledger::RecordKey;
use frist_register::Register;
use frist_state::{Location, State};
use frist_vault::{RootSource, Vault};
use jiff::Timestamp;
use serde_json::Value;

/// Everything that runs.
pub struct House {
    /// Held for as long as the house stands.
    _dir: tempfile::TempDir,
    pub desk: Desk,
    /// Tokens by the words of their roles.
    pub tokens: BTreeMap<&'static str, String>,
    base: String,
    agent: ureq::Agent,
    time: Arc<Mutex<Timestamp>>,
    _local: Local,
}

/// An answer: status, headers, body.
pub struct Told {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.text()))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/calls")
}

impl House {
    pub fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        let tokens = files(dir.path());
        let toml = std::fs::read_to_string(dir.path().join("calls.toml")).unwrap();
        let reading = config::read("calls.toml", &toml, dir.path());
        let mut sources = reading.sources;
        let (loaded, said) =
            serve::load(reading.config.unwrap(), &register(), dir.path(), &mut sources);
        assert!(said.is_empty(), "{said:#?}");
        let loaded = loaded.unwrap();
        let time = Arc::new(Mutex::new("2026-11-22T10:30:00Z".parse().unwrap()));
        let (clock, state) = (Arc::clone(&time), dir.path().join("state.sqlite"));
        let around = Around {
            pseudonym_key: [7; 32],
            clock: Arc::new(move || *clock.lock().unwrap()),
            ledger: Arc::new(move || {
                let location =
                    Location::parse(&state.to_string_lossy()).map_err(|e| e.to_string())?;
                let state = State::open(&location).map_err(|e| e.to_string())?;
                Ok((state, RecordKey::new([9; 32])))
            }),
            env: Arc::new(|_| None),
            sweep_alarm: Arc::new(AtomicBool::new(false)),
            say: Arc::new(|_| {}),
        };
        frist_vault::init(&loaded.config.vault, RootSource::file("../root.key"), None, &|_| None)
            .unwrap();
        let facts = loaded.facts();
        let names: Vec<&str> = facts.iter().map(String::as_str).collect();
        let vault = Vault::open(&loaded.config.vault, &|_| None, &names).unwrap();
        std::fs::create_dir_all(&loaded.config.data.value).unwrap();
        let desk = serve::desk(&loaded, vault, &around).unwrap();
        let local = Local::start(&loaded, &desk, &around).unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .new_agent();
        let base = format!("http://{}", local.addr());
        House { _dir: dir, desk, tokens, base, agent, time, _local: local }
    }

    pub fn addr(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The organisation's folder.
    #[allow(dead_code, reason = "the console's tests do not use it")]
    pub fn dir(&self) -> &Path {
        self._dir.path()
    }

    /// Keeps a token in a file, as another program would have it.
    #[allow(dead_code, reason = "the console's tests use it")]
    pub fn keep(&self, name: &str, token: &str) -> PathBuf {
        let path = self._dir.path().join(format!("{name}.token"));
        std::fs::write(&path, token).unwrap();
        path
    }

    pub fn pass(&self, hours: i64) {
        let mut now = self.time.lock().unwrap();
        *now = now.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
    }

    /// Asks as the holder of a role's token.
    pub fn ask(&self, role: &str, method: &str, path: &str, body: &str) -> Told {
        self.with(self.tokens.get(role).map(String::as_str), method, path, body, &[])
    }

    pub fn with(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Told {
        let url = format!("{}{path}", self.base);
        let bearer = token.map(|t| format!("Bearer {t}"));
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(bearer.as_deref().map(|b| ("authorization", b)));
        let mut response = if method == "GET" {
            let mut request = self.agent.get(&url);
            for (name, value) in &all {
                request = request.header(*name, *value);
            }
            request.call().unwrap()
        } else {
            let mut request = self.agent.post(&url);
            for (name, value) in &all {
                request = request.header(*name, *value);
            }
            request.send(body).unwrap()
        };
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(1 << 26).read_to_vec().unwrap_or_default();
        Told { status, headers, body }
    }

    /// A live call.
    pub fn call(&self, sip: &str) -> CallId {
        self.desk.call_began(NewCall {
            sip_call_id: sip.to_owned(),
            session_id: None,
            caller: "+4512345678".to_owned(),
            callee: "70101010".to_owned(),
            language: "da".to_owned(),
            via: Via::Front,
        })
    }

    /// A call that consented to these purposes and was recorded for `chunks` half seconds; the id of
    /// its recording.
    pub fn recorded(&self, sip: &str, purposes: &[&str], chunks: u8) -> (CallId, String) {
        let (call, tape) = self.under_way(sip, purposes, chunks);
        tape.finish();
        self.desk.call_ended(&call, Ended::Answered);
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let told = self.ask("supervisor", "GET", &format!("/v1/calls/{call}"), "").json();
            let recording = &told["recordings"][0];
            if !recording["ended_at"].is_null() {
                return (call, recording["id"].as_str().unwrap().to_owned());
            }
            assert!(Instant::now() < end, "{told}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The same while it is under way: recorded for as long as the tape is kept.
    pub fn under_way(&self, sip: &str, purposes: &[&str], chunks: u8) -> (CallId, Box<dyn Tape>) {
        let call = self.call(sip);
        let answers: Vec<Answer> = purposes
            .iter()
            .map(|p| Answer {
                purpose: (*p).to_owned(),
                granted: true,
                how: How::Key('1'),
                text_id: "contact-centre".to_owned(),
                text_version: "2026-11".to_owned(),
                language: "da".to_owned(),
            })
            .collect();
        self.desk.decide(&call, &answers).unwrap();
        let mut tape = self.desk.tape(&call).unwrap();
        let mut chunk = vec![0x55; CHUNK];
        chunk.chunks_exact_mut(BLOCK).for_each(|b| b[0] = PCMA);
        for _ in 0..chunks {
            while tape.chunk(&chunk).is_err() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        (call, tape)
    }
}

pub fn register() -> Register {
    let folder = example().join("register");
    let files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.display().to_string(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    Register::read(&files).register.unwrap()
}

/// A copy of the example with a tokens file: one token a role, a second person for evidence, and one
/// that is past its last day.
fn files(dir: &Path) -> BTreeMap<&'static str, String> {
    let toml = std::fs::read_to_string(example().join("calls.toml")).unwrap();
    let toml = toml.replace("[api]\n", "[api]\ntimeout = \"1 s\"\n")
        + "\n[import]\nfolder = \"incoming\"\n";
    std::fs::write(dir.join("calls.toml"), toml).unwrap();
    std::fs::create_dir(dir.join("prompts")).unwrap();
    for prompt in std::fs::read_dir(example().join("prompts")).unwrap() {
        let prompt = prompt.unwrap();
        std::fs::copy(prompt.path(), dir.join("prompts").join(prompt.file_name())).unwrap();
    }
    let (mut all, mut text) = (BTreeMap::new(), String::new());
    for role in Role::ALL {
        let purposes = if role == Role::Listener { vec!["quality".to_owned()] } else { Vec::new() };
        let made = new_token(role.as_str(), &BTreeSet::from([role]), &purposes, None).unwrap();
        text += &made.table;
        all.insert(role.as_str(), made.secret.to_string());
    }
    let second = new_token("second", &BTreeSet::from([Role::Evidence]), &[], None).unwrap();
    text += &second.table;
    all.insert("second", second.secret.to_string());
    let day = Some("2026-11-21".parse().unwrap());
    let past =
        new_token("past", &Role::ALL.into_iter().collect(), &["quality".to_owned()], day).unwrap();
    text += &past.table;
    all.insert("past", past.secret.to_string());
    std::fs::write(dir.join("tokens.toml"), text).unwrap();
    all
}
