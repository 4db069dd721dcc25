//! `frist plan` and `approve`.

use frist_sweep::plan::{Count, Item, Options, Plan};
use frist_sweep::{Engine, Step};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use crate::cli::PlanArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{
    BOLD, DIM, GREEN, RED, YELLOW, confirm, count, day, how_to_agree, json, records, say, table,
    when,
};
use crate::place::Place;

/// Shows what is due; keeps the plan unless it is for another instant than now.
pub fn plan(place: &Place, args: &PlanArgs, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    if let Some(id) = &args.show {
        return show(&mut engine, id, as_json);
    }
    let zone = engine.register.controller.calendar.zone.clone();
    let as_of = args.as_of.as_deref().map(|t| when(t, &zone)).transpose()?;
    let options = Options {
        datasets: (!args.datasets.is_empty()).then(|| args.datasets.clone()),
        as_of,
        count: if args.quick { Count::Due } else { Count::All },
    };
    let plan = examine(&mut engine, &options)?;
    let kept = as_of.is_none() && plan.due() > 0;
    if kept {
        engine.propose(&plan, &mut |_| {})?;
    }
    if as_json {
        json(&plan)?;
    } else {
        print(&plan, &zone);
        if kept {
            next(&plan);
        } else if as_of.is_some() {
            say!(
                "\n{DIM}A plan for another instant is only shown; nothing is erased before its time.{DIM:#}"
            );
        }
    }
    Ok(if plan.problems.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Examines with a line of progress on a terminal.
pub fn examine(engine: &mut Engine, options: &Options) -> Outcome<Plan> {
    let bar = spinner();
    let plan = engine.examine(options, &mut |step| {
        if let Step::Examine { dataset } = step {
            bar.set_message(format!("examining {dataset}"));
            bar.tick();
        }
    });
    bar.finish_and_clear();
    Ok(plan?)
}

/// A line of progress that is not there without a terminal.
pub fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

/// Prints a plan as a table.
pub fn print(plan: &Plan, zone: &TimeZone) {
    say!("{BOLD}Plan {}{BOLD:#}, decided for {}", plan.id, day(plan.as_of, zone));
    say!("{DIM}register {}{DIM:#}\n", &plan.revision[..12.min(plan.revision.len())]);
    let mut rows = vec![
        [
            "data set",
            ">due",
            "overdue since",
            ">blocked",
            ">held",
            ">unclear",
            ">restricted",
            ">review",
            ">kept",
            "what",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    rows.extend(plan.items.iter().map(|i| row(i, zone)));
    say!("{}", table(&rows).trim_end());
    let total = plan.due();
    say!("\n{BOLD}{}{BOLD:#} due.", records(total));
    if plan.items.iter().any(|i| i.blocked > 0) {
        say!(
            "{DIM}blocked: due, but other records still refer to them; they go in the same sweep if those do{DIM:#}"
        );
    }
    for item in plan.items.iter().filter(|i| i.index.is_none() && i.total > 10_000) {
        say!(
            "{YELLOW}slow{YELLOW:#}: no index serves `{}`: all {}{} are read; an index on its starting point makes the sweep cost what is due",
            item.dataset,
            if item.more { "of more than " } else { "" },
            records(item.total)
        );
    }
    if plan.items.iter().any(|i| i.counts.is_none()) {
        say!(
            "{DIM}?: not counted, so that the cost follows what is due; `frist plan` counts every record{DIM:#}"
        );
    }
    for p in &plan.problems {
        say!("{RED}not examined{RED:#}: `{}`: {}", p.dataset, p.text);
    }
    for t in &plan.trips {
        say!("{YELLOW}needs approval{YELLOW:#}: {}", t.text());
    }
}

fn row(i: &Item, zone: &TimeZone) -> Vec<String> {
    let c = i.counts;
    let n = |f: fn(&frist_sweep::plan::Counts) -> u64| {
        c.as_ref().map_or("?".to_owned(), |c| blank(f(c)))
    };
    vec![
        i.dataset.clone(),
        blank(i.due),
        i.oldest.filter(|_| i.due > 0).map_or(String::new(), |t| day(t, zone)),
        blank(i.blocked),
        n(|c| c.held),
        n(|c| c.unclear),
        n(|c| c.restrict),
        n(|c| c.review),
        n(|c| c.keep),
        i.disposition.clone(),
    ]
}

fn blank(n: u64) -> String {
    if n == 0 { "-".into() } else { count(n) }
}

fn next(plan: &Plan) {
    say!("");
    if plan.trips.is_empty() {
        say!("Carry it out with {GREEN}frist sweep {}{GREEN:#}", plan.id);
    } else {
        say!(
            "Look at it with {GREEN}frist plan --show {id}{GREEN:#}, approve it with {GREEN}frist approve {id}{GREEN:#},",
            id = plan.id
        );
        say!("then carry it out with {GREEN}frist sweep {}{GREEN:#}", plan.id);
    }
}

/// A kept plan with a sample of what it would erase, read from the stores now.
fn show(engine: &mut Engine, id: &str, as_json: bool) -> Outcome {
    let (plan, kept) = engine.plan(id)?;
    let zone = engine.register.controller.calendar.zone.clone();
    if as_json {
        json(&serde_json::json!({"plan": plan, "status": kept.status.as_str()}))?;
        return Ok(Exit::Done);
    }
    print(&plan, &zone);
    say!("\nstatus: {}, made by {}", kept.status.as_str(), kept.plan.proposed_by);
    for a in engine.state.approvals(id)? {
        say!("approved by {} on {}", a.by, day(a.at, &zone));
    }
    for item in plan.items.iter().filter(|i| i.due > 0) {
        say!("\n{BOLD}{}{BOLD:#} ({}): {}", item.dataset, item.place, item.rule);
        for citation in &item.citations {
            say!("  {DIM}{citation}{DIM:#}");
        }
        for (key, since) in engine.sample(&item.dataset, plan.as_of, 5)? {
            let since = since.map_or(String::new(), |t| format!(", due since {}", day(t, &zone)));
            say!("  e.g. {key}{since}");
        }
    }
    Ok(Exit::Done)
}

/// Approves a plan, after showing it.
pub fn approve(place: &Place, id: &str, yes: bool, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let (plan, _) = engine.plan(id)?;
    let zone = engine.register.controller.calendar.zone.clone();
    if !as_json {
        print(&plan, &zone);
    }
    let question = format!(
        "Approve this plan as `{}`: {} may then be erased?",
        place.operator()?,
        records(plan.due())
    );
    if !yes && !confirm(&question)? {
        return Err(Failure::waits("the plan was not approved").help(how_to_agree()));
    }
    engine.approve(id)?;
    match as_json {
        true => json(&serde_json::json!({"approved": id}))?,
        false => say!("{GREEN}approved{GREEN:#}; carry it out with `frist sweep {id}`"),
    }
    Ok(Exit::Done)
}
