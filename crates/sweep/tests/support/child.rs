//! The test binary run once more as a child process, to be killed, or to have a system call fail.

use std::process::{Child, Command, ExitStatus, Stdio};

use frist_sweep::{Result, Step};
use jiff::{SignedDuration, Timestamp};

use super::harness::{Call, again, later, make};
use super::trace::Strace;
use super::{Clock, Place, engine, plan, try_engine};

/// Dies at once, as when the power fails.
pub fn die() -> ! {
    let _ = Command::new("sh").args(["-c", "kill -9 $PPID"]).status();
    panic!("still alive");
}

/// What a child is to do.
#[derive(Clone, Copy, Default)]
pub struct Orders {
    /// What to run.
    pub call: Call,
    /// Dies at this step, from 1; none to go to the end.
    pub die_at: Option<usize>,
    /// How long its turn lasts without being renewed, milliseconds.
    pub turn_ms: Option<i64>,
    /// Whether it tries once more when the call fails; then it must succeed.
    pub again: bool,
}

/// Starts this test binary again, to run only its test `child`.
pub fn start(place: &Place, clock: &Clock, orders: Orders) -> Child {
    start_under(None, place, clock, orders)
}

/// The same, under `strace`.
pub fn start_under(strace: Option<&Strace>, place: &Place, clock: &Clock, orders: Orders) -> Child {
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    let program = std::env::current_exe().unwrap();
    let mut command = match strace {
        Some(strace) => {
            let mut command = strace.command(&program);
            command.env("FRIST_CHILD_TRACED", "1");
            command
        }
        None => Command::new(program),
    };
    command
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env("FRIST_CHILD", &place.dir)
        .env("FRIST_CHILD_STORE", place.url.as_deref().unwrap_or_default())
        .env("FRIST_CHILD_STATE", place.state.as_deref().unwrap_or_default())
        .env("FRIST_CHILD_CLOCK", clock.now().as_second().to_string())
        .env("FRIST_CHILD_CALL", orders.call.name())
        .env("FRIST_CHILD_AGAIN", if orders.again { "1" } else { "" })
        .env("FRIST_CHILD_DIE", number(orders.die_at.map(|n| n as i64)))
        .env("FRIST_CHILD_TURN", number(orders.turn_ms))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for it; whether it came to its end. One that failed otherwise than by being killed fails
/// the test.
pub fn survived(child: Child) -> bool {
    ended(child).unwrap_or_else(|e| panic!("{e}"))
}

/// The same; what it said, if it failed.
pub fn ended(child: Child) -> std::result::Result<bool, String> {
    let output = child.wait_with_output().unwrap();
    match output.status.success() || killed(output.status) {
        true => Ok(output.status.success()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
}

/// The orders that this process was given; none in the parent.
pub fn orders() -> Option<(Place, Clock, Orders)> {
    let dir = std::env::var_os("FRIST_CHILD")?;
    let text = |name: &str| std::env::var(name).ok().filter(|t| !t.is_empty());
    let number = |name: &str| text(name).map(|t| t.parse::<i64>().unwrap());
    let clock = Timestamp::from_second(number("FRIST_CHILD_CLOCK").unwrap()).unwrap();
    let place =
        Place { dir: dir.into(), url: text("FRIST_CHILD_STORE"), state: text("FRIST_CHILD_STATE") };
    let orders = Orders {
        call: Call::named(&text("FRIST_CHILD_CALL").unwrap()),
        die_at: number("FRIST_CHILD_DIE").map(|n| n as usize),
        turn_ms: number("FRIST_CHILD_TURN"),
        again: text("FRIST_CHILD_AGAIN").is_some(),
    };
    Some((place, Clock::at(clock), orders))
}

/// Does what the orders say. `seen` hears of each step too.
pub fn obey(
    place: &Place,
    clock: &Clock,
    orders: Orders,
    seen: &mut dyn FnMut(&Step<'_>),
) -> Result<()> {
    let operator = orders.call.operator();
    let mut engine = match try_engine(place, clock, operator) {
        Err(_) if orders.again => {
            later(place, clock);
            try_engine(place, clock, operator)?
        }
        other => other?,
    };
    if let Some(turn) = orders.turn_ms {
        engine = engine.with_turn(SignedDuration::from_millis(turn));
    }
    let mut n = 0;
    let mut count = |step: Step<'_>| {
        seen(&step);
        n += 1;
        if orders.die_at == Some(n) {
            die();
        }
    };
    match make(orders.call, place, clock, &mut engine, &mut count) {
        Err(e) if orders.again => {
            eprintln!("{} failed: {e}", orders.call.name());
            // The process lives on, and so does the engine, but for a server that is gone.
            if place.state.is_some() {
                engine = try_engine(place, clock, operator)?;
            }
            again(orders.call, place, clock, &mut engine)
        }
        other => other,
    }
}

/// What is due now, as the parent sees it.
pub fn due(place: &Place, clock: &Clock) -> u64 {
    plan(&mut engine(place, clock, "ida")).due()
}
