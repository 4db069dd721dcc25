//! A disk as a power cut leaves it: rebuilt from the system calls of a run, without what was not
//! synced.
//!
//! The model is the strict one of POSIX. What was written to a file is on disk when the file was
//! synced; a name that was made, moved or removed is on disk when its folder was synced. What was
//! not synced may be there or not: [`Disk::cut`] drops all of it, or keeps a part by chance (names
//! of a folder in their order, as journaling file systems do; contents in any).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::trace::Traced;

/// The calls that the model follows.
pub const CALLS: &str = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,\
                         unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,pwritev,pwritev2,fallocate,\
                         copy_file_range,sync_file_range,symlink,symlinkat,truncate,writev,creat";

type Node = usize;

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Cut(u64),
}

#[derive(Clone, Debug)]
enum Naming {
    Give(String, Node),
    Take(String),
    Move(String, String, Node),
}

#[derive(Clone, Debug)]
enum Content {
    File { synced: Vec<u8>, now: Vec<u8>, since: Vec<Change> },
    Folder { synced: BTreeMap<String, Node>, now: BTreeMap<String, Node>, since: Vec<Naming> },
}

/// What there is and what of it is on disk.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Content>,
}

/// What becomes of what was not synced.
pub enum Cut<'d> {
    /// It is all gone.
    Worst,
    /// A part is there, by these dice.
    Some(&'d mut dyn FnMut(usize) -> usize),
}

impl Disk {
    /// A folder as it is, all of it on disk.
    pub fn of(root: &Path) -> Self {
        let mut disk = Self { root: root.to_owned(), nodes: Vec::new() };
        disk.read(root);
        disk
    }

    fn read(&mut self, path: &Path) -> Node {
        let node = self.nodes.len();
        if !path.is_dir() {
            let synced = std::fs::read(path).unwrap();
            self.nodes.push(Content::File { now: synced.clone(), synced, since: Vec::new() });
            return node;
        }
        self.nodes.push(folder());
        for entry in std::fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let child = self.read(&entry.path());
            let Content::Folder { synced, now, .. } = &mut self.nodes[node] else { unreachable!() };
            let name = entry.file_name().into_string().unwrap();
            synced.insert(name.clone(), child);
            now.insert(name, child);
        }
        node
    }

    /// The names from the root down; none for what lies elsewhere, or is SQLite's shared memory,
    /// which is made anew.
    fn parts(&self, path: &Path) -> Option<Vec<String>> {
        let below = path.strip_prefix(&self.root).ok()?;
        let parts: Vec<String> = below.iter().map(|p| p.to_str().unwrap().to_owned()).collect();
        parts.last().is_none_or(|n| !n.ends_with("-shm")).then_some(parts)
    }

    fn find(&self, parts: &[String]) -> Option<Node> {
        parts.iter().try_fold(0, |node, name| match &self.nodes[node] {
            Content::Folder { now, .. } => now.get(name).copied(),
            Content::File { .. } => None,
        })
    }

    fn at(&self, path: &Path) -> Option<Node> {
        self.find(&self.parts(path)?)
    }

    fn naming(&mut self, parts: &[String], naming: impl FnOnce(&str) -> Naming) {
        let (name, above) = parts.split_last().unwrap();
        let node = self.find(above).unwrap();
        let Content::Folder { now, since, .. } = &mut self.nodes[node] else { unreachable!() };
        let naming = naming(name);
        naming.carry_out(now);
        since.push(naming);
    }

    fn change(&mut self, path: &Path, change: impl FnOnce(&[u8]) -> Change) {
        // A file that lost its last name takes nothing with it.
        let Some(node) = self.at(path) else { return };
        let Content::File { now, since, .. } = &mut self.nodes[node] else { unreachable!() };
        let change = change(now);
        change.carry_out(now);
        since.push(change);
    }

    fn make(&mut self, path: &Path, content: Content) {
        let Some(parts) = self.parts(path) else { return };
        if self.find(&parts).is_none() {
            let node = self.nodes.len();
            self.nodes.push(content);
            self.naming(&parts, |name| Naming::Give(name.to_owned(), node));
        }
    }

    /// What one call does.
    pub fn carry_out(&mut self, traced: &Traced) {
        match traced.call.as_str() {
            "openat" => {
                let path = traced.path_at(0, 1);
                if traced.args[2].contains("O_CREAT") {
                    self.make(&path, file());
                }
                if traced.args[2].contains("O_TRUNC") {
                    self.change(&path, |_| Change::Cut(0));
                }
            }
            "mkdir" => self.make(&traced.path(0), folder()),
            "mkdirat" => self.make(&traced.path_at(0, 1), folder()),
            // Only what is written from its beginning to its end is written without a place.
            "write" => self.change(&traced.open_file(0), |now| {
                Change::Write(now.len() as u64, traced.bytes(1))
            }),
            "pwrite64" => self
                .change(&traced.open_file(0), |_| Change::Write(traced.number(3), traced.bytes(1))),
            "ftruncate" => {
                self.change(&traced.open_file(0), |_| Change::Cut(traced.number(1)));
            }
            "unlink" | "rmdir" => self.take(&traced.path(0)),
            "unlinkat" => self.take(&traced.path_at(0, 1)),
            "rename" => self.rename(&traced.path(0), &traced.path(1)),
            "fsync" | "fdatasync" => self.sync(&traced.open_file(0)),
            other => panic!("the model of the disk does not know `{other}`"),
        }
    }

    fn take(&mut self, path: &Path) {
        if let Some(parts) = self.parts(path) {
            self.naming(&parts, |name| Naming::Take(name.to_owned()));
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        assert_eq!(from.parent(), to.parent(), "a move between folders is not modelled");
        let (Some(parts), Some(node)) = (self.parts(from), self.at(from)) else { return };
        let to = to.file_name().unwrap().to_str().unwrap().to_owned();
        self.naming(&parts, |from| Naming::Move(from.to_owned(), to, node));
    }

    fn sync(&mut self, path: &Path) {
        let Some(node) = self.at(path) else { return };
        match &mut self.nodes[node] {
            Content::File { synced, now, since } => {
                synced.clone_from(now);
                since.clear();
            }
            Content::Folder { synced, now, since } => {
                synced.clone_from(now);
                since.clear();
            }
        }
    }

    /// Writes what the power cut leaves into an empty folder, and goes on from there.
    pub fn cut(&self, mut cut: Cut<'_>, to: &Path) -> Self {
        self.write_out(0, to, &mut cut);
        Self::of(to)
    }

    fn write_out(&self, node: Node, to: &Path, cut: &mut Cut<'_>) {
        match &self.nodes[node] {
            Content::File { synced, since, .. } => {
                let mut bytes = synced.clone();
                if let Cut::Some(dice) = cut {
                    since.iter().filter(|_| dice(2) == 0).for_each(|c| c.carry_out(&mut bytes));
                }
                std::fs::write(to, bytes).unwrap();
            }
            Content::Folder { synced, since, .. } => {
                let mut names = synced.clone();
                if let Cut::Some(dice) = cut {
                    since.iter().take(dice(since.len() + 1)).for_each(|n| n.carry_out(&mut names));
                }
                std::fs::create_dir_all(to).unwrap();
                for (name, node) in names {
                    self.write_out(node, &to.join(name), cut);
                }
            }
        }
    }

    /// What is not on disk yet, for a message.
    pub fn unsynced(&self) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        self.list(0, "", &mut out);
        out
    }

    fn list(&self, node: Node, path: &str, out: &mut BTreeSet<String>) {
        match &self.nodes[node] {
            Content::File { since, .. } if !since.is_empty() => drop(out.insert(path.to_owned())),
            Content::File { .. } => {}
            Content::Folder { now, since, .. } => {
                if !since.is_empty() {
                    out.insert(format!("{path}/"));
                }
                now.iter().for_each(|(name, n)| self.list(*n, &format!("{path}/{name}"), out));
            }
        }
    }
}

impl Change {
    fn carry_out(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Cut(length) => bytes.resize(*length as usize, 0),
            Self::Write(at, written) => {
                let (at, end) = (*at as usize, *at as usize + written.len());
                bytes.resize(bytes.len().max(end), 0);
                bytes[at..end].copy_from_slice(written);
            }
        }
    }
}

impl Naming {
    fn carry_out(&self, names: &mut BTreeMap<String, Node>) {
        match self {
            Self::Give(name, node) => drop(names.insert(name.clone(), *node)),
            Self::Take(name) => drop(names.remove(name)),
            Self::Move(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

fn file() -> Content {
    Content::File { synced: Vec::new(), now: Vec::new(), since: Vec::new() }
}

fn folder() -> Content {
    Content::Folder { synced: BTreeMap::new(), now: BTreeMap::new(), since: Vec::new() }
}
