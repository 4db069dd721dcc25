//! An organisation with one small database, a clock that tests turn, and a receiver of webhooks.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frist_law::LawBook;
use frist_ledger::{Id, RecordKey, SigningKey, Tiles};
use frist_register::Register;
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};
use frist_watch::net::Internet;
use frist_watch::{Dead, Outside, Pace, Settings, Watch, Webhook};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }

[[store]]
id = "desk"
kind = "sqlite"
path = "desk.sqlite"

[[activity]]
id = "support"
title = { da = "Kundeservice", en = "Customer service" }
measures = ["access"]
obligation = { da = "Frivilligt", en = "Voluntary" }

[[activity.purpose]]
id = "callback"
text = { da = "At ringe tilbage", en = "To call back" }
basis = "6(1)(b)"

[[dataset]]
id = "callbacks"
activity = "support"
at = "desk/callback"
subject = { caller = "phone" }
categories = ["contact"]
guard = { share = "100 %" }

[dataset.facts]
asked_at = "instant"

[[dataset.keep]]
for = "callback"
from = "asked_at"
period = "1 hours"

[[dataset]]
id = "notes"
activity = "support"
at = "desk/note"
subject = { caller = "phone" }
categories = ["contact"]
approve = "two"

[dataset.facts]
written_at = "instant"

[[dataset.keep]]
for = "callback"
from = "written_at"
period = "1 hours"
"#;

/// The secret of webhooks, from the published example.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct House {
    pub(crate) dir: tempfile::TempDir,
    clock: Arc<Mutex<Option<Timestamp>>>,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    /// While it is set, making an engine hangs.
    pub(crate) hang: Arc<AtomicBool>,
    /// How much later the steady clock says it is.
    pub(crate) later: Arc<Mutex<Duration>>,
    /// Whether the disk on which the folder lies is looked at.
    pub(crate) disk: Arc<AtomicBool>,
}

#[expect(clippy::disallowed_methods, reason = "a test is a face")]
fn real() -> Timestamp {
    Timestamp::now()
}

fn state(dir: &Path) -> Result<State, String> {
    let path = dir.join("state.sqlite");
    let location = Location::parse(&path.to_string_lossy()).map_err(|e| e.to_string())?;
    State::open(&location).map_err(|e| e.to_string())
}

fn engine(dir: &Path, clock: &Arc<Mutex<Option<Timestamp>>>) -> Result<Engine, String> {
    let register = Register::read(&[("register.toml", REGISTER)]).register.expect("sound");
    let revision = frist_register::revision_hash(&register);
    let (base, clock) = (dir.to_owned(), Arc::clone(clock));
    Ok(Engine::new(
        Loaded {
            register,
            revision: revision.parse().expect("a hash"),
            files: vec![("register.toml".into(), REGISTER.into())],
        },
        LawBook::embedded(),
        state(dir)?,
        Keys { record: RecordKey::new([1; 32]), pseudonym: [2; 32] },
        Id::new("nobody").expect("an id"),
        "here/world/1/e".into(),
        Box::new(move |store| frist_stores::open(store, &base, &|_| None)),
        Box::new(move || clock.lock().unwrap().unwrap_or_else(real)),
    ))
}

impl House {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let house = Self {
            dir,
            clock: Arc::default(),
            log: Arc::default(),
            hang: Arc::default(),
            later: Arc::default(),
            disk: Arc::default(),
        };
        house
            .store()
            .execute_batch(
                "CREATE TABLE callback (id INTEGER PRIMARY KEY, phone TEXT, asked_at TEXT);
                 CREATE TABLE note (id INTEGER PRIMARY KEY, phone TEXT, written_at TEXT);",
            )
            .unwrap();
        house
    }

    pub(crate) fn store(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("desk.sqlite")).unwrap()
    }

    /// Enters a record whose time began so long ago.
    pub(crate) fn enter(&self, table: &str, id: i64, ago: SignedDuration) {
        let at = (self.now() - ago).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let sql = format!("INSERT INTO {table} VALUES (?1, '+45 00', ?2)");
        self.store().execute(&sql, (id, at)).unwrap();
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.store().query_row(&sql, [], |r| r.get(0)).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.lock().unwrap().unwrap_or_else(real)
    }

    /// From now on the clock stands at this instant.
    pub(crate) fn set_clock(&self, at: Timestamp) {
        *self.clock.lock().unwrap() = Some(at);
    }

    pub(crate) fn state(&self) -> State {
        state(self.dir.path()).unwrap()
    }

    pub(crate) fn engine(&self) -> Engine {
        engine(self.dir.path(), &self.clock).unwrap()
    }

    pub(crate) fn outside(&self, name: &str) -> Outside {
        let dir = self.dir.path().to_owned();
        let (one, two, tiles) = (dir.clone(), dir.clone(), dir.join("ledger"));
        let (c1, c2) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
        let (hang, lines) = (Arc::clone(&self.hang), Arc::clone(&self.log));
        let (began, later) = (Instant::now(), Arc::clone(&self.later));
        let (disk, looked) = (self.dir.path().to_owned(), Arc::clone(&self.disk));
        Outside {
            engine: Box::new(move || {
                while hang.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                engine(&one, &c1)
            }),
            stamp: Box::new(|| 1),
            state: Box::new(move || state(&two)),
            publish: Box::new(move |engine| {
                let key = SigningKey::from_seed("test/frist", &[3; 32]).unwrap();
                engine.publish(&Tiles::new(&tiles), &key).map_err(|e| e.to_string())?;
                Ok(())
            }),
            clock: Arc::new(move || c2.lock().unwrap().unwrap_or_else(real)),
            steady: Arc::new(move || began.elapsed() + *later.lock().unwrap()),
            secret: Box::new(|name| match name {
                "HOOK" => Some(Zeroizing::new(SECRET.to_owned())),
                "MAIL_RIGHT" => Some(Zeroizing::new("hemmelig æble".to_owned())),
                "MAIL_WRONG" => Some(Zeroizing::new("forkert".to_owned())),
                _ => None,
            }),
            log: Arc::new(move |line| lines.lock().unwrap().push(line.to_owned())),
            disks: Box::new(move || {
                let one = frist_watch::disk::of("folder", &disk);
                one.filter(|_| looked.load(Ordering::SeqCst)).into_iter().collect()
            }),
            net: Arc::new(Internet),
            traces: None,
            name: name.into(),
            organisation: "Nordkyst Forsyning A/S".into(),
        }
    }

    pub(crate) fn watch(&self, name: &str, settings: Settings) -> Watch {
        let dead = Arc::new(Dead::new(Box::new(|_| false)));
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        Watch::start(self.outside(name), settings, dead, zone).unwrap()
    }
}

/// Settings in which everything goes quickly.
pub(crate) fn quick() -> Settings {
    Settings {
        pace: Pace {
            beat: Duration::from_millis(100),
            // Longer than the slowest machine keeps a thread waiting: what falls silent is tried with a
            // clock that the test turns.
            dead: SignedDuration::from_secs(120),
            doze: Duration::from_millis(200),
            after_trouble: Duration::from_millis(200),
        },
        ..Settings::default()
    }
}

pub(crate) fn secs(n: i64) -> frist_watch::config::Length {
    frist_watch::config::Length::secs(n)
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        // Long: a machine that builds something else meanwhile is slow, and nobody waits when it holds.
        assert!(began.elapsed() < Duration::from_secs(90), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One request as the receiver got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The answer of a receiver that took the message and does not answer.
pub(crate) const HANGS: &str = "hangs";

/// A real receiver, that answers as it is told and then always with 204.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Receiver {
    pub(crate) fn new(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/frist?key=1", listener.local_addr().unwrap());
        let answers = answers.iter().map(|a| (*a).to_owned()).collect();
        let own = Self { url, got: Arc::default(), answers: Arc::new(Mutex::new(answers)) };
        let receiver = own.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let receiver = receiver.clone();
                let _ = stream.map(|s| std::thread::spawn(move || receiver.one(s)));
            }
        });
        own
    }

    fn one(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut headers = Vec::new();
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).ok()? > 2 {
            if let Some((name, value)) = line.trim().split_once(": ") {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().ok()?;
                }
                headers.push((name.to_lowercase(), value.to_owned()));
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        self.got.lock().unwrap().push(Got { headers, body });
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| "204 No Content".into());
        if answer == HANGS {
            std::thread::sleep(Duration::from_secs(600));
        }
        // An answer that is only words cuts the connection.
        if !answer.is_empty() {
            let text =
                format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(text.as_bytes()).ok()?;
        }
        Some(())
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn hook(&self, name: &str, events: &[&str]) -> Webhook {
        Webhook {
            name: name.into(),
            url: self.url.clone(),
            secret_env: "HOOK".into(),
            events: events.iter().map(|e| (*e).to_owned()).collect(),
            private: true,
            insecure: true,
            roots_file: None::<PathBuf>,
        }
    }

    /// What it got, as `type about`.
    pub(crate) fn told(&self) -> Vec<String> {
        let one = |g: Got| {
            let j = g.json();
            let about = [&j["data"]["kind"], &j["data"]["about"], &j["data"]["case"]];
            let about: Vec<&str> = about.into_iter().filter_map(|v| v.as_str()).collect();
            format!("{} {}", j["type"].as_str().unwrap(), about.join(" ")).trim().to_owned()
        };
        self.got().into_iter().map(one).collect()
    }
}
