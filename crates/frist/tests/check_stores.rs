//! The pages of the codes that only a store can tell: their examples, with a real database.

use std::fs;
use std::process::Command;

const PARTS: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }
"#;
const ACTIVITY: &str = r#"
[[activity]]
id = "billing"
title = { da = "Fakturering", en = "Billing" }
measures = ["access"]
obligation = { da = "Uden oplysningerne kan vi ikke levere", en = "Without the data we cannot supply" }

[[activity.purpose]]
id = "invoicing"
text = { da = "At opkræve betaling", en = "To charge for what was supplied" }
basis = "6(1)(b)"
"#;

const CALLS: &str = "CREATE TABLE call (call_id INTEGER PRIMARY KEY, ended_at TIMESTAMP, given_at TIMESTAMP, withdrawn_at TIMESTAMP);";

fn fence<'p>(page: &'p str, kind: &str) -> &'p str {
    let start = format!("```{kind}\n");
    page.split(start.as_str()).nth(1).and_then(|r| r.split("```").next()).expect("the page has it")
}

/// The codes that `frist check` gives for an example, and how it ended.
fn check(schema: &str, sounds: &str, example: &str) -> (Vec<String>, i32) {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(dir.path().join("data")).expect("a folder");
    fs::create_dir_all(dir.path().join("register")).expect("a folder");
    let db = rusqlite::Connection::open(dir.path().join("data/erp.sqlite")).expect("a database");
    db.execute_batch(schema).expect("the schema");
    drop(db);
    for sound in sounds.lines() {
        wav(dir.path(), sound);
    }
    fs::write(dir.path().join("register/parts.toml"), PARTS).expect("written");
    if !example.contains("[[activity]]") {
        fs::write(dir.path().join("register/activity.toml"), ACTIVITY).expect("written");
    }
    fs::write(dir.path().join("register/example.toml"), example).expect("written");
    let out = Command::new(env!("CARGO_BIN_EXE_frist"))
        .args(["check", "--json", "-C"])
        .arg(dir.path())
        .output()
        .expect("frist runs");
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let list = said.as_array().or_else(|| said["diagnostics"].as_array()).expect("a list").clone();
    let codes = list.iter().map(|d| d["code"].as_str().expect("a code").to_owned()).collect();
    (codes, out.status.code().expect("an exit code"))
}

/// Writes a WAV file with a little silence: `prompts/a.wav 8000 Hz 1 channel`.
fn wav(dir: &std::path::Path, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |i: usize| words[i].parse::<u32>().expect("a number");
    let (rate, channels) = (number(1), number(3));
    let block = channels * 2;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + 160 * block).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend((channels as u16).to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * block).to_le_bytes());
    bytes.extend((block as u16).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((160 * block).to_le_bytes());
    bytes.resize(bytes.len() + (160 * block) as usize, 0);
    let path = dir.join(words[0]);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("written");
}

#[test]
fn the_examples_of_the_pages_hold_against_a_real_database() {
    let mut tried = 0;
    for code in frist_register::Code::ALL {
        let page = frist_register::explain(*code);
        let has = |kind: &str| page.contains(&format!("```{kind}\n"));
        if !has("sql") && !has("wav") {
            continue;
        }
        tried += 1;
        let schema = if has("sql") { fence(page, "sql") } else { CALLS };
        let sounds = if has("wav") { fence(page, "wav") } else { "" };
        // What only a document would lack is not what these pages are about.
        let about = |codes: Vec<String>| -> Vec<String> {
            codes.into_iter().filter(|c| !c.starts_with("W002")).collect()
        };
        let (codes, exit) = check(schema, sounds, fence(page, "toml bad"));
        let codes = about(codes);
        assert_eq!(codes, [code.to_string()], "the bad example of {code}");
        let expected = i32::from(code.severity() == frist_register::Severity::Error);
        assert_eq!(exit, expected, "the bad example of {code}");
        let (codes, exit) = check(schema, sounds, fence(page, "toml good"));
        let codes = about(codes);
        assert!(codes.is_empty(), "the good example of {code} gives {codes:?}");
        assert_eq!(exit, 0, "the good example of {code}");
    }
    assert_eq!(tried, 6);
}

#[test]
fn files_that_no_pattern_takes_are_named_with_their_number() {
    let dir = tempfile::tempdir().expect("a folder");
    for file in [
        "mail/2024/2024-01-02.eml",
        "mail/2024/note.txt",
        "mail/old/list.csv",
        "top.txt",
        "raw/a.bin",
    ] {
        let path = dir.path().join("files").join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, "x").expect("written");
    }
    let example = r#"
[[store]]
id = "shares"
kind = "files"
root = "files"
exempt = [{ at = "raw/**", why = { da = "maskindata", en = "machine data" } }]

[[dataset]]
id = "mail"
activity = "billing"
at = "shares/mail/{year}/{received:date}.eml"
subject = { customer = "path" }
categories = ["identity"]

[[dataset.keep]]
for = "invoicing"
from = "received"
period = "1 year"
"#;
    fs::create_dir_all(dir.path().join("register")).expect("a folder");
    fs::write(dir.path().join("register/parts.toml"), PARTS).expect("written");
    let example = format!("{ACTIVITY}{example}");
    fs::write(dir.path().join("register/example.toml"), example).expect("written");
    let out = Command::new(env!("CARGO_BIN_EXE_frist"))
        .args(["check", "-C"])
        .arg(dir.path())
        .output()
        .expect("frist runs");
    let text =
        String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{text}");
    assert!(text.contains("2 files in `mail/**` are in no data set"), "{text}");
    assert!(text.contains("a file in `*` is in no data set"), "{text}");
    assert!(!text.contains("raw/**"), "{text}");
}
