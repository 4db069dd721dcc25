//! A folder, a register of one data set, and the store opened on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use frist_decide::{Compiled, HoldScope, RuleSet, compile};
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::files::FilesStore;
use frist_stores::{Action, Bound, Key, KeyPart, Record, Store, StoreError};
use jiff::Timestamp;
use tempfile::TempDir;

/// The instant at which everything is decided.
pub(crate) const NOW: &str = "2026-03-01T12:00:00Z";

/// The usual rule: a year from when the file was last changed.
pub(crate) const BY_MTIME: &str =
    "[[dataset.keep]]\nfor = \"p\"\nfrom = \"mtime\"\nperiod = \"1 year\"";

pub(crate) struct Case {
    dir: TempDir,
    pub(crate) store: FilesStore,
    pub(crate) bound: Bound,
    pub(crate) rules: RuleSet,
}

pub(crate) fn register(at: &str, dataset: &str, more: &str) -> Register {
    let at = at.replace('\\', "\\\\");
    let text = format!(
        r#"
[controller]
name = "Prøve A/S"
kind = "company"
[[store]]
id = "disk"
title = {{ da = "Disk", en = "Disk" }}
kind = "files"
root = "root"
[[activity]]
id = "a"
title = {{ da = "A", en = "A" }}
[[activity.purpose]]
id = "p"
text = {{ da = "Formål", en = "Purpose" }}
basis = "6(1)(b)"
[[dataset]]
id = "d"
title = {{ da = "D", en = "D" }}
activity = "a"
at = "disk/{at}"
subject = {{ customer = "customer" }}
categories = ["identity"]
{dataset}
{more}
"#
    );
    let reading = Register::read(&[("register.toml", text.as_str())]);
    reading.register.unwrap_or_else(|| {
        panic!("{:?}", reading.diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>())
    })
}

impl Case {
    /// `fill` puts files below the root; `at` is the pattern, `dataset` the rest of the data set.
    pub(crate) fn new(at: &str, dataset: &str, fill: impl FnOnce(&Path)) -> Self {
        Self::with(at, dataset, "", fill)
    }

    pub(crate) fn with(at: &str, dataset: &str, more: &str, fill: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("root")).unwrap();
        fill(&dir.path().join("root"));
        Self::at(dir, at, dataset, more).unwrap()
    }

    pub(crate) fn refused(at: &str, dataset: &str, more: &str) -> StoreError {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("root")).unwrap();
        match Self::at(dir, at, dataset, more) {
            Ok(_) => panic!("{at} {dataset} was accepted"),
            Err(e) => e,
        }
    }

    fn at(dir: TempDir, at: &str, dataset: &str, more: &str) -> Result<Self, StoreError> {
        let register = register(at, dataset, more);
        let mut store = FilesStore::open(&register.stores[0], dir.path(), &|_| None)?;
        let set = register.dataset("d").unwrap();
        let rules = RuleSet::resolve(&register, LawBook::embedded(), set).unwrap();
        let bound = store.bind(&register, set, &rules)?;
        Ok(Self { dir, store, bound, rules })
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    pub(crate) fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root().join(path).symlink_metadata().is_ok()
    }

    pub(crate) fn compiled(&self, holds: &[HoldScope]) -> Compiled {
        compile(&self.rules, self.bound.kinds(), NOW.parse::<Timestamp>().unwrap(), holds)
    }

    /// The paths of what is due, and that all pages and counts say the same.
    pub(crate) fn due(&mut self, holds: &[HoldScope]) -> Vec<String> {
        let compiled = self.compiled(holds);
        let all = paths(&self.store.due(&self.bound, &compiled, None, usize::MAX).unwrap());
        for size in [1, 2, 3, 1000] {
            let (mut paged, mut last) = (Vec::new(), None::<Record>);
            loop {
                let page = self.store.due(&self.bound, &compiled, last.as_ref(), size).unwrap();
                paged.extend(paths(&page));
                match page.last() {
                    Some(record) if page.len() == size => last = Some(record.clone()),
                    _ => break,
                }
            }
            assert_eq!(paged, all, "pages of {size}");
        }
        let n = all.len() as u64;
        assert_eq!(self.store.count_due(&self.bound, &compiled).unwrap(), (n, 0));
        let census = self.store.census(&self.bound, &compiled).unwrap();
        assert_eq!(census.of(frist_decide::Outcome::Due), n);
        assert_eq!(census.total(), self.store.total(&self.bound, u64::MAX >> 1).unwrap());
        all
    }

    pub(crate) fn dispose(&mut self, keys: &[&str], holds: &[HoldScope]) -> Vec<String> {
        self.try_dispose(keys, holds).unwrap()
    }

    pub(crate) fn try_dispose(
        &mut self,
        keys: &[&str],
        holds: &[HoldScope],
    ) -> Result<Vec<String>, StoreError> {
        let compiled = self.compiled(holds);
        let keys: Vec<Key> = keys.iter().map(|k| key(k)).collect();
        let disposed = self.store.dispose(&self.bound, &compiled, &keys, &Action::Erase)?;
        Ok(paths(&disposed.done))
    }

    /// Disposes of everything that is due.
    pub(crate) fn sweep(&mut self) -> Vec<String> {
        let due = self.due(&[]);
        self.dispose(&due.iter().map(String::as_str).collect::<Vec<_>>(), &[])
    }

    pub(crate) fn advice(&mut self) -> Vec<String> {
        self.store.settle(&self.bound).unwrap().advice
    }
}

pub(crate) fn key(path: &str) -> Key {
    Key(vec![KeyPart::Text(path.to_owned())])
}

pub(crate) fn paths(records: &[Record]) -> Vec<String> {
    records.iter().map(|r| r.key.text()).collect()
}

/// Writes a file that was last changed at the start of `year`.
pub(crate) fn put(root: &Path, path: &str, year: i16) {
    write(root, path, "personal data", year);
}

pub(crate) fn write(root: &Path, path: &str, text: &str, year: i16) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    touch(&path, year);
}

pub(crate) fn touch(path: &Path, year: i16) {
    let start: Timestamp = format!("{year}-01-01T00:00:00Z").parse().unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(start.as_second() as u64);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Whether the tests run as root, whom no permission stops.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    tempfile::tempdir().unwrap().path().metadata().unwrap().uid() == 0
}
