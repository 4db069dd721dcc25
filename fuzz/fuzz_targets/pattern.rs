//! A path pattern of the files store, from any text: matching a whole path and walking down the
//! folders agree, what a group takes is in the path, and an escaped name matches itself only.
#![no_main]

// The pattern is private to its store, and needs nothing of it.
#[path = "../../crates/stores/src/files/pattern.rs"]
#[allow(dead_code, reason = "not all of it is of use here")]
mod pattern;

use frist_fuzz::seeds;
use libfuzzer_sys::fuzz_target;
use pattern::{Pattern, Shape, escaped};

fuzz_target!(
    init: seeds(examples),
    |text: &str| {
        let (text, path) = text.split_once('\n').unwrap_or((text, text));
        if !path.is_empty() && !path.contains('/') && path != "." && path != ".." {
            let own = Pattern::parse(&escaped(path)).expect("an escaped name is a pattern");
            assert!(own.captures(path).is_some(), "{path}");
            assert!(own.captures(&format!("{path}x")).is_none(), "{path}");
        }
        let Ok(pattern) = Pattern::parse(text) else { return };
        // What the walk gives: real names, none empty.
        if path.split('/').any(str::is_empty) {
            return;
        }
        let found = pattern.captures(path);
        assert_eq!(found.is_some(), walked(&pattern, path), "{text} against {path}");
        for (value, (name, shape)) in found.iter().flatten().zip(pattern.groups()) {
            assert!(!value.is_empty() && !value.contains('/') && path.contains(value), "{name}");
            assert!(*shape != Shape::Date || value.len() == 10, "{name}: {value}");
        }
    }
);

/// The store's own way of matching, folder by folder.
fn walked(pattern: &Pattern, path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').map_or((None, path), |(d, f)| (Some(d), f));
    let mut states = pattern.start();
    for folder in folders.into_iter().flat_map(|d| d.split('/')) {
        states = pattern.enter(&states, folder);
    }
    pattern.ends(&states, file)
}

fn examples() -> Vec<Vec<u8>> {
    [
        "{camera}/{date:date}/*.mp4\nport/2026-03-01/0700.mp4",
        "**/{a}/**/{b}\np/q/r/s",
        "mail/**\nmail/x/y/a b.eml",
        "\\{a\\}\\*?\n{a}*æ",
        "{a}-{b}{c:date}*\n2024-01-05-3.eml",
        "*a*a*a*a*b\naaaaaaaaaaaaaaaaaaaa",
        "**/x/**/x/**/b\nx/x/x/x/x/x/x/x",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
