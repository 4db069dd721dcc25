//! The root is never left, and never too wide.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use frist_register::model::{Store as Declared, StoreKind};
use frist_stores::files::FilesStore;
use frist_stores::{Store, StoreError};

use crate::support::{BY_MTIME, Case, key, put, register};

#[test]
fn links_are_never_followed() {
    let mut case = Case::new("**/*.eml", BY_MTIME, |root| {
        let outside = root.with_file_name("outside");
        put(&outside, "a.eml", 2020);
        put(root, "real/a.eml", 2020);
        symlink(&outside, root.join("door")).unwrap();
        symlink(outside.join("a.eml"), root.join("file.eml")).unwrap();
        symlink(root.join("real"), root.join("inside")).unwrap();
        symlink(root.join("nowhere"), root.join("dangling.eml")).unwrap();
    });
    assert_eq!(case.due(&[]), ["real/a.eml"]);
    let keys = ["door/a.eml", "file.eml", "inside/a.eml", "dangling.eml"];
    assert_eq!(case.dispose(&keys, &[]), [""; 0]);
    let keys = keys.map(key);
    assert!(case.store.erase_again(&case.bound, &keys).unwrap().is_empty());
    assert!(case.store.fetch(&case.bound, &keys).unwrap().is_empty());
    // Behind a link nobody can say that a record is gone.
    assert!(case.store.disposed(&case.bound, &keys).unwrap().is_empty());
    assert_eq!(case.sweep(), ["real/a.eml"]);
    assert!(case.outside().join("a.eml").exists());
    for link in ["door", "file.eml", "inside", "dangling.eml"] {
        assert!(case.has(link), "{link}");
    }
    assert!(case.advice().iter().any(|a| a.starts_with("4 files") && a.contains("symbolic links")));
}

#[test]
fn a_folder_swapped_for_a_link_between_due_and_dispose() {
    let mut case = Case::new("{box}/{year}/*.eml", BY_MTIME, |root| {
        for path in ["info/2020/a.eml", "info/2021/a.eml", "post/2020/a.eml"] {
            put(root, path, 2020);
        }
        put(&root.with_file_name("outside"), "2020/a.eml", 2020);
        put(&root.with_file_name("outside"), "a.eml", 2020);
    });
    let due = case.due(&[]);
    assert_eq!(due.len(), 3);
    let (root, outside) = (case.root(), case.outside());
    fs::rename(root.join("info/2021"), root.join("info/moved")).unwrap();
    symlink(&outside, root.join("info/2021")).unwrap();
    fs::rename(root.join("post"), root.with_file_name("moved")).unwrap();
    symlink(&outside, root.join("post")).unwrap();
    let names: Vec<&str> = due.iter().map(String::as_str).collect();
    assert_eq!(case.dispose(&names, &[]), ["info/2020/a.eml"]);
    assert!(outside.join("a.eml").exists() && outside.join("2020/a.eml").exists());
    let keys = [key("info/2021/a.eml"), key("post/2020/a.eml")];
    assert!(case.store.disposed(&case.bound, &keys).unwrap().is_empty());
}

#[test]
fn a_file_swapped_for_a_link_or_a_folder() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| {
        put(root, "a.eml", 2020);
        put(root, "b.eml", 2020);
        put(&root.with_file_name("outside"), "a.eml", 2020);
    });
    let (root, outside) = (case.root(), case.outside());
    for name in ["a.eml", "b.eml"] {
        fs::remove_file(root.join(name)).unwrap();
    }
    symlink(outside.join("a.eml"), root.join("a.eml")).unwrap();
    fs::create_dir(root.join("b.eml")).unwrap();
    assert_eq!(case.dispose(&["a.eml", "b.eml"], &[]), [""; 0]);
    assert!(outside.join("a.eml").exists() && case.has("a.eml") && case.has("b.eml"));
}

#[test]
fn the_root_that_was_opened_stays_the_root() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| put(root, "a.eml", 2020));
    let (root, outside) = (case.root(), case.outside());
    put(&outside, "a.eml", 2020);
    fs::rename(&root, root.with_file_name("moved")).unwrap();
    symlink(&outside, &root).unwrap();
    assert_eq!(case.sweep(), ["a.eml"]);
    assert!(outside.join("a.eml").exists());
    assert!(!root.with_file_name("moved").join("a.eml").exists());
}

/// While somebody swaps a folder for a link all the time, nothing behind the link is touched.
#[test]
fn swapping_all_the_time_reaches_nothing_outside() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut case = Case::new("box/*.eml", BY_MTIME, |root| {
        let outside = root.with_file_name("outside");
        for n in 0..200 {
            put(root, &format!("box/{n}.eml"), 2020);
            put(&outside, &format!("{n}.eml"), 2020);
        }
    });
    let (root, outside) = (case.root(), case.outside());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            symlink(&outside, root.join("link")).unwrap();
            while !stop.load(Ordering::Relaxed) {
                fs::rename(root.join("box"), root.join("aside")).unwrap();
                fs::rename(root.join("link"), root.join("box")).unwrap();
                fs::rename(root.join("box"), root.join("link")).unwrap();
                fs::rename(root.join("aside"), root.join("box")).unwrap();
            }
        });
        for n in 0..200 {
            // Each attempt may meet the folder, the link or nothing.
            case.dispose(&[&format!("box/{n}.eml")], &[]);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 200);
    case.sweep();
    assert_eq!(fs::read_dir(root.join("box")).unwrap().count(), 0);
}

#[test]
fn names_that_are_not_utf8_are_counted_and_left() {
    let mut case = Case::new("**", BY_MTIME, |root| {
        put(root, "a", 2020);
        let odd = std::ffi::OsStr::from_bytes(b"k\xf8ber.eml");
        fs::write(root.join(odd), "x").unwrap();
        fs::create_dir(root.join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap();
    });
    assert_eq!(case.sweep(), ["a"]);
    assert!(case.advice().iter().any(|a| {
        a.starts_with("2 files")
            && a.contains("have names that are not UTF-8 and are covered by no rule")
    }));
}

#[test]
fn frists_own_folder_is_never_entered() {
    let mut case = Case::new("**", BY_MTIME, |root| {
        put(root, ".frist/state.sqlite", 2020);
        put(root, "x/.frist/ledger", 2020);
        put(root, "x/.hidden", 2020);
    });
    assert_eq!(case.due(&[]), ["x/.hidden"]);
    assert_eq!(case.dispose(&[".frist/state.sqlite", "x/.frist/ledger"], &[]), [""; 0]);
    assert!(case.has(".frist/state.sqlite") && case.has("x/.frist/ledger"));
}

#[test]
fn other_file_systems_are_not_entered() {
    let (dev, shm) = (Path::new("/dev"), Path::new("/dev/shm"));
    let apart = dev.metadata().is_ok_and(|d| shm.metadata().is_ok_and(|s| s.dev() != d.dev()));
    let Some(file) = apart.then(|| tempfile::NamedTempFile::new_in(shm).ok()).flatten() else {
        eprintln!("skipped: /dev/shm is no file system of its own that can be written to");
        return;
    };
    let declared = declared("/dev");
    let mut store = FilesStore::open(&declared, Path::new("/tmp"), &|_| None).unwrap();
    let register = register("shm/*", BY_MTIME, "");
    let set = register.dataset("d").unwrap();
    let rules =
        frist_decide::RuleSet::resolve(&register, frist_law::LawBook::embedded(), set).unwrap();
    let bound = store.bind(&register, set, &rules).unwrap();
    assert_eq!(store.total(&bound, u64::MAX >> 1).unwrap(), 0);
    let name = format!("shm/{}", file.path().file_name().unwrap().to_str().unwrap());
    assert!(store.erase_again(&bound, &[key(&name)]).unwrap().is_empty());
    assert!(file.path().exists());
    assert!(store.settle(&bound).unwrap().advice.iter().any(|a| a.contains("another file system")));
}

fn declared(root: &str) -> Declared {
    let mut declared = register("*", BY_MTIME, "").stores.remove(0);
    declared.kind = StoreKind::Files { root: root.to_owned() };
    declared
}

#[test]
fn roots_that_are_too_wide_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("home/ida/register");
    fs::create_dir_all(base.join("data")).unwrap();
    fs::create_dir_all(dir.path().join("srv/mail")).unwrap();
    fs::write(base.join("file"), "").unwrap();
    symlink("/", base.join("slash")).unwrap();
    let home = dir.path().join("home/ida").display().to_string();
    let absolute = |path: &str| dir.path().join(path).display().to_string();
    let open = |root: &str| {
        let env = |name: &str| (name == "HOME").then(|| home.clone());
        FilesStore::open(&declared(root), &base, &env).map(|_| ())
    };
    for root in [
        "/",
        "//",
        "/.",
        "slash",
        "../../../../../../../../../..",
        "..",
        ".",
        "",
        "data/..",
        "file",
        "none",
        &absolute("home/ida"),
        &absolute("home"),
        &absolute("."),
        &absolute("home/ida/register"),
    ] {
        assert!(matches!(open(root), Err(StoreError::Unreachable { .. })), "{root}");
    }
    for root in ["data", "./data", "../../../srv/mail", &absolute("srv")] {
        open(root).unwrap();
    }
    // The home folder alone, with the register elsewhere.
    let env = |name: &str| (name == "HOME").then(|| absolute("srv/mail"));
    let wide = FilesStore::open(&declared(&absolute("srv")), &base, &env).unwrap_err();
    assert!(wide.to_string().contains("home"), "{wide}");
}
