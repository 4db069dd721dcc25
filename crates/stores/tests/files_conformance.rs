//! The conformance suite on a folder of files: each record a file with a sidecar.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use frist_stores::conformance::{FlakySite, Person, Site, World};
use frist_stores::{Key, KeyPart, store_conformance};
use serde_json::json;

struct FilesSite(tempfile::TempDir);

impl FilesSite {
    fn folder(&self) -> PathBuf {
        self.0.path().join("root/person")
    }

    fn write(&self, person: &Person) {
        let Person { id, name, ended, state, boss } = person;
        let mut sidecar = json!({ "name": name, "state": state, "boss": boss });
        // A fact of the rule that is not in the sidecar is as empty as one that is null there.
        if ended.is_some() || id % 4 == 0 {
            sidecar["ended"] = json!(ended);
        }
        let beside = if id % 3 == 0 { format!("{id}.json") } else { format!("{id}.txt.json") };
        fs::write(self.folder().join(beside), sidecar.to_string()).unwrap();
        fs::write(self.folder().join(format!("{id}.txt")), name).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect()
}

impl Site for FilesSite {
    fn store(&self) -> String {
        "kind = \"files\"\nroot = \"root\"".into()
    }
    fn base_dir(&self) -> PathBuf {
        self.0.path().to_owned()
    }
    fn collection(&self, name: &str) -> String {
        format!("{name}/{{id}}.txt")
    }
    fn key(&self, collection: &str, id: i64) -> Key {
        Key(vec![KeyPart::Text(format!("{collection}/{id}.txt"))])
    }
    fn fill(&mut self, world: &World) {
        let _ = fs::remove_dir_all(self.folder());
        fs::create_dir_all(self.folder()).unwrap();
        world.persons.iter().for_each(|p| self.write(p));
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        let mut changed = self.world().persons.into_iter().find(|p| p.id == person).unwrap();
        changed.ended = ended.map(str::to_owned);
        self.write(&changed);
    }
    fn world(&mut self) -> World {
        let text = |json: &serde_json::Value, name: &str| json[name].as_str().map(str::to_owned);
        let mut persons = Vec::new();
        for path in files(&self.folder()) {
            if path.extension().is_some_and(|e| e == "json") {
                // Nothing is left behind.
                let of = path.with_extension("").with_extension("txt");
                assert!(of.exists(), "a sidecar is there without its file");
                continue;
            }
            let beside = [path.with_extension("txt.json"), path.with_extension("json")];
            let beside = beside.iter().find(|b| b.exists()).unwrap();
            let json: serde_json::Value =
                serde_json::from_slice(&fs::read(beside).unwrap()).unwrap();
            persons.push(Person {
                id: path.file_stem().unwrap().to_str().unwrap().parse().unwrap(),
                name: fs::read_to_string(&path).unwrap(),
                ended: text(&json, "ended"),
                state: text(&json, "state"),
                boss: json["boss"].as_i64(),
            });
        }
        persons.sort();
        World { persons, notes: Vec::new() }
    }
    fn unreadable(&self) -> Option<&'static str> {
        Some("2021-02-30")
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        Some(files(&self.folder()).iter().flat_map(|f| fs::read(f).unwrap()).collect())
    }
}

impl FilesSite {
    fn new() -> Self {
        // In memory where there is such a folder: none of this is about power failures.
        Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }
}

store_conformance!(files_with_sidecars, FilesSite::new(), records, bytes);
store_conformance!(files_that_fail_at_random, FlakySite::new(FilesSite::new()), records);
