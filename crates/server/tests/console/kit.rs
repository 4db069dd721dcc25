//! A real console over the sample company's real data, on a port of its own, and a plain client.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use frist_law::LawBook;
use frist_ledger::{Id, RecordKey, SigningKey, Tiles};
use frist_register::{Lang, Register};
use frist_server::access::Role;
use frist_server::{Console, Face, Files, Machine, NewPerson, OnDisk, Settings, Trouble};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "en ganske lang sætning";

pub(crate) struct House {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) console: Console,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    clock: Arc<Mutex<Timestamp>>,
}

fn trouble(e: impl std::fmt::Display) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

pub(crate) fn state(dir: &Path) -> Result<State, Trouble> {
    let path = dir.join("state.sqlite");
    let location = Location::parse(&path.to_string_lossy()).map_err(trouble)?;
    State::open(&location).map_err(trouble)
}

/// The register's files as they are on disk.
pub(crate) fn files(dir: &Path) -> Files {
    let mut names: Vec<_> = std::fs::read_dir(dir.join("register"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let text = |name: String| {
        let text = std::fs::read_to_string(dir.join("register").join(&name)).unwrap();
        (format!("register/{name}"), text)
    };
    names.into_iter().map(text).collect()
}

fn loaded(dir: &Path) -> Result<Loaded, Trouble> {
    let files = files(dir);
    let register = Register::read(&files).register.ok_or_else(|| trouble("not sound"))?;
    let revision = frist_register::revision_hash(&register).parse().map_err(trouble)?;
    Ok(Loaded { register, revision, files })
}

fn engine(dir: &Path, loaded: Loaded, clock: &Arc<Mutex<Timestamp>>) -> Result<Engine, Trouble> {
    let base = dir.to_owned();
    let clock = Arc::clone(clock);
    Ok(Engine::new(
        loaded,
        LawBook::embedded(),
        state(dir)?,
        Keys { record: RecordKey::new([1; 32]), pseudonym: [2; 32] },
        Id::new("nobody").map_err(trouble)?,
        "test".into(),
        Box::new(move |store| frist_stores::open(store, &base, &|_| None)),
        Box::new(move || *clock.lock().unwrap()),
    ))
}

/// A number of the register's texts.
fn stamp(dir: &Path) -> u64 {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = std::hash::DefaultHasher::new();
    files(dir).hash(&mut hasher);
    hasher.finish()
}

/// What a server over the sample in this folder works with.
fn face(dir: &Path, clock: &Arc<Mutex<Timestamp>>, log: &Arc<Mutex<Vec<String>>>) -> Face {
    let tiles = dir.join("ledger");
    let key = || SigningKey::from_seed("test/frist", &[3; 32]).map_err(trouble);
    let own = || dir.to_owned();
    let (one, two, three, four) = (own(), own(), own(), own());
    let (reading, writing, stores) = (own(), own(), own());
    let on_disk = OnDisk::new(&own(), &own());
    let (c1, c2, c3) = (Arc::clone(clock), Arc::clone(clock), Arc::clone(clock));
    let lines = Arc::clone(log);
    let publishing = tiles.clone();
    Face {
        engine: Box::new(move || engine(&one, loaded(&one)?, &c1)),
        engine_over: Box::new(move |loaded| engine(&three, loaded, &c3)),
        read: Box::new(move || Ok(files(&reading))),
        write: Box::new(move |old, new| on_disk.replace(|| Ok(files(&writing)), old, new)),
        store: Arc::new(move |store| frist_stores::open(store, &stores, &|_| None)),
        stamp: Box::new(move || stamp(&four)),
        state: Box::new(move || state(&two)),
        publish: Box::new(move |engine| {
            engine.publish(&Tiles::new(&publishing), &key()?).map_err(trouble)?;
            Ok(())
        }),
        tiles,
        public_key: Box::new(move || Ok(format!("{}\n", key()?.verifier()))),
        calls: Box::new(|_| Ok((None, None))),
        clock: Arc::new(move || *c2.lock().unwrap()),
        people_key: Zeroizing::new([4; 32]),
        secret: Box::new(|name| (name != "NOT_SET").then(|| Zeroizing::new("test-secret".into()))),
        log: Arc::new(move |line| lines.lock().unwrap().push(line.to_owned())),
        machine: Machine {
            name: "test/world/1".into(),
            is_dead: |_| false,
            disks: Box::new(Vec::new),
            steady: Arc::new({
                let began = std::time::Instant::now();
                move || began.elapsed()
            }),
            net: Arc::new(frist_watch::net::Internet),
        },
    }
}

fn settings() -> Settings {
    Settings {
        tls: false,
        second_factor: false,
        proxy: false,
        lang: Lang::Da,
        watch: false,
        patience: std::time::Duration::from_secs(120),
        config: frist_server::Config::default(),
    }
}

/// The sample company's data: made once, and copied for each house.
fn sample() -> &'static Path {
    static SAMPLE: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let made = SAMPLE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let as_of = "2026-11-22".parse().unwrap();
        let options = frist_demo::Options { seed: 1, as_of, scale: 0.001 };
        frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).unwrap();
        dir
    });
    made.path()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            // With its time of change: files are as old as that says.
            std::fs::copy(entry.path(), &target).unwrap();
            let changed = entry.metadata().unwrap().modified().unwrap();
            std::fs::File::options()
                .write(true)
                .open(&target)
                .unwrap()
                .set_modified(changed)
                .unwrap();
        }
    }
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        copy(sample(), dir.path());
        let clock = Arc::new(Mutex::new(now));
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let register = dir.path().join("register");
        std::fs::create_dir_all(&register).unwrap();
        for (name, text) in frist_demo::REGISTER {
            std::fs::write(register.join(name), text).unwrap();
        }
        let face = face(dir.path(), &clock, &log);
        let mut settings = settings();
        change(&mut settings);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let console = runtime
            .block_on(frist_server::start(listen, None, face, settings))
            .unwrap_or_else(|t| panic!("{}", t.message));
        Self { dir, console, runtime, log, clock }
    }

    #[allow(dead_code, reason = "the interface's tests use it")]
    /// Another server over the same database, as after a restart or on another machine.
    pub(crate) fn another(&self) -> Console {
        let face = face(self.dir.path(), &self.clock, &self.log);
        let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let started = frist_server::start(listen, None, face, settings());
        self.runtime.block_on(started).unwrap_or_else(|t| panic!("{}", t.message))
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn later(&self, by: SignedDuration) {
        *self.clock.lock().unwrap() += by;
    }

    #[allow(dead_code, reason = "the interface's tests use it")]
    /// An engine of one's own, beside the server.
    pub(crate) fn engine(&self) -> Engine {
        {
            let dir = self.dir.path();
            loaded(dir).and_then(|l| engine(dir, l, &self.clock))
        }
        .unwrap_or_else(|t| panic!("{}", t.message))
    }

    pub(crate) fn state(&self) -> State {
        state(self.dir.path()).unwrap_or_else(|t| panic!("{}", t.message))
    }

    pub(crate) fn client(&self) -> Client {
        self.client_of(self.console.local)
    }

    /// A client of another server.
    pub(crate) fn client_of(&self, to: SocketAddr) -> Client {
        Client { to, cookies: BTreeMap::new(), fetch: Some("same-origin") }
    }

    /// Makes an account by the command line's way, and chooses its password in the browser's.
    pub(crate) fn person(&self, name: &str, roles: &[Role], datasets: &[&str]) {
        let mut state = self.state();
        let new = NewPerson {
            name: name.into(),
            title: format!("{}{} Holm", name[..1].to_uppercase(), &name[1..]),
            roles: roles.iter().copied().collect(),
            by: "test".into(),
            at: self.now(),
        };
        let id = frist_server::add_person(&mut state, &new).unwrap();
        let datasets: BTreeSet<String> = datasets.iter().map(|d| (*d).to_owned()).collect();
        state.set_need_to_know(id, &datasets).unwrap();
        let link = frist_server::invite(&mut state, name, "test", self.now()).unwrap().path;
        self.choose(&link, &[]);
    }

    /// Follows a link and chooses the password.
    pub(crate) fn choose(&self, link: &str, more: &[(&str, &str)]) {
        let mut client = self.client();
        let mut fields = vec![("password", PASSWORD), ("again", PASSWORD)];
        fields.extend_from_slice(more);
        let answer = client.send(link, link, &fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// Somebody with these roles, signed in.
    pub(crate) fn signed_in(&self, name: &str, roles: &[Role], datasets: &[&str]) -> Client {
        self.person(name, roles, datasets);
        self.sign_in(name)
    }

    pub(crate) fn sign_in(&self, name: &str) -> Client {
        let mut client = self.client();
        let answer = client.try_sign_in(name, PASSWORD);
        assert_eq!(answer.status, 303, "{}", answer.body);
        client
    }
}

/// A browser as far as the server can tell, without scripts.
#[derive(Clone)]
pub(crate) struct Client {
    to: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What it says in `Sec-Fetch-Site`.
    pub(crate) fetch: Option<&'static str>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("{} {}", self.status, self.body))
    }

    /// What a browser sends of the form to this path when nothing is changed: hidden and typed fields,
    /// boxes that are ticked, choices that are made.
    pub(crate) fn fields(&self, to: &str) -> Vec<(String, String)> {
        let plain = |text: &str| {
            text.replace("&#34;", "\"")
                .replace("&#39;", "'")
                .replace("&#60;", "<")
                .replace("&#62;", ">")
                .replace("&#38;", "&")
        };
        let form = self.body.split("<form ").find(|f| f.contains(&format!("action=\"{to}\"")));
        let form = form.unwrap_or_else(|| panic!("no form to {to}:\n{}", self.body));
        let form = form.split("</form>").next().unwrap();
        let mut all = Vec::new();
        for tag in form.split('<') {
            let Some((kind, _)) = tag.split_once(' ') else { continue };
            let (head, inner) = tag.split_once('>').unwrap_or((tag, ""));
            let said = |name: &str| {
                let value = head.split(&format!(" {name}=\"")).nth(1)?;
                value.split('"').next().map(plain)
            };
            let Some(name) = said("name") else { continue };
            let kind = match (kind, said("type").as_deref()) {
                ("input", Some("checkbox" | "radio")) if !head.contains(" checked") => continue,
                (kind, _) => kind,
            };
            let value = match kind {
                "input" => said("value").unwrap_or_default(),
                "textarea" => plain(inner.strip_prefix('\n').unwrap_or(inner)),
                "select" => {
                    let list = form.split(head).nth(1).unwrap().split("</select>").next().unwrap();
                    let chosen = list.split("<option").find(|o| {
                        o.split('>').next().is_some_and(|head| head.contains(" selected"))
                    });
                    let chosen =
                        chosen.or_else(|| list.split("<option").nth(1)).unwrap_or_default();
                    let value = chosen.split("value=\"").nth(1);
                    value.map_or_else(String::new, |v| plain(v.split('"').next().unwrap()))
                }
                _ => continue,
            };
            all.push((name, value));
        }
        all
    }

    /// The token of the form that is sent to this path.
    pub(crate) fn token(&self, to: &str) -> Option<String> {
        let form = self.body.split("<form ").find(|f| f.contains(&format!("action=\"{to}\"")))?;
        let token = form.split("name=\"token\" value=\"").nth(1)?;
        token.split('"').next().map(str::to_owned)
    }
}

pub(crate) fn encode(text: &str) -> String {
    let sign = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(sign).collect()
}

impl Client {
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    /// Loads a page, and sends its form.
    pub(crate) fn send(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(page);
        let token = page.token(to).unwrap_or_else(|| panic!("no form to {to}:\n{}", page.body));
        let mut fields = fields.to_vec();
        fields.push(("token", &token));
        self.post(to, &fields)
    }

    /// Loads a page and sends its form as it stands there, with some fields filled in otherwise; a
    /// field whose value is none is not sent.
    pub(crate) fn fill(&mut self, page: &str, to: &str, other: &[(&str, Option<&str>)]) -> Answer {
        let mut fields = self.get(page).fields(to);
        for (name, value) in other {
            fields.retain(|(n, _)| n != name);
            fields.extend(value.map(|v| ((*name).to_owned(), v.to_owned())));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        self.post(to, &fields)
    }

    /// Sends a form as it is.
    pub(crate) fn post(&mut self, to: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
        self.ask("POST", to, &[], Some(&body.join("&")))
    }

    pub(crate) fn try_sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.send("/sign-in", "/sign-in", &[("name", name), ("password", password)])
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let form = body.map(|b| ("application/x-www-form-urlencoded", b.as_bytes()));
        self.exchange(method, path, more, form)
    }

    #[allow(dead_code, reason = "the interface's tests use it")]
    /// The same with a body of JSON.
    pub(crate) fn json(
        &mut self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let json = body.map(|b| ("application/json", b.as_bytes()));
        self.exchange(method, path, more, json)
    }

    /// Sends a body of another kind.
    pub(crate) fn send_bytes(&mut self, to: &str, kind: &str, body: &[u8]) -> Answer {
        self.exchange("POST", to, &[], Some((kind, body)))
    }

    /// One request on a connection of its own; a body with its type.
    pub(crate) fn exchange(
        &mut self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Answer {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.to);
        if let Some(site) = self.fetch {
            head += &format!("Sec-Fetch-Site: {site}\r\n");
        }
        if !self.cookies.is_empty() {
            let all: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            head += &format!("Cookie: {}\r\n", all.join("; "));
        }
        for (name, value) in more {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some((kind, body)) = body {
            head += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.to).unwrap();
        let body = body.map_or(&[][..], |(_, body)| body);
        stream.write_all(&[format!("{head}\r\n").as_bytes(), body].concat()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|l| l.split_once(": "))
            .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
            .collect();
        for (_, set) in headers.iter().filter(|(n, _)| n == "set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            match value.is_empty() {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        Answer { status, headers, body: body.to_owned(), bytes: bytes.split_off(end) }
    }
}
