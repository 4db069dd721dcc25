//! An object from its beginning to its end.

use std::fs;
use std::process::Command;

use frist_vault::{Begin, ObjectId, RECORDING, RootSource, State, Vault, VaultError};

use crate::support::*;

#[test]
fn what_was_written_is_read() {
    let place = Place::new();
    let vault = place.open();
    for (length, chunks) in [(0, 0), (1, 1), (99, 1), (100, 1), (101, 2), (250, 3), (300, 3)] {
        let wanted: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let id = object(&vault, "2026-11-22T20:59:59.9Z", 100, &wanted);
        let mut reader = vault.read(&id).unwrap();
        assert_eq!((reader.chunks(), reader.is_cut()), (chunks, false), "{length}");
        assert_eq!(reader.header(), b"PCMA, two legs");
        assert_eq!(content(&vault, &id).unwrap(), wanted);
        use sha2::Digest as _;
        let digest: [u8; 32] = sha2::Sha256::digest(&wanted).into();
        assert_eq!(reader.content_sha256().unwrap(), digest);
        assert!(matches!(reader.chunk(chunks), Err(VaultError::NoChunk { .. })));
    }
    let found = vault.with_fact(RECORDING, "call_id", "c1").unwrap();
    assert_eq!(found.len(), 7);
    let listed = vault.list(RECORDING, None, 5).unwrap();
    let rest = vault.list(RECORDING, Some(&listed[4].id), 5).unwrap();
    assert_eq!((listed.len(), rest.len()), (5, 2));
    assert!(listed.iter().all(|l| l.state == State::Sealed && l.chunks.is_some()));
}

#[test]
fn facts_and_instants() {
    let place = Place::new();
    let vault = place.open();
    let mut writer = begin(&vault, "2026-11-22T20:59:59.9Z", 10);
    let id = *writer.id();
    writer.append(&[1; 30]).unwrap();
    let known = facts(&vault, &id);
    assert_eq!(known["started_at"].as_deref(), Some("2026-11-22T20:59:59Z"), "rounded down");
    assert_eq!(known["ended_at"], None);
    assert_eq!(known["call_id"].as_deref(), Some("c1"));
    assert_eq!(vault.read(&id).unwrap().chunks(), 3, "read while it is written");
    writer.finish(at("2026-11-22T21:03:00.000001Z")).unwrap();
    let set = [("given_quality".to_owned(), Some("2026-11-22T20:59:58Z".to_owned()))];
    vault.set_facts(&id, &set).unwrap();
    let known = facts(&vault, &id);
    assert_eq!(known["ended_at"].as_deref(), Some("2026-11-22T21:03:01Z"), "rounded up");
    assert_eq!(known["given_quality"].as_deref(), Some("2026-11-22T20:59:58Z"));
    assert!(!known.contains_key("wrapped_key") && !known.contains_key("hour"));

    for wrong in ["ended_at", "wrapped_key", "unheard_of", "x\" --"] {
        let set = [(wrong.to_owned(), None)];
        assert!(matches!(vault.set_facts(&id, &set), Err(VaultError::Invalid(_))), "{wrong}");
    }
    vault.destroy(&[id]).unwrap();
    assert!(matches!(vault.set_facts(&id, &set), Err(VaultError::Gone(_))));
    assert!(matches!(vault.facts(&id), Err(VaultError::Gone(_))));
}

#[test]
fn what_cannot_begin_leaves_nothing() {
    let place = Place::new();
    let vault = place.open();
    let id = object(&vault, "2026-11-22T20:00:00Z", 10, b"first");
    let of = |id, chunk, header: usize, fact: &str| Begin {
        id,
        started: at("2026-11-22T20:00:00Z"),
        chunk,
        chunk_ms: 500,
        header: vec![0; header],
        facts: vec![(fact.into(), None)],
    };
    let new = ObjectId::random().unwrap();
    assert!(matches!(vault.begin(of(id, 10, 0, "call_id")), Err(VaultError::Taken(_))));
    for (chunk, header, fact) in
        [(0, 0, "call_id"), (2 << 20, 0, "call_id"), (10, 1 << 17, "call_id"), (10, 0, "other")]
    {
        let begun = vault.begin(of(new, chunk, header, fact));
        assert!(matches!(begun, Err(VaultError::Invalid(_))), "{chunk} {header} {fact}");
    }
    // A file that is in the way: the row goes again.
    fs::write(place.file(&new), b"").unwrap();
    assert!(matches!(vault.begin(of(new, 10, 0, "call_id")), Err(VaultError::Io { .. })));
    assert_eq!(vault.list(RECORDING, None, 10).unwrap().len(), 1);
    assert_eq!(content(&vault, &id).unwrap(), b"first");
}

#[test]
fn one_process_at_a_time() {
    let place = Place::new();
    let vault = place.open();
    assert!(matches!(place.try_open(), Err(VaultError::InUse(_))));
    let writer = begin(&vault, "2026-11-22T20:00:00Z", 10);
    drop(vault);
    assert!(matches!(place.try_open(), Err(VaultError::InUse(_))), "a writer holds it open");
    drop(writer);
    place.open();
}

#[test]
fn what_is_no_vault() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| Vault::open(path, &no_env, &[]).err().unwrap().to_string();
    assert!(open(dir.path()).contains("frist vault init"));
    fs::write(dir.path().join("x"), b"").unwrap();
    let init = frist_vault::init(dir.path(), RootSource::env("X"), None, &no_env);
    assert!(init.unwrap_err().to_string().contains("not empty"));

    // The database of another vault, a missing one, another root key.
    let (one, two) = (Place::new(), Place::new());
    for name in ["index.db", "index.db-wal", "index.db-shm"] {
        let from = two.path().join(name);
        if from.exists() {
            fs::copy(from, one.path().join(name)).unwrap();
        } else {
            let _ = fs::remove_file(one.path().join(name));
        }
    }
    assert!(open(&one.path()).contains("another vault"), "{}", open(&one.path()));
    fs::copy(two.dir.path().join("root.key"), dir.path().join("other.key")).unwrap();
    fs::rename(two.path().join("hours.db"), dir.path().join("hours.db")).unwrap();
    assert!(open(&two.path()).contains("after-restore"));
    fs::rename(dir.path().join("hours.db"), two.path().join("hours.db")).unwrap();
    fs::copy(one.dir.path().join("root.key"), two.dir.path().join("root.key")).unwrap();
    assert!(open(&two.path()).contains("not the one with which this vault was made"));
    fs::write(two.dir.path().join("root.key"), "zz").unwrap();
    assert!(open(&two.path()).contains("64 hexadecimal digits"));
    fs::rename(two.path().join("objects"), dir.path().join("objects")).unwrap();
    assert!(open(&two.path()).contains("objects"), "a disk that is not mounted is no empty vault");
}

#[test]
fn the_root_key_in_the_environment_and_rewrapped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let env = |name: &str| match name {
        "ONE" => Some("01".repeat(32)),
        "TWO" => Some("02".repeat(32)),
        "BAD" => Some("02".repeat(31)),
        _ => None,
    };
    for bad in ["NONE", "BAD"] {
        let made = frist_vault::init(&path, RootSource::env(bad), None, &env);
        assert!(matches!(made, Err(VaultError::Root(_))), "{bad}");
    }
    assert!(!frist_vault::init(&path, RootSource::env("ONE"), None, &env).unwrap());
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    let id = object(&vault, "2026-11-22T20:00:00Z", 10, b"some sound");
    let kept = ObjectId::random().unwrap();
    vault.keep_copy(&id, "evidence", &kept, &[]).unwrap();
    let busy = frist_vault::rewrap(&path, RootSource::env("TWO"), &env);
    assert!(matches!(busy, Err(VaultError::InUse(_))));
    drop(vault);

    assert_eq!(frist_vault::rewrap(&path, RootSource::env("TWO"), &env).unwrap(), 2);
    let only_two = |name: &str| (name == "TWO").then(|| "02".repeat(32));
    let vault = Vault::open(&path, &only_two, FACTS).unwrap();
    assert_eq!(content(&vault, &id).unwrap(), b"some sound");
    assert_eq!(content(&vault, &kept).unwrap(), b"some sound");
    drop(vault);

    // Cut off before `vault.toml` was written the last time: both keys are named, the next fits.
    let toml = fs::read_to_string(path.join("vault.toml")).unwrap();
    let cut = toml.replace("\"TWO\"", "\"ONE\"") + "\n[next_root]\nenv = \"TWO\"\n";
    fs::write(path.join("vault.toml"), cut).unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    assert_eq!(content(&vault, &kept).unwrap(), b"some sound");
    drop(vault);
    assert_eq!(frist_vault::rewrap(&path, RootSource::env("TWO"), &env).unwrap(), 0);
    assert_eq!(fs::read_to_string(path.join("vault.toml")).unwrap(), toml);
}

#[test]
fn looking_it_over() {
    let place = Place::new();
    let vault = place.open();
    let good = object(&vault, "2026-11-22T20:00:00Z", 10, &[1; 100]);
    let bad = object(&vault, "2026-11-22T20:00:00Z", 10, &[1; 100]);
    let lost = object(&vault, "2026-11-22T21:00:00Z", 10, &[1; 100]);
    let live = begin(&vault, "2026-11-22T21:00:00Z", 10);
    fs::remove_file(place.file(&lost)).unwrap();
    let mut bytes = fs::read(place.file(&bad)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(place.file(&bad), bytes).unwrap();

    let seen = frist_vault::check(&place.path(), &no_env, false).unwrap();
    assert_eq!(seen.collections[0], ("recording".into(), 1, 3, 0));
    assert_eq!(seen.hours, 2);
    assert_eq!(seen.bad.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [lost]);
    let seen = frist_vault::check(&place.path(), &no_env, true).unwrap();
    let mut found: Vec<ObjectId> = seen.bad.iter().map(|(id, _)| *id).collect();
    let mut wanted = vec![lost, bad];
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "and not {good}");
    drop(live);
}

/// The child of `a_full_disk`: its files may not grow beyond 64 KiB (`ulimit -f`, and the signal
/// ignored), which is what a full disk looks like to a program.
#[test]
#[ignore = "run by a_full_disk"]
fn full_disk_child() {
    let path = std::env::var("VAULT_DIR").unwrap();
    let vault = Vault::open(path.as_ref(), &no_env, FACTS).unwrap();
    let mut writer = begin(&vault, "2026-11-22T20:00:00Z", 1000);
    let id = *writer.id();
    let (mut written, mut error) = (0, None);
    for n in 0..200_u8 {
        match writer.append(&[n; 1000]) {
            Ok(()) => written += 1,
            Err(e) => {
                error = Some(e);
                break;
            }
        }
    }
    assert!(matches!(error, Some(VaultError::Io { attempt: "write the object", .. })), "{error:?}");
    assert!((60..66).contains(&written), "{written}");
    assert!(matches!(writer.append(&[1]), Err(VaultError::Stopped(_))));
    let mut reader = vault.read(&id).unwrap();
    assert_eq!((reader.chunks(), reader.is_cut()), (written, true));
    assert_eq!(*reader.chunk(written - 1).unwrap(), vec![u8::try_from(written - 1).unwrap(); 1000]);
    // Another one begins all the same, and this one ends as cut.
    assert_eq!(content(&vault, &object(&vault, "2026-11-22T20:00:00Z", 10, b"x")).unwrap(), b"x");
    match writer.finish(at("2026-11-22T20:10:00Z")) {
        // There is room for the end, since a torn chunk was cut off.
        Ok(sealed) => assert_eq!(sealed.chunks, written),
        Err(e) => assert!(matches!(e, VaultError::Io { .. }), "{e}"),
    }
    assert_eq!(vault.read(&id).unwrap().chunks(), written);
    println!("stopped after {written} chunks");
}

#[test]
fn a_full_disk() {
    let place = Place::new();
    // The databases must be allowed to grow: their logs are small here.
    let run = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" --exact life::full_disk_child --ignored --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("VAULT_DIR", place.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && told.contains("stopped after"),
        "{told}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}
