//! `frist case` as a caseworker runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
address = "Havnegade 1"
email = "post@nordkyst.example"
"#;

fn org() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("register.toml"), REGISTER).expect("written");
    dir
}

fn frist(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .env_remove("FRIST_STATE")
        .env_remove("FRIST_LANG")
        .env("FRIST_OPERATOR", "anna")
        .output()
        .expect("frist runs")
}

fn run(dir: &Path, args: &[&str], exit: i32) -> String {
    let out = frist(dir, args);
    let said =
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(exit), "{args:?}: {said}");
    said
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(args);
    serde_json::from_slice(&frist(dir, &all).stdout).expect("JSON")
}

/// The day so many days before today, in Denmark.
fn ago(days: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "a test is a face")]
    let now = jiff::Timestamp::now();
    let today = now.to_zoned(frist_law::Calendar::denmark().zone).date();
    today.checked_sub(jiff::Span::new().days(days)).expect("a day").to_string()
}

#[test]
fn a_request_from_receipt_to_answer() {
    let org = org();
    let dir = org.path();
    fs::write(dir.join("brev.txt"), "Slet mig").expect("written");
    let letter = dir.join("brev.txt").display().to_string();
    let opened = run(
        dir,
        &[
            "case",
            "open",
            "--right",
            "erasure",
            "--received",
            &ago(3),
            "--name",
            "Ida Holm",
            "--email",
            "ida@example.dk",
            "--id",
            "customer=4711",
            "--letter",
            &letter,
        ],
        0,
    );
    assert!(opened.contains("R-") && opened.contains("(erasure, Art. 17)"), "{opened}");
    let list = json(dir, &["case", "list"]);
    let number = list["cases"][0]["number"].as_str().expect("a number").to_owned();
    assert!(!list.to_string().contains("Ida"), "no name for programs that count: {list}");
    let receipt = run(dir, &["case", "letter", &number], 0);
    assert!(receipt.contains("Ida Holm") && receipt.contains(&number), "{receipt}");

    // What is not possible says what is; nothing is changed.
    let not = run(dir, &["case", "answer", &number], 1);
    assert!(not.contains("nothing is decided yet") && not.contains("now possible: "), "{not}");
    run(dir, &["case", "identity", "ask", &number, "--reason", "ukendt adresse"], 0);
    let waits = run(dir, &["case", "list"], 0);
    assert!(waits.contains("waits for identity") && waits.contains("days left"), "{waits}");
    run(dir, &["case", "identity", "known", &number, "--how", "kundenummer"], 0);
    // Somebody who looked at it before that is told.
    let told = run(dir, &["case", "extend", &number, "--seen", "1", "--reason", "mange"], 3);
    assert!(told.contains("was changed by anna meanwhile"), "{told}");
    run(dir, &["case", "extend", &number, "--reason", "mange systemer"], 0);
    let once = run(dir, &["case", "extend", &number, "--reason", "igen"], 1);
    assert!(once.contains("possible once"), "{once}");
    run(dir, &["case", "note", &number, "ringede"], 0);
    run(dir, &["case", "refuse", &number, "--reason", "Bogføringslovens § 12"], 0);
    run(dir, &["case", "answer", &number], 0);
    let refusal = run(dir, &["case", "letter", &number, "refused"], 0);
    assert!(refusal.contains("Bogføringslovens § 12") && refusal.contains("Datatilsynet"));
    let log = json(dir, &["case", "log", &number]);
    let steps: Vec<_> = log.as_array().expect("a list").iter().map(|s| &s["step"]).collect();
    assert_eq!(
        steps,
        [
            "opened",
            "receipt",
            "identity-asked",
            "identity-known",
            "extended",
            "noted",
            "decided",
            "answered",
            "closed"
        ]
    );
    assert!(run(dir, &["case", "list"], 0).contains("no such cases"));
    let all = run(dir, &["--lang", "da", "case", "list", "--all"], 0);
    assert!(all.contains("lukket") && all.contains("sletning"), "{all}");
    // The ledger that was published is whole, and tells of no person.
    run(dir, &["evidence", "--out", &dir.join("e.frist").display().to_string()], 0);
    let key = dir.join(".frist/ledger.pub").display().to_string();
    let evidence = fs::read_to_string(dir.join("e.frist")).expect("the evidence");
    assert!(evidence.contains(r#""step":"extended""#) && !evidence.contains("Ida"), "{evidence}");
    run(dir, &["verify", &dir.join("e.frist").display().to_string(), "--key", &key], 0);
}

#[test]
fn lateness_is_seen_in_list_and_status() {
    let org = org();
    let dir = org.path();
    for (days, name) in [(3, "Ida Holm"), (60, "Bo Berg"), (27, "Per Dam")] {
        let day = ago(days);
        run(dir, &["case", "open", "--right", "access", "--received", &day, "--name", name], 0);
    }
    let list = run(dir, &["case", "list"], 1);
    let at = |name: &str| list.find(name).unwrap_or_else(|| panic!("{name}: {list}"));
    assert!(at("Bo Berg") < at("Per Dam") && at("Per Dam") < at("Ida Holm"), "{list}");
    assert!(list.contains("days late") && list.contains("3 open, 1 late"), "{list}");
    let urgent = run(dir, &["case", "list", "--urgent"], 1);
    assert!(urgent.contains("Bo Berg") && !urgent.contains("Ida Holm"), "{urgent}");
    let status = run(dir, &["status"], 1);
    assert!(status.contains("cases: 3 open, 1 late"), "{status}");
    assert_eq!(json(dir, &["status"])["cases"]["late"], 1);
    // Also while the register is being changed and has errors: time runs all the same.
    fs::write(dir.join("register.toml"), format!("{REGISTER}\nnavn = 1\n")).expect("written");
    assert!(run(dir, &["case", "list"], 1).contains("Bo Berg"));
}

#[test]
fn a_form_gives_a_request_as_json() {
    let org = org();
    let dir = org.path();
    let open = |form: &str, exit: i32| {
        fs::write(dir.join("form.json"), form).expect("written");
        run(dir, &["case", "open", "--from", &dir.join("form.json").display().to_string()], exit)
    };
    let opened = open(
        r#"{"right": "objection", "marketing": true, "name": "Per Dam", "id": {"customer": "9"}, "language": "en"}"#,
        0,
    );
    assert!(opened.contains("objection to marketing"), "{opened}");
    // What is wrong is said without repeating what the person wrote.
    for (form, said) in [
        (r#"{"right": "sletning", "name": "Per Dam"}"#, "unknown right"),
        (r#"{"right": "access", "name": "Per Dam", "cpr": "0101011234"}"#, "unknown field `cpr`"),
        (r#"{"right": "access", "name": ["Per Dam"]}"#, "not JSON of the right shape"),
        (r#"{"right": "access"}"#, "missing field `name`"),
        (r#"{"right": "access", "name": " "}"#, "say who asks"),
        (r#"{"right": "access", "name": "Per Dam", "received": "2999-01-01"}"#, "in the future"),
    ] {
        let told = open(form, 2);
        assert!(told.contains(said) && !told.contains("Per Dam"), "{told}");
        assert!(!told.contains("0101011234"), "{told}");
    }
    assert_eq!(json(dir, &["case", "list"])["open"], 1);
}

#[test]
fn every_sweep_erases_closed_cases_whose_time_is_up() {
    let org = org();
    let dir = org.path();
    for name in ["Ida Holm", "Bo Berg"] {
        run(dir, &["case", "open", "--right", "access", "--received", &ago(3), "--name", name], 0);
    }
    let list = json(dir, &["case", "list"]);
    let number = list["cases"][0]["number"].as_str().expect("a number").to_owned();
    run(dir, &["case", "withdraw", &number, "--how", "ringede"], 0);
    run(dir, &["sweep"], 0);
    let all = json(dir, &["case", "list", "--all"]);
    assert_eq!(all["cases"].as_array().map(Vec::len), Some(2), "its time is not up: {all}");
    // As if it had been closed five years and a day ago.
    let state = dir.join(".frist/state.sqlite");
    let db = rusqlite::Connection::open(&state).expect("the database");
    let day = 86_400_000_000_i64;
    let sql = "UPDATE cases SET closed_at = closed_at - ?1 WHERE closed_at IS NOT NULL";
    assert_eq!(db.execute(sql, [day * 1_828]).expect("changed"), 1);
    drop(db);
    assert!(run(dir, &["case", "tidy", "--dry-run"], 0).contains(&number));
    let swept = run(dir, &["sweep"], 0);
    assert!(
        swept.contains("1 closed case whose time was up") && swept.contains(&number),
        "{swept}"
    );
    let left = fs::read(&state).expect("the file");
    let has = |name: &str| left.windows(name.len()).any(|w| w == name.as_bytes());
    assert!(has("Bo Berg") && !has("Ida Holm"));
    assert!(run(dir, &["case", "log", &number], 3).contains("there is no case"));
}
