//! An engine over a register and a folder, for the tests of finding people.

use std::path::Path;

use frist_law::LawBook;
use frist_ledger::RecordKey;
use frist_ledger::entry::Id;
use frist_register::{Register, revision_hash};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};

/// The instant of all tests.
pub const NOW: &str = "2026-11-22T12:00:00Z";

/// An engine whose stores lie in `dir`; `url` is the value of `STORE_URL`.
pub fn engine(dir: &Path, files: &[(&str, &str)], url: Option<&str>) -> Engine {
    let reading = Register::read(files);
    let register = reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
    let revision = revision_hash(&register).parse().unwrap();
    let files = files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    let state = State::open(&Location::File(dir.join("state.sqlite"))).unwrap();
    let (base, url) = (dir.to_owned(), url.map(str::to_owned));
    Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        state,
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        Id::new("op:test").unwrap(),
        "test".into(),
        Box::new(move |store| {
            frist_stores::open(store, &base, &|name| url.clone().filter(|_| name == "STORE_URL"))
        }),
        Box::new(|| NOW.parse().unwrap()),
    )
}
