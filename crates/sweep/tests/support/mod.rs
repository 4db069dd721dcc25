//! An organisation for the tests: a database with persons and their notes, on SQLite or
//! PostgreSQL, a register for it, Frist's own database on either, and a clock that the test sets.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod child;
pub mod disk;
pub mod harness;
pub mod trace;
pub mod worlds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use frist_law::LawBook;
use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_ledger::{RecordKey, SigningKey, Tiles};
use frist_register::{Register, revision_hash};
use frist_state::{Location, NewHold, Scope, State};
use frist_stores::{Key, KeyPart};
use frist_sweep::{Engine, Grant, Keys, Loaded, Options, Plan, Report, Result};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    Postgres,
}

/// Store and state, in the combinations that are tested.
pub const BOTH: [(Db, Db); 2] = [(Db::Sqlite, Db::Sqlite), (Db::Postgres, Db::Postgres)];

/// What a person's and a note's rule is, when a test says nothing else.
pub const PERSONS: &str = r#"
[[dataset]]
id = "persons"
activity = "a"
at = "s/person"
subject = { customer = "id" }
categories = ["identity"]
guard = { share = 1.0 }
[dataset.facts]
ended = "date"
[[dataset.keep]]
for = "p"
from = "ended"
period = "1 year"
"#;

pub const NOTES: &str = r#"
[[dataset]]
id = "notes"
activity = "a"
at = "s/note"
subject = { customer = "person" }
categories = ["communication"]
guard = { share = 1.0 }
[dataset.facts]
at = "date"
[[dataset.keep]]
for = "p"
from = "at"
period = "1 year"
"#;

/// Where everything is; what a child process needs to find it again.
#[derive(Clone)]
pub struct Place {
    pub dir: PathBuf,
    /// The PostgreSQL store's URL; none when the store is SQLite.
    pub url: Option<String>,
    /// The state's URL; none when the state is SQLite.
    pub state: Option<String>,
}

/// A clock that a test sets.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }
    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }
    pub fn step(&self, seconds: i64) {
        self.set(self.now() + SignedDuration::from_secs(seconds));
    }
}

pub struct Org {
    pub place: Place,
    pub clock: Clock,
    pub store: Db,
    dir: Option<tempfile::TempDir>,
    databases: Vec<frist_testkit::TestDatabase>,
}

/// The instant now, in whole seconds: a PostgreSQL store's clock must agree with ours.
#[expect(clippy::disallowed_methods, reason = "a test is a face")]
pub fn real_now() -> Timestamp {
    let now = Timestamp::try_from(SystemTime::now()).unwrap();
    Timestamp::from_second(now.as_second()).unwrap()
}

impl Org {
    /// `datasets` is the register's part after the store and the activity.
    pub fn new(store: Db, state: Db, datasets: &str) -> Self {
        Self::again(store, state, datasets, Vec::new())
    }

    /// The databases, to be used again: making one takes longer than most tests.
    pub fn databases(self) -> Vec<frist_testkit::TestDatabase> {
        self.databases
    }

    /// An organisation in these databases, as far as they reach, which are emptied.
    pub fn again(
        store: Db,
        state: Db,
        datasets: &str,
        mut used: Vec<frist_testkit::TestDatabase>,
    ) -> Self {
        let dir = folder();
        let mut databases = Vec::new();
        let mut database = |db: Db| {
            (db == Db::Postgres).then(|| {
                let database = used.pop().unwrap_or_else(frist_testkit::postgres);
                let url = database.url.clone();
                databases.push(database);
                url
            })
        };
        let place =
            Place { dir: dir.path().to_owned(), url: database(store), state: database(state) };
        for url in [&place.url, &place.state].into_iter().flatten() {
            let empty = "DROP TABLE IF EXISTS person, note; DROP SCHEMA IF EXISTS frist CASCADE";
            connect(url).batch_execute(empty).unwrap();
        }
        if store == Db::Sqlite {
            rusqlite::Connection::open(dir.path().join("s.sqlite")).unwrap();
        }
        let org = Self { place, clock: Clock::at(real_now()), store, dir: Some(dir), databases };
        let (date, key) = match store {
            Db::Sqlite => ("TEXT", "INTEGER PRIMARY KEY"),
            Db::Postgres => ("DATE", "BIGINT PRIMARY KEY"),
        };
        org.sql(&format!(
            "CREATE TABLE person (id {key}, name TEXT, ended {date}, boss BIGINT, withdrawn {date});
             CREATE TABLE note (id {key}, person BIGINT, at {date}, text TEXT);"
        ));
        org.register(datasets);
        org
    }

    /// A copy that shares nothing; for those that need no server.
    pub fn copy(&self) -> Self {
        let dir = folder();
        copy_folder(&self.place.dir, dir.path());
        let place = Place { dir: dir.path().to_owned(), ..self.place.clone() };
        Self { place, dir: Some(dir), ..self.at(Path::new("")) }
    }

    /// The same in another folder.
    pub fn at(&self, dir: &Path) -> Self {
        assert!(self.databases.is_empty(), "a database is not copied");
        let place = Place { dir: dir.to_owned(), ..self.place.clone() };
        let clock = Clock::at(self.clock.now());
        Self { place, clock, store: self.store, dir: None, databases: Vec::new() }
    }

    /// Writes the register: the next engine reads it.
    pub fn register(&self, datasets: &str) {
        self.register_with("", datasets);
    }

    /// The same, with further lines for the store.
    pub fn register_with(&self, store: &str, datasets: &str) {
        write_register(&self.place, store, datasets);
    }

    pub fn engine(&self) -> Engine {
        self.engine_of("ida")
    }

    /// An engine that `operator` uses.
    pub fn engine_of(&self, operator: &str) -> Engine {
        engine(&self.place, &self.clock, operator)
    }

    /// Runs statements behind Frist's back.
    pub fn sql(&self, sql: &str) {
        match &self.place.url {
            None => {
                let db = rusqlite::Connection::open(self.file()).unwrap();
                db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
                db.execute_batch(sql).unwrap();
            }
            Some(url) => connect(url).batch_execute(sql).unwrap(),
        }
    }

    /// A whole number, asked behind Frist's back.
    pub fn number(&self, sql: &str) -> u64 {
        number(&self.place, sql)
    }

    pub fn rows(&self, table: &str) -> u64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    pub fn ids(&self, table: &str) -> Vec<i64> {
        let sql = format!("SELECT id FROM {table} ORDER BY id");
        match &self.place.url {
            None => {
                let db = rusqlite::Connection::open(self.file()).unwrap();
                let mut statement = db.prepare(&sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(|r| r.unwrap()).collect()
            }
            Some(url) => connect(url).query(&sql, &[]).unwrap().iter().map(|r| r.get(0)).collect(),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.place.dir.join("s.sqlite")
    }

    /// The civil date of `days` days before the clock's, in the controller's zone.
    pub fn ago(&self, days: i64) -> Date {
        ago(&self.clock, days)
    }

    /// Persons with these ids, whose time ended so many days ago.
    pub fn persons(&self, ids: std::ops::RangeInclusive<i64>, days: i64) {
        let day = self.ago(days);
        let rows: Vec<String> = ids.map(|id| format!("({id}, 'Person {id}', '{day}')")).collect();
        self.sql(&format!("INSERT INTO person (id, name, ended) VALUES {}", rows.join(", ")));
    }

    pub fn note(&self, id: i64, person: i64, days: i64) {
        self.sql(&format!(
            "INSERT INTO note (id, person, at, text) VALUES ({id}, {person}, '{}', 'Note {id}')",
            self.ago(days)
        ));
    }

    /// The condition, in plain SQL, that a date is more than a year old today.
    pub fn over_a_year(&self, field: &str) -> String {
        let today = self.ago(0);
        match self.store {
            Db::Sqlite => format!("date({field}, '+1 year') < '{today}'"),
            Db::Postgres => format!("({field} + interval '1 year')::date < '{today}'"),
        }
    }

    pub fn state(&self) -> State {
        state(&self.place)
    }

    pub fn entries(&self) -> Vec<Entry> {
        entries(&self.place)
    }

    /// Records disposed of by data set, as the ledger says.
    pub fn ledger(&self, dataset: &str) -> u64 {
        disposed(&self.entries()).get(dataset).copied().unwrap_or(0)
    }

    pub fn hold(&self, id: &str, scope: Scope) {
        let entry = Kind::Hold {
            hold: Id::new(id).unwrap(),
            change: HoldChange::Added,
            by: Id::new("ida").unwrap(),
        };
        let hold = NewHold {
            id: id.into(),
            matter: "a claim".into(),
            reason: "a court".into(),
            dataset: None,
            scope,
            owner: "ida".into(),
            created_at: self.clock.now(),
            review_at: None,
            ends_at: None,
            viewers: Vec::new(),
        };
        self.state().add_hold(&hold, &Entry::new(self.clock.now(), entry)).unwrap();
    }

    pub fn tiles(&self) -> Tiles {
        Tiles::new(self.place.dir.join("ledger"))
    }
}

/// A new folder, in memory where there is such a place: a process that dies loses nothing there
/// either, and syncing costs nothing.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(folder_of_folders()).unwrap()
}

pub fn folder_of_folders() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if tempfile::tempfile_in(memory).is_ok() { memory.to_owned() } else { std::env::temp_dir() }
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

pub fn signer() -> SigningKey {
    SigningKey::from_seed("frist.example", &[3; 32]).unwrap()
}

pub fn ago(clock: &Clock, days: i64) -> Date {
    let zone = frist_law::zone("Europe/Copenhagen").unwrap();
    clock.now().to_zoned(zone).date().checked_sub(days.days()).unwrap()
}

pub fn connect(url: &str) -> postgres::Client {
    postgres::Client::connect(url, postgres::NoTls).unwrap()
}

pub fn number(place: &Place, sql: &str) -> u64 {
    let n: i64 = match &place.url {
        None => {
            let db = rusqlite::Connection::open(place.dir.join("s.sqlite")).unwrap();
            db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
            db.query_row(sql, [], |row| row.get(0)).unwrap()
        }
        Some(url) => connect(url).query_one(sql, &[]).unwrap().get(0),
    };
    n.unsigned_abs()
}

pub fn write_register(place: &Place, store: &str, datasets: &str) {
    let kind = match place.url {
        None => "kind = \"sqlite\"\npath = \"s.sqlite\"",
        Some(_) => "kind = \"postgresql\"\nurl_env = \"STORE_URL\"",
    };
    let text = format!(
        "[controller]\nname = \"A\"\n\
         [[store]]\nid = \"s\"\n{kind}\nbackups = \"35 days\"\n{store}\n\
         [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n\
         [[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n\
         [[activity.purpose]]\nid = \"consent\"\ntext = {{ en = \"news\" }}\nbasis = \"6(1)(a)\"\n\
         [[activity.purpose]]\nid = \"books\"\ntext = {{ en = \"accounts\" }}\nbasis = \"6(1)(c)\"\nlaw = \"dk.bogfoering\"\n\
         {datasets}"
    );
    let reading = Register::read(&[("register.toml", &text)]);
    assert_eq!(reading.diagnostics, [], "{text}");
    std::fs::write(place.dir.join("register.toml"), text).unwrap();
}

pub fn state(place: &Place) -> State {
    try_state(place).unwrap()
}

fn try_state(place: &Place) -> frist_state::Result<State> {
    let location = match &place.state {
        None => Location::File(place.dir.join("state.sqlite")),
        Some(url) => Location::parse(url).unwrap(),
    };
    State::open(&location)
}

pub fn engine(place: &Place, clock: &Clock, operator: &str) -> Engine {
    try_engine(place, clock, operator).unwrap()
}

/// The same; an error when Frist's own database cannot be opened.
pub fn try_engine(place: &Place, clock: &Clock, operator: &str) -> Result<Engine> {
    let text = std::fs::read_to_string(place.dir.join("register.toml")).unwrap();
    let files = vec![("register.toml".to_owned(), text)];
    let register = Register::read(&files).register.unwrap();
    let revision = revision_hash(&register).parse().unwrap();
    let (base, url, clock) = (place.dir.clone(), place.url.clone(), clock.clone());
    let engine = Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        try_state(place)?,
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        Id::new(operator).unwrap(),
        format!("test-{}", std::process::id()),
        Box::new(move |store| {
            let env = |name: &str| url.clone().filter(|_| name == "STORE_URL");
            frist_stores::open(store, &base, &env)
        }),
        Box::new(move || clock.now()),
    );
    Ok(match std::env::var_os("FRIST_CHILD_TRACED") {
        Some(_) => engine.in_one_thread(),
        None => engine,
    })
}

pub fn entries(place: &Place) -> Vec<Entry> {
    let leaves = state(place).leaves(0, u32::MAX).unwrap();
    leaves.iter().map(|l| Entry::parse(&l.entry).unwrap()).collect()
}

/// Records disposed of by data set, as the ledger says.
pub fn disposed(entries: &[Entry]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for disposal in entries.iter().filter_map(Entry::disposal) {
        *sums.entry(disposal.dataset.as_str().to_owned()).or_default() += disposal.n;
    }
    sums
}

/// What is due now.
pub fn plan(engine: &mut Engine) -> Plan {
    engine.examine(&Options::default(), &mut |_| ()).unwrap()
}

/// Plans, approves as another person where that is asked for, and sweeps.
pub fn sweep(org: &Org) -> Report {
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    let report = carry_out(org, &mut engine, &plan).unwrap();
    org.clock.step(1);
    report
}

pub fn carry_out(org: &Org, engine: &mut Engine, plan: &Plan) -> Result<Report> {
    engine.propose(plan, &mut |_| ())?;
    if !plan.trips.is_empty() {
        org.engine_of("bo").approve(&plan.id)?;
    }
    engine.sweep(&plan.id, &mut |_| ())
}

pub fn done(report: &Report, dataset: &str) -> u64 {
    report.datasets.iter().find(|d| d.dataset == dataset).map_or(0, |d| d.done)
}

pub fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|f| f.code).collect()
}

/// Whether a file or anything in a folder contains these bytes.
pub fn contains(path: &Path, bytes: &[u8]) -> bool {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().any(|e| contains(&e.unwrap().path(), bytes));
    }
    std::fs::read(path).unwrap().windows(bytes.len()).any(|w| w == bytes)
}

/// A request for these persons, for whom these grounds no longer count.
pub fn grant(ids: impl IntoIterator<Item = i64>, without: &[&str]) -> Grant {
    Grant {
        cases: vec!["R-2026-0001".into()],
        dataset: "persons".into(),
        without: without.iter().map(|s| (*s).to_owned()).collect(),
        keys: ids.into_iter().map(|id| Key(vec![KeyPart::Int(id)])).collect(),
    }
}

/// What `Call::Granted` carries out.
pub fn grants() -> [Grant; 2] {
    [grant([1, 2, 3], &["consent"]), grant([4, 5], &["consent"])]
}

/// What `Call::Together` carries out: of two data sets, in one batch.
pub fn grants_together() -> [Grant; 2] {
    let keys = [10, 20, 50].map(|id| Key(vec![KeyPart::Int(id)])).into();
    [grant(1..=5, &["consent"]), Grant { dataset: "notes".into(), keys, ..grant([], &[]) }]
}
