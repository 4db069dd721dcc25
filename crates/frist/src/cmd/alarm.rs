//! `frist alarm`, and `frist status --alarm` for a monitor.

use frist_law::Calendar;
use frist_register::Lang;
use frist_state::NewAlarm;
use frist_watch::{look, words};
use jiff::Timestamp;

use crate::cli_server::AlarmCommand;
use crate::cmd::server::serve::config;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{DIM, GREEN, RED, YELLOW, counted, day, json, say};
use crate::place::{Place, now};

/// Lists or tries.
pub fn alarm(place: &Place, command: &AlarmCommand, lang: Lang, as_json: bool) -> Outcome {
    match command {
        AlarmCommand::List => list(place, lang, as_json),
        AlarmCommand::Test => test(place, as_json),
    }
}

fn list(place: &Place, lang: Lang, as_json: bool) -> Outcome {
    let mut state = place.state()?;
    let zone = zone(place);
    let (alarms, ended, unsent) = (state.alarms()?, state.ended_alarms(20)?, state.unsent(100)?);
    let dead = unsent.iter().filter(|m| m.dead_at.is_some()).count();
    if as_json {
        let shown = |a: &frist_state::Alarm| {
            serde_json::json!({
                "kind": a.what.kind, "about": a.what.about, "count": a.what.n, "at": a.what.at,
                "detail": a.what.detail, "since": a.since, "ended": a.ended_at,
            })
        };
        json(&serde_json::json!({
            "alarms": alarms.iter().map(shown).collect::<Vec<_>>(),
            "ended": ended.iter().map(shown).collect::<Vec<_>>(),
            "waiting": unsent.len() - dead, "given_up": dead,
        }))?;
    } else {
        if alarms.is_empty() {
            say!("{GREEN}no alarms{GREEN:#}");
        }
        for a in &alarms {
            let since = day(a.since, &zone);
            let text = words::alarm(&a.what, lang, &zone);
            say!("{RED}{}{RED:#}, since {since}: {text}", a.what.kind);
            say!("  {DIM}{}{DIM:#}", words::advice(&a.what, lang));
        }
        for a in &ended {
            let at = a.ended_at.map(|t| day(t, &zone)).unwrap_or_default();
            say!("{DIM}ended {at}: {}{DIM:#}", words::alarm(&a.what, lang, &zone));
        }
        if !unsent.is_empty() {
            say!("{YELLOW}outbox{YELLOW:#}: {} waiting, {dead} given up", unsent.len() - dead);
        }
    }
    Ok(if alarms.is_empty() && dead == 0 { Exit::Done } else { Exit::Findings })
}

fn zone(place: &Place) -> jiff::tz::TimeZone {
    let register = place.check().ok().and_then(|checked| checked.register);
    register.map_or_else(|| Calendar::denmark().zone, |r| r.controller.calendar.zone)
}

/// Looks whether something is wrong, without a server, and says it in one line first.
pub fn look(place: &Place, lang: Lang, as_json: bool) -> Outcome {
    let t = now();
    let config = config(place)?;
    let c = &config.alarms;
    let mut state = place.state()?;
    let servers = state.servers(t)?;
    let scheduled = config.schedule.on || servers.iter().any(|s| s.schedules);
    // What should run and never did is as wrong as what stopped.
    let since = if scheduled { Timestamp::UNIX_EPOCH } else { t };
    let mut found = look::at_signs(&mut state, since, scheduled, c, t)?;
    let mut judged: Vec<&str> = vec![frist_watch::Kind::Stalled.word()];
    let calendar = match place.engine() {
        Ok(mut engine) => {
            let seen = look::at_stores(&mut engine, c, t)?;
            found.extend(seen.alarms);
            judged.extend(seen.judged);
            engine.register.controller.calendar.clone()
        }
        Err(e) => {
            let kind = frist_watch::Kind::Register.word().to_owned();
            let detail = e.message;
            found.push(NewAlarm { kind, about: String::new(), n: 0, at: None, detail });
            Calendar::denmark()
        }
    };
    let seen = look::at_state(&mut state, &calendar, c, t).map_err(Failure::from)?;
    found.extend(seen.alarms);
    judged.extend(seen.judged);
    // What the server sees and nobody else can: its disks, its clock, the ledger, the scheduler.
    let standing = state.alarms()?.into_iter().map(|a| a.what);
    found.extend(standing.filter(|a| !judged.contains(&a.kind.as_str())));
    let titles: Vec<String> = found.iter().map(|a| words::title(a, lang)).collect();
    if as_json {
        let one = |a: &NewAlarm| {
            serde_json::json!({
                "kind": a.kind, "about": a.about, "count": a.n, "at": a.at, "detail": a.detail,
            })
        };
        json(&serde_json::json!({
            "at": t, "alarms": found.iter().map(one).collect::<Vec<_>>(),
            "servers": servers.len(),
        }))?;
    } else if found.is_empty() {
        say!("FRIST OK - {}", counted(servers.len() as u64, "server", "servers"));
    } else {
        say!("FRIST ALARM - {}: {}", found.len(), titles.join("; "));
        for a in &found {
            say!("{}", words::alarm(a, lang, &calendar.zone));
        }
    }
    Ok(if found.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Sends a message by each way, and says which arrived.
fn test(place: &Place, as_json: bool) -> Outcome {
    let settings = config(place)?.watch();
    let organisation = place.check().ok().and_then(|c| c.register);
    let organisation = organisation.map_or_else(|| "-".into(), |r| r.controller.contact.name);
    let event = frist_watch::event::test(now());
    let messages = frist_watch::event::test_messages(&event, &settings, &organisation)
        .map_err(Failure::new)?;
    if messages.is_empty() {
        return Err(Failure::new("`server.toml` says nobody to tell")
            .help("add `[mail]` or `[[webhook]]`; docs/server.md shows how"));
    }
    let secret = |name: &str| std::env::var(name).ok().map(zeroize::Zeroizing::new);
    let net = &frist_watch::net::Internet;
    let sender = frist_watch::Sender { settings: &settings, net, secret: &secret, now: now() };
    let mut rows = Vec::new();
    for m in &messages {
        let sent = sender.send(&m.way, &m.message, &m.body);
        rows.push((m.way.clone(), sent.err().map(|e| e.why)));
    }
    if as_json {
        let one = |(way, why): &(String, Option<String>)| serde_json::json!({"way": way, "arrived": why.is_none(), "why": why});
        json(&serde_json::json!({"ways": rows.iter().map(one).collect::<Vec<_>>()}))?;
    } else {
        for (way, why) in &rows {
            match why {
                None => say!("{GREEN}arrived{GREEN:#}: {way}"),
                Some(why) => say!("{RED}failed{RED:#}: {way}: {why}"),
            }
        }
    }
    Ok(if rows.iter().all(|(_, why)| why.is_none()) { Exit::Done } else { Exit::Findings })
}
