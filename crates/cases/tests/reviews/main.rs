//! Reviews, assessments, consents on the sample company, with real stores and Frist's own database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod assessing;
mod consenting;
mod founding;

use std::path::Path;

use frist_demo::{Options, REGISTER, generate};
use frist_law::LawBook;
use frist_ledger::{Id, RecordKey};
use frist_register::{Register, revision_hash};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};
use jiff::Timestamp;

/// The day of the sample company.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T11:00:00Z".parse().unwrap()
}

pub(crate) fn by() -> Id {
    Id::new("dpo").unwrap()
}

/// The register's files, name and text.
pub(crate) fn files(dir: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(dir.join("register"))
        .unwrap()
        .map(|e| {
            let path = e.unwrap().path();
            let name = format!("register/{}", path.file_name().unwrap().to_string_lossy());
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// The sample company in a new folder.
pub(crate) fn company() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    company_in(dir.path());
    dir
}

fn company_in(dir: &Path) {
    let as_of = now().to_zoned(frist_law::zone("Europe/Copenhagen").unwrap()).date();
    generate(dir, &Options { seed: 1, as_of, scale: 0.02 }, &mut |_, _, _| ()).unwrap();
    std::fs::create_dir(dir.join("register")).unwrap();
    for (name, text) in REGISTER {
        std::fs::write(dir.join("register").join(name), text).unwrap();
    }
}

/// An engine over these files.
pub(crate) fn engine_of(dir: &Path, files: Vec<(String, String)>, at: Timestamp) -> Engine {
    let named: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let reading = Register::read(&named);
    assert_eq!(reading.diagnostics, []);
    let register = reading.register.unwrap();
    let revision = revision_hash(&register).parse().unwrap();
    let base = dir.to_owned();
    Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        State::open(&Location::File(dir.join("state.sqlite"))).unwrap(),
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        by(),
        format!("test-{}", std::process::id()),
        Box::new(move |store| frist_stores::open(store, &base, &|_| None)),
        Box::new(move || at),
    )
}

pub(crate) fn engine(dir: &Path) -> Engine {
    engine_of(dir, files(dir), now())
}
