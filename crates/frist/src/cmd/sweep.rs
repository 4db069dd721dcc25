//! `frist sweep`: once, for a plan, or continuously.

use std::time::Duration;

use frist_sweep::plan::{Count, Options, Plan};
use frist_sweep::report::Report;
use frist_sweep::{Engine, Error, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::cli::SweepArgs;
use crate::cmd::plan::{examine, print};
use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{
    BOLD, DIM, GREEN, RED, YELLOW, confirm, count, day, duration, how_to_agree, json, records, say,
    table,
};
use crate::place::Place;

/// How long continuous mode sleeps at most: what is added meanwhile with a short period is then
/// still gone within a minute.
const DOZE: Duration = Duration::from_secs(20);

/// How often it looks for closed cases whose time is up: their time is counted in days.
const BETWEEN_TIDYING: SignedDuration = SignedDuration::from_mins(30);

/// How long it waits after an alarm before it tries again.
const AFTER_ALARM: SignedDuration = SignedDuration::from_mins(5);

/// Sweeps.
pub fn sweep(place: &Place, args: &SweepArgs, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    // What cannot be published is found out before anything is erased, not after.
    proof::publish(place, &mut engine)?;
    tidy_cases(place, &mut engine, as_json)?;
    if args.recover {
        return recover(place, &mut engine, as_json);
    }
    if args.continuous {
        return continuous(place, &mut engine, args);
    }
    let id = match &args.plan {
        Some(id) => id.clone(),
        None => match new_plan(&mut engine, args, as_json)? {
            Some(plan) => plan.id,
            None => return Ok(Exit::Done),
        },
    };
    if args.plan.is_some() && !args.yes {
        let (plan, _) = engine.plan(&id)?;
        if !as_json {
            print(&plan, &engine.register.controller.calendar.zone.clone());
        }
        ask(&plan)?;
    }
    let report = run(&mut engine, &id)?;
    // Whose record the sweep has just erased hears of it now, not after the next one; and the proof
    // of a withdrawn consent goes with the data.
    tidy_cases(place, &mut engine, as_json)?;
    proof::publish(place, &mut engine)?;
    match as_json {
        true => json(&report)?,
        false => tell(&report),
    }
    Ok(if report.green() { Exit::Done } else { Exit::Findings })
}

/// Erases Frist's own closed cases whose time is up: they are personal data like any other, and
/// nobody should have to think of them.
fn tidy_cases(place: &Place, engine: &mut Engine, as_json: bool) -> Outcome<()> {
    let (by, at) = (place.operator()?, engine.now());
    // What requests were refused until a day goes on that day, and the persons are told.
    let done = frist_cases::due::do_what_is_due(engine, by.as_str(), at)?;
    if !done.finished.is_empty() || !done.tidied.erased.is_empty() {
        proof::publish(place, engine)?;
    }
    for one in done.finished.iter().filter(|_| !as_json) {
        let gone = crate::output::records(one.gone);
        say!("{}: {gone} erased, since their ground has ended", one.number);
    }
    if !as_json {
        crate::cmd::case::tell(&done.tidied);
    }
    Ok(())
}

/// A plan made, shown, kept and agreed to; none when nothing is due.
fn new_plan(engine: &mut Engine, args: &SweepArgs, as_json: bool) -> Outcome<Option<Plan>> {
    let options = Options {
        datasets: (!args.datasets.is_empty()).then(|| args.datasets.clone()),
        count: Count::AllOfSmall,
        ..Options::default()
    };
    let plan = examine(engine, &options)?;
    if !as_json {
        print(&plan, &engine.register.controller.calendar.zone.clone());
    }
    if plan.due() == 0 && plan.problems.is_empty() {
        match as_json {
            true => json(&plan)?,
            false => say!("\nNothing to erase."),
        }
        return Ok(None);
    }
    engine.propose(&plan, &mut |_| {})?;
    if !plan.trips.is_empty() {
        return Err(Failure::waits(format!("plan {} needs approval; nothing was erased", plan.id))
            .help(format!(
                "approve it with `frist approve {id}`, then run `frist sweep {id}`",
                id = plan.id
            )));
    }
    if !args.yes {
        ask(&plan)?;
    }
    Ok(Some(plan))
}

fn ask(plan: &Plan) -> Outcome<()> {
    let question = format!("\nErase {} for good?", records(plan.due()));
    if confirm(&question)? {
        return Ok(());
    }
    Err(Failure::waits("nothing was erased").help(format!(
        "{}: `frist sweep {} --yes`",
        how_to_agree(),
        plan.id
    )))
}

/// Runs a plan with a progress bar on a terminal.
pub fn run(engine: &mut Engine, id: &str) -> Outcome<Report> {
    let (plan, _) = engine.plan(id)?;
    let total: u64 = plan.items.iter().map(|i| i.due + i.blocked).sum();
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec} {msg}") {
        bar.set_style(style);
    }
    let report = engine.sweep(id, &mut |step| match step {
        Step::Dataset { dataset, .. } => bar.set_message(dataset.to_owned()),
        Step::Confirmed { n, .. } => bar.inc(n),
        _ => {}
    });
    bar.finish_and_clear();
    Ok(report?)
}

/// Says what a sweep came to.
pub fn tell(report: &Report) {
    let mut rows = vec![
        ["data set", ">erased", ">spared", ">blocked", ">late (median)", ">late (most)"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for d in report.datasets.iter().filter(|d| d.planned > 0) {
        rows.push(vec![
            d.dataset.clone(),
            count(d.done),
            count(d.spared),
            count(d.blocked),
            duration(d.late_p50),
            duration(d.late_max),
        ]);
    }
    say!("\n{BOLD}Sweep {}{BOLD:#}", report.sweep);
    if report.recovered > 0 {
        say!(
            "{YELLOW}recovered{YELLOW:#}: {} of batches that had been interrupted",
            records(report.recovered)
        );
    }
    say!("{}", table(&rows).trim_end());
    for d in &report.datasets {
        for line in &d.advice {
            say!("{DIM}{}: {line}{DIM:#}", d.dataset);
        }
    }
    for f in &report.findings {
        let style = if f.alarm { RED } else { YELLOW };
        say!("{style}{}{style:#}: `{}`, {}: {}", f.code, f.dataset, records(f.count), f.text);
    }
    match report.green() {
        true => say!(
            "\n{GREEN}Done{GREEN:#}: {} gone, and the stores were asked again.",
            records(report.done())
        ),
        false => say!(
            "\n{RED}Not green{RED:#}: {} gone; the alarms above must be settled.",
            records(report.done())
        ),
    }
}

fn recover(place: &Place, engine: &mut Engine, as_json: bool) -> Outcome {
    let (recovered, alarms) = engine.recover(&mut |_| {})?;
    proof::publish(place, engine)?;
    if as_json {
        json(&serde_json::json!({"recovered": recovered, "findings": alarms}))?;
    } else if recovered.is_empty() && alarms.is_empty() {
        say!("Nothing was left open.");
    }
    if !as_json {
        for r in &recovered {
            say!(
                "`{}`: {} accounted for ({} found gone), {} no longer due",
                r.dataset,
                records(r.done),
                count(r.absent),
                count(r.spared)
            );
        }
        for f in &alarms {
            say!("{RED}{}{RED:#}: `{}`: {}", f.code, f.dataset, f.text);
        }
    }
    Ok(if alarms.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Sweeps whenever something becomes due. Another process may take the turn meanwhile: that is
/// how several on one PostgreSQL share the work.
fn continuous(place: &Place, engine: &mut Engine, args: &SweepArgs) -> Outcome {
    if !args.yes && !confirm("Erase whatever becomes due from now on, without asking again?")? {
        return Err(Failure::waits("nothing was started").help(how_to_agree()));
    }
    let options = Options {
        datasets: (!args.datasets.is_empty()).then(|| args.datasets.clone()),
        count: Count::Due,
        ..Options::default()
    };
    let zone = engine.register.controller.calendar.zone.clone();
    let mut waiting: Option<String> = None;
    let mut not_before = Timestamp::MIN;
    let mut told: Option<Timestamp> = None;
    let mut tidied = engine.now();
    loop {
        let now = engine.now();
        if now.duration_since(tidied) >= BETWEEN_TIDYING {
            tidied = now;
            if let Err(e) = tidy_cases(place, engine, false) {
                e.print(false);
            }
        }
        if now >= not_before {
            let calm = match tick(place, engine, &options, &mut waiting) {
                Ok(green) => green,
                Err(Error::Busy { .. }) => true,
                Err(e @ Error::RegisterChanged) => return Err(e.into()),
                Err(e) => {
                    anstream::eprintln!("{RED}alarm{RED:#}: {e}");
                    false
                }
            };
            // What a store refuses now it will refuse in a second: the alarm is not repeated at once.
            if !calm {
                not_before = engine.now() + AFTER_ALARM;
            }
        }
        let next = engine.next_due(&options, now)?;
        if next != told {
            match next {
                Some(t) => anstream::eprintln!("{DIM}next due {}{DIM:#}", day(t, &zone)),
                None => anstream::eprintln!("{DIM}nothing will become due by time alone{DIM:#}"),
            }
            told = next;
        }
        let until = next.map_or(DOZE, |t| {
            Duration::try_from(t.duration_since(engine.now())).unwrap_or(Duration::ZERO)
        });
        std::thread::sleep(until.clamp(Duration::from_millis(200), DOZE));
    }
}

/// One look: sweep what is due, unless it waits for an approval. Answers whether nothing is wrong.
fn tick(
    place: &Place,
    engine: &mut Engine,
    options: &Options,
    waiting: &mut Option<String>,
) -> Result<bool, Error> {
    if let Some(id) = waiting.clone() {
        let (plan, kept) = engine.plan(&id)?;
        use frist_state::PlanStatus as S;
        match kept.status {
            S::Approved => {
                *waiting = None;
                return go(place, engine, &plan.id);
            }
            S::Proposed
                if engine.now().duration_since(plan.created_at).as_hours()
                    < frist_sweep::plan::PLAN_HOURS =>
            {
                return Ok(true);
            }
            _ => *waiting = None,
        }
    }
    let plan = engine.examine(options, &mut |_| {})?;
    for p in &plan.problems {
        anstream::eprintln!("{RED}alarm{RED:#}: `{}`: {}", p.dataset, p.text);
    }
    if plan.due() == 0 {
        return Ok(plan.problems.is_empty());
    }
    engine.propose(&plan, &mut |_| {})?;
    if !plan.trips.is_empty() {
        for t in &plan.trips {
            anstream::eprintln!("{YELLOW}plan {} needs approval{YELLOW:#}: {}", plan.id, t.text());
        }
        *waiting = Some(plan.id);
        return Ok(true);
    }
    go(place, engine, &plan.id)
}

/// Carries a plan out, and says what went and what is wrong. Answers whether it was green.
pub(crate) fn go(place: &Place, engine: &mut Engine, id: &str) -> Result<bool, Error> {
    let report = engine.sweep(id, &mut |_| {})?;
    for d in report.datasets.iter().filter(|d| d.done > 0) {
        anstream::println!(
            "{}: {} erased, at most {} late",
            d.dataset,
            count(d.done),
            duration(d.late_max)
        );
    }
    for f in report.findings.iter().filter(|f| f.alarm) {
        anstream::eprintln!("{RED}alarm{RED:#}: {}: `{}`: {}", f.code, f.dataset, f.text);
    }
    if let Err(e) = tidy_cases(place, engine, false) {
        e.print(false);
    }
    if let Err(e) = proof::publish(place, engine) {
        e.print(false);
    }
    Ok(report.green())
}
