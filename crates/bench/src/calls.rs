//! Calls at once: the same generator through Frist's media plane (which encrypts to a vault) and
//! through rtpengine's userspace recording (pcap files, not encrypted), one after the other.
//!
//! A call is two people who talk: A-law at 50 packets a second from each side. What counts is what
//! arrives at the other side, and the CPU time of the server's process. Both servers get the same
//! two threads, and the generator runs on the same machine.

mod generator;
mod plane;
mod rtpengine;

use std::time::Duration;

use crate::Outcome;
pub use plane::{PlaneArgs, run as plane};

/// How to measure.
#[derive(clap::Args)]
pub struct Args {
    /// How many calls at once, one measurement each.
    #[arg(long, value_delimiter = ',', default_value = "100,300,500,700")]
    calls: Vec<usize>,
    /// Seconds that are counted, after three that are not.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// How often each number is measured; the contenders take turns.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Media threads of Frist and worker threads of rtpengine.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Measure Frist alone.
    #[arg(long)]
    alone: bool,
}

/// Seconds at the start that are not counted.
const WARM_UP: Duration = Duration::from_secs(3);

/// A server that relays and records calls.
trait Server {
    fn name(&self) -> &'static str;
    /// Its process.
    fn pid(&self) -> u32;
    /// Sets up a call between two addresses of the generator; the ports where the server takes the
    /// caller's and the agent's packets.
    fn call(&mut self, caller: u16, agent: u16) -> Outcome<(u16, u16)>;
    /// Ends all calls; how many packets were recorded since the start, and of how many the server itself says that they
    /// are missing in its recordings.
    fn end(&mut self) -> Outcome<(u64, u64)>;
}

/// What one measurement gave.
struct Measured {
    calls: usize,
    sent: u64,
    arrived: u64,
    recorded: f64,
    missing: f64,
    /// Of one core, for a call at its true pace: when the generator itself is behind, there are
    /// fewer packets in a second.
    cpu_a_call: f64,
    generator: f64,
    behind: Duration,
    load: String,
}

/// Measures each number of calls with both.
pub fn run(args: &Args) -> Outcome {
    let seconds = Duration::from_secs(args.seconds);
    let dir = tempfile::tempdir()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    println!(
        "{:>9} {:>6} {:>9} {:>6} {:>9} {:>9} {:>8} {:>11} {:>10} {:>8}  load",
        "",
        "calls",
        "sent",
        "lost",
        "recorded",
        "missing",
        "CPU",
        "CPU a call",
        "generator",
        "behind"
    );
    for calls in &args.calls {
        for round in 0..args.rounds {
            let folder = dir.path().join(format!("{calls}-{round}"));
            let mut frist = plane::Plane::start(&folder.join("frist"), args.threads)?;
            ours.push(measure(&mut frist, *calls, seconds)?);
            drop(frist);
            if !args.alone {
                let mut other =
                    rtpengine::Rtpengine::start(&folder.join("rtpengine"), args.threads)?;
                theirs.push(measure(&mut other, *calls, seconds)?);
            }
            std::fs::remove_dir_all(&folder)?;
        }
    }
    println!("held without loss: frist {}{}", held(&ours), {
        if args.alone { String::new() } else { format!(", rtpengine {}", held(&theirs)) }
    });
    let mut ratios: Vec<f64> =
        ours.iter().zip(&theirs).map(|(a, b)| a.cpu_a_call / b.cpu_a_call).collect();
    ratios.sort_by(f64::total_cmp);
    if let Some(ratio) = ratios.get(ratios.len() / 2) {
        println!("CPU a call, frist / rtpengine: {ratio:.2} (the median of {})", ratios.len());
    }
    Ok(())
}

/// The most calls of which no packet was lost.
fn held(measured: &[Measured]) -> usize {
    let lossless = measured.iter().filter(|m| m.arrived == m.sent);
    lossless.map(|m| m.calls).max().unwrap_or(0)
}

fn measure(server: &mut dyn Server, calls: usize, seconds: Duration) -> Outcome<Measured> {
    let mut generator = generator::Generator::new()?;
    for _ in 0..calls {
        generator.add(|caller, agent| server.call(caller, agent))?;
    }
    generator.run(WARM_UP)?;
    let before = (cpu(server.pid())?, cpu(std::process::id())?);
    let counted = generator.run(seconds)?;
    let after = (cpu(server.pid())?, cpu(std::process::id())?);
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let (recorded, missing) = server.end()?;
    let of_all = |packets: u64| packets as f64 / generator.sent as f64;
    let share = |a: Duration, b: Duration| (b - a).as_secs_f64() / counted.took.as_secs_f64();
    let measured = Measured {
        calls,
        sent: counted.sent,
        arrived: counted.arrived,
        recorded: of_all(recorded),
        missing: of_all(missing),
        cpu_a_call: (after.0 - before.0).as_secs_f64() / counted.sent as f64 * 100.0,
        generator: share(before.1, after.1),
        behind: counted.behind,
        load: load.split(' ').next().unwrap_or_default().to_owned(),
    };
    println!(
        "{:>9} {:>6} {:>9} {:>6} {:>8.1}% {:>8.1}% {:>7.1}% {:>10.4}% {:>9.1}% {:>6}ms  {}",
        server.name(),
        calls,
        measured.sent,
        measured.sent as i64 - measured.arrived as i64,
        measured.recorded * 100.0,
        measured.missing * 100.0,
        share(before.0, after.0) * 100.0,
        measured.cpu_a_call * 100.0,
        measured.generator * 100.0,
        measured.behind.as_millis(),
        measured.load,
    );
    Ok(measured)
}

/// The CPU time that a process has used, all threads, in the kernel and out of it.
fn cpu(pid: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Fields 14 and 15, counted from after the name, which may have spaces in it.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    // 100 ticks a second on every Linux that is in use.
    Ok(Duration::from_millis(ticks * 10))
}
