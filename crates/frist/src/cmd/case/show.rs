//! `frist case show`, `log` and reading papers.

use std::collections::BTreeMap;
use std::path::Path;

use frist_cases::CasesError;
use frist_cases::request::{Request, words};
use frist_law::Calendar;
use frist_register::Lang;
use frist_state::case::{Case, KeptPaper};

use super::{Work, as_value, number};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, RED, YELLOW, counted, day, json, say, table};
use crate::place::Place;

/// Shows a request.
pub fn show(place: &Place, text: &str, lang: Lang, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let kept = work.desk().load(&number(text))?;
    let papers = work.engine.state.papers(&kept.case.number)?;
    let records = work.engine.state.case_records(&kept.case.number)?;
    let calendar = work.engine.register.controller.calendar.clone();
    if as_json {
        let mut value = as_value(&kept, work.at, &calendar);
        value["papers"] = papers.iter().map(paper_value).collect();
        value["records"] = records
            .iter()
            .map(|r| serde_json::json!({"dataset": r.dataset, "key": r.key, "why": r.why, "state": r.state, "ground": r.ground, "until": r.until, "done_at": r.done_at}))
            .collect();
        json(&value)?;
        return Ok(Exit::Done);
    }
    head(&kept.case, &kept.request, work.at, &calendar, lang);
    if !records.is_empty() {
        let mut sums: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
        for r in &records {
            let mut ground = r.ground.clone().unwrap_or_default();
            if let Some(until) = r.until {
                ground += &format!(" until {until}");
            }
            *sums.entry((&r.dataset, &r.state, ground)).or_default() += 1;
        }
        say!("\n{BOLD}Records{BOLD:#}");
        let rows = sums.into_iter().map(|((dataset, state, ground), n)| {
            vec![dataset.to_owned(), n.to_string(), state.to_owned(), ground]
        });
        let head = ["data set", ">records", "answer", "ground"].map(str::to_owned).to_vec();
        say!("{}", table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()).trim_end());
    }
    if !kept.request.recipients.is_empty() {
        say!("\n{BOLD}Recipients of the data (Art. 19){BOLD:#}");
        super::recipients::lines(&kept.request, &work.engine.register, lang);
    }
    say!("\n{BOLD}Papers{BOLD:#}");
    for (n, paper) in papers.iter().enumerate() {
        let at = day(paper.made_at, &calendar.zone);
        say!("  {:>2}  {}  {DIM}{at}, {} bytes{DIM:#}", n + 1, paper.name, paper.size);
    }
    let possible = kept.request.possible(work.at, &calendar);
    let possible: Vec<_> = possible.iter().map(|s| s.possible()).collect();
    say!("\n{BOLD}Now possible{BOLD:#}: {}", possible.join(", "));
    say!(
        "{DIM}version {}; who changes it can say `--seen {}`{DIM:#}",
        kept.case.version,
        kept.case.version
    );
    Ok(Exit::Done)
}

fn head(case: &Case, request: &Request, now: jiff::Timestamp, calendar: &Calendar, lang: Lang) {
    let standing = request.standing(now, calendar);
    let date = |at: jiff::Timestamp| day(at, &calendar.zone);
    let right = words::right(request.right, request.marketing, lang);
    say!("{BOLD}{}{BOLD:#}  {right} (Art. {})", case.number, request.right.article());
    let line = |name: &str, value: &str| say!("  {name:<12} {value}");
    let person = &request.person;
    let reach = [&person.email, &person.phone];
    let reach = reach.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    line(
        "person",
        &if reach.is_empty() { person.name.clone() } else { format!("{}, {reach}", person.name) },
    );
    if let Some(address) = &person.address {
        line("address", &address.replace('\n', ", "));
    }
    for known in &request.known {
        line("identifier", &format!("{} {}", known.kind, known.value));
    }
    if let Some(asked) = &request.words {
        line("asks", asked);
    }
    line("received", &format!("{}, by {}", date(request.received), request.channel));
    line("stage", words::stage(standing.stage, lang));
    line("owner", case.owner.as_deref().unwrap_or("nobody yet: `frist case take`"));
    if let (Some(due), Some(left)) = (request.due(calendar), standing.days_left) {
        let text = format!(
            "{} by {} ({})",
            words::due_for(due.what, lang),
            due.last_day,
            words::days_left(left, lang)
        );
        match standing.late {
            true => line("due", &format!("{RED}{text}{RED:#}")),
            false if left <= frist_cases::request::standing::SOON => {
                line("due", &format!("{YELLOW}{text}{YELLOW:#}"));
            }
            false => line("due", &text),
        }
    }
    if let Some(from) = standing.from_receipt {
        line("", &format!("counted from the receipt it is {from}"));
    }
    if let Some(until) = standing.extension_until {
        line("", &format!("can be extended until {until}"));
    }
    if let Some(extension) = &request.extension {
        line("extended", &format!("{}: {}", date(extension.at), extension.reason));
        if let Some(first) = request.first_month(calendar).filter(|_| request.decision.is_none()) {
            line(
                "",
                &format!("a refusal must be told by {} all the same (Art. 12(4))", first.last_day),
            );
        }
    }
    for check in &request.identity {
        line("identity", &format!("asked {}: {}", date(check.asked), check.reason));
        if let Some(why) = &check.moves {
            line("", &format!("the month is counted from when it is known: {why}"));
        }
        if let (Some(known), Some(how)) = (check.known, &check.how) {
            line("", &format!("known {}: {how}", date(known)));
        }
    }
    if let Some(decision) = &request.decision {
        let outcome = words::outcome(decision.outcome, lang);
        line("decided", &format!("{} by {}: {outcome}", date(decision.at), decision.by));
        for reason in decision.reasons.iter().flat_map(|r| r.lines()) {
            line("", reason);
        }
    }
    if let Some(answered) = request.answered {
        let late = match standing.answered_late {
            Some(days @ 1..) => {
                format!(" ({RED}{}{RED:#})", words::days_left(-(days.cast_signed()), lang))
            }
            _ => " (in time)".to_owned(),
        };
        line("answered", &format!("{}{late}", date(answered)));
    }
    if let Some(how) = &request.withdrawn {
        line("withdrawn", how);
    }
    for part in &request.deferred {
        let n = counted(part.records, "record", "records");
        let done = part.done.map_or_else(|| waits(part.until), |d| format!("done {}", date(d)));
        line("part", &format!("{}, {n}: {}; {done}", part.dataset, part.ground));
    }
    if let Some(closed) = case.closed {
        line("closed", &date(closed));
    }
}

fn waits(until: Option<jiff::civil::Date>) -> String {
    match until {
        Some(until) => format!("waits until {until}"),
        None => "waits until the hold is released".to_owned(),
    }
}

fn paper_value(paper: &KeptPaper) -> serde_json::Value {
    serde_json::json!({"id": paper.id, "kind": paper.kind, "language": paper.lang, "media_type": paper.media_type, "name": paper.name, "size": paper.size, "made_at": paper.made_at})
}

/// Shows the log of any case.
pub fn log(place: &Place, text: &str, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let number = number(text);
    let steps = work.engine.state.case_log(&number)?;
    if steps.is_empty() {
        return Err(CasesError::NotFound { what: "case", id: number }.into());
    }
    let papers = work.engine.state.papers(&number)?;
    let zone = &work.engine.register.controller.calendar.zone;
    if as_json {
        let steps: Vec<_> = steps
            .iter()
            .map(|s| serde_json::json!({"at": s.step.at, "by": s.step.by, "step": s.step.step, "text": s.step.text, "papers": s.papers}))
            .collect();
        json(&steps)?;
        return Ok(Exit::Done);
    }
    for s in &steps {
        let text = s.step.text.as_deref().map_or(String::new(), |t| format!(": {t}"));
        say!("{}  {BOLD}{}{BOLD:#} by {}{text}", day(s.step.at, zone), s.step.step, s.step.by);
        for paper in papers.iter().filter(|p| s.papers.contains(&p.id)) {
            say!("                  {DIM}{}{DIM:#}", paper.name);
        }
    }
    Ok(Exit::Done)
}

/// Shows or writes out a paper.
pub fn letter(
    place: &Place,
    text: &str,
    which: Option<&str>,
    out: Option<&Path>,
    as_json: bool,
) -> Outcome {
    let mut work = Work::new(place)?;
    let number = number(text);
    let papers = work.engine.state.papers(&number)?;
    let is_text = |p: &&KeptPaper| p.media_type.starts_with("text/plain");
    let found = match which {
        // The last letter: as text on the screen, and as good as there is in a file.
        None => {
            let extension =
                out.and_then(|path| path.extension()).map(|e| e.to_string_lossy().to_lowercase());
            let fits = |p: &&KeptPaper| match &extension {
                Some(extension) => p.name.to_lowercase().ends_with(&format!(".{extension}")),
                None => is_text(p),
            };
            papers.iter().rfind(|p| p.lang.is_some() && fits(p))
        }
        Some(which) => match which.parse::<usize>() {
            Ok(n) => n.checked_sub(1).and_then(|n| papers.get(n)),
            Err(_) => papers.iter().rfind(|p| p.name == which || (p.kind == which && is_text(p))),
        },
    };
    let found = found.ok_or_else(|| {
        Failure::usage(format!("`{number}` has no such paper"))
            .help(format!("`frist case show {number}` lists its papers"))
    })?;
    let (_, paper) = work
        .engine
        .state
        .paper(found.id)?
        .ok_or_else(|| Failure::new("the paper was erased meanwhile"))?;
    match out {
        Some(path) => {
            std::fs::write(path, &paper.bytes).map_err(|e| Failure::file("write", path, &e))?;
            match as_json {
                true => json(&serde_json::json!({"file": path, "media_type": paper.media_type}))?,
                false => say!("wrote {}", path.display()),
            }
        }
        None => match String::from_utf8(paper.bytes) {
            Ok(text) if as_json => json(&serde_json::json!({"name": paper.name, "text": text}))?,
            Ok(text) => say!("{}", text.trim_end()),
            Err(_) => {
                return Err(Failure::usage(format!("`{}` cannot be shown as text", paper.name))
                    .help("write it to a file with `--out FILE`"));
            }
        },
    }
    Ok(Exit::Done)
}
