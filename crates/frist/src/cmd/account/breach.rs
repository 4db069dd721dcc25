//! `frist breach`.

use std::fs;
use std::path::Path;

use frist_cases::breach::desk::Desk;
use frist_cases::breach::{
    Amount, Breach, NewBreach, Notify, Risk, Status, left, notification, over,
};
use frist_register::Lang;
use frist_state::case::{CaseFilter, CaseKind};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{instant, minute, publish};
use crate::cli_account::{BreachCommand, Facts, RiskName};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, GREEN, RED, YELLOW, json, say, table};
use crate::place::{Place, now};

/// Does what was asked.
pub fn breach(place: &Place, command: &BreachCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let operator = place.operator()?.to_string();
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    let register = engine.register.clone();
    let mut desk = Desk { state: &mut engine.state, register: &register, by: &operator, at: t };
    let number = match command {
        BreachCommand::List { all } => return list(&mut engine, *all, &zone, as_json),
        BreachCommand::Show { number, draft } => {
            let (_, breach) = desk.read(number)?;
            if let Some(path) = draft {
                let document = notification(&breach, number, &register, lang, t);
                write(path, &document)?;
            }
            return show(&mut engine, number, &breach, &zone, as_json);
        }
        BreachCommand::Open { aware, facts } => {
            let aware = instant(aware, &zone)?;
            let amounts = amounts(facts)?;
            desk.open(aware, &learnt(facts, amounts))?
        }
        BreachCommand::Assess { number, risk, reason, facts } => {
            let amounts = amounts(facts)?;
            let risk = risk.map(|r| match r {
                RiskName::Unlikely => Risk::Unlikely,
                RiskName::Risk => Risk::Risk,
                RiskName::High => Risk::High,
            });
            let assessed = risk.zip(reason.as_deref());
            desk.assess(number, &learnt(facts, amounts), assessed)?;
            number.clone()
        }
        BreachCommand::Notify { number, sent, reference, more, late } => {
            let sent = sent.as_deref().map(|s| instant(s, &zone)).transpose()?.unwrap_or(t);
            if sent > t {
                return Err(Failure::usage("the notification is said to be sent in the future"));
            }
            let new = Notify {
                reference: reference.as_deref(),
                more: *more,
                late: late.as_deref(),
                sha256: None,
            };
            desk.notify(number, &new, sent, lang)?;
            number.clone()
        }
        BreachCommand::Tell { number, how, not, persons } => {
            let persons = persons.as_deref().map(amount).transpose()?;
            desk.tell(number, how.as_deref(), not.as_deref(), persons)?;
            number.clone()
        }
        BreachCommand::Close { number } => {
            desk.close(number)?;
            number.clone()
        }
    };
    let (_, breach) = desk.read(&number)?;
    publish(place, &mut engine)?;
    match as_json {
        true => json(&summary(&number, &breach, t))?,
        false => tell(&number, &breach, &zone, t),
    }
    Ok(Exit::Done)
}

fn amount(text: &str) -> Outcome<Amount> {
    text.parse().map_err(|e: frist_cases::Refused| frist_cases::CasesError::from(e).into())
}

fn amounts(facts: &Facts) -> Outcome<(Option<Amount>, Option<Amount>)> {
    let read = |text: &Option<String>| text.as_deref().map(amount).transpose();
    Ok((read(&facts.persons)?, read(&facts.records)?))
}

fn learnt(facts: &Facts, (persons, records): (Option<Amount>, Option<Amount>)) -> NewBreach<'_> {
    NewBreach {
        what: facts.what.as_deref().unwrap_or_default(),
        occurred: facts.occurred.as_deref(),
        datasets: &facts.datasets,
        subjects: &facts.subjects,
        categories: &facts.categories,
        persons,
        records,
        consequences: facts.consequences.as_deref(),
        measures: facts.measures.as_deref(),
    }
}

fn write(path: &Path, document: &frist_paper::Document) -> Outcome<()> {
    let bytes = match path.extension().and_then(|e| e.to_str()) {
        Some("pdf") => document.pdf().map_err(frist_cases::CasesError::from)?,
        Some("txt") => document.text().into_bytes(),
        _ => document.html().into_bytes(),
    };
    fs::write(path, bytes).map_err(|e| Failure::file("write", path, &e))
}

fn summary(number: &str, breach: &Breach, t: Timestamp) -> serde_json::Value {
    let waits = breach.due().is_some();
    let seconds = left(breach.aware, t).filter(|_| waits).map(|l| l.as_secs());
    serde_json::json!({
        "case": number, "status": breach.status().word(), "aware": breach.aware,
        "over": over(breach.aware), "seconds_left": seconds,
        "late": seconds.is_some_and(|s| s <= 0),
        "risk": breach.assessed.last().map(|a| a.risk), "notified": breach.notified,
        "in_time": breach.in_time(), "told": breach.told.as_ref().map(|t| t.how.is_some()),
        "missing": breach.missing().iter().map(|(_, en)| *en).collect::<Vec<_>>(),
    })
}

/// Where it stands, in a few lines.
fn tell(number: &str, breach: &Breach, zone: &TimeZone, t: Timestamp) {
    let first = breach.what.lines().next().unwrap_or_default();
    say!("{BOLD}{number}{BOLD:#} {first}");
    let over = over(breach.aware).map(|o| minute(o, zone)).unwrap_or_default();
    match (breach.due(), left(breach.aware, t)) {
        (Some(_), Some(left)) if left.as_secs() > 0 => {
            say!(
                "  {} h {} min left to notify, until {over}",
                left.as_hours(),
                left.as_mins() % 60
            );
        }
        (Some(_), Some(left)) => say!(
            "  {RED}late{RED:#}: the 72 hours ended {over}, {} h ago; a late notification says why (`--late`)",
            left.as_hours().unsigned_abs()
        ),
        _ => match (breach.status(), breach.in_time()) {
            (Status::Closed, _) => say!("  {GREEN}closed{GREEN:#}"),
            (_, Some(true)) => say!("  {GREEN}notified within 72 hours{GREEN:#}"),
            (_, Some(false)) => say!("  {YELLOW}notified after 72 hours{YELLOW:#}"),
            (_, None) => say!("  assessed as unlikely to be a risk: logged, not notified"),
        },
    }
    if breach.status() != Status::Closed {
        for (_, missing) in breach.missing() {
            say!("  {YELLOW}left to do{YELLOW:#}: {missing}");
        }
    }
}

fn list(engine: &mut Engine, all: bool, zone: &TimeZone, as_json: bool) -> Outcome {
    let filter = CaseFilter {
        kind: Some(CaseKind::Breach),
        open: (!all).then_some(true),
        ..CaseFilter::default()
    };
    let t = now();
    let register = engine.register.clone();
    let mut rows = Vec::new();
    for case in engine.state.cases(&filter)? {
        let mut desk = Desk { state: &mut engine.state, register: &register, by: "", at: t };
        let (_, breach) = desk.read(&case.number)?;
        rows.push((case.number, breach));
    }
    let late = rows.iter().any(|(_, b)| b.due().is_some_and(|d| t >= d));
    if as_json {
        json(&rows.iter().map(|(n, b)| summary(n, b, t)).collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        say!("There are no breaches.");
    } else {
        rows.iter().for_each(|(n, b)| tell(n, b, zone, t));
    }
    Ok(if late { Exit::Findings } else { Exit::Done })
}

fn show(
    engine: &mut Engine,
    number: &str,
    breach: &Breach,
    zone: &TimeZone,
    as_json: bool,
) -> Outcome {
    let t = now();
    let log = engine.state.case_log(number)?;
    if as_json {
        let mut value = summary(number, breach, t);
        value["breach"] = serde_json::to_value(breach)
            .map_err(|e| Failure::new(format!("cannot print as JSON: {e}")))?;
        value["log"] = log
            .iter()
            .map(|s| serde_json::json!({"at": s.step.at, "by": s.step.by, "step": s.step.step}))
            .collect::<Vec<_>>()
            .into();
        json(&value)?;
        return Ok(Exit::Done);
    }
    tell(number, breach, zone, t);
    let amount = |a: Option<Amount>| match a {
        Some(Amount { n, about: true }) => format!("about {n}"),
        Some(Amount { n, about: false }) => n.to_string(),
        None => "not known".to_owned(),
    };
    let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "not described".to_owned());
    say!("  aware        {}", minute(breach.aware, zone));
    say!("  happened     {}", text(&breach.occurred));
    say!("  what         {}", breach.what);
    say!("  data sets    {}", breach.datasets.join(", "));
    say!("  subjects     {} ({} people)", breach.subjects.join(", "), amount(breach.persons));
    say!("  categories   {} ({} records)", breach.categories.join(", "), amount(breach.records));
    say!("  consequences {}", text(&breach.consequences));
    say!("  measures     {}", text(&breach.measures));
    for a in &breach.assessed {
        say!(
            "  assessed     {} by {}: {}. {}",
            minute(a.at, zone),
            a.by,
            a.risk.label().1,
            a.reason
        );
    }
    for n in &breach.notified {
        let more = if n.more { ", more to follow" } else { "" };
        let late = n.late.as_ref().map(|l| format!("; late: {l}")).unwrap_or_default();
        say!("  notified     {} by {}, phase {}{more}{late}", minute(n.at, zone), n.by, n.phase);
    }
    if let Some(told) = &breach.told {
        let how = told.how.as_ref().map(|h| format!("told: {h}"));
        let why = told.why_not.as_ref().map(|w| format!("not told: {w}"));
        say!("  subjects     {}", how.or(why).unwrap_or_default());
    }
    let mut rows = vec![["when", "who", "what"].map(str::to_owned).to_vec()];
    rows.extend(log.iter().map(|s| {
        let step: String = s.step.step.chars().take(40).collect();
        vec![minute(s.step.at, zone), s.step.by.clone(), step]
    }));
    say!("\n{}", table(&rows).trim_end());
    Ok(Exit::Done)
}
