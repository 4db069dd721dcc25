//! A vault of recordings from end to end: made, looked over, swept beside the process that records,
//! with receipts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use frist_vault::{Begin, ObjectId, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }

[[store]]
id = "calls"
kind = "vault"
path = "vault"

[[store.exempt]]
at = "evidence"
why = { da = "Tom", en = "Empty" }

[[activity]]
id = "calls"
title = { da = "Telefonservice", en = "Telephone service" }
measures = ["access"]
obligation = { da = "Frivilligt", en = "Voluntary" }

[[activity.purpose]]
id = "quality"
text = { da = "At forbedre vores telefonservice", en = "To improve our telephone service" }
basis = "6(1)(a)"

[[announcement]]
id = "centre"
version = "1"
activity = "calls"
languages = ["da"]

[announcement.before]
text = { da = "Vi vil gerne optage samtalen" }
file = { da = "before.wav" }

[[announcement.question]]
purpose = "quality"
text = { da = "Tryk 1 for ja eller 2 for nej" }
file = { da = "quality.wav" }

[[dataset]]
id = "recordings"
activity = "calls"
at = "calls/recording"
subject = { caller = "call_id" }
categories = ["communication"]
guard = { share = "100 %" }

[dataset.facts]
ended_at = "instant"
given_quality = "instant"
withdrawn_quality = "instant"

[[dataset.keep]]
for = "quality"
from = "ended_at"
period = "96 hours"
open = true
given = "given_quality"
until = "withdrawn_quality"
"#;

const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn frist(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .current_dir(dir)
        .env_remove("FRIST_STATE")
        .env("FRIST_OPERATOR", "tester")
        .env("VAULT_ROOT", KEY)
        .output()
        .expect("frist runs")
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Runs it and says how it ended.
fn run(dir: &Path, args: &[&str], exit: i32) -> String {
    let out = frist(dir, args);
    assert_eq!(out.status.code(), Some(exit), "{args:?}: {}", text(&out));
    text(&out)
}

fn env(name: &str) -> Option<String> {
    (name == "VAULT_ROOT").then(|| KEY.to_owned())
}

fn open(dir: &Path) -> Vault {
    let facts = ["call_id", "given_quality", "withdrawn_quality"];
    Vault::open(&dir.join("vault"), &env, &facts).expect("a vault")
}

fn record(vault: &Vault, started: Timestamp, withdrawn: Option<Timestamp>) -> frist_vault::Writer {
    let id = ObjectId::random().expect("a name");
    let text = |at: Timestamp| Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let facts = vec![
        ("call_id".to_owned(), Some(format!("call {id}"))),
        ("given_quality".to_owned(), text(started)),
        ("withdrawn_quality".to_owned(), withdrawn.and_then(text)),
    ];
    let begin = Begin { id, started, chunk: 8050, chunk_ms: 500, header: Vec::new(), facts };
    let mut writer = vault.begin(begin).expect("begun");
    writer.append(&[3; 20_000]).expect("written");
    writer
}

fn file(dir: &Path, id: &ObjectId) -> PathBuf {
    let name = id.to_string();
    dir.join("vault/objects").join(&name[..2]).join(name)
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(done.expect("cp runs").success());
}

#[test]
fn recordings_are_gone_after_96_hours_with_receipts() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    fs::write(dir.join("register.toml"), REGISTER).expect("written");
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/calls/prompts");
    for sound in ["before", "quality"] {
        let to = dir.join(format!("{sound}.wav"));
        fs::copy(prompts.join(format!("{sound}.da.wav")), to).expect("the example's sound");
    }
    run(dir, &["vault", "init", "vault", "--root-key-env", "VAULT_ROOT"], 0);
    run(dir, &["vault", "init", "vault", "--root-key-env", "VAULT_ROOT"], 3);

    #[expect(clippy::disallowed_methods, reason = "a test is a face")]
    let now = Timestamp::now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    let vault = open(dir);
    // The columns of the facts are there now.
    let said = run(dir, &["check"], 0);
    assert!(!said.contains("E00"), "{said}");
    let end = |writer: frist_vault::Writer, at: Timestamp| {
        let id = *writer.id();
        writer.finish(at).expect("finished");
        id
    };
    let old = end(record(&vault, ago(98), None), ago(97));
    let fresh = end(record(&vault, ago(90), None), ago(89));
    let withdrawn = end(record(&vault, ago(2), Some(ago(1))), ago(1));
    let live = record(&vault, ago(1), None);
    // An old backup of everything but the hours.
    let backup = tempfile::tempdir().expect("a folder");
    for part in ["vault.toml", "objects"] {
        copy(&dir.join("vault").join(part), backup.path());
    }
    let from = rusqlite::Connection::open(dir.join("vault/index.db")).expect("a database");
    from.execute("VACUUM INTO ?1", [backup.path().join("index.db").to_string_lossy()])
        .expect("copied");
    drop(from);

    let plan = frist(dir, &["--json", "plan"]);
    let plan: Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let said = run(dir, &["--json", "sweep", plan["id"].as_str().expect("an id"), "--yes"], 0);
    assert!(said.contains("\"done\": 2"), "{said}");
    for gone in [&old, &withdrawn] {
        assert!(matches!(vault.read(gone), Err(VaultError::Gone(_))));
        assert!(!file(dir, gone).exists());
        run(dir, &["receipt", "recordings", &gone.to_string(), "--out", "receipt.txt"], 0);
        let valid = run(dir, &["verify", "receipt.txt", "--key", ".frist/ledger.pub"], 0);
        assert!(valid.contains("valid"), "{valid}");
        fs::remove_file(dir.join("receipt.txt")).expect("removed");
    }
    let kept = run(dir, &["explain", "recordings", &fresh.to_string()], 0);
    assert!(!kept.contains("wrapped_key") && kept.contains("96 hours"), "{kept}");
    assert_eq!(vault.read(&fresh).expect("there").chunks(), 3);
    let live_id = *live.id();
    live.finish(now).expect("the sweep let it be");
    assert_eq!(vault.read(&live_id).expect("there").chunks(), 3);
    drop(vault);
    let said = run(dir, &["vault", "check", "vault", "--deep"], 0);
    assert!(
        said.contains("recording: 2 finished") && said.contains("2 hours have a key"),
        "{said}"
    );

    // Whoever puts the backup back, root key and all, reads nothing of what was destroyed.
    for (part, to) in [("objects/.", "objects"), ("index.db", "index.db")] {
        copy(&backup.path().join(part), &dir.join("vault").join(to));
    }
    for log in ["index.db-wal", "index.db-shm"] {
        let _ = fs::remove_file(dir.join("vault").join(log));
    }
    let vault = open(dir);
    for gone in [&old, &withdrawn] {
        assert!(file(dir, gone).exists());
        assert!(matches!(vault.read(gone), Err(VaultError::KeyDestroyed(_))));
    }
    drop(vault);
    let said = run(dir, &["vault", "check", "vault"], 1);
    assert!(said.contains("the key of its hour was destroyed"), "{said}");
}

#[test]
fn root_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    run(dir, &["vault", "init", "v"], 2);
    let inside = run(dir, &["vault", "init", "v", "--root-key-file", "v/root.key"], 2);
    assert!(inside.contains("would lie in the vault"), "{inside}");
    run(dir, &["vault", "init", "v", "--root-key-env", "VAULT_ROOT", "--root-key-file", "x"], 2);
    run(dir, &["vault", "init", "v", "--root-key-env", "NONE"], 3);
    let said = run(dir, &["vault", "init", "v", "--root-key-file", "root.key"], 0);
    assert!(said.contains("keep") && said.contains("hours.db"), "{said}");
    let digits = fs::read_to_string(dir.join("root.key")).expect("a key");
    assert!(!said.contains(digits.trim()));
    run(dir, &["vault", "check", "v"], 0);
    run(dir, &["vault", "check", "nowhere"], 3);
    run(dir, &["vault", "rewrap", "v", "--root-key-env", "VAULT_ROOT"], 0);
    fs::remove_file(dir.join("root.key")).expect("removed");
    run(dir, &["vault", "check", "v"], 0);
    run(dir, &["vault", "init", "v", "--after-restore"], 3);
    fs::remove_file(dir.join("v/hours.db")).expect("removed");
    let missing = run(dir, &["vault", "check", "v"], 3);
    assert!(missing.contains("--after-restore"), "{missing}");
    run(dir, &["vault", "init", "v", "--after-restore"], 0);
    run(dir, &["vault", "check", "v"], 0);
    let taken = Vault::open(&dir.join("v"), &env, &[]).expect("a vault");
    run(dir, &["vault", "rewrap", "v", "--root-key-env", "VAULT_ROOT"], 5);
    drop(taken);
}
