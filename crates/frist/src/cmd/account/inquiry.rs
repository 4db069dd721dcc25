//! `frist inquiry`.

use std::fs;
use std::path::Path;

use frist_cases::inquiry::desk::{Desk, File};
use frist_cases::inquiry::{Deadline, Inquiry, NewInquiry, Outcome as Decision, Power, Status};
use frist_register::Lang;
use frist_state::case::{CaseFilter, CaseKind};
use frist_sweep::Engine;
use jiff::civil::Date;

use super::{date, minute, publish};
use crate::cli_account::{InquiryCommand, PowerName};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, counted, json, say, table};
use crate::place::{Place, now};

/// Does what was asked.
pub fn inquiry(place: &Place, command: &InquiryCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let operator = place.operator()?.to_string();
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    let today = zone.to_datetime(t).date();
    let register = engine.register.clone();
    let mut desk = Desk { state: &mut engine.state, register: &register, by: &operator, at: t };
    let number = match command {
        InquiryCommand::List { all } => return list(&mut engine, *all, as_json),
        InquiryCommand::Show { number } => return show(&mut engine, number, &operator, as_json),
        InquiryCommand::Papers { number, out } => {
            return papers(&mut engine, number, out, as_json);
        }
        InquiryCommand::Open {
            authority,
            reference,
            about,
            received,
            within,
            deadline,
            questions,
        } => {
            let received = received.as_deref().map(date).transpose()?.unwrap_or(today);
            if received > today {
                return Err(Failure::usage(format!("`{received}` is in the future")));
            }
            let within = within
                .as_deref()
                .map(|p| p.parse().map_err(|e| Failure::usage(format!("`{p}` is no period: {e}"))))
                .transpose()?;
            let on = deadline.as_deref().map(date).transpose()?;
            let deadline = Deadline::set(received, within, on, None).map_err(refused)?;
            desk.open(&NewInquiry {
                authority,
                reference: reference.as_deref(),
                about,
                received,
                deadline,
                questions,
            })?
        }
        InquiryCommand::Question { number, text } => {
            desk.ask(number, text)?;
            number.clone()
        }
        InquiryCommand::Answer { number, question, text, from, documents } => {
            let text = match (text, from) {
                (Some(text), _) => text.clone(),
                (None, Some(path)) => {
                    fs::read_to_string(path).map_err(|e| Failure::file("read", path, &e))?
                }
                (None, None) => String::new(),
            };
            let files = documents.iter().map(|p| file(p)).collect::<Outcome<Vec<_>>>()?;
            desk.answer(number, *question, &text, &files)?;
            number.clone()
        }
        InquiryCommand::Postpone { number, deadline, why } => {
            let (_, inquiry) = desk.read(number)?;
            let day = date(deadline)?;
            let deadline = Deadline::set(inquiry.received, None, Some(day), Some(why));
            desk.postpone(number, deadline.map_err(refused)?)?;
            number.clone()
        }
        InquiryCommand::Send { number, questions, how, signed } => {
            desk.send(number, questions, how, signed, lang)?;
            number.clone()
        }
        InquiryCommand::Close { number, outcomes, decided, text, follow_ups } => {
            let decided = decided.as_deref().map(date).transpose()?.unwrap_or(today);
            let outcome = Decision {
                decided,
                powers: outcomes.iter().map(|p| power(*p)).collect(),
                text: text.clone(),
                at: t,
                by: operator.clone(),
            };
            let next = follow_ups.iter().map(|f| follow_up(f)).collect::<Outcome<Vec<_>>>()?;
            desk.close(number, outcome, &next)?;
            number.clone()
        }
        InquiryCommand::FollowUp { number, follow_up, how } => {
            desk.followed_up(number, *follow_up, how)?;
            number.clone()
        }
    };
    let (_, inquiry) = desk.read(&number)?;
    publish(place, &mut engine)?;
    match as_json {
        true => json(&summary(&number, &inquiry))?,
        false => tell(&number, &inquiry, today),
    }
    Ok(Exit::Done)
}

fn refused(refused: frist_cases::Refused) -> Failure {
    frist_cases::CasesError::from(refused).into()
}

fn power(name: PowerName) -> Power {
    match name {
        PowerName::NoRemark => Power::NoRemark,
        PowerName::Warning => Power::Warning,
        PowerName::Criticism => Power::Criticism,
        PowerName::SeriousCriticism => Power::SeriousCriticism,
        PowerName::Order => Power::Order,
        PowerName::Ban => Power::Ban,
        PowerName::Fine => Power::Fine,
    }
}

fn follow_up(text: &str) -> Outcome<(Date, String)> {
    let (day, what) = text.split_once(':').ok_or_else(|| {
        Failure::usage(format!("`{text}` is no follow-up"))
            .help("write the last day and what is to be done: `2026-12-20: stop recording`")
    })?;
    Ok((date(day.trim())?, what.trim().to_owned()))
}

fn file(path: &Path) -> Outcome<File> {
    let bytes = fs::read(path).map_err(|e| Failure::file("read", path, &e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let media_type = match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "pdf" => "application/pdf",
        "html" => "text/html",
        "txt" | "md" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    };
    Ok(File { name, media_type: media_type.to_owned(), bytes })
}

fn summary(number: &str, inquiry: &Inquiry) -> serde_json::Value {
    serde_json::json!({
        "case": number, "status": inquiry.status().word(), "authority": inquiry.authority,
        "reference": inquiry.reference, "received": inquiry.received,
        "deadline": inquiry.deadline, "next": inquiry.next_day(),
        "questions": inquiry.questions.len(), "unsent": inquiry.unsent(),
        "sent": inquiry.sent, "outcome": inquiry.outcome, "follow_ups": inquiry.follow_ups,
        "altered": inquiry.altered(),
    })
}

/// Where it stands, in a few lines.
fn tell(number: &str, inquiry: &Inquiry, today: Date) {
    let reference = inquiry.reference.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
    say!("{BOLD}{number}{BOLD:#} {}{reference}: {}", inquiry.authority, inquiry.about);
    match (inquiry.status(), inquiry.next_day()) {
        (Status::Closed, _) => say!("  {GREEN}closed{GREEN:#}"),
        (Status::Answered, _) => say!("  {GREEN}answered{GREEN:#}: it is the authority's turn"),
        (status, Some(day)) => {
            let left = (day - today).get_days();
            let what = if status == Status::FollowUp { "follow-up" } else { "answer" };
            match left {
                0.. => say!(
                    "  {what} by {day}: {} left",
                    counted(left.unsigned_abs().into(), "day", "days")
                ),
                _ => say!(
                    "  {RED}late{RED:#}: {what} was due by {day}, {} ago",
                    counted(left.unsigned_abs().into(), "day", "days")
                ),
            }
        }
        (_, None) => {}
    }
    let open = inquiry.unsent();
    if !open.is_empty() && inquiry.outcome.is_none() {
        let list: Vec<String> = open.iter().map(u32::to_string).collect();
        say!("  not sent: {}", list.join(", "));
    }
}

fn list(engine: &mut Engine, all: bool, as_json: bool) -> Outcome {
    let zone = engine.register.controller.calendar.zone.clone();
    let today = zone.to_datetime(now()).date();
    let filter = CaseFilter {
        kind: Some(CaseKind::Inquiry),
        open: (!all).then_some(true),
        ..CaseFilter::default()
    };
    let mut rows = Vec::new();
    let mut late = false;
    for case in engine.state.cases(&filter)? {
        let register = &engine.register;
        let mut desk = Desk { state: &mut engine.state, register, by: "", at: now() };
        let (_, inquiry) = desk.read(&case.number)?;
        late |= inquiry.next_day().is_some_and(|d| d < today);
        rows.push((case.number, inquiry));
    }
    if as_json {
        let rows: Vec<_> = rows.iter().map(|(n, i)| summary(n, i)).collect();
        json(&rows)?;
    } else if rows.is_empty() {
        say!("There are no inquiries.");
    } else {
        rows.iter().for_each(|(n, i)| tell(n, i, today));
    }
    Ok(if late { Exit::Findings } else { Exit::Done })
}

fn show(engine: &mut Engine, number: &str, operator: &str, as_json: bool) -> Outcome {
    let zone = engine.register.controller.calendar.zone.clone();
    let register = engine.register.clone();
    let mut desk = Desk { state: &mut engine.state, register: &register, by: operator, at: now() };
    let (_, inquiry) = desk.read(number)?;
    let log = engine.state.case_log(number)?;
    let altered = inquiry.altered();
    if as_json {
        let steps: Vec<_> = log
            .iter()
            .map(|s| serde_json::json!({"at": s.step.at, "by": s.step.by, "step": s.step.step}))
            .collect();
        let mut value = summary(number, &inquiry);
        value["inquiry"] = serde_json::to_value(&inquiry)
            .map_err(|e| Failure::new(format!("cannot print as JSON: {e}")))?;
        value["log"] = steps.into();
        json(&value)?;
    } else {
        tell(number, &inquiry, zone.to_datetime(now()).date());
        let d = &inquiry.deadline;
        let how = d.within.as_ref().map(|w| format!(" ({w})")).unwrap_or_default();
        say!("  received {}; deadline {}{how}", inquiry.received, d.last_day);
        for old in &inquiry.earlier {
            say!("  {DIM}before that: {}{DIM:#}", old.last_day);
        }
        for q in &inquiry.questions {
            say!("\n{BOLD}{}.{BOLD:#} {}", q.number, q.text);
            for a in &q.answers {
                let sent = match a.sent {
                    Some(n) => format!("sent ({n})"),
                    None => "not sent".to_owned(),
                };
                say!("  {DIM}{} {}, {sent}{DIM:#}", minute(a.at, &zone), a.by);
                a.text.lines().for_each(|line| say!("  {line}"));
                for p in &a.papers {
                    say!("  - {} ({} bytes, SHA-256 {})", p.name, p.bytes, &p.sha256[..16]);
                }
            }
        }
        if let Some(o) = &inquiry.outcome {
            let words: Vec<&str> = o.powers.iter().map(|p| p.label().1).collect();
            say!("\ndecided {}: {}", o.decided, words.join(", "));
            o.text.iter().for_each(|t| say!("  {t}"));
        }
        for f in &inquiry.follow_ups {
            let done = f.done.as_ref().map(|(at, ..)| format!("done {}", minute(*at, &zone)));
            say!(
                "  {}. by {}: {} ({})",
                f.number,
                f.due,
                f.what,
                done.as_deref().unwrap_or("open")
            );
        }
        let mut rows = vec![["when", "who", "what"].map(str::to_owned).to_vec()];
        rows.extend(log.iter().map(|s| {
            let step: String = s.step.step.chars().take(40).collect();
            vec![minute(s.step.at, &zone), s.step.by.clone(), step]
        }));
        say!("\n{}", table(&rows).trim_end());
        for n in &altered {
            say!("{YELLOW}altered{YELLOW:#}: what was sent as number {n} is not as it was sent");
        }
    }
    Ok(if altered.is_empty() { Exit::Done } else { Exit::Findings })
}

fn papers(engine: &mut Engine, number: &str, out: &Path, as_json: bool) -> Outcome {
    let kept = engine.state.papers(number)?;
    if kept.is_empty() {
        return Err(Failure::usage(format!("`{number}` has no documents")));
    }
    fs::create_dir_all(out).map_err(|e| Failure::file("make the folder", out, &e))?;
    let mut names = Vec::new();
    for paper in kept {
        let Some((_, full)) = engine.state.paper(paper.id)? else { continue };
        // The name came with the document: nothing of it may lead out of the folder.
        let plain: String = full
            .name
            .chars()
            .map(|c| if matches!(c, '/' | '\\' | '\0') { '_' } else { c })
            .collect();
        let name = format!("{}-{}", paper.id, plain.trim_start_matches('.'));
        let path = out.join(&name);
        fs::write(&path, &full.bytes).map_err(|e| Failure::file("write", &path, &e))?;
        names.push(name);
    }
    match as_json {
        true => json(&serde_json::json!({"folder": out, "files": names}))?,
        false => names.iter().for_each(|n| say!("wrote {}", out.join(n).display())),
    }
    Ok(Exit::Done)
}
