//! What is told, and to whom.
//!
//! What happens to plans, sweeps, cases and the register is read from the ledger, so that it is told
//! whoever did it: the scheduler, somebody in a browser, a command line on another machine. No event
//! carries personal data: a case is its number.

use frist_ledger::Entry;
use frist_ledger::entry::{Kind as What, Outcome};
use frist_register::Lang;
use frist_state::{Alarm, AlarmChange, NewMessage, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::alarm::Kind;
use crate::config::wants;
use crate::outside::{Settings, unique};
use crate::words;

/// The way of mails.
pub const MAIL: &str = "mail";

/// The mark that says how much of the ledger was told.
pub(crate) const TOLD: &str = "told";

/// All events.
pub const EVENTS: &[&str] = &[
    "alarm.raised",
    "alarm.repeated",
    "alarm.ended",
    "plan.waits",
    "sweep.ended",
    "case.opened",
    "case.deadline_near",
    "case.closed",
    "register.changed",
    "test",
];

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// What; one of [`EVENTS`].
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// The particulars, for programs.
    pub data: Value,
    /// Subject and text, for people, in the two languages.
    pub said: fn(&Event, Lang, &TimeZone) -> (String, String),
}

/// The messages of an event, one for each way that wants it.
///
/// # Errors
/// When the system gives no random numbers.
pub fn messages(
    event: &Event,
    settings: &Settings,
    organisation: &str,
    zone: &TimeZone,
) -> Result<Vec<NewMessage>, String> {
    let id = unique("msg_")?;
    let mut out = Vec::new();
    let mut add = |way: String, body: String| {
        out.push(NewMessage { message: id.clone(), way, event: event.kind.into(), body });
    };
    if let Some(mail) = settings.mail.as_ref().filter(|m| wants(&m.events, event.kind)) {
        add(MAIL.into(), letter(event, mail.lang, organisation, zone));
    }
    for hook in settings.webhooks.iter().filter(|h| wants(&h.events, event.kind)) {
        add(format!("webhook/{}", hook.name), body(event));
    }
    Ok(out)
}

/// An event as programs get it.
pub(crate) fn body(event: &Event) -> String {
    json!({"type": event.kind, "timestamp": event.at, "data": event.data}).to_string()
}

/// An event as people get it: a line for the subject, an empty one, the text.
pub(crate) fn letter(event: &Event, lang: Lang, organisation: &str, zone: &TimeZone) -> String {
    let (subject, text) = (event.said)(event, lang, zone);
    let foot = match lang {
        Lang::Da => "Denne besked kommer fra Frist hos",
        Lang::En => "This message comes from Frist at",
    };
    format!("Frist: {subject}\n\n{text}\n\n-- \n{foot} {organisation}.\n")
}

/// What is told of a change of an alarm.
#[must_use]
pub fn of_alarm(change: AlarmChange, alarm: &Alarm, at: Timestamp) -> Vec<Event> {
    let kind = match change {
        AlarmChange::Raised => "alarm.raised",
        AlarmChange::Repeated => "alarm.repeated",
        AlarmChange::Ended => "alarm.ended",
    };
    let data = json!({
        "alarm": alarm.id, "kind": alarm.what.kind, "about": alarm.what.about, "count": alarm.what.n,
        "at": alarm.what.at, "detail": alarm.what.detail, "since": alarm.since,
        "text": words::alarm(&alarm.what, Lang::En, &TimeZone::UTC),
    });
    let near = alarm.what.kind == Kind::CaseNear.word();
    let mut out = Vec::new();
    // That a deadline nears is told as that; it is wrong only when it has passed.
    if near && change == AlarmChange::Raised {
        let data = json!({"case": alarm.what.about, "deadline": alarm.what.at});
        out.push(Event { kind: "case.deadline_near", at, data, said: case_near });
    } else if !near {
        out.push(Event { kind, at, data, said: alarm_said });
    }
    out
}

/// What is told of an entry of the ledger.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn of_entry(entry: &Entry, state: &mut State) -> Result<Option<Event>, frist_state::Error> {
    let at = entry.at;
    let event = |kind, data, said| Some(Event { kind, at, data, said });
    Ok(match &entry.what {
        What::Plan { plan, counts, .. } => {
            let waits = state.plan(plan.as_str())?.and_then(|p| p.plan.needs_approval);
            let due: u64 = counts.iter().map(|c| c.due).sum();
            waits.and_then(|why| {
                event("plan.waits", json!({"plan": plan, "records": due, "why": why}), plan_waits)
            })
        }
        What::Sweep { sweep, outcome, datasets } => {
            let sets: Vec<Value> = datasets
                .iter()
                .map(|d| json!({"dataset": d.dataset, "erased": d.done, "held": d.held, "unclear": d.unclear, "findings": d.findings}))
                .collect();
            let data = json!({
                "sweep": sweep, "green": *outcome == Outcome::Finished, "datasets": sets,
                "erased": datasets.iter().map(|d| d.done).sum::<u64>(),
            });
            event("sweep.ended", data, sweep_ended)
        }
        What::Case { case, step, .. } => {
            let data = json!({"case": case});
            // Consents and reviews have such entries too; a case's number begins with its letter and
            // the year.
            match (step.as_str(), state.case(case.as_str())?) {
                ("opened", Some(_)) => event("case.opened", data, case_opened),
                ("closed", Some(_)) => event("case.closed", data, case_closed),
                _ => None,
            }
        }
        What::Register { revision, by } => {
            let data = json!({"revision": revision.to_string(), "by": by});
            event("register.changed", data, register_changed)
        }
        _ => None,
    })
}

/// An event by which somebody tries whether messages arrive.
#[must_use]
pub fn test(at: Timestamp) -> Event {
    Event {
        kind: "test",
        at,
        data: json!({"text": "Nothing is wrong: this is a test."}),
        said: test_said,
    }
}

/// The messages of a test, by every way there is, whatever it wants to hear.
///
/// # Errors
/// When the system gives no random numbers.
pub fn test_messages(
    event: &Event,
    settings: &Settings,
    organisation: &str,
) -> Result<Vec<NewMessage>, String> {
    let mut all = settings.clone();
    all.mail.iter_mut().for_each(|m| m.events = vec!["*".into()]);
    all.webhooks.iter_mut().for_each(|h| h.events = vec!["*".into()]);
    messages(event, &all, organisation, &TimeZone::UTC)
}

fn text<'a>(event: &'a Event, name: &str) -> &'a str {
    event.data[name].as_str().unwrap_or_default()
}

fn alarm_said(e: &Event, lang: Lang, zone: &TimeZone) -> (String, String) {
    let what = frist_state::NewAlarm {
        kind: text(e, "kind").into(),
        about: text(e, "about").into(),
        n: e.data["count"].as_u64().unwrap_or(0),
        at: text(e, "at").parse().ok(),
        detail: text(e, "detail").into(),
    };
    let said = words::alarm(&what, lang, zone);
    let since =
        text(e, "since").parse().map_or_else(|_| String::new(), |t| words::when(t, lang, zone));
    let (start, lasting) = match (e.kind, lang) {
        ("alarm.ended", Lang::Da) => ("Overstået", "Alarmen er slut. Den begyndte"),
        ("alarm.ended", Lang::En) => ("Over", "The alarm has ended. It began"),
        ("alarm.repeated", Lang::Da) => ("Stadig alarm", "Alarmen har stået på siden"),
        ("alarm.repeated", Lang::En) => ("Still an alarm", "The alarm has lasted since"),
        (_, Lang::Da) => ("Alarm", "Alarmen begyndte"),
        (_, Lang::En) => ("Alarm", "The alarm began"),
    };
    let title = words::title(&what, lang);
    let advice = match e.kind {
        "alarm.ended" => String::new(),
        _ => format!("\n\n{}", words::advice(&what, lang)),
    };
    (format!("{start}: {title}"), format!("{said}\n\n{lasting} {since}.{advice}"))
}

fn case_near(e: &Event, lang: Lang, zone: &TimeZone) -> (String, String) {
    let case = text(e, "case");
    let due =
        text(e, "deadline").parse().map_or_else(|_| String::new(), |t| words::until(t, lang, zone));
    match lang {
        Lang::Da => {
            (format!("Sag {case} har snart frist"), format!("Fristen i sag {case} er {due}."))
        }
        Lang::En => {
            (format!("Case {case} is due soon"), format!("The deadline of case {case} is {due}."))
        }
    }
}

fn plan_waits(e: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    let (plan, n) = (text(e, "plan"), e.data["records"].as_u64().unwrap_or(0));
    let why = text(e, "why");
    match lang {
        Lang::Da => (
            "En sletteplan venter på godkendelse".into(),
            format!(
                "Plan {plan} skal godkendes af en person, før {n} poster kan slettes.\n\nGrunden til, at der spørges: {why}"
            ),
        ),
        Lang::En => (
            "A plan waits for approval".into(),
            format!(
                "Somebody must approve plan {plan} before {n} records can be erased.\n\nWhy it is asked: {why}"
            ),
        ),
    }
}

fn sweep_ended(e: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    let (sweep, n) = (text(e, "sweep"), e.data["erased"].as_u64().unwrap_or(0));
    let green = e.data["green"].as_bool().unwrap_or(false);
    match (lang, green) {
        (Lang::Da, true) => (
            "En slettekørsel er færdig".into(),
            format!("Slettekørsel {sweep}: {n} poster er slettet, og datakilderne er spurgt igen."),
        ),
        (Lang::Da, false) => (
            "En slettekørsel gik ikke godt".into(),
            format!(
                "Slettekørsel {sweep}: {n} poster er slettet, men noget mangler. Se fundene i Frist."
            ),
        ),
        (Lang::En, true) => (
            "A sweep has ended".into(),
            format!("Sweep {sweep}: {n} records are gone, and the stores were asked again."),
        ),
        (Lang::En, false) => (
            "A sweep did not go well".into(),
            format!(
                "Sweep {sweep}: {n} records are gone, but something is left. See the findings in Frist."
            ),
        ),
    }
}

fn case_opened(e: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    let case = text(e, "case");
    match lang {
        Lang::Da => {
            (format!("Sag {case} er oprettet"), format!("Sag {case} er oprettet. Se den i Frist."))
        }
        Lang::En => {
            (format!("Case {case} was opened"), format!("Case {case} was opened. See it in Frist."))
        }
    }
}

fn case_closed(e: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    let case = text(e, "case");
    match lang {
        Lang::Da => (format!("Sag {case} er afsluttet"), format!("Sag {case} er afsluttet.")),
        Lang::En => (format!("Case {case} was closed"), format!("Case {case} was closed.")),
    }
}

fn register_changed(e: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    let revision: String = text(e, "revision").chars().take(12).collect();
    match lang {
        Lang::Da => (
            "Registeret er ændret".into(),
            format!("En ny udgave af registeret ({revision}) gælder nu."),
        ),
        Lang::En => (
            "The register was changed".into(),
            format!("A new revision of the register ({revision}) is live now."),
        ),
    }
}

fn test_said(_: &Event, lang: Lang, _: &TimeZone) -> (String, String) {
    match lang {
        Lang::Da => (
            "En prøve".into(),
            "Intet er galt. Nogen har prøvet, om beskeder fra Frist når frem, og det gør de."
                .into(),
        ),
        Lang::En => (
            "A test".into(),
            "Nothing is wrong. Somebody tried whether messages from Frist arrive, and they do."
                .into(),
        ),
    }
}
