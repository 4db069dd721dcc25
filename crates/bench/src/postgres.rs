//! A sweep of PostgreSQL against the batched `DELETE` that a good administrator writes by hand:
//! same database, same index, same size of batch, each batch durable before the next. The hand
//! writes nothing down; Frist plans, journals, keeps a receipt for every row, asks again, publishes.

use frist_testkit::{Cluster, Options};
use postgres::Client;

use crate::Outcome;
use crate::measure::Times;
use crate::program::Frist;

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Rows in the table.
    #[arg(long, default_value_t = 10_000_000)]
    stored: u64,
    /// Rows of them that are due.
    #[arg(long, default_value_t = 1_000_000)]
    due: u64,
    /// Rows in a batch.
    #[arg(long, default_value_t = 10_000)]
    batch: u64,
    /// How often each is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Invoices in the order in which they were written, the oldest first and due.
const FILL: &str = "
CREATE TABLE invoice (id bigint PRIMARY KEY, customer bigint NOT NULL, name text NOT NULL,
    email text NOT NULL, amount numeric(12, 2) NOT NULL, booked date NOT NULL);
INSERT INTO invoice SELECT n, n * 7919 % 1000003, 'Person ' || n % 99991,
    'person' || n % 99991 || '@example.org', n % 100000 / 100.0,
    (current_date - interval '5 years' + CASE WHEN n <= {due}
        THEN (n - {due}) * 1000 / {due} - 2
        ELSE (n - {due}) * 1500 / {stored} + 2 END * interval '1 day')::date
    FROM generate_series(1::bigint, {stored}) AS n;
CREATE INDEX ON invoice (booked);
VACUUM (ANALYZE) invoice;
CHECKPOINT;";

/// What an administrator writes: by key, as it is mostly written (with the array that keeps the
/// planner from reading the whole table for each batch), and by the rows' places, which is quicker
/// and forgets a row that is changed meanwhile.
const BY_HAND: [(&str, &str); 2] = [("by key", "id"), ("by place", "ctid")];

/// Fills a table, and measures all on copies of it, in turn.
pub fn run(args: &Args) -> Outcome {
    let cluster = Cluster::start(Options { fsync: true, ..Options::default() });
    let base = cluster.database();
    let fill =
        FILL.replace("{due}", &args.due.to_string()).replace("{stored}", &args.stored.to_string());
    {
        let mut client = base.connect();
        for statement in fill.split_inclusive(';') {
            client.batch_execute(statement)?;
        }
    }
    println!("{} rows, {} due, batches of {}", args.stored, args.due, args.batch);
    let mut hands = BY_HAND.map(|hand| (hand, Times::default()));
    let (mut frist, mut peak) = (Times::default(), 0);
    for round in 0..args.rounds {
        for turn in 0..=hands.len() {
            let copy = base.copy();
            copy.connect().batch_execute("CHECKPOINT")?;
            if let Some(((name, by), times)) = hands.get_mut((round + turn) % 3) {
                times.take(|| by_hand(&mut copy.connect(), by, args.batch))?;
                println!("{name}  {} s", times.all());
            } else {
                let dir = tempfile::tempdir()?;
                let program = Frist::new(dir.path(), &register(args.batch))?;
                let program = program.with("BENCH_URL", &copy.url);
                let run = frist.take(|| program.run(&["sweep", "--yes"]))?;
                peak = peak.max(run.peak);
                println!("frist  {} s", frist.all());
                if round == 0 {
                    println!("{}", program.prove()?);
                }
            }
            let left: i64 = copy.connect().query_one("SELECT count(*) FROM invoice", &[])?.get(0);
            if left.unsigned_abs() != args.stored - args.due {
                return Err(format!("{left} rows are left").into());
            }
        }
    }
    println!(
        "frist {:.1} s with a receipt for every row; {:.0} rows/s; peak memory {:.0} MB (goal 100)",
        frist.median(),
        args.due as f64 / frist.median(),
        peak as f64 / 1e6
    );
    for ((name, _), times) in &hands {
        let (median, ratio) = (times.median(), frist.ratio(times));
        println!("{name} {median:.1} s: ratio {ratio:.2} (goal 1.25)");
    }
    Ok(())
}

/// Batch after batch in the order of the index, each committed by itself, until none is left.
fn by_hand(client: &mut Client, by: &str, batch: u64) -> Outcome {
    let delete = client.prepare(&format!(
        "DELETE FROM invoice WHERE {by} = ANY (ARRAY(SELECT {by} FROM invoice
         WHERE booked <= current_date - interval '5 years' ORDER BY booked LIMIT {batch}))"
    ))?;
    while client.execute(&delete, &[])? > 0 {}
    Ok(())
}

fn register(batch: u64) -> String {
    crate::program::register(
        &format!("kind = \"postgresql\"\nurl_env = \"BENCH_URL\"\nbatch = {batch}"),
        "invoice",
        "booked = \"date\"",
        "from = \"booked\"\nperiod = \"5 years\"",
    )
}
