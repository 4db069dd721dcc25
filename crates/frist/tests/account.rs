//! Inquiries, breaches, attestations and the evidence bundle, as a person runs them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn frist(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .env_remove("FRIST_STATE")
        .env("FRIST_OPERATOR", "dpo")
        .output()
        .expect("frist runs")
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Runs it, wants this exit code, and gives what it said.
fn run(dir: &Path, code: i32, args: &[&str]) -> String {
    let out = frist(dir, args);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out));
    text(&out)
}

fn json(dir: &Path, code: i32, args: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(args);
    let out = frist(dir, &all);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out));
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", text(&out)))
}

const GUIDELINE: &str = r#"
[[guideline]]
id = "slet-selv"
version = "VERSION"
title = { da = "Slet selv", en = "What to delete yourself" }
text = { da = "Slet e-mails uden betydning med det samme.", en = "Delete e-mail without importance at once." }
who = { da = "Alle medarbejdere", en = "All staff" }
"#;

fn guideline(dir: &Path, version: &str) {
    let path = dir.join("register/retningslinjer.toml");
    fs::write(path, GUIDELINE.replace("VERSION", version)).expect("written");
}

/// The sample organisation, before its first sweep.
fn sample() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let zone = frist_law::Calendar::denmark().zone;
    #[expect(clippy::disallowed_methods, reason = "a test is a face")]
    let today = jiff::Timestamp::now().to_zoned(zone).date();
    let options = frist_demo::Options { seed: 7, as_of: today, scale: 0.01 };
    frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).expect("generated");
    fs::create_dir(dir.path().join("register")).expect("a folder");
    for (name, text) in frist_demo::REGISTER {
        fs::write(dir.path().join("register").join(name), text).expect("written");
    }
    guideline(dir.path(), "1");
    dir
}

#[test]
fn what_an_authority_asks_for_from_the_letter_to_the_sealed_bundle() {
    let org = sample();
    let dir = org.path();

    // An inquiry: the deadline as the authority set it, answers with documents, sent, decided.
    let open =
        ["inquiry", "open", "--about", "Optagelse af samtaler", "--reference", "2026-32-0001"];
    let said = run(dir, 2, &open);
    assert!(said.contains("needs one deadline"), "{said}");
    let received = ["--received", "2021-07-06", "--within", "4 weeks", "--question", "Hvorfor?"];
    let opened = json(dir, 0, &[&open[..], &received[..]].concat());
    assert_eq!((&opened["case"], &opened["next"]), (&"T-2021-0001".into(), &"2021-08-03".into()));
    let listed = run(dir, 1, &["inquiry", "list"]);
    assert!(listed.contains("late"), "{listed}");
    fs::write(dir.join("bilag.pdf"), b"%PDF-").expect("written");
    let number = "T-2021-0001";
    let bilag = dir.join("bilag.pdf").display().to_string();
    run(dir, 2, &["inquiry", "send", number]);
    run(dir, 0, &["inquiry", "answer", number, "1", "--text", "Samtykke.", "--document", &bilag]);
    run(dir, 0, &["--lang", "da", "inquiry", "send", number, "--signed", "Karen Holm"]);
    let shown = json(dir, 0, &["inquiry", "show", number]);
    assert_eq!(shown["status"], "answered");
    assert_eq!(shown["sent"][0]["questions"], serde_json::json!([1]));
    let papers = dir.join("papers");
    run(dir, 0, &["inquiry", "papers", number, "--out", &papers.display().to_string()]);
    let mut letter = fs::read_dir(&papers).expect("papers").map(|e| e.expect("one").path());
    let letter = letter.find(|p| p.extension().is_some_and(|e| e == "html"));
    let letter = fs::read_to_string(letter.expect("a letter")).expect("read");
    assert!(letter.contains("2026-32-0001") && letter.contains("Samtykke."), "{letter}");
    let close =
        ["inquiry", "close", number, "--outcome", "serious-criticism", "--outcome", "order"];
    run(dir, 2, &close);
    run(dir, 0, &[&close[..], &["--follow-up", "2030-12-20: stop optagelsen"]].concat());
    assert_eq!(json(dir, 0, &["inquiry", "list"])[0]["status"], "follow-up");
    run(dir, 0, &["inquiry", "follow-up", number, "1", "stoppet"]);
    assert_eq!(json(dir, 0, &["inquiry", "list"]), serde_json::json!([]));
    run(dir, 3, &["inquiry", "show", "T-2021-0002"]);

    // A breach: 72 hours, late only with reasons.
    let what = ["--what", "En mail gik til en forkert modtager", "--dataset", "invoices"];
    run(dir, 2, &[&["breach", "open", "--aware", "2099-01-01"], &what[..]].concat());
    let breach =
        json(dir, 0, &[&["breach", "open", "--aware", "2026-01-02T16:00"], &what[..]].concat());
    assert_eq!(breach["over"], "2026-01-05T15:00:00Z");
    run(dir, 1, &["breach", "list"]);
    let number = "B-2026-0001";
    run(dir, 2, &["breach", "notify", number]);
    run(
        dir,
        0,
        &["breach", "assess", number, "--risk", "risk", "--reason", "adresser hos fremmede"],
    );
    let refused = run(dir, 2, &["breach", "notify", number]);
    assert!(refused.contains("33(1)"), "{refused}");
    run(dir, 0, &["breach", "notify", number, "--late", "fundet i ferien", "--more"]);
    let left = run(dir, 2, &["breach", "close", number]);
    assert!(left.contains("the measures have not been described"), "{left}");

    // Guidelines: who has read them, and a new version.
    run(dir, 2, &["attest", "guideline", "slet-selv", "1", "--person", "anna"]);
    run(dir, 0, &["attest", "person", "anna", "--guideline", "slet-selv"]);
    run(dir, 0, &["attest", "person", "bo", "--since", "2020-01-01", "--left", "2021-01-01"]);
    run(dir, 1, &["attest", "missing"]);
    run(dir, 2, &["attest", "guideline", "slet-selv", "2", "--person", "anna"]);
    run(dir, 0, &["attest", "guideline", "slet-selv", "1", "--person", "anna"]);
    run(dir, 0, &["attest", "missing"]);
    guideline(dir, "2");
    let outdated = run(dir, 1, &["attest", "missing"]);
    assert!(outdated.contains("has read version 1"), "{outdated}");
    run(dir, 4, &["attest", "forget"]);
    let gone = run(dir, 0, &["attest", "forget", "--yes"]);
    assert!(gone.contains("1 person"), "{gone}");

    // The bundle: made once, verified by a stranger, and not after anything was changed.
    let out = dir.join("bundle");
    let (folder, zip) = (out.display().to_string(), dir.join("b.zip").display().to_string());
    let made = json(dir, 0, &["--lang", "da", "bundle", "--out", &folder]);
    assert_eq!(made["manifest_sha256"].as_str().map(str::len), Some(64));
    let again = run(dir, 2, &["bundle", "--out", &folder]);
    assert!(again.contains("exists already"), "{again}");
    run(dir, 0, &["bundle", "--out", &zip, "--since", "2026-01-01", "--until", "2026-06-30"]);
    run(dir, 2, &["bundle", "--out", "x", "--since", "2026-07-01", "--until", "2026-06-30"]);
    let key = dir.join(".frist/ledger.pub").display().to_string();
    let stranger = tempfile::tempdir().expect("a folder");
    for file in [&folder, &zip] {
        let said = run(stranger.path(), 0, &["verify", file, "--key", &key]);
        assert!(said.contains("valid") && said.contains("sealed"), "{said}");
    }
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    for word in
        ["T-2021-0001", "2026-32-0001", "B-2026-0001", "slet-selv", "Alvorlig kritik, Påbud"]
    {
        assert!(report.contains(word), "{word}");
    }
    let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
    fs::write(out.join("figures.json"), figures.replace("\"employed\": 1", "\"employed\": 9"))
        .expect("written");
    let said = run(stranger.path(), 1, &["verify", &folder, "--key", &key]);
    assert!(said.contains("`figures.json`: it is not what the manifest names"), "{said}");
    let json = json(stranger.path(), 1, &["verify", &folder, "--key", &key]);
    assert_eq!(
        (&json["valid"], &json["faults"][0]["part"]),
        (&false.into(), &"figures.json".into())
    );
    let mut bytes = fs::read(&zip).expect("a zip");
    bytes.truncate(bytes.len() / 2);
    fs::write(&zip, bytes).expect("written");
    let said = run(stranger.path(), 1, &["verify", &zip, "--key", &key]);
    assert!(said.contains("does not verify"), "{said}");
    let said = run(stranger.path(), 1, &["verify", &papers.display().to_string(), "--key", &key]);
    assert!(said.contains("no bundle"), "{said}");
}
