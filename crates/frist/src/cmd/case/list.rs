//! `frist case list`, and what `frist status` says of cases.

use frist_cases::request::{Line, Summary, overview, standing_of_open, summary, words};
use frist_law::Calendar;
use frist_register::Lang;
use frist_state::State;
use frist_state::case::{CaseFilter, CaseKind};
use jiff::Timestamp;

use crate::error::{Exit, Outcome};
use crate::output::{GREEN, RED, YELLOW, counted, day, json, say, table};
use crate::place::{Place, now};

/// Which cases to list.
pub struct Which {
    /// Also those that are closed.
    pub all: bool,
    /// Only what is late or becomes so within a week.
    pub urgent: bool,
    /// Only mine.
    pub mine: bool,
    /// Only of this kind.
    pub kind: Option<CaseKind>,
}

/// Lists cases, also when the register is being changed and has errors: time runs all the same.
pub fn list(place: &Place, which: &Which, lang: Lang, as_json: bool) -> Outcome {
    let mut state = place.state()?;
    let register = place.check().ok().and_then(|checked| checked.register);
    let calendar = register.map_or_else(Calendar::denmark, |r| r.controller.calendar);
    let t = now();
    let filter = CaseFilter {
        kind: which.kind,
        open: (!which.all).then_some(true),
        owner: which.mine.then(|| place.operator().map(|id| id.to_string())).transpose()?,
        ..CaseFilter::default()
    };
    let mut lines = overview(&mut state, &calendar, t, &filter)?;
    lines.retain(|line| !which.urgent || line.urgent);
    let sum = summary(&lines);
    if as_json {
        let rows: Vec<_> = lines.iter().map(value).collect();
        json(
            &serde_json::json!({"at": t, "cases": rows, "open": sum.open, "late": sum.late, "within_a_week": sum.soon}),
        )?;
    } else if lines.is_empty() {
        say!("{}", either(lang, "Der er ingen sådanne sager.", "There are no such cases."));
    } else {
        let head = match lang {
            Lang::Da => "sag;hvad;person;trin;tid;sidste dag;forlæng senest;ansvarlig;bemærkninger",
            Lang::En => "case;what;person;stage;time;last day;extend until;owner;remarks",
        };
        let mut rows = vec![head.split(';').map(str::to_owned).collect::<Vec<_>>()];
        rows.extend(lines.iter().map(|line| row(line, t, &calendar, lang)));
        // The head is the first line of the table.
        for (n, text) in table(&rows).lines().enumerate() {
            match n.checked_sub(1).and_then(|n| lines.get(n)) {
                Some(line) if line.late => say!("{RED}{text}{RED:#}"),
                Some(line) if line.urgent => say!("{YELLOW}{text}{YELLOW:#}"),
                _ => say!("{text}"),
            }
        }
        say!("");
        say!("{}: {}", either(lang, "sager", "cases"), in_words(&sum, t, &calendar, lang));
    }
    Ok(if sum.late > 0 { Exit::Findings } else { Exit::Done })
}

fn row(line: &Line, now: Timestamp, calendar: &Calendar, lang: Lang) -> Vec<String> {
    let case = &line.case;
    let shown = |day: Option<jiff::civil::Date>| day.map_or(String::new(), |d| d.to_string());
    let mut remarks = Vec::new();
    let (what, person, stage, last_day, extension);
    match (&line.request, &line.standing) {
        (Some(request), Some(standing)) => {
            what = words::right(request.right, request.marketing, lang).to_owned();
            person = request.person.name.chars().take(28).collect();
            stage = words::stage(standing.stage, lang).to_owned();
            last_day = shown(standing.last_day);
            extension = shown(standing.extension_until);
            if let Some(since) = standing.identity_waits_since {
                let asked = either(lang, "spurgt om identitet", "asked for identity");
                remarks.push(format!("{asked} {since}"));
            }
            if let Some(from) = standing.from_receipt.filter(|d| Some(*d) != standing.last_day) {
                remarks
                    .push(format!("{}: {from}", either(lang, "fra modtagelsen", "from receipt")));
            }
            if standing.extended {
                remarks.push(either(lang, "forlænget", "extended").to_owned());
            }
            if standing.due_for == Some("refusal") {
                let month = either(
                    lang,
                    "et afslag har en måned (art. 12, stk. 4)",
                    "a refusal has one month (Art. 12(4))",
                );
                remarks.push(month.to_owned());
            }
            if standing.open_parts > 0 {
                let n = standing.open_parts as u64;
                remarks.push(match lang {
                    Lang::Da => format!(
                        "{} på, at grundlaget ophører",
                        counted(n, "del venter", "dele venter")
                    ),
                    Lang::En => {
                        format!("{} for the ground to end", counted(n, "part waits", "parts wait"))
                    }
                });
            }
            if standing.untold > 0 {
                let n = standing.untold as u64;
                remarks.push(match lang {
                    Lang::Da => {
                        format!("{} ikke underrettet", counted(n, "modtager er", "modtagere er"))
                    }
                    Lang::En => {
                        format!("{} not told", counted(n, "recipient is", "recipients are"))
                    }
                });
            }
            if let Some(days) = standing.answered_late.filter(|days| *days > 0) {
                let late = words::days_left(-(days.cast_signed()), lang);
                remarks.push(format!("{} {late}", either(lang, "besvaret", "answered")));
            }
        }
        _ => {
            what = words::kind(case.kind, lang).to_owned();
            person = String::new();
            stage = words::status(case.kind, &case.status, lang).to_owned();
            let due = case.due.filter(|_| case.closed.is_none());
            last_day = due.map_or(String::new(), |due| match case.kind {
                // Hours count.
                CaseKind::Breach => day(due, &calendar.zone),
                // `due` is the first instant that is too late.
                _ => calendar
                    .zone
                    .to_datetime(
                        due.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(due),
                    )
                    .date()
                    .to_string(),
            });
            extension = String::new();
            if case.kind == CaseKind::Request {
                remarks.push(either(lang, "kan ikke læses", "cannot be read").to_owned());
            }
        }
    }
    vec![
        case.number.clone(),
        what,
        person,
        stage,
        time(line, now, lang),
        last_day,
        extension,
        case.owner.clone().unwrap_or_default(),
        remarks.join("; "),
    ]
}

/// The time that is left, in hours where that is what counts.
fn time(line: &Line, now: Timestamp, lang: Lang) -> String {
    let Some(days) = line.days_left else { return String::new() };
    let Some(due) = line.case.due.filter(|_| line.case.kind == CaseKind::Breach) else {
        return words::days_left(days, lang);
    };
    let hours = due.duration_since(now).as_hours();
    match (line.late, lang) {
        (false, Lang::Da) => format!("{hours} t. tilbage"),
        (false, Lang::En) => format!("{hours} h left"),
        (true, Lang::Da) => format!("{} t. for sent", -hours),
        (true, Lang::En) => format!("{} h late", -hours),
    }
}

/// For programs: no name, since who calls may only want to count.
fn value(line: &Line) -> serde_json::Value {
    let case = &line.case;
    serde_json::json!({
        "number": case.number,
        "kind": case.kind.as_str(),
        "right": line.request.as_ref().map(|r| r.right),
        "status": case.status,
        "owner": case.owner,
        "version": case.version,
        "received": case.received,
        "due": case.due,
        "closed": case.closed,
        "days_left": line.days_left,
        "late": line.late,
        "urgent": line.urgent,
        "standing": line.standing,
    })
}

/// How the open cases stand, after the word for them.
fn in_words(sum: &Summary, now: Timestamp, calendar: &Calendar, lang: Lang) -> String {
    let mut out = format!("{} {}", sum.open, either(lang, "åbne", "open"));
    if sum.late > 0 {
        out += &format!(", {RED}{} {}{RED:#}", sum.late, either(lang, "for sent", "late"));
    }
    if sum.soon > 0 {
        let words = either(lang, "med frist inden for en uge", "due within a week");
        out += &format!(", {YELLOW}{} {words}{YELLOW:#}", sum.soon);
    }
    if let Some((number, due)) = &sum.next {
        let last = due.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(*due);
        let (today, last) =
            (calendar.zone.to_datetime(now).date(), calendar.zone.to_datetime(last).date());
        let left = words::days_left((last - today).get_days(), lang);
        let next = either(lang, "næste", "next");
        out += &format!("; {next}: {number}, {last} ({left})");
    } else if sum.open > 0 && sum.late == 0 {
        let words = either(lang, "intet har frist", "nothing is due");
        out += &format!("; {GREEN}{words}{GREEN:#}");
    }
    out
}

fn either(lang: Lang, da: &'static str, en: &'static str) -> &'static str {
    if lang == Lang::Da { da } else { en }
}

/// The line about cases in `frist status`, and whether something is late; none without cases.
pub fn brief(
    state: &mut State,
    calendar: &Calendar,
    now: Timestamp,
    lang: Lang,
) -> Outcome<(Option<String>, bool)> {
    let sum = of_open(state, calendar, now)?;
    let word = either(lang, "sager", "cases");
    let text = (sum.open > 0).then(|| format!("{word}: {}", in_words(&sum, now, calendar, lang)));
    Ok((text, sum.late > 0))
}

/// The same for programs.
pub fn brief_json(
    state: &mut State,
    calendar: &Calendar,
    now: Timestamp,
) -> Outcome<serde_json::Value> {
    let sum = of_open(state, calendar, now)?;
    Ok(serde_json::json!({
        "open": sum.open, "late": sum.late, "within_a_week": sum.soon,
        "next": sum.next.map(|(number, due)| serde_json::json!({"number": number, "due": due})),
    }))
}

fn of_open(state: &mut State, calendar: &Calendar, now: Timestamp) -> Outcome<Summary> {
    Ok(standing_of_open(state, calendar, now)?)
}
