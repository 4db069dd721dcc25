//! From due to gone in continuous mode: records fall due one after the other, and somebody who
//! knows nothing of Frist looks whether they are still there.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::Outcome;
use crate::program::Frist;

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Records that fall due in an hour.
    #[arg(long, default_value_t = 10_000)]
    hourly: u32,
    /// How many minutes of it.
    #[arg(long, default_value_t = 10)]
    minutes: u32,
}

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// How long a record may be overdue before the measurement is given up.
const LOST: SignedDuration = SignedDuration::from_mins(5);

/// Fills a table with records that fall due at even distances, and watches them go.
#[expect(clippy::disallowed_methods, reason = "it measures by the clock")]
pub fn run(args: &Args) -> Outcome {
    let dir = tempfile::tempdir()?;
    let mut db = Connection::open(dir.path().join("calls.sqlite"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE recording (id INTEGER PRIMARY KEY, recorded TEXT NOT NULL);
         CREATE INDEX recorded ON recording (recorded)",
    )?;
    let begin = Timestamp::now() + SignedDuration::from_secs(5);
    let apart = SignedDuration::from_nanos(3_600_000_000_000 / i64::from(args.hourly));
    let mut left: HashMap<i64, Timestamp> = HashMap::new();
    let tx = db.transaction()?;
    for n in 0..args.hourly * args.minutes / 60 {
        // The column has whole seconds.
        let due = Timestamp::from_second((begin + apart * n.cast_signed()).as_second())?;
        let recorded = due - SignedDuration::from_hours(96);
        tx.execute("INSERT INTO recording VALUES (?1, ?2)", (n, recorded.to_string()))?;
        left.insert(n.into(), due);
    }
    tx.commit()?;
    println!("{} records, {} an hour", left.len(), args.hourly);
    let register = crate::program::register(
        "kind = \"sqlite\"\npath = \"calls.sqlite\"",
        "recording",
        "recorded = \"instant\"",
        "from = \"recorded\"\nperiod = \"96 hours\"",
    );
    let mut frist =
        Frist::new(dir.path(), &register)?.start(&["sweep", "--continuous", "--yes"])?;
    let seen = watch(&db, &mut left, begin);
    frist.kill()?;
    frist.wait()?;
    let mut late = seen?;
    late.sort_unstable();
    let at =
        |share: usize| late[(late.len() * share).div_ceil(100).saturating_sub(1)].as_secs_f64();
    println!(
        "from due to gone: half within {:.1} s, 99 % within {:.1} s (goal 60), all within {:.1} s; none early",
        at(50),
        at(99),
        at(100)
    );
    Ok(())
}

/// How late each went.
#[expect(clippy::disallowed_methods, reason = "it measures by the clock")]
fn watch(
    db: &Connection,
    left: &mut HashMap<i64, Timestamp>,
    begin: Timestamp,
) -> Outcome<Vec<SignedDuration>> {
    let mut late = Vec::with_capacity(left.len());
    let last = left.values().max().copied().unwrap_or(begin);
    while !left.is_empty() {
        std::thread::sleep(LOOK);
        // Asked before the look: a record that went in between counts as later than it was.
        let mut there = db.prepare_cached("SELECT id FROM recording")?;
        let there: std::collections::HashSet<i64> =
            there.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let now = Timestamp::now();
        let mut early = 0;
        left.retain(|id, due| {
            if there.contains(id) {
                return true;
            }
            early += u32::from(now < *due);
            late.push(now.duration_since(*due));
            false
        });
        if early > 0 {
            return Err(format!("{early} records went before they were due").into());
        }
        if now > last + LOST {
            return Err(format!("{} records are still there", left.len()).into());
        }
    }
    Ok(late)
}
