//! What is destroyed cannot be read again, from the vault or from any backup.

use std::fs;
use std::time::Instant;

use frist_vault::{ObjectId, Remover, VaultError};

use crate::support::*;

fn wrapped(place: &Place, id: &ObjectId) -> Vec<u8> {
    let index = rusqlite::Connection::open(place.path().join("index.db")).unwrap();
    index
        .query_row("SELECT wrapped_key FROM recording WHERE id = ?1", [id.to_string()], |r| {
            r.get(0)
        })
        .unwrap()
}

fn hours(place: &Place) -> Vec<(String, Vec<u8>)> {
    let hours = rusqlite::Connection::open(place.path().join("hours.db")).unwrap();
    let mut all = hours.prepare("SELECT hour, wrapped_key FROM hour_key ORDER BY hour").unwrap();
    all.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_hour_goes_with_its_last_object() {
    let place = Place::new();
    let vault = place.open();
    let a = object(&vault, "2026-11-22T20:00:00Z", 100, b"a");
    let b = object(&vault, "2026-11-22T20:59:59Z", 100, b"b");
    let c = object(&vault, "2026-11-22T21:00:00Z", 100, b"c");
    let names = |place: &Place| hours(place).into_iter().map(|(h, _)| h).collect::<Vec<_>>();
    assert_eq!(names(&place), ["2026-11-22T20", "2026-11-22T21"]);
    assert_eq!(vault.destroy(&[a]).unwrap(), 1);
    assert_eq!(names(&place).len(), 2, "never while one remains");
    assert_eq!(content(&vault, &b).unwrap(), b"b");
    assert_eq!(vault.destroy(&[a, b]).unwrap(), 1, "repeating does no harm");
    assert_eq!(names(&place), ["2026-11-22T21"]);
    // The same hour again, in the same process, gets another key.
    let d = object(&vault, "2026-11-22T20:30:00Z", 100, b"d");
    assert_eq!(content(&vault, &d).unwrap(), b"d");
    assert_eq!(content(&vault, &c).unwrap(), b"c");
    for gone in [a, b] {
        assert!(matches!(vault.read(&gone), Err(VaultError::Gone(_))));
    }
    drop(vault);
    assert!(!place.file(&a).exists() && !place.file(&b).exists() && place.file(&c).exists());
    let vault = place.open();
    assert_eq!(content(&vault, &d).unwrap(), b"d", "with what is on disk only");
}

#[test]
fn an_old_backup_stays_unreadable() {
    let place = Place::new();
    let vault = place.open();
    let gone = object(&vault, "2026-11-22T20:00:00Z", 100, b"a threat");
    let stays = object(&vault, "2026-11-22T21:00:00Z", 100, b"stays");
    drop(vault);
    let backup = tempfile::tempdir().unwrap();
    copy(&place.path(), backup.path());
    fs::remove_file(backup.path().join("hours.db")).unwrap();

    let vault = place.open();
    vault.destroy(&[gone]).unwrap();
    drop(vault);
    // Somebody with the root key puts `objects` and `index.db` back.
    for name in ["objects", "index.db"] {
        let to = place.path().join(name);
        if to.is_dir() {
            copy(&backup.path().join(name), &to)
        } else {
            fs::copy(backup.path().join(name), to).map(|_| ()).unwrap()
        }
    }
    for name in ["index.db-wal", "index.db-shm"] {
        let _ = fs::remove_file(place.path().join(name));
    }
    let vault = place.open();
    assert!(place.file(&gone).exists());
    assert!(matches!(vault.read(&gone), Err(VaultError::KeyDestroyed(_))));
    assert_eq!(content(&vault, &stays).unwrap(), b"stays");
    let done = vault.recover(at("2026-11-23T00:00:00Z")).unwrap();
    assert_eq!(done.unreadable, 1);
    // A new object of the same hour does not bring it back.
    object(&vault, "2026-11-22T20:10:00Z", 100, b"new");
    assert!(matches!(vault.read(&gone), Err(VaultError::Damaged { .. })));
    drop(vault);

    // A whole backup without the hours: nothing of it can be read.
    frist_vault::after_restore(backup.path()).unwrap();
    fs::copy(place.dir.path().join("root.key"), backup.path().parent().unwrap().join("root.key"))
        .unwrap();
    let restored = frist_vault::Vault::open(backup.path(), &no_env, FACTS).unwrap();
    for id in [gone, stays] {
        assert!(matches!(restored.read(&id), Err(VaultError::KeyDestroyed(_))));
    }
    assert!(frist_vault::after_restore(&place.path()).is_err(), "never replaces one");
    fs::remove_file(backup.path().parent().unwrap().join("root.key")).unwrap();
}

#[test]
fn no_byte_of_a_destroyed_key_is_left() {
    let place = Place::new();
    let vault = place.open();
    // Enough for pages to split and merge, in random order of keys.
    let mut ids: Vec<ObjectId> = (0..400)
        .map(|n| {
            object(&vault, &format!("2026-11-{:02}T{:02}:00:00Z", 1 + n % 20, n % 24), 100, b"x")
        })
        .collect();
    let keep = ids.split_off(390);
    let gone: Vec<Vec<u8>> = ids.iter().map(|id| wrapped(&place, id)).collect();
    let before = hours(&place);
    for part in ids.chunks(37) {
        vault.destroy(part).unwrap();
    }
    let after = hours(&place);
    assert!(vault.scrub().unwrap());
    let lost: Vec<&Vec<u8>> =
        before.iter().filter(|h| !after.contains(h)).map(|(_, k)| k).collect();
    assert!(lost.len() > 20, "{}", lost.len());
    let everything: Vec<u8> =
        files(&place.path()).iter().flat_map(|f| fs::read(f).unwrap_or_default()).collect();
    let found = |key: &[u8]| everything.windows(16).any(|w| w == &key[20..36]);
    assert!(found(&wrapped(&place, &keep[0])), "the search finds what is there");
    let of_objects = gone.iter().step_by(13).filter(|k| found(k)).count();
    let of_hours = lost.iter().filter(|k| found(k)).count();
    assert_eq!((of_objects, of_hours), (0, 0));
    for id in &ids[..5] {
        assert_eq!(
            holding(&place.path(), id.to_string().as_bytes()),
            Vec::<std::path::PathBuf>::new()
        );
    }
}

/// The vault does so by itself, without being asked.
#[test]
fn keys_of_hours_are_overwritten_soon() {
    let place = Place::new();
    let vault = place.open();
    let ids: Vec<ObjectId> =
        (0..20).map(|n| object(&vault, &format!("2026-11-22T{n:02}:00:00Z"), 100, b"x")).collect();
    let (before, objects): (Vec<_>, Vec<_>) =
        (hours(&place), ids.iter().map(|id| wrapped(&place, id)).collect());
    vault.destroy(&ids).unwrap();
    let began = Instant::now();
    let left = |place: &Place| {
        let keys = before.iter().map(|(_, k)| k).chain(&objects);
        keys.filter(|k| !holding(&place.path(), &k[20..36]).is_empty()).count()
    };
    while left(&place) > 0 {
        assert!(began.elapsed().as_secs() < 20, "{} keys are still there", left(&place));
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn destroyed_while_it_is_written_or_heard() {
    let place = Place::new();
    let vault = place.open();
    let mut writer = begin(&vault, "2026-11-22T20:00:00Z", 100);
    writer.append(&[1; 500]).unwrap();
    let id = *writer.id();
    let file = place.file(&id);
    let mut reader = vault.read(&id).unwrap();
    reader.chunk(0).unwrap();
    writer.destroy().unwrap();
    assert!(!file.exists());
    assert!(matches!(reader.chunk(1), Err(VaultError::Gone(_))), "who listens hears no more");

    // By the sweep, which is another connection: the writer learns it at the end.
    let mut writer = begin(&vault, "2026-11-22T20:00:00Z", 100);
    let id = *writer.id();
    let mut remover = Remover::open(&place.path(), &no_env).unwrap();
    let index = rusqlite::Connection::open(remover.index()).unwrap();
    index.execute("DELETE FROM recording WHERE id = ?1", [id.to_string()]).unwrap();
    assert_eq!(remover.remove(&[id]).unwrap(), 0);
    assert_eq!(hours(&place).len(), 0);
    writer.append(&[1; 500]).unwrap();
    assert!(matches!(writer.finish(at("2026-11-22T20:01:00Z")), Err(VaultError::Gone(_))));
    assert!(!place.file(&id).exists());
    // And the next of the same hour has a key that is on disk.
    let next = object(&vault, "2026-11-22T20:05:00Z", 100, b"next");
    drop(vault);
    assert_eq!(content(&place.open(), &next).unwrap(), b"next");
}

#[test]
fn the_remover_beside_a_process_that_begins() {
    let place = Place::new();
    let vault = place.open();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut remover = Remover::open(&place.path(), &no_env).unwrap();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                remover.hours().unwrap();
                // Files of what was destroyed, and no others: each object is read below.
                remover.orphans().unwrap();
            }
        });
        for n in 0..60 {
            let id = object(&vault, "2026-11-22T20:00:00Z", 100, b"x");
            assert_eq!(content(&vault, &id).unwrap(), b"x", "{n}");
            let mut writer = begin(&vault, "2026-11-22T20:00:00Z", 100);
            writer.append(b"y").unwrap();
            writer.destroy().unwrap();
            vault.destroy(&[id]).unwrap();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// 100,000 rows as a large centre has them after four days; the files are not there, since what is
/// measured is the time until nothing can be read.
#[test]
fn a_hundred_thousand() {
    let place = Place::new();
    let vault = place.open();
    let keep = object(&vault, "2026-11-20T00:00:00Z", 100, b"x");
    {
        let mut index = rusqlite::Connection::open(place.path().join("index.db")).unwrap();
        let tx = index.transaction().unwrap();
        let sql = "INSERT INTO recording (id, hour, wrapped_key, vault_state, vault_place, chunk_ms, chunks, \
                   content_sha256, started_at, ended_at, call_id, given_quality) \
                   SELECT lower(hex(randomblob(16))), printf('2026-11-%02dT%02d', 10 + value / 24 % 4, value % 24), \
                   randomblob(72), 'sealed', 'disk', 500, 600, hex(randomblob(32)), \
                   '2026-11-10T20:00:00Z', '2026-11-10T20:05:00Z', lower(hex(randomblob(16))), '2026-11-10T20:00:00Z' \
                   FROM generate_series(1, 100000)";
        let series = "WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 100000)";
        let sql = format!("{series} {}", sql.replace("generate_series(1, 100000)", "s"));
        assert_eq!(tx.execute(&sql, []).unwrap(), 100_000);
        tx.commit().unwrap();
    }
    let mut ids = Vec::new();
    while let Some(page) =
        Some(vault.list("recording", ids.last(), 5000).unwrap()).filter(|p| !p.is_empty())
    {
        ids.extend(page.into_iter().map(|l| l.id));
    }
    ids.retain(|id| *id != keep);
    let began = Instant::now();
    assert_eq!(vault.destroy(&ids).unwrap(), 100_000);
    let took = began.elapsed();
    println!("100,000 objects unreadable after {took:?}");
    assert_eq!(hours(&place).len(), 1);
    assert_eq!(content(&vault, &keep).unwrap(), b"x");
    // Two seconds is the aim on a quiet machine; this only finds what is far off.
    assert!(took.as_secs() < 60, "{took:?}");
}
