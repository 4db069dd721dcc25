//! What the tests share: a folder with a vault and a desk, a clock that tests set, and sound.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use frist_calls::consent::How;
use frist_calls::desk::{Answer, CallId, Clock, Desk, DeskConfig, NewCall, Via, facts};
use frist_calls::listen::Rules;
use frist_calls::principal::{Principal, Role};
use frist_calls::rule::Rule;
use frist_calls::tape::{BLOCK, CHUNK, PAIR, PAIRS, PCMA};
use frist_law::LawBook;
use frist_register::Register;
use frist_vault::{ObjectId, RootSource, Vault};
use jiff::Timestamp;

pub const PURPOSES: [&str; 2] = ["quality", "training"];

/// Half past ten in the morning.
pub const START: &str = "2026-11-22T10:30:00Z";

pub const REGISTER: &str = r#"
[controller]
name = "Kontaktcenter"
kind = "public-authority"
email = "kontakt@example.org"
dpo = { name = "Bo", email = "dpo@example.org" }
financial_year_end = "12-31"

[[store]]
id = "calls"
kind = "sqlite"
path = "vault/index.db"

[[activity]]
id = "phone"
title = { da = "Telefon", en = "Telephone" }
  [[activity.purpose]]
  id = "quality"
  text = { da = "Kvalitetssikring af samtaler", en = "Quality of calls" }
  basis = "6(1)(a)"
  [[activity.purpose]]
  id = "training"
  text = { da = "Oplæring", en = "Training" }
  basis = "6(1)(a)"
  [[activity.purpose]]
  id = "evidence"
  text = { da = "Trusler mod ansatte", en = "Threats against staff" }
  basis = "6(1)(e)"

[[dataset]]
id = "recordings"
activity = "phone"
at = "calls/recording"
subjects = ["caller"]
categories = ["voice"]
  [[dataset.keep]]
  for = "quality"
  from = "ended_at"
  period = "96 hours"
  open = true
  given = "given_quality"
  until = "withdrawn_quality"
  when = { given_quality = { set = true } }
  [[dataset.keep]]
  for = "training"
  from = "ended_at"
  period = "30 days"
  open = true
  given = "given_training"
  until = "withdrawn_training"
  when = { given_training = { set = true } }

[[dataset]]
id = "evidence"
activity = "phone"
at = "calls/evidence"
subjects = ["caller"]
categories = ["voice"]
  [[dataset.keep]]
  for = "evidence"
  from = "keep_until"
  period = "1 day"

[[dataset]]
id = "threats"
activity = "phone"
at = "calls/threats"
subjects = ["caller"]
categories = ["voice"]
  [[dataset.keep]]
  for = "evidence"
  from = "transferred_at"
  period = "2 years"
"#;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A clock that runs, from an instant that tests move.
#[derive(Clone)]
pub struct Time(Arc<(AtomicI64, Instant)>);

impl Time {
    pub fn new(start: &str) -> Time {
        Time(Arc::new((AtomicI64::new(at(start).as_millisecond()), Instant::now())))
    }
    pub fn now(&self) -> Timestamp {
        let ran = self.0.1.elapsed().as_millis() as i64;
        Timestamp::from_millisecond(self.0.0.load(Ordering::SeqCst) + ran).unwrap()
    }
    pub fn pass(&self, hours: i64, minutes: i64) {
        self.0.0.fetch_add((hours * 60 + minutes) * 60_000, Ordering::SeqCst);
    }
    pub fn clock(&self) -> Clock {
        let time = self.clone();
        Arc::new(move || time.now())
    }
}

/// A folder with a vault in it.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub time: Time,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path());
        Place { dir, time: Time::new(START) }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn vault(&self) -> Vault {
        vault(self.path())
    }

    pub fn config(&self) -> DeskConfig {
        config(self.path())
    }

    pub fn desk(&self) -> (Desk, Vault) {
        self.desk_with(self.config())
    }

    pub fn desk_with(&self, config: DeskConfig) -> (Desk, Vault) {
        let vault = self.vault();
        (Desk::open(config, vault.clone(), self.time.clock()).unwrap(), vault)
    }

    /// Asks the database, beside the desk.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        ask(&self.path().join("calls.db"), sql)
    }
}

pub fn init(dir: &Path) {
    frist_vault::init(&dir.join("vault"), RootSource::file("../root.key"), None, &|_| None)
        .unwrap();
}

pub fn vault(dir: &Path) -> Vault {
    let names = facts::names(&PURPOSES.map(str::to_owned));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // The desk before it may be ending still.
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match Vault::open(&dir.join("vault"), &|_| None, &names) {
            Err(frist_vault::VaultError::InUse(_)) if Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other.unwrap(),
        }
    }
}

pub fn config(dir: &Path) -> DeskConfig {
    let mut config = DeskConfig::new(dir.to_owned(), PURPOSES.map(str::to_owned).to_vec(), [7; 32]);
    config.watch = Duration::from_millis(20);
    config.min_free = 0;
    // Tests do not keep the pace of speech.
    config.queue = 10_000;
    config.system = "test".to_owned();
    config
}

pub fn ask(db: &Path, sql: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(db).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let n = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells: Vec<String> = (0..n)
            .map(|i| {
                let value: rusqlite::types::Value = row.get(i).unwrap();
                match value {
                    rusqlite::types::Value::Null => "-".to_owned(),
                    rusqlite::types::Value::Integer(n) => n.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                }
            })
            .collect();
        Ok(cells.join("|"))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

pub fn register() -> Register {
    let reading = Register::read(&[("register.toml", REGISTER)]);
    reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
}

pub fn rule(dataset: &str) -> Rule {
    Rule::of(&register(), LawBook::embedded(), dataset).unwrap()
}

pub fn rules() -> Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let make =
        || Arc::new(Rules { recordings: rule("recordings"), evidence: Some(rule("evidence")) });
    Arc::clone(RULES.get_or_init(make))
}

pub fn new_call(n: u32) -> NewCall {
    NewCall {
        sip_call_id: format!("call-{n}@127.0.0.1"),
        session_id: Some(format!("{n:032x};remote={:032x}", n + 0x1000)),
        caller: format!("+45701010{n:02}"),
        callee: "+4570202020".to_owned(),
        language: "da".to_owned(),
        via: Via::Front,
    }
}

pub fn answer(purpose: &str, granted: bool, how: How) -> Answer {
    Answer {
        purpose: purpose.to_owned(),
        granted,
        how,
        text_id: "welcome".to_owned(),
        text_version: "3".to_owned(),
        language: "da".to_owned(),
    }
}

pub fn yes(desk: &Desk, call: &CallId, purposes: &[&str]) {
    let answers: Vec<Answer> = purposes.iter().map(|p| answer(p, true, How::Key('1'))).collect();
    desk.decide(call, &answers).unwrap();
}

/// A full chunk in which both legs say `level`.
pub fn chunk(level: u8) -> Vec<u8> {
    let mut out = vec![level; CHUNK];
    out.chunks_exact_mut(BLOCK).for_each(|b| b[0] = PCMA);
    assert_eq!(out.len(), PAIR * PAIRS);
    out
}

pub fn principal(name: &str, roles: &[Role], listens: &[&str]) -> Principal {
    Principal {
        name: name.to_owned(),
        roles: roles.iter().copied().collect(),
        listens: listens.iter().map(|s| (*s).to_owned()).collect(),
    }
}

/// The files of the objects in the vault.
pub fn objects(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.join("vault/objects")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

/// Waits until something is so.
pub fn wait(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !so() {
        assert!(Instant::now() < end, "waited ten seconds for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The recordings of a call that are finished.
pub fn sealed(vault: &Vault) -> Vec<ObjectId> {
    vault
        .list("recording", None, 1000)
        .unwrap()
        .into_iter()
        .filter(|l| l.state == frist_vault::State::Sealed)
        .map(|l| l.id)
        .collect()
}

pub fn fact(vault: &Vault, id: &ObjectId, name: &str) -> Option<String> {
    vault.facts(id).unwrap().into_iter().find(|(n, _)| n == name).unwrap().1
}

/// A finished recording of `chunks` half seconds, made for these purposes.
pub fn recorded(
    desk: &Desk,
    vault: &Vault,
    n: u32,
    purposes: &[&str],
    chunks: u8,
) -> (CallId, ObjectId) {
    let before = sealed(vault);
    let call = desk.call_began(new_call(n));
    yes(desk, &call, purposes);
    let mut tape = desk.tape(&call).unwrap();
    for level in 0..chunks {
        tape.chunk(&chunk(level)).unwrap();
    }
    tape.finish();
    desk.call_ended(&call, frist_calls::desk::Ended::Answered);
    wait("the recording is closed", || sealed(vault).len() == before.len() + 1);
    let id = sealed(vault).into_iter().find(|id| !before.contains(id)).unwrap();
    (call, id)
}
