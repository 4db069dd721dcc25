//! What the tests share: a vault in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use frist_vault::{Begin, ObjectId, RootSource, Vault, VaultError, Writer};
use jiff::Timestamp;

/// Facts as calls has them.
pub const FACTS: &[&str] = &["call_id", "given_quality", "withdrawn_quality"];
/// Half a second of sound of two legs.
pub const CHUNK: usize = 8050;

pub fn no_env(_: &str) -> Option<String> {
    None
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A new vault with its root key outside of it.
pub struct Place {
    pub dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let made = frist_vault::init(
            &dir.path().join("vault"),
            RootSource::file("../root.key"),
            None,
            &no_env,
        );
        assert!(made.unwrap(), "the root key was made");
        Self { dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("vault")
    }

    pub fn open(&self) -> Vault {
        self.try_open().unwrap()
    }

    pub fn try_open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.path(), &no_env, FACTS)
    }

    pub fn file(&self, id: &ObjectId) -> PathBuf {
        file(&self.path(), id)
    }
}

pub fn file(vault: &Path, id: &ObjectId) -> PathBuf {
    let name = id.to_string();
    vault.join("objects").join(&name[..2]).join(&name)
}

pub fn begin(vault: &Vault, started: &str, chunk: usize) -> Writer {
    vault
        .begin(Begin {
            id: ObjectId::random().unwrap(),
            started: at(started),
            chunk,
            chunk_ms: 500,
            header: b"PCMA, two legs".to_vec(),
            facts: vec![("call_id".into(), Some("c1".into()))],
        })
        .unwrap()
}

/// A finished object with this content.
pub fn object(vault: &Vault, started: &str, chunk: usize, content: &[u8]) -> ObjectId {
    let mut writer = begin(vault, started, chunk);
    let id = *writer.id();
    for part in content.chunks(97) {
        writer.append(part).unwrap();
    }
    writer.finish(at(started)).unwrap();
    id
}

pub fn content(vault: &Vault, id: &ObjectId) -> Result<Vec<u8>, VaultError> {
    let mut reader = vault.read(id)?;
    let mut all = Vec::new();
    for n in 0..reader.chunks() {
        all.extend_from_slice(&reader.chunk(n)?);
    }
    Ok(all)
}

pub fn facts(vault: &Vault, id: &ObjectId) -> BTreeMap<String, Option<String>> {
    vault.facts(id).unwrap().into_iter().collect()
}

/// Every file below a folder.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// The files in which these bytes stand. A file may go while we look.
pub fn holding(dir: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        fs::read(path).unwrap_or_default().windows(bytes.len()).any(|w| w == bytes)
    };
    files(dir).into_iter().filter(has).collect()
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &into) } else { fs::copy(&path, &into).map(|_| ()).unwrap() }
    }
}
