//! The demo as its users meet it: generated into a folder and read back from there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use frist_demo::{Defects, Error, Options, Summary, generate};
use jiff::civil::{Date, date};
use rusqlite::{Connection, types::Value};

fn options(scale: f64) -> Options {
    Options { seed: 7, as_of: date(2026, 11, 22), scale }
}

struct Demo {
    dir: tempfile::TempDir,
    summary: Summary,
}

impl Demo {
    fn new(options: &Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let summary = generate(dir.path(), options, &mut |_, _, _| ()).unwrap();
        Self { dir, summary }
    }

    fn db(&self, name: &str) -> Connection {
        Connection::open(self.dir.path().join("data").join(name)).unwrap()
    }

    fn count(&self, db: &str, sql: &str) -> u64 {
        let n: i64 = self.db(db).query_row(sql, [], |row| row.get(0)).unwrap();
        n.unsigned_abs()
    }

    /// Every file by its path below the folder.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(self.dir.path(), self.dir.path(), &mut files);
        files
    }
}

fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            let below = path.strip_prefix(root).unwrap().to_owned();
            files.insert(below, fs::read(&path).unwrap());
        }
    }
}

fn tables(db: &Connection) -> Vec<String> {
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Every row of every table.
fn dump(db: &Connection) -> Vec<(String, Vec<Value>)> {
    let mut out = Vec::new();
    for table in tables(db) {
        let mut rows = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            out.push((table.clone(), (0..columns).map(|i| row.get(i).unwrap()).collect()));
        }
    }
    out
}

#[test]
fn the_same_options_give_the_same_rows_and_bytes() {
    let (a, b) = (Demo::new(&options(0.02)), Demo::new(&options(0.02)));
    assert_eq!(a.summary, b.summary);
    for name in ["erp.sqlite", "hr.sqlite"] {
        assert!(dump(&a.db(name)) == dump(&b.db(name)), "{name} differs");
    }
    let (a, b) = (a.files(), b.files());
    assert!(a.keys().eq(b.keys()));
    for (path, bytes) in &a {
        assert!(*bytes == b[path], "{} differs", path.display());
    }
}

#[test]
fn another_seed_gives_other_people_and_files() {
    let a = Demo::new(&options(0.01));
    let b = Demo::new(&Options { seed: 8, ..options(0.01) });
    assert!(dump(&a.db("erp.sqlite")) != dump(&b.db("erp.sqlite")));
    assert!(dump(&a.db("hr.sqlite")) != dump(&b.db("hr.sqlite")));
    assert!(!a.files().keys().eq(b.files().keys()));
    let later = Demo::new(&Options { as_of: date(2027, 3, 1), ..options(0.01) });
    assert!(!a.files().keys().eq(later.files().keys()));
}

#[test]
fn every_reference_leads_somewhere() {
    let demo = Demo::new(&options(0.02));
    for name in ["erp.sqlite", "hr.sqlite"] {
        let db = demo.db(name);
        let broken: i64 = db
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |r| r.get(0))
            .unwrap();
        assert_eq!(broken, 0, "{name}");
        let sound: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
    // The check sees references at all.
    assert_eq!(
        demo.count("erp.sqlite", "SELECT count(*) FROM pragma_foreign_key_list('invoice')"),
        2
    );
    assert!(
        demo.count("hr.sqlite", "SELECT count(*) FROM employee WHERE manager_id IS NOT NULL") > 5
    );
}

#[test]
fn the_summary_counts_what_is_there() {
    let demo = Demo::new(&options(0.02));
    let mut total = 0;
    for (store, file) in [("erp", "erp.sqlite"), ("hr", "hr.sqlite")] {
        for table in tables(&demo.db(file)) {
            let rows = demo.count(file, &format!("SELECT count(*) FROM {table}"));
            assert_eq!(demo.summary.count(&format!("{store}/{table}")), Some(rows), "{table}");
            total += rows;
        }
    }
    let files = demo.files();
    let ending =
        |e: &str| files.keys().filter(|p| p.extension().is_some_and(|x| x == e)).count() as u64;
    assert_eq!(demo.summary.count("cctv"), Some(ending("mp4")));
    assert_eq!(demo.summary.count("mail"), Some(ending("eml")));
    assert_eq!(demo.summary.total(), total + ending("mp4") + ending("eml"));
}

#[test]
fn defects_are_as_many_as_promised_at_any_scale() {
    for scale in [0.000_1, 0.03] {
        let demo = Demo::new(&options(scale));
        let d = demo.summary.defects;
        assert_eq!(d, Defects::ALL);
        let dated = |condition: &str| {
            demo.count(
                "erp.sqlite",
                &format!("SELECT count(*) FROM invoice WHERE invoice_date {condition}"),
            )
        };
        assert_eq!(dated("IS NULL"), d.invoices_without_date);
        assert_eq!(dated("= '2021-02-30'"), d.invoices_with_impossible_date);
        assert_eq!(dated("= 'ukendt'"), d.invoices_with_word_for_date);
        let wrong = "SELECT count(*) FROM employee WHERE ended_on LIKE '__/__/____'";
        assert_eq!(demo.count("hr.sqlite", wrong), d.employees_with_wrong_date_format);

        let files = demo.files();
        let alone = files
            .keys()
            .filter(|p| p.extension().is_some_and(|x| x == "eml"))
            .filter(|p| !files.contains_key(&p.with_extension("json")))
            .count() as u64;
        assert_eq!(alone, d.mails_without_sidecar);
    }
}

#[test]
fn all_other_dates_are_dates_and_in_the_past() {
    let demo = Demo::new(&options(0.02));
    let as_of = options(1.0).as_of;
    let columns = [
        ("erp.sqlite", "customer", "created_at"),
        ("erp.sqlite", "customer", "relationship_ended_on"),
        ("erp.sqlite", "contract", "started_on"),
        ("erp.sqlite", "contract", "ended_on"),
        ("erp.sqlite", "invoice", "invoice_date"),
        ("erp.sqlite", "invoice", "period_to"),
        ("erp.sqlite", "invoice", "paid_on"),
        ("erp.sqlite", "meter_reading", "read_at"),
        ("erp.sqlite", "complaint", "opened_on"),
        ("erp.sqlite", "complaint", "closed_on"),
        ("erp.sqlite", "marketing_consent", "given_at"),
        ("erp.sqlite", "marketing_consent", "withdrawn_at"),
        ("hr.sqlite", "employee", "hired_on"),
        ("hr.sqlite", "employee", "ended_on"),
        ("hr.sqlite", "working_time", "period_end"),
        ("hr.sqlite", "sick_leave", "first_day"),
        ("hr.sqlite", "sick_leave", "last_day"),
        ("hr.sqlite", "applicant", "received_on"),
        ("hr.sqlite", "applicant", "recruitment_ended_on"),
    ];
    for (file, table, column) in columns {
        let db = demo.db(file);
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut rows = db.prepare(&sql).unwrap();
        let mut unreadable = 0;
        for text in rows.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let text = text.unwrap();
            match text.get(..10).and_then(|d| d.parse::<Date>().ok()) {
                Some(day) => assert!(day < as_of, "{table}.{column} is {text}"),
                None => unreadable += 1,
            }
        }
        let expected = match (table, column) {
            ("invoice", "invoice_date") => 5,
            ("employee", "ended_on") => 1,
            _ => 0,
        };
        assert_eq!(unreadable, expected, "{table}.{column}");
    }
    // Intervals run forwards, and a relationship ends with its last contract.
    for (file, sql) in [
        ("erp.sqlite", "SELECT count(*) FROM contract WHERE ended_on < started_on"),
        (
            "erp.sqlite",
            "SELECT count(*) FROM invoice WHERE period_to < period_from OR paid_on <= period_to",
        ),
        ("erp.sqlite", "SELECT count(*) FROM complaint WHERE closed_on < opened_on"),
        ("erp.sqlite", "SELECT count(*) FROM marketing_consent WHERE withdrawn_at < given_at"),
        (
            "erp.sqlite",
            "SELECT count(*) FROM customer c WHERE relationship_ended_on IS NOT \
          (SELECT CASE WHEN count(*) = count(ended_on) THEN max(ended_on) END FROM contract k \
           WHERE k.customer_id = c.customer_id)",
        ),
        (
            "erp.sqlite",
            "SELECT count(*) FROM invoice JOIN contract USING (contract_id) \
          WHERE invoice.customer_id <> contract.customer_id",
        ),
        ("hr.sqlite", "SELECT count(*) FROM sick_leave WHERE last_day < first_day"),
        ("hr.sqlite", "SELECT count(*) FROM applicant WHERE recruitment_ended_on < received_on"),
        (
            "hr.sqlite",
            "SELECT count(*) FROM employee WHERE ended_on LIKE '____-__-__' AND ended_on < hired_on",
        ),
    ] {
        assert_eq!(demo.count(file, sql), 0, "{sql}");
    }
}

#[test]
fn no_cpr_number_can_be_real() {
    let demo = Demo::new(&options(0.2));
    let db = demo.db("hr.sqlite");
    let mut rows = db.prepare("SELECT cpr FROM employee").unwrap();
    let numbers: Vec<String> =
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(numbers.len(), 80);
    for cpr in &numbers {
        assert!(cpr.len() == 11 && cpr.as_bytes()[6] == b'-', "{cpr}");
        // Real days go to 31, replacement numbers (day + 60) to 91.
        assert!((92..=99).contains(&cpr[..2].parse::<u32>().unwrap()), "{cpr}");
    }
    // Nor does anything else look like one.
    for bytes in demo.files().values() {
        for window in bytes.windows(11) {
            let digits = |w: &[u8]| w.iter().all(u8::is_ascii_digit);
            if window[6] == b'-' && digits(&window[..6]) && digits(&window[7..]) {
                assert!(window[0] == b'9' && window[1] >= b'2', "{window:?}");
            }
        }
    }
}

#[test]
fn nobody_can_be_written_to_or_called() {
    let demo = Demo::new(&options(0.05));
    for (file, table) in
        [("erp.sqlite", "customer"), ("hr.sqlite", "employee"), ("hr.sqlite", "applicant")]
    {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE email NOT LIKE '%@example.___' \
             AND email NOT LIKE '%@nordkyst.example'"
        );
        assert_eq!(demo.count(file, &sql), 0);
        let sql = format!("SELECT count(*) - count(DISTINCT email) FROM {table}");
        assert_eq!(demo.count(file, &sql), 0, "{table}: two people share an address");
    }
    for (file, table) in [("erp.sqlite", "customer"), ("hr.sqlite", "applicant")] {
        let sql = format!("SELECT count(*) FROM {table} WHERE phone NOT LIKE '+45 00 %'");
        assert_eq!(demo.count(file, &sql), 0);
    }
}

#[test]
fn mails_are_messages_and_their_names_dates_and_sidecars_agree() {
    let demo = Demo::new(&options(0.1));
    let files = demo.files();
    let (mut contracts, mut unknown, mut warranties) = (0, 0, 0);
    for (path, bytes) in files.iter().filter(|(p, _)| p.extension().is_some_and(|x| x == "eml")) {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii(), "{head}");
        assert!(text.replace("\r\n", "").chars().all(|c| c != '\r' && c != '\n'));
        assert!(text.split("\r\n").all(|line| line.len() <= 998));
        assert!(!text.contains(['{', '}']), "{text}");
        assert!(body.len() > 60);
        for header in
            ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: <", "MIME-Version: 1.0"]
        {
            assert_eq!(
                head.matches(&format!("\r\n{header}")).count()
                    + usize::from(head.starts_with(header)),
                1
            );
        }
        let date = head.split("\r\nDate: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let sent = jiff::fmt::rfc2822::parse(date).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(name[..10].parse::<Date>().unwrap(), sent.date());
        let year = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert_eq!(year, &name[..4]);

        let Some(sidecar) = files.get(&path.with_extension("json")) else { continue };
        let json: serde_json::Value = serde_json::from_slice(sidecar).unwrap();
        let received: jiff::Timestamp = json["received"].as_str().unwrap().parse().unwrap();
        assert_eq!(received, sent.timestamp());
        match json["contract"].as_bool() {
            Some(true) => contracts += 1,
            Some(false) => (),
            None => unknown += i32::from(json["contract"].is_null()),
        }
        if let Some(until) = json["warranty_until"].as_str() {
            assert!(until.parse::<Date>().unwrap() > sent.date());
            warranties += 1;
        }
    }
    assert!(contracts > 5 && unknown > 2 && warranties > 5, "{contracts} {unknown} {warranties}");
}

#[test]
fn clips_are_of_the_last_60_days_by_path_and_by_file_time() {
    let demo = Demo::new(&options(0.2));
    let root = demo.dir.path().join("data/cctv");
    let mut days = Vec::new();
    for path in demo.files().into_keys().filter(|p| p.extension().is_some_and(|x| x == "mp4")) {
        let path = demo.dir.path().join(path);
        let mut parts = path.strip_prefix(&root).unwrap().iter().skip(1);
        let day: Date = parts.next().unwrap().to_str().unwrap().parse().unwrap();
        let written = jiff::Timestamp::try_from(fs::metadata(&path).unwrap().modified().unwrap());
        assert_eq!(written.unwrap().in_tz("Europe/Copenhagen").unwrap().date(), day);
        assert!(fs::metadata(&path).unwrap().len() < 1_000);
        days.push(day);
    }
    assert_eq!(days.len(), 80);
    assert!(days.iter().all(|d| (date(2026, 9, 23)..date(2026, 11, 22)).contains(d)));
    assert!(days.iter().filter(|d| **d < date(2026, 10, 22)).count() > 20, "half are overdue");
}

#[test]
fn what_cannot_be_made_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 51.0] {
        let made = generate(dir.path(), &options(scale), &mut |_, _, _| ());
        assert!(matches!(made, Err(Error::Scale(_))), "{scale}");
    }
    for as_of in [Date::MIN, Date::MAX] {
        let made = generate(dir.path(), &Options { as_of, ..options(0.01) }, &mut |_, _, _| ());
        assert!(matches!(made, Err(Error::AsOf(_))), "{as_of}");
    }
    generate(dir.path(), &options(0.001), &mut |_, _, _| ()).unwrap();
    let again = generate(dir.path(), &options(0.001), &mut |_, _, _| ());
    assert!(matches!(again, Err(Error::Exists(_))));
    // The edges of what is allowed, a leap day among them.
    for as_of in [date(1950, 1, 1), date(2028, 2, 29), date(9900, 12, 31)] {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), &Options { as_of, ..options(0.001) }, &mut |_, _, _| ()).unwrap();
    }
}

#[test]
fn the_full_demo_has_what_the_walk_through_shows() {
    let mut calls: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let dir = tempfile::tempdir().unwrap();
    let summary = generate(dir.path(), &options(1.0), &mut |name, done, total| {
        let (last, _) = calls.get(name).copied().unwrap_or_default();
        assert!(done > last && done <= total);
        calls.insert(name.to_owned(), (done, total));
    })
    .unwrap();
    for c in &summary.collections {
        eprintln!("{:<24}{:>8}", c.name, c.records);
        assert_eq!(calls[c.name], (c.records, c.records));
    }
    eprintln!("{:<24}{:>8}", "total", summary.total());
    assert!((190_000..=230_000).contains(&summary.total()), "{}", summary.total());

    // What is overdue under a sensible rule, in percent: enough to show, and enough left.
    let demo = Demo { dir, summary };
    for (file, table, overdue) in [
        ("erp.sqlite", "invoice", "invoice_date < '2021-01-01'"),
        ("erp.sqlite", "contract", "ended_on < '2021-01-01'"),
        ("erp.sqlite", "customer", "relationship_ended_on < '2021-01-01'"),
        ("erp.sqlite", "meter_reading", "read_at < '2023-11-22'"),
        ("erp.sqlite", "complaint", "closed_on < '2023-11-22'"),
        ("erp.sqlite", "marketing_consent", "withdrawn_at < '2026-08-22'"),
        ("hr.sqlite", "employee", "ended_on < '2021-11-22'"),
        ("hr.sqlite", "working_time", "period_end < '2021-11-22'"),
        ("hr.sqlite", "sick_leave", "last_day < '2021-11-22'"),
        ("hr.sqlite", "applicant", "recruitment_ended_on < '2023-11-22'"),
    ] {
        let all = demo.count(file, &format!("SELECT count(*) FROM {table}"));
        let due = demo.count(file, &format!("SELECT count(*) FROM {table} WHERE {overdue}"));
        eprintln!("{table:<24}{due:>8} overdue of {all}");
        assert!((7..=80).contains(&(due * 100 / all)), "{table}: {due} of {all}");
    }
}
