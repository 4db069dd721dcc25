//! Copies that are kept as evidence.

use frist_vault::{EVIDENCE, ObjectId, VaultError};

use crate::support::*;

#[test]
fn a_copy_outlives_its_original() {
    let place = Place::new();
    let vault = place.open();
    vault.collection(EVIDENCE, &["matter"]).unwrap();
    let text: Vec<u8> = (0..1234_u32).map(|i| u8::try_from(i % 256).unwrap()).collect();
    let id = object(&vault, "2026-11-22T20:00:00Z", 100, &text);
    let before = vault.read(&id).unwrap().content_sha256().unwrap();
    let kept = ObjectId::random().unwrap();
    let facts = [
        ("matter".to_owned(), Some("2026-17".to_owned())),
        ("transferred_at".to_owned(), Some("2026-11-22T21:00:00Z".to_owned())),
    ];
    let sealed = vault.keep_copy(&id, EVIDENCE, &kept, &facts).unwrap();
    assert_eq!(sealed.content_sha256, before);
    assert_ne!(
        std::fs::read(place.file(&id)).unwrap()[100..200],
        std::fs::read(place.file(&kept)).unwrap()[100..200],
        "under a key of its own"
    );
    vault.destroy(&[id]).unwrap();
    drop(vault);
    let vault = place.open();
    assert_eq!(vault.recover(at("2026-11-23T00:00:00Z")).unwrap(), Default::default());
    let mut reader = vault.read(&kept).unwrap();
    assert_eq!(reader.content_sha256().unwrap(), before);
    assert_eq!(reader.header(), b"PCMA, two legs");
    assert_eq!(content(&vault, &kept).unwrap(), text);
    let known = crate::support::facts(&vault, &kept);
    assert_eq!(known["matter"].as_deref(), Some("2026-17"));
    assert_eq!(known["started_at"].as_deref(), Some("2026-11-22T20:00:00Z"));
    assert_eq!(known["ended_at"].as_deref(), Some("2026-11-22T20:00:00Z"));
    assert!(!known.contains_key("call_id"), "its own facts only");

    let again = vault.keep_copy(&kept, EVIDENCE, &kept, &[]);
    assert!(matches!(again, Err(VaultError::Taken(_))));
    assert_eq!(content(&vault, &kept).unwrap(), text);
    assert_eq!(vault.destroy(&[kept]).unwrap(), 1);
    assert!(matches!(vault.read(&kept), Err(VaultError::Gone(_))));
}

#[test]
fn what_is_not_copied() {
    let place = Place::new();
    let vault = place.open();
    let live = begin(&vault, "2026-11-22T20:00:00Z", 100);
    let done = object(&vault, "2026-11-22T20:00:00Z", 100, &[5; 500]);
    let new = ObjectId::random().unwrap();
    let copy = |from: &ObjectId, into: &str| vault.keep_copy(from, into, &new, &[]).unwrap_err();
    assert!(matches!(copy(live.id(), EVIDENCE), VaultError::Invalid(_)), "under way");
    assert!(matches!(copy(&done, "recording"), VaultError::Invalid(_)));
    assert!(matches!(copy(&done, "vault"), VaultError::Invalid(_)));
    assert!(matches!(copy(&done, "x; --"), VaultError::Invalid(_)));
    assert!(matches!(copy(&new, EVIDENCE), VaultError::Gone(_)));
    // A damaged original: no copy, not even in part.
    let mut bytes = std::fs::read(place.file(&done)).unwrap();
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    std::fs::write(place.file(&done), bytes).unwrap();
    assert!(matches!(copy(&done, EVIDENCE), VaultError::Damaged { .. }));
    assert!(vault.list(EVIDENCE, None, 9).unwrap().is_empty());
    assert!(!place.file(&new).exists());
}
