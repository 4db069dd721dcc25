//! The conformance suite on a vault, and what only a vault can get wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use frist_decide::{RuleSet, compile};
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::conformance::{FlakySite, Note, Person, Site, World};
use frist_stores::{Action, Key, KeyPart, Store, StoreError, store_conformance};
use frist_vault::{Begin, ObjectId, RootSource, Vault, VaultError};
use rusqlite::Connection;

fn id(number: i64) -> ObjectId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

fn number(name: &str) -> i64 {
    i64::from_str_radix(name, 16).unwrap()
}

/// A vault with the collections `person` and `note`. Each person's object holds the name in plain,
/// so that the scan for bytes finds every file that is left.
struct VaultSite {
    folder: tempfile::TempDir,
    used: u32,
}

impl VaultSite {
    fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.unwrap(), used: 0 }
    }
    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("vault-{}", self.used))
    }
    fn connect(&self) -> Connection {
        let db = Connection::open(self.path().join("index.db")).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        db
    }
    fn file(&self, person: i64) -> PathBuf {
        let name = id(person).to_string();
        self.path().join("objects").join(&name[..2]).join(name)
    }
}

impl Site for VaultSite {
    fn store(&self) -> String {
        format!("kind = \"vault\"\npath = \"vault-{}\"", self.used)
    }
    fn base_dir(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
    fn key(&self, _collection: &str, number: i64) -> Key {
        Key(vec![KeyPart::Text(id(number).to_string())])
    }
    fn fill(&mut self, world: &World) {
        let _ = std::fs::remove_dir_all(self.path());
        let env = |_: &str| Some("07".repeat(32));
        frist_vault::init(&self.path(), RootSource::env("ROOT"), None, &env).unwrap();
        let vault = Vault::open(&self.path(), &env, &[]).unwrap();
        vault.collection("person", &["name", "ended", "state", "boss"]).unwrap();
        vault.collection("note", &["person", "at"]).unwrap();
        drop(vault);
        let mut db = self.connect();
        db.execute_batch("CREATE INDEX p ON person (ended)").unwrap();
        let own = "id, hour, wrapped_key, vault_state, vault_place, chunk_ms, started_at";
        let tx = db.transaction().unwrap();
        let name = |number: i64| id(number).to_string();
        for p in &world.persons {
            tx.execute(
                &format!("INSERT INTO person ({own}, name, ended, state, boss) VALUES (?1, '2026-01-01T00', randomblob(72), 'sealed', 'disk', 0, '2026-01-01T00:00:00Z', ?2, ?3, ?4, ?5)"),
                (name(p.id), &p.name, &p.ended, &p.state, p.boss.map(name)),
            )
            .unwrap();
            std::fs::write(self.file(p.id), &p.name).unwrap();
        }
        for n in &world.notes {
            tx.execute(
                &format!("INSERT INTO note ({own}, person, at) VALUES (?1, NULL, x'00', 'sealed', 'disk', 0, '2026-01-01T00:00:00Z', ?2, ?3)"),
                (name(n.id), n.person.map(name), &n.at),
            )
            .unwrap();
        }
        tx.commit().unwrap();
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        let sql = "UPDATE person SET ended = ?2 WHERE id = ?1";
        self.connect().execute(sql, (id(person).to_string(), ended)).unwrap();
    }
    fn world(&mut self) -> World {
        let db = self.connect();
        let mut persons =
            db.prepare("SELECT id, name, ended, state, boss FROM person ORDER BY id").unwrap();
        let mut notes = db.prepare("SELECT id, person, at FROM note ORDER BY id").unwrap();
        let of = |name: Option<String>| name.map(|n| number(&n));
        World {
            persons: persons
                .query_map([], |r| {
                    Ok(Person {
                        id: number(&r.get::<_, String>(0)?),
                        name: r.get(1)?,
                        ended: r.get(2)?,
                        state: r.get(3)?,
                        boss: of(r.get(4)?),
                    })
                })
                .unwrap()
                .map(Result::unwrap)
                .collect(),
            notes: notes
                .query_map([], |r| {
                    Ok(Note {
                        id: number(&r.get::<_, String>(0)?),
                        person: of(r.get(1)?),
                        at: r.get(2)?,
                    })
                })
                .unwrap()
                .map(Result::unwrap)
                .collect(),
        }
    }
    fn unreadable(&self) -> Option<&'static str> {
        Some("2021-02-30")
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        fn all(dir: &Path, bytes: &mut Vec<u8>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    all(&path, bytes);
                } else {
                    bytes.extend(std::fs::read(path).unwrap());
                }
            }
        }
        let mut bytes = Vec::new();
        all(&self.path(), &mut bytes);
        Some(bytes)
    }
}

store_conformance!(vault, VaultSite::new(), records, bytes);
store_conformance!(vault_that_fails, FlakySite::new(VaultSite::new()), records);

const REGISTER: &str = r#"
[controller]
name = "A"
[[store]]
id = "calls"
kind = "vault"
path = "vault"
[[activity]]
id = "a"
title = "A"
[[activity.purpose]]
id = "quality"
text = "Q"
basis = "6(1)(a)"
[[dataset]]
id = "recordings"
activity = "a"
at = "calls/recording"
subject = { caller = "call_id" }
categories = ["communication"]
THEN
[dataset.facts]
ended_at = "instant"
given_quality = "instant"
withdrawn_quality = "instant"
[[dataset.keep]]
for = "quality"
from = "ended_at"
period = "96 hours"
open = true
given = "given_quality"
until = "withdrawn_quality"
"#;

fn read(text: &str) -> Register {
    Register::read(&[("register.toml", text)]).register.unwrap()
}

fn register(then: &str) -> Register {
    read(&REGISTER.replace("THEN", then))
}

fn env(_: &str) -> Option<String> {
    Some("07".repeat(32))
}

const FACTS: &[&str] = &["call_id", "given_quality", "withdrawn_quality"];

/// A recording, its last instants given.
fn record(
    vault: &Vault,
    started: &str,
    given: Option<&str>,
    withdrawn: Option<&str>,
) -> frist_vault::Writer {
    let fact = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
    let mut writer = vault
        .begin(Begin {
            id: ObjectId::random().unwrap(),
            started: started.parse().unwrap(),
            chunk: 100,
            chunk_ms: 500,
            header: Vec::new(),
            facts: vec![
                fact("call_id", Some("c")),
                fact("given_quality", given),
                fact("withdrawn_quality", withdrawn),
            ],
        })
        .unwrap();
    writer.append(&[1; 250]).unwrap();
    writer
}

fn open(folder: &Path, register: &Register) -> Box<dyn Store> {
    frist_stores::open(&register.stores[0], folder, &|_| None).unwrap()
}

fn key(id: &ObjectId) -> Key {
    Key(vec![KeyPart::Text(id.to_string())])
}

/// Beside the process that records, without its root key: what is due goes, and only that.
#[test]
fn recordings_go_when_their_time_is_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    frist_vault::init(&path, RootSource::env("ROOT"), None, &env).unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    let now = "2026-11-22T20:00:00Z".parse().unwrap();
    let given = Some("2026-11-18T18:00:01Z");
    let end = |writer: frist_vault::Writer, ended: &str| {
        let id = *writer.id();
        writer.finish(ended.parse().unwrap()).unwrap();
        id
    };
    let old = "2026-11-18T18:00:00Z";
    let due = end(record(&vault, old, given, None), "2026-11-18T20:00:00Z");
    let not_yet = end(record(&vault, old, given, None), "2026-11-18T20:00:00.5Z");
    let fresh = end(record(&vault, "2026-11-22T19:00:00Z", given, None), "2026-11-22T19:10:00Z");
    let withdrawn = end(
        record(&vault, "2026-11-22T18:00:00Z", given, Some("2026-11-22T19:59:00Z")),
        "2026-11-22T19:10:00Z",
    );
    let live = record(&vault, "2026-11-22T17:00:00Z", given, None);
    let refused = record(&vault, "2026-11-22T16:00:00Z", given, Some("2026-11-22T19:00:00Z"));
    let (live_id, refused_id) = (*live.id(), *refused.id());

    let register = register("");
    let dataset = &register.datasets[0];
    let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
    let mut store = open(folder.path(), &register);
    let catalogue = store.catalogue().unwrap();
    let names: Vec<&str> = catalogue.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["evidence", "recording"]);
    assert!(catalogue.iter().all(|c| c.fields.iter().all(|f| f.name != "wrapped_key")));
    let bound = store.bind(&register, dataset, &rules).unwrap();
    let fields: BTreeMap<String, Option<String>> =
        store.fields(&bound, &key(&due)).unwrap().unwrap().into_iter().collect();
    assert!(!fields.contains_key("wrapped_key"));
    assert_eq!(fields["ended_at"].as_deref(), Some("2026-11-18T20:00:00Z"));

    let compiled = compile(&rules, bound.kinds(), now, &[]);
    let mut found: Vec<Key> =
        store.due(&bound, &compiled, None, 100).unwrap().into_iter().map(|r| r.key).collect();
    let mut wanted = vec![key(&due), key(&withdrawn), key(&refused_id)];
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    let all: Vec<Key> =
        [due, not_yet, fresh, withdrawn, live_id, refused_id].iter().map(key).collect();
    let done = store.dispose(&bound, &compiled, &all, &Action::Erase).unwrap().done;
    assert_eq!(done.len(), 3);
    let file = |id: &ObjectId| path.join("objects").join(&id.to_string()[..2]).join(id.to_string());
    for gone in [&due, &withdrawn, &refused_id] {
        assert!(matches!(vault.read(gone), Err(VaultError::Gone(_))));
        assert!(!file(gone).exists());
    }
    for kept in [&not_yet, &fresh, &live_id] {
        assert_eq!(vault.read(kept).unwrap().chunk(0).unwrap().len(), 100);
    }
    assert_eq!(store.disposed(&bound, &all).unwrap().len(), 3);
    // The recordings that were under way: one goes on, the other finds that it is gone.
    live.finish("2026-11-22T20:01:00Z".parse().unwrap()).unwrap();
    assert!(matches!(refused.finish(now), Err(VaultError::Gone(_))));

    std::fs::write(file(&due), b"a file that could not be removed").unwrap();
    let care = store.settle(&bound).unwrap();
    assert!(care.done.iter().any(|d| d.contains("1 objects without a key")), "{care:?}");
    assert!(!file(&due).exists() && file(&fresh).exists());
    let hours = Connection::open(path.join("hours.db")).unwrap();
    let left: i64 = hours.query_row("SELECT count(*) FROM hour_key", [], |r| r.get(0)).unwrap();
    assert_eq!(left, 3, "of the hours 18 (four days ago), 19 and 17; not 16 and 18");
}

#[test]
fn what_a_vault_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let register_of = |then: &str| register(then);
    let plain = register_of("");
    let missing = frist_stores::open(&plain.stores[0], folder.path(), &|_| None).err().unwrap();
    assert!(missing.to_string().contains("frist vault init"), "{missing}");
    frist_vault::init(&path, RootSource::env("ROOT"), None, &env).unwrap();
    drop(Vault::open(&path, &env, FACTS).unwrap());
    for (then, words) in [
        ("then = { anonymise = { call_id = \"null\" } }", "cannot be anonymised"),
        ("key = \"call_id\"", "leave out `key`"),
    ] {
        let register = register_of(then);
        let dataset = &register.datasets[0];
        let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
        let error = open(folder.path(), &register).bind(&register, dataset, &rules).err().unwrap();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{then}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let text = REGISTER.replace("THEN", "").replace("withdrawn_quality", "wrapped_key");
    let register = read(&text);
    let dataset = &register.datasets[0];
    let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
    let error = open(folder.path(), &register).bind(&register, dataset, &rules).err().unwrap();
    assert!(error.to_string().contains("no fact"), "{error}");
}
