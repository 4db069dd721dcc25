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
        let (codes, exit) = check(schema, sounds, fence(page, "toml bad"));
        assert_eq!(codes, [code.to_string()], "the bad example of {code}");
        let expected = i32::from(code.severity() == frist_register::Severity::Error);
        assert_eq!(exit, expected, "the bad example of {code}");
        let (codes, exit) = check(schema, sounds, fence(page, "toml good"));
        assert!(codes.is_empty(), "the good example of {code} gives {codes:?}");
        assert_eq!(exit, 0, "the good example of {code}");
    }
    assert_eq!(tried, 6);
}
