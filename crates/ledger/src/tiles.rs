//! The ledger as files: C2SP `tlog-tiles` in a folder, which any web server can hand out as it is.
//!
//! ```text
//! checkpoint                  the newest signed head; written last
//! tile/<L>/<N>                256 hashes of level L: at level 0 of entries, above of full tiles of the level below
//! tile/<L>/<N>.p/<W>          the first W of them, while there are no more
//! tile/entries/<N>[.p/<W>]    the entries themselves, each with its length as 16 bits, big-endian, before it
//! ```
//!
//! Publishing costs what is new: it reads the right edge (at most one tile a level), appends, and writes what changed. Every
//! file is written beside its place, synced and renamed; the folders are synced before the checkpoint is written, so a crash
//! leaves the old checkpoint with all its files. Files beyond the checkpoint are vouched for by nothing and are written anew.
//! One publisher at a time is the caller's duty.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::check::{Checker, Report};
use crate::checkpoint::Checkpoint;
use crate::entry::MAX_ENTRY;
use crate::hash::{self, Frontier, Hash, Nodes, leaf_hash};
use crate::note::VerifierKey;
use crate::{Error, Result};

/// How many hashes or entries a full tile has.
const WIDTH: usize = 256;
/// The levels that a tree of 2^64 entries can have.
const LEVELS: u32 = 8;

/// A tile's or a bundle's hashes, as stored.
type Hashes = Vec<[u8; 32]>;

/// A folder with a ledger's tiles.
#[derive(Clone, Debug)]
pub struct Tiles {
    folder: PathBuf,
}

/// Which kind of tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Hashes(u32),
    Entries,
}

impl Tiles {
    /// Names the folder. It is made when something is published.
    pub fn new(folder: impl Into<PathBuf>) -> Tiles {
        Tiles { folder: folder.into() }
    }

    /// The newest published checkpoint's text; `None` when nothing was published yet.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read.
    pub fn checkpoint(&self) -> Result<Option<String>> {
        let path = self.folder.join("checkpoint");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { action: "read", path, source }),
        }
    }

    /// Starts publishing: loads the right edge and checks that it leads to the published checkpoint. The first entry to append
    /// is the one at [`Publisher::size`].
    ///
    /// # Errors
    /// [`Error::File`], or the first check that fails.
    pub fn publisher<'a>(&self, keys: &'a [VerifierKey]) -> Result<Publisher<'a>> {
        let mut publisher = Publisher {
            tiles: self.clone(),
            keys,
            start: 0,
            edge: Edge::default(),
            bundle: Vec::new(),
            folders: BTreeSet::new(),
            filled: Vec::new(),
        };
        let Some(text) = self.checkpoint()? else { return Ok(publisher) };
        let published = Checkpoint::open(&text, keys)?;
        // Its publisher may have died before this.
        sync(&named(&self.folder))?;
        publisher.start = published.size;
        publisher.edge = self.load_edge(published.size)?;
        if publisher.edge.frontier()?.root() != published.root {
            return Err(Error::Check {
                check: "the folder's right edge",
                found: format!(
                    "the last tiles do not lead to the published root of size {}",
                    published.size
                ),
                meaning: "tiles were changed or lost; publish the ledger anew into an empty folder",
            });
        }
        let (n, width) = last_tile(published.size);
        if width > 0 {
            let entries = self.read_entries(n, width)?;
            let hashes: Hashes = entries.iter().map(|entry| leaf_hash(entry).0).collect();
            compare(&hashes, publisher.edge.level(0), &self.path(Level::Entries, n, width))?;
            entries.iter().for_each(|entry| put_entry(&mut publisher.bundle, entry));
        }
        Ok(publisher)
    }

    /// The published tree of so many entries, to make proofs from with [`hash::inclusion_proof`] and
    /// [`hash::consistency_proof`].
    pub fn tree(&self, size: u64) -> Tree<'_> {
        Tree { tiles: self, size }
    }

    /// Reads back and verifies the whole folder: every entry, every tile, the checkpoint, and an older checkpoint if given.
    ///
    /// # Errors
    /// The first check that fails, with what it means; [`Error::File`] for a tile that is not there.
    pub fn verify(&self, keys: &[VerifierKey], against: Option<&Checkpoint>) -> Result<Report> {
        let path = self.folder.join("checkpoint");
        let text = fs::read_to_string(&path).map_err(|source| Error::File {
            action: "read",
            path,
            source,
        })?;
        let size = Checkpoint::open(&text, keys)?.size;
        let mut checker = Checker::new(keys, against, Frontier::new())?;
        let mut edge = Edge::default();
        while edge.size < size {
            let n = edge.size / WIDTH as u64;
            let width = (size - edge.size).min(WIDTH as u64) as usize;
            for entry in self.read_entries(n, width)? {
                checker.entry(&entry)?;
                edge.push(leaf_hash(&entry), |level, n, hashes| {
                    let path = self.path(Level::Hashes(level), n, WIDTH);
                    compare(&self.read_hashes(level, n, WIDTH)?, hashes, &path)
                })?;
            }
        }
        for level in 0..LEVELS {
            let hashes = edge.level(level);
            if !hashes.is_empty() {
                let n = tile_of(size, level);
                let path = self.path(Level::Hashes(level), n, hashes.len());
                compare(&self.read_hashes(level, n, hashes.len())?, hashes, &path)?;
            }
        }
        checker.checkpoint(&text)?;
        checker.finish()
    }

    /// A tile's file.
    fn path(&self, level: Level, n: u64, width: usize) -> PathBuf {
        let level = match level {
            Level::Hashes(level) => level.to_string(),
            Level::Entries => "entries".into(),
        };
        let mut name = format!("{:03}", n % 1000);
        let mut rest = n / 1000;
        while rest > 0 {
            name = format!("x{:03}/{name}", rest % 1000);
            rest /= 1000;
        }
        if width < WIDTH {
            name += &format!(".p/{width}");
        }
        self.folder.join("tile").join(level).join(name)
    }

    /// Reads a tile's file; when a partial one is gone, the full one that took its place.
    fn read(&self, level: Level, n: u64, width: usize) -> Result<(Vec<u8>, PathBuf)> {
        let path = self.path(level, n, width);
        let found = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound && width < WIDTH => {
                fs::read(self.path(level, n, WIDTH)).map_err(|_| error)
            }
            other => other,
        };
        match found {
            Ok(bytes) => Ok((bytes, path)),
            Err(source) => Err(Error::File { action: "read", path, source }),
        }
    }

    fn read_hashes(&self, level: u32, n: u64, width: usize) -> Result<Hashes> {
        let (bytes, path) = self.read(Level::Hashes(level), n, width)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != width && hashes.len() != WIDTH {
            return Err(damaged(&path, format!("it has {} bytes for {width} hashes", bytes.len())));
        }
        Ok(hashes[..width].to_vec())
    }

    fn read_entries(&self, n: u64, width: usize) -> Result<Vec<Vec<u8>>> {
        let (bytes, path) = self.read(Level::Entries, n, width)?;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let cut = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)));
            let (entry, tail) =
                cut.ok_or_else(|| damaged(&path, "its last entry is cut short".into()))?;
            entries.push(entry.to_vec());
            rest = tail;
        }
        if !rest.is_empty() || entries.len() != width && entries.len() != WIDTH {
            return Err(damaged(
                &path,
                format!("it has {} entries where {width} belong", entries.len()),
            ));
        }
        entries.truncate(width);
        Ok(entries)
    }

    fn load_edge(&self, size: u64) -> Result<Edge> {
        let mut edge = Edge { size, levels: Vec::new() };
        for level in 0..LEVELS {
            let width = (hashes_at(size, level) % WIDTH as u64) as usize;
            edge.levels.push(match width {
                0 => Vec::new(),
                _ => self.read_hashes(level, tile_of(size, level), width)?,
            });
        }
        Ok(edge)
    }
}

/// How many complete hashes of a level a tree has.
fn hashes_at(size: u64, level: u32) -> u64 {
    size.checked_shr(8 * level).unwrap_or(0)
}

/// The last, partial tile of a level.
fn tile_of(size: u64, level: u32) -> u64 {
    hashes_at(size, level + 1)
}

/// The last bundle's index and how many entries it has; 0 when the last one is full.
fn last_tile(size: u64) -> (u64, usize) {
    (size / WIDTH as u64, (size % WIDTH as u64) as usize)
}

fn put_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    // INVARIANT: entries are at most 65,535 bytes (`Publisher::append`).
    bundle.extend_from_slice(&(entry.len() as u16).to_be_bytes());
    bundle.extend_from_slice(entry);
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::Check {
        check: "the tile",
        found: format!("{}: {reason}", path.display()),
        meaning: "the file is damaged or was changed",
    }
}

fn compare(a: &[[u8; 32]], b: &[[u8; 32]], path: &Path) -> Result<()> {
    if a == b {
        return Ok(());
    }
    Err(damaged(path, "entries and hashes do not fit each other".into()))
}

/// The tiles that are not full yet, one a level.
#[derive(Debug, Default)]
struct Edge {
    size: u64,
    levels: Vec<Hashes>,
}

impl Edge {
    fn level(&self, level: u32) -> &[[u8; 32]] {
        self.levels.get(level as usize).map_or(&[], Vec::as_slice)
    }

    /// Appends a leaf hash; `full` gets each tile that becomes full: level, index, hashes.
    fn push(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(u32, u64, &[[u8; 32]]) -> Result<()>,
    ) -> Result<()> {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() <= level as usize {
                self.levels.push(Vec::with_capacity(WIDTH));
            }
            let hashes = &mut self.levels[level as usize];
            hashes.push(hash.0);
            if hashes.len() < WIDTH {
                break;
            }
            full(level, tile_of(self.size, level) - 1, hashes)?;
            let Ok(root) = hash::root_of(hashes.as_slice(), WIDTH as u64);
            hash = root;
            hashes.clear();
        }
        Ok(())
    }

    /// The same tree as its complete subtrees.
    fn frontier(&self) -> Result<Frontier> {
        let mut parts = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while let Some(bits) = rest.len().checked_ilog2() {
                let (part, tail) = rest.split_at(1 << bits);
                let Ok(root) = hash::root_of(part, part.len() as u64);
                parts.push(root);
                rest = tail;
            }
        }
        Frontier::from_parts(self.size, parts)
    }
}

/// Appends entries to the folder and ends with a checkpoint.
#[derive(Debug)]
pub struct Publisher<'a> {
    tiles: Tiles,
    keys: &'a [VerifierKey],
    start: u64,
    edge: Edge,
    bundle: Vec<u8>,
    /// Folders to sync before the checkpoint.
    folders: BTreeSet<PathBuf>,
    /// Tiles that became full: their partial forms can go.
    filled: Vec<PathBuf>,
}

impl Publisher<'_> {
    /// How many entries there are so far; also the index of the next one.
    pub fn size(&self) -> u64 {
        self.edge.size
    }

    /// Appends the next entry's canonical bytes. Nothing is published until [`Publisher::commit`].
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Value`] for an entry that is too large.
    pub fn append(&mut self, entry: &[u8]) -> Result<()> {
        if entry.len() > MAX_ENTRY {
            let reason = format!("it has {} bytes of at most {MAX_ENTRY}", entry.len());
            return Err(Error::Value { what: "entry", reason });
        }
        put_entry(&mut self.bundle, entry);
        let Publisher { tiles, edge, bundle, folders, filled, .. } = self;
        edge.push(leaf_hash(entry), |level, n, hashes| {
            if level == 0 {
                let path = tiles.path(Level::Entries, n, WIDTH);
                write(&path, bundle, folders)?;
                bundle.clear();
                filled.push(path);
            }
            let path = tiles.path(Level::Hashes(level), n, WIDTH);
            write(&path, hashes.as_flattened(), folders)?;
            filled.push(path);
            Ok(())
        })
    }

    /// Publishes: writes the partial tiles, syncs everything, then writes the checkpoint. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`Error::Check`] when the checkpoint is not over just these entries (then nothing is published); [`Error::File`].
    pub fn commit(mut self, checkpoint: &str) -> Result<Checkpoint> {
        let head = Checkpoint::open(checkpoint, self.keys)?;
        let frontier = self.edge.frontier()?;
        if head.size != frontier.size() || head.root != frontier.root() {
            return Err(Error::Check {
                check: "agreement of ledger and tiles",
                found: format!(
                    "the checkpoint is over {} entries, the tiles have {}, and the roots are {}",
                    head.size,
                    frontier.size(),
                    if head.root == frontier.root() { "the same" } else { "not the same" }
                ),
                meaning: "the ledger's database was rolled back or changed behind what was published; nothing was published",
            });
        }
        for level in 0..LEVELS {
            let hashes = self.edge.level(level);
            if !hashes.is_empty() && hashes_at(self.start, level) != hashes_at(head.size, level) {
                let path =
                    self.tiles.path(Level::Hashes(level), tile_of(head.size, level), hashes.len());
                write(&path, hashes.as_flattened(), &mut self.folders)?;
            }
        }
        let (n, width) = last_tile(head.size);
        if width > 0 && self.start != head.size {
            write(&self.tiles.path(Level::Entries, n, width), &self.bundle, &mut self.folders)?;
        }
        self.sync()?;
        write(&self.tiles.folder.join("checkpoint"), checkpoint.as_bytes(), &mut self.folders)?;
        self.sync()?;
        for mut path in self.filled {
            path.as_mut_os_string().push(".p");
            // Allowed to go, not bound to: the full tile is there.
            let _ = fs::remove_dir_all(path);
        }
        Ok(head)
    }

    fn sync(&mut self) -> Result<()> {
        let mut folders = std::mem::take(&mut self.folders);
        // Also those above, which another publisher may have made and died before it synced them.
        let root = &self.tiles.folder;
        let above: Vec<PathBuf> = folders
            .iter()
            .flat_map(|folder| folder.ancestors().take_while(|a| a.starts_with(root)))
            .chain(root.parent().filter(|_| !folders.is_empty()))
            .map(named)
            .collect();
        folders.extend(above);
        folders.iter().try_for_each(|folder| sync(folder))
    }
}

/// The folder by a name that can be opened.
fn named(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}

fn sync(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|open| open.sync_all());
    // Windows has no way to sync a folder.
    if cfg!(windows) { Ok(()) } else { synced.map_err(failed(folder)) }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { action: "write", path, source }
}

/// Writes a whole file: beside its place, synced, renamed. `folders` collects what must be synced for the name to last.
fn write(path: &Path, bytes: &[u8], folders: &mut BTreeSet<PathBuf>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder, folders)?;
    folders.insert(folder.to_owned());
    let mut beside = path.to_owned();
    beside.as_mut_os_string().push(".new");
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(failed(path))
}

fn make_folder(folder: &Path, folders: &mut BTreeSet<PathBuf>) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent, folders)?;
        folders.insert(named(parent));
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(folder)(error)),
        _ => Ok(()),
    }
}

/// A published tree as a source of hashes for proofs; each hash costs reading one tile.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    tiles: &'a Tiles,
    size: u64,
}

impl Nodes for Tree<'_> {
    type Error = Error;

    fn node(&self, level: u32, index: u64) -> Result<Hash> {
        let (tile_level, within) = (level / 8, level % 8);
        let first = index << within;
        let n = first / WIDTH as u64;
        let width = hashes_at(self.size, tile_level)
            .saturating_sub(n * WIDTH as u64)
            .min(WIDTH as u64) as usize;
        let hashes = self.tiles.read_hashes(tile_level, n, width)?;
        let start = (first % WIDTH as u64) as usize;
        let part = hashes.get(start..start + (1 << within)).ok_or_else(|| Error::Value {
            what: "proof",
            reason: format!("the published tree has only {} entries", self.size),
        })?;
        let Ok(root) = hash::root_of(part, part.len() as u64);
        Ok(root)
    }
}
