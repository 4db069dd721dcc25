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

/// Fills a table, and measures both on copies of it, each going first in turn.
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
    let (mut hand, mut frist, mut peak) = (Times::default(), Times::default(), 0);
    for round in 0..args.rounds {
        for who in [round % 2, 1 - round % 2] {
            let copy = base.copy();
            copy.connect().batch_execute("CHECKPOINT")?;
            if who == 0 {
                hand.take(|| by_hand(&mut copy.connect(), args.batch))?;
                println!("by hand  {} s", hand.all());
            } else {
                let dir = tempfile::tempdir()?;
                let program =
                    Frist::new(dir.path(), &register(args.batch))?.with("BENCH_URL", &copy.url);
                let run = frist.take(|| program.run(&["sweep", "--yes"]))?;
                peak = peak.max(run.peak);
                println!("frist    {} s", frist.all());
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
        "by hand {:.1} s, frist {:.1} s with a receipt for every row: ratio {:.2} (goal 1.25); \
         {:.0} rows/s; peak memory {:.0} MB (goal 100)",
        hand.median(),
        frist.median(),
        frist.ratio(&hand),
        args.due as f64 / frist.median(),
        peak as f64 / 1e6
    );
    Ok(())
}

/// Batch after batch in the order of the index, each committed by itself, until none is left. By
/// the rows' places, which is the quickest way: `id IN (SELECT ...)` may read the whole table for
/// each batch.
fn by_hand(client: &mut Client, batch: u64) -> Outcome {
    let delete = client.prepare(&format!(
        "DELETE FROM invoice WHERE ctid = ANY (ARRAY(SELECT ctid FROM invoice
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
