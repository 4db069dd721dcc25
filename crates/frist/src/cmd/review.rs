//! `frist review`: what waits for a person's answer, the answers, and what nobody has looked at lately.

use frist_cases::review::{self, Answer, Answered, Condition, Looked, Task, Why};
use frist_law::{Expiry, Period, Start, Term};
use frist_register::{Lang, Text};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli_reviews::ReviewCommand;
use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{
    BOLD, DIM, GREEN, RED, YELLOW, confirm, count, day, how_to_agree, json, records, say, table,
};
use crate::place::{Place, now};

/// One of two texts.
pub fn tell<'t>(lang: Lang, da: &'t str, en: &'t str) -> &'t str {
    match lang {
        Lang::Da => da,
        Lang::En => en,
    }
}

/// A number of records, in words.
pub fn posts(n: u64, lang: Lang) -> String {
    match (lang, n) {
        (Lang::Da, 1) => "1 post".into(),
        (Lang::Da, n) => format!("{} poster", count(n)),
        (Lang::En, n) => records(n),
    }
}

/// Reads a day.
pub fn a_day(text: &str) -> Outcome<Date> {
    text.parse().map_err(|_| {
        Failure::usage(format!("`{text}` is not a day")).help("write a day such as 2026-12-31")
    })
}

/// The instant at which this day is over.
pub fn last(engine: &Engine, text: &str) -> Outcome<Timestamp> {
    let zero = Term::from(Period::ZERO);
    let over =
        frist_law::expires(zero, &Start::Date(a_day(text)?), &engine.register.controller.calendar);
    match over {
        Expiry::At(at) => Ok(at),
        Expiry::Never => Err(Failure::usage(format!("`{text}` is too far away"))),
    }
}

/// Carries a review command out.
pub fn review(place: &Place, command: &ReviewCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let engine = &mut engine;
    let t = now();
    match command {
        ReviewCommand::List { dataset: Some(dataset), limit, .. } => {
            tasks(engine, dataset, *limit, t, lang, as_json)
        }
        ReviewCommand::List { dataset: None, all, .. } => overview(engine, *all, t, lang, as_json),
        ReviewCommand::Show { dataset, key } => show(engine, dataset, key, t, lang, as_json),
        ReviewCommand::Keep { dataset, keys, until, reason } => {
            let answer = Answer::Keep { until: a_day(until)?, reason: reason.clone() };
            give(place, engine, dataset, keys, &answer, lang, as_json)
        }
        ReviewCommand::Erase { dataset, keys, reason, yes } => {
            let n = posts(keys.len() as u64, lang);
            let question = match lang {
                Lang::Da => format!("Skal {n} i `{dataset}` slettes ved næste kørsel?"),
                Lang::En => format!("Are {n} of `{dataset}` to go with the next sweep?"),
            };
            if !yes && !confirm(&question)? {
                return Err(Failure::waits("nothing was answered").help(how_to_agree()));
            }
            let answer = Answer::Erase { reason: reason.clone() };
            give(place, engine, dataset, keys, &answer, lang, as_json)
        }
        ReviewCommand::Bulk { .. } => bulk(place, engine, command, lang, as_json),
        ReviewCommand::Undo { dataset, key } => {
            known(engine, dataset)?;
            review::take_back(engine, dataset, key, &place.operator()?, t)?;
            proof::publish(place, engine)?;
            match as_json {
                true => json(&serde_json::json!({"taken_back": dataset}))?,
                false => say!(
                    "{}",
                    tell(
                        lang,
                        "Svaret er taget tilbage; der spørges igen.",
                        "The answer is taken back; it is asked again."
                    )
                ),
            }
            Ok(Exit::Done)
        }
        ReviewCommand::Done { what, note } => {
            review::note(engine, what, note, &place.operator()?, t)?;
            proof::publish(place, engine)?;
            match as_json {
                true => json(&serde_json::json!({"reviewed": what}))?,
                false => say!("{GREEN}{}{GREEN:#}: {what}", tell(lang, "gennemgået", "reviewed")),
            }
            Ok(Exit::Done)
        }
    }
}

fn known(engine: &Engine, dataset: &str) -> Outcome<()> {
    match engine.register.dataset(dataset) {
        Some(_) => Ok(()),
        None => Err(frist_sweep::Error::UnknownDataset(dataset.to_owned()).into()),
    }
}

fn question(texts: &[Text], lang: Lang) -> String {
    let texts: Vec<&str> = texts.iter().map(|t| t.get(lang)).collect();
    texts.join(" ")
}

/// The records of one data set that wait.
fn tasks(
    engine: &mut Engine,
    dataset: &str,
    limit: usize,
    t: Timestamp,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let zone = engine.register.controller.calendar.zone.clone();
    let found = review::tasks(engine, dataset, t, limit)?;
    if as_json {
        let rows: Vec<_> = found.iter().map(|task| as_value(task, lang)).collect();
        json(&rows)?;
    } else if found.is_empty() {
        say!(
            "{}",
            tell(lang, "Ingen poster venter på vurdering.", "No record waits for an assessment.")
        );
    } else {
        // One question mostly: said once.
        let mut questions: Vec<&Vec<Text>> = Vec::new();
        found.iter().for_each(|task| {
            if !questions.contains(&&task.questions) {
                questions.push(&task.questions);
            }
        });
        for q in &questions {
            say!("{BOLD}{}{BOLD:#}", question(q, lang));
            let head = tell(lang, "post", "record");
            let mut rows = vec![vec![
                head.to_owned(),
                tell(lang, "venter siden", "waits since").to_owned(),
                String::new(),
            ]];
            for task in found.iter().filter(|task| task.questions == **q) {
                let again = if task.again { tell(lang, "igen", "again") } else { "" };
                rows.push(vec![
                    task.key.clone(),
                    task.since.map_or(String::new(), |at| day(at, &zone)),
                    again.to_owned(),
                ]);
            }
            say!("{}\n", table(&rows).trim_end());
        }
        if found.len() == limit {
            say!(
                "{DIM}{}{DIM:#}",
                tell(
                    lang,
                    "Der kan være flere: se dem med en større `--limit`, eller svar for mange på én gang med `frist review bulk`.",
                    "There may be more: see them with a larger `--limit`, or answer for many at once with `frist review bulk`."
                )
            );
        }
    }
    Ok(if found.is_empty() { Exit::Done } else { Exit::Findings })
}

fn as_value(task: &Task, lang: Lang) -> serde_json::Value {
    serde_json::json!({
        "dataset": task.dataset, "record": task.key, "question": question(&task.questions, lang),
        "why": task.why, "since": task.since, "again": task.again,
    })
}

/// How many wait in each data set, and the periodic reviews.
fn overview(engine: &mut Engine, all: bool, t: Timestamp, lang: Lang, as_json: bool) -> Outcome {
    let waiting = review::waiting(engine, t)?;
    let looked = review::periodic(engine, t)?;
    let every = engine.register.requests.review_every.as_ref().map(|p| p.value);
    let open: Vec<&Looked> =
        looked.iter().filter(|l| all || l.is_open() || l.last.is_none()).collect();
    if as_json {
        json(&serde_json::json!({
            "waiting": waiting.iter().map(|(d, n)| serde_json::json!({"dataset": d, "records": n})).collect::<Vec<_>>(),
            "periodic": open,
        }))?;
    } else {
        if waiting.is_empty() {
            say!(
                "{GREEN}{}{GREEN:#}",
                tell(
                    lang,
                    "Ingen poster venter på vurdering.",
                    "No record waits for an assessment."
                )
            );
        } else {
            say!("{BOLD}{}{BOLD:#}", tell(lang, "Venter på vurdering", "Waits for an assessment"));
            for (dataset, n) in &waiting {
                say!(
                    "  {dataset}: {YELLOW}{}{YELLOW:#}   {DIM}frist review list {dataset}{DIM:#}",
                    posts(*n, lang)
                );
            }
        }
        say!(
            "\n{BOLD}{}{BOLD:#}",
            tell(
                lang,
                "Gennemgang af datasæt og formål (præambel 39)",
                "Review of data sets and purposes (recital 39)"
            )
        );
        if every.is_none() {
            say!(
                "{YELLOW}{}{YELLOW:#}",
                tell(
                    lang,
                    "Fortegnelsen siger ikke, hvor ofte der gennemgås: skriv fx `review_every = \"1 year\"` under `[requests]`.",
                    "The register does not say how often: write e.g. `review_every = \"1 year\"` in `[requests]`."
                )
            );
        }
        print(&open, lang);
    }
    let late = looked.iter().any(Looked::is_open) || !waiting.is_empty();
    Ok(if late { Exit::Findings } else { Exit::Done })
}

fn print(open: &[&Looked], lang: Lang) {
    if open.is_empty() {
        say!(
            "  {GREEN}{}{GREEN:#}",
            tell(lang, "alt er gennemgået til tiden", "everything was reviewed in time")
        );
        return;
    }
    let head = match lang {
        Lang::Da => ["hvad", "sidst", "næste", "forsinket", ""],
        Lang::En => ["what", "last", "next", "late", ""],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for l in open {
        let mut notes = Vec::new();
        if l.unassessed {
            notes.push(tell(
                lang,
                "ingen vurdering bag reglen: `frist assess`",
                "no assessment behind the rule: `frist assess`",
            ));
        }
        if l.lawyer {
            notes.push(tell(
                lang,
                "skal ses af en jurist",
                "a person with legal training must look at it",
            ));
        }
        let late = match (l.late, lang) {
            (0, _) => String::new(),
            (1, Lang::Da) => "1 dag".into(),
            (1, Lang::En) => "1 day".into(),
            (n, Lang::Da) => format!("{n} dage"),
            (n, Lang::En) => format!("{n} days"),
        };
        rows.push(vec![
            l.what.clone(),
            l.last.map_or_else(|| tell(lang, "aldrig", "never").to_owned(), |d| d.to_string()),
            l.due.map_or(String::new(), |d| d.to_string()),
            late,
            notes.join("; "),
        ]);
    }
    say!("{}", table(&rows).trim_end());
}

/// One record, for a person to assess.
fn show(
    engine: &mut Engine,
    dataset: &str,
    key: &str,
    t: Timestamp,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let zone = engine.register.controller.calendar.zone.clone();
    let (task, found) = review::task(engine, dataset, key, t)?;
    let lines = frist_decide::explain::lines(&found.decision, &zone, lang);
    let sentence = frist_decide::explain::sentence(&found.decision, &zone, lang);
    if as_json {
        json(&serde_json::json!({
            "task": task.as_ref().map(|task| as_value(task, lang)), "decision": found.decision.outcome,
            "sentence": sentence, "reasons": lines, "fields": found.fields,
            "answer": found.answer.as_ref().map(|a| serde_json::json!({"keep_until": a.keep_until, "reason": a.reason, "by": a.by, "at": a.at, "question": a.question})),
        }))?;
        return Ok(Exit::Done);
    }
    match &task {
        Some(task) => {
            say!("{YELLOW}{BOLD}{}{BOLD:#}{YELLOW:#}", question(&task.questions, lang));
            let why = match task.why {
                Why::GroundEnded => tell(lang, "et grundlag er udløbet", "a ground has ended"),
                Why::Periodic => {
                    tell(lang, "tid til den periodiske gennemgang", "the periodic review is due")
                }
            };
            let since = task.since.map_or(String::new(), |at| format!(", {}", day(at, &zone)));
            say!("{DIM}{why}{since}{DIM:#}\n");
        }
        None => say!("{sentence}\n"),
    }
    if let Some(a) = &found.answer {
        say!("  {}", answer_line(a, &zone, lang));
    }
    for line in lines {
        say!("  {BOLD}{}{BOLD:#}: {}", line.head, line.body);
    }
    say!("");
    for (name, value) in &found.fields {
        let value = value.as_deref().unwrap_or("–");
        let short: String = value.chars().take(200).collect();
        say!(
            "  {DIM}{name}{DIM:#} {}{}",
            short.replace('\n', " "),
            if short.len() < value.len() { " …" } else { "" }
        );
    }
    Ok(Exit::Done)
}

/// What somebody answered about a record, in one line.
pub fn answer_line(a: &frist_state::ReviewAnswer, zone: &TimeZone, lang: Lang) -> String {
    let at = day(a.at, zone);
    let why = if a.reason.is_empty() { String::new() } else { format!(": {}", a.reason) };
    match (a.keep_until, lang) {
        (Some(until), Lang::Da) => {
            format!("{} svarede {at}: opbevares til {}{why}", a.by, day(until, zone))
        }
        (Some(until), Lang::En) => {
            format!("{} answered {at}: keep until {}{why}", a.by, day(until, zone))
        }
        (None, Lang::Da) => format!("{} svarede {at}: slettes{why}", a.by),
        (None, Lang::En) => format!("{} answered {at}: erase{why}", a.by),
    }
}

fn give(
    place: &Place,
    engine: &mut Engine,
    dataset: &str,
    keys: &[String],
    answer: &Answer,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    known(engine, dataset)?;
    let done = review::answer(engine, dataset, keys, answer, &place.operator()?, lang, now())?;
    proof::publish(place, engine)?;
    match as_json {
        true => json(&done)?,
        false => told(&done, answer, lang),
    }
    Ok(Exit::Done)
}

fn told(done: &Answered, answer: &Answer, lang: Lang) {
    let n = posts(done.records, lang);
    match (answer, lang) {
        (Answer::Keep { until, .. }, Lang::Da) => {
            say!("{GREEN}{n}{GREEN:#} opbevares til og med {until}; så spørges der igen")
        }
        (Answer::Keep { until, .. }, Lang::En) => {
            say!("{GREEN}{n}{GREEN:#} kept through {until}; then it is asked again")
        }
        (Answer::Erase { .. }, Lang::Da) => {
            say!("{GREEN}{n}{GREEN:#} skal slettes: næste kørsel (`frist sweep`) tager dem")
        }
        (Answer::Erase { .. }, Lang::En) => {
            say!("{GREEN}{n}{GREEN:#} to be erased: the next sweep (`frist sweep`) takes them")
        }
    }
    if let Some(first) = done.first_limit {
        let n = posts(done.shortened, lang);
        match lang {
            Lang::Da => say!(
                "{YELLOW}{n}{YELLOW:#} kan ikke opbevares så længe: reglen ophører tidligere, for den første {first}"
            ),
            Lang::En => say!(
                "{YELLOW}{n}{YELLOW:#} cannot be kept so long: the rule ends earlier, for the first on {first}"
            ),
        }
    }
    if done.restricted > 0 {
        let n = posts(done.restricted, lang);
        match lang {
            Lang::Da => say!(
                "{YELLOW}{n}{YELLOW:#} skal efter loven opbevares endnu og er begrænset, til pligten ophører"
            ),
            Lang::En => {
                say!("{YELLOW}{n}{YELLOW:#} a statute still demands; restricted until that ends")
            }
        }
    }
}

/// Answers for many: the first run shows, the second does.
fn bulk(
    place: &Place,
    engine: &mut Engine,
    command: &ReviewCommand,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let ReviewCommand::Bulk { dataset, conditions, erase, until, reason, confirm: code, sample } =
        command
    else {
        return Ok(Exit::Done);
    };
    known(engine, dataset)?;
    let answer = match (until, erase) {
        (Some(until), _) => Answer::Keep { until: a_day(until)?, reason: reason.clone() },
        (None, true) => Answer::Erase { reason: reason.clone() },
        (None, false) => {
            return Err(Failure::usage("say what the answer is")
                .help("give --erase, or --until DAY with --reason"));
        }
    };
    if matches!(&answer, Answer::Keep { reason, .. } if reason.trim().is_empty()) {
        return Err(Failure::usage("say why they are still needed, with `--reason`"));
    }
    let conditions: Vec<Condition> =
        conditions.iter().map(|c| c.parse()).collect::<Result<_, _>>()?;
    let picked = review::pick(engine, dataset, &conditions, now(), *sample)?;
    let wanted = picked.code(&answer);
    if picked.keys.is_empty() {
        match as_json {
            true => json(&serde_json::json!({"picked": 0, "waiting": picked.waiting}))?,
            false => say!(
                "{}",
                tell(
                    lang,
                    "Ingen af de poster, der venter, opfylder det.",
                    "None of the records that wait satisfies that."
                )
            ),
        }
        return Ok(Exit::Done);
    }
    if code.as_deref() == Some(wanted.as_str()) {
        return give(place, engine, dataset, &picked.keys, &answer, lang, as_json);
    }
    let n = posts(picked.keys.len() as u64, lang);
    if as_json {
        json(&serde_json::json!({
            "picked": picked.keys.len(), "waiting": picked.waiting, "code": wanted,
            "sample": picked.sample.iter().map(|(key, fields)| serde_json::json!({"record": key, "fields": fields})).collect::<Vec<_>>(),
        }))?;
    } else {
        let of = posts(picked.waiting, lang);
        match lang {
            Lang::Da => {
                say!("{BOLD}{n}{BOLD:#} af {of}, der venter i `{dataset}`. {DIM}Et udsnit:{DIM:#}")
            }
            Lang::En => say!(
                "{BOLD}{n}{BOLD:#} of {of} that wait in `{dataset}`. {DIM}Some of them:{DIM:#}"
            ),
        }
        for (key, fields) in &picked.sample {
            let shown: Vec<String> = fields
                .iter()
                .filter_map(|(name, value)| {
                    let value: String = value.as_ref()?.chars().take(40).collect();
                    Some(format!("{name}={}", value.replace('\n', " ")))
                })
                .take(6)
                .collect();
            say!("  {key}  {DIM}{}{DIM:#}", shown.join("  "));
        }
        if code.is_some() {
            say!(
                "{RED}{}{RED:#}",
                tell(
                    lang,
                    "Koden passer ikke: svaret eller posterne er ændret siden.",
                    "The code does not fit: the answer or the records have changed since."
                )
            );
        }
        say!(
            "\n{} --confirm {BOLD}{wanted}{BOLD:#}",
            tell(
                lang,
                "Intet er svaret endnu. Gentag kommandoen med",
                "Nothing was answered yet. Repeat the command with"
            )
        );
    }
    Ok(Exit::Waits)
}
