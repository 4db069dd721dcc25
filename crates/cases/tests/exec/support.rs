//! A small organisation with one database, on SQLite or PostgreSQL, and a clock that the test sets.

use std::sync::{Arc, Mutex};

use frist_cases::erase::{self, Executed, Settled};
use frist_cases::request::desk::{Desk, Kept};
use frist_cases::request::{Actor, Known, NewRequest, Person, Request, Right};
use frist_law::LawBook;
use frist_ledger::RecordKey;
use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_register::{Lang, Register, revision_hash};
use frist_state::case::CaseRecord;
use frist_state::{Location, NewHold, Scope, State};
use frist_sweep::{Engine, Keys, Loaded, Options};
use jiff::Timestamp;

#[derive(Clone)]
pub struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    pub fn at(t: &str) -> Self {
        Self(Arc::new(Mutex::new(t.parse().unwrap())))
    }
    pub fn set(&self, t: &str) {
        *self.0.lock().unwrap() = t.parse().unwrap();
    }
    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct Org {
    pub dir: tempfile::TempDir,
    pub clock: Clock,
    pub register: String,
    pub postgres: Option<frist_testkit::TestDatabase>,
}

/// On 2 March 2026, at noon in Copenhagen.
pub const TODAY: &str = "2026-03-02T11:00:00Z";

impl Org {
    /// `rest` is the register after the controller (with `controller` added to it) and the store.
    pub fn new(controller: &str, rest: &str, sql: &str) -> Self {
        Self::on(None, controller, rest, sql)
    }

    pub fn on(
        postgres: Option<frist_testkit::TestDatabase>,
        controller: &str,
        rest: &str,
        sql: &str,
    ) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let dir = match tempfile::tempfile_in(memory) {
            Ok(_) => tempfile::tempdir_in(memory).unwrap(),
            Err(_) => tempfile::tempdir().unwrap(),
        };
        let kind = match &postgres {
            None => "kind = \"sqlite\"\npath = \"s.sqlite\"",
            Some(_) => "kind = \"postgresql\"\nurl_env = \"STORE_URL\"",
        };
        let register = format!(
            "[controller]\nname = \"Nordkyst Forsyning A/S\"\n{controller}\n\
             [[store]]\nid = \"s\"\n{kind}\nbackups = \"35 days\"\n{rest}"
        );
        let reading = Register::read(&[("register.toml", &register)]);
        assert_eq!(reading.diagnostics, [], "{register}");
        let now = match &postgres {
            None => TODAY.parse().unwrap(),
            // A server's clock goes on by itself, and both must agree.
            Some(_) => real_now(),
        };
        let org = Self { dir, clock: Clock(Arc::new(Mutex::new(now))), register, postgres };
        org.sql(sql);
        org
    }

    pub fn sql(&self, sql: &str) {
        match &self.postgres {
            None => {
                let db = rusqlite::Connection::open(self.dir.path().join("s.sqlite")).unwrap();
                db.execute_batch(sql).unwrap();
            }
            Some(pg) => {
                let mut client = postgres::Client::connect(&pg.url, postgres::NoTls).unwrap();
                client.batch_execute(sql).unwrap();
            }
        }
    }

    pub fn ids(&self, table: &str) -> Vec<i64> {
        let sql = format!("SELECT id FROM {table} ORDER BY id");
        match &self.postgres {
            None => {
                let db = rusqlite::Connection::open(self.dir.path().join("s.sqlite")).unwrap();
                let mut statement = db.prepare(&sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(|r| r.unwrap()).collect()
            }
            Some(pg) => {
                let mut client = postgres::Client::connect(&pg.url, postgres::NoTls).unwrap();
                client.query(&sql, &[]).unwrap().iter().map(|r| r.get(0)).collect()
            }
        }
    }

    pub fn engine(&self) -> Engine {
        let url = self.postgres.as_ref().map(|p| p.url.clone());
        engine_at(self.dir.path(), &self.register, url, self.clock.clone())
    }

    pub fn hold(&self, engine: &mut Engine, id: &str, scope: Scope) {
        let hold = NewHold {
            id: id.into(),
            matter: "Tvist 17".into(),
            reason: "en retssag".into(),
            dataset: None,
            scope,
            owner: "ida".into(),
            created_at: self.clock.now(),
            review_at: None,
            ends_at: None,
            viewers: vec![],
        };
        let kind = Kind::Hold {
            hold: Id::new(id).unwrap(),
            change: HoldChange::Added,
            by: Id::new("ida").unwrap(),
        };
        engine.state.add_hold(&hold, &Entry::new(self.clock.now(), kind)).unwrap();
    }

    /// Releases a hold.
    pub fn release(&self, engine: &mut Engine, id: &str) {
        let kind = Kind::Hold {
            hold: Id::new(id).unwrap(),
            change: HoldChange::Released,
            by: Id::new("ida").unwrap(),
        };
        let now = self.clock.now();
        engine.state.release_hold(id, "ida", now, None, &Entry::new(now, kind)).unwrap();
    }

    /// Opens a request of customer `id`.
    pub fn open(&self, engine: &mut Engine, right: Right, id: i64) -> String {
        self.open_as(engine, right, "customer", &id.to_string())
    }

    /// Opens an objection of customer `id` against direct marketing.
    pub fn open_marketing(&self, engine: &mut Engine, id: i64) -> String {
        self.opened(engine, Right::Objection, true, "customer", &id.to_string())
    }

    pub fn open_as(&self, engine: &mut Engine, right: Right, kind: &str, value: &str) -> String {
        self.opened(engine, right, false, kind, value)
    }

    fn opened(
        &self,
        engine: &mut Engine,
        right: Right,
        marketing: bool,
        kind: &str,
        value: &str,
    ) -> String {
        let new = NewRequest {
            right,
            marketing,
            received: self.clock.now(),
            channel: "letter".into(),
            person: Person { name: "Prøve Eksempelsen".into(), ..Person::default() },
            lang: Lang::Da,
            known: vec![Known { kind: kind.into(), value: value.into() }],
            words: None,
        };
        let mut desk = Desk {
            state: &mut engine.state,
            register: &engine.register,
            by: Actor::Person("ida"),
            at: self.clock.now(),
            signed: "Karen Holm, jurist",
        };
        let opened = desk.open(new, &[]).unwrap();
        assert!(opened.no_receipt.is_none(), "{:?}", opened.no_receipt);
        let number = opened.kept.case.number;
        let t = self.clock.now();
        let found = frist_cases::erase::search(engine, "ida", &number, &[], &[], false, t).unwrap();
        assert!(found.is_complete(), "{:?}", found.unsearchable);
        number
    }

    /// Decides a request; answers what it came to.
    pub fn settle(&self, engine: &mut Engine, number: &str) -> Settled {
        erase::settle(engine, "ida", number, self.clock.now()).unwrap()
    }

    /// Carries out what was decided.
    pub fn execute(&self, engine: &mut Engine, number: &str) -> Executed {
        let numbers = [number.to_owned()];
        erase::execute(engine, "ida", &numbers, &mut |_| ()).unwrap().remove(0)
    }

    /// Answers it with its letter, which nobody signs.
    pub fn answer(&self, engine: &mut Engine, number: &str) -> Kept {
        erase::answer(engine, "ida", "", number, self.clock.now()).unwrap()
    }

    /// The request as it is kept.
    pub fn request(&self, engine: &mut Engine, number: &str) -> Request {
        let case = engine.state.case(number).unwrap().unwrap();
        Request::read(number, &case.body).unwrap()
    }

    pub fn sweep(&self, engine: &mut Engine) {
        let plan = engine.examine(&Options::default(), &mut |_| ()).unwrap();
        engine.propose(&plan, &mut |_| ()).unwrap();
        if !plan.trips.is_empty() {
            engine.approve(&plan.id).unwrap();
        }
        assert!(engine.sweep(&plan.id, &mut |_| ()).unwrap().green());
    }
}

/// An engine for the organisation that lies in a folder.
pub fn engine_at(
    dir: &std::path::Path,
    register: &str,
    url: Option<String>,
    clock: Clock,
) -> Engine {
    let files = vec![("register.toml".to_owned(), register.to_owned())];
    let register = Register::read(&files).register.unwrap();
    let revision = revision_hash(&register).parse().unwrap();
    let base = dir.to_owned();
    Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        State::open(&Location::File(dir.join("state.sqlite"))).unwrap(),
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        Id::new("ida").unwrap(),
        "test".into(),
        Box::new(move |store| {
            let env = |name: &str| url.clone().filter(|_| name == "STORE_URL");
            frist_stores::open(store, &base, &env)
        }),
        Box::new(move || clock.now()),
    )
}

/// What is answered for each record, as `dataset/key: state ground until`.
pub fn answers(engine: &mut Engine, number: &str) -> Vec<String> {
    let line = |r: &CaseRecord| {
        let until = r.until.map_or(String::new(), |d| format!(" | {d}"));
        let done = if r.done_at.is_some() { " | done" } else { "" };
        let ground = r.ground.clone().unwrap_or_default();
        format!("{}/{}: {} {ground}{until}{done}", r.dataset, r.key, r.state)
    };
    engine.state.case_records(number).unwrap().iter().map(line).collect()
}

/// The page of the newest letter of this kind.
pub fn letter(engine: &mut Engine, number: &str, kind: &str) -> String {
    let papers = engine.state.papers(number).unwrap();
    let of =
        |p: &&frist_state::case::KeptPaper| p.kind == kind && p.media_type.starts_with("text/html");
    let paper = papers.iter().rfind(of).unwrap_or_else(|| panic!("no letter `{kind}`"));
    String::from_utf8(engine.state.paper(paper.id).unwrap().unwrap().1.bytes).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test is a face")]
pub fn real_now() -> Timestamp {
    let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap();
    Timestamp::from_second(now.as_second()).unwrap()
}
