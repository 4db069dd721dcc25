//! The console and the interface for machines under load, with much behind them: each busy page by
//! `wrk`, and beside it the same bytes as a file that nginx sends.
//!
//! The company is the sample company, larger: its register, records in its databases and folders, cases,
//! holds (nine of ten released, as after some years), answers to reviews and the ledger's entries. The
//! program is run as behind a proxy, so that requests can come from many addresses: from one, the limit
//! of requests would be measured.

mod company;
mod hammer;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::program::Frist;
use company::Signed;
use hammer::{Asked, Nginx, Took};

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Records in the company's systems.
    #[arg(long, default_value_t = 1_000_000)]
    records: u32,
    /// Cases, of which one in ten is closed.
    #[arg(long, default_value_t = 10_000)]
    cases: u32,
    /// Holds, of which nine in ten are released.
    #[arg(long, default_value_t = 100_000)]
    holds: u32,
    /// Answers to reviews.
    #[arg(long, default_value_t = 100_000)]
    answers: u32,
    /// Connections at once.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 8, 32])]
    connections: Vec<u32>,
    /// Seconds for each page and number of connections.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// A folder on a real disk in which the company is made, and kept for the next run.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only pages whose path has this in it.
    #[arg(long)]
    only: Option<String>,
}

/// A page and who asks for it.
struct Page {
    path: String,
    who: Who,
}

#[derive(Clone, Copy, PartialEq)]
enum Who {
    Person,
    Machine,
    Stranger,
}

/// The goal: 99 of 100 requests within this, milliseconds.
const GOAL: f64 = 100.0;

/// Makes the company, serves it and measures page after page.
pub fn run(args: &Args) -> Outcome {
    let temporary = tempfile::tempdir()?;
    let dir = args.dir.clone().unwrap_or_else(|| temporary.path().join("company"));
    let frist = Frist::in_folder(&dir)?;
    if !dir.join(".frist/state.sqlite").exists() {
        let begin = Instant::now();
        company::make(&dir, args)?;
        println!("made in {:.0} s", begin.elapsed().as_secs_f64());
    }
    let signed = company::sign_in(&dir, &frist)?;
    let sizes = company::sizes(&dir)?;
    println!("{sizes}");

    let port = free_port()?;
    let listen = format!("127.0.0.1:{port}");
    let mut server = Ended(frist.start(&["serve", "--tls-proxy", "--listen", &listen])?);
    let begin = Instant::now();
    while std::net::TcpStream::connect(&listen).is_err() {
        if begin.elapsed() > Duration::from_secs(60) {
            return Err("frist serve did not begin to listen".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let files = tempfile::tempdir()?;
    let nginx = Nginx::start(files.path(), free_port()?)?;
    println!(
        "page | connections | requests/s | p50 ms | p99 ms | most ms | nginx: requests/s | p99 ms"
    );
    let mut missed = Vec::new();
    let pages = pages(&signed);
    let wanted = |p: &&Page| args.only.as_ref().is_none_or(|o| p.path.contains(o.as_str()));
    for page in pages.iter().filter(wanted) {
        let asked = Asked {
            address: &listen,
            path: &page.path,
            cookie: (page.who == Who::Person).then_some(signed.cookie.as_str()),
            token: (page.who == Who::Machine).then_some(signed.token.as_str()),
        };
        // As the first who looks: when something comes, and when it comes with its counts, which others
        // are then shown.
        let begin = Instant::now();
        let mut came = hammer::get(&asked)?;
        let first = begin.elapsed().as_secs_f64() * 1e3;
        let body = loop {
            if let Some(body) = came {
                break body;
            }
            if begin.elapsed() > Duration::from_secs(600) {
                return Err(format!("{}: the counts do not come", page.path).into());
            }
            std::thread::sleep(Duration::from_millis(50));
            came = hammer::get(&asked)?;
        };
        let whole = begin.elapsed().as_secs_f64() * 1e3;
        println!(
            "{} ({} bytes; the first answer after {first:.0} ms, with counts after {whole:.0} ms)",
            page.path,
            body.len()
        );
        let file = nginx.put(&body)?;
        for connections in &args.connections {
            let took = hammer::wrk(files.path(), &asked, *connections, args.seconds)?;
            let plain = Asked { address: &nginx.address, path: &file, cookie: None, token: None };
            let theirs = hammer::wrk(files.path(), &plain, *connections, args.seconds)?;
            let Took { each_second, p50, p99, most } = took;
            println!(
                "  {connections} | {each_second:.0} | {p50:.1} | {p99:.1} | {most:.0} | {:.0} | {:.1}",
                theirs.each_second, theirs.p99
            );
            if p99 > GOAL {
                missed.push(format!("{} with {connections}: {p99:.0} ms", page.path));
            }
        }
    }
    server.end();
    match missed.is_empty() {
        true => println!("p99 of every page is under {GOAL:.0} ms"),
        false => println!("missed: {}", missed.join("; ")),
    }
    Ok(())
}

/// The busiest pages.
fn pages(signed: &Signed) -> Vec<Page> {
    let person = |path: &str| Page { path: path.to_owned(), who: Who::Person };
    let machine = |path: &str| Page { path: format!("/api/v1{path}"), who: Who::Machine };
    let stranger = |path: &str| Page { path: path.to_owned(), who: Who::Stranger };
    vec![
        person("/"),
        person("/horizon"),
        person("/datasets"),
        person("/datasets/meter-readings"),
        person("/cases"),
        person("/cases?state=late&page=20"),
        person(&format!("/cases/{}", signed.case)),
        person(&format!("/cases/{}", signed.large_case)),
        person("/reviews"),
        person("/reviews/invoices"),
        person("/holds"),
        person("/holds?all=1"),
        person("/ledger"),
        person("/sweeps"),
        person("/documents"),
        person("/register"),
        person("/metrics"),
        stranger("/p"),
        stranger("/p/notices"),
        machine("/health"),
        machine("/datasets"),
        machine("/cases"),
        machine("/holds?all=true"),
        machine("/ledger/entries"),
        machine("/plans"),
    ]
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A program that is ended with the measurement, whatever becomes of that.
struct Ended(Child);

impl Ended {
    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.end();
    }
}

/// Copies a folder, as `cp -a` does.
fn copy(from: &Path, to: &Path) -> Outcome {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    if done.success() { Ok(()) } else { Err("cannot copy the company to its disk".into()) }
}
