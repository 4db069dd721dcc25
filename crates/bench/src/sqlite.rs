//! The same number of due records among more and more stored ones: the cost of a sweep follows what
//! is due, not what is stored.

use std::path::Path;

use rusqlite::Connection;

use crate::Outcome;
use crate::measure::Times;
use crate::program::Frist;

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Rows in the table, for each measurement.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000_000, 10_000_000, 100_000_000])]
    stored: Vec<u64>,
    /// Rows of them that are due.
    #[arg(long, default_value_t = 100_000)]
    due: u64,
    /// How often each is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

const TABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, name TEXT NOT NULL, booked TEXT NOT NULL)";

/// Rows from `?2` to `?3`, of which those up to `?1` are due: in the order in which they were
/// written, the oldest first.
const ROWS: &str = "WITH RECURSIVE c(n) AS (SELECT ?2 UNION ALL SELECT n + 1 FROM c WHERE n < ?3)
    INSERT INTO invoice SELECT n, n * 7919 % 1000003, 'Person ' || n % 99991,
    date('now', '-5 years', CASE WHEN n <= ?1 THEN (n - ?1) * 1000 / ?1 - 2
        ELSE (n - ?1) * 1500 / ?4 + 2 END || ' days') FROM c";

struct Size {
    stored: u64,
    dir: tempfile::TempDir,
    times: Times,
}

/// Fills a database of each size, and measures them in turn.
pub fn run(args: &Args) -> Outcome {
    let mut sizes = Vec::new();
    for stored in &args.stored {
        let dir = tempfile::tempdir()?;
        let db = open(dir.path())?;
        db.execute_batch(TABLE)?;
        db.execute(ROWS, [args.due, 1, *stored, *stored].map(u64::cast_signed))?;
        db.execute_batch(
            "CREATE INDEX booked ON invoice (booked); PRAGMA wal_checkpoint(TRUNCATE)",
        )?;
        let bytes = std::fs::metadata(dir.path().join("erp.sqlite"))?.len();
        println!("{stored} rows, {} due: {:.2} GB", args.due, bytes as f64 / 1e9);
        sizes.push(Size { stored: *stored, dir, times: Times::default() });
    }
    for round in 0..args.rounds {
        for size in &mut sizes {
            let folder = size.dir.path();
            if round > 0 {
                let db = open(folder)?;
                db.execute(ROWS, [args.due, 1, args.due, size.stored].map(u64::cast_signed))?;
                db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
                // What the last sweep left behind is not a part of this one.
                std::fs::remove_dir_all(folder.join(".frist"))?;
            }
            let program = Frist::new(folder, &register())?;
            size.times.take(|| program.run(&["sweep", "--yes"]))?;
            println!("{} rows: {} s", size.stored, size.times.all());
            let due: i64 = open(folder)?.query_row(
                "SELECT count(*) FROM invoice WHERE id <= ?1",
                [args.due.cast_signed()],
                |row| row.get(0),
            )?;
            if due != 0 {
                return Err(format!("{due} due rows are left").into());
            }
        }
    }
    let medians: Vec<f64> = sizes.iter().map(|s| s.times.median()).collect();
    let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let most = medians.iter().copied().fold(0.0, f64::max);
    for (size, median) in sizes.iter().zip(&medians) {
        println!("{} of {} rows due: {median:.2} s", args.due, size.stored);
    }
    println!("the slowest to the quickest: {:.2} (goal 1.3)", most / least);
    Ok(())
}

fn open(dir: &Path) -> Outcome<Connection> {
    Ok(Connection::open(dir.join("erp.sqlite"))?)
}

fn register() -> String {
    crate::program::register(
        "kind = \"sqlite\"\npath = \"erp.sqlite\"",
        "invoice",
        "booked = \"date\"",
        "from = \"booked\"\nperiod = \"5 years\"",
    )
}
