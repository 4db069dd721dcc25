//! Continuous mode: what becomes due is gone within a minute, and how late is kept.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }

[[store]]
id = "calls"
kind = "sqlite"
path = "calls.sqlite"

[[activity]]
id = "support"
title = { da = "Kundeservice", en = "Customer service" }
measures = ["access"]
obligation = { da = "Frivilligt", en = "Voluntary" }

[[activity.purpose]]
id = "callback"
text = { da = "At ringe tilbage", en = "To call back" }
basis = "6(1)(b)"

[[dataset]]
id = "callbacks"
activity = "support"
at = "calls/callback"
subject = { caller = "phone" }
categories = ["contact"]
guard = { share = "100 %" }

[dataset.facts]
asked_at = "instant"

[[dataset.keep]]
for = "callback"
from = "asked_at"
period = "1 hours"
"#;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_becomes_due_is_gone_within_a_minute() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("register.toml"), REGISTER).expect("written");
    let db = Connection::open(dir.path().join("calls.sqlite")).expect("a database");
    db.execute_batch("CREATE TABLE callback (id INTEGER PRIMARY KEY, phone TEXT, asked_at TEXT)")
        .expect("a table");
    #[expect(clippy::disallowed_methods, reason = "a test is a face")]
    let now = Timestamp::now();
    let asked = |seconds: i64| {
        (now - SignedDuration::from_hours(1) + SignedDuration::from_secs(seconds))
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    };
    let add = |id: i64, at: String| {
        db.execute("INSERT INTO callback VALUES (?1, '+45 00 00 00 00', ?2)", (id, at))
            .expect("added");
    };
    // Due in some seconds, and not due for a long time.
    add(1, asked(8));
    add(2, asked(3_000));
    let child = Command::new(env!("CARGO_BIN_EXE_frist"))
        .args(["--as", "night", "-C"])
        .arg(dir.path())
        .args(["sweep", "--continuous", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("frist runs");
    let mut running = Running(child);
    let ids = || -> Vec<i64> {
        let mut rows = db.prepare("SELECT id FROM callback ORDER BY id").expect("a query");
        rows.query_map([], |r| r.get(0)).expect("rows").map(|r| r.expect("a row")).collect()
    };
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(ids(), [1, 2], "nothing early");
    // What is added while it sleeps, and is overdue already, is found too.
    add(3, asked(-60));
    let started = Instant::now();
    while ids() != [2] {
        if let Ok(Some(ended)) = running.0.try_wait() {
            panic!("it ended by itself: {ended}");
        }
        assert!(started.elapsed() < Duration::from_secs(60), "still there: {:?}", ids());
        std::thread::sleep(Duration::from_millis(200));
    }
    // The erasure is confirmed a moment after the record is gone.
    std::thread::sleep(Duration::from_secs(3));
    drop(running);
    let state = Connection::open(dir.path().join(".frist/state.sqlite")).expect("Frist's database");
    let (done, latest): (i64, i64) = state
        .query_row(
            "SELECT sum(done), max(late_max) FROM swept WHERE dataset = 'callbacks'",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .expect("kept");
    assert_eq!(done, 2);
    assert!((60..180).contains(&latest), "the lateness of the overdue one is kept: {latest} s");
}
