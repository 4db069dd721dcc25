//! Finding one person over ten tables, by their number alone: Frist reads the register, is led on to
//! the address and the orders, and says of every row why; the hand knows the address and the orders
//! and asks each table once.

use std::time::Instant;

use frist_cases::find::{Finder, Found, Limits, find};
use frist_law::LawBook;
use frist_ledger::RecordKey;
use frist_ledger::entry::Id;
use frist_register::{Register, revision_hash};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded};
use frist_testkit::{Cluster, Options};

use crate::Outcome;
use crate::measure::Times;
use crate::people;

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Rows in each of the ten tables.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// How many people are looked for.
    #[arg(long, default_value_t = 2_000)]
    people: u64,
}

/// Fills the tables, then looks for people by Frist and by hand in turn.
pub fn run(args: &Args) -> Outcome {
    let cluster = Cluster::start(Options { fsync: false, ..Options::default() });
    let database = cluster.database();
    let mut client = database.connect();
    let begin = Instant::now();
    people::fill(&mut client, args.rows)?;
    let size: i64 = client.query_one("SELECT pg_database_size(current_database())", &[])?.get(0);
    println!(
        "10 tables of {} rows, two a person in each: {:.1} GB, made in {:.0} s",
        args.rows,
        size as f64 / 1e9,
        begin.elapsed().as_secs_f64()
    );
    let dir = tempfile::tempdir()?;
    let mut engine = engine(dir.path(), &database.url)?;
    let statements = people::prepare(&mut client)?;

    let (mut first, mut frist, mut hand) = (Times::default(), Times::default(), Times::default());
    let number = |p: u64| [("customer".to_owned(), p.to_string())];
    // Spread over all, never the same twice.
    let person = |i: u64| 1 + i * 7919 % (args.rows / 2);
    let limits = Limits::default();
    // With nothing prepared: connecting, the stores' catalogues, and the first search.
    for i in 0..5 {
        let mut fresh = self::engine(dir.path(), &database.url)?;
        let found = first.take(|| Ok(find(&mut fresh, &number(person(i)), &limits, &[])?))?;
        expect_all(&found)?;
    }
    let finder = Finder::new(&mut engine);
    let mut rounds = 0;
    for i in 5..5 + args.people {
        let p = person(i);
        let mut turn = |which: bool| -> Outcome {
            if which {
                let found =
                    frist.take(|| Ok(finder.find(&mut engine, &number(p), &limits, &[])?))?;
                rounds = found.rounds;
                expect_all(&found)
            } else {
                expect(hand.take(|| people::by_hand(&mut client, &statements, p, args.rows))?)
            }
        };
        turn(i % 2 == 0)?;
        turn(i % 2 == 1)?;
    }
    println!("{} people, 20 rows each, found in {rounds} rounds:", args.people);
    for (name, times) in [("frist", &frist), ("by hand, 10 queries", &hand)] {
        println!(
            "  {name}: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            times.percentile(50),
            times.percentile(99),
            times.percentile(100)
        );
    }
    println!("  ratio of each pair, median {:.2}", frist.ratio(&hand));
    println!("  frist with nothing prepared: median {:.0} ms", first.percentile(50));
    println!("  goal: under 50 ms");
    Ok(())
}

/// That everything was found, in every table, by indexes alone.
fn expect_all(found: &Found) -> Outcome {
    if !found.is_complete() || !found.slow.is_empty() {
        let (closed, not) = (&found.unreachable, &found.unsearchable);
        return Err(
            format!("the search was not complete: {closed:?} {not:?} {:?}", found.slow).into()
        );
    }
    expect(found.hits.len())
}

fn expect(rows: usize) -> Outcome {
    match rows {
        20 => Ok(()),
        n => Err(format!("{n} rows were found of a person who has 20").into()),
    }
}

fn engine(dir: &std::path::Path, url: &str) -> Outcome<Engine> {
    engine_with(dir, url, "basis = \"6(1)(b)\"")
}

/// The engine of a register whose one purpose rests on this.
pub(crate) fn engine_with(dir: &std::path::Path, url: &str, basis: &str) -> Outcome<Engine> {
    let text =
        people::register("kind = \"postgresql\"\nurl_env = \"BENCH_URL\"", basis, people::RULE);
    let files = vec![("register.toml".to_owned(), text)];
    let reading = Register::read(&files);
    let register = reading.register.ok_or_else(|| format!("{:?}", reading.diagnostics))?;
    let revision = revision_hash(&register).parse().map_err(|_| "no hash")?;
    let (base, url) = (dir.to_owned(), url.to_owned());
    Ok(Engine::new(
        Loaded { register, revision, files },
        LawBook::embedded(),
        State::open(&Location::File(dir.join("state.sqlite")))?,
        Keys { record: RecordKey::new([7; 32]), pseudonym: [8; 32] },
        Id::new("bench")?,
        "bench".into(),
        Box::new(move |store| {
            frist_stores::open(store, &base, &|n| (n == "BENCH_URL").then(|| url.clone()))
        }),
        Box::new(now),
    ))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a face")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
