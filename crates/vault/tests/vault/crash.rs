//! `SIGKILL` while objects are written, and what recovery makes of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use frist_vault::{ObjectId, RECORDING, State, Vault, VaultError};

use crate::support::*;

/// The child: begins three objects in turn and appends to them without end, and says after each
/// chunk how many there are.
#[test]
#[ignore = "run by the tests below, which kill it"]
fn writing_child() {
    let path = std::env::var("VAULT_DIR").unwrap();
    let vault = Vault::open(path.as_ref(), &no_env, FACTS).unwrap();
    let mut writers: Vec<_> =
        (0..3).map(|_| begin(&vault, "2026-11-22T20:00:00Z", CHUNK)).collect();
    let empty = begin(&vault, "2026-11-22T20:00:00Z", CHUNK);
    println!("empty {}", empty.id());
    for n in 0_u64.. {
        for writer in &mut writers {
            writer.append(&vec![u8::try_from(n % 256).unwrap(); CHUNK]).unwrap();
            // A part of the next chunk as well, which is lost.
            println!("wrote {} {}", writer.id(), n + 1);
        }
    }
}

fn child(place: &Place) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::writing_child", "--ignored", "--nocapture"])
        .env("VAULT_DIR", place.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_while_writing() {
    let place = Place::new();
    let mut child = child(&place);
    let mut told = std::collections::BTreeMap::new();
    let mut empty = None;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.by_ref() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            [.., "empty", id] => empty = Some(id.parse::<ObjectId>().unwrap()),
            ["wrote", id, n] => {
                told.insert(id.parse::<ObjectId>().unwrap(), n.parse::<u64>().unwrap());
            }
            _ => {}
        }
        if told.len() == 3 && told.values().all(|n| *n > 40) {
            break;
        }
    }
    assert!(matches!(place.try_open(), Err(VaultError::InUse(_))), "the child holds it");
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        if let ["wrote", id, n] = line.split(' ').collect::<Vec<_>>()[..] {
            told.insert(id.parse().unwrap(), n.parse().unwrap());
        }
    }

    // A torn chunk, as a power cut leaves it, on one of them; and a file that nobody knows.
    let first = *told.keys().next().unwrap();
    let mut bytes = fs::read(place.file(&first)).unwrap();
    bytes.extend_from_slice(&[7; 5000]);
    fs::write(place.file(&first), bytes).unwrap();
    let stranger = ObjectId::random().unwrap();
    fs::write(place.file(&stranger), b"FRISTOBJ").unwrap();

    let vault = place.open();
    let done = vault.recover(at("2026-11-22T22:00:00Z")).unwrap();
    assert_eq!(done.closed.len(), 3, "{done:?}");
    assert_eq!(done.empty, [empty.unwrap()]);
    assert_eq!(done.orphans, 1);
    assert!(!place.file(&stranger).exists());
    assert!(!done.lines().is_empty());
    for (id, at_least) in &told {
        let mut reader = vault.read(id).unwrap();
        assert!(
            reader.chunks() >= *at_least,
            "{} of {at_least}: nothing told of is lost",
            reader.chunks()
        );
        assert!(reader.is_cut());
        assert_eq!(reader.state(), State::Cut);
        for n in 0..reader.chunks() {
            assert_eq!(*reader.chunk(n).unwrap(), vec![u8::try_from(n % 256).unwrap(); CHUNK]);
        }
        let seconds = reader.chunks().div_ceil(2);
        let ended = at("2026-11-22T20:00:00Z")
            .checked_add(jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap()))
            .unwrap();
        assert_eq!(facts(&vault, id)["ended_at"], Some(ended.to_string()));
    }
    // Again: nothing to do.
    assert_eq!(vault.recover(at("2026-11-22T22:00:00Z")).unwrap(), Default::default());
    let copy = ObjectId::random().unwrap();
    let sealed = vault.keep_copy(&first, "evidence", &copy, &[]).unwrap();
    let mut kept = vault.read(&copy).unwrap();
    assert!(kept.is_cut(), "a copy of what was cut off says so too");
    assert_eq!(kept.content_sha256().unwrap(), sealed.content_sha256);
}

#[test]
fn every_state_that_a_death_can_leave() {
    let place = Place::new();
    let vault = place.open();
    let started = "2026-11-22T20:00:00Z";
    let live = |bytes: usize| {
        let mut writer = begin(&vault, started, 100);
        writer.append(&vec![1; bytes]).unwrap();
        *writer.id()
    };
    // Its end is on disk, and the row does not know.
    let ended = object(&vault, started, 100, &[1; 250]);
    let index = rusqlite::Connection::open(place.path().join("index.db")).unwrap();
    let sql = "UPDATE recording SET vault_state = 'live', chunks = NULL, ended_at = NULL, content_sha256 = NULL WHERE id = ?1";
    index.execute(sql, [ended.to_string()]).unwrap();
    let no_file = live(300);
    fs::remove_file(place.file(&no_file)).unwrap();
    let (no_header, no_length) = (live(300), live(300));
    fs::write(place.file(&no_header), &fs::read(place.file(&no_header)).unwrap()[..60]).unwrap();
    fs::write(place.file(&no_length), b"").unwrap();
    let foreign = live(300);
    let mut bytes = fs::read(place.file(&foreign)).unwrap();
    bytes[60..].fill(0);
    fs::write(place.file(&foreign), &bytes).unwrap();
    // The last two of three chunks never reached the disk.
    let holes = live(300);
    let mut bytes = fs::read(place.file(&holes)).unwrap();
    let from = bytes.len() - 2 * 116;
    bytes[from..].fill(0);
    fs::write(place.file(&holes), &bytes).unwrap();
    let lost = object(&vault, started, 100, b"lost");
    fs::remove_file(place.file(&lost)).unwrap();
    let half_copied = ObjectId::random().unwrap();
    vault.keep_copy(&ended_copy(&vault), "evidence", &half_copied, &[]).unwrap();
    index.execute("UPDATE evidence SET vault_state = 'live'", []).unwrap();
    drop(index);

    let done = vault.recover(at("2026-11-22T22:00:00Z")).unwrap();
    let mut closed: Vec<ObjectId> = done.closed.iter().map(|(id, _)| *id).collect();
    let mut empty = done.empty.clone();
    let sort = |mut ids: Vec<ObjectId>| {
        ids.sort_unstable();
        ids
    };
    closed.sort_unstable();
    empty.sort_unstable();
    assert_eq!(closed, sort(vec![ended, holes]));
    assert_eq!(empty, sort(vec![no_file, no_header, no_length]));
    assert_eq!(done.damaged, [foreign], "what cannot be read is not destroyed");
    assert_eq!(done.missing, [lost], "what was finished keeps its row");
    assert_eq!(done.copies_undone, [half_copied]);
    assert!(!place.file(&half_copied).exists());
    assert_eq!(content(&vault, &ended).unwrap(), [1; 250]);
    assert!(!vault.read(&ended).unwrap().is_cut());
    assert_eq!(facts(&vault, &ended)["ended_at"].as_deref(), Some("2026-11-22T20:00:02Z"));
    assert_eq!(content(&vault, &holes).unwrap(), [1; 100]);
    assert!(matches!(vault.read(&lost), Err(VaultError::Missing(_))));
    assert_eq!(vault.list(RECORDING, None, 99).unwrap().len(), 5);
}

fn ended_copy(vault: &Vault) -> ObjectId {
    object(vault, "2026-11-22T20:00:00Z", 100, b"to be copied")
}

#[test]
fn what_is_being_written_is_left_alone() {
    let place = Place::new();
    let vault = place.open();
    let mut writer = begin(&vault, "2026-11-22T20:00:00Z", 100);
    writer.append(&[1; 250]).unwrap();
    assert_eq!(vault.recover(at("2026-11-22T22:00:00Z")).unwrap(), Default::default());
    writer.append(&[1; 50]).unwrap();
    let id = *writer.id();
    writer.finish(at("2026-11-22T20:00:02Z")).unwrap();
    assert_eq!(content(&vault, &id).unwrap(), [1; 300]);
}
