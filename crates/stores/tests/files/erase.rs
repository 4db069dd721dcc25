//! Erasing: what is gone, what stays, and what happens in between.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use frist_stores::{Store, StoreError};

use crate::support::{BY_MTIME, Case, is_root, key, put, touch, write};

#[test]
fn repeating_does_no_harm_and_gone_is_gone() {
    let mut case = Case::new("**/*.eml", BY_MTIME, |root| {
        put(root, "x/old.eml", 2020);
        put(root, "x/new.eml", 2026);
        put(root, "x/old.txt", 2020);
    });
    let keys =
        [key("x/old.eml"), key("x/new.eml"), key("x/old.txt"), key("x/never.eml"), key("y/z.eml")];
    assert_eq!(case.store.disposed(&case.bound, &keys).unwrap(), keys[3..]);
    assert_eq!(case.sweep(), ["x/old.eml"]);
    assert_eq!(case.dispose(&["x/old.eml", "x/old.eml", "x/new.eml", "x/old.txt"], &[]), [""; 0]);
    let gone = case.store.disposed(&case.bound, &keys).unwrap();
    assert_eq!(gone, [key("x/never.eml"), key("x/old.eml"), key("y/z.eml")]);
    assert!(case.has("x/new.eml") && case.has("x/old.txt") && case.has("x"));
    assert_eq!(case.store.fetch(&case.bound, &keys).unwrap().len(), 1);
}

#[test]
fn a_file_touched_between_due_and_dispose_survives() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| {
        put(root, "a.eml", 2020);
        put(root, "b.eml", 2020);
    });
    assert_eq!(case.due(&[]), ["a.eml", "b.eml"]);
    touch(&case.root().join("b.eml"), 2026);
    assert_eq!(case.dispose(&["a.eml", "b.eml"], &[]), ["a.eml"]);
    assert!(case.has("b.eml"));
}

#[test]
fn a_sidecar_goes_with_the_last_file_it_belongs_to() {
    let mut case = Case::new("*.*", BY_MTIME, |root| {
        put(root, "a.eml", 2020);
        put(root, "a.pdf", 2020);
        write(root, "a.json", "{}", 2020);
    });
    assert_eq!(case.due(&[]), ["a.eml", "a.pdf"]);
    assert_eq!(case.dispose(&["a.eml", "a.json"], &[]), ["a.eml"]);
    assert!(case.has("a.json"));
    assert_eq!(case.dispose(&["a.pdf"], &[]), ["a.pdf"]);
    assert!(!case.has("a.json"));
}

#[test]
fn json_files_without_a_file_of_their_name_are_records() {
    let mut case = Case::new("*.json", BY_MTIME, |root| {
        write(root, "a.json", "{}", 2020);
        write(root, "a.json.json", "{}", 2020);
        write(root, "b.json", "{}", 2026);
    });
    assert_eq!(case.sweep(), ["a.json"]);
    assert!(!case.has("a.json.json") && case.has("b.json"));
}

/// What a crash leaves between the two unlinkings.
#[test]
fn a_sidecar_left_behind_is_named_and_finished() {
    let dataset = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"day\"\nperiod = \"1 year\"";
    let mut case = Case::new("{day:date}.eml", dataset, |root| {
        for day in ["2020-01-01", "2026-01-01"] {
            write(root, &format!("{day}.json"), "{\"customer\": \"42\"}", 2020);
        }
    });
    assert!(case.advice().iter().any(|a| a.starts_with("2 files") && a.contains("JSON")));
    let hold =
        frist_decide::HoldScope::Field { field: "customer".into(), values: vec!["42".into()] };
    assert_eq!(case.dispose(&["2020-01-01.eml"], &[hold]), [""; 0]);
    assert!(case.has("2020-01-01.json"));
    let keys = [key("2020-01-01.eml"), key("2026-01-01.eml")];
    assert!(case.store.erase_again(&case.bound, &keys).unwrap().is_empty());
    assert!(case.has("2020-01-01.json"));
    assert_eq!(case.dispose(&["2020-01-01.eml", "2026-01-01.eml"], &[]), [""; 0]);
    assert!(!case.has("2020-01-01.json") && case.has("2026-01-01.json"));
}

#[test]
fn a_file_with_a_further_name_stays_due_and_is_named() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| {
        put(root, "a.eml", 2020);
        put(root, "b.eml", 2020);
        fs::hard_link(root.join("a.eml"), root.join("elsewhere")).unwrap();
    });
    assert_eq!(case.sweep(), ["b.eml"]);
    assert_eq!(case.due(&[]), ["a.eml"]);
    assert!(case.store.erase_again(&case.bound, &[key("a.eml")]).unwrap().is_empty());
    assert!(case.has("a.eml"));
    assert!(case.advice().iter().any(|a| a.starts_with("1 files") && a.contains("hard links")));
    fs::remove_file(case.root().join("elsewhere")).unwrap();
    assert_eq!(case.sweep(), ["a.eml"]);
    assert_eq!(case.advice(), [""; 0]);
}

#[test]
fn replay_erases_whatever_the_rule_says_but_nothing_else() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| {
        put(root, "new.eml", 2026);
        write(root, "new.eml.json", "{}", 2026);
        put(root, "note.txt", 2020);
    });
    let keys = [key("new.eml"), key("note.txt"), key("../root/new.eml"), key("gone.eml")];
    assert_eq!(case.store.erase_again(&case.bound, &keys).unwrap(), [key("new.eml")]);
    assert!(!case.has("new.eml") && !case.has("new.eml.json") && case.has("note.txt"));
}

#[test]
fn what_a_crash_left_of_a_replayed_file_goes_whatever_the_rule_says() {
    let mut case = Case::new("*.eml", BY_MTIME, |root| {
        put(root, "whole.eml", 2026);
        write(root, "whole.eml.json", "{}", 2026);
        put(root, "half.eml", 2026);
        write(root, "half.eml.json", "{}", 2026);
    });
    fs::remove_file(case.root().join("half.eml")).unwrap();
    let keys = [key("whole.eml"), key("half.eml")];
    assert!(case.store.disposed(&case.bound, &keys).unwrap().is_empty());
    case.store.finish_again(&case.bound, &keys).unwrap();
    assert!(case.has("whole.eml") && case.has("whole.eml.json") && !case.has("half.eml.json"));
    assert_eq!(case.store.disposed(&case.bound, &keys).unwrap(), [key("half.eml")]);
}

#[test]
fn a_folder_without_rights_does_not_stop_the_others() {
    if is_root() {
        eprintln!("skipped: no permission stops root");
        return;
    }
    let mut case = Case::new("*/*.eml", BY_MTIME, |root| {
        put(root, "a/1.eml", 2020);
        put(root, "b/1.eml", 2020);
    });
    let (a, b) = (case.root().join("a"), case.root().join("b"));
    let rights = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    rights(&a, 0o500);
    assert_eq!(case.sweep(), ["b/1.eml"]);
    let error = case.try_dispose(&["a/1.eml"], &[]).unwrap_err();
    assert!(matches!(error, StoreError::Refused { transient: false, .. }), "{error}");
    assert!(case.has("a/1.eml"));
    // What cannot be read cannot be counted: an error, not a zero.
    rights(&b, 0o000);
    let compiled = case.compiled(&[]);
    assert!(case.store.count_due(&case.bound, &compiled).is_err());
    assert!(case.store.total(&case.bound, u64::MAX >> 1).is_err());
    rights(&a, 0o700);
    rights(&b, 0o700);
    assert_eq!(case.sweep(), ["a/1.eml"]);
}

/// `chattr +i`, taken back when the test is over.
struct Immutable(std::path::PathBuf);

impl Immutable {
    fn set(path: std::path::PathBuf) -> Option<Self> {
        let done = std::process::Command::new("chattr").arg("+i").arg(&path).output();
        done.is_ok_and(|o| o.status.success()).then(|| Self(path))
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = std::process::Command::new("chattr").arg("-i").arg(&self.0).output();
    }
}

/// Not even root may unlink these: what cannot go is not said to be gone, and the others go.
#[test]
fn a_file_or_a_folder_that_is_immutable_stays_and_is_said_to_stay() {
    let beside = "[dataset.facts]\nended = \"date\"\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"1 year\"";
    for (rule, reads_sidecar) in [(BY_MTIME, false), (beside, true)] {
        let mut case = Case::new("*/*.eml", rule, |root| {
            for path in ["a/1.eml", "a/2.eml", "b/1.eml", "c/1.eml"] {
                put(root, path, 2020);
                write(root, &format!("{path}.json"), "{\"ended\": \"2020-01-01\"}", 2020);
            }
        });
        let set = |path: &str| Immutable::set(case.root().join(path));
        let immutable = [set("a/1.eml"), set("b"), set("c/1.eml.json")];
        if immutable.iter().any(Option::is_none) {
            eprintln!("skipped: only root may make files immutable, and not on every file system");
            return;
        }
        let all = ["a/1.eml", "a/2.eml", "b/1.eml", "c/1.eml"];
        let gone = |case: &mut Case| -> Vec<&str> {
            let found = case.store.disposed(&case.bound, &all.map(key)).unwrap();
            all.into_iter().filter(|path| found.contains(&key(path))).collect()
        };
        let swept = case.try_dispose(&all, &[]);
        match reads_sidecar {
            false => assert_eq!(swept.unwrap(), ["a/2.eml"]),
            // A file is gone and its sidecar is not: the batch must be looked at again.
            true => assert!(swept.is_err() && case.store.was_cut_off()),
        }
        assert!(case.has("a/1.eml") && !case.has("a/2.eml") && case.has("b/1.eml"));
        // What stands beside a record belongs to it: it is not gone before that is gone.
        assert!(case.has("c/1.eml.json"));
        assert_eq!(case.has("c/1.eml"), !reads_sidecar);
        assert_eq!(gone(&mut case), ["a/2.eml"]);
        for path in ["a/1.eml", "b/1.eml", "c/1.eml"] {
            let error = case.try_dispose(&[path], &[]).unwrap_err();
            assert!(matches!(error, StoreError::Refused { transient: false, .. }), "{error}");
            assert!(!error.to_string().contains(path), "{error}");
        }
        assert!(case.store.erase_again(&case.bound, &[key("a/1.eml")]).is_err());
        assert_eq!(gone(&mut case), ["a/2.eml"]);
        drop(immutable);
        case.dispose(&all, &[]);
        assert_eq!(gone(&mut case), all);
        assert!(!case.has("c/1.eml.json") && !case.has("a/1.eml"));
    }
}

#[test]
fn twenty_thousand_files_are_walked_at_once() {
    let mut case = Case::new("{day:date}/*.eml", BY_MTIME, |root| {
        for day in 1..=2 {
            let folder = root.join(format!("2020-01-0{day}"));
            fs::create_dir(&folder).unwrap();
            (0..10_000).for_each(|n| fs::write(folder.join(format!("{n}.eml")), "").unwrap());
        }
    });
    touch(&case.root().join("2020-01-01/77.eml"), 2020);
    let before = std::time::Instant::now();
    let compiled = case.compiled(&[]);
    let due = case.store.due(&case.bound, &compiled, None, 1000).unwrap();
    assert_eq!(case.store.total(&case.bound, u64::MAX >> 1).unwrap(), 20_000);
    assert_eq!(due.len(), 1);
    let took = before.elapsed();
    assert!(took.as_secs() < 5, "{took:?}");
    eprintln!("20,000 files twice: {took:?}");
}
