//! Facts from paths, times and sidecars, and what follows from them.

use frist_decide::{HoldScope, Outcome, Value};
use frist_law::{Cutoff, Start};
use frist_stores::{Store, StoreError};

use crate::support::{BY_MTIME, Case, key, put, write};

const BY_PATH: &str = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"received\"\nperiod = \"1 year\"";

/// A mail is kept a year from the end of its contract, which may be open.
const OPEN: &str = "facts = { ended = \"date\" }\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"1 year\"\nopen = true";

#[test]
fn a_date_in_the_path_decides() {
    let at = "mail/{mailbox}/{year}/{received:date}-{n}.eml";
    let mut case = Case::new(at, BY_PATH, |root| {
        for file in [
            "mail/info/2023/2023-05-01-1.eml",
            "mail/info/2023/2023-05-01-10.eml",
            "mail/info/2025/2025-02-28-1.eml",
            "mail/info/2025/2025-03-01-1.eml",
            "mail/info/2021/2021-02-30-1.eml",
            "mail/info/2023/ukendt-1.eml",
            "mail/info/2023/2023-05-01-1.txt",
            "mail/2023/2023-05-01-1.eml",
            "mailing/info/2023/2023-05-01-1.eml",
        ] {
            put(root, file, 2020);
        }
    });
    let expected = [
        "mail/info/2023/2023-05-01-1.eml",
        "mail/info/2023/2023-05-01-10.eml",
        "mail/info/2025/2025-02-28-1.eml",
    ];
    assert_eq!(case.due(&[]), expected);
    let census = case.store.census(&case.bound, &case.compiled(&[])).unwrap();
    assert_eq!((census.of(Outcome::Keep), census.of(Outcome::Unclear), census.total()), (1, 1, 5));

    let fields = case.store.fields(&case.bound, &key(expected[0])).unwrap().unwrap();
    let text = |name: &str| fields.iter().find(|(n, _)| n == name).unwrap().1.clone();
    assert_eq!(text("mailbox").as_deref(), Some("info"));
    assert_eq!(text("received").as_deref(), Some("2023-05-01"));
    assert_eq!(text("n").as_deref(), Some("1"));
    assert_eq!(text("mtime").as_deref(), Some("2020-01-01T00:00:00Z"));
    assert_eq!(text("size").as_deref(), Some("13"));
    assert_eq!(text("path").as_deref(), Some(expected[0]));
}

#[test]
fn the_time_of_change_and_the_size_are_facts() {
    let dataset = format!("{BY_MTIME}\nwhen = {{ size = [13] }}");
    let mut case = Case::new("*", &dataset, |root| {
        put(root, "old", 2024);
        put(root, "new", 2026);
        write(root, "other size is no ground", "x", 2026);
    });
    assert_eq!(case.due(&[]), ["old", "other size is no ground"]);
}

#[test]
fn sidecars_give_facts_and_are_no_records() {
    let mut case = Case::new("*", OPEN, |root| {
        for (name, sidecar, text) in [
            ("ended.eml", "ended.json", "{\"ended\": \"2024-01-01\"}"),
            ("full.eml", "full.eml.json", "{\"ended\": \"2024-01-01\", \"x\": [1]}"),
            ("late.eml", "late.json", "{\"ended\": \"2025-12-31\"}"),
            ("null.eml", "null.json", "{\"ended\": null}"),
            ("absent.eml", "absent.json", "{}"),
            ("broken.eml", "broken.json", "{\"ended\": "),
            ("number.eml", "number.json", "{\"ended\": 20240101}"),
        ] {
            put(root, name, 2020);
            write(root, sidecar, text, 2020);
        }
        put(root, "alone.eml", 2020);
    });
    assert_eq!(case.due(&[]), ["ended.eml", "full.eml"]);
    let census = case.store.census(&case.bound, &case.compiled(&[])).unwrap();
    // Open are those whose sidecar says so; without one nobody can say.
    assert_eq!((census.of(Outcome::Keep), census.of(Outcome::Unclear), census.total()), (3, 3, 8));
    let fetched = case.store.fetch(&case.bound, &[key("alone.eml"), key("null.eml")]).unwrap();
    assert_eq!(
        fetched.iter().map(|r| &r.facts[0]).collect::<Vec<_>>(),
        [&Value::Unreadable, &Value::Null]
    );

    assert_eq!(case.sweep(), ["ended.eml", "full.eml"]);
    for gone in ["ended.eml", "ended.json", "full.eml", "full.eml.json"] {
        assert!(!case.has(gone), "{gone}");
    }
    for kept in ["late.json", "null.json", "broken.eml", "broken.json", "alone.eml"] {
        assert!(case.has(kept), "{kept}");
    }
}

#[test]
fn a_missing_sidecar_never_says_that_a_case_is_closed() {
    // `closed = { set = false }`: kept while no closing date is there.
    let dataset = "[[dataset.keep]]\nfor = \"p\"\nwhen = { closed = { set = false } }";
    let mut case = Case::new("*.eml", dataset, |root| {
        put(root, "missing.eml", 2020);
        for (name, text) in [("open", "{}"), ("closed", "{\"closed\": \"x\"}"), ("broken", "")] {
            put(root, &format!("{name}.eml"), 2020);
            write(root, &format!("{name}.json"), text, 2020);
        }
    });
    assert_eq!(case.due(&[]), ["closed.eml"]);
    let census = case.store.census(&case.bound, &case.compiled(&[])).unwrap();
    assert_eq!(census.of(Outcome::Unclear), 2);
    assert_eq!(case.dispose(&["missing.eml", "broken.eml", "open.eml"], &[]), [""; 0]);
}

#[test]
fn a_consent_in_a_missing_sidecar_is_not_thought_given() {
    let dataset = "facts = { withdrawn = \"instant\" }\n[[dataset.keep]]\nfor = \"p\"\nuntil = \"withdrawn\"\ngiven = \"given\"";
    let mut case = Case::new("*.eml", dataset, |root| {
        put(root, "missing.eml", 2020);
        for (name, text) in [
            ("withdrawn", "{\"given\": \"x\", \"withdrawn\": \"2025-01-01T00:00:00Z\"}"),
            ("given", "{\"given\": \"x\"}"),
        ] {
            put(root, &format!("{name}.eml"), 2020);
            write(root, &format!("{name}.json"), text, 2020);
        }
    });
    assert_eq!(case.due(&[]), ["withdrawn.eml"]);
    let census = case.store.census(&case.bound, &case.compiled(&[])).unwrap();
    assert_eq!((census.of(Outcome::Unclear), census.of(Outcome::Keep)), (1, 1));
}

#[test]
fn holds_cover_keys_and_fields_and_what_nobody_can_read() {
    let field = |field: &str, value: &str| HoldScope::Field {
        field: field.into(),
        values: vec![value.into()],
    };
    let mut case = Case::new("{box}/*.eml", BY_MTIME, |root| {
        for (name, text) in [
            ("a/held", "{\"customer\": 42}"),
            ("a/text", "{\"customer\": \"42\"}"),
            ("a/other", "{\"customer\": \"43\"}"),
            ("a/nobody", "{}"),
            ("a/list", "{\"customer\": [\"42\"]}"),
            ("b/broken", "{"),
        ] {
            put(root, &format!("{name}.eml"), 2020);
            write(root, &format!("{name}.json"), text, 2020);
        }
        put(root, "b/missing.eml", 2020);
    });
    let all: Vec<String> = case.due(&[]);
    assert_eq!(all.len(), 7);
    assert_eq!(case.due(&[field("customer", "42")]), ["a/nobody.eml", "a/other.eml"]);
    assert_eq!(case.due(&[field("box", "a")]), ["b/broken.eml", "b/missing.eml"]);
    assert_eq!(case.due(&[HoldScope::All]), [""; 0]);
    assert_eq!(case.due(&[HoldScope::Keys(vec!["a/held.eml".into()])]).len(), 6);
    // A field that neither the register nor a sidecar knows may be a slip of the pen.
    assert_eq!(case.due(&[field("custommer", "42")]), [""; 0]);

    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(case.dispose(&names, &[field("customer", "42")]), ["a/nobody.eml", "a/other.eml"]);
}

#[test]
fn names_of_every_kind_are_keys() {
    let names = [
        "a b/æøå.eml",
        "a b/linje\nskift.eml",
        "a b/-rf.eml",
        "a b/'\"`$().eml",
        "a b/,\\.eml",
        "a b/.eml",
    ];
    let mut case = Case::new("a b/*.eml", BY_MTIME, |root| {
        names.iter().for_each(|n| put(root, n, 2020));
    });
    let mut expected = names.map(str::to_owned);
    expected.sort();
    assert_eq!(case.due(&[]), expected);
    for name in &expected {
        assert_eq!(case.store.parse_key(&case.bound, name).unwrap(), key(name));
    }
    assert_eq!(case.sweep(), expected);
    assert_eq!(std::fs::read_dir(case.root().join("a b")).unwrap().count(), 0);
    for text in ["../a b/x.eml", "a b/../x.eml", "/a b/x.eml", "x", "", "a b//x.eml", "a b/\0.eml"]
    {
        assert!(case.store.parse_key(&case.bound, text).is_err(), "{text:?}");
    }
}

#[test]
fn order_is_that_of_the_paths_bytes() {
    let mut files = ["a/x", "a-b/x", "a", "b/1/z", "b/1", "b.d/x", "b/0/z", "c"].to_vec();
    files.retain(|f| !matches!(*f, "a" | "b/1"));
    let mut case = Case::new("**", BY_MTIME, |root| files.iter().for_each(|f| put(root, f, 2020)));
    let mut sorted: Vec<String> = files.iter().map(|f| (*f).to_owned()).collect();
    sorted.sort();
    assert_eq!(case.due(&[]), sorted);
    let mut keys = Vec::new();
    while let [next] = &case.store.keys(&case.bound, keys.last(), 1).unwrap()[..] {
        keys.push(next.clone());
    }
    assert_eq!(keys.iter().map(frist_stores::Key::text).collect::<Vec<_>>(), sorted);
}

#[test]
fn the_earliest_beyond_a_cutoff() {
    let mut case = Case::new("{received:date}.eml", BY_PATH, |root| {
        for day in ["2020-01-01", "2025-06-01", "2025-05-01", "2025-99-01"] {
            put(root, &format!("{day}.eml"), 2020);
        }
    });
    let day = |d: &str| d.parse().unwrap();
    let mut beyond = |cutoff| case.store.earliest_beyond(&case.bound, 0, &cutoff).unwrap();
    assert_eq!(beyond(Cutoff::Date(day("2025-04-30"))), Some(Start::Date(day("2025-05-01"))));
    assert_eq!(beyond(Cutoff::Date(day("2025-05-01"))), Some(Start::Date(day("2025-06-01"))));
    assert_eq!(beyond(Cutoff::None), Some(Start::Date(day("2020-01-01"))));
    assert_eq!(beyond(Cutoff::Date(day("2026-01-01"))), None);
}

#[test]
fn a_file_that_two_patterns_take_is_unclear() {
    let second = format!(
        "[[dataset]]\nid = \"e\"\ntitle = {{ da = \"E\", en = \"E\" }}\nactivity = \"a\"\nat = \"disk/keep/*\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n{BY_MTIME}"
    );
    let mut case = Case::with("**", BY_MTIME, &second, |root| {
        put(root, "keep/both", 2020);
        put(root, "one", 2020);
    });
    assert_eq!(case.due(&[]), ["one"]);
    assert_eq!(case.dispose(&["keep/both", "one"], &[]), ["one"]);
    assert!(
        case.advice().iter().any(|a| a.starts_with("1 files") && a.contains("another data set"))
    );
}

#[test]
fn what_files_cannot_do_is_refused_at_bind() {
    let message = |dataset: &str, more: &str| Case::refused("*.eml", dataset, more).to_string();
    let anonymise = format!("then = {{ anonymise = {{ name = \"null\" }} }}\n{BY_MTIME}");
    assert!(message(&anonymise, "").contains("cannot be anonymised"));
    assert!(message(&format!("key = \"name\"\n{BY_MTIME}"), "").contains("its path"));
    let untyped = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"1 year\"";
    assert!(matches!(Case::refused("*.eml", untyped, ""), StoreError::Bind { .. }));
    let wrong = format!("facts = {{ mtime = \"date\" }}\n{BY_MTIME}");
    assert!(matches!(Case::refused("*.eml", &wrong, ""), StoreError::Bind { .. }));
    let link = format!("{BY_MTIME}\n[[dataset.link]]\nto = \"d\"\nby = \"customer\"");
    assert!(message(&link, "").contains("links"));
    for at in ["../*.eml", "a/../../*", "a//b", "{path}/*"] {
        let error = Case::refused(at, BY_MTIME, "");
        assert!(matches!(error, StoreError::Unsupported { .. }), "{at}: {error}");
    }
}

#[test]
fn the_catalogue_names_folders_only() {
    let mut case = Case::new("*", BY_MTIME, |root| {
        put(root, "mail/info/1.eml", 2020);
        write(root, "mail/info/1.json", "{}", 2020);
        put(root, "mail/2.eml", 2020);
        put(root, "[Arkiv]/1", 2020);
        put(root, "loose", 2020);
        put(root, ".frist/secret", 2020);
        std::fs::create_dir(root.join("empty")).unwrap();
    });
    let catalogue = case.store.catalogue().unwrap();
    let found: Vec<_> = catalogue.iter().map(|c| (c.name.as_str(), c.estimate.unwrap())).collect();
    assert_eq!(found, [("*", 1), ("\\[Arkiv\\]/**", 1), ("empty/**", 0), ("mail/**", 2)]);
}
