//! Tiles on disk: the layout of C2SP tlog-tiles, publishing in steps, crashes, tampering.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::*;
use frist_ledger::entry::Kind;
use frist_ledger::hash::{self, Nodes};
use frist_ledger::*;
use proptest::prelude::*;

/// A ledger of so many small entries.
fn log(n: u64) -> Log {
    let mut log = Log::default();
    (0..n).for_each(|count| {
        log.push(Kind::Finding { code: id("F1"), dataset: id("invoices"), count })
    });
    log
}

fn publish(folder: &Path, log: &Log, size: usize) -> Result<Checkpoint> {
    let keys = keys();
    let mut publisher = Tiles::new(folder).publisher(&keys)?;
    for entry in &log.entries[publisher.size() as usize..size] {
        publisher.append(entry)?;
    }
    publisher.commit(&log.checkpoint(size))
}

/// Every file under the folder, by its path in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for file in fs::read_dir(next).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn names(folder: &Path) -> Vec<String> {
    files(folder)
        .iter()
        .map(|p| p.strip_prefix(folder).unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_layout_is_the_specification_s() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(513);
    publish(folder.path(), &log, 513).unwrap();
    assert_eq!(
        names(folder.path()),
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/1",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/1",
        ]
    );
    let leaves = log.leaves();
    let level0 = fs::read(folder.path().join("tile/0/001")).unwrap();
    assert_eq!(level0, leaves[256..512].iter().flat_map(|h| h.0).collect::<Vec<u8>>());
    let level1 = fs::read(folder.path().join("tile/1/000.p/2")).unwrap();
    let expected = [hash::root(&leaves[..256]).0, hash::root(&leaves[256..512]).0].concat();
    assert_eq!(level1, expected);
    let bundle = fs::read(folder.path().join("tile/entries/002.p/1")).unwrap();
    assert_eq!(
        bundle,
        [&(log.entries[512].len() as u16).to_be_bytes()[..], &log.entries[512]].concat()
    );
    let report = Tiles::new(folder.path()).verify(&keys(), None).unwrap();
    assert_eq!((report.entries(), report.checkpoint.root), (513, log.frontier(513).root()));
}

#[test]
fn exactly_one_full_tile_has_a_parent_of_one() {
    let folder = tempfile::tempdir().unwrap();
    publish(folder.path(), &log(256), 256).unwrap();
    assert_eq!(
        names(folder.path()),
        ["checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
    );
    Tiles::new(folder.path()).verify(&keys(), None).unwrap();
}

#[test]
fn large_indexes_are_split_into_folders() {
    // 1,234,067 is the specification's own example; only the path is at stake, so it is read where nothing is.
    let folder = tempfile::tempdir().unwrap();
    let tiles = Tiles::new(folder.path());
    let error = tiles.tree(1_234_068 * 256).node(0, 1_234_067 * 256).unwrap_err().to_string();
    assert!(error.contains("tile/0/x001/x234/067:"), "{error}");
}

#[test]
fn an_empty_ledger_can_be_published_and_nothing_new_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/ledger");
    assert_eq!(Tiles::new(&path).checkpoint().unwrap(), None);
    assert!(Tiles::new(&path).verify(&keys(), None).is_err());
    publish(&path, &log(0), 0).unwrap();
    assert_eq!(names(&path), ["checkpoint"]);
    Tiles::new(&path).verify(&keys(), None).unwrap();
    publish(&path, &log(3), 3).unwrap();
    let before = names(&path);
    publish(&path, &log(3), 3).unwrap();
    assert_eq!(names(&path), before);
}

#[test]
fn steps_end_in_the_same_tiles_as_one_go_and_cost_what_is_new() {
    let (steps, once) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(700);
    publish(once.path(), &log, 700).unwrap();
    for size in [1, 2, 255, 256, 257, 300, 511, 512, 700] {
        publish(steps.path(), &log, size).unwrap();
        Tiles::new(steps.path()).verify(&keys(), None).unwrap();
    }
    for name in names(once.path()) {
        assert_eq!(
            fs::read(once.path().join(&name)).unwrap(),
            fs::read(steps.path().join(&name)).unwrap(),
            "{name}"
        );
    }
    let left: Vec<String> = names(steps.path()).into_iter().filter(|n| n.contains(".p/")).collect();
    assert!(
        left.iter().all(|n| n.starts_with("tile/1/000.p") || n.contains("/002.p/")),
        "{left:?}"
    );
    // One entry more touches a partial tile a level and the checkpoint, and reads no full tile: they can be gone.
    let full = ["tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"];
    full.iter().for_each(|name| fs::remove_file(once.path().join(name)).unwrap());
    let mut longer = log.clone();
    longer.batch(1, false);
    publish(once.path(), &longer, 701).unwrap();
}

#[test]
fn a_crash_before_the_checkpoint_leaves_the_old_ledger_whole() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(600);
    publish(folder.path(), &log, 250).unwrap();
    let old = fs::read(folder.path().join("checkpoint")).unwrap();
    let keys = keys();
    let mut publisher = Tiles::new(folder.path()).publisher(&keys).unwrap();
    log.entries[250..600].iter().for_each(|entry| publisher.append(entry).unwrap());
    drop(publisher);
    assert_eq!(Tiles::new(folder.path()).verify(&keys, None).unwrap().entries(), 250);
    // As if the crash came after the partial tiles and within writing the checkpoint.
    let new = tempfile::tempdir().unwrap();
    publish(new.path(), &log, 600).unwrap();
    for name in names(new.path()).iter().filter(|name| *name != "checkpoint") {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::copy(new.path().join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("checkpoint.new"), "half").unwrap();
    assert_eq!(fs::read(folder.path().join("checkpoint")).unwrap(), old);
    assert_eq!(Tiles::new(folder.path()).verify(&keys, None).unwrap().entries(), 250);
    publish(folder.path(), &log, 600).unwrap();
    assert_eq!(Tiles::new(folder.path()).verify(&keys, None).unwrap().entries(), 600);
}

#[test]
fn a_rolled_back_or_changed_database_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(300);
    publish(folder.path(), &log, 300).unwrap();
    let keys = keys();
    let tiles = Tiles::new(folder.path());
    // Rolled back: the database has fewer entries than were published.
    let error =
        tiles.publisher(&keys).unwrap().commit(&log.checkpoint(299)).unwrap_err().to_string();
    assert!(error.contains("rolled back"), "{error}");
    // Changed: another entry far behind, then more.
    let mut forked = log.clone();
    forked.entries.swap(3, 4);
    forked.batch(1, false);
    let error = publish(folder.path(), &forked, 301).unwrap_err().to_string();
    assert!(error.contains("rolled back or changed"), "{error}");
    // The refusal leaves the folder as it was, and the true ledger goes on.
    assert_eq!(tiles.verify(&keys, None).unwrap().entries(), 300);
    let mut longer = log.clone();
    longer.batch(1, false);
    publish(folder.path(), &longer, 301).unwrap();
    let old = Checkpoint::open(&log.checkpoint(300), &keys).unwrap();
    assert_eq!(tiles.verify(&keys, Some(&old)).unwrap().extends, Some(300));
    // A folder of another ledger does not contain what an inspector has seen of this one.
    let other = tempfile::tempdir().unwrap();
    publish(other.path(), &forked, 301).unwrap();
    assert!(Tiles::new(other.path()).verify(&keys, Some(&old)).is_err());
}

#[test]
fn a_bit_in_any_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(260);
    publish(folder.path(), &log, 260).unwrap();
    let tiles = Tiles::new(folder.path());
    for path in files(folder.path()) {
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 7 + 1) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&path, &changed).unwrap();
            assert!(tiles.verify(&keys(), None).is_err(), "{} at byte {at}", path.display());
        }
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(tiles.verify(&keys(), None).is_err(), "{} cut at {cut}", path.display());
        }
        fs::remove_file(&path).unwrap();
        assert!(tiles.verify(&keys(), None).is_err(), "{} removed", path.display());
        fs::write(&path, &whole).unwrap();
    }
    tiles.verify(&keys(), None).unwrap();
    // The publisher looks at the right edge before it builds on it.
    for name in ["tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/001.p/4"] {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(tiles.publisher(&keys()).is_err(), "{name}");
        fs::write(&path, &whole).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn proofs_from_tiles_are_the_tree_s(size in 1u64..900, at in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let log = log(size);
        publish(folder.path(), &log, size as usize).unwrap();
        let (tiles, leaves) = (Tiles::new(folder.path()), log.leaves());
        let tree = tiles.tree(size);
        prop_assert_eq!(hash::root_of(&tree, size).unwrap(), log.frontier(size as usize).root());
        let index = at.index(size as usize) as u64;
        let Ok(expected) = hash::inclusion_proof(&leaves[..], index, size);
        prop_assert_eq!(hash::inclusion_proof(&tree, index, size).unwrap(), expected);
        let Ok(expected) = hash::consistency_proof(&leaves[..], index, size);
        prop_assert_eq!(hash::consistency_proof(&tree, index, size).unwrap(), expected);
    }
}
