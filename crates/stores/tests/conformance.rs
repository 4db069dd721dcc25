//! The conformance suite on SQLite and on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

use frist_stores::conformance::{Note, Person, Site, World, run};
use rusqlite::Connection;

struct SqliteSite {
    folder: tempfile::TempDir,
    mode: &'static str,
}

impl SqliteSite {
    fn new(mode: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), mode }
    }
    fn connect(&self) -> Connection {
        Connection::open(self.folder.path().join("a.sqlite")).unwrap()
    }
}

impl Site for SqliteSite {
    fn store(&self) -> String {
        "kind = \"sqlite\"\npath = \"a.sqlite\"".into()
    }
    fn base_dir(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
    fn fill(&mut self, world: &World) {
        for file in ["a.sqlite", "a.sqlite-wal", "a.sqlite-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(file));
        }
        let mut db = self.connect();
        db.query_row(&format!("PRAGMA journal_mode = {}", self.mode), [], |_| Ok(())).unwrap();
        db.execute_batch(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, ended TEXT, state TEXT,
                boss INTEGER REFERENCES person (id));
             CREATE INDEX person_name ON person (name);
             CREATE INDEX person_ended ON person (ended);
             CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person (id), at TEXT);",
        )
        .unwrap();
        let tx = db.transaction().unwrap();
        tx.execute_batch("PRAGMA defer_foreign_keys = ON").unwrap();
        for p in &world.persons {
            tx.execute(
                "INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5)",
                (p.id, &p.name, &p.ended, &p.state, p.boss),
            )
            .unwrap();
        }
        for n in &world.notes {
            tx.execute("INSERT INTO note VALUES (?1, ?2, ?3)", (n.id, n.person, &n.at)).unwrap();
        }
        tx.commit().unwrap();
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        self.connect()
            .execute("UPDATE person SET ended = ?2 WHERE id = ?1", (person, ended))
            .unwrap();
    }
    fn world(&mut self) -> World {
        let db = self.connect();
        let mut persons =
            db.prepare("SELECT id, name, ended, state, boss FROM person ORDER BY id").unwrap();
        let mut notes = db.prepare("SELECT id, person, at FROM note ORDER BY id").unwrap();
        World {
            persons: persons
                .query_map([], |r| {
                    Ok(Person {
                        id: r.get(0)?,
                        name: r.get(1)?,
                        ended: r.get(2)?,
                        state: r.get(3)?,
                        boss: r.get(4)?,
                    })
                })
                .unwrap()
                .map(Result::unwrap)
                .collect(),
            notes: notes
                .query_map([], |r| Ok(Note { id: r.get(0)?, person: r.get(1)?, at: r.get(2)? }))
                .unwrap()
                .map(Result::unwrap)
                .collect(),
        }
    }
    fn unreadable(&self) -> Option<&'static str> {
        Some("2021-02-30")
    }
    fn has_links(&self) -> bool {
        true
    }
    fn can_anonymise(&self) -> bool {
        true
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        Some(bytes)
    }
}

struct PostgresSite {
    database: frist_testkit::TestDatabase,
    typed: bool,
    url: String,
}

impl PostgresSite {
    fn new(typed: bool) -> Self {
        let database = frist_testkit::postgres();
        Self { url: database.url.clone(), database, typed }
    }
}

impl Site for PostgresSite {
    fn store(&self) -> String {
        "kind = \"postgresql\"\nurl_env = \"URL\"\nschema = \"crm\"".into()
    }
    fn base_dir(&self) -> PathBuf {
        PathBuf::from(".")
    }
    fn env(&self, name: &str) -> Option<String> {
        (name == "URL").then(|| self.url.clone())
    }
    fn fill(&mut self, world: &World) {
        let mut db = self.database.connect();
        let date = if self.typed { "date" } else { "text" };
        db.batch_execute(&format!(
            "DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm; SET search_path = crm;
             CREATE TABLE person (id int PRIMARY KEY, name varchar(20000), ended {date}, state text,
                boss int REFERENCES person (id) DEFERRABLE);
             CREATE INDEX ON person (ended);
             CREATE TABLE note (id bigint PRIMARY KEY, person int REFERENCES person (id), at {date});
             BEGIN; SET CONSTRAINTS ALL DEFERRED;"
        ))
        .unwrap();
        for p in &world.persons {
            let boss = p.boss.map(|b| b as i32);
            let sql =
                format!("INSERT INTO person VALUES ($1, $2, CAST($3::text AS {date}), $4, $5)");
            db.execute(&sql, &[&(p.id as i32), &p.name, &p.ended, &p.state, &boss]).unwrap();
        }
        for n in &world.notes {
            let sql = format!("INSERT INTO note VALUES ($1, $2, CAST($3::text AS {date}))");
            db.execute(&sql, &[&n.id, &n.person.map(|p| p as i32), &n.at]).unwrap();
        }
        db.batch_execute("COMMIT").unwrap();
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        let date = if self.typed { "date" } else { "text" };
        let sql = format!("UPDATE crm.person SET ended = CAST($2::text AS {date}) WHERE id = $1");
        self.database.connect().execute(&sql, &[&(person as i32), &ended]).unwrap();
    }
    fn world(&mut self) -> World {
        let mut db = self.database.connect();
        let persons = db.query(
            "SELECT id::int8, name, ended::text, state, boss::int8 FROM crm.person ORDER BY id",
            &[],
        );
        let notes = db.query("SELECT id, person::int8, at::text FROM crm.note ORDER BY id", &[]);
        World {
            persons: persons
                .unwrap()
                .iter()
                .map(|r| Person {
                    id: r.get(0),
                    name: r.get(1),
                    ended: r.get(2),
                    state: r.get(3),
                    boss: r.get(4),
                })
                .collect(),
            notes: notes
                .unwrap()
                .iter()
                .map(|r| Note { id: r.get(0), person: r.get(1), at: r.get(2) })
                .collect(),
        }
    }
    fn unreadable(&self) -> Option<&'static str> {
        Some(if self.typed { "infinity" } else { "2021-02-30" })
    }
    fn has_links(&self) -> bool {
        true
    }
    fn can_anonymise(&self) -> bool {
        true
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        // PostgreSQL overwrites nothing before VACUUM, and says so.
        None
    }
}

#[test]
fn sqlite_with_a_write_ahead_log() {
    run(&mut SqliteSite::new("wal"));
}

#[test]
fn sqlite_with_a_rollback_journal() {
    run(&mut SqliteSite::new("delete"));
}

#[test]
fn postgresql_with_dates_as_text() {
    run(&mut PostgresSite::new(false));
}

#[test]
fn postgresql_with_typed_dates() {
    run(&mut PostgresSite::new(true));
}
