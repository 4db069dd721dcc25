//! Measures Frist against what somebody would write by hand, in one run, side by side.
//!
//! Every figure that counts is a ratio of two times that were taken alternately on the same
//! machine. The program that is measured is the `frist` of the same build, run as a person runs it,
//! from planning to the published proof. `BENCHMARKS.md` says how to repeat each.

mod calls;
mod continuous;
mod find;
mod load;
mod measure;
mod people;
mod postgres;
mod program;
mod rights;
mod sqlite;

use clap::{Parser, Subcommand};

/// Benchmarks of Frist.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A sweep of PostgreSQL against a batched DELETE written by hand.
    Postgres(postgres::Args),
    /// The same number of due records among more and more stored ones, in SQLite.
    Sqlite(sqlite::Args),
    /// Finding one person over ten tables of PostgreSQL, against a query a table written by hand.
    Find(find::Args),
    /// People found and erased over ten tables of PostgreSQL, against one committed statement a row.
    Rights(rights::Args),
    /// The console's busiest pages under load, beside nginx that sends the same bytes from a file.
    Load(load::Args),
    /// From due to gone in continuous mode.
    Continuous(continuous::Args),
    /// Two-way calls that are relayed and recorded: Frist's media plane, encrypting, against
    /// rtpengine's userspace recording to pcap.
    Calls(calls::Args),
    /// The media plane in a process of its own, for `calls`.
    #[command(hide = true)]
    CallsPlane(calls::PlaneArgs),
}

/// Why a benchmark could not be run.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    match Cli::parse().what {
        What::Postgres(args) => postgres::run(&args),
        What::Sqlite(args) => sqlite::run(&args),
        What::Find(args) => find::run(&args),
        What::Rights(args) => rights::run(&args),
        What::Load(args) => load::run(&args),
        What::Continuous(args) => continuous::run(&args),
        What::Calls(args) => calls::run(&args),
        What::CallsPlane(args) => calls::plane(&args),
    }
}
