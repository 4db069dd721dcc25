//! What a crash is tested on: an organisation with records to go, records to keep, and a look at
//! what is there behind Frist's back. Every data set wants a second person, so that approving is a
//! step of its own.

use std::collections::BTreeSet;
use std::path::Path;

use frist_state::Scope;
use frist_testkit::TestDatabase;
use jiff::Timestamp;

use super::{Db, NOTES, Org, PERSONS, connect};

/// What is there and not disposed of: locators, as in the ledger.
pub type Records = BTreeSet<String>;

/// What kind of data is erased, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Persons and their notes in two tables: links, a hold, several batches.
    Tables,
    /// The same in a SQLite file without a write-ahead log.
    Journal,
    /// Persons who lose their names.
    Anonymised,
    /// A partitioned table, of which one part is due as a whole.
    Partitions,
    /// Files, each with its sidecar.
    Files,
}

pub struct World {
    pub org: Org,
    pub kind: Kind,
}

/// The day of the records that are due, when they must lie in a partition.
const OLD: &str = "2016-01-01";

impl World {
    pub fn new(kind: Kind, store: Db, state: Db, used: Vec<TestDatabase>) -> Self {
        let rules = match kind {
            Kind::Tables | Kind::Journal => {
                format!("{PERSONS}{NOTES}[[dataset.link]]\nto = \"persons\"\nby = \"person\"\n")
            }
            Kind::Anonymised => {
                PERSONS.replace("guard", "then = { anonymise = { name = \"null\" } }\nguard")
            }
            Kind::Partitions => PERSONS.replace("guard", "drop_partitions = true\nguard"),
            Kind::Files => PERSONS.to_owned(),
        }
        .replace("guard", "approve = \"two\"\nguard");
        let org = Org::again(store, state, &rules, used);
        let world = Self { org, kind };
        world.fill(&rules);
        world
    }

    /// A copy of a world that needs no server.
    pub fn copy(&self) -> Self {
        Self { org: self.org.copy(), kind: self.kind }
    }

    /// The same records in another folder, which is the caller's.
    pub fn at(&self, dir: &Path) -> Self {
        Self { org: self.org.at(dir), kind: self.kind }
    }

    pub fn has_server(&self) -> bool {
        self.org.place.url.is_some() || self.org.place.state.is_some()
    }

    fn fill(&self, rules: &str) {
        let org = &self.org;
        match self.kind {
            Kind::Files => {
                let text = "[controller]\nname = \"A\"\n[[store]]\nid = \"f\"\nkind = \"files\"\n\
                     root = \"root\"\nbatch = 3\nbackups = \"35 days\"\n\
                     [[activity]]\nid = \"a\"\ntitle = { en = \"A\" }\n\
                     [[activity.purpose]]\nid = \"p\"\ntext = { en = \"service\" }\nbasis = \"6(1)(b)\"\n"
                    .to_owned()
                    + &rules.replace("s/person", "f/in/{n}.txt").replace("\"id\" }", "\"n\" }");
                let reading = frist_register::Register::read(&[("register.toml", &text)]);
                assert_eq!(reading.diagnostics, []);
                std::fs::write(org.place.dir.join("register.toml"), text).unwrap();
                (1..=7).for_each(|id| self.file(id, 800));
                (8..=10).for_each(|id| self.file(id, if id == 8 { 800 } else { 5 }));
                org.hold("h", Scope::Key { key: "in/8.txt".into() });
            }
            Kind::Partitions => {
                org.register_with("batch = 3", rules);
                org.sql(&format!(
                    "DROP TABLE person;
                     CREATE TABLE person (id BIGINT, name TEXT, ended DATE NOT NULL,
                        PRIMARY KEY (id, ended)) PARTITION BY RANGE (ended);
                     CREATE TABLE p1 PARTITION OF person FOR VALUES FROM ('{OLD}') TO ('2017-01-01');
                     CREATE TABLE p2 PARTITION OF person FOR VALUES FROM ('2017-01-01') TO ('2099-01-01');
                     INSERT INTO person SELECT i, 'Person', DATE '{OLD}' + i FROM generate_series(1, 4) AS i;
                     INSERT INTO person SELECT i, 'Person', DATE '2018-01-01' + i FROM generate_series(5, 8) AS i;
                     INSERT INTO person VALUES (9, 'Person', '{0}'), (10, 'Person', '{0}')",
                    org.ago(5)
                ));
                let key = format!("8,{}", "2018-01-09");
                org.hold("h", Scope::Key { key });
            }
            Kind::Tables | Kind::Journal | Kind::Anonymised => {
                org.register_with("batch = 3", rules);
                if org.store == Db::Sqlite && self.kind != Kind::Journal {
                    // The mode is kept in the file.
                    let db = rusqlite::Connection::open(org.file()).unwrap();
                    db.pragma_update(None, "journal_mode", "wal").unwrap();
                }
                org.persons(1..=8, 800);
                org.persons(9..=10, 5);
                let notes = [(1, 1, 800), (2, 2, 900), (3, 9, 5)];
                notes.into_iter().for_each(|(id, person, days)| org.note(id, person, days));
                org.hold("h", Scope::Key { key: "8".into() });
            }
        }
    }

    pub fn file(&self, id: i64, days: i64) {
        let folder = self.org.place.dir.join("root/in");
        std::fs::create_dir_all(&folder).unwrap();
        let beside = format!("{{\"ended\":\"{}\"}}", self.org.ago(days));
        std::fs::write(folder.join(format!("{id}.txt.json")), beside).unwrap();
        std::fs::write(folder.join(format!("{id}.txt")), format!("Person {id}")).unwrap();
    }

    /// What is there and not disposed of.
    pub fn records(&self) -> Records {
        let org = &self.org;
        match self.kind {
            Kind::Files => std::fs::read_dir(org.place.dir.join("root/in"))
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .filter(|n| n.ends_with(".txt"))
                .map(|n| format!("f/in/{{n}}.txt/in/{n}"))
                .collect(),
            Kind::Partitions => {
                let mut client = connect(org.place.url.as_ref().unwrap());
                let rows = client.query("SELECT id || ',' || ended FROM person", &[]).unwrap();
                rows.iter().map(|r| format!("s/person/{}", r.get::<_, String>(0))).collect()
            }
            Kind::Anonymised => {
                let ids = org.ids("person WHERE name IS NOT NULL");
                ids.iter().map(|id| format!("s/person/{id}")).collect()
            }
            Kind::Tables | Kind::Journal => ["person", "note"]
                .iter()
                .flat_map(|t| org.ids(t).into_iter().map(move |id| format!("s/{t}/{id}")))
                .collect(),
        }
    }

    /// What must stay: on hold, or not due.
    pub fn kept(&self) -> Records {
        let kept = match self.kind {
            Kind::Files => ["8", "9", "10"].map(|n| format!("f/in/{{n}}.txt/in/{n}.txt")).to_vec(),
            Kind::Partitions => {
                let recent = self.org.ago(5);
                vec![
                    "s/person/8,2018-01-09".to_owned(),
                    format!("s/person/9,{recent}"),
                    format!("s/person/10,{recent}"),
                ]
            }
            Kind::Anonymised => [8, 9, 10].map(|n| format!("s/person/{n}")).to_vec(),
            // A hold on a key says nothing about which data set, and no note has that key.
            Kind::Tables | Kind::Journal => {
                ["s/person/8", "s/person/9", "s/person/10", "s/note/3"].map(str::to_owned).to_vec()
            }
        };
        kept.into_iter().collect()
    }

    /// What is left of erased records beside the records themselves.
    pub fn remains(&self) -> usize {
        match self.kind {
            Kind::Files => {
                let folder = self.org.place.dir.join("root/in");
                let names = std::fs::read_dir(&folder).unwrap();
                let names = names.map(|e| e.unwrap().file_name().into_string().unwrap());
                let alone =
                    |n: &String| n.strip_suffix(".json").is_some_and(|n| !folder.join(n).exists());
                names.filter(alone).count()
            }
            _ => 0,
        }
    }

    /// As after a restore from a backup in which no rule makes the erased ones due.
    pub fn restore(&self) -> Timestamp {
        let org = &self.org;
        match self.kind {
            Kind::Files => (1..=4).for_each(|id| self.file(id, 5)),
            Kind::Anonymised => org.sql(&format!(
                "UPDATE person SET name = 'Again', ended = '{}' WHERE id <= 4",
                org.ago(5)
            )),
            Kind::Tables | Kind::Journal => {
                org.persons(1..=4, 5);
                org.note(1, 1, 5);
            }
            // The day is of the key.
            Kind::Partitions => org.sql(&format!(
                "INSERT INTO person SELECT i, 'Again', DATE '{OLD}' + i FROM generate_series(1, 4) AS i"
            )),
        }
        org.clock.now() - jiff::SignedDuration::from_hours(1)
    }

    /// Its databases, for the next world.
    pub fn databases(self) -> Vec<TestDatabase> {
        self.org.databases()
    }
}
