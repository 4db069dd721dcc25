//! People found, decided about and erased over ten tables, with their entries in the ledger and a
//! receipt each, against one committed statement a row.

use std::collections::BTreeMap;
use std::time::Instant;

use frist_cases::decide::{Answer, Choices, Right, decide};
use frist_cases::find::{Finder, Limits};
use frist_stores::Key;
use frist_sweep::{Engine, Grant};
use frist_testkit::{Cluster, Options};
use postgres::Client;

use crate::{Outcome, people};

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Rows in each of the ten tables.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// How many people are erased together.
    #[arg(long, default_value_t = 250)]
    group: u64,
    /// How many groups.
    #[arg(long, default_value_t = 4)]
    groups: u64,
    /// How many people are erased one at a time, by Frist and by the other way.
    #[arg(long, default_value_t = 20)]
    single: u64,
    /// Rows of the one person who has many.
    #[arg(long, default_value_t = 10_000)]
    many: u64,
}

/// Fills the tables and measures each way on other people.
pub fn run(args: &Args) -> Outcome {
    let cluster = Cluster::start(Options { fsync: true, ..Options::default() });
    let database = cluster.database();
    let mut client = database.connect();
    let begin = Instant::now();
    people::fill(&mut client, args.rows)?;
    println!("10 tables of {} rows, made in {:.0} s", args.rows, begin.elapsed().as_secs_f64());
    // The one person, with as many rows more in each table that knows people by their number.
    let person = args.rows / 2;
    for table in
        people::TABLES.iter().filter(|t| t.columns.len() == 1 && t.columns[0].0 == "customer")
    {
        client.batch_execute(&format!(
            "INSERT INTO {} SELECT {} + n, {person}, current_date FROM generate_series(1, {}) AS n",
            table.name,
            args.rows,
            args.many / 3
        ))?;
    }
    let dir = tempfile::tempdir()?;
    let mut engine = crate::find::engine_with(dir.path(), &database.url, "basis = \"6(1)(a)\"")?;
    let finder = Finder::new(&mut engine);
    let mut next = 1;
    let mut some = |n: u64| {
        let these: Vec<u64> = (next..next + n).collect();
        next += n;
        these
    };

    // Once, so that everything is prepared.
    erase(&mut engine, &finder, &some(1), 20)?;
    let (mut seconds, mut of_which) = (0.0, [0.0; 3]);
    for _ in 0..args.groups {
        let these = some(args.group);
        let begin = Instant::now();
        let parts = erase(&mut engine, &finder, &these, 20)?;
        seconds += begin.elapsed().as_secs_f64();
        of_which.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    }
    let n = (args.group * args.groups) as f64;
    println!(
        "together, {} at a time: {:.0} people a second (found {:.1} s, decided {:.1} s, erased and in the ledger {:.1} s)",
        args.group,
        n / seconds,
        of_which[0],
        of_which[1],
        of_which[2]
    );
    let (mut frist, mut hand) = (0.0, 0.0);
    for i in 0..2 * args.single {
        let p = some(1)[0];
        let begin = Instant::now();
        if i % 2 == 0 {
            erase(&mut engine, &finder, &[p], 20)?;
            frist += begin.elapsed().as_secs_f64();
        } else {
            row_by_row(&mut client, p, args.rows)?;
            hand += begin.elapsed().as_secs_f64();
        }
    }
    let single = args.single as f64;
    println!(
        "one at a time: {:.1} people a second; one committed statement a row: {:.1}",
        single / frist,
        single / hand
    );
    let begin = Instant::now();
    erase(&mut engine, &finder, &[person], 0)?;
    println!("one person with {} rows: {:.2} s", args.many, begin.elapsed().as_secs_f64());
    // The other way, on as many rows of one table.
    let begin = Instant::now();
    for id in 1..=args.many {
        let id = i64::try_from(args.rows / 4 + id)?;
        client.execute("DELETE FROM visit WHERE id = $1", &[&id])?;
    }
    println!(
        "one committed statement a row, {} rows: {:.2} s",
        args.many,
        begin.elapsed().as_secs_f64()
    );
    // Everything went that was found, and has its receipt: asked for one of the last group.
    let sample = client.query_one("SELECT count(*) FROM account WHERE customer <= 10", &[])?;
    if sample.get::<_, i64>(0) != 0 {
        return Err("a record is still there".into());
    }
    Ok(())
}

/// Finds, decides and erases these people. `rows`: how many each has; 0 if nobody knows.
fn erase(engine: &mut Engine, finder: &Finder, these: &[u64], rows: usize) -> Outcome<[f64; 3]> {
    let begin = Instant::now();
    let mut hits: Vec<(String, Key)> = Vec::new();
    for p in these {
        let known = [("customer".to_owned(), p.to_string())];
        let found = finder.find(engine, &known, &Limits::default(), &[])?;
        if !found.is_complete() || (rows > 0 && found.hits.len() != rows) {
            return Err(format!(
                "{} rows were found, completely: {}",
                found.hits.len(),
                found.is_complete()
            )
            .into());
        }
        hits.extend(found.hits.into_iter().map(|h| (h.dataset, h.key)));
    }
    let found = begin.elapsed().as_secs_f64();
    let answers = decide(engine, &hits, Right::Erasure, engine.now(), &Choices::default())?;
    let mut grants: BTreeMap<(String, Vec<String>), Vec<Key>> = BTreeMap::new();
    for answer in answers {
        match answer.answer {
            Answer::Erase { .. } => {
                grants.entry((answer.dataset, answer.without)).or_default().push(answer.key);
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    let decided = begin.elapsed().as_secs_f64();
    let grants: Vec<Grant> = grants
        .into_iter()
        .map(|((dataset, without), keys)| Grant {
            cases: vec!["R-2026-0001".into()],
            dataset,
            without,
            keys,
        })
        .collect();
    let carried = engine.carry_out(&grants, &mut |_| ())?;
    let gone: usize = carried.iter().map(|c| c.done.len()).sum();
    if gone != hits.len() {
        return Err(format!("{gone} of {} rows went: {carried:?}", hits.len()).into());
    }
    let erased = begin.elapsed().as_secs_f64();
    Ok([found, decided - found, erased - decided])
}

/// As a widely used system does it: look each table up, then a statement a row, each committed.
fn row_by_row(client: &mut Client, p: u64, rows: u64) -> Outcome {
    let (number, email) = (i64::try_from(p)?, format!("person{p}@example.org"));
    let orders = [p, p + rows / 2].map(|n| format!("A-{n}")).to_vec();
    for table in &people::TABLES {
        let name = table.name;
        let found = match table.columns {
            [("customer", ..), ..] => {
                client.query(&format!("SELECT id FROM {name} WHERE customer = $1"), &[&number])?
            }
            [("email", ..)] => {
                client.query(&format!("SELECT id FROM {name} WHERE email = $1"), &[&email])?
            }
            _ => client
                .query(&format!("SELECT id FROM {name} WHERE order_no = ANY ($1)"), &[&orders])?,
        };
        for row in found {
            client
                .execute(&format!("DELETE FROM {name} WHERE id = $1"), &[&row.get::<_, i64>(0)])?;
        }
    }
    Ok(())
}
