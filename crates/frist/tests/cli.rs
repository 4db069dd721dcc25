//! The program as a person runs it: the sample organisation from check to proof, and what each
//! command says and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

fn frist(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(args)
        .env_remove("FRIST_STATE")
        .env("FRIST_OPERATOR", "tester")
        .output()
        .expect("frist runs")
}

fn exit(out: &Output) -> i32 {
    out.status.code().expect("an exit code")
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(args);
    let out = frist(dir, &all);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", text(&out)))
}

/// The sample organisation as it is before its first sweep, made once; each test gets a copy.
fn sample() -> tempfile::TempDir {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let zone = frist_law::Calendar::denmark().zone;
        #[expect(clippy::disallowed_methods, reason = "a test is a face")]
        let today = jiff::Timestamp::now().to_zoned(zone).date();
        let options = frist_demo::Options { seed: 7, as_of: today, scale: 0.02 };
        frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).expect("generated");
        fs::create_dir(dir.path().join("register")).expect("a folder");
        for (name, text) in frist_demo::REGISTER {
            fs::write(dir.path().join("register").join(name), text).expect("written");
        }
        dir
    });
    let copy = tempfile::tempdir().expect("a folder");
    let done = Command::new("cp").arg("-a").arg(made.path().join(".")).arg(copy.path()).status();
    assert!(done.expect("cp runs").success());
    copy
}

fn due(plan: &Value, dataset: &str) -> u64 {
    let items = plan["items"].as_array().or_else(|| plan["datasets"].as_array()).expect("items");
    let item = items.iter().find(|i| i["dataset"] == dataset).expect("the data set");
    item["due"].as_u64().expect("a number")
}

/// Plans, approves as somebody else, sweeps; gives the report.
fn sweep(dir: &Path) -> Value {
    let plan = json(dir, &["plan"]);
    let id = plan["id"].as_str().expect("an id");
    let refused = frist(dir, &["sweep", id, "--yes"]);
    assert_eq!(exit(&refused), 4, "{}", text(&refused));
    let same = frist(dir, &["approve", id, "--yes"]);
    assert_eq!(exit(&same), 4, "the same person: {}", text(&same));
    let other = frist(dir, &["--as", "another", "approve", id, "--yes"]);
    assert_eq!(exit(&other), 0, "{}", text(&other));
    json(dir, &["sweep", id, "--yes"])
}

#[test]
fn the_demo_runs_from_check_to_proof_and_ends_well() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = frist(dir.path(), &["demo", "org", "--yes", "--scale", "0.02"]);
    let said = text(&out);
    assert_eq!(exit(&out), 0, "{said}");
    for words in [
        "in order",
        "needs approval",
        "duty to keep",
        "records gone, and the stores were asked again",
        "held by sag-2026-17",
        "valid: a receipt",
        "does not verify",
    ] {
        assert!(said.contains(words), "`{words}` is missing in:\n{said}");
    }
    assert!(said.contains("; now 0."), "the erased address is still in the bytes:\n{said}");
    let svg = fs::read_to_string(dir.path().join("org/horizon.svg")).expect("the picture");
    assert!(svg.starts_with("<svg") && svg.contains("<rect"));
    let again = frist(dir.path(), &["demo", "org", "--yes"]);
    assert_eq!(exit(&again), 3, "a folder in use is left alone: {}", text(&again));
}

#[test]
fn a_folder_without_a_register_is_left_as_it_was_and_one_is_told_how_to_begin() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = frist(dir.path(), &["serve", "--setup", "--listen", "127.0.0.1:0"]);
    assert_eq!(exit(&out), 3, "{}", text(&out));
    for way in ["frist init", "frist serve --setup --sample"] {
        assert!(text(&out).contains(way), "{}", text(&out));
    }
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 0, "nothing was made");
    // The sample is built over nothing that is there.
    fs::write(dir.path().join("own.txt"), "own").expect("a file");
    let out = frist(dir.path(), &["serve", "--setup", "--sample", "--listen", "127.0.0.1:0"]);
    assert_eq!(exit(&out), 3, "{}", text(&out));
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 1);
}

#[test]
fn a_sweep_takes_what_is_due_and_leaves_proof() {
    let org = sample();
    let dir = org.path();
    let before = json(dir, &["plan", "--dataset", "complaints"]);
    let planned = due(&before, "complaints");
    assert!(planned > 0);
    let report = sweep(dir);
    assert_eq!(
        report["findings"].as_array().map(|f| f.iter().filter(|f| f["alarm"] == true).count()),
        Some(0)
    );
    let complaints = report["datasets"]
        .as_array()
        .expect("data sets")
        .iter()
        .find(|d| d["dataset"] == "complaints");
    assert_eq!(complaints.expect("complaints")["done"], planned);
    let status = json(dir, &["status"]);
    assert_eq!(due(&status, "complaints"), 0);
    assert_eq!(status["open_batches"], 0);

    let evidence = dir.join("evidence.txt");
    let file = evidence.to_str().expect("UTF-8");
    assert_eq!(exit(&frist(dir, &["evidence", "-o", file])), 0);
    let key = dir.join(".frist/ledger.pub");
    let key = key.to_str().expect("UTF-8");
    // From another folder, with nothing but the file and the key.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let verified = json(elsewhere.path(), &["verify", file, "--key", key]);
    let done: u64 = report["datasets"]
        .as_array()
        .expect("data sets")
        .iter()
        .filter_map(|d| d["done"].as_u64())
        .sum();
    assert_eq!(verified["records"], done);

    let mut bytes = fs::read(&evidence).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(dir.join("forged.txt"), bytes).expect("written");
    let forged =
        frist(dir, &["verify", dir.join("forged.txt").to_str().expect("UTF-8"), "--key", key]);
    assert_eq!(exit(&forged), 1, "{}", text(&forged));
}

#[test]
fn a_held_record_survives_and_goes_after_release() {
    let org = sample();
    let dir = org.path();
    let plan = json(dir, &["plan"]);
    let shown = text(&frist(dir, &["plan", "--show", plan["id"].as_str().expect("an id")]));
    let key = shown
        .split("complaints")
        .nth(2)
        .unwrap_or(&shown)
        .split("e.g. ")
        .nth(1)
        .and_then(|s| s.split(',').next())
        .expect("a sample")
        .to_owned();
    let add = [
        "hold",
        "add",
        "sag-1",
        "--dataset",
        "complaints",
        "--key",
        &key,
        "--matter",
        "J.nr. 1",
        "--reason",
        "krav",
    ];
    assert_eq!(exit(&frist(dir, &add)), 0);
    assert_eq!(exit(&frist(dir, &add)), 3, "the same id twice");
    assert_eq!(json(dir, &["explain", "complaints", &key])["decision"], "held");
    sweep(dir);
    assert_eq!(json(dir, &["explain", "complaints", &key])["decision"], "held");
    assert_eq!(
        exit(&frist(dir, &["receipt", "complaints", &key])),
        3,
        "no receipt for what is there"
    );
    assert_eq!(exit(&frist(dir, &["hold", "release", "sag-1", "--yes"])), 0);
    assert_eq!(json(dir, &["explain", "complaints", &key])["decision"], "due");
    assert_eq!(json(dir, &["hold", "list"]), serde_json::json!([]));
    assert_eq!(json(dir, &["hold", "list", "--all"])[0]["id"], "sag-1");
}

#[test]
fn nothing_is_erased_without_a_word_and_never_for_the_future() {
    let org = sample();
    let dir = org.path();
    // Without a terminal and without --yes nobody has agreed.
    let out = frist(dir, &["sweep", "--dataset", "cctv-recordings"]);
    assert_eq!(exit(&out), 4, "{}", text(&out));
    let future = json(dir, &["plan", "--as-of", "2035-01-01"]);
    assert!(future["id"].is_string());
    let out = frist(dir, &["sweep", future["id"].as_str().expect("an id"), "--yes"]);
    assert_eq!(exit(&out), 3, "a plan for the future is not kept: {}", text(&out));
    let now = json(dir, &["plan"]);
    assert!(due(&future, "invoices") > due(&now, "invoices"));
}

#[test]
fn errors_say_what_to_do() {
    let empty = tempfile::tempdir().expect("a folder");
    for (args, code, words) in [
        (&["check"][..], 3, "frist init"),
        (&["law", "show", "dk.bogforing"], 2, "dk.bogfoering"),
        (&["check", "--explain", "E9999"], 2, "E0012"),
        (&["plan", "--as-of", "i morgen"], 3, "frist init"),
    ] {
        let out = frist(empty.path(), args);
        assert_eq!(exit(&out), code, "{args:?}: {}", text(&out));
        assert!(text(&out).contains(words), "{args:?}: {}", text(&out));
    }
    let org = sample();
    for (args, code, words) in [
        (&["plan", "--as-of", "i morgen"][..], 2, "2026-12-31"),
        (&["explain", "invoces", "1"], 2, "frist status"),
        (&["explain", "complaints", "99999999"], 3, "frist receipt"),
        (&["hold", "add", "x", "--matter", "m", "--reason", "r"], 2, "--subject"),
        (
            &["hold", "add", "x", "--matter", "m", "--reason", "r", "--subject", "alien=1"],
            2,
            "alien",
        ),
        (&["sweep", "no-such-plan", "--yes"], 3, "no-such-plan"),
    ] {
        let out = frist(org.path(), args);
        assert_eq!(exit(&out), code, "{args:?}: {}", text(&out));
        assert!(text(&out).contains(words), "{args:?}: {}", text(&out));
    }
}

#[test]
fn a_register_with_errors_is_refused_before_anything_runs() {
    let org = sample();
    let path = org.path().join("register/afregning.toml");
    let good = fs::read_to_string(&path).expect("read");
    fs::write(&path, good.replacen("6(1)(c)", "6(1)(z)", 1)).expect("written");
    for command in ["check", "plan", "sweep", "status"] {
        let out = frist(org.path(), &[command]);
        assert_eq!(exit(&out), 1, "{command}: {}", text(&out));
    }
    assert!(text(&frist(org.path(), &["check"])).contains("register/afregning.toml:"));
    fs::write(&path, b"\xff\xfe").expect("written");
    let out = frist(org.path(), &["check"]);
    assert!(exit(&out) == 1 && text(&out).contains("UTF-8"), "{}", text(&out));
}

#[test]
fn fmt_changes_layout_and_nothing_else() {
    let org = sample();
    let path = org.path().join("register/afregning.toml");
    let good = fs::read_to_string(&path).expect("read");
    assert_eq!(exit(&frist(org.path(), &["fmt", "--check"])), 0, "the sample is formatted");
    fs::write(&path, good.replace("\nid = ", "\nid   =  ")).expect("written");
    assert_eq!(exit(&frist(org.path(), &["fmt", "--check"])), 1);
    assert_eq!(exit(&frist(org.path(), &["fmt"])), 0);
    assert_eq!(fs::read_to_string(&path).expect("read"), good);
}

#[test]
fn both_languages_and_the_law_book() {
    let org = sample();
    let da = frist(org.path(), &["--lang", "da", "law", "show", "dk.tv-overvaagning"]);
    assert!(text(&da).contains("slettepligt"), "{}", text(&da));
    let all = json(org.path(), &["law", "list"]);
    assert!(all.as_array().is_some_and(|l| l.len() >= 20));
    let article = frist(org.path(), &["--lang", "da", "law", "show", "17(3)(b)"]);
    assert!(text(&article).contains("retlig forpligtelse"), "{}", text(&article));
}

#[test]
fn completions_manual_and_schema_are_there() {
    let dir = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let out = frist(dir.path(), &["completions", shell]);
        assert!(exit(&out) == 0 && text(&out).contains("horizon"));
    }
    let pages = dir.path().join("man");
    assert_eq!(exit(&frist(dir.path(), &["man", pages.to_str().expect("UTF-8")])), 0);
    assert!(pages.join("frist-sweep.1").is_file());
    let schema = frist(dir.path(), &["schema"]);
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("JSON");
    assert!(schema["$schema"].as_str().is_some_and(|s| s.contains("2020-12")));
}

#[test]
fn a_changed_register_shows_what_it_does_before_it_is_live() {
    let org = sample();
    let dir = org.path();
    assert_eq!(json(dir, &["diff"])["live"], Value::Null);
    let before = due(&json(dir, &["plan"]), "meter-readings");
    assert!(text(&frist(dir, &["diff"])).contains("unchanged"));
    let path = dir.join("register/afregning.toml");
    let old = fs::read_to_string(&path).expect("read");
    let (head, readings) = old.split_at(old.find("id = \"meter-readings\"").expect("there"));
    let shorter = readings.replacen("3 years", "2 years", 1);
    fs::write(&path, format!("{head}{shorter}")).expect("written");
    let diff = json(dir, &["diff"]);
    let effect = &diff["effects"].as_array().expect("effects")[0];
    assert_eq!(effect["dataset"], "meter-readings");
    assert_eq!(effect["before"], before);
    assert!(effect["after"].as_u64() > effect["before"].as_u64());
    assert!(diff["changes"].as_array().is_some_and(|c| !c.is_empty()));
    // Shown only: the live register is still the old one.
    assert_eq!(json(dir, &["diff"])["effects"], diff["effects"]);
    let after = due(&json(dir, &["plan"]), "meter-readings");
    assert_eq!(after, effect["after"].as_u64().expect("a number"));
    assert!(text(&frist(dir, &["diff"])).contains("unchanged"));
}

#[test]
fn what_a_restore_brings_back_is_shown_and_erased_again() {
    let org = sample();
    let dir = org.path();
    let erp = dir.join("data/erp.sqlite");
    let backup = fs::read(&erp).expect("read");
    let since = "2026-01-01";
    let report = sweep(dir);
    let done = |set: &str| {
        let sets = report["datasets"].as_array().expect("data sets");
        sets.iter().find(|d| d["dataset"] == set).expect("there")["done"]
            .as_u64()
            .expect("a number")
    };
    let erased = done("complaints");
    assert!(erased > 0);
    fs::write(&erp, backup).expect("restored");
    let look = json(dir, &["replay", "--since", since, "--dry-run"]);
    let back = |report: &Value, what: &str| {
        let sets = report["datasets"].as_array().expect("data sets");
        sets.iter().find(|d| d["dataset"] == "complaints").expect("there")[what].as_u64()
    };
    assert_eq!((back(&look, "back"), back(&look, "erased")), (Some(erased), Some(0)));
    // Without a terminal nobody has agreed; what would go is shown.
    let out = frist(dir, &["replay", "--since", since]);
    assert_eq!(exit(&out), 4, "{}", text(&out));
    assert!(text(&out).contains("complaints"), "{}", text(&out));
    let again = json(dir, &["replay", "--since", since, "--yes"]);
    assert_eq!(back(&again, "erased"), Some(erased));
    let after = json(dir, &["replay", "--since", since, "--dry-run"]);
    assert_eq!(back(&after, "back"), Some(0));
}

#[test]
fn the_unclear_are_named_with_what_is_wrong() {
    let org = sample();
    let plan = json(org.path(), &["plan"]);
    let items = plan["items"].as_array().expect("items");
    let invoices = items.iter().find(|i| i["dataset"] == "invoices").expect("invoices");
    let list = json(org.path(), &["list", "invoices", "--limit", "1000"]);
    let list = list.as_array().expect("a list");
    assert_eq!(Some(list.len() as u64), invoices["counts"]["unclear"].as_u64());
    assert!(list.iter().all(|r| r["why"].as_str().is_some_and(|w| w.contains("invoice_date"))));
    let one = frist(org.path(), &["list", "invoices", "--limit", "1"]);
    assert!(text(&one).contains("--limit"), "{}", text(&one));
}

#[test]
fn a_hold_says_what_it_covers_and_refuses_what_is_not_there() {
    let org = sample();
    let add = |more: &[&str]| {
        let mut args = vec!["hold", "add"];
        args.extend(more);
        args.extend(["--matter", "m", "--reason", "r"]);
        frist(org.path(), &args)
    };
    let wrong = add(&["a", "--dataset", "invoices", "--field", "custmer_id=4"]);
    assert!(exit(&wrong) == 2 && text(&wrong).contains("customer_id"), "{}", text(&wrong));
    let nothing = add(&["b", "--dataset", "invoices", "--key", "99999999"]);
    assert!(
        exit(&nothing) == 0 && text(&nothing).contains("nothing is covered"),
        "{}",
        text(&nothing)
    );
    let right = add(&["c", "--dataset", "complaints", "--all"]);
    assert!(text(&right).contains("all there are"), "{}", text(&right));
}

#[test]
fn a_killed_sweep_is_taken_over_at_once() {
    let org = sample();
    let dir = org.path();
    let plan = json(dir, &["plan"]);
    let id = plan["id"].as_str().expect("an id");
    assert_eq!(exit(&frist(dir, &["--as", "another", "approve", id, "--yes"])), 0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_frist"))
        .arg("-C")
        .arg(dir)
        .args(["sweep", id, "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("frist runs");
    std::thread::sleep(std::time::Duration::from_millis(250));
    let _ = child.kill();
    child.wait().expect("it ended");
    // No waiting for the dead process's turn to run out.
    let out = frist(dir, &["sweep", "--recover"]);
    assert_eq!(exit(&out), 0, "{}", text(&out));
    let status = json(dir, &["status"]);
    assert_eq!((&status["interrupted"], &status["open_batches"]), (&false.into(), &0.into()));
}

#[test]
fn a_store_that_moves_is_compared_with_where_it_was() {
    let org = sample();
    let dir = org.path();
    let before = due(&json(dir, &["plan"]), "complaints");
    assert!(before > 0);
    fs::copy(dir.join("data/erp.sqlite"), dir.join("data/moved.sqlite")).expect("copied");
    let moved = rusqlite::Connection::open(dir.join("data/moved.sqlite")).expect("a database");
    moved.execute_batch("DELETE FROM complaint").expect("emptied");
    drop(moved);
    let path = dir.join("register/controller.toml");
    let text = fs::read_to_string(&path).expect("read");
    fs::write(&path, text.replace("data/erp.sqlite", "data/moved.sqlite")).expect("written");
    let diff = json(dir, &["diff"]);
    let effects = diff["effects"].as_array().expect("effects");
    let complaints = effects.iter().find(|e| e["dataset"] == "complaints").expect("an effect");
    assert_eq!((&complaints["before"], &complaints["after"]), (&before.into(), &0.into()));
}
