//! The organisation's folder: its register, and `.frist` with keys, Frist's own database and the
//! published ledger. The only module that touches key files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use frist_law::LawBook;
use frist_ledger::{Hash, Id, RecordKey, SigningKey, Tiles};
use frist_register::{Code, Diagnostic, Reading, Register, Severity, Sources, Span};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::cli::Global;
use crate::error::{Failure, Outcome};

/// How the server runs; the one `.toml` of the folder that is not the register's.
pub const SERVER_FILE: &str = "server.toml";

/// An organisation's folder.
pub struct Place {
    /// The folder.
    pub dir: PathBuf,
    global: Global,
}

/// A register that was read and checked.
pub struct Checked {
    /// The register, when there were no syntax errors.
    pub register: Option<Register>,
    /// Its files.
    pub sources: Sources,
    /// What the reader and the checker said.
    pub diagnostics: Vec<Diagnostic>,
    /// Names and texts.
    pub files: Vec<(String, String)>,
}

impl Checked {
    /// Whether nothing forbids to go on.
    pub fn sound(&self) -> bool {
        self.register.is_some() && self.diagnostics.iter().all(|d| d.severity != Severity::Error)
    }
}

impl Place {
    /// The folder that the command line names.
    pub fn new(global: &Global) -> Self {
        Self { dir: global.dir.clone(), global: global.clone() }
    }

    /// The same options in another folder.
    pub fn at(&self, dir: &Path) -> Self {
        Self { dir: dir.to_owned(), global: self.global.clone() }
    }

    /// The same folder, with another operator.
    pub fn acting_as(mut self, operator: &str) -> Self {
        self.global.operator = Some(operator.to_owned());
        self
    }

    /// `.frist`.
    pub fn hidden(&self) -> PathBuf {
        self.dir.join(".frist")
    }

    /// The folder of the published ledger (tiles and checkpoint).
    pub fn ledger_dir(&self) -> PathBuf {
        self.hidden().join("ledger")
    }

    /// The turn at publishing the ledger, which ends when this is dropped; waits for it.
    pub fn publishing(&self) -> Outcome<fs::File> {
        use std::os::unix::fs::OpenOptionsExt;
        private_dir(&self.hidden())?;
        let path = self.hidden().join("ledger.lock");
        let mut options = fs::OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|e| Failure::file("lock", &path, &e))
    }

    /// The public key of the ledger.
    pub fn public_key(&self) -> PathBuf {
        self.hidden().join("ledger.pub")
    }

    /// The register's files: `register/*.toml`, or `*.toml` in the folder itself.
    pub fn register_files(&self) -> Outcome<Vec<PathBuf>> {
        let sub = self.dir.join("register");
        let folder = if sub.is_dir() { sub } else { self.dir.clone() };
        let entries = fs::read_dir(&folder).map_err(|e| {
            Failure::file("read the folder", &folder, &e)
                .help("name the organisation's folder with `-C`, or make one with `frist init`")
        })?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| Failure::file("read the folder", &folder, &e))?.path();
            let other = path.file_name().is_some_and(|name| name == SERVER_FILE);
            if path.extension().is_none_or(|x| x != "toml") || (other && folder == self.dir) {
                continue;
            }
            // Passing over what cannot be read would run a register with a part of it missing.
            match fs::metadata(&path) {
                Ok(m) if m.is_file() => files.push(path),
                Ok(_) => {
                    return Err(Failure::new(format!("`{}` is not a file", path.display())).help(
                        "every `.toml` in the register's folder is a part of the register: \
                         give a folder another name",
                    ));
                }
                Err(e) => {
                    return Err(Failure::file("read", &path, &e).help(
                        "every `.toml` in the register's folder is a part of the register: \
                               restore it, or take the link away",
                    ));
                }
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(Failure::new(format!("there is no register in `{}`", folder.display()))
                .help(
                    "make one with `frist init`; see one with `frist demo`, or in the browser \
                     with `frist serve --setup --sample`",
                ));
        }
        Ok(files)
    }

    /// The register's files as they are replaced together.
    pub fn on_disk(&self) -> frist_server::OnDisk {
        frist_server::OnDisk::new(&self.dir, &self.hidden())
    }

    /// Names and contents of the register's files, all of one moment: while they are being replaced,
    /// some old and some new ones could say what nobody wrote.
    fn texts(&self) -> Outcome<Vec<(String, Vec<u8>)>> {
        let on_disk = self.on_disk();
        for _ in 0..5 {
            on_disk.finish()?;
            let before = self.stamp();
            let mut files = Vec::new();
            for path in self.register_files()? {
                let bytes = fs::read(&path).map_err(|e| Failure::file("read", &path, &e))?;
                let name = path.strip_prefix(&self.dir).unwrap_or(&path);
                files.push((name.to_string_lossy().into_owned(), bytes));
            }
            if !on_disk.pending() && self.stamp() == before {
                return Ok(files);
            }
        }
        Err(Failure::new("the register's files change all the time").help("try again"))
    }

    /// The register's files, name and text.
    pub fn files(&self) -> Outcome<frist_server::Files> {
        let text = |(name, bytes): (String, Vec<u8>)| match String::from_utf8(bytes) {
            Ok(text) => Ok((name, text)),
            Err(_) => Err(Failure::new(format!("`{name}` is not UTF-8 text"))
                .help("see where with `frist check`")),
        };
        self.texts()?.into_iter().map(text).collect()
    }

    /// Reads and checks the register, without asking the stores.
    pub fn check(&self) -> Outcome<Checked> {
        let mut files = Vec::new();
        let mut foreign = Vec::new();
        for (name, bytes) in self.texts()? {
            let text = String::from_utf8(bytes).unwrap_or_else(|e| {
                foreign.push((files.len(), e.utf8_error().valid_up_to()));
                String::from_utf8_lossy(e.as_bytes()).into_owned()
            });
            files.push((name, text));
        }
        let named: Vec<(&str, &str)> =
            files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let Reading { mut register, sources, mut diagnostics } = Register::read(&named);
        for (file, at) in foreign {
            // Up to there the text is as it was; only the first wrong byte is told.
            register = None;
            let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
            let message = format!("the file is not UTF-8 text: byte {at} is of no character");
            diagnostics.insert(
                0,
                Diagnostic::new(Code::E0001, Span::new(file, at..end), message)
                    .help("save it as UTF-8; an editor calls this the encoding of the file"),
            );
        }
        if let Some(register) = &register {
            diagnostics.extend(frist_register::check(register, LawBook::embedded(), &sources));
            diagnostics.extend(frist_paper::letters::check(register));
        }
        Ok(Checked { register, sources, diagnostics, files })
    }

    /// Opens a store of the register.
    pub fn opener(&self) -> frist_sweep::engine::Opener {
        let base = self.dir.clone();
        Box::new(move |store| frist_stores::open(store, &base, &|name| std::env::var(name).ok()))
    }

    /// The register, when nothing forbids to go on with it.
    pub fn sound(&self) -> Outcome<Loaded> {
        let checked = self.check()?;
        let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        let register = match checked.register {
            Some(register) if errors == 0 => register,
            _ => {
                return Err(Failure {
                    exit: crate::error::Exit::Findings,
                    ..Failure::new(format!(
                        "the register has {}; nothing is done with it",
                        crate::output::counted(errors as u64, "error", "errors")
                    ))
                    .help("see them with `frist check`")
                });
            }
        };
        let revision = revision(&register)?;
        Ok(Loaded { register, revision, files: checked.files })
    }

    /// An engine over a sound register.
    pub fn engine(&self) -> Outcome<Engine> {
        self.engine_over(self.sound()?)
    }

    /// An engine over this register, which need not be the one in the files.
    pub fn engine_over(&self, loaded: Loaded) -> Outcome<Engine> {
        let mut state = self.state()?;
        self.not_set_back(&mut state)?;
        let keys = self.keys(&mut state)?;
        let mark = random::<4>()?.iter().fold(0u32, |n, b| n << 8 | u32::from(*b));
        let holder = format!("{}/{mark:08x}", process_name());
        Ok(Engine::new(
            loaded,
            LawBook::embedded(),
            state,
            keys,
            self.operator()?,
            holder,
            self.opener(),
            Box::new(now),
        )
        .with_dead(Box::new(is_dead)))
    }

    /// Whether there is a database of Frist's own yet; one that is named elsewhere is taken to exist.
    pub fn has_state(&self) -> bool {
        self.global.state.is_some() || self.hidden().join("state.sqlite").exists()
    }

    /// Frist's own database.
    pub fn state(&self) -> Outcome<State> {
        let location = match &self.global.state {
            Some(url) => Location::parse(url)?,
            None => {
                private_dir(&self.hidden())?;
                Location::parse(&self.hidden().join("state.sqlite").to_string_lossy())?
            }
        };
        Ok(State::open(&location)?)
    }

    /// Who acts.
    pub fn operator(&self) -> Outcome<Id> {
        let name = self
            .global
            .operator
            .clone()
            .or_else(|| std::env::var("USER").ok())
            .or_else(|| std::env::var("LOGNAME").ok())
            .unwrap_or_else(|| "operator".into());
        Id::new(name.as_str()).map_err(|e| {
            Failure::usage(format!("`{name}` cannot name an operator: {e}"))
                .help("say who acts with `--as`, e.g. `--as dpo`")
        })
    }

    /// A database that is older than the published ledger lacks the holds and approvals since.
    fn not_set_back(&self, state: &mut State) -> Outcome<()> {
        let Some(text) = Tiles::new(self.ledger_dir()).checkpoint()? else { return Ok(()) };
        // The second line is the size; the signature is verified when the ledger is published.
        let published = text.lines().nth(1).and_then(|line| line.parse::<u64>().ok());
        let Some(published) = published else {
            return Err(Failure::new(format!(
                "the published ledger in `{}` is damaged: its checkpoint cannot be read",
                self.ledger_dir().display()
            ))
            .help(
                "bring the folder back from a backup, or move it away: it is then published anew",
            ));
        };
        let stored = state.size()?;
        match published > stored {
            true => Err(frist_sweep::Error::RolledBack { published, stored }.into()),
            false => Ok(()),
        }
    }

    /// The key of callers' pseudonyms in consent records.
    pub fn calls_key(&self) -> Outcome<Zeroizing<[u8; 32]>> {
        let dir = self.hidden().join("keys");
        private_dir(&dir)?;
        secret(&dir.join("calls.key"))
    }

    /// The key of passwords, second factors and forms of the console; and whether it is another one
    /// than the accounts were made with, so that no password is right any more.
    pub fn people_key(&self, state: &mut State) -> Outcome<(Zeroizing<[u8; 32]>, bool)> {
        let dir = self.hidden().join("keys");
        private_dir(&dir)?;
        let key = secret(&dir.join("people.key"))?;
        let id = RecordKey::new(*key).id().to_string();
        let known = state.meta("people-key")?;
        if known.as_ref() != Some(&id) {
            state.set_meta("people-key", &id)?;
        }
        Ok((key, known.is_some_and(|known| known != id)))
    }

    /// A number that changes when the register's files do.
    pub fn stamp(&self) -> u64 {
        use std::hash::{Hash as _, Hasher as _};
        let mut hasher = std::hash::DefaultHasher::new();
        for path in self.register_files().unwrap_or_default() {
            path.hash(&mut hasher);
            if let Ok(meta) = fs::metadata(&path) {
                (meta.len(), meta.modified().ok()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Frist's own database with the key of records, for entries that are made outside of a sweep.
    pub fn ledger(&self) -> Outcome<(State, RecordKey)> {
        let mut state = self.state()?;
        self.not_set_back(&mut state)?;
        let keys = self.keys(&mut state)?;
        Ok((state, keys.record))
    }

    fn keys(&self, state: &mut State) -> Outcome<Keys> {
        let dir = self.hidden().join("keys");
        private_dir(&dir)?;
        let record = known_secret(state, &dir.join("record.key"), "record-key")?;
        let pseudonym = known_secret(state, &dir.join("pseudonym.key"), "pseudonym-key")?;
        Ok(Keys { record: RecordKey::new(*record), pseudonym: *pseudonym })
    }

    /// The key that signs the ledger's checkpoints; made when first asked for, with its public half
    /// beside the ledger.
    pub fn signing_key(&self) -> Outcome<SigningKey> {
        let dir = self.hidden().join("keys");
        private_dir(&dir)?;
        let (path, secret_path) = (self.public_key(), dir.join("ledger.key"));
        let head = Tiles::new(self.ledger_dir()).checkpoint()?;
        if !secret_path.exists() && (path.exists() || head.is_some()) {
            return Err(Failure::new(format!(
                "the key that signs the ledger, `{}`, is missing",
                secret_path.display()
            ))
            .help("bring it back from a backup; nothing new can be published without it"));
        }
        let seed = secret(&secret_path)?;
        let public = match fs::read_to_string(&path) {
            Ok(text) => frist_ledger::note::parse_keys(&text)?.into_iter().next(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(Failure::file("read", &path, &e)),
        };
        // The name is part of the key: it stays what it was first.
        let name = match (&public, head.as_deref().and_then(|text| text.lines().next())) {
            (Some(public), _) => public.name().to_owned(),
            (None, Some(origin)) => origin.to_owned(),
            (None, None) => self.origin(),
        };
        let key = SigningKey::from_seed(&name, &seed)?;
        if public.is_some_and(|public| public.to_string() != key.verifier().to_string()) {
            return Err(Failure::new(format!(
                "the key that signs the ledger, `{}`, does not belong to `{}`",
                secret_path.display(),
                path.display()
            ))
            .help("bring the right one back from a backup; nothing was published"));
        }
        if !path.exists() {
            let text = format!("{}\n", key.verifier());
            fs::write(&path, text).map_err(|e| Failure::file("write", &path, &e))?;
        }
        Ok(key)
    }

    /// The ledger's name: the controller's, in letters that a note allows.
    fn origin(&self) -> String {
        let name = self.check().ok().and_then(|c| c.register).map(|r| r.controller.contact.name);
        let plain: String = name
            .unwrap_or_default()
            .to_lowercase()
            .chars()
            .map(|c| match c {
                'æ' => "ae".into(),
                'ø' => "oe".into(),
                'å' => "aa".into(),
                c if c.is_ascii_alphanumeric() => c.to_string(),
                _ => "-".to_owned(),
            })
            .collect();
        let parts: Vec<&str> = plain.split('-').filter(|p| !p.is_empty()).collect();
        if parts.is_empty() {
            "frist.local/ledger".into()
        } else {
            format!("{}/frist", parts.join("-"))
        }
    }
}

/// The register's content hash.
pub fn revision(register: &Register) -> Outcome<Hash> {
    let hex = frist_register::revision_hash(register);
    hex.parse().map_err(Failure::from)
}

/// The instant now: the one place that asks the clock.
#[expect(clippy::disallowed_methods, reason = "the program is the face that knows what time it is")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Failure::new(format!("the operating system gave no random numbers: {e}")))?;
    Ok(bytes)
}

fn host() -> String {
    let name = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name: String =
        name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    if name.is_empty() { "host".into() } else { name }
}

/// In which world a process id means something: this start of this machine, and its namespace.
fn world() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = space.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    if boot.trim().is_empty() || digits.is_empty() {
        return "unknown".into();
    }
    format!("{}.{digits}", boot.trim())
}

/// What this process calls itself: host, world and number.
pub fn process_name() -> String {
    format!("{}/{}/{}", host(), world(), std::process::id())
}

/// A time that only goes forward, whatever is done to the clock.
pub fn steady() -> impl Fn() -> std::time::Duration {
    let began = std::time::Instant::now();
    move || began.elapsed()
}

/// Whether the process of this name ran in our world and is gone.
pub fn is_dead(holder: &str) -> bool {
    let parts: Vec<&str> = holder.split('/').collect();
    let [_, its_world, pid, _] = parts.as_slice() else { return false };
    *its_world != "unknown"
        && *its_world == world()
        && pid.parse::<u32>().is_ok()
        && !Path::new("/proc").join(pid).exists()
}

/// A folder that only its owner can enter.
pub fn private_dir(path: &Path) -> Outcome<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|e| Failure::file("make the folder", path, &e))
}

/// The same, for a key that the database must be used with again: another one would not know what
/// was erased so far, and a restore would bring it back unseen.
fn known_secret(state: &mut State, path: &Path, name: &str) -> Outcome<Zeroizing<[u8; 32]>> {
    let known = state.meta(name)?;
    let shown = path.display();
    let help = "bring it back from a backup: without it, receipts of what was erased so far cannot be made, and a restored record is not recognised";
    if !path.exists() && (known.is_some() || state.size()? > 0) {
        let what = format!("the key file `{shown}` is missing, but {} needs it", state.place());
        return Err(Failure::new(what).help(help));
    }
    let key = secret(path)?;
    let id = RecordKey::new(*key).id().to_string();
    match known {
        Some(known) if known == id => {}
        Some(_) => {
            let what = format!(
                "the key file `{shown}` is not the one that {} was used with",
                state.place()
            );
            return Err(Failure::new(what).help(help));
        }
        None => state.set_meta(name, &id)?,
    }
    Ok(key)
}

/// 32 secret bytes in a file of their own, made when first asked for.
fn secret(path: &Path) -> Outcome<Zeroizing<[u8; 32]>> {
    use std::os::unix::fs::OpenOptionsExt;
    match fs::read(path) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| {
                Failure::new(format!("the key file `{}` is damaged: it must be 32 bytes", path.display()))
                    .help("bring it back from a backup; without it, receipts of what was erased so far cannot be made")
            })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let key = Zeroizing::new(random::<32>()?);
            let write = || -> std::io::Result<()> {
                let mut file =
                    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(key.as_slice())?;
                file.sync_all()
            };
            write().map_err(|e| Failure::file("write the key file", path, &e))?;
            Ok(key)
        }
        Err(e) => Err(Failure::file("read the key file", path, &e)),
    }
}
