//! What the program says when Frist's own files, or a store's, are not as they should be: what
//! happened, where, what to do next; the exit code; and nothing lost or erased early.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An organisation with four customers, of which two are due, and a hold on one of those.
struct Org(tempfile::TempDir);

const REGISTER: &str = r#"
[controller]
name = "Nord A/S"
email = "post@nord.example"

[[store]]
id = "crm"
kind = "sqlite"
path = "crm.sqlite"
lock_timeout = "300 ms"
backups = "35 days"

[[activity]]
id = "sales"
title = { en = "Sales" }
[[activity.purpose]]
id = "service"
text = { en = "to serve customers" }
basis = "6(1)(b)"

[[dataset]]
id = "customers"
activity = "sales"
at = "crm/customer"
subject = { customer = "id" }
categories = ["identity"]
[dataset.facts]
ended = "date"
[[dataset.keep]]
for = "service"
from = "ended"
period = "1 year"
"#;

impl Org {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("register.toml"), REGISTER).expect("written");
        let org = Self(dir);
        org.sql(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, ended TEXT);
            INSERT INTO customer VALUES (1, 'Ann', '2010-01-01'), (2, 'Bo', '2010-01-01'),
            (3, 'Cy', '2999-01-01'), (4, 'Di', '2999-01-01')",
        );
        let hold = [
            "hold",
            "add",
            "case",
            "--matter",
            "m",
            "--reason",
            "r",
            "--dataset",
            "customers",
            "--key",
            "2",
        ];
        assert_eq!(org.run(&hold).0, 0, "{}", org.run(&hold).1);
        org
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn hidden(&self, name: &str) -> PathBuf {
        self.dir().join(".frist").join(name)
    }

    fn db(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir().join("crm.sqlite")).expect("opened")
    }

    fn sql(&self, sql: &str) {
        self.db().execute_batch(sql).expect("done");
    }

    fn ids(&self) -> Vec<i64> {
        let db = self.db();
        let mut statement = db.prepare("SELECT id FROM customer ORDER BY id").expect("a query");
        let ids = statement.query_map([], |row| row.get(0)).expect("rows");
        ids.map(|id| id.expect("an id")).collect()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frist"));
        command.arg("-C").arg(self.dir()).args(args);
        command.env_remove("FRIST_STATE").env("FRIST_OPERATOR", "tester").stdin(Stdio::null());
        command
    }

    /// The exit code, and all that was said.
    fn run(&self, args: &[&str]) -> (i32, String) {
        said(&self.command(args).output().expect("frist runs"))
    }

    /// A sweep that erases the one that may go, with its proof.
    fn healthy(&self) {
        let (exit, said) = self.run(&["sweep", "--yes"]);
        assert_eq!(exit, 0, "{said}");
        assert_eq!(self.ids(), [2, 3, 4], "{said}");
        let (exit, said) = self.run(&["receipt", "customers", "1"]);
        assert_eq!(exit, 0, "{said}");
        let (exit, said) = self.run(&["status"]);
        assert_eq!(exit, 0, "{said}");
    }
}

fn said(out: &Output) -> (i32, String) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code().unwrap_or(-1), text)
}

/// A fault in Frist's own files, and what is said of it.
struct Fault {
    name: &'static str,
    does: fn(&Org),
    says: &'static [&'static str],
    exit: i32,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "the database is gone",
        does: |org| {
            for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
                let _ = fs::remove_file(org.hidden(name));
            }
        },
        says: &["set back to an older state", "holds added since", "restore the newer one"],
        exit: 3,
    },
    Fault {
        name: "the database is no database",
        does: |org| fs::write(org.hidden("state.sqlite"), vec![0xa5; 40_960]).expect("written"),
        says: &["state.sqlite", "not a database", "restore it from a backup"],
        exit: 3,
    },
    Fault {
        name: "the database is damaged inside",
        does: |org| {
            let path = org.hidden("state.sqlite");
            let mut bytes = fs::read(&path).expect("read");
            let end = bytes.len() - 4096;
            bytes[4096..end].fill(0xa5);
            fs::write(path, bytes).expect("written");
        },
        says: &["malformed", "restore it from a backup"],
        exit: 3,
    },
    Fault {
        name: "the database is a folder",
        does: |org| {
            fs::remove_file(org.hidden("state.sqlite")).expect("removed");
            fs::create_dir(org.hidden("state.sqlite")).expect("made");
        },
        says: &["cannot open Frist's database", "state.sqlite"],
        exit: 3,
    },
    Fault {
        name: "the database is another program's",
        does: |org| {
            fs::remove_file(org.hidden("state.sqlite")).expect("removed");
            fs::copy(org.dir().join("crm.sqlite"), org.hidden("state.sqlite")).expect("copied");
        },
        says: &["is not Frist's own database"],
        exit: 3,
    },
    Fault {
        name: "the database is a newer Frist's",
        does: |org| {
            let db = rusqlite::Connection::open(org.hidden("state.sqlite")).expect("opened");
            db.execute_batch("UPDATE meta SET value = '99' WHERE key = 'schema'").expect("done");
        },
        says: &["has version 99", "run the newer Frist"],
        exit: 3,
    },
    Fault {
        name: "the record key is gone",
        does: |org| fs::remove_file(org.hidden("keys/record.key")).expect("removed"),
        says: &["record.key` is missing", "bring it back from a backup"],
        exit: 3,
    },
    Fault {
        name: "the record key is another",
        does: |org| fs::write(org.hidden("keys/record.key"), [7; 32]).expect("written"),
        says: &["record.key` is not the one", "bring it back from a backup"],
        exit: 3,
    },
    Fault {
        name: "the record key is cut",
        does: |org| fs::write(org.hidden("keys/record.key"), [7; 31]).expect("written"),
        says: &["record.key` is damaged", "bring it back from a backup"],
        exit: 3,
    },
    Fault {
        name: "the key of pseudonyms is another",
        does: |org| fs::write(org.hidden("keys/pseudonym.key"), [7; 32]).expect("written"),
        says: &["pseudonym.key` is not the one"],
        exit: 3,
    },
    Fault {
        name: "the ledger's key is gone",
        does: |org| fs::remove_file(org.hidden("keys/ledger.key")).expect("removed"),
        says: &["ledger.key`, is missing", "bring it back from a backup"],
        exit: 3,
    },
    Fault {
        name: "the ledger's key is another",
        does: |org| fs::write(org.hidden("keys/ledger.key"), [7; 32]).expect("written"),
        says: &["ledger.key`, does not belong to", "ledger.pub"],
        exit: 3,
    },
    Fault {
        name: "the ledger's public key is no key",
        does: |org| fs::write(org.hidden("ledger.pub"), "nonsense\n").expect("written"),
        says: &["key"],
        exit: 3,
    },
    Fault {
        name: "the checkpoint is no checkpoint",
        does: |org| fs::write(org.hidden("ledger/checkpoint"), "nonsense").expect("written"),
        says: &["checkpoint cannot be read", "published anew"],
        exit: 3,
    },
    Fault {
        name: "the checkpoint is forged",
        does: |org| {
            let path = org.hidden("ledger/checkpoint");
            let text = fs::read_to_string(&path).expect("read");
            let line = text.lines().nth(2).expect("a root").to_owned();
            let forged = format!("{}A{}", if line.starts_with('A') { "B" } else { "" }, &line[1..]);
            fs::write(path, text.replace(&line, &forged[..line.len()])).expect("written");
        },
        says: &["signature of", "cannot be continued", "published anew"],
        exit: 3,
    },
    Fault {
        name: "a tile is changed",
        does: |org| change_one(&org.hidden("ledger/tile")),
        says: &["tiles were changed or lost", "published anew"],
        exit: 3,
    },
];

/// Changes a byte in each file under the folder.
fn change_one(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            change_one(&path);
        } else {
            let mut bytes = fs::read(&path).expect("read");
            bytes[0] ^= 1;
            fs::write(&path, bytes).expect("written");
        }
    }
}

#[test]
fn what_is_wrong_with_frists_own_files_is_said_and_nothing_is_erased() {
    for fault in FAULTS {
        let org = Org::new();
        let backup = tempfile::tempdir().expect("a folder");
        let copy = |from: &Path, to: &Path| {
            let done = Command::new("cp").arg("-a").arg(from).arg(to).status();
            assert!(done.expect("cp runs").success());
        };
        copy(&org.hidden(""), &backup.path().join("frist"));
        (fault.does)(&org);
        let (exit, said) = org.run(&["sweep", "--yes"]);
        assert_eq!(exit, fault.exit, "{}: {said}", fault.name);
        for words in fault.says {
            assert!(said.contains(words), "{}: `{words}` is missing in: {said}", fault.name);
        }
        assert!(!said.contains("panicked"), "{}: {said}", fault.name);
        assert_eq!(org.ids(), [1, 2, 3, 4], "{}: {said}", fault.name);
        // As the message says: from the backup.
        fs::remove_dir_all(org.hidden("")).expect("removed");
        copy(&backup.path().join("frist"), &org.hidden(""));
        org.healthy();
    }
}

#[test]
fn a_published_ledger_that_was_deleted_is_published_anew() {
    let org = Org::new();
    org.healthy();
    let head = fs::read_to_string(org.hidden("ledger/checkpoint")).expect("read");
    fs::remove_dir_all(org.hidden("ledger")).expect("removed");
    let (exit, said) = org.run(&["sweep", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    let again = fs::read_to_string(org.hidden("ledger/checkpoint")).expect("read");
    assert_eq!(head.lines().nth(2), again.lines().nth(2), "the same root");
    assert_eq!(org.run(&["receipt", "customers", "1"]).0, 0);
}

/// The state of yesterday: the hold of today is not in it.
#[test]
fn a_database_that_was_set_back_erases_nothing() {
    let org = Org::new();
    assert_eq!(org.run(&["hold", "release", "case", "--yes"]).0, 0);
    let old = fs::read(org.hidden("state.sqlite")).expect("read");
    let hold = [
        "hold",
        "add",
        "again",
        "--matter",
        "m",
        "--reason",
        "r",
        "--dataset",
        "customers",
        "--key",
        "1",
    ];
    assert_eq!(org.run(&hold).0, 0);
    let newer = fs::read(org.hidden("state.sqlite")).expect("read");
    fs::write(org.hidden("state.sqlite"), old).expect("written");
    for command in [&["sweep", "--yes"][..], &["plan"], &["sweep", "--recover"]] {
        let (exit, said) = org.run(command);
        assert_eq!(exit, 3, "{said}");
        assert!(said.contains("holds added since"), "{said}");
    }
    assert_eq!(org.ids(), [1, 2, 3, 4]);
    fs::write(org.hidden("state.sqlite"), newer).expect("written");
    assert_eq!(org.run(&["sweep", "--yes"]).0, 0);
    assert_eq!(org.ids(), [1, 3, 4], "the hold of today");
}

#[test]
fn a_store_that_another_process_locks_or_that_is_not_there() {
    let org = Org::new();
    let db = org.db();
    db.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let (exit, said) = org.run(&["sweep", "--yes"]);
    assert_eq!(exit, 1, "{said}");
    for words in ["refused", "1 record:", "another program has locked the database", "Not green"] {
        assert!(said.contains(words), "`{words}`: {said}");
    }
    db.execute_batch("ROLLBACK").expect("unlocked");
    drop(db);
    let status = org.run(&["status"]);
    assert_eq!(status.0, 1, "what was not done shows: {}", status.1);

    let away = org.dir().join("away.sqlite");
    fs::rename(org.dir().join("crm.sqlite"), &away).expect("moved");
    let (exit, said) = org.run(&["sweep", "--yes"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("there is no file") && said.contains("correct `path`"), "{said}");
    fs::rename(away, org.dir().join("crm.sqlite")).expect("moved");
    org.healthy();
}

/// Not as root, for whom permissions mean nothing.
#[test]
fn a_store_that_may_only_be_read() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let org = Org::new();
    let file = org.dir().join("crm.sqlite");
    let root = fs::metadata("/proc/self").expect("ours").uid() == 0;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("set");
    let out = if root {
        // The program too must be where anybody may run it.
        let program = org.dir().join("frist");
        fs::copy(env!("CARGO_BIN_EXE_frist"), &program).expect("copied");
        let chown = |what: &Path, how: &str| {
            let done = Command::new("chown").arg("-R").arg(how).arg(what).status();
            assert!(done.expect("chown runs").success());
        };
        chown(org.dir(), "nobody");
        chown(&file, "root");
        let mut command = Command::new("runuser");
        command.args(["-u", "nobody", "--"]).arg(&program).arg("-C").arg(org.dir());
        command.args(["--as", "tester", "sweep", "--yes"]).current_dir("/").stdin(Stdio::null());
        let out = command.output().expect("runuser runs");
        chown(org.dir(), "root");
        out
    } else {
        org.command(&["sweep", "--yes"]).output().expect("frist runs")
    };
    let (exit, said) = said(&out);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("check the permissions of the file"), "{said}");
    assert_eq!(org.ids(), [1, 2, 3, 4]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
    org.healthy();
}

/// Real processes: one sweeps many small batches, others add holds meanwhile. What is there when
/// `frist hold add` has ended stays.
#[test]
fn holds_of_other_processes_are_never_missed() {
    let org = Org::new();
    let register = REGISTER.replace("lock_timeout", "batch = 5\nlock_timeout").replace(
        "categories = [\"identity\"]",
        "categories = [\"identity\"]\nguard = { share = 1.0 }",
    );
    fs::write(org.dir().join("register.toml"), register).expect("written");
    org.sql(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        INSERT INTO customer SELECT i, 'x', '2011-01-01' FROM n",
    );
    let mut sweep = org.command(&["sweep", "--yes"]).stdout(Stdio::null()).spawn().expect("runs");
    let mut safe = Vec::new();
    for id in (100..900).rev().step_by(90) {
        let (name, key) = (format!("h{id}"), id.to_string());
        let hold = [
            "hold",
            "add",
            &name,
            "--matter",
            "m",
            "--reason",
            "r",
            "--dataset",
            "customers",
            "--key",
            &key,
        ];
        let (exit, said) = org.run(&hold);
        assert_eq!(exit, 0, "{said}");
        if org.ids().contains(&id) {
            safe.push(id);
        }
    }
    let status = sweep.wait().expect("ended");
    assert_eq!(status.code(), Some(0));
    let left = org.ids();
    assert!(safe.iter().all(|id| left.contains(id)), "{safe:?} of {left:?}");
    assert_eq!(left.len(), 3 + safe.len(), "2, 3, 4 and those that were held in time");
    // Two that sweep different data sets take turns as well: one is told so, nothing is lost.
    org.sql(
        "INSERT INTO customer SELECT i.value, 'x', '2011-01-01' FROM json_each('[5,6,7,8,9]') AS i",
    );
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut c = org.command(&["sweep", "--yes", "--dataset", "customers"]);
            c.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs")
        })
        .collect();
    for child in children {
        let (exit, said) = said(&child.wait_with_output().expect("ended"));
        assert!([0, 1, 4, 5].contains(&exit), "{exit}: {said}");
    }
    assert_eq!(org.run(&["sweep", "--yes"]).0, 0);
    assert_eq!(org.ids(), left);
}
