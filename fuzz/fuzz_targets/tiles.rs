//! The ledger's folder with one file in it changed. Sound: a folder that verifies tells what the
//! ledger tells; one that can be published to stays a ledger that verifies.
//!
//! The input's first byte says which file, its second whether to cut the file at the rest's length;
//! the rest replaces the file, or is exclusive-ored into it.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use frist_fuzz::ledger::{Log, id, keys};
use frist_fuzz::seeds;
use frist_ledger::entry::{HoldChange, Kind};
use frist_ledger::evidence::Report;
use frist_ledger::{Hash, Tiles};
use libfuzzer_sys::fuzz_target;

struct Folder {
    log: Log,
    path: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    report: Report,
}

static FOLDER: LazyLock<Folder> = LazyLock::new(|| {
    let mut log = Log::small();
    // More than one tile, so that there are full ones, partial ones and a second level.
    while log.entries.len() < 270 {
        let hold = id(&format!("h-{}", log.entries.len()));
        log.push(Kind::Hold { hold, change: HoldChange::Released, by: id("anna") });
    }
    // Not removed at the end: libFuzzer leaves without unwinding. It is small, and reused.
    let path = std::env::temp_dir().join(format!("frist-fuzz-tiles-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let tiles = Tiles::new(&path);
    let keys = keys();
    let mut publisher = tiles.publisher(&keys).expect("an empty folder");
    log.entries.iter().for_each(|e| publisher.append(e).expect("it can be written"));
    publisher.commit(&log.checkpoint(log.entries.len())).expect("our own checkpoint");
    let report = tiles.verify(&keys, None).expect("our own folder verifies");
    let mut files = Vec::new();
    walk(&path, &mut files);
    files.sort();
    Folder { log, path, files, report }
});

fn walk(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("our own folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            let bytes = fs::read(&path).expect("our own file");
            files.push((path, bytes));
        }
    }
}

fuzz_target!(
    init: seeds(examples),
    |input: &[u8]| {
        let [which, how, rest @ ..] = input else { return };
        let folder = &*FOLDER;
        let (path, original) = &folder.files[usize::from(*which) % folder.files.len()];
        let mut changed = original.clone();
        if how & 1 == 1 {
            changed = rest.to_vec();
        } else {
            changed.iter_mut().zip(rest).for_each(|(a, b)| *a ^= b);
            if how & 2 == 2 {
                changed.truncate(rest.len());
            }
        }
        fs::write(path, &changed).expect("the file can be written");
        let tiles = Tiles::new(&folder.path);
        let keys = keys();
        if let Ok(report) = tiles.verify(&keys, None) {
            assert_eq!(report, folder.report, "it says something else than the ledger");
        }
        if let Ok(publisher) = tiles.publisher(&keys) {
            assert_eq!(publisher.size(), folder.log.entries.len() as u64);
        }
        // Proofs made from a changed folder lead nowhere, or they are right.
        let tree = tiles.tree(folder.report.checkpoint.size);
        if let Ok(path) = frist_ledger::hash::inclusion_proof(&tree, 3, folder.report.checkpoint.size) {
            let leaf = frist_ledger::hash::leaf_hash(&folder.log.entries[3]);
            let root: Option<Hash> = frist_ledger::hash::root_from_inclusion(&leaf, 3, folder.report.checkpoint.size, &path);
            if changed == *original {
                assert_eq!(root, Some(folder.report.checkpoint.root));
            }
        }
        fs::write(path, original).expect("the file can be written");
    }
);

fn examples() -> Vec<Vec<u8>> {
    let files = &FOLDER.files;
    let mut seeds = Vec::new();
    for (which, (_, bytes)) in files.iter().enumerate() {
        let head = |how: u8| vec![which as u8, how];
        seeds.push(head(0));
        seeds.push([head(1), bytes.clone()].concat());
        seeds.push([head(2), vec![0; bytes.len() / 2]].concat());
        seeds.push([head(0), vec![0, 1]].concat());
    }
    seeds
}
