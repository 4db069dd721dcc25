//! The register's files on disk, replaced together: all of them or none, whenever the power goes,
//! and only when they are still what was read.
//!
//! A file is replaced by a rename, which is all or nothing; several are not. So what is to be written
//! is first kept in a journal beside the keys. Whoever finds it, after a crash or in the very moment,
//! finishes the work before reading the register.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::face::Trouble;

/// Names, relative to the organisation's folder, and texts.
pub type Files = Vec<(String, String)>;

/// Where the register lies.
#[derive(Debug, Clone)]
pub struct OnDisk {
    dir: PathBuf,
    journal: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Step {
    name: String,
    /// What it was; none for a file that is new.
    old: Option<String>,
    new: String,
}

fn trouble(what: &str, path: &Path, e: &io::Error) -> Trouble {
    Trouble {
        message: format!("cannot {what} `{}`: {e}", path.display()),
        help: Some("the register's files must be writable for who runs `frist serve`".into()),
    }
}

impl OnDisk {
    /// The organisation's folder, and the folder where Frist keeps what is its own.
    #[must_use]
    pub fn new(dir: &Path, hidden: &Path) -> Self {
        Self { dir: dir.to_owned(), journal: hidden.join("register.pending") }
    }

    /// Whether the files are being replaced, or were when a program ended.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.journal.exists()
    }

    /// Finishes what was begun; nothing, when nothing was.
    ///
    /// # Errors
    /// When a file cannot be written, or is neither what it was nor what it was to be.
    pub fn finish(&self) -> Result<(), Trouble> {
        if !self.pending() {
            return Ok(());
        }
        let _turn = self.turn()?;
        self.carry_out()
    }

    /// Replaces `old` by `new`; `false` when the files are not `old` any more: then nothing was done.
    ///
    /// # Errors
    /// When a name leads out of the folder, or a file cannot be written.
    pub fn replace(
        &self,
        read: impl Fn() -> Result<Files, Trouble>,
        old: &Files,
        new: &Files,
    ) -> Result<bool, Trouble> {
        let named = |files: &Files, name: &str| {
            files.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone())
        };
        if let Some((name, _)) = old.iter().find(|(name, _)| named(new, name).is_none()) {
            return Err(Trouble { message: format!("`{name}` would be lost"), help: None });
        }
        let mut steps = Vec::new();
        for (name, text) in new {
            let before = named(old, name);
            if before.as_ref() == Some(text) {
                continue;
            }
            let plain = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
            if !plain || !name.ends_with(".toml") {
                let message = format!("`{name}` cannot be a file of the register");
                return Err(Trouble { message, help: None });
            }
            steps.push(Step { name: name.clone(), old: before, new: text.clone() });
        }
        let _turn = self.turn()?;
        self.carry_out()?;
        if read()? != *old {
            return Ok(false);
        }
        let journal = serde_json::to_string(&steps)
            .map_err(|e| Trouble { message: e.to_string(), help: None })?;
        let write = || put(&self.journal, &journal, Permissions::from_mode(0o600));
        write().map_err(|e| trouble("write", &self.journal, &e))?;
        self.carry_out()?;
        Ok(true)
    }

    /// The turn at writing, which ends when this is dropped.
    fn turn(&self) -> Result<File, Trouble> {
        let path = self.journal.with_extension("lock");
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|e| trouble("lock", &path, &e))
    }

    /// Does what the journal says, and forgets it.
    fn carry_out(&self) -> Result<(), Trouble> {
        let text = match fs::read_to_string(&self.journal) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(trouble("read", &self.journal, &e)),
        };
        let steps: Vec<Step> = serde_json::from_str(&text).map_err(|e| Trouble {
            message: format!("`{}` is damaged: {e}", self.journal.display()),
            help: Some("look at the register's files, then take it away".into()),
        })?;
        for step in &steps {
            // A link stays one: what it leads to is replaced.
            let path = self.dir.join(&step.name);
            let path = fs::canonicalize(&path).unwrap_or(path);
            let now = match fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(trouble("read", &path, &e)),
            };
            if now.as_ref() == Some(&step.new) {
                continue;
            }
            if now != step.old {
                return Err(Trouble {
                    message: format!(
                        "the register was being replaced when the program ended, and `{}` was changed since",
                        path.display()
                    ),
                    help: Some(format!(
                        "bring the file to what it shall say, then take `{}` away, which has what was to be written",
                        self.journal.display()
                    )),
                });
            }
            let kept = fs::metadata(&path).map(|m| m.permissions());
            let mode = kept.unwrap_or_else(|_| Permissions::from_mode(0o644));
            put(&path, &step.new, mode).map_err(|e| trouble("replace", &path, &e))?;
        }
        fs::remove_file(&self.journal).map_err(|e| trouble("take away", &self.journal, &e))
    }
}

/// Writes a file so that it is either as it was or whole, and on disk when this returns.
fn put(path: &Path, text: &str, mode: Permissions) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    file.set_permissions(mode)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(a: &str, b: &str) -> Files {
        vec![("a.toml".into(), a.into()), ("b.toml".into(), b.into())]
    }

    struct House(tempfile::TempDir);

    impl House {
        fn new() -> Self {
            let house = Self(tempfile::tempdir().unwrap());
            for (name, text) in files("1", "1") {
                fs::write(house.0.path().join(name), text).unwrap();
            }
            house
        }
        fn place(&self) -> OnDisk {
            OnDisk::new(self.0.path(), self.0.path())
        }
        fn read(&self) -> Result<Files, Trouble> {
            let text = |n: &str| fs::read_to_string(self.0.path().join(n)).unwrap();
            Ok(files(&text("a.toml"), &text("b.toml")))
        }
    }

    #[test]
    fn all_or_none_and_only_what_was_read() {
        let house = House::new();
        let place = house.place();
        let read = || house.read();
        assert!(place.replace(read, &files("1", "1"), &files("2", "2")).unwrap());
        assert_eq!(house.read().unwrap(), files("2", "2"));
        assert!(!place.replace(read, &files("1", "1"), &files("3", "3")).unwrap(), "changed since");
        assert_eq!(house.read().unwrap(), files("2", "2"));
        let mut out = files("2", "2");
        out.push(("../x.toml".into(), "x".into()));
        assert!(place.replace(read, &files("2", "2"), &out).is_err(), "out of the folder");
        assert!(place.replace(read, &files("2", "2"), &vec![]).is_err(), "a file lost");
        assert!(!place.pending());
        let names = fs::read_dir(house.0.path()).unwrap().count();
        assert_eq!(names, 3, "the two files and the lock");
    }

    #[test]
    fn what_a_crash_left_is_finished() {
        let house = House::new();
        let place = house.place();
        // Between the two renames.
        let step = |name: &str| Step { name: name.into(), old: Some("1".into()), new: "2".into() };
        let journal = serde_json::to_string(&[step("a.toml"), step("b.toml")]).unwrap();
        fs::write(house.0.path().join("register.pending"), &journal).unwrap();
        fs::write(house.0.path().join("a.toml"), "2").unwrap();
        place.finish().unwrap();
        assert_eq!(house.read().unwrap(), files("2", "2"));
        assert!(!place.pending());
        // Somebody wrote into one of them before that: nothing of it is lost.
        fs::write(house.0.path().join("register.pending"), &journal).unwrap();
        fs::write(house.0.path().join("b.toml"), "own").unwrap();
        let refused = place.finish().unwrap_err();
        assert!(refused.message.contains("b.toml"), "{}", refused.message);
        assert_eq!(house.read().unwrap(), files("2", "own"));
    }
}
