//! Signed notes, keys, checkpoints and inclusion proofs, against known vectors and every kind of damage.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::*;
use frist_ledger::hash::{Frontier, Hash};
use frist_ledger::note::{self, parse_keys};
use frist_ledger::*;

/// The vector of the reference implementation, golang.org/x/mod/sumdb/note.
const SKEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNED: &str = "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn the_reference_vector_comes_out_byte_for_byte() {
    let key = SigningKey::parse(SKEY).unwrap();
    assert_eq!(*key.to_text(), SKEY);
    assert_eq!(key.verifier().to_string(), VKEY);
    let note = key.sign(TEXT).unwrap();
    assert_eq!(note, format!("{TEXT}{SIGNED}"));
    let keys = [VKEY.parse().unwrap()];
    assert_eq!(note::open(&note, &keys).unwrap().0, TEXT);
}

#[test]
fn keys_in_other_forms_are_refused_and_never_quoted() {
    for bad in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumana+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcBQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
    let damaged = SKEY.replace("c74f20a3", "c74f20a4");
    let error = SigningKey::parse(&damaged).unwrap_err().to_string();
    assert!(!error.contains("AYEKFALV"), "{error}");
    assert!(SigningKey::parse(VKEY).is_err());
    assert!(!format!("{:?}", SigningKey::parse(SKEY).unwrap()).contains("AYEKFALV"));
    assert!(SigningKey::from_seed("has space", &[1; 32]).is_err());
    assert!(SigningKey::from_seed("", &[1; 32]).is_err());
}

#[test]
fn a_key_file_may_have_comments_and_several_keys() {
    let other = signing_key().verifier().to_string();
    let keys = parse_keys(&format!("# the log's keys\n\n{VKEY}\n{other}\r\n")).unwrap();
    assert_eq!(keys.iter().map(VerifierKey::to_string).collect::<Vec<_>>(), [VKEY, &other]);
    assert!(parse_keys("# none\n").is_err());
    assert!(parse_keys("nonsense\n").is_err());
}

#[test]
fn signatures_by_unknown_keys_are_ignored_but_one_known_must_hold() {
    let own = SigningKey::parse(SKEY).unwrap();
    let stranger = SigningKey::from_seed("witness.example", &[3; 32]).unwrap();
    let line = |note: String| note.rsplit_once("\n\n").unwrap().1.to_owned();
    let both = own.sign(TEXT).unwrap() + &line(stranger.sign(TEXT).unwrap());
    assert!(note::open(&both, &[own.verifier()]).is_ok());
    assert!(note::open(&both, &[stranger.verifier()]).is_ok());
    assert_eq!(note::open(&both, &[own.verifier(), stranger.verifier()]).unwrap().1.len(), 2);
    assert!(matches!(note::open(&both, &[]), Err(Error::UnknownSigner { .. })));
    assert!(matches!(note::open(&both, &keys()), Err(Error::UnknownSigner { .. })));
    // A known key's signature that does not fit spoils the note, whatever else signed it.
    let spoiled = own.sign(TEXT).unwrap() + &line(stranger.sign("something else\n").unwrap());
    assert!(note::open(&spoiled, &[own.verifier()]).is_ok());
    let both_known = [own.verifier(), stranger.verifier()];
    assert!(matches!(note::open(&spoiled, &both_known), Err(Error::BadSignature { .. })));
    // The same name with another key is another key.
    let namesake = SigningKey::from_seed("PeterNeumann", &[3; 32]).unwrap().verifier();
    assert!(matches!(
        note::open(&own.sign(TEXT).unwrap(), &[namesake]),
        Err(Error::UnknownSigner { .. })
    ));
}

#[test]
fn notes_in_other_forms_are_refused() {
    let note = format!("{TEXT}{SIGNED}");
    let keys = [VKEY.parse().unwrap()];
    for bad in [
        TEXT.to_owned(),
        note.trim_end().to_owned(),
        note.replace("\n\n", "\n"),
        note.replace("— Peter", "- Peter"),
        note.replace("— Peter", "—  Peter"),
        note.replace("cryptography", "crypto\tgraphy"),
        note.replace('\n', "\r\n"),
        format!("{note}\n"),
        format!("{note}something\n"),
        note.replace("x08g", "x08"),
        format!("{TEXT}\n"),
        format!("{TEXT}\n— PeterNeumann x08gow==\n"),
        String::new(),
    ] {
        assert!(note::open(&bad, &keys).is_err(), "{bad:?}");
    }
    assert!(SigningKey::parse(SKEY).unwrap().sign("no newline").is_err());
    assert!(SigningKey::parse(SKEY).unwrap().sign("tab\there\n").is_err());
}

#[test]
fn checkpoints_read_as_the_specification_has_them() {
    let key = signing_key();
    let log = Log::small();
    let text = log.checkpoint(7);
    let expected = format!("{ORIGIN}\n7\n{}\n\n— {ORIGIN} ", log.frontier(7).root().to_base64());
    assert!(text.starts_with(&expected), "{text}");
    let checkpoint = Checkpoint::open(&text, &keys()).unwrap();
    assert_eq!(
        checkpoint,
        Checkpoint { origin: ORIGIN.into(), size: 7, root: log.frontier(7).root() }
    );
    let empty =
        Checkpoint::open(&Checkpoint::sign(&key, &Frontier::new()).unwrap(), &keys()).unwrap();
    assert_eq!((empty.size, empty.root), (0, Hash::EMPTY));
    let root = Hash::EMPTY.to_base64();
    let extended = key.sign(&format!("{ORIGIN}\n0\n{root}\nextension\n")).unwrap();
    assert!(Checkpoint::open(&extended, &keys()).is_ok());
    for bad in [
        format!("{ORIGIN}\n00\n{root}\n"),
        format!("{ORIGIN}\n+0\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n0\n{}\n", &root[4..]),
        format!("{ORIGIN}\n0\n"),
        format!("{ORIGIN}\n0\n{root}\n\nx\n"),
        format!("\n{ORIGIN}\n0\n{root}\n"),
        format!("another.example/log\n0\n{root}\n"),
    ] {
        assert!(Checkpoint::open(&key.sign(&bad).unwrap(), &keys()).is_err(), "{bad:?}");
    }
}

#[test]
fn a_bit_anywhere_in_a_checkpoint_is_found() {
    let text = Log::small().checkpoint(5);
    for (bit, changed) in flips(text.as_bytes()) {
        let found = verify(&changed[..], &keys(), None);
        assert!(found.is_err(), "bit {bit} changed unseen");
    }
}

#[test]
fn proofs_come_back_and_prove_one_entry_only() {
    let log = Log::small();
    for index in 0..7 {
        for extra in [None, Some(b"context".to_vec())] {
            let proof = Proof { extra, ..log.proof(index, 7) };
            assert_eq!(Proof::parse(&proof.to_text()).unwrap(), proof);
            for (other, entry) in log.entries.iter().enumerate() {
                assert_eq!(proof.verify(entry, &keys()).is_ok(), other == index);
            }
        }
    }
    let text = log.proof(2, 7).to_text();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 2\n"), "{text}");
    for bad in [
        text.replace("@v1", "@v2"),
        text.replace("index 2", "index 02"),
        text.replace("index 2", "index -2"),
        text.replace("index 2\n", ""),
        text.replace("index 2\n", "index 2\nextra AAAA\n"),
        text.replace("\n\n", "\n"),
        text.replacen("=\n", "\n", 1),
    ] {
        assert!(Proof::parse(&bad).is_err(), "{bad}");
    }
}
