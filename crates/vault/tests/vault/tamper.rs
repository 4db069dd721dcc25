//! Whatever is done to a stored object, reading it is an error, and never another content.

use std::fs;

use frist_vault::{ObjectId, VaultError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::*;

const SIZE: usize = 64;

/// What reading answers; wrong bytes before an error count as well.
fn read(vault: &frist_vault::Vault, id: &ObjectId, wanted: &[u8]) -> Result<(), VaultError> {
    let mut reader = vault.read(id)?;
    for n in 0..reader.chunks() {
        let from = usize::try_from(n).unwrap() * SIZE;
        let chunk = reader.chunk(n)?;
        assert_eq!(*chunk, wanted[from..wanted.len().min(from + SIZE)], "another content");
    }
    reader.content_sha256().map(|_| ())
}

#[test]
fn any_change_is_noticed() {
    let place = Place::new();
    let vault = place.open();
    let text: Vec<u8> = (0..SIZE * 4 + 10).map(|i| u8::try_from(i % 256).unwrap()).collect();
    let id = object(&vault, "2026-11-22T20:00:00Z", SIZE, &text);
    let other = object(&vault, "2026-11-22T20:00:00Z", SIZE, &text);
    let whole = fs::read(place.file(&id)).unwrap();
    let another = fs::read(place.file(&other)).unwrap();
    let stride = SIZE + 16;
    let body = whole.len() - 4 * stride - 26;
    let bad = |bytes: &[u8], what: &str| {
        fs::write(place.file(&id), bytes).unwrap();
        let answer = read(&vault, &id, &text);
        assert!(matches!(answer, Err(VaultError::Damaged { .. })), "{what}: {answer:?}");
    };

    // Every byte, one bit of it; every length; every two chunks.
    for i in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[i] ^= 1 << (i % 8);
        bad(&bytes, &format!("byte {i}"));
        bad(&whole[..i], &format!("cut to {i} bytes"));
    }
    let chunk = |n: usize| body + n * stride..body + (n + 1) * stride;
    for a in 0..4 {
        for b in 0..a {
            let mut bytes = whole.clone();
            bytes[chunk(a)].copy_from_slice(&whole[chunk(b)]);
            bad(&bytes, "a chunk repeated");
            bytes[chunk(b)].copy_from_slice(&whole[chunk(a)]);
            bad(&bytes, "two chunks swapped");
        }
        let mut bytes = whole.clone();
        bytes[chunk(a)].copy_from_slice(&another[chunk(a)]);
        bad(&bytes, "a chunk of another object");
        let mut bytes = whole.clone();
        bytes.drain(chunk(a));
        bad(&bytes, "a chunk left out");
        let mut bytes = whole.clone();
        bytes.splice(body..body, whole[chunk(a)].to_vec());
        bad(&bytes, "a chunk put in");
    }
    bad(&another, "the whole file of another object");
    bad(&[&whole[..body], &another[body..]].concat(), "the chunks of another object");
    bad(&[&another[..body], &whole[body..]].concat(), "the header of another object");
    bad(&[&whole[..], &[0; 5]].concat(), "something behind its end");
    bad(&[&whole[..], &whole[body..]].concat(), "everything twice");

    // Any other damage.
    let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
    let many = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..20);
    runner
        .run(&many, |changes| {
            let mut bytes = whole.clone();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            prop_assume!(bytes != whole);
            bad(&bytes, "many bytes");
            Ok(())
        })
        .unwrap();
    fs::write(place.file(&id), &whole).unwrap();
    read(&vault, &id, &text).unwrap();
}

/// The rows: a wrapped key in the place of another's, an hour that is another.
#[test]
fn keys_fit_only_where_they_were() {
    let place = Place::new();
    let vault = place.open();
    let a = object(&vault, "2026-11-22T20:00:00Z", SIZE, b"a");
    let b = object(&vault, "2026-11-22T20:00:00Z", SIZE, b"b");
    let c = object(&vault, "2026-11-22T21:00:00Z", SIZE, b"c");
    let kept = ObjectId::random().unwrap();
    vault.keep_copy(&a, "evidence", &kept, &[]).unwrap();
    let index = rusqlite::Connection::open(place.path().join("index.db")).unwrap();
    let with = |change: &str, id: &ObjectId| {
        index.execute_batch(&format!("SAVEPOINT s; {change}; RELEASE s")).unwrap();
        vault
            .read(id)
            .err()
            .map(|e| matches!(e, VaultError::Damaged { .. } | VaultError::Missing(_)))
    };
    let wrapped = |id: &ObjectId| -> Vec<u8> {
        index
            .query_row("SELECT wrapped_key FROM recording WHERE id = ?1", [id.to_string()], |r| {
                r.get(0)
            })
            .unwrap()
    };
    let (of_a, of_b) = (wrapped(&a), wrapped(&b));
    let hex = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let set = |key: &[u8], id: &ObjectId| {
        format!("UPDATE recording SET wrapped_key = x'{}' WHERE id = '{id}'", hex(key))
    };
    assert_eq!(with(&set(&of_b, &a), &a), Some(true), "another object's key");
    assert_eq!(with(&set(&of_a, &a), &a), None, "its own");
    let hour =
        |h: &str, id: &ObjectId| format!("UPDATE recording SET hour = '{h}' WHERE id = '{id}'");
    assert_eq!(with(&hour("2026-11-22T21", &a), &a), Some(true), "another hour");
    assert_eq!(with(&hour("2026-11-22T20", &a), &a), None);
    for n in [0, 35, 71] {
        let mut key = of_a.clone();
        key[n] ^= 1;
        assert_eq!(with(&set(&key, &a), &a), Some(true), "byte {n} of its key");
    }
    assert_eq!(with(&set(&[], &a), &a), Some(true), "no key");
    let moved = format!("UPDATE evidence SET id = '{b}x' WHERE id = 'none'");
    assert_eq!(with(&moved, &kept), None);
    assert_eq!(content(&vault, &c).unwrap(), b"c");

    // The keys of two hours swapped, by somebody who can write to `hours.db`.
    let hours = rusqlite::Connection::open(place.path().join("hours.db")).unwrap();
    hours
        .execute_batch(
            "CREATE TEMP TABLE old AS SELECT * FROM hour_key;
             UPDATE hour_key SET wrapped_key = (SELECT wrapped_key FROM old WHERE old.hour <> hour_key.hour)",
        )
        .unwrap();
    assert!(matches!(vault.read(&c), Err(VaultError::Root(_))));
    assert_eq!(content(&vault, &kept).unwrap(), b"a", "a copy does not depend on hours");
}
