//! A database that was not made for Frist: the public sample database Chinook, swept by the
//! registers in `examples/`, in its SQLite and its PostgreSQL form. Every count is compared with
//! one made in plain SQL that knows nothing of Frist.
//!
//! The data is no part of the project. It is looked for in the folder `FRIST_CHINOOK`, or else in
//! `shared/data/chinook` beside the checkout; without it the tests say `SKIPPED` and pass.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use frist_law::LawBook;
use frist_ledger::RecordKey;
use frist_ledger::entry::Id;
use frist_register::{Code, Register, revision_hash};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded, Options, Plan, Report};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// Tables of which nothing is erased, SQLite's names.
const EXEMPT: [&str; 7] =
    ["Album", "Artist", "Genre", "MediaType", "Playlist", "PlaylistTrack", "Track"];

#[test]
fn the_registers_are_right() {
    for example in ["chinook", "chinook-postgresql"] {
        let reading = Register::read(&files(example));
        assert_eq!(reading.diagnostics, [], "{example}");
        let register = reading.register.unwrap();
        let said: Vec<String> =
            frist_register::check(&register, LawBook::embedded(), &reading.sources)
                .iter()
                .filter(|d| d.code != Code::I0001)
                .map(|d| format!("{} {}: {}", d.code, reading.sources.place(d.span()), d.message))
                .collect();
        assert_eq!(said, [""; 0], "{example}");
        for (name, text) in files(example) {
            assert_eq!(frist_register::format(&text).unwrap(), text, "{example}/{name}");
        }
    }
}

#[test]
fn sqlite_is_swept_as_plain_sql_counts_it() {
    let Some(data) = data("chinook.sqlite") else { return };
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let file = dir.path().join("data/chinook.sqlite");
    std::fs::copy(data, &file).unwrap();
    // The copy of a file that may not be written may not be written either.
    let mut rights = std::fs::metadata(&file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o600);
    std::fs::set_permissions(&file, rights).unwrap();
    let db = rusqlite::Connection::open(&file).unwrap();
    let sql = Sql {
        names: str::to_owned,
        year: "CAST(substr(d, 1, 4) AS INTEGER)",
        two_years_on: "date(d, '+2 years')",
        count: Box::new(move |sql| {
            db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
        }),
    };

    let clock = Arc::new(AtomicI64::new(0));
    let mut engine = engine("chinook", dir.path(), clock.clone(), None);
    // The accounts of 2021 are kept to the last day of 2026, and erasable on the first of 2027.
    for day in [date(2026, 12, 31), date(2027, 1, 1), date(2028, 6, 1)] {
        compare(&mut engine, &sql, day);
    }

    clock.store(noon(date(2028, 6, 1)).as_second(), Ordering::SeqCst);
    let report = sweep(&mut engine, &sql, date(2028, 6, 1));
    assert_eq!(done(&report, "invoices"), 166);
    assert_eq!(done(&report, "customers"), 0);
    compare(&mut engine, &sql, date(2028, 6, 1));

    // The last invoices, their lines and their customers go together, and the staff stay.
    clock.store(noon(date(2031, 6, 1)).as_second(), Ordering::SeqCst);
    let report = sweep(&mut engine, &sql, date(2031, 6, 1));
    assert_eq!(done(&report, "invoices"), 246);
    assert_eq!(done(&report, "customers"), 59);
    for (table, left) in [("InvoiceLine", 0), ("Invoice", 0), ("Customer", 0), ("Employee", 8)] {
        assert_eq!(sql.rows(table), left, "{table}");
    }
}

#[test]
fn postgresql_is_swept_as_plain_sql_counts_it() {
    let Some(data) = data("chinook-postgresql.sql") else { return };
    let server = frist_testkit::postgres();
    let client = Rc::new(RefCell::new(server.connect()));
    // The dump makes a database of its own; here it goes into the test's.
    let dump: String = std::fs::read_to_string(data)
        .unwrap()
        .lines()
        .filter(|l| {
            !["DROP DATABASE", "CREATE DATABASE", "\\c "].iter().any(|own| l.starts_with(own))
        })
        .flat_map(|l| [l, "\n"])
        .collect();
    client.borrow_mut().batch_execute(dump.trim_start_matches('\u{feff}')).unwrap();
    let asking = client.clone();
    let sql = Sql {
        names: snake_case,
        year: "extract(year FROM d)",
        two_years_on: "(d + interval '2 years')::date",
        count: Box::new(move |sql| {
            let n: i64 = asking.borrow_mut().query_one(sql, &[]).unwrap().get(0);
            n.unsigned_abs()
        }),
    };

    // The server has a clock of its own, which the engine's must agree with.
    let now: SystemTime =
        client.borrow_mut().query_one("SELECT clock_timestamp()", &[]).unwrap().get(0);
    let now = Timestamp::try_from(now).unwrap();
    let clock = Arc::new(AtomicI64::new(now.as_second()));
    let dir = tempfile::tempdir().unwrap();
    let mut engine =
        engine("chinook-postgresql", dir.path(), clock.clone(), Some(server.url.clone()));
    for day in [date(2026, 12, 31), date(2028, 6, 1)] {
        compare(&mut engine, &sql, day);
    }

    // So the data is moved to where it stands to today as it stands to June 2028.
    let today = now.to_zoned(TimeZone::get("Europe/Copenhagen").unwrap()).date();
    let shift = i32::from(2028 - today.year());
    let moved = client
        .borrow_mut()
        .execute(
            "UPDATE invoice SET invoice_date = invoice_date - make_interval(years => $1)",
            &[&shift],
        )
        .unwrap();
    assert_eq!(moved, 412);
    let report = sweep(&mut engine, &sql, today);
    assert_eq!(done(&report, "invoices"), 166);
    compare(&mut engine, &sql, today);

    let shift = 5_i32;
    // Two plans are never made in the same second.
    clock.fetch_add(1, Ordering::SeqCst);
    client
        .borrow_mut()
        .execute(
            "UPDATE invoice SET invoice_date = invoice_date - make_interval(years => $1)",
            &[&shift],
        )
        .unwrap();
    let report = sweep(&mut engine, &sql, today);
    assert_eq!(done(&report, "invoices"), 246);
    assert_eq!(done(&report, "customers"), 59);
    for (table, left) in [("InvoiceLine", 0), ("Invoice", 0), ("Customer", 0), ("Employee", 8)] {
        assert_eq!(sql.rows(table), left, "{table}");
    }
}

/// Plain SQL on one of the forms. `d` is the date that decides for a record.
struct Sql {
    names: fn(&str) -> String,
    year: &'static str,
    two_years_on: &'static str,
    count: Box<dyn Fn(&str) -> u64>,
}

impl Sql {
    /// Rows of a table by SQLite's name.
    fn rows(&self, table: &str) -> u64 {
        (self.count)(&format!("SELECT count(*) FROM {}", (self.names)(table)))
    }

    /// Due, restricted and kept records of a data set on `day`: accounts are kept until the end of
    /// the fifth year after the invoice's, purchases for two years and no less.
    fn expected(&self, dataset: &str, day: Date) -> [u64; 3] {
        let n = self.names;
        let (invoice, date) = (n("Invoice"), n("InvoiceDate"));
        let dates = match dataset {
            "invoices" => format!("SELECT {date} AS d FROM {invoice}"),
            "invoice-lines" => format!(
                "SELECT i.{date} AS d FROM {} l JOIN {invoice} i ON i.{id} = l.{id}",
                n("InvoiceLine"),
                id = n("InvoiceId")
            ),
            "customers" => {
                format!("SELECT max({date}) AS d FROM {invoice} GROUP BY {}", n("CustomerId"))
            }
            other => panic!("nothing is expected of {other}"),
        };
        let due = format!("{} + 6 <= {}", self.year, day.year());
        let recent = format!("{} >= '{day}'", self.two_years_on);
        let conditions = [
            due.clone(),
            format!("NOT ({due}) AND NOT ({recent})"),
            format!("NOT ({due}) AND {recent}"),
        ];
        conditions.map(|c| (self.count)(&format!("SELECT count(*) FROM ({dates}) AS x WHERE {c}")))
    }
}

/// A plan for `day` against plain SQL.
fn compare(engine: &mut Engine, sql: &Sql, day: Date) -> Plan {
    let options = Options { as_of: Some(noon(day)), ..Options::default() };
    let plan = engine.examine(&options, &mut |_| ()).unwrap();
    assert_eq!(plan.problems, []);
    assert_eq!(plan.items.len(), 4);
    for item in &plan.items {
        let counts = item.counts.unwrap();
        assert_eq!((counts.held, counts.unclear, counts.done), (0, 0, 0), "{}", item.dataset);
        if item.dataset == "employees" {
            // All of them were hired more than a year ago.
            assert_eq!((counts.review, item.total), (8, 8));
            continue;
        }
        assert_eq!(counts.review, 0, "{}", item.dataset);
        let found = [counts.due, counts.restrict, counts.keep];
        assert_eq!(found, sql.expected(&item.dataset, day), "{} on {day}", item.dataset);
        assert_eq!(item.due + item.blocked, counts.due, "{} on {day}", item.dataset);
    }
    plan
}

/// Plans, approves and sweeps on `day`, and counts what is left.
fn sweep(engine: &mut Engine, sql: &Sql, day: Date) -> Report {
    let expected: BTreeMap<&str, u64> = ["invoices", "invoice-lines", "customers"]
        .map(|dataset| (dataset, sql.expected(dataset, day)[0]))
        .into();
    let before: Vec<u64> = EXEMPT.iter().map(|table| sql.rows(table)).collect();
    let rows = |table: &str| sql.rows(table);
    let left = [
        ("Invoice", rows("Invoice") - expected["invoices"]),
        ("InvoiceLine", rows("InvoiceLine") - expected["invoice-lines"]),
        ("Customer", rows("Customer") - expected["customers"]),
        ("Employee", 8),
    ];

    let plan = engine.examine(&Options::default(), &mut |_| ()).unwrap();
    engine.propose(&plan, &mut |_| ()).unwrap();
    // Two in five of the invoices: the guard trips.
    assert!(plan.trips.iter().any(|t| t.text().contains("invoices")), "{:?}", plan.trips);
    assert!(engine.sweep(&plan.id, &mut |_| ()).is_err(), "nothing goes without approval");
    assert_eq!(rows("Invoice"), left[0].1 + expected["invoices"]);
    engine.approve(&plan.id).unwrap();
    let report = engine.sweep(&plan.id, &mut |_| ()).unwrap();

    assert_eq!(report.findings, []);
    assert!(report.green());
    for (dataset, due) in &expected {
        assert_eq!(done(&report, dataset), *due, "{dataset}");
    }
    for (table, left) in left {
        assert_eq!(sql.rows(table), left, "{table}");
    }
    let after: Vec<u64> = EXEMPT.iter().map(|table| sql.rows(table)).collect();
    assert_eq!(before, after, "what is exempt is left alone");
    report
}

fn done(report: &Report, dataset: &str) -> u64 {
    report.datasets.iter().find(|d| d.dataset == dataset).map_or(0, |d| d.done)
}

/// The engine as the program makes it, with a clock that the test sets.
fn engine(example: &str, dir: &Path, clock: Arc<AtomicI64>, url: Option<String>) -> Engine {
    let files = files(example);
    let register = Register::read(&files).register.unwrap();
    let revision = revision_hash(&register).parse().unwrap();
    let base = dir.to_owned();
    Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        State::open(&Location::File(dir.join("state.sqlite"))).unwrap(),
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        Id::new("ida").unwrap(),
        "test".into(),
        Box::new(move |store| {
            let env = |name: &str| url.clone().filter(|_| name == "CHINOOK_URL");
            frist_stores::open(store, &base, &env)
        }),
        Box::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
    )
}

/// Name and text of the register's files.
fn files(example: &str) -> Vec<(String, String)> {
    let folder = workspace().join("examples").join(example).join("register");
    let mut files: Vec<(String, String)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The data file, or a loud word that there is none.
fn data(name: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("FRIST_CHINOOK") {
        Some(folder) => PathBuf::from(folder),
        None => workspace().join("../shared/data/chinook"),
    };
    let file = folder.join(name);
    if file.is_file() {
        return Some(file);
    }
    eprintln!(
        "SKIPPED: the sample database is not at {}; name its folder in FRIST_CHINOOK",
        file.display()
    );
    None
}

fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
