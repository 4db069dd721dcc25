//! What the targets share: seed corpora from the repository's own examples, and a small ledger.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub mod calls;

// Where `crate::` finds them in `frist-calls`.
#[path = "../../crates/calls/src/sdp/mod.rs"]
pub mod sdp;
pub use calls::{media, sip, siprec};

/// The small ledger that the ledger's own tests use.
#[path = "../../crates/ledger/tests/common/mod.rs"]
pub mod ledger;

/// Writes a target's seeds into the folder that `FRIST_FUZZ_SEEDS` names, if it names one. The
/// corpora are made when they are needed, so that none is kept in the repository.
pub fn seeds(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("FRIST_FUZZ_SEEDS").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).expect("the folder of the seeds can be made");
    for (i, seed) in seeds().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{i:04}")), seed).expect("a seed can be written");
    }
}

/// The first line, and the rest.
pub fn first_line(bytes: &[u8]) -> (&str, &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    (
        std::str::from_utf8(&bytes[..end]).unwrap_or_default(),
        bytes.get(end + 1..).unwrap_or_default(),
    )
}

/// The repository's root, where the examples are.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The repository's registers, file by file, and the examples of the checker's pages.
pub fn registers() -> Vec<Vec<u8>> {
    let root = repository();
    let mut seeds: Vec<String> = Vec::new();
    for folder in [
        "crates/register/tests/registers",
        "crates/demo/register",
        "examples/chinook/register",
        "examples/chinook-postgresql/register",
    ] {
        seeds.extend(files(&root.join(folder), "toml"));
    }
    for page in files(&root.join("crates/register/pages"), "md") {
        for fence in ["```toml bad\n", "```toml good\n"] {
            let examples = page.split(fence).skip(1);
            seeds.extend(examples.map(|e| e.split("```").next().unwrap_or_default().to_owned()));
        }
    }
    let mut seen = HashSet::new();
    seeds.retain(|seed| !seed.is_empty() && seen.insert(seed.clone()));
    seeds.into_iter().map(String::into_bytes).collect()
}

/// The texts of a folder's files of this kind, by name.
fn files(folder: &Path, extension: &str) -> Vec<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}
